// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A text cut for lay-out: words and signs with their roles, and the comments
// between them. Private to the front end.
#ifndef SPAK_LIB_FRONTEND_PIECES_H
#define SPAK_LIB_FRONTEND_PIECES_H

#include "Tokens.h"

#include "spak/AST/AST.h"

#include "llvm/ADT/DenseSet.h"

namespace spak::frontend {

/// What stands between a pair of brackets.
enum class Container : uint8_t {
  List,      ///< no entries: parentheses and square brackets
  Entries,   ///< of a generic block or map, separated by commas on one line
  Axes,      ///< of a space, the same
  Schedule,  ///< of a kernel, the same
  Kernel,    ///< declarations, with no separator
  Statements ///< or arms of a match, with no separator
};

struct Comment {
  uint32_t begin = 0;  ///< byte
  uint32_t end = 0;    ///< byte
  bool line = false;   ///< ends with its line
  unsigned breaks = 0; ///< line breaks before it
};

/// A word or sign, or text that is kept as it is.
struct Piece {
  Tok kind = Tok::END;    ///< its role
  uint32_t begin = 0;     ///< byte
  uint32_t end = 0;       ///< byte
  unsigned breaks = 0;    ///< line breaks before it, after the last comment
  bool starts = false;    ///< an entry
  bool continues = false; ///< an entry that goes on after `}`: an `else`
  bool separates = false; ///< a sign between entries, which lay-out replaces
  Container container = Container::List; ///< of an opener
  bool needsColon = false;               ///< `key [a]`: one goes before it
  std::vector<Comment> comments;         ///< before it
};

/// The words and signs of \p file from \p begin on. Ends with a piece END.
std::vector<Piece> cutPieces(const TokenContext &context, uint32_t begin,
                             const Tokens &raw, const ast::File &file);

/// A text with its pieces.
struct CutText {
  llvm::StringRef all;
  std::vector<Piece> pieces;
  std::vector<size_t> partners;      ///< the closer of each opener
  llvm::DenseSet<uint32_t> verbatim; ///< offsets of braces that stay as written

  llvm::StringRef of(const Piece &piece) const {
    return all.slice(piece.begin, piece.end);
  }
};

/// True if a blank goes between the piece at \p i and the one before it, both
/// on one line. With \p loose separators stand where they were.
bool needsBlank(const CutText &text, size_t i, bool loose);

/// The braces at \p open on one line, with commas between their entries;
/// nothing if they were not on one, or may not, or need far more than
/// \p width columns.
std::optional<std::string> onOneLine(const CutText &text, size_t open,
                                     size_t width);

} // namespace spak::frontend

#endif // SPAK_LIB_FRONTEND_PIECES_H
