// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Copies of system expressions with other leaves, and their folding. Knows
// what expressions are made of, not what names mean.
#ifndef SPAK_LIB_SEMA_REWRITE_H
#define SPAK_LIB_SEMA_REWRITE_H

#include "Evaluator.h"

namespace spak::sema {

/// What stands in place of a name or of a member; null keeps it.
using LeafRewriter = llvm::function_ref<ast::ExprPtr(const ast::Expr &)>;

/// A copy of \p expr; null if it has what no expression over axes, dims and
/// the device has (loads, lists, prose). Places are kept.
ast::ExprPtr rewrite(const ast::Expr &expr, LeafRewriter leaf);

/// A copy of \p expr in which everything that has one value on \p device for
/// \p shape is a literal, and `and`, `or` and `if` with a known side are
/// simplified; null as for \ref rewrite.
ast::ExprPtr fold(const ast::Expr &expr, const device::Device *device,
                  const std::map<std::string, int64_t> *shape,
                  LeafRewriter leaf);

/// \p value as it would be written at \p range.
ast::ExprPtr literalOf(const space::AxisValue &value, SourceRange range);

/// `a op b` and `not a` at \p range.
ast::ExprPtr makeBinary(ast::BinaryOp op, ast::ExprPtr a, ast::ExprPtr b,
                        SourceRange range);
ast::ExprPtr makeNot(ast::ExprPtr a, SourceRange range);
/// `name == value` at \p range.
ast::ExprPtr makeEqual(llvm::StringRef name, ast::ExprPtr value,
                       SourceRange range);

} // namespace spak::sema

#endif // SPAK_LIB_SEMA_REWRITE_H
