// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// From a checked kernel to the spak dialect: what is computed, nothing of how.
// The only library that sees both the system and the IR.
#ifndef SPAK_IRGEN_IRGEN_H
#define SPAK_IRGEN_IRGEN_H

#include "spak/Device/Device.h"
#include "spak/Sema/Sema.h"
#include "spak/Space/Point.h"
#include "spak/Support/Diagnostics.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>

namespace spak::irgen {

struct Options {
  /// Tile sizes by range, instead of those of the point. With the extents of
  /// a launch this gives the un-tiled meaning of a kernel.
  std::map<std::string, int64_t> tileSizes;
  /// The kernel to generate; empty: all of the system's.
  std::string kernel;
};

/// Loads the dialects that generated modules use.
void loadDialects(mlir::MLIRContext &context);

/// Writes the kernels of \p system at \p point for \p device. Errors are those
/// of checking the kernels, each reported once to \p diags; then fails.
llvm::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
generate(mlir::MLIRContext &context, const sema::System &system,
         const space::Point &point, const device::Device &device,
         DiagnosticEngine &diags, const Options &options = {});

} // namespace spak::irgen

#endif // SPAK_IRGEN_IRGEN_H
