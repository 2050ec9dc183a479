// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Whole kernels before any schedule: results against plain float64 code, and
// planted bugs that must turn red.
#include "Harness.h"
#include "Programs.h"

using namespace spak::sim;

namespace {

using Lengths = std::pair<int64_t, int64_t>;

class AttentionTest : public SimulatorTest {
protected:
  std::string program(const char *body, std::string direction = "forward",
                      int tm = 16, int tn = 8) {
    return with(std::string(kAttentionTypes) + kAttentionHead + body,
                {{"tm", std::to_string(tm)},
                 {"tn", std::to_string(tn)},
                 {"direction", direction}});
  }

  /// Runs \p text and judges O and LSE; the plain computation is the same
  /// program in one tile.
  bool passes(const std::string &text, Lengths lengths,
              InputKind kind = InputKind::Normal) {
    auto [rows, keys] = lengths;
    std::map<std::string, int64_t> dims = {
        {"B", 1}, {"Hq", 2}, {"Hkv", 1}, {"M", rows}, {"N", keys}};
    auto module = parse(text);
    auto whole = parse(program(kClosed, "forward",
                               static_cast<int>(std::max<int64_t>(rows, 1)),
                               static_cast<int>(std::max<int64_t>(keys, 1))));
    Arguments arguments = argumentsFor(*module, dims, kind);
    Arguments plain = argumentsFor(*whole, dims, kind);
    if (llvm::failed(simulate(*module, arguments)) ||
        llvm::failed(simulate(*whole, plain))) {
      return false;
    }
    PlainAttention reference(arguments, 0.25, true);
    bool pass = true;
    for (const char *name : {"O", "LSE"}) {
      const Tensor &out = arguments.tensors[name];
      EXPECT_TRUE(out.guardsIntact());
      Verdict verdict =
          judge(out.dense(), name[0] == 'O' ? reference.o : reference.lse,
                plain.tensors[name].dense(), out.extents,
                boundsFor(Format::BF16, out.format));
      pass &= verdict.pass;
      for (const std::string &failure : verdict.failures) {
        messages += std::string(name) + ": " + failure + "\n";
      }
    }
    return pass;
  }
};

const Lengths kLengths[] = {{0, 5},  {5, 0},   {1, 1},   {15, 8}, {16, 16},
                            {17, 9}, {33, 70}, {70, 33}, {3, 64}, {64, 3}};

} // namespace

TEST_F(AttentionTest, ClosedAgreesWithPlainCode) {
  for (Lengths lengths : kLengths) {
    EXPECT_TRUE(passes(program(kClosed), lengths))
        << lengths.first << " " << lengths.second << "\n"
        << messages;
  }
}

TEST_F(AttentionTest, OpenedAgreesWithPlainCodeInBothDirections) {
  for (const char *direction : {"forward", "reverse"}) {
    for (Lengths lengths : kLengths) {
      EXPECT_TRUE(passes(program(kOpened, direction), lengths))
          << direction << " " << lengths.first << " " << lengths.second << "\n"
          << messages;
    }
  }
}

TEST_F(AttentionTest, AllInputsAgree) {
  for (InputKind kind : allInputKinds()) {
    EXPECT_TRUE(passes(program(kClosed), {33, 70}, kind))
        << inputKindName(kind).str() << "\n"
        << messages;
    EXPECT_TRUE(passes(program(kOpened, "reverse"), {70, 33}, kind))
        << inputKindName(kind).str() << "\n"
        << messages;
  }
}

TEST_F(AttentionTest, ExactRunsAgreeToFloat64) {
  for (const char *body : {kClosed, kOpened}) {
    auto module = parse(program(body));
    Arguments arguments = argumentsFor(
        *module, {{"B", 2}, {"Hq", 2}, {"Hkv", 2}, {"M", 20}, {"N", 37}},
        InputKind::Outliers);
    Options options;
    options.exact = true;
    ASSERT_TRUE(llvm::succeeded(simulate(*module, arguments, options)));
    PlainAttention reference(arguments, 0.25, true);
    Distance d = distance(arguments.tensors["O"].dense(), reference.o, 16);
    EXPECT_LT(d.relative, 1e-13);
    EXPECT_EQ(d.unlike, 0);
  }
}

TEST_F(AttentionTest, StridesDoNotMatter) {
  auto module = parse(program(kOpened));
  std::map<std::string, int64_t> dims = {
      {"B", 2}, {"Hq", 4}, {"Hkv", 2}, {"M", 19}, {"N", 23}};
  Arguments a = argumentsFor(*module, dims);
  Arguments b =
      argumentsFor(*module, dims, InputKind::Normal, MemoryOrder::InnerSwapped);
  ASSERT_TRUE(llvm::succeeded(simulate(*module, a)));
  ASSERT_TRUE(llvm::succeeded(simulate(*module, b)));
  EXPECT_EQ(a.tensors["O"].dense(), b.tensors["O"].dense());
  EXPECT_TRUE(b.tensors["O"].guardsIntact());
  EXPECT_EQ(b.tensors["O"].unwritten(), 0);
}

TEST_F(AttentionTest, RowsThatSeeNothingAreZeroAndMinusInfinity) {
  for (const char *body : {kClosed, kOpened}) {
    auto module = parse(program(body));
    Arguments arguments = argumentsFor(
        *module, {{"B", 1}, {"Hq", 1}, {"Hkv", 1}, {"M", 300}, {"N", 40}});
    ASSERT_TRUE(llvm::succeeded(simulate(*module, arguments))) << messages;
    const Tensor &o = arguments.tensors["O"], &lse = arguments.tensors["LSE"];
    for (int64_t m = 0; m < 260; ++m) {
      ASSERT_EQ(o.data[o.offset({0, 0, m, 3})], 0);
      ASSERT_EQ(lse.data[lse.offset({0, 0, m})],
                -std::numeric_limits<double>::infinity());
    }
    EXPECT_TRUE(std::isfinite(lse.data[lse.offset({0, 0, 260})]));
  }
}

TEST_F(AttentionTest, LaunchChecksAreChecked) {
  auto module = parse(program(kClosed));
  Arguments arguments = argumentsFor(
      *module, {{"B", 1}, {"Hq", 3}, {"Hkv", 2}, {"M", 4}, {"N", 4}});
  EXPECT_TRUE(llvm::failed(simulate(*module, arguments)));
  EXPECT_NE(messages.find("launch check `Hq % Hkv == 0` does not hold"),
            std::string::npos)
      << messages;
}

//===----------------------------------------------------------------------===//
// Planted bugs
//===----------------------------------------------------------------------===//

TEST_F(AttentionTest, ADroppedKeyTileIsSeen) {
  // The last of 24 key tiles, the first, and one in a loop that is reversed.
  EXPECT_FALSE(passes(broken(program(kClosed), "%zero to %nn", "%one to %nn"),
                      {33, 190}));
  EXPECT_FALSE(passes(broken(program(kOpened, "reverse"), "%zero to %end full",
                             "%one to %end full"),
                      {33, 190}));
}

TEST_F(AttentionTest, AForgottenMaskIsSeen) {
  std::string causal = broken(program(kClosed), "softmax.update %st, %s3",
                              "softmax.update %st, %sx");
  causal = broken(causal, "%s3 = spak.mask %s2", "%sx = spak.mask %s1");
  EXPECT_FALSE(passes(causal, {33, 70}));
}

TEST_F(AttentionTest, AForgottenTailMaskIsAnErrorAtTheUpdate) {
  std::string tail = broken(program(kClosed), "softmax.update %st, %s3",
                            "softmax.update %st, %s1");
  EXPECT_FALSE(passes(tail, {16, 70}));
  EXPECT_NE(messages.find("element 6 of axis `n` is absent but would count"),
            std::string::npos)
      << messages;
}

TEST_F(AttentionTest, ASwappedScaleIsSeen) {
  std::string swapped = broken(
      program(kOpened), "%corr = spak.softmax.advance %rows, %s2 scale %scale",
      "%corr = spak.softmax.advance %rows, %s2 scale %f1");
  swapped = broken(swapped, "%f0 = arith.constant 0.0 : f32",
                   "%f0 = arith.constant 0.0 : f32\n"
                   "  %f1 = arith.constant 1.0 : f32");
  EXPECT_FALSE(passes(swapped, {33, 70}));
}

TEST_F(AttentionTest, AForgottenRescaleIsSeen) {
  EXPECT_FALSE(passes(
      broken(program(kOpened), "acc %acc1 over", "acc %acc over"), {33, 70}));
}

TEST_F(AttentionTest, AMissingGuardOfEmptyRowsIsSeen) {
  EXPECT_FALSE(passes(
      broken(program(kOpened), "scale %scale may_be_empty", "scale %scale"),
      {70, 33}));
  EXPECT_NE(messages.find("not-a-number"), std::string::npos) << messages;
}

TEST_F(AttentionTest, AFullRangeTooWideIsAnErrorAtTheMask) {
  std::string wide = broken(program(kOpened), "affine.min #full(%i0)[%M, %N]",
                            "affine.min #end(%i0)[%M, %N]");
  EXPECT_FALSE(passes(wide, {33, 70}));
  EXPECT_NE(messages.find("in the full range [0, "), std::string::npos)
      << messages;
}
