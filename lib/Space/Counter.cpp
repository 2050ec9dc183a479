// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the questions about the valid points of a space.
#include "spak/Space/Counter.h"

#include "CounterState.h"

#include "llvm/ADT/STLExtras.h"

#include <set>

namespace spak::space {

Counter::Counter(Space given, Effort effort)
    : state(std::make_unique<State>()) {
  state->space = std::move(given);
  state->effort = effort;
  const Space &space = state->space;
  std::vector<size_t> sizes;
  for (const AxisDomain &axis : space.axes) {
    sizes.push_back(axis.values.size());
  }
  std::vector<std::vector<unsigned>> scopes;
  for (const Rule &rule : space.rules) {
    for (const Condition &condition : rule.conditions) {
      scopes.push_back(condition.scope);
    }
  }
  state->order = chooseOrder(sizes, scopes);
  for (unsigned axis : state->order.axes) {
    state->sizes.push_back(static_cast<uint32_t>(sizes[axis]));
  }
  std::vector<Diagram> diagrams = state->diagramsIn(state->order.axes);
  auto next = diagrams.begin();
  for (unsigned rule = 0; rule < space.rules.size(); ++rule) {
    for (unsigned i = 0; i < space.rules[rule].conditions.size(); ++i) {
      state->entries.push_back({std::move(*next++), rule, i});
    }
  }
  state->all = std::make_unique<Product>(
      state->product(state->diagramsOf([](const auto &) { return true; })));
}

Counter::~Counter() = default;
Counter::Counter(Counter &&) = default;

const Space &Counter::space() const { return state->space; }

std::optional<Count> Counter::valid() const { return state->all->count(); }

llvm::ArrayRef<unsigned> Counter::order() const { return state->order.axes; }

llvm::ArrayRef<std::vector<unsigned>> Counter::components() const {
  return state->order.components;
}

std::optional<Undefined> Counter::undefined() const {
  constexpr Diagram::Node only[] = {Diagram::kFalse, Diagram::kFalse,
                                    Diagram::kTrue};
  for (size_t i = 0; i < state->entries.size(); ++i) {
    const State::Entry &entry = state->entries[i];
    if (!entry.diagram.mayBeUndefined()) {
      continue;
    }
    Diagram wrong = entry.diagram.mapped(only);
    std::vector<const Diagram *> diagrams;
    for (size_t before = 0; before < i; ++before) {
      diagrams.push_back(&state->entries[before].diagram);
    }
    diagrams.push_back(&wrong);
    Product product = state->product(diagrams);
    if (product.count().value_or(0) != 0) {
      return Undefined{entry.rule, state->byAxis(product.at(0))};
    }
  }
  return std::nullopt;
}

Positions Counter::at(Count index) const {
  return state->byAxis(state->all->at(index));
}

std::optional<Count> Counter::indexOf(llvm::ArrayRef<uint32_t> point) const {
  return state->all->indexOf(state->byLevel(point));
}

/// Backtracking, axes as declared.
std::optional<Positions> Counter::searchDeclared() const {
  std::vector<unsigned> order;
  std::vector<uint32_t> sizes;
  for (unsigned axis = 0; axis < state->space.axes.size(); ++axis) {
    order.push_back(axis);
    sizes.push_back(
        static_cast<uint32_t>(state->space.axes[axis].values.size()));
  }
  std::vector<Diagram> made = state->diagramsIn(order);
  std::vector<const Diagram *> diagrams;
  for (const Diagram &diagram : made) {
    diagrams.push_back(&diagram);
  }
  Effort none;
  none.edges = none.steps = 0;
  return Product(sizes, diagrams, none).findFirst(state->effort.steps);
}

std::optional<Positions> Counter::firstDeclared() const {
  if (!valid()) {
    return searchDeclared();
  }
  if (*valid() == 0) {
    return std::nullopt;
  }
  std::vector<std::vector<char>> allowed;
  std::vector<unsigned> levelOf(state->sizes.size());
  for (unsigned level = 0; level < state->sizes.size(); ++level) {
    allowed.emplace_back(state->sizes[level], 1);
    levelOf[state->order.axes[level]] = level;
  }
  Positions point;
  for (unsigned level : levelOf) {
    for (uint32_t value = 0; value < state->sizes[level]; ++value) {
      llvm::fill(allowed[level], 0);
      allowed[level][value] = 1;
      if (state->all->hasWithin(allowed)) {
        point.push_back(value);
        break;
      }
    }
  }
  return point;
}

std::optional<unsigned>
Counter::brokenRule(llvm::ArrayRef<uint32_t> point) const {
  for (const State::Entry &entry : state->entries) {
    const Diagram &diagram = entry.diagram;
    Diagram::Node node =
        diagram.isTooWide() ? Diagram::kUndefined : diagram.root();
    for (unsigned level : diagram.levels()) {
      node = diagram.step(node, level, point[state->order.axes[level]]);
    }
    if (node != Diagram::kTrue) {
      return entry.rule;
    }
  }
  return std::nullopt;
}

bool Counter::contains(llvm::ArrayRef<uint32_t> point) const {
  return !brokenRule(point);
}

std::vector<Positions>
Counter::neighbours(llvm::ArrayRef<uint32_t> point) const {
  std::vector<Positions> result;
  Positions other(point.begin(), point.end());
  for (size_t axis = 0; axis < point.size(); ++axis) {
    size_t size = state->space.axes[axis].values.size();
    for (uint32_t value = 0; value < size; ++value) {
      other[axis] = value;
      if (value != point[axis] && contains(other)) {
        result.push_back(other);
      }
    }
    other[axis] = point[axis];
  }
  return result;
}

namespace {

/// SplitMix64: https://prng.di.unimi.it/splitmix64.c
class Random {
public:
  explicit Random(uint64_t seed) : word(seed) {}

  uint64_t next() {
    word += 0x9e3779b97f4a7c15;
    uint64_t mixed = word;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  /// Every number from 0 to \p limit - 1 is equally likely.
  Count below(Count limit) {
    Count mask = 1;
    while (mask < limit - 1) {
      mask = mask * 2 + 1;
    }
    for (;;) {
      Count high = static_cast<Count>(next()) << 64;
      Count number = (high | next()) & mask;
      if (number < limit) {
        return number;
      }
    }
  }

private:
  uint64_t word;
};

} // namespace

std::vector<Count> Counter::sample(uint64_t wanted, uint64_t seed) const {
  Count total = valid().value_or(0);
  Count size = std::min<Count>(wanted, total);
  Random random(seed);
  std::set<Count> seen;
  std::vector<Count> chosen;
  // Floyd's way to a set: one draw for each element.
  for (Count last = total - size; last < total; ++last) {
    Count number = random.below(last + 1);
    if (!seen.insert(number).second) {
      number = last;
      seen.insert(number);
    }
    chosen.push_back(number);
  }
  for (size_t i = chosen.size(); i > 1; --i) {
    std::swap(chosen[i - 1], chosen[static_cast<size_t>(random.below(i))]);
  }
  return chosen;
}

void Counter::forEach(
    Count first,
    llvm::function_ref<bool(llvm::ArrayRef<uint32_t>)> visit) const {
  Positions point(state->order.axes.size());
  state->all->forEach(first, [&](llvm::ArrayRef<uint32_t> byLevel) {
    for (unsigned level = 0; level < byLevel.size(); ++level) {
      point[state->order.axes[level]] = byLevel[level];
    }
    return visit(point);
  });
}

std::vector<std::vector<Count>> Counter::marginals() const {
  std::vector<std::vector<Count>> byLevel = state->all->marginals();
  std::vector<std::vector<Count>> result(byLevel.size());
  for (unsigned level = 0; level < byLevel.size(); ++level) {
    result[state->order.axes[level]] = std::move(byLevel[level]);
  }
  return result;
}

std::optional<Count> Counter::countWith(llvm::ArrayRef<unsigned> kept,
                                        uint64_t &left) const {
  std::vector<char> keep(state->space.rules.size());
  for (unsigned rule : kept) {
    keep[rule] = 1;
  }
  std::vector<const Diagram *> diagrams = state->diagramsOf(
      [&](const State::Entry &entry) { return keep[entry.rule] != 0; });
  return state->count(diagrams, left);
}

const Effort &Counter::effort() const { return state->effort; }

Census takeCensus(const Counter &counter) {
  Census census;
  size_t rules = counter.space().rules.size();
  census.raw = rawCount(counter.space().axes);
  census.valid = counter.valid();
  auto minus = [](std::optional<Count> a, std::optional<Count> b) {
    return a && b ? std::optional<Count>(*a - *b) : std::nullopt;
  };
  uint64_t left = counter.effort().all;
  std::optional<Count> before = census.raw;
  std::vector<unsigned> prefix;
  for (unsigned rule = 0; rule < rules; ++rule) {
    prefix.push_back(rule);
    std::optional<Count> after =
        prefix.size() == rules ? census.valid : counter.countWith(prefix, left);
    census.cuts.push_back(minus(before, after));
    before = after;
    census.alone.push_back(minus(census.raw, counter.countWith({rule}, left)));
    std::vector<unsigned> others;
    for (unsigned other = 0; other < rules; ++other) {
      if (other != rule) {
        others.push_back(other);
      }
    }
    census.only.push_back(minus(counter.countWith(others, left), census.valid));
  }
  return census;
}

} // namespace spak::space
