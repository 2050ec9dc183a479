// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the value of an expression where all its names are known.
#include "Evaluator.h"

using namespace spak::space;

namespace spak::sema {

BinaryOp lowerOp(ast::BinaryOp op) {
  switch (op) {
  case ast::BinaryOp::Add:
    return BinaryOp::Add;
  case ast::BinaryOp::Sub:
    return BinaryOp::Sub;
  case ast::BinaryOp::Mul:
    return BinaryOp::Mul;
  case ast::BinaryOp::Div:
    return BinaryOp::Div;
  case ast::BinaryOp::Mod:
    return BinaryOp::Mod;
  case ast::BinaryOp::And:
    return BinaryOp::And;
  case ast::BinaryOp::Or:
    return BinaryOp::Or;
  }
  return BinaryOp::Add;
}

CompareOp lowerOp(ast::CompareOp op) {
  switch (op) {
  case ast::CompareOp::Eq:
    return CompareOp::Eq;
  case ast::CompareOp::Ne:
    return CompareOp::Ne;
  case ast::CompareOp::Lt:
    return CompareOp::Lt;
  case ast::CompareOp::Le:
    return CompareOp::Le;
  case ast::CompareOp::Gt:
    return CompareOp::Gt;
  case ast::CompareOp::Ge:
    return CompareOp::Ge;
  }
  return CompareOp::Eq;
}

std::nullopt_t Evaluator::unknown(const ast::Expr &expr, llvm::StringRef name) {
  if (diags) {
    std::vector<std::string> names;
    for (const auto &[axis, value] : point.axes()) {
      names.push_back(axis);
    }
    auto error = diags->error(diag::err_unknown_axis, expr.range) << name;
    error.help(nameHelp(name, "axes", names));
  }
  return std::nullopt;
}

std::optional<AxisValue> Evaluator::evaluate(const ast::Expr &expr) {
  if (const auto *name = llvm::dyn_cast<ast::NameExpr>(&expr)) {
    if (const AxisValue *value = point.find(name->name)) {
      return *value;
    }
    if (name->name == "device" && device) {
      return AxisValue(device->name.str());
    }
    if (shape) {
      if (auto dim = shape->find(name->name); dim != shape->end()) {
        return AxisValue(dim->second);
      }
    }
    return unknown(expr, name->name);
  }
  if (std::optional<AxisValue> value = literalValue(expr)) {
    return value;
  }
  if (const auto *e = llvm::dyn_cast<ast::MemberExpr>(&expr)) {
    return member(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::UnaryExpr>(&expr)) {
    return unary(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::BinaryExpr>(&expr)) {
    return binary(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::CompareExpr>(&expr)) {
    return compare(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::CallExpr>(&expr)) {
    return call(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::ConditionalExpr>(&expr)) {
    std::optional<bool> chosen = condition(*e->condition);
    if (!chosen) {
      return std::nullopt;
    }
    return evaluate(*chosen ? *e->then : *e->otherwise);
  }
  if (diags) {
    diags->error(diag::err_not_constant, expr.range)
        << quoted(expr.range.text());
  }
  return std::nullopt;
}

std::optional<bool> Evaluator::condition(const ast::Expr &expr) {
  std::optional<AxisValue> value = evaluate(expr);
  if (value && value->isBool()) {
    return value->asBool();
  }
  if (value && diags) {
    diags->error(diag::err_not_a_condition, expr.range) << value->text();
  }
  return std::nullopt;
}

std::optional<AxisValue> Evaluator::member(const ast::MemberExpr &expr) {
  const auto *base = llvm::dyn_cast<ast::NameExpr>(expr.base.get());
  if (!base || base->name != "device" || !device) {
    if (std::optional<std::string> dotted = ast::dottedName(expr)) {
      if (const AxisValue *value = point.find(*dotted)) {
        return *value;
      }
      return unknown(expr, *dotted);
    }
    return unknown(expr, expr.member.text);
  }
  if (std::optional<int64_t> number = device->number(expr.member.text)) {
    return AxisValue(*number);
  }
  if (std::optional<llvm::StringRef> text = device->text(expr.member.text)) {
    return AxisValue(text->str());
  }
  if (diags) {
    std::vector<std::string> names;
    for (llvm::StringRef name : device::fieldNames()) {
      names.push_back(name.str());
    }
    auto error = diags->error(diag::err_unknown_device_field, expr.member.range)
                 << expr.member.text;
    error.help(nameHelp(expr.member.text, "fields of a device", names));
  }
  return std::nullopt;
}

std::optional<AxisValue> Evaluator::unary(const ast::UnaryExpr &expr) {
  std::optional<AxisValue> value = evaluate(*expr.operand);
  if (!value) {
    return std::nullopt;
  }
  bool logical = expr.op == ast::UnaryOp::Not;
  if (logical ? !value->isBool() : !value->isNumber()) {
    if (diags) {
      diags->error(diag::err_operator_type, expr.range)
          << ast::spelling(expr.op) << (logical ? "truth values" : "numbers")
          << value->text();
    }
    return std::nullopt;
  }
  switch (expr.op) {
  case ast::UnaryOp::Not:
    return AxisValue(!value->asBool());
  case ast::UnaryOp::Plus:
    return value;
  case ast::UnaryOp::Negate:
    return foldBinary(BinaryOp::Sub, AxisValue(int64_t(0)), *value);
  }
  return std::nullopt;
}

std::optional<AxisValue> Evaluator::binary(const ast::BinaryExpr &expr) {
  std::optional<AxisValue> a = evaluate(*expr.lhs);
  // `c and x` with c false has a value whatever x is.
  if (a && a->isBool()) {
    if ((expr.op == ast::BinaryOp::And && !a->asBool()) ||
        (expr.op == ast::BinaryOp::Or && a->asBool())) {
      return a;
    }
  }
  std::optional<AxisValue> b = evaluate(*expr.rhs);
  if (!a || !b) {
    return std::nullopt;
  }
  std::optional<AxisValue> value = foldBinary(lowerOp(expr.op), *a, *b);
  if (!value && diags) {
    diags->error(diag::err_constant_operands, expr.range)
        << ast::spelling(expr.op) << a->text() << b->text();
  }
  return value;
}

std::optional<AxisValue> Evaluator::compare(const ast::CompareExpr &expr) {
  std::optional<AxisValue> left = evaluate(*expr.operands.front());
  bool all = true;
  for (size_t i = 0; i < expr.ops.size(); ++i) {
    std::optional<AxisValue> right = evaluate(*expr.operands[i + 1]);
    if (!left || !right) {
      return std::nullopt;
    }
    std::optional<bool> holds =
        foldCompare(lowerOp(expr.ops[i]), *left, *right);
    if (!holds) {
      if (diags) {
        diags->error(diag::err_constant_operands, expr.range)
            << ast::spelling(expr.ops[i]) << left->text() << right->text();
      }
      return std::nullopt;
    }
    all &= *holds;
    left = right;
  }
  return AxisValue(all);
}

std::optional<AxisValue> Evaluator::call(const ast::CallExpr &expr) {
  const auto *callee = llvm::dyn_cast<ast::NameExpr>(expr.callee.get());
  std::optional<Function> function =
      callee ? parseFunction(callee->name) : std::nullopt;
  std::vector<AxisValue> arguments;
  for (const ast::Argument &argument : expr.arguments) {
    std::optional<AxisValue> value = evaluate(*argument.value);
    if (!value) {
      return std::nullopt;
    }
    arguments.push_back(*value);
  }
  std::optional<AxisValue> value;
  if (function && arguments.size() == arity(*function)) {
    value = foldFunction(*function, arguments);
  }
  if (!value && diags) {
    diags->error(diag::err_not_constant, expr.range)
        << quoted(expr.range.text());
  }
  return value;
}

void walk(const ast::Expr &expr,
          llvm::function_ref<void(const ast::Expr &)> visit) {
  visit(expr);
  auto below = [&](const ast::ExprPtr &child) {
    if (child) {
      walk(*child, visit);
    }
  };
  auto all = [&](const std::vector<ast::ExprPtr> &children) {
    for (const ast::ExprPtr &child : children) {
      below(child);
    }
  };
  switch (expr.kind) {
  case ast::ExprKind::Member:
    below(llvm::cast<ast::MemberExpr>(expr).base);
    return;
  case ast::ExprKind::Index:
    below(llvm::cast<ast::IndexExpr>(expr).base);
    all(llvm::cast<ast::IndexExpr>(expr).indices);
    return;
  case ast::ExprKind::Call:
    below(llvm::cast<ast::CallExpr>(expr).callee);
    for (const ast::Argument &a : llvm::cast<ast::CallExpr>(expr).arguments) {
      below(a.value);
    }
    return;
  case ast::ExprKind::Unary:
    below(llvm::cast<ast::UnaryExpr>(expr).operand);
    return;
  case ast::ExprKind::Binary:
    below(llvm::cast<ast::BinaryExpr>(expr).lhs);
    below(llvm::cast<ast::BinaryExpr>(expr).rhs);
    return;
  case ast::ExprKind::Compare:
    all(llvm::cast<ast::CompareExpr>(expr).operands);
    return;
  case ast::ExprKind::Conditional:
    below(llvm::cast<ast::ConditionalExpr>(expr).then);
    below(llvm::cast<ast::ConditionalExpr>(expr).condition);
    below(llvm::cast<ast::ConditionalExpr>(expr).otherwise);
    return;
  case ast::ExprKind::Convert:
    below(llvm::cast<ast::ConvertExpr>(expr).value);
    return;
  case ast::ExprKind::Load:
    all(llvm::cast<ast::LoadExpr>(expr).indices);
    return;
  case ast::ExprKind::All:
    below(llvm::cast<ast::AllExpr>(expr).extent);
    return;
  case ast::ExprKind::Fill:
    below(llvm::cast<ast::FillExpr>(expr).value);
    all(llvm::cast<ast::FillExpr>(expr).axes);
    return;
  case ast::ExprKind::List:
    all(llvm::cast<ast::ListExpr>(expr).elements);
    return;
  case ast::ExprKind::Range:
    below(llvm::cast<ast::RangeExpr>(expr).first);
    below(llvm::cast<ast::RangeExpr>(expr).last);
    below(llvm::cast<ast::RangeExpr>(expr).step);
    return;
  default:
    return;
  }
}

} // namespace spak::sema
