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

namespace {

/// The terms of `r + e`: one range, and what is uniform.
struct SliceTerms {
  const Expr *range = nullptr;
  std::vector<std::pair<const Expr *, bool>> offsets; ///< true: subtracted

  bool take(const Expr *e, bool negative) {
    e = strip(e);
    if (e->kind == Expr::Kind::RangeIndex) {
      bool only = !range && !negative;
      range = e->operands[0];
      return only;
    }
    if (e->kind == Expr::Kind::Constant || e->type.is(TypeKind::Scalar)) {
      offsets.push_back({e, negative});
      return true;
    }
    if (e->kind != Expr::Kind::Binary ||
        (e->binary != BinaryOp::Add && e->binary != BinaryOp::Sub)) {
      return false;
    }
    bool less = e->binary == BinaryOp::Sub;
    return take(e->operands[0], negative) &&
           take(e->operands[1], negative != less);
  }
};

} // namespace

/// \p index, `r + e` with a range r and a uniform e, as a range that is moved
/// on; null if it is something else.
const Expr *Checker::sliceOf(const Expr *index) {
  SliceTerms terms;
  if (!terms.take(index, false) || !terms.range) {
    return nullptr;
  }
  const Expr *offset = nullptr;
  for (auto [term, negative] : terms.offsets) {
    const Expr *value =
        typing.scalarOf(term->kind == Expr::Kind::Constant
                            ? typing.constant(term->constant, term->range)
                            : term,
                        Dtype::Index);
    if (!offset && !negative) {
      offset = value;
      continue;
    }
    if (!offset) {
      offset = typing.scalarOf(
          typing.constant(AxisValue(int64_t(0)), term->range), Dtype::Index);
    }
    offset = typing.binary(negative ? BinaryOp::Sub : BinaryOp::Add, offset,
                           value, index->range);
  }
  return offset ? typing.slice(terms.range, offset, index->range) : terms.range;
}

/// Of \p index, `r / c` or `r % c` with tiles that divide c: the page of the
/// tile, uniform, or the slice of the page; null if it is something else.
const Expr *Checker::pageOf(const Expr *index) {
  index = strip(index);
  bool divides =
      index->kind == Expr::Kind::Binary &&
      (index->binary == BinaryOp::Div || index->binary == BinaryOp::Mod);
  if (!divides || !index->type.is(TypeKind::Tile)) {
    return nullptr;
  }
  const Expr *range = strip(index->operands[0]);
  const Expr *page = strip(index->operands[1]);
  if (range->kind != Expr::Kind::RangeIndex ||
      page->kind != Expr::Kind::Constant || !page->constant.isInt() ||
      page->constant.asInt() < 1) {
    return nullptr;
  }
  const TileAxis *axis = range->type.axes.front();
  int64_t size = page->constant.asInt();
  bool fromZero = !axis->whole && axis->lower->kind == Expr::Kind::Constant &&
                  axis->lower->constant.asInt() == 0;
  if (!fromZero || size % axis->size != 0) {
    auto error = diags.error(diag::err_not_compiled, index->range)
                 << "an index with pages of " + std::to_string(size) +
                        " and tiles of " + std::to_string(axis->size) +
                        (fromZero ? "" : " that do not begin at 0") + "";
    error.note(axis->range, "`" + axis->name + "` is introduced here");
    error.help("tiles that divide the page have one page each");
    return typing.poison(index->range);
  }
  const Expr *start = typing.start(range->operands[0], index->range);
  const Expr *length =
      typing.constant(AxisValue(size), index->operands[1]->range);
  const Expr *number =
      typing.binary(BinaryOp::Div, start, length, index->range);
  if (index->binary == BinaryOp::Div) {
    return number;
  }
  const Expr *before =
      typing.binary(BinaryOp::Mul, number, length, index->range);
  const Expr *zero = typing.scalarOf(
      typing.constant(AxisValue(int64_t(0)), index->range), Dtype::Index);
  return typing.slice(range->operands[0],
                      typing.binary(BinaryOp::Sub, zero, before, index->range),
                      index->range,
                      /*within=*/true);
}

/// The axis of tiles that has \p inner, a whole axis, beside each element of
/// \p outer; null, with an error, if one of them is packed otherwise.
const TileAxis *Checker::packAxes(const TileAxis *outer, const TileAxis *inner,
                                  SourceRange range) {
  const TileAxis *of = program.packed.lookup(outer);
  const TileAxis *with = program.packed.lookup(inner);
  if (of || with) {
    if (of == with) {
      return of;
    }
    const TileAxis *other = of ? of->inner : with->outer;
    auto error = diags.error(diag::err_not_compiled, range)
                 << "packing `" + (of ? outer : inner)->name +
                        "`, which goes with `" + other->name + "`, once more,";
    error.note(other->range, "`" + other->name + "` is introduced here");
    return nullptr;
  }
  auto *axis = program.make<TileAxis>();
  axis->name = outer->name + "_" + inner->name;
  while (!axisNames.insert(axis->name).second) {
    axis->name += "_";
  }
  axis->size = outer->size * inner->size;
  axis->position = outer->position;
  axis->lower = outer->lower;
  axis->upper = outer->upper;
  axis->atMost = outer->atMost;
  axis->range = outer->range;
  axis->outer = outer;
  axis->inner = inner;
  program.packed[outer] = axis;
  program.packed[inner] = axis;
  return axis;
}

/// Three ranges in one tile: of the two that are no columns, the whole axis is
/// packed into the other.
bool Checker::packIndices(llvm::ArrayRef<const Expr *> indices,
                          SourceRange range) {
  llvm::SmallVector<const TileAxis *, 4> axes;
  for (const Expr *index : indices) {
    if (index->type.is(TypeKind::Range)) {
      axes.push_back(index->type.axes.front());
    }
  }
  if (axes.size() != 3 || !indices.back()->type.is(TypeKind::Range) ||
      axes[0]->whole == axes[1]->whole) {
    return true;
  }
  return packAxes(axes[axes[0]->whole], axes[!axes[0]->whole], range);
}

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
  if (const Expr *part = pageOf(value)) {
    return part;
  }
  if (const Expr *index = typing.asIndex(value)) {
    return index;
  }
  if (value->type.is(TypeKind::Tile) && !isFloat(value->type.dtype) &&
      value->type.dtype != Dtype::Bool) {
    if (const Expr *slice = sliceOf(value)) {
      return slice;
    }
    diags.error(diag::err_not_compiled, expr.range)
        << "an index that is neither a range, nor a range moved on by a "
           "uniform integer,";
    return typing.poison(expr.range);
  }
  if (!value->type.is(TypeKind::Range)) {
    diags.error(diag::err_index_type, expr.range) << shown(value);
    return typing.poison(expr.range);
  }
  const TileAxis *range = value->type.axes.front();
  const Expr *end = range->upper;
  if (!range->whole && end && end->kind == Expr::Kind::Dim && !size &&
      !sameSize(end, tensor->extents[axis])) {
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
  return good && packIndices(values, range);
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
  case Expr::Kind::Slice: {
    if (expr->within) {
      return false; // Of two pages nothing tells that they are two.
    }
    // Slices lie apart if they begin at multiples of their length.
    const Expr *offset = strip(expr->operands[1]);
    const TileAxis *axis = expr->type.axes.front();
    bool moves = mentions(offset, variable);
    bool apart =
        moves ? axis->size == 1 : mentions(expr->operands[0], variable);
    for (const Expr *factor : offset->operands) {
      const Expr *number = strip(factor);
      apart |= offset->kind == Expr::Kind::Binary &&
               offset->binary == BinaryOp::Mul &&
               number->kind == Expr::Kind::Constant &&
               number->constant.isInt() && number->constant.asInt() != 0 &&
               number->constant.asInt() % axis->size == 0 && moves;
    }
    return apart;
  }
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
