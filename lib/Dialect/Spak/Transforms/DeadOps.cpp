// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the removal of operations that a rewrite left without a use.
#include "DeadOps.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace spak::ir {

void eraseIfDead(Operation *op) {
  // A set: an operand of two dead operations must not wait twice to be erased.
  llvm::SetVector<Operation *> work;
  work.insert(op);
  while (!work.empty()) {
    Operation *next = work.pop_back_val();
    if (!isOpTriviallyDead(next)) {
      continue;
    }
    SmallVector<Operation *> sources;
    for (Value operand : next->getOperands()) {
      if (Operation *source = operand.getDefiningOp()) {
        sources.push_back(source);
      }
    }
    next->erase();
    work.insert(sources.begin(), sources.end());
  }
}

} // namespace spak::ir
