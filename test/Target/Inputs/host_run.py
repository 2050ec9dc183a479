# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: how a kernel's own text is read out of its file and run on the host,
# inside a program that the caller writes around it.
import json
import re
import subprocess
import sys
import tempfile


def read(path, end):
    """Signature and body of the kernel up to `end` (a regular expression), and
    its entry in the manifest."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path[:-3] + ".json", encoding="utf-8") as file:
        kernel = json.load(file)["kernels"][0]
    signature, body = re.search(
        r"_kernel\(([^{]*)\) \{(.*?)" + end, text[text.index('extern "C" __global__') :], re.S
    ).groups()
    body = re.sub(r"extern __shared__[^;]*;|const uint32_t smem_base[^;]*;", "", body)
    return signature, body, kernel


def arguments(signature):
    """The parameters as the host's function has them, and their names."""
    names = [re.findall(r"\w+", part)[-1] for part in signature.split(",")]
    return re.sub(r"const __grid_constant__ |__restrict__", "", signature), names


def grid(kernel):
    """The number of blocks, as an expression of the program."""
    return re.sub(r"\bmin\(", "host_min(", kernel["grid"])


def run(compiler, program):
    """Compiles and runs `program`; ends with its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        source, binary = folder + "/a.cpp", folder + "/a"
        with open(source, "w", encoding="utf-8") as file:
            file.write(program)
        subprocess.check_call([compiler, "-std=c++17", "-w", "-O1", "-o", binary, source])
        sys.exit(subprocess.call([binary]))
