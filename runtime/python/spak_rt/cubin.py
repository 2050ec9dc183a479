# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: launches of a cubin from its manifest, through libspak_rt. Must not
know what a kernel computes.
"""

import ctypes
import os

from .library import LaunchError, address_of, current_stream
from .manifest import Manifest


class _Tensor(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("sizes", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("rank", ctypes.c_int32),
    ]


class _Scalar(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_double)]


class _Arguments(ctypes.Structure):
    _fields_ = [
        ("tensors", ctypes.POINTER(_Tensor)),
        ("tensor_count", ctypes.c_int32),
        ("scalars", ctypes.POINTER(_Scalar)),
        ("scalar_count", ctypes.c_int32),
    ]


def _integers(values):
    return (ctypes.c_int64 * len(values))(*values)


class CubinKernel:
    """Has the interface of library.Kernel."""

    def __init__(self, info, library, runtime, handle):
        self.info, self.manifest, self.name = info, library.manifest, info.name
        # The library owns the handle: it must outlive this.
        self._library, self._runtime, self._handle = library, runtime, handle

    def params(self, **arguments):
        """Tensors and scalars as the C interface takes them."""
        known = set(self.info.tensors) | set(self.info.scalars)
        unknown = sorted(set(arguments) - known)
        if unknown:
            raise TypeError("%s has no argument %s" % (self.name, ", ".join(unknown)))
        tensors, scalars = [], []
        for name, value in arguments.items():
            if name in self.info.scalars:
                scalars.append(_Scalar(name.encode(), value))
                continue
            sizes, strides = tuple(value.shape), tuple(value.stride())
            tensors.append(
                _Tensor(name.encode(), address_of(value), _integers(sizes),
                        _integers(strides), len(sizes))  # fmt: skip
            )
        return _Arguments(
            (_Tensor * len(tensors))(*tensors), len(tensors),
            (_Scalar * len(scalars))(*scalars), len(scalars),
        )  # fmt: skip

    def _call(self, function, params, *stream):
        message = ctypes.c_char_p()
        code = function(self._handle, ctypes.byref(params), *stream, ctypes.byref(message))
        return code, message.value.decode() if message.value else ""

    def check(self, params):
        """The launch checks alone: (code, message). Needs no device."""
        return self._call(self._runtime.spak_rt_check, params)

    def status(self, params, stream=None):
        stream = current_stream() if stream is None else stream
        return self._call(self._runtime.spak_rt_launch, params, ctypes.c_void_p(stream))

    def launch(self, params, stream=None):
        code, message = self.status(params, stream)
        if code:
            raise LaunchError(self.name, code, message)

    def __call__(self, stream=None, **arguments):
        self.launch(self.params(**arguments), stream)


class CubinLibrary:
    """A cubin with its manifest; maps names to CubinKernels. `runtime` is the
    path of libspak_rt.so."""

    def __init__(self, cubin, manifest=None, runtime="libspak_rt.so"):
        path = str(manifest or os.path.splitext(str(cubin))[0] + ".json")
        self.manifest = Manifest.load(path)
        self._runtime = ctypes.CDLL(str(runtime))
        self._module, message = ctypes.c_void_p(), ctypes.c_char_p()
        code = self._runtime.spak_rt_load(
            str(cubin).encode(), path.encode(), ctypes.byref(self._module), ctypes.byref(message)
        )
        if code:
            raise LaunchError(str(cubin), code, message.value.decode())
        self.kernels = {}
        for name, info in self.manifest.kernels.items():
            handle = ctypes.c_void_p()
            self._runtime.spak_rt_find(self._module, name.encode(), ctypes.byref(handle), None)
            self.kernels[name] = CubinKernel(info, self, self._runtime, handle)

    def __getitem__(self, name):
        return self.kernels[name]

    def __iter__(self):
        return iter(self.kernels.values())

    def __del__(self):
        if getattr(self, "_module", None):
            self._runtime.spak_rt_unload(self._module)
