// Part of spakc. SPDX-License-Identifier: Apache-2.0
#include "spak/Simulator/Tensor.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace spak::sim;

TEST(Tensor, NewOnesArePoisonWithGuardsAround) {
  Tensor tensor = Tensor::make("X", Format::BF16, {2, 3, 5});
  EXPECT_EQ(tensor.size(), 30);
  EXPECT_EQ(tensor.unwritten(), 30);
  EXPECT_TRUE(tensor.guardsIntact());
  tensor.data[tensor.offset({1, 2, 4}) + 1] = 0; // The gap after a row.
  EXPECT_FALSE(tensor.guardsIntact());
}

TEST(Tensor, AnOrdinaryNanIsNotPoison) {
  EXPECT_FALSE(Tensor::isPoison(std::nan("")));
  EXPECT_TRUE(Tensor::isPoison(Tensor::poison()));
}

TEST(Tensor, MemoryOrderChangesPlacesNotElements) {
  Tensor a = Tensor::make("X", Format::F16, {2, 3, 4, 8});
  Tensor b =
      Tensor::make("X", Format::F16, {2, 3, 4, 8}, MemoryOrder::InnerSwapped);
  EXPECT_NE(a.strides, b.strides);
  EXPECT_EQ(b.strides.back(), 1);
  fill(a, InputKind::Normal, 5);
  fill(b, InputKind::Normal, 5);
  EXPECT_EQ(a.dense(), b.dense());
  EXPECT_TRUE(a.guardsIntact());
  EXPECT_TRUE(b.guardsIntact());
}

TEST(Tensor, EmptyOnesHaveNoElements) {
  Tensor tensor = Tensor::make("X", Format::F32, {2, 0, 4});
  fill(tensor, InputKind::Normal, 1);
  EXPECT_TRUE(tensor.dense().empty());
  EXPECT_TRUE(tensor.guardsIntact());
}

TEST(Inputs, SeedsAndNamesMakeTheDifference) {
  auto make = [](llvm::StringRef name, uint64_t seed) {
    Tensor tensor = Tensor::make(name, Format::F32, {64});
    fill(tensor, InputKind::Normal, seed);
    return tensor.dense();
  };
  EXPECT_EQ(make("Q", 1), make("Q", 1));
  EXPECT_NE(make("Q", 1), make("Q", 2));
  EXPECT_NE(make("Q", 1), make("K", 1));
}

TEST(Inputs, NormalHasMeanZeroAndDeviationOne) {
  Tensor tensor = Tensor::make("X", Format::BF16, {100000});
  fill(tensor, InputKind::Normal, 3);
  double sum = 0, squares = 0;
  for (double x : tensor.dense()) {
    sum += x;
    squares += x * x;
    ASSERT_EQ(roundTo(Format::BF16, x), x);
  }
  EXPECT_NEAR(sum / 1e5, 0, 0.02); // Six deviations of the mean.
  EXPECT_NEAR(squares / 1e5, 1, 0.03);
}

TEST(Inputs, OutliersAreFewAndLarge) {
  Tensor tensor = Tensor::make("X", Format::F16, {100000});
  fill(tensor, InputKind::Outliers, 3);
  int large = 0;
  for (double x : tensor.dense()) {
    large += std::fabs(x) > 6;
  }
  EXPECT_GT(large, 300);
  EXPECT_LT(large, 1200);
}

TEST(Inputs, OneHotRowsMatchOnlyThemselves) {
  Tensor q = Tensor::make("Q", Format::BF16, {257, 64});
  Tensor k = Tensor::make("K", Format::BF16, {257, 64});
  fill(q, InputKind::OneHot, 9);
  fill(k, InputKind::OneHot, 9);
  std::vector<double> a = q.dense(), b = k.dense();
  for (int i = 0; i < 257; ++i) {
    for (int j = 0; j < 257; ++j) {
      double product = 0;
      for (int d = 0; d < 64; ++d) {
        product += a[i * 64 + d] * b[j * 64 + d];
      }
      // After a scale of 1/8 the others are more than 100 below: exp of that
      // is nothing beside 1.
      if (i == j) {
        ASSERT_EQ(product, 64 * 64);
      } else {
        ASSERT_LT(product / 8, 512 - 100);
      }
    }
  }
}

TEST(Inputs, KindsHaveNames) {
  for (InputKind kind : allInputKinds()) {
    EXPECT_EQ(parseInputKind(inputKindName(kind)), kind);
  }
  EXPECT_FALSE(parseInputKind("zeros"));
}
