// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the C++ face of the spak_cuda dialect.
#ifndef SPAK_DIALECT_SPAKCUDA_IR_SPAKCUDA_H
#define SPAK_DIALECT_SPAKCUDA_IR_SPAKCUDA_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "spak/Dialect/SpakCuda/IR/SpakCudaDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "spak/Dialect/SpakCuda/IR/SpakCudaAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "spak/Dialect/SpakCuda/IR/SpakCudaTypes.h.inc"

#define GET_OP_CLASSES
#include "spak/Dialect/SpakCuda/IR/SpakCudaOps.h.inc"

namespace spak::cuda {

/// The operand whose registers \p result takes over, or null. Tied are: wgmma
/// with its accumulator, fence, wait, and map in_place. Loops and branches tie
/// too, but by structure: see prepare-emission.
mlir::OpOperand *getTiedOperand(mlir::OpResult result);

/// What \p map, over \p dims, gives: `B + 1`.
std::string extentText(mlir::AffineMap map, llvm::ArrayRef<std::string> dims);

/// The attributes by which prepare-emission names C++ variables: one string
/// per result of an op, and per argument of each of its regions' entry blocks.
/// An empty string is a value that has no variable of its own.
inline constexpr llvm::StringLiteral kNamesAttr = "spak_cuda.names";
inline constexpr llvm::StringLiteral kArgNamesAttr = "spak_cuda.arg_names";

/// On a function of a map: "approximate", what the hardware has, or
/// "absolute", right to a small absolute error.
inline constexpr llvm::StringLiteral kAccuracyAttr = "spak_cuda.accuracy";

/// On a `math.exp2`: computed on the multiply-add units.
inline constexpr llvm::StringLiteral kPolynomialAttr = "spak_cuda.polynomial";

} // namespace spak::cuda

#endif // SPAK_DIALECT_SPAKCUDA_IR_SPAKCUDA_H
