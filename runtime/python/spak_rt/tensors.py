# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: how test tensors lie in memory and what is in them. Must not know
which kernel reads them.

Every tensor lies in a buffer of 0xFF bytes (NaN in every float type) that is
larger than it is: guard bands before and after, and gaps where its strides
leave any. A kernel that reads past a tensor reads NaN; one that writes past it
is seen.
"""

import math

import torch

GUARD = 4096
TORCH_TYPES = {
    "bf16": torch.bfloat16,
    "f16": torch.float16,
    "f32": torch.float32,
    "s32": torch.int32,
    "i32": torch.int32,
    "s64": torch.int64,
    "i64": torch.int64,
    "e4m3": torch.float8_e4m3fn,
    "e5m2": torch.float8_e5m2,
    "u8": torch.uint8,
    "s8": torch.int8,
    "bool": torch.bool,
}
_BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class Guarded:
    """A tensor in a larger buffer of 0xFF bytes.

    `order`: the axes from outermost to innermost in memory; `pad`: elements
    between the rows of each axis but the last, rounded up so that strides are
    multiples of `multiple` elements."""

    def __init__(self, shape, dtype, device, order=None, pad=0, multiple=1):
        order = list(range(len(shape))) if order is None else order
        strides, step = [0] * len(shape), 1
        for axis in reversed(order):
            strides[axis] = step
            step *= max(1, shape[axis])
            step = math.ceil((step + pad) / multiple) * multiple
        self.shape, self.strides, self.dtype = tuple(shape), tuple(strides), dtype
        size = step + 2 * GUARD
        item = torch.empty((), dtype=dtype).element_size()
        self.bits_type = _BITS[item]
        self.bits = torch.full((size,), -1, dtype=self.bits_type, device=device)
        self.tensor = torch.as_strided(
            self.bits.view(dtype), self.shape, self.strides, GUARD
        )

    def fill(self, values):
        self.tensor.copy_(values)
        return self

    def poison(self):
        self.bits.fill_(-1)

    def untouched_outside(self):
        """True if nothing but the tensor's own elements was written."""
        copy = self.bits.clone()
        inside = torch.as_strided(copy, self.shape, self.strides, GUARD)
        inside.fill_(-1)
        return bool((copy == -1).all())

    def snapshot(self):
        """The tensor's bits, contiguous."""
        view = torch.as_strided(self.bits, self.shape, self.strides, GUARD)
        return view.clone(memory_format=torch.contiguous_format)

    def differs(self, snapshot):
        """A device scalar: whether the bits differ from a snapshot's."""
        view = torch.as_strided(self.bits, self.shape, self.strides, GUARD)
        return (view != snapshot).any()


def normal(shape, generator, device, scale=1.0):
    values = torch.randn(shape, generator=generator, device=device)
    return values * scale if scale != 1.0 else values


def with_outliers(shape, generator, device):
    """Normal values, one in 500 (at least one) multiplied by 20."""
    values = torch.randn(shape, generator=generator, device=device)
    if values.numel():
        count = max(1, values.numel() // 500)
        at = torch.randint(
            values.numel(), (count,), generator=generator, device=device
        )
        values.view(-1)[at] *= 20
    return values


def integers(shape, generator, device, largest=3):
    """Small integers: their products and sums are exact."""
    return torch.randint(
        -largest, largest + 1, shape, generator=generator, device=device
    ).float()


def signs(shape, generator, device):
    """Random +1 and -1."""
    bits = torch.randint(0, 2, shape, generator=generator, device=device)
    return (2 * bits - 1).float()
