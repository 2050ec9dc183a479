# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: how long spakc takes. `start_up.py FOLDER FILE.dsl` fails when one
point takes 0.3 s or more (median of 20 runs), or a further point 0.1 s or more.
Time of the process itself is counted (user + system), so that other tests on
the same cores do not decide.
"""
import os
import resource
import statistics
import subprocess
import sys


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.check_call(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    folder, file = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    one = ["spakc", file, "-o", os.path.join(folder, "one.cu")]
    seconds(one)
    first = statistics.median(seconds(one) for _ in range(20))
    points = ["-D", "D=64,128", "-D", "dtype=bf16,f16", "-D", "causal=true,false"]
    points += ["-D", "kernel_mode=training,inference"]
    many = ["spakc", file] + points + ["-o", os.path.join(folder, "many")]
    total = statistics.median(seconds(many) for _ in range(5))
    count = sum(name.endswith(".cu") for name in os.listdir(many[-1]))
    further = (total - first) / (count - 1)
    slow = first >= 0.3 or further >= 0.1 or count != 16
    print(
        "%s: one point %.3f s, each of %d further points %.3f s"
        % ("too slow" if slow else "fast enough", first, count - 1, further)
    )
    return 1 if slow else 0


sys.exit(main())
