// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the run of one role on numbers, and the rules for its slots.
#include "RoleTrace.h"

#include "LoopRewrite.h"
#include "Stages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace spak::ir {

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// The grid whose variable \p value is; null if it is none.
static GridOp gridOfVariable(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument) {
    return nullptr;
  }
  auto grid = dyn_cast<GridOp>(argument.getOwner()->getParentOp());
  bool isVariable = grid && argument.getArgNumber() < grid.getExtents().size();
  return isVariable ? grid : nullptr;
}

/// Whether \p op reads a scalar of an input, which no one writes.
static bool readsInput(Operation *op) {
  auto load = dyn_cast<LoadScalarOp>(op);
  auto view = load ? dyn_cast<BlockArgument>(load.getView()) : BlockArgument();
  auto kernel =
      view ? dyn_cast<KernelOp>(view.getOwner()->getParentOp()) : KernelOp();
  return kernel && kernel.getKind(view.getArgNumber()) == "in";
}

unsigned ValueNumbers::of(Value value) {
  auto known = numbers.find(value);
  if (known != numbers.end()) {
    return known->second;
  }
  std::string key;
  llvm::raw_string_ostream os(key);
  Operation *def = value.getDefiningOp();
  auto argument = dyn_cast<BlockArgument>(value);
  if (GridOp grid = gridOfVariable(value)) {
    os << "grid " << argument.getArgNumber() << " " << value.getType();
  } else if (auto first = dyn_cast_or_null<FirstTileOp>(def)) {
    os << "grid " << cast<OpResult>(value).getResultNumber() << " "
       << value.getType();
  } else if (def && def->getNumRegions() == 0 &&
             (isPure(def) || readsInput(def))) {
    os << def->getName() << " " << cast<OpResult>(value).getResultNumber()
       << " " << def->getAttrDictionary() << " " << value.getType();
    for (Value operand : def->getOperands()) {
      os << " " << of(operand);
    }
  } else {
    os << "value " << value.getAsOpaquePointer();
  }
  unsigned number = byKey.insert({key, byKey.size()}).first->second;
  numbers[value] = number;
  return number;
}

StringRef nameOfRing(Value ring) {
  auto op = ring.getDefiningOp<RingOp>();
  return op ? op.getName() : StringRef("?");
}

bool concernsRings(Operation *op) {
  return op
      ->walk([](Operation *inner) {
        bool concerns = isa<RingAcquireOp, RingFillOp, RingPutOp, RingCommitOp,
                            RingWaitOp, RingReleaseOp, TurnOp>(inner);
        return concerns ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Whether \p op is arithmetic that evaluate() knows.
static bool isPlain(Operation *op) {
  return isa_and_nonnull<arith::ConstantOp, arith::AddIOp, arith::SubIOp,
                         arith::MinSIOp, arith::MaxSIOp, arith::CmpIOp,
                         arith::SelectOp, arith::AndIOp, arith::OrIOp>(op);
}

/// Calls \p visit for each value that decides how often a ring op runs.
static void forEachControl(Block *body, llvm::function_ref<void(Value)> visit) {
  body->walk([&](Operation *op) {
    if (!concernsRings(op)) {
      return;
    }
    if (auto loop = dyn_cast<ForOp>(op)) {
      visit(loop.getLower());
      visit(loop.getUpper());
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      visit(branch.getCondition());
    }
  });
}

void collectLeaves(Block *body, ValueNumbers &numbers,
                   const llvm::DenseSet<unsigned> &cut, Leaves &leaves) {
  llvm::DenseSet<unsigned> seen;
  SmallVector<Value> work;
  forEachControl(body, [&](Value value) { work.push_back(value); });
  while (!work.empty()) {
    Value value = work.pop_back_val();
    unsigned number = numbers.of(value);
    if (!seen.insert(number).second) {
      continue;
    }
    Operation *def = value.getDefiningOp();
    bool isConstant = isa_and_nonnull<arith::ConstantOp>(def);
    if (isConstant) {
      continue;
    }
    // A carried number is what the role computes.
    auto argument = dyn_cast<BlockArgument>(value);
    Operation *owner = argument ? argument.getOwner()->getParentOp() : nullptr;
    if (argument && isa<ForOp>(owner)) {
      continue;
    }
    if (auto grid = dyn_cast_or_null<GridOp>(owner);
        grid && !gridOfVariable(value)) {
      unsigned carried = argument.getArgNumber() - grid.getExtents().size();
      work.push_back(grid.getInitArgs()[carried]);
      work.push_back(grid.getYield().getArgs()[carried]);
      continue;
    }
    if (auto grid = dyn_cast_or_null<GridOp>(def)) {
      work.push_back(
          grid.getYield().getArgs()[cast<OpResult>(value).getResultNumber()]);
      continue;
    }
    if (cut.contains(number) || !isPlain(def)) {
      leaves.insert({number, value});
      continue;
    }
    llvm::append_range(work, def->getOperands());
  }
}

llvm::DenseSet<unsigned> boundsOfRingLoops(Block *body, ValueNumbers &numbers) {
  llvm::DenseSet<unsigned> bounds;
  body->walk([&](ForOp loop) {
    // Of a loop that is never empty the bounds are not free: what they are
    // computed from is.
    if (concernsRings(loop) && !isNeverEmpty(loop)) {
      bounds.insert(numbers.of(loop.getLower()));
      bounds.insert(numbers.of(loop.getUpper()));
    }
  });
  return bounds;
}

//===----------------------------------------------------------------------===//
// The run
//===----------------------------------------------------------------------===//

using Planned = RolePlans::Planned;

static Planned::Kind kindOf(Operation *op) {
  if (op->getNumRegions() != 0 && concernsRings(op)) {
    return isa<GridOp>(op)      ? Planned::Grid
           : isa<ForOp>(op)     ? Planned::Loop
           : isa<scf::IfOp>(op) ? Planned::Branch
                                : Planned::Strange;
  }
  return llvm::TypeSwitch<Operation *, Planned::Kind>(op)
      .Case([](RingAcquireOp) { return Planned::Acquire; })
      .Case([](RingFillOp) { return Planned::Fill; })
      .Case([](RingPutOp) { return Planned::Put; })
      .Case([](RingCommitOp) { return Planned::Commit; })
      .Case([](RingWaitOp) { return Planned::Wait; })
      .Case([](RingReleaseOp) { return Planned::Release; })
      .Case([](TurnOp) { return Planned::Turn; })
      .Case([](GridOp) { return Planned::Grid; })
      .Default(Planned::Read);
}

/// Whether \p value is a tile of a slot, or one that is handed on.
static bool mayLieInSlot(Value value) {
  Operation *def = value.getDefiningOp();
  return isa<TileType>(value.getType()) &&
         (!def || isa<RingWaitOp>(def) || def->getNumRegions() != 0);
}

ArrayRef<Planned> RolePlans::of(Block &block) {
  std::unique_ptr<std::vector<Planned>> &plan = plans[&block];
  if (plan) {
    return *plan;
  }
  plan = std::make_unique<std::vector<Planned>>();
  for (Operation &op : block) {
    Planned planned{kindOf(&op), &op, {}};
    if (planned.kind == Planned::Read || planned.kind == Planned::Put) {
      forEachOutsideOperand(&op, [&](Value value) {
        if (mayLieInSlot(value)) {
          planned.tiles.push_back(value);
        }
      });
    }
    // Yields hand tiles on; who reads them then is checked.
    bool idle = planned.kind == Planned::Read &&
                (planned.tiles.empty() || op.hasTrait<OpTrait::IsTerminator>());
    if (!idle) {
      plan->push_back(std::move(planned));
    }
  }
  return *plan;
}

namespace {

/// A slot, or a tile in it: the how manieth of its ring, for filling or for
/// reading.
struct Held {
  Value ring;
  int64_t number = 0;
  bool fills = false;
};

/// What a role did to one ring so far.
struct RingUse {
  SmallVector<Operation *> acquires, waits, commits, releases;
  /// Of the slots that are acquired: which tiles are filled.
  SmallVector<llvm::SmallDenseSet<uint64_t, 2>> filled;
};

class Run {
public:
  Run(ValueNumbers &numbers, RolePlans &plans,
      ArrayRef<const Assignment *> tiles)
      : numbers(numbers), plans(plans), tiles(tiles), given(tiles.front()) {}

  LogicalResult block(Block &block);
  LogicalResult checkEnd();

  std::vector<RingEvent> events;

private:
  LogicalResult run(const Planned &planned);
  LogicalResult acquire(RingAcquireOp op);
  LogicalResult fill(Operation *op, Value slot, uint64_t tile);
  LogicalResult commit(RingCommitOp op);
  LogicalResult wait(RingWaitOp op);
  LogicalResult release(RingReleaseOp op);
  LogicalResult loop(ForOp loop);
  LogicalResult grid(GridOp grid);
  LogicalResult branch(scf::IfOp branch);
  LogicalResult checkReads(const Planned &planned);
  LogicalResult inOrder(Operation *op, Value slot, Value ring, bool fills,
                        ArrayRef<Operation *> done, StringRef verb);
  void bind(ValueRange to, ValueRange from);
  int64_t evaluate(Value value);

  ValueNumbers &numbers;
  RolePlans &plans;
  ArrayRef<const Assignment *> tiles;
  const Assignment *given;
  llvm::DenseMap<Value, Held> held;
  llvm::DenseMap<Value, int64_t> carried;
  llvm::MapVector<Value, RingUse> uses;
};

int64_t Run::evaluate(Value value) {
  auto found = carried.find(value);
  if (found != carried.end()) {
    return found->second;
  }
  auto leaf = given->find(numbers.of(value));
  if (auto share = value.getDefiningOp<ShareOp>();
      share && value == share.getTo()) {
    // A visit has a step.
    int64_t to = leaf != given->end() ? leaf->second : 0;
    return std::max(to, evaluate(share.getFrom()) + 1);
  }
  if (leaf != given->end()) {
    return leaf->second;
  }
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    return constant.getBitWidth() == 1 ? constant.getZExtValue()
                                       : constant.getSExtValue();
  }
  Operation *def = value.getDefiningOp();
  if (!isPlain(def)) {
    return 0;
  }
  if (auto select = dyn_cast<arith::SelectOp>(def)) {
    return evaluate(evaluate(select.getCondition()) ? select.getTrueValue()
                                                    : select.getFalseValue());
  }
  int64_t a = evaluate(def->getOperand(0));
  int64_t b = evaluate(def->getOperand(1));
  if (auto compare = dyn_cast<arith::CmpIOp>(def)) {
    return arith::applyCmpPredicate(compare.getPredicate(), APInt(64, a, true),
                                    APInt(64, b, true));
  }
  if (isa<arith::AddIOp>(def)) {
    return a + b;
  }
  if (isa<arith::SubIOp>(def)) {
    return a - b;
  }
  if (isa<arith::MinSIOp>(def)) {
    return std::min(a, b);
  }
  if (isa<arith::MaxSIOp>(def)) {
    return std::max(a, b);
  }
  return isa<arith::AndIOp>(def) ? (a & b) : (a | b);
}

void Run::bind(ValueRange to, ValueRange from) {
  // All are read before any is written: arguments may change places.
  SmallVector<std::pair<Value, Held>> slots;
  SmallVector<std::pair<Value, int64_t>> indices;
  for (auto [target, source] : llvm::zip(to, from)) {
    auto found = held.find(source);
    if (found != held.end()) {
      slots.push_back({target, found->second});
    } else if (target.getType().isIntOrIndex()) {
      indices.push_back({target, evaluate(source)});
    }
  }
  for (auto [target, slot] : slots) {
    held[target] = slot;
  }
  for (auto [target, index] : indices) {
    carried[target] = index;
  }
}

LogicalResult Run::acquire(RingAcquireOp op) {
  RingUse &use = uses[op.getRing()];
  int64_t number = use.acquires.size();
  use.acquires.push_back(op);
  use.filled.emplace_back();
  held[op.getSlot()] = {op.getRing(), number, /*fills=*/true};
  events.push_back({RingEvent::Acquire, op, op.getRing(), {}, number});
  return success();
}

LogicalResult Run::fill(Operation *op, Value slot, uint64_t tile) {
  Held to = held.lookup(slot);
  if (!to.fills) {
    return op->emitOpError("fills a slot that was waited for, not acquired");
  }
  RingUse &use = uses[to.ring];
  if (to.number < static_cast<int64_t>(use.commits.size())) {
    InFlightDiagnostic diag =
        op->emitOpError("fills a slot that is committed already");
    diag.attachNote(use.commits[to.number]->getLoc()) << "committed here";
    return diag;
  }
  if (!use.filled[to.number].insert(tile).second) {
    return op->emitOpError("fills tile ") << tile << " of a slot twice";
  }
  return success();
}

/// The slots of a ring are handed on in the order in which they came.
LogicalResult Run::inOrder(Operation *op, Value slot, Value ring, bool fills,
                           ArrayRef<Operation *> done, StringRef verb) {
  Held what = held.lookup(slot);
  StringRef name = nameOfRing(ring);
  if (what.ring != ring || what.fills != fills) {
    return op->emitOpError()
           << verb << " a slot that did not come from "
           << (fills ? "an acquire" : "a wait") << " of ring `" << name << "`";
  }
  int64_t next = done.size();
  if (what.number < next) {
    InFlightDiagnostic diag = op->emitOpError() << verb << " a slot of ring `"
                                                << name << "` a second time";
    diag.attachNote(done[what.number]->getLoc()) << "the first time here";
    return diag;
  }
  if (what.number > next) {
    RingUse &use = uses[ring];
    InFlightDiagnostic diag = op->emitOpError()
                              << verb << " a slot of ring `" << name
                              << "` before the one that came first";
    diag.attachNote((fills ? use.acquires : use.waits)[next]->getLoc())
        << "the one before came from here";
    return diag;
  }
  return success();
}

LogicalResult Run::commit(RingCommitOp op) {
  RingUse &use = uses[op.getRing()];
  if (failed(inOrder(op, op.getSlot(), op.getRing(), /*fills=*/true,
                     use.commits, "commits"))) {
    return failure();
  }
  int64_t number = use.commits.size();
  size_t tilesOfRing = op.getRing().getType().getTiles().size();
  if (use.filled[number].size() != tilesOfRing) {
    InFlightDiagnostic diag = op.emitOpError("commits a slot with ")
                              << use.filled[number].size() << " of "
                              << tilesOfRing << " tiles filled";
    diag.attachNote(use.acquires[number]->getLoc()) << "acquired here";
    return diag;
  }
  use.commits.push_back(op);
  events.push_back({RingEvent::Commit, op, op.getRing(), {}, number});
  return success();
}

LogicalResult Run::wait(RingWaitOp op) {
  RingUse &use = uses[op.getRing()];
  int64_t number = use.waits.size();
  use.waits.push_back(op);
  Held what = {op.getRing(), number, /*fills=*/false};
  held[op.getSlot()] = what;
  for (Value tile : op.getTiles()) {
    held[tile] = what;
  }
  events.push_back({RingEvent::Wait, op, op.getRing(), {}, number});
  return success();
}

LogicalResult Run::release(RingReleaseOp op) {
  RingUse &use = uses[op.getRing()];
  if (failed(inOrder(op, op.getSlot(), op.getRing(), /*fills=*/false,
                     use.releases, "releases"))) {
    return failure();
  }
  events.push_back({RingEvent::Release,
                    op,
                    op.getRing(),
                    {},
                    static_cast<int64_t>(use.releases.size())});
  use.releases.push_back(op);
  return success();
}

/// A tile in a slot is read only until the slot's release.
LogicalResult Run::checkReads(const Planned &planned) {
  for (Value value : planned.tiles) {
    auto found = held.find(value);
    if (found == held.end()) {
      continue;
    }
    RingUse &use = uses[found->second.ring];
    int64_t number = found->second.number;
    if (number < static_cast<int64_t>(use.releases.size())) {
      InFlightDiagnostic diag =
          planned.op->emitOpError("reads a tile of ring `")
          << nameOfRing(found->second.ring) << "` after its slot's release";
      diag.attachNote(use.releases[number]->getLoc()) << "released here";
      return diag;
    }
  }
  return success();
}

LogicalResult Run::loop(ForOp loop) {
  int64_t lower = evaluate(loop.getLower());
  int64_t upper = evaluate(loop.getUpper());
  bind(loop.getRegionIterArgs(), loop.getInitArgs());
  for (int64_t trip = lower; trip < upper; ++trip) {
    if (failed(block(*loop.getBody()))) {
      return failure();
    }
    bind(loop.getRegionIterArgs(), loop.getYield().getArgs());
  }
  bind(loop.getResults(), loop.getRegionIterArgs());
  return success();
}

LogicalResult Run::grid(GridOp grid) {
  bind(grid.getRegionIterArgs(), grid.getInitArgs());
  for (const Assignment *tile : tiles.drop_front(grid.getFollow() ? 1 : 0)) {
    given = tile;
    if (failed(block(*grid.getBody()))) {
      return failure();
    }
    bind(grid.getRegionIterArgs(), grid.getYield().getArgs());
  }
  bind(grid.getResults(), grid.getRegionIterArgs());
  return success();
}

LogicalResult Run::branch(scf::IfOp branch) {
  Region &region = evaluate(branch.getCondition()) ? branch.getThenRegion()
                                                   : branch.getElseRegion();
  if (region.empty()) {
    return success();
  }
  if (failed(block(region.front()))) {
    return failure();
  }
  bind(branch.getResults(), region.front().getTerminator()->getOperands());
  return success();
}

LogicalResult Run::run(const Planned &planned) {
  Operation *op = planned.op;
  switch (planned.kind) {
  case Planned::Acquire:
    return acquire(cast<RingAcquireOp>(op));
  case Planned::Fill: {
    auto filled = cast<RingFillOp>(op);
    return fill(op, filled.getSlot(), filled.getTile());
  }
  case Planned::Put: {
    auto put = cast<RingPutOp>(op);
    return failure(failed(checkReads(planned)) ||
                   failed(fill(op, put.getSlot(), put.getTile())));
  }
  case Planned::Commit:
    return commit(cast<RingCommitOp>(op));
  case Planned::Wait:
    return wait(cast<RingWaitOp>(op));
  case Planned::Release:
    return release(cast<RingReleaseOp>(op));
  case Planned::Turn: {
    auto turn = cast<TurnOp>(op);
    events.push_back(
        {turn.getWhat() == "take" ? RingEvent::Take : RingEvent::Pass,
         op,
         {},
         turn.getBaton(),
         0});
    return success();
  }
  case Planned::Grid:
    return grid(cast<GridOp>(op));
  case Planned::Loop:
    return loop(cast<ForOp>(op));
  case Planned::Branch:
    return branch(cast<scf::IfOp>(op));
  case Planned::Strange:
    return op->emitOpError("has ring ops inside, which only `spak.grid`, "
                           "`spak.for` and `scf.if` can");
  case Planned::Read:
    return checkReads(planned);
  }
  return success();
}

LogicalResult Run::block(Block &block) {
  for (const Planned &planned : plans.of(block)) {
    if (failed(run(planned))) {
      return failure();
    }
  }
  return success();
}

LogicalResult Run::checkEnd() {
  for (auto &[ring, use] : uses) {
    if (use.commits.size() < use.acquires.size()) {
      return use.acquires[use.commits.size()]->emitOpError(
                 "acquires a slot of ring `")
             << nameOfRing(ring) << "` that is never committed";
    }
    if (use.releases.size() < use.waits.size()) {
      return use.waits[use.releases.size()]->emitOpError(
                 "waits for a slot of ring `")
             << nameOfRing(ring) << "` that is never released";
    }
  }
  return success();
}

} // namespace

FailureOr<std::vector<RingEvent>>
traceRole(Block *body, ValueNumbers &numbers, RolePlans &plans,
          ArrayRef<const Assignment *> tiles) {
  Run run(numbers, plans, tiles);
  if (failed(run.block(*body)) || failed(run.checkEnd())) {
    return failure();
  }
  return std::move(run.events);
}

} // namespace spak::ir
