// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the widening of loop bounds to what any block of a cluster needs.
// Decides nothing: plan-cluster has checked that it can be done.
#include "spak/Dialect/Spak/IR/SpakCluster.h"
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Trend.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_JOINCLUSTERBOUNDS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

class BoundJoiner {
public:
  BoundJoiner(GridOp grid, const Cluster &cluster)
      : cluster(cluster),
        variable(grid.getBody()->getArgument(cluster.variable)) {}

  void join(ForOp loop);

private:
  /// \p bound at the first or the last tile of the cluster; null if an op on
  /// the way cannot be copied.
  Value at(Value bound, bool last);
  void join(OpOperand &bound, bool upper);

  Cluster cluster;
  Value variable;
  llvm::DenseMap<Value, Value> atFirst, atLast;
};

Value BoundJoiner::at(Value bound, bool last) {
  if (sameInCluster(bound, cluster.name)) {
    return bound;
  }
  llvm::DenseMap<Value, Value> &known = last ? atLast : atFirst;
  if (Value result = known.lookup(bound)) {
    return result;
  }
  Operation *def = bound.getDefiningOp();
  if (!def || !isPure(def) || def->getNumRegions() != 0) {
    return nullptr;
  }
  OpBuilder b(def);
  b.setInsertionPointAfter(def);
  Value result;
  if (auto start = dyn_cast<StartOp>(def)) {
    if (start.getRange() != variable) {
      return nullptr;
    }
    result = ClusterStartOp::create(b, def->getLoc(), b.getIndexType(),
                                    variable, cluster.blocks, last);
  } else {
    IRMapping map;
    for (Value operand : def->getOperands()) {
      Value there = at(operand, last);
      if (!there) {
        return nullptr;
      }
      map.map(operand, there);
    }
    result =
        b.clone(*def, map)->getResult(cast<OpResult>(bound).getResultNumber());
  }
  known[bound] = result;
  return result;
}

void BoundJoiner::join(OpOperand &bound, bool upper) {
  Trend trend = trendOf(bound.get(), variable);
  // The largest of what grows is the last block's.
  bool last = (trend == Trend::Grows) == upper;
  if (Value joined = at(bound.get(), last)) {
    bound.set(joined);
  }
}

void BoundJoiner::join(ForOp loop) {
  join(loop.getLowerMutable(), /*upper=*/false);
  join(loop.getUpperMutable(), /*upper=*/true);
}

class JoinClusterBoundsPass
    : public impl::JoinClusterBoundsBase<JoinClusterBoundsPass> {
public:
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](GridOp grid) {
      return joinBounds(grid) ? WalkResult::advance() : WalkResult::interrupt();
    });
    if (result.wasInterrupted()) {
      signalPassFailure();
    }
  }

private:
  static bool joinBounds(GridOp grid) {
    std::optional<Cluster> cluster = clusterOf(grid);
    if (!cluster) {
      return true;
    }
    llvm::SmallSetVector<ForOp, 4> loops;
    grid.walk([&](LoadOp load) {
      if (!load.getStagingAttr() || load.getStagingAttr().getMulticast() == 1) {
        return;
      }
      for (auto loop = load->getParentOfType<ForOp>(); loop;
           loop = loop->getParentOfType<ForOp>()) {
        loops.insert(loop);
      }
    });
    BoundJoiner joiner(grid, *cluster);
    for (ForOp loop : loops) {
      joiner.join(loop);
      if (!sameInCluster(loop.getLower(), cluster->name) ||
          !sameInCluster(loop.getUpper(), cluster->name)) {
        loop.emitOpError("has a bound that the blocks of a cluster along `")
            << cluster->name << "` cannot join";
        return false;
      }
    }
    return true;
  }
};

} // namespace
} // namespace spak::ir
