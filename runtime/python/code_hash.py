# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: what makes two emitted texts the same: their lines without comment
lines. The name of the source, its lines and the hash of the options do not
change what a kernel does.
"""
import hashlib


def code_hash(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip() for line in file]
    code = [line for line in lines if line and not line.lstrip().startswith("//")]
    return hashlib.sha256("\n".join(code).encode()).hexdigest()
