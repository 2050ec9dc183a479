// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: proofs that one loop bound is never below another. Knows integers
// only, nothing of loops.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_BOUNDPROOF_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_BOUNDPROOF_H

#include "mlir/IR/Value.h"

namespace spak::ir {

/// Whether \p a >= \p b whatever the values they are computed from; false if
/// that cannot be shown. Looks through affine maps, tile counts, constants,
/// sums and minima.
bool isProvedAtLeast(mlir::Value a, mlir::Value b);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_BOUNDPROOF_H
