#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who may include whom (docs/Architecture.md).

usage: check_layers.py SOURCE_ROOT. Prints each forbidden include and ends with
status 1 if there is one. A room that no row names may include nothing of ours.
"""
import os
import re
import sys

# room -> rooms whose headers it may include (its own are always allowed)
ALLOWED = {
    "Support": set(),
    "Device": {"Support"},
    "Layout": {"Support"},
    "AST": {"Support"},
    "Frontend": {"AST", "Support"},
    "Space": {"AST", "Device", "Support"},
    "Knowledge": {"AST", "Device", "Support"},
    "Sema": {"AST", "Device", "Knowledge", "Space", "Support", "Frontend"},
    "Dialect/Spak": {"Layout", "Support"},
    "Dialect/SpakCuda": {"Support"},
    "Conversion": {"Dialect/Spak", "Dialect/SpakCuda", "Layout", "Support"},
    "IRGen": {"Sema", "Space", "Device", "Dialect/Spak", "Support"},
    "Simulator": {"Dialect/Spak", "Layout", "Support"},
    "Analysis": {"Dialect/Spak", "Dialect/SpakCuda", "Device", "Layout",
                 "Space", "Support"},
    "Target/CudaCpp": {"Dialect/SpakCuda", "Support"},
    "Toolchain": {"Support"},
    "Trace": {"AST", "Device", "Knowledge", "Space", "Support"},
    "Driver": {
        "Analysis", "AST", "Conversion", "Device", "Dialect/Spak",
        "Dialect/SpakCuda",
        "Frontend", "IRGen", "Knowledge", "Sema", "Simulator", "Space",
        "Support", "Target/CudaCpp", "Toolchain", "Trace",
    },
}
# rooms that must not see MLIR at all
NO_MLIR = {"Support", "Device", "Layout", "AST", "Frontend", "Knowledge",
           "Space", "Sema", "Toolchain", "Trace"}


def room_of(path):
    parts = path.split("/")
    two = "/".join(parts[:2])
    return two if two in ALLOWED else parts[0]


def sources(root):
    for base in ("lib", "include/spak"):
        top = os.path.join(root, base)
        for folder, _, files in os.walk(top):
            for name in files:
                if name.endswith((".h", ".cpp", ".td", ".def")):
                    full = os.path.join(folder, name)
                    yield full, room_of(os.path.relpath(full, top))


def main():
    root = sys.argv[1]
    bad = 0
    for path, room in sources(root):
        text = open(path, encoding="utf-8").read()
        shown = os.path.relpath(path, root)
        if room not in ALLOWED:
            if room in ("cmake",) or "/" not in os.path.relpath(path, root + "/lib"):
                continue
            print("%s: room `%s` is not in the table" % (shown, room))
            bad += 1
            continue
        for line, include in enumerate(text.split("\n"), 1):
            match = re.match(r'\s*(?:#\s*)?include\s+[<"]([^>"]+)[>"]', include)
            if not match:
                continue
            header = match.group(1)
            if header.startswith("spak/"):
                other = room_of(header[len("spak/"):])
                if other != room and other not in ALLOWED[room]:
                    print("%s:%d: `%s` must not know `%s`" % (shown, line, room, other))
                    bad += 1
            elif header.startswith("mlir/") and room in NO_MLIR:
                if os.path.basename(path) == "Pch.h":
                    continue
                print("%s:%d: `%s` must not know MLIR" % (shown, line, room))
                bad += 1
            elif "antlr" in header.lower() and room != "Frontend":
                print("%s:%d: only Frontend may know ANTLR" % (shown, line))
                bad += 1
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
