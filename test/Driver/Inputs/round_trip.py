# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: stopping after each phase and going on from the printed IR.
`round_trip.py FOLDER FILE.dsl...` fails when the .cu text, the header or the
manifest differ from those of the direct run. Comments may: the lines of the
source, its name and the hash of the options are not those of the direct run.
"""
import json
import os
import re
import subprocess
import sys


def phases():
    """The phases, as spakc names them."""
    text = subprocess.check_output(["spakc", "--help"], text=True)
    names = re.search(r"--compile-to=<phase>.*IR: ([a-z, ]+)", text).group(1)
    return names.split(", ")


def code(path):
    lines = open(path, encoding="utf-8").read().splitlines()
    return [line for line in lines if not line.lstrip().startswith("//")]


def manifest(path):
    document = json.load(open(path, encoding="utf-8"))
    del document["options_hash"], document["source"]
    return document


def main():
    folder, files = sys.argv[1], sys.argv[2:]
    os.makedirs(folder, exist_ok=True)
    bad = done = 0
    for file in files:
        stem = os.path.join(folder, os.path.basename(file)[: -len(".dsl")])
        direct = stem + ".cu"
        subprocess.check_call(["spakc", file, "-o", direct])
        for phase in phases():
            middle, resumed = stem + "." + phase + ".mlir", stem + "." + phase + ".cu"
            subprocess.check_call(
                ["spakc", file, "--compile-to=" + phase, "-o", middle]
            )
            subprocess.check_call(
                ["spakc", middle, "--compile-from=" + phase, "-o", resumed]
            )
            same = code(resumed) == code(direct)
            same &= code(resumed[:-2] + "h") == code(direct[:-2] + "h")
            same &= manifest(resumed[:-2] + "json") == manifest(direct[:-2] + "json")
            done += 1
            if not same:
                bad += 1
                print("%s: going on from %s changes the text" % (file, phase))
    print("%d round trips, %d differ" % (done, bad))
    return 1 if bad or not done else 0


sys.exit(main())
