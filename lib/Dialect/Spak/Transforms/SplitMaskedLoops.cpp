// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the bounds and the full range that a loop has from the masks in its
// body. Clones nothing, and drops no mask.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "MaskBounds.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_SPLITMASKEDLOOPS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

//===----------------------------------------------------------------------===//
// Whether a tile that masks empty does nothing
//===----------------------------------------------------------------------===//

/// What is known of a value in an iteration in which some masks keep nothing.
struct Known {
  enum Kind { Unknown, NegativeInfinity, Zero, Carried } kind = Unknown;
  /// Carried: the argument whose value it still has.
  Value argument;
};

/// Follows -inf and 0 through the body of a loop. Products with 0 count as 0:
/// what is masked out is never read, so nothing there can be infinite.
class EmptyTile {
public:
  EmptyTile(ForOp loop, ArrayRef<MaskOp> empty) : loop(loop), empty(empty) {}

  /// Whether every carried value comes out of the iteration as it went in.
  bool changesNothing() {
    for (BlockArgument arg : loop.getRegionIterArgs()) {
      known[arg] = {Known::Carried, arg};
    }
    for (Operation &op : loop.getBody()->without_terminator()) {
      if (!isMemoryEffectFree(&op) && !isa<LoadOp, LoadScalarOp>(op)) {
        return false;
      }
      if (op.getNumResults() == 1) {
        known[op.getResult(0)] = evaluate(&op);
      }
    }
    for (auto [arg, yielded] :
         llvm::zip(loop.getRegionIterArgs(), loop.getYield().getArgs())) {
      Known value = known.lookup(yielded);
      if (value.kind != Known::Carried || value.argument != arg) {
        return false;
      }
    }
    return true;
  }

private:
  bool is(Value value, Known::Kind kind) const {
    return known.lookup(value).kind == kind;
  }

  Known evaluate(Operation *op) const {
    if (auto mask = dyn_cast<MaskOp>(op)) {
      bool nothing = llvm::is_contained(empty, mask) ||
                     is(mask.getSrc(), Known::NegativeInfinity);
      return {nothing ? Known::NegativeInfinity : Known::Unknown, {}};
    }
    if (auto update = dyn_cast<SoftmaxUpdateOp>(op)) {
      return is(update.getS(), Known::NegativeInfinity)
                 ? known.lookup(update.getState())
                 : Known();
    }
    if (auto dot = dyn_cast<DotOp>(op)) {
      if (!is(dot.getA(), Known::Zero) && !is(dot.getB(), Known::Zero)) {
        return {};
      }
      return dot.getAcc() ? known.lookup(dot.getAcc()) : Known{Known::Zero, {}};
    }
    if (isa<math::ExpOp, math::Exp2Op>(op)) {
      return {is(op->getOperand(0), Known::NegativeInfinity) ? Known::Zero
                                                             : Known::Unknown,
              {}};
    }
    if (isa<ConvertOp, BroadcastOp>(op)) {
      return known.lookup(op->getOperand(0));
    }
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      Known source = known.lookup(reduce.getSrc());
      bool adds = reduce.getKind() == "add";
      bool kept = adds ? source.kind == Known::Zero
                       : reduce.getKind() == "max" &&
                             source.kind == Known::NegativeInfinity;
      return kept ? source : Known();
    }
    if (isa<arith::MulFOp>(op)) {
      bool zero = is(op->getOperand(0), Known::Zero) ||
                  is(op->getOperand(1), Known::Zero);
      return {zero ? Known::Zero : Known::Unknown, {}};
    }
    if (isa<arith::AddFOp>(op)) {
      return neutral(op, Known::Zero);
    }
    if (isa<arith::MaximumFOp>(op)) {
      return neutral(op, Known::NegativeInfinity);
    }
    return {};
  }

  /// One operand, if the other is the neutral element.
  Known neutral(Operation *op, Known::Kind element) const {
    for (unsigned i : {0u, 1u}) {
      if (is(op->getOperand(i), element)) {
        return known.lookup(op->getOperand(1 - i));
      }
    }
    return {};
  }

  ForOp loop;
  ArrayRef<MaskOp> empty;
  llvm::DenseMap<Value, Known> known;
};

//===----------------------------------------------------------------------===//
// The bounds of a loop
//===----------------------------------------------------------------------===//

class LoopSplit {
public:
  explicit LoopSplit(ForOp loop)
      : loop(loop), bounds(loop), b(loop), loc(loop.getLoc()) {}

  void run();

private:
  struct Mask {
    MaskOp op;
    SmallVector<MapBounds, 1> maps;
  };

  void tighten();
  bool leaveGap(const Mask &mask);
  std::pair<Value, Value> intervalOf(const MapBounds &map);
  /// The number under which the loop runs tile \p tile.
  Value withoutGap(Value tile);
  void renumberTiles();
  void setFull();
  std::optional<TileBounds> allOf(const Mask &mask) const;
  /// `lower` and `upper` of the tiles for which \p maps keep something; null
  /// where there is no such bound.
  std::pair<Value, Value> hull(ArrayRef<MapBounds> maps);

  Value extreme(ArrayRef<AffineExpr> exprs, bool least);
  Value join(Value x, Value y, bool least);
  bool isLoopEnd(AffineExpr upper);
  /// Calls what was made for this loop after its axis.
  void name(Value bound, StringRef suffix);

  ForOp loop;
  MaskBounds bounds;
  OpBuilder b;
  Location loc;
  std::vector<Mask> masks;
  /// The first tile that no interval has, and how many follow on it.
  Value gapBegin, gapSize;
};

/// The least or largest of \p exprs as a value; null if there are none.
Value LoopSplit::extreme(ArrayRef<AffineExpr> exprs, bool least) {
  if (exprs.empty()) {
    return {};
  }
  SmallVector<Value> operands;
  SmallVector<AffineExpr> replacements;
  llvm::SmallBitVector read(bounds.operands().size());
  for (AffineExpr expr : exprs) {
    for (unsigned k = 0; k < read.size(); ++k) {
      read[k] = read[k] || expr.isFunctionOfDim(k);
    }
  }
  for (auto [k, value] : llvm::enumerate(bounds.operands())) {
    replacements.push_back(
        read.test(k) ? getAffineDimExpr(operands.size(), b.getContext())
                     : getAffineConstantExpr(0, b.getContext()));
    if (!read.test(k)) {
      continue;
    }
    operands.push_back(
        isa<RangeType>(value.getType())
            ? StartOp::create(b, loc, b.getIndexType(), value).getResult()
            : value);
  }
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : exprs) {
    results.push_back(expr.replaceDims(replacements));
  }
  AffineMap map = AffineMap::get(operands.size(), 0, results, b.getContext());
  if (results.size() == 1) {
    return affine::AffineApplyOp::create(b, loc, map, operands);
  }
  if (least) {
    return affine::AffineMinOp::create(b, loc, map, operands);
  }
  return affine::AffineMaxOp::create(b, loc, map, operands);
}

Value LoopSplit::join(Value x, Value y, bool least) {
  if (!x || !y || x == y) {
    return x ? x : y;
  }
  if (least) {
    return arith::MinSIOp::create(b, loc, x, y);
  }
  return arith::MaxSIOp::create(b, loc, x, y);
}

void LoopSplit::name(Value bound, StringRef suffix) {
  Operation *def = bound.getDefiningOp();
  if (def && def->getLoc() == loc) {
    std::string axis = loop.getRangeType().getAxis().str();
    def->setLoc(NameLoc::get(b.getStringAttr(axis + suffix), loc));
  }
}

/// Whether \p upper is the number of tiles to which the loop runs anyway.
bool LoopSplit::isLoopEnd(AffineExpr upper) {
  auto count = loop.getUpper().getDefiningOp<TileCountOp>();
  if (!count ||
      static_cast<int64_t>(count.getSize()) != loop.getRangeType().getSize()) {
    return false;
  }
  for (auto [k, value] : llvm::enumerate(bounds.operands())) {
    int64_t size = count.getSize();
    AffineExpr extent = getAffineDimExpr(k, b.getContext());
    if (value == count.getExtent() &&
        simplifyAffineExpr((extent + size - 1).floorDiv(size) - upper,
                           bounds.operands().size(), 0) == 0) {
      return true;
    }
  }
  return false;
}

std::pair<Value, Value> LoopSplit::hull(ArrayRef<MapBounds> maps) {
  Value lower, upper;
  bool hasLower = true, hasUpper = true;
  for (const MapBounds &map : maps) {
    hasLower &= !map.some.lower.empty();
    hasUpper &= !map.some.upper.empty() &&
                llvm::none_of(map.some.upper, [&](AffineExpr expr) {
                  return maps.size() > 1 && isLoopEnd(expr);
                });
  }
  for (const MapBounds &map : maps) {
    if (hasLower) {
      lower = join(lower, extreme(map.some.lower, false), /*least=*/true);
    }
    if (!hasUpper) {
      continue;
    }
    SmallVector<AffineExpr> ends;
    llvm::copy_if(map.some.upper, std::back_inserter(ends),
                  [&](AffineExpr expr) { return !isLoopEnd(expr); });
    if (!ends.empty()) {
      upper = join(upper, extreme(ends, true), /*least=*/false);
    }
  }
  return {lower, upper};
}

/// The tiles of the loop for which \p map keeps something.
std::pair<Value, Value> LoopSplit::intervalOf(const MapBounds &map) {
  Value lower = extreme(map.some.lower, /*least=*/false);
  Value upper = extreme(map.some.upper, /*least=*/true);
  return {join(loop.getLower(), lower, /*least=*/false),
          join(loop.getUpper(), upper, /*least=*/true)};
}

/// Leaves out what lies between the two intervals of \p mask. They may come
/// in either order and may overlap; one of them may be empty.
bool LoopSplit::leaveGap(const Mask &mask) {
  if (mask.maps.size() != 2) {
    return false;
  }
  auto begins = [](const MapBounds &map) { return map.some.lower.empty(); };
  auto ends = [](const MapBounds &map) { return map.some.upper.empty(); };
  const MapBounds &first = mask.maps[0], &second = mask.maps[1];
  if ((begins(first) && begins(second)) || (ends(first) && ends(second))) {
    return false; // They overlap, or reach to the same end.
  }
  auto [a0, a1] = intervalOf(first);
  auto [b0, b1] = intervalOf(second);
  auto choose = [&](Value from, Value to, Value x, Value y) -> Value {
    Value empty =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, from, to);
    return arith::SelectOp::create(b, loc, empty, x, y);
  };
  // In the place of an empty one stands the other.
  Value x0 = choose(a0, a1, b0, a0), x1 = choose(a0, a1, b1, a1);
  Value y0 = choose(b0, b1, x0, b0), y1 = choose(b0, b1, x1, b1);
  gapBegin = join(x1, y1, /*least=*/true);
  Value gapEnd = join(gapBegin, join(x0, y0, /*least=*/false),
                      /*least=*/false);
  gapSize = arith::SubIOp::create(b, loc, gapEnd, gapBegin);
  name(gapBegin, "_gap_begin");
  name(gapSize, "_gap");
  Value end = join(x1, y1, /*least=*/false);
  loop.getLowerMutable().assign(join(x0, y0, /*least=*/true));
  loop.getUpperMutable().assign(
      arith::SubIOp::create(b, loc, end, gapSize).getResult());
  return true;
}

Value LoopSplit::withoutGap(Value tile) {
  if (!gapSize) {
    return tile;
  }
  // Before the gap as it is; in it, its begin.
  Value moved = arith::SubIOp::create(b, loc, tile, gapSize);
  return join(tile, join(gapBegin, moved, /*least=*/false), /*least=*/true);
}

/// The body sees the tiles that are meant.
void LoopSplit::renumberTiles() {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  RangeType type = loop.getRangeType();
  Value start = StartOp::create(b, loc, b.getIndexType(), loop.getRange());
  AffineMap map =
      AffineMap::get(1, 0, b.getAffineDimExpr(0).floorDiv(type.getSize()));
  Value number = affine::AffineApplyOp::create(b, loc, map, ValueRange{start});
  Value beyond = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                       number, gapBegin);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value skipped = arith::SelectOp::create(b, loc, beyond, gapSize, zero);
  Value tile = arith::AddIOp::create(b, loc, number, skipped);
  Value range = TileRangeOp::create(b, loop.getRange().getLoc(), type, tile);
  loop.getRange().replaceUsesWithIf(range, [&](OpOperand &use) {
    return use.getOwner() != start.getDefiningOp();
  });
}

/// Leaves out tiles that masks empty, where they do nothing then.
void LoopSplit::tighten() {
  SmallVector<Mask *> enough;
  for (Mask &mask : masks) {
    if (EmptyTile(loop, mask.op).changesNothing()) {
      enough.push_back(&mask);
    }
  }
  Value lower, upper;
  if (!enough.empty()) {
    // Any one of them empties the tile.
    for (Mask *mask : enough) {
      auto [from, to] = hull(mask->maps);
      lower = join(lower, from, /*least=*/false);
      upper = join(upper, to, /*least=*/true);
    }
  } else {
    SmallVector<MaskOp> all;
    SmallVector<MapBounds, 1> maps;
    for (Mask &mask : masks) {
      all.push_back(mask.op);
      llvm::append_range(maps, mask.maps);
    }
    if (!EmptyTile(loop, all).changesNothing()) {
      return;
    }
    std::tie(lower, upper) = hull(maps);
  }
  if (lower) {
    loop.getLowerMutable().assign(
        join(loop.getLower(), lower, /*least=*/false));
  }
  if (upper) {
    loop.getUpperMutable().assign(join(loop.getUpper(), upper, /*least=*/true));
  }
  for (Mask *mask : enough) {
    if (leaveGap(*mask)) {
      break;
    }
  }
  name(loop.getLower(), "_begin");
  name(loop.getUpper(), "_end");
}

/// The tiles that a mask keeps as a whole: one interval.
std::optional<TileBounds> LoopSplit::allOf(const Mask &mask) const {
  std::optional<TileBounds> best;
  for (const MapBounds &map : mask.maps) {
    if (!map.all) {
      continue;
    }
    // Of several, the one bounded on both sides: windows are wider than what
    // comes before and after them.
    bool both = !map.all->lower.empty() && !map.all->upper.empty();
    if (!best || both) {
      best = map.all;
    }
  }
  return best;
}

/// Whether all maps end, or all begin, with the loop, so that their union is
/// an interval.
bool isOneSided(ArrayRef<MapBounds> maps, bool upper) {
  return llvm::all_of(maps, [&](const MapBounds &map) {
    return map.all && map.all->conditions.empty() &&
           (upper ? map.all->lower : map.all->upper).empty() &&
           !(upper ? map.all->upper : map.all->lower).empty();
  });
}

void LoopSplit::setFull() {
  Value lower, upper;
  TileBounds common;
  for (const Mask &mask : masks) {
    bool ends = isOneSided(mask.maps, /*upper=*/true);
    bool begins = isOneSided(mask.maps, /*upper=*/false);
    if (mask.maps.size() > 1 && (ends || begins)) {
      Value side;
      for (const MapBounds &map : mask.maps) {
        side = join(side, extreme(ends ? map.all->upper : map.all->lower, ends),
                    /*least=*/!ends);
      }
      Value &to = ends ? upper : lower;
      to = join(to, side, /*least=*/ends);
      continue;
    }
    std::optional<TileBounds> all = allOf(mask);
    if (!all) {
      return;
    }
    common.intersect(*all);
  }
  lower = join(lower, extreme(common.lower, /*least=*/false),
               /*least=*/false);
  upper = join(upper, extreme(common.upper, /*least=*/true), /*least=*/true);
  lower = lower ? withoutGap(lower) : loop.getLower();
  upper = upper ? withoutGap(upper) : loop.getUpper();
  if (Value least = extreme(common.conditions, /*least=*/true)) {
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value holds =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, least, zero);
    upper = arith::SelectOp::create(b, loc, holds, upper, lower);
  }
  name(lower, "_full_begin");
  name(upper, "_full_end");
  loop.setFullRange(lower, upper);
}

void LoopSplit::run() {
  bool concerned = false;
  loop.getRegion().walk([&](MaskOp mask) {
    concerned |= llvm::is_contained(mask.getRanges(), loop.getRange());
    masks.push_back({mask, bounds.of(mask)});
  });
  if (!concerned) {
    return;
  }
  tighten();
  setFull();
  if (gapSize) {
    renumberTiles();
  }
}

/// Whether \p op loads an element that the grid's variables name, which is
/// there whether the loop has tiles or not.
bool isAlwaysThere(Operation *op) {
  auto load = dyn_cast<LoadScalarOp>(op);
  return load && llvm::all_of(load.getAt(), [](Value index) {
           auto argument = dyn_cast<BlockArgument>(index);
           return argument && isa<GridOp>(argument.getOwner()->getParentOp());
         });
}

/// Moves what is the same scalar in every iteration out of \p loop: a mask's
/// symbol may be written in the loop.
void hoistScalars(ForOp loop) {
  for (Operation &op : llvm::make_early_inc_range(*loop.getBody())) {
    bool scalar = op.getNumResults() == 1 && op.getNumRegions() == 0 &&
                  op.getResult(0).getType().isIntOrIndexOrFloat() &&
                  (isPure(&op) || isAlwaysThere(&op));
    if (scalar && llvm::all_of(op.getOperands(), [&](Value operand) {
          return loop.isDefinedOutsideOfLoop(operand);
        })) {
      op.moveBefore(loop);
    }
  }
}

class SplitMaskedLoopsPass
    : public impl::SplitMaskedLoopsBase<SplitMaskedLoopsPass> {
public:
  void runOnOperation() override {
    getOperation().walk([](ForOp loop) {
      // A full range is the mark of a loop that was split.
      if (!loop.hasFullRange()) {
        hoistScalars(loop);
        LoopSplit(loop).run();
      }
    });
  }
};

} // namespace
} // namespace spak::ir
