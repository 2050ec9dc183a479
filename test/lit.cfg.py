# SPDX-License-Identifier: Apache-2.0
#
# Owns: how lit finds the tools and which features a machine has.
import os
import shutil
import subprocess

import lit.formats

config.name = "spak"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".mlir", ".dsl", ".test"]
config.excludes = ["CMakeLists.txt", "Inputs", "Unit", "Fuzz"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.spak_obj_root, "test")
bin_dir = os.path.join(config.spak_obj_root, "bin")
config.environment["PATH"] = os.pathsep.join(
    [
        bin_dir,
        config.llvm_tools_dir,
        config.environment["PATH"],
    ]
)
for tool in ("spak-opt", "spakc"):
    config.substitutions.append(("%" + tool, os.path.join(bin_dir, tool)))
config.substitutions.append(("%src", config.spak_src_root))
config.substitutions.append(("%python", config.python))
if config.nvcc:
    config.available_features.add("nvcc")
    config.substitutions.append(("%nvcc", config.nvcc))


def has_gpu():
    if not shutil.which("nvidia-smi"):
        return False
    return subprocess.call(
        ["nvidia-smi", "-L"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) == 0


if has_gpu():
    config.available_features.add("gpu")
