// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the program that a kernel is read into, and its runs.
#include "BlockWalk.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/TypeSwitch.h"

#include <unordered_map>
#include <unordered_set>

using namespace mlir;

namespace spak::analysis {

namespace {

constexpr int64_t kThreadsPerGroup = 128;
constexpr int64_t kWarpsPerGroup = 4;
/// Walked loop iterations after which there is no model. Unit: iteration.
constexpr int64_t kMaxIterations = 4000000;

using Slot = unsigned; ///< of a value of the kernel

struct Scalar {
  ScalarOp op;
  Slot result;
  Slot operands[ScalarOp::kMostOperands];
};

/// What an op costs a group.
struct Cost {
  enum Kind : uint8_t { Product, Commit, Wait, Arithmetic, Bytes, Stores };
  Kind kind;
  double flops = 0;  ///< of a product
  double cycles = 0; ///< of the tensor cores
  double sfu = 0, issue = 0;
  double bytes = 0;
  double stores = 0; ///< wavefronts
  size_t left = 0;   ///< groups that may be in flight after a wait
};

/// A copy of one box, for the footprint.
struct Copy {
  int64_t map;
  SmallVector<Slot, 5> coordinates;
};

struct Move {
  Slot to, from;
};

struct Body;

struct Loop {
  Slot low, high, stride, counter;
  SmallVector<Move, 4> enter, next, leave;
  bool leaf;
  std::unique_ptr<Body> body;
};

struct Branch {
  Slot condition;
  std::unique_ptr<Body> sides[2]; ///< then, else; null if there is none
  SmallVector<Move, 4> leave[2];
};

struct Step {
  enum Kind : uint8_t { IsScalar, IsCost, IsCopy, IsLoop, IsBranch, IsStop };
  Kind kind;
  unsigned index; ///< among the body's steps of its kind; of a stop, the slot
};

struct Body {
  std::vector<Step> steps;
  std::vector<Scalar> scalars;
  std::vector<Cost> costs;
  std::vector<Copy> copies;
  std::vector<Loop> loops;
  std::vector<Branch> branches;

  /// Whether a box is copied here.
  bool copiesBoxes() const {
    auto side = [](const std::unique_ptr<Body> &body) {
      return body && body->copiesBoxes();
    };
    return !copies.empty() || llvm::any_of(loops, [&](const Loop &loop) {
      return side(loop.body);
    }) || llvm::any_of(branches, [&](const Branch &branch) {
      return side(branch.sides[0]) || side(branch.sides[1]);
    });
  }
};

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

/// What stands outside all roles, or a role.
struct Part {
  Block *block;
  int64_t groups;
  bool oneThread;
  Body walked; ///< with costs
  Body boxed;  ///< with copies
  std::unordered_map<Way, Summed, HashOfNumbers> known;
};

//===----------------------------------------------------------------------===//
// Reading the kernel
//===----------------------------------------------------------------------===//

/// The values that trips and branches follow from, with or without the
/// coordinates of copies.
class Needs {
public:
  explicit Needs(bool coordinates) : coordinates(coordinates) {}

  void addFrom(Operation *root) {
    root->walk([&](Operation *op) {
      if (auto loop = dyn_cast<scf::ForOp>(op)) {
        add(loop.getLowerBound());
        add(loop.getUpperBound());
        add(loop.getStep());
      } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
        add(branch.getCondition());
      } else if (auto stop = dyn_cast<cuda::StopUnlessOp>(op)) {
        add(stop.getCondition());
      } else if (auto load = dyn_cast<cuda::TmaLoadOp>(op)) {
        addCoordinates(load.getCoords());
      } else if (auto store = dyn_cast<cuda::TmaStoreOp>(op)) {
        addCoordinates(store.getCoords());
      }
    });
    while (!open.empty()) {
      addSources(open.pop_back_val());
    }
  }
  bool contains(Value value) const { return needed.contains(value); }

private:
  bool coordinates;
  llvm::DenseSet<Value> needed;
  SmallVector<Value> open;

  void add(Value value) {
    if (needed.insert(value).second) {
      open.push_back(value);
    }
  }
  void addCoordinates(ValueRange values) {
    if (coordinates) {
      llvm::for_each(values, [&](Value value) { add(value); });
    }
  }
  void addSources(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
      if (loop && argument.getArgNumber() > 0) {
        unsigned i = argument.getArgNumber() - 1;
        add(loop.getInitArgs()[i]);
        add(loop.getYieldedValues()[i]);
      }
      return;
    }
    Operation *op = value.getDefiningOp();
    unsigned i = cast<OpResult>(value).getResultNumber();
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      add(loop.getRegionIterArgs()[i]);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (Region *side : {&branch.getThenRegion(), &branch.getElseRegion()}) {
        if (!side->empty()) {
          add(side->front().getTerminator()->getOperand(i));
        }
      }
    } else {
      ScalarOp scalar(op);
      for (unsigned operand = 0; operand < scalar.operands(); ++operand) {
        add(op->getOperand(scalar.first() + operand));
      }
    }
  }
};

/// Reads the blocks of one part.
class Reader {
public:
  Reader(const device::Rates &rates, const TensorMaps &maps,
         llvm::DenseMap<Value, Slot> &slots,
         llvm::DenseMap<Operation *, int64_t> &boxes, const Needs &needs,
         bool oneThread, bool boxed)
      : rates(rates), maps(maps), slots(slots), boxes(boxes), needs(needs),
        oneThread(oneThread), boxed(boxed) {}

  std::vector<std::pair<Slot, int64_t>> constants;

  void read(Block &block, Body &body) {
    for (Operation &op : block) {
      if (auto loop = dyn_cast<scf::ForOp>(op)) {
        readLoop(loop, body);
      } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
        readBranch(branch, body);
      } else if (auto stop = dyn_cast<cuda::StopUnlessOp>(op)) {
        body.steps.push_back({Step::IsStop, slot(stop.getCondition())});
      } else if (!isa<cuda::RolesOp>(op)) {
        readOp(op, body);
      }
    }
  }

private:
  const device::Rates &rates;
  const TensorMaps &maps;
  llvm::DenseMap<Value, Slot> &slots;
  llvm::DenseMap<Operation *, int64_t> &boxes;
  const Needs &needs;
  bool oneThread, boxed;

  Slot slot(Value value) {
    return slots.try_emplace(value, slots.size()).first->second;
  }

  template <typename List, typename Entry>
  static void push(Body &body, Step::Kind kind, List &list, Entry entry) {
    body.steps.push_back({kind, static_cast<unsigned>(list.size())});
    list.push_back(std::move(entry));
  }

  void move(ValueRange to, ValueRange from, SmallVectorImpl<Move> &moves) {
    for (auto [target, source] : llvm::zip_equal(to, from)) {
      if (needs.contains(target)) {
        moves.push_back({slot(target), slot(source)});
      }
    }
  }

  static bool isLeaf(scf::ForOp loop) {
    return !loop.getBody()
                ->walk([](Operation *op) {
                  return isa<scf::ForOp, scf::IfOp, cuda::StopUnlessOp>(op)
                             ? WalkResult::interrupt()
                             : WalkResult::advance();
                })
                .wasInterrupted();
  }

  void readLoop(scf::ForOp loop, Body &body) {
    Loop made;
    made.low = slot(loop.getLowerBound());
    made.high = slot(loop.getUpperBound());
    made.stride = slot(loop.getStep());
    made.counter = slot(loop.getInductionVar());
    move(loop.getRegionIterArgs(), loop.getInitArgs(), made.enter);
    move(loop.getRegionIterArgs(), loop.getYieldedValues(), made.next);
    move(loop.getResults(), loop.getRegionIterArgs(), made.leave);
    made.leaf = isLeaf(loop);
    made.body = std::make_unique<Body>();
    read(*loop.getBody(), *made.body);
    if (!boxed || made.body->copiesBoxes() || !made.leave.empty()) {
      push(body, Step::IsLoop, body.loops, std::move(made));
    }
  }

  void readBranch(scf::IfOp branch, Body &body) {
    Branch made;
    made.condition = slot(branch.getCondition());
    bool counts = !boxed;
    Region *sides[] = {&branch.getThenRegion(), &branch.getElseRegion()};
    for (auto [i, side] : llvm::enumerate(sides)) {
      if (side->empty()) {
        continue;
      }
      made.sides[i] = std::make_unique<Body>();
      read(side->front(), *made.sides[i]);
      move(branch.getResults(), side->front().getTerminator()->getOperands(),
           made.leave[i]);
      counts |= made.sides[i]->copiesBoxes() || !made.leave[i].empty();
    }
    if (counts) {
      push(body, Step::IsBranch, body.branches, std::move(made));
    }
  }

  void readOp(Operation &op, Body &body) {
    if (!boxed) {
      cost(op, body);
    } else if (auto load = dyn_cast<cuda::TmaLoadOp>(op)) {
      copy(load.getMap(), load.getCoords(), body);
    } else if (auto store = dyn_cast<cuda::TmaStoreOp>(op)) {
      copy(store.getMap(), store.getCoords(), body);
    }
    if (op.getNumResults() != 1 || !needs.contains(op.getResult(0))) {
      return;
    }
    if (isa<cuda::PartialLeaveOp>(op)) {
      // Who comes last is not known: everyone is counted as if it were.
      constants.push_back({slot(op.getResult(0)), 1});
      return;
    }
    Scalar made{ScalarOp(&op), slot(op.getResult(0)), {}};
    if (made.op.isConstant()) {
      constants.push_back({made.result, *made.op(ThreadPlace(), nullptr)});
      return;
    }
    for (unsigned i = 0; i < made.op.operands(); ++i) {
      made.operands[i] = slot(op.getOperand(made.op.first() + i));
    }
    push(body, Step::IsScalar, body.scalars, made);
  }

  void copy(Value argument, OperandRange coordinates, Body &body) {
    cuda::HostTensorMapOp map = maps.of(argument);
    if (!map) {
      return;
    }
    Copy made{boxes.try_emplace(map, boxes.size()).first->second, {}};
    for (Value coordinate : coordinates) {
      made.coordinates.push_back(slot(coordinate));
    }
    push(body, Step::IsCopy, body.copies, std::move(made));
  }

  //===--------------------------------------------------------------------===//
  // Costs
  //===--------------------------------------------------------------------===//

  void add(Body &body, const Cost &cost) {
    push(body, Step::IsCost, body.costs, cost);
  }

  void product(int64_t n, int64_t k, Body &body) {
    Cost cost{Cost::Product};
    cost.flops = 2.0 * 64 * static_cast<double>(n * k);
    cost.cycles = cost.flops / static_cast<double>(rates.tensorFlops);
    add(body, cost);
  }

  /// \p special and \p ordinary instructions of every thread of the group.
  void arithmetic(double special, double ordinary, Body &body) {
    double threads = oneThread ? 32 : kThreadsPerGroup;
    Cost cost{Cost::Arithmetic};
    cost.sfu = special * threads / static_cast<double>(rates.specialFunctions);
    cost.issue =
        (special + ordinary) * threads / static_cast<double>(rates.issueLanes);
    if (cost.issue > 0) {
      add(body, cost);
    }
  }

  /// Instructions of \p op on the special-function unit, and others, as the
  /// device headers have them.
  static std::pair<double, double> costOf(cuda::RoundedOp op) {
    if (op.getFunction() == "gelu") {
      return {1, 9};
    }
    return {2, op.getFunction() == "silu" ? 3 : 2};
  }

  void mapped(cuda::MapOp map, Body &body) {
    double special = 0, ordinary = 0;
    for (Operation &op : *map.getBlock()) {
      if (isa<math::Exp2Op, math::ExpOp, math::LogOp, math::Log2Op,
              math::SqrtOp, math::RsqrtOp, math::TanhOp, arith::DivFOp>(op)) {
        ++special;
      } else if (auto rounded = dyn_cast<cuda::RoundedOp>(op)) {
        auto [specials, ordinaries] = costOf(rounded);
        special += specials;
        ordinary += ordinaries;
      } else if (!isa<cuda::YieldOp, arith::ConstantOp>(op)) {
        ++ordinary;
      }
    }
    double registers =
        cast<cuda::FragType>(map.getResult().getType()).getCount();
    arithmetic(special * registers, ordinary * registers, body);
  }

  void copied(Value argument, Body &body) {
    cuda::HostTensorMapOp map = maps.of(argument);
    if (!map) {
      return;
    }
    Cost cost{Cost::Bytes};
    cost.bytes = static_cast<double>(TensorMaps::boxBytes(map));
    add(body, cost);
  }

  void moved(cuda::FragType type, Value pointer, Body &body) {
    Type element = cast<cuda::GlobalType>(pointer.getType()).getElementType();
    double count =
        static_cast<double>(type.getCount()) * (type.isPacked() ? 2 : 1);
    Cost cost{Cost::Bytes};
    cost.bytes = count * element.getIntOrFloatBitWidth() / 8 * kThreadsPerGroup;
    add(body, cost);
    arithmetic(0, count, body);
  }

  void cost(Operation &op, Body &body) {
    auto count = [](Value frag) {
      return static_cast<double>(
          cast<cuda::FragType>(frag.getType()).getCount());
    };
    llvm::TypeSwitch<Operation *>(&op)
        .Case<cuda::WgmmaSSOp, cuda::WgmmaRSOp>(
            [&](auto dot) { product(dot.getN(), dot.getK(), body); })
        .Case([&](cuda::WgmmaCommitOp) { add(body, {Cost::Commit}); })
        .Case([&](cuda::WgmmaWaitOp wait) {
          Cost cost{Cost::Wait};
          cost.left = static_cast<size_t>(wait.getLeft());
          add(body, cost);
        })
        .Case([&](cuda::MapOp map) { mapped(map, body); })
        .Case([&](cuda::RowReduceOp reduce) {
          arithmetic(0, count(reduce.getFrag()), body);
        })
        .Case([&](cuda::LaneReduceOp reduce) {
          arithmetic(0,
                     count(reduce.getFrag()) * 2 * reduce.getXorMasks().size(),
                     body);
        })
        .Case([&](cuda::PackOp pack) {
          arithmetic(0, count(pack.getResult()), body);
        })
        .Case([&](cuda::StMatrixOp store) {
          // 4 wavefronts an instruction of a warp, 32 lanes wide.
          arithmetic(0, static_cast<double>(store.getWidth()) / 32 * 4, body);
          Cost cost{Cost::Stores};
          cost.stores = static_cast<double>(wavefrontsOf(store));
          add(body, cost);
        })
        .Case([&](cuda::LdMatrixOp load) {
          arithmetic(0, count(load.getResult()), body);
        })
        .Case([&](cuda::PartialLeaveOp leave) {
          for (Value frag : leave.getFrags()) {
            moved(cast<cuda::FragType>(frag.getType()), leave.getWorkspace(),
                  body);
          }
        })
        .Case<cuda::PartialTakeOp, cuda::PartialAddOp>([&](auto part) {
          moved(part.getResult().getType(), part.getWorkspace(), body);
        })
        .Case([&](cuda::TmaLoadOp load) { copied(load.getMap(), body); })
        .Case([&](cuda::TmaStoreOp store) { copied(store.getMap(), body); })
        .Case([&](cuda::LoadFragOp load) {
          moved(load.getResult().getType(), load.getSrc(), body);
        })
        .Case([&](cuda::StoreFragOp store) {
          moved(store.getFrag().getType(), store.getDst(), body);
        });
  }
};

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

/// What a run is for.
enum class Purpose { Way, Costs, Boxes };

using BoxSet = std::unordered_set<std::vector<int64_t>, HashOfNumbers>;

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
        return fail("there are too many tiles to walk");
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
  std::vector<Part> parts;
  llvm::DenseMap<Value, Slot> slots;
  llvm::DenseMap<Operation *, int64_t> boxNumbers;
  std::vector<int64_t> boxBytes;
  std::vector<Integer> values;
  BoxSet boxes;
  Way way; ///< of the part that is walked
  int64_t iterations = 0;
  int64_t ways = 0;
};

BlockWalk::BlockWalk(cuda::KernelOp kernel, const TensorMaps &maps,
                     const device::Rates &rates)
    : state(std::make_unique<State>()) {
  auto add = [&](Block &block, int64_t groups, bool oneThread) {
    Part &part = state->parts.emplace_back();
    part.block = &block;
    part.groups = std::max<int64_t>(groups, 1);
    part.oneThread = oneThread;
  };
  add(kernel.getBody().front(), kernel.getThreads() / kThreadsPerGroup, false);
  kernel.walk([&](cuda::RoleOp role) {
    bool one = role.getOneThread();
    add(role.getBody().front(), one ? 1 : role.getWarps() / kWarpsPerGroup,
        one);
  });
  std::vector<std::pair<Slot, int64_t>> constants;
  for (bool boxed : {false, true}) {
    Needs needs(boxed);
    needs.addFrom(kernel);
    for (Part &part : state->parts) {
      Reader reader(rates, maps, state->slots, state->boxNumbers, needs,
                    part.oneThread, boxed);
      reader.read(*part.block, boxed ? part.boxed : part.walked);
      llvm::append_range(constants, reader.constants);
    }
  }
  state->values.resize(state->slots.size());
  for (auto [slot, number] : constants) {
    state->values[slot] = number;
  }
  state->boxBytes.resize(state->boxNumbers.size());
  for (auto [map, number] : state->boxNumbers) {
    state->boxBytes[number] =
        TensorMaps::boxBytes(cast<cuda::HostTensorMapOp>(map));
  }
}

BlockWalk::~BlockWalk() = default;

void BlockWalk::assign(Value argument, Integer value) {
  auto slot = state->slots.find(argument);
  if (slot != state->slots.end()) {
    state->values[slot->second] = value;
  }
}

bool BlockWalk::walk(const ThreadPlace &place, BlockWork &found) {
  for (Part &part : state->parts) {
    Run<Purpose::Way> dry(place, state->values, state->iterations);
    state->way.clear();
    dry.way = &state->way;
    if (!dry.run(part.walked)) {
      problem = dry.problem;
      return false;
    }
    auto [entry, fresh] = part.known.try_emplace(state->way);
    Summed &summed = entry->second;
    if (fresh) {
      Run<Purpose::Costs> run(place, state->values, state->iterations);
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
  for (Part &part : state->parts) {
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
    bytes += state->boxBytes[box.front()];
  }
  return bytes;
}

int64_t BlockWalk::ways() const { return state->ways; }

} // namespace spak::analysis
