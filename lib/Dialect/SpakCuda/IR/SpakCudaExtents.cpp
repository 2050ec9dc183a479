// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: sizes that follow from dims, as a C-like text.
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

using namespace mlir;

/// \p tight: whether what stands around binds more than a sum.
static std::string textOf(AffineExpr expr, ArrayRef<std::string> dims,
                          bool tight) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr)) {
    return std::to_string(number.getValue());
  }
  if (auto dim = dyn_cast<AffineSymbolExpr>(expr)) {
    return dims[dim.getPosition()];
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  AffineExpr left = binary.getLHS(), right = binary.getRHS();
  if (expr.getKind() != AffineExprKind::Add) {
    StringRef sign = expr.getKind() == AffineExprKind::Mul   ? " * "
                     : expr.getKind() == AffineExprKind::Mod ? " % "
                                                             : " / ";
    return textOf(left, dims, true) + sign.str() +
           (isa<AffineBinaryOpExpr>(right)
                ? "(" + textOf(right, dims, false) + ")"
                : textOf(right, dims, true));
  }
  std::string text = textOf(left, dims, false);
  auto number = dyn_cast<AffineConstantExpr>(right);
  auto product = dyn_cast<AffineBinaryOpExpr>(right);
  if (number && number.getValue() < 0) {
    text += " - " + std::to_string(-number.getValue());
  } else if (product && product.getKind() == AffineExprKind::Mul &&
             product.getRHS() == getAffineConstantExpr(-1, expr.getContext())) {
    text += " - " + textOf(product.getLHS(), dims, true);
  } else {
    text += " + " + textOf(right, dims, false);
  }
  return tight ? "(" + text + ")" : text;
}

std::string spak::cuda::extentText(AffineMap map, ArrayRef<std::string> dims) {
  return textOf(map.getResult(0), dims, false);
}
