// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: driving the generated lexer, and unterminated strings and comments.
#include "../Tokens.h"

#include "SpakLexer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace spak::frontend {

using syntax::SpakLexer;

/// More tokens than any file of the allowed size has in practice; what keeps
/// a file of two million commas from taking gigabytes.
static constexpr size_t kMaxTokens = 500000;

static Tok kindOf(size_t type) {
  switch (type) {
#define SPAK_TOKEN(Kind, Text)                                                 \
  case SpakLexer::Kind:                                                        \
    return Tok::Kind;
#include "../Tokens.def"
#undef SPAK_TOKEN
  default:
    return Tok::OTHER;
  }
}

namespace {

/// Byte offsets of code points: the generated lexer counts the latter.
class Offsets {
public:
  explicit Offsets(llvm::StringRef text) {
    ascii = llvm::all_of(text, [](char c) { return (c & 0x80) == 0; });
    if (ascii) {
      return;
    }
    offsets.reserve(text.size() + 1);
    for (size_t i = 0; i < text.size(); ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
        offsets.push_back(static_cast<uint32_t>(i));
      }
    }
    offsets.push_back(static_cast<uint32_t>(text.size()));
  }

  uint32_t operator[](size_t point) const {
    return ascii ? static_cast<uint32_t>(point)
                 : offsets[std::min(point, offsets.size() - 1)];
  }

private:
  bool ascii = false;
  std::vector<uint32_t> offsets;
};

class Lexing {
public:
  Lexing(const TokenContext &context, Tokens &tokens)
      : context(context), tokens(tokens) {}

  void add(Tok kind, uint32_t begin, uint32_t end) {
    Token token;
    token.kind = kind;
    token.begin = begin;
    token.end = end;
    // Tokens come in order, so the line is found by walking on.
    while (line < context.source.lineCount() &&
           context.source.lineStart(line + 1) <= begin) {
      ++line;
    }
    token.line = line;
    token.first = lastLine != line;
    if (token.first) {
      token.indent = indentOf(begin);
    }
    lastLine = line;
    tokens.push_back(token);
    if (kind == Tok::TEXT) {
      while (lastLine < context.source.lineCount() &&
             context.source.lineStart(lastLine + 1) < end) {
        ++lastLine;
      }
    }
  }

  /// A string that does not end on its line. Of the brackets that end the
  /// line, those are taken to be outside that close one opened on the line.
  void badString(uint32_t begin, uint32_t end) {
    llvm::StringRef text = context.source.text().slice(begin, end);
    size_t length = text.size();
    int wanted = openOnLine(begin);
    for (size_t i = text.size(); i > 1 && wanted > 0; --i) {
      if (closerAt(text, i - 1) != Tok::END) {
        --wanted;
        length = i - 1;
      } else if (text[i - 1] != ' ' && text[i - 1] != '\t') {
        break;
      }
    }
    size_t shown = text.take_front(length).rtrim().size();
    llvm::StringRef quote = text.take_front(1);
    context.diags.error(diag::err_unterminated_string,
                        context.source.range(begin, begin + shown))
        << ("`" + quote + "` on its line");
    add(Tok::STRING, begin, static_cast<uint32_t>(begin + shown));
    for (size_t i = length; i < text.size(); ++i) {
      Tok kind = closerAt(text, i);
      if (kind != Tok::END) {
        uint32_t at = static_cast<uint32_t>(begin + i);
        add(kind, at, at + 1);
      }
    }
  }

private:
  static Tok closerAt(llvm::StringRef text, size_t i) {
    return llvm::StringSwitch<Tok>(text.substr(i, 1))
        .Case(")", Tok::RPAREN)
        .Case("]", Tok::RBRACK)
        .Case("}", Tok::RBRACE)
        .Default(Tok::END);
  }

  /// Brackets that were opened on the line of \p offset and are still open.
  int openOnLine(uint32_t offset) const {
    int open = 0;
    uint32_t start =
        context.source.lineStart(context.source.lineColumn(offset).line);
    for (const Token &token : llvm::reverse(tokens)) {
      if (token.begin < start) {
        break;
      }
      open += isOpener(token.kind) ? 1 : isCloser(token.kind) ? -1 : 0;
    }
    return open;
  }

  uint32_t indentOf(uint32_t offset) const {
    uint32_t columns = 0;
    for (uint32_t i = context.source.lineStart(line); i < offset; ++i) {
      columns += context.source.text()[i] == '\t' ? 8 - columns % 8 : 1;
    }
    return columns;
  }

  const TokenContext &context;
  Tokens &tokens;
  uint32_t line = 1;
  uint32_t lastLine = 0; ///< that the last token ended on
};

} // namespace

static bool runLexer(const TokenContext &context, uint32_t begin, uint32_t end,
                     Tokens &tokens, bool &truncated) {
  llvm::StringRef text = context.source.text().slice(begin, end);
  Offsets offsets(text);
  antlr4::ANTLRInputStream input(text.str());
  SpakLexer lexer(&input);
  lexer.removeErrorListeners();
  Lexing lexing(context, tokens);
  while (true) {
    std::unique_ptr<antlr4::Token> token = lexer.nextToken();
    if (token->getType() == antlr4::Token::EOF) {
      return true;
    }
    Tok kind = kindOf(token->getType());
    uint32_t from = begin + offsets[token->getStartIndex()];
    uint32_t to = begin + offsets[token->getStopIndex() + 1];
    if (kind == Tok::BAD_STRING) {
      lexing.badString(from, to);
    } else if (kind == Tok::BAD_TEXT || kind == Tok::BAD_COMMENT) {
      // What follows is inside it: nothing more can be said.
      SourceRange range = context.source.range(from, to);
      if (kind == Tok::BAD_TEXT) {
        context.diags.error(diag::err_unterminated_string, range) << "`\"\"\"`";
        lexing.add(Tok::STRING, from, to);
      } else {
        context.diags.error(diag::err_unterminated_comment, range);
      }
      truncated = true;
      return true;
    } else {
      lexing.add(kind, from, to);
    }
    if (tokens.size() > kMaxTokens) {
      context.diags.error(diag::err_too_many_tokens,
                          context.range(tokens.back()))
          << kMaxTokens;
      return false;
    }
  }
}

bool lex(const TokenContext &context, uint32_t begin, uint32_t end,
         Tokens &tokens, bool &truncated) {
  truncated = false;
  try {
    return runLexer(context, begin, end, tokens, truncated);
  } catch (const std::exception &error) {
    context.diags.error(diag::err_internal_parser)
        << llvm::StringRef(error.what());
    return false;
  }
}

} // namespace spak::frontend
