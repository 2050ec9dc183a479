# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: deleting each line of synchronisation from a program, one at a time.
# Usage: delete_each.py SPAK_OPT FILE; fails if check-cuda misses a deletion.
import re
import subprocess
import sys

SYNC = re.compile(
    r"^\s*spak_cuda\.(wgmma\.(fence|commit|wait)|fence_async|bar\.(sync|arrive)"
    r"|cluster_sync|ring\.(acquire|expect|wait|release)|tma\.wait_(read|all))\b"
)


def accepted(opt, text):
    run = subprocess.run(
        [opt, "--check-cuda", "-o", "/dev/null"],
        input=text,
        text=True,
        stderr=subprocess.PIPE,
    )
    return run.returncode == 0


def main():
    opt, path = sys.argv[1:]
    with open(path) as file:
        lines = file.read().splitlines(keepends=True)
    if not accepted(opt, "".join(lines)):
        sys.exit("the whole program is refused")
    found = [i for i, line in enumerate(lines) if SYNC.match(line)]
    missed = [
        i for i in found if accepted(opt, "".join(lines[:i] + lines[i + 1 :]))
    ]
    for i in missed:
        print(f"{path}:{i + 1}: nobody misses{lines[i].rstrip()}")
    print(f"{len(found)} lines, {len(missed)} not missed")
    sys.exit(1 if missed or not found else 0)


main()
