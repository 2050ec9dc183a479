// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The syntax of a file as plain C++: what was written, nothing resolved. Every
// node has its range. Comments are not kept; prose is kept word for word.
// Knows no meaning of names, no IR, no parser.
//
//   File ─ front matter, System
//   System ─ name, extends, imports, items
//   Item ─ Property (`key: value`), Block (`kind name { … }`), Space,
//   Constraint,
//          Kernel, Prose
//   Kernel ─ dims, statics, params, requires, grid (binders, statements),
//            schedule
//   Stmt ─ Assign, For, If, Match, Call, Store, Skip
//   Expr ─ literals, names, operators, calls, loads, lists, …
//
// A node that could not be read is left out of its list or is an ErrorExpr; a
// file with errors is never handed to later stages. Tests of kinds use LLVM's
// isa/cast/dyn_cast.
#ifndef SPAK_AST_AST_H
#define SPAK_AST_AST_H

#include "spak/AST/Expr.h"
#include "spak/AST/Kernel.h"
#include "spak/AST/System.h"

#endif // SPAK_AST_AST_H
