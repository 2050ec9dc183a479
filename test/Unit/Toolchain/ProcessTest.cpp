// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tests of processes and temporary folders.
#include "spak/Toolchain/Process.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

using namespace spak::toolchain;

namespace {

TEST(Process, CapturesBothStreamsAndTheExitCode) {
  auto result =
      runProcess({"/bin/sh", "-c", "echo out; echo err >&2; exit 7"}, 10);
  ASSERT_TRUE(bool(result));
  EXPECT_EQ(result->exitCode, 7);
  EXPECT_EQ(result->out, "out\n");
  EXPECT_EQ(result->err, "err\n");
  EXPECT_FALSE(result->timedOut);
}

TEST(Process, PassesMoreThanAPipeHolds) {
  auto result =
      runProcess({"/bin/sh", "-c",
                  "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"},
                 20);
  ASSERT_TRUE(bool(result));
  EXPECT_EQ(result->out.size(), 300000u);
  EXPECT_EQ(result->err.size(), 300000u);
}

TEST(Process, StandardInputIsEmpty) {
  auto result = runProcess({"/bin/cat"}, 10);
  ASSERT_TRUE(bool(result));
  EXPECT_EQ(result->out, "");
}

TEST(Process, KillsTheWholeGroupWhenTimeIsUp) {
  // The inner process would hold the pipe open if only the shell died.
  auto result = runProcess({"/bin/sh", "-c", "sleep 60 & sleep 60"}, 0.2);
  ASSERT_TRUE(bool(result));
  EXPECT_TRUE(result->timedOut);
  EXPECT_EQ(result->exitCode, 128 + 9);
  EXPECT_LT(result->seconds, 30);
}

TEST(Process, NamesAProgramThatIsNotThere) {
  auto result = runProcess({"/nowhere/program"}, 1);
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(llvm::toString(result.takeError()),
            "`/nowhere/program`: No such file or directory");
}

TEST(TemporaryFolder, GoesAwayWithItsContents) {
  std::string path;
  {
    auto folder = TemporaryFolder::create("spak-test");
    ASSERT_TRUE(bool(folder));
    path = folder->getPath();
    auto touched = runProcess({"/bin/sh", "-c",
                               "mkdir " + folder->file("sub") + " && touch " +
                                   folder->file("sub/file")},
                              10);
    ASSERT_TRUE(bool(touched));
    EXPECT_TRUE(llvm::sys::fs::exists(folder->file("sub/file")));
  }
  EXPECT_FALSE(llvm::sys::fs::exists(path));
}

} // namespace
