// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the exponentials of the online softmax, all at once or a thread's rows
// one after the other with an accumulator's scaling between them.
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace spak::conversion {

using Body = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;

/// Which of a thread's registers, in eights, are polynomials first: every other
/// pair of columns and rows in turn, so that each row has its share.
constexpr int64_t kTurns[] = {4, 1, 2};

Value KernelLowering::exponentials(ir::SoftmaxProbsOp op, Value s, Value offset,
                                   cuda::PatternAttr pattern, Value scale,
                                   DenseI64ArrayAttr only) {
  int64_t polynomials = op.getPolynomial().value_or(0);
  int64_t count = cast<cuda::FragType>(s.getType()).getCount();
  SmallVector<Attribute> coords;
  if (polynomials > 0 && polynomials < 8) {
    int64_t extents[] = {2, 2, 2, count / 8};
    int64_t strides[] = {kTurns[0], kTurns[1], kTurns[2], 0};
    coords.push_back(
        cuda::PatternAttr::get(builder.getContext(), extents, strides));
  }
  std::optional<int64_t> inPlace;
  if (only) {
    inPlace = 0;
  }
  auto body = [&](OpBuilder &b, Location l, ValueRange args) -> Value {
    Value exponent = math::FmaOp::create(b, l, args[0], scale, args[1]);
    if (polynomials == 0) {
      return math::Exp2Op::create(b, l, exponent);
    }
    auto slow = math::Exp2Op::create(b, l, exponent);
    slow->setAttr(cuda::kPolynomialAttr, b.getUnitAttr());
    if (polynomials == 8) {
      return slow;
    }
    // Which of the two is known when the loop is unrolled.
    Value fast = math::Exp2Op::create(b, l, exponent);
    Value bound =
        arith::ConstantOp::create(b, l, b.getI32IntegerAttr(polynomials));
    Value isSlow =
        arith::CmpIOp::create(b, l, arith::CmpIPredicate::slt, args[2], bound);
    return arith::SelectOp::create(b, l, isSlow, slow, fast);
  };
  auto map = cuda::MapOp::create(builder, op.getLoc(), s.getType(), {s, offset},
                                 {Attribute(), pattern}, coords, inPlace, body);
  if (only) {
    map.setOnlyAttr(only);
  }
  return map.getResult();
}

ir::SoftmaxProbsOp KernelLowering::exponentialsAround(ir::SoftmaxRescaleOp op) {
  auto advance = op.getCorrection().getDefiningOp<ir::SoftmaxAdvanceOp>();
  if ((!op.getBetweenRows() && !op.getAfter()) || !advance) {
    return {};
  }
  for (Operation *user : advance.getNext().getUsers()) {
    auto probs = dyn_cast<ir::SoftmaxProbsOp>(user);
    bool follows = probs && probs->getBlock() == op->getBlock() &&
                   op->isBeforeInBlock(probs) &&
                   llvm::all_of(op->getUsers(), [&](Operation *reader) {
                     Operation *at =
                         op->getBlock()->findAncestorOpInBlock(*reader);
                     return at && probs->isBeforeInBlock(at);
                   });
    if (follows) {
      return probs;
    }
  }
  return {};
}

/// The one digit of \p type's registers that tells a thread's rows apart, as
/// a `spak_cuda.map`'s `only` without its value; absent if there is not one.
static std::optional<std::pair<int64_t, int64_t>> rowDigit(ir::TileType type,
                                                           ir::TileType rows) {
  std::optional<std::pair<int64_t, int64_t>> found;
  RegisterMap map = *RegisterMap::of(type);
  for (const Digit &digit : map.registers) {
    if (rows.axisIndex(digit.axis) < 0 || digit.extent == 1) {
      continue;
    }
    if (found) {
      return std::nullopt;
    }
    found = {digit.position, digit.extent};
  }
  return found;
}

LogicalResult KernelLowering::lowerProbsByRow(
    ir::SoftmaxProbsOp op, ir::SoftmaxRescaleOp rescale, Value s,
    const Values &state, Value offset, cuda::PatternAttr pattern, Value scale) {
  Location loc = op.getLoc();
  auto sType = cast<ir::TileType>(op.getS().getType());
  auto pType = cast<ir::TileType>(op.getP().getType());
  auto oType = cast<ir::TileType>(rescale.getO().getType());
  auto rowTile = cast<ir::RowsType>(op.getNext().getType()).getTile();
  auto ofS = rowDigit(sType, rowTile), ofO = rowDigit(oType, rowTile);
  std::optional<DigitPattern> oPattern = RegisterMap::of(oType)->patternInto(
      *RegisterMap::of(cast<ir::TileType>(rescale.getCorrection().getType())));
  bool packs = !pType.getElementType().isF32();
  if (!ofS || !ofO || !oPattern || ofS->second != ofO->second ||
      (packs && ofS->first % 2 != 0)) {
    return rescale.emitOpError("cannot be done between rows: the registers of "
                               "a thread's rows do not lie apart in ")
           << sType << " and " << oType;
  }
  FailureOr<Value> o = fragment(rescale.getO());
  FailureOr<Value> correction = fragment(rescale.getCorrection());
  if (failed(o) || failed(correction)) {
    return failure();
  }
  bool zero = isZeroTile(rescale.getO());
  auto only = [&](std::pair<int64_t, int64_t> digit, int64_t row,
                  int64_t width) {
    return builder.getDenseI64ArrayAttr(
        {digit.first / width, digit.second, row});
  };
  auto mapRow = [&](Value x, Value y, cuda::PatternAttr yPattern,
                    DenseI64ArrayAttr registers, Body body) -> Value {
    auto map = cuda::MapOp::create(builder, loc, x.getType(), {x, y},
                                   {Attribute(), yPattern}, {}, 0, body);
    map.setOnlyAttr(registers);
    return map.getResult();
  };
  Value power = s, sum = state[1], scaled = *o, packed;
  Type packedType = packs ? fragmentType(pType, /*packed=*/true) : Type();
  auto exponentialsOf = [&](int64_t row) {
    DenseI64ArrayAttr registers = only(*ofS, row, 1);
    power = exponentials(op, power, offset, pattern, scale, registers);
    sum = cuda::RowReduceOp::create(builder, loc, sum.getType(), "add", power,
                                    pattern, sum, kReduceChains, registers);
  };
  auto pack = [&](int64_t row) {
    if (packs) {
      packed = cuda::PackOp::create(builder, loc, packedType, power, packed,
                                    only(*ofS, row, 2));
    }
  };
  auto scaleRow = [&](int64_t row) {
    if (!zero) {
      scaled = mapRow(scaled, *correction, patternAttr(*oPattern),
                      only(*ofO, row, 1),
                      [](OpBuilder &b, Location l, ValueRange args) -> Value {
                        return arith::MulFOp::create(b, l, args[0], args[1]);
                      });
    }
  };
  exponentialsOf(0);
  if (rescale.getAwaitNext()) {
    awaitNext(loc);
  }
  scaleRow(0);
  pack(0);
  for (int64_t row = 1; row < ofS->second; ++row) {
    scaleRow(row);
    exponentialsOf(row);
    pack(row);
  }
  values[op.getNext()] = {state[0], sum};
  values[op.getP()] = {packs ? packed : power};
  values[rescale.getResult()] = {scaled};
  return success();
}

/// The first exponentials, the rescaling, the other exponentials.
LogicalResult KernelLowering::lowerProbsAround(
    ir::SoftmaxProbsOp op, ir::SoftmaxRescaleOp rescale, Value s,
    const Values &state, Value offset, cuda::PatternAttr pattern, Value scale) {
  int64_t count = cast<cuda::FragType>(s.getType()).getCount();
  int64_t ahead = std::min<int64_t>(*rescale.getAfter(), count);
  auto registers = [&](int64_t from, int64_t to) {
    return builder.getDenseI64ArrayAttr({1, count, from, to - from});
  };
  Value power =
      exponentials(op, s, offset, pattern, scale, registers(0, ahead));
  if (failed(scaleAccumulator(rescale))) {
    return failure();
  }
  if (ahead < count) {
    power = exponentials(op, power, offset, pattern, scale,
                         registers(ahead, count));
  }
  return finishProbs(op, power, state, pattern);
}

/// Sums the exponentials \p power and rounds them.
LogicalResult KernelLowering::finishProbs(ir::SoftmaxProbsOp op, Value power,
                                          const Values &state,
                                          cuda::PatternAttr pattern) {
  auto pType = cast<ir::TileType>(op.getP().getType());
  auto rowTile = cast<ir::RowsType>(op.getNext().getType()).getTile();
  bool packs = !pType.getElementType().isF32();
  Value p = power, summed = power;
  auto pack = [&] {
    if (packs) {
      p = cuda::PackOp::create(builder, op.getLoc(),
                               fragmentType(pType, /*packed=*/true), power);
    }
  };
  if (op.getSumsRounded() && packs) {
    pack();
    summed = cuda::UnpackOp::create(builder, op.getLoc(), power.getType(), p);
  }
  Value sum = cuda::RowReduceOp::create(
      builder, op.getLoc(), fragmentType(rowTile, /*packed=*/false), "add",
      summed, pattern, state[1], kReduceChains);
  if (p == power) {
    pack();
  }
  values[op.getNext()] = {state[0], sum};
  values[op.getP()] = {p};
  return success();
}

} // namespace spak::conversion
