// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The pieces of the system layer as JSON. Private to the syntax tree's library.
#ifndef SPAK_LIB_AST_JSONPARTS_H
#define SPAK_LIB_AST_JSONPARTS_H

#include "spak/AST/Dump.h"
#include "spak/AST/Edit.h"

namespace spak::ast {

using JsonArray = llvm::json::Array;
using JsonObject = llvm::json::Object;
using JsonValue = llvm::json::Value;

std::string jsonText(llvm::StringRef text);
unsigned lineOf(SourceRange range);

/// `{"kind": kind, "line": line}`.
JsonObject jsonNode(llvm::StringRef kind, SourceRange range);

/// A type of a field: `int`, `"a" | "b"`, `[1, 2]`, `Tensor[B, T]`.
JsonValue typeJson(const Expr &type);

/// `memory ≤ 12GB` as subject, relation, value and unit; nothing if \p text is
/// something else.
std::optional<JsonObject> limitJson(llvm::StringRef text);

JsonObject constraintJson(const Constraint &constraint);
JsonObject spaceJson(const Space &space);
JsonObject kernelJson(const Kernel &kernel);
/// Entries whose section gives them no other meaning.
JsonArray itemsJson(const std::vector<ItemPtr> &items);
JsonObject itemJson(const Item &item);
JsonArray paramsJson(const Block &block);

/// A block or property that stands in a system, by what its keyword means.
JsonObject sectionJson(const Item &item);

} // namespace spak::ast

#endif // SPAK_LIB_AST_JSONPARTS_H
