# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Applies the fixes of every message, and reads the text that they make."""
import json
import subprocess
import sys


def run(text):
    done = subprocess.run(["spak-parse", "--emit=none", "--diagnostics=json", "-"],
                          input=text, capture_output=True)
    return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]


for path in sys.argv[1:]:
    text = open(path, "rb").read()
    code, messages = run(text)
    fixes = [fix for message in messages for fix in message.get("fixes", [])]
    if code != 1 or not fixes:
        sys.exit(f"{path}: no fix")
    result, at = b"", 0
    for fix in sorted(fixes, key=lambda fix: fix["begin"]["offset"]):
        result += text[at:fix["begin"]["offset"]] + fix["text"].encode()
        at = fix["end"]["offset"]
    result += text[at:]
    code, messages = run(result)
    if code != 0 or messages:
        sys.exit(f"{path}: after the fixes\n{result.decode()}\n{messages}")
