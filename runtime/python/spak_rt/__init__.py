# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Loads kernels that spakc made, launches, checks and measures them.

    import spak_rt
    library = spak_rt.load("fmha.so")            # fmha.json lies beside it
    library["forward"](Q=q, K=k, V=v, O=o, LSE=lse)

Tensors are torch tensors (any strides, last axis contiguous) or anything
with data_ptr()/shape/stride(). Needs Python 3.9 and ctypes; torch only where
tensors are torch's.
"""

from .expression import evaluate
from .library import Kernel, LaunchError, Library, load, open_folder
from .manifest import Manifest

__all__ = [
    "Kernel",
    "LaunchError",
    "Library",
    "Manifest",
    "evaluate",
    "load",
    "open_folder",
]
