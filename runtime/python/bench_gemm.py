#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Times matrix products beside torch.matmul in one process:
`bench_gemm.py --lib DIR`. Needs python3 and torch.
"""

import sys

import torch

from spak_rt import benching, matmul, numerics, tensors


class Shape:
    """One shape of one kernel: tensors, calls, verification."""

    def __init__(self, kernel, m, n, k):
        info = kernel.info
        self.kernel = kernel
        dtype = tensors.TORCH_TYPES[info.tensors["A"]["dtype"]]
        out_dtype = tensors.TORCH_TYPES[info.tensors["C"]["dtype"]]
        b_shape = (n, k) if matmul.is_transposed(info) else (k, n)
        self.a = torch.empty((m, k), dtype=dtype, device="cuda")
        self.b = torch.empty(b_shape, dtype=dtype, device="cuda")
        self.c = torch.empty((m, n), dtype=out_dtype, device="cuda")
        self.theirs = torch.empty((m, n), dtype=dtype, device="cuda")
        self.right = self.b.t() if matmul.is_transposed(info) else self.b
        self.params = kernel.params(A=self.a, B=self.b, C=self.c)
        self.stream = torch.cuda.current_stream().cuda_stream

    def call(self):
        self.kernel.launch(self.params, self.stream)

    def peer(self):
        torch.matmul(self.a, self.right, out=self.theirs)

    def verify(self):
        """On fresh inputs: 512 rows by the two-sided rule."""
        self.a.normal_()
        self.b.normal_()
        self.c.fill_(float("nan"))
        self.call()
        torch.cuda.synchronize()
        rows = torch.randint(self.a.shape[0], (512,), device="cuda")
        ref = self.a[rows].double() @ self.right.double()
        std = (self.a[rows] @ self.right).to(self.c.dtype)
        verdict = numerics.two_sided(self.c[rows], ref, std)
        if bool(self.c.isnan().any()):
            verdict.reasons.append("NaN left in C")
        return verdict


def main():
    parser = benching.parser(__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="4096,8192,16384x8192x8192",
                        help="N for a cube or MxNxK, by comma")  # fmt: skip
    chosen = parser.parse_args()
    bench = benching.Bench(chosen)
    for stem, kernel in bench.kernels(matmul.is_product):
        for size in chosen.sizes.split(","):
            numbers = [int(s) for s in size.split("x")]
            m, n, k = numbers if len(numbers) == 3 else numbers * 3
            shape = Shape(kernel, m, n, k)
            layout = "nt" if matmul.is_transposed(kernel.info) else "nn"
            bench.compare("%s %dx%dx%d %s" % (stem, m, n, k, layout), kernel,
                          shape.call, shape.peer, "torch.matmul", matmul.flops(m, n, k),
                          {"M": m, "N": n, "K": k, "layout": layout}, shape.verify, "2*M*N*K")  # fmt: skip
            del shape
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
