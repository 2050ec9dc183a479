// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A bounded run over mutations of the corpus, the same on every machine: no
// crash, no hang, and what Oracle.h says.
#include "Oracle.h"
#include "Random.h"

#include "spak/Frontend/Frontend.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <chrono>

using spak::Random;

namespace {

std::vector<std::string> readCorpus() {
  std::vector<std::string> names;
  for (const char *folder : {SPAK_CORPUS, SPAK_SYSTEMS}) {
    std::error_code error;
    for (llvm::sys::fs::directory_iterator it(folder, error), end;
         it != end && !error; it.increment(error)) {
      if (llvm::sys::path::extension(it->path()) == ".dsl") {
        names.push_back(it->path());
      }
    }
  }
  std::sort(names.begin(), names.end());
  std::vector<std::string> texts;
  for (const std::string &name : names) {
    if (auto buffer = llvm::MemoryBuffer::getFile(name)) {
      texts.push_back((*buffer)->getBuffer().str());
    }
  }
  return texts;
}

const char *const kPieces[] = {"{",
                               "}",
                               "[",
                               "]",
                               "(",
                               ")",
                               ":",
                               "=",
                               ",",
                               "..",
                               "\"",
                               "'",
                               "\"\"\"",
                               "/*",
                               "*/",
                               "//",
                               "#",
                               "\n",
                               "\r\n",
                               "\t",
                               "---\n",
                               "if ",
                               " else ",
                               "not ",
                               "as ",
                               "in ",
                               "1e",
                               "0x",
                               "99999999999999999999",
                               "\\",
                               "\xC3\xA9",
                               "\xE2\x89\xA4",
                               "\xFF",
                               "kernel k {",
                               "grid (",
                               "range[",
                               "load ",
                               "constraint \"",
                               "return ",
                               "@",
                               "|",
                               "==",
                               "-",
                               "+ ",
                               ";"};

/// One change, perhaps by a part of another text.
void change(std::string &text, const std::vector<std::string> &corpus,
            Random &random) {
  if (random.below(7) != 0) {
    spak::mutate(text, random, 60, kPieces);
    return;
  }
  const std::string &other = corpus[random.below(corpus.size())];
  size_t from = random.below(other.size());
  text.insert(random.below(text.size() + 1),
              other.substr(from, random.below(120)));
}

} // namespace

TEST(Corpus, HasEnoughFilesAndAllParse) {
  std::vector<std::string> corpus = readCorpus();
  EXPECT_GE(corpus.size(), 60u);
  for (const std::string &text : corpus) {
    EXPECT_EQ(spak::fuzz::check(text), "");
    spak::SourceFile source("corpus", text);
    spak::DiagnosticEngine diags;
    spak::frontend::parse(source, diags);
    EXPECT_FALSE(diags.hasErrors()) << text;
  }
}

TEST(Mutations, NeitherCrashNorHangNorLie) {
  constexpr unsigned kRuns = 3000;
  std::vector<std::string> corpus = readCorpus();
  ASSERT_FALSE(corpus.empty());
  for (unsigned run = 0; run < kRuns; ++run) {
    Random random(run + 1);
    std::string text = corpus[random.below(corpus.size())];
    for (size_t changes = 1 + random.below(6); changes > 0; --changes) {
      change(text, corpus, random);
    }
    auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(spak::fuzz::check(text), "") << "run " << run << ":\n" << text;
    std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    ASSERT_LT(seconds.count(), 5.0) << "run " << run << ":\n" << text;
  }
}

TEST(GenericStratum, TakesAnyBalancedText) {
  // Words and signs at random between balanced braces: no error at all.
  constexpr unsigned kRuns = 10000;
  const char *const pieces[] = {
      "word", "two.dots", "\"text\"", "12",      "0.5",   "12GB",        ":",
      ",",    "=",        "==",       "-",       "+",     "|",           "if",
      "else", "not",      "and",      "as",      "@",     "→",           "≤",
      "\n",   "\n",       "return",   "matches", "range", "true",        "step",
      ".",    "..",       "%",        "import",  "from",  "constraints", "&&",
      "!",    ";",        "'x'"};
  for (unsigned run = 0; run < kRuns; ++run) {
    Random random(run + 1);
    std::string text = "system S { section ";
    std::string closers;
    text += "{ ";
    closers += '}';
    for (size_t n = random.below(60); n > 0; --n) {
      size_t what = random.below(12);
      if (what == 0 && closers.size() < 20) {
        const char *const open = "{[(";
        size_t kind = random.below(3);
        text += std::string(1, open[kind]) + " ";
        closers += "}])"[kind];
      } else if (what == 1 && closers.size() > 1) {
        text += std::string(1, closers.back()) + " ";
        closers.pop_back();
      } else {
        text += pieces[random.below(std::size(pieces))];
        text += random.below(4) == 0 ? "" : " ";
      }
    }
    while (!closers.empty()) {
      text += std::string(1, closers.back());
      closers.pop_back();
    }
    text += " }";
    spak::SourceFile source("generic", text);
    spak::DiagnosticEngine diags;
    auto file = spak::frontend::parse(source, diags);
    if (diags.hasErrors()) {
      FAIL() << "run " << run << ": " << diags.diagnostics().front().text
             << "\n"
             << text;
    }
    ASSERT_EQ(spak::fuzz::check(text), "") << "run " << run << ":\n" << text;
  }
}
