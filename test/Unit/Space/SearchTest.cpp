// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The walk over constrained spaces.
#include "spak/Space/Search.h"

#include "gtest/gtest.h"

using namespace spak::space;

namespace {

AxisDomain axis(const char *name, std::vector<int64_t> values) {
  AxisDomain domain{name, {}};
  for (int64_t value : values) {
    domain.values.emplace_back(value);
  }
  return domain;
}

int64_t at(const Point &point, const char *name) {
  return point.find(name)->asInt();
}

std::vector<std::string> pointsOf(const std::vector<AxisDomain> &axes,
                                  const std::vector<PointConstraint> &rules) {
  std::vector<std::string> texts;
  forEachPoint(axes, rules, [&](const Point &point) {
    texts.push_back(point.text());
    return true;
  });
  return texts;
}

TEST(SearchTest, WalksInTheOrderOfTheLists) {
  std::vector<std::string> expected = {"a=2,b=5", "a=2,b=4", "a=1,b=5",
                                       "a=1,b=4"};
  EXPECT_EQ(pointsOf({axis("a", {2, 1}), axis("b", {5, 4})}, {}), expected);
}

TEST(SearchTest, AConstraintIsTriedAsSoonAsItCanBe) {
  unsigned calls = 0;
  PointConstraint rule{"a is 1", {0}, [&](const Point &point) {
                         ++calls;
                         return at(point, "a") == 1;
                       }};
  EXPECT_EQ(pointsOf({axis("a", {0, 1}), axis("b", {0, 1, 2})}, {rule}).size(),
            3u);
  EXPECT_EQ(calls, 2u);
}

TEST(SearchTest, StopsWhenTheVisitorSaysSo) {
  unsigned seen = 0;
  forEachPoint({axis("a", {0, 1, 2})}, {},
               [&](const Point &) { return ++seen < 2; });
  EXPECT_EQ(seen, 2u);
}

TEST(SearchTest, ASpaceWithoutAxesHasOnePoint) {
  EXPECT_EQ(pointsOf({}, {}).size(), 1u);
  PointConstraint never{"never", {}, [](const Point &) { return false; }};
  EXPECT_EQ(pointsOf({}, {never}).size(), 0u);
}

TEST(SearchTest, NamesTheConstraintThatEmptiesTheSpace) {
  std::vector<AxisDomain> axes = {axis("a", {1, 2, 3})};
  PointConstraint odd{
      "odd", {0}, [](const Point &point) { return at(point, "a") % 2 == 1; }};
  PointConstraint two{
      "two", {0}, [](const Point &point) { return at(point, "a") == 2; }};
  EXPECT_EQ(emptyingConstraint(axes, {odd, two}), 1u);
  EXPECT_EQ(emptyingConstraint(axes, {two, odd}), 1u);
  EXPECT_EQ(emptyingConstraint(axes, {odd}), std::nullopt);
}

} // namespace
