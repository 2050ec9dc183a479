// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Text to syntax tree. The only door to the generated parser; shows nothing
// of it, throws nothing.
#ifndef SPAK_FRONTEND_FRONTEND_H
#define SPAK_FRONTEND_FRONTEND_H

#include "spak/AST/AST.h"
#include "spak/Support/Diagnostics.h"

#include <memory>

namespace spak::frontend {

/// The largest file that is parsed. Unit: byte.
constexpr uint64_t kMaxFileBytes = uint64_t(2) << 20;

/// The deepest nesting of brackets that is parsed.
constexpr unsigned kMaxNesting = 256;

/// Reads \p source. Returns the tree, or null if there is nothing that a tree
/// could be made of (another dialect, not UTF-8, too large). With syntax
/// errors the tree holds what could be read; ask \p diags for errors.
/// Errors: SPK1001 to SPK1999. \p source must outlive the tree.
std::unique_ptr<ast::File> parse(const SourceFile &source,
                                 DiagnosticEngine &diags);

/// Warns of what a whole file may be warned about: a system named otherwise
/// than its file (SPK1019), kernels that are pseudo-code (SPK1020).
void checkFile(const ast::File &file, DiagnosticEngine &diags);

/// Reads \p range of its file as one expression: a constraint that stands in a
/// string, or the value of `-D` in a SourceFile of its own. Returns null after
/// an error.
ast::ExprPtr parseExpression(SourceRange range, DiagnosticEngine &diags);

/// The same without messages, for text that may be prose: null if it is no
/// expression.
ast::ExprPtr tryParseExpression(SourceRange range);

} // namespace spak::frontend

#endif // SPAK_FRONTEND_FRONTEND_H
