// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules that a kernel must keep about order and resources.
#include "InFlight.h"
#include "spak/Dialect/SpakCuda/Transforms/Passes.h"

using namespace mlir;

namespace spak::cuda {

#define GEN_PASS_DEF_CHECKCUDA
#include "spak/Dialect/SpakCuda/Transforms/Passes.h.inc"

namespace {

struct CheckCudaPass : impl::CheckCudaBase<CheckCudaPass> {
  void runOnOperation() override {}
};

} // namespace

} // namespace spak::cuda
