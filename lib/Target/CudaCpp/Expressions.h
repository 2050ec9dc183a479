// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Scalar values as C++ expressions, with no more parentheses than needed.
// Knows arith and math; asks for the names of everything else.
#ifndef SPAK_LIB_TARGET_CUDACPP_EXPRESSIONS_H
#define SPAK_LIB_TARGET_CUDACPP_EXPRESSIONS_H

#include "EmbeddedHeaders.h"

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include <optional>
#include <string>

namespace spak::cuda {

/// Binding strength of C++ operators, weakest first.
enum class Strength {
  Conditional,
  Or,
  And,
  BitOr,
  BitXor,
  BitAnd,
  Equality,
  Relation,
  Shift,
  Sum,
  Product,
  Unary,
  Primary
};

/// A piece of C++ and how strongly it holds together.
struct Expression {
  std::string text;
  Strength strength = Strength::Primary;
  bool isUnsigned = false; ///< its C++ type is unsigned, its value's is not

  /// The text, in parentheses where the context binds stronger.
  std::string in(Strength context) const {
    return strength < context ? "(" + text + ")" : text;
  }
};

/// Where the expression is going to stand.
enum class Target { Device, Host, Manifest };

class ExpressionPrinter {
public:
  ExpressionPrinter(Target target, EmbeddedHeaders &headers)
      : target(target), headers(headers) {}

  /// What \p value is called or computed as. Emits the diagnostic and returns
  /// nothing where it has no text.
  std::optional<Expression> print(mlir::Value value);
  /// The same as a finished text of the value's own signedness.
  std::optional<std::string> text(mlir::Value value,
                                  Strength context = Strength::Conditional);

  /// The text of `!value`, without double negations.
  std::optional<std::string> negation(mlir::Value value);

  /// The expression that computes \p op's only result, whatever its name.
  std::optional<Expression> define(mlir::Operation *op) { return printOp(op); }

  /// Overrides: what a value is called just here (map elements).
  llvm::DenseMap<mlir::Value, Expression> overrides;

  /// The C++ type of a scalar; empty if it has none.
  static llvm::StringRef typeName(mlir::Type type);

private:
  std::optional<Expression> printOp(mlir::Operation *op);
  std::optional<Expression> constant(mlir::arith::ConstantOp op);
  std::optional<Expression> binary(mlir::Operation *op, llvm::StringRef sign,
                                   Strength strength, bool exact);
  std::optional<Expression>
  unsignedBinary(mlir::Operation *op, llvm::StringRef sign, Strength strength);
  std::optional<Expression> compare(mlir::arith::CmpIOp op,
                                    mlir::arith::CmpIPredicate predicate);
  std::optional<Expression> compare(mlir::arith::CmpFOp op);
  std::optional<Expression> call(mlir::Operation *op, llvm::StringRef name);
  std::optional<Expression> deviceCall(mlir::Operation *op,
                                       llvm::StringRef block);
  std::optional<Expression> division(mlir::Operation *op,
                                     llvm::StringRef function);
  std::optional<Expression> cast(mlir::Operation *op, llvm::StringRef type);
  /// The operand as a signed value, where signedness matters.
  std::optional<Expression> asSigned(mlir::Value value);

  Target target;
  EmbeddedHeaders &headers;
};

/// The name that prepare-emission gave \p value; empty where it has none.
llvm::StringRef variableName(mlir::Value value);

/// A finite float literal that rounds to \p value: `0.5f`.
std::string floatText(llvm::APFloat value);

/// `pattern` of a register index called \p index, e.g. `i % 2 + i / 4 * 8`.
Expression indexExpression(mlir::Attribute pattern, llvm::StringRef index);

} // namespace spak::cuda

#endif // SPAK_LIB_TARGET_CUDACPP_EXPRESSIONS_H
