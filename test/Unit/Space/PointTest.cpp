// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The canonical text of axis values and points.
#include "spak/Space/Point.h"

#include "gtest/gtest.h"

using namespace spak::space;

namespace {

TEST(AxisValueTest, ParsesWhatItPrints) {
  for (const char *text : {"true", "false", "128", "-4", "0.5", "1e-05", "bf16",
                           "one_per_cta", "2.0"}) {
    EXPECT_EQ(AxisValue::parse(text).text(), text);
  }
}

TEST(AxisValueTest, KindsFollowTheSpelling) {
  EXPECT_TRUE(AxisValue::parse("true").isBool());
  EXPECT_TRUE(AxisValue::parse("128").isInt());
  EXPECT_TRUE(AxisValue::parse("1e-4").isFloat());
  EXPECT_TRUE(AxisValue::parse("nan").isText());
  EXPECT_TRUE(AxisValue::parse("128x").isText());
  EXPECT_EQ(AxisValue::parse("'128'").asText(), "128");
}

TEST(AxisValueTest, AnIntegerEqualsTheSameFloat) {
  EXPECT_EQ(AxisValue(int64_t(2)), AxisValue(2.0));
  EXPECT_NE(AxisValue(int64_t(1)), AxisValue(true));
  EXPECT_NE(AxisValue(int64_t(1)), AxisValue(std::string("1")));
}

TEST(PointTest, TextKeepsTheOrderOfDeclaration) {
  Point point;
  point.set("tile_m", AxisValue(int64_t(128)));
  point.set("causal", AxisValue(true));
  point.set("tile_m", AxisValue(int64_t(64)));
  EXPECT_EQ(point.text(), "tile_m=64,causal=true");
  EXPECT_EQ(point.find("tile_m")->asInt(), 64);
  EXPECT_EQ(point.find("tile_n"), nullptr);
}

TEST(PointTest, HashIsThatOfTheText) {
  Point a, b;
  a.set("x", AxisValue(int64_t(1)));
  b.set("x", AxisValue(int64_t(2)));
  EXPECT_NE(a.hash(), b.hash());
  b.set("x", AxisValue(int64_t(1)));
  EXPECT_EQ(a.hash(), b.hash());
}

} // namespace
