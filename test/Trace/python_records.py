# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: a record and a line as the bench scripts write them, without a GPU:
`python_records.py TRACE.PY OUT.jsonl OUT.log`.
"""
import importlib.util
import sys
import types

spec = importlib.util.spec_from_file_location("trace", sys.argv[1])
trace = importlib.util.module_from_spec(spec)
spec.loader.exec_module(trace)

manifest = types.SimpleNamespace(
    compiler="spakc 0.1.0", options_hash="0", source="matmul.dsl", arch="sm_90a"
)
info = types.SimpleNamespace(point={"tile_m": 128, "dtype": "bf16"})
kernel = types.SimpleNamespace(manifest=manifest, info=info, name="matmul")
writer = trace.Writer(sys.argv[2], sys.argv[3])
writer.write(trace.record(
    "bench", kernel, {"M": 64, "N": 64, "K": 64, "layout": "nt"},
    times={"compilation_time": None, "runtimes": [0.5] * 15, "validation": None},
    measurements=[trace.measurement("time", 0.5, "ms"),
                  trace.measurement("throughput", 700.0, "TFLOP/s"),
                  trace.measurement("ratio", 1.01)],
    environment={"device": "NVIDIA H200", "device_uuid": "GPU-0", "cuda": "13.0",
                 "driver": "580", "sm_clock_mhz": 1980.0},
    rounds=3, peer="torch.matmul", flop_formula="2*M*N*K",
))  # fmt: skip
writer.write(trace.record("check", kernel, {"M": 1}, invalidity="correctness", correctness=0,
                          message="NaN left in C"))  # fmt: skip
