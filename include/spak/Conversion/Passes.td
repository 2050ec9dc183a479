// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The pass between the two dialects. Knows both; nobody else does.
#ifndef SPAK_CONVERSION_PASSES
#define SPAK_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def ConvertSpakToSpakCuda
    : Pass<"convert-spak-to-spak-cuda", "::mlir::ModuleOp"> {
  let summary = "turn staged tile programs into what one CTA does";
  let description = [{
    Requires: rings, roles and rotated loops (check-staged holds); a layout in
    every tile type; an instruction on every dot.
    Establishes: only spak_cuda, scf, arith and math operations. A register
    tile is one fragment, a ring has one running counter per role, every
    element-wise group is one `spak_cuda.map`, and every kernel has a
    `spak_cuda.host` function that checks, encodes tensor maps and launches.
    No fence, commit or wait of a tensor core product is placed here: that is
    insert-sync.
    Decides nothing: it obeys the layouts, the staging and the order that the
    program carries. Running it twice changes nothing.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::spak::cuda::SpakCudaDialect"
  ];
}

#endif // SPAK_CONVERSION_PASSES
