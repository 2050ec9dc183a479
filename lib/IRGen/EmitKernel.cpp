// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the kernel around the expressions: signature, launch checks, grid,
// statements and loops.
#include "Absence.h"
#include "Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace spak::sema;

using TypeKind = spak::sema::Type::Kind;
using MlirType = mlir::Type;

namespace spak::irgen {

MlirType Emitter::elementType(Dtype dtype) {
  switch (dtype) {
  case Dtype::F32:
    return b.getF32Type();
  case Dtype::F16:
    return b.getF16Type();
  case Dtype::BF16:
    return b.getBF16Type();
  case Dtype::E4M3:
    return Float8E4M3FNType::get(b.getContext());
  case Dtype::E5M2:
    return Float8E5M2Type::get(b.getContext());
  case Dtype::S8:
    return b.getI8Type();
  case Dtype::U8:
    return b.getIntegerType(8, false);
  case Dtype::S32:
    return b.getI32Type();
  case Dtype::U32:
    return b.getIntegerType(32, false);
  case Dtype::S64:
    return b.getI64Type();
  case Dtype::Bool:
    return b.getI1Type();
  case Dtype::Index:
    return b.getIndexType();
  }
  llvm_unreachable("every element type is above");
}

const TileAxis *Emitter::place(const TileAxis *axis) const {
  const TileAxis *packed = program.packed.lookup(axis);
  return packed ? packed : axis;
}

/// How many elements of what \p axis is part of stand for one of its own.
int64_t Emitter::groupOf(const TileAxis *axis) const {
  const TileAxis *packed = program.packed.lookup(axis);
  return packed && packed->outer == axis ? packed->inner->size : 1;
}

Value Emitter::times(Value value, int64_t factor, Location at) {
  return factor == 1 ? value
                     : arith::MulIOp::create(
                           b, at, value, number(factor, value.getType(), at));
}

/// Packed axes are one, the first.
SmallVector<const TileAxis *, 4> Emitter::axesOf(const sema::Type &type) const {
  SmallVector<const TileAxis *, 4> axes;
  for (const TileAxis *axis : type.axes) {
    const TileAxis *packed = program.packed.lookup(axis);
    if (packed && !llvm::is_contained(axes, packed)) {
      axes.insert(axes.begin(), packed);
    } else if (!packed) {
      axes.push_back(axis);
    }
  }
  return axes;
}

MlirType Emitter::typeOf(const sema::Type &type) {
  switch (type.kind) {
  case TypeKind::Tile: {
    SmallVector<StringAttr> axes;
    SmallVector<int64_t> shape;
    for (const TileAxis *axis : axesOf(type)) {
      axes.push_back(b.getStringAttr(axis->name));
      shape.push_back(axis->size);
    }
    return ir::TileType::get(b.getContext(), axes, shape,
                             elementType(type.dtype));
  }
  case TypeKind::Softmax: {
    const TileAxis *rows = place(type.axes[0]);
    return ir::SoftmaxType::get(b.getContext(), b.getStringAttr(rows->name),
                                rows->size, b.getStringAttr(type.axes[1]->name),
                                type.axes[1]->size);
  }
  case TypeKind::Range:
    return rangeType(type.axes.front());
  default:
    return elementType(type.dtype);
  }
}

ir::RangeType Emitter::rangeType(const TileAxis *axis) {
  axis = place(axis);
  return ir::RangeType::get(b.getContext(), b.getStringAttr(axis->name),
                            axis->size);
}

ir::ViewType Emitter::viewType(const TensorParam &tensor) {
  SmallVector<StringAttr> axes;
  SmallVector<int64_t> shape;
  for (auto [axis, size] : llvm::zip_equal(tensor.axes, tensor.sizes)) {
    axes.push_back(b.getStringAttr(axis));
    shape.push_back(size.value_or(ShapedType::kDynamic));
  }
  return ir::ViewType::get(b.getContext(), axes, shape,
                           elementType(tensor.dtype));
}

Location Emitter::loc(SourceRange range, StringRef name) {
  Location at = b.getUnknownLoc();
  if (range.isValid()) {
    LineColumn place = range.file->lineColumn(range.begin);
    at = FileLineColLoc::get(b.getContext(), range.file->name(), place.line,
                             place.column);
  }
  return name.empty() ? at : NameLoc::get(b.getStringAttr(name), at);
}

bool Emitter::unsupported(SourceRange range, const Twine &what) {
  if (!failed) {
    diags.error(diag::err_not_compiled, range) << what.str();
  }
  failed = true;
  return false;
}

//===----------------------------------------------------------------------===//
// Signature, launch checks, grid
//===----------------------------------------------------------------------===//

void Emitter::emitRequirements() {
  for (const Requirement &requirement : program.requirements) {
    Value condition = emit(requirement.condition);
    auto op = ir::RequireOp::create(b, loc(requirement.range), condition,
                                    requirement.text);
    if (!requirement.invariant.empty()) {
      op->setAttr("invariant", b.getStringAttr(requirement.invariant));
    }
  }
}

static bool beginsAtZero(const TileAxis *axis) {
  return axis->whole || (axis->lower->kind == Expr::Kind::Constant &&
                         axis->lower->constant.asInt() == 0);
}

static bool isKnownAtLaunch(const Expr *expr) {
  return expr->kind != Expr::Kind::Load && expr->kind != Expr::Kind::Variable &&
         llvm::all_of(expr->operands, isKnownAtLaunch);
}

void Emitter::bindRange(const TileAxis *axis, Value induction) {
  int64_t group = groupOf(axis);
  axis = place(axis);
  unmoved[axis] = ranges[axis] = induction;
  if (beginsAtZero(axis)) {
    return;
  }
  Location at = loc(axis->range, axis->name);
  for (const Expr *bound : {axis->lower, axis->upper}) {
    if (!bounds.count(bound)) {
      Value value = emit(bound);
      bounds[bound] = value;
    }
  }
  ranges[axis] = ir::SubrangeOp::create(b, at, induction.getType(), induction,
                                        times(bounds[axis->lower], group, at),
                                        times(bounds[axis->upper], group, at));
}

/// How many elements \p axis, or what it is part of, has.
Value Emitter::extent(const TileAxis *axis, Location at) {
  if (axis->atMost) {
    return times(emit(axis->atMost), groupOf(axis), at);
  }
  if (beginsAtZero(axis)) {
    return times(emit(axis->upper), groupOf(axis), at);
  }
  for (const Expr *bound : {axis->lower, axis->upper}) {
    Value value = emit(bound);
    bounds[bound] = value;
  }
  Value size =
      arith::SubIOp::create(b, at, bounds[axis->upper], bounds[axis->lower]);
  return times(size, groupOf(axis), at);
}

void Emitter::emitGrid() {
  SmallVector<Value> extents;
  SmallVector<MlirType> types;
  SmallVector<Location> places;
  for (const GridVariable &variable : program.grid) {
    Location at = loc(variable.range);
    if (variable.axis) {
      const TileAxis *axis = variable.axis;
      if (!axis->atMost &&
          !(isKnownAtLaunch(axis->lower) && isKnownAtLaunch(axis->upper))) {
        unsupported(variable.range, "a grid range whose bounds the launch does "
                                    "not know, without `atmost`,");
        return;
      }
      Value end = extent(axis, at);
      extents.push_back(ir::TileCountOp::create(b, at, end, place(axis)->size));
      types.push_back(rangeType(axis));
      places.push_back(loc(variable.range, place(axis)->name));
      continue;
    }
    extents.push_back(emit(variable.extent));
    types.push_back(b.getIndexType());
    places.push_back(loc(variable.range, variable.variable->name));
  }
  SourceRange range =
      program.grid.empty() ? program.range : program.grid.front().range;
  auto grid = ir::GridOp::create(b, loc(range), extents, ir::OrderAttr());
  OpBuilder::InsertionGuard guard(b);
  Block *body = b.createBlock(&grid->getRegion(0), {}, types, places);
  for (auto [variable, argument] :
       llvm::zip_equal(program.grid, body->getArguments())) {
    if (!variable.axis) {
      variables[variable.variable] = argument;
      naturals.insert(variable.variable);
    }
  }
  wholeAxesAt = body;
  for (auto [variable, argument] :
       llvm::zip_equal(program.grid, body->getArguments())) {
    if (variable.axis) {
      bindRange(variable.axis, argument);
    }
    if (variable.axis && variable.axis->atMost) {
      // Blocks beyond the range run their loops over nothing.
      Location at = loc(variable.range);
      Value start = ir::StartOp::create(b, at, b.getIndexType(),
                                        ranges[place(variable.axis)]);
      Value inside = arith::CmpIOp::create(b, at, arith::CmpIPredicate::slt,
                                           start, upper(variable.axis, at));
      alive = alive ? arith::AndIOp::create(b, at, alive, inside).getResult()
                    : inside;
    }
  }
  emitBody(program.body);
  b.setInsertionPointToEnd(body);
  ir::YieldOp::create(b, loc(range));
}

/// \p size over the dims, which are symbols in their order.
AffineExpr Emitter::extentExpr(const Expr *size) {
  if (size->kind == Expr::Kind::Constant) {
    return b.getAffineConstantExpr(size->constant.asInt());
  }
  if (size->kind == Expr::Kind::Dim) {
    auto found = llvm::find(program.dims, size->text);
    return b.getAffineSymbolExpr(found - program.dims.begin());
  }
  AffineExpr x = extentExpr(size->operands[0]);
  AffineExpr y = extentExpr(size->operands[1]);
  return affine(size->binary, x, y);
}

AffineExpr affine(sema::BinaryOp op, AffineExpr x, AffineExpr y) {
  switch (op) {
  case BinaryOp::Add:
    return x + y;
  case BinaryOp::Sub:
    return x - y;
  case BinaryOp::Mul:
    return x * y;
  case BinaryOp::Div:
    return x.floorDiv(y);
  default:
    return x % y;
  }
}

LogicalResult Emitter::emitKernel(DictionaryAttr point,
                                  ir::RequestAttr request) {
  SmallVector<MlirType> inputs;
  SmallVector<Location> places;
  SmallVector<Attribute> attributes;
  auto add = [&](MlirType type, StringRef name, StringRef kind,
                 SourceRange range, std::optional<double> value = {}) {
    inputs.push_back(type);
    places.push_back(loc(range, name));
    NamedAttrList list;
    list.set(ir::SpakDialect::kNameAttr, b.getStringAttr(name));
    list.set(ir::SpakDialect::kKindAttr, b.getStringAttr(kind));
    if (value) {
      list.set(ir::SpakDialect::kDefaultAttr, b.getF64FloatAttr(*value));
    }
    attributes.push_back(list.getDictionary(b.getContext()));
  };
  for (const Parameter &parameter : program.parameters) {
    if (const TensorParam *tensor = parameter.tensor) {
      add(viewType(*tensor), tensor->name, tensor->isOutput ? "out" : "in",
          tensor->range);
    } else {
      const ScalarParam *scalar = parameter.scalar;
      add(elementType(scalar->dtype), scalar->name, "scalar", scalar->range,
          scalar->defaultValue);
    }
  }
  for (auto [dim, range] : llvm::zip_equal(program.dims, program.dimRanges)) {
    add(b.getIndexType(), dim, "dim", range);
  }
  for (const Extent &extent : program.extents) {
    add(b.getIndexType(), extent.name, "extent", extent.range);
    NamedAttrList list(cast<DictionaryAttr>(attributes.back()));
    AffineExpr size = extentExpr(extent.value);
    list.set(ir::SpakDialect::kExtentAttr,
             AffineMapAttr::get(AffineMap::get(0, program.dims.size(), size)));
    attributes.back() = list.getDictionary(b.getContext());
  }
  auto kernel =
      ir::KernelOp::create(b, loc(program.range), program.kernel,
                           b.getFunctionType(inputs, TypeRange()),
                           b.getArrayAttr(attributes), point, request);
  OpBuilder::InsertionGuard guard(b);
  Block *entry = b.createBlock(&kernel->getRegion(0), {}, inputs, places);
  unsigned next = 0;
  for (const Parameter &parameter : program.parameters) {
    if (parameter.tensor) {
      tensors[parameter.tensor] = entry->getArgument(next++);
    } else {
      scalars[parameter.scalar] = entry->getArgument(next++);
    }
  }
  for (const std::string &dim : program.dims) {
    dims[dim] = entry->getArgument(next++);
  }
  packsAt = entry;
  emitRequirements();
  emitGrid();
  b.setInsertionPointToEnd(entry);
  ir::ReturnOp::create(b, loc(program.range));
  return success(!failed);
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void Emitter::emitBody(const std::vector<const Statement *> &body) {
  for (const Statement *statement : body) {
    if (failed) {
      return;
    }
    emitStatement(*statement);
  }
}

void Emitter::emitStatement(const Statement &statement) {
  switch (statement.kind) {
  case Statement::Kind::Bind: {
    const Variable *variable = statement.variable;
    if (variable->type.is(TypeKind::Constant) ||
        variable->type.is(TypeKind::Range)) {
      return; // Folded wherever it is read.
    }
    variables[variable] = emit(statement.value, variable->name);
    if (isNatural(statement.value)) {
      naturals.insert(variable);
    } else {
      naturals.erase(variable);
    }
    return;
  }
  case Statement::Kind::For:
    emitLoop(statement);
    return;
  case Statement::Kind::If:
    unsupported(statement.range, "a branch on a value known at run time");
    return;
  case Statement::Kind::Tile: {
    const TileAxis *axis = statement.axis;
    Value number = emit(statement.value);
    bindRange(axis, ir::TileRangeOp::create(b, loc(axis->range, axis->name),
                                            rangeType(axis), number));
    return;
  }
  case Statement::Kind::Update:
    emitUpdate(statement);
    return;
  case Statement::Kind::Store:
    emitStore(statement);
    return;
  }
}

void Emitter::emitLoop(const Statement &statement) {
  const TileAxis *axis = statement.axis;
  Location at = loc(statement.range);
  Value lower, upper;
  SmallVector<MlirType> types;
  SmallVector<Location> places;
  if (axis) {
    lower = number(0, b.getIndexType(), at);
    upper = ir::TileCountOp::create(b, at, extent(axis, at), place(axis)->size);
    types.push_back(rangeType(axis));
    places.push_back(loc(axis->range, place(axis)->name));
  } else {
    lower = emit(statement.lower);
    upper = emit(statement.upper);
    // Tiles of one: the number of a tile is its index.
    types.push_back(ir::RangeType::get(
        b.getContext(), b.getStringAttr(statement.variable->name), 1));
    places.push_back(loc(statement.variable->range, statement.variable->name));
  }
  if (alive) {
    upper = arith::SelectOp::create(b, at, alive, upper, lower);
  }
  SmallVector<Value> inits;
  for (const Variable *variable : statement.carried) {
    inits.push_back(variables.lookup(variable));
    types.push_back(inits.back().getType());
    places.push_back(loc(variable->range, variable->name));
  }
  auto loop = ir::ForOp::create(b, at, lower, upper, inits);
  {
    OpBuilder::InsertionGuard guard(b);
    Block *body = b.createBlock(&loop->getRegion(0), {}, types, places);
    Value induction = body->getArgument(0);
    if (axis) {
      bindRange(axis, induction);
    } else {
      variables[statement.variable] =
          ir::StartOp::create(b, at, b.getIndexType(), induction);
      if (isNatural(statement.lower)) {
        naturals.insert(statement.variable);
      }
    }
    for (auto [i, variable] : llvm::enumerate(statement.carried)) {
      variables[variable] = body->getArgument(i + 1);
      naturals.erase(variable);
    }
    emitBody(statement.body);
    SmallVector<Value> yields;
    for (const Variable *variable : statement.carried) {
      yields.push_back(variables.lookup(variable));
    }
    b.setInsertionPointToEnd(body);
    ir::YieldOp::create(b, at, yields);
  }
  for (auto [variable, result] :
       llvm::zip_equal(statement.carried, loop.getResults())) {
    variables[variable] = result;
    naturals.erase(variable);
  }
}

/// Says of each `tanh` that \p scores are sums and products of that a small
/// absolute error is as good as a relative one: the exponential makes it one.
/// So is, in its argument, a multiplication by a reciprocal.
void Emitter::relaxScores(Value scores) {
  SmallVector<Value> work = {scores};
  while (!work.empty()) {
    Value value = work.pop_back_val();
    Operation *def = value.getDefiningOp();
    // The scores have no user yet, their parts must have no other.
    if (!def || !(value == scores ? def->use_empty() : def->hasOneUse())) {
      continue;
    }
    if (isa<ir::MaskOp>(def)) {
      work.push_back(def->getOperand(0));
    } else if (auto select = dyn_cast<ir::SelectOp>(def)) {
      work.append({select.getOperand(1), select.getOperand(2)});
    } else if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(def)) {
      llvm::append_range(work, def->getOperands());
    } else if (auto tanh = dyn_cast<math::TanhOp>(def)) {
      if (!tanh->hasAttr(ir::SpakDialect::kAccuracyAttr)) {
        tanh->setAttr(ir::SpakDialect::kAccuracyAttr,
                      b.getStringAttr("absolute"));
      }
      divideByMultiplying(tanh);
    }
  }
}

void Emitter::divideByMultiplying(Operation *function) {
  auto quotient = function->getOperand(0).getDefiningOp<arith::DivFOp>();
  auto divisor =
      quotient ? quotient.getRhs().getDefiningOp<ir::SplatOp>() : ir::SplatOp();
  if (!divisor) {
    return;
  }
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(quotient);
  Location at = quotient.getLoc();
  Value one = number(1, divisor.getSrc().getType(), at);
  Value inverse = arith::DivFOp::create(b, at, one, divisor.getSrc());
  Value inverses = ir::SplatOp::create(b, at, divisor.getType(), inverse);
  Value product = arith::MulFOp::create(b, at, quotient.getLhs(), inverses);
  quotient.replaceAllUsesWith(product);
  quotient.erase();
}

void Emitter::emitUpdate(const Statement &statement) {
  const TileAxis *over = statement.axis;
  Location at = loc(statement.range, statement.variable->name);
  Value scores = emit(statement.value);
  relaxScores(scores);
  Value values = emit(statement.second);
  if (mayBeAbsent(over)) {
    scores = maskInside(scores, over, loc(statement.range));
    // A probability of zero times what is not finite is not zero.
    if (atAbsent(values, over->name) == AtAbsent::Unknown) {
      values = neutralAtAbsent(values, over, 0.0, loc(statement.range));
    }
  }
  Value state = variables.lookup(statement.variable);
  variables[statement.variable] =
      ir::SoftmaxUpdateOp::create(b, at, state, scores, values, over->name);
}

void Emitter::emitStore(const Statement &statement) {
  Location at = loc(statement.range);
  Value value = emit(statement.value);
  auto tile = dyn_cast<ir::TileType>(value.getType());
  if (!tile) {
    unsupported(statement.range, "a store of a uniform value");
    return;
  }
  MlirType element = elementType(statement.tensor->dtype);
  if (tile.getElementType() != element) {
    auto converted = ir::TileType::get(b.getContext(), tile.getAxes(),
                                       tile.getShape(), element);
    value = ir::ConvertOp::create(b, at, converted, value);
  }
  SmallVector<Value, 5> indices;
  Value view =
      emitIndices(statement.tensor, statement.indices, true, indices, at);
  if (!view) {
    return;
  }
  StringAttr combine;
  if (!statement.combine.empty()) {
    combine = b.getStringAttr(statement.combine);
  }
  ir::StoreOp::create(b, at, value, view, indices, combine, ir::StagingAttr());
}

} // namespace spak::irgen
