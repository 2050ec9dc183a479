// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tests that compile a small kernel, with nvcc and with NVRTC. They skip
// with a reason where neither is installed.
#include "spak/Toolchain/Toolchain.h"

#include "gtest/gtest.h"

using namespace spak::toolchain;

namespace {

const char *const kKernel = R"(
extern "C" __global__ void __launch_bounds__(384, 1)
    scale_kernel(float *x, float factor) {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
  x[threadIdx.x] *= factor;
}
)";

std::string messageOf(llvm::Error error) {
  return llvm::toString(std::move(error));
}

class Compile : public testing::TestWithParam<CudaCompiler> {
protected:
  void SetUp() override {
    auto nvcc = findNvcc("");
    if (!nvcc) {
      GTEST_SKIP() << messageOf(nvcc.takeError());
    }
    options.compiler = GetParam();
  }
  CudaOptions options;
};

TEST_P(Compile, MakesACubinAndAReport) {
  auto result = compileCuda(kKernel, "scale.cu", options);
  ASSERT_TRUE(bool(result)) << messageOf(result.takeError());
  EXPECT_EQ(result->binary.substr(1, 3), "ELF");
  const KernelResources *kernel = result->report.find("scale_kernel");
  ASSERT_NE(kernel, nullptr) << result->log;
  EXPECT_EQ(kernel->arch, "sm_90a");
  EXPECT_GT(kernel->registers, 0u);
  EXPECT_TRUE(result->report.isClean());
}

TEST_P(Compile, SeesThatSetmaxnregIsDropped) {
  // Without launch bounds the number of registers at entry is not known.
  auto result = compileCuda("extern \"C\" __global__ void k() {\n"
                            "  asm volatile(\"setmaxnreg.dec.sync.aligned.u32 "
                            "40;\");\n}\n",
                            "k.cu", options);
  ASSERT_TRUE(bool(result)) << messageOf(result.takeError());
  EXPECT_TRUE(result->report.setmaxnregIgnored) << result->log;
  EXPECT_FALSE(result->report.isClean());
}

TEST_P(Compile, MakesPtxForTheExactArchitecture) {
  options.artifact = Artifact::Ptx;
  auto result = compileCuda(kKernel, "scale.cu", options);
  ASSERT_TRUE(bool(result)) << messageOf(result.takeError());
  EXPECT_NE(result->binary.find(".target sm_90a"), std::string::npos);
  EXPECT_NE(result->binary.find("scale_kernel"), std::string::npos);
}

TEST_P(Compile, ShowsTheCompilersOwnMessage) {
  auto result = compileCuda("extern \"C\" __global__ void k() { nothing; }",
                            "broken.cu", options);
  ASSERT_FALSE(bool(result));
  const std::string message = messageOf(result.takeError());
  EXPECT_NE(message.find("rejects `broken.cu`"), std::string::npos) << message;
  EXPECT_NE(message.find("identifier \"nothing\" is undefined"),
            std::string::npos)
      << message;
}

INSTANTIATE_TEST_SUITE_P(Compilers, Compile,
                         testing::Values(CudaCompiler::Nvcc,
                                         CudaCompiler::Nvrtc),
                         [](const auto &info) {
                           return info.param == CudaCompiler::Nvcc ? "nvcc"
                                                                   : "nvrtc";
                         });

TEST(Toolchain, VirtualArchitecture) {
  EXPECT_EQ(virtualArch("sm_90a"), "compute_90a");
  EXPECT_EQ(virtualArch("sm_80"), "compute_80");
}

TEST(Toolchain, NamesTheMissingNvcc) {
  auto nvcc = findNvcc("/nowhere/nvcc");
  ASSERT_FALSE(bool(nvcc));
  EXPECT_EQ(messageOf(nvcc.takeError()),
            "no nvcc at `/nowhere/nvcc`: expected the path of an executable");
}

TEST(Toolchain, ASharedLibraryNeedsNvcc) {
  CudaOptions options;
  options.compiler = CudaCompiler::Nvrtc;
  options.artifact = Artifact::SharedLibrary;
  auto result = compileCuda(kKernel, "scale.cu", options);
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(messageOf(result.takeError()),
            "a shared library needs nvcc: NVRTC compiles device code only");
}

TEST(Toolchain, ASlowCompilerIsEnded) {
  auto nvcc = findNvcc("");
  if (!nvcc) {
    GTEST_SKIP() << messageOf(nvcc.takeError());
  }
  CudaOptions options;
  options.timeoutSeconds = 0.01;
  auto result = compileCuda(kKernel, "scale.cu", options);
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(messageOf(result.takeError()),
            "nvcc took more than 0 s over `scale.cu`");
}

} // namespace
