// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Partial evaluation: what is decided early stays, and equal residuals mean
// equal completions.
#include "RandomSpace.h"

#include "gtest/gtest.h"

#include <map>

using namespace spak::space;
using Kind = BoundFormula::Kind;

namespace {

TEST(FormulaTest, APrefixSaysWhatItsCompletionsSay) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Space space = RandomSpace(seed).make();
    for (const Rule &rule : space.rules) {
      const Formula &formula = rule.conditions.front().formula;
      BoundFormula bound(formula, space.axes);
      // The first half of the axes is fixed, then the others.
      size_t half = space.axes.size() / 2;
      std::map<std::vector<uint64_t>, std::vector<int64_t>> completions;
      Positions prefix(space.axes.size(), BoundFormula::kFree);
      std::function<void(size_t, size_t, std::function<void()>)> each =
          [&](size_t axis, size_t end, std::function<void()> then) {
            if (axis == end) {
              then();
              return;
            }
            for (uint32_t v = 0; v < space.axes[axis].values.size(); ++v) {
              prefix[axis] = v;
              each(axis + 1, end, then);
            }
            prefix[axis] = BoundFormula::kFree;
          };
      each(0, half, [&] {
        std::vector<uint64_t> residual, none;
        BoundFormula::Value early = bound.evaluate(prefix, residual);
        std::vector<int64_t> results;
        each(half, space.axes.size(), [&] {
          BoundFormula::Value late = bound.evaluate(prefix, none);
          ASSERT_NE(late.kind, Kind::Open);
          EXPECT_TRUE(none.empty());
          results.push_back(late.kind == Kind::Bool ? late.i : -1);
          if (early.kind != Kind::Open) {
            EXPECT_EQ(early.kind, late.kind);
            EXPECT_TRUE(early.kind == Kind::Undefined || early.i == late.i);
          }
        });
        if (early.kind == Kind::Open) {
          auto [place, added] = completions.try_emplace(residual, results);
          EXPECT_TRUE(added || place->second == results) << "seed " << seed;
        } else {
          EXPECT_TRUE(residual.empty());
        }
      });
    }
  }
}

TEST(FormulaTest, ADecidedSideEndsTheMatter) {
  Space space;
  space.axes = {{"a", {AxisValue(int64_t(0)), AxisValue(int64_t(1))}},
                {"b", {AxisValue(int64_t(0)), AxisValue(int64_t(1))}}};
  // a == 0 or 1 / b == 1
  Formula formula;
  Formula::NodeId zero = formula.constant(AxisValue(int64_t(0)));
  Formula::NodeId one = formula.constant(AxisValue(int64_t(1)));
  Formula::NodeId first =
      formula.apply(Formula::Op::Eq, {formula.axis(0), zero});
  Formula::NodeId ratio =
      formula.apply(Formula::Op::Div, {one, formula.axis(1)});
  Formula::NodeId second = formula.apply(Formula::Op::Eq, {ratio, one});
  formula.apply(Formula::Op::Or, {first, second});
  BoundFormula bound(formula, space.axes);
  std::vector<uint64_t> residual;
  EXPECT_EQ(bound.evaluate({0, BoundFormula::kFree}, residual).kind,
            Kind::Bool);
  EXPECT_EQ(bound.evaluate({1, BoundFormula::kFree}, residual).kind,
            Kind::Open);
  EXPECT_EQ(bound.evaluate({1, 0}, residual).kind, Kind::Undefined);
  EXPECT_EQ(formula.scope(), (std::vector<unsigned>{0, 1}));
}

TEST(FormulaTest, ValuesOfTwoKindsAreNeverTakenForEachOther) {
  Space space;
  space.axes = {
      {"a",
       {AxisValue(int64_t(1)), AxisValue(true), AxisValue(std::string("x"))}},
      {"b", {AxisValue(int64_t(1)), AxisValue(true)}}};
  Formula formula;
  Formula::NodeId a = formula.axis(0), b = formula.axis(1);
  formula.apply(Formula::Op::Eq, {a, b});
  BoundFormula bound(formula, space.axes);
  std::vector<uint64_t> number, truth;
  bound.evaluate({0, BoundFormula::kFree}, number);
  bound.evaluate({1, BoundFormula::kFree}, truth);
  EXPECT_NE(number, truth);
  space.rules.push_back({"equal", {Condition::of(formula)}});
  EXPECT_EQ(Counter(space).valid(), Count(2));
}

} // namespace
