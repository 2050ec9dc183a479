// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Rules of a space say what the evaluator says of the text they came from, and
// the point that is selected is the first valid one.
#include "Evaluator.h"

#include "RandomSpace.h"
#include "spak/Frontend/Frontend.h"
#include "spak/Sema/SpaceModel.h"

#include "gtest/gtest.h"

using namespace spak;
using namespace spak::space;

namespace {

/// Writes systems whose constraints use every operator and mix types.
class RandomText {
public:
  /// \p typed: numbers meet numbers only, so that most points have a value.
  explicit RandomText(unsigned seed, bool typed = false)
      : random(seed), typed(typed) {}

  std::string system() {
    std::string text = "system S {\n  design_space { t: [\"x\", \"y\"]  "
                       "b: [true, false] }\n  tuning_space {\n"
                       "    i: [0, 1, 2, 5]  j: [-3, 4]  f: [0.5, 2.0]\n"
                       "    n: { k: [1, 3] }\n";
    for (unsigned c = 0, count = 1 + pick(3); c < count; ++c) {
      text +=
          "    constraint \"c" + std::to_string(c) + "\": " + truth(3) + "\n";
    }
    return text + "  }\n}\n";
  }

private:
  std::mt19937 random;
  bool typed;

  unsigned pick(unsigned limit) { return random() % limit; }

  std::string operand() {
    static const char *operands[] = {
        "i",          "j",          "f",    "n.k",
        "2",          "7",          "0.25", "-1",
        "t",          "b",          "0",    "\"x\"",
        "true",       "i",          "j",    "9223372036854775807",
        "device.sms", "device.arch"};
    static const char *numbers[] = {"i", "j", "n.k", "f", "2", "7"};
    return typed ? numbers[pick(6)] : operands[pick(18)];
  }

  std::string number(unsigned depth) {
    if (depth == 0 || pick(3) == 0) {
      return operand();
    }
    switch (pick(9)) {
    case 0:
      return "(" + number(depth - 1) + " if " + truth(depth - 1) + " else " +
             number(depth - 1) + ")";
    case 1:
      return "min(" + number(depth - 1) + ", " + number(depth - 1) + ")";
    case 2:
      return "abs(" + number(depth - 1) + ")";
    case 3:
      return "log2(" + number(depth - 1) + ")";
    case 4:
      return "-(" + number(depth - 1) + ")";
    default:
      static const char *ops[] = {" + ", " - ", " * ", " / ", " % "};
      return "(" + number(depth - 1) + ops[pick(5)] + number(depth - 1) + ")";
    }
  }

  std::string truth(unsigned depth) {
    static const char *compares[] = {" == ", " != ", " < ",
                                     " <= ", " > ",  " >= "};
    unsigned below = depth == 0 ? 0 : depth - 1;
    switch (depth == 0 ? 9 : pick(10)) {
    case 0:
    case 1:
      return "(" + truth(below) + " and " + truth(below) + ")";
    case 2:
    case 3:
      return "(" + truth(below) + " or " + truth(below) + ")";
    case 4:
      return "not (" + truth(below) + ")";
    case 5:
      return "(" + number(below) + compares[pick(6)] + number(below) +
             compares[pick(6)] + number(below) + ")";
    case 6:
      if (typed) {
        return pick(2) ? "b" : "(t == \"x\")";
      }
      return pick(3) == 0 ? operand() : truth(below);
    default:
      return "(" + number(below) + compares[pick(6)] + number(below) + ")";
    }
  }
};

/// A system with all that it refers to.
struct Model {
  SourceFile source;
  DiagnosticEngine diags;
  std::unique_ptr<ast::File> file;
  std::unique_ptr<sema::System> system;
  sema::PointRequest request;

  explicit Model(std::string text) : source("s.dsl", std::move(text)) {
    request.device = device::find("sm_90a");
    file = frontend::parse(source, diags);
    if (file) {
      auto analyzed = sema::analyze(*file, diags);
      if (llvm::succeeded(analyzed)) {
        system = std::move(*analyzed);
      }
    }
  }
};

TEST(SpaceModelTest, RulesSayWhatTheEvaluatorSays) {
  unsigned counts[3] = {0, 0, 0}; // false, true, no value
  for (unsigned seed = 0; seed < 300; ++seed) {
    Model model(RandomText(seed).system());
    SCOPED_TRACE(model.source.text().str());
    ASSERT_TRUE(model.system);
    llvm::FailureOr<sema::SpaceModel> space =
        sema::spaceOf(*model.system, model.request, model.diags);
    ASSERT_TRUE(llvm::succeeded(space));
    const Space &s = space->space;
    ASSERT_EQ(s.axes.size(), 6u);
    Space free{s.axes, {}};
    for (const Positions &positions : Truth(free).valid) {
      Point point = pointAt(s.axes, positions);
      sema::Evaluator evaluator(point, model.request.device, nullptr);
      for (size_t i = 0; i < s.rules.size(); ++i) {
        std::optional<bool> expected =
            evaluator.condition(*model.system->constraints[i].condition);
        EXPECT_EQ(Truth::holds(s, s.rules[i], positions), expected)
            << point.text();
        ++counts[expected ? *expected : 2];
      }
    }
  }
  // Each outcome is met often.
  EXPECT_GT(counts[0], 5000u);
  EXPECT_GT(counts[1], 5000u);
  EXPECT_GT(counts[2], 5000u);
}

TEST(SpaceModelTest, WhatHasNoValueIsReportedWhereItHasNone) {
  unsigned seen = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    Model model(RandomText(seed).system());
    llvm::FailureOr<sema::SpaceModel> space =
        sema::spaceOf(*model.system, model.request, model.diags);
    ASSERT_TRUE(llvm::succeeded(space));
    Counter counter(space->space);
    if (std::optional<Undefined> undefined = counter.undefined()) {
      ++seen;
      sema::reportUndefined(*space, model.request, *undefined, model.diags);
      EXPECT_TRUE(model.diags.hasErrors()) << model.source.text().str();
    }
  }
  EXPECT_GT(seen, 50u);
}

/// The first valid point in the order of the lists, by trying them; design
/// axes at their first values if \p pinned.
std::optional<Point> firstByTrying(const sema::System &system, const Space &s,
                                   bool pinned) {
  for (const Positions &positions : Truth(Space{s.axes, {}}).valid) {
    bool good = true;
    for (size_t axis = 0; axis < positions.size(); ++axis) {
      good &= !pinned || positions[axis] == 0 ||
              system.axes[axis].origin == sema::Axis::Origin::Tuning;
    }
    for (const Rule &rule : s.rules) {
      good = good && Truth::holds(s, rule, positions) == true;
    }
    if (good) {
      return pointAt(s.axes, positions);
    }
  }
  return std::nullopt;
}

TEST(SpaceModelTest, TheFirstValidPointIsSelected) {
  unsigned found = 0, none = 0, otherDesign = 0;
  for (unsigned seed = 0; seed < 1200; ++seed) {
    Model model(RandomText(seed, /*typed=*/true).system());
    SCOPED_TRACE(model.source.text().str());
    if (seed % 2) {
      model.request.axes.push_back({"j", {"4"}});
    }
    auto space = sema::spaceOf(*model.system, model.request, model.diags);
    ASSERT_TRUE(llvm::succeeded(space));
    if (Counter(space->space).undefined()) {
      continue;
    }
    std::optional<Point> expected =
        firstByTrying(*model.system, space->space, /*pinned=*/true);
    if (!expected && model.request.axes.empty()) {
      expected = firstByTrying(*model.system, space->space, /*pinned=*/false);
      otherDesign += expected.has_value();
    }
    auto selection =
        sema::selectPoints(*model.system, model.request, model.diags);
    ASSERT_EQ(llvm::succeeded(selection), expected.has_value());
    if (expected) {
      ++found;
      ASSERT_EQ(selection->points.size(), 1u);
      EXPECT_EQ(selection->points.front().text(), expected->text());
    } else {
      ++none;
      EXPECT_TRUE(model.diags.hasErrors());
    }
  }
  EXPECT_GT(found, 200u);
  EXPECT_GT(none, 10u);
  EXPECT_GT(otherDesign, 3u);
}

TEST(SpaceModelTest, ExplainsByLimitsInBothDirections) {
  Model model("system S {\n  tuning_space { a: [100, 200] }\n"
              "  constraint \"few\": device.sms < a\n"
              "  constraint \"many\": device.sms * 3 > a * 2\n}\n");
  ASSERT_TRUE(model.system);
  auto space = sema::spaceOf(*model.system, model.request, model.diags);
  ASSERT_TRUE(llvm::succeeded(space));
  Counter counter(space->space);
  ASSERT_EQ(counter.valid(), Count(0));
  sema::EmptySpace empty =
      sema::explainEmpty(*model.system, model.request, *space, counter);
  ASSERT_EQ(empty.core.size(), 2u);
  EXPECT_EQ(empty.core[0]->reason, "few");
  // With 108 neither holds for both; with 82 the first value does.
  ASSERT_EQ(empty.limits.size(), 1u);
  EXPECT_EQ(empty.limits[0].value, 82);
  EXPECT_EQ(empty.limits[0].points, Count(1));

  // 132 multiprocessors are too many; the next row below that will do is 82.
  Model other("system S {\n  tuning_space { a: [100, 101] }\n"
              "  constraint \"few\": device.sms < a\n}\n");
  auto fewer = sema::spaceOf(*other.system, other.request, other.diags);
  Counter none(fewer->space);
  empty = sema::explainEmpty(*other.system, other.request, *fewer, none);
  ASSERT_EQ(empty.limits.size(), 3u);
  EXPECT_EQ(empty.limits[0].field, "sms");
  EXPECT_EQ(empty.limits[0].value, 82);
  EXPECT_EQ(empty.limits[0].archs, std::vector<std::string>{"sm_86"});
  EXPECT_EQ(empty.limits[0].points, Count(2));
  EXPECT_EQ(empty.limits[1].value, 58);
  EXPECT_EQ(empty.limits[2].value, 48);
}

} // namespace
