// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Which facts are about a target, and which of two is believed.
#include "spak/Knowledge/Facts.h"

#include "gtest/gtest.h"

using namespace spak;
using namespace spak::knowledge;

namespace {

FactTarget h200() {
  FactTarget target;
  target.device = device::findByName("NVIDIA H200");
  return target;
}

/// `a` before `b` is 1, the other way round -1, equals 0; with the reason.
std::pair<int, std::string> order(const FactScope &a, const FactScope &b,
                                  const FactTarget &target) {
  std::string why;
  Nearness nearA = nearness(a, target), nearB = nearness(b, target);
  bool before = precedes(a, nearA, b, nearB, &why);
  bool after = precedes(b, nearB, a, nearA, &why);
  EXPECT_FALSE(before && after);
  return {before - after, why};
}

TEST(FactsTest, OtherArchitecturesDoNotApply) {
  FactScope scope;
  scope.arch = "sm_89";
  EXPECT_FALSE(nearness(scope, h200()).applies);
  EXPECT_EQ(nearness(scope, h200()).why,
            "it is about sm_89, the target is sm_90a");
  scope.arch = "sm_90a";
  EXPECT_TRUE(nearness(scope, h200()).applies);
}

TEST(FactsTest, AnotherDeviceOfTheArchitectureStandsBack) {
  FactScope same, other, unknown;
  same.device = "H200";
  other.device = "NVIDIA H100 80GB HBM3";
  unknown.device = "NVIDIA GeForce RTX 5070";
  EXPECT_EQ(nearness(same, h200()).device, 0u);
  EXPECT_EQ(nearness(other, h200()).device, 1u);
  EXPECT_TRUE(nearness(other, h200()).applies);
  EXPECT_FALSE(nearness(unknown, h200()).applies);
  other.date = "2026-11-11";
  EXPECT_EQ(order(same, other, h200()),
            std::pair(1, std::string("about this device")));
}

TEST(FactsTest, NewerThenMoreConfident) {
  FactScope a, b;
  a.date = "2026-06-01";
  b.date = "2026-05-31";
  b.confidence = 1.0;
  a.confidence = 0.1;
  EXPECT_EQ(order(a, b, h200()),
            std::pair(1, std::string("newer: 2026-06-01 against 2026-05-31")));
  b.date = a.date;
  EXPECT_EQ(order(a, b, h200()),
            std::pair(-1, std::string("more confident: 1 against 0.1")));
  b.confidence = a.confidence;
  EXPECT_EQ(order(a, b, h200()).first, 0);
  b.date = "";
  EXPECT_EQ(order(a, b, h200()),
            std::pair(1, std::string("newer: 2026-06-01 against no date")));
}

TEST(FactsTest, ShapeAndToolkit) {
  FactTarget target = h200();
  target.shape["M"] = 8192;
  FactScope there, elsewhere;
  there.shape = parseShape("M = 8192, N=64");
  elsewhere.shape = parseShape("M=128");
  EXPECT_EQ(there.shape.size(), 2u);
  EXPECT_EQ(order(there, elsewhere, target),
            std::pair(1, std::string("nearer to this shape")));
  EXPECT_EQ(order(there, elsewhere, h200()).first, 0) << "no shape was given";
  target.toolkit = "13.0";
  FactScope old = there;
  old.toolkit = "12.4";
  EXPECT_EQ(order(there, old, target),
            std::pair(1, std::string("about this toolkit")));
  EXPECT_TRUE(parseShape("1024 to 4096, many").empty());
}

} // namespace
