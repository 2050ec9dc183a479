// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the pass. Each kernel of the program becomes a device kernel and its
// launch function.
#include "Lowering.h"
#include "spak/Conversion/Passes.h"

using namespace mlir;

namespace spak {

#define GEN_PASS_DEF_CONVERTSPAKTOSPAKCUDA
#include "spak/Conversion/Passes.h.inc"

namespace {

struct ConvertSpakToSpakCudaPass
    : impl::ConvertSpakToSpakCudaBase<ConvertSpakToSpakCudaPass> {
  void runOnOperation() override {
    SmallVector<ir::KernelOp> kernels(getOperation().getOps<ir::KernelOp>());
    for (ir::KernelOp kernel : kernels) {
      OpBuilder builder(kernel);
      conversion::KernelLowering lowering(kernel, builder);
      if (failed(lowering.run())) {
        signalPassFailure();
        return;
      }
      kernel.erase();
    }
  }
};

} // namespace

} // namespace spak
