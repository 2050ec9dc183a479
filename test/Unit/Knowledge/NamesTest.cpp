// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Which axis a name stands for, and when none is better than a wrong one.
#include "spak/Knowledge/Names.h"

#include "gtest/gtest.h"

using namespace spak::knowledge;

namespace {

const std::vector<std::string> kAxes = {
    "tile_m", "tile_n", "k_load_latency", "v_load_latency", "occupancy",
    "causal", "D"};

std::string meant(llvm::StringRef name) {
  std::optional<NameMatch> match = matchName(name, kAxes);
  if (!match) {
    return "none";
  }
  static constexpr const char *kHow[] = {"same ", "case ", "cut "};
  return kHow[static_cast<unsigned>(match->spelling)] + kAxes[match->index];
}

TEST(NamesTest, CaseAndSeparatorsDoNotCount) {
  EXPECT_EQ(meant("tile_m"), "same tile_m");
  EXPECT_EQ(meant("Tile_M"), "case tile_m");
  EXPECT_EQ(meant("tileM"), "case tile_m");
  EXPECT_EQ(meant("TILE_M"), "case tile_m");
  EXPECT_EQ(meant("Causal"), "case causal");
  EXPECT_EQ(meant("d"), "case D");
}

TEST(NamesTest, WordsMayBeCutOrLeftOut) {
  EXPECT_EQ(meant("K_Lat"), "cut k_load_latency");
  EXPECT_EQ(meant("k_lat"), "cut k_load_latency");
  EXPECT_EQ(meant("vLoadLat"), "cut v_load_latency");
  EXPECT_EQ(meant("occ"), "cut occupancy");
}

TEST(NamesTest, NothingIsGuessed) {
  EXPECT_EQ(meant("tile"), "none") << "could be either tile";
  EXPECT_EQ(meant("m"), "none");
  EXPECT_EQ(meant("oc"), "none") << "two letters are too few";
  EXPECT_EQ(meant("tile_q"), "none");
  EXPECT_EQ(meant("latency"), "none");
  EXPECT_EQ(meant(""), "none");
  EXPECT_EQ(meant("__"), "none");
}

TEST(NamesTest, ANameThatIsListedTwiceIsOne) {
  std::optional<NameMatch> match =
      matchName("Heads", std::vector<std::string>{"heads", "heads"});
  ASSERT_TRUE(match);
  EXPECT_EQ(match->index, 0u);
}

} // namespace
