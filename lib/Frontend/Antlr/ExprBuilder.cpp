// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: expressions out of the generated parser's tree, numbers and strings
// out of their spellings.
#include "TreeBuilder.h"

#include "spak/Frontend/Frontend.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>

namespace spak::frontend {

using syntax::SpakParser;

/// Levels of the tree, so that nobody who walks it runs out of stack.
static constexpr size_t kMaxTreeDepth = 1000;

//===----------------------------------------------------------------------===//
// Reading the tree
//===----------------------------------------------------------------------===//

static size_t indexOf(antlr4::tree::ParseTree *tree) {
  auto *terminal = dynamic_cast<antlr4::tree::TerminalNode *>(tree);
  return terminal ? terminal->getSymbol()->getTokenIndex() : size_t(-1);
}

Tok Children::peek() const {
  if (done()) {
    return Tok::END;
  }
  size_t index = indexOf(rule->children[next]);
  return index < tokens.size() ? tokens[index].kind : Tok::END;
}

size_t Children::peekRule() const {
  if (done()) {
    return size_t(-1);
  }
  auto *child = dynamic_cast<antlr4::ParserRuleContext *>(rule->children[next]);
  return child ? child->getRuleIndex() : size_t(-1);
}

const Token &Children::token() {
  size_t index = indexOf(rule->children[next++]);
  assert(index < tokens.size() && "not a token");
  return tokens[index];
}

const Token *Children::accept(Tok kind) {
  return peek() == kind ? &token() : nullptr;
}

antlr4::ParserRuleContext *Children::child() {
  auto *child =
      dynamic_cast<antlr4::ParserRuleContext *>(rule->children[next++]);
  assert(child && "not a rule");
  return child;
}

antlr4::ParserRuleContext *Children::nextRule() {
  while (!done() && peekRule() == size_t(-1)) {
    ++next;
  }
  return done() ? nullptr : child();
}

SourceRange TreeReader::range(antlr4::ParserRuleContext *rule) const {
  size_t first = rule->start ? rule->start->getTokenIndex() : 0;
  size_t last = rule->stop ? rule->stop->getTokenIndex() : first;
  if (tokens.empty()) {
    return context.source.range(0, 0);
  }
  first = std::min(first, tokens.size() - 1);
  last = std::max(first, std::min(last, tokens.size() - 1));
  return context.source.range(tokens[first].begin, tokens[last].end);
}

ast::Identifier TreeReader::identifier(const Token &token) const {
  return {context.text(token).str(), context.range(token)};
}

/// The bytes between the quotes of \p text.
static std::pair<size_t, size_t> contentOf(llvm::StringRef text) {
  size_t quotes = text.starts_with("\"\"\"") && text.size() >= 6 ? 3 : 1;
  bool closed =
      text.size() >= 2 * quotes && text.ends_with(text.take_front(quotes));
  return {quotes, text.size() - (closed ? quotes : 0)};
}

ast::Identifier TreeReader::unquoted(const Token &token) const {
  llvm::StringRef text = context.text(token);
  if (!text.starts_with("\"") && !text.starts_with("'")) {
    return identifier(token);
  }
  auto [begin, end] = contentOf(text);
  return {text.slice(begin, end).str(), context.range(token)};
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

bool ExprBuilder::tooDeep(antlr4::ParserRuleContext *rule, size_t more) {
  if (depth + more <= kMaxTreeDepth) {
    return false;
  }
  context.diags.error(diag::err_nesting, range(rule)) << kMaxTreeDepth;
  return true;
}

ast::ExprPtr ExprBuilder::build(antlr4::ParserRuleContext *rule) {
  if (failed(rule) || tooDeep(rule, 0)) {
    return nullptr;
  }
  ++depth;
  ast::ExprPtr result = node(rule);
  --depth;
  return result;
}

ast::ExprPtr ExprBuilder::node(antlr4::ParserRuleContext *rule) {
  // Most levels of the grammar have nothing to say about most expressions.
  while (rule->children.size() == 1) {
    auto *child =
        dynamic_cast<antlr4::ParserRuleContext *>(rule->children.front());
    if (!child || child->getRuleIndex() == SpakParser::RuleString) {
      break;
    }
    rule = child;
    if (failed(rule)) {
      return nullptr;
    }
  }
  switch (rule->getRuleIndex()) {
  case SpakParser::RuleExpr:
    return conditional(rule);
  case SpakParser::RuleDisjunction:
  case SpakParser::RuleConjunction:
  case SpakParser::RuleSum:
  case SpakParser::RuleProduct:
    return chain(rule);
  case SpakParser::RuleComparison:
    return comparison(rule);
  case SpakParser::RuleAlternatives:
    return alternatives(rule);
  case SpakParser::RuleNegation:
  case SpakParser::RuleUnary:
    return unary(rule);
  case SpakParser::RuleConversion:
    return conversion(rule);
  case SpakParser::RulePostfix:
    return postfix(rule);
  case SpakParser::RuleAtom:
    return atom(rule);
  case SpakParser::RuleIndex:
    return std::make_unique<ast::ColonExpr>(range(rule));
  default:
    return nullptr;
  }
}

ast::ExprPtr ExprBuilder::conditional(antlr4::ParserRuleContext *rule) {
  Children list = children(rule);
  auto result = std::make_unique<ast::ConditionalExpr>(range(rule));
  result->then = build(list.nextRule());
  result->condition = build(list.nextRule());
  result->otherwise = build(list.nextRule());
  if (!result->then || !result->condition || !result->otherwise) {
    return nullptr;
  }
  return result;
}

static ast::BinaryOp binaryOp(Tok kind) {
  switch (kind) {
  case Tok::PLUS:
    return ast::BinaryOp::Add;
  case Tok::MINUS:
    return ast::BinaryOp::Sub;
  case Tok::STAR:
    return ast::BinaryOp::Mul;
  case Tok::SLASH:
    return ast::BinaryOp::Div;
  case Tok::PERCENT:
    return ast::BinaryOp::Mod;
  case Tok::AND:
    return ast::BinaryOp::And;
  default:
    return ast::BinaryOp::Or;
  }
}

ast::ExprPtr ExprBuilder::chain(antlr4::ParserRuleContext *rule) {
  // Left-associative: the first operand stands deepest.
  size_t operators = rule->children.size() / 2;
  if (tooDeep(rule, operators)) {
    return nullptr;
  }
  Children list = children(rule);
  depth += static_cast<unsigned>(operators);
  ast::ExprPtr result = build(list.child());
  depth -= static_cast<unsigned>(operators);
  while (result && !list.done()) {
    const Token &op = list.token();
    ast::ExprPtr rhs = build(list.child());
    if (!rhs) {
      return nullptr;
    }
    auto node = std::make_unique<ast::BinaryExpr>(result->range.to(rhs->range));
    node->op = binaryOp(op.kind);
    node->opRange = context.range(op);
    node->lhs = std::move(result);
    node->rhs = std::move(rhs);
    result = std::move(node);
  }
  return result;
}

static ast::CompareOp compareOp(Tok kind) {
  switch (kind) {
  case Tok::EQ:
    return ast::CompareOp::Eq;
  case Tok::NE:
    return ast::CompareOp::Ne;
  case Tok::LT:
    return ast::CompareOp::Lt;
  case Tok::LE:
    return ast::CompareOp::Le;
  case Tok::GT:
    return ast::CompareOp::Gt;
  default:
    return ast::CompareOp::Ge;
  }
}

ast::ExprPtr ExprBuilder::comparison(antlr4::ParserRuleContext *rule) {
  auto result = std::make_unique<ast::CompareExpr>(range(rule));
  for (Children list = children(rule); !list.done();) {
    antlr4::ParserRuleContext *child = list.child();
    if (child->getRuleIndex() == SpakParser::RuleCompareOp) {
      const Token &op = children(child).token();
      result->ops.push_back(compareOp(op.kind));
      result->opRanges.push_back(context.range(op));
      continue;
    }
    result->operands.push_back(build(child));
    if (!result->operands.back()) {
      return nullptr;
    }
  }
  return result;
}

ast::ExprPtr ExprBuilder::alternatives(antlr4::ParserRuleContext *rule) {
  auto result = std::make_unique<ast::UnionExpr>(range(rule));
  Children list = children(rule);
  while (antlr4::ParserRuleContext *child = list.nextRule()) {
    result->alternatives.push_back(build(child));
    if (!result->alternatives.back()) {
      return nullptr;
    }
  }
  return result;
}

ast::ExprPtr ExprBuilder::unary(antlr4::ParserRuleContext *rule) {
  Children list = children(rule);
  const Token &op = list.token();
  ast::ExprPtr operand = build(list.child());
  if (!operand) {
    return nullptr;
  }
  auto result = std::make_unique<ast::UnaryExpr>(range(rule));
  result->op = op.is(Tok::MINUS)  ? ast::UnaryOp::Negate
               : op.is(Tok::PLUS) ? ast::UnaryOp::Plus
                                  : ast::UnaryOp::Not;
  result->opRange = context.range(op);
  result->operand = std::move(operand);
  return result;
}

ast::ExprPtr ExprBuilder::conversion(antlr4::ParserRuleContext *rule) {
  size_t conversions = rule->children.size() / 2;
  if (tooDeep(rule, conversions)) {
    return nullptr;
  }
  Children list = children(rule);
  ast::ExprPtr result = build(list.child());
  while (result && !list.done()) {
    list.token(); // as
    ast::Identifier dtype = identifier(list.token());
    auto node =
        std::make_unique<ast::ConvertExpr>(result->range.to(dtype.range));
    node->value = std::move(result);
    node->dtype = std::move(dtype);
    result = std::move(node);
  }
  return result;
}

ast::ExprPtr ExprBuilder::member(ast::ExprPtr base,
                                 antlr4::ParserRuleContext *rule) {
  Children list = children(rule);
  list.token(); // .
  ast::Identifier name = identifier(list.token());
  auto result = std::make_unique<ast::MemberExpr>(base->range.to(name.range));
  result->base = std::move(base);
  result->member = std::move(name);
  return result;
}

std::unique_ptr<ast::CallExpr>
ExprBuilder::call(ast::ExprPtr base, antlr4::ParserRuleContext *rule) {
  auto result = std::make_unique<ast::CallExpr>(base->range.to(range(rule)));
  result->callee = std::move(base);
  Children list = children(rule);
  while (antlr4::ParserRuleContext *child = list.nextRule()) {
    Children parts = children(child);
    ast::Argument argument;
    if (const Token *name = parts.accept(Tok::ARG_NAME)) {
      argument.name = identifier(*name);
    }
    argument.value = build(parts.nextRule());
    if (!argument.value) {
      return nullptr;
    }
    result->arguments.push_back(std::move(argument));
  }
  return result;
}

std::vector<ast::ExprPtr>
ExprBuilder::indices(antlr4::ParserRuleContext *rule) {
  std::vector<ast::ExprPtr> result;
  Children list = children(rule);
  while (antlr4::ParserRuleContext *child = list.nextRule()) {
    if (ast::ExprPtr index = build(child)) {
      result.push_back(std::move(index));
    }
  }
  return result;
}

ast::ExprPtr ExprBuilder::postfix(antlr4::ParserRuleContext *rule) {
  size_t trailers = rule->children.size() - 1;
  if (tooDeep(rule, trailers)) {
    return nullptr;
  }
  Children list = children(rule);
  depth += static_cast<unsigned>(trailers);
  ast::ExprPtr result = build(list.child());
  depth -= static_cast<unsigned>(trailers);
  while (result && !list.done()) {
    Children trailer = children(list.child());
    switch (trailer.peekRule()) {
    case SpakParser::RuleMember:
      result = member(std::move(result), trailer.child());
      break;
    case SpakParser::RuleCall:
      result = call(std::move(result), trailer.child());
      break;
    default: {
      trailer.token(); // [
      antlr4::ParserRuleContext *inside = trailer.child();
      auto node = std::make_unique<ast::IndexExpr>(
          result->range.to(context.range(trailer.token())));
      node->base = std::move(result);
      node->indices = indices(inside);
      result = std::move(node);
    }
    }
  }
  return result;
}

ast::ExprPtr ExprBuilder::list(antlr4::ParserRuleContext *rule, Children list) {
  auto result = std::make_unique<ast::ListExpr>(range(rule));
  while (antlr4::ParserRuleContext *child = list.nextRule()) {
    result->elements.push_back(build(child));
    if (!result->elements.back()) {
      return nullptr;
    }
  }
  return result;
}

ast::ExprPtr ExprBuilder::fill(antlr4::ParserRuleContext *rule, Children list) {
  auto result = std::make_unique<ast::FillExpr>(range(rule));
  antlr4::ParserRuleContext *type = list.nextRule();
  if (type->getRuleIndex() == SpakParser::RuleExpr) {
    result->value = build(type);
    type = list.nextRule();
    if (!result->value) {
      return nullptr;
    }
  }
  Children parts = children(type);
  result->dtype = identifier(parts.token());
  while (antlr4::ParserRuleContext *axis = parts.nextRule()) {
    result->axes.push_back(build(axis));
    if (!result->axes.back()) {
      return nullptr;
    }
  }
  return result;
}

ast::ExprPtr ExprBuilder::atom(antlr4::ParserRuleContext *rule) {
  Children list = children(rule);
  if (list.peekRule() == SpakParser::RuleString) {
    return string(children(list.child()).token());
  }
  const Token &first = list.token();
  switch (first.kind) {
  case Tok::INT:
  case Tok::FLOAT:
    return number(first);
  case Tok::TRUE:
  case Tok::FALSE: {
    auto result = std::make_unique<ast::BoolLiteral>(range(rule));
    result->value = first.is(Tok::TRUE);
    return result;
  }
  case Tok::NAME: {
    auto result = std::make_unique<ast::NameExpr>(range(rule));
    result->name = context.text(first).str();
    return result;
  }
  case Tok::LPAREN: {
    ast::ExprPtr inner = build(list.child());
    if (inner) {
      inner->range = range(rule);
    }
    return inner;
  }
  case Tok::LBRACK:
    return this->list(rule, list);
  case Tok::LOAD: {
    auto result = std::make_unique<ast::LoadExpr>(range(rule));
    result->tensor = identifier(list.token());
    result->indices = indices(list.nextRule());
    return result;
  }
  case Tok::ALL: {
    auto result = std::make_unique<ast::AllExpr>(range(rule));
    result->extent = build(list.nextRule());
    return result->extent ? std::move(result) : nullptr;
  }
  case Tok::ZEROS:
  case Tok::FILL:
    return fill(rule, list);
  case Tok::RANGE: {
    auto result = std::make_unique<ast::RangeExpr>(range(rule));
    result->first = build(list.nextRule());
    result->last = build(list.nextRule());
    if (antlr4::ParserRuleContext *step = list.nextRule()) {
      result->step = build(step);
    }
    return result->first && result->last ? std::move(result) : nullptr;
  }
  default: { // MAP_OPEN
    auto result = std::make_unique<ast::MapExpr>(range(rule));
    result->block = std::make_unique<ast::Block>(range(rule));
    entries(list, result->block->items);
    result->block->body =
        context.source.range(result->range.begin + 1, result->range.end - 1);
    return result;
  }
  }
}

ast::ExprPtr ExprBuilder::number(const Token &token) {
  std::string digits;
  for (char c : context.text(token)) {
    if (c != '_') {
      digits += c;
    }
  }
  llvm::StringRef text = digits;
  if (token.is(Tok::INT)) {
    bool hex = text.consume_front_insensitive("0x");
    auto result = std::make_unique<ast::IntLiteral>(context.range(token));
    if (!text.getAsInteger(hex ? 16 : 10, result->value)) {
      return result;
    }
    if (strictNumbers) {
      context.diags.error(diag::err_number_range, context.range(token))
          << "`" + quoted(context.text(token)) + "`" << "64 bits with a sign";
      return nullptr;
    }
  }
  auto result = std::make_unique<ast::FloatLiteral>(context.range(token));
  bool bad = text.getAsDouble(result->value);
  if ((bad || std::isinf(result->value)) && strictNumbers) {
    context.diags.error(diag::err_number_range, context.range(token))
        << "`" + quoted(context.text(token)) + "`" << "a 64-bit float";
    return nullptr;
  }
  return result;
}

std::unique_ptr<ast::StringLiteral> ExprBuilder::string(const Token &token) {
  llvm::StringRef text = context.text(token);
  auto [begin, end] = contentOf(text);
  auto result = std::make_unique<ast::StringLiteral>(context.range(token));
  result->content = context.source.range(
      static_cast<uint32_t>(token.begin + begin),
      static_cast<uint32_t>(token.begin + std::max(begin, end)));
  llvm::StringRef content = result->content.text();
  bool raw = begin == 3;
  for (size_t i = 0; i < content.size(); ++i) {
    static constexpr llvm::StringLiteral kLetters = "ntr0\\\"'";
    static constexpr char kMeanings[] = {'\n', '\t', '\r', '\0',
                                         '\\', '"',  '\''};
    size_t letter = !raw && content[i] == '\\' && i + 1 < content.size()
                        ? kLetters.find(content[i + 1])
                        : llvm::StringRef::npos;
    if (letter == llvm::StringRef::npos) {
      // Other backslashes stand for themselves: patterns keep theirs.
      result->value += content[i];
      continue;
    }
    result->value += kMeanings[letter];
    result->verbatim = false;
    ++i;
  }
  return result;
}

} // namespace spak::frontend
