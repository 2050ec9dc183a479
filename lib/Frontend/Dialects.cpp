// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the other languages whose files end in `.dsl`, by their first words.
// Knows nothing of their insides.
#include "Dialects.h"

#include "llvm/ADT/StringSwitch.h"

namespace spak::frontend {

namespace {

class DialectCheck {
public:
  DialectCheck(const TokenContext &context, const Tokens &tokens)
      : context(context), tokens(tokens) {}

  bool run();

private:
  /// The spelling of a name; empty for any other token.
  llvm::StringRef word(size_t i) const {
    return is(i, Tok::NAME) ? context.text(tokens[i]) : llvm::StringRef();
  }
  bool is(size_t i, Tok kind) const {
    return i < tokens.size() && tokens[i].is(kind);
  }
  bool startsSystem(size_t i) const {
    return word(i) == "system" && is(i + 1, Tok::NAME) &&
           (is(i + 2, Tok::LBRACE) || word(i + 2) == "extends");
  }
  bool isOurs(size_t i) const;
  bool hasQuotedSystem() const;
  bool beginsWithProse() const;
  std::string dialect() const;
  SourceRange firstLine() const;

  const TokenContext &context;
  const Tokens &tokens;
};

} // namespace

/// True for `system "Name"`, or an import that ends in `;`, near the top.
bool DialectCheck::hasQuotedSystem() const {
  constexpr size_t kNear = 100;
  for (size_t i = 0; i < std::min(kNear, tokens.size()); ++i) {
    if (word(i) == "system") {
      return is(i + 1, Tok::STRING);
    }
    if (is(i, Tok::LBRACE)) {
      return false;
    }
    if (i == 0 && word(i) == "import") {
      size_t end = i + 1;
      while (end < tokens.size() && !tokens[end].first) {
        ++end;
      }
      if (is(end - 1, Tok::SEMI)) {
        return true;
      }
    }
  }
  return false;
}

/// True if the first line is words, as before a system in a saved answer.
bool DialectCheck::beginsWithProse() const {
  constexpr size_t kWords = 4;
  size_t words = 0;
  for (size_t i = 0; i < tokens.size() && (i == 0 || !tokens[i].first); ++i) {
    if (tokens[i].is(Tok::LBRACE) || tokens[i].is(Tok::ASSIGN)) {
      return false;
    }
    words += tokens[i].is(Tok::NAME);
  }
  return words >= kWords;
}

/// What a file that does not start with `system NAME` seems to be.
std::string DialectCheck::dialect() const {
  if (hasQuotedSystem()) {
    return "its system has a quoted name, which the dialect with `;` and "
           "imports uses";
  }
  llvm::StringRef first = word(0);
  std::string known =
      llvm::StringSwitch<std::string>(first)
          .Case("SNF_MODEL", "an `SNF_MODEL` description")
          .Case("system_model", "a `system_model` theory file")
          .Case("task", "a `task` file")
          .Cases({"param", "params", "input", "inputs"},
                 "a `param`/`input` file")
          .Cases({"page", "component", "web", "website"},
                 "a web page description")
          .Cases({"agent", "agents", "workflow"}, "an agent workflow")
          .Default("");
  bool opens = is(1, Tok::LBRACE) || is(2, Tok::LBRACE) || is(1, Tok::COLON) ||
               is(2, Tok::COLON) || word(2) == "refines";
  if (!known.empty() && (opens || !beginsWithProse())) {
    return "it looks like " + known;
  }
  if (beginsWithProse()) {
    return "it begins with prose, `" + quoted(firstLine().text()) + "`";
  }
  return "it starts with `" + quoted(context.text(tokens[0])) + "`";
}

SourceRange DialectCheck::firstLine() const {
  llvm::StringRef text = context.source.text();
  size_t begin = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  size_t end = text.find_first_of("\r\n", begin);
  end = end == llvm::StringRef::npos ? text.size() : end;
  return context.source.range(static_cast<uint32_t>(begin),
                              static_cast<uint32_t>(end));
}

/// True if tokens from \p i on are meant as a system of ours. Reports if they
/// are not quite one.
bool DialectCheck::isOurs(size_t i) const {
  bool named = is(i + 1, Tok::NAME);
  bool opens = is(i + 2, Tok::LBRACE) || word(i + 2) == "extends";
  // A slip in the first words is a mistake in a file of ours.
  bool slip = named && opens && !word(i).empty() &&
              nearestName(word(i), llvm::ArrayRef<llvm::StringRef>("system"));
  bool unnamed = word(i) == "system" && is(i + 1, Tok::LBRACE);
  bool unopened = word(i) == "system" && named && !opens &&
                  (i + 2 >= tokens.size() || tokens[i + 2].first);
  if (!slip && !unnamed && !unopened && i == 0) {
    return false;
  }
  size_t at = unnamed ? i + 1 : unopened ? i + 2 : i;
  bool end = at >= tokens.size();
  uint32_t last = tokens.back().end;
  auto error = context.diags.error(diag::err_no_system,
                                   end ? context.source.range(last, last)
                                       : context.range(tokens[at]));
  error.argument(end ? "the end of the file"
                     : "`" + quoted(context.text(tokens[at])) + "`");
  if (slip) {
    error.help("did you mean `system`?");
  }
  return true;
}

bool DialectCheck::run() {
  if (tokens.empty()) {
    context.diags.error(diag::err_no_system, context.source.range(0, 0))
        << "an empty file";
    return false;
  }
  size_t i = 0;
  while (word(i) == "import" && word(i + 2) == "from") {
    i += 4;
  }
  if (startsSystem(i)) {
    return true;
  }
  if (isOurs(i)) {
    return false;
  }
  // The whole file is meant: the first line that has anything stands for it.
  auto error = context.diags.error(diag::err_other_dialect, firstLine());
  error.argument(dialect());
  for (size_t k = 1; k < tokens.size(); ++k) {
    if (tokens[k].first && startsSystem(k)) {
      error.note(context.range(tokens[k]).to(context.range(tokens[k + 1])),
                 "a system starts here: what stands before it is not of its "
                 "language");
      break;
    }
  }
  error.help("a file of this dialect is `system NAME { … }`, with front matter "
             "between `---` lines before it or none");
  return false;
}

bool checkDialect(const TokenContext &context, const Tokens &tokens) {
  return DialectCheck(context, tokens).run();
}

} // namespace spak::frontend
