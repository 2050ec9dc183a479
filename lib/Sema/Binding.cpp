// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which axis, dim, scalar, fact or device a name in a sentence stands
// for. Must not know what sentences are good for.
#include "Binding.h"

#include "Rewrite.h"

#include "spak/Knowledge/Names.h"

#include "llvm/ADT/STLExtras.h"

using namespace spak::space;

namespace spak::sema {

Binder::Binder(const System &system, DiagnosticEngine &diags)
    : system(system), diags(diags) {
  for (const Axis &axis : system.axes) {
    axisNames.push_back(axis.name);
  }
  auto add = [&](const std::string &name) {
    if (!llvm::is_contained(launchNames, name)) {
      launchNames.push_back(name);
    }
  };
  for (const ast::Kernel *kernel : system.kernels) {
    for (const ast::Dim &dim : kernel->dims) {
      add(dim.name.text);
      if (!dim.alias.empty()) {
        add(dim.alias.text);
        canonical[dim.alias.text] = dim.name.text;
      }
    }
    for (const ast::Param &param : kernel->params) {
      if (!param.isTensor && param.kind == ast::Param::Kind::In) {
        add(param.name.text);
      }
    }
  }
  for (const ast::Block *block : system.file->system.knowledge()) {
    if (!block->name.empty()) {
      facts.try_emplace(block->name.text, block);
    }
  }
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// What is found while the names of one sentence are looked up.
struct Binder::Scan {
  bool readsDims = false;
  /// The facts that the sentence names: their fields are names too.
  std::vector<const ast::Block *> facts;
  std::vector<std::pair<std::string, SourceRange>> unknown;
};

static llvm::StringRef difference(knowledge::Spelling spelling) {
  return spelling == knowledge::Spelling::Case ? "by case" : "by abbreviation";
}

const Axis *Binder::axis(llvm::StringRef name, SourceRange range) {
  std::optional<knowledge::NameMatch> match =
      knowledge::matchName(name, axisNames);
  if (!match) {
    return nullptr;
  }
  const Axis &axis = system.axes[match->index];
  if (match->spelling != knowledge::Spelling::Same) {
    auto warning = diags.warning(diag::warn_alias, range);
    warning << name << "axis" << axis.name << difference(match->spelling);
    warning.note(axis.range, "the axis is declared here");
  }
  return &axis;
}

void Binder::unbound(llvm::StringRef name, SourceRange range,
                     const ast::Block &block) {
  std::vector<std::string> names = axisNames;
  names.insert(names.end(), launchNames.begin(), launchNames.end());
  for (const auto &[fact, declaration] : facts) {
    names.push_back(fact);
  }
  for (const auto &[parameter, fields] : parameters) {
    for (const ast::ItemPtr &item : fields->items) {
      if (const auto *field = llvm::dyn_cast<ast::Property>(item.get())) {
        names.push_back(parameter + "." + field->key.text);
      }
    }
  }
  auto warning = diags.warning(diag::warn_unbound, range)
                 << name << block.keyword.text << block.name.text;
  if (std::optional<llvm::StringRef> near = nearestName(name, names)) {
    warning.help("did you mean `" + *near + "`?");
  }
}

static ast::ExprPtr named(const std::string &name, SourceRange range) {
  auto result = std::make_unique<ast::NameExpr>(range);
  result->name = name;
  return result;
}

/// The literal that \p block gives for \p key.
static std::optional<AxisValue> fieldOf(const ast::Block &block,
                                        llvm::StringRef key) {
  const ast::Property *property = block.find(key);
  return property && property->value ? literalValue(*property->value)
                                     : std::nullopt;
}

ast::ExprPtr Binder::name(const ast::NameExpr &expr, Scan &scan) {
  const std::string &name = expr.name;
  if (name == "device" || system.findAxis(name)) {
    return nullptr;
  }
  if (llvm::is_contained(launchNames, name)) {
    scan.readsDims = true;
    auto alias = canonical.find(name);
    return alias == canonical.end() ? nullptr
                                    : named(alias->second, expr.range);
  }
  if (facts.count(name)) {
    return nullptr;
  }
  for (const ast::Block *fact : scan.facts) {
    if (std::optional<AxisValue> value = fieldOf(*fact, name)) {
      return literalOf(*value, expr.range);
    }
  }
  if (const Axis *found = axis(name, expr.range)) {
    return named(found->name, expr.range);
  }
  if (auto match = knowledge::matchName(name, launchNames)) {
    const std::string &meant = launchNames[match->index];
    diags.warning(diag::warn_alias, expr.range)
        << name << "name" << meant << difference(match->spelling);
    scan.readsDims = true;
    auto alias = canonical.find(meant);
    return named(alias == canonical.end() ? meant : alias->second, expr.range);
  }
  scan.unknown.emplace_back(name, expr.range);
  return nullptr;
}

ast::ExprPtr Binder::member(const ast::MemberExpr &expr, Scan &scan) {
  std::optional<std::string> dotted = ast::dottedName(expr);
  if (dotted && system.findAxis(*dotted)) {
    return nullptr;
  }
  const auto *base = llvm::dyn_cast<ast::NameExpr>(expr.base.get());
  if (base && base->name == "device") {
    if (!llvm::is_contained(device::fieldNames(), expr.member.text)) {
      std::vector<std::string> names;
      for (llvm::StringRef name : device::fieldNames()) {
        names.push_back(name.str());
      }
      scan.unknown.emplace_back(*dotted, expr.range);
    }
    return nullptr;
  }
  if (base) {
    auto parameter = parameters.find(base->name);
    if (parameter != parameters.end()) {
      if (!parameter->second->find(expr.member.text)) {
        scan.unknown.emplace_back(*dotted, expr.range);
      }
      return nullptr;
    }
    auto fact = facts.find(base->name);
    if (fact != facts.end()) {
      if (auto value = fieldOf(*fact->second, expr.member.text)) {
        return literalOf(*value, expr.range);
      }
    }
  }
  if (dotted) {
    if (const Axis *found = axis(*dotted, expr.range)) {
      return named(found->name, expr.range);
    }
  }
  scan.unknown.emplace_back(dotted.value_or(expr.member.text), expr.range);
  return nullptr;
}

ast::ExprPtr Binder::leaf(const ast::Expr &expr, Scan &scan) {
  if (const auto *e = llvm::dyn_cast<ast::NameExpr>(&expr)) {
    return name(*e, scan);
  }
  return member(llvm::cast<ast::MemberExpr>(expr), scan);
}

/// Whether somebody who writes \p expr means a formula.
static bool looksFormal(const ast::Expr &expr) {
  if (const auto *binary = llvm::dyn_cast<ast::BinaryExpr>(&expr)) {
    return binary->op == ast::BinaryOp::And || binary->op == ast::BinaryOp::Or;
  }
  if (const auto *unary = llvm::dyn_cast<ast::UnaryExpr>(&expr)) {
    return unary->op == ast::UnaryOp::Not && looksFormal(*unary->operand);
  }
  return llvm::isa<ast::CompareExpr>(expr);
}

Bound Binder::bind(const ast::Expr &expr, const ast::Block &block, bool asked) {
  Bound result;
  result.formal = asked || looksFormal(expr);
  Scan scan;
  walk(expr, [&](const ast::Expr &e) {
    if (const auto *name = llvm::dyn_cast<ast::NameExpr>(&e)) {
      auto fact = facts.find(name->name);
      if (fact != facts.end() && !system.findAxis(name->name)) {
        scan.facts.push_back(fact->second);
      }
    }
  });
  result.expr =
      rewrite(expr, [&](const ast::Expr &e) { return leaf(e, scan); });
  result.readsDims = scan.readsDims;
  if (!result.expr) {
    result.why = "it is no condition over axes, dims and the device";
    return result;
  }
  if (scan.unknown.empty()) {
    return result;
  }
  result.expr = nullptr;
  if (!result.formal) {
    result.why = "a sentence";
    return result;
  }
  for (const auto &[name, range] : scan.unknown) {
    unbound(name, range, block);
    result.why += (result.why.empty() ? "`" : ", `") + name + "`";
  }
  result.why += scan.unknown.size() == 1 ? " names nothing" : " name nothing";
  return result;
}

Bound Binder::condition(const ast::Expr &expr, const ast::Block &block) {
  Bound result = bind(expr, block, /*asked=*/false);
  if (result.expr && !expect(*result.expr, TermType::Truth, block)) {
    result.expr = nullptr;
    result.why = "it has no truth value";
  }
  return result;
}

Bound Binder::value(const ast::Expr &expr, const Axis &axis,
                    const ast::Block &block) {
  // A bare word is a text, as in a space.
  const auto *word = llvm::dyn_cast<ast::NameExpr>(&expr);
  if (word && llvm::is_contained(axis.values, AxisValue(word->name))) {
    Bound result;
    result.formal = true;
    result.expr = literalOf(AxisValue(word->name), expr.range);
    return result;
  }
  Bound result = bind(expr, block, /*asked=*/true);
  if (!result.expr) {
    return result;
  }
  if (!expect(*result.expr, typeOfAxis(axis), block)) {
    result.expr = nullptr;
    result.why = "its type is not that of axis `" + axis.name + "`";
    return result;
  }
  checkValue(axis, *result.expr);
  return result;
}

/// The fields of a parameter of type `Variant.Case`.
const ast::Block *Binder::findCase(const ast::Expr *type) const {
  std::optional<std::string> dotted =
      type ? ast::dottedName(*type) : std::nullopt;
  if (!dotted) {
    return nullptr;
  }
  auto [variant, caseName] = llvm::StringRef(*dotted).split('.');
  for (const ast::Block *schema : system.file->system.blocks("trace_schema")) {
    for (const ast::Block *one : schema->blocks("variant")) {
      if (one->name.text != variant) {
        continue;
      }
      for (const ast::Block *each : one->blocks("case")) {
        if (each->name.text == caseName) {
          return each;
        }
      }
    }
  }
  return nullptr;
}

Bound Binder::predicate(const ast::Expr &expr, const ast::Block &block) {
  parameters.clear();
  for (const ast::BlockParam &param : block.params) {
    const ast::Block *fields = findCase(param.type.get());
    if (!fields) {
      Bound result;
      std::string type =
          param.type ? ast::toString(*param.type) : param.name.text;
      result.why = "`trace_schema` has no `" + type + "`";
      parameters.clear();
      return result;
    }
    parameters[param.name.text] = fields;
  }
  Bound result = bind(expr, block, /*asked=*/true);
  if (result.expr && !expect(*result.expr, TermType::Truth, block)) {
    result.expr = nullptr;
    result.why = "it has no truth value";
  }
  parameters.clear();
  return result;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static llvm::StringRef words(TermType type) {
  switch (type) {
  case TermType::Any:
    return "a value";
  case TermType::Truth:
    return "a truth value";
  case TermType::Number:
    return "a number";
  case TermType::Text:
    return "a text";
  }
  return "";
}

static bool fits(TermType a, TermType b) {
  return a == b || a == TermType::Any || b == TermType::Any;
}

TermType Binder::typeOfAxis(const Axis &axis) const {
  std::optional<TermType> common;
  for (const AxisValue &value : axis.values) {
    TermType type = value.isBool()     ? TermType::Truth
                    : value.isNumber() ? TermType::Number
                                       : TermType::Text;
    if (common && *common != type) {
      return TermType::Any;
    }
    common = type;
  }
  return common.value_or(TermType::Any);
}

void Binder::mistyped(const ast::Expr &expr, const llvm::Twine &text,
                      const ast::Block &block) {
  diags.warning(diag::warn_knowledge_type, expr.range)
      << text << block.keyword.text << block.name.text;
}

bool Binder::expect(const ast::Expr &expr, TermType type,
                    const ast::Block &block) {
  std::optional<TermType> found = typeOf(expr, block);
  if (found && !fits(*found, type)) {
    mistyped(expr, "expected " + words(type) + ", got " + words(*found), block);
    return false;
  }
  return found.has_value();
}

/// Warns about texts that are no value of \p axis.
void Binder::checkValue(const Axis &axis, const ast::Expr &value) {
  if (const auto *choice = llvm::dyn_cast<ast::ConditionalExpr>(&value)) {
    checkValue(axis, *choice->then);
    checkValue(axis, *choice->otherwise);
    return;
  }
  std::optional<AxisValue> literal =
      llvm::isa<ast::NameExpr>(value) ? std::nullopt : literalValue(value);
  if (!literal || llvm::is_contained(axis.values, *literal)) {
    return;
  }
  std::vector<std::string> names;
  for (const AxisValue &each : axis.values) {
    names.push_back(each.text());
  }
  auto warning = diags.warning(diag::warn_knowledge_value, value.range);
  warning << axis.name << literal->text();
  warning.help(nameHelp(literal->text(), "values", names));
}

std::optional<TermType> Binder::typeOfCompare(const ast::CompareExpr &expr,
                                              const ast::Block &block) {
  std::vector<TermType> types;
  for (const ast::ExprPtr &operand : expr.operands) {
    std::optional<TermType> type = typeOf(*operand, block);
    if (!type) {
      return std::nullopt;
    }
    types.push_back(*type);
  }
  for (size_t i = 0; i < expr.ops.size(); ++i) {
    bool equality =
        expr.ops[i] == ast::CompareOp::Eq || expr.ops[i] == ast::CompareOp::Ne;
    TermType left = types[i], right = types[i + 1];
    bool good = equality ? fits(left, right)
                         : fits(left, TermType::Number) &&
                               fits(right, TermType::Number);
    if (!good) {
      mistyped(expr,
               "`" + ast::spelling(expr.ops[i]) + "` of " + words(left) +
                   " and " + words(right),
               block);
      return std::nullopt;
    }
    // A text that the axis does not have is never equal to it.
    for (auto [a, b] : {std::pair(i, i + 1), std::pair(i + 1, i)}) {
      const auto *name = llvm::dyn_cast<ast::NameExpr>(expr.operands[a].get());
      const Axis *axis = name ? system.findAxis(name->name) : nullptr;
      if (axis && equality &&
          llvm::isa<ast::StringLiteral>(*expr.operands[b])) {
        checkValue(*axis, *expr.operands[b]);
      }
    }
  }
  return TermType::Truth;
}

std::optional<TermType> Binder::typeOf(const ast::Expr &expr,
                                       const ast::Block &block) {
  if (llvm::isa<ast::IntLiteral, ast::FloatLiteral>(expr)) {
    return TermType::Number;
  }
  if (llvm::isa<ast::BoolLiteral>(expr)) {
    return TermType::Truth;
  }
  if (llvm::isa<ast::StringLiteral>(expr)) {
    return TermType::Text;
  }
  if (const auto *e = llvm::dyn_cast<ast::NameExpr>(&expr)) {
    if (const Axis *axis = system.findAxis(e->name)) {
      return typeOfAxis(*axis);
    }
    if (e->name == "device") {
      return TermType::Text;
    }
    return llvm::is_contained(launchNames, e->name) ? TermType::Number
                                                    : TermType::Truth;
  }
  if (const auto *e = llvm::dyn_cast<ast::MemberExpr>(&expr)) {
    std::optional<std::string> dotted = ast::dottedName(*e);
    if (dotted && system.findAxis(*dotted)) {
      return typeOfAxis(*system.findAxis(*dotted));
    }
    if (dotted && llvm::StringRef(*dotted).starts_with("device.")) {
      const device::Device &any = device::all().front();
      return any.number(e->member.text) ? TermType::Number : TermType::Text;
    }
    return TermType::Any;
  }
  if (const auto *e = llvm::dyn_cast<ast::CompareExpr>(&expr)) {
    return typeOfCompare(*e, block);
  }
  if (const auto *e = llvm::dyn_cast<ast::UnaryExpr>(&expr)) {
    TermType type =
        e->op == ast::UnaryOp::Not ? TermType::Truth : TermType::Number;
    return expect(*e->operand, type, block) ? std::optional(type)
                                            : std::nullopt;
  }
  if (const auto *e = llvm::dyn_cast<ast::BinaryExpr>(&expr)) {
    bool logical = e->op == ast::BinaryOp::And || e->op == ast::BinaryOp::Or;
    TermType type = logical ? TermType::Truth : TermType::Number;
    bool good = expect(*e->lhs, type, block);
    good &= expect(*e->rhs, type, block);
    return good ? std::optional(type) : std::nullopt;
  }
  if (const auto *e = llvm::dyn_cast<ast::ConditionalExpr>(&expr)) {
    if (!expect(*e->condition, TermType::Truth, block)) {
      return std::nullopt;
    }
    std::optional<TermType> a = typeOf(*e->then, block);
    std::optional<TermType> b = typeOf(*e->otherwise, block);
    if (!a || !b) {
      return std::nullopt;
    }
    if (!fits(*a, *b)) {
      mistyped(expr,
               "both values of `if` need one type, got " + words(*a) + " and " +
                   words(*b),
               block);
      return std::nullopt;
    }
    return *a == TermType::Any ? *b : *a;
  }
  if (const auto *e = llvm::dyn_cast<ast::CallExpr>(&expr)) {
    const auto *callee = llvm::dyn_cast<ast::NameExpr>(e->callee.get());
    std::optional<Function> function =
        callee ? parseFunction(callee->name) : std::nullopt;
    if (!function || e->arguments.size() != arity(*function)) {
      mistyped(expr,
               "`" + quoted(expr.range.text()) + "` is no call of a function",
               block);
      return std::nullopt;
    }
    for (const ast::Argument &argument : e->arguments) {
      if (!expect(*argument.value, TermType::Number, block)) {
        return std::nullopt;
      }
    }
    return TermType::Number;
  }
  return std::nullopt;
}

} // namespace spak::sema
