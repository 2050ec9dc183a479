// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Sentences of the system layer as expressions: what each name in them stands
// for, and whether they have a type. Knows no points.
#ifndef SPAK_LIB_SEMA_BINDING_H
#define SPAK_LIB_SEMA_BINDING_H

#include "Evaluator.h"

#include "spak/Sema/Sema.h"

namespace spak::sema {

/// The type of a system expression.
enum class TermType : uint8_t { Any, Truth, Number, Text };

/// An expression whose names are all known, or why there is none.
struct Bound {
  ast::ExprPtr expr;
  std::string why; ///< it is not bound because …
  bool readsDims = false;
  /// It reads like a formula: then a name that is not known is a mistake, not
  /// prose.
  bool formal = false;
};

/// Binds the sentences of one system.
class Binder {
public:
  Binder(const System &system, DiagnosticEngine &diags);

  /// Binds a condition of \p block. Warnings: SPK2017, SPK2033 to SPK2035.
  Bound condition(const ast::Expr &expr, const ast::Block &block);
  /// Binds the value that \p axis gets in \p block.
  Bound value(const ast::Expr &expr, const Axis &axis, const ast::Block &block);
  /// Binds the body of the fact \p block, which has parameters.
  Bound predicate(const ast::Expr &expr, const ast::Block &block);
  /// The axis that \p name stands for, with a warning if it is spelled
  /// otherwise; null without one.
  const Axis *axis(llvm::StringRef name, SourceRange range);
  /// Warns that \p name is nothing that \p block could speak of.
  void unbound(llvm::StringRef name, SourceRange range,
               const ast::Block &block);

  /// The names of axes, then of dims and scalars.
  std::vector<std::string> axisNames;
  std::vector<std::string> launchNames;

private:
  const System &system;
  DiagnosticEngine &diags;
  /// A dim's alias to its name.
  std::map<std::string, std::string> canonical;
  std::map<std::string, const ast::Block *> facts;
  /// The fields of the parameters of the predicate that is bound.
  std::map<std::string, const ast::Block *> parameters;

  struct Scan;
  ast::ExprPtr leaf(const ast::Expr &expr, Scan &scan);
  ast::ExprPtr name(const ast::NameExpr &expr, Scan &scan);
  ast::ExprPtr member(const ast::MemberExpr &expr, Scan &scan);
  Bound bind(const ast::Expr &expr, const ast::Block &block, bool asked);
  const ast::Block *findCase(const ast::Expr *type) const;

  std::optional<TermType> typeOf(const ast::Expr &expr,
                                 const ast::Block &block);
  std::optional<TermType> typeOfCompare(const ast::CompareExpr &expr,
                                        const ast::Block &block);
  TermType typeOfAxis(const Axis &axis) const;
  bool expect(const ast::Expr &expr, TermType type, const ast::Block &block);
  void mistyped(const ast::Expr &expr, const llvm::Twine &text,
                const ast::Block &block);
  void checkValue(const Axis &axis, const ast::Expr &value);
};

/// Fills `knowledge`, `recommendations` and `loopParameters` of \p system.
void readKnowledge(System &system, DiagnosticEngine &diags, TextReader reader);

} // namespace spak::sema

#endif // SPAK_LIB_SEMA_BINDING_H
