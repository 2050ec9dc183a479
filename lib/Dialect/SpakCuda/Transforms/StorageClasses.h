// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Which values share one C++ variable. Knows no names and no text.
//
// Definition: two values are tied when one is the other's storage: a wgmma and
// its accumulator, a wait or fence and its operand, an in-place map and its
// input, a loop's initial value, argument, yielded value and result, the
// results of a branch and what both sides yield.
// Law: inside a class of tied values no value is used after a write to another
// of them. A class that breaks the law would need a copy of a fragment, for
// which there is no operation.
// Example: %o1 = wgmma acc %o0; use(%o0) breaks it; use(%o1) does not.
#ifndef SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_STORAGECLASSES_H
#define SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_STORAGECLASSES_H

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

namespace spak::cuda {

class StorageClasses {
public:
  /// \p use reads \p value after \p write has changed its storage.
  struct Conflict {
    mlir::Value value;
    mlir::OpOperand *use = nullptr;
    mlir::Operation *write = nullptr;
  };

  /// Collects the values of \p root that have storage: fragments, scalars that
  /// loops carry, scalar results of branches. Unites what must be one. Returns
  /// the first breach of the law, if there is one.
  std::optional<Conflict> build(mlir::Operation *root);

  /// The values of each class in program order; classes in the order of their
  /// first values.
  std::vector<llvm::ArrayRef<mlir::Value>> classes() const;

private:
  void add(mlir::Value value);
  void addTies(mlir::Operation *op);
  unsigned find(mlir::Value value) const;
  void unite(mlir::Value a, mlir::Value b);
  /// Unites if the law holds afterwards.
  void uniteIfFree(mlir::Value a, mlir::Value b);
  std::optional<Conflict>
  findConflict(llvm::ArrayRef<mlir::Value> members) const;

  llvm::DenseMap<mlir::Value, unsigned> classOf;
  std::vector<std::vector<mlir::Value>> members;
  llvm::SmallVector<std::pair<mlir::Value, mlir::Value>> wishes;
};

} // namespace spak::cuda

#endif // SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_STORAGECLASSES_H
