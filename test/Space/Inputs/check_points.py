# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Checks that a list of points numbers them 0, 1, ..., that a slice from 2 is
part of it, that a sample of all is the list in another order, and that NEAR
holds every point that differs from number 1 in one axis:
`check_points.py LIST SLICE SAMPLE NEAR`.
"""
import json
import sys

LIST, SLICE, SAMPLE, NEAR = (json.load(open(p))["points"] for p in sys.argv[1:5])
assert [item["index"] for item in LIST] == list(range(len(LIST)))
assert len({json.dumps(item["point"]) for item in LIST}) == len(LIST) > 3
assert SLICE == LIST[2:4]
assert SAMPLE != LIST
ONE = LIST[1]["point"]
BESIDE = [
    item for item in LIST if sum(item["point"][axis] != ONE[axis] for axis in ONE) == 1
]
assert BESIDE and sorted(NEAR, key=lambda item: item["index"]) == BESIDE
assert sorted(SAMPLE, key=lambda item: item["index"]) == LIST
