// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which ops of a loop's body run one iteration late, and in which order.
// Plans from dots and what lies between them; knows no op by what it computes.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "DotLevels.h"
#include "RegisterDemand.h"
#include "Requests.h"
#include "Stages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANOVERLAP
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// Stage 1 for what needs, inside its iteration, a dot of level one or more;
/// for loads that nothing of stage 0 needs, too.
class StagePlan {
public:
  StagePlan(ForOp loop, const DotLevels &levels) : loop(loop), levels(levels) {}

  void write() {
    assignStages();
    for (int64_t wanted : {0, 1}) {
      for (DotOp dot : levels.dots()) {
        if (stages.lookup(dot) == wanted) {
          emit(dot);
        }
      }
    }
    for (Operation &op : loop.getBody()->without_terminator()) {
      emit(&op);
    }
    for (auto [order, op] : llvm::enumerate(ordered)) {
      setStage(op, {stages.lookup(op), static_cast<int64_t>(order)});
    }
  }

private:
  void forEachInBody(Operation *op,
                     llvm::function_ref<void(Operation *)> visit) {
    forEachOutsideOperand(op, [&](Value value) {
      Operation *def = value.getDefiningOp();
      if (def && def->getBlock() == loop.getBody()) {
        visit(def);
      }
    });
  }

  void assignStages() {
    for (Operation &op : loop.getBody()->without_terminator()) {
      auto dot = dyn_cast<DotOp>(op);
      int64_t stage = dot ? std::min<int64_t>(levels.of(dot), 1) : 0;
      forEachInBody(&op, [&](Operation *def) {
        stage = std::max(stage, stages.lookup(def));
      });
      stages[&op] = stage;
    }
    // A load, or index arithmetic, that only stage 1 reads is wanted late.
    for (Operation &op : llvm::reverse(loop.getBody()->without_terminator())) {
      if (stages.lookup(&op) == 0 && followsItsReaders(&op) &&
          !op.use_empty() && llvm::all_of(op.getUsers(), [&](Operation *user) {
            Operation *inBody = ancestorInBody(loop, user);
            return inBody && stages.lookup(inBody) == 1;
          })) {
        stages[&op] = 1;
      }
    }
  }

  /// Only what depends on no op of stage 0 can move to stage 1 for free.
  bool followsItsReaders(Operation *op) const { return isa<LoadOp>(op); }

  /// Places \p op after all that must run before it.
  void emit(Operation *op) {
    if (!placed.insert(op).second) {
      return;
    }
    int64_t stage = stages.lookup(op);
    forEachOutsideOperand(op, [&](Value value) {
      bool carried = false;
      if (auto arg = dyn_cast<BlockArgument>(value)) {
        if (arg.getOwner() != loop.getBody() || arg.getArgNumber() == 0) {
          return;
        }
        value = yieldedFor(loop, arg);
        carried = true;
      }
      Operation *def = value.getDefiningOp();
      if (!def || def->getBlock() != loop.getBody()) {
        return;
      }
      // Beside each other in time only if stage and distance cancel out.
      int64_t distance = stage - stages.lookup(def) + (carried ? 1 : 0);
      if (distance == 0) {
        emit(def);
      }
    });
    ordered.push_back(op);
  }

  ForOp loop;
  const DotLevels &levels;
  llvm::DenseMap<Operation *, int64_t> stages;
  llvm::DenseSet<Operation *> placed;
  SmallVector<Operation *> ordered;
};

/// What the request `overlap` asks for.
struct Wish {
  bool rotate = true;
  bool pingpong = false;
  bool asked = false;
  /// Of a consumer thread; 0 if not decided.
  int64_t registers = 0;
};

FailureOr<Wish> readWish(KernelOp kernel, const Requests &requests) {
  if (!requests.request("overlap")) {
    return Wish();
  }
  StringRef text = requests.text("overlap");
  bool both = text == "both";
  if (text != "none" && text != "intra" && text != "pingpong" && !both) {
    return kernel.emitOpError("request `overlap`: expected \"none\", "
                              "\"intra\", \"pingpong\" or \"both\", got ")
           << requests.request("overlap");
  }
  return Wish{both || text == "intra", both || text == "pingpong", true, 0};
}

/// Whether every dot of \p loop only adds to a value that the loop carries,
/// so that nothing in the body waits for a product.
bool onlyAccumulates(ForOp loop, const DotLevels &levels) {
  return llvm::all_of(levels.dots(), [&](DotOp dot) {
    return dot.getAcc() && llvm::all_of(dot->getUsers(), [&](Operation *user) {
             return user == loop.getBody()->getTerminator();
           });
  });
}

/// Whether the iterations of \p loop may run in any order but for rounding:
/// every carried value is a softmax row state, or is only added to, scaled by
/// row statistics, or joined by maximum or minimum on its way to the yield.
bool isOrderFree(ForOp loop) {
  for (BlockArgument arg : loop.getRegionIterArgs()) {
    if (isa<RowsType, SoftmaxType>(arg.getType())) {
      continue;
    }
    Value value = arg;
    Value yielded = yieldedFor(loop, arg);
    while (value != yielded) {
      if (!value.hasOneUse()) {
        return false;
      }
      Operation *user = *value.user_begin();
      bool joins = isa<arith::AddFOp, arith::AddIOp, arith::MaximumFOp,
                       arith::MinimumFOp, SoftmaxRescaleOp>(user);
      if (auto dot = dyn_cast<DotOp>(user)) {
        joins = dot.getAcc() == value;
      }
      if (!joins || user->getNumResults() != 1) {
        return false;
      }
      value = user->getResult(0);
    }
  }
  return true;
}

/// Whether a mask in \p loop cuts at the high end, where reverse order begins.
bool isMaskedAtHighEnd(ForOp loop) {
  if (!loop.getFullLower() || loop.getFullUpper() == loop.getUpper()) {
    return false;
  }
  return llvm::any_of(loop.getBody()->without_terminator(),
                      [](Operation &op) { return isa<MaskOp>(op); });
}

/// A staged load of \p loop with one slot whose tile would be in use while the
/// next one is; null if there is none. With \p delays every release is late,
/// else that of a tile which dots of both stages read.
LoadOp loadThatNeedsTwoSlots(ForOp loop, const DotLevels &levels, bool delays) {
  for (LoadOp load : loop.getBody()->getOps<LoadOp>()) {
    StagingAttr staging = load.getStagingAttr();
    if (!staging || staging.getVia() != "tma" || staging.getSlots() > 1) {
      continue;
    }
    bool early = false;
    bool late = delays;
    for (DotOp dot : levels.dots()) {
      if (dot.getA() == load.getTile() || dot.getB() == load.getTile()) {
        (levels.of(dot) == 0 ? early : late) = true;
      }
    }
    if (early && late) {
      return load;
    }
  }
  return nullptr;
}

class PlanOverlapPass : public impl::PlanOverlapBase<PlanOverlapPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(planKernel(kernel))) {
        return signalPassFailure();
      }
    }
  }

private:
  LogicalResult planKernel(KernelOp kernel);
  FailureOr<bool> planLoop(ForOp loop, const Wish &wish);
};

LogicalResult PlanOverlapPass::planKernel(KernelOp kernel) {
  FailureOr<Wish> wish = readWish(kernel, Requests(kernel));
  if (failed(wish)) {
    return failure();
  }
  if (RolesAttr roles = kernel.getRolesAttr()) {
    for (RoleAttr role : roles.getList()) {
      if (role.getName() != "consumer") {
        continue;
      }
      wish->registers = role.getRegisters();
      if (wish->pingpong && role.getWarps() < 8) {
        return kernel.emitOpError("request `overlap` asks for turns, which "
                                  "need 2 consumer groups of 4 warps, got ")
               << role.getWarps() << " warps";
      }
    }
  }
  bool anyRotates = false;
  bool anyLoop = false;
  WalkResult result = kernel.walk([&](ForOp loop) {
    if (loop.getOverlapAttr()) {
      anyLoop = anyRotates = true;
      return failed(verifyStages(loop)) ? WalkResult::interrupt()
                                        : WalkResult::advance();
    }
    anyLoop = true;
    FailureOr<bool> rotates = planLoop(loop, *wish);
    if (failed(rotates)) {
      return WalkResult::interrupt();
    }
    anyRotates |= *rotates;
    return WalkResult::advance();
  });
  if (result.wasInterrupted()) {
    return failure();
  }
  if (wish->asked && wish->rotate && anyLoop && !anyRotates) {
    return kernel.emitOpError("request `overlap` asks for products of one "
                              "iteration beside those of the next, but no "
                              "loop has a product that another needs or that "
                              "is only accumulated");
  }
  return success();
}

/// Decides on \p loop; true if an iteration reaches into the next.
FailureOr<bool> PlanOverlapPass::planLoop(ForOp loop, const Wish &wish) {
  DotLevels levels(loop);
  if (levels.dots().empty()) {
    return false;
  }
  if (isMaskedAtHighEnd(loop) && isOrderFree(loop)) {
    loop.setDirection("reverse");
    remark(loop, "runs in reverse",
           "its masks cut at the high end, and its order is free");
  }
  bool chained = levels.deepest() > 0;
  bool delays = !chained && onlyAccumulates(loop, levels);
  int64_t distance = wish.rotate && (chained || delays) ? 1 : 0;
  StringRef why = wish.asked ? "request `overlap`" : "default";
  StringRef whyNot =
      wish.rotate ? StringRef("an op waits for the only level of products")
                  : why;
  LoadOp narrow =
      distance > 0 ? loadThatNeedsTwoSlots(loop, levels, delays) : LoadOp();
  if (narrow && wish.asked) {
    return narrow.emitOpError("has 1 slot; request `overlap` keeps 2 tiles of "
                              "it in use");
  }
  if (narrow) {
    distance = 0;
    whyNot = "a tile has 1 slot";
  }
  int64_t needed = chained ? registersOfOverlappedTiles(loop) : 0;
  bool tooMany = wish.registers > 0 && needed > wish.registers;
  if (distance > 0 && tooMany && wish.asked) {
    return loop.emitOpError("request `overlap` needs ")
           << needed << " registers a thread for tiles; a consumer has "
           << wish.registers;
  }
  if (distance > 0 && tooMany) {
    distance = 0;
    whyNot = "its tiles would take more registers than a consumer has";
  }
  loop.setOverlapAttr(
      OverlapAttr::get(loop.getContext(), distance, wish.pingpong,
                       StringAttr::get(loop.getContext(), "always")));
  if (distance == 0) {
    remark(loop, "no overlap of iterations", whyNot);
    return false;
  }
  StagePlan(loop, levels).write();
  if (chained) {
    remark(loop,
           "products of level 0 run beside the later ones of the "
           "iteration before",
           why);
  } else {
    remark(loop, "operands are released one iteration late", why);
  }
  return true;
}

} // namespace
} // namespace spak::ir
