// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Properties of a kernel that people assert by name, decided on its IR. Knows
// the spak dialect, not the sentences.
#ifndef SPAK_ANALYSIS_PREDICATES_H
#define SPAK_ANALYSIS_PREDICATES_H

#include "spak/Analysis/Proof.h"
#include "spak/Dialect/Spak/IR/Spak.h"

#include "llvm/ADT/SmallVector.h"

namespace spak::analysis {

/// What was found about a property, and why.
struct Finding {
  Verdict verdict = Verdict::Unknown;
  std::string why;
  /// The op that breaks the property; may be unknown.
  std::optional<mlir::Location> where;
};

/// The prover of \p kernel: sizes are not negative and the launch checks that
/// stand in its text hold. Those that carry `invariant` are left out.
void assumeLaunch(Prover &prover, ir::KernelOp kernel);

/// No store writes a tile called \p name, or what is made of it element by
/// element. Phase: any before layouts.
Finding isNotMaterialised(ir::KernelOp kernel, llvm::StringRef name);

/// The argument of every exp over a tile has a maximum subtracted; of an
/// opened softmax, the maximum that the same scores have raised. Phase: opened
/// or later.
Finding isMaxSubtracted(ir::KernelOp kernel);

/// The stores of each output cover its extents, and each element is written
/// by one block, once. Phase: spak.
Finding isStoredOnce(ir::KernelOp kernel);

/// No store adds floats to what other blocks write. Phase: any of spak.
Finding isDeterministic(ir::KernelOp kernel);

/// Every product has f32 or s32 sums. Phase: any of spak.
Finding accumulatesWide(ir::KernelOp kernel);

/// Every load of the tensor \p name goes through shared memory. Phase: decided.
Finding isStagedShared(ir::KernelOp kernel, llvm::StringRef name);

/// In the shared layout of the tensor \p name, each 8 rows of 16 bytes that an
/// instruction reads together lie in different banks. Phase: decided.
Finding hasNoBankConflict(ir::KernelOp kernel, llvm::StringRef name);

} // namespace spak::analysis

#endif // SPAK_ANALYSIS_PREDICATES_H
