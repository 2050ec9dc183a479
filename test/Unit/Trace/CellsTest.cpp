// Part of spakc. SPDX-License-Identifier: Apache-2.0
#include "Cells.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace spak;
using namespace spak::trace;

namespace {

Measurement at(int64_t tileM, int64_t tileN, double ms) {
  Measurement m;
  m.configuration.emplace("tile_m", space::AxisValue(tileM));
  m.configuration.emplace("tile_n", space::AxisValue(tileN));
  m.figures["time_ms"] = ms;
  m.spread = 0.01;
  return m;
}

struct Set {
  std::vector<Measurement> all;
  std::vector<Cell> cells;
  std::vector<const Cell *> view;

  explicit Set(std::vector<Measurement> measurements)
      : all(std::move(measurements)) {
    std::vector<const Measurement *> pointers;
    for (const Measurement &m : all) {
      pointers.push_back(&m);
    }
    cells = cellsOf(pointers);
    for (const Cell &cell : cells) {
      view.push_back(&cell);
    }
  }

  std::optional<PairEffect> effect(int64_t value, int64_t against) {
    return pairEffect(view, {"time_ms", false}, "tile_m",
                      space::AxisValue(value), space::AxisValue(against));
  }
};

} // namespace

TEST(Cells, RepeatsAreOneCellWithTheMedian) {
  Set set({at(64, 64, 1.0), at(64, 64, 3.0), at(64, 64, 1.2), at(64, 128, 9)});
  ASSERT_EQ(set.cells.size(), 2u);
  const Cell &cell =
      set.cells[0].parts.size() == 3 ? set.cells[0] : set.cells[1];
  EXPECT_EQ(cell.merged.figure("time_ms"), 1.2);
  EXPECT_EQ(cell.merged.samples, 3);
}

TEST(Pairs, HalvingIsSeenOverPairsThatAgreeInTheRest) {
  Set set({at(64, 64, 1), at(128, 64, 2), at(64, 128, 3), at(128, 128, 6.3),
           at(128, 256, 100)});
  std::optional<PairEffect> effect = set.effect(128, 64);
  ASSERT_TRUE(effect);
  EXPECT_EQ(effect->pairs, 2u);
  EXPECT_NEAR(effect->ratio, 0.488, 0.001);
  EXPECT_TRUE(effect->isClear);
  EXPECT_FALSE(set.effect(128, 32));
}

TEST(Pairs, NoiseIsNotClear) {
  Set set(
      {at(64, 64, 1), at(128, 64, 1.02), at(64, 128, 3), at(128, 128, 2.9)});
  std::optional<PairEffect> effect = set.effect(128, 64);
  ASSERT_TRUE(effect);
  EXPECT_FALSE(effect->isClear);
  EXPECT_LT(effect->low, 1);
  EXPECT_GT(effect->high, 1);
}

TEST(Pairs, TheIntervalIsStudents) {
  // Logs -0.1, -0.2, -0.3: mean -0.2, deviation 0.1, t(2) = 4.303.
  Set set({at(64, 1, 1), at(128, 1, std::exp(0.1)), at(64, 2, 1),
           at(128, 2, std::exp(0.2)), at(64, 3, 1), at(128, 3, std::exp(0.3))});
  std::optional<PairEffect> effect = set.effect(128, 64);
  ASSERT_TRUE(effect);
  double half = 4.303 * 0.1 / std::sqrt(3.0);
  EXPECT_NEAR(std::log(effect->low), -0.2 - half, 1e-9);
  EXPECT_NEAR(std::log(effect->high), -0.2 + half, 1e-9);
}

TEST(Rank, TheFigureIsOneThatAllHave) {
  Set set({at(64, 64, 1), at(128, 64, 2)});
  EXPECT_EQ(rankFigure(set.view)->name, "time_ms");
  EXPECT_FALSE(rankFigure({}));
}
