#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints docs/Dialects.md: the reference of both dialects, from their TableGen.

usage: gen-dialect-docs.py SOURCE_ROOT > docs/Dialects.md. Needs mlir-tblgen 22.
"""
import os
import shutil
import subprocess
import sys

DIALECTS = [("spak", "Spak", "SpakOps.td"), ("spak_cuda", "SpakCuda", "SpakCudaOps.td")]
LLVM = "/usr/lib/llvm-22"


def main():
    root = sys.argv[1]
    tblgen = shutil.which("mlir-tblgen-22") or shutil.which("mlir-tblgen")
    tblgen = tblgen or os.path.join(LLVM, "bin", "mlir-tblgen")
    print("# The dialects\n\nPrinted from TableGen by `tools/scripts/gen-dialect-docs.py`; "
          "a test compares.\n")
    for name, folder, file in DIALECTS:
        path = os.path.join(root, "include", "spak", "Dialect", folder, "IR", file)
        text = subprocess.run(
            [tblgen, "-gen-dialect-doc", "-dialect=" + name,
             "-I", os.path.join(root, "include"), "-I", os.path.join(LLVM, "include"), path],
            check=True, capture_output=True, text=True).stdout
        lines = [line.rstrip() for line in text.split("\n")]
        lines = [line for line in lines if line != "[TOC]" and not line.startswith("<!--")]
        # One level down: this page has one title.
        fenced, out = False, []
        for line in lines:
            if line.lstrip().startswith("```"):
                fenced = not fenced
            out.append("#" + line if line.startswith("#") and not fenced else line)
        print("\n".join(out).strip() + "\n")


if __name__ == "__main__":
    main()
