#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Times chained products, gelu(x w1^T) w2, beside our own attention kernel on
the same number of operations and with equal tiles, in one process, and torch
for reference: `bench_mlp.py --lib DIR`, where DIR has both. Needs python3 and
torch.
"""

import sys

import torch

from spak_rt import attention, benching, measure, numerics, tensors

SAMPLED_ROWS = 256


def parameters():
    parser = benching.parser(__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="16896x4096,16896x16384,33792x8192",
                        help="MxF, by comma: rows and hidden width")  # fmt: skip
    parser.add_argument("--peer", choices=["attention", "torch"], default="attention")
    return parser.parse_args()


def is_chain(info):
    return set(info.tensors) == {"x", "w1", "w2", "o"}


def is_attention(info):
    """Whether the kernel sees all keys and returns nothing but the output."""
    masked = info.point.get("causal") in (True, 1, "true")
    return {"Q", "K", "V", "O"} == set(info.tensors) and not masked


def width(info, tensor):
    return int(info.tensors[tensor]["extents"][-1])


def tiles(kernel, columns):
    """What has to be equal for the two kernels to be comparable."""
    point = kernel.info.point
    return (point.get("tile_m"), point.get(columns), point.get("dtype"))


class Chain:
    """One shape of one kernel: tensors, calls, verification."""

    def __init__(self, kernel, m, f):
        info = kernel.info
        self.kernel, self.d = kernel, width(info, "x")
        self.dtype = tensors.TORCH_TYPES[info.tensors["x"]["dtype"]]
        self.x, self.w1, self.w2, self.o = [
            torch.empty((rows, self.d), dtype=self.dtype, device="cuda") for rows in (m, f, f, m)
        ]
        self.params = kernel.params(x=self.x, w1=self.w1, w2=self.w2, o=self.o)
        self.stream = torch.cuda.current_stream().cuda_stream

    def call(self):
        self.kernel.launch(self.params, self.stream)

    def torch(self):
        torch.nn.functional.gelu(self.x @ self.w1.t()) @ self.w2

    def formula(self, rows, dtype):
        x, w1, w2 = self.x[rows].to(dtype), self.w1.to(dtype), self.w2.to(dtype)
        return torch.nn.functional.gelu(x @ w1.t()) @ w2

    def verify(self):
        """On fresh inputs: some rows by the two-sided rule."""
        self.x.normal_()
        self.w1.normal_(std=self.d**-0.5)
        self.w2.normal_()
        self.o.fill_(float("nan"))
        self.call()
        torch.cuda.synchronize()
        rows = torch.randint(self.x.shape[0], (SAMPLED_ROWS,), device="cuda")
        verdict = numerics.two_sided(
            self.o[rows], self.formula(rows, torch.float64), self.formula(rows, self.dtype)
        )
        if bool(self.o.isnan().any()):
            verdict.reasons.append("NaN left in o")
        return verdict


class Peer:
    """Attention of one head: M rows against F keys, as many operations."""

    def __init__(self, kernel, m, f):
        d = width(kernel.info, "Q")
        dtype = tensors.TORCH_TYPES[kernel.info.tensors["Q"]["dtype"]]
        self.kernel = kernel
        self.q, self.k, self.v, self.o = [
            torch.randn((1, 1, rows, d), device="cuda").to(dtype) for rows in (m, f, f, m)
        ]
        arguments = dict(Q=self.q, K=self.k, V=self.v, O=self.o)
        if "scale" in kernel.info.scalars:
            arguments["scale"] = attention.default_scale(d)
        self.params = kernel.params(**arguments)
        self.stream = torch.cuda.current_stream().cuda_stream

    def call(self):
        self.kernel.launch(self.params, self.stream)


def flops(m, f, d):
    return 4 * m * f * d


def main():
    chosen = parameters()
    bench = benching.Bench(chosen)
    peers = bench.kernels(is_attention)
    for stem, kernel in bench.kernels(is_chain):
        d = width(kernel.info, "x")
        equal = [
            (name, peer) for name, peer in peers
            if width(peer.info, "Q") == d and tiles(peer, "tile_n") == tiles(kernel, "tile_f")
        ]  # fmt: skip
        if chosen.peer == "torch":
            equal = [("torch", None)]
        if not equal:
            print("%s: no attention kernel of D = %d with the same tiles in the folder" % (stem, d))
        for size in chosen.sizes.split(","):
            m, f = map(int, size.split("x"))
            chain = Chain(kernel, m, f)
            for name, peer in equal:
                other = Peer(peer, m, f) if peer else None
                label = "%s M%d F%d D%d : %s" % (stem, m, f, d, name)
                bench.compare(label, kernel, chain.call, other.call if other else chain.torch,
                              name, flops(m, f, d), {"M": m, "F": f, "D": d}, chain.verify)  # fmt: skip
            reference = measure.compare(chain.call, chain.torch, 3, 3, bench.flush, chosen.seed)
            print("    torch: %.0f TFLOP/s"
                  % measure.teraflops(flops(m, f, d), reference.median_ms()[1]))  # fmt: skip
            del chain
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
