// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What follows from sizes that are not negative, and what does not.
#include "spak/Analysis/Proof.h"

#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace spak;
using analysis::Verdict;

namespace {

class ProofTest : public testing::Test {
protected:
  ProofTest() { context.loadDialect<ir::SpakDialect, arith::ArithDialect>(); }

  /// A kernel over M, N, H, G whose requires are those of \p body.
  std::vector<Value> conditions(const std::string &body) {
    module = parseSourceString<ModuleOp>(
        "spak.kernel @k(%M: index {spak.kind = \"dim\", spak.name = \"M\"}, "
        "%N: index {spak.kind = \"dim\", spak.name = \"N\"}) {\n" +
            body + "\nspak.return }",
        &context);
    std::vector<Value> result;
    if (module) {
      module->walk([&](ir::RequireOp op) { result.push_back(op.getCond()); });
      module->walk([&](ir::KernelOp op) {
        for (BlockArgument arg : op.getBody().getArguments()) {
          prover.assumeAtLeast(arg, 0);
        }
      });
    }
    return result;
  }
  /// The verdict on the only require of \p body.
  Verdict decide(const std::string &body) {
    std::vector<Value> all = conditions(body);
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? Verdict::Unknown : prover.decide(all.front());
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  analysis::Prover prover;
};

TEST_F(ProofTest, TilesCoverTheirExtent) {
  EXPECT_EQ(decide("%t = spak.tile_count %M by 176\n"
                   "%c = arith.constant 176 : index\n"
                   "%p = arith.muli %t, %c : index\n"
                   "%x = arith.cmpi sge, %p, %M : index\n"
                   "spak.require %x, \"\""),
            Verdict::Proved);
}

TEST_F(ProofTest, OneTileFewerDoesNot) {
  EXPECT_EQ(decide("%t = spak.tile_count %M by 176\n"
                   "%c = arith.constant 175 : index\n"
                   "%p = arith.muli %t, %c : index\n"
                   "%x = arith.cmpi sge, %p, %M : index\n"
                   "spak.require %x, \"\""),
            Verdict::Unknown);
}

TEST_F(ProofTest, NegativeSizesAreRefuted) {
  EXPECT_EQ(decide("%c = arith.constant 0 : index\n"
                   "%x = arith.cmpi slt, %M, %c : index\n"
                   "spak.require %x, \"\""),
            Verdict::Refuted);
}

TEST_F(ProofTest, RemainderLiesBelowTheDivisor) {
  const std::string head = "%c = arith.constant 64 : index\n"
                           "%r = arith.remui %M, %c : index\n";
  EXPECT_EQ(decide(head + "%x = arith.cmpi slt, %r, %c : index\n"
                          "spak.require %x, \"\""),
            Verdict::Proved);
}

TEST_F(ProofTest, WhatIsNotLinearFollowsFromItselfOnly) {
  const std::string text = "%c = arith.constant 0 : index\n"
                           "%r = arith.remui %M, %N : index\n"
                           "%x = arith.cmpi eq, %r, %c : index\n"
                           "spak.require %x, \"\"\n"
                           "%q = arith.remui %M, %N : index\n"
                           "%y = arith.cmpi eq, %q, %c : index\n"
                           "spak.require %y, \"\"\n"
                           "%s = arith.remui %N, %M : index\n"
                           "%z = arith.cmpi eq, %s, %c : index\n"
                           "spak.require %z, \"\"";
  std::vector<Value> all = conditions(text);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(prover.decide(all[1]), Verdict::Unknown);
  prover.assume(all[0]);
  EXPECT_EQ(prover.decide(all[1]), Verdict::Proved);
  EXPECT_EQ(prover.decide(all[2]), Verdict::Unknown);
}

TEST_F(ProofTest, MinimaAndConnectives) {
  EXPECT_EQ(decide("%m = arith.minui %M, %N : index\n"
                   "%x = arith.cmpi sle, %m, %M : index\n"
                   "%y = arith.cmpi sle, %m, %N : index\n"
                   "%z = arith.andi %x, %y : i1\n"
                   "spak.require %z, \"\""),
            Verdict::Proved);
}

TEST_F(ProofTest, CoverageIsExactOverSizes) {
  std::vector<Value> all = conditions("%t = spak.tile_count %M by 64\n"
                                      "%c = arith.constant 2 : index\n"
                                      "%h = arith.divui %M, %c : index\n"
                                      "%x = arith.cmpi sge, %t, %h : index\n"
                                      "spak.require %x, \"\"");
  ASSERT_EQ(all.size(), 1u);
  auto compare = all.front().getDefiningOp<arith::CmpIOp>();
  Value tiles = compare.getLhs(), half = compare.getRhs();
  Value extent = half.getDefiningOp()->getOperand(0);
  EXPECT_EQ(prover.decideCovers(tiles, 64, extent, 0), Verdict::Proved);
  EXPECT_EQ(prover.decideCovers(tiles, 63, extent, 0), Verdict::Refuted);
  EXPECT_EQ(prover.decideCovers(half, 1, extent, 0), Verdict::Refuted);
  EXPECT_EQ(prover.decideCovers(half, 3, extent, 0), Verdict::Refuted);
}

} // namespace
