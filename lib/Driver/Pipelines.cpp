// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the order of the passes. Canonicalize and CSE stand at two points
// only: after the masks are split, and after the conversion to spak_cuda;
// never after insert-sync, whose order they would not respect.
#include "spak/Driver/Pipelines.h"

#include "spak/Conversion/Passes.h"
#include "spak/Dialect/Spak/Transforms/Passes.h"
#include "spak/Dialect/SpakCuda/Transforms/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace spak::driver {

namespace {

struct PhaseRow {
  Phase phase;
  llvm::StringLiteral name;
  llvm::StringLiteral meaning;
};

constexpr PhaseRow kPhases[] = {
#define SPAK_PHASE(Name, Text, Meaning) {Phase::Name, Text, Meaning},
#include "spak/Driver/Phases.def"
#undef SPAK_PHASE
};

/// The passes that establish \p phase when the phase before it holds.
void addPassesOf(OpPassManager &pm, Phase phase) {
  switch (phase) {
  case Phase::Spak:
    return;
  case Phase::Opened:
    pm.addPass(ir::createSplitMaskedLoops());
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
    pm.addPass(ir::createFormScores());
    pm.addPass(ir::createOpenSoftmax());
    return;
  case Phase::Decided:
    pm.addPass(ir::createPlanFunctions());
    pm.addPass(ir::createAssignLayouts());
    pm.addPass(ir::createPlanStaging());
    pm.addPass(ir::createPlanRoles());
    pm.addPass(ir::createTrimProducts());
    pm.addPass(ir::createPlanOverlap());
    pm.addPass(ir::createPlanIssue());
    pm.addPass(ir::createPlanSoftmax());
    pm.addPass(ir::createPlanGrid());
    pm.addPass(ir::createPlanCluster());
    return;
  case Phase::Scheduled:
    pm.addPass(ir::createJoinClusterBounds());
    pm.addPass(ir::createRunLoopsOnce());
    pm.addPass(ir::createSplitTails());
    pm.addPass(ir::createStageLoads());
    pm.addPass(ir::createSpecializeRoles());
    pm.addPass(ir::createSoftwarePipeline());
    pm.addPass(ir::createPipelineTiles());
    pm.addPass(ir::createUnswitchMaskedLoops());
    pm.addPass(ir::createCheckStaged());
    return;
  case Phase::Cuda:
    pm.addPass(createConvertSpakToSpakCuda());
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
    pm.addPass(cuda::createInsertSync());
    pm.addPass(cuda::createAllocateShared());
    pm.addPass(cuda::createCheckCuda());
    return;
  case Phase::Prepared:
    pm.addPass(cuda::createPrepareEmission());
    return;
  }
}

} // namespace

std::optional<Phase> parsePhase(llvm::StringRef name) {
  for (const PhaseRow &row : kPhases) {
    if (row.name == name) {
      return row.phase;
    }
  }
  return std::nullopt;
}

llvm::StringRef phaseName(Phase phase) {
  return kPhases[static_cast<unsigned>(phase)].name;
}

llvm::StringRef phaseMeaning(Phase phase) {
  return kPhases[static_cast<unsigned>(phase)].meaning;
}

std::string allPhaseNames() {
  std::string names;
  for (const PhaseRow &row : kPhases) {
    names += (names.empty() ? "" : ", ") + row.name.str();
  }
  return names;
}

void addPasses(OpPassManager &pm, Phase from, Phase to) {
  for (const PhaseRow &row : kPhases) {
    if (row.phase > from && row.phase <= to) {
      addPassesOf(pm, row.phase);
    }
  }
}

void registerPipelines() {
  for (const PhaseRow &row : kPhases) {
    if (row.phase == Phase::Spak) {
      continue;
    }
    Phase phase = row.phase;
    PassPipelineRegistration<>(
        "spak-to-" + row.name.str(), row.meaning,
        [phase](OpPassManager &pm) { addPassesOf(pm, phase); });
  }
}

} // namespace spak::driver
