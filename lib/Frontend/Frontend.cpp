// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the way from a text to a tree, step by step:
//
//   bytes ── size, UTF-8 ── front matter ── lex ── is it our dialect? ──
//   balance ── strata ── parse ── tree
//
// Each step reports its own errors and hands on something the next can take.
#include "spak/Frontend/Frontend.h"

#include "Dialects.h"
#include "FrontMatter.h"
#include "Syntax.h"
#include "Tokens.h"

#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::frontend {

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
  uint32_t first = skipByteOrderMark(source);
  // Nothing but its dialect is said of a file that is not ours, so words and
  // front matter are read without messages first.
  DiagnosticEngine silent;
  TokenContext quiet{source, silent};
  TokenContext context{source, diags};
  std::vector<ast::FrontMatterEntry> frontMatter;
  uint32_t begin = parseFrontMatter(quiet, first, frontMatter);
  Tokens tokens;
  bool truncated = false;
  bool lexed = lex(quiet, begin, end, tokens, truncated);
  if (tokens.empty() && silent.hasErrors()) {
    // Front matter without end, or text that is one open comment.
    frontMatter.clear();
    begin = parseFrontMatter(context, first, frontMatter);
    lex(context, begin, end, tokens, truncated);
    return nullptr;
  }
  if (!checkDialect(context, tokens)) {
    return nullptr;
  }
  if (silent.hasErrors()) {
    frontMatter.clear();
    tokens.clear();
    begin = parseFrontMatter(context, first, frontMatter);
    lexed = lex(context, begin, end, tokens, truncated);
  }
  std::unique_ptr<ast::File> file;
  if (lexed && balance(context, tokens, truncated)) {
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
