// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which words are keywords in expressions, spaces and kernels. A word is
// a keyword where its place makes it one; the same word stays a name elsewhere.
#include "Strata.h"

#include "llvm/ADT/StringSwitch.h"

namespace spak::frontend {

//===----------------------------------------------------------------------===//
// TokenRewriter
//===----------------------------------------------------------------------===//

TokenRewriter::TokenRewriter(const TokenContext &context, const Tokens &in)
    : context(context), in(in), partners(in.size()) {
  out.reserve(in.size());
  uint32_t end = in.empty() ? 0 : in.back().end;
  endToken = {Tok::END, end, end};
  std::vector<uint32_t> open;
  for (size_t i = 0; i < in.size(); ++i) {
    if (isOpener(in[i].kind)) {
      open.push_back(static_cast<uint32_t>(i));
    } else if (isCloser(in[i].kind)) {
      assert(!open.empty() && "brackets are not balanced");
      partners[open.back()] = static_cast<uint32_t>(i);
      open.pop_back();
    }
  }
  assert(open.empty() && "brackets are not balanced");
}

llvm::StringRef TokenRewriter::word(size_t i) const {
  return is(i, Tok::NAME) ? context.text(at(i)) : llvm::StringRef();
}

void TokenRewriter::push(size_t i, Tok kind) {
  if (isCloser(kind) && out.size() > 1 && lastIs(Tok::COMMA) &&
      !isOpener(out[out.size() - 2].kind)) {
    out.pop_back();
  }
  out.push_back(in[i]);
  out.back().kind = kind;
}

void TokenRewriter::pushSpan(size_t first, size_t last, Tok kind) {
  out.push_back(in[first]);
  out.back().kind = kind;
  out.back().end = in[last].end;
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

Tok FormalRewriter::expressionKind(size_t i, Words words,
                                   bool inBrackets) const {
  llvm::StringRef text = word(i);
  if (text.empty() || lastIs(Tok::DOT) || lastIs(Tok::AS)) {
    return at(i).kind;
  }
  if (inBrackets && is(i + 1, Tok::COLON) &&
      (lastIs(Tok::LPAREN) || lastIs(Tok::COMMA))) {
    return Tok::ARG_NAME;
  }
  Tok kind = llvm::StringSwitch<Tok>(text)
                 .Case("and", Tok::AND)
                 .Case("or", Tok::OR)
                 .Case("not", Tok::NOT)
                 .Case("true", Tok::TRUE)
                 .Case("false", Tok::FALSE)
                 .Case("if", Tok::IF)
                 .Case("else", Tok::ELSE)
                 .Case("as", Tok::AS)
                 .Default(Tok::NAME);
  if (text == "range" && is(i + 1, Tok::LBRACK)) {
    kind = Tok::RANGE;
  }
  if (words == Words::Expression || kind != Tok::NAME) {
    return kind;
  }
  bool called = is(i + 1, Tok::LPAREN);
  bool named = is(i + 1, Tok::NAME);
  return llvm::StringSwitch<Tok>(text)
      .Case("in", Tok::IN)
      .Case("load", Tok::LOAD)
      .Case("when", Tok::WHEN)
      .Case("where", Tok::WHERE)
      .Case("atmost", Tok::ATMOST)
      .Case("all", called ? Tok::ALL : Tok::NAME)
      .Case("fill", called ? Tok::FILL : Tok::NAME)
      .Case("tiles", called ? Tok::TILES : Tok::NAME)
      .Case("zeros", named ? Tok::ZEROS : Tok::NAME)
      .Default(Tok::NAME);
}

static bool isAssign(Tok kind) {
  switch (kind) {
  case Tok::ASSIGN:
  case Tok::PLUS_ASSIGN:
  case Tok::MINUS_ASSIGN:
  case Tok::STAR_ASSIGN:
  case Tok::SLASH_ASSIGN:
    return true;
  default:
    return false;
  }
}

/// True if an operand must follow.
static bool wantsOperand(Tok kind) {
  switch (kind) {
  case Tok::PLUS:
  case Tok::MINUS:
  case Tok::STAR:
  case Tok::SLASH:
  case Tok::PERCENT:
  case Tok::AND:
  case Tok::OR:
  case Tok::NOT:
  case Tok::EQ:
  case Tok::NE:
  case Tok::LT:
  case Tok::LE:
  case Tok::GT:
  case Tok::GE:
    return true;
  default:
    return isAssign(kind);
  }
}

/// A line that ends in `=` or `+`, before one that is an assignment: without
/// this the second line's target would be the value of the first.
void FormalRewriter::missingValue() {
  Token token = out.back();
  token.kind = Tok::OTHER;
  token.begin = token.end;
  token.first = false;
  out.push_back(token);
}

void FormalRewriter::one(size_t i, Words words, bool inBrackets) {
  if (!inBrackets && at(i).first && !out.empty() &&
      wantsOperand(out.back().kind) &&
      (is(i, Tok::RBRACE) || (is(i, Tok::NAME) && isAssign(at(i + 1).kind)))) {
    missingValue();
  }
  push(i, expressionKind(i, words, inBrackets));
}

void FormalRewriter::formal(size_t i, size_t end, Words words) {
  int brackets = 0;
  for (; i < end; ++i) {
    Tok kind = at(i).kind;
    if (kind == Tok::RPAREN || kind == Tok::RBRACK) {
      --brackets;
    }
    one(i, words, brackets > 0);
    if (kind == Tok::LPAREN || kind == Tok::LBRACK) {
      ++brackets;
    }
  }
}

//===----------------------------------------------------------------------===//
// Spaces
//===----------------------------------------------------------------------===//

bool FormalRewriter::isConstraint(size_t i) const {
  if (!isWord(i, "constraint")) {
    return false;
  }
  if (is(i + 1, Tok::STRING)) {
    return true;
  }
  bool named = is(i + 1, Tok::NAME) && is(i + 2, Tok::LBRACE);
  return !named && !is(i + 1, Tok::COLON) && !is(i + 1, Tok::LBRACE) &&
         !is(i + 1, Tok::COMMA) && !at(i + 1).first &&
         !isCloser(at(i + 1).kind);
}

size_t FormalRewriter::constraintHead(size_t i) {
  push(i++, Tok::CONSTRAINT);
  if (is(i, Tok::STRING) && is(i + 1, Tok::COLON)) {
    push(i++, Tok::REASON);
    push(i++);
  }
  return i;
}

size_t FormalRewriter::space(size_t i, Tok keyword) {
  push(i++, keyword);
  if (is(i, Tok::NAME)) {
    push(i++);
  }
  size_t close = partner(i);
  push(i);
  spaceBody(i + 1, close);
  push(close);
  return close + 1;
}

/// True if the `:` at \p i has no value: what follows is the next axis.
bool FormalRewriter::isEmptyAxis(size_t i, size_t end) const {
  if (i + 1 >= end || is(i + 1, Tok::COMMA) || isCloser(at(i + 1).kind)) {
    return true;
  }
  bool name = is(i + 1, Tok::NAME) || is(i + 1, Tok::STRING);
  return name && at(i + 1).first &&
         (is(i + 2, Tok::COLON) || is(i + 2, Tok::LBRACE) ||
          isConstraint(i + 1));
}

void FormalRewriter::spaceBody(size_t i, size_t end) {
  int brackets = 0;
  while (i < end) {
    Tok kind = at(i).kind;
    if (kind == Tok::RPAREN || kind == Tok::RBRACK) {
      --brackets;
    }
    if (brackets == 0) {
      if (isConstraint(i)) {
        i = constraintHead(i);
        continue;
      }
      // `key:` and `key {` are axes whatever the word is.
      if (kind == Tok::NAME &&
          (is(i + 1, Tok::COLON) || is(i + 1, Tok::LBRACE))) {
        push(i++);
        continue;
      }
      if (kind == Tok::COLON && isEmptyAxis(i, end)) {
        ++i;
        continue;
      }
      // `key [a, b]`: the parser gets the colon.
      bool starts = lastIs(Tok::LBRACE) || lastIs(Tok::COMMA) ||
                    lastIs(Tok::SEMI) ||
                    (at(i).first && !wantsOperand(out.back().kind) &&
                     !lastIs(Tok::COLON));
      if (kind == Tok::NAME && starts && is(i + 1, Tok::LBRACK) &&
          !at(i + 1).first && !touchesPrevious(i + 1)) {
        push(i++);
        Token colon = in[i];
        colon.kind = Tok::COLON;
        colon.end = colon.begin;
        out.push_back(colon);
        continue;
      }
    }
    one(i, Words::Expression, brackets > 0);
    if (kind == Tok::LPAREN || kind == Tok::LBRACK) {
      ++brackets;
    }
    ++i;
  }
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

size_t FormalRewriter::kernel(size_t i) {
  push(i++, Tok::KERNEL);
  while (!is(i, Tok::LBRACE)) {
    push(i++);
  }
  size_t close = partner(i);
  push(i++);
  if (isWord(i, "procedure")) {
    pushSpan(i, close - 1, Tok::PROSE);
  } else {
    kernelBody(i, close);
  }
  push(close);
  return close + 1;
}

static Tok kernelItemKind(llvm::StringRef text) {
  return llvm::StringSwitch<Tok>(text)
      .Case("dims", Tok::DIMS)
      .Case("static", Tok::STATIC)
      .Case("reference", Tok::REFERENCE)
      .Case("in", Tok::IN)
      .Case("out", Tok::OUT)
      .Case("scratch", Tok::SCRATCH)
      .Case("require", Tok::REQUIRE)
      .Case("grid", Tok::GRID)
      .Case("schedule", Tok::SCHEDULE)
      .Cases({"strided", "zeroed"}, Tok::FLAG)
      .Default(Tok::NAME);
}

void FormalRewriter::kernelBody(size_t i, size_t end) {
  int brackets = 0;
  bool schedule = false;
  while (i < end) {
    Tok kind = at(i).kind;
    if (kind == Tok::LBRACE) {
      // Braces of a kernel hold statements, or the schedule's entries.
      size_t close = partner(i);
      push(i);
      if (schedule) {
        formal(i + 1, close, Words::Expression);
      } else {
        statements(i + 1, close);
      }
      push(close);
      i = close + 1;
      continue;
    }
    if (kind == Tok::RPAREN || kind == Tok::RBRACK) {
      --brackets;
    }
    if (brackets == 0 && isConstraint(i)) {
      i = constraintHead(i);
      continue;
    }
    Tok item = brackets == 0 ? kernelItemKind(word(i)) : Tok::NAME;
    if (kind == Tok::NAME && item != Tok::NAME) {
      schedule = item == Tok::SCHEDULE;
      push(i, item);
    } else if (kind == Tok::STRING && lastIs(Tok::REQUIRE) &&
               is(i + 1, Tok::COLON)) {
      push(i, Tok::REASON);
    } else {
      one(i, Words::Kernel, brackets > 0);
    }
    if (kind == Tok::LPAREN || kind == Tok::LBRACK) {
      ++brackets;
    }
    ++i;
  }
}

/// `if` starts a statement if a `{` comes before an `else`.
bool FormalRewriter::isStatementIf(size_t i) const {
  constexpr size_t kFar = 2000;
  for (size_t k = i + 1; k < i + kFar; ++k) {
    if (is(k, Tok::LPAREN) || is(k, Tok::LBRACK)) {
      k = partner(k);
      continue;
    }
    if (is(k, Tok::LBRACE)) {
      return true;
    }
    if (isWord(k, "else")) {
      return false;
    }
    if (isCloser(at(k).kind) || is(k, Tok::END) || isAssign(at(k).kind)) {
      break;
    }
  }
  return at(i).first;
}

/// The kind of a word at the start of a statement or between statements.
Tok FormalRewriter::statementKind(size_t i) const {
  llvm::StringRef text = word(i);
  if (text.empty() || lastIs(Tok::DOT)) {
    return at(i).kind;
  }
  Tok next = at(i + 1).kind;
  if (isAssign(next) || next == Tok::DOT) {
    return Tok::NAME;
  }
  if (text == "if") {
    return isStatementIf(i) ? Tok::IF_STEP : Tok::IF;
  }
  if (lastIs(Tok::STORE) && next == Tok::NAME) {
    return llvm::StringSwitch<Tok>(text)
        .Cases({"add", "max", "min"}, Tok::COMBINE)
        .Default(Tok::NAME);
  }
  return llvm::StringSwitch<Tok>(text)
      .Case("for", Tok::FOR)
      .Case("match", Tok::MATCH)
      .Case("store", Tok::STORE)
      .Case("skip", isWord(i + 1, "when") ? Tok::SKIP_STEP : Tok::NAME)
      .Default(Tok::NAME);
}

void FormalRewriter::statements(size_t i, size_t end) {
  int brackets = 0;
  for (; i < end; ++i) {
    Tok kind = at(i).kind;
    if (kind == Tok::RPAREN || kind == Tok::RBRACK) {
      --brackets;
    }
    bool afterBlock = lastIs(Tok::RBRACE);
    if (brackets == 0 && kind == Tok::NAME) {
      if (isWord(i, "else") && isWord(i + 1, "if") && afterBlock) {
        pushSpan(i, i + 1, Tok::ELSE_IF);
        ++i;
        continue;
      }
      Tok statement = statementKind(i);
      if (statement != Tok::NAME) {
        if (statement != Tok::IF && wantsOperand(out.back().kind)) {
          missingValue();
        }
        push(i, statement);
        continue;
      }
    }
    if (brackets == 0 && kind == Tok::COMMA && afterBlock) {
      continue; // between the arms of a match
    }
    one(i, Words::Kernel, brackets > 0);
    if (kind == Tok::LPAREN || kind == Tok::LBRACK) {
      ++brackets;
    }
  }
}

} // namespace spak::frontend
