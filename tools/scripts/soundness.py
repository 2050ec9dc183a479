#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the static gates to account: what they said against what ptxas and the
card say (docs/Gates.md).

usage: soundness.py build FILE.dsl [options]   compile a sample of survivors and
                                               of points rejected for registers
       soundness.py prepare FILE.dsl -o DIR [options]
                                               build a sample of points that are
                                               rejected as impossible; DIR then
                                               holds all that `check` needs
       soundness.py check -o DIR [--checker=NAME]
                                               run them; needs a GPU, and torch

options: --spakc=PATH (spakc)  --sample=N (40, of each kind)  --seed=N (1)
         --limit=N  points that spakc visits (all)   --jobs=N (1)
         --toolchain=nvcc|nvrtc (nvcc)   -D axis=value[,value]...
         --json=FILE  the records    --check  status 1 if a promise is broken
         --budgets=N,N,...  registers of a consumer as an axis of their own, and
                            no constraint that speaks of registers: then it is
                            the gate that rejects

The promises: no point that is said to fit spills, and at most 10 in 100 of
those rejected for registers compile without a spill. Of points with a finding
`register_margin` nothing is promised; they pass, and --gates=ptxas decides.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

WRONG_REJECTIONS = 0.10  # share that is allowed


def spell(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def fixed(point):
    flags = []
    for axis, value in point.items():
        flags += ["-D", "%s=%s" % (axis, spell(value))]
    return flags


def opened(path, budgets, folder):
    """A copy of the design whose consumers have one of `budgets`."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text, roles = re.subn(r"registers\(consumer\)\s*=\s*.*",
                          "registers(consumer) = budget_of_gate", text)
    text, spaces = re.subn(r"tuning_space \{", "tuning_space {\n"
                           "        budget_of_gate: [%s]" % budgets, text,
                           count=1)
    text = re.sub(r'constraint "[^"]*registers[^"]*":\s*.*\n', "\n", text)
    if not roles or not spaces:
        sys.exit("%s has no `registers(consumer)` to open" % path)
    copy = os.path.join(folder, os.path.basename(path))
    with open(copy, "w", encoding="utf-8") as file:
        file.write(text)
    return copy


def ledger_of(args, folder):
    command = [args.spakc, args.file, "--all-points", "-o", folder,
               "--seed=%d" % args.seed]
    if args.limit:
        command.append("--limit=%d" % args.limit)
    for axis in args.D:
        command += ["-D", axis]
    if getattr(args, "shape", None):
        command.append("--shape=" + args.shape)
    subprocess.run(command, check=True)
    with open(os.path.join(folder, "ledger.json"), encoding="utf-8") as file:
        ledger = json.load(file)
    counts = ledger["counts"]
    told = (counts["constraints"] + counts["points"] + counts["gates"] +
            counts["not_visited"])
    if told != counts["raw"]:
        sys.exit("the ledger accounts for %d of %d points" %
                 (told, counts["raw"]))
    return ledger


def build(args, point, stem, folder):
    """What ptxas says of every kernel at `point`."""
    out = os.path.join(folder, stem + ".cubin")
    done = subprocess.run(
        [args.spakc, args.file] + fixed(point) +
        ["--emit=cubin", "--toolchain=" + args.toolchain, "-o", out],
        capture_output=True, text=True, check=False)
    if done.returncode:
        return {"built": False, "log": done.stderr.strip()[:400]}
    with open(out[:-6] + ".json", encoding="utf-8") as file:
        kernels = json.load(file)["kernels"]
    return {"built": True,
            # Then the roles have not the registers that they were given.
            "dropped": "setmaxnreg is dropped" in done.stderr,
            "registers": max(k["registers"] for k in kernels),
            "spill_bytes": sum(k["spill_bytes"] for k in kernels),
            "smem_bytes": [k["smem_bytes"] for k in kernels]}


def tightest(entry):
    """The role with the least room, of all kernels."""
    roles = [role for kernel in entry["kernels"]
             for role in kernel["registers"]["roles"]]
    return min(roles, key=lambda r: r["budget"] - r["estimate"], default={})


def sample_of(ledger, args):
    draw = random.Random(args.seed)
    def unsure(entry):
        return any(f["reason"] == "register_margin" for f in entry["findings"])
    fits = [e for e in ledger["points"] if not unsure(e)]
    unsures = [e for e in ledger["points"] if unsure(e)]
    overflow = [e for e in ledger["rejections"]
                if e["reason"] == "register_overflow" and
                any(f["gate"] == "registers" for f in e["findings"])]
    kinds = (("fits", fits), ("unsure", unsures), ("overflows", overflow))
    for said, entries in kinds:
        for entry in draw.sample(entries, min(args.sample, len(entries))):
            yield said, entry


def main_build(args):
    with tempfile.TemporaryDirectory() as folder:
        if args.budgets:
            args.file = opened(args.file, args.budgets, folder)
        ledger = ledger_of(args, os.path.join(folder, "points"))
        sample = list(sample_of(ledger, args))
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            built = list(pool.map(
                lambda job: build(args, job[1][1]["point"],
                                  "p%d" % job[0], folder),
                enumerate(sample)))
    records = []
    table = {said: {"clean": 0, "spills": 0, "dropped": 0, "fails": 0}
             for said in ("fits", "unsure", "overflows")}
    wrong_bytes = 0
    for (said, entry), result in zip(sample, built):
        outcome = ("fails" if not result["built"] else
                   "spills" if result["spill_bytes"] else
                   "dropped" if result["dropped"] else "clean")
        table[said][outcome] += 1
        if result["built"]:
            told = [k["shared_bytes"] for k in entry["kernels"]]
            wrong_bytes += told != result["smem_bytes"]
        result["outcome"] = outcome
        records.append({"said": said, "point": entry["point"],
                        "role": tightest(entry), "result": result})
    print("%s: %d raw, %d pass, rejected: %s" %
          (ledger["source"], ledger["counts"]["raw"],
           ledger["counts"]["points"],
           ", ".join("%s %d" % item
                     for item in sorted(ledger["reasons"].items())) or "none"))
    print("predicted    clean  spills  dropped  not built   (ptxas, by %s; "
          "dropped: setmaxnreg is)" % args.toolchain)
    for said, row in table.items():
        print("%-10s  %6d  %6d  %7d  %9d" %
              (said, row["clean"], row["spills"], row["dropped"],
               row["fails"]))
    print("shared bytes differ from the manifest: %d of %d" %
          (wrong_bytes, sum(r["result"]["built"] for r in records)))
    for record in records:
        bad = record["said"] != "unsure" and (record["said"] == "fits") != (
            record["result"]["outcome"] == "clean")
        if bad:
            print("  %s: %s budget %s, estimate %s (%s of tiles): %s" % (
                record["said"],
                ",".join("%s=%s" % (a, spell(v))
                         for a, v in record["point"].items()),
                record["role"].get("budget"), record["role"].get("estimate"),
                record["role"].get("fragments"),
                record["result"].get("log") or
                "%s, %d bytes spilled" % (record["result"]["outcome"],
                                          record["result"]["spill_bytes"])))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(records, file, indent=1)
            file.write("\n")
    fits, over = table["fits"], table["overflows"]
    share = over["clean"] / max(sum(over.values()), 1)
    could = over["clean"] / max(
        over["clean"] + over["spills"] + over["dropped"], 1)
    kept = fits["clean"] == sum(fits.values()) and \
        share <= WRONG_REJECTIONS and wrong_bytes == 0
    print("promises %s: %d of %d that pass spill; %.1f%% of those rejected "
          "compile clean (%.1f%% of those that can be built)" %
          ("kept" if kept else "BROKEN", fits["spills"] + fits["dropped"],
           sum(fits.values()),
           100 * share, 100 * could))
    return 0 if kept or not args.check else 1


def main_prepare(args):
    """A .so, a manifest and what ptxas said for each rejected point that can be
    built; and the checkers."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    points = os.path.join(args.o, "points")
    shutil.rmtree(args.o, ignore_errors=True)
    os.makedirs(points)
    if args.budgets:
        args.file = opened(args.file, args.budgets, args.o)
    with tempfile.TemporaryDirectory() as folder:
        rejected = ledger_of(args, folder)["rejections"]
    random.Random(args.seed).shuffle(rejected)
    records = []
    # Most that are rejected cannot be built; as many again are asked, not all.
    for number, entry in enumerate(rejected[:6 * args.sample]):
        if sum(record["built"] for record in records) == args.sample:
            break
        stem = os.path.join(points, "p%d" % number)
        record = {"stem": "p%d" % number, "reason": entry["reason"],
                  "point": entry["point"], "built": False}
        records.append(record)
        done = subprocess.run(
            [args.spakc, args.file] + fixed(entry["point"]) +
            ["-o", stem + ".cu"], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            done = subprocess.run(
                [args.nvcc, "-std=c++17", "-O3", "-cudart", "shared",
                 "-gencode", "arch=compute_90a,code=sm_90a", "-shared",
                 "-Xcompiler", "-fPIC", "-Xptxas", "-v", "-o", stem + ".so",
                 stem + ".cu"], capture_output=True, text=True, check=False)
        if done.returncode:
            record["log"] = (done.stderr.strip().splitlines() or [""])[0][:200]
            for end in (".cu", ".json", ".h"):
                if os.path.exists(stem + end):
                    os.remove(stem + end)
            continue
        record["built"] = True
        record["dropped"] = "setmaxnreg' ignored" in done.stderr
        record["spill_bytes"] = sum(
            int(n) for n in re.findall(r"(\d+) bytes spill", done.stderr))
    with open(os.path.join(args.o, "records.json"), "w",
              encoding="utf-8") as file:
        json.dump(records, file, indent=1)
        file.write("\n")
    shutil.copytree(os.path.join(root, "runtime", "python"),
                    os.path.join(args.o, "python"),
                    ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(os.path.abspath(__file__), args.o)
    print("%d rejected points, %d can be built" %
          (len(records), sum(r["built"] for r in records)))
    return 0


def main_check(args):
    """Runs what `prepare` built. A point that spills nothing, has the registers
    that it asks for, launches and gives right numbers was rejected wrongly."""
    with open(os.path.join(args.o, "records.json"), encoding="utf-8") as file:
        records = json.load(file)
    card = subprocess.run(
        [sys.executable, "-c",
         "import torch; torch.zeros(1, device='cuda')"],
        capture_output=True, text=True, check=False)
    if card.returncode:
        print("not run: " + card.stderr.strip().splitlines()[-1])
        return 0
    said = ""
    if any(record["built"] for record in records):
        said = subprocess.run(
            [sys.executable, os.path.join(args.o, "python", args.checker),
             "--lib", os.path.join(args.o, "points"), "--small", "--no-large",
             "--repeats", "5", "--seed", "1"],
            capture_output=True, text=True, check=False).stdout
    wrong = ran = 0
    for record in records:
        name = ",".join("%s=%s" % (a, spell(v))
                        for a, v in record["point"].items())
        if not record["built"]:
            print("%-18s %s: not buildable: %s" % (record["reason"], name,
                                                   record["log"]))
            continue
        line = next((l.strip() for l in said.splitlines()
                     if l.strip().startswith(record["stem"] + ":")), "")
        told = re.search(r"([1-9]\d*) passed, 0 failed", line)
        right = told is not None
        ran += bool(line)
        bad = right and not record["spill_bytes"] and not record["dropped"]
        wrong += bad
        print("%-18s %s: %s, %d bytes spilled%s%s" % (
            record["reason"], name,
            "runs, right" if right else "fails: " + line[:120] if line else
            "not run: the checker has no line for it",
            record["spill_bytes"],
            ", setmaxnreg dropped" if record["dropped"] else "",
            "  WRONG REJECTION" if bad else ""))
    print("%d rejected points were built and run, %d rejected wrongly" %
          (ran, wrong))
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=("build", "prepare", "check"))
    parser.add_argument("file", nargs="?")
    parser.add_argument("-o")
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--spakc", default="spakc")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--toolchain", default="nvcc")
    parser.add_argument("--shape")
    parser.add_argument("-D", action="append", default=[])
    parser.add_argument("--budgets")
    parser.add_argument("--json")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--checker", default="check_attention.py",
                        help="the script of runtime/python that runs them")
    args = parser.parse_intermixed_args()
    if args.command != "check" and not args.file:
        parser.error(args.command + " needs a design")
    if args.command != "build" and not args.o:
        parser.error(args.command + " needs -o DIR")
    sys.exit({"build": main_build, "prepare": main_prepare,
              "check": main_check}[args.command](args))


if __name__ == "__main__":
    main()
