// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Collection, filtering and rendering of messages.
#include "spak/Support/Diagnostics.h"

#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <set>

using namespace spak;

namespace {

std::string textOf(const DiagnosticEngine &diags) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  diags.printText(stream);
  return text;
}

/// Some warning of the table, whichever it is.
const DiagnosticInfo *someWarning() {
  for (const DiagnosticInfo &info : allDiagnostics()) {
    if (info.severity == Severity::Warning) {
      return &info;
    }
  }
  return nullptr;
}

void warn(DiagnosticEngine &diags, const DiagnosticInfo &info,
          SourceRange range = {}) {
  diags.warning(info.id, range) << "a" << "b" << "c" << "d";
}

} // namespace

TEST(Diagnostics, ShowsTheLineAndTheRange) {
  SourceFile file("in.dsl", "system S {\n  a: nine\n}\n");
  DiagnosticEngine diags;
  {
    auto error = diags.error(diag::err_syntax, file.range(16, 20))
                 << "a number" << "`nine`";
    error.note(file.range(7, 8), "in this system");
    error.help("write `9`");
  }
  EXPECT_EQ(textOf(diags),
            "in.dsl:2:6: error: expected a number, got `nine` [SPK1012]\n"
            "    2 |   a: nine\n"
            "      |      ^~~~\n"
            "in.dsl:1:8: note: in this system\n"
            "    1 | system S {\n"
            "      |        ^\n"
            "help: write `9`\n");
}

TEST(Diagnostics, UnderlinesBehindTabsAndWideLetters) {
  SourceFile file("f", "\tab\xEA\xB0\x80\xEA\xB0\x80 x");
  DiagnosticEngine diags;
  diags.error(diag::err_syntax, file.range(3, 9)) << "a" << "b";
  EXPECT_EQ(textOf(diags), "f:1:4: error: expected a, got b [SPK1012]\n"
                           "    1 |     ab\xEA\xB0\x80\xEA\xB0\x80 x\n"
                           "      |       ^~~~\n");
}

TEST(Diagnostics, ARangeOverSeveralLinesIsUnderlinedOnTheFirst) {
  SourceFile file("f", "ab cd\nef\n");
  DiagnosticEngine diags;
  diags.error(diag::err_syntax, file.range(3, 8)) << "a" << "b";
  EXPECT_NE(textOf(diags).find("    1 | ab cd\n      |    ^~\n"),
            std::string::npos);
}

TEST(Diagnostics, AMessageWithoutPlaceHasNone) {
  DiagnosticEngine diags;
  diags.error(diag::err_nul_byte);
  EXPECT_EQ(textOf(diags), "error: the text has a NUL byte [SPK1003]\n");
}

TEST(Diagnostics, TheSameMistakeIsReportedOnce) {
  SourceFile file("f", "abc");
  DiagnosticEngine diags;
  diags.error(diag::err_nul_byte, file.range(0, 1));
  diags.error(diag::err_nul_byte, file.range(0, 1));
  diags.error(diag::err_nul_byte, file.range(1, 2));
  EXPECT_EQ(diags.errorCount(), 2u);
}

TEST(Diagnostics, StopsKeepingErrorsAtTheLimit) {
  SourceFile file("f", std::string(100, 'x'));
  DiagnosticOptions options;
  options.errorLimit = 3;
  DiagnosticEngine diags(options);
  for (uint32_t i = 0; i < 5; ++i) {
    diags.error(diag::err_nul_byte, file.range(i, i + 1));
  }
  EXPECT_TRUE(diags.atErrorLimit());
  EXPECT_EQ(diags.errorCount(), 5u);
  EXPECT_EQ(diags.diagnostics().size(), 3u);
  EXPECT_NE(textOf(diags).find(
                "2 further errors not shown; --error-limit=0 shows all\n"),
            std::string::npos);
}

TEST(Diagnostics, ZeroIsNoLimit) {
  SourceFile file("f", std::string(100, 'x'));
  DiagnosticOptions options;
  options.errorLimit = 0;
  DiagnosticEngine diags(options);
  for (uint32_t i = 0; i < 50; ++i) {
    diags.error(diag::err_nul_byte, file.range(i, i + 1));
  }
  EXPECT_EQ(diags.diagnostics().size(), 50u);
}

TEST(Diagnostics, WarningsCanBeSwitchedOffAndMadeErrors) {
  const DiagnosticInfo *info = someWarning();
  ASSERT_NE(info, nullptr);
  {
    DiagnosticEngine diags;
    warn(diags, *info);
    EXPECT_EQ(diags.warningCount(), 1u);
    EXPECT_FALSE(diags.hasErrors());
    EXPECT_NE(textOf(diags).find("-W" + info->name.str() + "]"),
              std::string::npos);
  }
  {
    DiagnosticOptions options;
    options.disabledWarnings = {info->name.str()};
    DiagnosticEngine diags(options);
    warn(diags, *info);
    EXPECT_TRUE(diags.diagnostics().empty());
  }
  for (std::string name : {info->name.str(), std::string("*")}) {
    DiagnosticOptions options;
    options.errorWarnings = {name};
    DiagnosticEngine diags(options);
    warn(diags, *info);
    EXPECT_TRUE(diags.hasErrors());
    EXPECT_NE(textOf(diags).find("-Werror=" + info->name.str() + "]"),
              std::string::npos);
  }
}

TEST(Diagnostics, AnUnknownWarningIsNamed) {
  const DiagnosticInfo *info = someWarning();
  ASSERT_NE(info, nullptr);
  DiagnosticOptions options;
  options.disabledWarnings = {info->name.str() + "x"};
  DiagnosticEngine diags(options);
  EXPECT_EQ(diags.unknownWarning(), "unknown warning `" + info->name.str() +
                                        "x`, did you mean `" +
                                        info->name.str() + "`?");
}

TEST(Diagnostics, SortsByPlaceAndKeepsTheOrderOfEquals) {
  SourceFile file("f", "abcdef");
  DiagnosticEngine diags;
  diags.error(diag::err_nul_byte, file.range(5, 6));
  size_t mark = diags.diagnostics().size();
  diags.error(diag::err_nul_byte, file.range(3, 4));
  diags.error(diag::err_nul_byte, file.range(1, 2));
  diags.error(diag::err_nul_byte, file.range(1, 3));
  diags.sortSince(mark);
  std::vector<std::pair<uint32_t, uint32_t>> places;
  for (const Diagnostic &d : diags.diagnostics()) {
    places.push_back({d.range.begin, d.range.end});
  }
  using Places = std::vector<std::pair<uint32_t, uint32_t>>;
  EXPECT_EQ(places, (Places{{5, 6}, {1, 2}, {1, 3}, {3, 4}}));
}

TEST(Diagnostics, JsonHasOneObjectALine) {
  SourceFile file("f", "ab\n");
  DiagnosticEngine diags;
  {
    auto error = diags.error(diag::err_nul_byte, file.range(1, 2));
    error.note("why");
    error.help("what");
  }
  diags.error(diag::err_nul_byte);
  std::string text;
  llvm::raw_string_ostream stream(text);
  diags.printJson(stream);
  auto [first, rest] = llvm::StringRef(text).split('\n');
  llvm::Expected<llvm::json::Value> object = llvm::json::parse(first);
  ASSERT_TRUE(static_cast<bool>(object));
  EXPECT_EQ(object->getAsObject()->getString("id"), "SPK1003");
  EXPECT_EQ(object->getAsObject()->getObject("begin")->getInteger("column"), 2);
  EXPECT_EQ(object->getAsObject()->getArray("notes")->size(), 1u);
  EXPECT_EQ(object->getAsObject()->getArray("help")->size(), 1u);
  EXPECT_TRUE(static_cast<bool>(llvm::json::parse(rest.trim())));
}

TEST(Diagnostics, TheTableIsConsistent) {
  std::set<unsigned> numbers;
  std::set<std::string> names;
  for (const DiagnosticInfo &info : allDiagnostics()) {
    EXPECT_TRUE(numbers.insert(info.number).second) << info.number;
    EXPECT_TRUE(names.insert(info.name.str()).second) << info.name.str();
    EXPECT_FALSE(info.text.ends_with(".")) << info.text.str();
    EXPECT_EQ(&diagnosticInfo(info.id), &info);
  }
}

TEST(NearestName, FindsSlipsAndNothingElse) {
  std::vector<std::string> names = {"tile_m", "tile_n", "stages", "overlap"};
  EXPECT_EQ(nearestName("tile_k", names), "tile_m");
  EXPECT_EQ(nearestName("Stages", names), "stages");
  EXPECT_EQ(nearestName("stage", names), "stages");
  EXPECT_EQ(nearestName("ovrelap", names), "overlap");
  EXPECT_EQ(nearestName("causal", names), std::nullopt);
  EXPECT_EQ(nearestName("x", names), std::nullopt);
}

TEST(NearestName, ShortNamesAreNotNearToEachOther) {
  std::vector<std::string> names = {"M", "N"};
  EXPECT_EQ(nearestName("K", names), std::nullopt);
  EXPECT_EQ(nearestName("m", names), "M");
}

TEST(NameHelp, SuggestsOrLists) {
  std::vector<std::string> names = {"alpha", "beta"};
  EXPECT_EQ(nameHelp("alpa", "axes", names), "did you mean `alpha`?");
  EXPECT_EQ(nameHelp("gamma_ray", "axes", names), "axes: `alpha`, `beta`");
  EXPECT_EQ(nameHelp("x", "axes", {}), "");
}

TEST(Quoted, IsOneShortLine) {
  EXPECT_EQ(quoted("a\nb\tc"), "a b c");
  EXPECT_EQ(quoted("abcdef", 3), "abc…");
  EXPECT_EQ(quoted("가나다라", 2), "가나…");
}
