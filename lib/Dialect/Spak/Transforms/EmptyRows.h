// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: whether a row of scores may hold nothing but -inf.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_EMPTYROWS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_EMPTYROWS_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// False only if every element of \p scores comes from products, scalars and
/// finite numbers by way of arithmetic: no mask, choice or load on the way
/// that could put -inf there.
bool mayHaveEmptyRows(mlir::Value scores);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_EMPTYROWS_H
