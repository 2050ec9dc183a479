// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rows of the device table. The one place where an architecture may
// be told from another by its name.
#include "spak/Device/Device.h"

#include "llvm/ADT/STLExtras.h"

namespace spak::device {

namespace {

constexpr uint32_t bit(Capability capability) {
  return 1u << static_cast<unsigned>(capability);
}

constexpr uint32_t kAmpere =
    bit(Capability::CpAsync) | bit(Capability::MmaSync) |
    bit(Capability::Ldmatrix) | bit(Capability::Mbarrier);
constexpr uint32_t kAda = kAmpere | bit(Capability::Fp8);
constexpr uint32_t kHopper = kAda | bit(Capability::Stmatrix) |
                             bit(Capability::Tma) | bit(Capability::Cluster) |
                             bit(Capability::Wgmma) |
                             bit(Capability::SetMaxNReg);
constexpr uint32_t kConsumerBlackwell = kHopper & ~bit(Capability::Wgmma);

constexpr llvm::StringLiteral kGuide =
    "CUDA C++ Programming Guide 13.0, Compute Capabilities, table Technical "
    "Specifications per Compute Capability";

constexpr int64_t kKib = 1024;
constexpr int64_t kMib = 1024 * kKib;

// The first row of an architecture is its default device.
constexpr Device kDevices[] = {
    {"sm_80", "NVIDIA A100-SXM4-40GB", 163 * kKib, 164 * kKib, 1 * kKib, 65536,
     255, 1024, 2048, 32, 108, 40 * kMib, kAmpere, kGuide},
    {"sm_86", "NVIDIA GeForce RTX 3090", 99 * kKib, 100 * kKib, 1 * kKib, 65536,
     255, 1024, 1536, 16, 82, 6 * kMib, kAmpere, kGuide},
    {"sm_89", "NVIDIA L4", 99 * kKib, 100 * kKib, 1 * kKib, 65536, 255, 1024,
     1536, 24, 58, 48 * kMib, kAda, kGuide},
    {"sm_90a", "NVIDIA H200", 227 * kKib, 228 * kKib, 1 * kKib, 65536, 255,
     1024, 2048, 32, 132, 50 * kMib, kHopper, kGuide},
    {"sm_90a", "NVIDIA H100 80GB HBM3", 227 * kKib, 228 * kKib, 1 * kKib, 65536,
     255, 1024, 2048, 32, 132, 50 * kMib, kHopper, kGuide},
    {"sm_120a", "NVIDIA GeForce RTX 5070", 99 * kKib, 100 * kKib, 1 * kKib,
     65536, 255, 1024, 1536, 24, 48, 48 * kMib, kConsumerBlackwell, kGuide},
};

struct CapabilityRow {
  llvm::StringLiteral name;
  llvm::StringLiteral source;
};

constexpr CapabilityRow kCapabilities[] = {
#define SPAK_CAPABILITY(Name, Text, Source) {Text, Source},
#include "spak/Device/Capabilities.def"
#undef SPAK_CAPABILITY
};

struct NumberField {
  llvm::StringLiteral name;
  int64_t Device::*member;
};

constexpr NumberField kNumbers[] = {
    {"l2_bytes", &Device::l2Bytes},
    {"max_blocks_per_sm", &Device::maxBlocksPerSm},
    {"max_threads_per_block", &Device::maxThreadsPerBlock},
    {"max_threads_per_sm", &Device::maxThreadsPerSm},
    {"registers_per_sm", &Device::registersPerSm},
    {"registers_per_thread", &Device::registersPerThread},
    {"smem_per_block", &Device::smemPerBlock},
    {"smem_per_sm", &Device::smemPerSm},
    {"sms", &Device::sms},
};

constexpr llvm::StringRef kFieldNames[] = {
    "arch",
    "l2_bytes",
    "max_blocks_per_sm",
    "max_threads_per_block",
    "max_threads_per_sm",
    "name",
    "registers_per_sm",
    "registers_per_thread",
    "smem_per_block",
    "smem_per_sm",
    "sms",
};

} // namespace

std::optional<int64_t> Device::number(llvm::StringRef field) const {
  for (const NumberField &row : kNumbers) {
    if (row.name == field) {
      return this->*row.member;
    }
  }
  return std::nullopt;
}

std::optional<Device> Device::with(llvm::StringRef field,
                                   int64_t value) const {
  for (const NumberField &row : kNumbers) {
    if (row.name == field) {
      Device other = *this;
      other.*row.member = value;
      return other;
    }
  }
  return std::nullopt;
}

std::optional<llvm::StringRef> Device::text(llvm::StringRef field) const {
  if (field == "arch") {
    return arch;
  }
  if (field == "name") {
    return name;
  }
  return std::nullopt;
}

const Device *find(llvm::StringRef arch) {
  const auto *row = llvm::find_if(
      kDevices, [&](const Device &device) { return device.arch == arch; });
  return row == std::end(kDevices) ? nullptr : row;
}

const Device *findByName(llvm::StringRef name) {
  const auto *row = llvm::find_if(
      kDevices, [&](const Device &device) { return device.name == name; });
  return row == std::end(kDevices) ? nullptr : row;
}

llvm::ArrayRef<Device> all() { return kDevices; }

std::string allArchs() {
  std::string archs;
  for (const Device &device : kDevices) {
    if (find(device.arch) != &device) {
      continue;
    }
    archs += (archs.empty() ? "" : ", ") + device.arch.str();
  }
  return archs;
}

llvm::ArrayRef<llvm::StringRef> fieldNames() { return kFieldNames; }

llvm::StringRef capabilityName(Capability capability) {
  return kCapabilities[static_cast<unsigned>(capability)].name;
}

llvm::StringRef capabilitySource(Capability capability) {
  return kCapabilities[static_cast<unsigned>(capability)].source;
}

unsigned numCapabilities() { return std::size(kCapabilities); }

} // namespace spak::device
