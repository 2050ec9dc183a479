# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: the two-sided rule. Must not know which kernel is judged.

`ref` is the result in high precision, `std` the plain formula in the kernel's
own type. A result passes if its largest error is at most twice std's, its mean
error at most 1.5 times std's, its relative L2 error within a bound of the type
(1.5 times std's where std has no digit right), its direction right to 5e-6, and
no row is off by more than four bounds (a dropped tile of keys passes a fixed
tolerance at long lengths, but not this).
"""

import torch

BOUND = {
    torch.bfloat16: 5e-3,
    torch.float16: 1e-3,
    torch.float32: 1e-5,
}
COSINE_BOUND = 5e-6
_CHUNK = 1 << 26


def _chunks(tensors):
    """The tensors cut along axis 0 into pieces of bounded size."""
    rows = tensors[0].shape[0]
    width = max(1, tensors[0][:1].numel())
    step = max(1, _CHUNK // width)
    for start in range(0, rows, step):
        yield [t[start : start + step].double() for t in tensors]


class Verdict:
    """What the rule says, with every number that it looked at."""

    def __init__(self):
        self.reasons = []
        self.measures = {}

    @property
    def passed(self):
        return not self.reasons

    def require(self, name, value, limit):
        self.measures[name] = value
        if not value <= limit:  # also catches NaN
            self.reasons.append("%s %.3g > %.3g" % (name, value, limit))

    def __str__(self):
        return "ok" if self.passed else "; ".join(self.reasons)


def same_shape_of_nans(out, ref):
    """True if NaN and infinities stand in the same places with one sign."""
    for a, b in _chunks([out, ref]):
        if not torch.equal(a.isnan(), b.isnan()):
            return False
        if not torch.equal(a.isposinf(), b.isposinf()):
            return False
        if not torch.equal(a.isneginf(), b.isneginf()):
            return False
    return True


def two_sided(out, ref, std, bound=None, rows=True, slack=0.0):
    """Judges `out` against float64 `ref` and `std` of the same shape.

    `bound` defaults to the one of out's dtype. The last axis is the row.
    `slack` is the relative error that float32 intermediates alone may cause,
    0 unless they are so large that it shows."""
    verdict = Verdict()
    if out.shape != ref.shape or out.shape != std.shape:
        verdict.reasons.append("shapes differ: %s %s %s" % (out.shape, ref.shape, std.shape))
        return verdict
    if out.numel() == 0:
        return verdict
    dtype = out.dtype
    bound = BOUND[dtype] if bound is None else bound
    out, ref, std = [t.reshape(-1, t.shape[-1]) for t in (out, ref, std)]
    if not same_shape_of_nans(out, ref):
        verdict.reasons.append("NaN or infinity where the reference has none, or the reverse")
        return verdict
    zero = torch.zeros((), dtype=torch.float64, device=out.device)
    worst = worst_std = largest = worst_row = worst_row_std = zero
    total = total_std = square = square_ref = square_out = inner = zero
    square_std = inner_std = square_error_std = zero
    for o, r, s in _chunks([out, ref, std]):
        finite = r.isfinite()
        o, r, s = [torch.where(finite, t, 0.0) for t in (o, r, s)]
        error, error_std = (o - r).abs(), (s - r).abs().nan_to_num(float("inf"))
        worst = torch.maximum(worst, error.max())
        worst_std = torch.maximum(worst_std, error_std.max())
        largest = torch.maximum(largest, r.abs().max())
        total, total_std = total + error.sum(), total_std + error_std.sum()
        square = square + (error**2).sum()
        square_error_std = square_error_std + (error_std**2).sum()
        square_ref, square_out = square_ref + (r**2).sum(), square_out + (o**2).sum()
        inner = inner + (o * r).sum()
        row = (error**2).sum(-1).sqrt()
        # A row of zeros has no direction to be off from; the floor is the
        # rule's own 1e-6 of the largest value.
        norm = (r**2).sum(-1).sqrt() + 1e-6 * r.abs().max()
        row = torch.where(row == 0, 0.0, row / norm)
        worst_row = torch.maximum(worst_row, row.max())
        row_std = (error_std**2).sum(-1).sqrt()
        row_std = torch.where(row_std == 0, 0.0, row_std / norm)
        worst_row_std = torch.maximum(worst_row_std, row_std.max())
        square_std, inner_std = square_std + (s**2).sum(), inner_std + (s * r).sum()
    values = torch.stack(
        [worst, worst_std, largest, total, total_std, square, square_ref, square_out, inner,
         worst_row, worst_row_std, square_std, inner_std, square_error_std]
    ).tolist()  # fmt: skip
    worst, worst_std, largest, total, total_std = values[:5]
    square, square_ref, square_out, inner, worst_row = values[5:10]
    worst_row_std, square_std, inner_std, square_error_std = values[10:]
    count = out.numel()
    # Not even the exact result survives the output's rounding with less.
    rounding = torch.finfo(dtype).eps / 2 * largest
    verdict.require(
        "max_error", worst, max(2 * worst_std, rounding) + (1e-6 + slack) * largest
    )
    verdict.measures["max_error_std"] = worst_std
    verdict.require("mean_error", total / count, 1.5 * total_std / count + (1e-7 + slack) * largest)
    if square_ref > 0:
        # Where the plain formula loses every digit, in the far tail of a
        # function and with nothing else in the tensor, it sets the measure.
        plain = (square_error_std / square_ref) ** 0.5
        limit = 1.5 * plain if plain > 0.5 else bound
        verdict.require("relative_l2", (square / square_ref) ** 0.5, limit)
        cosine = inner / (square_ref * square_out) ** 0.5 if square_out else 0.0
        if bound <= 5e-3:
            # Where the plain formula itself is further off than the bound
            # (outliers through several products), it sets the measure.
            plain = inner_std / (square_ref * square_std) ** 0.5 if square_std else 1.0
            verdict.require("one_minus_cosine", 1 - cosine, max(COSINE_BOUND, 1.5 * (1 - plain)))
    if rows:
        verdict.require("worst_row_l2", worst_row, max(4 * bound, 1.5 * worst_row_std))
    return verdict


def exact(out, expected):
    """Judges a case that needs no tolerance: equal values everywhere."""
    verdict = Verdict()
    wrong = int((out.double() != expected.double()).sum())
    verdict.require("wrong_elements", wrong, 0)
    return verdict


def absolute(out, ref, floor, relative):
    """Judges row statistics: |out - ref| <= floor + relative * max|ref|,
    infinities in the same places."""
    verdict = Verdict()
    if out.numel() == 0:
        return verdict
    out, ref = out.reshape(1, -1), ref.reshape(1, -1)
    if not same_shape_of_nans(out, ref):
        verdict.reasons.append("NaN or infinity where the reference has none, or the reverse")
        return verdict
    finite = ref.isfinite()
    error = torch.where(finite, out.double() - ref, 0.0).abs().max().item()
    largest = torch.where(finite, ref, 0.0).abs().max().item()
    verdict.require("max_error", error, floor + relative * largest)
    return verdict
