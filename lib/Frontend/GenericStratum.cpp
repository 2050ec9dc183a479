// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: where an entry of a generic block begins and ends, which of its words
// are header and which are value, and what is prose. Whatever is written
// between balanced braces comes out as tokens that the grammar takes.
//
// An entry is one of
//   word … : value    word … { … }    word … : { … }    word … = value
//   word [values]     return value    word              word word
// and everything else is prose up to the end of the line, a comma, or the next
// header. A value is an expression if it is one up to a boundary, else prose.
#include "Strata.h"

#include "llvm/ADT/StringSwitch.h"

namespace spak::frontend {

//===----------------------------------------------------------------------===//
// Headers
//===----------------------------------------------------------------------===//

bool GenericRewriter::isSeparator(size_t i) const {
  return is(i, Tok::COMMA) || is(i, Tok::SEMI);
}

GenericRewriter::Header GenericRewriter::header(size_t i, size_t end) const {
  constexpr size_t kMaxWords = 8;
  Header header;
  size_t k = i;
  while (k < end && header.words.size() < kMaxWords &&
         (k == i || !at(k).first)) {
    Tok kind = at(k).kind;
    bool number = kind == Tok::INT || kind == Tok::FLOAT || kind == Tok::WORD;
    if (kind != Tok::NAME && !isStringToken(kind) && !number) {
      break;
    }
    if (isWord(k, "matches") && is(k + 1, Tok::LBRACE) &&
        !header.words.empty()) {
      header.matches = k++;
      break;
    }
    size_t last = k;
    // `tool.run`, `TraceItem.Performance`, and `1.` before a step's text.
    while (kind == Tok::NAME && is(last + 1, Tok::DOT) &&
           touchesPrevious(last + 1) && is(last + 2, Tok::NAME) &&
           touchesPrevious(last + 2)) {
      last += 2;
    }
    header.words.push_back({k, last});
    k = last + 1;
  }
  if (!header.words.empty() && !header.matches && is(k, Tok::LPAREN) &&
      k < end && !at(k).first) {
    header.params = k;
    k = partner(k) + 1;
  }
  header.next = k;
  return header;
}

/// True for `metrics ["a", "b"]`: a key and a list, a space but no colon
/// between them.
bool GenericRewriter::isListOf(const Header &header, size_t end) const {
  return header.words.size() == 1 && !header.params && !header.matches &&
         is(header.words[0].first, Tok::NAME) && header.next < end &&
         is(header.next, Tok::LBRACK) && !at(header.next).first &&
         !touchesPrevious(header.next);
}

/// True if the token at \p i begins an entry that a `:`, `{`, a list or, with
/// \p assigns, a `=` confirms.
bool GenericRewriter::startsEntry(size_t i, size_t end, bool assigns) const {
  llvm::StringRef text = word(i);
  bool operatorWord = llvm::StringSwitch<bool>(text)
                          .Cases({"and", "or", "not", "else", "as"}, true)
                          .Default(false);
  bool key = is(i + 1, Tok::COLON);
  if (!key &&
      (operatorWord || (text == "if" && !isStringToken(at(i + 1).kind)))) {
    return false;
  }
  Header head = header(i, end);
  if (head.words.empty() || head.next >= end) {
    return false;
  }
  if (is(head.next, Tok::COLON)) {
    return !head.params;
  }
  return is(head.next, Tok::LBRACE) || isListOf(head, end) ||
         (assigns && is(head.next, Tok::ASSIGN) && !head.params);
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

/// True if the separator at \p i ends an entry of prose: the comma in "once,
/// and never again" does not, that in `memory ≤ 12GB, time ≤ 24h` does.
bool GenericRewriter::endsProse(size_t i, size_t end) const {
  size_t next = i + 1;
  if (next >= end || at(next).first || isSeparator(next) ||
      startsEntry(next, end)) {
    return true;
  }
  Header head = header(next, end);
  return head.words.size() == 1 && head.next < end && isRelation(head.next);
}

/// True for a sign that a limit may have, as in `time ≤ 24h`.
bool GenericRewriter::isRelation(size_t i) const {
  switch (at(i).kind) {
  case Tok::LE:
  case Tok::LT:
  case Tok::GE:
  case Tok::GT:
  case Tok::EQ:
  case Tok::NE:
    return true;
  case Tok::OTHER:
    return llvm::StringSwitch<bool>(context.text(at(i)))
        .Cases({"≤", "≥", "≈", "≠", "~", "≪", "≫"}, true)
        .Default(false);
  default:
    return false;
  }
}

/// Writes prose from \p i to the end of the line, a separator or the next
/// header; with \p lines, to the first line that starts an entry.
size_t GenericRewriter::prose(size_t i, size_t end, bool lines) {
  size_t last = i;
  size_t k = i;
  bool bullet = at(i).first && (is(i, Tok::MINUS) || is(i, Tok::STAR)) &&
                !touchesPrevious(i + 1);
  while (k < end) {
    if (k != i) {
      bool newLine = at(k).first;
      bool entry = newLine || (!lines && !bullet && !touchesPrevious(k));
      if ((newLine && !lines) ||
          (!lines && isSeparator(k) && endsProse(k, end)) ||
          (entry && startsEntry(k, end, !lines))) {
        break;
      }
    }
    last = isOpener(at(k).kind) ? partner(k) : k;
    k = last + 1;
  }
  pushSpan(i, last, Tok::PROSE);
  return last + 1;
}

/// True for `2026-03-01`, which is no difference.
bool GenericRewriter::isDate(size_t i) const {
  if (!is(i, Tok::INT) || !is(i + 4, Tok::INT)) {
    return false;
  }
  llvm::StringRef text =
      context.source.text().slice(at(i).begin, at(i + 4).end);
  return is(i + 1, Tok::MINUS) && is(i + 3, Tok::MINUS) && text.size() == 10 &&
         at(i).end - at(i).begin == 4 && text[7] == '-';
}

/// Writes the value at \p i; returns the index after it.
size_t GenericRewriter::value(size_t i, size_t end) {
  size_t next = matchExpr(i, end, false);
  // Below its key a value may be a list of bullets, or lines of formulas.
  bool below = at(i).first;
  if (below && (is(i, Tok::MINUS) || is(i, Tok::STAR) ||
                (next < end && is(next, Tok::ASSIGN)))) {
    next = 0;
  }
  if (next != 0 && isBoundary(next, end) && !isDate(i)) {
    expression(i, next);
    return next;
  }
  return prose(i, end, below);
}

/// True if all between the parentheses at \p open is `name` or `name: value`.
bool GenericRewriter::areParams(size_t open) const {
  size_t close = partner(open);
  for (size_t i = open + 1; i < close;) {
    if (!is(i, Tok::NAME)) {
      return false;
    }
    i = is(i + 1, Tok::COLON) ? matchExpr(i + 2, close, true) : i + 1;
    if (i == 0 || (i < close && !is(i, Tok::COMMA))) {
      return false;
    }
    i += i < close;
  }
  return true;
}

void GenericRewriter::params(size_t open) {
  size_t close = partner(open);
  push(open);
  for (size_t i = open + 1; i < close;) {
    bool first = lastIs(Tok::LPAREN) || lastIs(Tok::COMMA);
    if (first && is(i, Tok::NAME) && is(i + 1, Tok::COLON)) {
      size_t next = matchExpr(i + 2, close, true);
      if (next != 0 && (next == close || is(next, Tok::COMMA))) {
        push(i, Tok::ARG_NAME);
        push(i + 1);
        expression(i + 2, next);
        i = next;
      } else {
        i += 2;
      }
    } else if (first && is(i, Tok::NAME)) {
      push(i++);
    } else if (!first && is(i, Tok::COMMA)) {
      push(i++);
    } else {
      // Something else than parameters: what is no name is left out. The
      // block's raw text has it.
      i = isOpener(at(i).kind) ? partner(i) + 1 : i + 1;
    }
  }
  push(close);
}

/// Writes a block: the header, perhaps a colon, and the body at \p open; 0 for
/// a block without body.
size_t GenericRewriter::block(const Header &header, size_t open, size_t colon) {
  if (header.words.empty()) {
    Token kind = in[open];
    kind.kind = Tok::KIND;
    kind.end = kind.begin;
    out.push_back(kind);
  } else {
    pushSpan(header.words[0].first, header.words[0].last, Tok::KIND);
  }
  if (header.words.size() > 1) {
    pushSpan(header.words[1].first, header.words.back().last, Tok::BLOCK_NAME);
  }
  if (header.params) {
    params(header.params);
  }
  if (header.matches) {
    push(header.matches, Tok::MATCHES);
  }
  if (colon) {
    push(colon);
  }
  if (!open) {
    return header.next;
  }
  size_t close = partner(open);
  push(open);
  body(open + 1, close);
  push(close);
  return close + 1;
}

/// Writes `modifier key: value = initial`; the header ends at the sign.
size_t GenericRewriter::property(const Header &header, size_t end) {
  if (header.words.size() > 1) {
    pushSpan(header.words[0].first, header.words[header.words.size() - 2].last,
             Tok::MODIFIER);
  }
  pushSpan(header.words.back().first, header.words.back().last, Tok::KEY);
  size_t i = header.next;
  if (is(i, Tok::COLON)) {
    bool empty = i + 1 >= end || isSeparator(i + 1) ||
                 (at(i + 1).first && startsEntry(i + 1, end, false));
    if (empty || is(i + 1, Tok::ASSIGN)) {
      ++i;
    } else {
      push(i);
      i = value(i + 1, end);
    }
  }
  if (isListOf(header, end)) {
    // A list without colon: the parser gets the colon.
    Token colon = in[i];
    colon.kind = Tok::COLON;
    colon.end = colon.begin;
    out.push_back(colon);
    i = value(i, end);
  }
  if (i < end && is(i, Tok::ASSIGN)) {
    if (i + 1 >= end || isSeparator(i + 1)) {
      return i + 1;
    }
    push(i);
    i = value(i + 1, end);
  }
  return i;
}

/// Writes an entry that no sign confirms: words alone, or prose.
size_t GenericRewriter::bare(size_t i, size_t end, const Header &header) {
  size_t next = header.next;
  bool ends = next >= end || isSeparator(next) || at(next).first ||
              startsEntry(next, end);
  if (ends && header.words.size() == 1 && !header.params) {
    pushSpan(header.words[0].first, header.words[0].last, Tok::KEY);
    return next;
  }
  if (ends && header.words.size() == 2 &&
      (!header.params || areParams(header.params))) {
    return block(header, 0, 0);
  }
  size_t after = prose(i, end, false);
  // One word before an entry is a key, as it would be on a line of its own.
  if (!header.words.empty() && after == header.words[0].last + 1) {
    out.back().kind = Tok::KEY;
  }
  return after;
}

size_t GenericRewriter::entry(size_t i, size_t end) {
  Header head = header(i, end);
  size_t next = head.next;
  bool returns = head.words.size() >= 1 && isWord(i, "return") &&
                 head.words[0].first == head.words[0].last;
  if (returns && !is(i + 1, Tok::COLON) && !is(i + 1, Tok::LBRACE)) {
    if (i + 1 >= end || isSeparator(i + 1) || at(i + 1).first) {
      push(i, Tok::KEY);
      return i + 1;
    }
    push(i, Tok::RETURN);
    return value(i + 1, end);
  }
  // `emit "text" if "c" { … }`: a word and a text, or a name with dots, are
  // an entry of their own.
  if (head.words.size() > 2 &&
      (isStringToken(at(head.words[1].last).kind) ||
       head.words[1].first != head.words[1].last) &&
      startsEntry(head.words[2].first, end)) {
    head.words.resize(2);
    head.params = head.matches = 0;
    head.next = head.words[1].last + 1;
    return block(head, 0, 0);
  }
  if (next < end) {
    if (isListOf(head, end)) {
      return property(head, end);
    }
    if (is(next, Tok::LBRACE)) {
      return block(head, next, 0);
    }
    if (!head.words.empty() && !head.params) {
      if (is(next, Tok::COLON) && is(next + 1, Tok::LBRACE)) {
        return block(head, next + 1, next);
      }
      if (is(next, Tok::COLON) || is(next, Tok::ASSIGN)) {
        return property(head, end);
      }
    }
  }
  if (head.words.empty()) {
    return prose(i, end, false);
  }
  return bare(i, end, head);
}

void GenericRewriter::body(size_t i, size_t end) {
  while (i < end) {
    i = isSeparator(i) ? i + 1 : entry(i, end);
  }
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

size_t GenericRewriter::importDecl(size_t i) {
  push(i++, Tok::IMPORT);
  if (is(i, Tok::NAME)) {
    push(i++);
  }
  if (isWord(i, "from")) {
    push(i++, Tok::FROM);
  }
  if (isStringToken(at(i).kind)) {
    push(i++);
  }
  return i;
}

void GenericRewriter::systemBody(size_t i, size_t end) {
  while (i < end) {
    llvm::StringRef text = word(i);
    bool named = is(i + 1, Tok::NAME) && is(i + 2, Tok::LBRACE);
    bool opens = named || is(i + 1, Tok::LBRACE);
    if (isSeparator(i)) {
      ++i;
    } else if (text == "design_space" && opens) {
      i = space(i, Tok::DESIGN_SPACE);
    } else if (text == "tuning_space" && opens) {
      i = space(i, Tok::TUNING_SPACE);
    } else if (text == "kernel" && opens) {
      i = kernel(i);
    } else if (text == "import" && isWord(i + 2, "from")) {
      i = importDecl(i);
    } else if (isConstraint(i)) {
      size_t from = constraintHead(i);
      size_t to = matchExpr(from, end, false);
      if (to == 0) {
        // No expression: let the parser say where it stops being one.
        for (to = from; to < end && (to == from || !at(to).first);) {
          to = isOpener(at(to).kind) ? partner(to) + 1 : to + 1;
        }
      }
      formal(from, to, Words::Expression);
      i = to;
    } else {
      i = entry(i, end);
    }
  }
}

Tokens GenericRewriter::takeFile() {
  size_t i = 0;
  while (isWord(i, "import")) {
    i = importDecl(i);
  }
  if (isWord(i, "system")) {
    push(i++, Tok::SYSTEM);
  }
  while (i < in.size() && !is(i, Tok::LBRACE)) {
    push(i, isWord(i, "extends") ? Tok::EXTENDS : at(i).kind);
    ++i;
  }
  if (i < in.size()) {
    size_t close = partner(i);
    push(i);
    systemBody(i + 1, close);
    push(close);
    for (i = close + 1; i < in.size(); ++i) {
      push(i);
    }
  }
  return std::move(out);
}

Tokens GenericRewriter::takeExpression() {
  formal(0, in.size(), Words::Expression);
  return std::move(out);
}

Tokens assignStrata(const TokenContext &context, const Tokens &tokens) {
  return GenericRewriter(context, tokens).takeFile();
}

Tokens assignExpression(const TokenContext &context, const Tokens &tokens) {
  return GenericRewriter(context, tokens).takeExpression();
}

} // namespace spak::frontend
