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

/// The statements of a kernel as text, one a line, as \ref dump writes them.
std::string toString(const StmtList &statements);

/// The maps inside \p expr, in order, which \ref toString leaves out; not those
/// inside other maps.
std::vector<const MapExpr *> mapsIn(const Expr &expr);

/// The version of the JSON of a system, its member `spak_system`.
constexpr int kSystemJsonVersion = 2;

/// The whole system layer: front matter, imports and every section, each with
/// its kind and its line. Prose, and sections that nobody has defined, carry
/// their text word for word but for the indentation that all its lines share.
/// runtime/schema/system-2.json is the schema; its keys are a promise.
llvm::json::Value toJson(const File &file);

/// A value as JSON: literals as such, lists as arrays, maps as `{"items": …}`,
/// ranges as `{"range": …}`, every other expression as `{"expr": text}` with
/// the `maps` inside it, prose as `{"prose": text}`.
llvm::json::Value toJson(const Expr &expr);

} // namespace spak::ast

#endif // SPAK_AST_DUMP_H
