// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: matching of brackets before the parser sees them, so that a missing
// one is reported once, where it is missing, and costs no other error.
//
// Where a `}` is missing is a question of lay-out, not of syntax: the first
// line that is indented no deeper than the line of the opener, though it should
// be inside, is where it was forgotten. A text that is balanced is never
// looked at this way, and neither is a block that does not indent its lines.
// A word that only opens sections of a system (`engineering_loop NAME {`) shows
// the same wherever it is indented: whatever is open around it but the system
// lacks its `}`.
//
// Every message has a fix, so that the fixes of one run together make a text
// whose brackets match.
#include "Tokens.h"

#include "spak/Frontend/Frontend.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace spak::frontend {

llvm::StringRef tokenText(Tok kind) {
  static constexpr llvm::StringLiteral kTexts[] = {
#define SPAK_TOKEN(Kind, Text) Text,
#include "Tokens.def"
#undef SPAK_TOKEN
      "the end of the file"};
  return kTexts[static_cast<unsigned>(kind)];
}

bool isOpener(Tok kind) {
  return kind == Tok::LBRACE || kind == Tok::LBRACK || kind == Tok::LPAREN ||
         kind == Tok::MAP_OPEN;
}

bool isCloser(Tok kind) {
  return kind == Tok::RBRACE || kind == Tok::RBRACK || kind == Tok::RPAREN;
}

Tok closerOf(Tok opener) {
  switch (opener) {
  case Tok::LBRACK:
    return Tok::RBRACK;
  case Tok::LPAREN:
    return Tok::RPAREN;
  default:
    return Tok::RBRACE;
  }
}

static llvm::StringRef signOf(Tok kind) {
  return tokenText(kind).drop_front().drop_back();
}

namespace {

class Balancer {
public:
  Balancer(const TokenContext &context, Tokens &tokens, bool truncated)
      : context(context), tokens(tokens), truncated(truncated) {}

  bool run() {
    if (isBalanced()) {
      return !tooDeep;
    }
    if (!tooDeep) {
      repair();
    }
    return !tooDeep;
  }

private:
  struct Opener {
    Token token;
    uint32_t indent = 0;  ///< of its line
    bool indents = false; ///< lines inside must be deeper than its line
    bool hasLine = false; ///< that is known
  };

  /// True if every bracket has its partner; counts what is missing else.
  bool isBalanced() {
    std::vector<Tok> open;
    bool balanced = true;
    for (const Token &token : tokens) {
      if (isOpener(token.kind)) {
        open.push_back(token.kind);
        missing[kindOf(token.kind)] += 1;
        if (open.size() > kMaxNesting) {
          context.diags.error(diag::err_nesting, context.range(token))
              << kMaxNesting;
          tooDeep = true;
          return false;
        }
      } else if (isCloser(token.kind)) {
        missing[kindOf(token.kind)] -= 1;
        if (open.empty() || closerOf(open.back()) != token.kind) {
          balanced = false;
        } else {
          open.pop_back();
        }
      }
    }
    return balanced && open.empty();
  }

  static unsigned kindOf(Tok kind) {
    switch (kind) {
    case Tok::LBRACE:
    case Tok::RBRACE:
      return 0;
    case Tok::LBRACK:
    case Tok::RBRACK:
      return 1;
    default:
      return 2;
    }
  }

  /// Closes the innermost opener; \ref reportMissing must follow.
  void closeMissing() {
    Opener opener = open.pop_back_val();
    Tok closer = closerOf(opener.token.kind);
    missing[kindOf(closer)] -= 1;
    const Token *previous = output.empty() ? nullptr : &output.back();
    uint32_t end = previous ? previous->end : opener.token.end;
    closed.push_back(opener);
    output.push_back({closer, end, end, previous ? previous->line : 1});
  }

  /// One message for all that was closed before \p at, which shows that it
  /// lacked; null for the end of the file.
  void reportMissing(const Token *at) {
    if (closed.empty()) {
      return;
    }
    if (truncated && !at) {
      closed.clear();
      return;
    }
    uint32_t end = output.back().end;
    SourceRange range = context.source.range(end, end);
    std::string signs;
    for (const Opener &opener : closed) {
      signs += signOf(closerOf(opener.token.kind));
    }
    std::string where = "at the end of the file";
    if (at) {
      range = closed.front().token.is(Tok::LBRACE) ? context.range(*at) : range;
      where = "before `" + quoted(context.text(*at)) + "`";
    }
    auto error = context.diags.error(diag::err_unclosed, range);
    error.argument(signs).argument(where);
    for (const Opener &opener : closed) {
      error.note(context.range(opener.token),
                 "to close this `" + signOf(opener.token.kind) + "`");
      if (!truncated) {
        FixIt fix = insertion(opener, end);
        error.fix(fix.range, fix.text);
      }
    }
    closed.clear();
  }

  /// Closes what the lay-out shows to be open before \p token.
  void closeByIndent(const Token &token) {
    closeShallow(token);
    reportMissing(&token);
  }

  void closeShallow(const Token &token) {
    while (!open.empty() && token.first) {
      Opener &opener = open.back();
      if (opener.token.line == token.line) {
        return;
      }
      if (!opener.hasLine) {
        opener.hasLine = true;
        opener.indents = token.indent > opener.indent;
        if (isCloser(token.kind)) {
          opener.indents = true;
        }
      }
      bool shallow =
          token.kind == Tok::RBRACE
              ? token.indent < opener.indent
              : !isCloser(token.kind) && token.indent <= opener.indent;
      bool wanted = missing[kindOf(opener.token.kind)] > 0;
      bool parenthesis = !opener.token.is(Tok::LBRACE);
      bool section = open.size() > 1 && startsSection(token);
      if (!wanted ||
          !(section || (shallow && (opener.indents || parenthesis)))) {
        return;
      }
      closeMissing();
    }
  }

  /// True for the word of a section that stands in a system and nowhere else,
  /// with its name and brace.
  bool startsSection(const Token &token) const {
    bool section = llvm::StringSwitch<bool>(context.text(token))
                       .Cases({"agent_loop", "design_space", "engineering_loop",
                               "knowledge", "service_loop", "trace_schema",
                               "tuning_space"},
                              true)
                       .Default(false);
    const Token *next = &token + 1;
    const Token *end = tokens.data() + tokens.size();
    if (section && next != end && next->is(Tok::NAME) && !next->first) {
      ++next;
    }
    return section && token.is(Tok::NAME) && next != end &&
           next->is(Tok::LBRACE);
  }

  /// Where the closer of \p opener goes, after the token that ends at \p end.
  FixIt insertion(const Opener &opener, uint32_t end) const {
    std::string sign = signOf(closerOf(opener.token.kind)).str();
    uint32_t line = context.source.lineColumn(end).line;
    bool brace = opener.token.is(Tok::LBRACE);
    if (!brace || line == opener.token.line) {
      return {context.source.range(end, end), (brace ? " " : "") + sign};
    }
    // A line of its own, after what else the last line inside holds.
    llvm::StringRef text = context.source.lineText(line);
    llvm::StringRef opening = context.source.lineText(opener.token.line);
    size_t at = context.source.lineStart(line) + text.rtrim("\r").size();
    auto offset = static_cast<uint32_t>(at);
    return {context.source.range(offset, offset),
            "\n" + opening.take_while(llvm::isSpace).str() + sign};
  }

  void repair() {
    uint32_t indent = 0;
    for (const Token &token : tokens) {
      closeByIndent(token);
      if (token.first) {
        indent = token.indent;
      }
      Token next = token;
      if (isOpener(token.kind)) {
        // A body that begins on the line of its `{` may not go on below at
        // the same depth.
        const Token *inside = &token + 1;
        bool begins = inside != tokens.data() + tokens.size() &&
                      inside->line == token.line;
        open.push_back({token, indent, begins, begins});
      } else if (isCloser(token.kind) && !close(next)) {
        continue;
      }
      output.push_back(next);
    }
    while (!open.empty()) {
      closeMissing();
    }
    reportMissing(nullptr);
    tokens = std::move(output);
  }

  /// Handles a closer, which may become another; returns false if it is
  /// dropped.
  bool close(Token &token) {
    // A `}` ends parentheses that are still open inside its block.
    bool hasPartner = false;
    for (const Opener &opener : llvm::reverse(open)) {
      if (closerOf(opener.token.kind) == token.kind) {
        hasPartner = true;
        break;
      }
      if (opener.token.is(Tok::LBRACE)) {
        break;
      }
    }
    if (!hasPartner && !open.empty() && !token.is(Tok::RBRACE) &&
        !open.back().token.is(Tok::LBRACE)) {
      // `(a]`: the wrong one of two signs.
      const Token &opener = open.back().token;
      Tok closer = closerOf(opener.kind);
      context.diags.error(diag::err_unclosed, context.range(token))
          .argument(signOf(closer).str())
          .argument("in place of `" + signOf(token.kind).str() + "`")
          .note(context.range(opener),
                "to close this `" + signOf(opener.kind) + "`")
          .fix(context.range(token), signOf(closer).str());
      missing[kindOf(closer)] -= 1;
      token.kind = closer;
      open.pop_back();
      return true;
    }
    bool extra = token.is(Tok::RBRACE) && missing[0] < 0 && token.first &&
                 hasPartner && !open.empty() &&
                 open.back().token.is(Tok::LBRACE) &&
                 open.back().token.line != token.line &&
                 token.indent > open.back().indent;
    if (!hasPartner || extra) {
      context.diags.error(diag::err_unopened, context.range(token))
          .argument(signOf(token.kind).str())
          .fix(context.range(token), "");
      // Never above zero: a repair that was wrong must not allow another.
      int &lacking = missing[kindOf(token.kind)];
      lacking += lacking < 0;
      return false;
    }
    while (closerOf(open.back().token.kind) != token.kind) {
      closeMissing();
    }
    reportMissing(&token);
    open.pop_back();
    return true;
  }

  const TokenContext &context;
  Tokens &tokens;
  bool truncated;
  Tokens output;
  llvm::SmallVector<Opener, 32> open;
  llvm::SmallVector<Opener, 4> closed; ///< by a repair, not yet reported
  int missing[3] = {0, 0, 0}; ///< closers that lack, by kind of bracket
  bool tooDeep = false;
};

} // namespace

bool balance(const TokenContext &context, Tokens &tokens, bool truncated) {
  return Balancer(context, tokens, truncated).run();
}

} // namespace spak::frontend
