# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: one exit code: `exit_code.py CODE COMMAND...` fails, and shows what
the command said, when it ends with another. What failed must say why.
"""
import subprocess
import sys

expected, command = int(sys.argv[1]), sys.argv[2:]
run = subprocess.run(command, capture_output=True, text=True)
if run.returncode != expected:
    print("%d, not %d: %s" % (run.returncode, expected, " ".join(command)))
    print(run.stdout + run.stderr)
    sys.exit(1)
if expected and not (run.stdout + run.stderr).strip():
    sys.exit("nothing said: " + " ".join(command))
