// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: where fences, commits and waits of asynchronous products go. It is
// def-use: the first ordinary use of what a product touches gets the wait,
// with as many younger groups left in flight as the program order has.
// Loops are run to a fixed point first, so that the back edge counts.
#include "InFlight.h"
#include "spak/Dialect/SpakCuda/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::cuda {

#define GEN_PASS_DEF_INSERTSYNC
#include "spak/Dialect/SpakCuda/Transforms/Passes.h.inc"

namespace {

class SyncInserter {
public:
  explicit SyncInserter(KernelOp kernel)
      : buffers(kernel), overwrites(kernel), builder(kernel.getContext()) {}

  /// Runs \p block from \p state. Changes the IR only if \p rewrite; the
  /// decisions are the same either way.
  void runBlock(Block &block, InFlight &state, bool rewrite);

private:
  /// Releases whose slot is still being read, held back until the wait.
  using Held = SmallVector<RingReleaseOp>;

  void runOp(Operation *op, InFlight &state, Held &held, bool rewrite);
  void runProduct(Operation *op, InFlight &state, bool rewrite);
  void runLoop(scf::ForOp loop, InFlight &state, bool rewrite);
  void runIf(scf::IfOp branch, InFlight &state, bool rewrite);
  void runTerminator(Operation *op, InFlight &state, Held &held, bool rewrite);
  /// Waits before \p before until at most \p left groups are in flight, and
  /// lets go the releases that this completes.
  void wait(int left, Operation *before, InFlight &state, Held &held,
            bool rewrite);
  std::optional<int> ageOfUses(Operation *op, const InFlight &state) const;
  std::optional<int> ageOfUsesInside(scf::IfOp branch,
                                     const InFlight &state) const;

  RingBuffers buffers;
  Overwrites overwrites;
  OpBuilder builder;
  /// What was being read when the innermost branch began.
  SmallVector<ReadInFlight> readsBefore;
};

std::optional<int> younger(std::optional<int> a, std::optional<int> b) {
  if (!a || !b) {
    return a ? a : b;
  }
  return std::min(*a, *b);
}

/// Lets what stands behind \p op in its block read \p renamed for \p old.
void renameBehind(Operation *op, Value old, Value renamed) {
  old.replaceUsesWithIf(renamed, [&](OpOperand &use) {
    Operation *user = op->getBlock()->findAncestorOpInBlock(*use.getOwner());
    return user && op->isBeforeInBlock(user);
  });
}

/// What was reduced over lanes since the product or wait before \p product. A
/// piece that continues a product in flight is meant to be issued behind it,
/// and nothing else would hold it there.
SmallVector<Value> rowValuesBefore(Operation *product) {
  SmallVector<Value> values;
  for (Operation *op = product->getPrevNode(); op; op = op->getPrevNode()) {
    if (isProduct(op) || isa<WgmmaWaitOp>(op)) {
      break;
    }
    if (auto reduce = dyn_cast<LaneReduceOp>(op)) {
      values.push_back(reduce.getResult());
    }
  }
  return values;
}

void SyncInserter::wait(int left, Operation *before, InFlight &state,
                        Held &held, bool rewrite) {
  WgmmaWaitOp waitOp;
  if (rewrite) {
    SmallVector<Value> complete;
    for (FragmentInFlight &entry : state.fragments) {
      // What an enclosing region holds cannot be renamed from in here.
      if (entry.age >= left &&
          entry.value.getParentBlock() == before->getBlock()) {
        complete.push_back(entry.value);
      }
    }
    builder.setInsertionPoint(before);
    waitOp = WgmmaWaitOp::create(builder, before->getLoc(), left, complete);
    for (auto [old, renamed] : llvm::zip(complete, waitOp.getResults())) {
      renameBehind(waitOp, old, renamed);
    }
  }
  state.completeTo(left);
  Operation *last = waitOp;
  llvm::erase_if(held, [&](RingReleaseOp release) {
    if (state.ageOfReads(release, buffers)) {
      return false;
    }
    if (rewrite) {
      release->moveAfter(last);
      last = release;
    }
    return true;
  });
}

std::optional<int> SyncInserter::ageOfUses(Operation *op,
                                           const InFlight &state) const {
  std::optional<int> age;
  for (Value operand : op->getOperands()) {
    if (isa<FragType>(operand.getType())) {
      age = younger(age, state.ageOf(operand));
    }
  }
  return age;
}

/// The youngest of what ops inside \p branch read that are no products. It is
/// awaited in front of the branch, where it can be renamed.
std::optional<int> SyncInserter::ageOfUsesInside(scf::IfOp branch,
                                                 const InFlight &state) const {
  std::optional<int> age;
  branch->walk([&](Operation *inner) {
    if (inner != branch.getOperation() && !isProduct(inner)) {
      age = younger(age, ageOfUses(inner, state));
    }
  });
  return age;
}

void SyncInserter::runProduct(Operation *op, InFlight &state, bool rewrite) {
  if (rewrite) {
    // Registers that ordinary instructions wrote are pinned by the fence;
    // those that a product in flight holds must not be touched.
    SmallVector<OpOperand *> pinned;
    for (OpOperand &operand : op->getOpOperands()) {
      bool fencedOnce =
          operand.get() == registersOf(op) && isLoadedOperand(operand.get());
      if (isa<FragType>(operand.get().getType()) && !fencedOnce &&
          !state.ageOf(operand.get())) {
        pinned.push_back(&operand);
      }
    }
    SmallVector<Value> values;
    for (OpOperand *operand : pinned) {
      values.push_back(operand->get());
    }
    if (values.empty() && accumulatorOf(op)) {
      values = rowValuesBefore(op);
    }
    builder.setInsertionPoint(op);
    auto fence = WgmmaFenceOp::create(builder, op->getLoc(), values);
    for (auto [operand, value] : llvm::zip(pinned, fence.getResults())) {
      operand->set(value);
    }
    // A later piece of the product reads the same registers.
    for (auto [old, renamed] : llvm::zip(values, fence.getResults())) {
      if (old.getParentBlock() == op->getBlock()) {
        renameBehind(fence, old, renamed);
      }
    }
    builder.setInsertionPointAfter(op);
    WgmmaCommitOp::create(builder, op->getLoc());
  }
  state.issue(op);
  state.commit();
}

void SyncInserter::runLoop(scf::ForOp loop, InFlight &state, bool rewrite) {
  InFlight entry = state;
  entry.rename(loop.getInitArgs(), loop.getRegionIterArgs(), nullptr);
  InFlight head = entry, end;
  Region *body = &loop.getRegion();
  ValueRange yielded = loop.getBody()->getTerminator()->getOperands();
  for (;;) {
    end = head;
    runBlock(*loop.getBody(), end, /*rewrite=*/false);
    InFlight next = end;
    next.rename(yielded, loop.getRegionIterArgs(), body);
    next.join(entry);
    // `join` keeps the younger age, so the iteration settles.
    if (next == head) {
      break;
    }
    head = next;
  }
  if (rewrite) {
    // An accumulator that is in flight around the back edge is pinned once,
    // ahead of the loop, and not again while the products run.
    for (auto [arg, init] :
         llvm::zip(loop.getRegionIterArgs(), loop.getInitsMutable())) {
      if (isa<FragType>(arg.getType()) && head.ageOf(arg) &&
          !entry.ageOf(arg)) {
        builder.setInsertionPoint(loop);
        auto fence = WgmmaFenceOp::create(builder, loop.getLoc(),
                                          ValueRange{init.get()});
        init.set(fence.getResult(0));
      }
    }
    end = head;
    runBlock(*loop.getBody(), end, /*rewrite=*/true);
    yielded = loop.getBody()->getTerminator()->getOperands();
  }
  InFlight zeroTrips = state;
  zeroTrips.rename(loop.getInitArgs(), loop.getResults(), nullptr);
  end.rename(yielded, loop.getResults(), body);
  end.join(zeroTrips);
  state = end;
}

void SyncInserter::runIf(scf::IfOp branch, InFlight &state, bool rewrite) {
  InFlight joined;
  bool hasElse = !branch.getElseRegion().empty();
  SmallVector<ReadInFlight> outer = std::exchange(readsBefore, state.reads);
  for (Region &region : branch->getRegions()) {
    if (region.empty()) {
      continue;
    }
    InFlight inside = state;
    runBlock(region.front(), inside, rewrite);
    inside.rename(region.front().getTerminator()->getOperands(),
                  branch.getResults(), &region);
    joined.join(inside);
  }
  readsBefore = outer;
  if (!hasElse) {
    joined.join(state);
  }
  state = joined;
}

void SyncInserter::runTerminator(Operation *op, InFlight &state, Held &held,
                                 bool rewrite) {
  std::optional<int> age;
  for (RingReleaseOp release : held) {
    age = younger(age, state.ageOfReads(release, buffers));
  }
  bool loops = isa<scf::ForOp>(op->getParentOp());
  Region *region = op->getParentRegion();
  for (FragmentInFlight &entry : state.fragments) {
    if (!region->isAncestor(entry.value.getParentRegion())) {
      continue;
    }
    // Only a loop passes registers on in flight; those of a value that is
    // not passed on are written again in the next iteration.
    bool passed = loops && llvm::any_of(op->getOperands(), [&](Value value) {
                    return isa<FragType>(value.getType()) &&
                           originOf(value) == entry.origin;
                  });
    if (!passed) {
      age = younger(age, entry.age);
    }
  }
  if (!loops) {
    // What was read before the branch is known by its slot behind it too.
    for (const ReadInFlight &entry : state.reads) {
      bool before = llvm::any_of(readsBefore, [&](const ReadInFlight &other) {
        return entry.count && other.buffer == entry.buffer &&
               other.count == entry.count;
      });
      if (!before) {
        age = younger(age, entry.age);
      }
    }
    age = younger(age, ageOfUses(op, state));
  }
  if (age) {
    wait(*age, op, state, held, rewrite);
  }
}

void SyncInserter::runOp(Operation *op, InFlight &state, Held &held,
                         bool rewrite) {
  std::optional<int> overwritten;
  for (Value carried : overwrites.of(op)) {
    overwritten = younger(overwritten, state.ageOfStorage(carried));
  }
  if (overwritten) {
    wait(*overwritten, op, state, held, rewrite);
  }
  if (isProduct(op)) {
    // A product may read what another is still writing only as accumulator.
    if (Value a = registersOf(op)) {
      for (FragmentInFlight &entry : state.fragments) {
        Operation *def = entry.origin.getDefiningOp();
        if (entry.origin == originOf(a) && def && isProduct(def)) {
          wait(entry.age, op, state, held, rewrite);
          break;
        }
      }
    }
    runProduct(op, state, rewrite);
    return;
  }
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    runLoop(loop, state, rewrite);
    return;
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    if (std::optional<int> age = ageOfUsesInside(branch, state)) {
      wait(*age, op, state, held, rewrite);
    }
    runIf(branch, state, rewrite);
    return;
  }
  if (op->hasTrait<OpTrait::IsTerminator>()) {
    runTerminator(op, state, held, rewrite);
    return;
  }
  if (auto write = dyn_cast<StMatrixOp>(op)) {
    // A product may still read what was there.
    std::optional<int> age = ageOfUses(op, state);
    for (const ReadInFlight &entry : state.reads) {
      if (entry.buffer == write.getDst()) {
        age = younger(age, entry.age);
      }
    }
    if (age) {
      wait(*age, op, state, held, rewrite);
    }
    return;
  }
  if (auto release = dyn_cast<RingReleaseOp>(op)) {
    if (state.ageOfReads(release, buffers)) {
      held.push_back(release);
    }
    return;
  }
  if (isa<RingWaitOp, RingAcquireOp>(op)) {
    // The other side may need a held slot before it can fill the next one.
    std::optional<int> age;
    for (RingReleaseOp release : held) {
      auto ring = cast<RingType>(release.getRing().getType());
      int64_t holds = llvm::count_if(held, [&](RingReleaseOp other) {
        return other.getRing() == release.getRing();
      });
      if (holds >= ring.getSlots()) {
        age = younger(age, state.ageOfReads(release, buffers));
      }
    }
    if (age) {
      wait(*age, op, state, held, rewrite);
    }
    return;
  }
  if (auto load = dyn_cast<LdMatrixOp>(op); load && rewrite) {
    builder.setInsertionPointAfter(op);
    auto fence = WgmmaFenceOp::create(builder, op->getLoc(),
                                      ValueRange{load.getResult()});
    load.getResult().replaceAllUsesExcept(fence.getResult(0), fence);
  }
  if (std::optional<int> age = ageOfUses(op, state)) {
    wait(*age, op, state, held, rewrite);
  }
}

void SyncInserter::runBlock(Block &block, InFlight &state, bool rewrite) {
  Held held;
  SmallVector<Operation *> ops;
  for (Operation &op : block) {
    ops.push_back(&op);
  }
  for (Operation *op : ops) {
    runOp(op, state, held, rewrite);
  }
}

struct InsertSyncPass : impl::InsertSyncBase<InsertSyncPass> {
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      insert(kernel);
    }
  }

  void insert(KernelOp kernel) {
    bool synced = kernel
                      .walk([](Operation *op) {
                        return isa<WgmmaFenceOp, WgmmaCommitOp, WgmmaWaitOp>(op)
                                   ? WalkResult::interrupt()
                                   : WalkResult::advance();
                      })
                      .wasInterrupted();
    if (synced) {
      return;
    }
    SyncInserter inserter(kernel);
    InFlight state;
    inserter.runBlock(kernel.getBody().front(), state, /*rewrite=*/true);
    kernel.walk([&](RoleOp role) {
      InFlight inside;
      inserter.runBlock(role.getBody().front(), inside, /*rewrite=*/true);
    });
  }
};

} // namespace

} // namespace spak::cuda
