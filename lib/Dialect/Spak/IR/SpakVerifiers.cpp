// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules of memory and compute ops, each under its label. What the
// rules mean stands in the ops' descriptions.
#include "TileRules.h"

using namespace mlir;
using namespace spak::ir;

//===----------------------------------------------------------------------===//
// Shared between rules
//===----------------------------------------------------------------------===//

LogicalResult spak::ir::verifyRank(Operation *op, ViewType view,
                                   ValueRange at) {
  if (static_cast<int64_t>(at.size()) != view.getRank()) {
    return op->emitOpError("expected one range or index per axis of ")
           << view << ", got " << at.size();
  }
  return success();
}

LogicalResult spak::ir::verifyAxes(Operation *op, ViewType view, ValueRange at,
                                   TileType tile) {
  SmallVector<RangeType> ranges;
  for (Value index : at) {
    if (auto range = dyn_cast<RangeType>(index.getType())) {
      ranges.push_back(range);
    }
  }
  bool same = ranges.size() == tile.getAxes().size();
  for (auto [range, axis, size] :
       llvm::zip(ranges, tile.getAxes(), tile.getShape())) {
    same &= range.getAxis() == axis && range.getSize() == size;
  }
  if (!same) {
    InFlightDiagnostic diag =
        op->emitOpError("expected the axes of the tile to be the ranges ");
    llvm::interleaveComma(ranges, diag);
    return diag << ", got " << tile;
  }
  if (view.getElementType() != tile.getElementType()) {
    return op->emitOpError("expected elements of type ")
           << view.getElementType() << " as in the view, got "
           << tile.getElementType();
  }
  return success();
}

bool spak::ir::sameAxes(TileType a, TileType b) {
  return a.getAxes() == b.getAxes() && a.getShape() == b.getShape();
}

bool spak::ir::keepsAxes(TileType part, TileType whole) {
  int64_t last = -1;
  for (auto [axis, size] : llvm::zip(part.getAxes(), part.getShape())) {
    int64_t index = whole.axisIndex(axis);
    if (index <= last || whole.getShape()[index] != size) {
      return false;
    }
    last = index;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

LogicalResult ClusterStartOp::verify() {
  if (getBlocks() < 2) {
    return emitOpError("expected a cluster of 2 blocks or more, got ")
           << getBlocks();
  }
  return success();
}

LogicalResult TileCountOp::verify() {
  // TILE-COUNT-SIZE
  if (static_cast<int64_t>(getSize()) < 1) {
    return emitOpError("expected a positive size, got ")
           << static_cast<int64_t>(getSize());
  }
  return success();
}

PackAxesOp PackAxesOp::behind(Value view, int64_t axis) {
  auto pack = view.getDefiningOp<PackAxesOp>();
  return pack && static_cast<int64_t>(pack.getOuter()) == axis ? pack
                                                               : PackAxesOp();
}

BlockArgument spak::ir::sourceOf(Value view) {
  while (auto pack = view.getDefiningOp<PackAxesOp>()) {
    view = pack.getView();
  }
  return cast<BlockArgument>(view);
}

LogicalResult PackAxesOp::verify() {
  // PACK-AXES
  ViewType from = getView().getType(), to = getResult().getType();
  int64_t rank = from.getRank(), outer = getOuter(), size = getSize();
  int64_t inner = getInner() ? static_cast<int64_t>(*getInner()) : -1;
  if (outer < 0 || outer >= rank || inner >= rank || inner == outer ||
      (getInner() && inner < 0)) {
    return emitOpError("expected two of the ") << rank << " axes of the view";
  }
  if (size < 2) {
    return emitOpError("expected groups of 2 elements or more, got ") << size;
  }
  // PACK-VIEW
  if (!isa<BlockArgument>(getView())) {
    return emitOpError("expected a view that is an argument of the kernel");
  }
  bool same =
      to.getRank() == rank && from.getElementType() == to.getElementType();
  for (int64_t axis = 0; same && axis < rank; ++axis) {
    int64_t length = from.getShape()[axis];
    length *= axis == outer && !ShapedType::isDynamic(length) ? size : 1;
    same &= length == to.getShape()[axis] &&
            (axis == outer || from.getAxes()[axis] == to.getAxes()[axis]);
  }
  if (!same) {
    return emitOpError("expected a view that differs in axis ")
           << outer << " alone, with " << size << " times its elements, got "
           << to;
  }
  return success();
}

LogicalResult LoadOp::verify() {
  // LOAD-RANK, LOAD-AXES
  return failure(failed(verifyRank(*this, getView().getType(), getAt())) ||
                 failed(verifyAxes(*this, getView().getType(), getAt(),
                                   getTile().getType())));
}

LogicalResult LoadScalarOp::verify() {
  // LOAD-RANK
  if (failed(verifyRank(*this, getView().getType(), getAt()))) {
    return failure();
  }
  // LOAD-ELEMENT
  Type element = getView().getType().getElementType();
  if (getValue().getType() != element) {
    return emitOpError("expected an element of type ")
           << element << " as in the view, got " << getValue().getType();
  }
  return success();
}

/// Whether different \p variable give different \p index: the variable itself,
/// perhaps moved by something else, perhaps of the tile before.
static bool selects(Value index, Value variable) {
  if (index == variable) {
    return true;
  }
  if (auto argument = dyn_cast<BlockArgument>(index)) {
    auto grid = dyn_cast<GridOp>(argument.getOwner()->getParentOp());
    if (!grid || argument.getArgNumber() < grid.getExtents().size()) {
      return false;
    }
    unsigned carried = argument.getArgNumber() - grid.getExtents().size();
    Value yielded = grid.getYield().getArgs()[carried];
    return yielded != index && selects(yielded, variable);
  }
  Operation *def = index.getDefiningOp();
  if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp, arith::MulIOp, TileRangeOp,
                       SubrangeOp, LoadScalarOp, arith::IndexCastOp>(def)) {
    return false;
  }
  return llvm::any_of(def->getOperands(), [&](Value operand) {
    return selects(operand, variable);
  });
}

LogicalResult StoreOp::verify() {
  // STORE-RANK, STORE-AXES
  if (failed(verifyRank(*this, getView().getType(), getAt())) ||
      failed(verifyAxes(*this, getView().getType(), getAt(),
                        getTile().getType()))) {
    return failure();
  }
  // STORE-DISJOINT
  auto grid = (*this)->getParentOfType<GridOp>();
  if (!grid || getCombine()) {
    return success();
  }
  for (BlockArgument variable : grid.getVariables()) {
    if (llvm::none_of(getAt(),
                      [&](Value index) { return selects(index, variable); })) {
      return emitOpError("writes the same elements for each value of grid "
                         "variable ")
             << variable.getArgNumber()
             << ": no index comes from it, and nothing combines";
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Compute
//===----------------------------------------------------------------------===//

/// DOT-INSTR-LAYOUT: B in shared memory; A in shared memory for `.ss`, in
/// registers for `.rs`; the result in registers.
static LogicalResult verifyInstr(DotOp dot) {
  StringRef instr = dot.getInstr().value_or("");
  if (!instr.starts_with("wgmma")) {
    return success();
  }
  bool aInRegisters = instr.starts_with("wgmma.rs");
  TileType a = dot.getA().getType(), b = dot.getB().getType();
  TileType result = dot.getResult().getType();
  auto expect = [&](TileType tile, bool shared,
                    StringRef what) -> LogicalResult {
    if (!tile.getLayout() || tile.isShared() != shared) {
      return dot.emitOpError("expected ")
             << what << " of `" << instr << "` in "
             << (shared ? "shared memory" : "registers") << ", got " << tile;
    }
    return success();
  };
  return failure(failed(expect(a, !aInRegisters, "operand a")) ||
                 failed(expect(b, true, "operand b")) ||
                 failed(expect(result, false, "the result")));
}

std::pair<int64_t, int64_t> DotOp::contracted() {
  if (std::optional<ArrayRef<int64_t>> part = getPart()) {
    return {(*part)[0], (*part)[1]};
  }
  return {0, getA().getType().axisSize(getOver())};
}

/// DOT-PART
static LogicalResult verifyPart(DotOp dot, int64_t size) {
  std::optional<ArrayRef<int64_t>> part = dot.getPart();
  if (!part) {
    return success();
  }
  if (part->size() != 2 || (*part)[0] < 0 || (*part)[1] < 1 ||
      (*part)[0] + (*part)[1] > size) {
    return dot.emitOpError("expected `part` to be a first element and a "
                           "count inside the ")
           << size << " of axis `" << dot.getOver() << "`";
  }
  if ((*part)[0] > 0 && !dot.getAcc()) {
    return dot.emitOpError("contracts from element ")
           << (*part)[0] << " on without an acc for those before";
  }
  return success();
}

LogicalResult DotOp::verify() {
  TileType a = getA().getType(), b = getB().getType();
  TileType result = getResult().getType();
  // DOT-OVER
  int64_t size = a.axisSize(getOver());
  if (size == 0 || size != b.axisSize(getOver())) {
    return emitOpError("expected both operands to have axis `")
           << getOver() << "` with one size, got " << a << " and " << b;
  }
  if (failed(verifyPart(*this, size))) {
    return failure();
  }
  // DOT-FREE-AXES
  size_t free = 0;
  for (TileType operand : {a, b}) {
    for (auto [axis, extent] :
         llvm::zip(operand.getAxes(), operand.getShape())) {
      if (axis.getValue() == getOver()) {
        continue;
      }
      TileType other = operand == a ? b : a;
      if (a != b && other.hasAxis(axis)) {
        return emitOpError("has axis `")
               << axis.getValue()
               << "` in both operands, which only the contracted axis can be";
      }
      if (result.axisSize(axis) != extent) {
        return emitOpError("expected the result to have axis `")
               << axis.getValue() << "` of size " << extent << ", got "
               << result;
      }
      ++free;
    }
  }
  if (free != result.getAxes().size()) {
    return emitOpError("expected the result to have the ")
           << free << " axes that are not contracted, got " << result;
  }
  // DOT-ACC-TYPE
  if (getAcc() && getAcc().getType() != result) {
    return emitOpError("expected acc to have the type of the result, ")
           << result << ", got " << getAcc().getType();
  }
  // DOT-NEEDED
  if (getNeeded()) {
    StringRef along = *getAlong();
    int64_t size = std::max(a.axisSize(along), b.axisSize(along));
    int64_t by = *getBy();
    if (by < 16 || by % 16 != 0 || size == 0 || size % by != 0 || getPart()) {
      return emitOpError("expected one part, and blocks of a multiple of 16 "
                         "that divide axis `")
             << along << "` of size " << size << ", got blocks of " << by;
    }
  }
  return verifyInstr(*this);
}

LogicalResult NeededOp::verify() {
  // NEEDED-DIMS
  for (AffineMap map : getKeep().getAsValueRange<AffineMapAttr>()) {
    if (map.getNumDims() != getRanges().size() ||
        map.getNumSymbols() != getSyms().size()) {
      return emitOpError("expected maps of ")
             << getRanges().size() << " dimensions and " << getSyms().size()
             << " symbols, got " << AffineMapAttr::get(map);
    }
  }
  // NEEDED-BLOCKS
  ArrayRef<int64_t> blocks = getBlocks();
  if (blocks.size() != 2 || blocks[0] < 1 || blocks[1] < 1 ||
      blocks[0] * blocks[1] > 32 || static_cast<int64_t>(getBy()) < 1) {
    return emitOpError("expected the numbers of blocks along rows and columns, "
                       "at most 32 in all, got ")
           << blocks;
  }
  return success();
}

LogicalResult ReduceOp::verify() {
  // REDUCE-DROPS-ONE
  TileType src = getSrc().getType(), result = getResult().getType();
  if (!src.hasAxis(getOver())) {
    return emitOpError("expected the source to have axis `")
           << getOver() << "`, got " << src;
  }
  if (!sameAxes(src.withoutAxis(getOver()), result) ||
      src.getElementType() != result.getElementType()) {
    return emitOpError("result must drop exactly axis `")
           << getOver() << "` of " << src << ", got " << result;
  }
  if (src.isShared() || result.isShared()) {
    return emitOpError("is done in registers");
  }
  return success();
}

LogicalResult BroadcastOp::verify() {
  // BROADCAST-KEEPS
  TileType src = getSrc().getType(), result = getResult().getType();
  if (!keepsAxes(src, result) ||
      src.getElementType() != result.getElementType()) {
    return emitOpError("expected the result to keep axes, sizes and elements "
                       "of ")
           << src << ", got " << result;
  }
  return success();
}

LogicalResult SplatOp::verify() {
  // SPLAT-ELEMENT
  if (getSrc().getType() != getResult().getType().getElementType()) {
    return emitOpError("expected elements of type ")
           << getSrc().getType() << ", got " << getResult().getType();
  }
  return success();
}

LogicalResult IndexOp::verify() {
  // INDEX-AXIS
  TileType result = getResult().getType();
  RangeType range = getRange().getType();
  if (result.getAxes().size() != 1 ||
      result.getAxes().front() != range.getAxis() ||
      result.getShape().front() != range.getSize() ||
      !result.getElementType().isInteger()) {
    return emitOpError("expected a tile of integers with the axis of ")
           << range << ", got " << result;
  }
  return success();
}

LogicalResult MaskOp::verify() {
  // MASK-DIMS
  if (getKeep().empty()) {
    return emitOpError("keeps nothing: expected one map or more");
  }
  for (AffineMap map : getMaps()) {
    if (map.getNumDims() != getRanges().size() ||
        map.getNumSymbols() != getSyms().size()) {
      return emitOpError("expected maps of ")
             << getRanges().size() << " ranges and " << getSyms().size()
             << " integers, got " << AffineMapAttr::get(map);
    }
  }
  TileType tile = getSrc().getType();
  for (Value value : getRanges()) {
    auto range = cast<RangeType>(value.getType());
    if (tile.axisSize(range.getAxis()) != range.getSize()) {
      return emitOpError("expected the tile to have the axis of ")
             << range << ", got " << tile;
    }
  }
  // MASK-FLOAT
  if (!isa<FloatType>(tile.getElementType())) {
    return emitOpError("expected elements that can be -inf, got ") << tile;
  }
  return success();
}

LogicalResult RampOp::verify() {
  // RAMP-DIMS
  AffineMap map = getAlong();
  TileType tile = getSrc().getType();
  if (map.getNumDims() != getRanges().size() ||
      map.getNumSymbols() != getSyms().size() || map.getNumResults() != 1) {
    return emitOpError("expected a map of ")
           << getRanges().size() << " ranges and " << getSyms().size()
           << " integers with one result, got " << AffineMapAttr::get(map);
  }
  if (!tile.getElementType().isF32()) {
    return emitOpError("expected elements in f32, got ") << tile;
  }
  for (Value value : getRanges()) {
    auto range = cast<RangeType>(value.getType());
    if (tile.axisSize(range.getAxis()) != range.getSize()) {
      return emitOpError("expected the tile to have the axis of ")
             << range << ", got " << tile;
    }
  }
  // RAMP-LINEAR
  bool linear = true;
  map.getResult(0).walk([&](AffineExpr part) {
    switch (part.getKind()) {
    case AffineExprKind::Mod:
    case AffineExprKind::FloorDiv:
    case AffineExprKind::CeilDiv:
      for (unsigned i = 0; i < map.getNumDims(); ++i) {
        linear &= !part.isFunctionOfDim(i);
      }
      break;
    default:
      break;
    }
  });
  if (!linear) {
    return emitOpError("expected a map that divides no index, got ")
           << AffineMapAttr::get(map);
  }
  return success();
}

LogicalResult SelectOp::verify() {
  // SELECT-CONDITION
  Type i1 = IntegerType::get(getContext(), 1);
  TileType expected = getResult().getType().withElementType(i1);
  if (getCond().getType() != expected) {
    return emitOpError("expected a condition of type ")
           << expected << ", got " << getCond().getType();
  }
  return success();
}

LogicalResult ConvertOp::verify() {
  // CONVERT-ELEMENT-ONLY
  TileType src = getSrc().getType(), result = getResult().getType();
  if (src.withElementType(result.getElementType()) != result) {
    return emitOpError("changes more than the element type: ")
           << src << " to " << result;
  }
  return success();
}

LogicalResult RoundedOp::verify() {
  // ROUNDED-TYPES
  if (!getSrc().getType().getElementType().isF32() ||
      !(getType().isBF16() || getType().isF16())) {
    return emitOpError("expected a tile of f32 that is rounded to bf16 or f16, "
                       "got ")
           << getSrc().getType() << " and " << getType();
  }
  return success();
}

LogicalResult ConvertLayoutOp::verify() {
  // CONVERT-LAYOUT-ONLY
  TileType src = getSrc().getType(), result = getResult().getType();
  if (!src.getLayout() || !result.getLayout()) {
    return emitOpError("expected two layouts, got ")
           << src << " and " << result;
  }
  if (src.withLayout(result.getLayout()) != result) {
    return emitOpError("changes more than the layout: ")
           << src << " to " << result;
  }
  // CONVERT-BUFFER
  if (result.isShared() != getBuffer().has_value()) {
    return emitOpError("expected a buffer if and only if the result lies in "
                       "shared memory, got ")
           << result;
  }
  return success();
}
