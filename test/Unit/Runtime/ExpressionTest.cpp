// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tests of the manifest's expressions.
#include "Loader/Expression.h"

#include "gtest/gtest.h"

using namespace spak_rt;

namespace {

Names names() {
  return {{"M", Value::of(300)},
          {"N", Value::of(40)},
          {"Hq", Value::of(8)},
          {"Hkv", Value::of(0)},
          {"scale", Value::ofReal(0.5)}};
}

struct Case {
  const char *text;
  int64_t value;
};

TEST(Expression, Values) {
  const Case cases[] = {{"1 + 2 * 3", 7},
                        {"(1 + 2) * 3", 9},
                        {"ceil_div(M, 128) * N", 120},
                        {"ceil_div(0, 128)", 0},
                        {"min(M, 7) + max(N, 50)", 57},
                        {"M % 128 == 44 && N < 41", 1},
                        {"!(M >= N) || N != 40", 0},
                        {"M > N ? 10 : 20", 10},
                        {"M < N ? 10 : N < 1 ? 20 : 30", 30},
                        {"-7 / 2", -4},
                        {"-7 % 2", 1},
                        {"7 % -1", 0},
                        {"10 - 4 - 3", 3},
                        {"Hkv > 0 && Hq % Hkv == 0", 0},
                        {"Hkv == 0 || Hq % Hkv == 0", 1},
                        {"scale > 0", 1},
                        {"scale * 3 > 1.25", 1},
                        {"9223372036854775807 - 1", 9223372036854775806},
                        {"9007199254740993 / 1", 9007199254740993},
                        {"9223372036854775807 / 3", 3074457345618258602},
                        {"true", 1}};
  for (const Case &c : cases) {
    Value value;
    const Status status = evaluate(c.text, names(), value);
    ASSERT_TRUE(status.ok()) << c.text << ": " << status.message;
    EXPECT_FALSE(value.isReal) << c.text;
    EXPECT_EQ(int64_t(value.number), c.value) << c.text;
  }
}

struct Failure {
  const char *text;
  int code;
  const char *message;
};

TEST(Expression, Messages) {
  const Failure cases[] = {
      {"M +", SPAK_RT_BAD_MANIFEST,
       "expected a value, got its end in expression `M +`"},
      {"M + Q", SPAK_RT_BAD_MANIFEST, "unknown name `Q` in expression `M + Q`"},
      {"(M", SPAK_RT_BAD_MANIFEST,
       "expected `)`, got its end in expression `(M`"},
      {"M $ 2", SPAK_RT_BAD_MANIFEST, "unexpected `$` in expression `M $ 2`"},
      {"1 2", SPAK_RT_BAD_MANIFEST, "unexpected `2` in expression `1 2`"},
      {"12x", SPAK_RT_BAD_MANIFEST,
       "expected a number, got `12x` in expression `12x`"},
      {"Hq / Hkv", SPAK_RT_TOO_LARGE,
       "division by zero or a number beyond 64 bits in expression `Hq / Hkv`"},
      {"9223372036854775807 + 1", SPAK_RT_TOO_LARGE,
       "division by zero or a number beyond 64 bits in expression "
       "`9223372036854775807 + 1`"}};
  for (const Failure &c : cases) {
    Value value;
    const Status status = evaluate(c.text, names(), value);
    EXPECT_EQ(status.code, c.code) << c.text;
    EXPECT_EQ(status.message, c.message);
  }
}

TEST(Expression, DeepNestingIsAnError) {
  const std::string text = std::string(100000, '(') + "1";
  Value value;
  EXPECT_EQ(evaluate(text, names(), value).code, SPAK_RT_BAD_MANIFEST);
  const std::string minus = std::string(100000, '-') + "1";
  EXPECT_EQ(evaluate(minus, names(), value).code, SPAK_RT_BAD_MANIFEST);
}

TEST(Expression, AnIntegerIsAskedFor) {
  int64_t value = 0;
  EXPECT_EQ(evaluate("scale", names(), value).message,
            "expected an integer from expression `scale`");
}

} // namespace
