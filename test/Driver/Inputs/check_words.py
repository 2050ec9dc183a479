# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: the words that no string of the compiler may hold. A pass, a verifier
or a printer that knows a kernel's name or kind would name it in a literal.
`check_words.py FOLDER...` prints each such literal; exit code 1 if there is one.
"""
import os
import re
import sys

KINDS = re.compile(
    r"attn|attention|fmha|flash|gemm|matmul|mlp|swiglu|"
    r"(?<![a-z])(layer|batch|rms|group)?_?norm(?![a-z])",
    re.I,
)
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((.*?)\)"|"((?:[^"\\\n]|\\.)*)"', re.S)


def literals(text):
    """Each string literal with its line; comments and includes are none."""
    for found in TOKEN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        start = text.rfind("\n", 0, found.start()) + 1
        if re.match(r"\s*#?\s*include\b", text[start : found.start()]):
            continue
        literal = found.group(1) if found.group(1) is not None else found.group(2)
        if literal is not None:
            yield line, literal


def main():
    seen = bad = 0
    for top in sys.argv[1:]:
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                if not name.endswith((".cpp", ".h", ".td", ".def")):
                    continue
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    for line, literal in literals(file.read()):
                        seen += 1
                        if KINDS.search(literal):
                            bad += 1
                            print('%s:%d: "%s"' % (path, line, literal))
    print("%d literals, %d name a kind of kernel" % (seen, bad))
    return 1 if bad or not seen else 0


sys.exit(main())
