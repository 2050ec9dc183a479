// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The rows of the device table against the numbers of the manual.
#include "spak/Device/Device.h"

#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

using namespace spak::device;

namespace {

TEST(DeviceTest, SharedMemoryPerBlockIsTheOptInLimit) {
  EXPECT_EQ(find("sm_80")->smemPerBlock, 166912);
  EXPECT_EQ(find("sm_86")->smemPerBlock, 101376);
  EXPECT_EQ(find("sm_89")->smemPerBlock, 101376);
  EXPECT_EQ(find("sm_90a")->smemPerBlock, 232448);
  EXPECT_EQ(find("sm_120a")->smemPerBlock, 101376);
}

TEST(DeviceTest, UnknownArchHasNoRow) {
  EXPECT_EQ(find("sm_90"), nullptr);
  EXPECT_EQ(find(""), nullptr);
  EXPECT_EQ(findByName("H200"), nullptr);
}

TEST(DeviceTest, ABlockFitsItsMultiprocessor) {
  for (const Device &device : all()) {
    EXPECT_EQ(device.smemPerBlock + device.smemReserved, device.smemPerSm)
        << device.name.str();
    EXPECT_LE(device.maxThreadsPerBlock, device.maxThreadsPerSm);
    EXPECT_FALSE(device.source.empty());
  }
}

TEST(DeviceTest, CapabilitiesFollowTheArchitecture) {
  EXPECT_TRUE(find("sm_90a")->has(Capability::Wgmma));
  EXPECT_TRUE(find("sm_90a")->has(Capability::Tma));
  EXPECT_FALSE(find("sm_80")->has(Capability::Tma));
  EXPECT_TRUE(find("sm_80")->has(Capability::CpAsync));
  EXPECT_FALSE(find("sm_120a")->has(Capability::Wgmma));
  EXPECT_TRUE(find("sm_120a")->has(Capability::Tma));
}

TEST(DeviceTest, EveryFieldNameHasAValue) {
  const Device *device = find("sm_90a");
  for (llvm::StringRef field : fieldNames()) {
    EXPECT_TRUE(device->number(field) || device->text(field)) << field.str();
  }
  EXPECT_TRUE(llvm::is_sorted(fieldNames()));
  EXPECT_FALSE(device->number("smem"));
}

TEST(DeviceTest, ArchitecturesAreListedOnce) {
  EXPECT_EQ(allArchs(), "sm_80, sm_86, sm_89, sm_90a, sm_120a");
}

} // namespace
