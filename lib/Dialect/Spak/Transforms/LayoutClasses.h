// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which tiles of a kernel must share a layout, and which have a slice of
// another's. Knows no instruction and no target.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_LAYOUTCLASSES_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_LAYOUTCLASSES_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/IntEqClasses.h"

namespace spak::ir {

/// The tile of \p type, which is a tile or a softmax row state; null for any
/// other type.
TileType tileOf(mlir::Type type);

/// Tiles that element-wise ops, conversions and carried values tie together
/// are one class. Law: two tiles of one class have the same axes, so they can
/// have the same layout, and then no op between them moves data.
///
///   s1 = dot(q, k); s2 = s1 * c; p = probs(rows, s2)     one class {s1, s2, c,
///   p} corr = advance(rows, s2)                             corr: a slice of
///   it
class LayoutClasses {
public:
  /// \p isExcluded says which tiles are not in registers.
  LayoutClasses(KernelOp kernel,
                llvm::function_ref<bool(mlir::Value)> isExcluded);

  /// The class of \p value; -1 if it has none.
  int64_t of(mlir::Value value) const;

  unsigned size() const { return count; }

  /// A tile of class \p index, for its axes.
  TileType sample(unsigned index) const { return samples[index]; }

  /// Every value that has a class, in the order of the text.
  llvm::ArrayRef<mlir::Value> values() const { return ordered; }

  /// Class `small` has the axes that remain of class `big`. Where an op makes
  /// `small` from `big`, `defines` is set.
  struct Slice {
    unsigned small;
    unsigned big;
    bool defines;
    mlir::Operation *op;
  };
  llvm::ArrayRef<Slice> slices() const { return sliceEdges; }

private:
  void add(mlir::Value value);
  void same(mlir::Value a, mlir::Value b);
  void slice(mlir::Value small, mlir::Value big, bool defines,
             mlir::Operation *op);
  void visit(mlir::Operation *op);

  llvm::DenseMap<mlir::Value, unsigned> numbers;
  llvm::SmallVector<mlir::Value> ordered;
  llvm::IntEqClasses classes;
  llvm::SmallVector<TileType> samples;
  unsigned count = 0;
  llvm::SmallVector<Slice> sliceEdges;
};

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_LAYOUTCLASSES_H
