// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the bounds of a loop over tiles and how a loop like another is made.
// Knows nothing of what a loop computes.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_LOOPREWRITE_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_LOOPREWRITE_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/IR/IRMapping.h"

namespace spak::ir {

/// Tiles [lower, upper); masks keep all in [fullLower, fullUpper), which are
/// null where nothing is known.
struct LoopBounds {
  mlir::Value lower;
  mlir::Value upper;
  mlir::Value fullLower;
  mlir::Value fullUpper;
};

/// The bounds of \p loop.
LoopBounds boundsOf(ForOp loop);

/// \p bounds with every value looked up in \p map.
LoopBounds mapped(LoopBounds bounds, const mlir::IRMapping &map);

/// Whether \p loop is seen to run at least once, whatever its bounds.
bool isNeverEmpty(ForOp loop);

/// The index of the tile that \p loop, not empty, runs first.
mlir::Value firstTile(mlir::OpBuilder &b, ForOp loop);

/// The bounds of \p loop without the tile that runs first. With
/// \p masksBefore a mask of the iteration before counts too, so the full range
/// loses one tile at its start.
LoopBounds boundsWithoutFirst(mlir::OpBuilder &b, ForOp loop, bool masksBefore);

/// A loop over \p bounds that carries \p inits, with the attributes of
/// \p like and an empty body without terminator.
ForOp createLoopLike(mlir::OpBuilder &b, ForOp like, const LoopBounds &bounds,
                     mlir::ValueRange inits);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_LOOPREWRITE_H
