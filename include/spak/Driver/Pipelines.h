// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The phases of a compilation and the passes between them. Knows no flag and
// no file.
#ifndef SPAK_DRIVER_PIPELINES_H
#define SPAK_DRIVER_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace spak::driver {

/// A point of the corridor at which the IR can be printed and read back.
enum class Phase {
#define SPAK_PHASE(Name, Text, Meaning) Name,
#include "spak/Driver/Phases.def"
#undef SPAK_PHASE
};

/// The phase with the spelling \p name, e.g. "decided".
std::optional<Phase> parsePhase(llvm::StringRef name);

/// The spelling of \p phase.
llvm::StringRef phaseName(Phase phase);

/// One sentence on what holds after \p phase.
llvm::StringRef phaseMeaning(Phase phase);

/// Every phase name, comma separated, for diagnostics.
std::string allPhaseNames();

/// Adds to \p pm the passes that lead from the end of \p from to the end of
/// \p to. Adds nothing if \p to is not after \p from.
void addPasses(mlir::OpPassManager &pm, Phase from, Phase to);

/// Registers one textual pipeline per phase for spak-opt: `spak-to-opened`
/// leads from the phase before it to `opened`.
void registerPipelines();

} // namespace spak::driver

#endif // SPAK_DRIVER_PIPELINES_H
