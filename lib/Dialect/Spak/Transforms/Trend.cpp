// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the sign of a bound's dependence on a grid variable, by the arithmetic
// in between.
#include "Trend.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace spak::ir {

namespace {

Trend join(Trend a, Trend b) {
  if (a == Trend::Constant || a == b) {
    return b;
  }
  return b == Trend::Constant ? a : Trend::Unknown;
}

Trend flip(Trend trend) {
  if (trend == Trend::Grows) {
    return Trend::Shrinks;
  }
  return trend == Trend::Shrinks ? Trend::Grows : trend;
}

Trend scale(Trend trend, AffineExpr by) {
  auto constant = dyn_cast<AffineConstantExpr>(by);
  if (!constant) {
    return trend == Trend::Constant ? trend : Trend::Unknown;
  }
  if (constant.getValue() == 0) {
    return Trend::Constant;
  }
  return constant.getValue() > 0 ? trend : flip(trend);
}

Trend trendOf(AffineExpr expr, ArrayRef<Trend> dims, ArrayRef<Trend> symbols) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    return dims[dim.getPosition()];
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    return symbols[symbol.getPosition()];
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary) {
    return Trend::Constant;
  }
  Trend lhs = trendOf(binary.getLHS(), dims, symbols);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return join(lhs, trendOf(binary.getRHS(), dims, symbols));
  case AffineExprKind::Mul:
  case AffineExprKind::FloorDiv:
  case AffineExprKind::CeilDiv:
    return scale(lhs, binary.getRHS());
  default:
    return lhs == Trend::Constant ? lhs : Trend::Unknown;
  }
}

} // namespace

Trend trendOf(Value value, Value range) {
  Operation *def = value.getDefiningOp();
  if (!def) {
    return Trend::Constant;
  }
  if (auto start = dyn_cast<StartOp>(def)) {
    return start.getRange() == range ? Trend::Grows : Trend::Constant;
  }
  auto ofMap = [&](AffineMap map, OperandRange operands) {
    SmallVector<Trend> trends;
    for (Value operand : operands) {
      trends.push_back(trendOf(operand, range));
    }
    ArrayRef<Trend> all = trends;
    Trend result = Trend::Constant;
    for (AffineExpr expr : map.getResults()) {
      result = join(result, trendOf(expr, all.take_front(map.getNumDims()),
                                    all.drop_front(map.getNumDims())));
    }
    return result;
  };
  if (auto op = dyn_cast<affine::AffineMinOp>(def)) {
    return ofMap(op.getMap(), op.getOperands());
  }
  if (auto op = dyn_cast<affine::AffineMaxOp>(def)) {
    return ofMap(op.getMap(), op.getOperands());
  }
  if (auto op = dyn_cast<affine::AffineApplyOp>(def)) {
    return ofMap(op.getAffineMap(), op.getOperands());
  }
  Trend result = Trend::Constant;
  for (Value operand : def->getOperands()) {
    result = join(result, trendOf(operand, range));
  }
  bool monotone = isa<arith::AddIOp, arith::MaxSIOp, arith::MinSIOp>(def);
  return monotone || result == Trend::Constant ? result : Trend::Unknown;
}

} // namespace spak::ir
