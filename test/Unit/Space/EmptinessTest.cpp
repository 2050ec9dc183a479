// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Why a space is empty: smallest cores and nearest relaxations, against trying
// every set and every bound.
#include "RandomSpace.h"

#include "gtest/gtest.h"

#include <algorithm>

using namespace spak::space;
using Op = Formula::Op;

namespace {

std::optional<Count> withRules(const Space &space, unsigned mask) {
  Space part = space;
  part.rules.clear();
  for (unsigned i = 0; i < space.rules.size(); ++i) {
    if (mask >> i & 1) {
      part.rules.push_back(space.rules[i]);
    }
  }
  return Truth(part).valid.size();
}

TEST(EmptinessTest, NoSmallerSetEmptiesTheSpace) {
  unsigned seen = 0, larger = 0;
  for (unsigned seed = 0; seed < 4000; ++seed) {
    Space space = RandomSpace(seed).make();
    Counter counter(space);
    if (counter.valid() != Count(0)) {
      continue;
    }
    ++seen;
    Emptiness why = explainEmpty(counter);
    unsigned mask = 0;
    for (unsigned rule : why.core) {
      mask |= 1u << rule;
    }
    EXPECT_TRUE(why.smallest);
    EXPECT_EQ(withRules(space, mask), Count(0)) << "seed " << seed;
    for (unsigned other = 0; other < 1u << space.rules.size(); ++other) {
      if (__builtin_popcount(other) < int(why.core.size())) {
        EXPECT_NE(withRules(space, other), Count(0)) << "seed " << seed;
      }
    }
    larger += why.core.size() > 1;
  }
  EXPECT_GT(seen, 100u);
  EXPECT_GT(larger, 10u);
}

AxisDomain numbers(const char *name, std::vector<int64_t> values) {
  AxisDomain axis{name, {}};
  for (int64_t value : values) {
    axis.values.emplace_back(value);
  }
  return axis;
}

/// `a * b op bound`, or the other way round.
Rule product(const char *name, Op op, int64_t bound, bool turned = false) {
  Formula formula;
  Formula::NodeId a = formula.axis(0), b = formula.axis(1);
  Formula::NodeId left = formula.apply(Op::Mul, {a, b});
  Formula::NodeId right = formula.constant(AxisValue(bound));
  formula.apply(op, turned ? llvm::ArrayRef<Formula::NodeId>{right, left}
                           : llvm::ArrayRef<Formula::NodeId>{left, right});
  return {name, {Condition::of(formula)}};
}

Space products(std::vector<Rule> rules) {
  Space space;
  space.axes = {numbers("a", {2, 3, 4}), numbers("b", {5, 6, 7})};
  space.rules = std::move(rules);
  return space;
}

TEST(EmptinessTest, NamesTheNearestBound) {
  Emptiness why =
      explainEmpty(Counter(products({product("small", Op::Le, 9)})));
  EXPECT_EQ(why.core, std::vector<unsigned>{0});
  ASSERT_EQ(why.relaxations.size(), 1u);
  EXPECT_EQ(why.relaxations[0].side, Relaxation::Side::Left);
  EXPECT_TRUE(why.relaxations[0].upper);
  EXPECT_FALSE(why.relaxations[0].strict);
  EXPECT_EQ(why.relaxations[0].bound, 9);
  EXPECT_EQ(why.relaxations[0].needed, 10);
  EXPECT_EQ(why.relaxations[0].points, Count(1));
}

TEST(EmptinessTest, LooksAtTheBoundFromEitherSide) {
  Emptiness why = explainEmpty(
      Counter(products({product("large", Op::Lt, 28, /*turned=*/true)})));
  ASSERT_EQ(why.relaxations.size(), 1u);
  EXPECT_EQ(why.relaxations[0].side, Relaxation::Side::Right);
  EXPECT_FALSE(why.relaxations[0].upper);
  EXPECT_TRUE(why.relaxations[0].strict);
  EXPECT_EQ(why.relaxations[0].needed, 28);
}

TEST(EmptinessTest, OtherRulesStayWhereTheyAre) {
  Emptiness why = explainEmpty(Counter(products(
      {product("at most", Op::Le, 14), product("at least", Op::Ge, 16)})));
  EXPECT_EQ(why.core, (std::vector<unsigned>{0, 1}));
  ASSERT_EQ(why.relaxations.size(), 2u);
  EXPECT_EQ(why.relaxations[0].needed, 18); // 3 * 6
  EXPECT_EQ(why.relaxations[1].needed, 14); // 2 * 7
  EXPECT_EQ(why.relaxations[1].points, Count(1));
}

TEST(EmptinessTest, ADifferenceIsABoundToo) {
  // a * b <= a
  Formula formula;
  Formula::NodeId a = formula.axis(0), b = formula.axis(1);
  Formula::NodeId left = formula.apply(Op::Mul, {a, b});
  Formula::NodeId right = formula.axis(0);
  formula.apply(Op::Le, {left, right});
  Emptiness why = explainEmpty(
      Counter(products({{"difference", {Condition::of(formula)}}})));
  ASSERT_EQ(why.relaxations.size(), 1u);
  EXPECT_EQ(why.relaxations[0].side, Relaxation::Side::Both);
  EXPECT_EQ(why.relaxations[0].needed, 8); // 2 * 5 - 2
}

TEST(EmptinessTest, AnEqualityHasNoBound) {
  Emptiness why =
      explainEmpty(Counter(products({product("equal", Op::Eq, 11)})));
  EXPECT_EQ(why.core, std::vector<unsigned>{0});
  EXPECT_TRUE(why.relaxations.empty());
}

/// The value of \p formula at a point, as a number.
double valueAt(const Formula &formula, const Space &space,
               const Positions &point) {
  std::vector<uint64_t> residual;
  BoundFormula bound(formula, space.axes);
  BoundFormula::Value value = bound.evaluate(point, residual);
  EXPECT_TRUE(value.isNumber());
  return value.asFloat();
}

TEST(EmptinessTest, TheNearestValueIsThatOfTryingEveryPoint) {
  unsigned seen = 0;
  for (unsigned seed = 0; seed < 4000; ++seed) {
    Space space = RandomSpace(seed).make();
    Counter counter(space);
    if (counter.valid() != Count(0)) {
      continue;
    }
    for (const Relaxation &relaxation : explainEmpty(counter).relaxations) {
      ++seen;
      Space others = space;
      auto &conditions = others.rules[relaxation.rule].conditions;
      const Formula comparison = conditions[relaxation.condition].formula;
      conditions.erase(conditions.begin() + relaxation.condition);
      const Formula::Node &top = comparison.node(comparison.result());
      Formula left = comparison.part(top.children[0]);
      Formula right = comparison.part(top.children[1]);
      using Side = Relaxation::Side;
      Formula moving = relaxation.side == Side::Left    ? left
                       : relaxation.side == Side::Right ? right
                                                        : left.minus(right);
      std::vector<double> values;
      for (const Positions &point : Truth(others).valid) {
        values.push_back(valueAt(moving, space, point));
      }
      ASSERT_FALSE(values.empty()) << "seed " << seed;
      double nearest = relaxation.upper
                           ? *std::min_element(values.begin(), values.end())
                           : *std::max_element(values.begin(), values.end());
      EXPECT_EQ(relaxation.needed, nearest) << "seed " << seed;
      EXPECT_EQ(relaxation.points,
                Count(std::count(values.begin(), values.end(), nearest)));
    }
  }
  EXPECT_GT(seen, 50u);
}

} // namespace
