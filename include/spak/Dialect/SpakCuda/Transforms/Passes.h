// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The passes on spak_cuda and their registration.
#ifndef SPAK_DIALECT_SPAKCUDA_TRANSFORMS_PASSES_H
#define SPAK_DIALECT_SPAKCUDA_TRANSFORMS_PASSES_H

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include "mlir/Pass/Pass.h"

namespace spak::cuda {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "spak/Dialect/SpakCuda/Transforms/Passes.h.inc"

} // namespace spak::cuda

#endif // SPAK_DIALECT_SPAKCUDA_TRANSFORMS_PASSES_H
