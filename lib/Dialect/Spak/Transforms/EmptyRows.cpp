// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the walk back from scores to where they come from.
#include "EmptyRows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace spak::ir {

static bool isFinite(arith::ConstantOp constant) {
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!elements || !elements.isSplat()) {
    return false;
  }
  auto value = dyn_cast<FloatAttr>(elements.getSplatValue<Attribute>());
  return !value || value.getValue().isFinite();
}

bool mayHaveEmptyRows(Value scores) {
  SmallVector<Value> work = {scores};
  llvm::DenseSet<Value> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!isa<TileType>(value.getType()) || !seen.insert(value).second) {
      continue;
    }
    Operation *def = value.getDefiningOp();
    if (!def) {
      return true;
    }
    if (isa<DotOp, SplatOp, IndexOp>(def)) {
      continue;
    }
    if (auto constant = dyn_cast<arith::ConstantOp>(def)) {
      if (!isFinite(constant)) {
        return true;
      }
      continue;
    }
    bool arithmetic =
        isa<BroadcastOp, ConvertOp, ConvertLayoutOp, RampOp, RoundedOp,
            arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp,
            arith::MaximumFOp, math::TanhOp, math::ErfOp, math::AbsFOp>(def);
    if (!arithmetic) {
      return true;
    }
    llvm::append_range(work, def->getOperands());
  }
  return false;
}

OpOperand *keptOperand(Operation *op) {
  if (auto mask = dyn_cast_or_null<MaskOp>(op)) {
    return &mask.getSrcMutable();
  }
  auto select = dyn_cast_or_null<SelectOp>(op);
  DenseElementsAttr elements;
  if (!select || !matchPattern(select.getB(), m_Constant(&elements)) ||
      !elements.isSplat()) {
    return nullptr;
  }
  auto number = dyn_cast<FloatAttr>(elements.getSplatValue<Attribute>());
  bool drops = number && number.getValue().isInfinity() &&
               number.getValue().isNegative();
  return drops ? &select.getAMutable() : nullptr;
}

} // namespace spak::ir
