// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rows of rates, and the arithmetic of resident blocks.
#include "spak/Device/Rates.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <array>

namespace spak::device {

namespace {

constexpr int64_t kGib = int64_t(1) << 30;

// tensorFlops * SMs * clock is the dense rate of the data sheet, e.g.
// 4096 * 132 * 1830 MHz = 989 TFLOP/s. Special functions and issue lanes:
// CUDA C++ Programming Guide 13.0, table of arithmetic throughput.
constexpr Rates kRates[] = {
    {"NVIDIA A100-SXM4-40GB", 1410, 2048, 16, 128, 1555, 64, 40 * kGib,
     "A100 data sheet: 312 TFLOP/s dense"},
    {"NVIDIA GeForce RTX 3090", 1695, 512, 16, 128, 936, 64, 24 * kGib,
     "GA102 white paper: 71 TFLOP/s dense"},
    {"NVIDIA L4", 2040, 1024, 16, 128, 300, 64, 24 * kGib,
     "L4 data sheet: 121 TFLOP/s dense"},
    {"NVIDIA H200", 1830, 4096, 16, 128, 4800, 64, 141 * kGib,
     "H200 data sheet: 989 TFLOP/s dense"},
    {"NVIDIA H100 80GB HBM3", 1830, 4096, 16, 128, 3350, 64, 80 * kGib,
     "H100 data sheet: 989 TFLOP/s dense"},
    {"NVIDIA GeForce RTX 5070", 2512, 512, 16, 128, 672, 64, 12 * kGib,
     "RTX Blackwell white paper: 61.7 TFLOP/s dense"},
};

} // namespace

const Rates *ratesOf(const Device &device) {
  for (const Rates &row : kRates) {
    if (row.name == device.name) {
      return &row;
    }
  }
  return nullptr;
}

Residency residency(const Device &device, int64_t threads, int64_t registers,
                    int64_t sharedBytes) {
  constexpr Granularity unit;
  constexpr int64_t lanes = 32;
  int64_t warps = llvm::divideCeil(threads, lanes);
  int64_t rounded = llvm::alignTo(warps, unit.warpsAtOnce);
  int64_t perThread =
      llvm::alignTo(std::max<int64_t>(registers, 1), unit.registersPerThread);
  int64_t perWarp = llvm::alignTo(perThread * lanes, unit.registersPerWarp);
  int64_t shared =
      llvm::alignTo(sharedBytes, unit.sharedBytes) + device.smemReserved;
  struct Bound {
    int64_t blocks;
    llvm::StringRef name;
  };
  std::array<Bound, 4> bounds{{
      {warps ? device.maxThreadsPerSm / (warps * lanes) : 0, "threads"},
      {device.maxBlocksPerSm, "blocks"},
      {warps ? device.registersPerSm / (perWarp * rounded) : 0, "registers"},
      {shared ? device.smemPerSm / shared : device.maxBlocksPerSm,
       "shared memory"},
  }};
  const Bound *least = std::min_element(
      bounds.begin(), bounds.end(),
      [](const Bound &a, const Bound &b) { return a.blocks < b.blocks; });
  Residency found;
  found.blocks =
      threads > device.maxThreadsPerBlock || sharedBytes > device.smemPerBlock
          ? 0
          : least->blocks;
  found.warps = found.blocks * warps;
  found.occupancy = static_cast<double>(found.warps * lanes) /
                    static_cast<double>(device.maxThreadsPerSm);
  found.limit = least->name;
  return found;
}

} // namespace spak::device
