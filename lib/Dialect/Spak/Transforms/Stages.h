// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how the stage of an op is written and read, and the one rule that says
// whether stages are legal. Knows no target.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_STAGES_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_STAGES_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace spak::ir {

/// When an op of a loop's body runs: in iteration j's stage s, that is beside
/// stage s - 1 of iteration j + 1, and there after all of smaller order.
struct Stage {
  int64_t stage = 0;
  int64_t order = 0;
};

/// The stage of \p op, if one was decided.
std::optional<Stage> stageOf(mlir::Operation *op);

/// Writes \p stage on \p op.
void setStage(mlir::Operation *op, Stage stage);

/// Removes the stage of \p op.
void clearStage(mlir::Operation *op);

/// Whether an op of \p loop's body has a stage.
bool hasStages(ForOp loop);

/// The ops of \p loop's body but the terminator, in the order in which the
/// rotated body runs them; ops without a stage keep their place in the text.
llvm::SmallVector<mlir::Operation *> opsInRotatedOrder(ForOp loop);

/// Writes the position in \p ops as each op's order; stages stay.
void renumber(llvm::ArrayRef<mlir::Operation *> ops);

/// The op of \p loop's own body that contains \p op or is it; null if \p op
/// is elsewhere.
mlir::Operation *ancestorInBody(ForOp loop, mlir::Operation *op);

/// Calls \p visit for every value that \p op, or an op inside it, reads from
/// outside of \p op.
void forEachOutsideOperand(mlir::Operation *op,
                           llvm::function_ref<void(mlir::Value)> visit);

/// The value that \p arg, carried by \p loop, has in the next iteration; null
/// for the range argument.
mlir::Value yieldedFor(ForOp loop, mlir::BlockArgument arg);

/// Checks rule STAGE-LEGAL on \p loop: a use has a later stage than its
/// definition, or the same and a greater order; a use in the next iteration
/// runs later in the rotated body. Stages are 0 and 1; all ops have one or
/// none has. Diagnoses the use and points at the definition.
mlir::LogicalResult verifyStages(ForOp loop);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_STAGES_H
