#!/usr/bin/env python3
# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Checks any kernel against its NumPy float64 reference on drawn shapes:
`check_kernels.py --lib DIR --reference mlp=mlp_reference.py:mlp`. A reference
takes tensors and scalars by name and `point`, and gives a dict of outputs. The
plain low-precision result comes from `<function>_std` beside it, or from the
formulas below. Needs python3, torch and numpy.
"""

import importlib.util
import inspect
import itertools
import os
import random
import sys

import numpy
import torch

from spak_rt import attention, checking, evaluate, numerics, tensors

LENGTHS = [1, 2, 63, 64, 65, 113, 129, 203, 257, 300, 511]
COUNTS = [1, 2, 3]


def mlp_std(x, w1, w2, point):
    hidden = torch.nn.functional.gelu(x @ w1.t())
    return {"o": hidden @ w2}


def difference_std(Q1, Q2, K1, K2, V1, V2, scale, weight, point):
    causal = bool(point["causal"])
    left, _ = attention.formula(Q1, K1, V1, scale, causal, Q1.dtype)
    right, _ = attention.formula(Q2, K2, V2, scale, causal, Q1.dtype)
    return {"O": left - weight * right}


STANDARD = {"mlp": mlp_std, "difference": difference_std}


def load_function(path, name):
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name), getattr(module, name + "_std", None)


def call(function, arguments, point):
    """Calls with those arguments that the function names."""
    wanted = inspect.signature(function).parameters
    everything = dict(arguments, point=point)
    return function(**{n: v for n, v in everything.items() if n in wanted})


def draw_dims(info, draw):
    """Sizes that every launch check of the manifest accepts. A dim that is
    among the last two axes of a tensor is a length, any other a count."""
    lengths = {e for t in info.tensors.values() for e in t["extents"][-2:]}
    conditions = [c["condition"] for c in info.data.get("checks", []) if c.get("code") == 6]
    for _ in range(1000):
        dims = {d: draw.choice(LENGTHS if d in lengths else COUNTS) for d in info.dims}
        try:
            if all(evaluate(c, dims) for c in conditions):
                return dims
        except ValueError:
            return dims  # a condition on a scalar: not ours to choose
    raise ValueError("no sizes meet the checks of %s" % info.name)


def all_dims(info, draw):
    """Every pairing of lengths that the launch checks accept, in random order."""
    lengths = {e for t in info.tensors.values() for e in t["extents"][-2:]}
    choices = [LENGTHS if d in lengths else COUNTS[:1] for d in info.dims]
    conditions = [c["condition"] for c in info.data.get("checks", []) if c.get("code") == 6]
    found = [dict(zip(info.dims, sizes)) for sizes in itertools.product(*choices)]
    found = [dims for dims in found if all(evaluate(c, dims) for c in conditions)]
    draw.shuffle(found)
    return found


def wide(shape, generator, device):
    """Normal values of four times the size: the tails of activations."""
    return 4 * tensors.normal(shape, generator, device)


MAKERS = {"normal": tensors.normal, "outliers": tensors.with_outliers, "wide": wide}


class Checker:
    def __init__(self, kernel, tally, generator, reference):
        self.kernel, self.tally, self.generator = kernel, tally, generator
        self.device, self.info = generator.device, kernel.info
        self.function, self.standard = reference
        self.standard = self.standard or STANDARD.get(kernel.name)

    def prepare(self, dims, dist, pad):
        inputs, outputs = {}, {}
        for name, tensor in self.info.tensors.items():
            dtype = tensors.TORCH_TYPES[tensor["dtype"]]
            shape = self.info.extents(name, dims)
            multiple = max(1, 16 // torch.empty((), dtype=dtype).element_size())
            guarded = tensors.Guarded(shape, dtype, self.device, None, pad, multiple)
            if tensor["kind"] == "in":
                make = MAKERS[dist]
                # Weights are scaled as people scale them: 1 / sqrt(width).
                values = make(shape, self.generator, self.device)
                inputs[name] = guarded.fill(values / shape[-1] ** 0.5 if name.startswith("w") else values)
            else:
                outputs[name] = guarded
        scalars = {n: self.scalar(n) for n in self.info.scalars}
        arguments = {n: g.tensor for n, g in {**inputs, **outputs}.items()}
        arguments.update({n: v for n, v in scalars.items() if v is not None})
        return inputs, outputs, self.kernel.params(**arguments)

    def scalar(self, name):
        """None: the default that the kernel fills in itself."""
        return None if "default" in self.info.scalars[name] else 1.0

    def scalars_of(self, params):
        return {n: getattr(params, n) for n in self.info.scalars}

    def check(self, dims, dist, pad):
        case = "%s %s pad %d" % (" ".join("%s=%d" % d for d in dims.items()), dist, pad)
        inputs, outputs, params = self.prepare(dims, dist, pad)
        self.kernel.launch(params)
        torch.cuda.synchronize()
        scalars = self.scalars_of(params)
        exact = {n: g.tensor.double().cpu().numpy() for n, g in inputs.items()}
        wanted = call(self.function, {**exact, **scalars}, self.info.point)
        plain = {}
        if self.standard:
            low = {n: g.tensor for n, g in inputs.items()}
            plain = call(self.standard, {**low, **scalars}, self.info.point)
        for name, guarded in outputs.items():
            ref = torch.from_numpy(numpy.ascontiguousarray(wanted[name])).to(self.device)
            std = plain.get(name)
            # Without a plain result the bounds of the type alone decide.
            std = ref + ref.abs().max() * 0.01 if std is None and ref.numel() else std
            std = ref if std is None else torch.as_tensor(std, device=self.device)
            verdict = numerics.two_sided(guarded.tensor, ref, std)
            if not guarded.untouched_outside():
                verdict.reasons.append("memory around %s was written" % name)
            self.tally.add("%s of %s" % (name, case), verdict)

    def repeat(self, dims, count):
        inputs, outputs, params = self.prepare(dims, "normal", 0)  # inputs must live
        verdict = checking.same_bits(self.kernel, params, outputs.values(), count)
        self.tally.add("%d repeats of %s" % (count, dims), verdict)


def main():
    arguments = checking.parser(__doc__.splitlines()[0])
    arguments.add_argument("--reference", action="append", default=[],
                           metavar="KERNEL=FILE:FUNCTION")  # fmt: skip
    arguments.add_argument("--pairings", action="store_true",
                           help="every pairing of lengths instead of drawn ones")  # fmt: skip
    arguments.add_argument("--inputs", default="normal,outliers",
                           help="distributions in turn: normal, outliers, wide")  # fmt: skip
    options = arguments.parse_args()
    if options.sanitizer:
        return checking.under_sanitizer(options)
    checking.device_or_exit(options)
    code = checking.supervise(options)
    if code is not None:
        return code
    references = {}
    for item in options.reference:
        kernel, where = item.split("=", 1)
        path, function = where.rsplit(":", 1)
        references[kernel] = load_function(path, function)

    def check_kernel(kernel, tally, generator):
        checker = Checker(kernel, tally, generator, references[kernel.name])
        draw = random.Random(3)
        count = options.limit or (6 if options.small else 60)
        kinds = options.inputs.split(",")
        if options.pairings:
            cases = all_dims(kernel.info, draw)[: options.limit]
        else:
            cases = [draw_dims(kernel.info, draw) for _ in range(count)]
        for index, dims in enumerate(cases):
            if options.small:
                dims = {d: min(v, 130) for d, v in dims.items()}
            tally.begin(dims)
            try:
                checker.check(dims, kinds[index % len(kinds)], (0, 8)[index // len(kinds) % 2])
            except checking.library.LaunchError as error:
                tally.add_error(dims, error)
        tally.begin("repeats", factor=2)
        checker.repeat(draw_dims(kernel.info, draw), options.repeats)

    found, broken = checking.kernels(options, lambda info: info.name in references)
    return checking.run(options, found, broken, check_kernel)


if __name__ == "__main__":
    sys.exit(main())
