// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tests of the C interface without a device: the launch checks, and what
// is said where there is no driver.
#include "spak-rt/spak_rt.h"

#include "gtest/gtest.h"

#include <cstdio>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

/// A launch of the toy whose parts a test spoils one at a time.
class Launch : public testing::Test {
protected:
  void SetUp() override {
    cubin = testing::TempDir() + "/spak-toy-" + std::to_string(getpid());
    std::FILE *file = std::fopen(cubin.c_str(), "wb");
    std::fputs("\x7f"
               "ELF, but nobody runs it",
               file);
    std::fclose(file);
    const char *message = nullptr;
    ASSERT_EQ(
        spak_rt_load(cubin.c_str(), manifest().c_str(), &module, &message), 0)
        << message;
    ASSERT_EQ(spak_rt_find(module, nullptr, &kernel, &message), 0);
  }
  void TearDown() override {
    spak_rt_unload(module);
    std::remove(cubin.c_str());
  }

  virtual std::string manifest() { return SPAK_TEST_INPUTS "/toy.json"; }

  /// "code: message" of the checks.
  std::string check() {
    std::vector<spak_rt_tensor> tensors;
    const char *const tensorNames[] = {"X", "Y", "Z"};
    for (size_t t = 0; t < count; ++t) {
      tensors.push_back({tensorNames[t], reinterpret_cast<void *>(address[t]),
                         sizes[t], strides[t], 2});
    }
    const spak_rt_arguments arguments = {tensors.data(), int32_t(count),
                                         nullptr, 0};
    const char *message = nullptr;
    const int code = spak_rt_check(kernel, &arguments, &message);
    return std::to_string(code) + ": " + message;
  }

  spak_rt_module *module = nullptr;
  spak_rt_kernel *kernel = nullptr;
  std::string cubin;
  size_t count = 3;
  uintptr_t address[3] = {4096, 8192, 16384};
  int64_t sizes[3][2] = {{32, 64}, {32, 64}, {32, 64}};
  int64_t strides[3][2] = {{64, 1}, {64, 1}, {64, 1}};
};

TEST_F(Launch, GoodArgumentsPass) { EXPECT_EQ(check(), "0: "); }

TEST_F(Launch, Null) {
  address[0] = 0;
  EXPECT_EQ(check(), "1: X is null");
  for (auto &size : sizes) {
    size[0] = 0;
  }
  EXPECT_EQ(check(), "0: ") << "an empty tensor needs no address";
}

TEST_F(Launch, AMissingTensor) {
  count = 2;
  EXPECT_EQ(check(), "1: Z is not given");
}

TEST_F(Launch, Misaligned) {
  address[0] = 4100;
  EXPECT_EQ(check(), "2: X is not aligned to 16 bytes");
}

TEST_F(Launch, ShapesThatDisagree) {
  sizes[1][0] = 33;
  EXPECT_EQ(check(), "3: Y: expected M = 32, got 33");
}

/// The toy with a table of one row more than it has.
class LaunchOfSums : public Launch {
protected:
  std::string manifest() override {
    std::ifstream in(SPAK_TEST_INPUTS "/toy.json");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::string old = "\"extents\": [\"M\"";
    for (size_t at = text.find(old); at != std::string::npos;
         at = text.find(old, at + 1)) {
      text.replace(at, old.size(), "\"extents\": [\"M + 1\"");
    }
    std::string path = cubin + ".json";
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(LaunchOfSums, ADimBesideAConstant) {
  EXPECT_EQ(check(), "0: ");
  sizes[1][0] = 33;
  EXPECT_EQ(check(), "3: Y: expected M = 31, got 32");
  sizes[0][0] = sizes[1][0] = sizes[2][0] = 0;
  EXPECT_EQ(check(), "3: M is -1");
}

TEST_F(Launch, Strides) {
  strides[0][0] = 66;
  EXPECT_EQ(check(),
            "4: X: expected a multiple of 16 bytes as the stride along M, got "
            "264");
  strides[0][0] = 64;
  strides[2][1] = 2;
  EXPECT_EQ(check(), "4: Z: expected stride 1 along N, got 2");
  strides[2][1] = 1;
  strides[1][0] = -64;
  EXPECT_EQ(check(), "4: Y: expected a stride from 0 up along M, got -64");
}

TEST_F(Launch, AStrideNeverSteppedAlongIsFree) {
  for (auto &size : sizes) {
    size[0] = 1;
  }
  strides[0][0] = 1;
  EXPECT_EQ(check(), "0: ");
}

TEST_F(Launch, TooLarge) {
  for (auto &size : sizes) {
    size[0] = int64_t(1) << 31;
  }
  EXPECT_EQ(check(), "5: M is 2147483648, more than 2147483647");
}

TEST_F(Launch, ARequirement) {
  for (auto &size : sizes) {
    size[1] = 62;
  }
  EXPECT_EQ(check(), "6: N % 4 == 0");
}

TEST_F(Launch, NamesTheKernels) {
  const char *message = nullptr;
  EXPECT_EQ(spak_rt_find(module, "other", &kernel, &message),
            SPAK_RT_BAD_MANIFEST);
  EXPECT_STREQ(message, "no kernel other; the manifest has toy");
}

TEST_F(Launch, SaysThatThereIsNoDriver) {
  if (void *driver = dlopen("libcuda.so.1", RTLD_NOW)) {
    dlclose(driver);
    GTEST_SKIP() << "this machine has a CUDA driver";
  }
  spak_rt_tensor tensors[3];
  const char *const tensorNames[] = {"X", "Y", "Z"};
  for (size_t t = 0; t < 3; ++t) {
    tensors[t] = {tensorNames[t], reinterpret_cast<void *>(address[t]),
                  sizes[t], strides[t], 2};
  }
  const spak_rt_arguments arguments = {tensors, 3, nullptr, 0};
  const char *message = nullptr;
  EXPECT_EQ(spak_rt_launch(kernel, &arguments, nullptr, &message),
            SPAK_RT_NO_DEVICE);
  EXPECT_STREQ(message, "no CUDA driver on this machine (libcuda.so.1 is not "
                        "found): kernels can be compiled here, not run");
}

TEST(Load, RefusesWhatIsNoCubin) {
  spak_rt_module *module = nullptr;
  const char *message = nullptr;
  const char *const manifest = SPAK_TEST_INPUTS "/toy.json";
  EXPECT_EQ(spak_rt_load(manifest, manifest, &module, &message),
            SPAK_RT_BAD_MANIFEST);
  EXPECT_EQ(std::string(message),
            "`" + std::string(manifest) + "` is not a cubin");
  EXPECT_EQ(spak_rt_load(nullptr, manifest, &module, nullptr),
            SPAK_RT_NULL_POINTER);
}

TEST(Status, HasAName) {
  EXPECT_STREQ(spak_rt_status_string(0), "ok");
  EXPECT_STREQ(spak_rt_status_string(6), "requirement not met");
  EXPECT_STREQ(spak_rt_status_string(99), "unknown status");
}

} // namespace
