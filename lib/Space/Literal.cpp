// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the value of a literal.
#include "spak/Space/Literal.h"

namespace spak::space {

std::optional<AxisValue> literalValue(const ast::Expr &expr) {
  if (const auto *literal = llvm::dyn_cast<ast::IntLiteral>(&expr)) {
    return AxisValue(literal->value);
  }
  if (const auto *literal = llvm::dyn_cast<ast::FloatLiteral>(&expr)) {
    return AxisValue(literal->value);
  }
  if (const auto *literal = llvm::dyn_cast<ast::BoolLiteral>(&expr)) {
    return AxisValue(literal->value);
  }
  if (const auto *literal = llvm::dyn_cast<ast::StringLiteral>(&expr)) {
    return AxisValue(literal->value);
  }
  if (const auto *name = llvm::dyn_cast<ast::NameExpr>(&expr)) {
    return AxisValue(name->name);
  }
  const auto *sign = llvm::dyn_cast<ast::UnaryExpr>(&expr);
  if (!sign || sign->op == ast::UnaryOp::Not) {
    return std::nullopt;
  }
  std::optional<AxisValue> value = literalValue(*sign->operand);
  if (!value || !value->isNumber()) {
    return std::nullopt;
  }
  if (sign->op == ast::UnaryOp::Plus) {
    return value;
  }
  return value->isInt() ? AxisValue(-value->asInt())
                        : AxisValue(-value->asFloat());
}

} // namespace spak::space
