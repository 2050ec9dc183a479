// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: telling an expression from prose in a generic value. This mirrors the
// grammar's rules of expressions, without building anything: what it accepts,
// the parser takes.
#include "Strata.h"

#include "llvm/ADT/StringSwitch.h"

namespace spak::frontend {

bool GenericRewriter::isOperator(size_t i, bool inBrackets) const {
  switch (at(i).kind) {
  case Tok::PLUS:
  case Tok::MINUS:
  case Tok::STAR:
    // First on a line it is the bullet of a list.
    return inBrackets || !at(i).first;
  case Tok::SLASH:
  case Tok::PERCENT:
  case Tok::BAR:
  case Tok::AND:
  case Tok::OR:
  case Tok::EQ:
  case Tok::NE:
  case Tok::LT:
  case Tok::LE:
  case Tok::GT:
  case Tok::GE:
    return true;
  default:
    return isWord(i, "and") || isWord(i, "or");
  }
}

bool GenericRewriter::matchList(size_t open, bool arguments) const {
  size_t close = partner(open);
  size_t i = open + 1;
  while (i < close) {
    if (arguments && is(i, Tok::NAME) && is(i + 1, Tok::COLON)) {
      i += 2;
    } else if (!arguments && is(i, Tok::COLON)) {
      ++i;
      if (i < close && !is(i, Tok::COMMA)) {
        return false;
      }
      i += i < close;
      continue;
    }
    i = matchExpr(i, close, true);
    if (i == 0 || (i < close && !is(i, Tok::COMMA))) {
      return false;
    }
    i += i < close;
  }
  return true;
}

size_t GenericRewriter::matchOperand(size_t i, size_t end,
                                     bool inBrackets) const {
  while (i < end && (is(i, Tok::PLUS) || is(i, Tok::MINUS))) {
    ++i;
  }
  if (i >= end) {
    return 0;
  }
  llvm::StringRef text = word(i);
  bool operatorWord = llvm::StringSwitch<bool>(text)
                          .Cases({"and", "or", "not", "if", "else", "as"}, true)
                          .Default(false);
  // A line that begins an entry is not the end of the line before.
  bool next =
      !inBrackets && at(i).first && (isConstraint(i) || startsEntry(i, end));
  if (operatorWord || next) {
    return 0;
  }
  switch (at(i).kind) {
  case Tok::NAME:
    if (text == "range" && is(i + 1, Tok::LBRACK)) {
      // Two or three bounds, no more and no less.
      size_t close = partner(i + 1);
      size_t commas = 0;
      for (size_t k = i + 2; k < close; ++k) {
        commas += is(k, Tok::COMMA) && !is(k + 1, Tok::RBRACK);
        k = isOpener(at(k).kind) ? partner(k) : k;
      }
      if (is(i + 2, Tok::COLON) || commas < 1 || commas > 2 ||
          !matchList(i + 1, false)) {
        return 0;
      }
      i = close + 1;
      break;
    }
    ++i;
    break;
  case Tok::INT:
  case Tok::FLOAT:
  case Tok::STRING:
  case Tok::TEXT:
    ++i;
    break;
  case Tok::LPAREN: {
    size_t close = partner(i);
    if (matchExpr(i + 1, close, true) != close || close == i + 1) {
      return 0;
    }
    i = close + 1;
    break;
  }
  case Tok::LBRACK:
    for (size_t k = i + 1; k < partner(i); ++k) {
      if (is(k, Tok::COLON)) {
        return 0;
      }
      k = isOpener(at(k).kind) ? partner(k) : k;
    }
    if (!matchList(i, false)) {
      return 0;
    }
    i = partner(i) + 1;
    break;
  case Tok::LBRACE:
    if (!inBrackets) {
      return 0;
    }
    i = partner(i) + 1;
    break;
  default:
    return 0;
  }
  while (i < end) {
    if (is(i, Tok::DOT) && is(i + 1, Tok::NAME)) {
      i += 2;
    } else if ((is(i, Tok::LPAREN) || is(i, Tok::LBRACK)) &&
               (inBrackets || touchesPrevious(i))) {
      bool call = is(i, Tok::LPAREN);
      if (!matchList(i, call) || (!call && partner(i) == i + 1)) {
        return 0;
      }
      i = partner(i) + 1;
    } else if (isWord(i, "as") && is(i + 1, Tok::NAME)) {
      i += 2;
      // Nothing but another conversion may follow one.
      if (is(i, Tok::DOT) || is(i, Tok::LPAREN) || is(i, Tok::LBRACK)) {
        return 0;
      }
    } else {
      break;
    }
  }
  return i;
}

size_t GenericRewriter::matchChain(size_t i, size_t end,
                                   bool inBrackets) const {
  bool logical = true; // `not` may stand here
  while (true) {
    while (logical && i < end && (is(i, Tok::NOT) || isWord(i, "not"))) {
      ++i;
    }
    i = matchOperand(i, end, inBrackets);
    if (i == 0 || i >= end || !isOperator(i, inBrackets)) {
      return i;
    }
    logical = is(i, Tok::AND) || is(i, Tok::OR) || is(i, Tok::NAME);
    ++i;
  }
}

size_t GenericRewriter::matchExpr(size_t i, size_t end, bool inBrackets) const {
  while (true) {
    i = matchChain(i, end, inBrackets);
    if (i == 0 || i >= end || !isWord(i, "if")) {
      return i;
    }
    // `if` on a new line with a text after it is a block of its own.
    if (!inBrackets && at(i).first && isStringToken(at(i + 1).kind)) {
      return i;
    }
    i = matchChain(i + 1, end, inBrackets);
    if (i == 0 || i >= end || !isWord(i, "else")) {
      return 0;
    }
    ++i;
  }
}

/// True if a value may end before the token at \p i.
bool GenericRewriter::isBoundary(size_t i, size_t end) const {
  if (i >= end || isSeparator(i) || at(i).first || is(i, Tok::ASSIGN)) {
    return true;
  }
  Tok previous = at(i - 1).kind;
  bool closed = isStringToken(previous) || isCloser(previous);
  if (closed && (is(i, Tok::NAME) || isStringToken(at(i).kind))) {
    return true;
  }
  return startsEntry(i, end);
}

/// Writes the expression [i, end), maps inside it as generic blocks.
void GenericRewriter::expression(size_t i, size_t end) {
  while (i < end) {
    size_t open = i;
    while (open < end && !is(open, Tok::LBRACE)) {
      ++open;
    }
    formal(i, open, Words::Expression);
    if (open == end) {
      return;
    }
    push(open, Tok::MAP_OPEN);
    body(open + 1, partner(open));
    push(partner(open));
    i = partner(open) + 1;
  }
}

} // namespace spak::frontend
