// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a fact with a parameter says of an item. Must not know which
// rules ask.
#include "spak/Trace/Facts.h"

#include "spak/Space/Literal.h"

#include "llvm/ADT/STLExtras.h"

namespace spak::trace {

namespace {

using Value = space::AxisValue;

/// The value of an expression over one item, called by the parameter's name.
class ItemEvaluator {
public:
  ItemEvaluator(llvm::StringRef parameter, const Item &item)
      : parameter(parameter), item(item) {}

  std::optional<Value> evaluate(const ast::Expr &expr) {
    if (!llvm::isa<ast::NameExpr, ast::UnaryExpr>(expr)) {
      if (std::optional<Value> value = space::literalValue(expr)) {
        return value;
      }
    }
    if (const auto *e = llvm::dyn_cast<ast::MemberExpr>(&expr)) {
      return field(*e);
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
    return std::nullopt;
  }

private:
  llvm::StringRef parameter;
  const Item &item;

  std::optional<Value> field(const ast::MemberExpr &expr) {
    const auto *base = llvm::dyn_cast<ast::NameExpr>(expr.base.get());
    const JsonValue *value = base && base->name == parameter
                                 ? item.value.find(expr.member.text)
                                 : nullptr;
    if (!value) {
      return std::nullopt;
    }
    switch (value->kind) {
    case JsonValue::Kind::Bool:
      return Value(value->boolean);
    case JsonValue::Kind::Int:
      return Value(value->integer);
    case JsonValue::Kind::Float:
      return Value(value->number);
    case JsonValue::Kind::String:
      return Value(value->text);
    default:
      return std::nullopt;
    }
  }

  std::optional<Value> unary(const ast::UnaryExpr &expr) {
    std::optional<Value> value = evaluate(*expr.operand);
    if (!value) {
      return std::nullopt;
    }
    if (expr.op == ast::UnaryOp::Not) {
      return value->isBool() ? std::optional<Value>(!value->asBool())
                             : std::nullopt;
    }
    if (!value->isNumber()) {
      return std::nullopt;
    }
    return expr.op == ast::UnaryOp::Plus
               ? value
               : std::optional<Value>(Value(-value->asFloat()));
  }

  std::optional<Value> binary(const ast::BinaryExpr &expr) {
    std::optional<Value> a = evaluate(*expr.lhs);
    if (expr.op == ast::BinaryOp::And || expr.op == ast::BinaryOp::Or) {
      bool decides = expr.op == ast::BinaryOp::Or;
      if (a && a->isBool() && a->asBool() == decides) {
        return a;
      }
      std::optional<Value> b = evaluate(*expr.rhs);
      return a && b && a->isBool() && b->isBool() ? b : std::nullopt;
    }
    std::optional<Value> b = evaluate(*expr.rhs);
    if (!a || !b || !a->isNumber() || !b->isNumber()) {
      return std::nullopt;
    }
    double x = a->asFloat(), y = b->asFloat();
    switch (expr.op) {
    case ast::BinaryOp::Add:
      return Value(x + y);
    case ast::BinaryOp::Sub:
      return Value(x - y);
    case ast::BinaryOp::Mul:
      return Value(x * y);
    case ast::BinaryOp::Div:
      return y == 0 ? std::nullopt : std::optional<Value>(Value(x / y));
    default:
      return std::nullopt;
    }
  }

  std::optional<Value> compare(const ast::CompareExpr &expr) {
    for (size_t i = 0; i < expr.ops.size(); ++i) {
      std::optional<Value> a = evaluate(*expr.operands[i]);
      std::optional<Value> b = evaluate(*expr.operands[i + 1]);
      if (!a || !b) {
        return std::nullopt;
      }
      bool isOrder = expr.ops[i] != ast::CompareOp::Eq &&
                     expr.ops[i] != ast::CompareOp::Ne;
      if (isOrder && (!a->isNumber() || !b->isNumber())) {
        return std::nullopt;
      }
      bool holds = false;
      switch (expr.ops[i]) {
      case ast::CompareOp::Eq:
        holds = *a == *b;
        break;
      case ast::CompareOp::Ne:
        holds = *a != *b;
        break;
      case ast::CompareOp::Lt:
        holds = a->asFloat() < b->asFloat();
        break;
      case ast::CompareOp::Le:
        holds = a->asFloat() <= b->asFloat();
        break;
      case ast::CompareOp::Gt:
        holds = a->asFloat() > b->asFloat();
        break;
      case ast::CompareOp::Ge:
        holds = a->asFloat() >= b->asFloat();
        break;
      }
      if (!holds) {
        return Value(false);
      }
    }
    return Value(true);
  }
};

llvm::StringRef lastWord(llvm::StringRef dotted) {
  return dotted.substr(dotted.rfind('.') + 1);
}

} // namespace

std::vector<Observation> observeFacts(const ast::File &file,
                                      const Trace &trace) {
  std::vector<Observation> result;
  for (const ast::Block *fact : file.system.knowledge("fact")) {
    const ast::Property *body = fact->find("return");
    if (fact->params.size() != 1 || !body || !body->value) {
      continue;
    }
    const ast::BlockParam &parameter = fact->params.front();
    std::string type =
        parameter.type ? ast::dottedName(*parameter.type).value_or("") : "";
    Observation observation;
    observation.fact = fact;
    for (const Item &item : trace.items) {
      // A record of our tools is a line of the kind that it would be written
      // as; only lines have the fields that facts name.
      if (lastWord(item.type) != lastWord(type)) {
        continue;
      }
      std::optional<Value> value =
          ItemEvaluator(parameter.name.text, item).evaluate(*body->value);
      if (value && value->isBool()) {
        ++observation.items;
        observation.holding += value->asBool();
        observation.last = value->asBool();
      }
    }
    result.push_back(observation);
  }
  return result;
}

} // namespace spak::trace
