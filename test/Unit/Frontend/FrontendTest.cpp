// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The front end's API: trees and their ranges, expressions inside strings.
#include "spak/Frontend/Frontend.h"

#include "gtest/gtest.h"

using namespace spak;
using namespace spak::ast;

namespace {

class FrontendTest : public ::testing::Test {
protected:
  const File &parse(llvm::StringRef text) {
    source = std::make_unique<SourceFile>("in.dsl", text.str());
    file = frontend::parse(*source, diags);
    EXPECT_TRUE(file);
    return *file;
  }

  std::unique_ptr<SourceFile> source;
  DiagnosticEngine diags;
  std::unique_ptr<File> file;
};

} // namespace

TEST_F(FrontendTest, RangesCoverWhatWasWritten) {
  const File &file = parse("system S {\n"
                           "  kernel k {\n"
                           "    dims M, N as cols\n"
                           "    in X: f32[M, N]\n"
                           "    grid (m in tiles(M, 64)) {\n"
                           "      x = (load X[m, :] + 1) * 2\n"
                           "      store X[m, :] = x when M > 1\n"
                           "    }\n"
                           "    schedule { slots(X) = 2 }\n"
                           "  }\n"
                           "}\n");
  ASSERT_FALSE(diags.hasErrors());
  const Kernel &kernel = *file.system.findKernel("k");
  EXPECT_EQ(kernel.name.range.text(), "k");
  EXPECT_EQ(kernel.dims[1].range.text(), "N as cols");
  EXPECT_EQ(kernel.dims[1].alias.range.text(), "cols");
  EXPECT_EQ(kernel.params[0].range.text(), "in X: f32[M, N]");
  const Grid &grid = *kernel.grid;
  EXPECT_EQ(grid.binders[0].range.text(), "m in tiles(M, 64)");
  EXPECT_EQ(grid.binders[0].step->range.text(), "64");
  const auto &assign = *llvm::cast<AssignStmt>(grid.body[0].get());
  EXPECT_EQ(assign.range.text(), "x = (load X[m, :] + 1) * 2");
  EXPECT_EQ(assign.target.range.text(), "x");
  const auto &product = *llvm::cast<BinaryExpr>(assign.value.get());
  EXPECT_EQ(product.op, BinaryOp::Mul);
  EXPECT_EQ(product.opRange.text(), "*");
  EXPECT_EQ(product.lhs->range.text(), "(load X[m, :] + 1)");
  const auto &sum = *llvm::cast<BinaryExpr>(product.lhs.get());
  EXPECT_EQ(sum.lhs->range.text(), "load X[m, :]");
  const auto &store = *llvm::cast<StoreStmt>(grid.body[1].get());
  EXPECT_EQ(store.targetRange.text(), "X[m, :]");
  EXPECT_EQ(store.when->range.text(), "M > 1");
  EXPECT_EQ(kernel.schedule[0].range.text(), "slots(X) = 2");
  EXPECT_EQ(kernel.findParam("X"), &kernel.params[0]);
  EXPECT_EQ(kernel.findParam("Y"), nullptr);
}

TEST_F(FrontendTest, AccessorsFindKnowledge) {
  const File &file = parse(
      "system S {\n"
      "  design_space { a: [1] constraint \"x\": a > 0 }\n"
      "  knowledge { fact f { confidence: 0.5 gain: -2 recommend: \"a = 1\" "
      "recommend: \"b = 2\" } rule \"r\" { when: \"a\" } other x { } }\n"
      "  knowledge { hint h { trigger: \"t\" } }\n"
      "  constraint \"y\": a < 9\n"
      "}\n");
  ASSERT_FALSE(diags.hasErrors());
  auto knowledge = file.system.knowledge();
  ASSERT_EQ(knowledge.size(), 3u);
  EXPECT_EQ(knowledge[2]->keyword.text, "hint");
  const Block &fact = *file.system.knowledge("fact").front();
  EXPECT_EQ(fact.name.text, "f");
  EXPECT_EQ(fact.number("confidence"), 0.5);
  EXPECT_EQ(fact.number("gain"), -2.0);
  EXPECT_EQ(fact.number("recommend"), std::nullopt);
  EXPECT_EQ(fact.string("recommend"), llvm::StringRef("a = 1"));
  EXPECT_EQ(fact.findAll("recommend").size(), 2u);
  EXPECT_EQ(fact.find("nothing"), nullptr);
  auto constraints = file.system.constraints();
  ASSERT_EQ(constraints.size(), 2u);
  EXPECT_EQ(constraints[0]->reason, "x");
  EXPECT_EQ(constraints[1]->reason, "y");
}

TEST_F(FrontendTest, ExpressionsInStringsHaveTheirPlaceInTheFile) {
  const File &file = parse("system S { fact f { when: \"tile_m == 64\" } }");
  const Property &when = *file.system.blocks("fact").front()->find("when");
  const auto &text = *llvm::cast<StringLiteral>(when.value.get());
  ASSERT_TRUE(text.verbatim);
  ExprPtr expr = frontend::parseExpression(text.content, diags);
  ASSERT_TRUE(expr);
  const auto &compare = *llvm::cast<CompareExpr>(expr.get());
  EXPECT_EQ(compare.operands[1]->range.text(), "64");
  EXPECT_EQ(source->lineColumn(compare.operands[1]->range.begin).column, 38u);
}

TEST_F(FrontendTest, ErrorsInStringsPointIntoTheString) {
  const File &file = parse("system S { fact f { when: \"tile_m == \" } }");
  const Property &when = *file.system.blocks("fact").front()->find("when");
  const auto &text = *llvm::cast<StringLiteral>(when.value.get());
  EXPECT_FALSE(frontend::parseExpression(text.content, diags));
  ASSERT_EQ(diags.errorCount(), 1u);
  const Diagnostic &error = diags.diagnostics().front();
  EXPECT_GE(error.range.begin, text.content.begin);
  EXPECT_LE(error.range.end, text.content.end);
}

TEST_F(FrontendTest, ProseIsNoExpressionAndNoError) {
  SourceFile text("t", "keep the tiles small");
  EXPECT_FALSE(frontend::tryParseExpression(text.range(0, 20)));
  EXPECT_FALSE(frontend::tryParseExpression(text.range(0, 0)));
  EXPECT_TRUE(frontend::tryParseExpression(text.range(0, 4)));
}

TEST_F(FrontendTest, EscapesAreResolvedAndSaidSo) {
  const File &file = parse(
      "system S { a: \"x\\n\\\"y\\\"\" b: \"\\d+\" c: \"\"\"r\\n\"\"\" }");
  auto string = [&](unsigned i) -> const StringLiteral & {
    return *llvm::cast<StringLiteral>(
        llvm::cast<Property>(file.system.items[i].get())->value.get());
  };
  EXPECT_EQ(string(0).value, "x\n\"y\"");
  EXPECT_FALSE(string(0).verbatim);
  EXPECT_EQ(string(1).value, "\\d+");
  EXPECT_TRUE(string(1).verbatim);
  EXPECT_EQ(string(2).value, "r\\n");
}

TEST_F(FrontendTest, ATreeWithErrorsHasWhatCouldBeRead) {
  const File &file = parse("system S {\n"
                           "  kernel k {\n"
                           "    grid (m in M) {\n"
                           "      a = 1\n"
                           "      b = = 2\n"
                           "      c = 3\n"
                           "    }\n"
                           "  }\n"
                           "}\n");
  EXPECT_EQ(diags.errorCount(), 1u);
  const StmtList &body = file.system.findKernel("k")->grid->body;
  ASSERT_EQ(body.size(), 2u);
  EXPECT_EQ(llvm::cast<AssignStmt>(body[1].get())->target.text, "c");
}

TEST(ToString, ReadsBackToTheSameText) {
  for (const char *text :
       {"a - (b - c)", "-(a + b)", "(a if b else c) * 2", "not (a or b)",
        "(a < b) == c", "f(x: a | b)[1, :].y", "(a as f32) + b as bf16",
        "\"q\\\"\\n\"", "[1, [2, range[3, 4]], \"x\"]", "a % (b * c)", "(-a).b",
        "1e+30 + 0.1 + 3.0"}) {
    SourceFile source("t", text);
    DiagnosticEngine diags;
    auto size = static_cast<uint32_t>(source.text().size());
    ExprPtr first = frontend::parseExpression(source.range(0, size), diags);
    ASSERT_TRUE(first) << text;
    std::string printed = toString(*first);
    SourceFile again("t", printed);
    ExprPtr second = frontend::parseExpression(
        again.range(0, static_cast<uint32_t>(printed.size())), diags);
    ASSERT_TRUE(second) << printed;
    EXPECT_EQ(toString(*second), printed) << text;
  }
}
