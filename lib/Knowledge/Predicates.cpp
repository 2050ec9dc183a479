// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the recognition of sentences about kernels. Must not know the IR.
#include "spak/Knowledge/Predicates.h"

#include "llvm/ADT/StringExtras.h"

#include <vector>

namespace spak::knowledge {

namespace {

constexpr PredicateInfo kPredicates[] = {
#define SPAK_PREDICATE(Name, Sentence, Phase, Meaning)                         \
  {Predicate::Name, Sentence, Phase, Meaning},
#include "spak/Knowledge/Predicates.def"
#undef SPAK_PREDICATE
};

/// The words of a sentence as they are written, without those that say
/// nothing.
std::vector<std::string> wordsOf(llvm::StringRef text) {
  std::vector<std::string> words;
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ' ', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    part = part.trim(" \t\r\n.,'\"`");
    if (part.empty() || part.equals_insensitive("the")) {
      continue;
    }
    words.push_back(part.str());
  }
  return words;
}

/// One spelling of words that have two.
std::string plain(llvm::StringRef word) {
  std::string text = word.lower();
  if (text == "materialized") {
    return "materialised";
  }
  if (text == "conflicts") {
    return "conflict";
  }
  return text;
}

} // namespace

llvm::ArrayRef<PredicateInfo> allPredicates() { return kPredicates; }

const PredicateInfo &predicateInfo(Predicate predicate) {
  return kPredicates[static_cast<unsigned>(predicate)];
}

std::optional<PredicateUse> parsePredicate(llvm::StringRef text) {
  std::vector<std::string> words = wordsOf(text);
  for (const PredicateInfo &info : kPredicates) {
    std::vector<std::string> pattern = wordsOf(info.sentence);
    if (pattern.size() != words.size()) {
      continue;
    }
    PredicateUse use;
    use.predicate = info.predicate;
    bool fits = true;
    for (size_t i = 0; i < words.size(); ++i) {
      if (pattern[i] == "X") {
        use.subject = words[i];
      } else {
        fits &= plain(words[i]) == plain(pattern[i]);
      }
    }
    if (fits) {
      return use;
    }
  }
  return std::nullopt;
}

} // namespace spak::knowledge
