// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which words of a kernel's workspace are whose. The launch only knows
// how many there are.
#include "Lowering.h"

using namespace mlir;

namespace spak::conversion {

namespace {

constexpr int64_t kWordBytes = 4;
/// Regions begin on lines of L2, so that counters of different regions do not
/// wait for one another.
constexpr int64_t kRegionAlign = 128;
/// The head comes first; where the blocks' regions begin must be known before
/// all shared regions are.
constexpr int64_t kHeadBytes = 1024;

} // namespace

FailureOr<WorkspaceRegion> KernelLowering::sharedWorkspace(StringRef name,
                                                           int64_t bytes) {
  auto [known, isNew] =
      sharedRegions.try_emplace(name.str(), workspace.headBytes);
  if (isNew) {
    workspace.headBytes += llvm::alignTo(bytes, kRegionAlign);
    if (workspace.headBytes > kHeadBytes) {
      return kernel.emitOpError("needs more than ")
             << kHeadBytes << " bytes of workspace shared by all blocks";
    }
  }
  return WorkspaceRegion{argument({DeviceArgument::Workspace, {}}),
                         constant(known->second / kWordBytes)};
}

FailureOr<WorkspaceRegion> KernelLowering::workspaceOfBlocks(StringRef name,
                                                             int64_t bytes) {
  if (!persistent.value_or(false)) {
    return kernel.emitOpError("needs workspace for every block, but its grid "
                              "may have any number of them");
  }
  int64_t size = llvm::alignTo(bytes, kRegionAlign);
  auto [known, isNew] =
      blockRegions.try_emplace(name.str(), workspace.bytesPerBlock);
  if (isNew) {
    workspace.bytesPerBlock += size;
  }
  // The regions of one name lie side by side for all blocks, after those that
  // were asked for earlier.
  int64_t before = known->second / kWordBytes;
  Value offset = constant(kHeadBytes / kWordBytes);
  if (before > 0) {
    Value blocks = cuda::BlocksOp::create(builder, kernel.getLoc());
    offset = add(mul(blocks, before), offset);
  }
  return WorkspaceRegion{argument({DeviceArgument::Workspace, {}}), offset,
                         size / kWordBytes};
}

WorkspaceSize KernelLowering::workspaceSize() const {
  WorkspaceSize size = workspace;
  if (size.bytesPerBlock > 0) {
    size.headBytes = kHeadBytes;
  }
  return size;
}

} // namespace spak::conversion
