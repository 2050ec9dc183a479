// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the system layer out of the generated parser's tree.
#include "TreeBuilder.h"

#include "spak/AST/Edit.h"
#include "spak/Frontend/Frontend.h"

namespace spak::frontend {

using syntax::SpakParser;
using Rule = antlr4::ParserRuleContext;

namespace {

class SystemBuilder final : public KernelBuilder {
public:
  using KernelBuilder::KernelBuilder;

  std::unique_ptr<ast::File> file(Rule *rule);

private:
  void system(Rule *rule, ast::System &system);
  void systemItem(Rule *rule, ast::System &system);
  void importDecl(Rule *rule, ast::System &system);

  void entries(Children &list, std::vector<ast::ItemPtr> &items) override;
  ast::ItemPtr entry(Rule *rule);
  ast::ItemPtr property(Rule *rule);
  ast::ItemPtr block(Rule *rule);
  void params(Rule *rule, ast::Block &block);
  ast::ExprPtr value(Rule *rule);

  ast::ItemPtr space(Rule *rule);
  void spaceItem(Rule *rule, std::vector<ast::Axis> &axes,
                 std::vector<ast::Constraint> &constraints);
  bool axis(Rule *rule, ast::Axis &axis,
            std::vector<ast::Constraint> &constraints);
};

} // namespace

std::unique_ptr<ast::File> SystemBuilder::file(Rule *rule) {
  auto result = std::make_unique<ast::File>();
  result->source = &context.source;
  result->range = context.source.range(
      0, static_cast<uint32_t>(context.source.text().size()));
  Children list = children(rule);
  while (Rule *child = list.nextRule()) {
    if (child->getRuleIndex() == SpakParser::RuleSystem) {
      system(child, result->system);
    } else if (!failed(child)) {
      importDecl(child, result->system);
    }
  }
  return result;
}

void SystemBuilder::importDecl(Rule *rule, ast::System &system) {
  Children list = children(rule);
  ast::Import import;
  import.range = range(rule);
  list.token(); // import
  import.what = identifier(list.token());
  auto path = string(children(list.nextRule()).token());
  import.path = path->value;
  import.pathRange = path->range;
  system.imports.push_back(std::move(import));
}

void SystemBuilder::system(Rule *rule, ast::System &system) {
  system.range = range(rule);
  // A system that holds an error still has the items before it.
  Children list = children(rule);
  list.accept(Tok::SYSTEM);
  if (const Token *name = list.accept(Tok::NAME)) {
    system.name = identifier(*name);
  }
  if (list.accept(Tok::EXTENDS) && !list.done() &&
      list.peekRule() == SpakParser::RuleString) {
    Rule *child = list.child();
    if (!failed(child)) {
      auto path = string(children(child).token());
      system.extends = path->value;
      system.extendsRange = path->range;
    }
  }
  while (Rule *child = list.nextRule()) {
    if (child->getRuleIndex() == SpakParser::RuleSystemItem) {
      systemItem(child, system);
    }
  }
}

void SystemBuilder::systemItem(Rule *outer, ast::System &system) {
  if (failed(outer)) {
    return;
  }
  Rule *rule = children(outer).child();
  if (failed(rule)) {
    return;
  }
  switch (rule->getRuleIndex()) {
  case SpakParser::RuleImportDecl:
    return importDecl(rule, system);
  case SpakParser::RuleSpace:
    system.items.push_back(space(rule));
    return;
  case SpakParser::RuleConstraint: {
    auto item = std::make_unique<ast::ConstraintItem>(range(rule));
    if (constraint(rule, item->constraint)) {
      system.items.push_back(std::move(item));
    }
    return;
  }
  case SpakParser::RuleKernel: {
    auto item = std::make_unique<ast::KernelItem>(range(rule));
    kernel(rule, item->kernel);
    system.items.push_back(std::move(item));
    return;
  }
  default:
    if (ast::ItemPtr item = entry(rule)) {
      system.items.push_back(std::move(item));
    }
  }
}

//===----------------------------------------------------------------------===//
// Generic blocks
//===----------------------------------------------------------------------===//

void SystemBuilder::entries(Children &list, std::vector<ast::ItemPtr> &items) {
  while (Rule *child = list.nextRule()) {
    if (child->getRuleIndex() == SpakParser::RuleEntry) {
      if (ast::ItemPtr item = entry(child)) {
        items.push_back(std::move(item));
      }
    }
  }
}

ast::ItemPtr SystemBuilder::entry(Rule *rule) {
  if (failed(rule)) {
    return nullptr;
  }
  bool before = strictNumbers;
  strictNumbers = false;
  Children list = children(rule);
  ast::ItemPtr result;
  if (list.peek() == Tok::PROSE) {
    auto prose = std::make_unique<ast::Prose>(range(rule));
    prose->text = ast::dedented(prose->range);
    result = std::move(prose);
  } else {
    Rule *child = list.child();
    if (!failed(child)) {
      result = child->getRuleIndex() == SpakParser::RuleProperty
                   ? property(child)
                   : block(child);
    }
  }
  strictNumbers = before;
  return result;
}

ast::ExprPtr SystemBuilder::value(Rule *rule) {
  if (failed(rule)) {
    return nullptr;
  }
  Children list = children(rule);
  if (list.peek() == Tok::PROSE) {
    auto prose = std::make_unique<ast::ProseExpr>(range(rule));
    prose->text = ast::dedented(prose->range);
    return prose;
  }
  return build(list.child());
}

ast::ItemPtr SystemBuilder::property(Rule *rule) {
  Children list = children(rule);
  auto result = std::make_unique<ast::Property>(range(rule));
  if (const Token *returns = list.accept(Tok::RETURN)) {
    result->key = identifier(*returns);
    result->value = value(list.nextRule());
    return result;
  }
  if (const Token *modifier = list.accept(Tok::MODIFIER)) {
    result->modifier = identifier(*modifier);
  }
  result->key = unquoted(list.token());
  if (list.accept(Tok::COLON)) {
    result->value = value(list.child());
  }
  if (list.accept(Tok::ASSIGN)) {
    (result->value ? result->initial : result->value) = value(list.child());
  }
  return result;
}

ast::ItemPtr SystemBuilder::block(Rule *rule) {
  Children list = children(rule);
  auto result = std::make_unique<ast::Block>(range(rule));
  result->keyword = unquoted(list.token());
  if (const Token *name = list.accept(Tok::BLOCK_NAME)) {
    result->name = unquoted(*name);
    result->quotedName = result->name.text.size() != name->end - name->begin;
  }
  if (list.peekRule() == SpakParser::RuleParams) {
    params(list.child(), *result);
  }
  result->matches = list.accept(Tok::MATCHES) != nullptr;
  list.accept(Tok::COLON);
  const Token *open = list.accept(Tok::LBRACE);
  result->hasBody = open != nullptr;
  if (open) {
    entries(list, result->items);
    result->body =
        context.source.range(open->end, std::max(open->end, // the `}`
                                                 result->range.end - 1));
  }
  return result;
}

void SystemBuilder::params(Rule *rule, ast::Block &block) {
  if (failed(rule)) {
    return;
  }
  Children list = children(rule);
  while (Rule *child = list.nextRule()) {
    if (failed(child)) {
      continue;
    }
    Children parts = children(child);
    ast::BlockParam param;
    param.name = identifier(parts.token());
    if (Rule *type = parts.nextRule()) {
      param.type = build(type);
    }
    block.params.push_back(std::move(param));
  }
}

//===----------------------------------------------------------------------===//
// Spaces
//===----------------------------------------------------------------------===//

ast::ItemPtr SystemBuilder::space(Rule *rule) {
  Children list = children(rule);
  auto result = std::make_unique<ast::Space>(range(rule));
  const Token &keyword = list.token();
  result->keyword = identifier(keyword);
  result->role = keyword.is(Tok::DESIGN_SPACE) ? ast::Space::Role::Design
                                               : ast::Space::Role::Tuning;
  if (const Token *name = list.accept(Tok::NAME)) {
    result->name = identifier(*name);
  }
  while (Rule *child = list.nextRule()) {
    spaceItem(child, result->axes, result->constraints);
  }
  return result;
}

void SystemBuilder::spaceItem(Rule *outer, std::vector<ast::Axis> &axes,
                              std::vector<ast::Constraint> &constraints) {
  if (failed(outer)) {
    return;
  }
  Rule *rule = children(outer).child();
  if (failed(rule)) {
    return;
  }
  if (rule->getRuleIndex() == SpakParser::RuleConstraint) {
    ast::Constraint result;
    if (constraint(rule, result)) {
      constraints.push_back(std::move(result));
    }
    return;
  }
  ast::Axis result;
  if (axis(rule, result, constraints)) {
    axes.push_back(std::move(result));
  }
}

bool SystemBuilder::axis(Rule *rule, ast::Axis &axis,
                         std::vector<ast::Constraint> &constraints) {
  Children list = children(rule);
  axis.range = range(rule);
  axis.name = unquoted(list.token());
  Rule *child = list.nextRule();
  if (!child) {
    return true;
  }
  if (failed(child)) {
    return false;
  }
  axis.valueRange = range(child);
  if (child->getRuleIndex() == SpakParser::RuleAxisMap) {
    axis.form = ast::Axis::Form::Nested;
    Children items = children(child);
    while (Rule *item = items.nextRule()) {
      spaceItem(item, axis.nested, constraints);
    }
    return true;
  }
  ast::ExprPtr value = build(child);
  if (!value) {
    return false;
  }
  if (auto *elements = llvm::dyn_cast<ast::ListExpr>(value.get())) {
    axis.form = ast::Axis::Form::List;
    axis.values = std::move(elements->elements);
    return true;
  }
  axis.form = llvm::isa<ast::RangeExpr>(*value) ? ast::Axis::Form::Range
                                                : ast::Axis::Form::Single;
  axis.values.push_back(std::move(value));
  return true;
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

std::unique_ptr<ast::File> buildFile(SpakParser::FileContext *context,
                                     const TokenContext &tokenContext,
                                     const Tokens &tokens) {
  return SystemBuilder(tokenContext, tokens).file(context);
}

namespace {

/// Expressions that stand alone, without maps.
class LoneExprBuilder final : public ExprBuilder {
public:
  using ExprBuilder::ExprBuilder;

private:
  void entries(Children &, std::vector<ast::ItemPtr> &) override {}
};

} // namespace

ast::ExprPtr buildExpression(SpakParser::LoneExprContext *context,
                             const TokenContext &tokenContext,
                             const Tokens &tokens) {
  if (context->exception || context->children.empty()) {
    return nullptr;
  }
  auto *expr =
      dynamic_cast<antlr4::ParserRuleContext *>(context->children.front());
  return LoneExprBuilder(tokenContext, tokens).build(expr);
}

} // namespace spak::frontend
