# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: the matrix product as a formula, its inputs and its FLOP count:
C[M, N] = A[M, K] B, where B is [K, N] or [N, K]. Must not know how a kernel
computes it.
"""

import torch

from . import tensors


def flops(m, n, k):
    return 2.0 * m * n * k


class Case:
    """Sizes and distribution of one check. `pad` elements lie between rows,
    whose strides are rounded up to multiples of 8 elements (16 bytes)."""

    def __init__(self, m, n, k, dist="normal", pad=0):
        self.m, self.n, self.k, self.dist, self.pad = m, n, k, dist, pad

    def __str__(self):
        return "m%d n%d k%d %s pad %d" % (self.m, self.n, self.k, self.dist, self.pad)


def guarded(shape, dtype, device, pad):
    return tensors.Guarded(shape, dtype, device, None, pad, multiple=8)


def is_product(info):
    """True for a kernel with exactly these three tensors."""
    axes = {name: t["axes"] for name, t in info.tensors.items()}
    return (
        set(axes) == {"A", "B", "C"}
        and axes["A"] == ["M", "K"]
        and sorted(axes["B"]) == ["K", "N"]
        and axes["C"] == ["M", "N"]
    )


def is_transposed(info):
    """True if B is [N, K]."""
    return info.tensors["B"]["axes"] == ["N", "K"]


def make_inputs(case, dtype, generator, device, transposed):
    """A and B as Guarded tensors."""
    make = {
        "normal": tensors.normal,
        "outliers": tensors.with_outliers,
        "integers": tensors.integers,
    }[case.dist]
    b_shape = (case.n, case.k) if transposed else (case.k, case.n)
    return [
        guarded(shape, dtype, device, case.pad).fill(make(shape, generator, device))
        for shape in ((case.m, case.k), b_shape)
    ]
