// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: running the program that a kernel was read into.
#include "BlockWalk.h"

#include "BlockProgram.h"

#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/STLExtras.h"

#include <unordered_map>
#include <unordered_set>

using namespace mlir;

namespace spak::analysis {

namespace {

/// Walked loop iterations and blocks after which there is no model.
constexpr int64_t kMaxIterations = 4000000;
constexpr const char *kTooMany = "there are too many tiles to walk";

/// When what was issued is done; cycles since the block began.
struct Clock {
  double now = 0;
  double tensorFree = 0;
  std::vector<double> groups; ///< ends of the committed groups in flight
};

/// Trips and branches of a part of a block, in order.
using Way = std::vector<int64_t>;

struct HashOfNumbers {
  size_t operator()(const std::vector<int64_t> &numbers) const {
    return llvm::hash_combine_range(numbers);
  }
};

struct Summed {
  Work work;
  double chain = 0;
};

/// What was summed for the ways through a part.
using Known = std::unordered_map<Way, Summed, HashOfNumbers>;

/// What a run is for.
enum class Purpose { Way, Costs, Boxes };

using BoxSet = std::unordered_set<std::vector<int64_t>, HashOfNumbers>;

/// The parts of cut tiles that were left.
struct Leaves {
  std::unordered_map<int64_t, int64_t> left; ///< by counter
  std::vector<bool> last; ///< what each leave of the run for a way gave
  size_t replayed = 0;    ///< of those, by the run for the costs
};

/// One run through one part.
template <Purpose purpose>
class Run {
public:
  Run(const ThreadPlace &place, std::vector<Integer> &values,
      int64_t &iterations)
      : place(place), values(values), iterations(iterations) {}

  Way *way = nullptr; ///< written if it is what the run is for
  Work work;
  Clock clock;
  BoxSet *boxes = nullptr;
  Leaves *leaves = nullptr;
  const char *problem = nullptr;

  bool run(const Body &body) {
    for (const Step &step : body.steps) {
      bool good = true;
      switch (step.kind) {
      case Step::IsScalar:
        scalar(body.scalars[step.index]);
        break;
      case Step::IsCost:
        if constexpr (purpose == Purpose::Costs) {
          spend(body.costs[step.index]);
        }
        break;
      case Step::IsCopy:
        copy(body.copies[step.index]);
        break;
      case Step::IsLeave:
        leave(body.leaves[step.index]);
        break;
      case Step::IsLoop:
        good = loop(body.loops[step.index]);
        break;
      case Step::IsBranch:
        good = branch(body.branches[step.index]);
        break;
      case Step::IsStop:
        good = stop(values[step.index]);
        break;
      }
      if (!good) {
        return false;
      }
      if (stopped) {
        return true;
      }
    }
    return true;
  }

private:
  const ThreadPlace &place;
  std::vector<Integer> &values;
  int64_t &iterations;
  bool stopped = false; ///< the loop around what was run last

  bool stop(Integer goesOn) {
    if (!goesOn) {
      return fail("the end of a loop depends on data");
    }
    stopped = *goesOn == 0;
    if constexpr (purpose == Purpose::Way) {
      way->push_back(stopped);
    }
    return true;
  }

  bool fail(const char *why) {
    problem = why;
    return false;
  }

  void scalar(const Scalar &scalar) {
    Integer operands[ScalarOp::kMostOperands];
    for (unsigned i = 0; i < scalar.op.operands(); ++i) {
      operands[i] = values[scalar.operands[i]];
    }
    values[scalar.result] = scalar.op(place, operands);
  }

  /// All are read before one is written.
  void assign(ArrayRef<Move> moves) {
    SmallVector<Integer, 8> read;
    for (const Move &move : moves) {
      read.push_back(values[move.from]);
    }
    for (auto [move, number] : llvm::zip_equal(moves, read)) {
      values[move.to] = number;
    }
  }

  void copy(const Copy &copy) {
    std::vector<int64_t> box{copy.map};
    for (Slot coordinate : copy.coordinates) {
      box.push_back(values[coordinate].value_or(-1));
    }
    boxes->insert(std::move(box));
  }

  /// Who comes last is up to the card; here it is the last of the parts in the
  /// order of blocks, so that each tile has one.
  void leave(const Leave &leave) {
    bool last = true;
    if constexpr (purpose == Purpose::Way) {
      Integer counter = values[leave.counter], pieces = values[leave.pieces];
      if (counter && pieces) {
        int64_t &left = leaves->left[*counter];
        last = ++left >= *pieces;
        left = last ? 0 : left;
      }
      leaves->last.push_back(last);
    } else if (purpose == Purpose::Costs &&
               leaves->replayed < leaves->last.size()) {
      last = leaves->last[leaves->replayed++];
    }
    values[leave.result] = last;
  }

  bool branch(const Branch &branch) {
    Integer condition = values[branch.condition];
    if (!condition) {
      return fail("a branch depends on data");
    }
    unsigned taken = *condition ? 0 : 1;
    if constexpr (purpose == Purpose::Way) {
      way->push_back(taken);
    }
    if (!branch.sides[taken]) {
      return true;
    }
    if (!run(*branch.sides[taken])) {
      return false;
    }
    assign(branch.leave[taken]);
    return true;
  }

  bool loop(const Loop &loop) {
    Integer low = values[loop.low], high = values[loop.high],
            stride = values[loop.stride];
    if (!low || !high || !stride || *stride <= 0) {
      return fail("the trips of a loop depend on data");
    }
    int64_t trips = *high > *low ? (*high - *low + *stride - 1) / *stride : 0;
    if constexpr (purpose == Purpose::Way) {
      way->push_back(trips);
    }
    if (purpose == Purpose::Way && loop.leaf && loop.enter.empty() &&
        loop.body->scalars.empty()) {
      return true; // nothing follows from what is done in it
    }
    assign(loop.enter);
    // A loop around loops is walked trip by trip; of the others the second
    // trip stands for all that follow it. The footprint is that of the first
    // tile of a block.
    int64_t walked = loop.leaf ? std::min<int64_t>(trips, 2) : trips;
    if constexpr (purpose == Purpose::Boxes) {
      walked = loop.leaf ? trips : std::min<int64_t>(trips, 1);
    }
    for (int64_t trip = 0; trip < walked; ++trip) {
      if (++iterations > kMaxIterations) {
        return fail(kTooMany);
      }
      Work before = work;
      double start = clock.now;
      values[loop.counter] = *low + trip * *stride;
      if (!run(*loop.body)) {
        return false;
      }
      if (std::exchange(stopped, false)) {
        break;
      }
      assign(loop.next);
      if (purpose == Purpose::Costs && trip == 1 && trips > walked) {
        repeat(before, start, static_cast<double>(trips - walked));
      }
    }
    if (purpose != Purpose::Boxes && trips > walked) {
      // Counters of rings go on; nothing that is walked depends on them.
      for (const Move &move : loop.enter) {
        values[move.to] = std::nullopt;
      }
    }
    assign(loop.leave);
    return true;
  }

  void repeat(const Work &before, double start, double times) {
    Work delta = work;
    delta.add(before, -1);
    work.add(delta, times);
    double shift = (clock.now - start) * times;
    clock.now += shift;
    clock.tensorFree += shift;
    for (double &end : clock.groups) {
      end += shift;
    }
  }

  void spend(const Cost &cost) {
    switch (cost.kind) {
    case Cost::Product:
      work.flops += cost.flops;
      work.tensor += cost.cycles;
      work.reads += cost.reads;
      clock.tensorFree = std::max(clock.tensorFree, clock.now) + cost.cycles;
      break;
    case Cost::Commit:
      clock.groups.push_back(clock.tensorFree);
      break;
    case Cost::Wait:
      while (clock.groups.size() > cost.left) {
        clock.now = std::max(clock.now, clock.groups.front());
        clock.groups.erase(clock.groups.begin());
      }
      break;
    case Cost::Arithmetic:
      work.sfu += cost.sfu;
      work.issue += cost.issue;
      clock.now += std::max(cost.sfu, cost.issue);
      break;
    case Cost::Bytes:
      work.bytes += cost.bytes;
      break;
    case Cost::Stores:
      work.stores += cost.stores;
      break;
    }
  }
};

} // namespace

struct BlockWalk::State {
  BlockProgram program;
  std::vector<Known> known; ///< by part
  std::vector<Integer> values;
  BoxSet boxes;
  Way way; ///< of the part that is walked
  Leaves leaves;
  int64_t iterations = 0;
  int64_t ways = 0;
};

BlockWalk::BlockWalk(cuda::KernelOp kernel, const TensorMaps &maps,
                     const device::Rates &rates)
    : state(std::make_unique<State>()) {
  state->program = readProgram(kernel, maps, rates);
  state->known.resize(state->program.parts.size());
  state->values.resize(state->program.slots.size());
  for (auto [slot, number] : state->program.constants) {
    state->values[slot] = number;
  }
}

BlockWalk::~BlockWalk() = default;

void BlockWalk::assign(Value argument, Integer value) {
  auto slot = state->program.slots.find(argument);
  if (slot != state->program.slots.end()) {
    state->values[slot->second] = value;
  }
}

bool BlockWalk::walk(const ThreadPlace &place, BlockWork &found) {
  // A grid of a block for each tile has no loop around its tiles.
  if (++state->iterations > kMaxIterations) {
    problem = kTooMany;
    return false;
  }
  for (auto [part, known] :
       llvm::zip_equal(state->program.parts, state->known)) {
    Run<Purpose::Way> dry(place, state->values, state->iterations);
    state->way.clear();
    state->leaves.last.clear();
    state->leaves.replayed = 0;
    dry.way = &state->way;
    dry.leaves = &state->leaves;
    if (!dry.run(part.walked)) {
      problem = dry.problem;
      return false;
    }
    auto [entry, fresh] = known.try_emplace(state->way);
    Summed &summed = entry->second;
    if (fresh) {
      Run<Purpose::Costs> run(place, state->values, state->iterations);
      run.leaves = &state->leaves;
      if (!run.run(part.walked)) {
        problem = run.problem;
        return false;
      }
      summed = {run.work, run.clock.now};
      ++state->ways;
    }
    found.all.add(summed.work, static_cast<double>(part.groups));
    found.chain = std::max(found.chain, summed.chain);
  }
  return true;
}

bool BlockWalk::collect(const ThreadPlace &place) {
  for (const PartProgram &part : state->program.parts) {
    Run<Purpose::Boxes> run(place, state->values, state->iterations);
    run.boxes = &state->boxes;
    if (!run.run(part.boxed)) {
      problem = run.problem;
      return false;
    }
  }
  return true;
}

int64_t BlockWalk::footprint() const {
  int64_t bytes = 0;
  for (const std::vector<int64_t> &box : state->boxes) {
    bytes += state->program.boxBytes[box.front()];
  }
  return bytes;
}

int64_t BlockWalk::ways() const { return state->ways; }

} // namespace spak::analysis
