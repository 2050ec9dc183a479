// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the cut of a loop at its full range. Knows nothing of how the range
// was found.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "BoundProof.h"
#include "EmptyRows.h"
#include "LoopRewrite.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_UNSWITCHMASKEDLOOPS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// One piece of the cut loop: tiles [lower, upper).
struct Piece {
  Value lower;
  Value upper;
  /// No mask drops anything of it.
  bool full;
  /// Nor did one of the iteration before.
  bool settled = true;
};

/// Whether a product of \p loop leaves out what masks of the iteration before
/// dropped.
bool trimsIterationBefore(ForOp loop) {
  auto dots = loop.getBody()->getOps<DotOp>();
  return llvm::any_of(dots, [&](DotOp dot) {
    auto carried = dyn_cast_or_null<BlockArgument>(dot.getNeeded());
    return carried && carried.getOwner() == loop.getBody();
  });
}

void needAll(DotOp dot) {
  dot.getNeededMutable().clear();
  dot.removeAlongAttr();
  dot.removeByAttr();
}

/// Of a full piece every block is needed.
void dropTrims(ForOp loop, bool settled) {
  SmallVector<NeededOp> dropped;
  loop.getRegion().walk([&](NeededOp needed) { dropped.push_back(needed); });
  for (NeededOp needed : dropped) {
    OpBuilder b(needed);
    needed.getResult().replaceAllUsesWith(
        arith::ConstantIndexOp::create(b, needed.getLoc(), -1).getResult());
    needed.erase();
  }
  loop.getRegion().walk([&](DotOp dot) {
    Value needed = dot.getNeeded();
    if (needed && (settled || !isa<BlockArgument>(needed))) {
      needAll(dot);
    }
  });
}

void dropMasks(ForOp loop) {
  loop.getRegion().walk([](Operation *op) {
    if (auto mask = dyn_cast<MaskOp>(op)) {
      mask.getResult().replaceAllUsesWith(mask.getSrc());
      mask.erase();
    } else if (auto advance = dyn_cast<SoftmaxAdvanceOp>(op)) {
      // Not only masks can empty a row.
      advance.setMayBeEmpty(advance.getMayBeEmpty() &&
                            mayHaveEmptyRows(advance.getS()));
    }
  });
}

/// Adds the full piece [\p first, \p last); where products look back, its first
/// iteration is a piece of its own.
void addFullPiece(OpBuilder &b, ForOp loop, Value first, Value last,
                  SmallVectorImpl<Piece> &pieces) {
  if (!trimsIterationBefore(loop)) {
    pieces.push_back({first, last, true});
    return;
  }
  Location loc = loop.getLoc();
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  if (loop.isReverse()) {
    Value before = arith::SubIOp::create(b, loc, last, one);
    Value at = arith::MaxSIOp::create(b, loc, first, before);
    pieces.push_back({first, at, true});
    pieces.push_back({at, last, true, /*settled=*/false});
    return;
  }
  Value behind = arith::AddIOp::create(b, loc, first, one);
  Value at = arith::MinSIOp::create(b, loc, last, behind);
  pieces.push_back({first, at, true, /*settled=*/false});
  pieces.push_back({at, last, true});
}

/// The pieces of \p loop in the order of its tiles.
SmallVector<Piece> piecesOf(OpBuilder &b, ForOp loop) {
  Location loc = loop.getLoc();
  LoopBounds bounds = boundsOf(loop);
  SmallVector<Piece> pieces;
  // Clamp: the full range may begin before the loop or end after it, and it
  // may be empty.
  Value first = bounds.lower;
  if (!isProvedAtLeast(bounds.lower, bounds.fullLower)) {
    Value from = arith::MaxSIOp::create(b, loc, bounds.fullLower, bounds.lower);
    first = arith::MinSIOp::create(b, loc, from, bounds.upper);
    pieces.push_back({bounds.lower, first, false});
  }
  if (isProvedAtLeast(bounds.fullUpper, bounds.upper)) {
    addFullPiece(b, loop, first, bounds.upper, pieces);
    return pieces;
  }
  Value to = arith::MinSIOp::create(b, loc, bounds.fullUpper, bounds.upper);
  Value last = arith::MaxSIOp::create(b, loc, to, first);
  addFullPiece(b, loop, first, last, pieces);
  pieces.push_back({last, bounds.upper, false});
  return pieces;
}

void unswitch(ForOp loop) {
  OpBuilder b(loop);
  SmallVector<Piece> pieces = piecesOf(b, loop);
  if (loop.isReverse()) {
    std::reverse(pieces.begin(), pieces.end());
  }
  SmallVector<Value> carried(loop.getInitArgs());
  for (const Piece &piece : pieces) {
    ForOp copy =
        createLoopLike(b, loop, {piece.lower, piece.upper, {}, {}}, carried);
    IRMapping map;
    map.map(loop.getBody()->getArguments(), copy.getBody()->getArguments());
    OpBuilder inner = OpBuilder::atBlockEnd(copy.getBody());
    for (Operation &op : *loop.getBody()) {
      inner.clone(op, map);
    }
    if (piece.full) {
      dropMasks(copy);
      dropTrims(copy, piece.settled);
    }
    carried.assign(copy.getResults().begin(), copy.getResults().end());
  }
  loop.replaceAllUsesWith(carried);
  loop.erase();
}

class UnswitchMaskedLoopsPass
    : public impl::UnswitchMaskedLoopsBase<UnswitchMaskedLoopsPass> {
public:
  void runOnOperation() override {
    SmallVector<ForOp> loops;
    getOperation().walk([&](ForOp loop) {
      if (loop.hasFullRange()) {
        loops.push_back(loop);
      }
    });
    for (ForOp loop : loops) {
      bool masked = false;
      loop.getRegion().walk([&](MaskOp) { masked = true; });
      if (masked) {
        unswitch(loop);
      } else {
        loop.removeFullRange();
      }
    }
  }
};

} // namespace
} // namespace spak::ir
