// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the making of loops like other loops.
#include "LoopRewrite.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace spak::ir {

LoopBounds boundsOf(ForOp loop) {
  return {loop.getLower(), loop.getUpper(), loop.getFullLower(),
          loop.getFullUpper()};
}

LoopBounds mapped(LoopBounds bounds, const IRMapping &map) {
  for (Value *value :
       {&bounds.lower, &bounds.upper, &bounds.fullLower, &bounds.fullUpper}) {
    if (*value) {
      *value = map.lookupOrDefault(*value);
    }
  }
  return bounds;
}

bool isNeverEmpty(ForOp loop) {
  auto share = loop.getLower().getDefiningOp<ShareOp>();
  if (share && loop.getLower() == share.getFrom() &&
      loop.getUpper() == share.getTo()) {
    return true;
  }
  auto most = loop.getUpper().getDefiningOp<arith::MaxSIOp>();
  return most && llvm::any_of(most->getOperands(), [&](Value operand) {
           auto sum = operand.getDefiningOp<arith::AddIOp>();
           return sum && sum.getLhs() == loop.getLower() &&
                  matchPattern(sum.getRhs(), m_One());
         });
}

static Value plus(OpBuilder &b, Location loc, Value value, int64_t step) {
  Value by = arith::ConstantIndexOp::create(b, loc, std::abs(step));
  if (step < 0) {
    return arith::SubIOp::create(b, loc, value, by);
  }
  return arith::AddIOp::create(b, loc, value, by);
}

Value firstTile(OpBuilder &b, ForOp loop) {
  if (!loop.isReverse()) {
    return loop.getLower();
  }
  return plus(b, loop.getLoc(), loop.getUpper(), -1);
}

LoopBounds boundsWithoutFirst(OpBuilder &b, ForOp loop, bool masksBefore) {
  Location loc = loop.getLoc();
  LoopBounds old = boundsOf(loop);
  LoopBounds bounds = old;
  bool reverse = loop.isReverse();
  (reverse ? bounds.upper : bounds.lower) =
      reverse ? plus(b, loc, old.upper, -1) : plus(b, loc, old.lower, 1);
  if (!old.fullLower) {
    return bounds;
  }
  // A full range that began or ended with the loop still does.
  if (old.fullLower == old.lower) {
    bounds.fullLower = bounds.lower;
  } else if (masksBefore && !reverse) {
    bounds.fullLower = plus(b, loc, old.fullLower, 1);
  }
  if (old.fullUpper == old.upper) {
    bounds.fullUpper = bounds.upper;
  } else if (masksBefore && reverse) {
    bounds.fullUpper = plus(b, loc, old.fullUpper, -1);
  }
  return bounds;
}

ForOp createLoopLike(OpBuilder &b, ForOp like, const LoopBounds &bounds,
                     ValueRange inits) {
  auto loop = ForOp::create(b, like.getLoc(), bounds.lower, bounds.upper,
                            bounds.fullLower, bounds.fullUpper, inits,
                            like.getRange().getType());
  loop.setDirectionAttr(like.getDirectionAttr());
  loop.setOverlapAttr(like.getOverlapAttr());
  loop.setUnrollAttr(like.getUnrollAttr());
  return loop;
}

} // namespace spak::ir
