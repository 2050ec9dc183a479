// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What can be counted on a kernel in spak_cuda without running it: accesses,
// conflicts, sectors, registers, barriers, and the time of a launch in a model.
// Knows no kernel by name.
#ifndef SPAK_ANALYSIS_KERNELFIGURES_H
#define SPAK_ANALYSIS_KERNELFIGURES_H

#include "spak/Device/Rates.h"
#include "spak/Space/Figures.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

#include <map>

namespace spak::analysis {

/// The figures of each kernel of \p module, whose shared memory has been
/// allocated.
std::vector<space::KernelFigures> figuresOf(mlir::ModuleOp module,
                                            const device::Device &device);

/// A launch of one kernel.
struct LaunchShape {
  std::map<std::string, int64_t> dims; ///< sizes; unit: element
  int64_t residentBlocks = 1;          ///< on one multiprocessor
};

/// What came of a model.
struct LaunchModel {
  std::optional<space::Modelled> modelled;
  /// Of all arguments, whether there is a model or not.
  std::optional<double> tensorsBytes;
  std::string problem; ///< why there is none
  /// A size that is asked for is refused at launch; not a fault of the point.
  bool refused = false;
};

/// The time of the launch of \p kernel (the name users know) in the model of
/// docs/Gates.md.
LaunchModel modelLaunch(mlir::ModuleOp module, llvm::StringRef kernel,
                        const device::Device &device,
                        const device::Rates &rates, const LaunchShape &shape);

} // namespace spak::analysis

#endif // SPAK_ANALYSIS_KERNELFIGURES_H
