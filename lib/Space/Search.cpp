// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the walk over a constrained product of axes.
#include "spak/Space/Search.h"

#include <algorithm>

namespace spak::space {

namespace {

class Walk {
public:
  Walk(llvm::ArrayRef<AxisDomain> axes,
       llvm::ArrayRef<PointConstraint> constraints,
       llvm::function_ref<bool(const Point &)> visit)
      : axes(axes), visit(visit), ready(axes.size() + 1) {
    for (const PointConstraint &constraint : constraints) {
      unsigned depth = 0;
      for (unsigned axis : constraint.reads) {
        // What has one value is fixed from the beginning.
        if (axes[axis].values.size() != 1) {
          depth = std::max(depth, axis + 1);
        }
      }
      ready[depth].push_back(&constraint);
    }
  }

  /// False if it gave up.
  bool run() {
    Point point;
    for (const AxisDomain &axis : axes) {
      if (axis.values.size() == 1) {
        point.set(axis.name, axis.values.front());
      }
    }
    if (holds(point, 0)) {
      extend(point, 0);
    }
    return tried < kMaxCombinations;
  }

private:
  llvm::ArrayRef<AxisDomain> axes;
  llvm::function_ref<bool(const Point &)> visit;
  /// By the number of axes that must be fixed.
  std::vector<std::vector<const PointConstraint *>> ready;
  uint64_t tried = 0;

  bool holds(const Point &point, unsigned depth) {
    return std::all_of(ready[depth].begin(), ready[depth].end(),
                       [&](const PointConstraint *constraint) {
                         return constraint->holds(point);
                       });
  }

  bool extend(const Point &point, unsigned depth) {
    if (depth == axes.size()) {
      return visit(point);
    }
    for (const AxisValue &value : axes[depth].values) {
      if (++tried >= kMaxCombinations) {
        return false;
      }
      Point next = point;
      next.set(axes[depth].name, value);
      if (holds(next, depth + 1) && !extend(next, depth + 1)) {
        return false;
      }
    }
    return true;
  }
};

} // namespace

bool forEachPoint(llvm::ArrayRef<AxisDomain> axes,
                  llvm::ArrayRef<PointConstraint> constraints,
                  llvm::function_ref<bool(const Point &)> visit) {
  return Walk(axes, constraints, visit).run();
}

std::optional<unsigned>
emptyingConstraint(llvm::ArrayRef<AxisDomain> axes,
                   llvm::ArrayRef<PointConstraint> constraints) {
  for (unsigned i = 0; i < constraints.size(); ++i) {
    bool found = false;
    forEachPoint(axes, constraints.take_front(i + 1), [&](const Point &) {
      found = true;
      return false;
    });
    if (!found) {
      return i;
    }
  }
  return std::nullopt;
}

} // namespace spak::space
