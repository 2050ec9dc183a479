// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Edits of a text: what changes is what was asked for, and nothing else.
#include "spak/AST/Edit.h"

#include "spak/Frontend/Frontend.h"

#include "gtest/gtest.h"

using namespace spak;
using namespace spak::ast;

namespace {

class EditTest : public ::testing::Test {
protected:
  const System &parse(llvm::StringRef text) {
    source = std::make_unique<SourceFile>("in.dsl", text.str());
    DiagnosticEngine diags;
    file = frontend::parse(*source, diags);
    EXPECT_TRUE(file && !diags.hasErrors()) << text.str();
    return file->system;
  }

  std::string apply(std::vector<TextEdit> edits) {
    std::string text = applyEdits(source->text(), std::move(edits));
    SourceFile edited("edited.dsl", text);
    DiagnosticEngine diags;
    auto tree = frontend::parse(edited, diags);
    EXPECT_TRUE(tree && !diags.hasErrors()) << text;
    return text;
  }

  std::unique_ptr<SourceFile> source;
  std::unique_ptr<File> file;
};

} // namespace

TEST_F(EditTest, InsertsALastEntryAndNothingElse) {
  const System &system = parse("system S {\n"
                               "  knowledge {   // all of it\n"
                               "    fact a { x : 1 }  /* old */ // older\n"
                               "\n"
                               "    // the end\n"
                               "  }\n"
                               "}  // tail\n");
  EXPECT_EQ(apply({insertEntry(*system.blocks("knowledge").front(),
                               "fact b {\n    y: 2\n}")}),
            "system S {\n"
            "  knowledge {   // all of it\n"
            "    fact a { x : 1 }  /* old */ // older\n"
            "\n"
            "    // the end\n"
            "    fact b {\n"
            "        y: 2\n"
            "    }\n"
            "  }\n"
            "}  // tail\n");
}

TEST_F(EditTest, InsertsIntoBlocksOfAnyShape) {
  const System &one = parse("system S { knowledge { fact a { x: 1 } } }\n");
  EXPECT_EQ(
      apply({insertEntry(*one.blocks("knowledge").front(), "fact b { y: 2 }")}),
      "system S { knowledge { fact a { x: 1 }, fact b { y: 2 } } }\n");
  const System &two = parse("system S { knowledge { fact a { x: 1 }, } }\n");
  EXPECT_EQ(
      apply({insertEntry(*two.blocks("knowledge").front(), "fact b { y: 2 }")}),
      "system S { knowledge { fact a { x: 1 }, fact b { y: 2 } } }\n");
  const System &empty = parse("system S {\n\tknowledge {}\n}\n");
  EXPECT_EQ(apply({insertEntry(*empty.blocks("knowledge").front(),
                               "fact b { y: 2 }")}),
            "system S {\n\tknowledge {\n\t\tfact b { y: 2 }\n\t}\n}\n");
  const System &none = parse("system S {\n  build {\n    artifact \"x\"\n"
                             "  }\n}\n");
  const Block &artifact =
      *none.blocks("build").front()->blocks("artifact").front();
  EXPECT_EQ(apply({insertEntry(artifact, "metric: \"tflops\"")}),
            "system S {\n  build {\n    artifact \"x\" {\n"
            "      metric: \"tflops\"\n    }\n  }\n}\n");
  const System &broken = parse("system S { knowledge { fact a { x: 1 } } }\n");
  EXPECT_EQ(apply({insertEntry(*broken.blocks("knowledge").front(),
                               "fact b {\n    y: 2\n}")}),
            "system S { knowledge { fact a { x: 1 } \n"
            "    fact b {\n        y: 2\n    }\n} }\n");
}

TEST_F(EditTest, InsertsASection) {
  const System &system = parse("---\ntitle: \"{\"\n---\n"
                               "system S extends \"a{b.dsl\" {\n"
                               "    a: 1\n}\n");
  EXPECT_EQ(apply({insertEntry(system, "knowledge {\n}")}),
            "---\ntitle: \"{\"\n---\n"
            "system S extends \"a{b.dsl\" {\n"
            "    a: 1\n"
            "    knowledge {\n"
            "    }\n}\n");
}

TEST_F(EditTest, KeepsTheLineEndsOfTheFile) {
  const System &system = parse("system S {\r\n  a {\r\n    x: 1\r\n  }\r\n}");
  EXPECT_EQ(
      apply({insertEntry(*system.blocks("a").front(), "b {\n    c: 1\n}")}),
      "system S {\r\n  a {\r\n    x: 1\r\n    b {\r\n        c: 1\r\n"
      "    }\r\n  }\r\n}");
}

TEST_F(EditTest, ReplacesAValue) {
  const System &system =
      parse("system S {\n"
            "  a { x: [1, // one\n     2]  y :  3.50// three\n"
            "      state z: float = 0.0   w:   , v\n"
            "      max: \xE2\x89\xA4 12GB  }\n}\n");
  const Block &a = *system.blocks("a").front();
  EXPECT_EQ(apply({setProperty(a, "max", "13"), setProperty(a, "y", "4"),
                   setProperty(a, "x", "[3]"), setProperty(a, "z", "int"),
                   setProperty(a, "w", "true"), setProperty(a, "v", "false")}),
            "system S {\n"
            "  a { x: [3]  y :  4// three\n"
            "      state z: int = 0.0   w: true   , v: false\n"
            "      max: 13  }\n}\n");
}

TEST_F(EditTest, SetsAPropertyThatIsNotThere) {
  const System &system = parse("system S {\n  a {\n    x: 1 // one\n  }\n}\n");
  EXPECT_EQ(apply({setProperty(*system.blocks("a").front(), "y",
                               quote("a \"b\"\n\\"))}),
            "system S {\n  a {\n    x: 1 // one\n"
            "    y: \"a \\\"b\\\"\\n\\\\\"\n  }\n}\n");
}

TEST_F(EditTest, InsertsAfterAnItem) {
  const System &system =
      parse("system S {\n  a { }  // first\n  b { x: 1 y: 2 }\n}\n");
  const Block &b = *system.blocks("b").front();
  EXPECT_EQ(apply({insertAfter(*system.items.front(), "c {\n}"),
                   insertAfter(*b.items.front(), "z: 3")}),
            "system S {\n  a { }  // first\n  c {\n  }\n"
            "  b { x: 1, z: 3 y: 2 }\n}\n");
}

TEST_F(EditTest, RemovesAnItem) {
  const System &system =
      parse("system S {\n  a { }\n  b { x: 1, y: 2 z: 3 }\n  c: 1, \n}\n");
  const Block &b = *system.blocks("b").front();
  EXPECT_EQ(apply({removeItem(*system.items.front()), removeItem(*b.items[0]),
                   removeItem(*system.items.back())}),
            "system S {\n  b { y: 2 z: 3 }\n}\n");
}

TEST(Quote, GivesTheTextBack) {
  for (llvm::StringRef text :
       {"", "plain", "a\"b", "a\\b", "line\nline\ttab\r", "\\n", "→ ≤ 한"}) {
    SourceFile source("quote", quote(text));
    auto expr = frontend::tryParseExpression(
        source.range(0, static_cast<uint32_t>(source.text().size())));
    ASSERT_TRUE(expr);
    EXPECT_EQ(llvm::cast<StringLiteral>(expr.get())->value, text);
  }
}

TEST(Dedented, TakesOnlyWhatLinesShare) {
  auto of = [](const std::string &text, uint32_t begin) {
    SourceFile source("text", text);
    return dedented(source.range(begin, static_cast<uint32_t>(text.size())));
  };
  EXPECT_EQ(of("one line", 0), "one line");
  EXPECT_EQ(of("key: a\r\n    b\r\n      c\r\n \r\n    d", 5),
            "a\nb\n  c\n\nd");
  EXPECT_EQ(of("    a\n      b\n    c", 4), "a\n  b\nc");
  EXPECT_EQ(of("\n\ta\n  b", 0), "\n\ta\n  b");
}
