#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Runs attention kernels under compute-sanitizer at one tiny shape each:
`sanitize_attention.py --lib DIR --sanitizer initcheck`. Inputs are made and
results judged on the CPU, so that the sanitizer, which is slow for every kernel
that it sees, sees ours only: a tool takes seconds. Needs python3 and torch.
"""

import sys

import torch

from spak_rt import attention, checking, numerics, tensors

DIMS = {"B": 1, "Hq": 2, "Hkv": 1, "M": 130, "N": 200}


class OnDevice:
    """A tensor of the CPU and its copy, made by one copy of its bytes."""

    def __init__(self, tensor, layout):
        self.host = attention.guarded(tensor.shape, tensor.dtype, torch.device("cpu"), layout)
        self.host.fill(tensor)
        self.bits = self.host.bits.cuda()
        self.tensor = torch.as_strided(
            self.bits.view(tensor.dtype), self.host.shape, self.host.strides, tensors.GUARD
        )

    def fetch(self):
        """What the device has now, and whether all around it is untouched."""
        self.host.bits.copy_(self.bits)
        return self.host.tensor, self.host.untouched_outside()


def judge(kernel, layout):
    info = kernel.info
    d, dv = [int(info.tensors[name]["extents"][-1]) for name in "QV"]
    dtype = tensors.TORCH_TYPES[info.tensors["Q"]["dtype"]]
    together = int(info.point.get("cluster_h", 1))
    hkv, hq = DIMS["Hkv"], DIMS["Hq"] * together
    draw = torch.Generator().manual_seed(7)
    shapes = [(DIMS["B"], hq, DIMS["M"], d), (DIMS["B"], hkv, DIMS["N"], d),
              (DIMS["B"], hkv, DIMS["N"], dv), (DIMS["B"], hq, DIMS["M"], dv)]  # fmt: skip
    made = [torch.randn(shape, generator=draw).to(dtype) for shape in shapes]
    given = {name: OnDevice(tensor, layout) for name, tensor in zip("QKVO", made)}
    if "LSE" in info.tensors:
        given["LSE"] = OnDevice(torch.zeros(shapes[3][:3]), layout)
    arguments = {name: value.tensor for name, value in given.items()}
    scale = attention.default_scale(d)
    if "scale" in info.scalars:
        arguments["scale"] = scale
    kernel.launch(kernel.params(**arguments))
    torch.cuda.synchronize()
    causal = info.point.get("causal") in (True, 1, "true")
    out, clean = given["O"].fetch()
    ref, lse = attention.formula(*made[:3], scale, causal, torch.float64)
    std = attention.plain(*made[:3], scale, causal, dtype, ref)
    verdict = numerics.two_sided(out, ref, std)
    if "LSE" in given:
        got, untouched = given["LSE"].fetch()
        clean = clean and untouched
        verdict.reasons += ["LSE: " + r for r in numerics.absolute(got, lse, 1e-4, 2e-6).reasons]
    if not clean:
        verdict.reasons.append("memory around an output was written")
    return verdict


def main():
    options = checking.parser(__doc__.splitlines()[0]).parse_args()
    if options.sanitizer:
        return checking.under_sanitizer(options)
    checking.device_or_exit(options)
    found, broken = checking.kernels(options, lambda info: {"Q", "K", "V", "O"} <= set(info.tensors))
    wrong = 0
    for stem, kernel in found:
        verdict = judge(kernel, "bshd")
        wrong += not verdict.passed
        print("%-40s %s" % (stem, "ok" if verdict.passed else "WRONG %s" % verdict), flush=True)
    print("%d kernels, %d wrong, %d not loaded" % (len(found), wrong, len(broken)))
    if not found or broken:
        return checking.EXIT_TOOLCHAIN
    return checking.EXIT_WRONG if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
