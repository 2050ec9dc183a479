// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Rounding against the list of all numbers that a format has: nearest, and
// the one with an even code in the middle.
#include "spak/Simulator/Formats.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace spak::sim;

namespace {

struct Number {
  double value;
  uint64_t code;
};

/// Every finite number >= 0 of a narrow format, ascending.
std::vector<Number> numbersOf(Format format) {
  std::vector<Number> numbers;
  uint64_t half = uint64_t(1) << (formatBits(format) - 1);
  for (uint64_t code = 0; code < half; ++code) {
    double value = decode(format, code);
    if (std::isfinite(value)) {
      EXPECT_TRUE(numbers.empty() || numbers.back().value < value);
      numbers.push_back({value, code});
    }
  }
  return numbers;
}

class NarrowFormat : public testing::TestWithParam<Format> {
protected:
  /// Rounds by the definition and, if the input allows, by the short form.
  double rounded(double value) {
    double result = roundTo(GetParam(), value);
    auto single = static_cast<float>(value);
    if (static_cast<double>(single) == value) {
      roundTo(GetParam(), &single, 1);
      EXPECT_EQ(single, static_cast<float>(result)) << "of " << value;
      EXPECT_EQ(std::signbit(single), std::signbit(result)) << "of " << value;
    }
    double array = value;
    roundTo(GetParam(), &array, 1);
    EXPECT_EQ(array, result) << "of " << value;
    return result;
  }
};

} // namespace

TEST_P(NarrowFormat, EveryNumberRoundsToItselfAndHasItsCode) {
  for (const Number &number : numbersOf(GetParam())) {
    ASSERT_EQ(rounded(number.value), number.value);
    ASSERT_EQ(rounded(-number.value), -number.value);
    ASSERT_EQ(encode(GetParam(), number.value), number.code);
    uint64_t sign = uint64_t(1) << (formatBits(GetParam()) - 1);
    ASSERT_EQ(encode(GetParam(), -number.value), number.code | sign);
  }
}

TEST_P(NarrowFormat, BetweenTwoNumbersTheNearestAndInTheMiddleTheEven) {
  std::vector<Number> numbers = numbersOf(GetParam());
  for (size_t i = 0; i + 1 < numbers.size(); ++i) {
    const Number &below = numbers[i], &above = numbers[i + 1];
    double middle = below.value + (above.value - below.value) / 2;
    double even = below.code % 2 == 0 ? below.value : above.value;
    ASSERT_EQ(rounded(middle), even) << middle;
    ASSERT_EQ(rounded(-middle), -even) << middle;
    ASSERT_EQ(rounded(std::nextafter(middle, 0.0)), below.value) << middle;
    ASSERT_EQ(rounded(std::nextafter(middle, 1e300)), above.value) << middle;
    // Just off the middle in f32, where f32 can say so.
    auto single = static_cast<float>(middle);
    if (single == middle) {
      ASSERT_EQ(rounded(std::nextafter(single, 0.0f)), below.value) << middle;
      ASSERT_EQ(rounded(std::nextafter(single, 3.4e38f)), above.value)
          << middle;
    }
  }
}

TEST_P(NarrowFormat, NotANumberStays) {
  EXPECT_TRUE(std::isnan(roundTo(GetParam(), std::nan(""))));
  float single = std::nanf("");
  roundTo(GetParam(), &single, 1);
  EXPECT_TRUE(std::isnan(single));
  uint64_t code = encode(GetParam(), std::nan(""));
  EXPECT_TRUE(std::isnan(decode(GetParam(), code)));
}

TEST_P(NarrowFormat, TheDefinitionAndTheArrayFormAgreeOnRandomNumbers) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200000; ++i) {
    auto bits = static_cast<uint32_t>(random());
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isnan(value)) {
      rounded(value);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, NarrowFormat,
                         testing::Values(Format::F16, Format::BF16,
                                         Format::E4M3, Format::E5M2),
                         [](const auto &info) {
                           return formatName(info.param).str();
                         });

TEST(Formats, TooLargeIsInfiniteAndInE4m3TheLargest) {
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(roundTo(Format::F16, 65519.9), 65504.0);
  EXPECT_EQ(roundTo(Format::F16, 65520.0), infinity);
  EXPECT_EQ(roundTo(Format::BF16, 3.4e38), infinity);
  EXPECT_EQ(roundTo(Format::E5M2, 57344.0 + 4095), 57344.0);
  EXPECT_EQ(roundTo(Format::E5M2, -57344.0 - 4096), -infinity);
  EXPECT_EQ(roundTo(Format::E4M3, 448.0 * 100), 448.0);
  EXPECT_EQ(roundTo(Format::E4M3, -infinity), -448.0);
  EXPECT_EQ(roundTo(Format::F32, 3.5e38), infinity);
}

TEST(Formats, F32IsRoundedAsTheMachineDoes) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal(0, 1);
  for (int i = 0; i < 100000; ++i) {
    double value =
        std::ldexp(normal(random), static_cast<int>(random() % 300) - 150);
    ASSERT_EQ(roundTo(Format::F32, value),
              static_cast<double>(static_cast<float>(value)));
  }
}

TEST(Formats, IntegersWrapAndTruncate) {
  EXPECT_EQ(roundTo(Format::S8, 127.9), 127);
  EXPECT_EQ(roundTo(Format::S8, 128), -128);
  EXPECT_EQ(roundTo(Format::S8, -129), 127);
  EXPECT_EQ(roundTo(Format::U8, 256), 0);
  EXPECT_EQ(roundTo(Format::U8, -1), 255);
  EXPECT_EQ(roundTo(Format::S32, 2147483648.0), -2147483648.0);
  EXPECT_EQ(roundTo(Format::U32, 4294967296.0), 0);
  EXPECT_EQ(roundTo(Format::Bool, 0.5), 1);
  EXPECT_EQ(decode(Format::S8, encode(Format::S8, -3)), -3);
  EXPECT_EQ(decode(Format::U32, encode(Format::U32, 4e9)), 4e9);
}

TEST(Formats, NamesComeBack) {
  for (auto name : {"f32", "f16", "bf16", "e4m3", "e5m2", "s8", "u8", "s32",
                    "u32", "s64", "bool"}) {
    auto format = parseFormat(name);
    ASSERT_TRUE(format);
    EXPECT_EQ(formatName(*format), name);
  }
  EXPECT_FALSE(parseFormat("f8"));
}

TEST(Formats, UlpIsTheDistanceToTheNext) {
  EXPECT_EQ(ulp(Format::BF16, 1.0), 0x1p-7);
  EXPECT_EQ(ulp(Format::BF16, 1.99), 0x1p-7);
  EXPECT_EQ(ulp(Format::F16, 0.0), 0x1p-24);
}
