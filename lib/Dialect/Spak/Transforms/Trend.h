// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// How a bound moves with the tile of a grid. Knows nothing of what the tiles
// are for.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_TREND_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_TREND_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// How a value moves when an index grows.
enum class Trend { Constant, Grows, Shrinks, Unknown };

/// How \p value moves when the range \p range of the grid advances.
Trend trendOf(mlir::Value value, mlir::Value range);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_TREND_H
