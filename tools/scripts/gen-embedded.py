#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Prints the given headers as C++ rows `{"path", R"(text)"},` for inclusion in
# an array. Long texts are cut into several literals (a literal's length is
# limited in C++).
# usage: gen-embedded.py ROOT FILE... > out.inc
import sys

PIECE = 8000


def main():
    root, paths = sys.argv[1], sys.argv[2:]
    for path in paths:
        with open(f"{root}/{path}", encoding="utf-8") as file:
            text = file.read()
        pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)]
        print(f'{{"{path}",')
        for piece in pieces:
            print(f'R"spak({piece})spak"')
        print("},")


if __name__ == "__main__":
    main()
