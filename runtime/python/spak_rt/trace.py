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
    }
    result.update(more)
    return result


def measurement(name, value, unit=""):
    return {"name": name, "value": value, "unit": unit}


class Writer:
    """Writes records as JSON lines to a file or standard output."""

    def __init__(self, path=None):
        self.file = open(path, "a", encoding="utf-8") if path else None

    def write(self, item):
        if self.file:
            self.file.write(json.dumps(item, sort_keys=True, allow_nan=True) + "\n")
            self.file.flush()
