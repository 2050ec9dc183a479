// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Counts, numbers, samples and neighbours, against trying every point.
#include "RandomSpace.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <map>
#include <set>

using namespace spak::space;

namespace {

/// Everything that a counter says about \p space is what \p truth says.
void expectTruth(const Space &space, const Truth &truth, Effort effort,
                 unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Counter counter(space, effort);
  ASSERT_TRUE(counter.valid());
  EXPECT_EQ(text(*counter.valid()), std::to_string(truth.valid.size()));
  EXPECT_EQ(counter.undefined().has_value(), truth.undefined);
  if (std::optional<Undefined> undefined = counter.undefined()) {
    EXPECT_EQ(
        Truth::holds(space, space.rules[undefined->rule], undefined->point),
        std::nullopt);
  }
  Census census = takeCensus(counter);
  EXPECT_EQ(census.raw, truth.raw);
  Count sum = *census.valid;
  for (size_t i = 0; i < space.rules.size(); ++i) {
    EXPECT_EQ(*census.cuts[i], truth.cuts[i]);
    EXPECT_EQ(*census.alone[i], truth.alone[i]);
    EXPECT_EQ(*census.only[i], truth.only[i]);
    sum += *census.cuts[i];
  }
  EXPECT_EQ(sum, truth.raw);

  // The reason of every single point.
  std::vector<Count> broken(space.rules.size());
  for (const Positions &point : Truth(Space{space.axes, {}}).valid) {
    if (std::optional<unsigned> rule = counter.brokenRule(point)) {
      ++broken[*rule];
    }
  }
  EXPECT_EQ(broken, truth.cuts);

  // Numbers: every valid point has one, and it leads back.
  std::set<Positions> expected(truth.valid.begin(), truth.valid.end());
  std::set<Positions> walked;
  Count next = 0;
  counter.forEach(0, [&](llvm::ArrayRef<uint32_t> point) {
    walked.insert(point.vec());
    EXPECT_EQ(counter.indexOf(point), next);
    EXPECT_EQ(counter.at(next), point.vec());
    ++next;
    return true;
  });
  EXPECT_EQ(walked, expected);
  EXPECT_EQ(counter.firstDeclared(),
            truth.valid.empty() ? std::nullopt
                                : std::optional<Positions>(truth.valid[0]));
  if (truth.valid.size() > 3) {
    Positions third;
    counter.forEach(3, [&](llvm::ArrayRef<uint32_t> point) {
      third = point.vec();
      return false;
    });
    EXPECT_EQ(counter.indexOf(third), Count(3));
  }
}

TEST(CounterTest, AgreesWithTryingEveryPoint) {
  unsigned empty = 0, full = 0, undefined = 0;
  for (unsigned seed = 0; seed < 700; ++seed) {
    Space space = RandomSpace(seed).make();
    Truth truth(space);
    expectTruth(space, truth, Effort(), seed);
    empty += truth.valid.empty();
    full += truth.valid.size() > 1;
    undefined += truth.undefined;
  }
  // The spaces are of every kind.
  EXPECT_GT(empty, 20u);
  EXPECT_GT(full, 100u);
  EXPECT_GT(undefined, 20u);
}

TEST(CounterTest, AgreesWhereTheGraphEndsEarly) {
  for (unsigned seed = 0; seed < 150; ++seed) {
    Space space = RandomSpace(seed).make();
    Truth truth(space);
    for (size_t edges : {0, 4, 20, 60}) {
      Effort effort;
      effort.edges = edges;
      expectTruth(space, truth, effort, seed);
    }
  }
}

TEST(CounterTest, AgreesWhereConditionsHaveNoTable) {
  for (unsigned seed = 0; seed < 150; ++seed) {
    Space space = RandomSpace(seed).make();
    Truth truth(space);
    for (uint64_t diagrams : {0, 40, 200}) {
      Effort effort;
      effort.diagrams = diagrams;
      expectTruth(space, truth, effort, seed);
      effort.edges = 100;
      expectTruth(space, truth, effort, seed);
    }
  }
}

TEST(CounterTest, SaysWhenTheEffortDoesNotSuffice) {
  Space space;
  Formula sum;
  Formula::NodeId node = sum.constant(AxisValue(int64_t(0)));
  for (unsigned i = 0; i < 6; ++i) {
    AxisDomain axis{std::string(1, char('a' + i)), {}};
    for (int64_t v = 0; v < 10; ++v) {
      axis.values.emplace_back(v);
    }
    space.axes.push_back(axis);
    Formula::NodeId read = sum.axis(i);
    node = sum.apply(Formula::Op::Add, {node, read});
  }
  Formula::NodeId bound = sum.constant(AxisValue(int64_t(20)));
  sum.apply(Formula::Op::Le, {node, bound});
  space.rules.push_back({"sum", {Condition::of(sum)}});
  Effort little;
  little.edges = 10;
  little.steps = 1000;
  Counter counter(space, little);
  EXPECT_EQ(counter.valid(), std::nullopt);
  EXPECT_TRUE(counter.sample(3, 1).empty());
  EXPECT_EQ(counter.indexOf({0, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_TRUE(counter.contains({0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(counter.contains({9, 9, 9, 0, 0, 0}));
  EXPECT_TRUE(counter.marginals().empty());
  EXPECT_EQ(counter.firstDeclared(), Positions(6, 0));
  EXPECT_TRUE(Counter(space).valid());
}

TEST(CounterTest, CountsPerValueAreThoseOfThePoints) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Space space = RandomSpace(seed).make();
    Truth truth(space);
    std::vector<std::vector<Count>> expected;
    for (const AxisDomain &axis : space.axes) {
      expected.emplace_back(axis.values.size(), 0);
    }
    for (const Positions &point : truth.valid) {
      for (size_t axis = 0; axis < point.size(); ++axis) {
        ++expected[axis][point[axis]];
      }
    }
    EXPECT_EQ(Counter(space).marginals(), expected) << "seed " << seed;
  }
}

TEST(CounterTest, NeighboursDifferInOneAxisAndAreValid) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Space space = RandomSpace(seed).make();
    Truth truth(space);
    Counter counter(space);
    if (truth.valid.empty()) {
      continue;
    }
    const Positions &point = truth.valid[seed % truth.valid.size()];
    std::set<Positions> expected;
    for (const Positions &other : truth.valid) {
      unsigned differing = 0;
      for (size_t axis = 0; axis < point.size(); ++axis) {
        differing += point[axis] != other[axis];
      }
      if (differing == 1) {
        expected.insert(other);
      }
    }
    std::vector<Positions> found = counter.neighbours(point);
    EXPECT_EQ(std::set<Positions>(found.begin(), found.end()), expected);
    EXPECT_EQ(found.size(), expected.size());
  }
}

TEST(CounterTest, SamplesAreDistinctReproducibleAndUniform) {
  Space space;
  space.axes = {{"a", {AxisValue(int64_t(0)), AxisValue(int64_t(1))}},
                {"b", {}}};
  for (int64_t v = 0; v < 10; ++v) {
    space.axes[1].values.emplace_back(v);
  }
  Counter counter(space);
  std::vector<Count> sample = counter.sample(5, 7);
  EXPECT_EQ(sample, counter.sample(5, 7));
  EXPECT_NE(sample, counter.sample(5, 8));
  EXPECT_EQ(std::set<Count>(sample.begin(), sample.end()).size(), 5u);
  EXPECT_EQ(counter.sample(100, 1).size(), 20u);

  // Each of 20 points is in a sample of 5 with probability 1/4: over 4000
  // samples 1000 times, standard deviation 27. Five of them on either side.
  std::vector<unsigned> hits(20), first(20);
  for (uint64_t seed = 0; seed < 4000; ++seed) {
    std::vector<Count> drawn = counter.sample(5, seed);
    ++first[static_cast<size_t>(drawn.front())];
    for (Count number : drawn) {
      ++hits[static_cast<size_t>(number)];
    }
  }
  for (unsigned hit : hits) {
    EXPECT_NEAR(hit, 1000, 137);
  }
  // And comes first in 200 of them, standard deviation 14.
  for (unsigned hit : first) {
    EXPECT_NEAR(hit, 200, 70);
  }
}

TEST(CounterTest, CountsPastSixtyFourBits) {
  Space space;
  for (unsigned i = 0; i < 24; ++i) {
    AxisDomain axis{"a" + std::to_string(i), {}};
    for (int64_t v = 0; v < 32; ++v) {
      axis.values.emplace_back(v);
    }
    space.axes.push_back(axis);
  }
  Counter counter(space);
  EXPECT_EQ(text(*counter.valid()), "1329227995784915872903807060280344576");
  Count last = *counter.valid() - 1;
  EXPECT_EQ(counter.at(last), Positions(24, 31));
  EXPECT_EQ(counter.indexOf(Positions(24, 31)), last);
  space.axes.push_back(space.axes.front());
  space.axes.push_back(space.axes.front());
  EXPECT_EQ(rawCount(space.axes), std::nullopt);
}

TEST(CounterTest, ASpaceWithoutAxesHasOnePoint) {
  EXPECT_EQ(Counter(Space()).valid(), Count(1));
  Space never;
  Formula no;
  no.constant(AxisValue(false));
  never.rules.push_back({"never", {Condition::of(no)}});
  EXPECT_EQ(Counter(never).valid(), Count(0));
}

TEST(CounterTest, IndependentAxesAreComponents) {
  Space space;
  for (const char *name : {"a", "b", "c", "d", "e"}) {
    space.axes.push_back(
        {name, {AxisValue(int64_t(1)), AxisValue(int64_t(2))}});
  }
  auto equal = [](unsigned x, unsigned y) {
    Formula formula;
    Formula::NodeId a = formula.axis(x), b = formula.axis(y);
    formula.apply(Formula::Op::Eq, {a, b});
    return Rule{"equal", {Condition::of(formula)}};
  };
  space.rules = {equal(0, 3), equal(1, 4)};
  Counter counter(space);
  ASSERT_EQ(counter.components().size(), 3u);
  EXPECT_EQ(counter.components()[0], (std::vector<unsigned>{0, 3}));
  EXPECT_EQ(counter.components()[1], (std::vector<unsigned>{1, 4}));
  EXPECT_EQ(counter.components()[2], (std::vector<unsigned>{2}));
  EXPECT_EQ(counter.valid(), Count(8));
}

TEST(CounterTest, PointsAndPositionsLeadToEachOther) {
  Space space = RandomSpace(3).make();
  Positions last;
  for (const AxisDomain &axis : space.axes) {
    last.push_back(axis.values.size() - 1);
  }
  Point point = pointAt(space.axes, last);
  std::optional<Positions> back = positionsOf(space.axes, point);
  ASSERT_TRUE(back);
  EXPECT_EQ(pointAt(space.axes, *back), point);
  EXPECT_EQ(positionsOf(space.axes, Point()), std::nullopt);
}

} // namespace
