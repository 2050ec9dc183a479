// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the proof that roles neither deadlock nor race, for every trip count
// up to twice the slots, and that what they share fits the target.
#include "spak/Dialect/Spak/IR/SpakCluster.h"
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "LoopRewrite.h"
#include "Requests.h"
#include "RoleTrace.h"

#include "spak/Layout/TensorCore.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_CHECKSTAGED
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

//===----------------------------------------------------------------------===//
// Roles as token machines. A role never looks at what another does but waits
// for it, so one order of steps is as good as any: if it comes to an end, all
// do, and if it sticks, all stick at the same places.
//===----------------------------------------------------------------------===//

/// A role; or one of its groups, where groups take turns. Of each block, where
/// blocks form clusters.
struct Process {
  std::string name;
  Operation *op = nullptr;
  Block *body = nullptr;
  int64_t group = 0;
  int64_t groups = 1;
  int64_t block = 0;
};

/// Whether the blocks of a cluster go round \p ring together.
bool isShared(Value ring) {
  auto op = ring.getDefiningOp<RingOp>();
  return op && op.getCluster() > 1;
}

class Machine {
public:
  Machine(ArrayRef<Process> processes, ArrayRef<std::vector<RingEvent>> traces)
      : processes(processes), traces(traces), at(processes.size(), 0) {
    // Whoever may wait for a ring has to, as often as it is filled.
    for (size_t p = 0; p < processes.size(); ++p) {
      processes[p].body->walk(
          [&](RingWaitOp wait) { readers[wait.getRing()].insert(p); });
      blocks = std::max(blocks, processes[p].block + 1);
    }
  }

  /// Runs until nothing moves; fails, with an error, if a process sticks or a
  /// ring is filled and read a different number of times.
  LogicalResult run(llvm::function_ref<void(Diagnostic &)> explain);

private:
  bool step(size_t process);
  /// How many slots of \p ring all have released whom a fill of \p block
  /// reaches.
  int64_t released(Value ring, int64_t block) {
    int64_t least = INT64_MAX;
    for (size_t reader : readers[ring]) {
      if (isShared(ring) || processes[reader].block == block) {
        least = std::min(least, releases[{reader, ring}]);
      }
    }
    return least == INT64_MAX ? 0 : least;
  }
  /// How many slots of \p ring all have filled who fill those of \p block.
  int64_t committed(Value ring, int64_t block) {
    if (!isShared(ring)) {
      return commits[{block, ring}];
    }
    int64_t least = INT64_MAX;
    for (int64_t other = 0; other < blocks; ++other) {
      least = std::min(least, commits[{other, ring}]);
    }
    return least;
  }

  ArrayRef<Process> processes;
  ArrayRef<std::vector<RingEvent>> traces;
  SmallVector<size_t> at;
  int64_t blocks = 1;
  llvm::DenseMap<std::pair<int64_t, Value>, int64_t> commits;
  llvm::DenseMap<std::pair<size_t, Value>, int64_t> waits, releases;
  llvm::MapVector<Value, llvm::SmallSetVector<size_t, 2>> readers;
  std::map<std::tuple<int64_t, Operation *, std::string>, int64_t> batonAt;
};

bool Machine::step(size_t p) {
  const RingEvent &event = traces[p][at[p]];
  const Process &process = processes[p];
  switch (event.kind) {
  case RingEvent::Acquire: {
    int64_t slots = cast<RingType>(event.ring.getType()).getSlots();
    if (event.slot - released(event.ring, process.block) >= slots) {
      return false;
    }
    break;
  }
  case RingEvent::Commit:
    ++commits[{process.block, event.ring}];
    break;
  case RingEvent::Wait:
    if (event.slot >= committed(event.ring, process.block)) {
      return false;
    }
    ++waits[{p, event.ring}];
    break;
  case RingEvent::Release:
    ++releases[{p, event.ring}];
    break;
  case RingEvent::Take:
    if (batonAt[{process.block, process.op, event.baton.str()}] !=
        process.group) {
      return false;
    }
    break;
  case RingEvent::Pass:
    batonAt[{process.block, process.op, event.baton.str()}] =
        (process.group + 1) % process.groups;
    break;
  }
  ++at[p];
  return true;
}

/// What \p event waits for.
std::string describe(const RingEvent &event) {
  switch (event.kind) {
  case RingEvent::Acquire:
    return "a free slot of ring `" + nameOfRing(event.ring).str() + "`";
  case RingEvent::Wait:
    return "fill " + std::to_string(event.slot) + " of ring `" +
           nameOfRing(event.ring).str() + "`";
  default:
    return "baton `" + event.baton.str() + "`";
  }
}

LogicalResult Machine::run(llvm::function_ref<void(Diagnostic &)> explain) {
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t p = 0; p < processes.size(); ++p) {
      while (at[p] < traces[p].size() && step(p)) {
        moved = true;
      }
    }
  }
  std::optional<InFlightDiagnostic> diag;
  for (size_t p = 0; p < processes.size(); ++p) {
    if (at[p] == traces[p].size()) {
      continue;
    }
    const RingEvent &event = traces[p][at[p]];
    if (!diag) {
      diag.emplace(event.op->emitError());
      *diag << "deadlock: " << processes[p].name << " waits for ever for "
            << describe(event);
      continue;
    }
    diag->attachNote(event.op->getLoc())
        << processes[p].name << " waits for ever for " << describe(event);
  }
  if (diag) {
    for (size_t p = 0; p < processes.size(); ++p) {
      if (at[p] == traces[p].size()) {
        diag->attachNote(processes[p].op->getLoc())
            << processes[p].name << " has come to its end";
      }
    }
    explain(*diag->getUnderlyingDiagnostic());
    return *diag;
  }
  for (auto &[ring, who] : readers) {
    for (size_t p : who) {
      int64_t read = waits[{p, ring}];
      int64_t filled = commits[{processes[p].block, ring}];
      if (read == filled) {
        continue;
      }
      InFlightDiagnostic unequal = ring.getDefiningOp()->emitError()
                                   << "ring `" << nameOfRing(ring)
                                   << "` is filled " << filled << " times, and "
                                   << processes[p].name << " waits for it "
                                   << read << " times";
      explain(*unequal.getUnderlyingDiagnostic());
      return unequal;
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Trip counts
//===----------------------------------------------------------------------===//

/// Every assignment of small numbers to \p leaves, or as many of them as
/// `most`, evenly drawn.
std::vector<Assignment> assignmentsOf(const Leaves &leaves, int64_t largest) {
  constexpr int64_t most = 512;
  constexpr int64_t least = -1;
  int64_t values = largest - least + 1;
  int64_t total = 1;
  for (size_t i = 0; i < leaves.size() && total <= most; ++i) {
    total *= values;
  }
  bool all = total <= most;
  std::vector<Assignment> result;
  uint64_t random = 1;
  for (int64_t n = 0; n < std::min(total, most); ++n) {
    Assignment &assignment = result.emplace_back();
    int64_t rest = n;
    for (auto &[number, value] : leaves) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      int64_t digit = all ? rest % values : (random >> 33) % values;
      rest /= values;
      bool isBool = value.getType().isInteger(1);
      assignment[number] = isBool ? digit & 1 : least + digit;
    }
  }
  return result;
}

/// Whether \p value can differ from one tile of a grid to the next.
bool variesByTile(Value value) {
  Operation *def = value.getDefiningOp();
  if (!def) {
    return !isa<KernelOp>(value.getParentBlock()->getParentOp());
  }
  return isa<FirstTileOp>(def) || def->getNumRegions() != 0 ||
         llvm::any_of(def->getOperands(), variesByTile);
}

class StagedCheck {
public:
  explicit StagedCheck(KernelOp kernel) : kernel(kernel) {}

  LogicalResult run();

private:
  void collectProcesses();
  /// What \p tile is for block \p block of the cluster.
  Assignment forBlock(const Assignment &tile, int64_t block,
                      const Leaves &leaves) const;
  LogicalResult checkOrder();
  LogicalResult checkOne(ArrayRef<const Assignment *> tiles,
                         const Leaves &leaves);
  LogicalResult checkShared();

  KernelOp kernel;
  SmallVector<Process> processes;
  ValueNumbers numbers;
  RolePlans plans;
  std::optional<Cluster> cluster;
};

void StagedCheck::collectProcesses() {
  kernel.walk([&](RoleOp role) {
    bool turns = false;
    role.walk([&](TurnOp) { turns = true; });
    constexpr int64_t kWarpsOfGroup = 4;
    int64_t groups =
        turns ? std::max<int64_t>(role.getWarps() / kWarpsOfGroup, 1) : 1;
    for (int64_t group = 0; group < groups; ++group) {
      std::string name = "role `" + role.getName().str() + "`";
      name += groups > 1 ? " group " + std::to_string(group) : "";
      processes.push_back({name, role, &role.getBody().front(), group, groups});
    }
  });
  if (processes.empty()) {
    processes.push_back({"the kernel", kernel, &kernel.getBody().front()});
  }
  cluster = clusterOf(kernel);
  size_t ofOneBlock = processes.size();
  for (int64_t block = 1; cluster && block < cluster->blocks; ++block) {
    for (size_t p = 0; p < ofOneBlock; ++p) {
      Process process = processes[p];
      process.name += " of block " + std::to_string(block);
      process.block = block;
      processes.push_back(process);
    }
  }
}

Assignment StagedCheck::forBlock(const Assignment &tile, int64_t block,
                                 const Leaves &leaves) const {
  Assignment result = tile;
  for (auto &[number, value] : leaves) {
    if (!sameInCluster(value, cluster->name)) {
      result[number] += block;
    }
  }
  return result;
}

LogicalResult StagedCheck::checkOne(ArrayRef<const Assignment *> tiles,
                                    const Leaves &leaves) {
  std::vector<std::vector<RingEvent>> traces;
  std::vector<Assignment> others;
  others.reserve(processes.size() * tiles.size());
  for (const Process &process : processes) {
    SmallVector<const Assignment *> own(tiles);
    if (process.block > 0) {
      for (const Assignment *&tile : own) {
        tile = &others.emplace_back(forBlock(*tile, process.block, leaves));
      }
    }
    FailureOr<std::vector<RingEvent>> trace =
        traceRole(process.body, numbers, plans, own);
    if (failed(trace)) {
      return failure();
    }
    traces.push_back(std::move(*trace));
  }
  return Machine(processes, traces).run([&](Diagnostic &diag) {
    for (auto &[number, value] : leaves) {
      Diagnostic &note = diag.attachNote(value.getLoc());
      note << "where this is ";
      llvm::interleaveComma(tiles, note, [&](const Assignment *tile) {
        note << tile->lookup(number);
      });
    }
  });
}

LogicalResult StagedCheck::checkOrder() {
  // Bounds that two roles share are numbers of their own: what they are
  // computed from does not matter.
  llvm::DenseSet<unsigned> shared;
  llvm::DenseMap<unsigned, llvm::SmallPtrSet<Operation *, 2>> where;
  kernel.walk([&](RoleOp role) {
    role.walk([&](Operation *op) {
      for (Value operand : op->getOperands()) {
        if (operand.getType().isIntOrIndex()) {
          where[numbers.of(operand)].insert(role);
        }
      }
    });
  });
  for (const Process &process : processes) {
    for (unsigned bound : boundsOfRingLoops(process.body, numbers)) {
      if (where[bound].size() > 1) {
        shared.insert(bound);
      }
    }
  }
  // Where a loop that is never empty ends follows from where it begins; a
  // rotated copy of it begins one later and ends at the same place.
  for (const Process &process : processes) {
    process.body->walk([&](ForOp loop) {
      if (!isNeverEmpty(loop)) {
        return;
      }
      shared.erase(numbers.of(loop.getUpper()));
      for (Value operand : loop.getUpper().getDefiningOp()->getOperands()) {
        shared.erase(numbers.of(operand));
      }
    });
  }
  Leaves leaves;
  for (const Process &process : processes) {
    collectLeaves(process.body, numbers, shared, leaves);
  }
  int64_t slots = 0;
  kernel.walk([&](RingOp ring) {
    slots = std::max(slots, ring.getRing().getType().getSlots());
  });
  bool persistent = false;
  kernel.walk([&](GridOp grid) {
    OrderAttr order = grid.getOrderAttr();
    persistent |= order && order.isPersistent();
  });
  std::vector<Assignment> assignments = assignmentsOf(leaves, 2 * slots + 1);
  // A persistent block works on several tiles; what no tile changes is the
  // same for all.
  SmallVector<unsigned> constant;
  for (auto &[number, value] : leaves) {
    if (!variesByTile(value)) {
      constant.push_back(number);
    }
  }
  auto another = [&](size_t n, size_t like) {
    Assignment tile = assignments[n % assignments.size()];
    for (unsigned number : constant) {
      tile[number] = assignments[like].lookup(number);
    }
    return tile;
  };
  for (size_t n = 0; n < assignments.size(); ++n) {
    SmallVector<const Assignment *> tiles = {&assignments[n]};
    Assignment second, third;
    if (persistent) {
      second = another(n * 7 + 3, n);
      third = another(n * 3 + 1, n);
      tiles.append({&second, &third});
    }
    if (failed(checkOne(tiles, leaves))) {
      return failure();
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

int64_t bytesOf(TileType tile) {
  return tile.getNumElements() * tile.getElementType().getIntOrFloatBitWidth() /
         8;
}

LogicalResult StagedCheck::checkShared() {
  // What a tile under a 128-byte swizzle is aligned to, and two barriers.
  constexpr int64_t kAlignment = 1024;
  constexpr int64_t kBarrierBytes = 16;
  std::optional<int64_t> limit = Requests(kernel).limit("smem_per_block");
  if (!limit) {
    return success();
  }
  SmallVector<std::pair<Operation *, int64_t>> parts;
  kernel.walk([&](RingOp ring) {
    int64_t slot = kBarrierBytes;
    for (Type tile : ring.getRing().getType().getTiles()) {
      slot += llvm::alignTo(bytesOf(cast<TileType>(tile)), kAlignment);
    }
    parts.push_back({ring, slot * ring.getRing().getType().getSlots()});
  });
  // Copies of one store, of a tile and of the next, have one buffer.
  llvm::DenseSet<std::pair<Value, Type>> buffers;
  kernel.walk([&](StoreOp store) {
    StagingAttr staging = store.getStagingAttr();
    auto last = store.getAt().empty()
                    ? RangeType()
                    : dyn_cast<RangeType>(store.getAt().back().getType());
    if (!staging || staging.getVia() != "tma" || !last ||
        !buffers.insert({store.getView(), store.getTile().getType()}).second) {
      return;
    }
    TileType tile = store.getTile().getType();
    int64_t element = tile.getElementType().getIntOrFloatBitWidth() / 8;
    std::optional<layout::Layout> slabs =
        layout::sharedSlabs("r", tile.getNumElements() / last.getSize(), "c",
                            last.getSize(), element);
    auto box = slabs ? layout::tmaBox(*slabs, element) : std::nullopt;
    if (box) {
      parts.push_back({store, llvm::alignTo(box->bytesPerCopy, kAlignment) *
                                  staging.getSlots()});
    }
  });
  int64_t sum = 0;
  for (auto [op, bytes] : parts) {
    sum += bytes;
  }
  if (sum <= *limit) {
    return success();
  }
  InFlightDiagnostic diag = kernel.emitError()
                            << "rings and stores need " << sum
                            << " bytes of shared memory, the target has "
                            << *limit;
  for (auto [op, bytes] : parts) {
    diag.attachNote(op->getLoc()) << bytes << " bytes here";
  }
  return diag;
}

LogicalResult StagedCheck::run() {
  if (!concernsRings(kernel)) {
    return success();
  }
  collectProcesses();
  return failure(failed(checkOrder()) || failed(checkShared()));
}

class CheckStagedPass : public impl::CheckStagedBase<CheckStagedPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(StagedCheck(kernel).run())) {
        return signalPassFailure();
      }
    }
    markAllAnalysesPreserved();
  }
};

} // namespace
} // namespace spak::ir
