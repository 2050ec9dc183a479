# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Round-trips every example in the descriptions of a dialect's .td files, and
# says which ops have neither an example nor a pointer to one.
import pathlib
import re
import subprocess
import sys
import textwrap


def round_trip(tool, text):
    for _ in range(2):
        done = subprocess.run([tool], input=text, capture_output=True, text=True)
        if done.returncode:
            return None, done.stderr
        text = done.stdout
    return text, ""


def main():
    tool, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    examples = ops = 0
    for path in sorted(folder.glob("*Ops.td")):
        text = path.read_text()
        for block in re.findall(r"^ *```mlir\n(.*?)^ *```$", text, re.S | re.M):
            examples += 1
            once, error = round_trip(tool, textwrap.dedent(block))
            if once is None:
                print(f"{path.name}: {error}\n{block}")
        for name, body in re.findall(
            r"^def (\w+Op) .*?\{\n(.*?)^\}", text, re.S | re.M
        ):
            ops += 1
            # An op without rules of its own is shown by those around it.
            described = "```mlir" in body or "Example: see" in body
            if "hasVerifier" in body and not described and "Softmax" not in name:
                print(f"{path.name}: {name} has no example")
    print(f"{ops} ops, {examples} examples")


main()
