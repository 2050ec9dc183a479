// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: for which tiles of a loop a mask keeps something, and everything.
// Makes no IR but affine expressions.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_MASKBOUNDS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_MASKBOUNDS_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/IR/AffineExpr.h"

namespace spak::ir {

//===----------------------------------------------------------------------===//
// A condition e(i, j) >= 0 of a mask is brought to the form a*j + r(i), where
// j runs along the loop's axis. In tile t, j is in [t*b, t*b + b) and each
// other i in its own tile. r takes its extremes at corners, so
//
//   something is kept  <=>  max over the tile >= 0
//   all is kept        <=>  min over the tile >= 0
//
// and both are bounds on t:          a > 0                    a < 0, k = -a
//   something   t >= ceil(-(rmax + a*(b-1)) / (a*b))    t <= floor(rmax /
//   (k*b)) all         t >= ceil(-rmin / (a*b))      t <= floor((rmin -
//   k*(b-1)) / (k*b))
//
// Example, e = N - 1 - j with b = 64: something is kept for t < ceil(N / 64),
// all for t < floor(N / 64).
//
// The conditions of a map all hold: its bounds intersect. This is exact where
// the conditions are bounds on one linear form (a window), or all bounds from
// one side (causal and tail). The maps of a mask are a union: what is kept is
// the hull; what is kept as a whole is the larger where both begin or both
// end with the loop, else one of them.
//===----------------------------------------------------------------------===//

/// Tiles t with all of lower <= t, t < upper, and condition >= 0. Expressions
/// are over the operands of MaskBounds, as dimensions.
struct TileBounds {
  llvm::SmallVector<mlir::AffineExpr> lower;
  llvm::SmallVector<mlir::AffineExpr> upper;
  /// Independent of the tile.
  llvm::SmallVector<mlir::AffineExpr> conditions;

  bool unbounded() const {
    return lower.empty() && upper.empty() && conditions.empty();
  }
  void intersect(const TileBounds &other);
};

/// What is known of one map: nothing is wrong with a wider `some` or a
/// narrower `all`; an unknown `all` is no tile.
struct MapBounds {
  TileBounds some;
  std::optional<TileBounds> all;
};

/// The bounds of the masks in one loop's body.
class MaskBounds {
public:
  explicit MaskBounds(ForOp loop) : loop(loop) {}

  /// The bounds of each map of \p mask.
  llvm::SmallVector<MapBounds, 1> of(MaskOp mask);

  /// The first elements of the ranges outside of the loop, and the symbols,
  /// that the expressions are over. A range stands for its first element.
  llvm::ArrayRef<mlir::Value> operands() const { return values; }

private:
  mlir::AffineExpr operand(mlir::Value value);
  bool addCondition(mlir::AffineExpr expr, MaskOp mask, MapBounds &bounds);

  ForOp loop;
  llvm::SmallVector<mlir::Value> values;
};

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_MASKBOUNDS_H
