#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the static gates to account: what they said against what ptxas and the
card say (docs/Gates.md).

usage: soundness.py build FILE.dsl [options]   compile a sample of survivors and
                                               of points rejected for registers
       soundness.py run FILE.dsl --shape=... [options]
                                               run rejected points that can be
                                               built; needs a GPU, and torch

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


def main_run(args):
    """Builds and runs points that an impossible gate rejected. One that
    builds without a spill, launches and gives right numbers was rejected
    wrongly; one that spills was rejected for that."""
    here = os.path.dirname(os.path.abspath(__file__))
    checker = args.checker or os.path.join(
        here, "..", "..", "runtime", "python", "check_attention.py")
    card = subprocess.run(
        [sys.executable, "-c",
         "import torch; torch.zeros(1, device='cuda')"],
        capture_output=True, text=True, check=False)
    if card.returncode:
        print("not run: " + card.stderr.strip().splitlines()[-1])
        return 0
    draw = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        ledger = ledger_of(args, os.path.join(folder, "points"))
        rejected = ledger["rejections"]
        wrong = ran = 0
        for number, entry in enumerate(
                draw.sample(rejected, min(args.sample, len(rejected)))):
            result = build(args, entry["point"], "p%d" % number, folder)
            name = ",".join("%s=%s" % (a, spell(v))
                            for a, v in entry["point"].items())
            if not result["built"]:
                print("%-18s %s: not buildable: %s" %
                      (entry["reason"], name,
                       result["log"].splitlines()[0] if result["log"] else ""))
                continue
            # The checker takes a folder of .cu files and their manifests.
            alone = os.path.join(folder, "run%d" % number)
            os.makedirs(alone)
            subprocess.run([args.spakc, args.file] + fixed(entry["point"]) +
                           ["-o", os.path.join(alone, "kernel.cu")], check=True)
            done = subprocess.run(
                [sys.executable, checker, "--lib", alone] +
                args.checker_arguments,
                capture_output=True, text=True, check=False)
            right = done.returncode == 0
            ran += 1
            bad = right and result["spill_bytes"] == 0
            wrong += bad
            tail = (done.stdout + done.stderr).strip().splitlines()
            print("%-18s %s: %s, %d bytes spilled%s" %
                  (entry["reason"], name,
                   "runs, right" if right else
                   "fails: " + (tail[-1][:120] if tail else ""),
                   result["spill_bytes"],
                   "  WRONG REJECTION" if bad else ""))
        print("%d rejected points were built and run, %d rejected wrongly" %
              (ran, wrong))
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=("build", "run"))
    parser.add_argument("file")
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
    parser.add_argument("--checker", help="script that runs one kernel")
    parser.add_argument("checker_arguments", nargs="*", default=[])
    args = parser.parse_args()
    sys.exit(main_build(args) if args.command == "build" else main_run(args))


if __name__ == "__main__":
    main()
