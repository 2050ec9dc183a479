# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: what the check scripts share: their options, the list of kernels to
check, the tally, the run under compute-sanitizer. Must not know a formula.

Exit codes are those of every tool: 0 all right, 2 usage, 3 toolchain, 4 no
device, 5 a launch failed, 6 a wrong result.
"""

import argparse
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import torch

from . import library, numerics, trace

EXIT_TOOLCHAIN, EXIT_NO_DEVICE, EXIT_RUN_FAILED, EXIT_WRONG = 3, 4, 5, 6
# Between a child and its parent: the device is lost or stuck.
_EXIT_LOST = 75


def same_bits(kernel, params, outputs, count):
    """The verdict on `count` launches: all give the bits of the first. Outputs
    are poisoned in between; the inputs behind `params` must live."""
    outputs = list(outputs)
    kernel.launch(params)
    first = [guarded.snapshot() for guarded in outputs]
    differs = torch.zeros((), dtype=torch.int64, device=outputs[0].tensor.device)
    for _ in range(count - 1):
        for guarded in outputs:
            guarded.poison()
        kernel.launch(params)
        for guarded, snapshot in zip(outputs, first):
            differs += guarded.differs(snapshot)
    verdict = numerics.Verdict()
    verdict.require("launches_that_differ", int(differs), 0)
    return verdict


def cases_asked(text):
    """("matrix" | "pairwise" | "random", how many)"""
    kind, _, count = text.partition(":")
    if kind == "matrix" and not count:
        return kind, None
    if kind not in ("pairwise", "random") or not count.isdigit() or int(count) < 1:
        raise argparse.ArgumentTypeError("expected matrix, pairwise:N or random:N")
    return kind, int(count)


def parser(description):
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--lib", metavar="DIR", help="folder of .json with .so or .cu")
    result.add_argument("--match", default="", help="only files whose name contains this")
    result.add_argument("--seed", type=int, help="of the inputs (default: a fresh one)")
    result.add_argument("--json", metavar="FILE", help="append trace-1 records")
    result.add_argument("--small", action="store_true", help="a few small shapes only")
    result.add_argument("--limit", type=int, help="at most this many shapes")
    result.add_argument("--cases", default="matrix", type=cases_asked, metavar="WHICH",
                        help="matrix (all), pairwise:N (at most N that meet every pair of "
                        "sizes, heads, memory orders and distributions) or random:N")  # fmt: skip
    result.add_argument("--repeats", type=int, default=200, metavar="N",
                        help="launches that must give the same bits")  # fmt: skip
    result.add_argument("--no-large", action="store_true",
                        help="leave out the shape beyond 2^31 elements")  # fmt: skip
    result.add_argument("--verbose", action="store_true", help="a line for every shape")
    result.add_argument("--sanitizer", metavar="TOOL",
                        help="run --small under compute-sanitizer's memcheck, "
                        "initcheck, synccheck or racecheck")  # fmt: skip
    result.add_argument("--self-test", nargs="?", const="none", metavar="DEFECT",
                        help="check a torch stand-in with this defect instead")  # fmt: skip
    result.add_argument("--child", metavar="FILE", help=argparse.SUPPRESS)
    result.add_argument("--case-limit", type=float, default=60.0,
                        help="seconds after which a launch counts as hanging")  # fmt: skip
    return result


def pick(cases, limit):
    """At most `limit` cases, evenly from the whole list."""
    if not limit or limit >= len(cases):
        return cases
    return [cases[index * len(cases) // limit] for index in range(limit)]


def device_or_exit(options):
    if torch.cuda.is_available():
        return torch.device("cuda")
    if options.self_test:
        return torch.device("cpu")
    print("no CUDA device: nothing can be checked here (exit code 4)", file=sys.stderr)
    sys.exit(EXIT_NO_DEVICE)


def kernels(options, wanted):
    """The (file, kernel) pairs of the folder that `wanted(info)` accepts, and
    the files that could not be loaded as (file, error)."""
    if not options.lib:
        print("expected --lib DIR (or --self-test)", file=sys.stderr)
        sys.exit(2)
    found, broken = [], []
    for stem, loaded in library.open_folder(options.lib, options.match):
        if isinstance(loaded, Exception):
            broken.append((stem, loaded))
            continue
        found += [(stem, kernel) for kernel in loaded if wanted(kernel.info)]
    return found, broken


class Tally:
    """Counts the checks of one kernel and keeps what went wrong."""

    def __init__(self, label, options):
        self.label, self.options = label, options
        self.passed, self.failures, self.start = 0, [], time.time()
        self.launch_failed = False
        self.worst = {}
        self.case, self.deadline = None, None

    def begin(self, case, factor=1):
        """The next check starts; the watchdog gives it so much time."""
        self.case = case
        self.deadline = time.time() + factor * self.options.case_limit

    def add(self, case, verdict):
        for name, value in verdict.measures.items():
            if math.isfinite(value):
                self.worst[name] = max(value, self.worst.get(name, 0.0))
        if verdict.passed:
            self.passed += 1
        else:
            self.failures.append((str(case), str(verdict)))
        if self.options.verbose or (not verdict.passed and len(self.failures) <= 12):
            print("  %-6s %s: %s" % ("ok" if verdict.passed else "WRONG", case, verdict), flush=True)

    def add_error(self, case, error):
        self.launch_failed = True
        self.failures.append((str(case), str(error)))
        if len(self.failures) <= 12:
            print("  FAILED %s: %s" % (case, error), flush=True)

    def summary(self):
        shown = ", ".join(
            "%s %.2g" % (name, self.worst[name])
            for name in ("relative_l2", "one_minus_cosine", "worst_row_l2")
            if name in self.worst
        )
        return "%-40s %d passed, %d failed (%s) %.1f s" % (
            self.label, self.passed, len(self.failures), shown, time.time() - self.start,
        )  # fmt: skip

    def record(self, kernel):
        failed = bool(self.failures)
        kind = "runtime" if self.launch_failed else "correctness"
        return trace.record(
            "check", kernel, {"which": ":".join(str(x) for x in self.options.cases if x), "cases": self.passed + len(self.failures), "file": self.label},
            invalidity=kind if failed else "correct",
            correctness=0 if failed else 1,
            times={"compilation_time": None, "runtimes": [],
                   "validation": 1e3 * (time.time() - self.start)},
            measurements=[trace.measurement(n, v) for n, v in sorted(self.worst.items())]
            + [trace.measurement("passed", self.passed, "cases"),
               trace.measurement("failed", len(self.failures), "cases")],
            failures=[{"case": c, "why": w} for c, w in self.failures[:20]],
            environment=trace.environment(),
        )  # fmt: skip


def _lose(tally, kernel, writer, why):
    """Ends this process, whose device cannot be used any more."""
    tally.add_error(tally.case or "(before the first launch)", why)
    print(tally.summary(), flush=True)
    writer.write(tally.record(kernel))
    os._exit(_EXIT_LOST)


def _watch(state):
    """Ends the process when a check outlives its deadline: a kernel that
    waits for ever is only stopped with its process."""
    while True:
        time.sleep(1)
        tally, kernel, writer = state
        if tally and tally.deadline and time.time() > tally.deadline:
            _lose(tally, kernel, writer, "HANGS (more than %.0f s)" % tally.options.case_limit)


def supervise(options):
    """Runs this script in a child; where a kernel loses the device, in another
    child for the kernels after it. Returns the exit code, or None in a child."""
    if options.child or options.self_test:
        return None
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "next")
        while True:
            command = [sys.executable] + sys.argv + ["--child", path]
            code = subprocess.call(command)
            if code != _EXIT_LOST:
                return max(code, worst) if code in (0, 2, EXIT_WRONG) and worst else code
            worst = EXIT_RUN_FAILED


def run(options, found, broken, check_kernel):
    """Checks every kernel, prints the table, returns the exit code."""
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    print("seed %d" % seed)
    first = 0
    if options.child and os.path.exists(options.child):
        with open(options.child, encoding="utf-8") as file:
            first = int(file.read())
    writer, tallies, state = trace.Writer(options.json), [], [None, None, None]
    threading.Thread(target=_watch, args=(state,), daemon=True).start()
    for stem, error in broken if first == 0 else []:
        print("  FAILED to load %s: %s" % (stem, error))
    for index, (stem, kernel) in list(enumerate(found))[first:]:
        if options.child:
            with open(options.child, "w", encoding="utf-8") as file:
                file.write(str(index + 1))
        tally = Tally("%s:%s" % (stem, kernel.name), options)
        state[:] = [tally, kernel, writer]
        generator = torch.Generator(device=device_or_exit(options)).manual_seed(seed)
        try:
            check_kernel(kernel, tally, generator)
        except RuntimeError as error:
            if "CUDA error" in str(error) or "CUDA_ERROR" in str(error):
                _lose(tally, kernel, writer, error)
            tally.add_error(tally.case, error)
        state[:] = [None, None, None]
        tallies.append(tally)
        print(tally.summary(), flush=True)
        writer.write(tally.record(kernel))
    wrong = sum(bool(t.failures) for t in tallies)
    print("%d kernels passed, %d failed, %d not loaded"
          % (len(tallies) - wrong, wrong, len(broken)))  # fmt: skip
    if not found and not broken:
        print("no kernel to check", file=sys.stderr)
        return 2
    if any(t.launch_failed for t in tallies):
        return EXIT_RUN_FAILED
    if wrong:
        return EXIT_WRONG
    return EXIT_TOOLCHAIN if broken else 0


def under_sanitizer(options):
    """Runs this script again, with --small, under compute-sanitizer. Errors
    count where a kernel of ours stands in their report: torch's own are not
    ours to judge."""
    tool = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    if not os.path.exists(tool):
        print("SKIPPED: no compute-sanitizer on this machine")
        return 0
    arguments = [a for a in sys.argv if not a.startswith("--sanitizer") and a != options.sanitizer]
    command = [tool, "--tool", options.sanitizer, "--print-limit", "200"]
    command += [sys.executable] + arguments + ["--small", "--no-large", "--repeats", "2"]
    environment = dict(os.environ, PYTORCH_NO_CUDA_MEMORY_CACHING="1")
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    report = [line for line in lines if line.startswith("=========")]
    # Emitted kernels are extern "C": their names stand alone, torch's do not.
    ours = [line for line in report if re.search(r" (?:at|in) \w+_kernel(?:\+|\(|$)", line)]
    print("\n".join(line for line in lines if not line.startswith("=========")))
    print("\n".join(report[:40]))
    if "Device not supported" in done.stdout + done.stderr:
        print("SKIPPED: compute-sanitizer does not support this device")
        return 0
    if not any("ERROR SUMMARY" in line for line in report):
        print("compute-sanitizer gave no summary:\n" + done.stderr[-2000:])
        return EXIT_RUN_FAILED
    print("compute-sanitizer %s: %d reports in our kernels" % (options.sanitizer, len(ours)))
    print("\n".join(ours[:20]))
    return EXIT_WRONG if ours else done.returncode
