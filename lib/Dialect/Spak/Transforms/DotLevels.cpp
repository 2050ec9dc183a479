// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the levels of the dots in a loop's body.
#include "DotLevels.h"

#include "Stages.h"

using namespace mlir;

namespace spak::ir {

DotLevels::DotLevels(ForOp loop) {
  // Dots seen by the longest chain that ends at an op, that op included.
  llvm::DenseMap<Operation *, int64_t> seen;
  for (Operation &op : loop.getBody()->without_terminator()) {
    int64_t before = 0;
    forEachOutsideOperand(&op, [&](Value value) {
      Operation *def = value.getDefiningOp();
      if (def && def->getBlock() == loop.getBody()) {
        before = std::max(before, seen.lookup(def));
      }
    });
    if (auto dot = dyn_cast<DotOp>(op)) {
      dotsOfBody.push_back(dot);
      levels[dot] = before;
      ++before;
    }
    seen[&op] = before;
  }
}

int64_t DotLevels::deepest() const {
  int64_t deepest = -1;
  for (DotOp dot : dotsOfBody) {
    deepest = std::max(deepest, of(dot));
  }
  return deepest;
}

int64_t DotLevels::ofFirstReader(Value value) const {
  int64_t first = -1;
  for (DotOp dot : dotsOfBody) {
    if ((dot.getA() == value || dot.getB() == value) &&
        (first < 0 || of(dot) < first)) {
      first = of(dot);
    }
  }
  return first;
}

} // namespace spak::ir
