// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading a cluster from an order, and what depends on the block.
#include "spak/Dialect/Spak/IR/SpakCluster.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace spak::ir {

std::optional<Cluster> clusterOf(GridOp grid) {
  OrderAttr order = grid.getOrderAttr();
  if (!order) {
    return std::nullopt;
  }
  for (unsigned i = 0; i < grid.getExtents().size(); ++i) {
    std::string name = grid.variableName(i);
    auto blocks = dyn_cast_or_null<IntegerAttr>(
        order.getParams().get((kClusterParam + name).str()));
    if (blocks && blocks.getInt() > 1) {
      return Cluster{i, name, blocks.getInt()};
    }
  }
  return std::nullopt;
}

std::optional<Cluster> clusterOf(KernelOp kernel) {
  std::optional<Cluster> cluster;
  kernel.walk([&](GridOp grid) {
    cluster = clusterOf(grid);
    return WalkResult::interrupt();
  });
  return cluster;
}

bool sameInCluster(Value value, StringRef axis) {
  llvm::DenseSet<Value> seen;
  SmallVector<Value> work = {value};
  while (!work.empty()) {
    Value next = work.pop_back_val();
    if (!seen.insert(next).second) {
      continue;
    }
    Operation *def = next.getDefiningOp();
    if (isa_and_nonnull<ClusterStartOp>(def)) {
      continue;
    }
    if (auto argument = dyn_cast<BlockArgument>(next)) {
      Operation *parent = argument.getOwner()->getParentOp();
      unsigned number = argument.getArgNumber();
      if (auto grid = dyn_cast<GridOp>(parent)) {
        unsigned variables = grid.getExtents().size();
        if (number < variables && grid.variableName(number) == axis) {
          return false;
        }
        if (number >= variables) {
          Operation *end = argument.getOwner()->getTerminator();
          work.push_back(parent->getOperand(number));
          work.push_back(end->getOperand(number - variables));
        }
      } else if (auto loop = dyn_cast<ForOp>(parent); loop && number > 0) {
        work.push_back(loop.getInitArgs()[number - 1]);
        work.push_back(loop.getYield().getArgs()[number - 1]);
      }
      // Loops run in step: the tile of an iteration is the same.
      continue;
    }
    unsigned number = cast<OpResult>(next).getResultNumber();
    for (Region &region : def->getRegions()) {
      if (!region.empty() && region.front().mightHaveTerminator()) {
        ValueRange yielded = region.front().getTerminator()->getOperands();
        if (number < yielded.size()) {
          work.push_back(yielded[number]);
        }
      }
    }
    llvm::append_range(work, def->getOperands());
  }
  return true;
}

/// Whether \p value is computed from the kernel's arguments alone.
static bool isKnownAtLaunch(Value value) {
  Operation *def = value.getDefiningOp();
  if (!def) {
    return isa<KernelOp>(value.getParentBlock()->getParentOp());
  }
  return isMemoryEffectFree(def) && def->getNumRegions() == 0 &&
         llvm::all_of(def->getOperands(), isKnownAtLaunch);
}

Value divisorOver(Value index, BlockArgument variable) {
  Operation *def = index.getDefiningOp();
  bool divides =
      isa_and_nonnull<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp>(def);
  if (!divides || !variable.getType().isIndex() ||
      def->getOperand(0) != variable || !isKnownAtLaunch(def->getOperand(1))) {
    return {};
  }
  return def->getOperand(1);
}

} // namespace spak::ir
