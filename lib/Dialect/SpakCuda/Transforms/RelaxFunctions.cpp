// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which functions of a map may be computed less exactly, because what
// they give is rounded to 16 bits next. Knows no kernel: it looks at the map
// and at who reads it.
#include "spak/Dialect/SpakCuda/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace spak::cuda {

#define GEN_PASS_DEF_RELAXFUNCTIONS
#include "spak/Dialect/SpakCuda/Transforms/Passes.h.inc"

namespace {

/// The type to which all that reads \p map rounds it; null if some read it as
/// it is.
FloatType roundedTo(MapOp map) {
  FloatType type;
  for (Operation *user : map.getResult().getUsers()) {
    auto pack = dyn_cast<PackOp>(user);
    if (!pack) {
      return {};
    }
    auto pairs = cast<VectorType>(pack.getResult().getType().getElementType());
    auto wanted = cast<FloatType>(pairs.getElementType());
    if (type && type != wanted) {
      return {};
    }
    type = wanted;
  }
  return type;
}

/// Whether \p value reaches the end of its map through products only: then a
/// relative error stays what it is.
bool onlyMultiplied(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    return isa<YieldOp>(user) ||
           (isa<arith::MulFOp>(user) && onlyMultiplied(user->getResult(0)));
  });
}

bool isOne(Value value) {
  FloatAttr constant;
  return matchPattern(value, m_Constant(&constant)) &&
         constant.getValue().isExactlyValue(1.0);
}

/// Whether \p erf serves as 1 + erf(x) alone, to which an absolute error of
/// erf is a relative one, but where the sum is small.
bool isAddedToOne(math::ErfOp erf) {
  return llvm::all_of(erf->getUsers(), [&](Operation *user) {
    auto sum = dyn_cast<arith::AddFOp>(user);
    return sum && (isOne(sum.getLhs()) || isOne(sum.getRhs())) &&
           onlyMultiplied(sum.getResult());
  });
}

struct RelaxFunctionsPass : impl::RelaxFunctionsBase<RelaxFunctionsPass> {
  void runOnOperation() override {
    getOperation().walk([](MapOp map) {
      FloatType type = roundedTo(map);
      if (!type || !(type.isBF16() || type.isF16())) {
        return;
      }
      map.walk([&](math::ErfOp erf) {
        if (isAddedToOne(erf)) {
          erf->setAttr(kRoundedAttr, TypeAttr::get(type));
        }
      });
    });
  }
};

} // namespace

} // namespace spak::cuda
