# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Formatting keeps the tree, the model and every comment, and is done after
once. Prints what differs."""
import difflib
import sys

from systems import comments, model, run, systems, tree


def differ(path, what, before, after):
    lines = difflib.unified_diff(str(before).splitlines(), str(after).splitlines(), lineterm="")
    sys.exit(f"{path}: {what}\n" + "\n".join(lines))


count = 0
for path, text in systems(sys.argv[1], 70):
    done = run("--emit=format", "-", text=text)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"{path}: {done.stderr.decode()}")
    formatted = done.stdout
    again = run("--emit=format", "-", text=formatted).stdout
    if again != formatted:
        differ(path, "a second time changes more", formatted.decode(), again.decode())
    if tree(text) != tree(formatted):
        differ(path, "another tree", tree(text).decode(), tree(formatted).decode())
    if model(text) != model(formatted):
        differ(path, "another model", model(text), model(formatted))
    if comments(text) != comments(formatted):
        differ(path, "other comments", comments(text), comments(formatted))
    for line in formatted.decode().split("\n"):
        if line.rstrip(" ") != line and '"""' not in formatted.decode():
            sys.exit(f"{path}: blanks at the end of `{line}`")
    count += 1
print(count, "systems")
