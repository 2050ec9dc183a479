#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Checks attention kernels over the shape matrix against float64, by the
two-sided rule: `check_attention.py --lib DIR`. Any kernel with tensors Q, K, V
and O is one. Needs python3 and torch, and nvcc where DIR has no .so files.
"""

import random
import sys

import torch

from spak_rt import attention, checking, covering, fake, numerics, tensors
from spak_rt.attention import Case

LENGTHS = [1, 2, 63, 64, 65, 113, 127, 129, 203, 257, 777, 1023, 1024, 2047]
HEADS = [(1, 1), (3, 3), (8, 8), (32, 32), (8, 2), (8, 1), (32, 8), (6, 3)]
LAYOUTS = ["bshd", "bhsd", "padded", "sbhd"]
DISTS = ["normal", "outliers", "onehot", "normal", "large", "constant"]


def matrix(d):
    """Every pairing of lengths twice, with batch, heads, memory order and
    distribution drawn for each; then the shapes with a history."""
    draw, cases = random.Random(1), []
    for _ in range(2):
        for m in LENGTHS:
            for n in [0] + LENGTHS:
                hq, hkv = draw.choice(HEADS)
                cases.append(Case(draw.choice([1, 3]), hq, hkv, m, n, d,
                                  draw.choice(LAYOUTS), draw.choice(DISTS)))  # fmt: skip
    for layout in LAYOUTS:
        cases += [
            Case(2, 4, 4, 300, 40, d, layout), Case(1, 3, 3, 300, 0, d, layout),
            Case(2, 4, 2, 0, 65, d, layout), Case(3, 8, 2, 2047, 2047, d, layout),
            Case(1, 32, 8, 1, 2047, d, layout), Case(1, 2, 1, 129, 4100, d, layout),
            Case(2, 3, 1, 4100, 129, d, layout),
        ]  # fmt: skip
        for dist in ("outliers", "onehot", "large", "constant"):
            cases.append(Case(2, 4, 2, 777, 777, d, layout, dist))
    return cases


def sample(kind, count, heads, d, dv, seed):
    """`count` cases with these heads: `random` ones, or `pairwise` those that
    meet every pair, and the shapes with a history as far as they go."""
    if kind == "random":
        factors = [[1, 3], heads, LENGTHS, [0] + LENGTHS, LAYOUTS, DISTS]
        rows = covering.drawn(factors, count, seed)
    else:
        lengths = [n for n in LENGTHS if n not in (2, 113, 1023)]
        factors = [[1, 3], heads, lengths + [2], [0] + lengths, LAYOUTS, sorted(set(DISTS))]
        rows = covering.pairwise(factors, count, seed)
    cases = [Case(*row[:5], d, *row[5:], dv=dv) for row in (_flat(r) for r in rows)]
    hq, hkv = heads[0]
    history = [(300, 40), (300, 0), (0, 65), (129, 4100), (4100, 129), (1023, 1023)]
    cases += [Case(2, hq, hkv, m, n, d, layout, dv=dv)
              for (m, n), layout in zip(history, LAYOUTS + LAYOUTS)]  # fmt: skip
    return cases[:count]


def _flat(row):
    b, (hq, hkv), m, n, layout, dist = row
    return b, hq, hkv, m, n, layout, dist


def small(d):
    return [
        Case(1, 1, 1, 64, 64, d), Case(1, 2, 1, 65, 130, d, "bhsd"),
        Case(2, 2, 2, 129, 63, d, "padded"), Case(1, 1, 1, 3, 0, d),
        Case(1, 3, 1, 300, 40, d), Case(1, 2, 2, 257, 257, d, "bhsd", "onehot"),
    ]  # fmt: skip


def flag(value):
    return value not in (False, 0, None, "false", "False", "none", "off", "no")


class Checker:
    def __init__(self, kernel, tally, generator, options):
        self.kernel, self.tally, self.generator = kernel, tally, generator
        self.device, self.options = generator.device, options
        info = kernel.info
        self.dtype = tensors.TORCH_TYPES[info.tensors["Q"]["dtype"]]
        self.out_dtype = tensors.TORCH_TYPES[info.tensors["O"]["dtype"]]
        self.causal = flag(info.point.get("causal", False))
        self.d = int(info.tensors["Q"]["extents"][-1])
        self.dv = int(info.tensors["V"]["extents"][-1])
        self.has_lse = "LSE" in info.tensors
        # Blocks of grouped heads that work together divide a group.
        self.together = int(info.point.get("cluster_h", 1))

    def accepts(self, hq, hkv):
        return hq // hkv % self.together == 0

    def cases(self):
        """The cases that the options ask for."""
        kind, count = self.options.cases
        heads = [h for h in HEADS if self.accepts(*h)]
        if kind != "matrix":
            return sample(kind, count, heads, self.d, self.dv, self.options.seed or 1)
        cases = small(self.d) if self.options.small else matrix(self.d)
        for case in cases:
            case.dv = self.dv
            if not self.accepts(case.hq, case.hkv):
                case.hq, case.hkv = heads[case.hq % len(heads)]
        return cases

    def refuses(self, case):
        """A group that the blocks do not divide is refused before a launch."""
        _, _, _, params = self.prepare(case)
        verdict = numerics.Verdict()
        try:
            self.kernel.launch(params)
            verdict.reasons.append("was launched")
        except checking.library.LaunchError as error:
            if error.code != 6:
                verdict.reasons.append(str(error))
        self.tally.add("refusal of %s" % case, verdict)

    def prepare(self, case):
        """Inputs, poisoned outputs, params."""
        inputs, expected = attention.make_inputs(
            case, self.dtype, self.causal, self.generator, self.device
        )
        shape = (case.b, case.hq, case.m, case.dv)
        outputs = {"O": attention.guarded(shape, self.out_dtype, self.device, case.layout)}
        if self.has_lse:
            outputs["LSE"] = attention.guarded(shape[:3], torch.float32, self.device, case.layout)
        arguments = dict(zip("QKV", [g.tensor for g in inputs]))
        arguments.update({name: g.tensor for name, g in outputs.items()})
        if "scale" in self.kernel.info.scalars:
            arguments["scale"] = attention.default_scale(case.d)
        return inputs, outputs, expected, self.kernel.params(**arguments)

    def check(self, case):
        inputs, outputs, expected, params = self.prepare(case)
        before = [g.bits.clone() for g in inputs]
        self.kernel.launch(params)
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        verdict = self.judge(case, [g.tensor for g in inputs], outputs, expected)
        for name, guarded in zip("QKV", inputs):
            if not torch.equal(guarded.bits, before["QKV".index(name)]):
                verdict.reasons.append("input %s was written" % name)
        for name, guarded in outputs.items():
            if not guarded.untouched_outside():
                verdict.reasons.append("memory around %s was written" % name)
        self.tally.add(case, verdict)

    def judge(self, case, inputs, outputs, expected, batches=slice(None)):
        q, k, v = [t[batches] for t in inputs]
        out = outputs["O"].tensor[batches]
        scale = attention.default_scale(case.d)
        ref, lse = attention.formula(q, k, v, scale, self.causal, torch.float64)
        if expected is not None:
            verdict = numerics.exact(out, expected)
        else:
            std = attention.plain(q, k, v, scale, self.causal, self.dtype, ref)
            # A score of 1e4 has a float32 error of its own, and so have its
            # exponential and the output; rows that the plain formula gets
            # exactly right would otherwise allow none.
            slack = 1e4 * 2.0**-23 if case.dist == "large" else 0.0
            verdict = numerics.two_sided(out, ref, std, slack=slack)
        if self.has_lse:
            got = outputs["LSE"].tensor[batches]
            more = numerics.absolute(got, lse, 1e-4, 2e-6)
            verdict.measures["lse_error"] = more.measures.get("max_error", 0.0)
            verdict.reasons += ["LSE: " + reason for reason in more.reasons]
        return verdict

    def repeat(self, case, count):
        """The same launch `count` times gives the same bits."""
        inputs, outputs, _, params = self.prepare(case)  # inputs must live
        verdict = checking.same_bits(self.kernel, params, outputs.values(), count)
        self.tally.add("%d repeats of %s" % (count, case), verdict)

    def large(self):
        """Tensors beyond 2^31 elements; the first, middle and last batches
        are compared."""
        d, heads, length = self.d, 2048 // self.d, 512
        batches = (1 << 31) // (heads * length * d) + 5
        case = Case(batches, heads, heads, length, length, d, "bshd", "normal")
        case.dv = self.dv
        free = torch.cuda.mem_get_info()[0] if self.device.type == "cuda" else 0
        if free < 7 * 2 * batches * heads * length * d:
            print("  SKIPPED the shape beyond 2^31 elements: %.0f GB free" % (free / 1e9))
            return
        inputs, outputs = [], {}
        for width in (d, d, self.dv):
            shape = (batches, heads, length, width)
            guarded = attention.guarded(shape, self.dtype, self.device, "bshd")
            guarded.tensor.normal_(generator=self.generator)
            inputs.append(guarded)
        outputs["O"] = attention.guarded(shape, self.out_dtype, self.device, "bshd")
        if self.has_lse:
            outputs["LSE"] = attention.guarded(shape[:3], torch.float32, self.device, "bshd")
        arguments = dict(zip("QKV", [g.tensor for g in inputs]))
        arguments.update({name: g.tensor for name, g in outputs.items()})
        if "scale" in self.kernel.info.scalars:
            arguments["scale"] = attention.default_scale(d)
        self.kernel(**arguments)
        torch.cuda.synchronize()
        for first in (0, batches // 2, batches - 3):
            part = slice(first, first + 3)
            verdict = self.judge(case, [g.tensor for g in inputs], outputs, None, part)
            self.tally.add("beyond 2^31, batches %d.. of %s" % (first, case), verdict)
        verdict = numerics.Verdict()
        if bool(outputs["O"].tensor.isnan().any()):
            verdict.reasons.append("NaN left in the output")
        if not outputs["O"].untouched_outside():
            verdict.reasons.append("memory around O was written")
        self.tally.add("beyond 2^31, all of O in %s" % case, verdict)


def main():
    options = checking.parser(__doc__.splitlines()[0]).parse_args()
    if options.sanitizer:
        return checking.under_sanitizer(options)
    checking.device_or_exit(options)
    code = checking.supervise(options)
    if code is not None:
        return code

    def check_kernel(kernel, tally, generator):
        checker = Checker(kernel, tally, generator, options)
        whole = options.cases[0] == "matrix" and not options.small
        for case in checking.pick(checker.cases(), options.limit):
            tally.begin(case)
            try:
                checker.check(case)
            except checking.library.LaunchError as error:
                tally.add_error(case, error)
        heads = [(2, 4, 4, 257, 1023), (3, 8, 2, 1024, 1024), (1, 32, 32, 777, 129)]
        heads = [h for h in heads if checker.accepts(h[1], h[2])] or [(3, 8, 1, 1024, 1024)]
        for b, hq, hkv, m, n in heads[: 3 if whole else 1]:
            tally.begin("repeats", factor=2)
            checker.repeat(Case(b, hq, hkv, m, n, checker.d, dv=checker.dv), options.repeats)
        if not checker.accepts(3, 3):
            checker.refuses(Case(1, 3, 3, 65, 64, checker.d, dv=checker.dv))
        if whole and not options.no_large and checker.d == checker.dv and checker.together == 1:
            tally.begin("beyond 2^31 elements", factor=5)
            checker.large()

    if options.self_test:
        defect = None if options.self_test == "none" else options.self_test
        points = [("bf16", 64, False), ("bf16", 64, True), ("f16", 128, False)]
        found = [
            ("stand-in", fake.attention_kernel(defect, dtype=t, d=d, causal=c))
            for t, d, c in points
        ]
        return checking.run(options, found, [], check_kernel)
    found, broken = checking.kernels(options, lambda info: {"Q", "K", "V", "O"} <= set(info.tensors))
    return checking.run(options, found, broken, check_kernel)


if __name__ == "__main__":
    sys.exit(main())
