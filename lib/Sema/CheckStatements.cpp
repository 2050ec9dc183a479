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
    diags.error(diag::err_not_compiled, stmt.range)
            .help("`mask(s, p)` skips the tiles of which an affine predicate "
                  "keeps "
                  "nothing; what memory decides is a list of tiles: `for j in "
                  "0 .. "
                  "count { n = tile(N, s, load List[j]) ... }`")
        << "`skip when`";
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

/// Whether all that \p expr reads is bound once.
bool Checker::isSettled(const Expr *expr) const {
  if (expr->meaning) {
    return isSettled(expr->meaning);
  }
  return !rebound.contains(expr->variable) &&
         llvm::all_of(expr->operands,
                      [&](const Expr *operand) { return isSettled(operand); });
}

/// \p value if a mask can look into it.
const Expr *Checker::meaningOf(const Expr *value) {
  if (!value->type.is(TypeKind::Tile)) {
    return nullptr;
  }
  std::vector<Conjunction> keep;
  bool known = value->type.dtype == Dtype::Bool
                   ? affineUnion(typing, value, keep)
                   : isAffine(value);
  return known && isSettled(value) ? value : nullptr;
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
      rebound.insert(local->variable);
    } else {
      auto *variable = program.make<Variable>();
      variable->name = name.str();
      variable->type = value->type;
      variable->range = range;
      fresh.variable = variable;
    }
    fresh.meaning = folded ? nullptr : meaningOf(value);
    scopes[depth].locals[name] = fresh;
    local = &scopes[depth].locals[name];
  } else {
    local->meaning = nullptr;
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

/// `tile(…)`, which only an assignment may hold: its name is the axis's.
static const ast::CallExpr *asTile(const ast::Expr &value) {
  const auto *call = llvm::dyn_cast<ast::CallExpr>(&value);
  const auto *name =
      call ? llvm::dyn_cast<ast::NameExpr>(call->callee.get()) : nullptr;
  return name && name->name == "tile" ? call : nullptr;
}

/// One tile of `tiles(E, s)` by its number, which only memory may know.
const Expr *Checker::checkTile(const ast::CallExpr &call,
                               const ast::Identifier &target) {
  if (call.arguments.size() != 3 ||
      llvm::any_of(call.arguments, [](const ast::Argument &argument) {
        return !argument.name.empty();
      })) {
    auto error = diags.error(diag::err_call_arguments, call.range)
                 << "tile" << "an extent, the size of a tile and its number";
    error.help("`n = tile(N, s, i)` is the i-th of `tiles(N, s)`");
    return typing.poison(call.range);
  }
  const Expr *extent =
      uniformIndex(*call.arguments[0].value, "the extent of the range");
  const Expr *size = check(*call.arguments[1].value);
  const Expr *number =
      uniformIndex(*call.arguments[2].value, "the number of a tile");
  if (extent->type.poisoned() || size->type.poisoned() ||
      number->type.poisoned()) {
    return typing.poison(call.range);
  }
  if (!size->type.is(TypeKind::Constant) || !size->constant.isInt() ||
      size->constant.asInt() < 1 || size->constant.asInt() > kMaxTile) {
    diags.error(diag::err_tile_size, call.arguments[1].value->range)
        << kMaxTile << shown(size);
    return typing.poison(call.range);
  }
  auto *axis = program.make<TileAxis>();
  axis->name = target.text;
  for (unsigned i = 1; !axisNames.insert(axis->name).second; ++i) {
    axis->name = target.text + "_" + std::to_string(i);
  }
  axis->range = target.range;
  axis->position = static_cast<unsigned>(axisNames.size());
  axis->size = size->constant.asInt();
  axis->lower = typing.scalarOf(
      typing.constant(AxisValue(int64_t(0)), target.range), Dtype::Index);
  axis->upper = extent;
  Statement *statement = append(Statement::Kind::Tile, call.range);
  statement->axis = axis;
  statement->value = number;
  Type type;
  type.kind = TypeKind::Range;
  type.axes = {axis};
  auto *holder = program.make<Variable>();
  holder->name = target.text;
  holder->type = type;
  holder->range = target.range;
  return typing.variable(holder, call.range);
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
  } else if (const ast::CallExpr *tile =
                 stmt.op ? nullptr : asTile(*stmt.value)) {
    value = checkTile(*tile, stmt.target);
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
    if (local && local->variable) {
      rebound.insert(local->variable);
      local->meaning = nullptr;
    }
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

/// What the statements of a branch that is taken at run time leave in names:
/// a branch only chooses between values, so it may only assign.
bool Checker::takeBranch(const ast::StmtList &body,
                         std::map<std::string, const Expr *> &values) {
  auto hold = [&](const std::string &name, const Expr *value,
                  SourceRange range) {
    Local local;
    local.range = range;
    local.chosen = value;
    scopes.back().locals[name] = local;
    values[name] = value;
  };
  for (const ast::StmtPtr &inner : body) {
    if (const auto *branch = llvm::dyn_cast<ast::IfStmt>(inner.get())) {
      const Expr *condition = check(*branch->condition);
      if (condition->type.is(TypeKind::Scalar) &&
          condition->type.dtype == Dtype::Bool) {
        std::map<std::string, const Expr *> chosen;
        if (!choose(*branch, condition, chosen)) {
          return false;
        }
        for (const auto &[name, value] : chosen) {
          hold(name, value, branch->range);
        }
        continue;
      }
      std::optional<bool> folded = decided(*branch->condition);
      if (!folded ||
          !takeBranch(*folded ? branch->then : branch->otherwise, values)) {
        return false;
      }
      continue;
    }
    const auto *assign = llvm::dyn_cast<ast::AssignStmt>(inner.get());
    if (!assign || llvm::isa<ast::AllExpr>(*assign->value) ||
        asTile(*assign->value)) {
      auto error = diags.error(diag::err_not_compiled, inner->range)
                   << "anything but an assignment under a condition that only "
                      "the launch or memory decides";
      error.help("bounds that are empty run a loop over nothing, and "
                 "`select(p, a, b)` and `mask(s, p)` choose values");
      return false;
    }
    const Expr *value = check(*assign->value);
    if (assign->op) {
      ast::NameExpr name(assign->target.range);
      name.name = assign->target.text;
      value = typing.binary(lowerOp(*assign->op), check(name), value,
                            assign->range);
    }
    value = typing.rvalue(value);
    if (value->type.poisoned()) {
      return false;
    }
    if (value->type.is(TypeKind::Softmax) || value->kind == Expr::Kind::Dot) {
      auto error =
          diags.error(diag::err_not_compiled, assign->range)
          << "a product or a state under a condition that only the launch or "
             "memory decides";
      error.help("bind it in front of the `if`: it is computed either way");
      return false;
    }
    hold(assign->target.text, value, assign->range);
  }
  return true;
}

/// `if` at run time: both sides are computed, and each name takes its value
/// from one; \p results says which.
bool Checker::choose(const ast::IfStmt &stmt, const Expr *condition,
                     std::map<std::string, const Expr *> &results) {
  std::map<std::string, const Expr *> sides[2];
  bool good = true;
  for (bool taken : {true, false}) {
    scopes.emplace_back();
    good &= takeBranch(taken ? stmt.then : stmt.otherwise, sides[!taken]);
    scopes.pop_back();
  }
  if (!good) {
    return false;
  }
  for (const auto &side : sides) {
    for (const auto &[name, value] : side) {
      const Expr *both[2];
      bool known = true;
      for (int i = 0; i < 2; ++i) {
        auto own = sides[i].find(name);
        if (own != sides[i].end()) {
          both[i] = own->second;
        } else if (findLocal(name)) {
          ast::NameExpr before(stmt.range);
          before.name = name;
          both[i] = check(before);
        } else {
          known = false; // A name of one branch alone.
        }
      }
      if (known && !results.count(name)) {
        results[name] = typing.select(condition, both[0], both[1], stmt.range);
      }
    }
  }
  return true;
}

void Checker::checkIf(const ast::IfStmt &stmt) {
  const Expr *condition = check(*stmt.condition);
  if (condition->type.is(TypeKind::Scalar) &&
      condition->type.dtype == Dtype::Bool) {
    std::map<std::string, const Expr *> results;
    if (choose(stmt, condition, results)) {
      for (const auto &[name, value] : results) {
        bind(name, value, stmt.range);
      }
    }
    return;
  }
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
  llvm::SmallVector<const TileAxis *, 2> parts = partsOf(rows);
  std::string names;
  for (const TileAxis *part : parts) {
    names += (names.empty() ? "" : ", ") + part->name;
  }
  std::string over = names + ", " + (width->whole ? width->dim : width->name);
  auto wrong = [&](const Expr *what, const llvm::Twine &wanted) {
    auto error = diags.error(diag::err_update_axes, what->range)
                 << over << wanted.str() << shown(what);
    error.note(old->variable->range, "the state is introduced here");
  };
  if (!s->type.is(TypeKind::Tile) || s->type.axes.size() != parts.size() + 1 ||
      !llvm::all_of(
          parts, [&](const TileAxis *part) { return s->type.hasAxis(part); }) ||
      s->type.dtype != Dtype::F32) {
    wrong(s, "scores `f32[" + names + ", n]`");
    return;
  }
  const TileAxis *contracted =
      *llvm::find_if(s->type.axes, [&](const TileAxis *axis) {
        return !llvm::is_contained(parts, axis);
      });
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

} // namespace spak::sema
