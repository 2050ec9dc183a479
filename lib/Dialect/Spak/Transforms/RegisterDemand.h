// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the estimate of the registers that a loop's tiles take in a consumer's
// thread. Knows no budget.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_REGISTERDEMAND_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_REGISTERDEMAND_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// The most that the tiles of \p loop take between two of its ops when
/// iterations follow each other. What is constant, or the same along an axis,
/// is made anew where it is read.
int64_t registersOfTiles(ForOp loop);

/// What its tiles take when the later products of an iteration run beside the
/// first of the next: all that is carried, all products, and the operands made
/// of products.
int64_t registersOfOverlappedTiles(ForOp loop);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_REGISTERDEMAND_H
