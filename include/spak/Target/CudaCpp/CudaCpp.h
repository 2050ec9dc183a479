// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The way from prepared spak_cuda to text. Prints what is there: never changes
// the IR, never chooses.
#ifndef SPAK_TARGET_CUDACPP_CUDACPP_H
#define SPAK_TARGET_CUDACPP_CUDACPP_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

#include <string>
#include <utility>
#include <vector>

namespace spak::cuda {

/// What the text says about where it comes from.
struct EmitOptions {
  std::string compiler = "spakc 0.1.0";
  std::string options;     ///< the canonical option text, one line
  std::string optionsHash; ///< of `options`
  std::string sourceName;  ///< file name without folders, e.g. "fmha.dsl"
  std::string sourceText;  ///< its text, quoted in comments; may be empty
  /// Path, as locations have it, and text of other files with kernels.
  std::vector<std::pair<std::string, std::string>> inherited;
  std::string arch = "sm_90a";
  /// Include spak/device/*.cuh instead of copying what is used of them.
  bool deviceHeaders = false;
};

/// The three texts of a module.
struct Emitted {
  std::string source;   ///< the .cu
  std::string header;   ///< the C header of the launch functions
  std::string manifest; ///< JSON, manifest-1
};

/// Prints \p module, which prepare-emission has named. Fails with one
/// diagnostic for the first op that has no text.
mlir::LogicalResult emitCudaCpp(mlir::ModuleOp module,
                                const EmitOptions &options, Emitted &out);

} // namespace spak::cuda

#endif // SPAK_TARGET_CUDACPP_CUDACPP_H
