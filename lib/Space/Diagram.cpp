// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the making of decision diagrams: forward over distinct residuals of a
// condition, then backward to the fewest nodes.
#include "Diagram.h"

#include "WordTable.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <limits>
#include <map>

namespace spak::space {

//===----------------------------------------------------------------------===//
// Evaluation of prefixes
//===----------------------------------------------------------------------===//

namespace {

constexpr uint32_t kOpen = std::numeric_limits<uint32_t>::max();

/// What a prefix of a condition leads to.
class Outcome {
public:
  virtual ~Outcome() = default;
  /// The terminal, or kOpen with what is left in \p residual. \p positions by
  /// axis, kFree where not fixed.
  virtual uint32_t at(llvm::ArrayRef<uint32_t> positions,
                      std::vector<uint64_t> &residual) = 0;
};

uint32_t terminalOf(std::optional<bool> holds) {
  return holds ? (*holds ? Diagram::kTrue : Diagram::kFalse)
               : Diagram::kUndefined;
}

class FormulaTruth : public Outcome {
public:
  FormulaTruth(const Formula &formula, llvm::ArrayRef<AxisDomain> axes)
      : formula(formula), bound(this->formula, axes) {}

  uint32_t at(llvm::ArrayRef<uint32_t> positions,
              std::vector<uint64_t> &residual) override {
    BoundFormula::Value value = bound.evaluate(positions, residual);
    if (value.kind == BoundFormula::Kind::Open) {
      return kOpen;
    }
    return value.kind == BoundFormula::Kind::Bool ? terminalOf(value.i != 0)
                                                  : terminalOf(std::nullopt);
  }

private:
  Formula formula;
  BoundFormula bound;
};

class FunctionTruth : public Outcome {
public:
  explicit FunctionTruth(const Condition &condition)
      : scope(condition.scope), holds(condition.holds) {}

  uint32_t at(llvm::ArrayRef<uint32_t> positions,
              std::vector<uint64_t> &residual) override {
    residual.clear();
    bool open = false;
    for (unsigned axis : scope) {
      residual.push_back(positions[axis]);
      open |= positions[axis] == BoundFormula::kFree;
    }
    if (open) {
      return kOpen;
    }
    llvm::SmallVector<uint32_t, 8> values(residual.begin(), residual.end());
    return terminalOf(holds(values));
  }

private:
  std::vector<unsigned> scope;
  std::function<std::optional<bool>(llvm::ArrayRef<uint32_t>)> holds;
};

/// Terminals are the distinct numbers that the formula takes.
class FormulaValue : public Outcome {
public:
  FormulaValue(const Formula &formula, llvm::ArrayRef<AxisDomain> axes)
      : bound(formula, axes) {}

  std::vector<double> values;
  bool numeric = true;

  uint32_t at(llvm::ArrayRef<uint32_t> positions,
              std::vector<uint64_t> &residual) override {
    BoundFormula::Value value = bound.evaluate(positions, residual);
    if (value.kind == BoundFormula::Kind::Open) {
      return kOpen;
    }
    if (!value.isNumber() || std::isnan(value.asFloat())) {
      numeric = false;
      return 0;
    }
    auto [place, added] = numbers.try_emplace(value.asFloat(), values.size());
    if (added) {
      values.push_back(value.asFloat());
    }
    return place->second;
  }

private:
  BoundFormula bound;
  std::map<double, uint32_t> numbers;
};

} // namespace

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// Makes the nodes of a diagram.
class DiagramBuilder {
public:
  DiagramBuilder(llvm::ArrayRef<unsigned> scope,
                 llvm::ArrayRef<AxisDomain> axes,
                 llvm::ArrayRef<unsigned> order, Outcome &outcome)
      : outcome(outcome), positions(axes.size(), BoundFormula::kFree) {
    for (unsigned level = 0; level < order.size(); ++level) {
      if (llvm::is_contained(scope, order[level])) {
        diagram.readLevels.push_back(level);
        scopeAxes.push_back(order[level]);
        sizes.push_back(axes[order[level]].values.size());
      }
    }
  }

  /// False if there are more than \p maxEdges edges.
  bool forward(uint64_t maxEdges) {
    uint32_t first = outcome.at(positions, residual);
    if (first != kOpen) {
      start = first;
      return true;
    }
    start = kState;
    std::vector<std::vector<uint32_t>> prefixes = {{}};
    for (size_t depth = 0; depth < sizes.size(); ++depth) {
      uint64_t more = prefixes.size() * sizes[depth];
      if (work + more > maxEdges) {
        return false;
      }
      work += more;
      prefixes = extend(prefixes, depth);
    }
    return true;
  }

  /// The diagram with \p terminalCount terminals.
  Diagram backward(Diagram::Node terminalCount) {
    diagram.terminalCount = terminalCount;
    std::vector<uint32_t> below;
    for (size_t depth = layers.size(); depth-- > 0;) {
      std::vector<uint32_t> &edges = layers[depth];
      for (uint32_t &edge : edges) {
        edge = edge & kState ? below[edge & ~kState] : edge;
      }
      below = reduce(edges, sizes[depth], diagram.readLevels[depth]);
    }
    diagram.rootNode = start & kState ? below.front() : start;
    return std::move(diagram);
  }

  /// One layer of nodes with the given edges; the node of each.
  std::vector<uint32_t> reduce(llvm::ArrayRef<uint32_t> edges, size_t size,
                               unsigned level) {
    WordTable rows;
    std::vector<uint32_t> nodes, numbers;
    std::vector<uint64_t> row(size);
    for (size_t at = 0; at < edges.size(); at += size) {
      llvm::ArrayRef<uint32_t> targets = edges.slice(at, size);
      if (llvm::all_equal(targets)) {
        nodes.push_back(targets.front());
        continue;
      }
      std::copy(targets.begin(), targets.end(), row.begin());
      uint32_t number = rows.intern(row);
      if (number == numbers.size()) {
        numbers.push_back(static_cast<uint32_t>(diagram.terminalCount +
                                                diagram.nodes.size()));
        diagram.nodes.push_back(
            {level, static_cast<uint32_t>(diagram.edges.size())});
        diagram.edges.insert(diagram.edges.end(), targets.begin(),
                             targets.end());
      }
      nodes.push_back(numbers[number]);
    }
    return nodes;
  }

  Diagram diagram;
  uint64_t work = 0; ///< edges looked at

private:
  static constexpr uint32_t kState = uint32_t(1) << 31;
  Outcome &outcome;
  std::vector<uint32_t> positions;
  std::vector<uint64_t> residual;
  std::vector<unsigned> scopeAxes;
  std::vector<size_t> sizes;
  /// By depth: the edges of every state; a terminal, or kState + a state.
  std::vector<std::vector<uint32_t>> layers;
  uint32_t start = 0;

  std::vector<std::vector<uint32_t>>
  extend(const std::vector<std::vector<uint32_t>> &prefixes, size_t depth) {
    std::vector<std::vector<uint32_t>> next;
    std::vector<uint32_t> edges;
    WordTable states;
    for (const std::vector<uint32_t> &prefix : prefixes) {
      for (auto [position, axis] : llvm::zip_first(prefix, scopeAxes)) {
        positions[axis] = position;
      }
      for (uint32_t value = 0; value < sizes[depth]; ++value) {
        positions[scopeAxes[depth]] = value;
        uint32_t target = outcome.at(positions, residual);
        if (target == kOpen) {
          uint32_t state = states.intern(residual);
          if (state == next.size()) {
            next.push_back(prefix);
            next.back().push_back(value);
          }
          target = kState | state;
        }
        edges.push_back(target);
      }
    }
    for (unsigned axis : scopeAxes) {
      positions[axis] = BoundFormula::kFree;
    }
    layers.push_back(std::move(edges));
    return next;
  }
};

/// A condition that is evaluated where all its axes are fixed.
struct Diagram::Evaluation {
  std::unique_ptr<Outcome> outcome;
  std::vector<unsigned> axes;      ///< by depth
  std::vector<size_t> sizes;       ///< by depth
  std::vector<uint32_t> positions; ///< by axis
  std::vector<uint64_t> residual;
};

Diagram::Node Diagram::implicitStep(Node node, unsigned level,
                                    uint32_t value) const {
  size_t depth = llvm::lower_bound(readLevels, level) - readLevels.begin();
  Node prefix = (node - terminalCount) * implicit->sizes[depth] + value;
  if (depth + 1 < readLevels.size()) {
    return terminalCount + prefix;
  }
  for (size_t i = readLevels.size(); i-- > 0;) {
    implicit->positions[implicit->axes[i]] =
        static_cast<uint32_t>(prefix % implicit->sizes[i]);
    prefix /= implicit->sizes[i];
  }
  return implicitTerminals[implicit->outcome->at(implicit->positions,
                                                 implicit->residual)];
}

Diagram Diagram::of(const Condition &condition, llvm::ArrayRef<AxisDomain> axes,
                    llvm::ArrayRef<unsigned> order, uint64_t maxEdges,
                    uint64_t &work) {
  std::unique_ptr<Outcome> outcome;
  if (condition.formula.empty()) {
    outcome = std::make_unique<FunctionTruth>(condition);
  } else {
    outcome = std::make_unique<FormulaTruth>(condition.formula, axes);
  }
  DiagramBuilder builder(condition.scope, axes, order, *outcome);
  bool table = builder.forward(maxEdges);
  work += builder.work;
  if (table) {
    Diagram diagram = builder.backward(3);
    diagram.undefinedReached =
        diagram.rootNode == kUndefined ||
        llvm::is_contained(diagram.edges, uint32_t(kUndefined));
    return diagram;
  }
  Diagram diagram = std::move(builder.diagram);
  diagram.rootNode = diagram.terminalCount;
  diagram.undefinedReached = true;
  diagram.implicit = std::make_shared<Evaluation>();
  diagram.implicit->outcome = std::move(outcome);
  double prefixes = 1;
  for (unsigned level : diagram.readLevels) {
    diagram.implicit->axes.push_back(order[level]);
    diagram.implicit->sizes.push_back(axes[order[level]].values.size());
    prefixes *= static_cast<double>(axes[order[level]].values.size());
  }
  diagram.tooWide = prefixes > kMaxPrefixes;
  diagram.implicit->positions.assign(axes.size(), BoundFormula::kFree);
  return diagram;
}

std::optional<Diagram> Diagram::ofValues(const Formula &formula,
                                         llvm::ArrayRef<AxisDomain> axes,
                                         llvm::ArrayRef<unsigned> order,
                                         uint64_t maxEdges) {
  FormulaValue outcome(formula, axes);
  DiagramBuilder builder(formula.scope(), axes, order, outcome);
  if (!builder.forward(maxEdges) || !outcome.numeric) {
    return std::nullopt;
  }
  Diagram diagram = builder.backward(outcome.values.size());
  diagram.terminalValues = std::move(outcome.values);
  return diagram;
}

Diagram Diagram::mapped(llvm::ArrayRef<Node> terminals) const {
  if (implicit) {
    Diagram result = *this;
    for (Node &terminal : result.implicitTerminals) {
      terminal = terminals[terminal];
    }
    return result;
  }
  // Nodes stand below those that lead to them, so one sweep does.
  struct None : Outcome {
    uint32_t at(llvm::ArrayRef<uint32_t>, std::vector<uint64_t> &) override {
      return 0;
    }
  } none;
  DiagramBuilder builder({}, {}, {}, none);
  builder.diagram.readLevels = readLevels;
  std::vector<uint32_t> target(terminals.begin(), terminals.end());
  for (size_t at = 0; at < nodes.size();) {
    size_t end = at;
    size_t size = (at + 1 < nodes.size() ? nodes[at + 1].first : edges.size()) -
                  nodes[at].first;
    std::vector<uint32_t> rows;
    for (; end < nodes.size() && nodes[end].level == nodes[at].level; ++end) {
      for (size_t i = 0; i < size; ++i) {
        rows.push_back(target[edges[nodes[end].first + i]]);
      }
    }
    std::vector<uint32_t> made = builder.reduce(rows, size, nodes[at].level);
    target.insert(target.end(), made.begin(), made.end());
    at = end;
  }
  Diagram result = std::move(builder.diagram);
  result.rootNode = target[rootNode];
  result.undefinedReached =
      result.rootNode == kUndefined ||
      llvm::is_contained(result.edges, uint32_t(kUndefined));
  return result;
}

} // namespace spak::space
