// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The two halves of the pass that gives tokens their stratum: a base with what
// both need, the formal half and the generic half on top of it. Private.
#ifndef SPAK_LIB_FRONTEND_STRATA_H
#define SPAK_LIB_FRONTEND_STRATA_H

#include "Tokens.h"

namespace spak::frontend {

inline bool isStringToken(Tok kind) {
  return kind == Tok::STRING || kind == Tok::TEXT;
}

/// Reads tokens, writes tokens. Indices are into the input; `end` is one past
/// the last token of a region, usually the index of its closer.
class TokenRewriter {
public:
  TokenRewriter(const TokenContext &context, const Tokens &in);

protected:
  const Token &at(size_t i) const { return i < in.size() ? in[i] : endToken; }
  bool is(size_t i, Tok kind) const { return at(i).is(kind); }
  /// The spelling of a NAME; empty for any other kind.
  llvm::StringRef word(size_t i) const;
  bool isWord(size_t i, llvm::StringRef text) const { return word(i) == text; }
  /// The closer of the opener at \p i.
  size_t partner(size_t i) const { return partners[i]; }
  /// True if nothing stands between token \p i and the one before it.
  bool touchesPrevious(size_t i) const {
    return i > 0 && in[i - 1].end == at(i).begin;
  }

  /// Writes the token at \p i, as \p kind. A comma before a closer goes.
  void push(size_t i, Tok kind);
  void push(size_t i) { push(i, at(i).kind); }
  /// Writes one token over [first, last].
  void pushSpan(size_t first, size_t last, Tok kind);
  bool lastIs(Tok kind) const { return !out.empty() && out.back().is(kind); }

  const TokenContext &context;
  const Tokens &in;
  Tokens out;

private:
  std::vector<uint32_t> partners;
  Token endToken;
};

/// Expressions, spaces and kernels: words are keywords by their place.
class FormalRewriter : public TokenRewriter {
public:
  using TokenRewriter::TokenRewriter;

protected:
  enum class Words { Expression, Kernel };

  /// Writes [i, end) as expressions: words of expressions become keywords.
  void formal(size_t i, size_t end, Words words);
  /// Writes `keyword name { … }` at \p i; returns the index after it.
  size_t space(size_t i, Tok keyword);
  size_t kernel(size_t i);
  /// True if a constraint starts at \p i.
  bool isConstraint(size_t i) const;
  /// Writes `constraint "why":` at \p i; returns the index after it.
  size_t constraintHead(size_t i);

private:
  Tok expressionKind(size_t i, Words words, bool inBrackets) const;
  void one(size_t i, Words words, bool inBrackets);
  void spaceBody(size_t i, size_t end);
  bool isEmptyAxis(size_t i, size_t end) const;
  void kernelBody(size_t i, size_t end);
  void statements(size_t i, size_t end);
  Tok statementKind(size_t i) const;
  bool isStatementIf(size_t i) const;
  void missingValue();
};

/// Blocks of any kind, with any text in them.
class GenericRewriter : public FormalRewriter {
public:
  using FormalRewriter::FormalRewriter;

  Tokens takeFile();
  Tokens takeExpression();

private:
  /// One word of a header: [first, last] with dots.
  struct Word {
    size_t first;
    size_t last;
  };
  struct Header {
    llvm::SmallVector<Word, 4> words;
    size_t params = 0;  ///< index of `(`; 0 for none
    size_t matches = 0; ///< index of `matches`; 0 for none
    size_t next = 0;    ///< the token after the header
  };

  Header header(size_t i, size_t end) const;
  bool startsEntry(size_t i, size_t end, bool assigns = true) const;
  bool isListOf(const Header &header, size_t end) const;
  bool isSeparator(size_t i) const;
  bool isRelation(size_t i) const;
  bool isDate(size_t i) const;
  bool endsProse(size_t i, size_t end) const;

  size_t importDecl(size_t i);
  void systemBody(size_t i, size_t end);
  void body(size_t i, size_t end);
  size_t entry(size_t i, size_t end);
  size_t block(const Header &header, size_t open, size_t colon);
  size_t property(const Header &header, size_t end);
  size_t bare(size_t i, size_t end, const Header &header);
  size_t value(size_t i, size_t end);
  size_t prose(size_t i, size_t end, bool lines);
  void params(size_t open);
  bool areParams(size_t open) const;

  /// The index after the expression at \p i; 0 if there is none.
  size_t matchExpr(size_t i, size_t end, bool inBrackets) const;
  size_t matchChain(size_t i, size_t end, bool inBrackets) const;
  size_t matchOperand(size_t i, size_t end, bool inBrackets) const;
  bool matchList(size_t open, bool arguments) const;
  bool isBoundary(size_t i, size_t end) const;
  bool isOperator(size_t i, bool inBrackets) const;
  void expression(size_t i, size_t end);
};

} // namespace spak::frontend

#endif // SPAK_LIB_FRONTEND_STRATA_H
