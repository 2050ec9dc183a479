// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tiles that several visits share: which steps a visit has, and what
// becomes of their parts. Blocks run one after the other here, so the last
// visit of a tile finds the parts of all others.
#include "Machine.h"

#include "Elementwise.h"

using namespace mlir;

namespace spak::sim {

Machine::Tail Machine::tailOf(ir::ShareOp share, int64_t tiles,
                              int64_t blocks) {
  auto ceilDiv = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  Tail cut;
  cut.steps = std::max<int64_t>(
      integer(share.getUpper()) - integer(share.getLower()), 1);
  cut.blocks = blocks;
  if (tiles < blocks) {
    int64_t work = tiles * cut.steps;
    cut.blocks = work == 0 ? 0 : ceilDiv(work, ceilDiv(work, blocks));
  }
  if (cut.blocks > 0) {
    cut.rounds = tiles / cut.blocks;
    cut.work = tiles % cut.blocks * cut.steps;
    cut.chunk = ceilDiv(cut.work, cut.blocks);
  }
  return cut;
}

std::optional<Machine::Visit> Machine::visitOf(const Tail &cut,
                                               int64_t round) const {
  if (round < cut.rounds) {
    return Visit{round * cut.blocks + sim.block, 0, cut.steps, -1};
  }
  int64_t begin = sim.block * cut.chunk;
  int64_t end = std::min(begin + cut.chunk, cut.work);
  int64_t part = begin / cut.steps + round - cut.rounds;
  int64_t before = part * cut.steps;
  Visit visit{cut.rounds * cut.blocks + part,
              std::max<int64_t>(begin - before, 0),
              std::min(end - before, cut.steps), part};
  if (begin >= end || visit.from >= visit.to) {
    return std::nullopt;
  }
  if (visit.to - visit.from == cut.steps) {
    visit.part = -1;
  }
  return visit;
}

Machine::Step Machine::share(ir::ShareOp op) {
  int64_t lower = integer(op.getLower());
  set(op.getFrom(), lower + visit.from);
  set(op.getTo(), lower + visit.to);
  set(op.getPart(), visit.part);
  return Step::Next;
}

bool Machine::keepPart(int64_t number, TilePart part) {
  std::vector<TilePart> &parts = sim.parts[number];
  parts.push_back(std::move(part));
  int64_t first = number * tail.steps / tail.chunk;
  int64_t last = ((number + 1) * tail.steps - 1) / tail.chunk;
  return static_cast<int64_t>(parts.size()) == last - first + 1;
}

Machine::Step Machine::join(ir::JoinOp op) {
  FailureOr<TileValue> part = tile(op, op.getTile());
  if (failed(part)) {
    return Step::Error;
  }
  int64_t number = integer(op.getPart());
  if (number < 0 || !keepPart(number, {std::nullopt, *part})) {
    set(op.getResult(), *part);
    set(op.getLast(), int64_t(number < 0));
    return Step::Next;
  }
  std::vector<TilePart> parts = std::move(sim.parts[number]);
  sim.parts.erase(number);
  TileValue sum = makeTile(part->type);
  sum.present = part->present;
  auto addUp = [&](auto zero) {
    using Real = decltype(zero);
    for (int64_t i = 0, n = sum.count(); i < n; ++i) {
      Real all = zero;
      for (const TilePart &one : parts) {
        all += one.tile.data<Real>()[i];
      }
      sum.data<Real>()[i] = all;
    }
  };
  sim.options.exact ? addUp(double()) : addUp(float());
  set(op.getResult(), std::move(sum));
  set(op.getLast(), int64_t(1));
  return Step::Next;
}

} // namespace spak::sim
