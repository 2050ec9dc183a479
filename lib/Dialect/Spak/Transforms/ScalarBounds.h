// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What is known of float scalars before the launch, from constants and from
// what a kernel requires, and of tiles made of them.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_SCALARBOUNDS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_SCALARBOUNDS_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include <optional>

namespace spak::ir {

/// Whether \p scalar is a finite positive constant, required to be positive,
/// or a product or quotient of such.
bool isKnownPositive(mlir::Value scalar);

/// A number that \p scalar is at most, from a constant or a requirement.
std::optional<double> knownAtMost(mlir::Value scalar);

/// The scalar that \p tile has at every element: of a splat, or an attribute
/// of a constant. Null if it has none or is not f32.
mlir::OpFoldResult uniformOf(mlir::Value tile);

/// Whether every element of \p tile is the constant zero.
bool isZeroTile(mlir::Value tile);

/// A number that no element of \p tile is above, or below the negative of;
/// elements that a mask makes -inf do not count.
std::optional<double> magnitudeOf(mlir::Value tile);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_SCALARBOUNDS_H
