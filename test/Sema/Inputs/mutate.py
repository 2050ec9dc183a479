# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: a bounded run of damaged kernels through the compiler, always the same.
"""mutate.py ROOT SCRATCH SEED COUNT: exits 1 on a crash, a hang or silence.

Each file is an example with a few words deleted, swapped or replaced. spakc has
to compile it, or to exit with 1 and at least one error; never an internal one.
"""
import pathlib
import random
import re
import subprocess
import sys

root, scratch = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
rng, count = random.Random(int(sys.argv[3])), int(sys.argv[4])

WORDS = re.compile(r"\w+|[^\w\s]|\s+")
EDGE = ["0", "-1", "9223372036854775807", "1.5", '"x"', "true", "m", "n", "D"]
paths = sorted(p for folder in ("examples", "test/kernels", "test/Sema")
               for p in (root / folder).rglob("*.dsl"))
texts = [re.sub(r"(?m)^\s*//.*$", "", p.read_text()) for p in paths]
words = [w for text in texts for w in WORDS.findall(text) if not w.isspace()]


def damaged(text):
    parts = WORDS.findall(text)
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        i, j, kind = rng.randrange(len(parts)), rng.randrange(len(parts)), rng.random()
        if kind < 0.25:
            del parts[i]
        elif kind < 0.5:
            parts[i] = rng.choice(words)
        elif kind < 0.65:
            parts[i], parts[j] = parts[j], parts[i]
        elif kind < 0.8:
            parts.insert(i, rng.choice(words) + " ")
        elif kind < 0.9:
            parts[i] = rng.choice(EDGE)
        else:
            parts[i:i] = parts[j:j + 12]
    return "".join(parts)


failures = 0
for number in range(count):
    text = damaged(rng.choice(texts))
    path = scratch.with_suffix(".dsl")
    path.write_text(text)
    try:
        run = subprocess.run(["spakc", str(path), "--emit=spak", "-o", "-"],
                             capture_output=True, timeout=20)
    except subprocess.TimeoutExpired:
        run = None
    good = run is not None and run.returncode in (0, 1) and \
        b"internal error" not in run.stderr and \
        (run.returncode == 0 or b"error:" in run.stderr)
    if not good:
        failures += 1
        print(f"--- mutation {number}:", "no end" if run is None else
              f"exit {run.returncode}\n{run.stderr.decode(errors='replace')}")
        print(text)
print(f"{count} mutations, {failures} failures")
sys.exit(1 if failures else 0)
