#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unit kernels of single shared-memory accesses: predicted wavefronts against
the counters of a card (docs/Gates.md).

usage: conflict_kernels.py table               the cases, as JSON
       conflict_kernels.py emit -o DIR         conflicts.cu and table.json
       conflict_kernels.py run [-o DIR] [--include=DIR] [--nvcc=PATH]
                               [--ncu=PATH]    build, count, print a table

`run` counts with ncu where it is there and allowed to. It also times every
case: with 16 warps that do nothing else, cycles an access are its wavefronts,
plus what the loop costs. Status 1 if a counter differs from its prediction.
"""
import argparse
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

REPEATS = 256  # accesses of a warp that are counted
WARPS = 16


def swizzled(address, width):
    return address ^ ((address >> 7 & (width // 16 - 1)) << 4)


def stmatrix(width):
    """Lane l gives row l % 16, the right half from lane 16 on."""
    return [swizzled(l % 16 * width + l // 16 * 16, width) for l in range(32)]


def padded(width):
    """The same rows without a swizzle."""
    return [l % 16 * width + l // 16 * 16 for l in range(32)]


def cases():
    """(name, kind, bytes a lane, address of each lane)."""
    for kind in ("ld", "st"):
        for width in (4, 8, 16):
            for stride in (1, 2, 3, 4, 8, 16, 32, 33):
                yield ("%s%d_stride%d" % (kind, width, stride), kind, width,
                       [lane * stride * width for lane in range(32)])
        yield kind + "4_broadcast", kind, 4, [64] * 32
        yield (kind + "16_rows128", kind, 16,
               [l % 8 * 128 + l // 8 * 16 for l in range(32)])
        yield (kind + "16_rows128_swizzled", kind, 16,
               [swizzled(l % 8 * 128 + l // 8 * 16, 128) for l in range(32)])
    for width in (32, 64, 128):
        yield "stmatrix_x4_%d_swizzled" % width, "stmatrix", 16, stmatrix(width)
        yield "stmatrix_x4_%d_plain" % width, "stmatrix", 16, padded(width)


def wavefronts(addresses, width):
    """128 bytes at a time; as many turns as a bank has different words."""
    at_once, total = max(1, 128 // width), 0
    for start in range(0, len(addresses), at_once):
        words = {}
        for address in addresses[start:start + at_once]:
            for byte in range(0, width, 4):
                word = (address + byte) // 4
                words.setdefault(word % 32, set()).add(word)
        total += max(len(bank) for bank in words.values())
    return total


def table():
    return [{"name": name, "kind": kind, "width": width,
             "addresses": addresses,
             "predicted": wavefronts(addresses, width)}
            for name, kind, width, addresses in cases()]


VECTOR = {4: ("uint32_t", "x"), 8: ("uint2", "x"), 16: ("uint4", "x")}


def kernel_text(case):
    name, width = case["name"], case["width"]
    vector = VECTOR[width][0]
    parts = {4: ["v"], 8: ["v.x", "v.y"],
             16: ["v.x", "v.y", "v.z", "v.w"]}[width]
    # Volatile, or the assembler keeps one access of each sixteen.
    form = "shared" + {4: "", 8: ".v2", 16: ".v4"}[width] + ".u32"
    words = ["%%%d" % i for i in range(len(parts))]
    registers = words[0] if len(words) == 1 else "{" + ", ".join(words) + "}"
    if case["kind"] == "ld":
        outs = ", ".join('"=r"(%s)' % p for p in parts)
        body = ["%s v;" % vector,
                'asm volatile("ld.volatile.%s %s, [%%%d];" : %s '
                ': "r"(spak::smem_addr(at)));'
                % (form, registers, len(parts), outs),
                "sum ^= %s;" % parts[0]]
    elif case["kind"] == "st":
        ins = ", ".join('"r"(sum)' for _ in parts)
        body = ['asm volatile("st.volatile.%s [%%%d], %s;" : : %s, '
                '"r"(spak::smem_addr(at)) : "memory");'
                % (form, len(parts), registers, ins)]
    else:
        body = ["spak::stmatrix_x4(spak::smem_addr(at), sum, sum, sum, sum);"]
    return """
extern "C" __global__ void %s(const int *address, uint32_t *out,
                              long long *cycles) {
  extern __shared__ __align__(1024) uint8_t smem[];
  uint8_t *const at = smem + address[threadIdx.x %% 32];
  uint32_t sum = threadIdx.x;
  __syncthreads();
  const long long start = clock64();
#pragma unroll 16
  for (int i = 0; i < %d; ++i) {
    %s
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    *cycles = clock64() - start;
  }
  if (sum == 0x12345678u) {
    *out = sum;
  }
}
""" % (name, REPEATS, "\n    ".join(body))


def source():
    rows = table()
    text = ["// Written by conflict_kernels.py: one shared access a kernel.",
            "#include <cstdint>", "#include <cstdio>",
            '#include "spak/device/matrix.cuh"',
            '#include "spak/device/barrier.cuh"']
    text += [kernel_text(case) for case in rows]
    text.append("""
struct Case {
  const char *name;
  void (*kernel)(const int *, uint32_t *, long long *);
  int addresses[32];
};
static const Case cases[] = {""")
    for case in rows:
        text.append('  {"%s", %s, {%s}},' % (
            case["name"], case["name"],
            ", ".join(str(a) for a in case["addresses"])))
    text.append("""};

int main() {
  int *address;
  uint32_t *out;
  long long *cycles;
  if (cudaMalloc(&address, 128) || cudaMalloc(&out, 4) ||
      cudaMallocManaged(&cycles, 8)) {
    printf("error %%s\\n", cudaGetErrorString(cudaGetLastError()));
    return 1;
  }
  for (const Case &one : cases) {
    cudaMemcpy(address, one.addresses, 128, cudaMemcpyHostToDevice);
    cudaFuncSetAttribute(one.kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                         65536);
    one.kernel<<<1, %d, 65536>>>(address, out, cycles);
    if (cudaDeviceSynchronize() != cudaSuccess) {
      printf("error %%s: %%s\\n", one.name,
             cudaGetErrorString(cudaGetLastError()));
      return 1;
    }
    printf("%%s %%lld\\n", one.name, *cycles);
  }
  return 0;
}
""" % (32 * WARPS))
    return "\n".join(text)


def emit(folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "conflicts.cu"), "w",
              encoding="utf-8") as file:
        file.write(source())
    with open(os.path.join(folder, "table.json"), "w",
              encoding="utf-8") as file:
        json.dump(table(), file, indent=1)
        file.write("\n")


METRICS = {"ld": "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_ld.sum",
           "st": "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_st.sum",
           "stmatrix": "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_st.sum"}


def counters(ncu, program):
    """Wavefronts by kernel and metric; or None and why not."""
    if not ncu:
        return None, "ncu is not installed"
    done = subprocess.run(
        [ncu, "--csv", "--metrics", ",".join(sorted(set(METRICS.values()))),
         program], capture_output=True, text=True, check=False)
    lines = [l for l in done.stdout.splitlines() if l.startswith('"')]
    if done.returncode or not lines:
        text = (done.stderr + done.stdout).strip().splitlines()
        why = [l for l in text if "ERR" in l or "error" in l.lower()] or text
        return None, "ncu refused: " + (why[0].strip() if why else "no output")
    found = {}
    for row in csv.DictReader(io.StringIO("\n".join(lines))):
        name = row["Kernel Name"].split("(")[0]
        try:
            value = float(row["Metric Value"].replace(",", ""))
        except ValueError:
            continue
        found.setdefault(name, {})[row["Metric Name"]] = value
    return found, ""


def run(args):
    folder = args.o or tempfile.mkdtemp(prefix="conflicts")
    emit(folder)
    nvcc = args.nvcc or shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    here = os.path.dirname(os.path.abspath(__file__))
    include = args.include or os.path.join(here, "..", "..", "runtime",
                                           "include")
    program = os.path.join(folder, "conflicts")
    subprocess.run([nvcc, "-std=c++17", "-O3", "-gencode",
                    "arch=compute_90a,code=sm_90a", "-I" + include, "-o",
                    program, os.path.join(folder, "conflicts.cu")], check=True)
    done = subprocess.run([program], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        print("not run: " + (done.stdout + done.stderr).strip())
        return 0
    cycles = dict((line.split()[0], int(line.split()[1]))
                  for line in done.stdout.splitlines() if line.strip())
    counted, why = counters(args.ncu or shutil.which("ncu"), program)
    if counted is None:
        print("counters not run: %s; the last column is timed" % why)
    wrong = 0
    print("%-28s %9s %9s %9s" % ("access", "predicted", "counted",
                                 "cycles"))
    for case in table():
        name = case["name"]
        value = (counted or {}).get(name, {}).get(METRICS[case["kind"]])
        each = None if value is None else value / (REPEATS * WARPS)
        # The counter includes the few accesses around the loop: none here.
        differs = each is not None and abs(each - case["predicted"]) > 0.01
        wrong += differs
        print("%-28s %9d %9s %9.2f%s" % (
            name, case["predicted"], "-" if each is None else "%.2f" % each,
            cycles[name] / (REPEATS * WARPS), "  DIFFERS" if differs else ""))
    if counted is not None:
        print("%d of %d differ" % (wrong, len(table())))
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=("table", "emit", "run"))
    parser.add_argument("-o")
    parser.add_argument("--include")
    parser.add_argument("--nvcc")
    parser.add_argument("--ncu")
    args = parser.parse_args()
    if args.command == "table":
        json.dump(table(), sys.stdout, indent=1)
        print()
        return 0
    if args.command == "emit":
        if not args.o:
            parser.error("emit needs -o DIR")
        emit(args.o)
        return 0
    return run(args)


if __name__ == "__main__":
    sys.exit(main())
