// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Which points of a space satisfy its constraints. Knows axes, values and
// predicates; not where they were written.
#ifndef SPAK_SPACE_SEARCH_H
#define SPAK_SPACE_SEARCH_H

#include "spak/Space/Point.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <functional>

namespace spak::space {

/// An axis and the values that are tried, in order.
struct AxisDomain {
  std::string name;
  std::vector<AxisValue> values;
};

/// A predicate over some axes.
struct PointConstraint {
  std::string name;
  /// The axes that `holds` reads, by position.
  std::vector<unsigned> reads;
  /// Called with a point that fixes at least the axes in `reads`.
  std::function<bool(const Point &)> holds;
};

/// Combinations that a search looks at before it gives up. Unit: combination.
constexpr uint64_t kMaxCombinations = uint64_t(1) << 18;

/// Calls \p visit with every point of the product of \p axes that satisfies all
/// \p constraints, in the order of the lists, the last axis fastest, until it
/// returns false. A constraint is tried as soon as the axes that it reads are
/// fixed, so what it excludes is never multiplied out. Returns false if it gave
/// up after \ref kMaxCombinations partial or whole combinations.
bool forEachPoint(llvm::ArrayRef<AxisDomain> axes,
                  llvm::ArrayRef<PointConstraint> constraints,
                  llvm::function_ref<bool(const Point &)> visit);

/// The position of the first constraint that, together with those before it,
/// leaves no point; nothing if the space has a point.
std::optional<unsigned>
emptyingConstraint(llvm::ArrayRef<AxisDomain> axes,
                   llvm::ArrayRef<PointConstraint> constraints);

} // namespace spak::space

#endif // SPAK_SPACE_SEARCH_H
