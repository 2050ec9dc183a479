// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: that a visit of a tile has a share of its steps, and that what several
// visits have made of a tile is joined before it is finished. Which share is
// the grid's.
#include "spak/Dialect/Spak/IR/SpakCluster.h"
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "ScalarBounds.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_SPLITTAILS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// What a cut loop carries out.
struct Carried {
  SoftmaxFinishOp finish; ///< of the softmax; null for a sum
  Value sum;
};

class TailSplitter {
public:
  TailSplitter(GridOp grid, ForOp loop) : grid(grid), loop(loop) {}

  LogicalResult run();

private:
  LogicalResult checkTail();
  FailureOr<Carried> findCarried();
  bool isSumFromZero(OpResult result);
  /// Moves what computes \p value in front of the grid: it is the same for all
  /// tiles.
  void hoist(Value value);
  void shareBounds();

  GridOp grid;
  ForOp loop;
  ShareOp share;
};

/// Whether \p value is \p start with something added.
bool addsTo(Value value, Value start) {
  if (value == start) {
    return true;
  }
  Operation *def = value.getDefiningOp();
  if (auto dot = dyn_cast_or_null<DotOp>(def)) {
    return dot.getAcc() && addsTo(dot.getAcc(), start);
  }
  return isa_and_nonnull<arith::AddFOp>(def) &&
         (addsTo(def->getOperand(0), start) ||
          addsTo(def->getOperand(1), start));
}

bool TailSplitter::isSumFromZero(OpResult result) {
  unsigned number = result.getResultNumber();
  Value argument = loop.getRegionIterArgs()[number];
  auto type = dyn_cast<TileType>(result.getType());
  // What else reads the sum of the steps before would read that of some only.
  return type && type.getElementType().isF32() && argument.hasOneUse() &&
         isZeroTile(loop.getInitArgs()[number]) &&
         addsTo(loop.getYield().getArgs()[number], argument);
}

FailureOr<Carried> TailSplitter::findCarried() {
  SmallVector<OpResult> used;
  for (OpResult result : loop->getResults()) {
    if (!result.use_empty()) {
      used.push_back(result);
    }
  }
  if (used.size() == 1 && isSumFromZero(used.front())) {
    return Carried{{}, used.front()};
  }
  if (used.size() == 2) {
    for (auto finish : grid.getBody()->getOps<SoftmaxFinishOp>()) {
      bool both = llvm::all_of(used, [&](OpResult result) {
        return result.hasOneUse() && *result.getUsers().begin() == finish;
      });
      if (both) {
        return Carried{finish, {}};
      }
    }
  }
  return loop.emitOpError("request `tail` = split needs a loop that carries "
                          "out a softmax with its output, or one sum of f32 "
                          "that begins at zero; it carries out ")
         << used.size() << (used.size() == 1 ? " value" : " values")
         << " of another kind";
}

LogicalResult TailSplitter::checkTail() {
  if (clusterOf(grid)) {
    return grid.emitOpError("request `tail` = split cuts tiles for blocks, "
                            "not for clusters: it needs a cluster of 1");
  }
  for (Operation *op = loop->getNextNode(); op; op = op->getNextNode()) {
    auto load = dyn_cast<LoadOp>(op);
    bool staged = load && load.getStagingAttr();
    if (staged || isa<DotOp>(op) || op->getNumRegions() != 0) {
      return op->emitOpError("stands behind the loop of a tile, where request "
                             "`tail` = split knows element-wise ops, "
                             "reductions and stores only");
    }
  }
  return success();
}

void TailSplitter::hoist(Value value) {
  Operation *def = value.getDefiningOp();
  if (!def || !grid->isProperAncestor(def)) {
    return;
  }
  for (Value operand : def->getOperands()) {
    hoist(operand);
  }
  def->moveBefore(grid);
}

void TailSplitter::shareBounds() {
  Value lower = loop.getLower(), upper = loop.getUpper();
  hoist(lower);
  hoist(upper);
  OpBuilder b(grid.getContext());
  b.setInsertionPointToStart(grid.getBody());
  share = ShareOp::create(b, loop.getLoc(), lower, upper,
                          grid.getVariables().front());
  if (loop.hasFullRange()) {
    loop.setFullRange(
        loop.getFullLower() == lower ? share.getFrom() : loop.getFullLower(),
        loop.getFullUpper() == upper ? share.getTo() : loop.getFullUpper());
  }
  loop.getLowerMutable().assign(share.getFrom());
  loop.getUpperMutable().assign(share.getTo());
}

LogicalResult TailSplitter::run() {
  if (failed(checkTail())) {
    return failure();
  }
  FailureOr<Carried> carried = findCarried();
  if (failed(carried)) {
    return failure();
  }
  shareBounds();
  SmallVector<Operation *> rest;
  for (Operation *op = loop->getNextNode();
       !op->hasTrait<OpTrait::IsTerminator>(); op = op->getNextNode()) {
    rest.push_back(op);
  }
  OpBuilder b(loop);
  b.setInsertionPointAfter(loop);
  Location loc = loop.getLoc();
  Value last;
  if (SoftmaxFinishOp finish = carried->finish) {
    auto join = SoftmaxJoinOp::create(b, finish.getLoc(), finish.getRows(),
                                      finish.getO(), finish.getScale(),
                                      share.getPart());
    finish.getRowsMutable().assign(join.getAllRows());
    finish.getOMutable().assign(join.getResult());
    last = join.getLast();
  } else {
    auto join = JoinOp::create(b, loc, carried->sum, share.getPart());
    carried->sum.replaceAllUsesExcept(join.getResult(), join);
    last = join.getLast();
  }
  auto finished = scf::IfOp::create(b, loc, last, /*withElseRegion=*/false);
  for (Operation *op : rest) {
    op->moveBefore(finished.thenBlock()->getTerminator());
  }
  return success();
}

class SplitTailsPass : public impl::SplitTailsBase<SplitTailsPass> {
public:
  void runOnOperation() override {
    SmallVector<GridOp> grids;
    getOperation().walk([&](GridOp grid) {
      if (grid.getOrderAttr() && grid.getOrderAttr().splitsTail()) {
        grids.push_back(grid);
      }
    });
    for (GridOp grid : grids) {
      auto loops = grid.getBody()->getOps<ForOp>();
      if (!llvm::hasSingleElement(loops)) {
        grid.emitOpError("has a tail that is cut, so it needs one loop, got ")
            << llvm::range_size(loops);
        return signalPassFailure();
      }
      if (failed(TailSplitter(grid, *loops.begin()).run())) {
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace spak::ir
