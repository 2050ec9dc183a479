// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tests of element types and made-up contents. Seeds are fixed.
#include "Run/Arrays.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>

using namespace spak_rt;

namespace {

uint16_t bitsOf(const char *type, double value) {
  uint16_t bits = 0;
  EXPECT_TRUE(encode(*findElementType(type), value, &bits));
  return bits;
}

TEST(ElementTypes, RoundToNearestEven) {
  EXPECT_EQ(bitsOf("bf16", 1.0), 0x3f80);
  EXPECT_EQ(bitsOf("bf16", -2.0), 0xc000);
  // Halfway between 1 and 1 + 2^-7: to even, down; the next one up.
  EXPECT_EQ(bitsOf("bf16", 1 + 0x1p-8), 0x3f80);
  EXPECT_EQ(bitsOf("bf16", 1 + 3 * 0x1p-8), 0x3f82);
  EXPECT_EQ(bitsOf("bf16", 1 + 0x1p-8 + 0x1p-30), 0x3f81);
  EXPECT_EQ(bitsOf("f16", 65504), 0x7bff);
  EXPECT_EQ(bitsOf("f16", 65520), 0x7c00) << "rounds to infinity";
  EXPECT_EQ(bitsOf("f16", 0x1p-24), 0x0001) << "the least subnormal";
  EXPECT_EQ(bitsOf("f16", 0x1p-25), 0x0000);
  EXPECT_EQ(bitsOf("f16", 0x1p-14 - 0x1p-26), 0x0400) << "up into normals";
  EXPECT_EQ(bitsOf("bf16", 0.0), 0x0000);
  EXPECT_EQ(bitsOf("bf16", -0.0), 0x8000);
  EXPECT_EQ(bitsOf("bf16", -INFINITY), 0xff80);
  EXPECT_EQ(bitsOf("bf16", NAN) & 0x7fff, 0x7fc0);
}

TEST(ElementTypes, EveryFloatThatFitsComesBack) {
  for (uint32_t word = 0; word < 0x10000; ++word) {
    const uint32_t wide = word << 16; // the f32 of the same value
    float value = 0;
    std::memcpy(&value, &wide, sizeof(value));
    if (!std::isnan(value)) {
      ASSERT_EQ(bitsOf("bf16", value), word) << value;
    }
  }
}

TEST(ElementTypes, Others) {
  uint64_t bits = 0;
  EXPECT_TRUE(encode(*findElementType("f32"), 0.5, &bits));
  EXPECT_EQ(bits, 0x3f000000u);
  bits = 0;
  EXPECT_TRUE(encode(*findElementType("s32"), -7, &bits));
  EXPECT_EQ(int32_t(bits), -7);
  EXPECT_FALSE(encode(*findElementType("e4m3"), 1, &bits));
}

std::vector<double> made(const char *kind, size_t count, uint64_t seed = 3) {
  std::vector<double> values(count);
  const Status status = generate(kind, seed, 64, values);
  EXPECT_TRUE(status.ok()) << status.message;
  return values;
}

TEST(Generate, Normal) {
  const std::vector<double> values = made("normal", 20001);
  double sum = 0, square = 0;
  for (double value : values) {
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    square += value * value;
  }
  // Four deviations of the mean and of the variance for 20001 draws.
  EXPECT_NEAR(sum / 20001, 0, 0.03);
  EXPECT_NEAR(square / 20001, 1, 0.04);
  EXPECT_EQ(values, made("normal", 20001)) << "the seed decides";
  EXPECT_NE(values, made("normal", 20001, 4));
}

TEST(Generate, OtherDistributions) {
  double largest = 0;
  for (double value : made("outliers", 20000)) {
    largest = std::fmax(largest, std::fabs(value));
  }
  EXPECT_GT(largest, 15);
  for (double value : made("integers", 1000)) {
    EXPECT_EQ(value, std::floor(value));
    EXPECT_LE(std::fabs(value), 3);
  }
  const std::vector<double> rows = made("onehot", 640);
  for (size_t row = 0; row < 10; ++row) {
    double sum = 0;
    for (size_t i = 0; i < 64; ++i) {
      sum += rows[row * 64 + i];
    }
    EXPECT_EQ(sum, 1);
  }
  std::vector<double> values(3);
  EXPECT_EQ(generate("odd", 1, 1, values).message,
            "unknown distribution `odd`: expected normal, outliers, onehot or "
            "integers");
}

} // namespace
