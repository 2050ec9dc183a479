// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a piece of text is to lay-out: which words begin an entry, which
// signs only separate, where the comments are. Roles come from the pass that
// gives tokens their stratum; where nothing but the grammar knows (axes,
// statements), the beginnings come from the tree.
#include "Pieces.h"

#include "llvm/ADT/TypeSwitch.h"

namespace spak::frontend {

namespace {

/// The offsets at which axes, statements and entries of schedules begin.
class Beginnings {
public:
  explicit Beginnings(const ast::System &system) {
    for (const ast::Space *space : system.spaces()) {
      add(space->constraints);
      axes(space->axes);
    }
    for (const ast::Kernel *kernel : system.kernels()) {
      add(kernel->params);
      add(kernel->schedule);
      if (kernel->grid) {
        statements(kernel->grid->body);
      }
    }
  }

  bool contains(uint32_t offset) const { return offsets.contains(offset); }

private:
  template <typename List>
  void add(const List &list) {
    for (const auto &element : list) {
      offsets.insert(element.range.begin);
    }
  }

  void axes(const std::vector<ast::Axis> &list) {
    add(list);
    for (const ast::Axis &axis : list) {
      axes(axis.nested);
    }
  }

  void statements(const ast::StmtList &list) {
    for (const ast::StmtPtr &stmt : list) {
      offsets.insert(stmt->range.begin);
      llvm::TypeSwitch<const ast::Stmt *>(stmt.get())
          .Case<ast::ForStmt>([&](const auto *s) { statements(s->body); })
          .Case<ast::IfStmt>([&](const auto *s) {
            statements(s->then);
            statements(s->otherwise);
          })
          .Case<ast::MatchStmt>([&](const auto *s) {
            add(s->arms);
            for (const ast::MatchArm &arm : s->arms) {
              statements(arm.body);
            }
          });
    }
  }

  llvm::DenseSet<uint32_t> offsets;
};

/// The kinds that begin an entry wherever they stand.
bool alwaysStarts(Tok kind) {
  switch (kind) {
  case Tok::MODIFIER:
  case Tok::KIND:
  case Tok::RETURN:
  case Tok::DESIGN_SPACE:
  case Tok::TUNING_SPACE:
  case Tok::KERNEL:
  case Tok::CONSTRAINT:
  case Tok::IMPORT:
  case Tok::SYSTEM:
  case Tok::DIMS:
  case Tok::STATIC:
  case Tok::REFERENCE:
  case Tok::OUT:
  case Tok::SCRATCH:
  case Tok::REQUIRE:
  case Tok::GRID:
  case Tok::SCHEDULE:
    return true;
  default:
    return false;
  }
}

class Cutter {
public:
  Cutter(const TokenContext &context, uint32_t begin, const Tokens &raw,
         const ast::File &file)
      : context(context), raw(raw), roles(assignStrata(context, raw)),
        beginnings(file.system), at(begin) {}

  std::vector<Piece> run() {
    size_t role = 0;
    for (size_t i = 0; i < raw.size();) {
      bool anonymous = false;
      bool needsColon = false;
      // What a pass put in has no width.
      while (role < roles.size() && roles[role].begin == roles[role].end) {
        anonymous |= roles[role].is(Tok::KIND);
        needsColon |= roles[role].is(Tok::COLON);
        ++role;
      }
      Piece piece;
      piece.begin = raw[i].begin;
      piece.end = raw[i].end;
      piece.kind = raw[i].kind;
      bool hasRole = role < roles.size() && roles[role].begin == raw[i].begin;
      if (hasRole) {
        piece.kind = roles[role].kind;
        piece.end = roles[role].end;
        ++role;
      }
      for (; i < raw.size() && raw[i].begin < piece.end; ++i) {
      }
      piece.needsColon = needsColon;
      gap(piece);
      mark(piece, hasRole, anonymous, i < raw.size() && isCloser(raw[i].kind));
      at = piece.end;
      previous = piece.kind;
      pieces.push_back(std::move(piece));
    }
    Piece end;
    end.begin = end.end = static_cast<uint32_t>(context.source.text().size());
    gap(end);
    pieces.push_back(std::move(end));
    return std::move(pieces);
  }

private:
  /// Reads the comments between the last piece and \p piece.
  void gap(Piece &piece) {
    llvm::StringRef text = context.source.text();
    unsigned breaks = 0;
    while (at < piece.begin) {
      llvm::StringRef rest = text.slice(at, piece.begin);
      bool line = rest.starts_with("//") || rest.starts_with("#");
      if (!line && !rest.starts_with("/*")) {
        breaks += rest.front() == '\n';
        ++at;
        continue;
      }
      size_t length = line ? rest.find_first_of("\r\n") : rest.find("*/") + 2;
      length = std::min(length, rest.size());
      auto end = static_cast<uint32_t>(at + length);
      auto shown =
          static_cast<uint32_t>(at + rest.take_front(length).rtrim().size());
      piece.comments.push_back({at, shown, line, breaks});
      breaks = 0;
      at = end;
    }
    piece.breaks = breaks;
  }

  void mark(Piece &piece, bool hasRole, bool anonymous, bool beforeCloser) {
    Tok kind = piece.kind;
    if (isOpener(kind)) {
      piece.container = containerOf(kind);
      open.push_back(piece.container);
    } else if (isCloser(kind) && !open.empty()) {
      open.pop_back();
    }
    if (kind == Tok::COMMA || kind == Tok::SEMI) {
      piece.separates = separates(hasRole, beforeCloser);
      return;
    }
    bool value = previous == Tok::COLON || previous == Tok::ASSIGN ||
                 previous == Tok::RETURN || piece.needsColon;
    piece.starts = alwaysStarts(kind) || anonymous ||
                   (kind == Tok::KEY && previous != Tok::MODIFIER) ||
                   (kind == Tok::PROSE && !value) ||
                   (beginnings.contains(piece.begin) && kind != Tok::ELSE_IF);
    if (piece.starts) {
      entry = kind;
      llvm::StringRef word =
          context.source.text().slice(piece.begin, piece.end);
      piece.continues =
          kind == Tok::KIND && word == "else" && previous == Tok::RBRACE;
    }
  }

  Container containerOf(Tok kind) const {
    if (kind != Tok::LBRACE && kind != Tok::MAP_OPEN) {
      return Container::List;
    }
    switch (entry) {
    case Tok::DESIGN_SPACE:
    case Tok::TUNING_SPACE:
      return Container::Axes;
    case Tok::KERNEL:
      return Container::Kernel;
    case Tok::SCHEDULE:
      return Container::Schedule;
    case Tok::GRID:
      return Container::Statements;
    default:
      break;
    }
    bool inherits = !open.empty() && (open.back() == Container::Axes ||
                                      open.back() == Container::Statements);
    return inherits ? open.back() : Container::Entries;
  }

  /// True for a comma or semicolon that is between entries, or after the last
  /// one of a list.
  bool separates(bool hasRole, bool beforeCloser) const {
    switch (open.empty() ? Container::Entries : open.back()) {
    case Container::List:
      return !hasRole && beforeCloser;
    case Container::Axes:
    case Container::Schedule:
      return true;
    default:
      return !hasRole; // those with a role are in `dims` and in patterns
    }
  }

  const TokenContext &context;
  const Tokens &raw;
  Tokens roles;
  Beginnings beginnings;
  uint32_t at;
  Tok previous = Tok::END;
  Tok entry = Tok::END; ///< what the last entry begins with
  std::vector<Container> open;
  std::vector<Piece> pieces;
};

} // namespace

std::vector<Piece> cutPieces(const TokenContext &context, uint32_t begin,
                             const Tokens &raw, const ast::File &file) {
  return Cutter(context, begin, raw, file).run();
}

} // namespace spak::frontend
