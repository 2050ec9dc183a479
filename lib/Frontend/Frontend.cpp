// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the way from a text to a tree, step by step:
//
//   bytes ── size, UTF-8 ── front matter ── lex ── is it our dialect? ──
//   balance ── strata ── parse ── tree
//
// Each step reports its own errors and hands on something the next can take.
#include "spak/Frontend/Frontend.h"

#include "FrontMatter.h"
#include "Syntax.h"
#include "Tokens.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::frontend {

static constexpr llvm::StringLiteral kByteOrderMark = "\xEF\xBB\xBF";

/// The offset of the first byte that is not UTF-8; the size if there is none.
static size_t firstBadByte(llvm::StringRef text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.begin());
  const auto *end = reinterpret_cast<const llvm::UTF8 *>(text.end());
  const llvm::UTF8 *at = begin;
  llvm::isLegalUTF8String(&at, end);
  return static_cast<size_t>(at - begin);
}

/// True if the bytes of \p range are a text that the lexer can take.
static bool checkBytes(SourceRange range, DiagnosticEngine &diags) {
  const SourceFile &source = *range.file;
  llvm::StringRef text = range.text();
  size_t bad = firstBadByte(text);
  if (bad != text.size()) {
    std::string byte;
    llvm::raw_string_ostream(byte)
        << llvm::format_hex_no_prefix(static_cast<unsigned char>(text[bad]), 2,
                                      /*Upper=*/true);
    auto at = static_cast<uint32_t>(range.begin + bad);
    diags.error(diag::err_not_utf8, source.range(at, at + 1)) << byte;
    return false;
  }
  size_t nul = text.find('\0');
  if (nul != llvm::StringRef::npos) {
    auto at = static_cast<uint32_t>(range.begin + nul);
    diags.error(diag::err_nul_byte, source.range(at, at + 1));
    return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Dialects
//===----------------------------------------------------------------------===//

/// What a file that does not start with `system NAME` seems to be.
static std::string dialectOf(const TokenContext &context,
                             const Tokens &tokens) {
  llvm::StringRef word = context.text(tokens[0]);
  std::string known =
      llvm::StringSwitch<std::string>(word)
          .Case("SNF_MODEL", "an `SNF_MODEL` description")
          .Case("system_model", "a `system_model` theory file")
          .Case("task", "a `task` file")
          .Cases({"param", "input"}, "a `param`/`input` file")
          .Cases({"page", "component", "web"}, "a web page description")
          .Cases({"agents", "workflow"}, "an agent workflow")
          .Default("");
  if (!known.empty()) {
    return "it looks like " + known;
  }
  if (word == "system" && tokens.size() > 1 && tokens[1].is(Tok::STRING)) {
    return "its system has a quoted name, which the dialect with `;` and "
           "imports uses";
  }
  if (tokens[0].is(Tok::NAME)) {
    return "it starts with `" + quoted(word) + "`";
  }
  return "it starts with `" + quoted(context.text(tokens[0])) + "`";
}

/// True if \p tokens start a system, perhaps after imports. Reports else.
static bool checkDialect(const TokenContext &context, Tokens &tokens) {
  const SourceFile &source = context.source;
  if (tokens.empty()) {
    context.diags.error(diag::err_no_system, source.range(0, 0))
        << "an empty file";
    return false;
  }
  size_t i = 0;
  auto word = [&](size_t k) {
    return k < tokens.size() && tokens[k].is(Tok::NAME)
               ? context.text(tokens[k])
               : llvm::StringRef();
  };
  while (word(i) == "import" && word(i + 2) == "from") {
    i += 4;
  }
  bool named = !word(i + 1).empty();
  bool opens = i + 2 < tokens.size() &&
               (tokens[i + 2].is(Tok::LBRACE) || word(i + 2) == "extends");
  if (word(i) == "system" && named && opens) {
    return true;
  }
  // A slip in the first words is a mistake in a file of ours.
  bool slip = named && opens && !word(i).empty() &&
              nearestName(word(i), llvm::ArrayRef<llvm::StringRef>("system"));
  bool unnamed = word(i) == "system" && i + 1 < tokens.size() &&
                 tokens[i + 1].is(Tok::LBRACE);
  bool unopened = word(i) == "system" && named && !opens &&
                  (i + 2 >= tokens.size() || tokens[i + 2].first);
  if (slip || unnamed || unopened || i > 0) {
    size_t at = unnamed ? i + 1 : unopened ? i + 2 : i;
    bool end = at >= tokens.size();
    SourceRange range = end ? source.range(tokens.back().end, tokens.back().end)
                            : context.range(tokens[at]);
    auto error = context.diags.error(diag::err_no_system, range);
    error.argument(end ? "the end of the file"
                       : "`" + quoted(context.text(tokens[at])) + "`");
    if (slip) {
      error.help("did you mean `system`?");
    }
    return false;
  }
  // The whole file is meant: the first line that has anything stands for it.
  size_t begin = source.text().find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  size_t end = source.text().find_first_of("\r\n", begin);
  end = end == llvm::StringRef::npos ? source.text().size() : end;
  context.diags
      .error(diag::err_other_dialect, source.range(static_cast<uint32_t>(begin),
                                                   static_cast<uint32_t>(end)))
      .argument(dialectOf(context, tokens))
      .help("a file of this dialect is `system NAME { … }`, with front matter "
            "between `---` lines before it or none");
  return false;
}

/// Drops what stands after the system, with an error.
static void checkEnd(const TokenContext &context, Tokens &tokens) {
  unsigned depth = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (isOpener(tokens[i].kind)) {
      ++depth;
    } else if (isCloser(tokens[i].kind) && --depth == 0 &&
               tokens[i].is(Tok::RBRACE) && i + 1 < tokens.size()) {
      auto error = context.diags.error(diag::err_after_system,
                                       context.range(tokens[i + 1]));
      error.argument("`" + quoted(context.text(tokens[i + 1])) + "`");
      error.note(context.range(tokens[i]), "the system ends here");
      if (context.text(tokens[i + 1]) == "system") {
        error.help("a file has one system; put the second in a file of its "
                   "own");
      }
      tokens.resize(i + 1);
      return;
    }
  }
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

std::unique_ptr<ast::File> parse(const SourceFile &source,
                                 DiagnosticEngine &diags) {
  size_t mark = diags.diagnostics().size();
  if (source.text().size() > kMaxFileBytes) {
    diags.error(diag::err_file_too_large, source.range(0, 0))
        << source.text().size() << kMaxFileBytes;
    return nullptr;
  }
  auto end = static_cast<uint32_t>(source.text().size());
  if (!checkBytes(source.range(0, end), diags)) {
    return nullptr;
  }
  TokenContext context{source, diags};
  uint32_t begin = source.text().starts_with(kByteOrderMark)
                       ? static_cast<uint32_t>(kByteOrderMark.size())
                       : 0;
  std::vector<ast::FrontMatterEntry> frontMatter;
  begin = parseFrontMatter(context, begin, frontMatter);
  if (begin == end && diags.hasErrors()) {
    return nullptr; // front matter without end
  }

  Tokens tokens;
  bool truncated = false;
  std::unique_ptr<ast::File> file;
  if (lex(context, begin, end, tokens, truncated) &&
      checkDialect(context, tokens) && balance(context, tokens, truncated)) {
    checkEnd(context, tokens);
    file = parseFile(context, assignStrata(context, tokens));
  }
  if (file) {
    file->frontMatter = std::move(frontMatter);
  }
  diags.sortSince(mark);
  return file;
}

ast::ExprPtr parseExpression(SourceRange range, DiagnosticEngine &diags) {
  TokenContext context{*range.file, diags};
  if (!checkBytes(range, diags)) {
    return nullptr;
  }
  unsigned before = diags.errorCount();
  Tokens tokens;
  bool truncated = false;
  if (!lex(context, range.begin, range.end, tokens, truncated) ||
      !balance(context, tokens, truncated)) {
    return nullptr;
  }
  if (tokens.empty()) {
    diags.error(diag::err_syntax, range) << "an expression" << "nothing";
    return nullptr;
  }
  ast::ExprPtr result = parseExpr(context, assignExpression(context, tokens));
  return diags.errorCount() == before ? std::move(result) : nullptr;
}

ast::ExprPtr tryParseExpression(SourceRange range) {
  DiagnosticEngine silent;
  return parseExpression(range, silent);
}

} // namespace spak::frontend
