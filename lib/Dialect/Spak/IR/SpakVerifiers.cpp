// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules of single ops, each under its label. What the rules mean
// stands in the ops' descriptions.
#include "spak/Dialect/Spak/IR/Spak.h"

using namespace mlir;
using namespace spak::ir;

//===----------------------------------------------------------------------===//
// Shared between rules
//===----------------------------------------------------------------------===//

/// One range or index per axis of the view.
static LogicalResult verifyRank(Operation *op, ViewType view, ValueRange at) {
  if (static_cast<int64_t>(at.size()) != view.getRank()) {
    return op->emitOpError("expected one range or index per axis of ")
           << view << ", got " << at.size();
  }
  return success();
}

/// The tile's axes are the ranges, in order, of the view's elements.
static LogicalResult verifyAxes(Operation *op, ViewType view, ValueRange at,
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

static bool sameAxes(TileType a, TileType b) {
  return a.getAxes() == b.getAxes() && a.getShape() == b.getShape();
}

/// Each axis of \p part is in \p whole with its size, in order.
static bool keepsAxes(TileType part, TileType whole) {
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

LogicalResult TileCountOp::verify() {
  // TILE-COUNT-SIZE
  if (static_cast<int64_t>(getSize()) < 1) {
    return emitOpError("expected a positive size, got ")
           << static_cast<int64_t>(getSize());
  }
  return success();
}

LogicalResult LoadOp::verify() {
  // LOAD-RANK, LOAD-AXES
  return failure(
      failed(verifyRank(*this, getView().getType(), getAt())) ||
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
/// perhaps moved by something else.
static bool selects(Value index, Value variable) {
  if (index == variable) {
    return true;
  }
  Operation *def = index.getDefiningOp();
  if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp, arith::MulIOp,
                       TileRangeOp>(def)) {
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
  for (BlockArgument variable : grid.getRegion().getArguments()) {
    if (llvm::none_of(getAt(), [&](Value index) {
          return selects(index, variable);
        })) {
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

LogicalResult DotOp::verify() {
  TileType a = getA().getType(), b = getB().getType();
  TileType result = getResult().getType();
  // DOT-OVER
  int64_t size = a.axisSize(getOver());
  if (size == 0 || size != b.axisSize(getOver())) {
    return emitOpError("expected both operands to have axis `")
           << getOver() << "` with one size, got " << a << " and " << b;
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
  return verifyInstr(*this);
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

LogicalResult ConvertLayoutOp::verify() {
  // CONVERT-LAYOUT-ONLY
  TileType src = getSrc().getType(), result = getResult().getType();
  if (!src.getLayout() || !result.getLayout()) {
    return emitOpError("expected two layouts, got ") << src << " and " << result;
  }
  if (src.withLayout(result.getLayout()) != result) {
    return emitOpError("changes more than the layout: ")
           << src << " to " << result;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Online softmax
//===----------------------------------------------------------------------===//

static bool hasOnly(TileType tile,
                    ArrayRef<std::pair<StringAttr, int64_t>> axes) {
  return tile.getAxes().size() == axes.size() &&
         llvm::all_of(axes, [&](auto axis) {
           return tile.axisSize(axis.first) == axis.second;
         });
}

LogicalResult SoftmaxUpdateOp::verify() {
  // SOFTMAX-AXES
  SoftmaxType state = getState().getType();
  StringAttr over = getOverAttr();
  int64_t size = getS().getType().axisSize(over);
  if (size == 0 ||
      !hasOnly(getS().getType(),
               {{state.getRows(), state.getRowCount()}, {over, size}})) {
    return emitOpError("expected scores with rows of ")
           << state << " and axis `" << getOver() << "`, got "
           << getS().getType();
  }
  if (!hasOnly(getV().getType(),
               {{over, size}, {state.getWidth(), state.getWidthCount()}})) {
    return emitOpError("expected values with axis `")
           << getOver() << "` of size " << size << " and width of " << state
           << ", got " << getV().getType();
  }
  return success();
}

LogicalResult SoftmaxOutputOp::verify() {
  // SOFTMAX-AXES
  SoftmaxType state = getState().getType();
  TileType o = getO().getType();
  if (!o.getElementType().isF32() ||
      !hasOnly(o, {{state.getRows(), state.getRowCount()},
                   {state.getWidth(), state.getWidthCount()}})) {
    return emitOpError("expected rows and width of ")
           << state << " in f32, got " << o;
  }
  return success();
}

LogicalResult SoftmaxLseOp::verify() {
  // SOFTMAX-AXES
  SoftmaxType state = getState().getType();
  TileType o = getO().getType();
  if (!o.getElementType().isF32() ||
      !hasOnly(o, {{state.getRows(), state.getRowCount()}})) {
    return emitOpError("expected rows of ") << state << " in f32, got " << o;
  }
  return success();
}

/// The digits of threads, reserved axes alike.
static SmallVector<spak::layout::Digit>
threadDigits(const spak::layout::Layout &layout) {
  SmallVector<spak::layout::Digit> digits;
  for (spak::layout::Digit digit : layout.digits()) {
    if (digit.dim != spak::layout::Hw::Reg && digit.extent != 1) {
      if (digit.isReserved()) {
        digit.axis = spak::layout::kRep.str();
      }
      digits.push_back(digit);
    }
  }
  return digits;
}

/// SOFTMAX-AXES and ROWS-LAYOUT for row statistics of the scores \p scores.
static LogicalResult verifyRowsOf(Operation *op, TileType rows,
                                  TileType scores) {
  if (rows.getAxes().size() != 1 || scores.getAxes().size() != 2 ||
      !keepsAxes(rows, scores)) {
    return op->emitOpError("expected rows with one of the two axes of ")
           << scores << ", got " << rows;
  }
  if (!rows.getLayout() != !scores.getLayout()) {
    return op->emitOpError("expected a layout on both or none of ")
           << scores << " and " << rows;
  }
  if (!rows.getLayout()) {
    return success();
  }
  StringAttr other = scores.getAxes()[scores.axisIndex(rows.getAxes()[0]) == 0];
  spak::layout::Layout expected =
      scores.getLayoutAttr().toLayout().dropAxis(other, spak::layout::kRep);
  if (threadDigits(expected) != threadDigits(rows.getLayoutAttr().toLayout())) {
    return op->emitOpError("expected rows in the threads that hold those rows "
                           "of the scores: ")
           << expected.str() << " for " << scores << ", got " << rows;
  }
  return success();
}

LogicalResult SoftmaxAdvanceOp::verify() {
  TileType s = getS().getType();
  return failure(
      failed(verifyRowsOf(*this, getRows().getType().getTile(), s)) ||
      failed(verifyRowsOf(*this, getCorrection().getType(), s)));
}

LogicalResult SoftmaxProbsOp::verify() {
  TileType s = getS().getType(), p = getP().getType();
  if (failed(verifyRowsOf(*this, getRows().getType().getTile(), s))) {
    return failure();
  }
  if (s.withElementType(p.getElementType()) != p) {
    return emitOpError("expected p with axes and layout of ")
           << s << ", got " << p;
  }
  return success();
}

LogicalResult SoftmaxRescaleOp::verify() {
  return verifyRowsOf(*this, getCorrection().getType(), getO().getType());
}

LogicalResult SoftmaxFinishOp::verify() {
  TileType o = getO().getType();
  TileType rows = getRows().getType().getTile();
  if (failed(verifyRowsOf(*this, rows, o)) ||
      failed(verifyRowsOf(*this, getLse().getType(), o))) {
    return failure();
  }
  if (!sameAxes(getLse().getType(), rows) || getOut().getType() != o) {
    return emitOpError("expected results of type ")
           << o << " and of the rows of " << getRows().getType() << ", got "
           << getOut().getType() << " and " << getLse().getType();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Rings and roles
//===----------------------------------------------------------------------===//

/// RING-SLOT-TYPE
static LogicalResult verifySlot(Operation *op, RingType ring, SlotType slot) {
  if (ring.getTiles() != slot.getTiles()) {
    return op->emitOpError("expected a slot of ") << ring << ", got " << slot;
  }
  return success();
}

/// The tile number \p index of \p slot, or nothing and an error.
static FailureOr<TileType> tileOfSlot(Operation *op, SlotType slot,
                                      uint64_t index) {
  if (index >= slot.getTiles().size()) {
    return op->emitOpError("expected a tile below ")
           << slot.getTiles().size() << " of " << slot << ", got " << index;
  }
  return cast<TileType>(slot.getTiles()[index]);
}

LogicalResult RingAcquireOp::verify() {
  return verifySlot(*this, getRing().getType(), getSlot().getType());
}

LogicalResult RingFillOp::verify() {
  FailureOr<TileType> tile =
      tileOfSlot(*this, getSlot().getType(), getTile());
  return failure(
      failed(tile) ||
      failed(verifyRank(*this, getView().getType(), getAt())) ||
      failed(verifyAxes(*this, getView().getType(), getAt(), *tile)));
}

LogicalResult RingPutOp::verify() {
  FailureOr<TileType> tile =
      tileOfSlot(*this, getSlot().getType(), getTile());
  if (failed(tile)) {
    return failure();
  }
  if (getSrc().getType().withLayout(tile->getLayout()) != *tile) {
    return emitOpError("expected a tile like ")
           << *tile << ", got " << getSrc().getType();
  }
  return success();
}

LogicalResult RingCommitOp::verify() {
  return verifySlot(*this, getRing().getType(), getSlot().getType());
}

LogicalResult RingWaitOp::verify() {
  if (failed(verifySlot(*this, getRing().getType(), getSlot().getType()))) {
    return failure();
  }
  if (!llvm::equal(getTiles().getTypes(), getRing().getType().getTiles())) {
    return emitOpError("expected the tiles of ")
           << getRing().getType() << ", got " << getTiles().getTypes();
  }
  return success();
}

LogicalResult RingReleaseOp::verify() {
  return verifySlot(*this, getRing().getType(), getSlot().getType());
}

/// The limit \p name of the module around \p op, if it has a target.
static std::optional<int64_t> limitOf(Operation *op, StringRef name) {
  auto module = op->getParentOfType<ModuleOp>();
  auto target =
      module ? module->getAttrOfType<TargetAttr>(SpakDialect::kTargetAttr)
             : TargetAttr();
  auto limit = target ? target.getLimits().getAs<IntegerAttr>(name)
                      : IntegerAttr();
  return limit ? std::optional<int64_t>(limit.getInt()) : std::nullopt;
}

LogicalResult RolesOp::verify() {
  // ROLES-ONLY-ROLES
  constexpr int64_t kWarpSize = 32;
  llvm::SmallPtrSet<Attribute, 4> names;
  int64_t threads = 0, registers = 0;
  for (Operation &op : getBody().front()) {
    auto role = dyn_cast<RoleOp>(op);
    if (!role) {
      return op.emitOpError("stands among roles");
    }
    if (!names.insert(role.getNameAttr()).second) {
      return role.emitOpError("expected different roles, got `")
             << role.getName() << "` twice";
    }
    int64_t own = static_cast<int64_t>(role.getWarps()) * kWarpSize;
    threads += own;
    registers += own * static_cast<int64_t>(role.getRegisters());
  }
  if (std::optional<int64_t> limit = limitOf(*this, "max_threads_per_block");
      limit && threads > *limit) {
    return emitOpError("has ") << threads << " threads, the target allows "
                               << *limit;
  }
  if (std::optional<int64_t> limit = limitOf(*this, "registers_per_sm");
      limit && registers > *limit) {
    return emitOpError("has ") << registers << " registers, the target has "
                               << *limit;
  }
  return success();
}

LogicalResult TurnOp::verify() {
  // TURN-DECLARED
  auto role = (*this)->getParentOfType<RoleOp>();
  ArrayAttr turns = role ? role.getTurnAttr() : ArrayAttr();
  if (!turns || !llvm::is_contained(turns, getBatonAttr())) {
    return emitOpError("expected the role around it to name baton `")
           << getBaton() << "`";
  }
  return success();
}
