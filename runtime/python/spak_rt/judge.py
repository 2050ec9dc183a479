# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: the two-sided rule in NumPy, for spak-run, which carries this file
inside itself and runs it under python3: `judge.py FOLDER [FILE.py FUNCTION]`.

FOLDER/job.json describes tensors whose buffers lie in FOLDER/<name>.bin. The
function gives the float64 reference, `<function>_std` beside it, if there, the
plain low-precision result; both are kept as FOLDER/<output>.npy and .std.npy.
Without a function these files are read from job["expected"]. Prints one JSON
object: what the rule says of each output.
"""
import importlib.util
import inspect
import json
import os
import sys

import numpy as np

BOUNDS = {"bf16": 5e-3, "f16": 1e-3, "e4m3": 6e-2, "e5m2": 6e-2}
NATIVE = {"f16": "f2", "f32": "f4", "f64": "f8", "s8": "i1", "u8": "u1",
          "bool": "u1", "s32": "i4", "i32": "i4", "u32": "u4", "s64": "i8",
          "i64": "i8", "u64": "u8", "bf16": "u2", "e4m3": "u1", "e5m2": "u1"}  # fmt: skip


def small_float(bits, exponent, mantissa, bias, has_infinity):
    """Float64 values of 8-bit floats."""
    bits = bits.astype(np.int64)
    sign = np.where(bits >> (exponent + mantissa), -1.0, 1.0)
    power = (bits >> mantissa) & ((1 << exponent) - 1)
    fraction = (bits & ((1 << mantissa) - 1)) / float(1 << mantissa)
    value = np.where(power == 0, fraction * 2.0 ** (1 - bias),
                     (1 + fraction) * 2.0 ** (power - bias))  # fmt: skip
    top = power == (1 << exponent) - 1
    if has_infinity:
        value = np.where(top, np.where(fraction == 0, np.inf, np.nan), value)
    else:
        value = np.where(top & (fraction == 1 - 2.0**-mantissa), np.nan, value)
    return sign * value


def decode(bits, dtype):
    """Float64 values of elements."""
    if dtype == "bf16":
        return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    if dtype == "e4m3":
        return small_float(bits, 4, 3, 7, False)
    if dtype == "e5m2":
        return small_float(bits, 5, 2, 15, True)
    return bits.astype(np.float64)


def read_tensor(folder, tensor):
    kind = np.dtype(NATIVE[tensor["dtype"]])
    buffer = np.fromfile(os.path.join(folder, tensor["name"] + ".bin"), kind)
    start = buffer[tensor["offset"] :]
    strides = [stride * kind.itemsize for stride in tensor["strides"]]
    view = np.lib.stride_tricks.as_strided(start, tensor["sizes"], strides)
    return decode(np.ascontiguousarray(view), tensor["dtype"])


def judge(out, ref, std, bound):
    """(reasons, measures) of one output; `std` may be None."""
    reasons, measures = [], {}

    def require(name, value, limit):
        measures[name] = float(value) if np.isfinite(value) else None
        if not value <= limit:  # also catches NaN
            reasons.append("%s %.3g > %.3g" % (name, value, limit))

    if out.shape != ref.shape or (std is not None and std.shape != ref.shape):
        return ["shapes differ: %s and %s" % (out.shape, ref.shape)], measures
    if out.size == 0:
        return reasons, measures
    finite = np.isfinite(ref)
    if not np.array_equal(out[~finite], ref[~finite], equal_nan=True) or not (
        np.isfinite(out[finite]).all()
    ):
        return ["NaN or infinity where the reference has none, or the reverse"], measures
    out, ref = np.where(finite, out, 0.0), np.where(finite, ref, 0.0)
    error, largest = np.abs(out - ref), np.abs(ref).max()
    if std is not None:
        plain = np.nan_to_num(np.abs(np.where(finite, std, 0.0) - ref), nan=np.inf)
        require("max_error", error.max(), 2 * plain.max() + 1e-6 * largest)
        require("mean_error", error.mean(), 1.5 * plain.mean() + 1e-7 * largest)
    norm = np.linalg.norm(ref)
    if norm == 0:
        require("max_error", error.max(), 0)
        return reasons, measures
    require("relative_l2", np.linalg.norm(error) / norm, bound)
    if bound <= 5e-3:
        length = np.linalg.norm(out)
        cosine = np.vdot(out, ref) / (norm * length) if length else 0.0
        require("one_minus_cosine", 1 - cosine, 5e-6)
    if out.ndim > 1 or out.size > 1:
        rows = np.linalg.norm(np.atleast_2d(error), axis=-1)
        norms = np.linalg.norm(np.atleast_2d(ref), axis=-1) + 1e-6 * largest
        if out.shape[-1] > 1:
            require("worst_row_l2", (rows / norms).max(), 4 * bound)
    return reasons, measures


def reference(path, name):
    """The function of that name and its plain form, or None."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name), getattr(module, name + "_std", None)


def main(arguments):
    folder = arguments[0]
    with open(os.path.join(folder, "job.json"), encoding="utf-8") as file:
        job = json.load(file)
    tensors = {t["name"]: read_tensor(folder, t) for t in job["tensors"]}
    outputs = [t for t in job["tensors"] if t["kind"] != "in"]
    where = job["expected"]
    if len(arguments) > 1:
        where, values = folder, dict(job["scalars"], point=job["point"])
        values.update((t["name"], tensors[t["name"]]) for t in job["tensors"])
        for suffix, function in zip((".npy", ".std.npy"), reference(*arguments[1:])):
            if function is None:
                continue
            wanted = inspect.signature(function).parameters
            given = function(**{n: v for n, v in values.items() if n in wanted})
            for tensor in outputs:
                array = np.asarray(given[tensor["name"]], np.float64)
                np.save(os.path.join(folder, tensor["name"] + suffix), array)
    verdicts = {}
    for tensor in outputs:
        stem = os.path.join(where, tensor["name"])
        plain = stem + ".std.npy"
        std = np.load(plain) if os.path.exists(plain) else None
        bound = BOUNDS.get(tensor["dtype"], 1e-5)
        reasons, measures = judge(tensors[tensor["name"]], np.load(stem + ".npy"), std, bound)
        verdicts[tensor["name"]] = {"reasons": "; ".join(reasons), "measures": measures}
    json.dump(verdicts, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
