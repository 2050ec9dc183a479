// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The valid points of a space: how many, which one is number i, which number a
// point has, a sample, what lies beside a point. The set is never written out:
// docs/Spaces.md says how. Knows no device and no text.
#ifndef SPAK_SPACE_COUNTER_H
#define SPAK_SPACE_COUNTER_H

#include "spak/Space/Space.h"

#include <memory>

namespace spak::space {

/// Work that may be done before a count is given up. An edge at which a
/// condition is evaluated, because it has no table, counts as sixteen.
struct Effort {
  /// Edges of all diagrams of conditions; a condition takes a quarter of what
  /// is left at most. Unit: edge.
  uint64_t diagrams = uint64_t(1) << 23;
  /// Edges of one graph that are kept. Unit: edge.
  uint64_t edges = uint64_t(1) << 24;
  /// Edges that are walked below a graph that ended early. Unit: edge.
  uint64_t steps = uint64_t(1) << 26;
  /// Edges of all the counts that a census or an explanation takes, beside
  /// that of the whole space. Unit: edge.
  uint64_t all = uint64_t(1) << 27;
};

/// A point at which a condition has no value, and the rule it belongs to.
struct Undefined {
  unsigned rule = 0;
  Positions point;
};

class Counter {
public:
  explicit Counter(Space space, Effort effort = {});
  ~Counter();
  Counter(Counter &&);

  const Space &space() const;

  /// The number of valid points; nothing if the effort did not suffice. The
  /// functions below that number points then say that there is none; those
  /// about a given point answer.
  std::optional<Count> valid() const;

  /// The order in which axes are fixed, and the groups of axes that do not
  /// depend on each other.
  llvm::ArrayRef<unsigned> order() const;
  llvm::ArrayRef<std::vector<unsigned>> components() const;

  /// A point at which every rule before the first that is undefined holds;
  /// nothing if there is none. Such points are not valid.
  std::optional<Undefined> undefined() const;

  /// The point number \p index, from 0 to valid() - 1. Points are numbered in
  /// the order of the axes' values, axes in \ref order, the last one fastest.
  Positions at(Count index) const;

  /// The number of \p point; nothing if it is not valid.
  std::optional<Count> indexOf(llvm::ArrayRef<uint32_t> point) const;

  /// The valid point that comes first when points are compared axis by axis,
  /// axes as declared and values as listed; nothing if there is none. Where the
  /// points could not be counted the search is bounded and may miss it.
  std::optional<Positions> firstDeclared() const;

  /// The first rule that \p point breaks: the one that it is put down to in a
  /// census. Nothing if it is valid.
  std::optional<unsigned> brokenRule(llvm::ArrayRef<uint32_t> point) const;

  bool contains(llvm::ArrayRef<uint32_t> point) const;

  /// The valid points that differ from \p point in one axis: axes in the order
  /// of declaration, values in their order.
  std::vector<Positions> neighbours(llvm::ArrayRef<uint32_t> point) const;

  /// The numbers of \p wanted different valid points, every set and every
  /// order equally likely; of all of them if there are fewer. The same seed
  /// gives the same numbers on every machine.
  std::vector<Count> sample(uint64_t wanted, uint64_t seed) const;

  /// Calls \p visit for the valid points from number \p first on, until it
  /// returns false.
  void forEach(Count first,
               llvm::function_ref<bool(llvm::ArrayRef<uint32_t>)> visit) const;

  /// By axis and value: the valid points that have it. Empty if the space was
  /// too large to keep its graph.
  std::vector<std::vector<Count>> marginals() const;

  /// The number of points that satisfy the rules \p kept, whatever the others
  /// say; nothing if the effort did not suffice. What it takes is taken from
  /// \p left. Unit: edge.
  std::optional<Count> countWith(llvm::ArrayRef<unsigned> kept,
                                 uint64_t &left) const;

  const Effort &effort() const;

private:
  friend class Emptier;
  struct State;
  std::unique_ptr<State> state;

  std::optional<Positions> searchDeclared() const;
};

/// Where the points of a space go.
struct Census {
  std::optional<Count> raw;
  std::optional<Count> valid;
  /// By rule: the points that satisfy every rule before it and break this one.
  /// With `valid` they add up to `raw`.
  std::vector<std::optional<Count>> cuts;
  /// By rule: the points that break it, whatever the others say.
  std::vector<std::optional<Count>> alone;
  /// By rule: the points that break it and no other.
  std::vector<std::optional<Count>> only;
};

Census takeCensus(const Counter &counter);

/// A bound that, moved, gives an empty space its first points.
struct Relaxation {
  unsigned rule = 0;
  unsigned condition = 0; ///< of the rule
  /// The side of the comparison that depends on the point; both if neither
  /// is constant, and then the figures are of left minus right.
  enum class Side : uint8_t { Left, Right, Both } side = Side::Left;
  bool strict = false; ///< the bound itself is excluded
  bool upper = true;   ///< values must be below the bound
  double bound = 0;    ///< as it is; 0 for Side::Both
  double needed = 0;   ///< the value nearest to the bound
  Count points = 0;    ///< valid once the bound admits it
};

/// Why a space is empty.
struct Emptiness {
  /// Rules that no point satisfies together, ascending; each is needed for
  /// that.
  std::vector<unsigned> core;
  /// No smaller set of rules empties the space.
  bool smallest = true;
  /// For each numeric bound of the core that can be moved alone.
  std::vector<Relaxation> relaxations;
};

/// Why \p counter has no valid point. It must have none.
Emptiness explainEmpty(const Counter &counter);

} // namespace spak::space

#endif // SPAK_SPACE_COUNTER_H
