// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: constants, and affine arithmetic on indices.
#include "Elementwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineExpr.h"

using namespace mlir;

namespace spak::sim {

Machine::Step Machine::constant(arith::ConstantOp op) {
  Attribute value = op.getValue();
  auto numberOf = [](Attribute attribute) -> RuntimeValue {
    if (auto real = dyn_cast<FloatAttr>(attribute)) {
      return real.getValueAsDouble();
    }
    auto whole = cast<IntegerAttr>(attribute);
    bool isTruth = whole.getType().isInteger(1);
    return isTruth ? int64_t(!whole.getValue().isZero())
                   : whole.getValue().getSExtValue();
  };
  auto type = dyn_cast<ir::TileType>(op.getType());
  if (!type) {
    set(op.getResult(), numberOf(value));
    return Step::Next;
  }
  auto splat = dyn_cast<SplatElementsAttr>(value);
  if (!splat) {
    return error(op, "a constant tile has one value for all elements");
  }
  RuntimeValue number = numberOf(splat.getSplatValue<Attribute>());
  TileValue tile = makeTile(type);
  switch (tile.buffer->kind) {
  case Buffer::Kind::Float:
    llvm::fill(tile.buffer->floats,
               static_cast<float>(std::get<double>(number)));
    break;
  case Buffer::Kind::Double:
    llvm::fill(tile.buffer->doubles, std::get<double>(number));
    break;
  case Buffer::Kind::Integer:
    llvm::fill(tile.buffer->integers, std::get<int64_t>(number));
    break;
  }
  set(op.getResult(), std::move(tile));
  return Step::Next;
}

Machine::Step Machine::affine(Operation *op) {
  AffineMap map;
  bool isMax = false;
  if (auto min = dyn_cast<affine::AffineMinOp>(op)) {
    map = min.getMap();
  } else if (auto max = dyn_cast<affine::AffineMaxOp>(op)) {
    map = max.getMap();
    isMax = true;
  } else if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    map = apply.getAffineMap();
  } else {
    return error(op, "the simulator does not know the op `" +
                         op->getName().getStringRef() + "`");
  }
  SmallVector<int64_t, 4> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(integer(operand));
  }
  std::optional<int64_t> best;
  for (AffineExpr expr : map.getResults()) {
    int64_t value = evaluate(expr, operands, map.getNumDims());
    best = !best   ? value
           : isMax ? std::max(*best, value)
                   : std::min(*best, value);
  }
  set(op->getResult(0), *best);
  return Step::Next;
}

int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> operands,
                 unsigned numDims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    return constant.getValue();
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    return operands[dim.getPosition()];
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    return operands[numDims + symbol.getPosition()];
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t a = evaluate(binary.getLHS(), operands, numDims);
  int64_t b = evaluate(binary.getRHS(), operands, numDims);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return a + b;
  case AffineExprKind::Mul:
    return a * b;
  case AffineExprKind::FloorDiv:
    return floorDiv(a, b);
  case AffineExprKind::CeilDiv:
    return -floorDiv(-a, b);
  case AffineExprKind::Mod:
    return a - floorDiv(a, b) * b;
  default:
    llvm_unreachable("every kind is above");
  }
}

} // namespace spak::sim
