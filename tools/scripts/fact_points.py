#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Emits, and with --nvcc compiles, the points that the facts of
examples/fmha/fmha.dsl name: for each fact one design or two at sizes where it
holds. `fact_points.py --spakc SPAKC --out DIR [--nvcc NVCC]`. Then, on a
machine with a GPU:

    python3 runtime/python/check_attention.py --lib DIR --cases pairwise:150

Exit code 1 when a fact is named by no point, or one does not compile.
"""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from variant_points import ROOT, arguments, compile_all  # noqa: E402

FILE = os.path.join(ROOT, "examples", "fmha", "fmha.dsl")
POINTS = [  # fact, D and Dv, causal, mode, dtype, rows of a sequence
    ("hopper_few_rows", "64", "false", "training", "f16", 512),
    ("hopper_few_rows", "64", "true", "training", "bf16", 512),
    ("hopper_few_rows", "128", "false", "inference", "bf16", 512),
    ("hopper_few_rows", "128", "true", "training", "f16", 512),
    ("hopper_d128_long_training", "128", "false", "training", "bf16", 8192),
    ("hopper_d128_long", "128", "false", "inference", "bf16", 8192),
    ("hopper_d128_long", "128", "false", "inference", "f16", 8192),
    ("hopper_d128_short_causal", "128", "true", "training", "bf16", 777),
    ("hopper_d128_short", "128", "false", "training", "bf16", 777),
    ("hopper_d128_mid_causal", "128", "true", "training", "bf16", 2048),
    ("hopper_d128_4k_causal", "128", "true", "training", "f16", 4096),
    ("hopper_d128_long_causal", "128", "true", "training", "bf16", 16384),
    ("hopper_d128_long_causal", "128", "true", "inference", "bf16", 16384),
    ("hopper_d128_causal", "128", "true", "training", "bf16", None),
    ("hopper_d128", "128", "false", "training", "bf16", 2048),
    ("hopper_d128", "128", "false", "inference", "f16", 2048),
    ("hopper_d64_short_causal", "64", "true", "training", "bf16", 1024),
    ("hopper_d64_long_causal", "64", "true", "training", "bf16", 4096),
    ("hopper_d64_causal", "64", "true", "training", "f16", None),
    ("hopper_d64", "64", "false", "training", "bf16", 4096),
    ("hopper_d64", "64", "false", "inference", "f16", 4096),
    ("hopper_d256_causal", "256", "true", "training", "bf16", 4096),
    ("hopper_d256", "256", "false", "training", "bf16", 4096),
    ("hopper_d192", "192", "false", "training", "bf16", 4096),
    ("hopper_d192", "192", "false", "inference", "f16", 4096),
    ("hopper_d192_causal", "192", "true", "inference", "bf16", 4096),
    ("hopper_d96", "96", "false", "training", "bf16", 4096),
    ("hopper_d96_causal", "96", "true", "training", "f16", 4096),
]


def options_of(point):
    _, d, causal, mode, dtype, rows = point
    found = []
    for axis, value in (("D", d), ("causal", causal), ("kernel_mode", mode), ("dtype", dtype)):
        found += ["-D", "%s=%s" % (axis, value)]
    if rows:
        batch, heads = (1, 8) if rows == 512 else (max(1, 16384 // rows), 16)
        found.append("--shape=B=%d,Hq=%d,Hkv=%d,M=%d,N=%d" % (batch, heads, heads, rows, rows))
    return found


def is_used(spakc, point):
    done = subprocess.run([spakc, FILE] + options_of(point) + ["--explain", "--json"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    for item in json.loads(done.stdout)["items"]:
        if item["kind"] == "fact" and item["name"] == point[0]:
            return item["action"].startswith("used")
    return False


def facts_of_file():
    with open(FILE, encoding="utf-8") as file:
        return {line.split()[1] for line in file if line.strip().startswith("fact ")}


def main():
    options = arguments(__doc__.splitlines()[0]).parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    os.makedirs(options.out)
    good = []
    for number, point in enumerate(POINTS):
        path = os.path.join(options.out, "%02d_%s.cu" % (number, point[0]))
        good.append(subprocess.call([options.spakc, FILE] + options_of(point) + ["-o", path]) == 0)
        if not is_used(options.spakc, point):
            print("not used at its point: " + path)
            good.append(False)
    for name in sorted(facts_of_file() - {point[0] for point in POINTS}):
        print("no point for fact " + name)
        good.append(False)
    print("%d points of %d facts" % (len(POINTS), len(facts_of_file())))
    if options.nvcc:
        good += compile_all(options)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
