// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The conversion pass and its registration.
#ifndef SPAK_CONVERSION_PASSES_H
#define SPAK_CONVERSION_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace spak {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "spak/Conversion/Passes.h.inc"

} // namespace spak

#endif // SPAK_CONVERSION_PASSES_H
