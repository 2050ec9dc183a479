// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Evaluation, text and coverage of layouts.
#include "spak/Layout/Layout.h"

#include "gtest/gtest.h"

using namespace spak::layout;

namespace {

constexpr const char *kAcc =
    "<reg = [2:n, 2:m*8, 22:n*8], lane = [4:n*2, 8:m], warp = [4:m*16], "
    "group = [2:m*64]>";

Layout read(llvm::StringRef text) {
  std::string error;
  std::optional<Layout> layout = Layout::parse(text, &error);
  EXPECT_TRUE(layout) << error;
  return layout.value_or(Layout());
}

TEST(Layout, PrintsWhatItReads) {
  for (const char *text :
       {kAcc, "<off = [64:d, 128:n, 2:d*64], swizzle = [3, 4, 3]>",
        "<reg = [2:m*8], lane = [4:partial, 8:m], warp = [4:m*16]>"}) {
    EXPECT_EQ(read(text).str(), text);
  }
}

TEST(Layout, SaysWhatItExpected) {
  std::string error;
  EXPECT_FALSE(Layout::parse("<thread = [4:n]>", &error));
  EXPECT_EQ(error,
            "expected reg, lane, warp, group, off or swizzle, got `thread`");
  EXPECT_FALSE(Layout::parse("<reg = [x:n]>", &error));
  EXPECT_EQ(error, "expected a number");
}

TEST(Layout, EvaluatesTheExampleOfTheHeader) {
  Layout layout = read("<reg = [2:n, 2:m*8], lane = [4:n*2, 8:m]>");
  EXPECT_EQ(layout.coordinates({3, 5, 0, 0}),
            (Coordinates{{"m", 9}, {"n", 3}}));
}

TEST(Layout, EvaluatesAnAccumulator) {
  // d[i] of a lane: row 16 warp + lane / 4 + 8 (i / 2 % 2), column
  // 8 (i / 4) + 2 (lane % 4) + i % 2.
  Layout layout = read(kAcc);
  for (int64_t i = 0; i < 88; ++i) {
    for (int64_t lane = 0; lane < 32; ++lane) {
      Coordinates at = layout.coordinates({i, lane, 3, 1});
      EXPECT_EQ(at["m"], 64 + 48 + lane / 4 + 8 * (i / 2 % 2));
      EXPECT_EQ(at["n"], 8 * (i / 4) + 2 * (lane % 4) + i % 2);
    }
  }
  EXPECT_EQ(layout.registers(), 88);
  EXPECT_EQ(layout.threads(), 256);
}

TEST(Layout, CoversEachElementOnce) {
  Layout layout = read(kAcc);
  EXPECT_EQ(layout.checkCovers({{"m", 128}, {"n", 176}}), "");
  EXPECT_NE(layout.checkCovers({{"m", 128}, {"n", 128}}), "");
  EXPECT_NE(layout.checkCovers({{"m", 128}}), "");
  // A coordinate in no place, and in two.
  EXPECT_NE(read("<reg = [2:n*2]>").checkCovers({{"n", 2}}), "");
  EXPECT_NE(read("<reg = [2:n, 2:n]>").checkCovers({{"n", 4}}), "");
  // The shared dimension stands alone.
  EXPECT_NE(read("<reg = [2:n], off = [2:n*2]>").checkCovers({{"n", 4}}), "");
}

TEST(Layout, DropsAnAxis) {
  Layout layout = read(kAcc);
  EXPECT_EQ(layout.dropAxis("n", kPartial).str(),
            "<reg = [2:m*8], lane = [4:partial, 8:m], warp = [4:m*16], group "
            "= [2:m*64]>");
  EXPECT_EQ(layout.dropAxis("m", kRep).str(),
            "<reg = [2:n, 22:n*8], lane = [4:n*2, 8:rep], warp = [4:rep], "
            "group = [2:rep]>");
  EXPECT_FALSE(layout.dropAxis("n", kPartial).combined().hasPartial());
}

TEST(Layout, ComparesRegisters) {
  Layout a = read("<reg = [2:n, 2:m*8, 4:n*8], lane = [4:n*2, 8:m]>");
  Layout b = read("<reg = [2:n, 2:m*8, 2:n*8, 2:n*16], lane = [4:n*2, 8:m]>");
  Layout c = read("<reg = [2:n, 2:n*8, 2:m*8, 2:n*16], lane = [4:n*2, 8:m]>");
  EXPECT_TRUE(a.sameRegisters(b));
  EXPECT_FALSE(a.sameRegisters(c));
}

TEST(Layout, SwizzlesBytes) {
  Layout layout = read("<off = [64:d, 128:n, 2:d*64], swizzle = [3, 4, 3]>");
  // Row 5, element 8 of the second slab: chunk 1 xor row 5 = chunk 4.
  EXPECT_EQ(layout.elementOffset({{"n", 5}, {"d", 72}}), 128 * 64 + 5 * 64 + 8);
  EXPECT_EQ(layout.byteOffset({{"n", 5}, {"d", 72}}, 2),
            128 * 128 + 5 * 128 + 4 * 16);
}

} // namespace
