// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which scores may be -inf: what puts it there, and whether a row may
// hold nothing else.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_EMPTYROWS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_EMPTYROWS_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// False only if every element of \p scores comes from products, scalars and
/// finite numbers by way of arithmetic: no mask, choice or load on the way
/// that could put -inf there.
bool mayHaveEmptyRows(mlir::Value scores);

/// Where \p op takes the scores that it keeps some of, with -inf elsewhere: a
/// mask or such a select. Null if it is none.
mlir::OpOperand *keptOperand(mlir::Operation *op);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_EMPTYROWS_H
