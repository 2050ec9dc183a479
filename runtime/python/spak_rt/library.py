# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: shared libraries of emitted .cu files and the call of their C launch
functions. Must not know what a kernel computes.
"""

import ctypes
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from .manifest import Manifest


class LaunchError(RuntimeError):
    """A launch function returned a code other than 0."""

    def __init__(self, kernel, code, message):
        super().__init__("%s: %s (code %d)" % (kernel, message, code))
        self.code = code
        self.message = message


def current_stream():
    try:
        import torch
    except ImportError:
        return 0
    if not torch.cuda.is_available():
        return 0
    return torch.cuda.current_stream().cuda_stream


# For tensors without elements, whose address torch gives as 0: a launch
# refuses null and reads nothing through this.
_NOWHERE = 4096


def address_of(tensor):
    """The address of a tensor's first element."""
    address = tensor.data_ptr()
    if not address and 0 in tuple(tensor.shape):
        return _NOWHERE
    return address or None


def _zeros(count):
    """`count` zero bytes on the current device, ready for any stream."""
    import torch

    made = torch.zeros(count, dtype=torch.uint8, device="cuda")
    torch.cuda.current_stream().synchronize()
    return made


def _device():
    import torch

    return torch.cuda.current_device()


class Kernel:
    """A launch function. Call it with tensors and scalars by name.

    A kernel that counts in device memory gets a workspace of its own for each
    stream of a device, at the first launch there: it lives as long as this
    object, and launches on one stream share it."""

    def __init__(self, info, library, manifest):
        self.info = info
        self.manifest = manifest
        self.name = info.name
        self.params_type = info.params_type()
        self._launch = getattr(library, info.name + "_launch")
        self._launch.restype = ctypes.c_int
        self._launch.argtypes = [
            ctypes.POINTER(self.params_type),
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_char_p),
        ]
        self._defaults = getattr(library, info.name + "_defaults", None)
        if self._defaults:
            self._defaults.restype = None
            self._defaults.argtypes = [ctypes.POINTER(self.params_type)]
        self._workspaces = {}
        if info.workspace is not None:
            self._bytes = getattr(library, info.name + "_workspace")
            self._bytes.restype = ctypes.c_int64
            self._bytes.argtypes = [ctypes.POINTER(self.params_type)]

    def params(self, **arguments):
        """The params struct of these tensors and scalars.

        Errors: TypeError for an unknown or missing name, ValueError for
        shapes that do not fit."""
        known = set(self.info.tensors) | set(self.info.scalars)
        unknown = sorted(set(arguments) - known)
        if unknown:
            raise TypeError(
                "%s has no argument %s; it has %s"
                % (self.name, ", ".join(unknown), ", ".join(self.info.order))
            )
        missing = [
            name
            for name, tensor in self.info.tensors.items()
            if name not in arguments and not tensor.get("optional")
        ]
        if missing:
            raise TypeError("%s needs %s" % (self.name, ", ".join(missing)))
        params = self.params_type()
        if self._defaults:
            self._defaults(ctypes.byref(params))
        shapes = {}
        for name in self.info.tensors:
            tensor = arguments.get(name)
            if tensor is None:
                continue
            shapes[name] = tuple(tensor.shape)
            strides = tensor.stride()
            if strides and tensor.shape[-1] > 1 and strides[-1] != 1:
                raise ValueError("%s: the last axis must be contiguous" % name)
            setattr(params, name, address_of(tensor))
            for axis, stride in enumerate(strides[:-1]):
                getattr(params, name + "_strides")[axis] = stride
        for dim, value in self.info.bind_dims(shapes).items():
            setattr(params, dim, value)
        for name in self.info.scalars:
            if name in arguments:
                setattr(params, name, arguments[name])
        return params

    def status(self, params, stream=None):
        """Launches with a params struct: (code, message). Where its
        `workspace` is null it is the stream's for this launch."""
        message = ctypes.c_char_p()
        stream = current_stream() if stream is None else stream
        if self.info.workspace is not None and not params.workspace:
            params = self.params_type.from_buffer_copy(params)
            params.workspace = self.workspace(params, stream).data_ptr()
        code = self._launch(ctypes.byref(params), stream, ctypes.byref(message))
        text = message.value.decode() if message.value else ""
        return code, text

    def workspace(self, params, stream):
        """The stream's workspace, large enough for this launch."""
        held = self._workspaces.setdefault((_device(), stream), [])
        size = max(1, self._bytes(ctypes.byref(params)))
        if not held or held[-1].shape[0] < size:
            # A launch may still be using the smaller one: it is kept.
            held.append(_zeros(size))
        return held[-1]

    def launch(self, params, stream=None):
        """Launches with a params struct; LaunchError unless the code is 0."""
        code, message = self.status(params, stream)
        if code:
            raise LaunchError(self.name, code, message)

    def __call__(self, stream=None, **arguments):
        self.launch(self.params(**arguments), stream)


class Library:
    """A loaded shared library with its manifest; maps names to Kernels."""

    def __init__(self, path, manifest):
        self.path = str(path)
        self.manifest = manifest
        self.compile_seconds = None
        self.log = ""
        handle = ctypes.CDLL(os.path.abspath(self.path))
        self.kernels = {
            name: Kernel(info, handle, manifest)
            for name, info in manifest.kernels.items()
        }

    def __getitem__(self, name):
        return self.kernels[name]

    def __iter__(self):
        return iter(self.kernels.values())


def find_nvcc():
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    if not os.path.exists(nvcc):
        raise RuntimeError(
            "no nvcc on PATH or in /usr/local/cuda/bin: install the CUDA "
            "toolkit 13.0 or later, or bring prebuilt .so files"
        )
    return nvcc


def compile_library(source, target, arch="sm_90a", timeout=300, includes=()):
    """Compiles a .cu to a shared library: (seconds, log).

    Errors: RuntimeError with nvcc's log."""
    virtual = arch.replace("sm_", "compute_")
    command = [find_nvcc(), "-std=c++17", "-O3", "-shared", "-Xcompiler", "-fPIC"]
    command += ["-gencode", "arch=%s,code=%s" % (virtual, arch), "-Xptxas", "-v"]
    command += ["-I" + include for include in includes]
    partial = "%s.%d.tmp" % (target, os.getpid())
    command += ["-o", partial, str(source)]
    start = time.time()
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError("nvcc rejects %s:\n%s" % (source, done.stderr))
    os.replace(partial, target)
    return time.time() - start, done.stdout + done.stderr


def load(path, manifest=None, runtime="libspak_rt.so"):
    """Loads X.so, or X.cu (compiled first), or X.cubin (through `runtime`,
    the path of libspak_rt.so), with the manifest X.json."""
    path = str(path)
    if path.endswith(".cubin"):
        from .cubin import CubinLibrary

        return CubinLibrary(path, manifest, runtime)
    stem, suffix = os.path.splitext(path)
    manifest = Manifest.load(manifest or stem + ".json")
    seconds, log = None, ""
    if suffix == ".cu":
        source, path = path, stem + ".so"
        seconds, log = compile_library(source, path, manifest.arch or "sm_90a")
    library = Library(path, manifest)
    library.compile_seconds, library.log = seconds, log
    return library


def _newest(stem):
    """X.so if it is there and newer than X.cu, else X.cu, else None."""
    library, source = stem + ".so", stem + ".cu"
    if not os.path.exists(source):
        return library if os.path.exists(library) else None
    if os.path.exists(library):
        if os.path.getmtime(library) >= os.path.getmtime(source):
            return library
    return source


def open_folder(folder, pattern="", jobs=None):
    """Loads every kernel file of a folder: a list of (stem, Library or the
    exception that it gave), sorted by name. A .cu without a current .so is
    compiled, several at a time."""
    stems = []
    for name in sorted(os.listdir(folder)):
        stem, suffix = os.path.splitext(name)
        full = os.path.join(folder, stem)
        if suffix == ".json" and pattern in stem and _newest(full):
            stems.append(full)

    def attempt(stem):
        try:
            return os.path.basename(stem), load(_newest(stem))
        except (RuntimeError, OSError, ValueError, KeyError, AttributeError) as error:
            return os.path.basename(stem), error

    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        return list(pool.map(attempt, stems))
