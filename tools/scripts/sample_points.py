#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Emits, and with --nvcc compiles, random valid points of a file.

`sample_points.py --spakc SPAKC --file examples/fmha/fmha.dsl --count 30 --out
DIR [--seed S] [--nvcc NVCC] [--simulate SHAPE] [-D axis=value]`. The points are
those of `spakc --sample-points`, all equally likely. With --nvcc each becomes a
.so beside its text, and spills and warnings of ptxas are printed; with
--simulate each is run on the CPU at these sizes. Then, on a machine with a GPU:

    python3 runtime/python/check_attention.py --lib DIR --cases random:20 --seed 1

Exit code 1 when a point does not compile or simulate.
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from variant_points import arguments, compile_all  # noqa: E402


def spelled(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def sample(options):
    command = [options.spakc, options.file, "--sample-points=%d" % options.count,
               "--seed=%d" % options.seed]  # fmt: skip
    for fixed in options.D:
        command += ["-D", fixed]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [item["point"] for item in json.loads(done.stdout)["points"]]


def emit(options, number, point):
    """The text of one point, or why there is none."""
    axes = []
    for name, value in point.items():
        axes += ["-D", "%s=%s" % (name, spelled(value))]
    path = os.path.join(options.out, "%s%02d.cu" % (options.prefix, number))
    done = subprocess.run([options.spakc, options.file] + axes + ["-o", path],
                          capture_output=True, text=True)  # fmt: skip
    why = done.stderr if done.returncode else ""
    if not why and options.simulate:
        run = subprocess.run([options.spakc, options.file, "--simulate", "--shape=" + options.simulate] + axes,
                             capture_output=True, text=True)  # fmt: skip
        bad = run.returncode != 0 or "FAILED" in run.stdout
        why = run.stdout[-600:] + run.stderr[-600:] if bad else ""
    if why:
        print("FAILED %s %s\n%s" % (path, " ".join(axes), why[-1500:]), flush=True)
    return not why


def main():
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--file", required=True)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prefix", default="point", help="of the names of the files")
    parser.add_argument("-D", action="append", default=[], metavar="AXIS=VALUE")
    parser.add_argument("--simulate", metavar="SHAPE", help="e.g. B=1,Hq=2,Hkv=1,M=130,N=200")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    os.makedirs(options.out)
    points = sample(options)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        good = list(pool.map(lambda p: emit(options, *p), enumerate(points)))
    if options.nvcc:
        good += compile_all(options)
    print("%d points, %d bad" % (len(points), good.count(False)))
    return 1 if False in good else 0


if __name__ == "__main__":
    sys.exit(main())
