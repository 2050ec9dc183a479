#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a card does at most, as it is: its clock under load, products, exp2,
L2 and DRAM (docs/Gates.md).

usage: measure_rates.py build -o DIR [--nvcc=PATH]   the program; needs no card
       measure_rates.py run -o DIR                   measure, print, write
                                                     DIR/rates.json
       measure_rates.py emit                         the program's text

`run` prints a table and one line of JSON that `spakc --device-rates=FILE`
reads in place of the data sheet's rates. Each figure is the median of nine runs
of a fraction of a second; the tensor rate is taken after two seconds of
products, when the power limit has set the clock.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys

SOURCE = r"""// Written by measure_rates.py: one kernel for each rate.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "spak/device/barrier.cuh"
#include "spak/device/math.cuh"
#include "spak/device/sync.cuh"
#include "spak/device/wgmma.cuh"

constexpr int kProducts = 2048; // of m64n256k16, of each warpgroup
constexpr int kExponentials = 4096;

// Operands lie in shared memory as they come: zeros would draw less power.
extern "C" __global__ void __launch_bounds__(256, 1)
    products(float *out, long long *cycles, unsigned seed) {
  extern __shared__ __align__(1024) uint8_t smem[];
  for (int i = threadIdx.x; i < 49152 / 4; i += 256) {
    // Two bf16 near 1 with random signs and fractions.
    seed = seed * 1664525u + 1013904223u + threadIdx.x;
    reinterpret_cast<uint32_t *>(smem)[i] =
        0x3f803f80u | (seed & 0x807f807fu);
  }
  __syncthreads();
  spak::fence_async();
  const uint32_t base = spak::smem_addr(smem) + threadIdx.x / 128 * 8192;
  const uint64_t a = spak::wgmma_descriptor<16, 1024, 128>(base);
  const uint64_t b =
      spak::wgmma_descriptor<16, 1024, 128>(spak::smem_addr(smem) + 16384);
  float acc[128];
  const long long start = clock64();
  for (int i = 0; i < kProducts / 4; ++i) {
    spak::wgmma_fence();
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      spak::wgmma_m64n256k16_bf16_ss<0, 0>(acc, a + k * 2, b + k * 2,
                                           i + k != 0);
    }
    spak::wgmma_commit();
    spak::wgmma_wait<1>();
  }
  spak::wgmma_wait<0>();
  spak::register_fence(acc);
  if (threadIdx.x == 0) {
    cycles[blockIdx.x] = clock64() - start;
  }
  float sum = 0;
  for (float x : acc) {
    sum += x;
  }
  if (sum == 1234.5f) {
    *out = sum;
  }
}

extern "C" __global__ void exponentials(float *out, long long *cycles,
                                        unsigned) {
  float x[8];
  for (int i = 0; i < 8; ++i) {
    x[i] = 0.001f * (threadIdx.x + i);
  }
  __syncthreads();
  const long long start = clock64();
  for (int i = 0; i < kExponentials / 8; ++i) {
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      x[k] = spak::exp2_approx(x[k]);
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    cycles[blockIdx.x] = clock64() - start;
  }
  float sum = 0;
  for (float y : x) {
    sum += y;
  }
  if (sum == 1234.5f) {
    *out = sum;
  }
}

// Reads `count` times 16 bytes, `rounds` times over.
extern "C" __global__ void __launch_bounds__(512)
    reads(const uint4 *from, size_t count, int rounds, uint32_t *out) {
  uint32_t sum = 0;
  const size_t step = (size_t)gridDim.x * blockDim.x;
  for (int round = 0; round < rounds; ++round) {
    size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    for (; i + 3 * step < count; i += 4 * step) {
      const uint4 a = __ldcg(from + i), b = __ldcg(from + i + step),
                  c = __ldcg(from + i + 2 * step),
                  d = __ldcg(from + i + 3 * step);
      sum += a.x ^ a.y ^ a.z ^ a.w ^ b.x ^ b.y ^ b.z ^ b.w;
      sum += c.x ^ c.y ^ c.z ^ c.w ^ d.x ^ d.y ^ d.z ^ d.w;
    }
  }
  if (sum == 0x12345678u) {
    *out = sum;
  }
}

static cudaEvent_t before, after;

template <typename Launch> double seconds(Launch launch) {
  std::vector<double> times;
  for (int i = 0; i < 9; ++i) {
    cudaEventRecord(before);
    launch();
    cudaEventRecord(after);
    cudaEventSynchronize(after);
    float ms = 0;
    cudaEventElapsedTime(&ms, before, after);
    times.push_back(ms * 1e-3);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

static double most(const long long *cycles, int count) {
  std::vector<long long> host(count);
  cudaMemcpy(host.data(), cycles, count * 8, cudaMemcpyDeviceToHost);
  return (double)*std::max_element(host.begin(), host.end());
}

int main() {
  cudaDeviceProp card;
  if (cudaGetDeviceProperties(&card, 0) != cudaSuccess) {
    printf("not run: %s\n", cudaGetErrorString(cudaGetLastError()));
    return 2;
  }
  const int sms = card.multiProcessorCount;
  cudaEventCreate(&before);
  cudaEventCreate(&after);
  float *out;
  long long *cycles;
  uint4 *data;
  const size_t large = size_t(8) << 30, small = card.l2CacheSize / 2;
  cudaMalloc(&out, 4);
  cudaMalloc(&cycles, sms * 8);
  cudaMalloc(&data, large);
  cudaMemset(data, 1, large);
  cudaFuncSetAttribute(products, cudaFuncAttributeMaxDynamicSharedMemorySize,
                       49152);
  auto multiply = [&] {
    for (int i = 0; i < 100; ++i) {
      products<<<sms, 256, 49152>>>(out, cycles, i);
    }
  };
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < std::chrono::seconds(2)) {
    multiply();
    cudaDeviceSynchronize();
  }
  const double tensor = seconds(multiply) / 100;
  const double tensorCycles = most(cycles, sms);
  const double flops = 2.0 * 64 * 256 * 16 * kProducts * 2; // of a block
  exponentials<<<sms, 512>>>(out, cycles, 0);
  const double exponential = seconds([&] {
    exponentials<<<sms, 512>>>(out, cycles, 0);
  });
  const double exponentialCycles = most(cycles, sms);
  const double dram = seconds([&] {
    reads<<<sms * 4, 512>>>(data, large / 16, 1, (uint32_t *)out);
  });
  const int rounds = 200;
  const double l2 = seconds([&] {
    reads<<<sms * 4, 512>>>(data, small / 16, rounds, (uint32_t *)out);
  });
  if (cudaDeviceSynchronize() != cudaSuccess) {
    printf("not run: %s\n", cudaGetErrorString(cudaGetLastError()));
    return 2;
  }
  const double clock = tensorCycles / tensor; // while products run
  const double light = exponentialCycles / exponential;
  printf("{\"spak_rates\": 1, \"device\": \"%s\", \"sms\": %d, "
         "\"sm_clock_mhz\": %.0f, \"light_clock_mhz\": %.0f, "
         "\"tensor_tflops\": %.1f, \"tensor_flops_per_cycle_sm\": %.1f, "
         "\"special_lanes_per_cycle_sm\": %.2f, "
         "\"l2_gbs\": %.0f, \"l2_bytes_per_cycle_sm\": %.2f, "
         "\"dram_gbs\": %.0f}\n",
         card.name, sms, clock * 1e-6, light * 1e-6,
         flops * sms / tensor * 1e-12, flops / tensorCycles,
         512.0 * kExponentials / exponentialCycles,
         (double)small * rounds / l2 * 1e-9,
         (double)small * rounds / l2 / sms / light,
         (double)large / dram * 1e-9);
  return 0;
}
"""

ROWS = (("sm_clock_mhz", "MHz, while products run"),
        ("light_clock_mhz", "MHz, while exponentials run"),
        ("tensor_tflops", "TFLOP/s of bf16 products, f32 sums"),
        ("tensor_flops_per_cycle_sm", "FLOP a cycle and multiprocessor"),
        ("special_lanes_per_cycle_sm", "exp2 a cycle and multiprocessor"),
        ("l2_gbs", "GB/s from L2"),
        ("l2_bytes_per_cycle_sm", "byte a cycle and multiprocessor from L2"),
        ("dram_gbs", "GB/s from DRAM"))


def build(args):
    here = os.path.dirname(os.path.abspath(__file__))
    os.makedirs(args.o, exist_ok=True)
    text = os.path.join(args.o, "rates.cu")
    with open(text, "w", encoding="utf-8") as file:
        file.write(SOURCE)
    nvcc = args.nvcc or shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    subprocess.run([nvcc, "-std=c++17", "-O3", "-cudart", "shared", "-gencode",
                    "arch=compute_90a,code=sm_90a",
                    "-I" + os.path.join(here, "..", "..", "runtime", "include"),
                    "-o", os.path.join(args.o, "rates"), text], check=True)
    shutil.copy(os.path.abspath(__file__), args.o)


def environment():
    """What nvidia-smi says of the card, for the line's provenance."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=driver_version,power.limit,"
             "clocks.max.sm", "--format=csv,noheader,nounits"],
            capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    driver, power, clock = done.stdout.splitlines()[0].split(", ")
    return {"driver": driver, "power_limit_w": float(power),
            "max_clock_mhz": float(clock)}


def run(args):
    done = subprocess.run([os.path.join(args.o, "rates")], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        text = (done.stdout + done.stderr).strip()
        print(text if text.startswith("not run") else "not run: " + text)
        return 0
    rates = dict(json.loads(done.stdout), **environment())
    for key, unit in ROWS:
        print("%12g  %s" % (rates[key], unit))
    line = json.dumps(rates)
    print(line)
    with open(os.path.join(args.o, "rates.json"), "w",
              encoding="utf-8") as file:
        file.write(line + "\n")
    return 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=("build", "run", "emit"))
    parser.add_argument("-o", default=".")
    parser.add_argument("--nvcc")
    args = parser.parse_args()
    if args.command == "emit":
        sys.stdout.write(SOURCE)
        return 0
    return build(args) if args.command == "build" else run(args)


if __name__ == "__main__":
    sys.exit(main())
