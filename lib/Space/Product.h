// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Several diagrams at once: the graph of partial points that differ in what
// they still allow. Private to Space.
//
// Level by level, a *state* holds the node of every diagram that has begun and
// is not at its end. An axis value leads from a state to a state of the next
// level, or nowhere if a diagram becomes false. The number of points below a
// state does not depend on how it was reached; it is computed once, from the
// last level up. Where two components of axes meet, one state is left: their
// counts multiply without being multiplied out.
//
// If there are too many states the graph ends at some level, and what is below
// is walked for each state of it (backtracking, with the same steps).
#ifndef SPAK_LIB_SPACE_PRODUCT_H
#define SPAK_LIB_SPACE_PRODUCT_H

#include "Diagram.h"
#include "WordTable.h"

#include "spak/Space/Counter.h"

namespace spak::space {

class Product {
public:
  /// \p sizes by level. The diagrams must outlive the product.
  Product(std::vector<uint32_t> sizes, llvm::ArrayRef<const Diagram *> diagrams,
          const Effort &effort);

  /// The number of points; nothing if the effort did not suffice.
  std::optional<Count> count() const {
    return complete ? std::optional<Count>(total) : std::nullopt;
  }

  /// The point number \p index, by level. Points are numbered in the order of
  /// the axes' values, the last level fastest.
  Positions at(Count index) const;

  /// The number of a point given by level; nothing if it is none.
  std::optional<Count> indexOf(llvm::ArrayRef<uint32_t> point) const;

  /// Calls \p visit for the points from \p first on, until it returns false.
  void forEach(Count first,
               llvm::function_ref<bool(llvm::ArrayRef<uint32_t>)> visit) const;

  /// The first point by level, found without the graph; nothing if there is
  /// none or none within \p steps. Unit: edge.
  std::optional<Positions> findFirst(uint64_t steps) const;

  /// A point each of whose values is allowed exists. By level and value.
  bool hasWithin(const std::vector<std::vector<char>> &allowed) const;

  /// By level and value: the number of points. Empty if the graph ended early.
  std::vector<std::vector<Count>> marginals() const;

  /// What the count took, as effort is measured. Unit: edge.
  uint64_t work() const { return workDone; }

private:
  static constexpr uint32_t kDead = ~0u;

  /// How the words of a state of the next level come about.
  struct Move {
    const Diagram *diagram;
    unsigned from; ///< slot in this level's state; kRoot: the diagram begins
    bool reads;    ///< this level's axis
    bool ends;     ///< must be true afterwards, and is not kept
  };
  static constexpr unsigned kRoot = ~0u;

  struct Level {
    std::vector<Move> moves;
    WordTable states;
    std::vector<uint32_t> edges; ///< per state and value; empty below the cut
    std::vector<Count> counts;   ///< per state
  };

  std::vector<uint32_t> sizes;
  std::vector<uint64_t> costs; ///< by level: of the edges of one state
  std::vector<Level> levels;   ///< one more than there are axes
  unsigned cut = 0;            ///< the first level whose edges are not kept
  Count total = 0;
  bool complete = false;
  uint64_t workDone = 0;

  void planMoves(llvm::ArrayRef<const Diagram *> diagrams);
  void growGraph(uint64_t maxEdges);
  bool step(unsigned level, llvm::ArrayRef<uint64_t> state, uint32_t value,
            std::vector<uint64_t> &next) const;
  bool countBelow(unsigned level, llvm::ArrayRef<uint64_t> state,
                  uint64_t &steps, Count &count) const;
  bool findBelow(unsigned level, llvm::ArrayRef<uint64_t> state,
                 uint64_t &steps, Positions &point) const;
  bool hasBelow(unsigned level, llvm::ArrayRef<uint64_t> state,
                const std::vector<std::vector<char>> &allowed) const;
  void countGraph(uint64_t maxSteps);
  Count childCount(unsigned level, uint32_t state,
                   const std::vector<uint64_t> &words, uint32_t value,
                   std::vector<uint64_t> &next) const;
  bool walk(unsigned level, uint32_t state, const std::vector<uint64_t> &words,
            Count &skip, Positions &point,
            llvm::function_ref<bool(llvm::ArrayRef<uint32_t>)> visit) const;
};

} // namespace spak::space

#endif // SPAK_LIB_SPACE_PRODUCT_H
