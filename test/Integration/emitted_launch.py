# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: tests of an emitted launch function where there is no device:
`emitted_launch.py KERNEL.h KERNEL.json KERNEL.so COMPILER`. The struct made
from the manifest is the one of the header, and each class of bad argument is
refused by the code of the launch ABI.
"""
import ctypes
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "runtime", "python"))
from spak_rt import library, manifest  # noqa: E402

SIZES = {"B": 2, "Hq": 4, "Hkv": 2, "H": 3, "M": 100, "N": 80, "K": 72, "F": 96}


class Tensor:
    """What the library needs of a tensor, at an address of one's choice."""

    def __init__(self, shape, address=1 << 20):
        self.shape, self.address, strides, step = tuple(shape), address, [], 1
        for size in reversed(self.shape):
            strides.insert(0, step)
            step = -(-step * size // 8) * 8  # multiples of 16 bytes and more
        self.strides = strides

    def stride(self):
        return self.strides

    def data_ptr(self):
        return self.address


def offsets_in_c(header, info, compiler):
    """Offsets of every field, as a C compiler has them."""
    struct, fields = info.params_type(), info.params_type()._fields_
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "a.c"), os.path.join(folder, "a")
        with open(source, "w", encoding="utf-8") as file:
            file.write('#include <stddef.h>\n#include <stdio.h>\n#include "%s"\n' % header)
            file.write("int main(void) {\n")
            for name, _ in fields:
                file.write('printf("%%zu ", offsetof(struct %s, %s));\n' % (struct.__name__, name))
            file.write('printf("%%zu", sizeof(struct %s)); }\n' % struct.__name__)
        subprocess.check_call([compiler, "-o", program, source])
        return list(map(int, subprocess.check_output([program]).split()))


def offsets_in_python(info):
    struct = info.params_type()
    fields = [getattr(struct, name).offset for name, _ in struct._fields_]
    return fields + [ctypes.sizeof(struct)]


class Refusals:
    def __init__(self, kernel):
        self.kernel, self.info, self.failures = kernel, kernel.info, 0
        self.dims = {d: SIZES[d] for d in self.info.dims}

    def good(self):
        tensors = {n: Tensor(self.info.extents(n, self.dims)) for n in self.info.tensors}
        scalars = {n: 1.0 for n, s in self.info.scalars.items() if "default" not in s}
        return self.kernel.params(**tensors, **scalars)

    def expect(self, what, params, codes):
        code, message = self.kernel.status(params)
        right = code in codes and (code == 0 or bool(message))
        self.failures += not right
        print("%-5s %-30s code %d: %s" % ("ok" if right else "WRONG", what, code, message))

    def run(self):
        for name in self.info.tensors:
            params = self.good()
            setattr(params, name, None)
            self.expect("%s is null" % name, params, {1})
            params = self.good()
            setattr(params, name, (1 << 20) + 1)
            self.expect("%s is misaligned" % name, params, {2})
            tensor = self.info.tensors[name]
            if tensor["stride_multiple_bytes"] >= 16 and len(tensor["axes"]) > 1:
                params = self.good()
                getattr(params, name + "_strides")[len(tensor["axes"]) - 2] += 1
                self.expect("a stride of %s is odd" % name, params, {4})
        for dim in self.dims:
            params = self.good()
            setattr(params, dim, -1)
            self.expect("%s is -1" % dim, params, {3})
            params = self.good()
            setattr(params, dim, 1 << 40)
            self.expect("%s is 2^40" % dim, params, {5, 6})
        if {"Hq", "Hkv"} <= set(self.dims):
            params = self.good()
            params.Hq = 5
            self.expect("Hq is no multiple of Hkv", params, {6})
            params = self.good()
            params.Hkv = 0
            self.expect("Hkv is 0", params, {3, 6})
        if "scale" in self.info.scalars:
            params = self.good()
            params.scale = -1.0
            self.expect("scale is negative", params, {6})
        params = self.good()
        params.M = 0
        self.expect("an empty output", params, {0})
        # What has no elements needs no address.
        inputs = [n for n, t in self.info.tensors.items() if t["kind"] == "in"]
        for name in inputs:
            free = [a for a in self.info.tensors[name]["axes"] if a in self.dims and a != "M"]
            if "Hkv" in free:
                free.remove("Hkv")  # a size that divides another
            params = self.good()
            setattr(params, free[0], 0)
            setattr(params, name, None)
            self.expect("%s is null, %s is 0" % (name, free[0]), params, {0, 7})
        self.expect("no device, or good arguments", self.good(), {7})


def main():
    header, path, binary, compiler = sys.argv[1:5]
    with_device = os.path.exists("/dev/nvidia0")
    loaded = library.Library(binary, manifest.Manifest.load(path))
    failures = 0
    for kernel in loaded:
        in_c, in_python = offsets_in_c(header, kernel.info, compiler), offsets_in_python(kernel.info)
        same = in_c == in_python
        failures += not same
        print("%-5s struct %s_params: %s" % ("ok" if same else "WRONG", kernel.name, in_python))
        if not same:
            print("      in C: %s" % in_c)
        if with_device:
            print("skipped the refusals: made-up addresses must not reach a device")
            continue
        refusals = Refusals(kernel)
        refusals.run()
        failures += refusals.failures
    print("%d wrong" % failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
