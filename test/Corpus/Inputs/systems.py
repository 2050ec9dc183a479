# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Every .dsl file of the tree that must be read without an error."""
import glob
import json
import os
import re
import subprocess
import sys

PATTERNS = ("test/Corpus/*.dsl", "test/Fuzz/corpus/*.dsl", "test/kernels/*.dsl",
            "test/Parser/*.dsl", "test/Sema/*.dsl", "examples/**/*.dsl")


def run(*arguments, text=None):
    """Runs spak-parse. Bytes in and out: line ends are part of the question."""
    return subprocess.run(["spak-parse", *arguments], capture_output=True, input=text)


def systems(root, least):
    """Paths and texts; files that are tests of errors are left out."""
    result = []
    for pattern in PATTERNS:
        for path in sorted(glob.glob(f"{root}/{pattern}", recursive=True)):
            if run("--emit=none", path).returncode == 0:
                with open(path, "rb") as file:
                    result.append((os.path.relpath(path, root), file.read()))
            elif "/Corpus/" in path or "/examples/" in path:
                sys.exit(f"{path} is not read without an error")
    if len(result) < least:
        sys.exit(f"only {len(result)} systems found")
    return result


def strip(value):
    """A model in JSON without its lines."""
    if isinstance(value, list):
        return [strip(element) for element in value]
    if isinstance(value, dict):
        return {key: strip(part) for key, part in value.items() if key != "line"}
    return value


def model(text):
    """The system layer as JSON, without the lines."""
    done = run("--emit=system", "-", text=text)
    if done.returncode != 0:
        sys.exit(done.stderr.decode())
    return strip(json.loads(done.stdout))


def tree(text):
    done = run("--emit=ast", "-", text=text)
    if done.returncode != 0:
        sys.exit(done.stderr.decode())
    return done.stdout


STRING = rb'"""[\s\S]*?"""|"(?:\\.|[^"\\\r\n])*"|' rb"'(?:\\.|[^'\\\r\n])*'"
COMMENT = rb"//[^\r\n]*|#[^\r\n]*|/\*[\s\S]*?\*/"


def comments(text):
    """The comments, in order, each with single blanks; not those in strings. By
    another way than the compiler's: front matter is one comment to this."""
    if text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"---"):
        text = text.split(b"\n---", 1)[1]
    found = re.findall(b"(?:%s)|(%s)" % (STRING, COMMENT), text)
    return [b" ".join(comment.split()) for comment in found if comment]
