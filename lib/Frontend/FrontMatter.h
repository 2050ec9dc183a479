// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the `---` block at the head of a file, a subset of YAML: scalars,
// quoted strings, inline lists, comments. Knows nothing of what follows it.
#ifndef SPAK_LIB_FRONTEND_FRONTMATTER_H
#define SPAK_LIB_FRONTEND_FRONTMATTER_H

#include "Tokens.h"

#include "spak/AST/AST.h"

namespace spak::frontend {

/// The offset after a byte order mark; 0 if there is none.
uint32_t skipByteOrderMark(const SourceFile &source);

/// Reads the front matter at offset \p begin, if there is one. Returns the
/// offset after it, \p begin without one.
uint32_t parseFrontMatter(const TokenContext &context, uint32_t begin,
                          std::vector<ast::FrontMatterEntry> &entries);

} // namespace spak::frontend

#endif // SPAK_LIB_FRONTEND_FRONTMATTER_H
