// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Runs passes over a dump of any phase. Knows only what is registered.
#include "spak/Conversion/Passes.h"
#include "spak/Dialect/Spak/IR/Spak.h"
#include "spak/Dialect/Spak/Transforms/Passes.h"
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"
#include "spak/Dialect/SpakCuda/Transforms/Passes.h"
#include "spak/Driver/Pipelines.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::affine::AffineDialect, mlir::arith::ArithDialect,
                  mlir::math::MathDialect, mlir::scf::SCFDialect,
                  spak::ir::SpakDialect>();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerLoopInvariantCodeMotionPass();
  registry.insert<spak::cuda::SpakCudaDialect>();
  spak::ir::registerSpakTransformsPasses();
  spak::cuda::registerSpakCudaPasses();
  spak::registerSpakConversionPasses();
  spak::driver::registerPipelines();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "spak-opt\n", registry));
}
