# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: attention as a formula (high precision and plain low precision), its
inputs and its FLOP count. Tensors are [batch, heads, length, width] in any
strides. Must not know how a kernel computes it.
"""

import math

import torch

from . import tensors

_SCORES = 1 << 27  # elements of one chunk of scores


def causal_keep(m, n, device):
    """Bottom-right aligned: row i keeps column j where j <= i + (n - m)."""
    rows = torch.arange(m, device=device)[:, None]
    return torch.arange(n, device=device)[None, :] <= rows + (n - m)


def _one(q, k, v, scale, causal, dtype, divide_last=False):
    """The formula for [heads, m, d] in one dtype: output and LSE. The weights
    are normalised before the second product, or the output after it."""
    q, k, v = q.to(dtype), k.to(dtype), v.to(dtype)
    m, n = q.shape[-2], k.shape[-2]
    scores = torch.matmul(q, k.transpose(-1, -2)) * scale
    if causal:
        keep = causal_keep(m, n, q.device)
        scores = scores.masked_fill(~keep, float("-inf"))
    if n == 0:
        lse = scores.new_full(scores.shape[:-1], float("-inf"))
        return q.new_zeros(q.shape[:-1] + v.shape[-1:]), lse
    lse = torch.logsumexp(scores.double() if dtype == torch.float64 else scores, -1)
    if divide_last:
        top = scores.amax(-1, keepdim=True)
        weights = torch.exp(scores - torch.where(top.isfinite(), top, 0.0))
        total = weights.sum(-1, keepdim=True)
        out = torch.matmul(weights, v) / torch.where(total == 0, 1.0, total)
        return out.to(dtype), lse
    weights = torch.softmax(scores, -1)
    if causal and m > n:
        # Rows that the mask empties are zero, not NaN.
        weights = weights.masked_fill(~keep.any(-1)[:, None], 0.0)
    return torch.matmul(weights, v), lse


def formula(q, k, v, scale, causal, dtype, divide_last=False):
    """Attention in `dtype` throughout: output [b, hq, m, dv] and LSE."""
    b, hq, m, _ = q.shape
    hkv, n = k.shape[1], k.shape[2]
    group = hq // hkv
    out = torch.empty((b, hq, m, v.shape[-1]), dtype=dtype, device=q.device)
    lse = torch.empty((b, hq, m), dtype=dtype, device=q.device)
    step = max(1, _SCORES // max(1, m * n * group))
    for batch in range(b):
        for head in range(0, hkv, step):
            heads = slice(head, min(hkv, head + step))
            queries = slice(head * group, heads.stop * group)
            kk = k[batch, heads].repeat_interleave(group, 0)
            vv = v[batch, heads].repeat_interleave(group, 0)
            out[batch, queries], lse[batch, queries] = _one(
                q[batch, queries], kk, vv, scale, causal, dtype, divide_last
            )
    return out, lse


def plain(q, k, v, scale, causal, dtype, ref):
    """The plain formula in `dtype`, the less exact of its two orders: on a few
    rows, which of them happens to round better is chance."""
    found = [
        formula(q, k, v, scale, causal, dtype, divide_last)[0] for divide_last in (False, True)
    ]
    errors = [(out.double() - ref).abs().max() if ref.numel() else 0.0 for out in found]
    return found[0] if errors[0] >= errors[1] else found[1]


def flops(b, hq, m, n, d, causal):
    """Forward: 4 b h m n d, halved for causal with m = n (docs/Performance)."""
    count = 4.0 * b * hq * m * n * d
    return count / 2 if causal and m == n else count


class Case:
    """Sizes, memory order and distribution of one check. Values are as wide as
    keys unless `dv` is set."""

    def __init__(self, b, hq, hkv, m, n, d, layout="bshd", dist="normal", dv=None):
        self.b, self.hq, self.hkv = b, hq, hkv
        self.m, self.n, self.d, self.dv = m, n, d, dv or d
        self.layout, self.dist = layout, dist

    def dims(self):
        return {
            "B": self.b, "Hq": self.hq, "Hkv": self.hkv,
            "M": self.m, "N": self.n, "D": self.d, "Dv": self.dv,
        }  # fmt: skip

    def __str__(self):
        width = "%d" % self.d if self.d == self.dv else "%d/%d" % (self.d, self.dv)
        return "b%d h%d/%d m%d n%d d%s %s %s" % (
            self.b, self.hq, self.hkv, self.m, self.n, width, self.layout, self.dist,
        )  # fmt: skip


# Axis order in memory, outermost first, and the padding between rows.
LAYOUTS = {
    "bshd": ([0, 2, 1, 3], 0),
    "bhsd": ([0, 1, 2, 3], 0),
    "padded": ([0, 1, 2, 3], 8),
    "sbhd": ([2, 0, 1, 3], 0),
}


def guarded(shape, dtype, device, layout):
    order, pad = LAYOUTS[layout]
    if len(shape) == 3:  # LSE: heads before rows in every layout
        return tensors.Guarded(shape, dtype, device)
    return tensors.Guarded(shape, dtype, device, order, pad, multiple=8)


def _boundary_targets(m, n, causal, generator, device):
    """For each row a key that it may see: tile boundaries and random ones."""
    edges = [0, 1, 63, 64, 79, 80, 127, 128, 175, 176, 191, 192, n - 2, n - 1]
    edges = [e for e in edges if 0 <= e < n]
    rows = torch.arange(m, device=device)
    target = torch.tensor(edges, device=device)[rows % len(edges)]
    random = torch.randint(n, (m,), generator=generator, device=device)
    target = torch.where(rows % 3 == 2, random, target)
    if causal:
        last = rows + (n - m)
        target = torch.where(target > last, last, target)
    return target


def make_inputs(case, dtype, causal, generator, device):
    """Q, K, V as Guarded tensors, and the exact output where there is one."""
    b, hq, hkv, m, n = case.b, case.hq, case.hkv, case.m, case.n
    d, dv = case.d, case.dv
    expected = None
    dist = case.dist if n else "normal"  # nothing to select from no keys
    if dist == "onehot":
        # Keys are random signs, a query is a multiple of one key: its score
        # is more than 104 above every other, so exp() of those is 0 in f32.
        k = tensors.signs((b, hkv, n, d), generator, device)
        v = tensors.normal((b, hkv, n, dv), generator, device)
        target = _boundary_targets(m, n, causal, generator, device)
        kk = k.repeat_interleave(hq // hkv, 1)
        seen = target.clamp(min=0)
        q = 128.0 * kk[:, :, seen]
        expected = v.to(dtype).repeat_interleave(hq // hkv, 1)[:, :, seen]
        expected[:, :, target < 0] = 0
    elif dist == "constant":
        # Equal keys give equal weights; equal values come out unchanged.
        q = tensors.normal((b, hq, m, d), generator, device)
        k = tensors.normal((b, hkv, 1, d), generator, device).expand(b, hkv, n, d)
        v = tensors.integers((b, hkv, 1, dv), generator, device).expand(b, hkv, n, dv)
        expected = (
            v[:, :, :1].to(dtype).repeat_interleave(hq // hkv, 1).expand(b, hq, m, dv)
        ).clone()
        if causal and m > n:
            expected[:, :, : m - n] = 0
    else:
        if dist == "outliers":
            make = tensors.with_outliers
        elif dist == "large":
            # Scores near +-1e4: q.k/sqrt(d) has deviation 47^2, and reaches
            # four to five of them.
            make = lambda s, g, on: tensors.normal(s, g, on, 47.0)  # noqa: E731
        else:
            make = tensors.normal
        q = make((b, hq, m, d), generator, device)
        k = make((b, hkv, n, d), generator, device)
        if dist == "large":
            make = tensors.normal
        v = make((b, hkv, n, dv), generator, device)
    built = [
        guarded(t.shape, dtype, device, case.layout).fill(t) for t in (q, k, v)
    ]
    return built, expected


def default_scale(d):
    return 1.0 / math.sqrt(d)
