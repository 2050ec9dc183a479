// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a whole file may be warned about: a system whose name is not that
// of its file, and kernels that are pseudo-code.
#include "spak/Frontend/Frontend.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

namespace spak::frontend {

namespace {

/// A name as words in lower case, and its version: `FMHA_Forward_v2` is fmha,
/// forward and 2, as are `fmha-forward-v2` and `FmhaForward_V2`.
struct Name {
  llvm::SmallVector<std::string, 4> words;
  std::string joined;
  std::string initials;
  std::string version;

  explicit Name(llvm::StringRef text) {
    std::string word;
    char last = 0;
    for (char c : text) {
      bool hump = llvm::isUpper(c) && llvm::isLower(last);
      if (!llvm::isAlnum(c) || hump) {
        add(word);
        word.clear();
      }
      if (llvm::isAlnum(c)) {
        word += llvm::toLower(c);
      }
      last = c;
    }
    add(word);
  }

private:
  void add(llvm::StringRef word) {
    llvm::StringRef digits = word;
    if (digits.consume_front("v") && !digits.empty() &&
        llvm::all_of(digits, llvm::isDigit)) {
      version = digits.ltrim('0').str();
      return;
    }
    if (!word.empty()) {
      words.push_back(word.str());
      joined += word;
      initials += word.front();
    }
  }
};

} // namespace

/// True if two names may well mean one thing.
static bool agree(const Name &a, const Name &b) {
  if (!a.version.empty() && !b.version.empty() && a.version != b.version) {
    return false;
  }
  auto within = [](llvm::StringRef part, llvm::StringRef whole) {
    return part.size() >= 2 && whole.contains(part);
  };
  constexpr size_t kLong = 3;
  auto shares = [](const Name &one, const Name &other) {
    return llvm::any_of(one.words, [&](llvm::StringRef word) {
      return word.size() >= kLong &&
             llvm::StringRef(other.joined).contains(word);
    });
  };
  return shares(a, b) || shares(b, a) || within(a.joined, b.joined) ||
         within(b.joined, a.joined) || a.joined == b.initials ||
         b.joined == a.initials;
}

/// Warns of a system whose name is not that of its file. Says nothing of names
/// that have too little to compare, of other scripts than Latin, of standard
/// input and of temporary files.
static void checkSystemName(const ast::File &file, DiagnosticEngine &diags) {
  constexpr size_t kShort = 3;
  llvm::StringRef path = file.source->name();
  llvm::StringRef stem = llvm::sys::path::stem(path);
  llvm::StringRef system = file.system.name.text;
  bool comparable = stem.size() >= kShort && system.size() >= kShort &&
                    llvm::isASCII(stem) && llvm::isASCII(system) &&
                    !path.starts_with("<") && !stem.starts_with("tmp");
  if (!comparable || agree(Name(stem), Name(system))) {
    return;
  }
  auto warning = diags.warning(diag::warn_system_name, file.system.name.range);
  warning << llvm::sys::path::filename(path) << system;
  warning.help("rename one of them, or switch this off with "
               "`-Wno-system-name`");
}

void checkFile(const ast::File &file, DiagnosticEngine &diags) {
  checkSystemName(file, diags);
  for (const ast::Kernel *kernel : file.system.kernels()) {
    if (kernel->procedure) {
      auto warning = diags.warning(diag::warn_procedure, kernel->name.range);
      warning << kernel->name.text;
      warning.help(
          "a kernel that is compiled has `dims`, tensors and a `grid`; "
          "see docs/Language.md");
    }
  }
}

} // namespace spak::frontend
