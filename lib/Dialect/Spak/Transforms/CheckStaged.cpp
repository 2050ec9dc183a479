// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the proof that roles neither deadlock nor race.
#include "spak/Dialect/Spak/Transforms/Passes.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_CHECKSTAGED
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

class CheckStagedPass : public impl::CheckStagedBase<CheckStagedPass> {
public:
  void runOnOperation() override {}
};

} // namespace
} // namespace spak::ir
