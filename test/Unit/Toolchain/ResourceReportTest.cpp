// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tests of the reading of ptxas' report.
#include "spak/Toolchain/ResourceReport.h"

#include "gtest/gtest.h"

using namespace spak::toolchain;

namespace {

const char *const kClean = R"(
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'forward_kernel' for 'sm_90a'
ptxas info    : Function properties for forward_kernel
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 168 registers, used 5 barriers, 1024 bytes smem, 912 bytes cmem[0]
ptxas info    : Compile time = 74.123 ms
)";

TEST(ResourceReport, ReadsACleanKernel) {
  const ResourceReport report = parseResourceReport(kClean);
  ASSERT_EQ(report.kernels.size(), 1u);
  const KernelResources &kernel = report.kernels[0];
  EXPECT_EQ(kernel.name, "forward_kernel");
  EXPECT_EQ(kernel.arch, "sm_90a");
  EXPECT_TRUE(kernel.isEntry);
  EXPECT_EQ(kernel.registers, 168u);
  EXPECT_EQ(kernel.barriers, 5u);
  EXPECT_EQ(kernel.smemBytes, 1024u);
  EXPECT_TRUE(report.isClean());
  EXPECT_EQ(report.find("forward_kernel"), &kernel);
  EXPECT_EQ(report.find("other"), nullptr);
}

TEST(ResourceReport, ReadsSpillsAndStack) {
  const ResourceReport report = parseResourceReport(
      "ptxas info    : Compiling entry function 'k' for 'sm_90a'\n"
      "ptxas info    : Function properties for k\n"
      "    48 bytes stack frame, 24 bytes spill stores, 32 bytes spill loads\n"
      "ptxas info    : Used 255 registers, 400 bytes cmem[0]\n");
  ASSERT_EQ(report.kernels.size(), 1u);
  EXPECT_EQ(report.kernels[0].stackBytes, 48u);
  EXPECT_EQ(report.kernels[0].spillStoreBytes, 24u);
  EXPECT_EQ(report.kernels[0].spillLoadBytes, 32u);
  EXPECT_EQ(report.kernels[0].spillBytes(), 56u);
  EXPECT_EQ(report.kernels[0].smemBytes, 0u);
  EXPECT_FALSE(report.isClean());
}

TEST(ResourceReport, ReadsSpillsOfNvrtcsLog) {
  ResourceReport report = parseResourceReport(
      "ptxas info    : Compiling entry function 'k' for 'sm_90a'\n"
      "ptxas info    : Function properties for k\n"
      "ptxas         .     216 bytes stack frame, 492 bytes spill stores, "
      "500 bytes spill loads\n"
      "ptxas info    : Used 168 registers, used 16 barriers\n");
  ASSERT_EQ(report.kernels.size(), 1u);
  EXPECT_EQ(report.kernels[0].spillBytes(), 992u);
  EXPECT_EQ(report.kernels[0].stackBytes, 216u);
  EXPECT_FALSE(report.isClean());
}

TEST(ResourceReport, ALocalArrayAloneIsNotClean) {
  const ResourceReport report = parseResourceReport(
      "ptxas info    : Function properties for k\n"
      "    512 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n");
  EXPECT_FALSE(report.isClean());
}

TEST(ResourceReport, SeesSerialisedWgmma) {
  const ResourceReport report = parseResourceReport(
      std::string(kClean) +
      "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async "
      "instructions are serialized due to insufficient register resources for "
      "the wgmma pipeline in the function 'forward_kernel'\n"
      "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async "
      "instructions are serialized due to insufficient register resources for "
      "the wgmma pipeline in the function 'forward_kernel'\n");
  EXPECT_TRUE(report.wgmmaSerialized);
  EXPECT_EQ(report.warnings.size(), 1u);
  EXPECT_FALSE(report.isClean());
}

TEST(ResourceReport, KeepsOtherWarnings) {
  const ResourceReport report = parseResourceReport(
      "ptxas warning : Stack size for entry function 'k' cannot be statically "
      "determined\n");
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_EQ(report.warnings[0], "Stack size for entry function 'k' cannot be "
                                "statically determined");
  EXPECT_FALSE(report.wgmmaSerialized);
}

TEST(ResourceReport, AnEmptyLogHasNoKernels) {
  EXPECT_TRUE(parseResourceReport("").kernels.empty());
}

} // namespace
