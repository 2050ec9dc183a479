#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Predicted wavefronts of shared memory against the counters of a card: unit
kernels of single accesses, and ten real kernels (docs/Gates.md).

usage: conflict_kernels.py table               the cases, as JSON
       conflict_kernels.py emit -o DIR         conflicts.cu and table.json
       conflict_kernels.py prepare -o DIR [--spakc=PATH] [--nvcc=PATH]
                               build everything; needs no card, and DIR then
                               holds all that `count` needs, this file too
       conflict_kernels.py count -o DIR [--ncu=PATH] [--save=FILE] [--brief]
                               count, print the tables; FILE gets all that was
                               read, as JSON
       conflict_kernels.py run [-o DIR] [--include=DIR] [--nvcc=PATH]
                               [--ncu=PATH]    build and count the unit kernels

Counting is ncu's, where it is there and allowed to. Unit kernels are timed,
too: with 16 warps that do nothing else, cycles an access are its wavefronts,
plus what the loop costs. Status 1 if a counter differs from its prediction, for
real kernels by more than 5 in 100.

Of a real kernel the accesses of instructions are compared, by the counter of
each instruction: stores of matrices (stmatrix) and operands of products
(wgmma). What the copy engine moves is in no such counter. The launch's own
counter is printed beside: it also has the passes that stores make again because
others had the banks, which the table of neighbours shows by themselves.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

import conflict_cases
import ncu_counters

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("conflict_kernels.py", "conflict_cases.py", "ncu_counters.py")
COMPILE = ["-std=c++17", "-O3", "-cudart", "shared", "-gencode",
           "arch=compute_90a,code=sm_90a"]
UNITS = {"ld": ("ld", "own_ld"), "st": ("st", "own_sts"),
         "stmatrix": ("st", "own_stsm")}  # the launch's and the instruction's


def run(args):
    folder = args.o or tempfile.mkdtemp(prefix="conflicts")
    nvcc = args.nvcc or shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    include = args.include or os.path.join(HERE, "..", "..", "runtime",
                                           "include")
    conflict_cases.emit(folder)
    build([nvcc] + COMPILE + ["-I" + include], folder, "conflicts")
    ncu = ncu_counters.find(args.ncu)
    return count_units(os.path.join(folder, "conflicts"), ncu, {}, args.brief)


def build(compiler, folder, name, source=None):
    subprocess.run(compiler + ["-o", os.path.join(folder, name),
                               source or os.path.join(folder, name + ".cu")],
                   check=True)


def differs(value, predicted, share):
    return abs(value - predicted) > share * max(predicted, 1)


def shown(value, form="%.0f"):
    return "-" if value is None else form % value


def count_units(program, ncu, saved, brief):
    """The tables of single accesses and of neighbours; 1 if one differs."""
    status, out, errors = ncu_counters.run([program], 60)
    if status:
        print("not run: " + (out + errors).strip()[:200])
        return 0
    cycles = dict((line.split()[0], int(line.split()[1]))
                  for line in out.splitlines() if line.strip())
    refused = saved.setdefault("refused", [])
    launches, why = ncu_counters.counted(ncu, program, False, 150, refused)
    if launches is None:
        print("counters not run: %s; the last column is timed" % why)
    found = dict((l.kernel, l) for l in launches or [])
    saved["units"] = [l.as_json() for l in launches or []]
    wrong, seen, rows = 0, 0, []
    each_of = conflict_cases.REPEATS * conflict_cases.WARPS
    for case in conflict_cases.table():
        name = case["name"]
        values = [found[name].value(key) if name in found else None
                  for key in UNITS[case["kind"]]]
        each = [None if v is None else v / each_of for v in values]
        # The counter includes the few accesses around the loop: none here.
        bad = any(e is not None and abs(e - case["predicted"]) > 0.01
                  for e in each)
        wrong += bad
        seen += any(e is not None for e in each)
        if bad or not brief:
            rows.append("%-28s %9d %9s %9s %9.2f%s" % (
                name, case["predicted"], shown(each[0], "%.2f"),
                shown(each[1], "%.2f"), cycles[name] / each_of,
                "  DIFFERS" if bad else ""))
    if rows:
        print("%-28s %9s %9s %9s %9s" % ("access", "predicted", "launch's",
                                         "its own", "cycles"))
        print("\n".join(rows))
    if launches is not None:
        print("%d of %d single accesses differ, %d not counted" %
              (wrong, len(conflict_cases.table()),
               len(conflict_cases.table()) - seen))
        count_neighbours(found)
    return 1 if wrong else 0


def count_neighbours(found):
    """What else the counter of the launch sees; no verdict."""
    print("%-22s %9s %9s %9s %9s %11s" % (
        "eight warps store", "predicted", "its own", "launch's", "conflicts",
        "arbitration"))
    for row in conflict_cases.neighbours():
        launch = found.get(row["name"])
        if launch:
            values = [launch.own_stores()] + [
                launch.value(k) for k in ("st", "st_conflicts", "arbitration")]
            print("%-22s %9d %9s %9s %9s %11s" % (
                row["name"], row["predicted"], *[shown(v) for v in values]))


# name, design, what is fixed, sizes
REAL = [
    ("matmul_256", "examples/matmul/matmul.dsl", "dtype=bf16 tile_n=256",
     "M=4096,N=4096,K=1024"),
    ("matmul_128", "examples/matmul/matmul.dsl",
     "dtype=f16 tile_n=128 order=one_per_cta cluster_m=1 cluster_n=1",
     "M=2048,N=3072,K=512"),
    ("matmul_64", "examples/matmul/matmul.dsl",
     "dtype=bf16 tile_m=64 tile_n=64 cluster_m=1 cluster_n=1 stages=3",
     "M=1024,N=1024,K=512"),
    ("attention_128_causal", "examples/fmha/fmha.dsl",
     "dtype=bf16 D=128 Dv=128 causal=true kernel_mode=training",
     "B=2,Hq=8,Hkv=8,M=2048,N=2048"),
    ("attention_128", "examples/fmha/fmha.dsl",
     "dtype=bf16 D=128 Dv=128 causal=false kernel_mode=inference",
     "B=2,Hq=8,Hkv=8,M=2048,N=2048"),
    ("attention_128_shared", "examples/fmha/fmha.dsl",
     "dtype=bf16 D=128 Dv=128 causal=true kernel_mode=inference "
     "weights=shared tile_m=128 tile_n=64 overlap=intra order=one_per_cta "
     "cross_tile=false exp_ahead=0 stages=2 q_slots=1",
     "B=1,Hq=8,Hkv=8,M=1024,N=1024"),
    ("attention_64_causal", "examples/fmha/fmha.dsl",
     "dtype=bf16 D=64 Dv=64 causal=true kernel_mode=inference",
     "B=2,Hq=8,Hkv=8,M=4096,N=4096"),
    ("attention_64_shared", "examples/fmha/fmha.dsl",
     "dtype=f16 D=64 Dv=64 causal=false kernel_mode=inference weights=shared "
     "tile_m=128 tile_n=128 overlap=none order=one_per_cta cross_tile=false "
     "exp_ahead=0 stages=2 q_slots=1",
     "B=1,Hq=8,Hkv=8,M=1024,N=1024"),
    ("mlp", "test/kernels/mlp.dsl", "dtype=bf16 D=128", "M=4096,F=1024"),
    ("two_softmax", "test/kernels/two_softmax.dsl", "", ""),
]

MAIN = """#include "%(stem)s.cu"
#include <cstdio>

int main() {
  %(name)s_params p;
  %(name)s_defaults(&p);
%(fill)s  const char *why = nullptr;
  const int64_t workspace = %(name)s_workspace(&p);
%(workspace)s  const int code = %(name)s_launch(&p, nullptr, &why);
  const cudaError_t error = cudaDeviceSynchronize();
  if (code != 0 || error != cudaSuccess) {
    printf("error %%d: %%s, %%s\\n", code, why ? why : "",
           cudaGetErrorString(error));
    return 1;
  }
  return 0;
}
"""


def main_text(kernel, stem, shape, with_workspace):
    """A program that launches `kernel` once on zeros; counters of addresses do
    not depend on data."""
    dims = dict((d.split("=")[0], int(d.split("=")[1]))
                for d in shape.split(","))
    size = {"f32": 4, "s32": 4, "bf16": 2, "f16": 2, "e4m3": 1, "e5m2": 1}
    lines = ["p.%s = %d;" % (d, dims[d]) for d in kernel["dims"]]
    for tensor in kernel["tensors"]:
        extents = [int(eval(str(e).replace("/", "//"), {}, dict(dims)))  # noqa
                   for e in tensor["extents"]]
        count, strides = 1, []
        for extent in reversed(extents):
            strides.insert(0, count)
            count *= extent
        lines.append("cudaMalloc((void **)&p.%s, %d);" %
                     (tensor["name"], count * size[tensor["dtype"]]))
        lines.append("cudaMemset((void *)p.%s, 0, %d);" %
                     (tensor["name"], count * size[tensor["dtype"]]))
        lines += ["p.%s_strides[%d] = %d;" % (tensor["name"], i, stride)
                  for i, stride in enumerate(strides[:-1])]
    for scalar in kernel["scalars"]:
        if scalar.get("default") is None:
            lines.append("p.%s = 1;" % scalar["name"])
    # Only kernels that need one have the field.
    workspace = """  if (workspace != 0) {
    cudaMalloc((void **)&p.workspace, workspace);
    cudaMemset(p.workspace, 0, workspace);
  }
""" if with_workspace else """  if (workspace != 0) {
    printf("error: it wants a workspace and has no field for it\\n");
    return 1;
  }
"""
    return MAIN % {"name": kernel["name"], "stem": stem,
                   "workspace": workspace,
                   "fill": "".join("  %s\n" % line for line in lines)}


def prepare(args):
    root = os.path.join(HERE, "..", "..")
    nvcc = args.nvcc or shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    compiler = [nvcc] + COMPILE
    conflict_cases.emit(args.o)
    build(compiler + ["-I" + os.path.join(root, "runtime", "include")], args.o,
          "conflicts")
    rows = []
    for stem, design, fixed, shape in REAL:
        folder = os.path.join(args.o, stem)
        flags = [f for axis in fixed.split() for f in ("-D", axis)]
        shape = shape or "B=1,H=4,M=1024,N=1024"
        text = os.path.join(folder, stem + ".cu")
        os.makedirs(folder, exist_ok=True)
        design = os.path.join(root, design)
        subprocess.run([args.spakc, design, "--shape=" + shape, "-o", text] +
                       flags, check=True)
        with open(text[:-3] + ".json", encoding="utf-8") as file:
            kernel = json.load(file)["kernels"][0]
        with open(text[:-3] + ".h", encoding="utf-8") as file:
            with_workspace = "void *workspace;" in file.read()
        # The ledger's walk, at the very point that was chosen.
        point = []
        for axis, value in kernel["point"].items():
            point += ["-D", "%s=%s" % (axis, str(value).lower()
                                       if isinstance(value, bool) else value)]
        subprocess.run([args.spakc, design, "--all-points", "--jobs=1",
                        "--shape=" + shape, "-o",
                        os.path.join(folder, "ledger")] + point, check=True)
        with open(os.path.join(folder, "ledger", "ledger.json"),
                  encoding="utf-8") as file:
            told = json.load(file)
        entry = (told["points"] + told["rejections"])[0]["kernels"][0]
        if not entry["roofline"]:
            sys.exit("%s: no model: %s" % (stem, entry["not_modelled"]))
        with open(os.path.join(folder, "main.cu"), "w",
                  encoding="utf-8") as file:
            file.write(main_text(kernel, stem, shape, with_workspace))
        build(compiler + ["-I" + folder], args.o, "real_" + stem,
              os.path.join(folder, "main.cu"))
        shutil.rmtree(folder)
        rows.append({"name": stem, "entry": kernel["entry"], "shape": shape,
                     "predicted": {
                         kind: entry["roofline"][
                             "shared_%s_wavefronts" % kind]
                         for kind in ("store", "product")}})
        print("%-22s %12d %12d" % (stem, *rows[-1]["predicted"].values()))
    with open(os.path.join(args.o, "real.json"), "w",
              encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")
    for part in PARTS:
        shutil.copy(os.path.join(HERE, part), args.o)


def count(args):
    """The tables of what `prepare` built."""
    ncu = ncu_counters.find(args.ncu)
    saved = {"ncu": ncu or "", "refused": []}
    if ncu and args.save:
        saved["metrics"] = ncu_counters.known(
            ncu, "wavefronts.*mem_shared|bank_conflicts|wavefronts_shared|"
            "inst_executed_(op_)?shared|data_bank")
    with open(os.path.join(args.o, "real.json"), encoding="utf-8") as file:
        rows = json.load(file)
    print("%-29s %9s %9s %6s  %s %9s %6s %9s" % (
        "accesses of a launch", "predicted", "their own", "ratio",
        "sites, executed, turns each", "launch's", "ratio", "conflicts"))
    far, run_of = 0, 0
    saved["real"] = []
    for row in rows:
        bad, was_run = count_real(args, ncu, row, saved)
        far += bad
        run_of += was_run
        save(args, saved)
    print("%d of %d real kernels differ by more than 5 in 100, %d not run" %
          (far, len(rows), len(rows) - run_of))
    status = count_units(os.path.join(args.o, "conflicts"), ncu, saved,
                         args.brief)
    if saved["refused"]:
        print("not counted, because this ncu refuses: " +
              ", ".join(sorted(set(saved["refused"]))))
    save(args, saved)
    return 1 if far else status


def save(args, saved):
    if args.save:
        with open(args.save, "w", encoding="utf-8") as file:
            json.dump(saved, file, indent=1)
            file.write("\n")


# What is compared: predicted, as SASS has it, and the launch's own counters.
ACCESSES = {"store": (r"\bSTSM\b", "own_stsm", "st", "st_conflicts"),
            "product": (r"\b[A-Z]GMMA\b", None, "gmma", None)}


def count_real(args, ncu, row, saved):
    """Prints the rows of a kernel; whether it differs, and was run."""
    program = os.path.join(args.o, "real_" + row["name"])
    launches, why = ncu_counters.counted(ncu, program, True, 60,
                                         saved["refused"])
    launch = next((l for l in launches or [] if l.kernel == row["entry"]), None)
    if launches is not None and not launch:
        why = "ncu counted no kernel `%s`" % row["entry"]
    if not launch:
        print("%-29s not run: %s" % (row["name"], why))
        return 0, 0
    saved["real"].append(dict(row, **launch.as_json()))
    verdicts = [count_accesses(row, launch, kind) for kind in ACCESSES]
    if None in verdicts:
        print("%-29s not run: no counter of its instructions was read" %
              row["name"])
        return 0, 0
    return int(any(verdicts)), 1


def count_accesses(row, launch, kind):
    """Prints a row; whether it differs, or None if nothing was counted."""
    pattern, own_name, launch_name, conflicts = ACCESSES[kind]
    predicted = row["predicted"][kind]
    sites = list(launch.instructions(pattern))
    own = [s[2] for s in sites if s[2] is not None]
    # The instructions' own, else the sum that ncu makes of them.
    counted = sum(own) if own else (
        launch.value(own_name) if own_name else None)
    total = launch.value(launch_name)
    if counted is None:
        return None
    turns = sorted(set(s[2] / s[1] for s in sites if s[1] and s[2] is not None))
    bad = differs(counted, predicted, 0.05)
    ratios = [shown(None if v is None else v / max(predicted, 1), "%.3f")
              for v in (counted, total)]
    executed = "%d, %d, %s" % (len(sites), sum(s[1] or 0 for s in sites),
                               "/".join("%g" % t for t in turns) or "-")
    print("%-29s %9d %9d %6s  %-27s %9s %6s %9s%s" % (
        "%s %s" % (row["name"], kind), predicted, counted, ratios[0], executed,
        shown(total), ratios[1],
        shown(launch.value(conflicts) if conflicts else None),
        "  DIFFERS" if bad else ""))
    return bad


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=("table", "emit", "prepare",
                                            "count", "run"))
    parser.add_argument("-o")
    parser.add_argument("--include")
    parser.add_argument("--nvcc")
    parser.add_argument("--spakc", default="spakc")
    parser.add_argument("--ncu")
    parser.add_argument("--save")
    parser.add_argument("--brief", action="store_true")
    args = parser.parse_args()
    if args.command == "table":
        json.dump(conflict_cases.table(), sys.stdout, indent=1)
        print()
        return 0
    if args.command == "emit":
        if not args.o:
            parser.error("emit needs -o DIR")
        conflict_cases.emit(args.o)
        return 0
    if args.command in ("prepare", "count"):
        if not args.o:
            parser.error(args.command + " needs -o DIR")
        return prepare(args) if args.command == "prepare" else count(args)
    return run(args)


if __name__ == "__main__":
    sys.exit(main())
