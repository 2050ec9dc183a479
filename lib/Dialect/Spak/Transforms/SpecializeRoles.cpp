// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which op belongs to which role. Rings are the only thing that roles
// share; all else each computes for itself.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "DotLevels.h"
#include "RoleSlice.h"
#include "Stages.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_SPECIALIZEROLES
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

bool fillsRings(Operation *op) {
  return isa<RingAcquireOp, RingFillOp, RingCommitOp>(op);
}

/// Whether \p op does something for its own sake and not by filling rings.
bool consumes(Operation *op) {
  return op->getNumRegions() == 0 && !op->hasTrait<OpTrait::IsTerminator>() &&
         !fillsRings(op) && !wouldOpBeTriviallyDead(op);
}

constexpr llvm::StringLiteral kBaton = "dots";

/// Lets the groups of a role take turns at the dots of \p loop: from its first
/// dot to the one marked `hand_off`, else its last or, if it is not to be
/// rotated, its last that needs no other.
void takeTurns(ForOp loop) {
  DotLevels levels(loop);
  SmallVector<Operation *> ops = opsInRotatedOrder(loop);
  bool staged = hasStages(loop);
  Operation *first = nullptr;
  Operation *last = nullptr;
  for (Operation *op : ops) {
    auto dot = dyn_cast<DotOp>(op);
    if (dot && (staged || levels.of(dot) == 0)) {
      first = first ? first : op;
      last = op;
      if (dot.getHandOff()) {
        break;
      }
    }
  }
  if (!first) {
    return;
  }
  OpBuilder b(first);
  Operation *take = TurnOp::create(b, loop.getLoc(), "take", kBaton);
  b.setInsertionPointAfter(last);
  Operation *pass = TurnOp::create(b, loop.getLoc(), "pass", kBaton);
  ops.insert(llvm::find(ops, first), take);
  ops.insert(std::next(llvm::find(ops, last)), pass);
  if (staged) {
    // Both in stage 0, so that every path takes as often as it passes.
    setStage(take, {0, 0});
    setStage(pass, {0, 0});
    renumber(ops);
  }
}

class SpecializeRolesPass
    : public impl::SpecializeRolesBase<SpecializeRolesPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(specialize(kernel))) {
        return signalPassFailure();
      }
    }
  }

private:
  LogicalResult specialize(KernelOp kernel);
};

LogicalResult SpecializeRolesPass::specialize(KernelOp kernel) {
  RolesAttr roles = kernel.getRolesAttr();
  SmallVector<GridOp> grids(kernel.getBody().front().getOps<GridOp>());
  if (!roles || grids.empty()) {
    return success();
  }
  OpBuilder b(grids.back());
  auto region = RolesOp::create(b, kernel.getLoc());
  b.setInsertionPointToStart(&region.getRegion().emplaceBlock());
  for (RoleAttr attr : roles.getList()) {
    bool produces = attr.getName() == "producer";
    auto role = RoleOp::create(b, kernel.getLoc(), attr.getName(),
                               attr.getWarps(), attr.getRegisters());
    OpBuilder inner = OpBuilder::atBlockBegin(
        role.getRegion().empty() ? &role.getRegion().emplaceBlock()
                                 : &role.getRegion().front());
    for (GridOp grid : grids) {
      RoleSlice slice(grid, produces ? fillsRings : consumes);
      if (slice.empty()) {
        continue;
      }
      GridOp copied = slice.copy(inner);
      if (produces) {
        // Fills keep the order of the text: each ring is a queue, so running
        // ahead of the consumers needs no rotation.
        copied.walk([](Operation *op) { clearStage(op); });
        copied.walk([](ForOp loop) { loop.removeOverlapAttr(); });
        copied.removeOverlapAttr();
        continue;
      }
      copied.walk([&](ForOp loop) {
        if (loop.getOverlapAttr() && loop.getOverlapAttr().getPingpong()) {
          takeTurns(loop);
          role.setTurnAttr(b.getStrArrayAttr({kBaton}));
        }
      });
    }
    YieldOp::create(inner, kernel.getLoc());
  }
  for (GridOp grid : grids) {
    grid.erase();
  }
  kernel.removeRolesAttr();
  return success();
}

} // namespace
} // namespace spak::ir
