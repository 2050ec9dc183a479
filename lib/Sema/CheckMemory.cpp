// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: loads and stores: what an index may be, and which elements two blocks
// may both write.
#include "Checker.h"

#include "llvm/ADT/STLExtras.h"

namespace spak::sema {

using TypeKind = Type::Kind;

const TensorParam *Checker::findTensor(const ast::Identifier &name) {
  auto found = tensors.find(name.text);
  if (found != tensors.end()) {
    return found->second;
  }
  std::vector<std::string> names;
  for (const ast::Param &param : kernel.params) {
    if (param.isTensor) {
      names.push_back(param.name.text);
    }
  }
  if (reportedUnknown.insert(name.text).second) {
    auto error = diags.error(diag::err_unknown_name, name.range) << name.text;
    error.help(nameHelp(name.text, "tensors", names));
  }
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Loads and indices
//===----------------------------------------------------------------------===//

const Expr *Checker::checkIndex(const TensorParam *tensor, size_t axis,
                                const ast::Expr &expr) {
  const std::string &label = tensor->axes[axis];
  std::optional<int64_t> size = tensor->sizes[axis];
  auto rangeOf = [&](const TileAxis *tileAxis) {
    auto *holder = program.make<Variable>();
    holder->name = tileAxis->name;
    holder->type.kind = TypeKind::Range;
    holder->type.axes = {tileAxis};
    return typing.variable(holder, expr.range);
  };
  if (llvm::isa<ast::ColonExpr>(expr)) {
    if (!size) {
      auto error = diags.error(diag::err_colon_runtime, expr.range)
                   << label << tensor->name;
      error.note(tensor->range, "`" + tensor->name + "` is declared here");
      error.help("load tiles of it with a range, or make `" + label +
                 "` a `static`");
      reportedUnknown.insert(label);
      return typing.poison(expr.range);
    }
    return rangeOf(wholeAxis(label, *size, expr.range));
  }
  const Expr *value = check(expr);
  if (value->type.poisoned()) {
    return value;
  }
  if (const Expr *index = typing.asIndex(value)) {
    return index;
  }
  if (value->type.is(TypeKind::Tile) && !isFloat(value->type.dtype) &&
      value->type.dtype != Dtype::Bool) {
    diags.error(diag::err_not_compiled, expr.range)
        << "a slice or gather by a computed index";
    return typing.poison(expr.range);
  }
  if (!value->type.is(TypeKind::Range)) {
    diags.error(diag::err_index_type, expr.range) << shown(value);
    return typing.poison(expr.range);
  }
  const TileAxis *range = value->type.axes.front();
  const Expr *end = range->upper;
  if (!range->whole && end && end->kind == Expr::Kind::Dim &&
      end->text != label && !size) {
    auto warning = diags.warning(diag::warn_range_dim, expr.range)
                   << range->name << end->text << tensor->name << label;
    warning.note(range->range, "the range is introduced here");
    warning.note(tensor->range, "`" + tensor->name + "` is declared here");
  }
  return value;
}

bool Checker::checkIndices(const TensorParam *tensor,
                           const std::vector<ast::ExprPtr> &indices,
                           SourceRange range,
                           llvm::SmallVectorImpl<const Expr *> &values) {
  if (indices.size() != tensor->axes.size()) {
    auto error = diags.error(diag::err_index_count, range)
                 << tensor->name << tensor->axes.size() << indices.size();
    error.note(tensor->range, "`" + tensor->name + "` is declared here");
    return false;
  }
  bool good = true;
  for (size_t i = 0; i < indices.size(); ++i) {
    const Expr *value = checkIndex(tensor, i, *indices[i]);
    good &= !value->type.poisoned();
    values.push_back(value);
  }
  return good;
}

const Expr *Checker::checkLoad(const ast::LoadExpr &expr) {
  const TensorParam *tensor = findTensor(expr.tensor);
  if (!tensor) {
    for (const ast::ExprPtr &index : expr.indices) {
      if (!llvm::isa<ast::ColonExpr>(*index)) {
        check(*index);
      }
    }
    return typing.poison(expr.range);
  }
  if (tensor->isOutput) {
    auto error = diags.error(diag::err_direction, expr.tensor.range)
                 << tensor->name << "out" << "loaded";
    error.note(tensor->range, "it is declared here");
    return typing.poison(expr.range);
  }
  llvm::SmallVector<const Expr *, 5> indices;
  if (!checkIndices(tensor, expr.indices, expr.range, indices)) {
    return typing.poison(expr.range);
  }
  return typing.load(tensor, indices, expr.range);
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

/// True if different values of the grid's variable number \p variable give
/// different values of \p expr, as far as the text shows.
/// Whether \p expr, the begin of a range, depends on \p variable: the ranges
/// of its values lie apart, as far as the caller's tables say so.
static bool dependsOn(const Expr *expr, const Variable *variable) {
  auto depends = [&](const Expr *part) { return dependsOn(part, variable); };
  return (variable && expr->variable == variable) ||
         llvm::any_of(expr->operands, depends) ||
         llvm::any_of(expr->indices, depends);
}

bool Checker::mentions(const Expr *expr, unsigned variable) {
  const GridVariable &wanted = program.grid[variable];
  switch (expr->kind) {
  case Expr::Kind::Variable: {
    if (expr->type.is(TypeKind::Range)) {
      const TileAxis *axis = expr->type.axes.front();
      return (wanted.axis && axis == wanted.axis) ||
             (axis->lower && dependsOn(axis->lower, wanted.variable));
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
