// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// How the elements of a register tile lie over registers, lanes, warps and
// groups, read from its layout attribute. Makes no IR.
#ifndef SPAK_LIB_CONVERSION_REGISTERMAP_H
#define SPAK_LIB_CONVERSION_REGISTERMAP_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace spak::conversion {

/// One digit of a mixed-radix hardware index: `extent` values, each moving
/// the element `stride` steps along `axis` (or none, for the reserved axes).
struct Digit {
  int64_t extent;
  llvm::StringRef axis;
  int64_t stride;
  /// Product of the extents of the digits before this one.
  int64_t position;

  bool replicated() const { return axis == "rep"; }
  bool partial() const { return axis == "partial"; }
};

/// Register index digits -> integer; what spak_cuda calls a pattern.
struct DigitPattern {
  llvm::SmallVector<int64_t> extents;
  llvm::SmallVector<int64_t> strides;
};

/// A distributed layout. Registers that hold the same value as another
/// register of the same thread are dropped from `registers`.
struct RegisterMap {
  llvm::SmallVector<Digit> registers, lanes, warps, groups;

  /// Reads the layout of \p tile; absent if it has none or lives in shared
  /// memory.
  static std::optional<RegisterMap> of(ir::TileType tile);

  int64_t count() const;
  /// Groups that hold parts of the tile, or copies.
  int64_t groupCount() const;
  /// The thread's register index -> offset along \p axis.
  DigitPattern axisPattern(llvm::StringRef axis) const;
  /// This map's register index -> the index of the register of \p source that
  /// holds the element with the same coordinates on the axes of \p source.
  /// Absent if that element lives in another thread.
  std::optional<DigitPattern> patternInto(const RegisterMap &source) const;
  /// Lane xor masks that combine the copies of a value which the lanes hold
  /// along \p axis.
  llvm::SmallVector<int64_t> laneMasks(llvm::StringRef axis) const;
  bool hasAxisInThreads(llvm::StringRef axis) const;
};

/// True if \p a and \p b put every element into the same register of the same
/// thread, in the same order.
bool sameRegisters(const RegisterMap &a, const RegisterMap &b);

} // namespace spak::conversion

#endif // SPAK_LIB_CONVERSION_REGISTERMAP_H
