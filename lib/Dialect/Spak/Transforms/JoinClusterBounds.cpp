// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the widening of loop bounds to what any block of a cluster needs.
// Decides nothing: plan-cluster has checked that it can be done.
#include "spak/Dialect/Spak/IR/SpakCluster.h"
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Requests.h"
#include "Trend.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_JOINCLUSTERBOUNDS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

class BoundJoiner {
public:
  BoundJoiner(GridOp grid, const Cluster &cluster)
      : grid(grid), cluster(cluster),
        variable(grid.getBody()->getArgument(cluster.variable)) {}

  void join(ForOp loop);
  /// Takes the indices of \p load at the first block, where only its division
  /// makes an index the same, and has the launch check the divisor.
  void join(LoadOp load);

private:
  /// \p bound at the first or the last tile of the cluster; null if an op on
  /// the way cannot be copied.
  Value at(Value bound, bool last);
  void join(OpOperand &bound, bool upper);
  /// Copies what \p value is computed from to where \p b stands, outside of the
  /// grid.
  Value copyTo(OpBuilder &b, Value value, IRMapping &map);
  /// Has the launch check that the cluster's size divides \p divisor.
  void check(Value divisor, Location loc);

  GridOp grid;
  Cluster cluster;
  BlockArgument variable;
  llvm::DenseMap<Value, Value> atFirst, atLast;
  llvm::DenseSet<Value> checked;
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

/// The names in \p value, a quotient of dims, as a message shows them.
std::string textOf(Value value) {
  if (auto quotient = value.getDefiningOp<arith::DivUIOp>()) {
    return textOf(quotient.getLhs()) + " / " + textOf(quotient.getRhs());
  }
  StringRef name = sourceName(value);
  return name.empty() ? "a divisor" : name.str();
}

Value BoundJoiner::copyTo(OpBuilder &b, Value value, IRMapping &map) {
  Operation *def = value.getDefiningOp();
  if (!def || !grid->isProperAncestor(def)) {
    return value;
  }
  for (Value operand : def->getOperands()) {
    map.map(operand, copyTo(b, operand, map));
  }
  return b.clone(*def, map)->getResult(cast<OpResult>(value).getResultNumber());
}

void BoundJoiner::check(Value divisor, Location loc) {
  if (!checked.insert(divisor).second) {
    return;
  }
  OpBuilder b(grid);
  IRMapping map;
  Value there = copyTo(b, divisor, map);
  Value blocks = arith::ConstantIndexOp::create(b, loc, cluster.blocks);
  Value rest = arith::RemUIOp::create(b, loc, there, blocks);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value whole =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, rest, zero);
  RequireOp::create(b, loc, whole,
                    textOf(divisor) + " is a multiple of the " +
                        std::to_string(cluster.blocks) +
                        " blocks of a cluster");
}

void BoundJoiner::join(LoadOp load) {
  for (OpOperand &index : load.getAtMutable()) {
    Value divisor = sameInCluster(index.get(), cluster.name)
                        ? Value()
                        : divisorOver(index.get(), variable);
    if (!divisor) {
      continue;
    }
    Operation *division = index.get().getDefiningOp();
    Value &joined = atFirst[index.get()];
    if (!joined) {
      OpBuilder b(division);
      Value first = ClusterStartOp::create(
          b, division->getLoc(), b.getIndexType(), variable, cluster.blocks,
          /*last=*/false);
      IRMapping map;
      map.map(variable, first);
      joined = b.clone(*division, map)->getResult(0);
    }
    index.set(joined);
    check(divisor, division->getLoc());
  }
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
    BoundJoiner joiner(grid, *cluster);
    llvm::SmallSetVector<ForOp, 4> loops;
    SmallVector<LoadOp> loads;
    grid.walk([&](LoadOp load) {
      if (!load.getStagingAttr() || load.getStagingAttr().getMulticast() == 1) {
        return;
      }
      loads.push_back(load);
      for (auto loop = load->getParentOfType<ForOp>(); loop;
           loop = loop->getParentOfType<ForOp>()) {
        loops.insert(loop);
      }
    });
    for (LoadOp load : loads) {
      joiner.join(load);
    }
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
