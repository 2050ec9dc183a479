# SPDX-License-Identifier: Apache-2.0
"""Holds a folder of --all-points to its ledger: the account is whole, files
are those of the manifest, and shared bytes are those of the emitted text."""
import json
import os
import re
import sys

folder = sys.argv[1]
read = lambda name: open(os.path.join(folder, name), encoding="utf-8").read()
ledger, manifest = json.loads(read("ledger.json")), json.loads(
    read("manifest.json"))
counts = ledger["counts"]
assert counts["raw"] == counts["constraints"] + counts["points"] + \
    counts["gates"] + counts["not_visited"], counts
assert sum(ledger["cuts"].values()) == counts["constraints"]
assert len(ledger["points"]) == counts["points"]
assert len(ledger["rejections"]) == counts["gates"]
assert all(r["findings"] for r in ledger["rejections"])
expected = {"ledger.json", "manifest.json"}
for entry, row in zip(ledger["points"], manifest["files"]):
    assert entry["point"] == row["point"] and entry["file"] == row["cu"]
    expected |= {row["cu"], row["header"], row["manifest"]}
    text = read(row["cu"])
    kernels = {k["name"]: k for k in
               json.loads(read(row["manifest"]))["kernels"]}
    for kernel in entry["kernels"]:
        assert kernel["shared_bytes"] == kernels[kernel["kernel"]]["smem_bytes"]
        assert re.search(r"\b%d\b" % kernel["shared_bytes"], text)
        assert kernel["threads"] == kernels[kernel["kernel"]]["threads"]
        assert not kernel["uncounted"], kernel["uncounted"]
        for access in kernel["shared_accesses"]:
            assert access["wavefronts"] >= access["ideal"] > 0
assert set(os.listdir(folder)) == expected
print("whole: %d raw, %d points, %d rejected" %
      (counts["raw"], counts["points"], counts["gates"]))
