# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Parses every ```dsl block of a Markdown page."""
import re
import subprocess
import sys

blocks = re.findall(r"^```dsl\n(.*?)^```", open(sys.argv[1]).read(), re.M | re.S)
if len(blocks) < 2:
    sys.exit(f"only {len(blocks)} examples found")
for block in blocks:
    done = subprocess.run(["spak-parse", "--emit=none", "-"], input=block, text=True,
                          capture_output=True)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"{done.stderr}in\n{block}")
print(len(blocks), "examples")
