// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// One condition as a decision diagram. Private to Space.
//
// Fix the axes that a condition reads one after the other. Two prefixes after
// which the condition says the same about every completion are one *node*; a
// node has an edge for each value of its axis, and leads to a terminal as soon
// as the outcome is certain. With a in [1, 2, 4] and b in [1, 2, 4], the
// condition `a * b <= 4` has the nodes
//
//     root: a=1 -> true      a=2 -> n      a=4 -> m
//     n:    b=1,2 -> true    b=4 -> false
//     m:    b=1 -> true      b=2,4 -> false
//
// An axis whose values all lead to the same node is left out of a path.
#ifndef SPAK_LIB_SPACE_DIAGRAM_H
#define SPAK_LIB_SPACE_DIAGRAM_H

#include "spak/Space/Space.h"

#include <memory>

namespace spak::space {

class Diagram {
public:
  using Node = uint64_t;
  static constexpr Node kFalse = 0;
  static constexpr Node kTrue = 1;
  static constexpr Node kUndefined = 2;

  /// Prefixes that can be numbered. Unit: prefix.
  static constexpr double kMaxPrefixes = 4e18;

  /// The diagram of \p condition where the axis at level l of the order is
  /// `order[l]`. Terminals: kFalse, kTrue, kUndefined (no truth value). If it
  /// takes more than \p maxEdges edges there is no table, and the condition is
  /// evaluated at its last axis instead. Edges looked at are added to \p work.
  static Diagram of(const Condition &condition, llvm::ArrayRef<AxisDomain> axes,
                    llvm::ArrayRef<unsigned> order, uint64_t maxEdges,
                    uint64_t &work);

  /// The diagram whose terminals are the values of \p formula: terminal t
  /// stands for `values()[t]`. Nothing if it is too large, or if a value is no
  /// number somewhere.
  static std::optional<Diagram> ofValues(const Formula &formula,
                                         llvm::ArrayRef<AxisDomain> axes,
                                         llvm::ArrayRef<unsigned> order,
                                         uint64_t maxEdges);

  /// This diagram with its terminals replaced by kFalse, kTrue, kUndefined:
  /// terminal t becomes `terminals[t]`.
  Diagram mapped(llvm::ArrayRef<Node> terminals) const;

  Node root() const { return rootNode; }
  /// Levels of the order that are read, ascending.
  llvm::ArrayRef<unsigned> levels() const { return readLevels; }
  /// It is a table: a step is one look-up.
  bool isTable() const { return !implicit; }
  /// Its prefixes cannot be numbered: no step may be taken.
  bool isTooWide() const { return tooWide; }
  /// Some prefix leads to kUndefined.
  bool mayBeUndefined() const { return undefinedReached; }
  llvm::ArrayRef<double> values() const { return terminalValues; }

  /// Where \p value, a position, leads from \p node at \p level. The level
  /// must be one that is read.
  Node step(Node node, unsigned level, uint32_t value) const {
    if (node < terminalCount) {
      return node;
    }
    if (implicit) {
      return implicitStep(node, level, value);
    }
    const TableNode &entry = nodes[node - terminalCount];
    return entry.level == level ? edges[entry.first + value] : node;
  }

private:
  struct TableNode {
    unsigned level;
    uint32_t first; ///< of its edges
  };
  struct Evaluation;
  friend class DiagramBuilder;

  Node rootNode = kTrue;
  Node terminalCount = 3;
  std::vector<unsigned> readLevels;
  std::vector<TableNode> nodes;
  std::vector<uint32_t> edges;
  bool undefinedReached = false;
  bool tooWide = false;
  std::vector<double> terminalValues;
  /// Set for a condition that was too large for a table: a node is then the
  /// number of its prefix.
  std::shared_ptr<Evaluation> implicit;
  Node implicitTerminals[3] = {kFalse, kTrue, kUndefined};

  Node implicitStep(Node node, unsigned level, uint32_t value) const;
};

} // namespace spak::space

#endif // SPAK_LIB_SPACE_DIAGRAM_H
