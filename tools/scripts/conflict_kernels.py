#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Predicted wavefronts of shared memory against the counters of a card: unit
kernels of single accesses, and ten real kernels (docs/Gates.md).

usage: conflict_kernels.py table               the cases, as JSON
       conflict_kernels.py emit -o DIR         conflicts.cu and table.json
       conflict_kernels.py prepare -o DIR [--spakc=PATH] [--nvcc=PATH]
                               build everything; needs no card, and DIR then
                               holds all that `count` needs, this file too
       conflict_kernels.py count -o DIR [--ncu=PATH]   count, print the tables
       conflict_kernels.py run [-o DIR] [--include=DIR] [--nvcc=PATH]
                               [--ncu=PATH]    build and count the unit kernels

Counting is ncu's, where it is there and allowed to. Unit kernels are timed,
too: with 16 warps that do nothing else, cycles an access are its wavefronts,
plus what the loop costs. Status 1 if a counter differs from its prediction, for
real kernels by more than 5 in 100.

Of a real kernel those accesses are compared whose addresses lanes give: stores
of matrices (stmatrix), which the counters of the load-store unit see. What the
copy engine and wgmma move goes by other ways and is in no counter of that unit;
the ledger's figures for them are not compared. Barriers in shared memory are no
stores of data; loads are predicted to be none.
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
    return count_units(program, args.ncu or shutil.which("ncu"))


def count_units(program, ncu):
    done = subprocess.run([program], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        print("not run: " + (done.stdout + done.stderr).strip())
        return 0
    cycles = dict((line.split()[0], int(line.split()[1]))
                  for line in done.stdout.splitlines() if line.strip())
    counted, why = counters(ncu, program)
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


# name, design, what is fixed, sizes
REAL = [
    ("matmul_256", "examples/matmul/matmul.dsl", "dtype=bf16 tile_n=256",
     "M=4096,N=4096,K=1024"),
    ("matmul_128", "examples/matmul/matmul.dsl",
     "dtype=f16 tile_n=128 order=one_per_cta cluster_m=1 cluster_n=1",
     "M=2048,N=3072,K=512"),
    ("matmul_64", "examples/matmul/matmul.dsl",
     "dtype=bf16 tile_m=64 tile_n=64 cluster_m=1 cluster_n=1 stages=3",
     "M=1024,N=1024,K=512"),
    ("attention_128_causal", "examples/fmha/fmha.dsl",
     "dtype=bf16 D=128 Dv=128 causal=true kernel_mode=training",
     "B=2,Hq=8,Hkv=8,M=2048,N=2048"),
    ("attention_128", "examples/fmha/fmha.dsl",
     "dtype=bf16 D=128 Dv=128 causal=false kernel_mode=inference",
     "B=2,Hq=8,Hkv=8,M=2048,N=2048"),
    ("attention_128_shared", "examples/fmha/fmha.dsl",
     "dtype=bf16 D=128 Dv=128 causal=true kernel_mode=inference "
     "weights=shared tile_m=128 tile_n=64 overlap=intra order=one_per_cta "
     "cross_tile=false exp_ahead=0 stages=2 q_slots=1",
     "B=1,Hq=8,Hkv=8,M=1024,N=1024"),
    ("attention_64_causal", "examples/fmha/fmha.dsl",
     "dtype=bf16 D=64 Dv=64 causal=true kernel_mode=inference",
     "B=2,Hq=8,Hkv=8,M=4096,N=4096"),
    ("attention_64_shared", "examples/fmha/fmha.dsl",
     "dtype=f16 D=64 Dv=64 causal=false kernel_mode=inference weights=shared "
     "tile_m=128 tile_n=128 overlap=none order=one_per_cta cross_tile=false "
     "exp_ahead=0 stages=2 q_slots=1",
     "B=1,Hq=8,Hkv=8,M=1024,N=1024"),
    ("mlp", "test/kernels/mlp.dsl", "dtype=bf16 D=128", "M=4096,F=1024"),
    ("two_softmax", "test/kernels/two_softmax.dsl", "", ""),
]

MAIN = """#include "%(stem)s.cu"
#include <cstdio>

int main() {
  %(name)s_params p;
  %(name)s_defaults(&p);
%(fill)s  const char *why = nullptr;
  const int64_t workspace = %(name)s_workspace(&p);
  if (workspace != 0) {
    printf("error: it wants a workspace\\n");
    return 1;
  }
  const int code = %(name)s_launch(&p, nullptr, &why);
  const cudaError_t error = cudaDeviceSynchronize();
  if (code != 0 || error != cudaSuccess) {
    printf("error %%d: %%s, %%s\\n", code, why ? why : "",
           cudaGetErrorString(error));
    return 1;
  }
  return 0;
}
"""


def main_text(kernel, stem, shape):
    """A program that launches `kernel` once on zeros; counters of addresses do
    not depend on data."""
    dims = dict((d.split("=")[0], int(d.split("=")[1]))
                for d in shape.split(","))
    size = {"f32": 4, "s32": 4, "bf16": 2, "f16": 2, "e4m3": 1, "e5m2": 1}
    lines = ["p.%s = %d;" % (d, dims[d]) for d in kernel["dims"]]
    for tensor in kernel["tensors"]:
        extents = [int(eval(str(e).replace("/", "//"), {}, dict(dims)))  # noqa
                   for e in tensor["extents"]]
        count, strides = 1, []
        for extent in reversed(extents):
            strides.insert(0, count)
            count *= extent
        lines.append("cudaMalloc((void **)&p.%s, %d);" %
                     (tensor["name"], count * size[tensor["dtype"]]))
        lines.append("cudaMemset((void *)p.%s, 0, %d);" %
                     (tensor["name"], count * size[tensor["dtype"]]))
        lines += ["p.%s_strides[%d] = %d;" % (tensor["name"], i, stride)
                  for i, stride in enumerate(strides[:-1])]
    for scalar in kernel["scalars"]:
        if scalar.get("default") is None:
            lines.append("p.%s = 1;" % scalar["name"])
    return MAIN % {"name": kernel["name"], "stem": stem,
                   "fill": "".join("  %s\n" % line for line in lines)}


def prepare(args):
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    nvcc = args.nvcc or shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    compiler = [nvcc, "-std=c++17", "-O3", "-cudart", "shared", "-gencode",
                "arch=compute_90a,code=sm_90a"]
    emit(args.o)
    subprocess.run(
        compiler + ["-I" + os.path.join(root, "runtime", "include"), "-o",
                    os.path.join(args.o, "conflicts"),
                    os.path.join(args.o, "conflicts.cu")], check=True)
    rows = []
    for stem, design, fixed, shape in REAL:
        folder = os.path.join(args.o, stem)
        flags = [f for axis in fixed.split() for f in ("-D", axis)]
        shape = shape or "B=1,H=4,M=1024,N=1024"
        text = os.path.join(folder, stem + ".cu")
        os.makedirs(folder, exist_ok=True)
        design = os.path.join(root, design)
        subprocess.run([args.spakc, design, "--shape=" + shape, "-o", text] +
                       flags, check=True)
        with open(text[:-3] + ".json", encoding="utf-8") as file:
            kernel = json.load(file)["kernels"][0]
        # The ledger's walk, at the very point that was chosen.
        point = []
        for axis, value in kernel["point"].items():
            point += ["-D", "%s=%s" % (axis, str(value).lower()
                                       if isinstance(value, bool) else value)]
        subprocess.run([args.spakc, design, "--all-points", "--jobs=1",
                        "--shape=" + shape, "-o",
                        os.path.join(folder, "ledger")] + point, check=True)
        with open(os.path.join(folder, "ledger", "ledger.json"),
                  encoding="utf-8") as file:
            told = json.load(file)
        entry = (told["points"] + told["rejections"])[0]["kernels"][0]
        if not entry["roofline"]:
            sys.exit("%s: no model: %s" % (stem, entry["not_modelled"]))
        with open(os.path.join(folder, "main.cu"), "w",
                  encoding="utf-8") as file:
            file.write(main_text(kernel, stem, shape))
        subprocess.run(compiler + ["-I" + folder, "-o",
                                   os.path.join(args.o, "real_" + stem),
                                   os.path.join(folder, "main.cu")],
                       check=True)
        shutil.rmtree(folder)
        rows.append({"name": stem, "entry": kernel["entry"], "shape": shape,
                     "predicted":
                         entry["roofline"]["shared_store_wavefronts"]})
        print("%-22s %12d" % (stem, rows[-1]["predicted"]))
    with open(os.path.join(args.o, "real.json"), "w",
              encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")
    shutil.copy(os.path.abspath(__file__), args.o)


def count(args):
    """The tables of what `prepare` built."""
    ncu = args.ncu or shutil.which("ncu")
    status = count_units(os.path.join(args.o, "conflicts"), ncu)
    with open(os.path.join(args.o, "real.json"), encoding="utf-8") as file:
        rows = json.load(file)
    print("%-22s %12s %12s %12s %8s" % ("kernel, a launch", "predicted",
                                        "stores", "loads", "ratio"))
    far = 0
    for row in rows:
        counted, why = counters(ncu, os.path.join(args.o,
                                                  "real_" + row["name"]))
        if counted is None:
            print("%-22s %12d not run: %s" % (row["name"], row["predicted"],
                                              why))
            continue
        found = counted.get(row["entry"], {})
        stores, loads = (found.get(METRICS[kind]) for kind in ("st", "ld"))
        if stores is None:
            print("%-22s %12d not run: ncu counted no kernel `%s`" %
                  (row["name"], row["predicted"], row["entry"]))
            continue
        ratio = stores / row["predicted"] if row["predicted"] else (
            1.0 if stores == 0 else float("inf"))
        differs = abs(ratio - 1) > 0.05
        far += differs
        print("%-22s %12d %12d %12d %8.3f%s" %
              (row["name"], row["predicted"], stores, loads or 0, ratio,
               "  DIFFERS" if differs else ""))
    print("%d of %d real kernels differ by more than 5 in 100" %
          (far, len(rows)))
    return 1 if far else status


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=("table", "emit", "prepare",
                                            "count", "run"))
    parser.add_argument("-o")
    parser.add_argument("--include")
    parser.add_argument("--nvcc")
    parser.add_argument("--spakc", default="spakc")
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
    if args.command in ("prepare", "count"):
        if not args.o:
            parser.error(args.command + " needs -o DIR")
        return prepare(args) if args.command == "prepare" else count(args)
    return run(args)


if __name__ == "__main__":
    sys.exit(main())
