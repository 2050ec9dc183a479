// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Lines and columns of a text.
#include "spak/Support/SourceFile.h"

#include "gtest/gtest.h"

using spak::SourceFile;

TEST(SourceFile, CountsLinesAndColumnsFromOne) {
  SourceFile file("f", "ab\n\ncd");
  EXPECT_EQ(file.lineCount(), 3u);
  EXPECT_EQ(file.lineColumn(0).line, 1u);
  EXPECT_EQ(file.lineColumn(0).column, 1u);
  EXPECT_EQ(file.lineColumn(2).column, 3u); // the line break
  EXPECT_EQ(file.lineColumn(3).line, 2u);
  EXPECT_EQ(file.lineColumn(5).line, 3u);
  EXPECT_EQ(file.lineColumn(5).column, 2u);
}

TEST(SourceFile, AnOffsetPastTheEndIsTheEnd) {
  SourceFile file("f", "ab\n");
  EXPECT_EQ(file.lineColumn(999).line, 2u);
  EXPECT_EQ(file.lineColumn(999).column, 1u);
}

TEST(SourceFile, LinesHaveNoBreaks) {
  SourceFile file("f", "ab\r\ncd\n");
  EXPECT_EQ(file.lineText(1), "ab");
  EXPECT_EQ(file.lineText(2), "cd");
  EXPECT_EQ(file.lineText(3), "");
}

TEST(SourceFile, AnEmptyTextHasOneLine) {
  SourceFile file("f", "");
  EXPECT_EQ(file.lineCount(), 1u);
  EXPECT_EQ(file.lineText(1), "");
  EXPECT_EQ(file.lineColumn(0).line, 1u);
}

TEST(SourceRange, JoinsAndReads) {
  SourceFile file("f", "one two three");
  spak::SourceRange one = file.range(0, 3);
  spak::SourceRange three = file.range(8, 13);
  EXPECT_EQ(one.to(three).text(), "one two three");
  EXPECT_EQ(one.after().begin, 3u);
  EXPECT_EQ(one.after().text(), "");
  EXPECT_FALSE(spak::SourceRange().isValid());
  EXPECT_EQ(spak::SourceRange().text(), "");
}

TEST(SourceFile, AMissingFileIsAnErrorWithItsReason) {
  auto file = SourceFile::open("/no/such/file.dsl");
  ASSERT_FALSE(static_cast<bool>(file));
  std::string text = llvm::toString(file.takeError());
  EXPECT_EQ(text, "No such file or directory");
}
