// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: canonical lay-out. Words are never changed, joined or left out: only
// blanks, line breaks and the commas between entries are ours.
#include "spak/Frontend/Format.h"

#include "FrontMatter.h"
#include "Pieces.h"

#include "spak/AST/Dump.h"
#include "spak/AST/Edit.h"
#include "spak/Frontend/Frontend.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::frontend {

namespace {

/// Columns of a line that a block on one line may fill.
constexpr size_t kWidth = 100;
constexpr unsigned kIndent = 4;

/// Lays pieces out. With \p loose entries break only where they did, and keep
/// their separators: for texts of which the strict lay-out says something
/// else.
class Formatter {
public:
  Formatter(const SourceFile &source, std::vector<Piece> cut,
            const ast::File &file, bool loose)
      : source(source), text{source.text(), std::move(cut), {}, {}},
        pieces(text.pieces), partners(text.partners), verbatim(text.verbatim),
        loose(loose) {
    findPartners();
    for (const ast::ItemPtr &item : file.system.items) {
      if (const auto *block = llvm::dyn_cast<ast::Block>(item.get())) {
        if (block->hasBody && !ast::isDefinedSection(*block)) {
          verbatim.insert(block->body.begin - 1);
        }
      } else if (const auto *kernel =
                     llvm::dyn_cast<ast::KernelItem>(item.get())) {
        // The first brace after the name.
        if (kernel->kernel.procedure) {
          verbatim.insert(static_cast<uint32_t>(
              text.all.find('{', kernel->kernel.name.range.end)));
        }
      }
    }
  }

  std::string run() {
    size_t last = pieces.size() - 1;
    entries(0, last, 0);
    comments(pieces[last], 0, /*starts=*/true);
    if (!out.empty()) {
      breakLine();
    }
    return std::move(out);
  }

private:
  void findPartners() {
    std::vector<size_t> open;
    partners.assign(pieces.size(), 0);
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (isOpener(pieces[i].kind)) {
        open.push_back(i);
      } else if (isCloser(pieces[i].kind) && !open.empty()) {
        partners[open.back()] = i;
        open.pop_back();
      }
    }
  }

  //===--- writing --------------------------------------------------------===//

  size_t column() const { return out.size() - lineStart; }

  void breakLine() {
    while (!out.empty() && out.back() == ' ') {
      out.pop_back();
    }
    out += '\n';
    lineStart = out.size();
  }

  /// Begins a line, after an empty one if \p blank.
  void newLine(unsigned indent, bool blank = false) {
    if (!out.empty()) {
      breakLine();
      if (blank) {
        out += '\n';
        lineStart = out.size();
      }
    }
    out.append(indent, ' ');
    fresh = true;
  }

  void write(llvm::StringRef words) {
    out += words;
    size_t lineBreak = words.rfind('\n');
    if (lineBreak != llvm::StringRef::npos) {
      lineStart = out.size() - (words.size() - lineBreak - 1);
    }
    fresh = false;
  }

  llvm::StringRef textOf(const Piece &piece) const { return text.of(piece); }

  /// Writes the comments before \p piece. Returns true if the last one ends
  /// its line.
  bool comments(const Piece &piece, unsigned indent, bool starts) {
    bool ended = false;
    for (const Comment &comment : piece.comments) {
      if (comment.breaks > 0 || ended || out.empty()) {
        bool first = afterOpener || out.empty();
        newLine(indent, starts && comment.breaks > 1 && !first);
      } else if (!fresh) {
        out += comment.line ? "  " : " ";
      }
      std::string words =
          comment.line
              ? text.all.slice(comment.begin, comment.end).str()
              : lines(source.range(comment.begin, comment.end), indent);
      write(words);
      ended = comment.line;
      afterOpener = false;
    }
    return ended;
  }

  /// The text of \p range with its further lines indented by \p indent.
  static std::string lines(SourceRange range, unsigned indent) {
    std::string result;
    llvm::SmallVector<llvm::StringRef, 8> parts;
    std::string dedented = ast::dedented(range);
    llvm::StringRef(dedented).split(parts, '\n');
    for (size_t i = 0; i < parts.size(); ++i) {
      if (i != 0) {
        result += '\n';
        result.append(parts[i].empty() ? 0 : indent, ' ');
      }
      result += parts[i];
    }
    return result;
  }

  //===--- entries --------------------------------------------------------===//

  /// Lays out the entries [i, end) at \p indent.
  void entries(size_t i, size_t end, unsigned indent) {
    while (i < end) {
      if (pieces[i].separates && !loose) {
        carry(i);
        ++i;
        continue;
      }
      size_t next = i + 1;
      next = isOpener(pieces[i].kind) ? partners[i] + 1 : next;
      while (next < end && !pieces[next].starts &&
             !(pieces[next].separates && !loose)) {
        next = isOpener(pieces[next].kind) ? partners[next] + 1 : next + 1;
      }
      entry(i, next, indent);
      i = next;
    }
  }

  /// Gives the comments of a piece that is left out to the next.
  void carry(size_t i) {
    std::vector<Comment> &own = pieces[i].comments;
    std::vector<Comment> &next = pieces[i + 1].comments;
    if (own.empty()) {
      return;
    }
    if (!next.empty()) {
      next.front().breaks += pieces[i].breaks;
    }
    own.insert(own.end(), next.begin(), next.end());
    next = std::move(own);
  }

  void entry(size_t i, size_t end, unsigned indent) {
    const Piece &first = pieces[i];
    comments(first, indent, /*starts=*/true);
    bool stays = first.continues || (loose && first.breaks == 0);
    if (stays && !out.empty() && first.comments.empty()) {
      out += ' ';
    } else {
      newLine(indent, first.breaks > 1 && !afterOpener);
    }
    afterOpener = false;
    words(i, end, indent);
  }

  /// Writes the pieces [i, end) of an entry that begins at the cursor.
  void words(size_t i, size_t end, unsigned indent) {
    size_t first = i;
    size_t head = i;
    // The lines on which brackets were opened that are not closed.
    llvm::SmallVector<size_t, 8> openLines;
    auto further = [&] {
      return indent + kIndent * std::max(1u, levelsOf(openLines));
    };
    for (; i < end; ++i) {
      const Piece &piece = pieces[i];
      if (piece.separates && !loose) {
        carry(i);
        continue;
      }
      bool closer = isCloser(piece.kind);
      head = isBranch(i) ? i : head;
      unsigned deep = further();
      if (i != first) {
        bool ended = comments(piece, deep, /*starts=*/false);
        if (closer && !openLines.empty()) {
          openLines.pop_back();
        }
        unsigned wanted = closer && openLines.empty() ? indent : further();
        if (ended || (piece.breaks > 0 && !joins(piece, pieces[i - 1]))) {
          newLine(wanted);
        } else if (needsBlank(text, i, loose)) {
          out += ' ';
        }
      }
      if (piece.needsColon && loose) {
        out += ' ';
      } else if (piece.needsColon) {
        write(":");
        out += ' ';
      }
      if (piece.kind == Tok::LBRACE || piece.kind == Tok::MAP_OPEN) {
        braces(i, head, indent + kIndent * levelsOf(openLines));
        i = partners[i];
        continue;
      }
      if (isOpener(piece.kind)) {
        openLines.push_back(lineStart);
      }
      word(piece, indent);
    }
  }

  static unsigned levelsOf(llvm::ArrayRef<size_t> openLines) {
    unsigned levels = 0;
    size_t last = llvm::StringRef::npos;
    for (size_t line : openLines) {
      levels += line != last;
      last = line;
    }
    return levels;
  }

  void word(const Piece &piece, unsigned indent) {
    if (piece.kind != Tok::PROSE) {
      write(textOf(piece));
      return;
    }
    unsigned under = fresh ? static_cast<unsigned>(column()) : indent + kIndent;
    write(lines(source.range(piece.begin, piece.end), under));
  }

  /// True for a piece that stands on the line of the one before it, wherever
  /// it was: `{` after its header, `else` after `}`.
  static bool joins(const Piece &piece, const Piece &previous) {
    switch (piece.kind) {
    case Tok::LBRACE:
      return true;
    case Tok::ELSE_IF:
      return true;
    case Tok::ELSE:
      return previous.kind == Tok::RBRACE;
    default:
      return false;
    }
  }

  //===--- braces ---------------------------------------------------------===//

  /// Writes the braces that open at \p i and what is between them. \p head is
  /// the piece that their entry or branch begins with.
  void braces(size_t i, size_t head, unsigned indent) {
    size_t close = partners[i];
    if (verbatim.contains(pieces[i].begin)) {
      keep(i, close, indent);
      return;
    }
    bool mayJoin =
        !loose && pieces[head].kind != Tok::SYSTEM && !hasElse(i, head);
    std::optional<std::string> joined;
    if (mayJoin && (joined = onOneLine(text, i, kWidth)) &&
        column() + joined->size() <= kWidth) {
      write(*joined);
      return;
    }
    write("{");
    afterOpener = true;
    entries(i + 1, close, indent + kIndent);
    comments(pieces[close], indent + kIndent, /*starts=*/true);
    bool empty = i + 1 == close && pieces[close].comments.empty();
    bool same =
        loose && pieces[close].breaks == 0 && pieces[close].comments.empty();
    if (same && !empty) {
      out += ' ';
    } else if (!empty) {
      newLine(indent);
    }
    write("}");
    afterOpener = false;
  }

  /// True for `else` and `else if`, but not for the arm of a match.
  bool isBranch(size_t i) const {
    return pieces[i].kind == Tok::ELSE_IF ||
           (pieces[i].kind == Tok::ELSE && !pieces[i].starts);
  }

  /// True if the braces at \p i, in what begins at \p head, are one of several
  /// branches.
  bool hasElse(size_t i, size_t head) const {
    const Piece &next = pieces[partners[i] + 1];
    return next.continues || pieces[head].continues ||
           isBranch(partners[i] + 1) || isBranch(head);
  }

  /// Writes the braces [i, close] as they are, indented anew if no string
  /// that goes over lines forbids it.
  void keep(size_t i, size_t close, unsigned indent) {
    llvm::StringRef body = text.all.slice(pieces[i].end, pieces[close].begin);
    bool fixed = false;
    for (size_t k = i; k < close; ++k) {
      bool string = pieces[k].kind == Tok::TEXT || pieces[k].kind == Tok::PROSE;
      fixed |= string && textOf(pieces[k]).contains('\n') &&
               textOf(pieces[k]).contains("\"\"\"");
    }
    if (fixed) {
      write("{");
      write(body);
      write("}");
      return;
    }
    std::string dedented =
        ast::dedented(source.range(pieces[i].end, pieces[close].begin));
    if (!body.contains('\n')) {
      llvm::StringRef inside = body.trim();
      write(inside.empty() ? "{}" : "{ " + inside.str() + " }");
      return;
    }
    llvm::SmallVector<llvm::StringRef, 16> parts;
    llvm::StringRef(dedented).split(parts, '\n');
    while (parts.size() > 1 && parts.back().trim().empty()) {
      parts.pop_back();
    }
    llvm::StringRef head = parts.front();
    write("{");
    write(head.trim().empty() ? llvm::StringRef() : head);
    bool begun = !head.trim().empty();
    for (llvm::StringRef part : llvm::drop_begin(parts)) {
      if (part.empty() && !begun) {
        continue;
      }
      begun = true;
      breakVerbatim();
      if (!part.empty()) {
        out.append(indent + kIndent, ' ');
        write(part);
      }
    }
    breakVerbatim();
    out.append(indent, ' ');
    write("}");
  }

  /// A line break that leaves the blanks before it.
  void breakVerbatim() {
    out += '\n';
    lineStart = out.size();
  }

  const SourceFile &source;
  CutText text;
  std::vector<Piece> &pieces;
  std::vector<size_t> &partners;
  llvm::DenseSet<uint32_t> &verbatim;
  bool loose;

  std::string out;
  size_t lineStart = 0;
  bool fresh = true;        ///< nothing on the line but its indentation
  bool afterOpener = false; ///< the last sign was the `{` of several lines
};

/// Front matter as one `key: value` a line; the text before \p begin.
std::string frontMatter(const SourceFile &source, uint32_t begin,
                        const ast::File &file) {
  std::string result;
  size_t next = 0;
  llvm::SmallVector<llvm::StringRef, 16> parts;
  source.text().take_front(begin).split(parts, '\n');
  for (llvm::StringRef part : parts) {
    part.consume_front("\xEF\xBB\xBF");
    llvm::StringRef line = part.trim();
    if (line.empty() &&
        (result.empty() || llvm::StringRef(result).ends_with("\n\n"))) {
      continue;
    }
    auto offset = static_cast<uint32_t>(line.begin() - source.text().begin());
    // Entries come in the order of their lines.
    if (next < file.frontMatter.size() &&
        file.frontMatter[next].key.range.begin == offset) {
      SourceRange key = file.frontMatter[next++].key.range;
      result += key.text().str() + ": ";
      line = line.drop_front(key.end - offset).ltrim().drop_front().trim();
    }
    result += line;
    while (llvm::StringRef(result).ends_with(" ")) {
      result.pop_back(); // after a key without value
    }
    result += '\n';
  }
  return result;
}

/// What a file says, without where: the tree, and the text of the sections
/// that are prose.
std::string meaning(const ast::File &file) {
  std::string result;
  llvm::raw_string_ostream stream(result);
  ast::dump(file, stream);
  for (const ast::ItemPtr &item : file.system.items) {
    const auto *block = llvm::dyn_cast<ast::Block>(item.get());
    if (block && block->hasBody && !ast::isDefinedSection(*block)) {
      stream << llvm::StringRef(ast::dedented(block->body)).trim() << '\n';
    }
  }
  return result;
}

} // namespace

std::optional<std::string> format(const SourceFile &source,
                                  DiagnosticEngine &diags) {
  unsigned before = diags.errorCount();
  std::unique_ptr<ast::File> file = parse(source, diags);
  if (!file || diags.errorCount() != before) {
    return std::nullopt;
  }
  DiagnosticEngine silent;
  TokenContext context{source, silent};
  std::vector<ast::FrontMatterEntry> ignored;
  uint32_t begin =
      parseFrontMatter(context, skipByteOrderMark(source), ignored);
  Tokens raw;
  bool truncated = false;
  lex(context, begin, static_cast<uint32_t>(source.text().size()), raw,
      truncated);
  std::vector<Piece> pieces = cutPieces(context, begin, raw, *file);
  std::string expected = meaning(*file);
  for (bool loose : {false, true}) {
    std::string text = frontMatter(source, begin, *file) +
                       Formatter(source, pieces, *file, loose).run();
    if (text.size() > kMaxFileBytes) {
      diags.error(diag::err_file_too_large, source.range(0, 0))
          .argument(std::to_string(text.size()))
          .argument(std::to_string(kMaxFileBytes))
          .note("in canonical layout, with its indentation");
      return std::nullopt;
    }
    SourceFile result(source.name().str(), text);
    DiagnosticEngine check;
    std::unique_ptr<ast::File> back = parse(result, check);
    if (back && !check.hasErrors() && meaning(*back) == expected) {
      return text;
    }
  }
  diags.error(diag::err_layout, source.range(0, 0));
  return std::nullopt;
}

} // namespace spak::frontend
