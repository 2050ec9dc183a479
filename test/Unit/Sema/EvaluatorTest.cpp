// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Arithmetic at compile time.
#include "Evaluator.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace spak::sema;
using spak::space::AxisValue;

namespace {

AxisValue integer(int64_t value) { return AxisValue(value); }

TEST(FoldingTest, DivisionRoundsDownAndTheRemainderFollowsTheDivisor) {
  EXPECT_EQ(*foldBinary(BinaryOp::Div, integer(-7), integer(2)), integer(-4));
  EXPECT_EQ(*foldBinary(BinaryOp::Mod, integer(-7), integer(2)), integer(1));
  EXPECT_EQ(*foldBinary(BinaryOp::Mod, integer(7), integer(-2)), integer(-1));
  EXPECT_EQ(foldBinary(BinaryOp::Div, integer(1), AxisValue(2.0))->asFloat(),
            0.5);
}

TEST(FoldingTest, WhatHasNoValueFoldsToNothing) {
  EXPECT_FALSE(foldBinary(BinaryOp::Div, integer(1), integer(0)));
  EXPECT_FALSE(foldBinary(BinaryOp::Div, integer(INT64_MIN), integer(-1)));
  EXPECT_FALSE(foldBinary(BinaryOp::Add, integer(INT64_MAX), integer(1)));
  EXPECT_FALSE(foldBinary(BinaryOp::Mul, integer(INT64_MAX), integer(2)));
  EXPECT_FALSE(foldBinary(BinaryOp::Add, integer(1), AxisValue(true)));
  EXPECT_FALSE(foldBinary(BinaryOp::And, integer(1), AxisValue(true)));
  EXPECT_FALSE(
      foldCompare(CompareOp::Lt, AxisValue(std::string("a")), integer(1)));
}

TEST(FoldingTest, TextsCompareForEquality) {
  AxisValue a(std::string("bf16")), b(std::string("f16"));
  EXPECT_TRUE(*foldCompare(CompareOp::Ne, a, b));
  EXPECT_TRUE(*foldCompare(CompareOp::Eq, a, a));
  EXPECT_FALSE(*foldCompare(CompareOp::Eq, a, integer(1)));
}

TEST(FoldingTest, FunctionsKeepIntegersWhereTheyTakeThem) {
  EXPECT_EQ(*foldFunction(Function::Max, {integer(3), integer(4)}), integer(4));
  EXPECT_TRUE(foldFunction(Function::Max, {integer(3), integer(4)})->isInt());
  EXPECT_DOUBLE_EQ(foldFunction(Function::Sqrt, {integer(2)})->asFloat(),
                   std::sqrt(2.0));
  EXPECT_FALSE(foldFunction(Function::Sqrt, {AxisValue(true)}));
}

TEST(FoldingTest, EveryFunctionIsFoundByItsName) {
  EXPECT_EQ(parseFunction("rsqrt"), Function::Rsqrt);
  EXPECT_EQ(arity(*parseFunction("max")), 2u);
  EXPECT_FALSE(parseFunction("sqroot"));
}

} // namespace
