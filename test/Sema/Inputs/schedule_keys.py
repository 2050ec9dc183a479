# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the comparison of ScheduleKeys.def with its documentation and tests.
# Usage: schedule_keys.py ROOT; says for each key what is missing.
import glob
import os
import re
import sys

STAGES = ["Transforms", "Conversion", "Target", "Integration"]


def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def main():
    root = sys.argv[1]
    table = text_of(os.path.join(root, "include/spak/Sema/ScheduleKeys.def"))
    keys = re.findall(r'^SPAK_SCHEDULE_KEY\("(\w+)", (\w+)', table, re.M)
    docs = text_of(os.path.join(root, "docs/Language.md"))
    tests = "".join(
        text_of(path)
        for stage in STAGES
        for path in glob.glob(os.path.join(root, "test", stage, "*.*"))
        if os.path.isfile(path)
    )
    for key, argument in keys:
        suffix = "" if argument == "None" else r"(_\w+|\(\w+\))"
        if not re.search(r"^\| `%s[`(]" % key, docs, re.M):
            print("missing in docs/Language.md: " + key)
        if not re.search(r"\b%s%s\b|\b%s%s(?!\w)" % (key, suffix, key, suffix), tests):
            print("missing in tests: " + key)
    print("%d keys" % len(keys))


main()
