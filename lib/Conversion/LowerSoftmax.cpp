// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the four pieces of the online softmax on fragments. The running
// maximum is kept unscaled; exponentials are powers of two, so that the scale
// and log2(e) are one multiplier.
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace spak::conversion {

namespace {

using Body = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;

Value real(OpBuilder &b, Location loc, double value) {
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
}

Value lowest(OpBuilder &b, Location loc) {
  return real(b, loc, -std::numeric_limits<double>::infinity());
}

Value makeMap(OpBuilder &b, Location loc, Type type, ValueRange inputs,
              ArrayRef<Attribute> patterns, Body body) {
  return cuda::MapOp::create(b, loc, type, inputs, patterns, {}, std::nullopt,
                             body)
      .getResult();
}

/// \p value, or \p instead where it is minus infinity.
Value unlessLowest(OpBuilder &b, Location loc, Value value, double instead) {
  Value empty = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, value,
                                      lowest(b, loc));
  return arith::SelectOp::create(b, loc, empty, real(b, loc, instead), value);
}

/// True if a row may have seen no element when \p state is read.
bool mayBeEmpty(Value state) {
  auto advance = state.getDefiningOp<ir::SoftmaxAdvanceOp>();
  return !advance || advance.getMayBeEmpty();
}

} // namespace

bool KernelLowering::isZeroTile(Value tile) {
  Operation *def = tile.getDefiningOp();
  if (!def) {
    return false;
  }
  if (auto splat = dyn_cast<ir::SplatOp>(def)) {
    return matchPattern(splat.getSrc(), m_AnyZeroFloat()) ||
           matchPattern(splat.getSrc(), m_Zero());
  }
  if (auto rescale = dyn_cast<ir::SoftmaxRescaleOp>(def)) {
    return isZeroTile(rescale.getO());
  }
  if (auto convert = dyn_cast<ir::ConvertLayoutOp>(def)) {
    return isZeroTile(convert.getSrc());
  }
  // The upstream matchers know vectors and tensors only.
  auto constant = dyn_cast<arith::ConstantOp>(def);
  auto dense = constant ? dyn_cast<DenseFPElementsAttr>(constant.getValue())
                        : DenseFPElementsAttr();
  return dense && dense.isSplat() && dense.getSplatValue<APFloat>().isZero();
}

FailureOr<Values> KernelLowering::rows(Value state) {
  Location loc = state.getLoc();
  auto tile = cast<ir::RowsType>(state.getType()).getTile();
  Type type = fragmentType(tile, /*packed=*/false);
  auto fill = [&](Value value) -> Value {
    return cuda::FragFillOp::create(builder, loc, type, value);
  };
  auto found = values.find(state);
  if (found == values.end()) {
    auto fresh = state.getDefiningOp<ir::SoftmaxRowsOp>();
    Value highest =
        fill(fresh && fresh.getAt()
                 ? real(builder, loc, fresh.getAt()->convertToDouble())
                 : lowest(builder, loc));
    return Values{highest, fill(real(builder, loc, 0.0))};
  }
  Values known = found->second;
  // The sum of a first tile is not written before its elements are added.
  if (!known[1]) {
    known[1] = fill(real(builder, loc, 0.0));
  }
  return known;
}

Value KernelLowering::scaleForExp2(Value scale) {
  auto multiply = [&]() -> Value {
    FloatAttr number;
    double log2e = llvm::numbers::log2e;
    if (matchPattern(scale, m_Constant(&number))) {
      return real(builder, scale.getLoc(), number.getValueAsDouble() * log2e);
    }
    return arith::MulFOp::create(builder, scale.getLoc(), scalar(scale),
                                 real(builder, scale.getLoc(), log2e));
  };
  Operation *def = scale.getDefiningOp();
  bool outside = !def || def->getBlock() == &kernel.getBody().front() ||
                 matchPattern(scale, m_Constant());
  if (!outside) {
    return multiply();
  }
  std::string key =
      "scale " +
      std::to_string(reinterpret_cast<uintptr_t>(scale.getAsOpaquePointer()));
  return atRoleTop(key, multiply);
}

LogicalResult KernelLowering::lowerAdvance(ir::SoftmaxAdvanceOp op) {
  Location loc = op.getLoc();
  FailureOr<Value> s = fragment(op.getS());
  if (failed(s)) {
    return failure();
  }
  RegisterMap map = *RegisterMap::of(cast<ir::TileType>(op.getS().getType()));
  auto rowTile = cast<ir::RowsType>(op.getNext().getType()).getTile();
  RegisterMap rowMap = *RegisterMap::of(rowTile);
  std::optional<DigitPattern> rowPattern = map.patternInto(rowMap);
  if (!rowPattern) {
    return op.emitOpError("expected rows in the threads of the scores, got ")
           << rowTile << " and " << op.getS().getType();
  }
  cuda::PatternAttr pattern = patternAttr(*rowPattern);
  Type type = fragmentType(rowTile, /*packed=*/false);
  Values old;
  if (!op.getFirst()) {
    FailureOr<Values> state = rows(op.getRows());
    if (failed(state)) {
      return failure();
    }
    old = *state;
  }
  Value shift = shiftOfRows(op.getS());
  Value highest = cuda::RowReduceOp::create(
      builder, loc, type, "max", *s, pattern,
      old.empty() || shift ? Value() : old[0], kReduceChains);
  if (shift) {
    Values inputs = {highest, shift};
    inputs.append(old.begin(), old.empty() ? old.begin() : old.begin() + 1);
    SmallVector<Attribute> same(inputs.size(), Attribute());
    highest = makeMap(
        builder, loc, type, inputs, same,
        [](OpBuilder &b, Location l, ValueRange args) -> Value {
          Value whole = arith::AddFOp::create(b, l, args[0], args[1]);
          return args.size() < 3
                     ? whole
                     : Value(arith::MaxNumFOp::create(b, l, args[2], whole));
        });
  }
  SmallVector<int64_t> masks;
  for (StringAttr axis : cast<ir::TileType>(op.getS().getType()).getAxes()) {
    if (rowTile.axisIndex(axis) < 0) {
      llvm::append_range(masks, map.laneMasks(axis));
    }
  }
  if (!masks.empty()) {
    highest =
        cuda::LaneReduceOp::create(builder, loc, type, "max", highest, masks);
  }
  if (old.empty()) {
    values[op.getNext()] = {highest, Value()};
    if (!op.getCorrection().use_empty()) {
      values[op.getCorrection()] = {cuda::FragFillOp::create(
          builder, loc, type, real(builder, loc, 1.0))};
    }
    return success();
  }
  Value scale = scaleForExp2(op.getScale());
  if (FloatAttr lazy = op.getLazyAttr()) {
    // From -inf any score is a rise; from -inf to -inf is none.
    double bound = lazy.getValueAsDouble();
    highest =
        makeMap(builder, loc, type, {old[0], highest}, {{}, {}},
                [&](OpBuilder &b, Location l, ValueRange args) -> Value {
                  Value rise = arith::SubFOp::create(b, l, args[1], args[0]);
                  Value powers = arith::MulFOp::create(b, l, rise, scale);
                  Value more =
                      arith::CmpFOp::create(b, l, arith::CmpFPredicate::OGT,
                                            powers, real(b, l, bound));
                  return arith::SelectOp::create(b, l, more, args[1], args[0]);
                });
  }
  bool guard = op.getMayBeEmpty();
  Value correction =
      makeMap(builder, loc, type, {old[0], highest}, {{}, {}},
              [&](OpBuilder &b, Location l, ValueRange args) -> Value {
                Value now = guard ? unlessLowest(b, l, args[1], 0.0) : args[1];
                Value drop = arith::SubFOp::create(b, l, args[0], now);
                Value scaled = arith::MulFOp::create(b, l, drop, scale);
                return math::Exp2Op::create(b, l, scaled);
              });
  Value sum = makeMap(builder, loc, type, {old[1], correction}, {{}, {}},
                      [](OpBuilder &b, Location l, ValueRange args) -> Value {
                        return arith::MulFOp::create(b, l, args[0], args[1]);
                      });
  values[op.getNext()] = {highest, sum};
  values[op.getCorrection()] = {correction};
  return success();
}

LogicalResult KernelLowering::lowerProbs(ir::SoftmaxProbsOp op) {
  Location loc = op.getLoc();
  auto sType = cast<ir::TileType>(op.getS().getType());
  auto found = values.find(op.getRows());
  FailureOr<Value> s = fragment(op.getS());
  if (failed(s)) {
    return failure();
  }
  Values state;
  if (found != values.end()) {
    state = found->second;
  } else {
    state = *rows(op.getRows());
  }
  auto rowTile = cast<ir::RowsType>(op.getNext().getType()).getTile();
  std::optional<DigitPattern> rowPattern =
      RegisterMap::of(sType)->patternInto(*RegisterMap::of(rowTile));
  if (!rowPattern) {
    return op.emitOpError("expected rows in the threads of the scores, got ")
           << rowTile << " and " << sType;
  }
  cuda::PatternAttr pattern = patternAttr(*rowPattern);
  Type rowType = fragmentType(rowTile, /*packed=*/false);
  Value scale = scaleForExp2(op.getScale());
  bool guard = mayBeEmpty(op.getRows());
  Values inputs = {state[0]};
  if (Value shift = shiftOfRows(op.getS())) {
    inputs.push_back(shift);
  }
  SmallVector<Attribute> same(inputs.size(), Attribute());
  Value offset =
      makeMap(builder, loc, rowType, inputs, same,
              [&](OpBuilder &b, Location l, ValueRange args) -> Value {
                Value now = guard ? unlessLowest(b, l, args[0], 0.0) : args[0];
                if (args.size() > 1) {
                  Value rest = arith::SubFOp::create(b, l, args[1], now);
                  return arith::MulFOp::create(b, l, rest, scale);
                }
                Value scaled = arith::MulFOp::create(b, l, now, scale);
                return arith::NegFOp::create(b, l, scaled);
              });
  if (ir::SoftmaxRescaleOp among = rescaleAmong.lookup(op)) {
    return among.getAfter()
               ? lowerProbsAround(op, among, *s, state, offset, pattern, scale)
               : lowerProbsByRow(op, among, *s, state, offset, pattern, scale);
  }
  Value power = exponentials(op, *s, offset, pattern, scale, {});
  return finishProbs(op, power, state, pattern);
}

LogicalResult KernelLowering::lowerRescale(ir::SoftmaxRescaleOp op) {
  // Nothing has been accumulated yet: zero stays zero.
  if (isZeroTile(op.getO())) {
    return success();
  }
  if (ir::SoftmaxProbsOp probs = exponentialsAround(op)) {
    rescaleAmong[probs] = op;
    return success();
  }
  return scaleAccumulator(op);
}

LogicalResult KernelLowering::scaleAccumulator(ir::SoftmaxRescaleOp op) {
  FailureOr<Value> o = fragment(op.getO());
  FailureOr<Value> correction = fragment(op.getCorrection());
  if (failed(o) || failed(correction)) {
    return failure();
  }
  auto type = cast<ir::TileType>(op.getO().getType());
  std::optional<DigitPattern> pattern = RegisterMap::of(type)->patternInto(
      *RegisterMap::of(cast<ir::TileType>(op.getCorrection().getType())));
  if (!pattern) {
    return op.emitOpError("expected a correction in the threads of ") << type;
  }
  values[op.getResult()] = {
      makeMap(builder, op.getLoc(), (*o).getType(), {*o, *correction},
              {Attribute(), patternAttr(*pattern)},
              [](OpBuilder &b, Location l, ValueRange args) -> Value {
                return arith::MulFOp::create(b, l, args[0], args[1]);
              })};
  return success();
}

LogicalResult KernelLowering::lowerFinish(ir::SoftmaxFinishOp op) {
  Location loc = op.getLoc();
  FailureOr<Values> state = rows(op.getRows());
  FailureOr<Value> o = fragment(op.getO());
  if (failed(state) || failed(o)) {
    return failure();
  }
  auto rowTile = cast<ir::RowsType>(op.getRows().getType()).getTile();
  RegisterMap rowMap = *RegisterMap::of(rowTile);
  Value sum = (*state)[1];
  SmallVector<int64_t> masks = rowMap.laneMasks("partial");
  if (!masks.empty()) {
    sum = cuda::LaneReduceOp::create(builder, loc, sum.getType(), "add", sum,
                                     masks);
  }
  auto type = cast<ir::TileType>(op.getO().getType());
  std::optional<DigitPattern> pattern =
      RegisterMap::of(type)->patternInto(rowMap);
  if (!pattern) {
    return op.emitOpError("expected rows in the threads of ") << type;
  }
  auto isEmpty = [](OpBuilder &b, Location l, Value total) -> Value {
    return arith::CmpFOp::create(b, l, arith::CmpFPredicate::OEQ, total,
                                 real(b, l, 0.0));
  };
  if (!op.getOut().use_empty()) {
    Value inverse = makeMap(
        builder, loc, sum.getType(), {sum}, {Attribute()},
        [&](OpBuilder &b, Location l, ValueRange args) -> Value {
          Value over =
              op.getRounded()
                  ? cuda::RoundedOp::create(b, l, args[0].getType(), args[0],
                                            "reciprocal", *op.getRounded())
                        .getResult()
                  : arith::DivFOp::create(b, l, real(b, l, 1.0), args[0])
                        .getResult();
          return arith::SelectOp::create(b, l, isEmpty(b, l, args[0]),
                                         real(b, l, 0.0), over);
        });
    values[op.getOut()] = {
        makeMap(builder, loc, (*o).getType(), {*o, inverse},
                {Attribute(), patternAttr(*pattern)},
                [](OpBuilder &b, Location l, ValueRange args) -> Value {
                  return arith::MulFOp::create(b, l, args[0], args[1]);
                })};
  }
  if (!op.getLse().use_empty()) {
    Value scale = scalar(op.getScale());
    values[op.getLse()] = {
        makeMap(builder, loc, sum.getType(), {(*state)[0], sum}, {{}, {}},
                [&](OpBuilder &b, Location l, ValueRange args) -> Value {
                  Value log = math::LogOp::create(b, l, args[1]);
                  Value total = math::FmaOp::create(b, l, args[0], scale, log);
                  return arith::SelectOp::create(b, l, isEmpty(b, l, args[1]),
                                                 lowest(b, l), total);
                })};
  }
  return success();
}

} // namespace spak::conversion
