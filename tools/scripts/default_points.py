#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Emits the points that must be right everywhere, and says which are unproved.

`default_points.py --spakc SPAKC --out DIR [--record FILE]`. The points are
what spakc chooses by itself, without a shape and for a few, for every design
of examples/ and of test/kernels. With a record (test/gpu-record.json, as
runtime/python/run_all.py writes it) the last line counts the texts that no
entry proves on hardware. A text is its code: comment lines do not count.
Exit code 1 when spakc fails; an unproved text is not a failure.
"""
import argparse
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "runtime", "python"))
sys.dont_write_bytecode = True
from code_hash import code_hash  # noqa: E402

ATTENTION = ["-D", "dtype=bf16,f16", "-D", "D=64,128", "-D", "causal=true,false",
             "-D", "kernel_mode=training,inference"]
HEADS = ["-D", "dtype=bf16,f16", "-D", "D=96,192,256", "-D", "causal=true,false",
         "-D", "kernel_mode=training"]


def rows(count, batch, heads=16):
    return ["--shape=B=%d,num_heads=%d,num_head_kv=%d,M=%d,N=%d" % (batch, heads, heads, count, count)]


POINTS = [  # folder, file, options
    ("fmha", "examples/fmha/fmha.dsl", ATTENTION),
    ("fmha-few", "examples/fmha/fmha.dsl", ATTENTION + rows(512, 1, 8)),
    ("fmha-512", "examples/fmha/fmha.dsl", ATTENTION + rows(512, 32)),
    ("fmha-2k", "examples/fmha/fmha.dsl", ATTENTION + rows(2048, 8)),
    ("fmha-4k", "examples/fmha/fmha.dsl", ATTENTION + rows(4096, 4)),
    ("fmha-long", "examples/fmha/fmha.dsl", ATTENTION + rows(16384, 1)),
    ("fmha-heads", "examples/fmha/fmha.dsl", HEADS),
    ("matmul", "examples/matmul/matmul.dsl", ["-D", "dtype=bf16,f16"]),
    ("matmul-large", "examples/matmul/matmul.dsl",
     ["-D", "dtype=bf16,f16", "--shape=M=8192,N=8192,K=8192"]),
    ("mlp", "test/kernels/mlp.dsl", []),
    ("two_softmax", "test/kernels/two_softmax.dsl", ["-D", "causal=true,false"]),
]


def emit(spakc, out):
    """Fills the folder; false, with what spakc said, when a point fails."""
    shutil.rmtree(out, ignore_errors=True)
    for folder, file, options in POINTS:
        target = os.path.join(out, folder)
        if not options:
            os.makedirs(target)
            target = os.path.join(target, folder + ".cu")
        command = [spakc, os.path.join(ROOT, file)] + options + ["-o", target]
        if subprocess.call(command) != 0:
            print("failed: " + " ".join(command))
            return False
    return True


def proved_hashes(record):
    if not os.path.exists(record):
        return None
    with open(record, encoding="utf-8") as file:
        entries = json.load(file)["proved"]
    return {entry.get(key) for entry in entries for key in ("sha256", "code_sha256")}


def is_proved(text, proved):
    with open(text, "rb") as file:
        whole = hashlib.sha256(file.read()).hexdigest()
    return whole in proved or code_hash(text) in proved


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spakc", default="spakc")
    parser.add_argument("--out", required=True)
    parser.add_argument("--record")
    options = parser.parse_args()
    if not emit(options.spakc, options.out):
        return 1
    texts = sorted(glob.glob(os.path.join(options.out, "*", "*.cu")))
    print("%d default points" % len(texts))
    if options.record:
        proved = proved_hashes(options.record)
        missing = [t for t in texts if not is_proved(t, proved or set())]
        for text in missing if proved is not None else []:
            print("unproved on hardware: " + os.path.relpath(text, options.out))
        print("%d of %d default points are unproved on hardware%s"
              % (len(missing), len(texts),
                 "" if proved is not None else ": there is no record"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
