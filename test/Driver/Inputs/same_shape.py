# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: comparing two emitted .cu files up to names. `same_shape.py A B` fails
when the kernels differ in anything but comments, white space and the names
that are not of a namespace.
"""
import re
import sys

TOKEN = re.compile(r"(::\s*)?\b([A-Za-z_]\w*)|[0-9][\w.']*|\S")


def shape(path):
    text = re.sub(r"//[^\n]*", "", open(path, encoding="utf-8").read())
    text = text[text.index("__global__") :]
    tokens = []
    for found in TOKEN.finditer(text):
        name = found.group(2)
        tokens.append("id" if name and not found.group(1) else found.group(0))
    return tokens


first, second = map(shape, sys.argv[1:])
print("%d and %d tokens" % (len(first), len(second)))
if first != second:
    at = next(
        (i for i, (a, b) in enumerate(zip(first, second)) if a != b),
        min(len(first), len(second)),
    )
    print("they part: %s | %s" % (first[at : at + 12], second[at : at + 12]))
    sys.exit(1)
