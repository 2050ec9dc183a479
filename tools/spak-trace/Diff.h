// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A unified diff of edits whose places are known. Knows no system.
#ifndef SPAK_TOOLS_SPAK_TRACE_DIFF_H
#define SPAK_TOOLS_SPAK_TRACE_DIFF_H

#include "spak/AST/Edit.h"

namespace spak {

/// What \p edits change in \p source, three lines of context around.
std::string unifiedDiff(const SourceFile &source,
                        std::vector<ast::TextEdit> edits);

} // namespace spak

#endif // SPAK_TOOLS_SPAK_TRACE_DIFF_H
