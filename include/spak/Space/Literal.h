// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Values as they are written in a file. Knows no names.
#ifndef SPAK_SPACE_LITERAL_H
#define SPAK_SPACE_LITERAL_H

#include "spak/AST/Expr.h"
#include "spak/Space/Point.h"

namespace spak::space {

/// The value of a literal, of a sign before one, or of a bare word as text;
/// nothing for other expressions.
std::optional<AxisValue> literalValue(const ast::Expr &expr);

} // namespace spak::space

#endif // SPAK_SPACE_LITERAL_H
