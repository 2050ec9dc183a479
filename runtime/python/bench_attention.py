#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Times attention kernels beside torch SDPA in one process:
`bench_attention.py --lib DIR`. By default the cuDNN backend, 16384 tokens,
hidden 2048, lengths 512 to 16384. Needs python3 and torch.
"""

import sys

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from spak_rt import attention, benching, numerics, tensors

BACKENDS = {
    "cudnn": SDPBackend.CUDNN_ATTENTION,
    "flash": SDPBackend.FLASH_ATTENTION,
    "math": SDPBackend.MATH,
}


def options():
    parser = benching.parser(__doc__.splitlines()[0])
    parser.add_argument("--lengths", default="512,1024,2048,4096,8192,16384")
    parser.add_argument("--tokens", type=int, default=16384, help="batch x length")
    parser.add_argument("--hidden", type=int, default=2048, help="heads x width")
    parser.add_argument("--kv-groups", type=int, default=1, help="query heads per key head")
    parser.add_argument("--layouts", default="bshd", help="bshd, bhsd or both, by comma")
    parser.add_argument("--peer", choices=sorted(BACKENDS), default="cudnn")
    return parser.parse_args()


class Shape:
    """One shape of one kernel: tensors, calls, verification."""

    def __init__(self, kernel, b, hq, hkv, length, layout, causal):
        info = kernel.info
        self.kernel, self.causal = kernel, causal
        self.d = int(info.tensors["Q"]["extents"][-1])
        self.dv = int(info.tensors["O"]["extents"][-1])
        self.dtype = tensors.TORCH_TYPES[info.tensors["Q"]["dtype"]]
        device = torch.device("cuda")
        self.inputs = []
        for heads, width in ((hq, self.d), (hkv, self.d), (hkv, self.dv)):
            shape = (b, heads, length, width)
            self.inputs.append(attention.guarded(shape, self.dtype, device, layout).tensor)
        shape = (b, hq, length, self.dv)
        self.out = attention.guarded(shape, self.dtype, device, layout).tensor
        self.scale = attention.default_scale(self.d)
        arguments = dict(zip("QKV", self.inputs), O=self.out)
        if "LSE" in info.tensors:
            self.lse = torch.empty((b, hq, length), device=device)
            arguments["LSE"] = self.lse
        if "scale" in info.scalars:
            arguments["scale"] = self.scale
        self.params = kernel.params(**arguments)
        self.stream = torch.cuda.current_stream().cuda_stream
        self.group = hq // hkv

    def call(self):
        self.kernel.launch(self.params, self.stream)

    def peer(self):
        q, k, v = self.inputs
        return F.scaled_dot_product_attention(
            q, k, v, is_causal=self.causal, scale=self.scale, enable_gqa=self.group > 1
        )

    def verify(self):
        """On fresh inputs: the first and the last batch by the two-sided
        rule."""
        for tensor in self.inputs:
            tensor.normal_()
        self.out.fill_(float("nan"))
        self.call()
        torch.cuda.synchronize()
        for batch in {0, self.out.shape[0] - 1}:
            q, k, v = [t[batch : batch + 1, : 2 * self.group] for t in self.inputs]
            k, v = k[:, :2], v[:, :2]
            out = self.out[batch : batch + 1, : 2 * self.group]
            ref, _ = attention.formula(q, k, v, self.scale, self.causal, torch.float64)
            std, _ = attention.formula(q, k, v, self.scale, self.causal, self.dtype)
            verdict = numerics.two_sided(out, ref, std)
            if not verdict.passed:
                return verdict
        if bool(self.out.isnan().any()):
            verdict.reasons.append("NaN left in the output")
        return verdict


def main():
    chosen = options()
    bench = benching.Bench(chosen)
    kernels = bench.kernels(lambda info: {"Q", "K", "V", "O"} <= set(info.tensors))
    for stem, kernel in kernels:
        d = int(kernel.info.tensors["Q"]["extents"][-1])
        causal = kernel.info.point.get("causal") in (True, 1, "true")
        for layout in chosen.layouts.split(","):
            for length in map(int, chosen.lengths.split(",")):
                b, hq = max(1, chosen.tokens // length), chosen.hidden // d
                hkv = hq // chosen.kv_groups
                shape = Shape(kernel, b, hq, hkv, length, layout, causal)
                problem = {
                    "B": b, "Hq": hq, "Hkv": hkv, "M": length, "N": length, "D": d,
                    "causal": causal, "layout": layout,
                }  # fmt: skip
                formula = "4*B*Hq*M*N*D"
                if shape.dv != d:
                    problem["Dv"], formula = shape.dv, "2*B*Hq*M*N*(D+Dv)"
                flops = attention.flops(b, hq, length, length, (d + shape.dv) / 2, causal)
                label = "%s S%d D%d %s %s" % (
                    stem, length, d, "causal" if causal else "full", layout,
                )  # fmt: skip
                with sdpa_kernel(BACKENDS[chosen.peer]), torch.no_grad():
                    bench.compare(label, kernel, shape.call, shape.peer,
                                  "torch SDPA " + chosen.peer, flops, problem, shape.verify,
                                  formula + ("/2" if causal else ""))  # fmt: skip
                del shape
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
