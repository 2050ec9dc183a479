// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: expressions of a kernel: which thing a name means, which form of call
// a call is, what an index may be.
#include "Checker.h"

#include "Evaluator.h"

#include "llvm/ADT/StringExtras.h"

using namespace spak::space;

namespace spak::sema {

using TypeKind = Type::Kind;

const Expr *Checker::check(const ast::Expr &expr) {
  switch (expr.kind) {
  case ast::ExprKind::Int:
  case ast::ExprKind::Float:
  case ast::ExprKind::String:
  case ast::ExprKind::Bool:
    return typing.constant(*literalValue(expr), expr.range);
  case ast::ExprKind::Name:
    return checkName(llvm::cast<ast::NameExpr>(expr));
  case ast::ExprKind::Member:
    return checkMember(llvm::cast<ast::MemberExpr>(expr));
  case ast::ExprKind::Call:
    return checkCallExpr(llvm::cast<ast::CallExpr>(expr));
  case ast::ExprKind::Unary: {
    const auto &unary = llvm::cast<ast::UnaryExpr>(expr);
    const Expr *operand = check(*unary.operand);
    switch (unary.op) {
    case ast::UnaryOp::Negate:
      return typing.negate(operand, expr.range);
    case ast::UnaryOp::Not:
      return typing.logicalNot(operand, expr.range);
    case ast::UnaryOp::Plus:
      return operand;
    }
    return operand;
  }
  case ast::ExprKind::Binary: {
    const auto &binary = llvm::cast<ast::BinaryExpr>(expr);
    const Expr *a = check(*binary.lhs), *b = check(*binary.rhs);
    return typing.binary(lowerOp(binary.op), a, b, expr.range);
  }
  case ast::ExprKind::Compare:
    return checkCompare(llvm::cast<ast::CompareExpr>(expr));
  case ast::ExprKind::Conditional: {
    const auto &choice = llvm::cast<ast::ConditionalExpr>(expr);
    const Expr *condition = check(*choice.condition);
    // What the point leaves out is not looked at.
    if (condition->type.is(TypeKind::Constant) &&
        condition->constant.isBool()) {
      return check(condition->constant.asBool() ? *choice.then
                                                : *choice.otherwise);
    }
    const Expr *a = check(*choice.then), *b = check(*choice.otherwise);
    return typing.select(condition, a, b, expr.range);
  }
  case ast::ExprKind::Convert:
    return checkConvert(llvm::cast<ast::ConvertExpr>(expr));
  case ast::ExprKind::Load:
    return checkLoad(llvm::cast<ast::LoadExpr>(expr));
  case ast::ExprKind::Fill:
    return checkFill(llvm::cast<ast::FillExpr>(expr));
  case ast::ExprKind::All:
    diags.error(diag::err_not_compiled, expr.range)
        << "`all` other than in `name = all(E)`";
    return typing.poison(expr.range);
  case ast::ExprKind::Error:
    return typing.poison(expr.range);
  default:
    diags.error(diag::err_not_a_value, expr.range)
        << "`" + quoted(expr.range.text()) + "`" << "a kernel";
    return typing.poison(expr.range);
  }
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

std::vector<std::string> Checker::visibleNames() const {
  std::vector<std::string> names;
  for (const Scope &scope : scopes) {
    for (const auto &entry : scope.locals) {
      names.push_back(entry.getKey().str());
    }
  }
  for (const auto &entry : declared) {
    names.push_back(entry.getKey().str());
  }
  for (const auto &[axis, value] : point.axes()) {
    names.push_back(axis);
  }
  llvm::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

const Expr *Checker::unknownName(llvm::StringRef name, SourceRange range) {
  // One mistake, one error: the name is reported where it is first read.
  if (reportedUnknown.insert(name).second) {
    std::vector<std::string> names = visibleNames();
    auto error = diags.error(diag::err_unknown_name, range) << name;
    if (std::optional<llvm::StringRef> near = nearestName(name, names)) {
      error.help("did you mean `" + near->str() + "`?");
    }
  }
  return typing.poison(range);
}

const Expr *Checker::checkName(const ast::NameExpr &expr) {
  llvm::StringRef name = expr.name;
  if (Local *local = findLocal(name)) {
    if (local->chosen) {
      return local->chosen;
    }
    if (!local->value) {
      const Expr *meaning = local->meaning;
      return typing.variable(local->variable, expr.range,
                             meaning && isSettled(meaning) ? meaning : nullptr);
    }
    if (local->value->type.is(TypeKind::Range)) {
      return typing.variable(local->value->variable, expr.range);
    }
    if (local->value->type.is(TypeKind::Constant)) {
      return typing.constant(local->value->constant, expr.range);
    }
    return typing.poison(expr.range);
  }
  auto dim = dims.find(name);
  if (dim != dims.end()) {
    return typing.dim(dim->second, expr.range);
  }
  auto scalar = scalars.find(name);
  if (scalar != scalars.end()) {
    return typing.argument(scalar->second, expr.range);
  }
  if (const AxisValue *value = point.find(name)) {
    return typing.constant(*value, expr.range);
  }
  if (tensors.count(name)) {
    auto error = diags.error(diag::err_not_a_value, expr.range)
                 << ("the tensor `" + name + "`").str() << "an expression";
    error.help("`load " + name + "[...]` reads a tile of it");
    return typing.poison(expr.range);
  }
  return unknownName(name, expr.range);
}

const Expr *Checker::checkMember(const ast::MemberExpr &expr) {
  const auto *base = llvm::dyn_cast<ast::NameExpr>(expr.base.get());
  if (base && base->name == "device" && !findLocal("device")) {
    Evaluator evaluator(point, &device, &diags);
    std::optional<AxisValue> value = evaluator.evaluate(expr);
    return value ? typing.constant(*value, expr.range)
                 : typing.poison(expr.range);
  }
  const Expr *state = check(*expr.base);
  llvm::StringRef member = expr.member.text;
  if (state->type.poisoned()) {
    return state;
  }
  if (member != "output" && member != "lse") {
    auto error = diags.error(diag::err_unknown_name, expr.member.range)
                 << member;
    error.help("a state has `update`, `output` and `lse`");
    return typing.poison(expr.range);
  }
  if (!state->type.is(TypeKind::Softmax)) {
    diags.error(diag::err_not_a_state, expr.range) << member << shown(state);
    return typing.poison(expr.range);
  }
  return typing.softmaxPart(member == "lse", state, expr.range);
}

const TileAxis *Checker::wholeAxis(llvm::StringRef dim, int64_t size,
                                   SourceRange range) {
  const TileAxis *&axis = wholes[dim];
  if (!axis) {
    auto *whole = program.make<TileAxis>();
    whole->dim = dim.str();
    whole->name = dim.lower();
    // `D` is `d` in the IR unless a range has that name.
    if (binderNames.contains(whole->name)) {
      whole->name = dim.str();
    }
    while (!axisNames.insert(whole->name).second) {
      whole->name += "_";
    }
    whole->size = size;
    whole->whole = true;
    constexpr unsigned kAfterRanges = 1u << 20;
    whole->position = kAfterRanges + static_cast<unsigned>(axisNames.size());
    whole->range = range;
    axis = whole;
  }
  return axis;
}

const TileAxis *Checker::axisNamed(const ast::Expr &expr) {
  if (const auto *name = llvm::dyn_cast<ast::NameExpr>(&expr)) {
    if (Local *local = findLocal(name->name)) {
      if (local->value && local->value->type.is(TypeKind::Range)) {
        return local->value->type.axes.front();
      }
      if (local->value && local->value->type.poisoned()) {
        return nullptr;
      }
    } else {
      auto whole = wholes.find(name->name);
      if (whole != wholes.end()) {
        return whole->second;
      }
      // `D as d` names an axis of a tensor.
      for (const ast::Param &param : kernel.params) {
        const TensorParam *tensor = tensors.lookup(param.name.text);
        auto *found = tensor ? llvm::find(tensor->axes, name->name) : nullptr;
        size_t i = tensor ? found - tensor->axes.begin() : 0;
        if (tensor && i < tensor->sizes.size() && tensor->sizes[i] &&
            !declared.count(name->name)) {
          return wholeAxis(name->name, *tensor->sizes[i], expr.range);
        }
      }
      const AxisValue *value = point.find(name->name);
      if (value && value->isInt() && value->asInt() >= 1) {
        return wholeAxis(name->name, value->asInt(), expr.range);
      }
      if (!dims.count(name->name) && !declared.count(name->name) && !value) {
        unknownName(name->name, name->range);
        return nullptr;
      }
    }
  }
  if (reportedUnknown.contains(expr.range.text())) {
    return nullptr;
  }
  std::vector<std::string> names;
  for (const Scope &scope : scopes) {
    for (const auto &entry : scope.locals) {
      if (entry.second.value && entry.second.value->type.is(TypeKind::Range)) {
        names.push_back(entry.getKey().str());
      }
    }
  }
  llvm::sort(names);
  auto error = diags.error(diag::err_not_a_range, expr.range)
               << quoted(expr.range.text());
  if (!names.empty()) {
    error.note("the ranges here are " + llvm::join(names, ", "));
  }
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

bool Checker::arguments(const ast::CallExpr &expr, llvm::StringRef name,
                        size_t count,
                        llvm::SmallVectorImpl<const Expr *> &values) {
  bool good = expr.arguments.size() == count;
  for (const ast::Argument &argument : expr.arguments) {
    good &= argument.name.empty();
    values.push_back(check(*argument.value));
  }
  if (!good) {
    diags.error(diag::err_call_arguments, expr.range)
        << name
        << std::to_string(count) + (count == 1 ? " argument" : " arguments");
  }
  return good;
}

const Expr *Checker::checkCallExpr(const ast::CallExpr &expr) {
  const auto *callee = llvm::dyn_cast<ast::NameExpr>(expr.callee.get());
  if (!callee) {
    diags.error(diag::err_not_a_value, expr.range)
        << "`" + quoted(expr.callee->range.text()) + "(...)`"
        << "an expression";
    return typing.poison(expr.range);
  }
  llvm::StringRef name = callee->name;
  bool reduces = expr.find("over") != nullptr;
  if (name == "dot") {
    return checkDot(expr);
  }
  if (name == "sum" || (name == "max" && reduces)) {
    return checkReduce(expr, name == "sum" ? ReduceKind::Sum : ReduceKind::Max);
  }
  if (name == "mean" || (name == "min" && reduces)) {
    return checkReduce(expr,
                       name == "mean" ? ReduceKind::Mean : ReduceKind::Min);
  }
  if (name == "online_softmax") {
    return checkSoftmax(expr);
  }
  if (name == "mask") {
    llvm::SmallVector<const Expr *, 2> values;
    if (!arguments(expr, name, 2, values)) {
      return typing.poison(expr.range);
    }
    return typing.mask(values[0], values[1], expr.range);
  }
  if (name == "select") {
    llvm::SmallVector<const Expr *, 3> values;
    if (!arguments(expr, name, 3, values)) {
      return typing.poison(expr.range);
    }
    return typing.select(values[0], values[1], values[2], expr.range);
  }
  return checkFunction(expr, name);
}

const Expr *Checker::checkFunction(const ast::CallExpr &expr,
                                   llvm::StringRef name) {
  std::optional<Function> function = parseFunction(name);
  if (!function) {
    std::vector<std::string> names = {"dot",  "sum",    "mean",
                                      "mask", "select", "online_softmax"};
#define SPAK_FUNCTION(Name, Text, Arity, Domain) names.push_back(Text);
#include "spak/Sema/Functions.def"
#undef SPAK_FUNCTION
    auto error = diags.error(diag::err_unknown_name, expr.callee->range)
                 << name;
    error.help(nameHelp(name, "functions", names));
    return typing.poison(expr.range);
  }
  llvm::SmallVector<const Expr *, 2> values;
  if (!arguments(expr, name, arity(*function), values)) {
    return typing.poison(expr.range);
  }
  return typing.call(*function, values, expr.range);
}

const Expr *Checker::checkDot(const ast::CallExpr &expr) {
  const ast::Argument *over = expr.find("over");
  if (expr.arguments.size() != 3 || !over || !expr.arguments[0].name.empty() ||
      !expr.arguments[1].name.empty()) {
    auto error = diags.error(diag::err_call_arguments, expr.range)
                 << "dot" << "two tiles and the axis to contract";
    error.help("write `dot(a, b, over: k)`");
    return typing.poison(expr.range);
  }
  const Expr *a = typing.rvalue(check(*expr.arguments[0].value));
  const Expr *b = typing.rvalue(check(*expr.arguments[1].value));
  return typing.dot(a, b, axisNamed(*over->value), expr.range);
}

const Expr *Checker::checkReduce(const ast::CallExpr &expr, ReduceKind kind) {
  const ast::Argument *over = expr.find("over");
  if (expr.arguments.size() != 2 || !over || !expr.arguments[0].name.empty()) {
    llvm::StringRef name = llvm::cast<ast::NameExpr>(*expr.callee).name;
    auto error = diags.error(diag::err_call_arguments, expr.range)
                 << name << "a tile and the axis to contract";
    error.help("write `" + name + "(x, over: n)`");
    return typing.poison(expr.range);
  }
  const Expr *a = check(*expr.arguments[0].value);
  return typing.reduce(kind, a, axisNamed(*over->value), expr.range);
}

const TileAxis *Checker::rowsNamed(const ast::Expr &expr) {
  const auto *list = llvm::dyn_cast<ast::ListExpr>(&expr);
  if (!list) {
    const TileAxis *axis = axisNamed(expr);
    const TileAxis *packed = axis ? program.packed.lookup(axis) : nullptr;
    if (packed) {
      auto error =
          diags.error(diag::err_not_compiled, expr.range)
          << "a state of rows `" + axis->name +
                 "` beside tiles that pack them with `" +
                 (packed->outer == axis ? packed->inner : packed->outer)->name +
                 "`";
      error.help("write `rows: [" + packed->inner->name + ", " +
                 packed->outer->name + "]`");
      return nullptr;
    }
    return axis;
  }
  llvm::SmallVector<const TileAxis *, 2> axes;
  for (const ast::ExprPtr &element : list->elements) {
    if (const TileAxis *axis = axisNamed(*element)) {
      axes.push_back(axis);
    } else {
      return nullptr;
    }
  }
  if (axes.size() == 1) {
    return axes.front();
  }
  if (axes.size() != 2 || axes[0]->whole == axes[1]->whole) {
    diags.error(diag::err_not_compiled, expr.range)
        << "rows that are not a range and a whole axis beside it";
    return nullptr;
  }
  return packAxes(axes[axes[0]->whole], axes[!axes[0]->whole], expr.range);
}

const Expr *Checker::checkSoftmax(const ast::CallExpr &expr) {
  const ast::Argument *rows = expr.find("rows"), *width = expr.find("width");
  const ast::Argument *from = expr.find("from");
  if (expr.arguments.size() != (from ? 3 : 2) || !rows || !width) {
    auto error = diags.error(diag::err_call_arguments, expr.range)
                 << "online_softmax" << "`rows:` and `width:`";
    error.help("write `online_softmax(rows: m, width: D)`; `from: x` begins "
               "with a score x that has no value");
    return typing.poison(expr.range);
  }
  const TileAxis *r = rowsNamed(*rows->value), *w = axisNamed(*width->value);
  const Expr *sink = from ? check(*from->value) : nullptr;
  return typing.softmaxInit(r, w, sink, expr.range);
}

const Expr *Checker::checkCompare(const ast::CompareExpr &expr) {
  const Expr *left = check(*expr.operands.front());
  const Expr *result = nullptr;
  for (size_t i = 0; i < expr.ops.size(); ++i) {
    const Expr *right = check(*expr.operands[i + 1]);
    const Expr *one =
        typing.compare(lowerOp(expr.ops[i]), left, right, expr.range);
    result =
        result ? typing.binary(BinaryOp::And, result, one, expr.range) : one;
    left = right;
  }
  return result;
}

const Expr *Checker::checkConvert(const ast::ConvertExpr &expr) {
  const Expr *value = check(*expr.value);
  std::optional<Dtype> to = dtype(expr.dtype);
  return to ? typing.convert(value, *to, expr.range)
            : typing.poison(expr.range);
}

const Expr *Checker::checkFill(const ast::FillExpr &expr) {
  std::optional<Dtype> element = dtype(expr.dtype);
  llvm::SmallVector<const TileAxis *, 4> axes;
  bool good = element.has_value();
  for (const ast::ExprPtr &name : expr.axes) {
    const TileAxis *axis = axisNamed(*name);
    good &= axis != nullptr;
    axes.push_back(axis);
  }
  const Expr *value = expr.value
                          ? check(*expr.value)
                          : typing.constant(AxisValue(int64_t(0)), expr.range);
  return good ? typing.fill(value, *element, axes, expr.range)
              : typing.poison(expr.range);
}

//===----------------------------------------------------------------------===//
// Bounds
//===----------------------------------------------------------------------===//

const Expr *Checker::uniformIndex(const ast::Expr &expr, llvm::StringRef what) {
  const Expr *value = check(expr);
  if (value->type.poisoned()) {
    return value;
  }
  if (const Expr *index = typing.asIndex(value)) {
    return index;
  }
  if (value->type.is(TypeKind::Tile) || value->type.is(TypeKind::Range)) {
    diags.error(diag::err_not_uniform, expr.range)
        << what << value->type.text();
  } else {
    diags.error(diag::err_not_an_integer, expr.range) << what << shown(value);
  }
  return typing.poison(expr.range);
}

} // namespace spak::sema
