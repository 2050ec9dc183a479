// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the choice of the axis order. Greedy, from every first axis: at each
// step the axis after which the product of the sizes of remembered axes is
// smallest. An axis is remembered while a condition reads it and an axis that
// is still free.
#include "Order.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <limits>
#include <map>

namespace spak::space {

namespace {

/// Components with more axes stay in the order of declaration, and those with
/// more than the smaller number try one first axis: the choice takes time in
/// the cube of the axes. Unit: axis.
constexpr size_t kMaxGreedyAxes = 128;
constexpr size_t kMaxStarts = 40;

/// Orders one component.
class Greedy {
public:
  Greedy(llvm::ArrayRef<size_t> sizes,
         llvm::ArrayRef<std::vector<unsigned>> scopes,
         llvm::ArrayRef<unsigned> component)
      : component(component.begin(), component.end()), fixed(sizes.size()) {
    for (size_t size : sizes) {
      logs.push_back(std::log2(static_cast<double>(std::max<size_t>(size, 1))));
    }
    for (const std::vector<unsigned> &scope : scopes) {
      if (!scope.empty() && llvm::is_contained(component, scope.front())) {
        mine.push_back(scope);
      }
    }
  }

  std::vector<unsigned> best() {
    size_t starts = component.size() <= kMaxStarts ? component.size() : 1;
    std::vector<unsigned> result;
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < starts; ++i) {
      double cost = 0;
      std::vector<unsigned> order = from(component[i], cost);
      if (cost < least) {
        least = cost;
        result = std::move(order);
      }
    }
    return result;
  }

private:
  std::vector<unsigned> component;
  std::vector<double> logs;
  std::vector<std::vector<unsigned>> mine;
  std::vector<char> fixed;

  /// log2 of the product of the sizes of the remembered axes.
  double boundary() const {
    std::vector<char> remembered(fixed.size());
    for (const std::vector<unsigned> &scope : mine) {
      if (llvm::all_of(scope, [&](unsigned axis) { return fixed[axis]; })) {
        continue;
      }
      for (unsigned axis : scope) {
        remembered[axis] |= fixed[axis];
      }
    }
    double sum = 0;
    for (unsigned axis : component) {
      sum += remembered[axis] ? logs[axis] : 0;
    }
    return sum;
  }

  /// The order that begins with \p first, and an estimate of its states.
  std::vector<unsigned> from(unsigned first, double &cost) {
    llvm::fill(fixed, 0);
    std::vector<unsigned> order;
    double before = 0;
    while (order.size() < component.size()) {
      unsigned next = first;
      double least = std::numeric_limits<double>::infinity();
      for (unsigned axis : component) {
        if (fixed[axis] || (order.empty() && axis != first)) {
          continue;
        }
        fixed[axis] = 1;
        // Of two alike, the smaller axis: its values share more.
        double after = boundary() + 1e-3 * logs[axis];
        fixed[axis] = 0;
        if (after < least) {
          least = after;
          next = axis;
        }
      }
      cost += std::exp2(std::min(before + logs[next], 512.0));
      fixed[next] = 1;
      before = boundary();
      order.push_back(next);
    }
    return order;
  }
};

} // namespace

AxisOrder chooseOrder(llvm::ArrayRef<size_t> sizes,
                      llvm::ArrayRef<std::vector<unsigned>> scopes) {
  llvm::EquivalenceClasses<unsigned> tied;
  for (unsigned axis = 0; axis < sizes.size(); ++axis) {
    tied.insert(axis);
  }
  for (const std::vector<unsigned> &scope : scopes) {
    for (unsigned axis : scope) {
      tied.unionSets(scope.front(), axis);
    }
  }
  AxisOrder order;
  std::map<unsigned, size_t> places; // of components, by leader
  for (unsigned axis = 0; axis < sizes.size(); ++axis) {
    auto [place, added] =
        places.try_emplace(tied.getLeaderValue(axis), order.components.size());
    if (added) {
      order.components.emplace_back();
    }
    order.components[place->second].push_back(axis);
  }
  for (std::vector<unsigned> &component : order.components) {
    if (component.size() > 1 && component.size() <= kMaxGreedyAxes) {
      component = Greedy(sizes, scopes, component).best();
    }
    llvm::append_range(order.axes, component);
  }
  return order;
}

} // namespace spak::space
