// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the graph of states, its counts and the walks over it.
#include "Product.h"

#include "llvm/ADT/STLExtras.h"

namespace spak::space {

Product::Product(std::vector<uint32_t> sizesByLevel,
                 llvm::ArrayRef<const Diagram *> diagrams, const Effort &effort)
    : sizes(std::move(sizesByLevel)), levels(sizes.size() + 1) {
  if (llvm::any_of(diagrams, [](const Diagram *diagram) {
        return diagram->root() == Diagram::kFalse ||
               diagram->root() == Diagram::kUndefined;
      })) {
    complete = true;
    return;
  }
  if (llvm::any_of(diagrams, [](const Diagram *diagram) {
        return diagram->isTooWide();
      })) {
    return;
  }
  planMoves(diagrams);
  growGraph(effort.edges);
  countGraph(effort.steps);
}

void Product::planMoves(llvm::ArrayRef<const Diagram *> diagrams) {
  std::vector<const Diagram *> open;
  std::vector<std::vector<const Diagram *>> beginning(sizes.size());
  for (const Diagram *diagram : diagrams) {
    if (diagram->root() != Diagram::kTrue) {
      beginning[diagram->levels().front()].push_back(diagram);
    }
  }
  // Setting a level up takes about as long as sixteen edges.
  workDone = 16 * (sizes.size() + diagrams.size());
  for (unsigned level = 0; level < sizes.size(); ++level) {
    std::vector<Move> &moves = levels[level].moves;
    std::vector<const Diagram *> still;
    auto add = [&](const Diagram *diagram, unsigned from) {
      bool reads = llvm::binary_search(diagram->levels(), level);
      bool ends = diagram->levels().back() == level;
      moves.push_back({diagram, from, reads, ends});
      if (!ends) {
        still.push_back(diagram);
      }
    };
    for (unsigned slot = 0; slot < open.size(); ++slot) {
      add(open[slot], slot);
    }
    for (const Diagram *diagram : beginning[level]) {
      add(diagram, kRoot);
    }
    workDone += moves.size();
    open = std::move(still);
    uint64_t evaluated = llvm::count_if(moves, [](const Move &move) {
      return move.ends && !move.diagram->isTable();
    });
    costs.push_back(sizes[level] * (1 + 16 * evaluated));
  }
}

/// The state after \p value; false if there is none.
bool Product::step(unsigned level, llvm::ArrayRef<uint64_t> state,
                   uint32_t value, std::vector<uint64_t> &next) const {
  next.clear();
  for (const Move &move : levels[level].moves) {
    Diagram::Node node =
        move.from == kRoot ? move.diagram->root() : state[move.from];
    if (move.reads) {
      node = move.diagram->step(node, level, value);
      if (node == Diagram::kFalse || node == Diagram::kUndefined) {
        return false;
      }
    }
    if (!move.ends) {
      next.push_back(node);
    }
  }
  return true;
}

void Product::growGraph(uint64_t maxEdges) {
  levels.front().states.intern({});
  std::vector<uint64_t> next;
  uint64_t kept = 0;
  for (cut = 0; cut < sizes.size(); ++cut) {
    Level &level = levels[cut];
    uint64_t cost = level.states.size() * costs[cut];
    if (kept + cost > maxEdges) {
      return;
    }
    kept += cost;
    workDone += cost;
    level.edges.reserve(level.states.size() * sizes[cut]);
    for (uint32_t state = 0; state < level.states.size(); ++state) {
      llvm::ArrayRef<uint64_t> words = level.states.words(state);
      for (uint32_t value = 0; value < sizes[cut]; ++value) {
        level.edges.push_back(step(cut, words, value, next)
                                  ? levels[cut + 1].states.intern(next)
                                  : kDead);
      }
    }
  }
}

bool Product::countBelow(unsigned level, llvm::ArrayRef<uint64_t> state,
                         uint64_t &steps, Count &count) const {
  if (level == sizes.size()) {
    ++count;
    return true;
  }
  if (steps < costs[level]) {
    return false;
  }
  steps -= costs[level];
  std::vector<uint64_t> next;
  for (uint32_t value = 0; value < sizes[level]; ++value) {
    if (step(level, state, value, next) &&
        !countBelow(level + 1, next, steps, count)) {
      return false;
    }
  }
  return true;
}

void Product::countGraph(uint64_t maxSteps) {
  uint64_t left = maxSteps;
  Level &last = levels[cut];
  for (uint32_t state = 0; state < last.states.size(); ++state) {
    Count count = 0;
    if (!countBelow(cut, last.states.words(state), left, count)) {
      workDone += maxSteps;
      return;
    }
    last.counts.push_back(count);
  }
  workDone += maxSteps - left;
  for (unsigned i = cut; i-- > 0;) {
    Level &level = levels[i];
    const std::vector<Count> &below = levels[i + 1].counts;
    const uint32_t *edge = level.edges.data();
    for (uint32_t state = 0; state < level.states.size(); ++state) {
      Count count = 0;
      for (uint32_t value = 0; value < sizes[i]; ++value, ++edge) {
        count += *edge == kDead ? 0 : below[*edge];
      }
      level.counts.push_back(count);
    }
  }
  total = levels.front().counts.front();
  complete = true;
}

/// The points below \p value of a state. In the graph the state is given by
/// number, below it by \p words. \p next becomes the words of the child where
/// they are needed.
Count Product::childCount(unsigned level, uint32_t state,
                          const std::vector<uint64_t> &words, uint32_t value,
                          std::vector<uint64_t> &next) const {
  if (level < cut) {
    uint32_t child = levels[level].edges[state * sizes[level] + value];
    return child == kDead ? 0 : levels[level + 1].counts[child];
  }
  Count count = 0;
  uint64_t steps = ~uint64_t(0);
  if (step(level, words, value, next)) {
    std::vector<uint64_t> child = next;
    countBelow(level + 1, child, steps, count);
  }
  return count;
}

Positions Product::at(Count index) const {
  Positions point;
  forEach(index, [&](llvm::ArrayRef<uint32_t> found) {
    point.assign(found.begin(), found.end());
    return false;
  });
  return point;
}

void Product::forEach(
    Count first,
    llvm::function_ref<bool(llvm::ArrayRef<uint32_t>)> visit) const {
  if (first >= total) {
    return;
  }
  Positions point(sizes.size());
  walk(0, 0, {}, first, point, visit);
}

/// False if the visitor wants no more.
bool Product::walk(
    unsigned level, uint32_t state, const std::vector<uint64_t> &words,
    Count &skip, Positions &point,
    llvm::function_ref<bool(llvm::ArrayRef<uint32_t>)> visit) const {
  if (level == sizes.size()) {
    return visit(point);
  }
  std::vector<uint64_t> here = words;
  if (level == cut) {
    llvm::ArrayRef<uint64_t> kept = levels[cut].states.words(state);
    here.assign(kept.begin(), kept.end());
  }
  std::vector<uint64_t> next;
  for (uint32_t value = 0; value < sizes[level]; ++value) {
    point[level] = value;
    uint32_t child = 0;
    if (level < cut) {
      child = levels[level].edges[state * sizes[level] + value];
      if (child == kDead) {
        continue;
      }
      Count below = levels[level + 1].counts[child];
      if (below <= skip) {
        skip -= below;
        continue;
      }
    } else if (skip != 0) {
      Count below = childCount(level, state, here, value, next);
      if (below <= skip) {
        skip -= below;
        continue;
      }
    } else if (!step(level, here, value, next)) {
      continue;
    }
    if (!walk(level + 1, child, next, skip, point, visit)) {
      return false;
    }
  }
  return true;
}

std::optional<Count> Product::indexOf(llvm::ArrayRef<uint32_t> point) const {
  if (!complete || total == 0) {
    return std::nullopt;
  }
  Count index = 0;
  uint32_t state = 0;
  std::vector<uint64_t> here, next;
  for (unsigned level = 0; level < sizes.size(); ++level) {
    if (level == cut) {
      llvm::ArrayRef<uint64_t> kept = levels[cut].states.words(state);
      here.assign(kept.begin(), kept.end());
    }
    for (uint32_t value = 0; value < point[level]; ++value) {
      index += childCount(level, state, here, value, next);
    }
    if (level < cut) {
      state = levels[level].edges[state * sizes[level] + point[level]];
      if (state == kDead || levels[level + 1].counts[state] == 0) {
        return std::nullopt;
      }
    } else {
      if (!step(level, here, point[level], next)) {
        return std::nullopt;
      }
      here = next;
    }
  }
  return index;
}

bool Product::findBelow(unsigned level, llvm::ArrayRef<uint64_t> state,
                        uint64_t &steps, Positions &point) const {
  if (level == sizes.size()) {
    return true;
  }
  std::vector<uint64_t> next;
  for (uint32_t value = 0; value < sizes[level]; ++value) {
    uint64_t cost = costs[level] / sizes[level];
    if (steps < cost) {
      return false;
    }
    steps -= cost;
    point[level] = value;
    if (step(level, state, value, next) &&
        findBelow(level + 1, next, steps, point)) {
      return true;
    }
  }
  return false;
}

std::optional<Positions> Product::findFirst(uint64_t steps) const {
  Positions point(sizes.size());
  if (costs.size() == sizes.size() && findBelow(0, {}, steps, point)) {
    return point;
  }
  return std::nullopt;
}

bool Product::hasBelow(unsigned level, llvm::ArrayRef<uint64_t> state,
                       const std::vector<std::vector<char>> &allowed) const {
  if (level == sizes.size()) {
    return true;
  }
  std::vector<uint64_t> next;
  for (uint32_t value = 0; value < sizes[level]; ++value) {
    if (allowed[level][value] && step(level, state, value, next) &&
        hasBelow(level + 1, next, allowed)) {
      return true;
    }
  }
  return false;
}

bool Product::hasWithin(const std::vector<std::vector<char>> &allowed) const {
  if (!complete || total == 0) {
    return false;
  }
  std::vector<char> reached = {1};
  for (unsigned i = 0; i < cut; ++i) {
    const Level &level = levels[i];
    std::vector<char> next(levels[i + 1].states.size());
    for (uint32_t state = 0; state < level.states.size(); ++state) {
      const uint32_t *edges = level.edges.data() + size_t(state) * sizes[i];
      for (uint32_t value = 0; reached[state] && value < sizes[i]; ++value) {
        if (allowed[i][value] && edges[value] != kDead) {
          next[edges[value]] = levels[i + 1].counts[edges[value]] != 0;
        }
      }
    }
    reached = std::move(next);
  }
  for (uint32_t state = 0; state < reached.size(); ++state) {
    if (reached[state] &&
        hasBelow(cut, levels[cut].states.words(state), allowed)) {
      return true;
    }
  }
  return false;
}

std::vector<std::vector<Count>> Product::marginals() const {
  std::vector<std::vector<Count>> result;
  if (complete && total == 0) {
    for (uint32_t size : sizes) {
      result.emplace_back(size, 0);
    }
    return result;
  }
  if (!complete || cut < sizes.size()) {
    return {};
  }
  std::vector<Count> ways = {1}; // in which a state is reached
  for (unsigned level = 0; level < sizes.size(); ++level) {
    std::vector<Count> counts(sizes[level]);
    std::vector<Count> next(levels[level + 1].states.size());
    const uint32_t *edge = levels[level].edges.data();
    for (Count way : ways) {
      for (Count &count : counts) {
        uint32_t child = *edge++;
        if (child != kDead) {
          count += way * levels[level + 1].counts[child];
          next[child] += way;
        }
      }
    }
    result.push_back(std::move(counts));
    ways = std::move(next);
  }
  return result;
}

} // namespace spak::space
