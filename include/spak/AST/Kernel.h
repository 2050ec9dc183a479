// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Kernels and their statements, as written. Knows no axes and no types of
// values: `dtype` may be an element type or the name of an axis of the point.
#ifndef SPAK_AST_KERNEL_H
#define SPAK_AST_KERNEL_H

#include "spak/AST/Expr.h"

namespace spak::ast {

/// A name with the values that it runs over, in `grid` and in `for`.
///
///   m in tiles(E, s)        Tiles, upper E, step s
///   n in tiles(lo, hi, s)   Tiles, lower lo, upper hi, step s
///   h in E                  Index, upper E
///   g in lo .. hi           Index, lower lo, upper hi (not included)
///   … atmost E              atMost E
struct Binder {
  enum class Kind : uint8_t { Tiles, Index };
  Kind kind = Kind::Index;
  SourceRange range;
  Identifier name;
  ExprPtr lower; ///< null for 0
  ExprPtr upper;
  ExprPtr step;   ///< null for Index
  ExprPtr atMost; ///< may be null
};

enum class StmtKind : uint8_t { Assign, For, If, Match, Call, Store, Skip };

struct Stmt {
  const StmtKind kind;
  SourceRange range;

  virtual ~Stmt() = default;

protected:
  Stmt(StmtKind kind, SourceRange range) : kind(kind), range(range) {}
};

using StmtPtr = std::unique_ptr<Stmt>;
using StmtList = std::vector<StmtPtr>;

template <StmtKind Kind>
struct StmtOf : Stmt {
  explicit StmtOf(SourceRange range) : Stmt(Kind, range) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind; }
};

/// `name = value`, or with an operator: `name += value`.
struct AssignStmt : StmtOf<StmtKind::Assign> {
  using StmtOf::StmtOf;
  Identifier target;
  std::optional<BinaryOp> op; ///< Add, Sub, Mul, Div; nothing for `=`
  SourceRange opRange;
  ExprPtr value;
};

/// `for binder { body }`.
struct ForStmt : StmtOf<StmtKind::For> {
  using StmtOf::StmtOf;
  Binder binder;
  StmtList body;
};

/// `if condition { then } else { otherwise }`; `else if` is an IfStmt alone in
/// `otherwise`.
struct IfStmt : StmtOf<StmtKind::If> {
  using StmtOf::StmtOf;
  ExprPtr condition;
  StmtList then;
  StmtList otherwise;
};

/// `a, b: { body }` of a match; no patterns is `else`.
struct MatchArm {
  SourceRange range;
  std::vector<ExprPtr> patterns;
  StmtList body;
};

/// `match subject { "a": { … } "b", "c": { … } else: { … } }`.
struct MatchStmt : StmtOf<StmtKind::Match> {
  using StmtOf::StmtOf;
  ExprPtr subject;
  std::vector<MatchArm> arms;
};

/// An expression for its effect: `state.update(s, v)`.
struct CallStmt : StmtOf<StmtKind::Call> {
  using StmtOf::StmtOf;
  std::unique_ptr<CallExpr> call;
};

/// `store T[indices] = value when c where p`; `store add T[…] = x`.
struct StoreStmt : StmtOf<StmtKind::Store> {
  using StmtOf::StmtOf;
  Identifier combine; ///< empty, `add`, `max` or `min`
  Identifier tensor;
  SourceRange targetRange; ///< `T[indices]`
  std::vector<ExprPtr> indices;
  ExprPtr value;
  ExprPtr when;  ///< uniform condition; may be null
  ExprPtr where; ///< condition per element; may be null
};

/// `skip when condition`: this step of the loop has no effect.
struct SkipStmt : StmtOf<StmtKind::Skip> {
  using StmtOf::StmtOf;
  ExprPtr condition;
};

/// `name`, `name as alias`, `name <= bound`.
struct Dim {
  SourceRange range;
  Identifier name;
  Identifier alias; ///< may be empty
  ExprPtr bound;    ///< may be null
};

/// `static name: [values]`; one value without brackets too.
struct StaticDim {
  SourceRange range;
  Identifier name;
  ExprPtr values; ///< ListExpr, RangeExpr or a single value
};

/// One extent of a tensor: `expr`, `expr as name`.
struct Extent {
  ExprPtr size;
  Identifier alias; ///< may be empty
};

/// `in`, `out` or `scratch` with a name and a type.
struct Param {
  enum class Kind : uint8_t { In, Out, Scratch };
  Kind kind = Kind::In;
  SourceRange range;
  Identifier name;
  Identifier dtype;
  bool isTensor = false; ///< has brackets
  std::vector<Extent> extents;
  bool strided = false; ///< the last axis may have a stride
  bool zeroed = false;  ///< scratch that is zero at launch
  ExprPtr defaultValue; ///< may be null
  ExprPtr when;         ///< may be null
};

/// `require condition`, `require "why": condition`.
struct Require {
  SourceRange range;
  std::string message; ///< may be empty
  ExprPtr condition;
};

/// `constraint "why": expr`.
struct Constraint {
  SourceRange range;
  std::string reason; ///< may be empty
  SourceRange reasonRange;
  ExprPtr condition;
};

/// `grid (binders) { body }`.
struct Grid {
  SourceRange range;
  std::vector<Binder> binders;
  StmtList body;
};

/// `key = value`, `key(arguments) = value`.
struct ScheduleEntry {
  SourceRange range;
  Identifier key;
  std::vector<ExprPtr> arguments;
  ExprPtr value;
};

/// A kernel. One whose first word is `procedure` is prose: `procedure` is
/// true, `text` has the body, and the rest is empty.
struct Kernel {
  SourceRange range;
  Identifier name;
  bool procedure = false;
  std::string text; ///< the body, without the indentation that it shares

  std::vector<Dim> dims;
  std::vector<StaticDim> statics;
  std::string reference; ///< `file.py:function`; may be empty
  SourceRange referenceRange;
  std::vector<Param> params; ///< in, out and scratch, in order
  std::vector<Require> requirements;
  std::vector<Constraint> constraints;
  std::optional<Grid> grid;
  std::vector<ScheduleEntry> schedule;
  SourceRange scheduleRange;

  /// The parameter called \p name; null if there is none.
  const Param *findParam(llvm::StringRef name) const;
};

} // namespace spak::ast

#endif // SPAK_AST_KERNEL_H
