#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test of a build folder and counts them.

lit runs once over the test tree, each GoogleTest program once. The last line
is `N passed, M failed, K skipped` over everything; the exit status is 1 if
anything failed, if nothing ran, or if no CUDA compile ran under CI=true.
"""
import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import time


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.notes = []

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def run_lit(build, jobs, tally):
    lit = shutil.which("lit-22") or shutil.which("lit")
    if not lit:
        tally.add(0, 1, 0)
        tally.notes.append("lit-22 is not on PATH (Debian package llvm-22-tools)")
        return []
    out = os.path.join(build, "test", "lit-results.json")
    if os.path.exists(out):
        os.remove(out)
    subprocess.call(
        [lit, "-j", str(jobs), "-sv", "--timeout", "600", "-o", out,
         os.path.join(build, "test")])
    if not os.path.exists(out):
        tally.add(0, 1, 0)
        tally.notes.append("lit wrote no results")
        return []
    tests = json.load(open(out))["tests"]
    passed = sum(t["code"] in ("PASS", "XFAIL", "FLAKYPASS") for t in tests)
    skipped = [t for t in tests if t["code"] in ("UNSUPPORTED", "SKIPPED", "EXCLUDED")]
    tally.add(passed, len(tests) - passed - len(skipped), len(skipped))
    if skipped:
        tally.notes.append(
            "%d lit tests skipped: they need a GPU or a CUDA compiler" % len(skipped))
    return tests


def run_gtests(build, tally):
    for exe in sorted(glob.glob(os.path.join(build, "test", "bin", "*"))):
        if not os.access(exe, os.X_OK) or os.path.isdir(exe):
            continue
        out = exe + ".json"
        if os.path.exists(out):
            os.remove(out)
        start = time.time()
        rc = subprocess.call(
            [exe, "--gtest_brief=1", "--gtest_output=json:" + out],
            cwd=os.path.join(build, "test"))
        name = os.path.basename(exe)
        if not os.path.exists(out):
            tally.add(0, 1, 0)
            tally.notes.append("%s ended with status %d and no result" % (name, rc))
            continue
        cases = [c for s in json.load(open(out))["testsuites"] for c in s["testsuite"]]
        failed = sum(bool(c.get("failures")) for c in cases)
        skipped = sum(c.get("result") == "SKIPPED" for c in cases)
        if rc != 0 and failed == 0:
            failed = 1
            tally.notes.append("%s ended with status %d" % (name, rc))
        tally.add(max(len(cases) - failed - skipped, 0), failed, skipped)
        print("%-28s %4d cases, %d failed, %d skipped, %.1f s"
              % (name, len(cases), failed, skipped, time.time() - start), flush=True)


def hardware_record(build):
    """One line: how many default points no GPU run has proved."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    run = subprocess.run(
        [sys.executable, os.path.join(root, "tools", "scripts", "default_points.py"),
         "--spakc", os.path.join(build, "bin", "spakc"),
         "--out", os.path.join(build, "test", "default-points"),
         "--record", os.path.join(root, "test", "gpu-record.json")],
        capture_output=True, text=True)
    lines = run.stdout.strip().splitlines()
    print("\n".join(lines[1:]) if run.returncode == 0 and lines else
          "the default points could not be emitted: " + run.stdout + run.stderr)


def cuda_compiles(tests):
    """Lit tests that ran nvcc: those under Integration that passed or failed."""
    return sum("Integration" in t["name"] and t["code"] in ("PASS", "FAIL")
               for t in tests)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build folder")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    tally = Tally()
    start = time.time()
    run_gtests(args.build, tally)
    tests = run_lit(args.build, args.jobs, tally)
    compiles = cuda_compiles(tests) if shutil.which("nvcc") else 0
    print("%d CUDA compile tests ran" % compiles)
    if compiles == 0:
        print("0 CUDA compiles")
        if os.environ.get("CI") == "true":
            tally.add(0, 1, 0)
            tally.notes.append("CI must compile the emitted kernels: no nvcc >= 13")
    if tally.passed + tally.failed == 0:
        tally.add(0, 1, 0)
        tally.notes.append("no test ran")
    hardware_record(args.build)
    for note in tally.notes:
        print("note: " + note)
    print("tests took %.0f s" % (time.time() - start))
    print("%d passed, %d failed, %d skipped"
          % (tally.passed, tally.failed, tally.skipped), flush=True)
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
