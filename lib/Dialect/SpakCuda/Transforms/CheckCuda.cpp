// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the pass; the rules are in three files by what they look at.
#include "CheckRules.h"
#include "spak/Dialect/SpakCuda/Transforms/Passes.h"

using namespace mlir;

namespace spak::cuda {

#define GEN_PASS_DEF_CHECKCUDA
#include "spak/Dialect/SpakCuda/Transforms/Passes.h.inc"

namespace {

struct CheckCudaPass : impl::CheckCudaBase<CheckCudaPass> {
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(checkProducts(kernel)) || failed(checkCopies(kernel)) ||
          failed(checkResources(kernel))) {
        signalPassFailure();
      }
    }
    markAllAnalysesPreserved();
  }
};

} // namespace

} // namespace spak::cuda
