// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the figures of a kernel, put together.
#include "spak/Analysis/KernelFigures.h"

#include "Accesses.h"
#include "RegisterPressure.h"
#include "ScalarValues.h"

#include <set>

using namespace mlir;

namespace spak::analysis {

namespace {

constexpr int64_t kWarpsPerGroup = 4;

/// The ids of named barriers, for every group that uses them.
int64_t countBarriers(cuda::KernelOp kernel) {
  std::set<int64_t> ids;
  auto unknown = [](Value) { return Integer(0); };
  kernel.walk([&](Operation *op) {
    if (!isa<cuda::BarSyncOp, cuda::BarArriveOp>(op)) {
      return;
    }
    auto role = op->getParentOfType<cuda::RoleOp>();
    int64_t groups =
        role ? std::max<int64_t>(role.getWarps() / kWarpsPerGroup, 1) : 1;
    for (int64_t group = 0; group < groups; ++group) {
      ThreadPlace place;
      place.group = group;
      LazyValues values(place, unknown);
      if (Integer id = values(op->getOperand(0))) {
        ids.insert(*id);
      }
    }
  });
  return ids.size();
}

} // namespace

std::vector<space::KernelFigures> figuresOf(ModuleOp module,
                                            const device::Device &device) {
  std::vector<space::KernelFigures> all;
  for (cuda::KernelOp kernel : module.getOps<cuda::KernelOp>()) {
    space::KernelFigures figures;
    figures.entry = kernel.getSymName().str();
    module.walk([&](cuda::HostLaunchOp launch) {
      if (launch.getKernel() == kernel.getSymName()) {
        figures.kernel =
            launch->getParentOfType<cuda::HostOp>().getSymName().str();
      }
    });
    figures.sharedBytes = kernel.getSmemBytes().value_or(0);
    figures.threads = kernel.getThreads();
    figures.minBlocks = kernel.getMinBlocks();
    figures.launchRegisters =
        launchRegisters(device, figures.threads, figures.minBlocks);
    figures.namedBarriers = countBarriers(kernel);
    kernel.walk([&](cuda::RingOp ring) {
      int64_t slots =
          cast<cuda::RingType>(ring.getResult().getType()).getSlots();
      figures.mbarriers += 2 * slots;
      figures.prefetchDepth = std::max(figures.prefetchDepth, slots);
    });
    figures.roles = registerPressure(kernel, device);
    TensorMaps maps(module, kernel);
    countShared(kernel, maps, figures);
    countGlobal(kernel, maps, figures);
    all.push_back(std::move(figures));
  }
  return all;
}

} // namespace spak::analysis
