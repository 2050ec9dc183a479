// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the walk over statements for names alone.
#include "Uses.h"

#include "Evaluator.h"

namespace spak::sema {

void forEachUse(const ast::Expr &expr, NameVisitor visit) {
  walk(expr, [&](const ast::Expr &e) {
    if (const auto *name = llvm::dyn_cast<ast::NameExpr>(&e)) {
      visit(name->name);
    } else if (const auto *convert = llvm::dyn_cast<ast::ConvertExpr>(&e)) {
      visit(convert->dtype.text);
    } else if (const auto *fill = llvm::dyn_cast<ast::FillExpr>(&e)) {
      visit(fill->dtype.text);
    } else if (llvm::isa<ast::MemberExpr>(e)) {
      if (std::optional<std::string> dotted = ast::dottedName(e)) {
        visit(*dotted);
      }
    }
  });
}

namespace {

class UseWalker {
public:
  explicit UseWalker(NameVisitor visit) : visit(visit) {}

  void use(const ast::ExprPtr &expr) {
    if (expr) {
      forEachUse(*expr, visit);
    }
  }

  void use(const ast::Binder &binder) {
    use(binder.lower);
    use(binder.upper);
    use(binder.step);
    use(binder.atMost);
  }

  void use(const ast::StmtList &body) {
    for (const ast::StmtPtr &stmt : body) {
      use(*stmt);
    }
  }

  void use(const ast::Stmt &stmt) {
    if (const auto *assign = llvm::dyn_cast<ast::AssignStmt>(&stmt)) {
      use(assign->value);
    } else if (const auto *loop = llvm::dyn_cast<ast::ForStmt>(&stmt)) {
      use(loop->binder);
      use(loop->body);
    } else if (const auto *branch = llvm::dyn_cast<ast::IfStmt>(&stmt)) {
      use(branch->condition);
      use(branch->then);
      use(branch->otherwise);
    } else if (const auto *match = llvm::dyn_cast<ast::MatchStmt>(&stmt)) {
      use(match->subject);
      for (const ast::MatchArm &arm : match->arms) {
        for (const ast::ExprPtr &pattern : arm.patterns) {
          use(pattern);
        }
        use(arm.body);
      }
    } else if (const auto *call = llvm::dyn_cast<ast::CallStmt>(&stmt)) {
      forEachUse(*call->call, visit);
    } else if (const auto *store = llvm::dyn_cast<ast::StoreStmt>(&stmt)) {
      for (const ast::ExprPtr &index : store->indices) {
        use(index);
      }
      use(store->value);
      use(store->when);
      use(store->where);
    } else if (const auto *skip = llvm::dyn_cast<ast::SkipStmt>(&stmt)) {
      use(skip->condition);
    }
  }

private:
  NameVisitor visit;
};

void forEachLoopBinder(const ast::StmtList &body,
                       llvm::function_ref<void(const ast::Binder &)> visit) {
  for (const ast::StmtPtr &stmt : body) {
    if (const auto *loop = llvm::dyn_cast<ast::ForStmt>(stmt.get())) {
      visit(loop->binder);
      forEachLoopBinder(loop->body, visit);
    } else if (const auto *branch = llvm::dyn_cast<ast::IfStmt>(stmt.get())) {
      forEachLoopBinder(branch->then, visit);
      forEachLoopBinder(branch->otherwise, visit);
    } else if (const auto *match = llvm::dyn_cast<ast::MatchStmt>(stmt.get())) {
      for (const ast::MatchArm &arm : match->arms) {
        forEachLoopBinder(arm.body, visit);
      }
    }
  }
}

} // namespace

void forEachUse(const ast::Kernel &kernel, NameVisitor visit) {
  UseWalker walker(visit);
  for (const ast::Param &param : kernel.params) {
    visit(param.dtype.text);
    for (const ast::Extent &extent : param.extents) {
      walker.use(extent.size);
    }
    walker.use(param.defaultValue);
    walker.use(param.when);
  }
  for (const ast::Dim &dim : kernel.dims) {
    walker.use(dim.bound);
  }
  for (const ast::Require &require : kernel.requirements) {
    walker.use(require.condition);
  }
  if (kernel.grid) {
    for (const ast::Binder &binder : kernel.grid->binders) {
      walker.use(binder);
    }
    walker.use(kernel.grid->body);
  }
  for (const ast::ScheduleEntry &entry : kernel.schedule) {
    walker.use(entry.value);
  }
}

void forEachRebinding(const ast::StmtList &body, NameVisitor visit) {
  for (const ast::StmtPtr &stmt : body) {
    if (const auto *assign = llvm::dyn_cast<ast::AssignStmt>(stmt.get())) {
      visit(assign->target.text);
    } else if (const auto *call = llvm::dyn_cast<ast::CallStmt>(stmt.get())) {
      const auto *member =
          llvm::dyn_cast<ast::MemberExpr>(call->call->callee.get());
      if (member && llvm::isa<ast::NameExpr>(*member->base)) {
        visit(llvm::cast<ast::NameExpr>(*member->base).name);
      }
    } else if (const auto *loop = llvm::dyn_cast<ast::ForStmt>(stmt.get())) {
      forEachRebinding(loop->body, visit);
    } else if (const auto *branch = llvm::dyn_cast<ast::IfStmt>(stmt.get())) {
      forEachRebinding(branch->then, visit);
      forEachRebinding(branch->otherwise, visit);
    } else if (const auto *match = llvm::dyn_cast<ast::MatchStmt>(stmt.get())) {
      for (const ast::MatchArm &arm : match->arms) {
        forEachRebinding(arm.body, visit);
      }
    }
  }
}

void forEachBinder(const ast::Kernel &kernel,
                   llvm::function_ref<void(const ast::Binder &)> visit) {
  if (!kernel.grid) {
    return;
  }
  for (const ast::Binder &binder : kernel.grid->binders) {
    visit(binder);
  }
  forEachLoopBinder(kernel.grid->body, visit);
}

} // namespace spak::sema
