# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: compiling emitted .cu files and reading what ptxas says of them:
`compile-all.py [--nvcc NVCC] [--arch sm_90a] FILE|DIR...`. Prints one line a
kernel; a spill, an array in local memory, a serialised wgmma, a dropped
setmaxnreg, a compiler warning or an error is a failure (exit code 1).
"""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

FIELDS = [
    ("registers", r"Used (\d+) registers"),
    ("barriers", r"used (\d+) barriers"),
    ("smem", r"(\d+) bytes smem"),
]
LOCAL = r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads"


def parse(log):
    """The kernels of a log and its complaints."""
    kernels, complaints, current = [], [], None
    for line in log.splitlines():
        entry = re.search(r"Compiling entry function '(\S+)'", line)
        local = re.search(LOCAL, line)
        if entry:
            current = {"name": entry.group(1)}
            kernels.append(current)
        elif local and current is not None:
            current["stack"], stores, loads = map(int, local.groups())
            current["spills"] = stores + loads
        elif "Used " in line and current is not None:
            for name, pattern in FIELDS:
                found = re.search(pattern, line)
                current[name] = int(found.group(1)) if found else 0
        elif re.search(r"Potential Performance Loss|warning|setmaxnreg.* ignored", line):
            text = re.sub(r"^ptxas \w+\s*: ", "", line.strip())
            if text not in complaints:
                complaints.append(text)
    for kernel in kernels:
        if kernel.get("spills"):
            complaints.append("%(name)s spills %(spills)d bytes" % kernel)
        if kernel.get("stack"):
            complaints.append("%(name)s keeps %(stack)d bytes in local memory" % kernel)
    if not kernels:
        complaints.append("no kernel in the compiler's log")
    return kernels, complaints


def compile_one(path, options):
    virtual = options.arch.replace("sm_", "compute_")
    with tempfile.TemporaryDirectory() as folder:
        command = [options.nvcc, "-std=c++17", "-O3", "-cubin", "-Xptxas", "-v"]
        command += ["-gencode", "arch=%s,code=%s" % (virtual, options.arch)]
        command += ["-o", os.path.join(folder, "out.cubin"), path]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        except (OSError, subprocess.TimeoutExpired) as error:
            return path, [], [str(error)]
    if done.returncode:
        return path, [], [(done.stdout + done.stderr).strip()]
    return (path,) + parse(done.stdout + done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--arch", default="sm_90a")
    parser.add_argument("-j", type=int, default=os.cpu_count())
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    files = []
    for path in options.paths:
        inside = sorted(glob.glob(os.path.join(path, "*.cu")))
        files += inside if os.path.isdir(path) else [path]
    if not files:
        print("no .cu file in %s" % " ".join(options.paths))
        return 1
    failed = 0
    print("%-40s %9s %6s %6s %8s" % ("file:kernel", "registers", "spills", "stack", "smem"))
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        for path, kernels, complaints in pool.map(lambda f: compile_one(f, options), files):
            for kernel in kernels:
                label = "%s:%s" % (os.path.basename(path), kernel["name"])
                print("%-40s %9d %6d %6d %8d" % (
                    label, kernel.get("registers", 0), kernel.get("spills", 0),
                    kernel.get("stack", 0), kernel.get("smem", 0),
                ))  # fmt: skip
            for complaint in complaints:
                print("%s: FAILED: %s" % (os.path.basename(path), complaint))
            failed += bool(complaints)
    print("%d files compiled clean, %d failed" % (len(files) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
