// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading and writing stages, and rule STAGE-LEGAL.
#include "Stages.h"

#include "mlir/IR/RegionGraphTraits.h"

using namespace mlir;

namespace spak::ir {

std::optional<Stage> stageOf(Operation *op) {
  auto attr = op->getAttrOfType<StageAttr>(SpakDialect::kStageAttr);
  if (!attr) {
    return std::nullopt;
  }
  return Stage{attr.getStage(), attr.getOrder()};
}

void setStage(Operation *op, Stage stage) {
  op->setAttr(SpakDialect::kStageAttr,
              StageAttr::get(op->getContext(), stage.stage, stage.order));
}

void clearStage(Operation *op) { op->removeAttr(SpakDialect::kStageAttr); }

bool hasStages(ForOp loop) {
  return llvm::any_of(loop.getBody()->without_terminator(),
                      [](Operation &op) { return stageOf(&op).has_value(); });
}

SmallVector<Operation *> opsInRotatedOrder(ForOp loop) {
  SmallVector<Operation *> ops;
  for (Operation &op : loop.getBody()->without_terminator()) {
    ops.push_back(&op);
  }
  if (hasStages(loop)) {
    llvm::sort(ops, [](Operation *a, Operation *b) {
      int64_t first = stageOf(a).value_or(Stage()).order;
      int64_t second = stageOf(b).value_or(Stage()).order;
      return first != second ? first < second : a->isBeforeInBlock(b);
    });
  }
  return ops;
}

void renumber(ArrayRef<Operation *> ops) {
  for (auto [order, op] : llvm::enumerate(ops)) {
    setStage(
        op, {stageOf(op).value_or(Stage()).stage, static_cast<int64_t>(order)});
  }
}

Operation *ancestorInBody(ForOp loop, Operation *op) {
  return loop.getBody()->findAncestorOpInBlock(*op);
}

void forEachOutsideOperand(Operation *op,
                           llvm::function_ref<void(Value)> visit) {
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *owner = operand.getParentBlock()->getParentOp();
      if (!op->isAncestor(owner)) {
        visit(operand);
      }
    }
  });
}

Value yieldedFor(ForOp loop, BlockArgument arg) {
  if (arg.getArgNumber() == 0) {
    return nullptr;
  }
  return loop.getBody()->getTerminator()->getOperand(arg.getArgNumber() - 1);
}

static LogicalResult refuse(Operation *use, Stage useStage, Operation *def,
                            Stage defStage, llvm::StringRef how) {
  InFlightDiagnostic diag = use->emitOpError("with stage ")
                            << useStage.stage << " and order " << useStage.order
                            << " needs a value " << how << " of stage "
                            << defStage.stage << " and order " << defStage.order
                            << ", which comes later";
  diag.attachNote(def->getLoc()) << "the value is defined here";
  return diag;
}

LogicalResult verifyStages(ForOp loop) {
  if (!hasStages(loop)) {
    return success();
  }
  for (Operation &op : loop.getBody()->without_terminator()) {
    std::optional<Stage> use = stageOf(&op);
    if (!use) {
      return op.emitOpError("has no stage, while others of its loop have one");
    }
    if (use->stage < 0 || use->stage > 1) {
      return op.emitOpError("expected stage 0 or 1, got ") << use->stage;
    }
    LogicalResult result = success();
    forEachOutsideOperand(&op, [&](Value value) {
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
      std::optional<Stage> from = stageOf(def);
      if (!from || failed(result)) {
        return; // Diagnosed at the definition, or already.
      }
      int64_t distance = use->stage - from->stage + (carried ? 1 : 0);
      if (distance < 0 || (distance == 0 && use->order <= from->order)) {
        result =
            refuse(&op, *use, def, *from,
                   carried ? "of the iteration before," : "of its iteration,");
      }
    });
    if (failed(result)) {
      return failure();
    }
  }
  return success();
}

} // namespace spak::ir
