// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tests of the reading of manifests.
#include "Loader/Manifest.h"

#include "gtest/gtest.h"

using namespace spak_rt;

namespace {

std::string toyText() {
  std::string text;
  const Status status = readFile(SPAK_TEST_INPUTS "/toy.json", text);
  EXPECT_TRUE(status.ok()) << status.message;
  return text;
}

/// The toy's manifest with one text replaced by another.
std::string edited(const std::string &from, const std::string &to) {
  std::string text = toyText();
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string messageOf(const std::string &text) {
  Manifest manifest;
  const Status status = parseManifest(text, manifest);
  EXPECT_EQ(status.code, SPAK_RT_BAD_MANIFEST);
  return status.message;
}

TEST(Manifest, ReadsTheToy) {
  Manifest manifest;
  const Status status = parseManifest(toyText(), manifest);
  ASSERT_TRUE(status.ok()) << status.message;
  ASSERT_EQ(manifest.kernels.size(), 1u);
  const KernelInfo &kernel = manifest.kernels[0];
  EXPECT_EQ(manifest.arch, "sm_90a");
  EXPECT_EQ(kernel.entry, "toy_kernel");
  EXPECT_EQ(kernel.threads, 128);
  EXPECT_EQ(kernel.smemBytes, 2048);
  EXPECT_EQ(kernel.pointJson, R"({"columns":32,"rows":16})");
  ASSERT_EQ(kernel.tensors.size(), 3u);
  EXPECT_FALSE(kernel.tensors[0].isOutput);
  EXPECT_TRUE(kernel.tensors[2].isOutput);
  EXPECT_EQ(kernel.scalars[0].defaultValue, 2.0);
  const std::vector<std::string> order = {"X", "Y", "factor", "Z"};
  EXPECT_EQ(kernel.params, order);
  ASSERT_EQ(kernel.arguments.size(), 9u);
  EXPECT_EQ(kernel.arguments[0].kind, ArgumentInfo::TensorMap);
  EXPECT_EQ(kernel.arguments[0].mapAxes, (std::vector<int>{1, 0}));
  EXPECT_EQ(kernel.arguments[2].axis, 0);
}

TEST(Manifest, AWorkspace) {
  const std::string argument = R"({"kind": "pointer", "tensor": "Y"})";
  std::string text = edited(argument, R"({"kind": "workspace"})");
  EXPECT_EQ(messageOf(text),
            "manifest: kernels[0].arguments[1].kind: expected a kernel that "
            "says the bytes of its workspace, got \"workspace\"");
  const std::string threads = "\"threads\": 128";
  text.insert(text.find(threads), "\"workspace\": \"sms * 8\", ");
  Manifest manifest;
  const Status status = parseManifest(text, manifest);
  ASSERT_TRUE(status.ok()) << status.message;
  EXPECT_EQ(manifest.kernels[0].workspace, "sms * 8");
  EXPECT_EQ(manifest.kernels[0].arguments[1].kind, ArgumentInfo::Workspace);
}

TEST(Manifest, ParamsDefaultToInputsScalarsOutputs) {
  Manifest manifest;
  ASSERT_TRUE(
      parseManifest(edited("\"params\"", "\"something_else\""), manifest).ok());
  const std::vector<std::string> order = {"X", "Y", "factor", "Z"};
  EXPECT_EQ(manifest.kernels[0].params, order);
}

TEST(Manifest, NamesTheKeyAtFault) {
  EXPECT_EQ(messageOf("nothing"), "the manifest is not JSON");
  EXPECT_EQ(messageOf("[]"), "manifest: : expected an object");
  EXPECT_EQ(messageOf("{\"spak_manifest\": 2, \"kernels\": []}"),
            "manifest: spak_manifest: expected version 1, got 2");
  EXPECT_EQ(messageOf("{\"spak_manifest\": 1, \"kernels\": []}"),
            "manifest: kernels: expected at least one kernel, got []");
  EXPECT_EQ(messageOf(edited("\"threads\": 128,", "")),
            "manifest: kernels[0].threads: expected an integer");
  EXPECT_EQ(messageOf(edited("\"dtype\": \"f32\"", "\"dtype\": \"f31\"")),
            "manifest: kernels[0].tensors[0].dtype: expected an element type, "
            "got \"f31\"");
  EXPECT_EQ(messageOf(edited("\"kind\": \"pointer\"", "\"kind\": \"ptr\"")),
            "manifest: kernels[0].arguments[1].kind: expected tensor_map, "
            "pointer, stride, scalar, value or workspace, got \"ptr\"");
  EXPECT_EQ(messageOf(edited("[\"32\", \"16\"]", "[\"32\"]")),
            "manifest: kernels[0].arguments[0].box: expected one to five "
            "sizes, as many as dims, got [\"32\"]");
}

TEST(Manifest, NamesTheMissingFile) {
  std::string text;
  EXPECT_EQ(readFile("/nowhere/k.json", text).message,
            "`/nowhere/k.json`: No such file or directory");
}

} // namespace
