# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the rule that docs/Semantics.md says of every spak op what it means,
# beginning with the op's own summary.
"""usage: check_semantics.py SOURCE_ROOT [--list]"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
folder = root / "include/spak/Dialect/Spak/IR"
op = re.compile(
    r'def \w+Op\s*:\s*Spak_\w+<\s*"([\w.]+)".*?let summary =((?:\s*"[^"]*")+);',
    re.S,
)
ops = {}
for path in sorted(folder.glob("*.td")):
    for name, summary in op.findall(path.read_text()):
        ops[name] = "".join(re.findall(r'"([^"]*)"', summary))
if "--list" in sys.argv:
    for name, summary in ops.items():
        print("**`spak.%s`**: %s." % (name, summary))
    sys.exit(0)
text = " ".join((root / "docs/Semantics.md").read_text().split())
bad = 0
for name, summary in ops.items():
    if "**`spak.%s`**: %s." % (name, summary) not in text:
        print("docs/Semantics.md does not say: **`spak.%s`**: %s." % (name, summary))
        bad += 1
for name in re.findall(r"\*\*`spak\.([\w.]+)`\*\*:", text):
    if name not in ops:
        print("docs/Semantics.md explains `spak.%s`, which is no op" % name)
        bad += 1
print("%d ops, %d not as the dialect says" % (len(ops), bad))
sys.exit(bad != 0)
