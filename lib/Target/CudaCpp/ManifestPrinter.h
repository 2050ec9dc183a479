// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The manifest: what a runtime must know to launch a kernel without its C
// function. Printed from the same ops as that function.
#ifndef SPAK_LIB_TARGET_CUDACPP_MANIFESTPRINTER_H
#define SPAK_LIB_TARGET_CUDACPP_MANIFESTPRINTER_H

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"
#include "spak/Target/CudaCpp/CudaCpp.h"

namespace spak::cuda {

mlir::LogicalResult printManifest(mlir::ModuleOp module,
                                  const EmitOptions &options,
                                  std::string &text);

} // namespace spak::cuda

#endif // SPAK_LIB_TARGET_CUDACPP_MANIFESTPRINTER_H
