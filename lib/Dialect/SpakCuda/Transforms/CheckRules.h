// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The parts of check-cuda. Each reports the first breach it finds.
#ifndef SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_CHECKRULES_H
#define SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_CHECKRULES_H

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

namespace spak::cuda {

/// IN-FLIGHT-USE, WGMMA-FENCE, WGMMA-COMMIT, RING-RELEASE, RING-WAIT.
mlir::LogicalResult checkProducts(KernelOp kernel);

/// STORE-FENCE, STORE-REUSE, STORE-DRAIN, RING-BYTES, RING-ACQUIRE.
mlir::LogicalResult checkCopies(KernelOp kernel);

/// BAR-ID-COUNT, SMEM-ALIGN, SMEM-SIZE, UNIFORM-IF, ONE-THREAD-NO-SYNC.
mlir::LogicalResult checkResources(KernelOp kernel);

} // namespace spak::cuda

#endif // SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_CHECKRULES_H
