// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// How fast a device is, for models of time: one row a product, with the sheet
// it was read from. Limits that bound a kernel are in Device.h.
#ifndef SPAK_DEVICE_RATES_H
#define SPAK_DEVICE_RATES_H

#include "spak/Device/Device.h"

namespace spak::device {

/// Rates of a product at its boost clock. A model made with them is an upper
/// bound of speed, not a prediction of a card under its power limit.
struct Rates {
  llvm::StringRef name;     ///< as in the device table
  int64_t clockMhz;         ///< boost clock of the multiprocessors
  int64_t tensorFlops;      ///< 16-bit in, f32 out, dense; a cycle and SM
  int64_t specialFunctions; ///< exp2, rcp, ...: lanes a cycle and SM
  int64_t issueLanes;       ///< lanes of ordinary instructions a cycle and SM
  int64_t dramGbPerSecond;  ///< 10^9 byte a second
  int64_t l2BytesPerCycle;  ///< byte a cycle and SM
  int64_t dramBytes;        ///< byte
  llvm::StringRef source;
};

/// The row of \p device; null if the table has none.
const Rates *ratesOf(const Device &device);

/// How a multiprocessor hands out what resident blocks share.
/// Source: CUDA C++ Programming Guide 13.0, Compute Capabilities; the same
/// for every row of the device table.
struct Granularity {
  int64_t registersPerWarp = 256; ///< registers are given in such steps
  int64_t registersPerThread = 8;
  int64_t sharedBytes = 128;
  int64_t warpsAtOnce = 4; ///< a block's warps round up to this
};

/// Blocks of one kernel on one multiprocessor, and what limits their number.
struct Residency {
  int64_t blocks = 0;
  int64_t warps = 0;
  double occupancy = 0;  ///< resident warps over the most that fit
  llvm::StringRef limit; ///< "threads", "blocks", "registers", "shared memory"
};

/// How many blocks of \p threads threads with \p registers registers each and
/// \p sharedBytes bytes fit on a multiprocessor of \p device.
Residency residency(const Device &device, int64_t threads, int64_t registers,
                    int64_t sharedBytes);

} // namespace spak::device

#endif // SPAK_DEVICE_RATES_H
