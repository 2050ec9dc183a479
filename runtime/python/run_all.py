#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Everything that a GPU machine can prove of a folder of kernels, in one
command: `run_all.py --lib DIR --out OUT`. Compiles what has no .so, checks the
shape matrices, runs the sanitizers on small shapes, launches both ways, times
beside the peers. Writes logs, trace-1 records and gpu-record.json to OUT and
ends with a summary; every step has a time limit and none stops the others.
"""

import argparse
import datetime
import hashlib
import json
import os
import subprocess
import sys
import time

from code_hash import code_hash

HERE = os.path.dirname(os.path.abspath(__file__))


class Session:
    def __init__(self, options):
        self.options, self.steps = options, []
        self.start = time.time()

    def step(self, name, command, limit):
        """Runs a command, shows its output as it comes, keeps it in OUT."""
        left = self.options.budget - (time.time() - self.start)
        if left < 5:
            self.steps.append((name, "not run: no time left", 0.0))
            return None
        print("==== %s" % name, flush=True)
        begin, log = time.time(), os.path.join(self.options.out, name + ".log")
        command = ["timeout", "-k", "5", str(int(min(limit, left)))] + command
        with open(log, "w", encoding="utf-8") as file:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                env=dict(os.environ, PYTHONUNBUFFERED="1"),
            )  # fmt: skip
            for line in process.stdout:
                file.write(line)
                print(line, end="", flush=True)
        code = process.wait()
        words = {0: "ok", 2: "nothing to do", 4: "no device", 5: "RUN FAILED", 6: "WRONG", 124: "OUT OF TIME"}
        self.steps.append((name, words.get(code, "exit code %d" % code), time.time() - begin))
        return code

    def python(self, name, script, arguments, limit):
        command = [sys.executable, os.path.join(HERE, script), "--lib", self.options.lib]
        if self.options.match:
            command += ["--match", self.options.match]
        if "--sanitizer" not in arguments:
            command += ["--json", os.path.join(self.options.out, "trace.jsonl")]
        return self.step(name, command + arguments, limit)


def records(out):
    path = os.path.join(out, "trace.jsonl")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write_gpu_record(options):
    """Per file that passed all its checks: the hash of its text and where."""
    verdicts, where = {}, {}
    for item in records(options.out):
        if item["kind"] == "check":
            stem = item["problem"]["file"].split(":")[0]
            passed = item["invalidity"] == "correct"
            verdicts[stem] = verdicts.get(stem, True) and passed
            where[stem] = item
    proved = []
    for stem, passed in sorted(verdicts.items()):
        source = os.path.join(options.lib, stem + ".cu")
        if passed and os.path.exists(source):
            with open(source, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            item = where[stem]
            proved.append({
                "file": stem + ".cu", "sha256": digest,
                "code_sha256": code_hash(source), "kernel": item["kernel"],
                "source": item["source"], "configuration": item["configuration"],
                "device": item["environment"].get("device"),
                "driver": item["environment"].get("driver"),
                "date": datetime.date.today().isoformat(),
            })  # fmt: skip
    with open(os.path.join(options.out, "gpu-record.json"), "w", encoding="utf-8") as file:
        json.dump({"proved": proved}, file, indent=1)
        file.write("\n")
    return len(proved), len(verdicts)


def launch_both_ways(session, options):
    """spak-run: the manifest's launch and the C function's give the same bits."""
    shapes = {
        frozenset("QKVO"): "B=2,Hq=4,Hkv=2,M=300,N=257",
        frozenset("ABC"): "M=300,N=264,K=520",
    }
    for name in sorted(os.listdir(options.lib)):
        stem, suffix = os.path.splitext(name)
        if suffix != ".json" or options.match not in stem:
            continue
        with open(os.path.join(options.lib, name), encoding="utf-8") as file:
            tensors = {t["name"] for t in json.load(file)["kernels"][0]["tensors"]}
        for wanted, shape in shapes.items():
            source = os.path.join(options.lib, stem + ".cu")
            if wanted <= tensors and os.path.exists(source):
                record = os.path.join(options.out, "trace.jsonl")
                session.step("both-ways-" + stem, [
                    options.spak_run, source, "--shape", shape, "--via", "both",
                    "--repeat-bits", "50", "--json", record], 120)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lib", required=True, help="folder of .cu and .json")
    parser.add_argument("--out", required=True, help="folder for logs and records")
    parser.add_argument("--match", default="", help="only files whose name contains this")
    parser.add_argument("--steps", default="check,sanitize,launch,bench")
    parser.add_argument("--cases", default="matrix", help="what check-attention is asked for")
    parser.add_argument("--reference", action="append", default=[], metavar="KERNEL=FILE:FUNCTION")
    parser.add_argument("--spak-run", help="the spak-run to launch both ways with")
    parser.add_argument("--sanitize-match", default="", help="only these under the sanitizers")
    parser.add_argument("--budget", type=float, default=570, help="seconds for everything")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    session, steps = Session(options), options.steps.split(",")
    if "check" in steps:
        session.python("check-attention", "check_attention.py", ["--cases", options.cases], 300)
        session.python("check-gemm", "check_gemm.py", [], 200)
        if options.reference:
            given = [word for r in options.reference for word in ("--reference", r)]
            session.python("check-kernels", "check_kernels.py", given, 200)
    if "launch" in steps and options.spak_run:
        launch_both_ways(session, options)
    if "bench" in steps:
        session.python("bench-attention", "bench_attention.py", ["--layouts", "bshd"], 250)
        session.python("bench-gemm", "bench_gemm.py", [], 120)
    if "sanitize" in steps:
        only = ["--match", options.sanitize_match] if options.sanitize_match else []
        for tool in ("memcheck", "initcheck", "synccheck"):
            session.python("%s-attention" % tool, "sanitize_attention.py",
                           only + ["--sanitizer", tool], 60)  # fmt: skip
        session.python("memcheck-gemm", "check_gemm.py",
                       only + ["--limit", "4", "--sanitizer", "memcheck"], 150)  # fmt: skip
    proved, checked = write_gpu_record(options)
    print("==== summary")
    for name, result, seconds in session.steps:
        print("%-28s %-16s %6.1f s" % (name, result, seconds))
    print("%d of %d files proved on this device" % (proved, checked))
    return 0 if all(result in ("ok", "nothing to do") for _, result, _ in session.steps) else 1


if __name__ == "__main__":
    sys.exit(main())
