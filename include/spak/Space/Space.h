// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A constrained space as data: axes with their values, constraints over them.
// Knows not where they were written.
#ifndef SPAK_SPACE_SPACE_H
#define SPAK_SPACE_SPACE_H

#include "spak/Space/Formula.h"

#include <cstdint>

namespace spak::space {

/// A number of points. Wide enough for every product of axes that spakc
/// accepts; \ref rawCount says when one is not.
__extension__ using Count = unsigned __int128;

/// The decimal digits of \p count.
std::string text(Count count);

/// A condition over some axes, given by a formula or by a function.
struct Condition {
  Formula formula; ///< empty: the function decides
  /// The axes that are read, ascending.
  std::vector<unsigned> scope;
  /// Gets the position of the value of each axis of `scope`. Nothing if the
  /// condition has no value there.
  std::function<std::optional<bool>(llvm::ArrayRef<uint32_t> positions)> holds;

  static Condition of(Formula formula);
};

/// A named constraint: the conjunction of its conditions. A condition is
/// looked at only where those before it hold.
struct Rule {
  std::string name;
  std::vector<Condition> conditions;
};

/// The product of \ref axes cut by \ref rules. The order of the rules says
/// which one a rejected point is put down to: the first that it breaks.
struct Space {
  std::vector<AxisDomain> axes;
  std::vector<Rule> rules;
};

/// A value of each axis, by its position in the axis; axes as declared.
using Positions = std::vector<uint32_t>;

/// The product of the axes' sizes; nothing if it needs more than 127 bits.
std::optional<Count> rawCount(llvm::ArrayRef<AxisDomain> axes);

/// The point at \p positions.
Point pointAt(llvm::ArrayRef<AxisDomain> axes,
              llvm::ArrayRef<uint32_t> positions);

/// The positions of \p point; nothing if an axis does not have its value.
std::optional<Positions> positionsOf(llvm::ArrayRef<AxisDomain> axes,
                                     const Point &point);

} // namespace spak::space

#endif // SPAK_SPACE_SPACE_H
