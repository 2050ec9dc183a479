// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the matching of names by their words. Must not know what is named.
#include "spak/Knowledge/Names.h"

#include "llvm/ADT/StringExtras.h"

#include <vector>

namespace spak::knowledge {

namespace {

/// A cut name of one word is at least this long. Unit: byte.
constexpr size_t kLeastCut = 3;

/// `K_LoadLat` as k, load, lat.
std::vector<std::string> wordsOf(llvm::StringRef name) {
  std::vector<std::string> words;
  bool open = false;
  char before = 0;
  for (char c : name) {
    bool letter = llvm::isAlnum(c) || static_cast<unsigned char>(c) >= 0x80;
    bool begins =
        letter && (!open || (llvm::isUpper(c) && !llvm::isUpper(before)));
    if (begins) {
      words.emplace_back();
    }
    if (letter) {
      words.back().push_back(llvm::toLower(c));
    }
    open = letter;
    before = c;
  }
  return words;
}

/// Whether each word of \p cut begins a word of \p whole, in order, the first
/// and the last ones each other.
bool abbreviates(llvm::ArrayRef<std::string> cut,
                 llvm::ArrayRef<std::string> whole) {
  if (cut.empty() || cut.size() > whole.size() ||
      (cut.size() == 1 && cut.front().size() < kLeastCut) ||
      !llvm::StringRef(whole.front()).starts_with(cut.front()) ||
      !llvm::StringRef(whole.back()).starts_with(cut.back())) {
    return false;
  }
  size_t at = 0;
  for (const std::string &word : whole) {
    if (at < cut.size() && llvm::StringRef(word).starts_with(cut[at])) {
      ++at;
    }
  }
  return at == cut.size();
}

} // namespace

std::optional<NameMatch> matchName(llvm::StringRef name,
                                   llvm::ArrayRef<std::string> candidates) {
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i] == name) {
      return NameMatch{i, Spelling::Same};
    }
  }
  std::vector<std::string> words = wordsOf(name);
  std::string joined = llvm::join(words, "");
  for (Spelling spelling : {Spelling::Case, Spelling::Abbreviation}) {
    std::optional<NameMatch> only;
    unsigned count = 0;
    for (size_t i = 0; i < candidates.size(); ++i) {
      std::vector<std::string> other = wordsOf(candidates[i]);
      bool fits = spelling == Spelling::Case
                      ? !joined.empty() && joined == llvm::join(other, "")
                      : abbreviates(words, other) || abbreviates(other, words);
      // One name may be listed more than once.
      if (fits && (!only || candidates[only->index] != candidates[i])) {
        only = NameMatch{i, spelling};
        ++count;
      }
    }
    if (count == 1) {
      return only;
    }
  }
  return std::nullopt;
}

} // namespace spak::knowledge
