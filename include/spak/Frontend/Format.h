// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A file in canonical lay-out: the same words and comments, the same tree,
// other blanks. Formatting twice changes nothing more.
#ifndef SPAK_FRONTEND_FORMAT_H
#define SPAK_FRONTEND_FORMAT_H

#include "spak/Support/Diagnostics.h"

#include <optional>
#include <string>

namespace spak::frontend {

/// \p source in canonical lay-out: four spaces a level, one entry a line, a
/// block on one line if it was and fits. Prose, and what stands in quotes,
/// keeps its words; sections that nobody has defined keep their lay-out too.
/// The result is read back and compared with the tree of \p source, so that it
/// cannot say something else. Nothing after an error of the text, which
/// \p diags has. Errors: those of \ref parse, SPK1022.
std::optional<std::string> format(const SourceFile &source,
                                  DiagnosticEngine &diags);

} // namespace spak::frontend

#endif // SPAK_FRONTEND_FORMAT_H
