// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The tree as text for people and tests, and the system layer as JSON for
// tools. Both are the same on every run.
#ifndef SPAK_AST_DUMP_H
#define SPAK_AST_DUMP_H

#include "spak/AST/AST.h"

#include "llvm/Support/JSON.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace spak::ast {

/// Writes \p file as an indented tree, one node a line, expressions as they
/// would be written. With \p locations each line ends in `<line:column>`.
void dump(const File &file, llvm::raw_ostream &os, bool locations = false);

/// The front matter, every block, key and value of the system layer. Prose,
/// and sections that nobody has defined, carry their text word for word;
/// kernels are listed by name. The keys are a promise: see docs/Language.md.
llvm::json::Value toJson(const File &file);

/// A value as JSON: literals as such, lists as arrays, maps as objects, every
/// other expression as `{"expr": text}`, prose as `{"prose": text}`.
llvm::json::Value toJson(const Expr &expr);

} // namespace spak::ast

#endif // SPAK_AST_DUMP_H
