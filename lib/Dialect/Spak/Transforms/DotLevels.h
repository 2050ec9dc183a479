// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which dots of a loop's body wait for which, and what else waits for
// them. Knows nothing of what lies between dots.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_DOTLEVELS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_DOTLEVELS_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "llvm/ADT/DenseMap.h"

namespace spak::ir {

/// The level of a dot is the number of dots before it on the longest def-use
/// chain inside one iteration of its loop; carried values start a chain anew.
class DotLevels {
public:
  explicit DotLevels(ForOp loop);

  /// The dots of the loop's own body, in the order of the text.
  llvm::ArrayRef<DotOp> dots() const { return dotsOfBody; }

  /// The level of \p dot, one of dots().
  int64_t of(DotOp dot) const { return levels.lookup(dot); }

  /// The largest level; -1 if there is no dot.
  int64_t deepest() const;

  /// The smallest level of a dot that reads \p value itself; -1 if none does.
  int64_t ofFirstReader(mlir::Value value) const;

private:
  llvm::SmallVector<DotOp> dotsOfBody;
  llvm::DenseMap<mlir::Operation *, int64_t> levels;
};

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_DOTLEVELS_H
