// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Rings and roles: the same bits as before staging, and every misuse found.
#include "Harness.h"
#include "Programs.h"

using namespace spak::sim;

namespace {

class StagedTest : public SimulatorTest {
protected:
  std::string attention(const char *body, const char *schedule,
                        const char *slots = "2") {
    return with(std::string(kAttentionTypes) + kAttentionHead + body,
                {{"tm", "16"},
                 {"tn", "8"},
                 {"slots", slots},
                 {"schedule", schedule},
                 {"direction", "reverse"}});
  }
  std::string product(const char *schedule, const char *slots) {
    return with(
        kProduct,
        {{"tm", "16"}, {"tn", "8"}, {"slots", slots}, {"schedule", schedule}});
  }
  std::map<std::string, int64_t> dims(int64_t rows, int64_t keys) {
    return {{"B", 1}, {"Hq", 2}, {"Hkv", 1}, {"M", rows}, {"N", keys}};
  }
  /// Runs the staged attention, which must fail.
  void expectError(const std::string &text, const char *message,
                   int64_t rows = 33, int64_t keys = 70) {
    auto module = parse(text);
    ASSERT_TRUE(module);
    Arguments arguments = argumentsFor(*module, dims(rows, keys));
    messages.clear();
    EXPECT_TRUE(llvm::failed(simulate(*module, arguments)));
    EXPECT_NE(messages.find(message), std::string::npos) << messages;
  }
};

const char kRelease[] = "            spak.ring.release %rv, %slv : "
                        "!spak.ring<(!k), slots = 2>, !spak.slot<(!k)>\n";

} // namespace

TEST_F(StagedTest, RolesAndRotationKeepEveryBit) {
  std::pair<int64_t, int64_t> lengths[] = {
      {0, 5}, {5, 0}, {1, 1}, {16, 8}, {17, 9}, {33, 70}, {70, 33}, {300, 40}};
  for (auto [rows, keys] : lengths) {
    auto opened = parse(attention(kOpened, ""));
    Arguments expected = argumentsFor(*opened, dims(rows, keys));
    ASSERT_TRUE(llvm::succeeded(simulate(*opened, expected))) << messages;
    for (const char *schedule : {"one_per_cta", "persistent_static"}) {
      auto staged = parse(attention(kStaged, schedule));
      Arguments arguments = argumentsFor(*staged, dims(rows, keys));
      ASSERT_TRUE(llvm::succeeded(simulate(*staged, arguments)))
          << rows << " " << keys << " " << schedule << "\n"
          << messages;
      for (const char *name : {"O", "LSE"}) {
        EXPECT_EQ(arguments.tensors[name].dense(),
                  expected.tensors[name].dense())
            << rows << " " << keys << " " << schedule;
        EXPECT_EQ(arguments.tensors[name].unwritten(), 0);
      }
    }
  }
}

TEST_F(StagedTest, PersistentBlocksShareTheTiles) {
  auto module = parse(attention(kStaged, "persistent_static"));
  Arguments arguments = argumentsFor(*module, dims(100, 9));
  Options options;
  options.blocks = 4;
  auto result = run(*module, "forward", arguments, options);
  ASSERT_TRUE(llvm::succeeded(result)) << messages;
  EXPECT_EQ(result->tiles, 14);
  EXPECT_EQ(result->blocks, 4);
}

TEST_F(StagedTest, ProductWithAnEpilogueAgreesWithPlainCode) {
  int64_t sizes[][3] = {{1, 1, 1},   {16, 8, 16}, {17, 9, 33},  {40, 70, 100},
                        {50, 20, 0}, {0, 20, 16}, {63, 65, 129}};
  for (auto [m, n, k] : sizes) {
    for (const char *schedule : {"one_per_cta", "persistent_static"}) {
      auto module = parse(product(schedule, "3"));
      Arguments arguments = argumentsFor(
          *module, {{"M", m}, {"N", n}, {"K", k}}, InputKind::Integers);
      ASSERT_TRUE(llvm::succeeded(simulate(*module, arguments))) << messages;
      Tensor &a = arguments.tensors["A"], &b = arguments.tensors["B"];
      Tensor &bias = arguments.tensors["bias"], &c = arguments.tensors["C"];
      c.forEach([&, k = k](llvm::ArrayRef<int64_t> at, double &out) {
        double sum = bias.data[bias.offset({at[1]})];
        for (int64_t i = 0; i < k; ++i) {
          sum += a.data[a.offset({at[0], i})] * b.data[b.offset({at[1], i})];
        }
        // Whole numbers: only the store rounds.
        EXPECT_EQ(out, roundTo(Format::BF16, std::max(sum, 0.0)));
      });
      EXPECT_TRUE(c.guardsIntact());
    }
  }
}

//===----------------------------------------------------------------------===//
// Misuse
//===----------------------------------------------------------------------===//

TEST_F(StagedTest, AnUnguardedPrologueDeadlocksWithoutTiles) {
  std::string text = broken(attention(kStaged, "one_per_cta"),
                            "%some = arith.cmpi slt, %zero, %end : index",
                            "%some = arith.constant true");
  expectError(text,
              "deadlock in block 0: role `consumer` waits for tile 0 of ring "
              "`k`, of which 0 are committed\nnote: role `producer` has ended",
              5, 0);
  // With tiles the same text is right.
  auto module = parse(text);
  Arguments arguments = argumentsFor(*module, dims(5, 9));
  EXPECT_TRUE(llvm::succeeded(simulate(*module, arguments))) << messages;
}

TEST_F(StagedTest, AMissingReleaseDeadlocks) {
  expectError(broken(attention(kStaged, "one_per_cta"), kRelease, ""),
              "role `producer` waits for slot 0 of ring `v`, which holds tile "
              "0 still\nnote: role `consumer` waits for tile 3 of ring `k`, of "
              "which 3 are committed");
}

TEST_F(StagedTest, AMissingReleaseThatDoesNotDeadlockIsLeftOver) {
  std::string text = attention(kStaged, "one_per_cta");
  text = broken(text,
                "        spak.ring.release %rq, %slq : !spak.ring<(!q), slots "
                "= 1>, !spak.slot<(!q)>\n",
                "");
  expectError(text, "ring `q` of block 0 is left with 1 tiles acquired, 1 "
                    "committed, 1 waited for and 0 released");
}

TEST_F(StagedTest, ATwofoldReleaseIsFound) {
  expectError(broken(attention(kStaged, "one_per_cta"), kRelease,
                     std::string(kRelease) + kRelease),
              "releases tile 0 of ring `v` twice");
}

TEST_F(StagedTest, AReadAfterTheReleaseIsFound) {
  std::string text = broken(attention(kStaged, "one_per_cta"), kRelease, "");
  std::string use = "            %o1 = spak.dot %p, %v acc %o over \"n\" : !p, "
                    "!k, !o -> !o\n";
  text = broken(text, use, kRelease + use);
  expectError(text, "reads tile 0 of a ring after its slot was released");
}

TEST_F(StagedTest, ACommitBeforeTheFillIsFound) {
  std::string fill = "          spak.ring.fill %s[1], %Bt[%n, %k] : !slot, "
                     "!bv[!nr, !kr]\n";
  auto module = parse(broken(product("one_per_cta", "2"), fill, ""));
  Arguments arguments = argumentsFor(*module, {{"M", 3}, {"N", 3}, {"K", 3}});
  EXPECT_TRUE(llvm::failed(simulate(*module, arguments)));
  EXPECT_NE(messages.find("before all of it is filled"), std::string::npos);
}

TEST_F(StagedTest, DifferentBoundsInTheRolesDeadlock) {
  std::string text = attention(kStaged, "one_per_cta");
  text = broken(text, "spak.for %n : !nr = %zero to %end attributes",
                "spak.for %n : !nr = %one to %end attributes");
  expectError(text, "deadlock in block 0: role `consumer` waits for");
}
