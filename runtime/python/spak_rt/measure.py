# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: side-by-side timing. Must not know what is timed.

The protocol: both sides are warmed up for at least 50 ms together; then
`rounds` separated rounds of `pairs` pairs, the order inside each pair random,
the L2 cache overwritten before every sample, CUDA events around it. A round
gives the median of the log ratio of its pairs; the ratio's 95% interval is a t
interval over the round medians (samples within a round are not independent).
"""

import math
import random
import statistics
import time

import torch

# 97.5% quantiles of Student's t by degrees of freedom, 1 to 30.
_T = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
]  # fmt: skip


def t_interval(values):
    """(mean, low, high) with 95% confidence; low = high = mean for one value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, mean, mean
    degrees = len(values) - 1
    quantile = _T[degrees - 1] if degrees <= len(_T) else 1.96 + 2.5 / degrees
    half = quantile * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


class Comparison:
    """Samples of two sides, in milliseconds, round by round."""

    def __init__(self):
        self.first, self.second = [], []  # lists of rounds of samples
        self.round_ratios = []  # median log(second / first) per round

    def add_round(self, pairs):
        self.first.append([a for a, _ in pairs])
        self.second.append([b for _, b in pairs])
        self.round_ratios.append(statistics.median(math.log(b / a) for a, b in pairs))

    @staticmethod
    def _flat(rounds):
        return [sample for samples in rounds for sample in samples]

    def median_ms(self):
        return statistics.median(self._flat(self.first)), statistics.median(
            self._flat(self.second)
        )

    def spread(self):
        """(max - min) / median over the round medians, of either side."""
        result = []
        for rounds in (self.first, self.second):
            medians = [statistics.median(samples) for samples in rounds]
            result.append((max(medians) - min(medians)) / statistics.median(medians))
        return tuple(result)

    def ratio(self):
        """How many times faster the first side is: (ratio, low, high)."""
        return tuple(math.exp(v) for v in t_interval(self.round_ratios))


class Flush:
    """Overwrites the L2 cache: a buffer of at least twice its size."""

    def __init__(self):
        size = torch.cuda.get_device_properties(0).L2_cache_size
        self.buffer = torch.empty(2 * max(size, 1 << 25), dtype=torch.int8, device="cuda")

    def __call__(self):
        self.buffer.zero_()


def _sample(call, flush):
    start, stop = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
    if flush:
        flush()
    start.record()
    call()
    stop.record()
    return start, stop


def warm_up(calls, milliseconds=50.0):
    """Runs the calls in turn until `milliseconds` of wall time have passed;
    returns the milliseconds that one turn takes."""
    for call in calls:
        call()
    torch.cuda.synchronize()
    begin, turns = time.perf_counter(), 0
    while True:
        for call in calls:
            call()
        turns += 1
        torch.cuda.synchronize()
        spent = (time.perf_counter() - begin) * 1e3
        if spent >= milliseconds:
            return spent / turns


def compare(first, second, rounds=20, pairs=5, flush=None, seed=0, pause=0.02):
    """Times two calls by the protocol: a Comparison."""
    order = random.Random(seed)
    warm_up([first, second])
    result = Comparison()
    for _ in range(rounds):
        # The device sleeps while the round is queued, so that no sample
        # contains the time that the host takes to launch.
        torch.cuda._sleep(4_000_000)
        events = []
        for _ in range(pairs):
            sides = [0, 1]
            order.shuffle(sides)
            pair = [None, None]
            for side in sides:
                pair[side] = _sample((first, second)[side], flush)
            events.append(pair)
        torch.cuda.synchronize()
        result.add_round(
            [(a[0].elapsed_time(a[1]), b[0].elapsed_time(b[1])) for a, b in events]
        )
        time.sleep(pause)
    return result



def teraflops(flops, milliseconds):
    """TFLOP/s of `flops` operations in `milliseconds`."""
    return flops / milliseconds * 1e-9
