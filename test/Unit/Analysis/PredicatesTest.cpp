// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Properties that no kernel of the language breaks today, on IR that does.
#include "spak/Analysis/Predicates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace spak;
using analysis::Verdict;

namespace {

class PredicatesTest : public testing::Test {
protected:
  PredicatesTest() {
    context.loadDialect<ir::SpakDialect, arith::ArithDialect>();
  }

  ir::KernelOp parse(const std::string &text) {
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return *module->getOps<ir::KernelOp>().begin();
  }
  ir::KernelOp loadWith(const std::string &layout) {
    std::string tile = "!spak.tile<n=64, d=64 : bf16, " + layout + ">";
    return parse("spak.kernel @k(%K: !spak.view<N, D=64 : bf16> {spak.kind = "
                 "\"in\", spak.name = \"K\"}, %n: !spak.range<n=64>) {\n"
                 "%d = spak.all : !spak.range<d=64>\n"
                 "%k = spak.load %K[%n, %d] : !spak.view<N, D=64 : bf16>"
                 "[!spak.range<n=64>, !spak.range<d=64>] -> " +
                 tile + "\nspak.return }");
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(PredicatesTest, RowsOfOneBankConflict) {
  analysis::Finding found = analysis::hasNoBankConflict(
      loadWith("#spak.layout<off = [64:d, 64:n]>"), "K");
  EXPECT_EQ(found.verdict, Verdict::Refuted);
  EXPECT_EQ(found.why, "8 rows of 16 bytes take 8 turns");
}

TEST_F(PredicatesTest, TheSwizzleSpreadsThem) {
  ir::KernelOp kernel =
      loadWith("#spak.layout<off = [64:d, 64:n], swizzle = [3, 4, 3]>");
  EXPECT_EQ(analysis::hasNoBankConflict(kernel, "K").verdict, Verdict::Proved);
  EXPECT_EQ(analysis::hasNoBankConflict(kernel, "V").verdict, Verdict::Unknown);
}

TEST_F(PredicatesTest, HalfASwizzleLeavesTwoTurns) {
  analysis::Finding found = analysis::hasNoBankConflict(
      loadWith("#spak.layout<off = [64:d, 64:n], swizzle = [2, 4, 3]>"), "K");
  EXPECT_EQ(found.verdict, Verdict::Refuted);
  EXPECT_EQ(found.why, "8 rows of 16 bytes take 2 turns");
}

TEST_F(PredicatesTest, NarrowSumsAreFound) {
  for (auto [type, verdict] : {std::pair("f32", Verdict::Proved),
                               std::pair("f16", Verdict::Refuted)}) {
    ir::KernelOp kernel = parse(
        std::string("spak.kernel @k(%a: !spak.tile<m=64, d=64 : f16>, %b: "
                    "!spak.tile<n=64, d=64 : f16>) {\n"
                    "%c = spak.dot %a, %b over \"d\" : !spak.tile<m=64, d=64 : "
                    "f16>, !spak.tile<n=64, d=64 : f16> -> !spak.tile<m=64, "
                    "n=64 : ") +
        type + ">\nspak.return }");
    EXPECT_EQ(analysis::accumulatesWide(kernel).verdict, verdict) << type;
  }
}

} // namespace
