# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the comparison of the schedule keys with their page.
"""Exits 1 unless docs/Language.md lists exactly the keys of the table."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
table = (root / "include/spak/Sema/ScheduleKeys.def").read_text()
page = (root / "docs/Language.md").read_text()

keys = set(re.findall(r'^SPAK_SCHEDULE_KEY\("(\w+)"', table, re.M))
section = page.split("### Schedule", 1)[1].split("\n#", 1)[0]
rows = set(re.findall(r"^\| `(\w+)", section, re.M))
texts = set(re.findall(r'^SPAK_SCHEDULE_TEXT\("\w+", "(\w+)"', table, re.M))
missing = {t for t in texts if f'"{t}"' not in section and f"{t}(" not in section}

for what, names in [
    ("keys without a row", keys - rows),
    ("rows without a key", rows - keys),
    ("values not in the section", missing),
]:
    if names:
        print(f"{what}: {', '.join(sorted(names))}")
sys.exit(1 if keys != rows or missing else 0)
