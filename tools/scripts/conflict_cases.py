#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Owns: the kernels of single shared accesses that conflict_kernels.py counts,
and what is predicted of them. Nothing here knows of ncu."""
import json
import os

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


# Work that goes on beside stores, or alone. (name, what one warpgroup does
# REPEATS times, wavefronts of data that it stores each time, all four warps)
NEIGHBOURS = [
    ("nothing", "", 0),
    ("store", 'asm volatile("st.volatile.shared.u32 [%0], %1;" : : '
     '"r"(area + 4 * thread), "r"(i) : "memory");', 4),
    ("arrive", "spak::mbarrier_arrive_if(lane == 0, barrier + 8 * warp);", 0),
    ("expect", "if (lane == 0) {\n      "
     "spak::mbarrier_expect(barrier + 8 * warp, 0);\n    }", 0),
    ("try_wait", "spak::mbarrier_wait(barrier + 8 * warp, 1);", 0),
    ("named_barrier", "spak::bar_sync(1, 128);", 0),
    ("fence", "spak::fence_async();", 0),
    ("shuffle", "sum += __shfl_xor_sync(~0u, sum, 1 + i % 16);", 0),
    ("bulk_load", "if (i % 8 == 0 && lane == 0) {\n      "
     "bulk_load(area + 4096 * warp, bytes, 4096, barrier + 8 * warp);\n      "
     "spak::mbarrier_wait(barrier + 8 * warp, i / 8 % 2);\n    }", 0),
    ("bulk_store", "if (i % 8 == 0 && lane == 0) {\n      "
     "bulk_store(bytes + 4096 * warp, area + 4096 * warp, 4096);\n    }", 0),
    ("product", "spak::wgmma_fence();\n    "
     "spak::wgmma_m64n128k16_bf16_ss<0, 0>(acc, a, b, true);\n    "
     "spak::wgmma_commit();\n    spak::wgmma_wait<0>();", 0),
]


def neighbours():
    """One row for each kernel of NEIGHBOURS, beside stores or alone."""
    for name, text, stored in NEIGHBOURS:
        for stores in ((True,) if name == "nothing" else (False, True)):
            yield {"name": ("beside_" if stores else "alone_") + name,
                   "text": text, "stores": stores,
                   "predicted": REPEATS * (stored + 8 * 4 * stores)}


NEIGHBOUR_HEAD = """
[[maybe_unused]] static __device__ void bulk_load(
    uint32_t to, const void *from, int bytes, uint32_t barrier) {
  spak::mbarrier_expect(barrier, 8 * bytes);
  for (int i = 0; i < 8; ++i) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::"
                 "bytes [%0], [%1], %2, [%3];" ::"r"(to), "l"(from),
                 "r"(bytes), "r"(barrier) : "memory");
  }
}
[[maybe_unused]] static __device__ void bulk_store(void *to, uint32_t from,
                                                   int bytes) {
  for (int i = 0; i < 8; ++i) {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;"
                 ::"l"(to), "r"(from), "r"(bytes) : "memory");
  }
  asm volatile("cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;" :::
               "memory");
}
"""


def neighbour_text(row):
    """Eight warps that store, four with something else to do."""
    product = "wgmma" in row["text"]
    store = ("""
#pragma unroll 16
    for (int i = 0; i < %d; ++i) {
      spak::stmatrix_x4(at, i, i, i, i);
    }""" % REPEATS) if row["stores"] else ""
    return """
extern "C" __global__ void __launch_bounds__(384) %s(uint8_t *bytes,
                                                     uint32_t *out) {
  extern __shared__ __align__(1024) uint8_t smem[];
  const uint32_t base = spak::smem_addr(smem);
  [[maybe_unused]] const int thread = threadIdx.x %% 128;
  [[maybe_unused]] const int warp = thread / 32;
  const int lane = threadIdx.x %% 32;
  [[maybe_unused]] const uint32_t barrier = base, area = base + 32768;
  uint32_t sum = threadIdx.x;%s
  if (threadIdx.x < 4) {
    spak::mbarrier_init(barrier + 8 * threadIdx.x, 1);
  }
  __syncthreads();
  if (threadIdx.x < 256) {
    const uint32_t at = base + 1024 + 2048 * (threadIdx.x / 32) +
        spak::swizzled<128>(lane %% 16 * 128 + lane / 16 * 16);%s
  } else {
    for (int i = 0; i < %d; ++i) {
    %s
    }%s
  }
  if (sum == 0x12345678u) {
    *out = sum;
  }
}
""" % (row["name"],
       """
  float acc[64] = {};
  const uint64_t a = spak::wgmma_descriptor<16, 1024, 128>(area);
  const uint64_t b = spak::wgmma_descriptor<16, 1024, 128>(area + 8192);"""
       if product else "", store, REPEATS, row["text"],
       "\n    sum += __float_as_uint(acc[0]);" if product else "")


def source():
    rows = table()
    text = ["// Written by conflict_kernels.py: one shared access a kernel.",
            "#include <cstdint>", "#include <cstdio>",
            '#include "spak/device/matrix.cuh"',
            '#include "spak/device/barrier.cuh"',
            '#include "spak/device/sync.cuh"',
            '#include "spak/device/wgmma.cuh"', NEIGHBOUR_HEAD]
    text += [kernel_text(case) for case in rows]
    text += [neighbour_text(row) for row in neighbours()]
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
static void (*const neighbours[])(uint8_t *, uint32_t *) = {%s};

int main() {
  int *address;
  uint32_t *out;
  long long *cycles, took = 0;
  if (cudaMalloc(&address, 128) || cudaMalloc(&out, 4) ||
      cudaMalloc(&cycles, 8)) {
    printf("error %%s\\n", cudaGetErrorString(cudaGetLastError()));
    return 1;
  }
  for (const Case &one : cases) {
    cudaMemcpy(address, one.addresses, 128, cudaMemcpyHostToDevice);
    cudaFuncSetAttribute(one.kernel,
                         cudaFuncAttributeMaxDynamicSharedMemorySize, 65536);
    one.kernel<<<1, %d, 65536>>>(address, out, cycles);
    if (cudaMemcpy(&took, cycles, 8, cudaMemcpyDeviceToHost)) {
      printf("error %%s: %%s\\n", one.name,
             cudaGetErrorString(cudaGetLastError()));
      return 1;
    }
    printf("%%s %%lld\\n", one.name, took);
  }
  uint8_t *bytes;
  if (cudaMalloc(&bytes, 1 << 16) || cudaMemset(bytes, 0, 1 << 16)) {
    return 1;
  }
  for (auto kernel : neighbours) {
    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                         98304);
    kernel<<<1, 384, 98304>>>(bytes, out);
    if (cudaDeviceSynchronize() != cudaSuccess) {
      printf("error: %%s\\n", cudaGetErrorString(cudaGetLastError()));
      return 1;
    }
  }
  return 0;
}
""" % (", ".join(row["name"] for row in neighbours()), 32 * WARPS))
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
