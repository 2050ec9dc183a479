// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Each clause of the two-sided rule turns red by itself.
#include "spak/Simulator/Compare.h"
#include "spak/Support/RoundedFunctions.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <random>

using namespace spak;
using namespace spak::sim;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Arrays {
  std::vector<double> ref, std, out;
};

/// A reference of \p rows x 64 and two bf16 roundings of numbers near it.
Arrays arrays(int rows) {
  Arrays a;
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(0, 1);
  for (int i = 0; i < rows * 64; ++i) {
    double value = normal(random);
    a.ref.push_back(value);
    a.std.push_back(roundTo(Format::BF16, value * (1 + 1e-3 * normal(random))));
    a.out.push_back(roundTo(Format::BF16, value * (1 + 1e-3 * normal(random))));
  }
  return a;
}

const Bounds kBounds = boundsFor(Format::BF16, Format::BF16);

Verdict judged(const Arrays &a) {
  return judge(a.out, a.ref, a.std,
               {static_cast<int64_t>(a.ref.size() / 64), 64}, kBounds);
}

} // namespace

TEST(Compare, EqualRoundingPasses) {
  Verdict verdict = judged(arrays(100));
  EXPECT_TRUE(verdict.pass);
  EXPECT_TRUE(verdict.failures.empty());
}

TEST(Compare, OneWrongElementFails) {
  Arrays a = arrays(100);
  a.out[777] += 0.1;
  Verdict verdict = judged(a);
  EXPECT_FALSE(verdict.pass);
  EXPECT_EQ(verdict.out.worst, 777);
  EXPECT_NE(verdict.failures[0].find("[12, 9]"), std::string::npos)
      << verdict.failures[0];
}

TEST(Compare, ASystematicErrorFailsByItsMean) {
  Arrays a = arrays(100);
  for (size_t i = 0; i < a.out.size(); ++i) {
    a.out[i] = a.ref[i] * (1 + 3e-3);
  }
  Verdict verdict = judged(a);
  EXPECT_FALSE(verdict.pass);
}

/// Rows of one hidden unit: gelu of numbers in [-8, 8], times 64 weights.
Arrays activations(float (*gelu)(float)) {
  Arrays a = arrays(161);
  for (int row = 0; row < 161; ++row) {
    float h = -8 + 0.1f * static_cast<float>(row);
    double exact = 0.5 * h * std::erfc(-h * std::sqrt(0.5));
    float plain = h * 0.5f * (1.0f + std::erf(h * 0.707106769f));
    for (int i = 64 * row; i < 64 * row + 64; ++i) {
      double weight = 1 + (i % 64) / 64.0;
      a.ref[i] = exact * weight;
      a.std[i] = roundTo(Format::BF16, roundTo(Format::BF16, plain) * weight);
      a.out[i] = roundTo(Format::BF16, roundTo(Format::BF16, gelu(h)) * weight);
    }
  }
  return a;
}

TEST(Compare, TheTailOfAnActivationNeedsARelativeError) {
  EXPECT_TRUE(judged(activations([](float h) {
                return rounded::gelu(h, rounded::Target::BF16);
              })).pass);
  // An erf that is right to 2^-10, which no sum of many units would show.
  Verdict verdict = judged(activations([](float h) {
    float y = h * 0.707106769f;
    return h * 0.5f * (1.0f + std::tanh(y * (1.1297f + 0.0998f * y * y)));
  }));
  EXPECT_FALSE(verdict.pass);
  ASSERT_FALSE(verdict.failures.empty());
  EXPECT_NE(verdict.failures[0].find("of a row"), std::string::npos);
}

TEST(Compare, ARowOfZerosMayBeTiny) {
  // Beside the rule's own 1e-6 of the largest value a row has no size.
  Arrays a = arrays(100);
  for (int i = 0; i < 64; ++i) {
    a.ref[640 + i] = a.std[640 + i] = 0;
    a.out[640 + i] = 1e-12;
  }
  EXPECT_TRUE(judged(a).pass);
  a.out[640] = 1e-2;
  EXPECT_FALSE(judged(a).pass);
}

TEST(Compare, OneWrongRowFailsByItself) {
  // Half of one small row among many: far below every bound of the tensor.
  Arrays a = arrays(4000);
  for (int i = 0; i < 64; ++i) {
    a.ref[640 + i] *= 1e-3;
    a.std[640 + i] = roundTo(Format::BF16, a.ref[640 + i]);
    a.out[640 + i] = i < 32 ? 0 : a.std[640 + i];
  }
  Verdict verdict = judged(a);
  EXPECT_FALSE(verdict.pass);
  ASSERT_EQ(verdict.failures.size(), 2u);
  EXPECT_NE(verdict.failures[0].find("of a row"), std::string::npos);
  EXPECT_NE(verdict.failures[1].find("cosine"), std::string::npos);
}

TEST(Compare, NanAndInfinityOnlyWhereTheReferenceHasThem) {
  Arrays a = arrays(2);
  a.ref[3] = a.out[3] = a.std[3] = -kInfinity;
  EXPECT_TRUE(judged(a).pass);
  a.out[3] = kInfinity;
  EXPECT_FALSE(judged(a).pass);
  a = arrays(2);
  a.out[5] = std::nan("");
  EXPECT_FALSE(judged(a).pass);
  a.ref[5] = a.std[5] = std::nan("");
  EXPECT_TRUE(judged(a).pass);
}

TEST(Compare, WhereThePlainComputationIsExactTheResultMustBe) {
  Arrays a = arrays(2);
  a.ref = a.std;
  a.out = a.std;
  EXPECT_TRUE(judged(a).pass);
  a.out[7] += ulp(Format::BF16, a.out[7]);
  EXPECT_FALSE(judged(a).pass);
}

TEST(Compare, NothingToCompareIsAPass) {
  EXPECT_TRUE(judge({}, {}, {}, {2, 0, 64}, kBounds).pass);
}

TEST(Compare, JsonHasTheNumbers) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << llvm::json::Value(judged(arrays(3)).toJson());
  EXPECT_NE(text.find("\"pass\":true"), std::string::npos);
  EXPECT_NE(text.find("row_relative_l2"), std::string::npos);
}
