// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What a rewrite leaves behind.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_DEADOPS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_DEADOPS_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// Erases \p op if nothing needs it, and then what only it needed.
void eraseIfDead(mlir::Operation *op);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_DEADOPS_H
