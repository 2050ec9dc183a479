// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a syntax error says, and where parsing goes on. An exception runs
// up to the innermost *item* (a statement, an entry, an axis, …), is reported
// once, and the item's remaining tokens are skipped. Brackets are balanced
// before parsing, so the end of an item is known by depth and line.
#include "Parsing.h"

#include "spak/Frontend/Frontend.h"

#include "llvm/ADT/StringExtras.h"

namespace spak::frontend {

using syntax::SpakParser;

void BoundedParser::enterRule(antlr4::ParserRuleContext *local, size_t state,
                              size_t rule) {
  SpakParser::enterRule(local, state, rule);
  // The runtime tells of rules that begin only; the parent of one that
  // begins tells which have ended.
  while (!active.empty() && active.back() != local->parent) {
    active.pop_back();
  }
  active.push_back(local);
  if (active.size() > kMaxRuleDepth) {
    size_t index = getCurrentToken()->getTokenIndex();
    const Token &token = tokens[std::min(index, tokens.size() - 1)];
    context.diags.error(diag::err_nesting, context.range(token)) << kMaxNesting;
    throw StopParsing();
  }
}

ErrorStrategy::ErrorStrategy(const TokenContext &context, const Tokens &tokens)
    : context(context), tokens(tokens) {
  uint16_t depth = 0;
  depths.reserve(tokens.size() + 1);
  for (const Token &token : tokens) {
    if (isCloser(token.kind) && depth > 0) {
      --depth;
    }
    depths.push_back(depth);
    if (isOpener(token.kind)) {
      ++depth;
    }
  }
  depths.push_back(0);
  uint32_t end = tokens.empty() ? 0 : tokens.back().end;
  endToken.begin = endToken.end = end;
}

/// Rules whose text is skipped when something in it is wrong.
static bool isItem(size_t rule) {
  switch (rule) {
  case SpakParser::RuleImportDecl:
  case SpakParser::RuleSystemItem:
  case SpakParser::RuleEntry:
  case SpakParser::RuleSpaceItem:
  case SpakParser::RuleKernelItem:
  case SpakParser::RuleStatement:
  case SpakParser::RuleArm:
  case SpakParser::RuleScheduleItem:
    return true;
  default:
    return false;
  }
}

/// Rules that are a list of items between braces.
static bool isItemList(size_t rule) {
  switch (rule) {
  case SpakParser::RuleSystem:
  case SpakParser::RuleBlock:
  case SpakParser::RuleSpace:
  case SpakParser::RuleAxisMap:
  case SpakParser::RuleKernel:
  case SpakParser::RuleBody:
  case SpakParser::RuleMatchStep:
  case SpakParser::RuleSchedule:
    return true;
  default:
    return false;
  }
}

antlr4::Token *ErrorStrategy::recoverInline(antlr4::Parser *parser) {
  throw antlr4::InputMismatchException(parser);
}

void ErrorStrategy::recover(antlr4::Parser *parser, std::exception_ptr error) {
  antlr4::ParserRuleContext *rule = parser->getRuleContext();
  size_t start = rule->start ? rule->start->getTokenIndex() : 0;
  switch (rule->getRuleIndex()) {
  case SpakParser::RuleForHead:
  case SpakParser::RuleIfHead:
    if (skipHead(parser, start, Tok::LBRACE, depths[start])) {
      propagating = false;
      return;
    }
    break;
  case SpakParser::RuleGridBinders:
    if (skipHead(parser, start, Tok::RPAREN, depths[start] - 1)) {
      propagating = false;
      return;
    }
    break;
  case SpakParser::RuleFile:
  case SpakParser::RuleLoneExpr:
    propagating = false;
    return;
  default:
    if (isItem(rule->getRuleIndex())) {
      size_t now = parser->getCurrentToken()->getTokenIndex();
      skipItem(parser, start, now == start);
      propagating = false;
      return;
    }
  }
  std::rethrow_exception(error);
}

/// Moves to the end of the item that began at token \p start: the first token
/// of a line that is as deep as the item, or the closer around it.
void ErrorStrategy::skipItem(antlr4::Parser *parser, size_t start,
                             bool mustConsume) {
  int depth = depths[std::min(start, depths.size() - 1)];
  while (true) {
    size_t index = parser->getCurrentToken()->getTokenIndex();
    if (index >= tokens.size() || tokens[index].is(Tok::END)) {
      return;
    }
    if (depths[index] < depth) {
      return;
    }
    if (!mustConsume && depths[index] == depth && tokens[index].first &&
        index != start && !isCloser(tokens[index].kind)) {
      return;
    }
    mustConsume = false;
    parser->consume();
  }
}

/// Moves to the \p stop of \p depth that ends a header; false, without
/// moving, if none comes before the next line of that depth.
bool ErrorStrategy::skipHead(antlr4::Parser *parser, size_t start, Tok stop,
                             int depth) {
  size_t index = parser->getCurrentToken()->getTokenIndex();
  size_t target = index;
  while (target < tokens.size()) {
    if (depths[target] == depth && tokens[target].is(stop)) {
      break;
    }
    if (depths[target] < depth ||
        (depths[target] == depth && tokens[target].first && target != start)) {
      return false;
    }
    ++target;
  }
  if (target >= tokens.size()) {
    return false;
  }
  for (; index < target; ++index) {
    parser->consume();
  }
  return true;
}

void ErrorStrategy::sync(antlr4::Parser *parser) {
  if (propagating) {
    return;
  }
  antlr4::ParserRuleContext *rule = parser->getRuleContext();
  if (!isItemList(rule->getRuleIndex())) {
    return;
  }
  const antlr4::atn::ATN &atn = parser->getATN();
  antlr4::atn::ATNState *state = atn.states[parser->getState()];
  auto type = state->getStateType();
  if (type != antlr4::atn::ATNState::STAR_LOOP_ENTRY &&
      type != antlr4::atn::ATNState::STAR_LOOP_BACK) {
    return;
  }
  const antlr4::misc::IntervalSet &next = atn.nextTokens(state);
  while (true) {
    antlr4::Token *current = parser->getCurrentToken();
    if (next.contains(current->getType()) ||
        current->getType() == antlr4::Token::EOF) {
      return;
    }
    size_t index = current->getTokenIndex();
    report(parser, index, next);
    skipItem(parser, index, true);
  }
}

void ErrorStrategy::reportError(antlr4::Parser *parser,
                                const antlr4::RecognitionException &error) {
  if (propagating) {
    return;
  }
  propagating = true;
  antlr4::Token *offending = error.getOffendingToken();
  if (!offending) {
    offending = parser->getCurrentToken();
  }
  report(parser, offending->getTokenIndex(), error.getExpectedTokens());
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// What may stand where \p rule begins; empty if a list of tokens says it
/// better.
static llvm::StringRef ruleText(size_t rule) {
  switch (rule) {
  case SpakParser::RuleSystem:
    return "a section, a kernel or `}`";
  case SpakParser::RuleSpace:
  case SpakParser::RuleAxisMap:
  case SpakParser::RuleSpaceItem:
    return "an axis, a `constraint` or `}`";
  case SpakParser::RuleKernel:
  case SpakParser::RuleKernelItem:
    return "`dims`, `static`, `in`, `out`, `require`, `grid`, `schedule` or "
           "`}`";
  case SpakParser::RuleBody:
  case SpakParser::RuleStatement:
    return "a statement or `}`";
  case SpakParser::RuleSimple:
    return "`=` or a call";
  case SpakParser::RuleSchedule:
  case SpakParser::RuleScheduleItem:
    return "`key = value` or `}`";
  default:
    return "";
  }
}

/// True where a list may go on instead of ending.
static bool inList(size_t rule, Tok closer) {
  switch (rule) {
  case SpakParser::RuleCall:
  case SpakParser::RuleParams:
  case SpakParser::RuleScheduleItem:
    return closer == Tok::RPAREN;
  case SpakParser::RuleAtom:
  case SpakParser::RuleTrailer:
  case SpakParser::RuleFillType:
  case SpakParser::RuleParamDecl:
  case SpakParser::RuleStoreStep:
    return closer == Tok::RBRACK;
  default:
    return false;
  }
}

static Tok kindOf(size_t type) {
  switch (type) {
#define SPAK_TOKEN(Kind, Text)                                                 \
  case SpakParser::Kind:                                                       \
    return Tok::Kind;
#include "../Tokens.def"
#undef SPAK_TOKEN
  default:
    return Tok::END;
  }
}

/// `a`, `b` or `c`.
static std::string listOf(const antlr4::misc::IntervalSet &expected) {
  std::vector<std::string> texts;
  for (ssize_t type : expected.toList()) {
    std::string text = type == static_cast<ssize_t>(antlr4::Token::EOF)
                           ? "the end of the text"
                           : tokenText(kindOf(type)).str();
    if (!llvm::is_contained(texts, text)) {
      texts.push_back(text);
    }
  }
  std::string result;
  for (size_t i = 0; i < texts.size(); ++i) {
    bool last = i + 1 == texts.size();
    result += i == 0 ? "" : last ? " or " : ", ";
    result += texts[i];
  }
  return result;
}

std::string ErrorStrategy::found(size_t index) const {
  const Token &t = token(index);
  if (t.is(Tok::END)) {
    return "the end of the text";
  }
  if (t.begin == t.end) {
    return "the end of the line";
  }
  return "`" + quoted(context.text(t)) + "`";
}

/// True for a word that is a keyword where it stands.
static bool isKeyword(const Token &token, llvm::StringRef text) {
  return !token.is(Tok::NAME) && !token.is(Tok::WORD) && !text.empty() &&
         (llvm::isAlpha(text.front()) || text.front() == '_');
}

void ErrorStrategy::report(antlr4::Parser *parser, size_t index,
                           const antlr4::misc::IntervalSet &expected) {
  if (context.diags.atErrorLimit()) {
    // One more, so that the count past the limit is not zero.
    context.diags.error(diag::err_syntax, context.range(token(index)))
        << listOf(expected) << found(index);
    throw StopParsing();
  }
  const Token &at = token(index);
  size_t rule = parser->getRuleContext()->getRuleIndex();
  std::string wanted = ruleText(rule).str();
  bool expression = expected.contains(static_cast<size_t>(SpakParser::INT));
  if (wanted.empty() || expected.size() == 1) {
    wanted = expression ? "an expression" : listOf(expected);
    if (expected.size() == 1 &&
        inList(rule, kindOf(expected.getMinElement()))) {
      wanted = "`,` or " + wanted;
    }
  }

  // What lacks at the end of a line is shown there, not on the next one.
  bool lacks = at.first && index > 0 && !at.is(Tok::END) &&
               (expected.size() == 1 || (expression && !at.is(Tok::OTHER)));
  SourceRange range = context.range(at);
  std::string got = found(index);
  uint32_t line = at.line;
  if (lacks) {
    const Token &previous = token(index - 1);
    range = context.source.range(previous.end, previous.end);
    got = "the end of the line";
    line = previous.line;
  }
  // A second error on the line of the first is mostly its consequence.
  if (line != 0 && line == lastErrorLine) {
    return;
  }
  lastErrorLine = line;

  auto error = context.diags.error(diag::err_syntax, range) << wanted << got;
  if (lacks) {
    return;
  }
  llvm::StringRef text = context.text(at);
  if (expected.contains(static_cast<size_t>(SpakParser::NAME)) &&
      isKeyword(at, text)) {
    error.note("`" + text + "` is a keyword here");
  }
  if (rule == SpakParser::RuleSimple && at.is(Tok::LBRACK)) {
    error.help("a tensor is written with `store " +
               context.text(token(index - 1)) + "[…] = …`");
  }
  if (at.is(Tok::ASSIGN) &&
      expected.contains(static_cast<size_t>(SpakParser::RPAREN))) {
    error.help("keyword arguments are written with `:`, equality with `==`");
  }
}

} // namespace spak::frontend
