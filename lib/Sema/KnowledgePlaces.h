// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Warnings about where knowledge stands, and about what says when and where it
// was found. Private to Sema.
#ifndef SPAK_LIB_SEMA_KNOWLEDGEPLACES_H
#define SPAK_LIB_SEMA_KNOWLEDGEPLACES_H

#include "spak/AST/System.h"
#include "spak/Knowledge/Facts.h"
#include "spak/Support/Diagnostics.h"

namespace spak::sema {

/// Warns of invariants, facts, rules and hints beside `knowledge`: they are
/// prose there.
void findLooseKnowledge(const ast::System &system, DiagnosticEngine &diags);

/// Warns of what \p scope could not take from the keys of \p block.
void checkScope(const ast::Block &block, const knowledge::FactScope &scope,
                DiagnosticEngine &diags);

} // namespace spak::sema

#endif // SPAK_LIB_SEMA_KNOWLEDGEPLACES_H
