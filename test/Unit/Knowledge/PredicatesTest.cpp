// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Which sentences about kernels are understood.
#include "spak/Knowledge/Predicates.h"

#include "gtest/gtest.h"

using namespace spak::knowledge;

namespace {

TEST(PredicatesTest, EverySentenceOfTheTableIsRead) {
  for (const PredicateInfo &info : allPredicates()) {
    std::optional<PredicateUse> use = parsePredicate(info.sentence);
    ASSERT_TRUE(use) << info.sentence.str();
    EXPECT_EQ(use->predicate, info.predicate) << info.sentence.str();
    EXPECT_EQ(&predicateInfo(info.predicate), &info);
  }
}

TEST(PredicatesTest, SpellingDoesNotCount) {
  auto use = parsePredicate("  `S` is NOT materialized in the global memory. ");
  ASSERT_TRUE(use);
  EXPECT_EQ(use->predicate, Predicate::NotMaterialised);
  EXPECT_EQ(use->subject, "S");
  EXPECT_TRUE(parsePredicate("No shared memory bank conflicts in K"));
  EXPECT_TRUE(parsePredicate("the running max is subtracted before exp"));
}

TEST(PredicatesTest, OtherSentencesAreProse) {
  for (const char *text :
       {"", "S is materialised in global memory",
        "S is not materialised in shared memory",
        "running max is subtracted after exp", "result is deterministic today",
        "S and P is not materialised in global memory"}) {
    EXPECT_FALSE(parsePredicate(text)) << text;
  }
}

} // namespace
