// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// How operands combine, and which predicates are affine.
#include "Typing.h"

#include "gtest/gtest.h"

using namespace spak;
using namespace spak::sema;
using space::AxisValue;

namespace {

class TypingTest : public testing::Test {
protected:
  TypingTest() : typing(program, diags) {
    for (auto [axis, name] : {std::pair(&m, "m"), std::pair(&n, "n")}) {
      axis->name = name;
      axis->size = 64;
    }
    n.position = 1;
  }

  const Expr *range(const TileAxis &axis) {
    auto *variable = program.make<Variable>();
    variable->name = axis.name;
    variable->type.kind = Type::Kind::Range;
    variable->type.axes = {&axis};
    return typing.variable(variable, {});
  }
  const Expr *tile(Dtype dtype, std::initializer_list<const TileAxis *> axes) {
    auto *variable = program.make<Variable>();
    variable->type.kind = Type::Kind::Tile;
    variable->type.dtype = dtype;
    variable->type.axes = axes;
    auto *load = program.make<Expr>();
    load->kind = Expr::Kind::Load;
    load->type = variable->type;
    return load;
  }
  const Expr *integer(int64_t value) {
    return typing.constant(AxisValue(value), {});
  }
  const Expr *add(const Expr *a, const Expr *b) {
    return typing.binary(BinaryOp::Add, a, b, {});
  }
  const Expr *compare(CompareOp op, const Expr *a, const Expr *b) {
    return typing.compare(op, a, b, {});
  }
  /// The number of members of the union; -1 if the predicate is not affine.
  int members(const Expr *predicate) {
    std::vector<Conjunction> keep;
    return affineUnion(typing, predicate, keep) ? static_cast<int>(keep.size())
                                                : -1;
  }

  Program program;
  DiagnosticEngine diags;
  Typing typing;
  TileAxis m, n;
};

TEST_F(TypingTest, AxesOfOneAreAmongThoseOfTheOther) {
  const Expr *sum = add(tile(Dtype::F32, {&m}), tile(Dtype::F32, {&m, &n}));
  EXPECT_EQ(sum->type.text(), "f32[m, n]");
  EXPECT_EQ(sum->operands[0]->kind, Expr::Kind::Broadcast);
  EXPECT_FALSE(diags.hasErrors());
}

TEST_F(TypingTest, StrangersDoNotCombine) {
  EXPECT_TRUE(
      add(tile(Dtype::F32, {&m}), tile(Dtype::F32, {&n}))->type.poisoned());
  EXPECT_EQ(diags.errorCount(), 1u);
}

TEST_F(TypingTest, IndexVectorsCombineToTheUnion) {
  const Expr *sum = add(range(m), range(n));
  EXPECT_EQ(sum->type.text(), "s32[m, n]");
}

TEST_F(TypingTest, AUnionStandsInTheOrderOfTheRanges) {
  EXPECT_EQ(add(range(n), range(m))->type.text(), "s32[m, n]");
}

TEST_F(TypingTest, WhatComputesAnOperandIsWrittenInTheOtherOrder) {
  const Expr *sum = add(tile(Dtype::F32, {&n, &m}), add(range(m), range(n)));
  EXPECT_EQ(sum->type.text(), "f32[n, m]");
  EXPECT_EQ(sum->operands[1]->type.text(), "f32[n, m]");
  EXPECT_FALSE(diags.hasErrors());
  // A loaded tile has the order of its tensor.
  add(tile(Dtype::F32, {&m, &n}), tile(Dtype::F32, {&n, &m}));
  EXPECT_EQ(diags.errorCount(), 1u);
}

TEST_F(TypingTest, IndexVectorsBecomeFloatsOnlyBesideF32) {
  EXPECT_EQ(add(range(m), tile(Dtype::F32, {&m}))->type.text(), "f32[m]");
  EXPECT_TRUE(add(range(m), tile(Dtype::BF16, {&m}))->type.poisoned());
  EXPECT_TRUE(
      add(tile(Dtype::S32, {&m}), tile(Dtype::F32, {&m}))->type.poisoned());
}

TEST_F(TypingTest, PoisonCausesNoSecondError) {
  const Expr *bad = add(tile(Dtype::F32, {&m}), tile(Dtype::F32, {&n}));
  add(bad, tile(Dtype::F32, {&m}));
  typing.dot(bad, bad, &m, {});
  typing.mask(bad, bad, {});
  EXPECT_EQ(diags.errorCount(), 1u);
}

TEST_F(TypingTest, DotContractsAndAccumulatesInF32) {
  const Expr *product =
      typing.dot(tile(Dtype::BF16, {&m, &n}), tile(Dtype::BF16, {&n}), &n, {});
  EXPECT_EQ(product->type.text(), "f32[m]");
}

TEST_F(TypingTest, CausalIsOneCondition) {
  const Expr *shift = typing.binary(BinaryOp::Sub, typing.dim("N", {}),
                                    typing.dim("M", {}), {});
  EXPECT_EQ(members(compare(CompareOp::Le, range(n), add(range(m), shift))), 1);
}

TEST_F(TypingTest, SlidingWindowIsOneConjunctionOfTwo) {
  const Expr *low = compare(CompareOp::Le, range(n), range(m));
  const Expr *high =
      compare(CompareOp::Ge, add(range(n), integer(128)), range(m));
  std::vector<Conjunction> keep;
  ASSERT_TRUE(
      affineUnion(typing, typing.binary(BinaryOp::And, low, high, {}), keep));
  ASSERT_EQ(keep.size(), 1u);
  EXPECT_EQ(keep[0].size(), 2u);
}

TEST_F(TypingTest, PrefixIsAUnion) {
  const Expr *low = compare(CompareOp::Le, range(n), range(m));
  const Expr *prefix = compare(CompareOp::Lt, range(n), integer(7));
  const Expr *either = typing.binary(BinaryOp::Or, low, prefix, {});
  EXPECT_EQ(members(either), 2);
  // Its complement is a conjunction.
  EXPECT_EQ(members(typing.logicalNot(either, {})), 1);
}

TEST_F(TypingTest, ChunksOfStaticSizeAreAffine) {
  const Expr *a = typing.binary(BinaryOp::Div, range(m), integer(256), {});
  const Expr *b = typing.binary(BinaryOp::Div, range(n), integer(256), {});
  EXPECT_EQ(members(compare(CompareOp::Eq, a, b)), 1);
  EXPECT_EQ(members(compare(CompareOp::Ne, a, b)), 2);
  const Expr *runtime =
      typing.binary(BinaryOp::Div, range(m), typing.dim("N", {}), {});
  EXPECT_EQ(members(compare(CompareOp::Eq, runtime, b)), -1);
}

TEST_F(TypingTest, ProductsOfRangesAndFloatsAreNotAffine) {
  const Expr *square = typing.binary(BinaryOp::Mul, range(m), range(n), {});
  EXPECT_EQ(members(compare(CompareOp::Lt, square, integer(9))), -1);
  const Expr *real = compare(CompareOp::Lt, tile(Dtype::F32, {&m}),
                             typing.constant(AxisValue(1.0), {}));
  EXPECT_EQ(members(real), -1);
}

TEST_F(TypingTest, AUnionOfMoreThanEightIsElementWise) {
  const Expr *any = compare(CompareOp::Eq, range(m), integer(0));
  for (int64_t i = 1; i < 9; ++i) {
    any = typing.binary(BinaryOp::Or, any,
                        compare(CompareOp::Eq, range(m), integer(i)), {});
  }
  EXPECT_EQ(members(any), -1);
}

TEST_F(TypingTest, FoldedLogicLeavesNoTrace) {
  const Expr *yes = typing.constant(AxisValue(true), {});
  const Expr *p = compare(CompareOp::Le, range(n), range(m));
  EXPECT_EQ(typing.binary(BinaryOp::And, yes, p, {}), p);
  EXPECT_EQ(typing.binary(BinaryOp::Or, p, yes, {}), yes);
}

} // namespace
