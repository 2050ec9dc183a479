// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what `ptxas -v` says about a kernel, as numbers. Must not know how
// ptxas was started.
#ifndef SPAK_TOOLCHAIN_RESOURCEREPORT_H
#define SPAK_TOOLCHAIN_RESOURCEREPORT_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace spak::toolchain {

/// The resources of one device function, as ptxas reports them. Registers are
/// per thread and, in a kernel that changes them with setmaxnreg, those at
/// launch. Sizes are in bytes.
struct KernelResources {
  std::string name;
  std::string arch;
  /// True for a `__global__` function.
  bool isEntry = false;
  unsigned registers = 0;
  uint64_t stackBytes = 0;
  uint64_t spillStoreBytes = 0;
  uint64_t spillLoadBytes = 0;
  /// Static shared memory; dynamic shared memory is the launch's affair.
  uint64_t smemBytes = 0;
  unsigned barriers = 0;

  /// Bytes of registers that went to local memory, both ways.
  uint64_t spillBytes() const { return spillStoreBytes + spillLoadBytes; }
};

/// Everything that one compilation said about its kernels.
struct ResourceReport {
  std::vector<KernelResources> kernels;
  /// Warnings and performance notes of ptxas, one a line, without prefix.
  std::vector<std::string> warnings;
  /// True when ptxas put wgmma instructions one after the other (C75xx): the
  /// kernel is correct and several times too slow.
  bool wgmmaSerialized = false;
  /// True when ptxas dropped a setmaxnreg (a kernel without launch bounds, or
  /// one that calls functions).
  bool setmaxnregIgnored = false;

  /// The kernel named `name`, or null.
  const KernelResources *find(llvm::StringRef name) const;
  /// True when nothing spills, nothing lives in local memory, no wgmma was
  /// serialised and no setmaxnreg dropped.
  bool isClean() const;
};

/// Reads the log of `ptxas -v`, on its own or inside nvcc's or NVRTC's.
/// Lines that it does not know are left out.
ResourceReport parseResourceReport(llvm::StringRef log);

} // namespace spak::toolchain

#endif // SPAK_TOOLCHAIN_RESOURCEREPORT_H
