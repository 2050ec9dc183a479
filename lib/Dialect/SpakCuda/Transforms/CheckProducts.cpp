// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules about asynchronous products: nothing touches their registers
// or slots while they are in flight, on any path, over back edges too.
#include "CheckRules.h"
#include "InFlight.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace spak::cuda {

namespace {

/// True if \p op writes registers by ordinary instructions.
bool writesRegisters(Operation *op) {
  if (isProduct(op) || isa<WgmmaFenceOp, WgmmaWaitOp>(op)) {
    return false;
  }
  return op->getNumRegions() > 0 ||
         llvm::any_of(op->getResultTypes(), llvm::IsaPred<FragType>);
}

class ProductChecker {
public:
  explicit ProductChecker(KernelOp kernel)
      : buffers(kernel), overwrites(kernel) {}

  LogicalResult runBlock(Block &block, InFlight &state, bool report);

private:
  LogicalResult runOp(Operation *op, InFlight &state, bool report);
  LogicalResult runProduct(Operation *op, InFlight &state, bool report);
  LogicalResult runLoop(scf::ForOp loop, InFlight &state, bool report);
  LogicalResult runIf(scf::IfOp branch, InFlight &state, bool report);
  LogicalResult runTerminator(Operation *op, InFlight &state, bool report);
  LogicalResult checkSlot(Operation *op, Value buffer, Value slot);
  LogicalResult checkRead(LdMatrixOp load);
  bool isWaitedFor(Value ring, Value count, Operation *before,
                   SmallVectorImpl<Value> &asked);

  RingBuffers buffers;
  Overwrites overwrites;
};

LogicalResult uncommitted(Operation *op) {
  return op->emitOpError("WGMMA-COMMIT: a product before it is not committed");
}

bool hasUncommitted(const InFlight &state) {
  return llvm::any_of(state.fragments,
                      [](const auto &entry) { return entry.age < 0; });
}

/// True if a wait of \p ring for slot \p count comes before \p before, in this
/// iteration or the one that passed the counter on.
bool ProductChecker::isWaitedFor(Value ring, Value count, Operation *before,
                                 SmallVectorImpl<Value> &asked) {
  for (Operation *user : count.getUsers()) {
    auto wait = dyn_cast<RingWaitOp>(user);
    if (!wait || wait.getRing() != ring) {
      continue;
    }
    Operation *at = wait->getBlock()->findAncestorOpInBlock(*before);
    if (at && wait->isBeforeInBlock(at)) {
      return true;
    }
  }
  // A counter that a loop carries: both ways into it, or out of it.
  auto arg = dyn_cast<BlockArgument>(count);
  auto loop = arg ? dyn_cast<scf::ForOp>(arg.getOwner()->getParentOp())
                  : count.getDefiningOp<scf::ForOp>();
  if (!loop || (arg && arg.getArgNumber() == 0) ||
      llvm::is_contained(asked, count)) {
    return false;
  }
  asked.push_back(count);
  unsigned number =
      arg ? arg.getArgNumber() - 1 : cast<OpResult>(count).getResultNumber();
  Operation *yield = loop.getBody()->getTerminator();
  return isWaitedFor(ring, loop.getInitArgs()[number], loop, asked) &&
         isWaitedFor(ring, yield->getOperand(number), yield, asked);
}

LogicalResult ProductChecker::checkSlot(Operation *op, Value buffer,
                                        Value slot) {
  auto rem = slot.getDefiningOp<arith::RemUIOp>();
  auto kernel = op->getParentOfType<KernelOp>();
  for (RingOp ring : kernel.getBody().getOps<RingOp>()) {
    if (!buffers.guards(ring.getResult(), buffer)) {
      continue;
    }
    SmallVector<Value> asked;
    bool waited = false;
    if (rem) {
      waited = isWaitedFor(ring.getResult(), rem.getLhs(), op, asked);
    } else {
      // One slot, or one that a constant counter names.
      waited = llvm::any_of(ring.getResult().getUsers(), [&](Operation *user) {
        Operation *at = isa<RingWaitOp>(user)
                            ? user->getBlock()->findAncestorOpInBlock(*op)
                            : nullptr;
        return at && user->isBeforeInBlock(at);
      });
    }
    if (!waited) {
      return op->emitOpError("RING-WAIT: reads a slot of ring \"")
             << ring.getName() << "\" that it has not waited for";
    }
    for (Operation *user : ring.getResult().getUsers()) {
      auto release = dyn_cast<RingReleaseOp>(user);
      bool before = release && release->getBlock() == op->getBlock() &&
                    release->isBeforeInBlock(op);
      if (before && rem && release.getCount() == rem.getLhs()) {
        return op->emitOpError("RING-RELEASE: reads a slot of ring \"")
               << ring.getName() << "\" after its release";
      }
    }
  }
  return success();
}

/// A slot that a counter names is read as products read theirs; else a tile is
/// read once, in the block that waits for it.
LogicalResult ProductChecker::checkRead(LdMatrixOp load) {
  if (load.getSlot().getDefiningOp<arith::RemUIOp>()) {
    return checkSlot(load, load.getSrc(), load.getSlot());
  }
  auto kernel = load->getParentOfType<KernelOp>();
  for (RingOp ring : kernel.getBody().getOps<RingOp>()) {
    if (!buffers.guards(ring.getResult(), load.getSrc())) {
      continue;
    }
    Operation *before = load->getPrevNode();
    auto isOfRing = [&](Operation *op) {
      return isa<RingWaitOp, RingReleaseOp>(op) &&
             op->getOperand(0) == ring.getResult();
    };
    while (before && !isOfRing(before)) {
      before = before->getPrevNode();
    }
    if (!before) {
      return load.emitOpError("RING-WAIT: reads a slot of ring \"")
             << ring.getName() << "\" that it has not waited for";
    }
    if (isa<RingReleaseOp>(before)) {
      return load.emitOpError("RING-RELEASE: reads a slot of ring \"")
             << ring.getName() << "\" after its release";
    }
  }
  return success();
}

LogicalResult ProductChecker::runProduct(Operation *op, InFlight &state,
                                         bool report) {
  if (report) {
    Operation *before = op->getPrevNode();
    // A wait is a loop, behind which ptxas takes all registers as written.
    while (before && !isa<WgmmaFenceOp, RingWaitOp>(before) &&
           !writesRegisters(before)) {
      before = before->getPrevNode();
    }
    if (!before || !isa<WgmmaFenceOp>(before)) {
      return op->emitOpError("WGMMA-FENCE: no fence between the last ordinary "
                             "write of registers and the product");
    }
    for (Value operand : op->getOperands()) {
      if (!isa<FragType>(operand.getType())) {
        continue;
      }
      bool pinned = operand.getDefiningOp<WgmmaFenceOp>() != nullptr ||
                    (operand == registersOf(op) && isLoadedOperand(operand));
      if (!pinned && !state.ageOf(operand)) {
        return op->emitOpError("WGMMA-FENCE: registers written by ordinary "
                               "instructions are not part of the fence");
      }
    }
    Value a = registersOf(op);
    Operation *def = a ? originOf(a).getDefiningOp() : nullptr;
    if (def && isProduct(def) && state.ageOf(a)) {
      return op->emitOpError("IN-FLIGHT-USE: reads as A what a product in "
                             "flight still writes");
    }
    bool slots = true;
    if (auto ss = dyn_cast<WgmmaSSOp>(op)) {
      slots = succeeded(checkSlot(op, ss.getA(), ss.getASlot())) &&
              succeeded(checkSlot(op, ss.getB(), ss.getBSlot()));
    } else if (auto rs = dyn_cast<WgmmaRSOp>(op)) {
      slots = succeeded(checkSlot(op, rs.getB(), rs.getBSlot()));
    }
    if (!slots) {
      return failure();
    }
  }
  state.issue(op);
  return success();
}

LogicalResult ProductChecker::runLoop(scf::ForOp loop, InFlight &state,
                                      bool report) {
  InFlight entry = state;
  entry.rename(loop.getInitArgs(), loop.getRegionIterArgs(), nullptr);
  InFlight head = entry, end;
  Region *body = &loop.getRegion();
  ValueRange yielded = loop.getBody()->getTerminator()->getOperands();
  for (;;) {
    end = head;
    if (failed(runBlock(*loop.getBody(), end, /*report=*/false))) {
      return failure();
    }
    InFlight next = end;
    next.rename(yielded, loop.getRegionIterArgs(), body);
    next.join(entry);
    if (next == head) {
      break;
    }
    head = next;
  }
  if (report) {
    for (auto [arg, init] :
         llvm::zip(loop.getRegionIterArgs(), loop.getInitArgs())) {
      bool pinned = init.getDefiningOp<WgmmaFenceOp>() != nullptr;
      if (isa<FragType>(arg.getType()) && head.ageOf(arg) &&
          !entry.ageOf(arg) && !pinned) {
        return loop.emitOpError("WGMMA-FENCE: an accumulator that is in "
                                "flight around the loop enters it unfenced");
      }
    }
    end = head;
    if (failed(runBlock(*loop.getBody(), end, /*report=*/true))) {
      return failure();
    }
  }
  InFlight zeroTrips = state;
  zeroTrips.rename(loop.getInitArgs(), loop.getResults(), nullptr);
  end.rename(yielded, loop.getResults(), body);
  end.join(zeroTrips);
  state = end;
  return success();
}

LogicalResult ProductChecker::runIf(scf::IfOp branch, InFlight &state,
                                    bool report) {
  InFlight joined;
  for (Region &region : branch->getRegions()) {
    if (region.empty()) {
      joined.join(state);
      continue;
    }
    InFlight inside = state;
    if (failed(runBlock(region.front(), inside, report))) {
      return failure();
    }
    inside.rename(region.front().getTerminator()->getOperands(),
                  branch.getResults(), &region);
    joined.join(inside);
  }
  state = joined;
  return success();
}

LogicalResult ProductChecker::runTerminator(Operation *op, InFlight &state,
                                            bool report) {
  if (!report) {
    return success();
  }
  if (hasUncommitted(state)) {
    return uncommitted(op);
  }
  bool loops = isa<scf::ForOp>(op->getParentOp());
  Region *region = op->getParentRegion();
  for (FragmentInFlight &entry : state.fragments) {
    bool inside = region->isAncestor(entry.value.getParentRegion());
    bool passed = loops && llvm::any_of(op->getOperands(), [&](Value value) {
                    return isa<FragType>(value.getType()) &&
                           originOf(value) == entry.origin;
                  });
    if (inside && !passed) {
      return op->emitOpError("IN-FLIGHT-USE: a product is in flight at the "
                             "end of the region that holds its registers");
    }
  }
  return success();
}

LogicalResult ProductChecker::runOp(Operation *op, InFlight &state,
                                    bool report) {
  if (report) {
    for (Value carried : overwrites.of(op)) {
      if (state.ageOfStorage(carried)) {
        return op->emitOpError("IN-FLIGHT-USE: writes registers that a "
                               "product in flight still uses");
      }
    }
  }
  if (isProduct(op)) {
    return runProduct(op, state, report);
  }
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    return runLoop(loop, state, report);
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    return runIf(branch, state, report);
  }
  if (op->hasTrait<OpTrait::IsTerminator>()) {
    return runTerminator(op, state, report);
  }
  if (isa<WgmmaCommitOp>(op)) {
    state.commit();
    return success();
  }
  if (auto wait = dyn_cast<WgmmaWaitOp>(op)) {
    if (report && hasUncommitted(state)) {
      return uncommitted(op);
    }
    state.completeTo(wait.getLeft());
  }
  if (!report) {
    return success();
  }
  for (Value operand : op->getOperands()) {
    if (isa<FragType>(operand.getType()) && state.ageOf(operand)) {
      return op->emitOpError("IN-FLIGHT-USE: uses registers of a product in "
                             "flight");
    }
  }
  if (auto load = dyn_cast<LdMatrixOp>(op)) {
    // Products rely on it wherever the registers are handed on to.
    if (!llvm::all_of(op->getUsers(), llvm::IsaPred<WgmmaFenceOp>)) {
      return op->emitOpError("WGMMA-FENCE: what it reads is not fenced before "
                             "products use it");
    }
    return checkRead(load);
  }
  if (auto write = dyn_cast<StMatrixOp>(op)) {
    if (llvm::any_of(state.reads, [&](const ReadInFlight &entry) {
          return entry.buffer == write.getDst();
        })) {
      return op->emitOpError("IN-FLIGHT-USE: overwrites a buffer that a "
                             "product in flight still reads");
    }
  }
  auto release = dyn_cast<RingReleaseOp>(op);
  if (release && state.ageOfReads(release, buffers)) {
    return op->emitOpError("RING-RELEASE: gives back a slot that a product in "
                           "flight still reads");
  }
  return success();
}

LogicalResult ProductChecker::runBlock(Block &block, InFlight &state,
                                       bool report) {
  for (Operation &op : block) {
    if (failed(runOp(&op, state, report))) {
      return failure();
    }
  }
  return success();
}

/// True if slot \p count of \p ring is given back, here or by whoever the
/// counter is passed on to.
bool isReleased(Value ring, Value count, llvm::DenseSet<Value> &asked) {
  if (!asked.insert(count).second) {
    return true;
  }
  for (OpOperand &use : count.getUses()) {
    Operation *user = use.getOwner();
    auto release = dyn_cast<RingReleaseOp>(user);
    if (release && release.getRing() == ring) {
      return true;
    }
    if (auto loop = dyn_cast<scf::ForOp>(user)) {
      BlockArgument arg = loop.getTiedLoopRegionIterArg(&use);
      // No trip at all hands it on as well.
      if (arg && isReleased(ring, arg, asked) &&
          isReleased(ring, loop.getTiedLoopResult(&use), asked)) {
        return true;
      }
    }
    if (isa<scf::YieldOp>(user)) {
      unsigned number = use.getOperandNumber();
      Operation *parent = user->getParentOp();
      auto loop = dyn_cast<scf::ForOp>(parent);
      if (isReleased(ring, parent->getResult(number), asked) &&
          (!loop ||
           isReleased(ring, loop.getRegionIterArgs()[number], asked))) {
        return true;
      }
    }
  }
  return false;
}

/// True if the iteration that a conditional wait is for gives the slot back:
/// the condition says that there is one.
bool isReleasedByNext(RingWaitOp wait) {
  return llvm::any_of(wait.getCount().getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    BlockArgument next;
    if (auto loop = dyn_cast<scf::ForOp>(user)) {
      next = loop.getTiedLoopRegionIterArg(&use);
    } else if (auto loop = dyn_cast<scf::ForOp>(user->getParentOp());
               loop && isa<scf::YieldOp>(user)) {
      next = loop.getRegionIterArg(use.getOperandNumber());
    }
    llvm::DenseSet<Value> asked;
    return next && isReleased(wait.getRing(), next, asked);
  });
}

LogicalResult checkReleases(KernelOp kernel) {
  WalkResult result = kernel.walk([](RingWaitOp wait) {
    llvm::DenseSet<Value> asked;
    if (wait.getWhen() ? isReleasedByNext(wait)
                       : isReleased(wait.getRing(), wait.getCount(), asked)) {
      return WalkResult::advance();
    }
    wait.emitOpError("RING-RELEASE: waits for a slot that is never released");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

} // namespace

LogicalResult checkProducts(KernelOp kernel) {
  if (failed(checkReleases(kernel))) {
    return failure();
  }
  ProductChecker checker(kernel);
  InFlight state;
  if (failed(checker.runBlock(kernel.getBody().front(), state, true))) {
    return failure();
  }
  WalkResult result = kernel.walk([&](RoleOp role) {
    InFlight inside;
    return failed(checker.runBlock(role.getBody().front(), inside, true))
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

} // namespace spak::cuda
