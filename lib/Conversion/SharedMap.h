// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A tile in shared memory as the copies and the tensor core see it: slabs of
// rows of one swizzle width, read from the tile's layout. Makes no IR.
#ifndef SPAK_LIB_CONVERSION_SHAREDMAP_H
#define SPAK_LIB_CONVERSION_SHAREDMAP_H

#include "RegisterMap.h"

namespace spak::conversion {

struct SharedMap {
  /// Digits of the element offset, fastest first.
  llvm::SmallVector<Digit> digits;
  /// Bytes of a row of one slab, which the swizzle permutes; 0 if none.
  int64_t swizzle = 0;
  int64_t elementBytes = 2;

  static std::optional<SharedMap> of(ir::TileType tile);

  int64_t bytes() const;
  /// The axis whose elements lie next to each other.
  llvm::StringRef innerAxis() const { return digits.front().axis; }
  /// Elements of a row of one slab.
  int64_t width() const { return digits.front().extent; }
  /// How many slabs the inner axis is cut into, and their distance in bytes.
  int64_t slabs() const;
  int64_t slabBytes() const;
  /// Where, counted from the innermost, the axis of the rows stands among the
  /// indices \p at of a load; absent unless there is just one such axis.
  std::optional<unsigned> rowDimension(mlir::ValueRange at) const;
  /// Byte offset of the element \p at steps along \p axis, before swizzling.
  int64_t offsetOf(llvm::StringRef axis, int64_t at) const;
};

} // namespace spak::conversion

#endif // SPAK_LIB_CONVERSION_SHAREDMAP_H
