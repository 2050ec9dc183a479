// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Runs passes over a dump of any phase. Knows only what is registered.
#include "spak/Dialect/Spak/IR/Spak.h"
#ifdef HAS_SPAKCUDADIALECT
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"
#endif
#ifdef HAS_SPAKTRANSFORMS
#include "spak/Dialect/Spak/Transforms/Passes.h"
#endif
#ifdef HAS_SPAKCUDATRANSFORMS
#include "spak/Dialect/SpakCuda/Transforms/Passes.h"
#endif
#ifdef HAS_SPAKCONVERSION
#include "spak/Conversion/Passes.h"
#endif
#ifdef HAS_SPAKDRIVER
#include "spak/Driver/Pipelines.h"
#endif

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
#ifdef HAS_SPAKCUDADIALECT
  registry.insert<spak::cuda::SpakCudaDialect>();
#endif
#ifdef HAS_SPAKTRANSFORMS
  spak::ir::registerSpakTransformsPasses();
#endif
#ifdef HAS_SPAKCUDATRANSFORMS
  spak::cuda::registerSpakCudaPasses();
#endif
#ifdef HAS_SPAKCONVERSION
  spak::registerSpakConversionPasses();
#endif
#ifdef HAS_SPAKDRIVER
  spak::driver::registerPipelines();
#endif
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "spak-opt\n", registry));
}
