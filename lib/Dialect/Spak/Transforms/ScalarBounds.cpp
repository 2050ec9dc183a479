// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: signs and bounds of scalars, read off constants and requirements.
#include "ScalarBounds.h"

#include "EmptyRows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace spak::ir {

/// Calls \p fn with what each requirement compares \p scalar to: `above` if
/// the scalar is the greater.
static void forEachRequirement(
    Value scalar,
    llvm::function_ref<void(bool above, bool orEqual, const APFloat &number)>
        fn) {
  for (Operation *user : scalar.getUsers()) {
    auto compare = dyn_cast<arith::CmpFOp>(user);
    if (!compare ||
        llvm::none_of(compare->getUsers(), llvm::IsaPred<RequireOp>)) {
      continue;
    }
    bool left = compare.getLhs() == scalar;
    FloatAttr number;
    if (!matchPattern(left ? compare.getRhs() : compare.getLhs(),
                      m_Constant(&number)) ||
        number.getValue().isNaN()) {
      continue;
    }
    switch (compare.getPredicate()) {
    case arith::CmpFPredicate::OGT:
      fn(left, false, number.getValue());
      break;
    case arith::CmpFPredicate::OGE:
      fn(left, true, number.getValue());
      break;
    case arith::CmpFPredicate::OLT:
      fn(!left, false, number.getValue());
      break;
    case arith::CmpFPredicate::OLE:
      fn(!left, true, number.getValue());
      break;
    default:
      break;
    }
  }
}

bool isKnownPositive(Value scalar) {
  FloatAttr number;
  if (matchPattern(scalar, m_Constant(&number))) {
    APFloat value = number.getValue();
    return value.isFinite() && !value.isZero() && !value.isNegative();
  }
  Operation *def = scalar.getDefiningOp();
  if (isa_and_nonnull<arith::MulFOp, arith::DivFOp>(def)) {
    return llvm::all_of(def->getOperands(), isKnownPositive);
  }
  bool positive = false;
  forEachRequirement(
      scalar, [&](bool above, bool orEqual, const APFloat &number) {
        bool atLeastZero = number.isZero() || !number.isNegative();
        positive |= above && atLeastZero && !(orEqual && number.isZero());
      });
  return positive;
}

std::optional<double> knownAtMost(Value scalar) {
  FloatAttr constant;
  if (matchPattern(scalar, m_Constant(&constant))) {
    return constant.getValueAsDouble();
  }
  std::optional<double> least;
  forEachRequirement(scalar, [&](bool above, bool, const APFloat &number) {
    if (!above && number.isFinite()) {
      double most = FloatAttr::getValueAsDouble(number);
      least = std::min(least.value_or(most), most);
    }
  });
  return least;
}

OpFoldResult uniformOf(Value tile) {
  DenseElementsAttr elements;
  if (matchPattern(tile, m_Constant(&elements)) && elements.isSplat()) {
    auto number = dyn_cast<FloatAttr>(elements.getSplatValue<Attribute>());
    return number && number.getType().isF32() ? OpFoldResult(number)
                                              : OpFoldResult();
  }
  auto splat = tile.getDefiningOp<SplatOp>();
  if (!splat || !splat.getSrc().getType().isF32()) {
    return {};
  }
  FloatAttr number;
  if (matchPattern(splat.getSrc(), m_Constant(&number))) {
    return number;
  }
  return splat.getSrc();
}

bool isZeroTile(Value tile) {
  if (auto splat = tile.getDefiningOp<SplatOp>()) {
    return matchPattern(splat.getSrc(), m_AnyZeroFloat());
  }
  DenseFPElementsAttr elements;
  return matchPattern(tile, m_AnyZeroFloat()) ||
         (matchPattern(tile, m_Constant(&elements)) && elements.isSplat() &&
          elements.getSplatValue<APFloat>().isZero());
}

std::optional<double> magnitudeOf(Value tile) {
  Operation *def = tile.getDefiningOp();
  if (!def) {
    return std::nullopt;
  }
  if (OpOperand *kept = keptOperand(def)) {
    return magnitudeOf(kept->get());
  }
  if (OpFoldResult uniform = uniformOf(tile)) {
    if (auto attr = dyn_cast<Attribute>(uniform)) {
      return std::fabs(cast<FloatAttr>(attr).getValueAsDouble());
    }
    auto scalar = cast<Value>(uniform);
    return isKnownPositive(scalar) ? knownAtMost(scalar) : std::nullopt;
  }
  if (isa<math::TanhOp, math::ErfOp, math::SinOp, math::CosOp>(def)) {
    return 1.0;
  }
  if (isa<arith::NegFOp, math::AbsFOp, BroadcastOp>(def)) {
    return magnitudeOf(def->getOperand(0));
  }
  if (!isa<arith::MulFOp, arith::AddFOp, arith::SubFOp>(def)) {
    return std::nullopt;
  }
  std::optional<double> left = magnitudeOf(def->getOperand(0));
  std::optional<double> right =
      left ? magnitudeOf(def->getOperand(1)) : std::nullopt;
  if (!right) {
    return std::nullopt;
  }
  return isa<arith::MulFOp>(def) ? *left * *right : *left + *right;
}

} // namespace spak::ir
