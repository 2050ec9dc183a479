// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules by which zeros at absent elements spread. Wrong on the safe
// side: an unknown operation costs a select, never a wrong sum.
#include "Absence.h"

#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

using namespace mlir;

namespace spak::irgen {

namespace {

/// The splat or scalar float constant behind \p value, if it is one.
std::optional<APFloat> constantOf(Value value) {
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute))) {
    return std::nullopt;
  }
  if (auto dense = dyn_cast<SplatElementsAttr>(attribute)) {
    attribute = dense.getSplatValue<Attribute>();
  }
  if (auto number = dyn_cast<FloatAttr>(attribute)) {
    return number.getValue();
  }
  return std::nullopt;
}

/// True for `c + exp(x)` with a positive c: a divisor that is never zero.
bool staysPositive(Value value) {
  auto sum = value.getDefiningOp<arith::AddFOp>();
  if (!sum) {
    return false;
  }
  for (auto [fixed, other] : {std::pair(sum.getLhs(), sum.getRhs()),
                              std::pair(sum.getRhs(), sum.getLhs())}) {
    std::optional<APFloat> number = constantOf(fixed);
    if (number && number->isFiniteNonZero() && !number->isNegative() &&
        isa_and_nonnull<math::ExpOp, math::Exp2Op>(other.getDefiningOp())) {
      return true;
    }
  }
  return false;
}

AtAbsent atProduct(AtAbsent a, AtAbsent b) {
  if (a == AtAbsent::Unknown || b == AtAbsent::Unknown) {
    return AtAbsent::Unknown;
  }
  return std::max(a, b);
}

/// One question about one value; a value is looked at once.
class Judge {
public:
  explicit Judge(StringRef axis) : axis(axis) {}

  AtAbsent at(Value value, unsigned depth) {
    auto found = known.find(value);
    if (found != known.end()) {
      return found->second;
    }
    AtAbsent result = judge(value, depth);
    known[value] = result;
    return result;
  }

private:
  StringRef axis;
  DenseMap<Value, AtAbsent> known;

  AtAbsent judge(Value value, unsigned depth);
};

} // namespace

AtAbsent Judge::judge(Value value, unsigned depth) {
  if (std::optional<APFloat> number = constantOf(value)) {
    return number->isZero()     ? AtAbsent::Zero
           : number->isFinite() ? AtAbsent::Finite
                                : AtAbsent::Unknown;
  }
  Operation *op = value.getDefiningOp();
  if (!op) {
    // A scalar parameter is finite; a carried value may be anything.
    return isa<FloatType>(value.getType()) ? AtAbsent::Finite
                                           : AtAbsent::Unknown;
  }
  if (depth == 0) {
    return AtAbsent::Unknown;
  }
  auto at = [&](unsigned i) { return this->at(op->getOperand(i), depth - 1); };
  return llvm::TypeSwitch<Operation *, AtAbsent>(op)
      .Case<ir::LoadOp>([&](ir::LoadOp load) {
        auto tile = dyn_cast<ir::TileType>(load.getResult().getType());
        for (Value index : load.getAt()) {
          auto part = index.getDefiningOp<ir::SubrangeOp>();
          if (part && part.getRange().getType().getAxis().getValue() == axis) {
            return AtAbsent::Finite; // What lies behind the range is loaded.
          }
        }
        return tile && tile.axisIndex(axis) >= 0 ? AtAbsent::Zero
                                                 : AtAbsent::Finite;
      })
      .Case<ir::SplatOp, ir::BroadcastOp, ir::ConvertOp, arith::NegFOp,
            arith::ExtFOp, math::TanhOp, math::ErfOp, math::AbsFOp,
            math::FloorOp>([&](auto) { return at(0); })
      .Case<arith::AddFOp, arith::SubFOp, arith::MaximumFOp, arith::MinimumFOp>(
          [&](auto) { return std::min(at(0), at(1)); })
      .Case<arith::MulFOp>([&](auto) { return atProduct(at(0), at(1)); })
      .Case<arith::DivFOp>([&](auto) {
        std::optional<APFloat> divisor = constantOf(op->getOperand(1));
        if (divisor ? divisor->isFiniteNonZero()
                    : staysPositive(op->getOperand(1))) {
          return at(0);
        }
        return AtAbsent::Unknown;
      })
      .Case<math::SqrtOp>([&](auto) {
        return at(0) == AtAbsent::Zero ? AtAbsent::Zero : AtAbsent::Unknown;
      })
      .Case<math::ExpOp, math::Exp2Op>([&](auto) {
        return at(0) == AtAbsent::Zero ? AtAbsent::Finite : AtAbsent::Unknown;
      })
      .Case<ir::SelectOp>([&](auto) { return std::min(at(1), at(2)); })
      .Case<ir::DotOp>([&](ir::DotOp dot) {
        AtAbsent product = atProduct(at(0), at(1));
        return dot.getAcc() ? std::min(product, at(2)) : product;
      })
      .Default([](Operation *) { return AtAbsent::Unknown; });
}

AtAbsent atAbsent(Value value, StringRef axis) {
  return Judge(axis).at(value, 32);
}

} // namespace spak::irgen
