// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Which names a kernel mentions, before anything is resolved.
#ifndef SPAK_LIB_SEMA_USES_H
#define SPAK_LIB_SEMA_USES_H

#include "spak/AST/Kernel.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace spak::sema {

using NameVisitor = llvm::function_ref<void(llvm::StringRef)>;

/// Calls \p visit for every name in \p expr: values, element types, and the
/// dotted spelling of members.
void forEachUse(const ast::Expr &expr, NameVisitor visit);

/// The same for everything in \p kernel, declarations and schedule included.
void forEachUse(const ast::Kernel &kernel, NameVisitor visit);

/// Calls \p visit for every name that \p body binds outside nested loops'
/// variables: targets of assignments and states that are updated.
void forEachRebinding(const ast::StmtList &body, NameVisitor visit);

/// Calls \p visit for every binder of \p kernel: grid, then loops.
void forEachBinder(const ast::Kernel &kernel,
                   llvm::function_ref<void(const ast::Binder &)> visit);

} // namespace spak::sema

#endif // SPAK_LIB_SEMA_USES_H
