// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: running the generated parser and turning its tree into ours. Inside
// the ANTLR island only.
#ifndef SPAK_LIB_FRONTEND_ANTLR_PARSING_H
#define SPAK_LIB_FRONTEND_ANTLR_PARSING_H

#include "../Tokens.h"

#include "spak/AST/AST.h"

#include "SpakParser.h"

namespace spak::frontend {

/// Thrown when no further error would be shown. Never leaves the island.
struct StopParsing {};

/// Frames of generated rules that may be active: more than the deepest
/// nesting of brackets needs, fewer than a thread's stack of 1 MiB holds.
constexpr unsigned kMaxRuleDepth = 6000;

/// The generated parser with a bound on its recursion.
class BoundedParser : public syntax::SpakParser {
public:
  BoundedParser(antlr4::TokenStream *input, const TokenContext &context,
                const Tokens &tokens)
      : SpakParser(input), context(context), tokens(tokens) {}

  void enterRule(antlr4::ParserRuleContext *local, size_t state,
                 size_t rule) override;

private:
  const TokenContext &context;
  const Tokens &tokens;
  std::vector<antlr4::tree::ParseTree *> active; ///< rules, outermost first
};

/// Reports a mistake once and goes on at the next item.
class ErrorStrategy : public antlr4::ANTLRErrorStrategy {
public:
  ErrorStrategy(const TokenContext &context, const Tokens &tokens);

  void reset(antlr4::Parser *) override { propagating = false; }
  antlr4::Token *recoverInline(antlr4::Parser *parser) override;
  void recover(antlr4::Parser *parser, std::exception_ptr error) override;
  void sync(antlr4::Parser *parser) override;
  bool inErrorRecoveryMode(antlr4::Parser *) override { return propagating; }
  void reportMatch(antlr4::Parser *) override {}
  void reportError(antlr4::Parser *parser,
                   const antlr4::RecognitionException &error) override;

private:
  void report(antlr4::Parser *parser, size_t index,
              const antlr4::misc::IntervalSet &expected);
  std::string found(size_t index) const;
  void skipItem(antlr4::Parser *parser, size_t start, bool mustConsume);
  bool skipHead(antlr4::Parser *parser, size_t start, Tok stop, int depth);

  const Token &token(size_t index) const {
    return index < tokens.size() ? tokens[index] : endToken;
  }

  const TokenContext &context;
  const Tokens &tokens;
  std::vector<uint16_t> depths; ///< open brackets before each token
  Token endToken;
  bool propagating = false;
  uint32_t lastErrorLine = 0;
};

/// Turns the generated parser's tree into ours. Contexts that hold an error are
/// left out.
std::unique_ptr<ast::File> buildFile(syntax::SpakParser::FileContext *context,
                                     const TokenContext &tokenContext,
                                     const Tokens &tokens);
ast::ExprPtr buildExpression(syntax::SpakParser::LoneExprContext *context,
                             const TokenContext &tokenContext,
                             const Tokens &tokens);

} // namespace spak::frontend

#endif // SPAK_LIB_FRONTEND_ANTLR_PARSING_H
