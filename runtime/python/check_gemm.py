#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Checks matrix products over the shape matrix against float64, by the
two-sided rule: `check_gemm.py --lib DIR`. Any kernel with exactly the tensors
A[M, K], B[K, N] or B[N, K], and C[M, N] is one. Needs python3 and torch.
"""

import random
import sys

import torch

from spak_rt import checking, fake, matmul, numerics, tensors
from spak_rt.matmul import Case

LENGTHS = [1, 2, 63, 64, 65, 113, 127, 129, 203, 257, 777, 1023, 1024, 2047]
DISTS = ["normal", "outliers", "integers"]


def matrix():
    """Every pairing of M and N, K drawn for each; every K; empty sizes."""
    draw, cases = random.Random(2), []
    for m in LENGTHS:
        for n in LENGTHS:
            k = draw.choice(LENGTHS)
            cases.append(Case(m, n, k, draw.choice(DISTS), draw.choice([0, 8])))
    for k in LENGTHS:
        cases += [Case(257, 129, k, "integers"), Case(128, 256, k), Case(1, 1, k)]
    cases += [
        Case(0, 64, 64), Case(64, 0, 64), Case(0, 0, 0), Case(100, 70, 0),
        Case(4096, 4096, 4096), Case(1, 8192, 8192), Case(8192, 1, 8192),
        Case(300, 5000, 9000, "outliers"), Case(3000, 129, 16384),
    ]  # fmt: skip
    return cases


def small():
    return [
        Case(64, 64, 64), Case(129, 65, 130, "integers"), Case(1, 1, 1),
        Case(200, 300, 77, "normal", 8), Case(70, 90, 0), Case(0, 5, 5),
    ]  # fmt: skip


class Checker:
    def __init__(self, kernel, tally, generator, options):
        self.kernel, self.tally, self.generator = kernel, tally, generator
        self.device = generator.device
        info = kernel.info
        self.dtype = tensors.TORCH_TYPES[info.tensors["A"]["dtype"]]
        self.out_dtype = tensors.TORCH_TYPES[info.tensors["C"]["dtype"]]
        self.transposed = matmul.is_transposed(info)

    def right(self, b):
        """B as [K, N]."""
        return b.tensor.t() if self.transposed else b.tensor

    def prepare(self, case):
        a, b = matmul.make_inputs(
            case, self.dtype, self.generator, self.device, self.transposed
        )
        c = matmul.guarded((case.m, case.n), self.out_dtype, self.device, case.pad)
        return a, b, c, self.kernel.params(A=a.tensor, B=b.tensor, C=c.tensor)

    def check(self, case):
        a, b, c, params = self.prepare(case)
        before = a.bits.clone(), b.bits.clone()
        self.kernel.launch(params)
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        ref = a.tensor.double() @ self.right(b).double()
        if case.dist == "integers":
            verdict = numerics.exact(c.tensor, ref.to(self.out_dtype))
        else:
            std = (a.tensor @ self.right(b)).to(self.out_dtype)
            # A row of a few elements may cancel to almost nothing, which has
            # no relative error to speak of.
            verdict = numerics.two_sided(c.tensor, ref, std, rows=case.n >= 16)
        if not torch.equal(a.bits, before[0]) or not torch.equal(b.bits, before[1]):
            verdict.reasons.append("an input was written")
        if not c.untouched_outside():
            verdict.reasons.append("memory around C was written")
        self.tally.add(case, verdict)

    def repeat(self, case, count):
        a, b, c, params = self.prepare(case)  # a and b must live
        verdict = checking.same_bits(self.kernel, params, [c], count)
        self.tally.add("%d repeats of %s" % (count, case), verdict)

    def large(self):
        """C beyond 2^31 elements, then A; the ends are compared."""
        if torch.cuda.mem_get_info()[0] < 40e9:
            print("  SKIPPED the shapes beyond 2^31 elements: too little memory")
            return
        for case in (Case(65544, 32776, 64), Case(540000, 64, 4096)):
            a, b, c, params = self.prepare(case)
            self.kernel.launch(params)
            rows = [slice(0, 40), slice(max(0, case.m - 300), case.m)]
            for part in rows:
                left = a.tensor[part]
                ref = left.double() @ self.right(b).double()
                std = (left @ self.right(b)).to(self.out_dtype)
                verdict = numerics.two_sided(c.tensor[part], ref, std)
                self.tally.add("beyond 2^31, rows %d.. of %s" % (part.start, case), verdict)
            verdict = numerics.Verdict()
            if bool(c.tensor.isnan().any()) or not c.untouched_outside():
                verdict.reasons.append("NaN left in C, or memory around it written")
            self.tally.add("beyond 2^31, all of C in %s" % case, verdict)
            del a, b, c, params


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
        cases = small() if options.small else matrix()
        for case in checking.pick(cases, options.limit):
            tally.begin(case)
            try:
                checker.check(case)
            except checking.library.LaunchError as error:
                tally.add_error(case, error)
        for case in [Case(777, 1023, 2047), Case(1024, 1024, 1024)][: 1 if options.small else 2]:
            tally.begin("repeats", factor=2)
            checker.repeat(case, options.repeats)
        if not options.small and not options.no_large:
            tally.begin("beyond 2^31 elements", factor=5)
            checker.large()

    if options.self_test:
        defect = None if options.self_test == "none" else options.self_test
        found = [
            ("stand-in", fake.matmul_kernel(defect, transposed=t)) for t in (True, False)
        ]
        return checking.run(options, found, [], check_kernel)
    found, broken = checking.kernels(options, matmul.is_product)
    return checking.run(options, found, broken, check_kernel)


if __name__ == "__main__":
    sys.exit(main())
