// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Values of expressions over axes and the device: constraints, conditions of
// facts, schedules. Knows no tiles.
#ifndef SPAK_LIB_SEMA_EVALUATOR_H
#define SPAK_LIB_SEMA_EVALUATOR_H

#include "spak/AST/Expr.h"
#include "spak/Device/Device.h"
#include "spak/Sema/Program.h"
#include "spak/Space/Literal.h"
#include "spak/Support/Diagnostics.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <map>
#include <string>

namespace spak::sema {

/// Evaluates at one point on one device. Without an engine it is silent.
class Evaluator {
public:
  /// \p shape holds the dims of a launch that are known, by name; may be null.
  Evaluator(const space::Point &point, const device::Device *device,
            DiagnosticEngine *diags,
            const std::map<std::string, int64_t> *shape = nullptr)
      : point(point), device(device), diags(diags), shape(shape) {}

  /// The value of \p expr; nothing, after an error, if it has none here.
  std::optional<space::AxisValue> evaluate(const ast::Expr &expr);

  /// The same for a condition; nothing if the value is no truth value.
  std::optional<bool> condition(const ast::Expr &expr);

private:
  std::optional<space::AxisValue> compare(const ast::CompareExpr &expr);
  std::optional<space::AxisValue> binary(const ast::BinaryExpr &expr);
  std::optional<space::AxisValue> unary(const ast::UnaryExpr &expr);
  std::optional<space::AxisValue> call(const ast::CallExpr &expr);
  std::optional<space::AxisValue> member(const ast::MemberExpr &expr);
  std::nullopt_t unknown(const ast::Expr &expr, llvm::StringRef name);

  const space::Point &point;
  const device::Device *device;
  DiagnosticEngine *diags;
  const std::map<std::string, int64_t> *shape;
};

using space::literalValue;

/// The operator of the checked tree that \p op is written as.
BinaryOp lowerOp(ast::BinaryOp op);
CompareOp lowerOp(ast::CompareOp op);

/// Folding of operators on values; nothing where they do not apply.
std::optional<space::AxisValue>
foldBinary(BinaryOp op, const space::AxisValue &a, const space::AxisValue &b);
std::optional<bool> foldCompare(CompareOp op, const space::AxisValue &a,
                                const space::AxisValue &b);

/// The function spelled \p name; nothing if there is none.
std::optional<Function> parseFunction(llvm::StringRef name);
unsigned arity(Function function);
/// True if \p function keeps integers as they are.
bool takesIntegers(Function function);
/// \p function of numbers; integers stay so where the function takes them.
std::optional<space::AxisValue>
foldFunction(Function function, llvm::ArrayRef<space::AxisValue> arguments);

/// Calls \p visit for \p expr and everything below it, parents first.
void walk(const ast::Expr &expr,
          llvm::function_ref<void(const ast::Expr &)> visit);

} // namespace spak::sema

#endif // SPAK_LIB_SEMA_EVALUATOR_H
