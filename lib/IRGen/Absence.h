// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What an element holds where an index of its tile lies past the end of a
// range. Loads give zero there; arithmetic carries that on or destroys it.
#ifndef SPAK_LIB_IRGEN_ABSENCE_H
#define SPAK_LIB_IRGEN_ABSENCE_H

#include "mlir/IR/Value.h"

namespace spak::irgen {

/// From what is least known to what is best known. A sum over absent elements
/// needs Zero; a product with a Zero operand needs the other to be Finite.
enum class AtAbsent : uint8_t { Unknown, Finite, Zero };

/// What \p value holds where \p axis is absent. A value without the axis is
/// judged as it is; what was loaded or passed counts as finite. Looks through
/// at most 32 operations in a row, and answers Unknown beyond.
AtAbsent atAbsent(mlir::Value value, llvm::StringRef axis);

} // namespace spak::irgen

#endif // SPAK_LIB_IRGEN_ABSENCE_H
