// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: statements: what an assignment binds, what a loop carries, what a
// store may hit.
#include "Checker.h"

#include "Evaluator.h"
#include "Uses.h"

#include "llvm/ADT/STLExtras.h"

using namespace spak::space;

namespace spak::sema {

using TypeKind = Type::Kind;

Statement *Checker::append(Statement::Kind kind, SourceRange range) {
  auto *statement = program.make<Statement>();
  statement->kind = kind;
  statement->range = range;
  block->push_back(statement);
  return statement;
}

std::vector<const Statement *> Checker::checkBody(const ast::StmtList &body) {
  std::vector<const Statement *> result;
  std::vector<const Statement *> *outer = block;
  block = &result;
  for (const ast::StmtPtr &stmt : body) {
    if (diags.atErrorLimit()) {
      break;
    }
    checkStmt(*stmt);
  }
  block = outer;
  return result;
}

void Checker::checkStmt(const ast::Stmt &stmt) {
  switch (stmt.kind) {
  case ast::StmtKind::Assign:
    return checkAssign(llvm::cast<ast::AssignStmt>(stmt));
  case ast::StmtKind::For:
    return checkFor(llvm::cast<ast::ForStmt>(stmt));
  case ast::StmtKind::If:
    return checkIf(llvm::cast<ast::IfStmt>(stmt));
  case ast::StmtKind::Match:
    return checkMatch(llvm::cast<ast::MatchStmt>(stmt));
  case ast::StmtKind::Call:
    return checkCall(llvm::cast<ast::CallStmt>(stmt));
  case ast::StmtKind::Store:
    return checkStore(llvm::cast<ast::StoreStmt>(stmt));
  case ast::StmtKind::Skip:
    diags.error(diag::err_not_compiled, stmt.range) << "`skip when`";
    return;
  }
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

Checker::Local *Checker::findLocal(llvm::StringRef name, size_t *depth) {
  for (size_t i = scopes.size(); i-- > 0;) {
    auto found = scopes[i].locals.find(name);
    if (found != scopes[i].locals.end()) {
      if (depth) {
        *depth = i;
      }
      return &found->second;
    }
  }
  return nullptr;
}

/// Binds \p name, or rebinds it where it was introduced. A name from outside
/// a loop becomes one that the loop carries.
void Checker::bind(llvm::StringRef name, const Expr *value, SourceRange range) {
  size_t depth = scopes.size() - 1;
  Local *local = findLocal(name, &depth);
  bool carried = local && depth + 1 < scopes.size();
  if (local && local->value && local->value->type.poisoned()) {
    return; // The first binding was wrong: nothing to compare with.
  }
  if (value->type.poisoned()) {
    if (!local) {
      Local fresh;
      fresh.value = value;
      fresh.range = range;
      scopes.back().locals[name] = fresh;
    }
    return;
  }
  if (carried) {
    const Type &type =
        local->variable ? local->variable->type : local->value->type;
    if (value->type.is(TypeKind::Constant) && type.is(TypeKind::Scalar)) {
      value = typing.scalarOf(value, type.dtype);
    }
    if (!local->variable || type != value->type) {
      auto error = diags.error(diag::err_carried_type, range)
                   << name << type.text() << value->type.text();
      error.note(local->range, "it is bound first here, outside the loop");
      if (type.is(TypeKind::Tile) && value->type.is(TypeKind::Tile) &&
          type.axes == value->type.axes) {
        error.help("convert it with `as " + dtypeName(type.dtype).str() + "`");
      }
      return;
    }
    for (size_t i = depth + 1; i < scopes.size(); ++i) {
      auto &list = scopes[i].loop->carried;
      if (!llvm::is_contained(list, local->variable)) {
        list.push_back(local->variable);
      }
    }
  }
  bool folded =
      value->type.is(TypeKind::Constant) || value->type.is(TypeKind::Range);
  if (!carried) {
    Local fresh;
    fresh.range = local ? local->range : range;
    if (folded) {
      fresh.value = value;
    } else if (local && local->variable &&
               local->variable->type == value->type) {
      fresh.variable = local->variable;
    } else {
      auto *variable = program.make<Variable>();
      variable->name = name.str();
      variable->type = value->type;
      variable->range = range;
      fresh.variable = variable;
    }
    scopes[depth].locals[name] = fresh;
    local = &scopes[depth].locals[name];
  }
  if (folded) {
    return;
  }
  Statement *statement = append(Statement::Kind::Bind, range);
  statement->variable = local->variable;
  statement->value = value;
  llvm::SmallBitVector &told = tells[local->variable];
  told.clear();
  told.resize(program.grid.size());
  for (unsigned i = 0; i < program.grid.size() && !carried; ++i) {
    told[i] = mentions(value, i);
  }
}

void Checker::checkAssign(const ast::AssignStmt &stmt) {
  const Expr *value = nullptr;
  if (const auto *all = llvm::dyn_cast<ast::AllExpr>(stmt.value.get())) {
    // The whole of an extent as a range named after its variable.
    const Expr *extent = check(*all->extent);
    if (extent->type.is(TypeKind::Constant) && extent->constant.isInt() &&
        extent->constant.asInt() >= 1 && !stmt.op) {
      Type type;
      type.kind = TypeKind::Range;
      type.axes = {wholeAxis(stmt.target.text, extent->constant.asInt(),
                             stmt.target.range)};
      auto *holder = program.make<Variable>();
      holder->name = stmt.target.text;
      holder->type = type;
      value = typing.variable(holder, stmt.range);
    } else {
      if (!extent->type.poisoned()) {
        diags.error(diag::err_extent, all->extent->range)
            << quoted(all->extent->range.text());
      }
      value = typing.poison(stmt.range);
    }
  } else {
    value = check(*stmt.value);
  }
  if (stmt.op) {
    Local *local = findLocal(stmt.target.text);
    if (!local) {
      unknownName(stmt.target.text, stmt.target.range);
      return;
    }
    const Expr *old = local->value
                          ? local->value
                          : typing.variable(local->variable, stmt.target.range);
    value = typing.binary(lowerOp(*stmt.op), old, value, stmt.range);
  } else if (declared.count(stmt.target.text) || point.find(stmt.target.text)) {
    auto error = diags.error(diag::err_duplicate_name, stmt.target.range)
                 << stmt.target.text;
    auto old = declared.find(stmt.target.text);
    if (old != declared.end()) {
      error.note(old->second, "the first declaration is here");
    } else if (const Axis *axis = system.findAxis(stmt.target.text)) {
      error.note(axis->range, "it is an axis of the space");
    }
    return;
  }
  bind(stmt.target.text, value, stmt.range);
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

/// A number that the body rebinds cannot fold: it becomes a uniform value.
void Checker::promote(const ast::ForStmt &stmt) {
  forEachRebinding(stmt.body, [&](llvm::StringRef name) {
    Local *local = findLocal(name);
    if (!local || !local->value || !local->value->type.is(TypeKind::Constant) ||
        !local->value->constant.isNumber()) {
      return;
    }
    bool integer = local->value->constant.isInt();
    auto *variable = program.make<Variable>();
    variable->name = name.str();
    variable->type.kind = TypeKind::Scalar;
    variable->type.dtype = integer ? Dtype::Index : Dtype::F32;
    variable->range = local->range;
    Statement *statement = append(Statement::Kind::Bind, local->range);
    statement->variable = variable;
    statement->value = typing.scalarOf(local->value, variable->type.dtype);
    local->variable = variable;
    local->value = nullptr;
  });
}

void Checker::checkFor(const ast::ForStmt &stmt) {
  promote(stmt);
  const ast::Binder &binder = stmt.binder;
  auto *loop = program.make<Statement>();
  loop->kind = Statement::Kind::For;
  loop->range = stmt.range;
  Local local;
  local.range = binder.name.range;
  if (binder.kind == ast::Binder::Kind::Tiles) {
    if (TileAxis *axis = makeRange(binder)) {
      auto *holder = program.make<Variable>();
      holder->name = binder.name.text;
      holder->type.kind = TypeKind::Range;
      holder->type.axes = {axis};
      holder->range = binder.name.range;
      loop->axis = axis;
      local.variable = holder;
      local.value = typing.variable(holder, binder.name.range);
    } else {
      local.value = typing.poison(binder.name.range);
    }
  } else {
    loop->lower = binder.lower
                      ? uniformIndex(*binder.lower, "a bound of the loop")
                      : typing.scalarOf(typing.constant(AxisValue(int64_t(0)),
                                                        binder.name.range),
                                        Dtype::Index);
    loop->upper = uniformIndex(*binder.upper, "a bound of the loop");
    auto *holder = program.make<Variable>();
    holder->name = binder.name.text;
    holder->type.kind = TypeKind::Scalar;
    holder->type.dtype = Dtype::Index;
    holder->range = binder.name.range;
    loop->variable = holder;
    local.variable = holder;
  }
  scopes.emplace_back();
  scopes.back().loop = loop;
  scopes.back().locals[binder.name.text] = local;
  loop->body = checkBody(stmt.body);
  scopes.pop_back();
  block->push_back(loop);
}

std::optional<bool> Checker::decided(const ast::Expr &expr) {
  const Expr *condition = check(expr);
  if (condition->type.poisoned()) {
    return std::nullopt;
  }
  if (condition->type.is(TypeKind::Constant)) {
    if (condition->constant.isBool()) {
      return condition->constant.asBool();
    }
    diags.error(diag::err_not_a_condition, expr.range)
        << condition->constant.text();
    return std::nullopt;
  }
  auto error = diags.error(diag::err_condition_runtime, expr.range)
               << condition->type.text();
  error.help("per element, `select(p, a, b)` chooses and `mask(s, p)` drops");
  return std::nullopt;
}

void Checker::checkIf(const ast::IfStmt &stmt) {
  std::optional<bool> chosen = decided(*stmt.condition);
  if (!chosen) {
    return;
  }
  // A folded branch rebinds in the enclosing scope.
  for (const ast::StmtPtr &inner : *chosen ? stmt.then : stmt.otherwise) {
    checkStmt(*inner);
  }
}

void Checker::checkMatch(const ast::MatchStmt &stmt) {
  const Expr *subject = check(*stmt.subject);
  if (subject->type.poisoned()) {
    return;
  }
  if (!subject->type.is(TypeKind::Constant)) {
    diags.error(diag::err_condition_runtime, stmt.subject->range)
        << subject->type.text();
    return;
  }
  for (const ast::MatchArm &arm : stmt.arms) {
    bool fits = arm.patterns.empty();
    for (const ast::ExprPtr &pattern : arm.patterns) {
      const Expr *value = check(*pattern);
      fits |= value->type.is(TypeKind::Constant) &&
              value->constant == subject->constant;
    }
    if (fits) {
      for (const ast::StmtPtr &inner : arm.body) {
        checkStmt(*inner);
      }
      return;
    }
  }
  diags.error(diag::err_match_none, stmt.subject->range)
      << subject->constant.text();
}

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

void Checker::checkCall(const ast::CallStmt &stmt) {
  const auto *member = llvm::dyn_cast<ast::MemberExpr>(stmt.call->callee.get());
  const auto *state =
      member ? llvm::dyn_cast<ast::NameExpr>(member->base.get()) : nullptr;
  if (state && member->member.text == "update") {
    checkUpdate(*stmt.call, *state);
    return;
  }
  if (member) {
    auto error = diags.error(diag::err_unknown_name, member->member.range)
                 << member->member.text;
    error.help("a state has `update`, `output` and `lse`");
    return;
  }
  diags.error(diag::err_call_arguments, stmt.range)
      << quoted(stmt.call->callee->range.text())
      << "its value to be used: only `update` stands alone";
}

void Checker::checkUpdate(const ast::CallExpr &call,
                          const ast::NameExpr &state) {
  const Expr *old = check(state);
  llvm::SmallVector<const Expr *, 2> values;
  if (!arguments(call, "update", 2, values) || old->type.poisoned()) {
    return;
  }
  if (!old->type.is(TypeKind::Softmax) || !old->variable) {
    diags.error(diag::err_not_a_state, state.range) << "update" << shown(old);
    return;
  }
  const TileAxis *rows = old->type.axes[0], *width = old->type.axes[1];
  const Expr *s = typing.rvalue(values[0]), *v = typing.rvalue(values[1]);
  if (s->type.poisoned() || v->type.poisoned()) {
    return;
  }
  std::string over =
      rows->name + ", " + (width->whole ? width->dim : width->name);
  auto wrong = [&](const Expr *what, const llvm::Twine &wanted) {
    auto error = diags.error(diag::err_update_axes, what->range)
                 << over << wanted.str() << shown(what);
    error.note(old->variable->range, "the state is introduced here");
  };
  if (!s->type.is(TypeKind::Tile) || s->type.axes.size() != 2 ||
      !s->type.hasAxis(rows) || s->type.dtype != Dtype::F32) {
    wrong(s, "scores `f32[" + rows->name + ", n]`");
    return;
  }
  const TileAxis *contracted =
      s->type.axes[0] == rows ? s->type.axes[1] : s->type.axes[0];
  std::string axis = contracted->whole ? contracted->dim : contracted->name;
  if (!v->type.is(TypeKind::Tile) || v->type.axes.size() != 2 ||
      !v->type.hasAxis(contracted) || !v->type.hasAxis(width) ||
      !isFloat(v->type.dtype)) {
    wrong(v, "values over `[" + axis + ", " +
                 (width->whole ? width->dim : width->name) + "]`");
    return;
  }
  Statement *statement = append(Statement::Kind::Update, call.range);
  statement->variable = old->variable;
  statement->value = s;
  statement->second = v;
  statement->axis = contracted;
  size_t depth = 0;
  findLocal(state.name, &depth);
  for (size_t i = depth + 1; i < scopes.size(); ++i) {
    auto &list = scopes[i].loop->carried;
    if (!llvm::is_contained(list, old->variable)) {
      list.push_back(old->variable);
    }
  }
}

/// True if different values of the grid's variable number \p variable give
/// different values of \p expr, as far as the text shows.
bool Checker::mentions(const Expr *expr, unsigned variable) {
  const GridVariable &wanted = program.grid[variable];
  switch (expr->kind) {
  case Expr::Kind::Variable: {
    if (expr->type.is(TypeKind::Range)) {
      return wanted.axis && expr->type.axes.front() == wanted.axis;
    }
    auto told = tells.find(expr->variable);
    return expr->variable == wanted.variable ||
           (told != tells.end() && told->second.test(variable));
  }
  case Expr::Kind::Binary:
    if (expr->binary == BinaryOp::Div || expr->binary == BinaryOp::Mod) {
      return false;
    }
    return mentions(expr->operands[0], variable) ||
           mentions(expr->operands[1], variable);
  case Expr::Kind::RangeIndex:
  case Expr::Kind::Convert:
  case Expr::Kind::Negate:
    return mentions(expr->operands[0], variable);
  default:
    return false;
  }
}

/// `a * E + b`: the one sum that keeps two variables apart.
static bool isPacked(const Expr *index) {
  auto product = [](const Expr *e) {
    return e->kind == Expr::Kind::Binary && e->binary == BinaryOp::Mul;
  };
  return index->kind == Expr::Kind::Variable ||
         (index->kind == Expr::Kind::Binary && index->binary == BinaryOp::Add &&
          (product(index->operands[0]) || product(index->operands[1])));
}

bool Checker::coversGrid(const TensorParam *tensor,
                         llvm::ArrayRef<const Expr *> indices,
                         SourceRange range) {
  llvm::SmallBitVector covered(program.grid.size());
  for (const Expr *index : indices) {
    llvm::SmallBitVector told(program.grid.size());
    for (unsigned i = 0; i < program.grid.size(); ++i) {
      told[i] = mentions(index, i);
    }
    if (told.count() <= 1 || isPacked(index)) {
      covered |= told;
    }
  }
  for (auto [i, variable] : llvm::enumerate(program.grid)) {
    if (covered.test(i)) {
      continue;
    }
    std::string name =
        variable.axis ? variable.axis->name : variable.variable->name;
    auto error = diags.error(diag::err_store_overlap, range)
                 << tensor->name << name;
    error.note(variable.range,
               "every value of `" + name + "` is another block");
    error.help("`store add` lets many blocks hit an element");
    return false;
  }
  return true;
}

void Checker::checkStore(const ast::StoreStmt &stmt) {
  if (stmt.when) {
    std::optional<bool> chosen = decided(*stmt.when);
    if (!chosen || !*chosen) {
      return;
    }
  }
  const TensorParam *tensor = findTensor(stmt.tensor);
  const Expr *value = typing.rvalue(check(*stmt.value));
  if (!tensor) {
    return;
  }
  if (!tensor->isOutput) {
    auto error = diags.error(diag::err_direction, stmt.tensor.range)
                 << tensor->name << "in" << "stored";
    error.note(tensor->range, "it is declared here");
    return;
  }
  if (isOutputAbsent(tensor->name)) {
    auto error = diags.error(diag::err_output_absent, stmt.tensor.range)
                 << tensor->name;
    error.note(tensor->range, "it exists only under a condition");
    error.help("give the store the same `when`");
    return;
  }
  llvm::SmallVector<const Expr *, 5> indices;
  if (!checkIndices(tensor, stmt.indices, stmt.targetRange, indices) ||
      value->type.poisoned()) {
    return;
  }
  if (stmt.where) {
    diags.error(diag::err_not_compiled, stmt.where->range) << "`where`";
    return;
  }
  // The slice that the indices name, and the value over it.
  Type slice;
  slice.kind = TypeKind::Tile;
  slice.dtype =
      value->type.is(TypeKind::Constant) ? Dtype::F32 : value->type.dtype;
  for (const Expr *index : indices) {
    if (index->type.is(TypeKind::Range)) {
      slice.axes.push_back(index->type.axes.front());
    }
  }
  bool within = llvm::all_of(value->type.axes, [&](const TileAxis *axis) {
    return slice.hasAxis(axis);
  });
  if (!within || value->type.is(TypeKind::Softmax) ||
      (value->type.is(TypeKind::Constant) && !value->constant.isNumber())) {
    Type place = slice;
    place.dtype = tensor->dtype;
    auto error = diags.error(diag::err_store_type, stmt.targetRange)
                 << tensor->name << place.text() << shown(value);
    error.note(value->range, "this is `" + shown(value) + "`");
    error.note(tensor->range, "`" + tensor->name + "` is declared here");
    return;
  }
  std::string combine = stmt.combine.text;
  if (combine.empty() && !coversGrid(tensor, indices, stmt.targetRange)) {
    return;
  }
  if (slice.axes.empty()) {
    diags.error(diag::err_not_compiled, stmt.range)
        << "a store of a single element";
    return;
  }
  Statement *statement = append(Statement::Kind::Store, stmt.range);
  statement->tensor = tensor;
  statement->indices.assign(indices.begin(), indices.end());
  statement->value = typing.broadcast(value, slice);
  statement->combine = combine;
}

} // namespace spak::sema
