#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Emits, and with --nvcc compiles, the points of attention's variants.

`variant_points.py --spakc SPAKC --out DIR [--nvcc NVCC] [--jobs N]` writes
examples/fmha/variants at the points below, and the dense and causal kernels
they are timed beside, into one folder. With --nvcc each becomes a .so there,
and spills and warnings of ptxas are printed. Then, on a machine with a GPU:

    python3 runtime/python/check_variants.py --lib DIR
    python3 runtime/python/check_variants.py --lib DIR --time

Exit code 1 when spakc or nvcc fails.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VARIANTS = "examples/fmha/variants/"
TRAINING = ["-D", "kernel_mode=training"]
BOTH = TRAINING + ["-D", "dtype=bf16,f16", "-D", "D=128,64"]
POINTS = [  # file, options
    ("examples/fmha/fmha.dsl", ["-D", "dtype=bf16,f16", "-D", "D=128,64", "-D", "causal=true,false",
                                "-D", "kernel_mode=inference"]),
    ("examples/fmha/fmha.dsl", ["-D", "D=128,64", "-D", "causal=true", "-D", "trim=0,64"]),
    (VARIANTS + "causal.dsl", BOTH + ["-D", "align=bottom_right,top_left"]),
    (VARIANTS + "causal.dsl", ["-D", "D=128,64", "-D", "trim=0,64"]),
    (VARIANTS + "window.dsl", BOTH + ["-D", "sides=both"]),
    (VARIANTS + "window.dsl", ["-D", "D=128,64", "-D", "trim=0,64"]),
    (VARIANTS + "streaming.dsl", ["-D", "D=128,64", "-D", "trim=0,64"]),
    (VARIANTS + "window.dsl", TRAINING + ["-D", "sides=left,right"]),
    (VARIANTS + "streaming.dsl", BOTH),
    (VARIANTS + "prefix_lm.dsl", BOTH),
    (VARIANTS + "chunked.dsl", TRAINING + ["-D", "chunk=256,100"]),
    (VARIANTS + "documents.dsl", BOTH),
    (VARIANTS + "alibi.dsl", BOTH),
    (VARIANTS + "softcap.dsl", BOTH + ["-D", "cap_by=tanh,tanh_approx"]),
    (VARIANTS + "varlen.dsl", BOTH + ["-D", "causal=true,false"]),
    (VARIANTS + "packed.dsl", BOTH + ["-D", "causal=true,false"]),
    (VARIANTS + "packed.dsl", TRAINING + ["-D", "pack=16,8,4,2", "-D", "tile_m=4,8,16,32,64"]),
    (VARIANTS + "paged.dsl", BOTH + ["-D", "causal=true,false"]),
    (VARIANTS + "paged.dsl", TRAINING + ["-D", "page=256", "-D", "tile_n=64,128"]),
    (VARIANTS + "block_sparse.dsl", BOTH + ["-D", "causal=true,false"]),
    (VARIANTS + "block_sparse.dsl", TRAINING + ["-D", "rows=64,128", "-D", "keys=64"]),
    (VARIANTS + "sink.dsl", BOTH),
    (VARIANTS + "bias.dsl", BOTH),
    (VARIANTS + "head_scale.dsl", BOTH),
]


def emit(spakc, out, match, dtypes):
    for file, options in POINTS:
        if match in file:
            options = [o if o != "dtype=bf16,f16" else "dtype=" + dtypes for o in options]
            command = [spakc, os.path.join(ROOT, file)] + options + ["-o", out]
            if subprocess.call(command) != 0:
                print("failed: " + " ".join(command))
                return False
    return True


def compile_one(nvcc, path, arch):
    virtual = arch.replace("sm_", "compute_")
    command = [nvcc, "-std=c++17", "-O3", "-shared", "-Xcompiler", "-fPIC", "-Xptxas", "-v",
               "-gencode", "arch=%s,code=%s" % (virtual, arch), "-o", path[:-3] + ".so", path]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    log = done.stdout + done.stderr
    spills = re.findall(r"(\d+) bytes spill stores", log)
    notes = sorted(set(re.findall(r"\(C7\d+\)|warning[^\n]*|error[^\n]*", log)))
    registers = re.findall(r"Used (\d+) registers", log)
    print("%-70s registers %s spilled %s %s"
          % (os.path.basename(path), ",".join(registers), ",".join(spills), " ".join(notes)), flush=True)  # fmt: skip
    return done.returncode == 0


def compile_all(options):
    """Every text of the folder; what compile_one says of each."""
    texts = sorted(glob.glob(os.path.join(options.out, "*.cu")))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        return list(pool.map(lambda t: compile_one(options.nvcc, t, options.arch), texts))


def arguments(description):
    """What the scripts that compile points have in common."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--spakc", default="spakc")
    parser.add_argument("--out", required=True)
    parser.add_argument("--nvcc")
    parser.add_argument("--arch", default="sm_90a")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    return parser


def main():
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--match", default="", help="only files whose path contains this")
    parser.add_argument("--dtypes", default="bf16,f16", help="element types (default bf16,f16)")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    os.makedirs(options.out)
    if not emit(options.spakc, options.out, options.match, options.dtypes):
        return 1
    print("%d points" % len(glob.glob(os.path.join(options.out, "*.cu"))))
    return 0 if not options.nvcc or all(compile_all(options)) else 1


if __name__ == "__main__":
    sys.exit(main())
