// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the C++ face of the spak dialect.
#ifndef SPAK_DIALECT_SPAK_IR_SPAK_H
#define SPAK_DIALECT_SPAK_IR_SPAK_H

#include "spak/Layout/Layout.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <map>

#include "spak/Dialect/Spak/IR/SpakDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "spak/Dialect/Spak/IR/SpakAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "spak/Dialect/Spak/IR/SpakTypes.h.inc"

namespace spak::ir {

/// The kernel's argument behind \p view, which may be packed.
mlir::BlockArgument sourceOf(mlir::Value view);

/// Gives the results of \p op the names that its location has: those of a
/// NameLoc, or the names that are fused in it.
void nameResults(mlir::Operation *op, mlir::OpAsmSetValueNameFn setName);

/// Makes \p argument keep the name that it has in the text, as a NameLoc, so
/// that names survive a round trip.
void keepName(mlir::OpAsmParser &parser, mlir::OpAsmParser::Argument &argument);

/// The range of tile number \p tile of the axis of \p type.
mlir::Value tileRange(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type,
                      mlir::Value tile);

} // namespace spak::ir

#define GET_OP_CLASSES
#include "spak/Dialect/Spak/IR/SpakOps.h.inc"

#endif // SPAK_DIALECT_SPAK_IR_SPAK_H
