// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the walk over the generated parser's tree. A rule that holds an error
// gives nothing; whoever asked leaves it out.
#ifndef SPAK_LIB_FRONTEND_ANTLR_TREEBUILDER_H
#define SPAK_LIB_FRONTEND_ANTLR_TREEBUILDER_H

#include "Parsing.h"

namespace spak::frontend {

/// The children of a rule, in order, read one after the other.
class Children {
public:
  Children(antlr4::ParserRuleContext *rule, const Tokens &tokens)
      : rule(rule), tokens(tokens) {}

  bool done() const { return next >= rule->children.size(); }
  /// The kind of the next child if it is a token, else END.
  Tok peek() const;
  /// The rule of the next child, or -1 if it is a token.
  size_t peekRule() const;
  /// The next child, a token.
  const Token &token();
  /// The next child if it is a token of \p kind; null otherwise.
  const Token *accept(Tok kind);
  /// The next child, a rule.
  antlr4::ParserRuleContext *child();
  /// Passes over tokens up to the next rule; null if there is none.
  antlr4::ParserRuleContext *nextRule();

private:
  antlr4::ParserRuleContext *rule;
  const Tokens &tokens;
  size_t next = 0;
};

/// What both halves of the builder need.
class TreeReader {
public:
  TreeReader(const TokenContext &context, const Tokens &tokens)
      : context(context), tokens(tokens) {}

protected:
  Children children(antlr4::ParserRuleContext *rule) const {
    return Children(rule, tokens);
  }
  SourceRange range(antlr4::ParserRuleContext *rule) const;
  ast::Identifier identifier(const Token &token) const;
  /// \p token without quotes, if it has any.
  ast::Identifier unquoted(const Token &token) const;
  static bool failed(const antlr4::ParserRuleContext *rule) {
    return !rule || rule->exception != nullptr;
  }

  const TokenContext &context;
  const Tokens &tokens;
};

/// Expressions, and the entries of maps inside them.
class ExprBuilder : public TreeReader {
public:
  using TreeReader::TreeReader;

  /// The tree of any rule of expressions; null after an error.
  ast::ExprPtr build(antlr4::ParserRuleContext *rule);

protected:
  std::unique_ptr<ast::StringLiteral> string(const Token &token);
  std::vector<ast::ExprPtr> indices(antlr4::ParserRuleContext *rule);
  /// `base` with the call in \p rule.
  std::unique_ptr<ast::CallExpr> call(ast::ExprPtr base,
                                      antlr4::ParserRuleContext *rule);
  ast::ExprPtr member(ast::ExprPtr base, antlr4::ParserRuleContext *rule);

  virtual void entries(Children &list, std::vector<ast::ItemPtr> &items) = 0;
  ~ExprBuilder() = default;

  /// Numbers that fit no type are errors in formal text and floats in
  /// generic blocks.
  bool strictNumbers = true;

private:
  ast::ExprPtr node(antlr4::ParserRuleContext *rule);
  ast::ExprPtr conditional(antlr4::ParserRuleContext *rule);
  ast::ExprPtr chain(antlr4::ParserRuleContext *rule);
  ast::ExprPtr comparison(antlr4::ParserRuleContext *rule);
  ast::ExprPtr alternatives(antlr4::ParserRuleContext *rule);
  ast::ExprPtr unary(antlr4::ParserRuleContext *rule);
  ast::ExprPtr conversion(antlr4::ParserRuleContext *rule);
  ast::ExprPtr postfix(antlr4::ParserRuleContext *rule);
  ast::ExprPtr atom(antlr4::ParserRuleContext *rule);
  ast::ExprPtr number(const Token &token);
  ast::ExprPtr list(antlr4::ParserRuleContext *rule, Children list);
  ast::ExprPtr fill(antlr4::ParserRuleContext *rule, Children list);
  bool tooDeep(antlr4::ParserRuleContext *rule, size_t more);

  unsigned depth = 0;
};

/// Kernels and their statements.
class KernelBuilder : public ExprBuilder {
public:
  using ExprBuilder::ExprBuilder;

protected:
  void kernel(antlr4::ParserRuleContext *rule, ast::Kernel &kernel);
  bool constraint(antlr4::ParserRuleContext *rule, ast::Constraint &result);
  ~KernelBuilder() = default;

private:
  void item(antlr4::ParserRuleContext *rule, ast::Kernel &kernel);
  void dims(antlr4::ParserRuleContext *rule, ast::Kernel &kernel);
  void param(antlr4::ParserRuleContext *rule, ast::Kernel &kernel);
  void extents(Children &list, ast::Param &param);
  void grid(antlr4::ParserRuleContext *rule, ast::Kernel &kernel);
  void schedule(antlr4::ParserRuleContext *rule, ast::Kernel &kernel);
  bool duplicate(antlr4::ParserRuleContext *rule, bool before,
                 llvm::StringRef what);

  bool binder(antlr4::ParserRuleContext *rule, ast::Binder &binder);
  bool domain(antlr4::ParserRuleContext *rule, ast::Binder &binder);
  ast::StmtList body(antlr4::ParserRuleContext *rule);
  ast::StmtPtr statement(antlr4::ParserRuleContext *rule);
  ast::StmtPtr simple(antlr4::ParserRuleContext *rule);
  ast::StmtPtr forStep(antlr4::ParserRuleContext *rule);
  ast::StmtPtr ifStep(antlr4::ParserRuleContext *rule);
  ast::StmtPtr matchStep(antlr4::ParserRuleContext *rule);
  ast::StmtPtr storeStep(antlr4::ParserRuleContext *rule);
};

} // namespace spak::frontend

#endif // SPAK_LIB_FRONTEND_ANTLR_TREEBUILDER_H
