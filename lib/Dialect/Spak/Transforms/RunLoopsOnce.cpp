// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: that the loop of a tile which overlaps the next one, or is cut, is
// never empty. An empty one runs a step past the end of its axis, where all is
// absent.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_RUNLOOPSONCE
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// The count of all tiles of the axis of \p loop, of which \p upper is the
/// least, or one of several, less a gap that the loop leaves out; null if it is
/// not among them. A body that skips a gap only ever adds to its tiles'
/// numbers, so what is past the end stays there.
Value tileCountOf(ForOp loop, Value upper) {
  Operation *def = upper.getDefiningOp();
  if (auto count = dyn_cast_or_null<TileCountOp>(def)) {
    bool sameSize =
        static_cast<int64_t>(count.getSize()) == loop.getRangeType().getSize();
    return sameSize ? count.getResult() : Value();
  }
  SmallVector<Value, 2> sources;
  if (isa_and_nonnull<arith::MinSIOp, arith::MaxSIOp>(def)) {
    sources = def->getOperands();
  } else if (auto select = dyn_cast_or_null<arith::SelectOp>(def)) {
    sources = {select.getTrueValue(), select.getFalseValue()};
  } else if (auto difference = dyn_cast_or_null<arith::SubIOp>(def)) {
    sources = {difference.getLhs()};
  }
  for (Value source : sources) {
    if (Value count = tileCountOf(loop, source)) {
      return count;
    }
  }
  return {};
}

/// Whether \p a and \p b are one value, or the same constant.
bool isSame(Value a, Value b) {
  llvm::APInt first, second;
  return a == b || (matchPattern(a, m_ConstantInt(&first)) &&
                    matchPattern(b, m_ConstantInt(&second)) && first == second);
}

LogicalResult runOnce(ForOp loop) {
  Value count = tileCountOf(loop, loop.getUpper());
  if (!count) {
    auto grid = loop->getParentOfType<GridOp>();
    return loop.emitOpError("may be empty, and where its axis ends is not "
                            "known: request `")
           << (grid.getOverlapAttr() ? "overlap_tiles" : "tail")
           << "` needs a step past the end that the loop can run instead";
  }
  OpBuilder b(loop);
  Location loc = loop.getLoc();
  Value lower = loop.getLower(), upper = loop.getUpper();
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  // Not tile 0, which is there as soon as a tensor map has an element.
  Value past = arith::MaxSIOp::create(b, loc, count, one);
  Value any =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, lower, upper);
  Value from = arith::SelectOp::create(b, loc, any, lower, past);
  Value next = arith::AddIOp::create(b, loc, from, one);
  Value to = arith::MaxSIOp::create(b, loc, upper, next);
  if (loop.hasFullRange() && isSame(loop.getFullLower(), lower)) {
    loop.setFullRange(from, loop.getFullUpper());
  }
  loop.getLowerMutable().assign(from);
  loop.getUpperMutable().assign(to);
  return success();
}

class RunLoopsOncePass : public impl::RunLoopsOnceBase<RunLoopsOncePass> {
public:
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](GridOp grid) {
      bool cut = grid.getOrderAttr() && grid.getOrderAttr().splitsTail();
      if (!grid.getOverlapAttr() && !cut) {
        return WalkResult::advance();
      }
      for (ForOp loop : grid.getBody()->getOps<ForOp>()) {
        if (failed(runOnce(loop))) {
          return WalkResult::interrupt();
        }
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted()) {
      signalPassFailure();
    }
  }
};

} // namespace
} // namespace spak::ir
