// Part of spakc. SPDX-License-Identifier: Apache-2.0
#include "spak/Trace/Json.h"

#include "gtest/gtest.h"

using namespace spak;
using namespace spak::trace;

namespace {

struct Reading {
  SourceFile source;
  DiagnosticEngine diags;
  JsonError error;
  uint32_t end = 0;
  std::optional<JsonValue> value;

  explicit Reading(std::string text) : source("t", std::move(text)) {
    value =
        readJson(source.range(0, static_cast<uint32_t>(source.text().size())),
                 end, error, diags);
  }
};

} // namespace

TEST(Json, ReadsEveryKindWithItsPlace) {
  Reading r(R"( {"a": [1, -2.5e1, true, null, "x"], "b": {}} rest)");
  ASSERT_TRUE(r.value);
  const JsonValue *a = r.value->find("a");
  ASSERT_EQ(a->elements.size(), 5u);
  EXPECT_EQ(a->elements[0].asInt(), 1);
  EXPECT_EQ(a->elements[1].asNumber(), -25.0);
  EXPECT_EQ(a->elements[2].asBool(), true);
  EXPECT_EQ(a->elements[4].asString(), llvm::StringRef("x"));
  EXPECT_EQ(a->elements[1].range.text(), "-2.5e1");
  EXPECT_EQ(r.source.text().substr(r.end), " rest");
  EXPECT_EQ(toText(*r.value), R"({"a": [1, -25, true, null, "x"], "b": {}})");
}

TEST(Json, JoinsSurrogatesAndReplacesLoneOnes) {
  Reading r(R"(["\ud83d\ude00", "\ud83d", "\u00e9"])");
  ASSERT_TRUE(r.value);
  EXPECT_EQ(r.value->elements[0].text, "\xF0\x9F\x98\x80");
  EXPECT_EQ(r.value->elements[1].text, "\xEF\xBF\xBD");
  EXPECT_EQ(r.value->elements[2].text, "\xC3\xA9");
}

TEST(Json, SaysWhatItExpectedAndWhere) {
  Reading r(R"({"a" 1})");
  EXPECT_FALSE(r.value);
  EXPECT_EQ(r.error.expected, "`:` after the key");
  EXPECT_EQ(r.error.got, "`1`");
  EXPECT_EQ(r.error.range.begin, 5u);
}

TEST(Json, TheLastOfTwoMembersCounts) {
  Reading r(R"({"a": 1, "a": 2})");
  ASSERT_TRUE(r.value);
  EXPECT_EQ(r.value->find("a")->asInt(), 2);
  EXPECT_EQ(r.diags.warningCount(), 1u);
}

TEST(Json, NumbersReadBackAsThemselves) {
  for (double number : {0.1, 1.0 / 3, 1e-300, 123456789.25, -0.0, 6e22}) {
    EXPECT_EQ(std::stod(numberText(number)), number);
  }
  EXPECT_EQ(numberText(600), "600");
  EXPECT_EQ(numberText(0.1), "0.1");
}
