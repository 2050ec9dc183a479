# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: stand-ins for kernels, right and wrong on purpose, that show that the
checks pass what is right and catch what is not. Must not need a GPU.
"""

import torch

from . import attention
from .manifest import KernelInfo


def attention_info(dtype="bf16", d=64, causal=False, lse=True):
    """The part of a manifest that the checks read."""
    tensors = [
        ("Q", "in", ["B", "Hq", "M", "D"], ["B", "Hq", "M", str(d)]),
        ("K", "in", ["B", "Hkv", "N", "D"], ["B", "Hkv", "N", str(d)]),
        ("V", "in", ["B", "Hkv", "N", "D"], ["B", "Hkv", "N", str(d)]),
        ("O", "out", ["B", "Hq", "M", "D"], ["B", "Hq", "M", str(d)]),
        ("LSE", "out", ["B", "Hq", "M"], ["B", "Hq", "M"]),
    ]
    return KernelInfo(
        {
            "name": "forward",
            "point": {"causal": causal, "D": d, "dtype": dtype},
            "tensors": [
                {"name": n, "kind": k, "dtype": "f32" if n == "LSE" else dtype,
                 "axes": a, "extents": e}
                for n, k, a, e in tensors if lse or n != "LSE"
            ],
            "scalars": [{"name": "scale", "dtype": "f32"}],
            "dims": ["B", "Hq", "Hkv", "M", "N"],
        }
    )  # fmt: skip


def matmul_info(dtype="bf16", transposed=True):
    tensors = [
        ("A", "in", ["M", "K"]),
        ("B", "in", ["N", "K"] if transposed else ["K", "N"]),
        ("C", "out", ["M", "N"]),
    ]  # fmt: skip
    return KernelInfo(
        {
            "name": "matmul",
            "point": {},
            "tensors": [
                {"name": n, "kind": k, "dtype": dtype, "axes": a, "extents": a}
                for n, k, a in tensors
            ],
            "dims": ["M", "N", "K"],
        }
    )


class FakeKernel:
    """Has the interface of library.Kernel; computes with torch. `defect`:
    None, or the name of one thing to do wrong."""

    def __init__(self, info, compute, defect=None):
        self.info, self.compute, self.defect = info, compute, defect
        self.name, self.manifest, self.calls = info.name, None, 0

    def params(self, **arguments):
        self.info.bind_dims(
            {n: a.shape for n, a in arguments.items() if n in self.info.tensors}
        )
        return arguments

    def launch(self, params, stream=None):
        self.calls += 1
        self.compute(self, **params)

    def __call__(self, stream=None, **arguments):
        self.launch(self.params(**arguments))


def _attention(q, k, v, scale, causal):
    """As a kernel computes it: scores and sums in f32, the unnormalised
    weights rounded to the type of V for the second product."""
    group = q.shape[1] // k.shape[1]
    kk, vv = [t.float().repeat_interleave(group, 1) for t in (k, v)]
    scores = q.float() @ kk.transpose(-1, -2) * scale
    m, n = scores.shape[-2:]
    if causal:
        keep = attention.causal_keep(m, n, q.device)
        scores = scores.masked_fill(~keep, float("-inf"))
    if n == 0:
        return torch.zeros_like(q), torch.full(q.shape[:-1], float("-inf"))
    largest = scores.amax(-1, keepdim=True).clamp(min=-1e30)
    weights = torch.exp(scores - largest)
    total = weights.sum(-1, keepdim=True)
    out = weights.to(v.dtype).float() @ vv
    out = torch.where(total > 0, out / total, 0.0)
    return out, (largest + total.log())[..., 0]


def compute_attention(kernel, Q, K, V, O, LSE=None, scale=None):  # noqa: E741
    defect, causal = kernel.defect, bool(kernel.info.point["causal"])
    scale = attention.default_scale(Q.shape[-1]) if scale is None else scale
    if defect == "drop-tile" and K.shape[2] > 64:
        K, V = K[:, :, :-64], V[:, :, :-64]
    if defect == "drop-key" and K.shape[2] > 1:
        K, V = K[:, :, :-1], V[:, :, :-1]
    if defect == "top-left" and causal and Q.shape[2] < K.shape[2]:
        K, V = K[:, :, : Q.shape[2]], V[:, :, : Q.shape[2]]
    out, lse = _attention(Q, K, V, scale, causal)
    O.copy_(out)
    if LSE is not None:
        LSE.copy_(lse * 1.4426950408889634 if defect == "lse-base-2" else lse)
    if O.numel() and defect == "skip-row":
        O[..., -1, :] = float("nan")
    if defect == "guard":
        # One element past the end, where the tensor's buffer has its band.
        end = sum((n - 1) * s for n, s in zip(O.shape, O.stride())) + 1
        torch.as_strided(O, (1,), (1,), O.storage_offset() + end).fill_(0)
    if O.numel() and defect == "race" and kernel.calls % 7 == 0:
        O[0, 0, 0, 0] += 1


def compute_matmul(kernel, A, B, C):
    defect = kernel.defect
    if kernel.info.tensors["B"]["axes"] == ["N", "K"]:
        B = B.t()
    product = A.float() @ B.float()
    if defect == "drop-tile" and A.shape[1] > 16:
        product = A[:, :-16].float() @ B[:-16].float()
    C.copy_(product)
    if C.numel() and defect == "skip-row":
        C[-1] = float("nan")
    if defect == "guard":
        end = sum((n - 1) * s for n, s in zip(C.shape, C.stride())) + 1
        torch.as_strided(C, (1,), (1,), C.storage_offset() + end).fill_(0)
    if C.numel() and defect == "race" and kernel.calls % 7 == 0:
        C[0, 0] += 1


def attention_kernel(defect=None, **options):
    return FakeKernel(attention_info(**options), compute_attention, defect)


def matmul_kernel(defect=None, **options):
    return FakeKernel(matmul_info(**options), compute_matmul, defect)
