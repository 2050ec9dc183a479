// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the declarations of a kernel and its grid.
#include "Checker.h"

#include "Evaluator.h"
#include "Schedule.h"
#include "Uses.h"

using namespace spak::space;

namespace spak::sema {

using TypeKind = Type::Kind;

Program Checker::run() {
  program.kernel = kernel.name.text;
  program.range = kernel.name.range;
  forEachBinder(kernel, [&](const ast::Binder &binder) {
    binderNames.insert(binder.name.text);
  });
  scopes.emplace_back();
  checkDims();
  checkParams();
  checkRequirements();
  checkInvariants();
  checkGrid();
  if (options.schedule) {
    resolveSchedule(kernel, point, device, diags, program);
  }
  return std::move(program);
}

void Checker::declare(const ast::Identifier &name, SourceRange &first) {
  auto [entry, isNew] = declared.try_emplace(name.text, name.range);
  first = entry->second;
  if (!isNew) {
    auto error = diags.error(diag::err_duplicate_name, name.range) << name.text;
    error.note(first, "the first declaration is here");
  }
}

void Checker::checkDims() {
  SourceRange first;
  for (const ast::StaticDim &dim : kernel.statics) {
    declare(dim.name, first);
  }
  for (const ast::Dim &dim : kernel.dims) {
    declare(dim.name, first);
    program.dims.push_back(dim.name.text);
    program.dimRanges.push_back(dim.name.range);
    dims[dim.name.text] = dim.name.text;
    if (!dim.alias.empty()) {
      declare(dim.alias, first);
      dims[dim.alias.text] = dim.name.text;
    }
  }
}

std::optional<Dtype> Checker::dtype(const ast::Identifier &name) {
  std::string text = name.text;
  if (const AxisValue *value = point.find(text)) {
    text = value->text();
  }
  if (std::optional<Dtype> result = parseDtype(text)) {
    return result;
  }
  std::vector<std::string> names = {"f32", "f16", "bf16", "e4m3", "e5m2", "s8",
                                    "u8",  "s32", "u32",  "s64",  "bool"};
  for (const Axis &axis : system.axes) {
    if (!axis.values.empty() && axis.values.front().isText() &&
        parseDtype(axis.values.front().asText())) {
      names.push_back(axis.name);
    }
  }
  auto error = diags.error(diag::err_unknown_dtype, name.range) << text;
  error.help(nameHelp(name.text, "element types", names));
  return std::nullopt;
}

/// The dim that a tensor's extent \p size gives: `N`, `N + 1`, `N - 1`, `N *
/// 2`; else null.
static const Expr *dimIn(const Expr *size) {
  if (size->kind != Expr::Kind::Binary) {
    return size->kind == Expr::Kind::Dim ? size : nullptr;
  }
  const Expr *x = size->operands[0], *y = size->operands[1];
  bool either = size->binary == BinaryOp::Add || size->binary == BinaryOp::Mul;
  if (x->kind == Expr::Kind::Constant && either) {
    std::swap(x, y);
  }
  bool gives = (either || size->binary == BinaryOp::Sub) &&
               y->kind == Expr::Kind::Constant && y->constant.isInt() &&
               y->constant.asInt() > 0;
  return gives && x->kind == Expr::Kind::Dim ? x : nullptr;
}

void Checker::checkParams() {
  for (const ast::Param &param : kernel.params) {
    SourceRange first;
    declare(param.name, first);
    if (param.kind == ast::Param::Kind::Scratch) {
      diags.error(diag::err_not_compiled, param.range) << "`scratch`";
      continue;
    }
    if (param.isTensor) {
      checkTensor(param);
    } else if (param.kind == ast::Param::Kind::Out) {
      diags.error(diag::err_not_compiled, param.range) << "a scalar output";
    } else {
      checkScalar(param);
    }
  }
  // A dim gets its value from an extent in which it stands alone.
  for (const ast::Dim &dim : kernel.dims) {
    bool alone = false;
    for (const ast::Param &param : kernel.params) {
      const TensorParam *tensor = tensors.lookup(param.name.text);
      for (const Expr *extent : tensor ? llvm::ArrayRef(tensor->extents)
                                       : llvm::ArrayRef<const Expr *>()) {
        const Expr *given = dimIn(extent);
        alone |= given && given->text == dim.name.text;
      }
    }
    if (!alone) {
      diags.error(diag::err_dim_alone, dim.name.range) << dim.name.text;
    }
  }
}

/// Whether the launch can compute \p size from the dims alone.
static bool isOverDims(const Expr *size) {
  switch (size->kind) {
  case Expr::Kind::Constant:
    return size->constant.isInt();
  case Expr::Kind::Dim:
    return true;
  case Expr::Kind::Binary:
    return size->type.dtype == Dtype::Index &&
           llvm::all_of(size->operands, isOverDims);
  default:
    return false;
  }
}

/// `B + 1` as an identifier: `B_plus_1`.
static std::string spelledOut(const Expr *size) {
  if (size->kind != Expr::Kind::Binary) {
    return size->kind == Expr::Kind::Dim
               ? size->text
               : std::to_string(size->constant.asInt());
  }
  static constexpr llvm::StringLiteral words[] = {"_plus_", "_minus_",
                                                  "_times_", "_over_", "_mod_"};
  return (spelledOut(size->operands[0]) +
          words[static_cast<unsigned>(size->binary)] +
          spelledOut(size->operands[1]))
      .str();
}

/// The name of the axis whose size is \p value: one for each size, or those
/// that the source gives.
std::string Checker::nameExtent(const ast::Extent &extent, const Expr *value) {
  bool given = !extent.alias.empty();
  std::string base = given ? extent.alias.text : spelledOut(value);
  std::string name = base;
  for (unsigned i = 1;; ++i) {
    auto known = llvm::find_if(program.extents, [&](const Extent &other) {
      return other.name == name;
    });
    if (known != program.extents.end() && sameSize(known->value, value)) {
      return name;
    }
    auto taken = declared.find(name);
    if (known == program.extents.end() && taken == declared.end()) {
      break;
    }
    if (given) {
      auto error = diags.error(diag::err_duplicate_name, extent.alias.range)
                   << name;
      error.note(known != program.extents.end() ? known->range : taken->second,
                 "the first declaration is here");
      return name;
    }
    name = base + "_" + std::to_string(i);
  }
  program.extents.push_back({name, value, extent.size->range});
  return name;
}

void Checker::checkTensor(const ast::Param &param) {
  std::optional<Dtype> element = dtype(param.dtype);
  auto *tensor = program.make<TensorParam>();
  tensor->name = param.name.text;
  tensor->dtype = element.value_or(Dtype::F32);
  tensor->isOutput = param.kind == ast::Param::Kind::Out;
  tensor->range = param.name.range;
  if (param.strided) {
    diags.error(diag::err_not_compiled, param.range) << "`strided`";
  }
  for (const ast::Extent &extent : param.extents) {
    const auto *name = llvm::dyn_cast<ast::NameExpr>(extent.size.get());
    std::string label = extent.alias.text;
    std::optional<int64_t> size;
    const Expr *value = check(*extent.size);
    if (value->type.is(TypeKind::Constant) && value->constant.isInt() &&
        value->constant.asInt() >= 1) {
      size = value->constant.asInt();
    } else if (value->kind == Expr::Kind::Dim && label.empty()) {
      label = value->text;
    } else if (isOverDims(value)) {
      label = nameExtent(extent, value);
    } else if (!value->type.poisoned()) {
      diags.error(diag::err_extent, extent.size->range)
          << quoted(extent.size->range.text());
    }
    if (label.empty()) {
      label = name ? name->name : "axis" + std::to_string(tensor->axes.size());
    }
    if (llvm::is_contained(tensor->axes, label)) {
      auto error = diags.error(diag::err_duplicate_name, extent.size->range)
                   << label;
      error.help("name the axes apart: `" + label + " as x, " + label +
                 " as y`");
    }
    tensor->axes.push_back(label);
    tensor->sizes.push_back(size);
    tensor->extents.push_back(value);
  }
  tensors[tensor->name] = tensor;
  bool exists = !param.when || decided(*param.when).value_or(true);
  if (exists) {
    Parameter parameter;
    parameter.tensor = tensor;
    program.parameters.push_back(parameter);
  }
}

void Checker::checkScalar(const ast::Param &param) {
  auto *scalar = program.make<ScalarParam>();
  scalar->name = param.name.text;
  scalar->dtype = dtype(param.dtype).value_or(Dtype::F32);
  scalar->range = param.name.range;
  if (param.defaultValue) {
    const Expr *value = check(*param.defaultValue);
    if (value->type.is(TypeKind::Constant) && value->constant.isNumber()) {
      scalar->defaultValue = value->constant.asFloat();
    } else if (!value->type.poisoned()) {
      diags.error(diag::err_not_constant, param.defaultValue->range)
          << quoted(param.defaultValue->range.text());
    }
  }
  scalars[scalar->name] = scalar;
  Parameter parameter;
  parameter.scalar = scalar;
  program.parameters.push_back(parameter);
}

void Checker::checkRequirements() {
  for (const ast::Require &require : kernel.requirements) {
    const Expr *condition = check(*require.condition);
    if (condition->type.poisoned()) {
      continue;
    }
    std::string text = require.message.empty()
                           ? ast::toString(*require.condition)
                           : require.message;
    if (condition->type.is(TypeKind::Constant) &&
        condition->constant.isBool()) {
      if (!condition->constant.asBool()) {
        diags.error(diag::err_require_never, require.condition->range) << text;
      }
      continue;
    }
    if (!condition->type.is(TypeKind::Scalar) ||
        condition->type.dtype != Dtype::Bool) {
      diags.error(diag::err_operator_type, require.condition->range)
          << "require" << "truth values" << shown(condition);
      continue;
    }
    Requirement result;
    result.condition = condition;
    result.text = text;
    result.range = require.range;
    program.requirements.push_back(std::move(result));
  }
}

/// Asserts over what is known at launch are launch checks of the kernels that
/// have all of their names.
void Checker::checkInvariants() {
  for (const auto &item : system.knowledge) {
    for (const Clause &clause : item->clauses) {
      if (clause.role != Clause::Role::Assert || !clause.expr ||
          !clause.readsDims || !hasNames(*clause.expr)) {
        continue;
      }
      const Expr *condition = check(*clause.expr);
      std::string text = ast::toString(*clause.expr);
      if (condition->type.poisoned()) {
        continue;
      }
      if (condition->type.is(TypeKind::Constant) &&
          condition->constant.isBool()) {
        if (!condition->constant.asBool()) {
          diags.error(diag::err_invariant_false, clause.range)
              << item->name() << "`" + text + "` is false at " + point.text();
        }
        continue;
      }
      if (!condition->type.is(TypeKind::Scalar) ||
          condition->type.dtype != Dtype::Bool) {
        continue;
      }
      Requirement result;
      result.condition = condition;
      result.text = ("invariant " + item->name() + ": " + text).str();
      result.range = clause.range;
      result.invariant = item->name().str();
      program.requirements.push_back(std::move(result));
    }
  }
}

/// Whether each name of \p expr is an axis, a dim or a scalar here.
bool Checker::hasNames(const ast::Expr &expr) const {
  bool all = true;
  forEachUse(expr, [&](llvm::StringRef name) {
    bool isDevice = name == "device" || name.starts_with("device.");
    all &= isDevice || point.find(name) || dims.count(name.str()) ||
           scalars.count(name.str()) || parseFunction(name).has_value();
  });
  return all;
}

//===----------------------------------------------------------------------===//
// Grid
//===----------------------------------------------------------------------===//

TileAxis *Checker::makeRange(const ast::Binder &binder) {
  auto *axis = program.make<TileAxis>();
  axis->name = binder.name.text;
  for (unsigned i = 1; !axisNames.insert(axis->name).second; ++i) {
    axis->name = binder.name.text + "_" + std::to_string(i);
  }
  axis->range = binder.name.range;
  axis->position = static_cast<unsigned>(axisNames.size());
  bool good = true;
  auto bound = [&](const ast::ExprPtr &expr) -> const Expr * {
    if (!expr) {
      return typing.scalarOf(
          typing.constant(AxisValue(int64_t(0)), binder.name.range),
          Dtype::Index);
    }
    const Expr *value = uniformIndex(*expr, "a bound of the range");
    good &= !value->type.poisoned();
    return value;
  };
  axis->lower = bound(binder.lower);
  axis->upper = bound(binder.upper);
  if (binder.step) {
    const Expr *step = check(*binder.step);
    bool fits = step->type.is(TypeKind::Constant) && step->constant.isInt() &&
                step->constant.asInt() >= 1 &&
                step->constant.asInt() <= kMaxTile;
    if (fits) {
      axis->size = step->constant.asInt();
    } else {
      good = false;
      if (!step->type.poisoned()) {
        diags.error(diag::err_tile_size, binder.step->range)
            << kMaxTile << shown(step);
      }
    }
  }
  if (binder.atMost) {
    axis->atMost = bound(binder.atMost);
  }
  auto override = options.tileSizes.find(axis->name);
  if (override != options.tileSizes.end()) {
    axis->size = override->second;
  }
  return good && axis->size > 0 ? axis : nullptr;
}

void Checker::checkGridBinder(const ast::Binder &binder) {
  GridVariable variable;
  variable.range = binder.range;
  if (Local *old = findLocal(binder.name.text)) {
    auto error = diags.error(diag::err_duplicate_name, binder.name.range)
                 << binder.name.text;
    error.note(old->range, "the first declaration is here");
  }
  Local local;
  local.range = binder.name.range;
  if (binder.kind == ast::Binder::Kind::Tiles) {
    TileAxis *axis = makeRange(binder);
    if (!axis) {
      local.value = typing.poison(binder.name.range);
      scopes.back().locals[binder.name.text] = local;
      return;
    }
    Type type;
    type.kind = TypeKind::Range;
    type.axes = {axis};
    auto *holder = program.make<Variable>();
    holder->name = binder.name.text;
    holder->type = type;
    holder->range = binder.name.range;
    variable.axis = axis;
    local.variable = holder;
    local.value = typing.variable(holder, binder.name.range);
  } else {
    if (binder.lower) {
      diags.error(diag::err_not_compiled, binder.range)
          << "a grid index that does not begin at 0";
    }
    variable.extent = uniformIndex(*binder.upper, "a bound of the grid");
    auto *holder = program.make<Variable>();
    holder->name = binder.name.text;
    holder->type.kind = TypeKind::Scalar;
    holder->type.dtype = Dtype::Index;
    holder->range = binder.name.range;
    variable.variable = holder;
    local.variable = holder;
  }
  scopes.back().locals[binder.name.text] = local;
  program.grid.push_back(variable);
}

void Checker::checkGrid() {
  if (!kernel.grid) {
    diags.error(diag::err_no_grid, kernel.name.range) << kernel.name.text;
    return;
  }
  // The bounds of a range may depend on an index that stands behind it.
  std::vector<std::vector<GridVariable>> variables;
  for (const ast::Binder &binder : kernel.grid->binders) {
    variables.emplace_back();
    if (binder.kind != ast::Binder::Kind::Tiles) {
      checkGridBinder(binder);
      variables.back().swap(program.grid);
    }
  }
  for (auto [i, binder] : llvm::enumerate(kernel.grid->binders)) {
    if (binder.kind == ast::Binder::Kind::Tiles) {
      checkGridBinder(binder);
      variables[i].swap(program.grid);
    }
  }
  for (const std::vector<GridVariable> &made : variables) {
    llvm::append_range(program.grid, made);
  }
  program.body = checkBody(kernel.grid->body);
}

bool Checker::isOutputAbsent(llvm::StringRef name) const {
  return llvm::none_of(program.parameters, [&](const Parameter &parameter) {
    return parameter.tensor && parameter.tensor->name == name;
  });
}

llvm::FailureOr<Program> check(const System &system, const ast::Kernel &kernel,
                               const Point &point, const device::Device &device,
                               DiagnosticEngine &diags,
                               const CheckOptions &options) {
  unsigned before = diags.errorCount();
  Program program =
      Checker(system, kernel, point, device, diags, options).run();
  if (diags.errorCount() != before) {
    return llvm::failure();
  }
  return std::move(program);
}

} // namespace spak::sema
