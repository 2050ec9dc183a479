#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Owns: reading a card's counters through ncu, for a launch and for each
instruction of it. Knows nothing of the kernels. Survives metrics that this ncu
does not have or is refused: what could not be read is in `refused`, with why.
"""
import csv
import glob
import importlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile

PLACES = ("/usr/local/cuda/bin/ncu", "/opt/nvidia/nsight-compute/*/ncu",
          "/usr/local/cuda*/nsight-compute*/ncu",
          "/usr/local/NVIDIA-Nsight-Compute*/ncu")

MODULES = ("/opt/nvidia/nsight-compute/*", "/usr/local/cuda*/nsight-compute*",
           "/usr/local/NVIDIA-Nsight-Compute*")

# Counted by the hardware, for the whole launch: passes through the data stage,
# those too that are made again because others had the banks.
LAUNCH = {"st": "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_st.sum",
          "ld": "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_ld.sum",
          "gmma": "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_gmma.sum",
          "misc": "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_misc.sum",
          "st_conflicts":
              "l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_st.sum",
          "arbitration": "l1tex__data_bank_conflicts_type_arbitration.sum"}
# Counted for each instruction, from the addresses of its lanes.
SASS = {"own_sts": "smsp__sass_l1tex_data_pipe_lsu_wavefronts_mem_shared_op_st",
        "own_stsm":
            "smsp__sass_l1tex_data_pipe_lsu_wavefronts_mem_shared_op_stsm",
        "own_ld": "smsp__sass_l1tex_data_pipe_lsu_wavefronts_mem_shared_op_ld"}
# With one value for each instruction of the kernel.
SOURCE = ("memory_l1_wavefronts_shared", "memory_l1_wavefronts_shared_ideal",
          "inst_executed")
SHARED = r"\b(STSM?|LDSM?|ATOMS|SYNCS|UTMA\w+|UBLKCP|[A-Z]GMMA)\b"
OPCODES = "sass__inst_executed_per_opcode"


def find(given=None):
    """Where ncu is; None if it is nowhere."""
    found = [given] if given else [shutil.which("ncu")]
    for place in () if given else PLACES:
        found += sorted(glob.glob(place), reverse=True)
    return next((f for f in found if f and os.access(f, os.X_OK)), None)


def run(command, limit):
    """(status, output, errors); of what takes too long status 124."""
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              check=False, timeout=limit, errors="replace")
    except subprocess.TimeoutExpired:
        return 124, "", "it took more than %d s" % limit
    except OSError as error:
        return 127, "", str(error)
    return done.returncode, done.stdout, done.stderr


def known(ncu, pattern, limit=60):
    """Lines of what this ncu can count here, by regular expression."""
    lines = []
    for more in ([], ["--query-metrics-collection", "source"]):
        status, out, errors = run([ncu, "--query-metrics"] + more, limit)
        if status:
            lines.append("# ncu --query-metrics %s: %s" %
                         (" ".join(more), why(out + errors)))
        lines += [l for l in out.splitlines() if re.search(pattern, l)]
    return lines


def why(text):
    lines = [l.strip() for l in text.splitlines() if l.strip()]
    bad = [l for l in lines if "ERR" in l or "error" in l.lower()] or lines
    return bad[0][:200] if bad else "no output"


def metric_api(ncu):
    """ncu's own module for reports, or None."""
    root = os.path.dirname(os.path.realpath(ncu))
    folders = [root, os.path.dirname(root)]
    for place in MODULES:
        folders += sorted(glob.glob(place), reverse=True)
    for folder in folders:
        python = os.path.join(folder, "extras", "python")
        if os.path.exists(os.path.join(python, "ncu_report.py")):
            if python not in sys.path:
                sys.path.append(python)
            try:
                return importlib.import_module("ncu_report")
            except Exception:  # noqa: another Python than it was built for
                return None
    return None


class Launch:
    """What was counted of one launch."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.values = {}  # of the launch, by metric
        self.at = {}      # metric: {program counter: value}
        self.sass = {}    # program counter: text
        self.opcodes = {} # executed, by opcode

    def value(self, key):
        """By the short names of LAUNCH and SASS; None if it was not counted."""
        name = LAUNCH.get(key) or SASS.get(key) or key
        for one in (name, name + ".sum"):
            if one in self.values:
                return self.values[one]
        return None

    def own_stores(self):
        """Of the store instructions, each by itself."""
        parts = [self.value("own_sts"), self.value("own_stsm")]
        return None if None in parts else sum(parts)

    def instructions(self, pattern):
        """(text, executed, wavefronts) of those that match and ran."""
        executed = self.at.get("inst_executed", {})
        wavefronts = self.at.get("memory_l1_wavefronts_shared", {})
        for pc in sorted(self.sass):
            if re.search(pattern, self.sass[pc]) and (executed.get(pc) or
                                                      wavefronts.get(pc)):
                yield self.sass[pc], executed.get(pc), wavefronts.get(pc)

    def as_json(self):
        rows = [{"sass": text, "executed": executed, "wavefronts": wavefronts}
                for text, executed, wavefronts in self.instructions(SHARED)]
        values = {name: value for name, value in self.values.items()
                  if re.search("wavefronts|conflict|inst_executed$|bank_", name)
                  and not re.search(r"\.(avg|max|min)\b|excessive|pct", name)}
        return {"kernel": self.kernel, "values": values, "instructions": rows,
                "opcodes": self.opcodes}


def number(text):
    try:
        return float(text.replace(",", ""))
    except (ValueError, AttributeError):
        return None


def read_api(api, report):
    launches = []
    context = api.load_report(report)
    for r in range(context.num_ranges()):
        for a in range(context.range_by_idx(r).num_actions()):
            action = context.range_by_idx(r).action_by_idx(a)
            launch = Launch(action.name().split("(")[0])
            launches.append(launch)
            for name in action.metric_names():
                read_metric(launch, action, name)
            for pc in set().union(*launch.at.values()):
                launch.sass[pc] = action.sass_by_pc(pc) or ""
    return launches


def read_metric(launch, action, name):
    if not re.search("wavefronts|conflicts|inst_executed|data_bank", name):
        return
    metric = action.metric_by_name(name)
    count = metric.num_instances()
    try:
        if not count or not metric.has_correlation_ids():
            launch.values[name] = float(metric.as_double())
            return
        ids = metric.correlation_ids()
        values = [float(metric.as_double(i)) for i in range(count)]
        if name == OPCODES:
            for i, value in enumerate(values):
                launch.opcodes[ids.as_string(i)] = value
        else:
            at = launch.at.setdefault(name, {})
            for i, value in enumerate(values):
                pc = ids.as_uint64(i)
                at[pc] = at.get(pc, 0) + value
            launch.values.setdefault(name, sum(values))
    except Exception:  # noqa: a metric of another kind
        pass


def read_text(ncu, report):
    """Without the module: totals from the page of raw values, instructions from
    that of sources."""
    status, out, _ = run([ncu, "--import", report, "--page", "raw", "--csv",
                          "--print-units", "base"], 60)
    lines = [l for l in out.splitlines() if l.startswith('"')]
    launches = []
    if status or len(lines) < 2:
        return launches
    for row in csv.DictReader(io.StringIO("\n".join(lines))):
        if not number(row.get("ID") or ""):
            if (row.get("ID") or "") != "0":
                continue  # units
        launch = Launch(row["Kernel Name"].split("(")[0])
        for name, text in row.items():
            if name and text and number(text) is not None:
                launch.values[name] = number(text)
        launches.append(launch)
    if len(launches) == 1:
        read_sources(ncu, report, launches[0])
    return launches


def read_sources(ncu, report, launch):
    status, out, _ = run([ncu, "--import", report, "--page", "source", "--csv",
                          "--print-source", "sass"], 60)
    rows = list(csv.reader(io.StringIO(out)))
    head = next((i for i, r in enumerate(rows) if "Source" in r), None)
    if status or head is None:
        return
    names = {}
    for column, title in enumerate(rows[head]):
        title = title.strip("# ").lower()
        if title in ("instructions executed", "inst_executed"):
            names[column] = "inst_executed"
        elif title in ("l1 wavefronts shared", "memory_l1_wavefronts_shared"):
            names[column] = "memory_l1_wavefronts_shared"
        elif title in ("l1 wavefronts shared ideal",
                       "memory_l1_wavefronts_shared_ideal"):
            names[column] = "memory_l1_wavefronts_shared_ideal"
    source = rows[head].index("Source")
    for pc, row in enumerate(rows[head + 1:]):
        if len(row) != len(rows[head]):
            continue
        launch.sass[pc] = row[source]
        for column, name in names.items():
            if number(row[column]) is not None:
                launch.at.setdefault(name, {})[pc] = number(row[column])
    for name, at in launch.at.items():
        launch.values.setdefault(name, sum(at.values()))


def counted(ncu, program, per_instruction, limit=60, refused=None):
    """The launches of `program`; or None and why not. What ncu refuses to count
    is left out and named in `refused`."""
    if not ncu:
        return None, "ncu is not installed"
    refused = refused if refused is not None else []
    wanted = list(LAUNCH.values()) + [s + ".sum" for s in SASS.values()]
    wanted += list(SOURCE)
    if per_instruction:
        wanted += [OPCODES, "section:SourceCounters"]
    wanted = [w for w in wanted if w not in refused]
    # What the program says by itself is no fault of a counter.
    status, out, errors = run([program], limit)
    if status:
        return None, (out + errors).strip()[:200] or "status %d" % status
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "counted.ncu-rep")
        reason = collect(ncu, program, wanted, report, limit, refused)
        if not os.path.exists(report):
            return None, "ncu refused: " + reason
        api, launches = metric_api(ncu), None
        if api:
            try:
                launches = read_api(api, report)
            except Exception as error:  # noqa: an older module
                reason = "ncu_report: %s" % error
        launches = launches or read_text(ncu, report)
        if not launches:
            return None, "ncu wrote a report that cannot be read " + reason
        return launches, ""


def collect(ncu, program, wanted, report, limit, refused):
    """Writes `report`, with fewer metrics each time that ncu refuses some;
    returns why, if at all."""
    reason = ""
    for _ in range(2 * len(SASS) + 6):
        command = [ncu, "--clock-control", "none", "-f", "-o", report]
        for name in wanted:
            if name.startswith("section:"):
                command += ["--section", name.split(":")[1]]
        command += ["--metrics", ",".join(w for w in wanted if ":" not in w)]
        status, out, errors = run(command + [program], limit)
        if os.path.exists(report) or status == 124:
            return reason
        reason = why(out + errors)
        bad = [w for w in wanted if named(w, out + errors)]
        refused += bad
        # Nothing to blame: first the sections, then all but the oldest.
        bad = bad or [w for w in wanted if ":" in w]
        bad = bad or [w for w in wanted if w not in list(LAUNCH.values())[:2]]
        if not bad:
            return reason
        wanted = [w for w in wanted if w not in bad]
        # Some are known without a suffix.
        wanted += [w[:-4] for w in bad
                   if w.endswith(".sum") and w[:-4] not in refused and
                   w[:-4] in SASS.values()]
    return reason


def named(metric, text):
    plain = metric[:-4] if metric.endswith(".sum") else metric
    return re.search(r"(?<![\w])" + re.escape(plain) + r"(?!\w)", text)
