// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The door of the ANTLR island: tokens in, tree out. Shows nothing generated.
#ifndef SPAK_LIB_FRONTEND_SYNTAX_H
#define SPAK_LIB_FRONTEND_SYNTAX_H

#include "Tokens.h"

#include "spak/AST/AST.h"

namespace spak::frontend {

/// Parses tokens that \ref assignStrata made. Null after an error that leaves
/// nothing.
std::unique_ptr<ast::File> parseFile(const TokenContext &context,
                                     const Tokens &tokens);

/// Parses tokens that \ref assignExpression made. Null after an error.
ast::ExprPtr parseExpr(const TokenContext &context, const Tokens &tokens);

} // namespace spak::frontend

#endif // SPAK_LIB_FRONTEND_SYNTAX_H
