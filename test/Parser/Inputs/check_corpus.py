# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Parses every .dsl file that must parse, and checks what comes out."""
import glob
import json
import subprocess
import sys

root = sys.argv[1]
files = []
for pattern in ("test/Fuzz/corpus/*.dsl", "examples/*/*.dsl", "test/kernels/*.dsl"):
    files += sorted(glob.glob(f"{root}/{pattern}"))
if len(files) < 19:
    sys.exit(f"only {len(files)} files found")


def run(*arguments):
    return subprocess.run(["spak-parse", *arguments], capture_output=True, text=True)


for path in files:
    tree = run(path)
    if tree.returncode != 0 or tree.stderr:
        sys.exit(f"{path}: exit code {tree.returncode}\n{tree.stderr}")
    if run(path).stdout != tree.stdout:
        sys.exit(f"{path}: the second tree differs")
    system = json.loads(run("--emit=system", path).stdout)
    if system["spak_system"] != 2 or not system["name"]:
        sys.exit(f"{path}: no system in the JSON")
print(len(files), "files")
