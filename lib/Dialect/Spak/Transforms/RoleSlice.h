// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the part of a grid that some of its ops need, as a copy. Knows neither
// roles nor rings.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_ROLESLICE_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_ROLESLICE_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace spak::ir {

/// The ops of a grid that its roots need: what defines their operands, the
/// loops around them, and the carried values that those read. Every loop that
/// holds a root is kept with its bounds, so two slices of one grid have equal
/// trip counts.
class RoleSlice {
public:
  RoleSlice(GridOp grid, llvm::function_ref<bool(mlir::Operation *)> isRoot);

  /// Whether no op of the grid is a root.
  bool empty() const { return live.empty(); }

  /// Copies the slice, with the grid around it, to \p b.
  GridOp copy(mlir::OpBuilder &b);

private:
  void needOp(mlir::Operation *op);
  void needValue(mlir::Value value);
  void needCarried(ForOp loop, unsigned index);
  /// Whether a live mask stands in \p loop.
  bool hasMasks(ForOp loop) const;
  bool isCarried(ForOp loop, unsigned index) const {
    return carried.contains({loop, index});
  }
  void copyOp(mlir::OpBuilder &b, mlir::Operation &op,
              mlir::IRMapping &map) const;
  void copyLoop(mlir::OpBuilder &b, ForOp loop, mlir::IRMapping &map) const;

  GridOp grid;
  llvm::DenseSet<mlir::Operation *> live;
  llvm::DenseSet<std::pair<mlir::Operation *, unsigned>> carried;
};

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_ROLESLICE_H
