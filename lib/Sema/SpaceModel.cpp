// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the way from constraints in the text to rules of a space.
#include "spak/Sema/SpaceModel.h"

#include "Evaluator.h"

#include "llvm/ADT/STLExtras.h"

using namespace spak::space;

namespace spak::sema {

namespace {

using Op = Formula::Op;

Op formulaOp(ast::BinaryOp op) {
  switch (op) {
  case ast::BinaryOp::Add:
    return Op::Add;
  case ast::BinaryOp::Sub:
    return Op::Sub;
  case ast::BinaryOp::Mul:
    return Op::Mul;
  case ast::BinaryOp::Div:
    return Op::Div;
  case ast::BinaryOp::Mod:
    return Op::Mod;
  case ast::BinaryOp::And:
    return Op::And;
  case ast::BinaryOp::Or:
    return Op::Or;
  }
  return Op::And;
}

Op formulaOp(ast::CompareOp op) {
  switch (op) {
  case ast::CompareOp::Eq:
    return Op::Eq;
  case ast::CompareOp::Ne:
    return Op::Ne;
  case ast::CompareOp::Lt:
    return Op::Lt;
  case ast::CompareOp::Le:
    return Op::Le;
  case ast::CompareOp::Gt:
    return Op::Gt;
  case ast::CompareOp::Ge:
    return Op::Ge;
  }
  return Op::Eq;
}

Op formulaOp(ast::UnaryOp op) {
  switch (op) {
  case ast::UnaryOp::Negate:
    return Op::Negate;
  case ast::UnaryOp::Plus:
    return Op::Plus;
  case ast::UnaryOp::Not:
    return Op::Not;
  }
  return Op::Not;
}

/// Writes expressions as formulas. What has no formula is reported.
class Lowering {
public:
  using NodeId = Formula::NodeId;

  Lowering(const System &system, const PointRequest &request,
           DiagnosticEngine &diags)
      : system(system), request(request), diags(diags) {}

  /// Nothing after an error.
  std::optional<Formula> run(const ast::Expr &expr) {
    formula = Formula();
    if (!lower(expr)) {
      return std::nullopt;
    }
    return std::move(formula);
  }

private:
  const System &system;
  const PointRequest &request;
  DiagnosticEngine &diags;
  Formula formula;

  std::optional<NodeId> lower(const ast::Expr &expr);
  std::optional<NodeId> compare(const ast::CompareExpr &expr);
  std::optional<NodeId> call(const ast::CallExpr &expr);

  std::optional<NodeId> apply(Op op,
                              llvm::ArrayRef<const ast::ExprPtr *> operands) {
    llvm::SmallVector<NodeId, 3> children;
    for (const ast::ExprPtr *operand : operands) {
      std::optional<NodeId> child = lower(**operand);
      if (!child) {
        return std::nullopt;
      }
      children.push_back(*child);
    }
    return formula.apply(op, children);
  }

  std::optional<NodeId> axis(llvm::StringRef name) {
    const Axis *axis = system.findAxis(name);
    if (!axis) {
      return std::nullopt;
    }
    return formula.axis(static_cast<unsigned>(axis - system.axes.data()));
  }

  /// Whatever has the same value at every point.
  std::optional<NodeId> constant(const ast::Expr &expr) {
    Evaluator evaluator(nowhere, request.device, &diags, &request.shape);
    std::optional<AxisValue> value = evaluator.evaluate(expr);
    if (!value) {
      return std::nullopt;
    }
    return formula.constant(*value);
  }

  Point nowhere;
};

std::optional<Formula::NodeId> Lowering::lower(const ast::Expr &expr) {
  if (const auto *name = llvm::dyn_cast<ast::NameExpr>(&expr)) {
    std::optional<NodeId> found = axis(name->name);
    return found ? found : constant(expr);
  }
  if (llvm::isa<ast::MemberExpr>(expr)) {
    std::optional<std::string> dotted = ast::dottedName(expr);
    std::optional<NodeId> found = dotted ? axis(*dotted) : std::nullopt;
    return found ? found : constant(expr);
  }
  if (const auto *e = llvm::dyn_cast<ast::UnaryExpr>(&expr)) {
    return literalValue(expr) ? constant(expr)
                              : apply(formulaOp(e->op), {&e->operand});
  }
  if (const auto *e = llvm::dyn_cast<ast::BinaryExpr>(&expr)) {
    return apply(formulaOp(e->op), {&e->lhs, &e->rhs});
  }
  if (const auto *e = llvm::dyn_cast<ast::ConditionalExpr>(&expr)) {
    return apply(Op::Choose, {&e->condition, &e->then, &e->otherwise});
  }
  if (const auto *e = llvm::dyn_cast<ast::CompareExpr>(&expr)) {
    return compare(*e);
  }
  if (const auto *e = llvm::dyn_cast<ast::CallExpr>(&expr)) {
    return call(*e);
  }
  return constant(expr);
}

std::optional<Formula::NodeId> Lowering::compare(const ast::CompareExpr &expr) {
  llvm::SmallVector<NodeId, 3> operands, links;
  for (const ast::ExprPtr &operand : expr.operands) {
    std::optional<NodeId> node = lower(*operand);
    if (!node) {
      return std::nullopt;
    }
    operands.push_back(*node);
  }
  for (size_t i = 0; i < expr.ops.size(); ++i) {
    links.push_back(
        formula.apply(formulaOp(expr.ops[i]), {operands[i], operands[i + 1]}));
  }
  return links.size() == 1 ? links.front() : formula.apply(Op::Every, links);
}

std::optional<Formula::NodeId> Lowering::call(const ast::CallExpr &expr) {
  const auto *callee = llvm::dyn_cast<ast::NameExpr>(expr.callee.get());
  std::optional<Function> function =
      callee ? parseFunction(callee->name) : std::nullopt;
  if (!function || expr.arguments.size() != arity(*function)) {
    diags.error(diag::err_not_constant, expr.range)
        << quoted(expr.range.text());
    return std::nullopt;
  }
  llvm::SmallVector<NodeId, 2> arguments;
  for (const ast::Argument &argument : expr.arguments) {
    std::optional<NodeId> node = lower(*argument.value);
    if (!node) {
      return std::nullopt;
    }
    arguments.push_back(*node);
  }
  return formula.call(
      [function = *function](llvm::ArrayRef<AxisValue> values) {
        return foldFunction(function, values);
      },
      arguments);
}

/// The parts of a conjunction, in order.
void split(const ast::Expr &expr, std::vector<const ast::Expr *> &parts) {
  const auto *binary = llvm::dyn_cast<ast::BinaryExpr>(&expr);
  if (binary && binary->op == ast::BinaryOp::And) {
    split(*binary->lhs, parts);
    split(*binary->rhs, parts);
    return;
  }
  parts.push_back(&expr);
}

} // namespace

std::optional<std::vector<std::pair<unsigned, std::vector<AxisValue>>>>
requestedValues(const System &system, const PointRequest &request,
                DiagnosticEngine &diags) {
  std::vector<std::pair<unsigned, std::vector<AxisValue>>> fixed;
  bool good = true;
  for (const auto &[name, texts] : request.axes) {
    const Axis *axis = system.findAxis(name);
    if (!axis) {
      std::vector<std::string> names;
      for (const Axis &other : system.axes) {
        names.push_back(other.name);
      }
      auto error = diags.error(diag::err_unknown_axis) << name;
      error.help(nameHelp(name, "axes", names));
      good = false;
      continue;
    }
    std::vector<AxisValue> values;
    for (const std::string &text : texts) {
      AxisValue value = AxisValue::parse(text);
      if (!llvm::is_contained(axis->values, value)) {
        std::string list;
        for (const AxisValue &other : axis->values) {
          list += (list.empty() ? "" : ", ") + other.text();
        }
        auto error = diags.error(diag::err_point_outside) << name << text;
        error.note(axis->range, "its values are " + list);
        good = false;
      }
      values.push_back(std::move(value));
    }
    fixed.emplace_back(axis - system.axes.data(), std::move(values));
  }
  return good ? std::optional(std::move(fixed)) : std::nullopt;
}

llvm::FailureOr<SpaceModel> spaceOf(const System &system,
                                    const PointRequest &request,
                                    DiagnosticEngine &diags) {
  auto fixed = requestedValues(system, request, diags);
  if (!fixed) {
    return llvm::failure();
  }
  SpaceModel model;
  for (const Axis &axis : system.axes) {
    model.space.axes.push_back({axis.name, axis.values});
  }
  for (const auto &entry : *fixed) {
    std::vector<AxisValue> &domain = model.space.axes[entry.first].values;
    llvm::erase_if(domain, [&](const AxisValue &value) {
      return !llvm::is_contained(entry.second, value);
    });
  }
  Lowering lowering(system, request, diags);
  bool good = true;
  for (const Constraint &constraint : system.constraints) {
    SpaceModel::Source source{&constraint, {}};
    split(*constraint.condition, source.conditions);
    Rule rule{constraint.reason, {}};
    for (const ast::Expr *part : source.conditions) {
      std::optional<Formula> formula = lowering.run(*part);
      good &= formula.has_value();
      if (formula) {
        rule.conditions.push_back(Condition::of(std::move(*formula)));
      }
    }
    model.space.rules.push_back(std::move(rule));
    model.rules.push_back(std::move(source));
  }
  if (!good) {
    return llvm::failure();
  }
  return model;
}

void reportUndefined(const SpaceModel &model, const PointRequest &request,
                     const Undefined &undefined, DiagnosticEngine &diags) {
  Point point = pointAt(model.space.axes, undefined.point);
  Evaluator evaluator(point, request.device, &diags, &request.shape);
  (void)evaluator.condition(*model.rules[undefined.rule].constraint->condition);
}

} // namespace spak::sema
