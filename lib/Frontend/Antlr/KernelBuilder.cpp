// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: kernels and statements out of the generated parser's tree.
#include "TreeBuilder.h"

#include "spak/AST/Edit.h"

#include "spak/Frontend/Frontend.h"

namespace spak::frontend {

using syntax::SpakParser;
using Rule = antlr4::ParserRuleContext;

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

bool KernelBuilder::constraint(Rule *rule, ast::Constraint &result) {
  if (failed(rule)) {
    return false;
  }
  Children list = children(rule);
  result.range = range(rule);
  list.token(); // constraint
  if (const Token *reason = list.accept(Tok::REASON)) {
    auto literal = string(*reason);
    result.reason = literal->value;
    result.reasonRange = literal->range;
  }
  result.condition = build(list.nextRule());
  return result.condition != nullptr;
}

void KernelBuilder::kernel(Rule *rule, ast::Kernel &kernel) {
  Children list = children(rule);
  kernel.range = range(rule);
  list.token(); // kernel
  kernel.name = identifier(list.token());
  uint32_t begin = list.token().end;
  if (list.peek() == Tok::PROSE) {
    kernel.procedure = true;
    list.token();
  }
  while (!list.done() && list.peek() == Tok::END) {
    item(list.child(), kernel);
  }
  uint32_t end = list.done() ? kernel.range.end : list.token().begin;
  kernel.text = ast::dedented(context.source.range(begin, end));
}

bool KernelBuilder::duplicate(Rule *rule, bool before, llvm::StringRef what) {
  if (before) {
    context.diags.error(diag::err_duplicate_section, range(rule)) << what;
  }
  return before;
}

void KernelBuilder::item(Rule *outer, ast::Kernel &kernel) {
  if (failed(outer)) {
    return;
  }
  Rule *rule = children(outer).child();
  if (failed(rule)) {
    return;
  }
  Children list = children(rule);
  switch (rule->getRuleIndex()) {
  case SpakParser::RuleDims:
    return dims(rule, kernel);
  case SpakParser::RuleStaticDim: {
    ast::StaticDim dim;
    dim.range = range(rule);
    list.token(); // static
    dim.name = identifier(list.token());
    dim.values = build(list.nextRule());
    if (dim.values) {
      kernel.statics.push_back(std::move(dim));
    }
    return;
  }
  case SpakParser::RuleReference: {
    if (duplicate(rule, kernel.referenceRange.isValid(), "reference")) {
      return;
    }
    auto literal = string(children(list.nextRule()).token());
    kernel.reference = literal->value;
    kernel.referenceRange = literal->range;
    return;
  }
  case SpakParser::RuleParamDecl:
    return param(rule, kernel);
  case SpakParser::RuleRequire: {
    ast::Require require;
    require.range = range(rule);
    list.token(); // require
    if (const Token *message = list.accept(Tok::REASON)) {
      require.message = string(*message)->value;
    }
    require.condition = build(list.nextRule());
    if (require.condition) {
      kernel.requirements.push_back(std::move(require));
    }
    return;
  }
  case SpakParser::RuleConstraint: {
    ast::Constraint result;
    if (constraint(rule, result)) {
      kernel.constraints.push_back(std::move(result));
    }
    return;
  }
  case SpakParser::RuleGrid:
    if (!duplicate(rule, kernel.grid.has_value(), "grid")) {
      grid(rule, kernel);
    }
    return;
  case SpakParser::RuleSchedule:
    if (!duplicate(rule, kernel.scheduleRange.isValid(), "schedule")) {
      schedule(rule, kernel);
    }
    return;
  }
}

void KernelBuilder::dims(Rule *rule, ast::Kernel &kernel) {
  Children list = children(rule);
  while (Rule *child = list.nextRule()) {
    Children parts = children(child);
    ast::Dim dim;
    dim.range = range(child);
    dim.name = identifier(parts.token());
    if (parts.accept(Tok::AS)) {
      dim.alias = identifier(parts.token());
    }
    if (parts.accept(Tok::LE)) {
      dim.bound = build(parts.child());
    }
    kernel.dims.push_back(std::move(dim));
  }
}

/// Takes `as d` off the end of \p size, where it reads as a conversion of the
/// last operand; in an extent it names the axis.
static void takeAlias(ast::ExprPtr &size, ast::Identifier &alias) {
  if (auto *sum = llvm::dyn_cast_or_null<ast::BinaryExpr>(size.get())) {
    takeAlias(sum->rhs, alias);
    if (sum->rhs) {
      sum->range.end = sum->rhs->range.end;
    }
  } else if (auto *as = llvm::dyn_cast_or_null<ast::ConvertExpr>(size.get())) {
    alias = as->dtype;
    ast::ExprPtr value = std::move(as->value);
    size = std::move(value);
  }
}

void KernelBuilder::extents(Children &list, ast::Param &param) {
  param.isTensor = true;
  while (!list.done() && list.peek() != Tok::RBRACK) {
    if (list.accept(Tok::COMMA)) {
      continue;
    }
    ast::Extent extent;
    extent.size = build(list.child());
    takeAlias(extent.size, extent.alias);
    if (extent.size) {
      param.extents.push_back(std::move(extent));
    }
  }
  list.accept(Tok::RBRACK);
}

void KernelBuilder::param(Rule *rule, ast::Kernel &kernel) {
  Children list = children(rule);
  ast::Param param;
  param.range = range(rule);
  Tok kind = list.token().kind;
  param.kind = kind == Tok::IN    ? ast::Param::Kind::In
               : kind == Tok::OUT ? ast::Param::Kind::Out
                                  : ast::Param::Kind::Scratch;
  param.name = identifier(list.token());
  list.token(); // :
  param.dtype = identifier(list.token());
  if (list.accept(Tok::LBRACK)) {
    extents(list, param);
  }
  while (const Token *flag = list.accept(Tok::FLAG)) {
    bool strided = context.text(*flag) == "strided";
    (strided ? param.strided : param.zeroed) = true;
  }
  if (list.accept(Tok::ASSIGN)) {
    param.defaultValue = build(list.child());
  }
  if (list.accept(Tok::WHEN)) {
    param.when = build(list.child());
  }
  kernel.params.push_back(std::move(param));
}

void KernelBuilder::grid(Rule *rule, ast::Kernel &kernel) {
  Children list = children(rule);
  ast::Grid grid;
  grid.range = range(rule);
  Rule *binders = list.nextRule();
  if (failed(binders)) {
    return;
  }
  Children parts = children(binders);
  while (Rule *child = parts.nextRule()) {
    ast::Binder result;
    if (!binder(child, result)) {
      return;
    }
    grid.binders.push_back(std::move(result));
  }
  grid.body = body(list.nextRule());
  kernel.grid = std::move(grid);
}

void KernelBuilder::schedule(Rule *rule, ast::Kernel &kernel) {
  kernel.scheduleRange = range(rule);
  Children list = children(rule);
  while (Rule *child = list.nextRule()) {
    if (failed(child)) {
      continue;
    }
    Children parts = children(child);
    ast::ScheduleEntry entry;
    entry.range = range(child);
    entry.key = identifier(parts.token());
    if (parts.accept(Tok::LPAREN)) {
      while (!parts.accept(Tok::RPAREN)) {
        if (parts.accept(Tok::COMMA)) {
          continue;
        }
        if (ast::ExprPtr argument = build(parts.child())) {
          entry.arguments.push_back(std::move(argument));
        }
      }
    }
    entry.value = build(parts.nextRule());
    if (entry.value) {
      entry.range.end = entry.value->range.end;
      kernel.schedule.push_back(std::move(entry));
    }
  }
}

bool KernelBuilder::domain(Rule *rule, ast::Binder &binder) {
  Children list = children(rule);
  if (list.peek() == Tok::TILES) {
    binder.kind = ast::Binder::Kind::Tiles;
    std::vector<ast::ExprPtr> bounds;
    while (Rule *child = list.nextRule()) {
      bounds.push_back(build(child));
      if (!bounds.back()) {
        return false;
      }
    }
    binder.step = std::move(bounds.back());
    bounds.pop_back();
    binder.upper = std::move(bounds.back());
    bounds.pop_back();
    if (!bounds.empty()) {
      binder.lower = std::move(bounds.back());
    }
    return true;
  }
  binder.upper = build(list.child());
  if (list.accept(Tok::DOTDOT)) {
    binder.lower = std::move(binder.upper);
    binder.upper = build(list.child());
    return binder.lower && binder.upper;
  }
  return binder.upper != nullptr;
}

bool KernelBuilder::binder(Rule *rule, ast::Binder &binder) {
  if (failed(rule)) {
    return false;
  }
  Children list = children(rule);
  binder.range = range(rule);
  binder.name = identifier(list.token());
  list.token(); // in
  if (!domain(list.child(), binder)) {
    return false;
  }
  if (list.accept(Tok::ATMOST)) {
    binder.atMost = build(list.child());
    return binder.atMost != nullptr;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

ast::StmtList KernelBuilder::body(Rule *rule) {
  ast::StmtList result;
  if (failed(rule)) {
    return result;
  }
  Children list = children(rule);
  while (Rule *child = list.nextRule()) {
    if (ast::StmtPtr stmt = statement(child)) {
      result.push_back(std::move(stmt));
    }
  }
  return result;
}

ast::StmtPtr KernelBuilder::statement(Rule *outer) {
  if (failed(outer)) {
    return nullptr;
  }
  Rule *rule = children(outer).child();
  if (failed(rule)) {
    return nullptr;
  }
  switch (rule->getRuleIndex()) {
  case SpakParser::RuleSimple:
    return simple(rule);
  case SpakParser::RuleForStep:
    return forStep(rule);
  case SpakParser::RuleIfStep:
    return ifStep(rule);
  case SpakParser::RuleMatchStep:
    return matchStep(rule);
  case SpakParser::RuleStoreStep:
    return storeStep(rule);
  default: { // skip when
    auto result = std::make_unique<ast::SkipStmt>(range(rule));
    result->condition = build(children(rule).nextRule());
    return result->condition ? std::move(result) : nullptr;
  }
  }
}

static std::optional<ast::BinaryOp> assignOp(Tok kind) {
  switch (kind) {
  case Tok::PLUS_ASSIGN:
    return ast::BinaryOp::Add;
  case Tok::MINUS_ASSIGN:
    return ast::BinaryOp::Sub;
  case Tok::STAR_ASSIGN:
    return ast::BinaryOp::Mul;
  case Tok::SLASH_ASSIGN:
    return ast::BinaryOp::Div;
  default:
    return std::nullopt;
  }
}

ast::StmtPtr KernelBuilder::simple(Rule *rule) {
  Children list = children(rule);
  ast::Identifier name = identifier(list.token());
  if (list.peekRule() == SpakParser::RuleAssignOp) {
    const Token &op = children(list.child()).token();
    auto result = std::make_unique<ast::AssignStmt>(range(rule));
    result->target = std::move(name);
    result->op = assignOp(op.kind);
    result->opRange = context.range(op);
    result->value = build(list.child());
    return result->value ? std::move(result) : nullptr;
  }
  auto base = std::make_unique<ast::NameExpr>(name.range);
  base->name = name.text;
  ast::ExprPtr expr = std::move(base);
  for (unsigned trailers = 0; expr && !list.done(); ++trailers) {
    if (trailers > kMaxNesting) {
      context.diags.error(diag::err_nesting, range(rule)) << kMaxNesting;
      return nullptr;
    }
    Rule *trailer = list.child();
    expr = trailer->getRuleIndex() == SpakParser::RuleCall
               ? call(std::move(expr), trailer)
               : member(std::move(expr), trailer);
  }
  if (!expr) {
    return nullptr;
  }
  if (!llvm::isa<ast::CallExpr>(*expr)) {
    context.diags.error(diag::err_syntax, expr->range.after())
        << "`=` or a call" << "the end of the statement";
    return nullptr;
  }
  auto result = std::make_unique<ast::CallStmt>(range(rule));
  result->call.reset(llvm::cast<ast::CallExpr>(expr.release()));
  return result;
}

ast::StmtPtr KernelBuilder::forStep(Rule *rule) {
  Children list = children(rule);
  auto result = std::make_unique<ast::ForStmt>(range(rule));
  Rule *head = list.nextRule();
  if (failed(head) || !binder(children(head).child(), result->binder)) {
    return nullptr;
  }
  result->body = body(list.nextRule());
  return result;
}

ast::StmtPtr KernelBuilder::ifStep(Rule *rule) {
  Children list = children(rule);
  auto result = std::make_unique<ast::IfStmt>(range(rule));
  ast::IfStmt *innermost = result.get();
  bool ok = true;
  unsigned arms = 0;
  while (!list.done()) {
    const Token &keyword = list.token();
    if (keyword.is(Tok::ELSE)) {
      innermost->otherwise = body(list.child());
      break;
    }
    if (keyword.is(Tok::ELSE_IF)) {
      if (++arms > kMaxNesting) {
        context.diags.error(diag::err_nesting, context.range(keyword))
            << kMaxNesting;
        return nullptr;
      }
      auto next = std::make_unique<ast::IfStmt>(
          context.range(keyword).to(result->range));
      ast::IfStmt *raw = next.get();
      innermost->otherwise.push_back(std::move(next));
      innermost = raw;
    }
    innermost->condition = build(list.child());
    ok &= innermost->condition != nullptr;
    innermost->then = body(list.child());
  }
  return ok ? std::move(result) : nullptr;
}

ast::StmtPtr KernelBuilder::matchStep(Rule *rule) {
  Children list = children(rule);
  auto result = std::make_unique<ast::MatchStmt>(range(rule));
  result->subject = build(list.nextRule());
  if (!result->subject) {
    return nullptr;
  }
  while (Rule *child = list.nextRule()) {
    if (failed(child)) {
      continue;
    }
    ast::MatchArm arm;
    arm.range = range(child);
    Children parts = children(child);
    while (Rule *part = parts.nextRule()) {
      if (part->getRuleIndex() == SpakParser::RuleBody) {
        arm.body = body(part);
      } else if (ast::ExprPtr pattern = build(part)) {
        arm.patterns.push_back(std::move(pattern));
      }
    }
    result->arms.push_back(std::move(arm));
  }
  return result;
}

ast::StmtPtr KernelBuilder::storeStep(Rule *rule) {
  Children list = children(rule);
  auto result = std::make_unique<ast::StoreStmt>(range(rule));
  list.token(); // store
  if (const Token *combine = list.accept(Tok::COMBINE)) {
    result->combine = identifier(*combine);
  }
  result->tensor = identifier(list.token());
  list.token(); // [
  result->indices = indices(list.child());
  result->targetRange =
      result->tensor.range.to(context.range(list.token())); // ]
  list.token();                                             // =
  result->value = build(list.child());
  bool ok = result->value != nullptr;
  while (!list.done()) {
    const Token &keyword = list.token();
    ast::ExprPtr &place = keyword.is(Tok::WHEN) ? result->when : result->where;
    ast::ExprPtr condition = build(list.child());
    ok &= condition != nullptr;
    if (place && condition) {
      context.diags.error(diag::err_syntax, context.range(keyword))
          << "one condition of each kind"
          << "a second `" + context.text(keyword) + "`";
      ok = false;
    }
    place = std::move(condition);
  }
  return ok ? std::move(result) : nullptr;
}

} // namespace spak::frontend
