# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Asks damaged spaces for their points: every run ends soon, with an answer or
with an error that says where: `mutate_spaces.py ROOT SCRATCH SEED COUNT`.
"""
import pathlib
import random
import re
import subprocess
import sys

root, scratch = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
rng, count = random.Random(int(sys.argv[3])), int(sys.argv[4])

WORDS = re.compile(r"\w+|[^\w\s]|\s+")
EDGE = [
    "0", "-1", "9223372036854775807", "1.5", '"x"', "true", "range[1, 1000]",
    "range[1, 1048576]", "tile_m", "device.sms", "min", "M", "and", "not",
]  # fmt: skip
QUESTIONS = ["--count-points", "--sample-points=5", "--list-points=0:3", "--neighbours=0"]
texts = [
    (root / path).read_text()
    for path in (
        "examples/legacy-space/legacy_gates.dsl",
        "examples/fmha-v4-space/fmha_v4.dsl",
        "examples/fmha/fmha.dsl",
        "test/Space/Inputs/large.dsl",
    )
]
words = [word for text in texts for word in WORDS.findall(text) if not word.isspace()]


def damaged(text):
    parts = WORDS.findall(text)
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        i, kind = rng.randrange(len(parts)), rng.random()
        if kind < 0.2:
            del parts[i]
        elif kind < 0.5:
            parts[i] = rng.choice(words)
        elif kind < 0.8:
            parts[i] = rng.choice(EDGE)
        else:
            parts.insert(i, rng.choice(EDGE) + " ")
    return "".join(parts)


answers = errors = failures = 0
path = scratch.with_suffix(".dsl")
for number in range(count):
    path.write_text(damaged(rng.choice(texts)))
    command = ["spakc", str(path), rng.choice(QUESTIONS), "-o", "-"]
    try:
        run = subprocess.run(command, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        run = None
    if run is not None and run.returncode == 0:
        answers += 1
    elif run is not None and run.returncode == 1 and b"error: " in run.stderr:
        errors += 1
    else:
        failures += 1
        print("--- mutation %d of seed %s" % (number, sys.argv[3]))
print("%d answers, %d errors, %d failures" % (answers, errors, failures))
