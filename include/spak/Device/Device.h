// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The device table: hardware limits, one row an architecture, each with the
// section of the manual it was read from. A number that is an opinion does not
// belong here. Knows no IR and asks no driver.
#ifndef SPAK_DEVICE_DEVICE_H
#define SPAK_DEVICE_DEVICE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace spak::device {

/// What the instruction set of an architecture offers. Passes ask for these,
/// never for a compute capability.
enum class Capability : uint8_t {
#define SPAK_CAPABILITY(Name, Text, Source) Name,
#include "spak/Device/Capabilities.def"
#undef SPAK_CAPABILITY
};

/// The limits that bound a kernel on one device.
struct Device {
  llvm::StringRef arch; ///< nvcc's spelling, e.g. "sm_90a"
  llvm::StringRef name; ///< the product that `sms` and `l2Bytes` describe
  int64_t smemPerBlock; ///< byte, with opt-in
  int64_t smemPerSm;    ///< byte
  int64_t smemReserved; ///< byte per resident block, taken by the driver
  int64_t registersPerSm;
  int64_t registersPerThread;
  int64_t maxThreadsPerBlock;
  int64_t maxThreadsPerSm;
  int64_t maxBlocksPerSm;
  int64_t sms;     ///< multiprocessors
  int64_t l2Bytes; ///< byte
  uint32_t capabilities;
  llvm::StringRef source; ///< manual and section of the limits

  bool has(Capability capability) const {
    return capabilities & (1u << static_cast<unsigned>(capability));
  }

  /// The limit called \p field in the language (`device.smem_per_block`), or
  /// nothing if there is no such number.
  std::optional<int64_t> number(llvm::StringRef field) const;

  /// This device with another limit \p field; nothing if there is no such
  /// number.
  std::optional<Device> with(llvm::StringRef field, int64_t value) const;

  /// The text called \p field (`arch`, `name`), or nothing.
  std::optional<llvm::StringRef> text(llvm::StringRef field) const;
};

/// The device with which \p arch is compiled when nothing else is said. Null
/// if the table has no such row. Never compares architectures by number.
const Device *find(llvm::StringRef arch);

/// The device with the product name \p name, e.g. "NVIDIA H200"; null if the
/// table has none.
const Device *findByName(llvm::StringRef name);

/// Every row, in the order of the table.
llvm::ArrayRef<Device> all();

/// The architectures, comma separated, for diagnostics.
std::string allArchs();

/// The names that `device.` may be followed by, in alphabetical order.
llvm::ArrayRef<llvm::StringRef> fieldNames();

/// The spelling of a capability, e.g. "wgmma".
llvm::StringRef capabilityName(Capability capability);

/// Where the manual describes \p capability.
llvm::StringRef capabilitySource(Capability capability);

/// The number of capabilities.
unsigned numCapabilities();

} // namespace spak::device

#endif // SPAK_DEVICE_DEVICE_H
