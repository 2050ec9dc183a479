# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: a manifest (schema/manifest-1.json) and the C struct that it implies.

Must not know how a kernel is launched.
"""

import ctypes
import json

from .expression import evaluate

_SCALARS = {
    "f32": ctypes.c_float,
    "f64": ctypes.c_double,
    "s32": ctypes.c_int32,
    "u32": ctypes.c_uint32,
    "i32": ctypes.c_int32,
    "s64": ctypes.c_int64,
    "i64": ctypes.c_int64,
    "u8": ctypes.c_uint8,
    "s8": ctypes.c_int8,
    "bool": ctypes.c_bool,
}
ELEMENT_BYTES = {
    "f32": 4, "f16": 2, "bf16": 2, "e4m3": 1, "e5m2": 1, "f64": 8,
    "s8": 1, "u8": 1, "s32": 4, "u32": 4, "i32": 4, "s64": 8, "i64": 8,
    "bool": 1,
}  # fmt: skip


class KernelInfo:
    """One kernel of a manifest."""

    def __init__(self, data):
        self.data = data
        self.name = data["name"]
        self.point = data.get("point", {})
        self.tensors = {t["name"]: t for t in data["tensors"]}
        self.scalars = {s["name"]: s for s in data.get("scalars", [])}
        self.dims = list(data["dims"])
        self.order = data.get("params") or self._natural_order()
        # Bytes over the dims and `sms`, or None.
        self.workspace = data.get("workspace")

    def _natural_order(self):
        """Inputs, scalars, outputs: how kernels are usually declared. Used
        for manifests that do not list `params`."""
        tensors = self.data["tensors"]
        inputs = [t["name"] for t in tensors if t["kind"] == "in"]
        others = [t["name"] for t in tensors if t["kind"] != "in"]
        return inputs + list(self.scalars) + others

    def inputs(self):
        return [n for n, t in self.tensors.items() if t["kind"] == "in"]

    def outputs(self):
        return [n for n, t in self.tensors.items() if t["kind"] != "in"]

    def params_type(self):
        """struct <name>_params: pointer and strides of each tensor and the
        scalars, in declaration order, then the dims (Launch ABI), then the
        workspace of a kernel that has one."""
        fields = []
        for name in self.order:
            if name in self.tensors:
                fields.append((name, ctypes.c_void_p))
                rank = len(self.tensors[name]["axes"])
                if rank > 1:
                    fields.append((name + "_strides", ctypes.c_int64 * (rank - 1)))
            else:
                fields.append((name, _SCALARS[self.scalars[name]["dtype"]]))
        fields += [(dim, ctypes.c_int64) for dim in self.dims]
        if self.workspace is not None:
            fields.append(("workspace", ctypes.c_void_p))
        return type(self.name + "_params", (ctypes.Structure,), {"_fields_": fields})

    def extents(self, tensor, dims):
        return [evaluate(e, dims) for e in self.tensors[tensor]["extents"]]

    def bind_dims(self, shapes):
        """The value of every dim from the shapes {tensor: sizes}.

        Errors: ValueError when a shape contradicts another or the manifest.
        """
        dims = {}
        for name, sizes in shapes.items():
            extents = self.tensors[name]["extents"]
            if len(sizes) != len(extents):
                raise ValueError(
                    "%s: expected %d axes %s, got %d"
                    % (name, len(extents), self.tensors[name]["axes"], len(sizes))
                )
            for extent, size in zip(extents, sizes):
                if extent in self.dims:
                    if dims.setdefault(extent, int(size)) != int(size):
                        raise ValueError(
                            "%s: expected %s = %d, got %d"
                            % (name, extent, dims[extent], size)
                        )
        missing = [d for d in self.dims if d not in dims]
        if missing:
            raise ValueError("no tensor gives the dims %s" % ", ".join(missing))
        for name, sizes in shapes.items():
            expected = self.extents(name, dims)
            if list(map(int, sizes)) != expected:
                raise ValueError(
                    "%s: expected shape %s, got %s" % (name, expected, list(sizes))
                )
        return dims


class Manifest:
    """A manifest file. `kernels` maps names to KernelInfo."""

    def __init__(self, data, path="<memory>"):
        if data.get("spak_manifest") != 1:
            raise ValueError(
                "%s: expected a manifest of version 1, got %r"
                % (path, data.get("spak_manifest"))
            )
        self.data = data
        self.path = path
        self.compiler = data.get("compiler", "")
        self.options_hash = data.get("options_hash", "")
        self.source = data.get("source", "")
        self.arch = data.get("arch", "")
        self.kernels = {k["name"]: KernelInfo(k) for k in data["kernels"]}

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file), str(path))
