// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how pieces stand on one line: the blanks between them, and blocks that
// need no other line.
#include "Pieces.h"

#include "llvm/ADT/STLExtras.h"

namespace spak::frontend {

static /// True if an operand may end with \p kind, so that a sign after it has
       /// two.
    bool endsOperand(Tok kind) {
  switch (kind) {
  case Tok::NAME:
  case Tok::INT:
  case Tok::FLOAT:
  case Tok::WORD:
  case Tok::STRING:
  case Tok::TEXT:
  case Tok::TRUE:
  case Tok::FALSE:
    return true;
  default:
    return isCloser(kind);
  }
}

/// True for words that parentheses follow without a blank.
static bool isHead(Tok kind) {
  switch (kind) {
  case Tok::KIND:
  case Tok::BLOCK_NAME:
  case Tok::ALL:
  case Tok::FILL:
  case Tok::TILES:
    return true;
  default:
    return false;
  }
}

static bool isUnary(const CutText &text, size_t i) {
  Tok kind = text.pieces[i].kind;
  return (kind == Tok::MINUS || kind == Tok::PLUS) && i > 0 &&
         !endsOperand(text.pieces[i - 1].kind);
}

bool needsBlank(const CutText &text, size_t i, bool loose) {
  const Piece &piece = text.pieces[i];
  size_t before = i - 1;
  while (before > 0 && text.pieces[before].separates && !loose) {
    --before;
  }
  const Piece &previous = text.pieces[before];
  // Whether parentheses touch what stands before them may have a meaning.
  bool touches = previous.end == piece.begin;
  if (piece.needsColon) {
    return false;
  }
  switch (piece.kind) {
  case Tok::COMMA:
  case Tok::SEMI:
  case Tok::RPAREN:
  case Tok::RBRACK:
  case Tok::DOT:
    return false;
  case Tok::COLON:
    return previous.kind == Tok::COMMA;
  case Tok::LPAREN:
    return previous.kind == Tok::GRID || !touches ||
           !(endsOperand(previous.kind) || isHead(previous.kind));
  case Tok::LBRACK:
    if (previous.kind == Tok::RANGE || previous.kind == Tok::LBRACK ||
        previous.kind == Tok::LPAREN) {
      return false;
    }
    return !touches || !endsOperand(previous.kind);
  default:
    break;
  }
  switch (previous.kind) {
  case Tok::LPAREN:
  case Tok::LBRACK:
  case Tok::DOT:
    return false;
  case Tok::NOT:
    return text.of(previous) != "!";
  case Tok::MINUS:
  case Tok::PLUS:
    return !isUnary(text, before);
  default:
    return true;
  }
}
namespace {

class OneLine {
public:
  explicit OneLine(const CutText &text) : text(text) {}

  std::string result;

  /// Writes the braces at \p open; false if they need several lines.
  bool braces(size_t open) {
    const Piece &opener = text.pieces[open];
    size_t close = text.partners[open];
    bool single = opener.container == Container::Kernel ||
                  opener.container == Container::Statements;
    if (!isOnOneLine(open) || text.verbatim.contains(opener.begin)) {
      return false;
    }
    result += '{';
    unsigned count = 0;
    for (size_t i = open + 1; i < close;) {
      // A comment between two entries has the rest of a line to itself, and
      // branches are of several lines.
      if (!text.pieces[i].comments.empty() || text.pieces[i].continues) {
        return false;
      }
      if (text.pieces[i].separates) {
        ++i;
        continue;
      }
      if (++count > 1 && single) {
        return false;
      }
      result += count > 1 ? ", " : " ";
      if (!entry(i, close)) {
        return false;
      }
    }
    result += count == 0 ? "}" : " }";
    return text.pieces[close].comments.empty();
  }

private:
  bool isOnOneLine(size_t open) const {
    for (size_t i = open + 1; i <= text.partners[open]; ++i) {
      const Piece &piece = text.pieces[i];
      bool comment = llvm::any_of(piece.comments, [&](const Comment &c) {
        return c.line || c.breaks > 0 ||
               text.all.slice(c.begin, c.end).contains('\n');
      });
      if (comment || piece.breaks > 0 || text.of(piece).contains('\n')) {
        return false;
      }
    }
    return true;
  }

  /// Writes the entry at \p i, which becomes the piece after it.
  bool entry(size_t &i, size_t close) {
    unsigned depth = 0;
    for (size_t first = i; i < close; ++i) {
      const Piece &piece = text.pieces[i];
      if (i != first && (piece.starts || (piece.separates && depth == 0))) {
        break;
      }
      for (const Comment &comment : piece.comments) {
        result += " " + text.all.slice(comment.begin, comment.end).str();
      }
      if (piece.separates) {
        continue;
      }
      bool blank = i != first && (needsBlank(text, i, /*loose=*/false) ||
                                  !piece.comments.empty());
      result += blank ? " " : "";
      result += piece.needsColon ? ": " : "";
      if (piece.kind == Tok::LBRACE || piece.kind == Tok::MAP_OPEN) {
        if (!braces(i)) {
          return false;
        }
        i = text.partners[i];
        continue;
      }
      depth += isOpener(piece.kind);
      depth -= isCloser(piece.kind);
      result += text.of(piece);
    }
    return true;
  }

  const CutText &text;
};

} // namespace

std::optional<std::string> onOneLine(const CutText &text, size_t open,
                                     size_t width) {
  // Far more than fits, whatever its blanks: also what bounds the time.
  uint32_t length =
      text.pieces[text.partners[open]].begin - text.pieces[open].begin;
  OneLine line(text);
  if (length > 10 * width || !line.braces(open)) {
    return std::nullopt;
  }
  return std::move(line.result);
}

} // namespace spak::frontend
