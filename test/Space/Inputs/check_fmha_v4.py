# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Tries every point of examples/fmha-v4-space, with the constraints written
again in Python, and compares: `check_fmha_v4.py ARCH COMMAND...` where COMMAND
prints the JSON of --count-points for that target.
"""
import collections
import itertools
import json
import subprocess
import sys

AXES = {
    "softmax_scheme": ["online", "naive"],
    "fusion_level": ["fused_qk_pv", "unfused"],
    "math_approximation": ["exp2", "exp"],
    "lse_storage": ["none", "flat_1d"],
    "kernel_mode": ["inference", "training"],
    "causal": [True, False],
    "dtype": ["bf16", "e4m3"],
    "head_dim": [64, 128, 256],
    "tile_m": [64, 128, 192, 256],
    "tile_n": [64, 96, 128, 176],
    "stages": [2, 3, 4, 5],
    "k_load_latency": [1, 2, 3],
    "v_load_latency": [1, 2, 3, 4],
    "occupancy": [1, 2],
    "overlap": ["intra", "pingpong", "none"],
}
# bytes a block, bytes a multiprocessor, threads a multiprocessor
LIMITS = {
    "sm_90a": (232448, 233472, 2048),
    "sm_80": (166912, 167936, 2048),
    "sm_120a": (101376, 102400, 1536),
}


def broken(point, limits):
    """The first constraint that the point breaks; None if it is valid."""
    scheme, fusion, math, lse, mode, _, dtype, head = point[:8]
    m, n, stages, k_ahead, v_ahead, resident, overlap = point[8:]
    block, sm, sm_threads = limits
    if (mode == "training") != (lse == "flat_1d"):
        return "training keeps the sums"
    if scheme == "naive" and fusion == "fused_qk_pv":
        return "only online softmax fuses"
    if dtype == "e4m3" and (mode == "training" or math == "exp"):
        return "fp8 is for inference"
    if k_ahead >= stages or v_ahead >= stages:
        return "copies are ahead by less than the stages"
    threads = resident * (m // 64 + 1) * 128
    if threads > sm_threads:
        return "threads"
    if overlap == "pingpong" and (m != 128 or fusion != "fused_qk_pv"):
        return "two groups take turns"
    size = (1 if dtype == "e4m3" else 2) * head * (m + 2 * stages * n)
    if size + 1024 > block:
        return "K and V fit shared memory"
    if resident * (size + 2048) > sm:
        return "resident blocks fit shared memory"
    values = n // 2 + n // 4 + head // 2 + 30
    if values > 65536 // threads or values - n // 4 > 255:
        return "scores and output fit the registers"
    return None


def main():
    limits = LIMITS[sys.argv[1]]
    answer = json.loads(subprocess.check_output(sys.argv[2:]))
    truth = collections.Counter()
    values = collections.Counter()
    for point in itertools.product(*AXES.values()):
        why = broken(point, limits)
        truth[why] += 1
        if why is None:
            values.update(zip(AXES, point))
    raw = sum(truth.values())
    assert answer["raw"] == raw, (answer["raw"], raw)
    assert answer["valid"] == truth[None], (answer["valid"], truth[None])
    for name, cut in answer["cuts"].items():
        assert cut == truth[name], (name, cut, truth[name])
    for axis in answer["axes"]:
        for value in axis["values"]:
            expected = values[axis["name"], value["value"]]
            assert value["points"] == expected, (axis["name"], value, expected)
    print("%s: %d raw, %d valid, all as counted" % (sys.argv[1], raw, truth[None]))


if __name__ == "__main__":
    main()
