// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A bounded run over mutations of the rates of a card, the same on every
// machine: no crash, no hang, and what RatesOracle.h says.
#include "Random.h"
#include "RatesOracle.h"

#include "spak/Support/SourceFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include "gtest/gtest.h"

#include <chrono>
#include <vector>

using spak::Random;

namespace {

const char *const kPieces[] = {"{",
                               "}",
                               "[",
                               "]",
                               ":",
                               ",",
                               "\"",
                               "\\",
                               "\\u0000",
                               "\\ud800",
                               "NaN",
                               "-Infinity",
                               "1e999",
                               "-1",
                               "0",
                               "0.5",
                               "999999999.5",
                               "99999999999999999999999",
                               "null",
                               "true",
                               "\n",
                               "\xFF",
                               "\xC3\xA9",
                               "\"spak_rates\": 1, ",
                               "\"spak_rates\": 2, ",
                               "\"device\": \"NVIDIA H200\", ",
                               "\"device\": \"NVIDIA L4\", ",
                               "\"driver\": \"a\\nb\\u0007\", ",
                               "\"driver\": 580, ",
                               "\"dram_gbs\": [4200], ",
                               "\"sm_clock_mhz\": \"1500\", "};

const char *const kNumbers[] = {"0",      "-1",   "0.5",
                                "0.9999", "1.4",  "999999999.5",
                                "1e9",    "1e10", "9223372036854775808",
                                "1e999",  "NaN",  "\"1\""};

std::vector<std::string> corpus() {
  std::vector<std::string> paths, texts;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator at(SPAK_RATES, error), end;
       at != end && !error; at.increment(error)) {
    paths.push_back(at->path());
  }
  llvm::sort(paths);
  for (const std::string &path : paths) {
    if (auto read = llvm::MemoryBuffer::getFile(path)) {
      texts.push_back((*read)->getBuffer().str());
    }
  }
  return texts;
}

/// Another number in the place of one.
void renumber(std::string &text, Random &random) {
  constexpr llvm::StringLiteral digits = "0123456789.eE+-";
  size_t from = text.find_first_of("0123456789", random.below(text.size() + 1));
  if (from != std::string::npos) {
    size_t end = text.find_first_not_of(digits.data(), from);
    text.replace(from, std::min(end, text.size()) - from,
                 random.pick(kNumbers));
  }
}

} // namespace

TEST(RatesCorpus, HoldsTheLaws) {
  std::vector<std::string> texts = corpus();
  EXPECT_GE(texts.size(), 6u);
  for (const std::string &text : texts) {
    EXPECT_EQ(spak::fuzz::checkRates(text), "") << text;
  }
}

TEST(RatesMutations, NeitherCrashNorHangNorLie) {
  constexpr unsigned kRuns = 20000;
  std::vector<std::string> texts = corpus();
  ASSERT_FALSE(texts.empty());
  for (unsigned run = 0; run < kRuns; ++run) {
    Random random(run + 1);
    std::string text = texts[random.below(texts.size())];
    for (size_t changes = 1 + random.below(4); changes > 0; --changes) {
      if (random.below(5) == 0) {
        renumber(text, random);
      } else {
        spak::mutate(text, random, 40, kPieces);
      }
    }
    ASSERT_EQ(spak::fuzz::checkRates(text), "") << "run " << run << ":\n"
                                                << text;
  }
}

TEST(RatesMutations, TenMegabytesTakeSeconds) {
  for (const std::string part : {"[", "{\"a\":", "NaN,", "\"\\u1234"}) {
    std::string text = "{\"spak_rates\": ";
    while (text.size() < (size_t(10) << 20)) {
      text += part;
    }
    auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(spak::fuzz::checkRates(text), "") << part;
    std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    EXPECT_LT(seconds.count(), 20.0) << part;
  }
}
