// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The MLIR headers that most files want, compiled once. Never our own
// generated headers. No file may rely on it: CI also builds without.
#ifndef SPAK_SUPPORT_PCH_H
#define SPAK_SUPPORT_PCH_H
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/TypeSwitch.h"
#endif // SPAK_SUPPORT_PCH_H
