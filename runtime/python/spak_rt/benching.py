# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: what the bench scripts share: their options, the run of one
comparison, its record and its line in the table. Must not know a formula.
"""

import argparse
import statistics
import sys

import torch

from . import checking, library, measure, trace


def parser(description):
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--lib", metavar="DIR", required=True, help="folder of .json with .so or .cu")
    result.add_argument("--match", default="", help="only files whose name contains this")
    result.add_argument("--rounds", type=int, default=20, help="separated rounds (default 20)")
    result.add_argument("--pairs", type=int, default=5, help="pairs in a round (default 5)")
    result.add_argument("--hot", action="store_true", help="leave the L2 cache as it is")
    result.add_argument("--seed", type=int, default=0, help="of the order inside pairs")
    result.add_argument("--control", action="store_true",
                        help="also time the peer against itself (the noise floor)")  # fmt: skip
    result.add_argument("--json", metavar="FILE", help="append trace-1 records")
    result.add_argument("--trace", metavar="FILE", help="append __SPAK_TRACE__ lines")
    return result


class Bench:
    """The comparisons of one script."""

    def __init__(self, options):
        if not torch.cuda.is_available():
            print("no CUDA device: nothing can be timed here (exit code 4)", file=sys.stderr)
            sys.exit(checking.EXIT_NO_DEVICE)
        self.options = options
        self.flush = None if options.hot else measure.Flush()
        self.writer = trace.Writer(options.json, options.trace)
        self.rows, self.wrong, self.errors = [], 0, 0
        print("%s, torch %s, cuDNN %s, L2 %s, %d rounds x %d pairs"
              % (torch.cuda.get_device_name(), torch.__version__,
                 torch.backends.cudnn.version(), "hot" if options.hot else "flushed",
                 options.rounds, options.pairs))  # fmt: skip
        print("%-44s %9s %9s %9s %7s  %-15s %s"
              % ("kernel and shape", "ms", "TFLOP/s", "peer", "ratio", "95% interval", "clock"))  # fmt: skip

    def kernels(self, wanted):
        found = []
        for stem, loaded in library.open_folder(self.options.lib, self.options.match):
            if isinstance(loaded, Exception):
                print("FAILED to load %s: %s" % (stem, loaded))
                self.errors += 1
                continue
            found += [(stem, kernel) for kernel in loaded if wanted(kernel.info)]
        return found

    def compare(self, label, kernel, call, peer, peer_name, flops, problem, verify, formula=None):
        """Times `call` beside `peer`; `verify()` gives a Verdict on fresh
        inputs, before and after the timing. `formula` says what `flops` counts."""
        verdict = verify()
        before = trace.environment()
        result = None
        if verdict.passed:
            result = measure.compare(
                call, peer, self.options.rounds, self.options.pairs, self.flush, self.options.seed
            )
            clock = trace.environment().get("sm_clock_mhz")
            verdict = verify()
        else:
            clock = None
        control = None
        if self.options.control and verdict.passed:
            control = measure.compare(
                peer, peer, self.options.rounds, self.options.pairs, self.flush, self.options.seed
            )
        if not verdict.passed:
            self.wrong += 1
            print("%-44s WRONG: %s" % (label, verdict), flush=True)
        else:
            self.show(label, result, flops, clock, control)
        record = self.record(
            kernel, result, peer_name, flops, problem, verdict, before, clock, control
        )
        self.writer.write(dict(record, flop_formula=formula))

    def show(self, label, result, flops, clock, control):
        ours, theirs = result.median_ms()
        ratio, low, high = result.ratio()
        self.rows.append((label, ratio))
        extra = ""
        if control:
            extra = "  control %.3f (%.3f, %.3f)" % control.ratio()
        print("%-44s %9.4f %9.0f %9.0f %7.3f  (%.3f, %.3f) %5s%s"
              % (label, ours, measure.teraflops(flops, ours), measure.teraflops(flops, theirs),
                 ratio, low, high, "%.0f" % clock if clock else "-", extra), flush=True)  # fmt: skip

    def record(self, kernel, result, peer_name, flops, problem, verdict, before, clock, control):
        measurements, runtimes = [], []
        if result:
            ours, theirs = result.median_ms()
            spread = result.spread()
            runtimes = [s for samples in result.first for s in samples]
            measurements = [
                trace.measurement("time", ours, "ms"),
                trace.measurement("spread", spread[0], ""),
                trace.measurement("throughput", measure.teraflops(flops, ours), "TFLOP/s"),
                trace.measurement("peer_time", theirs, "ms"),
                trace.measurement("peer_spread", spread[1], ""),
                trace.measurement("peer_throughput", measure.teraflops(flops, theirs), "TFLOP/s"),
            ]
            for name, value in zip(("ratio", "ratio_low", "ratio_high"), result.ratio()):
                measurements.append(trace.measurement(name, value, ""))
        if control:
            for name, value in zip(("control", "control_low", "control_high"), control.ratio()):
                measurements.append(trace.measurement(name, value, ""))
        return trace.record(
            "bench", kernel, problem,
            times={"compilation_time": None, "runtimes": runtimes, "validation": None},
            invalidity="correct" if verdict.passed else "correctness",
            correctness=1 if verdict.passed else 0,
            measurements=measurements, peer=peer_name,
            cache="hot" if self.options.hot else "cold", launch="stream",
            rounds=self.options.rounds, pairs=self.options.pairs,
            environment=dict(before, sm_clock_after_mhz=clock),
        )  # fmt: skip

    def finish(self):
        """The last lines; the exit code."""
        if self.rows:
            ratios = [ratio for _, ratio in self.rows]
            print("ratios to the peer: median %.3f, least %.3f (%s)"
                  % (statistics.median(ratios), min(ratios), min(self.rows, key=lambda r: r[1])[0]))  # fmt: skip
        if self.wrong:
            return checking.EXIT_WRONG
        if self.errors:
            return checking.EXIT_TOOLCHAIN
        if not self.rows:
            print("nothing was timed", file=sys.stderr)
            return 2
        return 0
