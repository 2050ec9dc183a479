// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the layouts that wgmma and TMA ask for, as attributes, and the sizes
// that follow from a layout. Decides nothing.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_TILELAYOUTS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_TILELAYOUTS_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// The accumulator of wgmma m64nNk16, 64 rows a group.
LayoutAttr accumulatorLayout(mlir::MLIRContext *context, llvm::StringRef rows,
                             llvm::StringRef columns, int64_t numColumns,
                             int64_t groups);

/// The A operand of wgmma in registers, 64 rows a group.
LayoutAttr operandLayout(mlir::MLIRContext *context, llvm::StringRef rows,
                         llvm::StringRef depth, int64_t numDepth,
                         int64_t groups);

/// \p base without the axes not in \p axes: threads along a dropped axis
/// hold the same value or, with \p partial, values still to be joined.
LayoutAttr sliceLayout(LayoutAttr base, llvm::ArrayRef<mlir::StringAttr> axes,
                       bool partial);

/// The slabs of a two-axis tile in shared memory whose last axis is
/// contiguous: [slab][row][W bytes] with the widest swizzle W that divides the
/// bytes of a row. Diagnoses on \p op a tile that has none.
mlir::FailureOr<LayoutAttr> slabLayout(mlir::Operation *op, TileType tile);

/// The layout of \p tile; null if it has none.
LayoutAttr layoutOf(TileType tile);

/// Whether \p tile lies in shared memory.
bool isShared(TileType tile);

/// The warpgroups over which \p tile, in registers, is spread; 0 before it has
/// a layout.
int64_t groupsOf(TileType tile);

/// 32-bit registers that \p tile takes in each thread.
int64_t registersOf(TileType tile);

/// The axis along which a thread of \p tile, an accumulator, holds neighbours.
llvm::StringRef columnAxisOf(TileType tile);

/// The bytes of \p tile's elements.
int64_t bytesOf(TileType tile);

/// The widest swizzle, in bytes, that divides \p rowBytes; 0 if none does.
int64_t widestSwizzle(int64_t rowBytes);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_TILELAYOUTS_H
