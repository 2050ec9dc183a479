// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Expressions, as written. The same nodes serve constraints, axis values,
// knowledge items and kernels. Knows no types of values.
#ifndef SPAK_AST_EXPR_H
#define SPAK_AST_EXPR_H

#include "spak/Support/SourceFile.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Casting.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spak::ast {

struct Block;

/// A word with its place.
struct Identifier {
  std::string text;
  SourceRange range;

  bool empty() const { return text.empty(); }
};

enum class ExprKind : uint8_t {
  Error,       ///< could not be read; an error was reported
  Int,         ///< 128, 0x80
  Float,       ///< 0.5, 1e-4
  String,      ///< "text", 'text', """text"""
  Bool,        ///< true, false
  Name,        ///< tile_m
  Member,      ///< device.arch
  Index,       ///< a[i, j]
  Call,        ///< dot(a, b, over: D)
  Unary,       ///< -a, not a
  Binary,      ///< a + b, a and b
  Compare,     ///< a < b, a < b <= c
  Conditional, ///< a if c else b
  Convert,     ///< a as bf16
  Load,        ///< load T[i, :]
  All,         ///< all(E)
  Fill,        ///< zeros f32[m, n], fill(v) f32[m, n]
  List,        ///< [a, b]
  Range,       ///< range[a, b]
  Colon,       ///< : as an index
  Union,       ///< "A" | "B"
  Map,         ///< { key: value } inside a list or call
  Prose        ///< text that is no expression
};

struct Expr {
  const ExprKind kind;
  SourceRange range;

  virtual ~Expr() = default;

protected:
  Expr(ExprKind kind, SourceRange range) : kind(kind), range(range) {}
};

using ExprPtr = std::unique_ptr<Expr>;

/// Gives a node its kind and its test for isa/cast.
template <ExprKind Kind>
struct ExprOf : Expr {
  explicit ExprOf(SourceRange range) : Expr(Kind, range) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind; }
};

struct ErrorExpr : ExprOf<ExprKind::Error> {
  using ExprOf::ExprOf;
};

struct IntLiteral : ExprOf<ExprKind::Int> {
  using ExprOf::ExprOf;
  int64_t value = 0;
};

struct FloatLiteral : ExprOf<ExprKind::Float> {
  using ExprOf::ExprOf;
  double value = 0;
};

struct StringLiteral : ExprOf<ExprKind::String> {
  using ExprOf::ExprOf;
  std::string value;   ///< without quotes, escapes resolved
  SourceRange content; ///< between the quotes
  /// True if `value` is the text of `content`, byte by byte: then places in
  /// it are places in the file.
  bool verbatim = true;
};

struct BoolLiteral : ExprOf<ExprKind::Bool> {
  using ExprOf::ExprOf;
  bool value = false;
};

struct NameExpr : ExprOf<ExprKind::Name> {
  using ExprOf::ExprOf;
  std::string name;
};

/// `base.member`.
struct MemberExpr : ExprOf<ExprKind::Member> {
  using ExprOf::ExprOf;
  ExprPtr base;
  Identifier member;
};

/// `base[indices]`.
struct IndexExpr : ExprOf<ExprKind::Index> {
  using ExprOf::ExprOf;
  ExprPtr base;
  std::vector<ExprPtr> indices;
};

/// An argument of a call; `name` is empty for one without keyword.
struct Argument {
  Identifier name;
  ExprPtr value;
};

struct CallExpr : ExprOf<ExprKind::Call> {
  using ExprOf::ExprOf;
  ExprPtr callee; ///< NameExpr, or MemberExpr for a method
  std::vector<Argument> arguments;

  /// The argument with the keyword \p name; null if there is none.
  const Argument *find(llvm::StringRef name) const;
};

enum class UnaryOp : uint8_t { Negate, Plus, Not };

struct UnaryExpr : ExprOf<ExprKind::Unary> {
  using ExprOf::ExprOf;
  UnaryOp op = UnaryOp::Negate;
  SourceRange opRange;
  ExprPtr operand;
};

enum class BinaryOp : uint8_t { Add, Sub, Mul, Div, Mod, And, Or };

struct BinaryExpr : ExprOf<ExprKind::Binary> {
  using ExprOf::ExprOf;
  BinaryOp op = BinaryOp::Add;
  SourceRange opRange;
  ExprPtr lhs;
  ExprPtr rhs;
};

enum class CompareOp : uint8_t { Eq, Ne, Lt, Le, Gt, Ge };

/// `a < b <= c`: one operator fewer than operands, at least one.
struct CompareExpr : ExprOf<ExprKind::Compare> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> operands;
  std::vector<CompareOp> ops;
  std::vector<SourceRange> opRanges;
};

/// `then if condition else otherwise`.
struct ConditionalExpr : ExprOf<ExprKind::Conditional> {
  using ExprOf::ExprOf;
  ExprPtr condition;
  ExprPtr then;
  ExprPtr otherwise;
};

/// `value as dtype`; the type may be the name of an axis.
struct ConvertExpr : ExprOf<ExprKind::Convert> {
  using ExprOf::ExprOf;
  ExprPtr value;
  Identifier dtype;
};

/// `load tensor[indices]`.
struct LoadExpr : ExprOf<ExprKind::Load> {
  using ExprOf::ExprOf;
  Identifier tensor;
  std::vector<ExprPtr> indices;
};

/// `all(extent)`: the whole of an extent as a range.
struct AllExpr : ExprOf<ExprKind::All> {
  using ExprOf::ExprOf;
  ExprPtr extent;
};

/// `zeros f32[m, n]` (no value) or `fill(value) f32[m, n]`.
struct FillExpr : ExprOf<ExprKind::Fill> {
  using ExprOf::ExprOf;
  ExprPtr value; ///< null for zeros
  Identifier dtype;
  std::vector<ExprPtr> axes; ///< names of ranges or dims
};

struct ListExpr : ExprOf<ExprKind::List> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> elements;
};

/// `range[first, last]`, both included; `step` may be absent.
struct RangeExpr : ExprOf<ExprKind::Range> {
  using ExprOf::ExprOf;
  ExprPtr first;
  ExprPtr last;
  ExprPtr step; ///< null for 1
};

struct ColonExpr : ExprOf<ExprKind::Colon> {
  using ExprOf::ExprOf;
};

/// `"A" | "B"`: at least two alternatives.
struct UnionExpr : ExprOf<ExprKind::Union> {
  using ExprOf::ExprOf;
  std::vector<ExprPtr> alternatives;
};

struct MapExpr : ExprOf<ExprKind::Map> {
  explicit MapExpr(SourceRange range);
  ~MapExpr() override;
  std::unique_ptr<Block> block;
};

/// Text of the generic layer that no rule of expressions fits.
struct ProseExpr : ExprOf<ExprKind::Prose> {
  using ExprOf::ExprOf;
  std::string text;
};

/// The operator as it is written: `+`, `and`, `<=`, `not`.
llvm::StringRef spelling(UnaryOp op);
llvm::StringRef spelling(BinaryOp op);
llvm::StringRef spelling(CompareOp op);

/// A name, or names joined by dots (`TraceItem.Performance`), as one text;
/// nothing if \p expr is something else.
std::optional<std::string> dottedName(const Expr &expr);

/// \p expr on one line, with the parentheses that it needs and no others.
std::string toString(const Expr &expr);

} // namespace spak::ast

#endif // SPAK_AST_EXPR_H
