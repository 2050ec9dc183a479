// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the smallest set of rules that empties a space, and how far a bound of
// it would have to move.
#include "CounterState.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>

namespace spak::space {

namespace {

using Op = Formula::Op;

/// Sets that may be tried. Unit: set.
constexpr size_t kMaxCoreSets = 20000;

} // namespace

/// Sees the inside of a counter.
class Emptier {
public:
  explicit Emptier(const Counter &counter)
      : state(*counter.state), left(state.effort.all) {}

  Emptiness run() {
    Emptiness result;
    result.core = minimalCore();
    result.smallest = shrink(result.core) && known;
    for (const Entry &entry : state.entries) {
      if (llvm::is_contained(result.core, entry.rule)) {
        if (std::optional<Relaxation> relaxation = relax(entry)) {
          result.relaxations.push_back(*relaxation);
        }
      }
    }
    return result;
  }

private:
  using Entry = Counter::State::Entry;
  const Counter::State &state;
  uint64_t left; ///< effort
  size_t sets = 0;
  bool known = true; ///< every set that was tried could be counted

  bool empty(llvm::ArrayRef<unsigned> rules) {
    std::vector<char> keep(state.space.rules.size());
    for (unsigned rule : rules) {
      keep[rule] = 1;
    }
    std::vector<const Diagram *> diagrams = state.diagramsOf(
        [&](const Entry &entry) { return keep[entry.rule] != 0; });
    std::optional<Count> count = state.count(diagrams, left);
    ++sets;
    known &= count.has_value();
    return count == Count(0);
  }

  /// A set from which no rule can be dropped.
  std::vector<unsigned> minimalCore() {
    std::vector<unsigned> core;
    for (unsigned rule = 0; rule < state.space.rules.size(); ++rule) {
      core.push_back(rule);
    }
    for (size_t i = core.size(); i-- > 0;) {
      std::vector<unsigned> without = core;
      without.erase(without.begin() + static_cast<ptrdiff_t>(i));
      if (empty(without)) {
        core = std::move(without);
      }
    }
    return core;
  }

  /// Looks for a smaller core, fewest rules first. False if it gave up.
  bool shrink(std::vector<unsigned> &core) {
    for (size_t size = 1; size < core.size(); ++size) {
      std::vector<unsigned> chosen;
      for (unsigned rule = 0; rule < size; ++rule) {
        chosen.push_back(rule);
      }
      do {
        if (left == 0 || sets > kMaxCoreSets) {
          return false;
        }
        if (empty(chosen)) {
          core = chosen;
          return true;
        }
      } while (advance(chosen));
    }
    return true;
  }

  /// The next set of the same size, in order; false after the last.
  bool advance(std::vector<unsigned> &chosen) {
    size_t rules = state.space.rules.size();
    for (size_t i = chosen.size(); i-- > 0;) {
      if (chosen[i] + (chosen.size() - i) < rules) {
        ++chosen[i];
        for (size_t j = i + 1; j < chosen.size(); ++j) {
          chosen[j] = chosen[j - 1] + 1;
        }
        return true;
      }
    }
    return false;
  }

  std::optional<Relaxation> relax(const Entry &entry);
};

/// Reads \p formula as a comparison: fills side, direction and bound of
/// \p result, and returns what moves. Nothing if it is no comparison of a
/// number that moves.
static std::optional<Formula> movingSide(const Formula &formula,
                                         llvm::ArrayRef<AxisDomain> axes,
                                         Relaxation &result) {
  if (formula.empty()) {
    return std::nullopt;
  }
  const Formula::Node &top = formula.node(formula.result());
  bool less = top.op == Op::Lt || top.op == Op::Le;
  if (!less && top.op != Op::Gt && top.op != Op::Ge) {
    return std::nullopt;
  }
  result.strict = top.op == Op::Lt || top.op == Op::Gt;
  result.upper = less;
  Formula left = formula.part(top.children[0]);
  Formula right = formula.part(top.children[1]);
  bool leftMoves = !left.scope().empty(), rightMoves = !right.scope().empty();
  if (leftMoves && rightMoves) {
    result.side = Relaxation::Side::Both;
    return left.minus(right);
  }
  if (!leftMoves && !rightMoves) {
    return std::nullopt;
  }
  if (rightMoves) {
    result.side = Relaxation::Side::Right;
    result.upper = !less;
  }
  BoundFormula bound(leftMoves ? right : left, axes);
  std::vector<uint32_t> none(axes.size(), BoundFormula::kFree);
  std::vector<uint64_t> residual;
  BoundFormula::Value value = bound.evaluate(none, residual);
  if (!value.isNumber()) {
    return std::nullopt;
  }
  result.bound = value.asFloat();
  return leftMoves ? left : right;
}

/// How far the comparison \p entry must move so that the space has points;
/// nothing if it is no comparison of numbers or does not help alone.
std::optional<Relaxation> Emptier::relax(const Entry &entry) {
  Relaxation result;
  result.rule = entry.rule;
  result.condition = entry.condition;
  std::optional<Formula> moving = movingSide(
      state.space.rules[entry.rule].conditions[entry.condition].formula,
      state.space.axes, result);
  if (!moving) {
    return std::nullopt;
  }
  std::optional<Diagram> values = Diagram::ofValues(
      *moving, state.space.axes, state.order.axes, state.effort.diagrams / 4);
  if (!values) {
    return std::nullopt;
  }
  std::vector<double> sorted = values->values();
  llvm::sort(sorted);
  if (!result.upper) {
    std::reverse(sorted.begin(), sorted.end());
  }
  // Points where the value is not beyond `limit`, by all other conditions.
  auto countUpTo = [&](double limit) {
    std::vector<Diagram::Node> terminals;
    for (double value : values->values()) {
      bool inside = result.upper ? value <= limit : value >= limit;
      terminals.push_back(inside ? Diagram::kTrue : Diagram::kFalse);
    }
    Diagram admitted = values->mapped(terminals);
    std::vector<const Diagram *> diagrams =
        state.diagramsOf([&](const Entry &other) { return &other != &entry; });
    diagrams.push_back(&admitted);
    return state.count(diagrams, left).value_or(0);
  };
  if (sorted.empty() || countUpTo(sorted.back()) == 0) {
    return std::nullopt;
  }
  auto first =
      std::partition_point(sorted.begin(), sorted.end(),
                           [&](double limit) { return countUpTo(limit) == 0; });
  result.needed = *first;
  result.points = countUpTo(*first);
  return result;
}

Emptiness explainEmpty(const Counter &counter) {
  return Emptier(counter).run();
}

} // namespace spak::space
