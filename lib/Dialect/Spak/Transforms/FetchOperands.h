// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Loaded operands in registers: the requests `operand_<tensor>`.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_FETCHOPERANDS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_FETCHOPERANDS_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// Converts the A sides of \p dots that requests want in registers to the
/// operand layout of \p groups warpgroups, where they are loaded. The dots
/// have their instructions. Diagnoses a request that cannot be honoured.
mlir::LogicalResult fetchOperands(KernelOp kernel, llvm::ArrayRef<DotOp> dots,
                                  int64_t groups);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_FETCHOPERANDS_H
