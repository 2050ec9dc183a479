# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Checks that a list of points numbers them 0, 1, ..., that a slice from 2 is
part of it, and that a sample of all is the list in another order:
`check_points.py LIST SLICE SAMPLE`.
"""
import json
import sys

LIST, SLICE, SAMPLE = (json.load(open(path))["points"] for path in sys.argv[1:4])
assert [item["index"] for item in LIST] == list(range(len(LIST)))
assert len({json.dumps(item["point"]) for item in LIST}) == len(LIST) > 3
assert SLICE == LIST[2:4]
assert SAMPLE != LIST
assert sorted(SAMPLE, key=lambda item: item["index"]) == LIST
