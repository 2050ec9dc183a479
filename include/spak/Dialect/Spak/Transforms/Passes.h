// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The passes over the spak dialect: their constructors, option structs and
// registration. What a pass requires and establishes stands in Passes.td.
#ifndef SPAK_DIALECT_SPAK_TRANSFORMS_PASSES_H
#define SPAK_DIALECT_SPAK_TRANSFORMS_PASSES_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/Pass.h"

namespace spak::ir {

#define GEN_PASS_DECL
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

} // namespace spak::ir

#endif // SPAK_DIALECT_SPAK_TRANSFORMS_PASSES_H
