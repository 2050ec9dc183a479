// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What a counter holds. Private to Space.
#ifndef SPAK_LIB_SPACE_COUNTERSTATE_H
#define SPAK_LIB_SPACE_COUNTERSTATE_H

#include "Order.h"
#include "Product.h"

namespace spak::space {

struct Counter::State {
  Space space;
  Effort effort;
  AxisOrder order;
  std::vector<uint32_t> sizes; ///< by level
  struct Entry {
    Diagram diagram;
    unsigned rule;
    unsigned condition;
  };
  /// One per condition, rules in order.
  std::vector<Entry> entries;
  std::unique_ptr<Product> all;

  /// The diagrams of all conditions, rules in order.
  std::vector<Diagram> diagramsIn(llvm::ArrayRef<unsigned> axes) const {
    std::vector<Diagram> made;
    uint64_t work = 0;
    for (const Rule &rule : space.rules) {
      for (const Condition &condition : rule.conditions) {
        uint64_t left = effort.diagrams - std::min(effort.diagrams, work);
        made.push_back(
            Diagram::of(condition, space.axes, axes, left / 4, work));
      }
    }
    return made;
  }

  Product product(llvm::ArrayRef<const Diagram *> diagrams) const {
    return Product(sizes, diagrams, effort);
  }

  /// The number of points where all of \p diagrams are true. What it takes is
  /// taken from \p left.
  std::optional<Count> count(llvm::ArrayRef<const Diagram *> diagrams,
                             uint64_t &left) const {
    Effort some = effort;
    some.edges = std::min(some.edges, left);
    some.steps = std::min(some.steps, left);
    Product product(sizes, diagrams, some);
    left -= std::min(left, product.work());
    return product.count();
  }

  /// The diagrams of the rules for which \p keep holds.
  std::vector<const Diagram *>
  diagramsOf(llvm::function_ref<bool(const Entry &)> keep) const {
    std::vector<const Diagram *> diagrams;
    for (const Entry &entry : entries) {
      if (keep(entry)) {
        diagrams.push_back(&entry.diagram);
      }
    }
    return diagrams;
  }

  Positions byLevel(llvm::ArrayRef<uint32_t> byAxis) const {
    Positions result;
    for (unsigned axis : order.axes) {
      result.push_back(byAxis[axis]);
    }
    return result;
  }

  Positions byAxis(llvm::ArrayRef<uint32_t> byLevel) const {
    Positions result(byLevel.size());
    for (unsigned level = 0; level < byLevel.size(); ++level) {
      result[order.axes[level]] = byLevel[level];
    }
    return result;
  }
};

} // namespace spak::space

#endif // SPAK_LIB_SPACE_COUNTERSTATE_H
