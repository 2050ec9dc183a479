# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: records of schema/trace-1.json: what was run, where, and what came of
it. A superset of Kernel Tuner's T4 names. Must not measure anything.
"""

import datetime
import json
import subprocess
import sys

SCHEMA = "spak-trace-1"
_SMI = [
    ("driver", "driver_version", str),
    ("sm_clock_mhz", "clocks.sm", float),
    ("memory_clock_mhz", "clocks.mem", float),
    ("temperature_c", "temperature.gpu", float),
    ("power_w", "power.draw", float),
    ("device_uuid", "uuid", str),
    ("clock_event_reasons", "clocks_event_reasons.active", str),
]


def _smi():
    query = "--query-gpu=" + ",".join(q for _, q, _ in _SMI)
    try:
        done = subprocess.run(
            ["nvidia-smi", query, "--format=csv,noheader,nounits"],
            capture_output=True, text=True, timeout=20,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if done.returncode or not done.stdout.strip():
        return {}
    values = done.stdout.strip().splitlines()[0].split(",")
    result = {}
    for (name, _, kind), value in zip(_SMI, values):
        try:
            result[name] = kind(value.strip())
        except ValueError:
            result[name] = None
    return result


def environment():
    """The device and its state now."""
    result = {"device": None, "driver": None, "python": sys.version.split()[0]}
    try:
        import torch

        result["torch"] = torch.__version__
        if torch.cuda.is_available():
            result["device"] = torch.cuda.get_device_name()
            result["cuda"] = torch.version.cuda
            result["cudnn"] = str(torch.backends.cudnn.version())
    except (ImportError, RuntimeError):
        pass
    result.update(_smi())
    return result


def record(kind, kernel, problem, **more):
    """One record. `kind` is "check" or "bench"; `kernel` has .info/.manifest."""
    manifest = kernel.manifest
    result = {
        "schema": SCHEMA,
        "kind": kind,
        "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(
            timespec="seconds"
        ),
        "spakc": manifest.compiler if manifest else "",
        "options_hash": manifest.options_hash if manifest else "",
        "source": manifest.source if manifest else "",
        "kernel": kernel.name,
        "configuration": dict(kernel.info.point),
        "problem": problem,
        "objectives": ["time"] if kind == "bench" else [],
        "times": {"compilation_time": None, "runtimes": [], "validation": None},
        "invalidity": "correct",
        "correctness": 1,
        "measurements": [],
        "environment": {},
        "measured": True,
        "flop_formula": None,
    }
    result.update(more)
    if manifest and manifest.arch:
        result["environment"] = dict(result["environment"], arch=manifest.arch)
    return result


def measurement(name, value, unit=""):
    return {"name": name, "value": value, "unit": unit}


_FIELDS = {
    "throughput": "tflops", "ratio": "speedup", "time": "time_ms",
    "ratio_low": "ratio_low", "ratio_high": "ratio_high", "spread": "spread",
    "bandwidth": "bandwidth", "peer_throughput": "peer_throughput",
    "max_error": "max_error",
}  # fmt: skip


def line(item):
    """A record as one line for a log; runtime/lib/Trace/Line.cpp says the same."""
    right = item["invalidity"] == "correct"
    timing = item["kind"] == "bench" and right
    result = {
        "type": "Performance" if timing else "Correctness",
        "step_name": item["kernel"], "kernel": item["kernel"],
        "measured": item["measured"], "configuration": item["configuration"],
        "problem": item["problem"], "timestamp": item["timestamp"],
    }  # fmt: skip
    for entry in item["measurements"]:
        if entry["name"] in _FIELDS:
            result[_FIELDS[entry["name"]]] = entry["value"]
    environment = item["environment"]
    for key in ("device", "device_uuid", "driver", "sm_clock_mhz", "arch"):
        result[key] = environment.get(key)
    if "cuda" in environment:
        result["toolkit"] = environment["cuda"]
    if timing:
        result["flop_formula"] = item["flop_formula"]
        result["samples"] = len(item["times"]["runtimes"])
        result.update((k, item[k]) for k in ("rounds", "peer") if item.get(k))
    else:
        result["component"] = item["kernel"]
        if not right and item.get("message"):
            result["message"] = item["message"]
    result["passed"] = right
    return "__SPAK_TRACE__ " + json.dumps(result, sort_keys=True)


class Writer:
    """Writes records as JSON lines to a file, and lines for logs to another."""

    def __init__(self, path=None, lines=None):
        self.file = open(path, "a", encoding="utf-8") if path else None
        self.lines = open(lines, "a", encoding="utf-8") if lines else None

    def write(self, item):
        if self.lines:
            self.lines.write(line(item) + "\n")
            self.lines.flush()
        if self.file:
            self.file.write(json.dumps(item, sort_keys=True, allow_nan=True) + "\n")
            self.file.flush()
