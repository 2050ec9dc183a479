// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: sizes of spaces, and the way between points and positions.
#include "spak/Space/Space.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace spak::space {

std::string text(Count count) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(count % 10));
    count /= 10;
  } while (count != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Condition Condition::of(Formula formula) {
  Condition condition;
  condition.scope = formula.scope();
  condition.formula = std::move(formula);
  return condition;
}

std::optional<Count> rawCount(llvm::ArrayRef<AxisDomain> axes) {
  constexpr Count limit = Count(1) << 127;
  Count count = 1;
  bool fits = true;
  for (const AxisDomain &axis : axes) {
    if (axis.values.empty()) {
      return Count(0);
    }
    fits = fits && count <= limit / axis.values.size();
    count = fits ? count * axis.values.size() : count;
  }
  return fits ? std::optional<Count>(count) : std::nullopt;
}

Point pointAt(llvm::ArrayRef<AxisDomain> axes,
              llvm::ArrayRef<uint32_t> positions) {
  Point point;
  for (auto [axis, position] : llvm::zip_equal(axes, positions)) {
    point.set(axis.name, axis.values[position]);
  }
  return point;
}

std::optional<Positions> positionsOf(llvm::ArrayRef<AxisDomain> axes,
                                     const Point &point) {
  Positions positions;
  for (const AxisDomain &axis : axes) {
    const AxisValue *value = point.find(axis.name);
    auto found = value ? llvm::find(axis.values, *value) : axis.values.end();
    if (found == axis.values.end()) {
      return std::nullopt;
    }
    positions.push_back(static_cast<uint32_t>(found - axis.values.begin()));
  }
  return positions;
}

} // namespace spak::space
