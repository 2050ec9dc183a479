// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the only calls of the generated parser. What it throws ends here.
#include "Parsing.h"

#include "../Syntax.h"

namespace spak::frontend {

using syntax::SpakParser;

static size_t typeOf(Tok kind) {
  switch (kind) {
#define SPAK_TOKEN(Kind, Text)                                                 \
  case Tok::Kind:                                                              \
    return SpakParser::Kind;
#include "../Tokens.def"
#undef SPAK_TOKEN
  case Tok::END:
    return antlr4::Token::EOF;
  }
  return antlr4::Token::EOF;
}

namespace {

/// The parser with what it needs, over finished tokens.
struct Session {
  Session(const TokenContext &context, const Tokens &tokens)
      : source(convert(tokens)), stream(&source),
        parser(&stream, context, tokens) {
    parser.removeErrorListeners();
    parser.setErrorHandler(std::make_shared<ErrorStrategy>(context, tokens));
  }

  static std::vector<std::unique_ptr<antlr4::Token>>
  convert(const Tokens &tokens) {
    std::vector<std::unique_ptr<antlr4::Token>> result;
    result.reserve(tokens.size() + 1);
    auto add = [&](size_t type) {
      auto token = std::make_unique<antlr4::CommonToken>(type);
      token->setTokenIndex(result.size());
      result.push_back(std::move(token));
    };
    for (const Token &token : tokens) {
      add(typeOf(token.kind));
    }
    add(antlr4::Token::EOF);
    return result;
  }

  antlr4::ListTokenSource source;
  antlr4::CommonTokenStream stream;
  BoundedParser parser;
};

} // namespace

/// Runs \p parse; an exception that is not an error of the text is reported
/// as an error of ours.
template <typename Result, typename Parse>
static Result guarded(const TokenContext &context, Parse parse) {
  try {
    return parse();
  } catch (const StopParsing &) {
  } catch (const std::exception &error) {
    context.diags.error(diag::err_internal_parser)
        << llvm::StringRef(error.what());
  }
  return nullptr;
}

std::unique_ptr<ast::File> parseFile(const TokenContext &context,
                                     const Tokens &tokens) {
  return guarded<std::unique_ptr<ast::File>>(context, [&] {
    Session session(context, tokens);
    return buildFile(session.parser.file(), context, tokens);
  });
}

ast::ExprPtr parseExpr(const TokenContext &context, const Tokens &tokens) {
  return guarded<ast::ExprPtr>(context, [&] {
    Session session(context, tokens);
    return buildExpression(session.parser.loneExpr(), context, tokens);
  });
}

} // namespace spak::frontend
