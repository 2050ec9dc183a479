// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Runs kernels of the spak dialect on the CPU, after any spak phase: the
// meaning of every op, and the check that an algorithm is right before any
// device sees it. docs/Semantics.md says what each op does.
#ifndef SPAK_SIMULATOR_SIMULATOR_H
#define SPAK_SIMULATOR_SIMULATOR_H

#include "spak/Simulator/Tensor.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace spak::sim {

/// How a kernel is run.
struct Options {
  /// Every value in float64, rounded nowhere: the meaning of the kernel
  /// without its number formats.
  bool exact = false;
  /// Blocks of a persistent grid.
  int64_t blocks = 3;
};

/// What a kernel is called with, by name.
struct Arguments {
  std::map<std::string, int64_t> dims;
  std::map<std::string, double> scalars; ///< those without a default at least
  std::map<std::string, Tensor> tensors; ///< inputs and outputs
};

/// What a run did, besides writing the outputs.
struct Result {
  int64_t tiles = 0;  ///< of the grid
  int64_t blocks = 0; ///< that took them
  int64_t dots = 0;   ///< multiply-adds in dots
  int64_t masked = 0; ///< elements that passed through a mask
};

/// The extents of each tensor argument of \p kernel at \p dims.
/// Errors: the module has no such kernel, a dim is missing; at the kernel.
llvm::FailureOr<std::map<std::string, llvm::SmallVector<int64_t, 5>>>
extentsOf(mlir::ModuleOp module, llvm::StringRef kernel,
          const std::map<std::string, int64_t> &dims);

/// How large the tiles of \p kernel, as IRGen writes it, must be at \p dims so
/// that every axis is one tile: a size for each range of grid and loops. The
/// largest dim for a range whose end is no dim.
std::map<std::string, int64_t>
untiledSizes(mlir::ModuleOp module, llvm::StringRef kernel,
             const std::map<std::string, int64_t> &dims);

/// Whether a launch of \p kernel with \p arguments would begin.
/// Errors: a launch check does not hold, an argument is missing; at the op.
llvm::LogicalResult checkLaunch(mlir::ModuleOp module, llvm::StringRef kernel,
                                Arguments &arguments);

/// Runs \p kernel of \p module on \p arguments; its outputs are written.
/// Errors are emitted at the op concerned: an argument is missing or has
/// another shape, a launch check does not hold, an index is out of bounds, an
/// absent element would count, two blocks store to one element, the roles
/// wait for each other, a ring is misused, an op is unknown.
llvm::FailureOr<Result> run(mlir::ModuleOp module, llvm::StringRef kernel,
                            Arguments &arguments, const Options &options = {});

} // namespace spak::sim

#endif // SPAK_SIMULATOR_SIMULATOR_H
