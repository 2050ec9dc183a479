// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the copying of expression trees. Must not know names.
#include "Rewrite.h"

using namespace spak::space;

namespace spak::sema {

namespace {

template <typename T>
std::unique_ptr<T> copyLiteral(const T &literal) {
  auto copy = std::make_unique<T>(literal.range);
  copy->value = literal.value;
  return copy;
}

/// Copies with the children that \p child gives.
ast::ExprPtr
rebuild(const ast::Expr &expr,
        llvm::function_ref<ast::ExprPtr(const ast::Expr &)> child) {
  if (const auto *e = llvm::dyn_cast<ast::IntLiteral>(&expr)) {
    return copyLiteral(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::FloatLiteral>(&expr)) {
    return copyLiteral(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::BoolLiteral>(&expr)) {
    return copyLiteral(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::StringLiteral>(&expr)) {
    auto copy = copyLiteral(*e);
    copy->content = e->content;
    copy->verbatim = e->verbatim;
    return copy;
  }
  if (const auto *e = llvm::dyn_cast<ast::NameExpr>(&expr)) {
    auto copy = std::make_unique<ast::NameExpr>(e->range);
    copy->name = e->name;
    return copy;
  }
  if (const auto *e = llvm::dyn_cast<ast::MemberExpr>(&expr)) {
    auto copy = std::make_unique<ast::MemberExpr>(e->range);
    copy->base = rebuild(*e->base, child);
    copy->member = e->member;
    return copy->base ? std::move(copy) : nullptr;
  }
  if (const auto *e = llvm::dyn_cast<ast::UnaryExpr>(&expr)) {
    auto copy = std::make_unique<ast::UnaryExpr>(e->range);
    copy->op = e->op;
    copy->opRange = e->opRange;
    copy->operand = child(*e->operand);
    return copy->operand ? std::move(copy) : nullptr;
  }
  if (const auto *e = llvm::dyn_cast<ast::BinaryExpr>(&expr)) {
    ast::ExprPtr lhs = child(*e->lhs), rhs = child(*e->rhs);
    if (!lhs || !rhs) {
      return nullptr;
    }
    auto copy = std::make_unique<ast::BinaryExpr>(e->range);
    copy->op = e->op;
    copy->opRange = e->opRange;
    copy->lhs = std::move(lhs);
    copy->rhs = std::move(rhs);
    return copy;
  }
  if (const auto *e = llvm::dyn_cast<ast::CompareExpr>(&expr)) {
    auto copy = std::make_unique<ast::CompareExpr>(e->range);
    copy->ops = e->ops;
    copy->opRanges = e->opRanges;
    for (const ast::ExprPtr &operand : e->operands) {
      copy->operands.push_back(child(*operand));
      if (!copy->operands.back()) {
        return nullptr;
      }
    }
    return copy;
  }
  if (const auto *e = llvm::dyn_cast<ast::ConditionalExpr>(&expr)) {
    auto copy = std::make_unique<ast::ConditionalExpr>(e->range);
    copy->condition = child(*e->condition);
    copy->then = child(*e->then);
    copy->otherwise = child(*e->otherwise);
    return copy->condition && copy->then && copy->otherwise ? std::move(copy)
                                                            : nullptr;
  }
  if (const auto *e = llvm::dyn_cast<ast::CallExpr>(&expr)) {
    if (!llvm::isa<ast::NameExpr>(*e->callee)) {
      return nullptr;
    }
    auto copy = std::make_unique<ast::CallExpr>(e->range);
    copy->callee = rebuild(*e->callee, child);
    for (const ast::Argument &argument : e->arguments) {
      copy->arguments.push_back({argument.name, child(*argument.value)});
      if (!copy->arguments.back().value) {
        return nullptr;
      }
    }
    return copy;
  }
  return nullptr;
}

std::optional<bool> truthOf(const ast::Expr &expr) {
  if (const auto *literal = llvm::dyn_cast<ast::BoolLiteral>(&expr)) {
    return literal->value;
  }
  return std::nullopt;
}

/// `and`, `or` and `if` of which one side is known.
ast::ExprPtr simplify(ast::ExprPtr expr) {
  if (auto *e = llvm::dyn_cast<ast::BinaryExpr>(expr.get())) {
    bool isAnd = e->op == ast::BinaryOp::And;
    if (!isAnd && e->op != ast::BinaryOp::Or) {
      return expr;
    }
    for (auto [side, other] :
         {std::pair(&e->lhs, &e->rhs), std::pair(&e->rhs, &e->lhs)}) {
      if (std::optional<bool> truth = truthOf(**side)) {
        // `false and x` is false whatever x is; `true and x` is x.
        return *truth == isAnd ? std::move(*other) : std::move(*side);
      }
    }
  }
  if (auto *e = llvm::dyn_cast<ast::ConditionalExpr>(expr.get())) {
    if (std::optional<bool> truth = truthOf(*e->condition)) {
      return *truth ? std::move(e->then) : std::move(e->otherwise);
    }
  }
  return expr;
}

} // namespace

ast::ExprPtr rewrite(const ast::Expr &expr, LeafRewriter leaf) {
  if (llvm::isa<ast::NameExpr, ast::MemberExpr>(expr)) {
    if (ast::ExprPtr other = leaf(expr)) {
      return other;
    }
  }
  return rebuild(expr,
                 [&](const ast::Expr &child) { return rewrite(child, leaf); });
}

ast::ExprPtr literalOf(const AxisValue &value, SourceRange range) {
  if (value.isBool()) {
    auto literal = std::make_unique<ast::BoolLiteral>(range);
    literal->value = value.asBool();
    return literal;
  }
  if (value.isInt()) {
    auto literal = std::make_unique<ast::IntLiteral>(range);
    literal->value = value.asInt();
    return literal;
  }
  if (value.isFloat()) {
    auto literal = std::make_unique<ast::FloatLiteral>(range);
    literal->value = value.asFloat();
    return literal;
  }
  auto literal = std::make_unique<ast::StringLiteral>(range);
  literal->value = value.asText();
  return literal;
}

ast::ExprPtr fold(const ast::Expr &expr, const device::Device *device,
                  const std::map<std::string, int64_t> *shape,
                  LeafRewriter leaf) {
  ast::ExprPtr copy;
  if (llvm::isa<ast::NameExpr, ast::MemberExpr>(expr)) {
    copy = rewrite(expr, leaf);
  } else {
    copy = rebuild(expr, [&](const ast::Expr &child) {
      return fold(child, device, shape, leaf);
    });
  }
  if (!copy) {
    return nullptr;
  }
  Point nowhere;
  Evaluator evaluator(nowhere, device, nullptr, shape);
  if (std::optional<AxisValue> value = evaluator.evaluate(*copy)) {
    return literalOf(*value, expr.range);
  }
  return simplify(std::move(copy));
}

ast::ExprPtr makeBinary(ast::BinaryOp op, ast::ExprPtr a, ast::ExprPtr b,
                        SourceRange range) {
  auto result = std::make_unique<ast::BinaryExpr>(range);
  result->op = op;
  result->opRange = range;
  result->lhs = std::move(a);
  result->rhs = std::move(b);
  return result;
}

ast::ExprPtr makeNot(ast::ExprPtr a, SourceRange range) {
  auto result = std::make_unique<ast::UnaryExpr>(range);
  result->op = ast::UnaryOp::Not;
  result->opRange = range;
  result->operand = std::move(a);
  return result;
}

ast::ExprPtr makeEqual(llvm::StringRef name, ast::ExprPtr value,
                       SourceRange range) {
  auto result = std::make_unique<ast::CompareExpr>(range);
  auto left = std::make_unique<ast::NameExpr>(range);
  left->name = name.str();
  result->operands.push_back(std::move(left));
  result->operands.push_back(std::move(value));
  result->ops.push_back(ast::CompareOp::Eq);
  result->opRanges.push_back(range);
  return result;
}

} // namespace spak::sema
