// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tests of element types, made-up contents, .npy files and the two-sided
// rule. Seeds are fixed.
#include "Check/Arrays.h"
#include "Check/TwoSided.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstdio>
#include <unistd.h>

using namespace spak_rt;

namespace {

double rounded(const char *type, double value) {
  uint64_t bits = 0;
  double result = 0;
  EXPECT_TRUE(encode(*findElementType(type), value, &bits));
  EXPECT_TRUE(decode(*findElementType(type), &bits, result));
  return result;
}

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
  EXPECT_TRUE(std::isnan(rounded("bf16", NAN)));
}

TEST(ElementTypes, EveryValueOf16BitsComesBack) {
  for (const char *type : {"bf16", "f16"}) {
    for (unsigned word = 0; word < 0x10000; ++word) {
      const auto bits = uint16_t(word);
      double value = 0;
      ASSERT_TRUE(decode(*findElementType(type), &bits, value));
      if (!std::isnan(value)) {
        ASSERT_EQ(bitsOf(type, value), bits) << type << " " << value;
      }
    }
  }
}

TEST(ElementTypes, Others) {
  EXPECT_EQ(rounded("f32", 0.1), double(0.1f));
  EXPECT_EQ(rounded("s32", -7), -7);
  EXPECT_EQ(rounded("s64", 1e15), 1e15);
  uint64_t bits = 0;
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

TEST(Npy, ComesBack) {
  const std::string path =
      testing::TempDir() + "/spak-npy-" + std::to_string(getpid());
  const std::vector<double> values = made("normal", 24);
  for (std::vector<int64_t> shape :
       {std::vector<int64_t>{2, 3, 4}, {24}, {24, 1}}) {
    ASSERT_TRUE(writeNpy(path, shape, values).ok());
    std::vector<int64_t> shapeBack;
    std::vector<double> back;
    const Status status = readNpy(path, shapeBack, back);
    ASSERT_TRUE(status.ok()) << status.message;
    EXPECT_EQ(shapeBack, shape);
    EXPECT_EQ(back, values);
  }
  std::FILE *file = std::fopen(path.c_str(), "wb");
  std::fputs("nothing", file);
  std::fclose(file);
  std::vector<int64_t> shape;
  std::vector<double> back;
  EXPECT_EQ(readNpy(path, shape, back).message,
            "`" + path + "`: not an .npy file");
  std::remove(path.c_str());
}

/// ref, and a result with relative errors of about `error`.
struct Sample {
  explicit Sample(double error) {
    ref = made("normal", 4096);
    out = ref;
    standard = ref;
    const std::vector<double> noise = made("normal", 4096, 9);
    for (size_t i = 0; i < ref.size(); ++i) {
      out[i] += error * noise[i];
      standard[i] += 1e-3 * noise[4095 - i];
    }
  }
  Verdict judged() const { return judge(out, ref, standard, 64, 5e-3); }
  std::vector<double> ref, out, standard;
};

TEST(TwoSided, PassesWhatIsAsGoodAsThePlainResult) {
  EXPECT_EQ(Sample(1e-3).judged().reasons, "");
}

TEST(TwoSided, FailsWhatIsThreeTimesWorse) {
  const std::string reasons = Sample(3e-3).judged().reasons;
  EXPECT_NE(reasons.find("max_error"), std::string::npos) << reasons;
  EXPECT_NE(reasons.find("mean_error"), std::string::npos) << reasons;
}

TEST(TwoSided, FailsOneWrongRow) {
  Sample sample(1e-4);
  for (size_t i = 640; i < 704; ++i) {
    sample.out[i] *= 1.05; // far below a fixed tolerance on the whole
  }
  const std::string reasons = sample.judged().reasons;
  EXPECT_NE(reasons.find("worst_row_l2"), std::string::npos) << reasons;
}

TEST(TwoSided, FailsAWrongDirectionWithoutAPlainResult) {
  Sample sample(4.5e-3);
  const Verdict verdict = judge(sample.out, sample.ref, {}, 64, 5e-3);
  EXPECT_NE(verdict.reasons.find("one_minus_cosine"), std::string::npos);
  EXPECT_EQ(verdict.reasons.find("relative_l2 "), std::string::npos);
}

TEST(TwoSided, NaNFailsUnlessTheReferenceHasIt) {
  Sample sample(0);
  sample.out[5] = NAN;
  EXPECT_FALSE(sample.judged().passed());
  sample.ref[5] = NAN;
  EXPECT_TRUE(sample.judged().passed());
  sample.out[6] = INFINITY;
  sample.ref[6] = -INFINITY;
  EXPECT_FALSE(sample.judged().passed());
}

TEST(TwoSided, ZerosMustBeZeros) {
  const std::vector<double> zeros(8, 0.0);
  std::vector<double> out = zeros;
  EXPECT_TRUE(judge(out, zeros, {}, 8, 5e-3).passed());
  out[3] = 1e-30;
  EXPECT_FALSE(judge(out, zeros, {}, 8, 5e-3).passed());
}

} // namespace
