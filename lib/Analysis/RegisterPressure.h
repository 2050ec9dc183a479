// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Registers that are live at once in each role. Private to the analysis.
#ifndef SPAK_LIB_ANALYSIS_REGISTERPRESSURE_H
#define SPAK_LIB_ANALYSIS_REGISTERPRESSURE_H

#include "spak/Device/Device.h"
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"
#include "spak/Space/Figures.h"

namespace spak::analysis {

/// One entry a role; one for the whole kernel if it has no roles.
std::vector<space::RolePressure> registerPressure(cuda::KernelOp kernel,
                                                  const device::Device &device);

/// The most registers a thread that \p threads threads can be launched with.
int64_t launchRegisters(const device::Device &device, int64_t threads,
                        int64_t minBlocks);

} // namespace spak::analysis

#endif // SPAK_LIB_ANALYSIS_REGISTERPRESSURE_H
