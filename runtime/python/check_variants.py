#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Checks the variants of attention (examples/fmha/variants) against float64 by
the two-sided rule: `check_variants.py --lib DIR`; with `--time`, times them
beside the dense kernels of the same folder, on the tiles that they need. Needs
python3 and torch, and nvcc where DIR has no .so files.
"""

import random
import sys

import torch

from spak_rt import attention, checking, measure, numerics, tensors, variants
from spak_rt.attention import Case

LENGTHS = [1, 2, 63, 64, 65, 113, 127, 129, 203, 257, 777, 1024, 2047]
HEADS = [(1, 1), (3, 3), (8, 2), (8, 1), (6, 3)]
LAYOUTS = ["bshd", "bhsd", "padded", "sbhd"]


def matrix(d):
    draw, cases = random.Random(1), []
    for m in LENGTHS:
        for n in [0] + LENGTHS:
            hq, hkv = draw.choice(HEADS)
            cases.append(Case(draw.choice([1, 2]), hq, hkv, m, n, d, draw.choice(LAYOUTS),
                              draw.choice(["normal", "normal", "outliers"])))  # fmt: skip
    draw.shuffle(cases)
    return cases


class Checker:
    def __init__(self, kernel, tally, generator):
        self.kernel, self.tally, self.generator = kernel, tally, generator
        self.device, info = generator.device, kernel.info
        self.variant = variants.VARIANTS[kernel.name]
        self.types = {n: tensors.TORCH_TYPES[t["dtype"]] for n, t in info.tensors.items()}
        self.d = int(info.tensors["Q"]["extents"][-1])
        self.dv = int(info.tensors["V"]["extents"][-1])
        self.draw = random.Random(5)

    def prepare(self, case, timed=False):
        """Inputs, tables and scalars, guarded outputs, params."""
        pack = int(self.kernel.info.point.get("pack", 0))
        if pack:  # a group of heads has that many
            case.hkv = max(1, case.hq // pack) if timed else case.hkv
            case.hq = case.hkv * pack
        make = tensors.with_outliers if case.dist == "outliers" else tensors.normal
        inputs = {}
        for name, heads, length, width in (("Q", case.hq, case.m, self.d),
                                           ("K", case.hkv, case.n, self.d),
                                           ("V", case.hkv, case.n, self.dv)):  # fmt: skip
            shape = (case.b, heads, length, width)
            guarded = attention.guarded(shape, self.types[name], self.device, case.layout)
            inputs[name] = guarded.fill(make(shape, self.generator, self.device))
        point = self.kernel.info.point
        drawn = (self.variant.size if timed else self.variant.draw)(case, point, self.draw)
        a = {"point": point, "scale": attention.default_scale(self.d)}
        for name, value in drawn.items():
            if isinstance(value, torch.Tensor):
                # Rows of 16-byte multiples, as a copy by tiles asks for.
                guarded = tensors.Guarded(value.shape, self.types[name], self.device, None, 0, 8)
                inputs[name] = guarded.fill(value)
                value = guarded.tensor
            a[name] = value
        shape = (case.b, case.hq, case.m, self.dv)
        outputs = {"O": attention.guarded(shape, self.types["O"], self.device, case.layout)}
        if "LSE" in self.kernel.info.tensors:
            outputs["LSE"] = attention.guarded(shape[:3], torch.float32, self.device, case.layout)
        arguments = {n: g.tensor for n, g in {**inputs, **outputs}.items()}
        arguments.update({n: a[n] for n in self.kernel.info.scalars if n in a})
        return inputs, outputs, a, self.kernel.params(**arguments)

    def formula(self, case, q, k, v, a, low=None):
        return variants.formula(self.variant, case, q, k, v, a, low)

    def check(self, case):
        inputs, outputs, a, params = self.prepare(case)
        self.kernel.launch(params)
        torch.cuda.synchronize()
        q, k, v = [inputs[n].tensor for n in "QKV"]
        ref, lse = self.formula(case, q, k, v, a)
        std, _ = self.formula(case, q, k, v, a, self.types["Q"])
        verdict = numerics.two_sided(outputs["O"].tensor, ref, std)
        if "LSE" in outputs:
            bound = 1e-4 + variants.score_error(self.kernel.info.point, a)
            more = numerics.absolute(outputs["LSE"].tensor, lse, bound, 2e-6)
            verdict.reasons += ["LSE: " + reason for reason in more.reasons]
        for name, guarded in outputs.items():
            if not guarded.untouched_outside():
                verdict.reasons.append("memory around %s was written" % name)
        shown = {n: x for n, x in a.items() if n in self.kernel.info.scalars and n != "scale"}
        self.tally.add("%s %s" % (case, shown), verdict)

    def repeat(self, case, count):
        inputs, outputs, _, params = self.prepare(case)  # inputs must live
        verdict = checking.same_bits(self.kernel, params, outputs.values(), count)
        self.tally.add("%d repeats of %s" % (count, case), verdict)


class SequenceChecker(Checker):
    """Sequences one behind the other: case.b of them, case.m rows and case.n
    keys in all."""

    def prepare(self, case, timed=False):
        make = tensors.with_outliers if case.dist == "outliers" else tensors.normal
        rows = case.m * case.b if timed else case.m
        keys = case.n * case.b if timed else case.n
        count = case.b if timed else case.b + 3
        inputs = {}
        for name, length, heads, width in (("Q", rows, case.hq, self.d),
                                           ("K", keys, case.hkv, self.d),
                                           ("V", keys, case.hkv, self.dv)):  # fmt: skip
            guarded = tensors.Guarded((length, heads, width), self.types[name], self.device)
            inputs[name] = guarded.fill(make((length, heads, width), self.generator, self.device))
        a = {"point": self.kernel.info.point, "scale": attention.default_scale(self.d)}
        for name, total, each in (("QStart", rows, case.m), ("KStart", keys, case.n)):
            starts = variants.cut(total, count, self.draw)
            if timed:
                starts = torch.arange(count + 1, dtype=torch.int32) * each
            a[name] = [int(x) for x in starts]
            guarded = tensors.Guarded(starts.shape, torch.int32, self.device)
            inputs[name] = guarded.fill(starts)
        a["longest"] = max(y - x for x, y in zip(a["QStart"], a["QStart"][1:]))
        outputs = {"O": tensors.Guarded((rows, case.hq, self.dv), self.types["O"], self.device)}
        if "LSE" in self.kernel.info.tensors:
            outputs["LSE"] = tensors.Guarded((case.hq, rows), torch.float32, self.device)
        arguments = {n: g.tensor for n, g in {**inputs, **outputs}.items()}
        arguments["longest"] = a["longest"]
        return inputs, outputs, a, self.kernel.params(**arguments)

    def formula(self, case, q, k, v, a, low=None):
        out = torch.zeros((1, case.hq, q.shape[0], self.dv), dtype=torch.float64, device=q.device)
        lse = torch.full(out.shape[:3], float("-inf"), dtype=torch.float64, device=q.device)
        for b in range(len(a["QStart"]) - 1):
            rows = slice(a["QStart"][b], a["QStart"][b + 1])
            keys = slice(a["KStart"][b], a["KStart"][b + 1])
            part = Case(1, case.hq, case.hkv, rows.stop - rows.start, keys.stop - keys.start, case.d)
            heads = [t.transpose(0, 1)[None] for t in (q[rows], k[keys], v[keys])]
            found = variants.formula(self.variant, part, *heads, a, low)
            out[:, :, rows], lse[:, :, rows] = [t.double() for t in found]
        return out[0].transpose(0, 1), lse[0]


class PagedChecker(Checker):
    """Keys in pages of a cache: sequences of up to case.n keys, their pages
    anywhere, with rows behind their ends that hold numbers, too."""

    def prepare(self, case, timed=False):
        make = tensors.with_outliers if case.dist == "outliers" else tensors.normal
        point, page = self.kernel.info.point, int(self.kernel.info.point["page"])
        most = max(1, -(-case.n // page))
        count = case.b * most + (0 if timed else 3)
        lengths = [case.n if timed or b == 0 else self.draw.randint(0, case.n) for b in range(case.b)]
        order = torch.randperm(count)[: case.b * most].view(case.b, most).to(torch.int32)
        inputs = {}
        for name, shape in (("Q", (case.b, case.hq, case.m, self.d)),
                            ("K", (count, case.hkv, page, self.d)),
                            ("V", (count, case.hkv, page, self.dv))):  # fmt: skip
            guarded = tensors.Guarded(shape, self.types[name], self.device)
            inputs[name] = guarded.fill(make(shape, self.generator, self.device))
        for name, table in (("Pages", order), ("Length", torch.tensor(lengths, dtype=torch.int32))):
            inputs[name] = tensors.Guarded(table.shape, torch.int32, self.device).fill(table)
        a = {"point": point, "scale": attention.default_scale(self.d), "Length": lengths}
        a["Pages"] = inputs["Pages"].tensor.long()
        outputs = {"O": tensors.Guarded((case.b, case.hq, case.m, self.dv), self.types["O"], self.device)}
        if "LSE" in self.kernel.info.tensors:
            outputs["LSE"] = tensors.Guarded((case.b, case.hq, case.m), torch.float32, self.device)
        arguments = {n: g.tensor for n, g in {**inputs, **outputs}.items()}
        return inputs, outputs, a, self.kernel.params(**arguments)

    def formula(self, case, q, k, v, a, low=None):
        found = []
        for b, length in enumerate(a["Length"]):
            keys = [t[a["Pages"][b]].transpose(0, 1).flatten(1, 2)[None, :, :length] for t in (k, v)]
            part = Case(1, case.hq, case.hkv, case.m, length, case.d)
            found.append(variants.formula(self.variant, part, q[b : b + 1], *keys, a, low))
        return [torch.cat(parts) for parts in zip(*found)]


CHECKERS = {"varlen": SequenceChecker, "paged": PagedChecker}


def checker_for(kernel, tally, generator):
    return CHECKERS.get(kernel.name, Checker)(kernel, tally, generator)


def timed_case(checker, length, tokens, hidden):
    heads = hidden // max(checker.d, 64)
    return Case(max(1, tokens // length), heads, heads, length, length, checker.d, "bshd")


def time_all(options, found):
    """Each variant and the dense kernel of its type and width in pairs: their
    TFLOP/s on the tiles that they need, and the ratio."""
    generator = torch.Generator(device="cuda").manual_seed(options.seed or 0)
    tally = checking.Tally("timing", options)
    dense = {}
    for stem, kernel in found:
        if kernel.name == "forward" and not kernel.info.point["causal"]:
            checker = Checker(kernel, tally, generator)
            dense[checker.types["Q"], checker.d] = checker
    flush = measure.Flush()
    print("%-46s %6s %9s %9s %9s %7s" % ("kernel", "S", "ms", "TFLOP/s", "dense", "ratio"))
    for stem, kernel in found:
        checker = checker_for(kernel, tally, generator)
        peer = dense.get((checker.types["Q"], checker.d))
        for length in map(int, options.lengths.split(",")):
            case = timed_case(checker, length, options.tokens, options.hidden)
            case.m = options.rows or case.m
            if kernel.name == "bias":  # a table of b h m n elements
                case.b, case.hq, case.hkv = 1, 4, 4
            inputs, outputs, a, params = checker.prepare(case, timed=True)
            point = kernel.info.point
            tile_m = int(point.get("tile_m", point.get("rows")))
            tile_n = int(point.get("tile_n", point.get("keys")))
            tiles = variants.tiles_needed(checker.variant, case, a, tile_m, tile_n, checker.device)
            flops = 2.0 * tiles * tile_m * tile_n * (checker.d + checker.dv)
            first = lambda: kernel.launch(params)  # noqa: B023, E731
            second, dense_flops, kept_alive = first, flops, None
            if peer:
                kept_alive = peer.prepare(case)
                second = lambda: peer.kernel.launch(kept_alive[3])  # noqa: B023, E731
                dense_flops = 4.0 * case.b * case.hq * case.m * case.n * checker.d
            result = measure.compare(first, second, options.rounds, 5, flush)
            ours, theirs = [
                measure.teraflops(f, t) for f, t in zip((flops, dense_flops), result.median_ms())
            ]
            print("%-46s %6d %9.4f %9.1f %9.1f %7.3f"
                  % (stem, length, result.median_ms()[0], ours, theirs, ours / theirs), flush=True)  # fmt: skip
            del inputs, outputs, kept_alive
    return 0


def main():
    arguments = checking.parser(__doc__.splitlines()[0])
    arguments.add_argument("--time", action="store_true", help="time instead of checking")
    arguments.add_argument("--lengths", default="4096,16384", help="what is timed")
    arguments.add_argument("--tokens", type=int, default=16384, help="batch x length")
    arguments.add_argument("--hidden", type=int, default=2048, help="heads x width")
    arguments.add_argument("--rows", type=int, help="queries a sequence, if not its length")
    arguments.add_argument("--rounds", type=int, default=10)
    options = arguments.parse_args()
    if options.sanitizer:
        return checking.under_sanitizer(options)
    checking.device_or_exit(options)
    if not options.time:
        code = checking.supervise(options)
        if code is not None:
            return code
    found, broken = checking.kernels(options, lambda info: info.name in variants.VARIANTS)
    if options.time:
        return time_all(options, found)

    def check_kernel(kernel, tally, generator):
        checker = checker_for(kernel, tally, generator)
        cases = matrix(checker.d)
        count = options.limit or (12 if options.small else 90)
        for case in checking.pick(cases, count):
            tally.begin(case)
            try:
                checker.check(case)
            except checking.library.LaunchError as error:
                tally.add_error(case, error)
        tally.begin("repeats", factor=2)
        checker.repeat(Case(2, 8, 2, 257, 1023, checker.d), min(options.repeats, 50))

    return checking.run(options, found, broken, check_kernel)


if __name__ == "__main__":
    sys.exit(main())
