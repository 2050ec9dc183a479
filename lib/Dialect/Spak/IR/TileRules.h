// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what the rules of several ops have in common.
#ifndef SPAK_LIB_DIALECT_SPAK_IR_TILERULES_H
#define SPAK_LIB_DIALECT_SPAK_IR_TILERULES_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// One range or index per axis of the view.
mlir::LogicalResult verifyRank(mlir::Operation *op, ViewType view,
                               mlir::ValueRange at);

/// The tile's axes are the ranges, in order, of the view's elements.
mlir::LogicalResult verifyAxes(mlir::Operation *op, ViewType view,
                               mlir::ValueRange at, TileType tile);

/// Whether both have the same axes in the same order.
bool sameAxes(TileType a, TileType b);

/// Whether each axis of \p part is in \p whole with its size, in order.
bool keepsAxes(TileType part, TileType whole);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_IR_TILERULES_H
