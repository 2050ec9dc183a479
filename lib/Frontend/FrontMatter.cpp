// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: front matter; see FrontMatter.h.
#include "FrontMatter.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

namespace spak::frontend {

namespace {

/// One line with its place in the file.
class LineReader {
public:
  LineReader(const TokenContext &context, llvm::StringRef line, uint32_t offset)
      : context(context), line(line), offset(offset) {}

  /// Reads `key: value`; nothing after an error.
  std::optional<ast::FrontMatterEntry> entry() {
    skipSpace();
    ast::FrontMatterEntry result;
    size_t begin = at;
    while (at < line.size() && isKeyCharacter(line[at])) {
      ++at;
    }
    result.key = identifier(begin, at);
    skipSpace();
    if (result.key.empty() || at >= line.size() || line[at] != ':') {
      error(begin, line.size(),
            "expected `key: value`, got `" + quoted(line.trim()) + "`");
      return std::nullopt;
    }
    ++at;
    skipSpace();
    bool ok =
        at < line.size() && line[at] == '[' ? list(result) : scalar(result, "");
    if (!ok) {
      return std::nullopt;
    }
    skipSpace();
    if (at < line.size() && line[at] != '#') {
      error(at, line.size(),
            "expected the end of the line after the value, got `" +
                quoted(line.substr(at).rtrim()) + "`");
      return std::nullopt;
    }
    result.range = range(begin, at);
    return result;
  }

private:
  static bool isKeyCharacter(char c) {
    return llvm::isAlnum(c) || c == '_' || c == '-' || c == '.' ||
           (c & 0x80) != 0;
  }

  void skipSpace() {
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) {
      ++at;
    }
  }

  SourceRange range(size_t begin, size_t end) const {
    return context.source.range(static_cast<uint32_t>(offset + begin),
                                static_cast<uint32_t>(offset + end));
  }

  ast::Identifier identifier(size_t begin, size_t end) const {
    return {line.slice(begin, end).str(), range(begin, end)};
  }

  void error(size_t begin, size_t end, const llvm::Twine &text) const {
    context.diags.error(diag::err_front_matter, range(begin, end)) << text;
  }

  bool list(ast::FrontMatterEntry &entry) {
    entry.isList = true;
    size_t open = at++;
    while (true) {
      skipSpace();
      if (at < line.size() && line[at] == ']') {
        ++at;
        return true;
      }
      if (at >= line.size() || line[at] == '#') {
        error(open, open + 1, "the list has no closing `]` on its line");
        return false;
      }
      if (!scalar(entry, ",]")) {
        return false;
      }
      skipSpace();
      if (at < line.size() && line[at] == ',') {
        ++at;
      } else if (at < line.size() && line[at] != ']') {
        error(at, at + 1,
              "expected `,` or `]` in the list, got `" +
                  quoted(line.substr(at).rtrim()) + "`");
        return false;
      }
    }
  }

  /// A string in quotes, or text up to one of \p stops or a comment.
  bool scalar(ast::FrontMatterEntry &entry, llvm::StringRef stops) {
    size_t begin = at;
    if (at < line.size() && (line[at] == '"' || line[at] == '\'')) {
      char quote = line[at++];
      std::string value;
      while (at < line.size() && line[at] != quote) {
        if (line[at] == '\\' && quote == '"' && at + 1 < line.size()) {
          ++at;
        }
        value += line[at++];
      }
      if (at >= line.size()) {
        error(begin, line.size(),
              llvm::Twine("the string has no closing `") +
                  llvm::StringRef(&quote, 1) + "` on its line");
        return false;
      }
      ++at;
      entry.values.push_back({std::move(value), range(begin, at)});
      return true;
    }
    while (at < line.size() && !stops.contains(line[at]) &&
           !(line[at] == '#' && at > 0 && llvm::isSpace(line[at - 1]))) {
      ++at;
    }
    llvm::StringRef text = line.slice(begin, at).rtrim();
    entry.values.push_back({text.str(), range(begin, begin + text.size())});
    return true;
  }

  const TokenContext &context;
  llvm::StringRef line;
  uint32_t offset;
  size_t at = 0;
};

} // namespace

uint32_t skipByteOrderMark(const SourceFile &source) {
  static constexpr llvm::StringLiteral kByteOrderMark = "\xEF\xBB\xBF";
  return source.text().starts_with(kByteOrderMark)
             ? static_cast<uint32_t>(kByteOrderMark.size())
             : 0;
}

uint32_t parseFrontMatter(const TokenContext &context, uint32_t begin,
                          std::vector<ast::FrontMatterEntry> &entries) {
  const SourceFile &source = context.source;
  size_t first = source.text().find_first_not_of(" \t\r\n", begin);
  if (first == llvm::StringRef::npos) {
    return begin;
  }
  unsigned line = source.lineColumn(static_cast<uint32_t>(first)).line;
  auto textOf = [&](unsigned number) {
    llvm::StringRef text = source.lineText(number);
    // The first line may start with a byte order mark.
    return text.drop_front(source.lineStart(number) < begin
                               ? begin - source.lineStart(number)
                               : 0);
  };
  if (textOf(line).trim() != "---") {
    return begin;
  }
  llvm::StringMap<SourceRange> keys;
  SourceRange fence = source.range(static_cast<uint32_t>(first),
                                   static_cast<uint32_t>(first + 3));
  for (++line; line <= source.lineCount(); ++line) {
    llvm::StringRef text = source.lineText(line);
    llvm::StringRef trimmed = text.trim();
    if (trimmed == "---") {
      return source.lineStart(line) + static_cast<uint32_t>(text.size());
    }
    bool system = text.starts_with("system ") || text.starts_with("system\t");
    if (system) {
      context.diags.error(diag::err_front_matter, fence)
          .argument("no closing `---` line")
          .note(
              source.range(source.lineStart(line), source.lineStart(line) + 6),
              "it must stand before this");
      return source.lineStart(line);
    }
    if (trimmed.empty() || trimmed.starts_with("#")) {
      continue;
    }
    auto entry = LineReader(context, text, source.lineStart(line)).entry();
    if (!entry) {
      continue;
    }
    auto [same, isNew] = keys.try_emplace(entry->key.text, entry->key.range);
    if (!isNew) {
      context.diags.error(diag::err_front_matter, entry->key.range)
          .argument("the key `" + entry->key.text + "` stands twice")
          .note(same->second, "first here");
      continue;
    }
    entries.push_back(std::move(*entry));
  }
  context.diags.error(diag::err_front_matter, fence)
      .argument("no closing `---` line");
  return static_cast<uint32_t>(source.text().size());
}

} // namespace spak::frontend
