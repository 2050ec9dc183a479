// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Words and signs between lexer and parser. Private to the front end; knows
// nothing of the generated code.
#ifndef SPAK_LIB_FRONTEND_TOKENS_H
#define SPAK_LIB_FRONTEND_TOKENS_H

#include "spak/Support/Diagnostics.h"

#include <vector>

namespace spak::frontend {

/// The kinds of the lexer grammar.
enum class Tok : uint8_t {
#define SPAK_TOKEN(Kind, Text) Kind,
#include "Tokens.def"
#undef SPAK_TOKEN
  END
};

/// How a message calls a token of \p kind.
llvm::StringRef tokenText(Tok kind);

/// A word or sign. `begin == end` for one that a repair put in.
struct Token {
  Tok kind = Tok::END;
  uint32_t begin = 0;  ///< byte
  uint32_t end = 0;    ///< byte
  uint32_t line = 0;   ///< from 1
  uint32_t indent = 0; ///< columns before it; only of a first on its line
  bool first = false;  ///< on its line

  bool is(Tok other) const { return kind == other; }
};

using Tokens = std::vector<Token>;

/// What the passes over tokens share.
struct TokenContext {
  const SourceFile &source;
  DiagnosticEngine &diags;

  llvm::StringRef text(const Token &token) const {
    return source.text().slice(token.begin, token.end);
  }
  SourceRange range(const Token &token) const {
    return source.range(token.begin, token.end);
  }
};

bool isOpener(Tok kind);
bool isCloser(Tok kind);
/// The closer of an opener.
Tok closerOf(Tok opener);

/// Cuts [begin, end) of the source into tokens; reports unterminated strings
/// and comments, and \p context.diags has an error. Sets \p truncated if the
/// rest of the text is inside an unterminated comment or string. Returns
/// false if the text has too many tokens.
bool lex(const TokenContext &context, uint32_t begin, uint32_t end,
         Tokens &tokens, bool &truncated);

/// Makes brackets match: reports those that do not, where they are missing,
/// and inserts or removes tokens so that every opener has its closer. Returns
/// false if they are nested too deeply.
bool balance(const TokenContext &context, Tokens &tokens, bool truncated);

/// Tells keywords from names, headers from values and prose from formal text.
/// \p tokens are balanced, and start with `system` or `import`.
Tokens assignStrata(const TokenContext &context, const Tokens &tokens);

/// The same for tokens that are one expression.
Tokens assignExpression(const TokenContext &context, const Tokens &tokens);

} // namespace spak::frontend

#endif // SPAK_LIB_FRONTEND_TOKENS_H
