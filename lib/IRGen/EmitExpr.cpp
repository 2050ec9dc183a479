// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: one expression to operations.
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

/// The place of \p at alone: only the last op of an expression is the variable
/// that the source binds.
static Location unnamed(Location at) {
  auto named = dyn_cast<NameLoc>(at);
  return named ? named.getChildLoc() : at;
}

Value Emitter::number(double value, MlirType type, Location at) {
  at = unnamed(at);
  if (auto tile = dyn_cast<ir::TileType>(type)) {
    MlirType element = tile.getElementType();
    Attribute splat =
        isa<FloatType>(element)
            ? Attribute(b.getFloatAttr(element, value))
            : Attribute(b.getIntegerAttr(element, static_cast<int64_t>(value)));
    return arith::ConstantOp::create(
        b, at, cast<TypedAttr>(DenseElementsAttr::get(tile, splat)));
  }
  if (isa<FloatType>(type)) {
    return arith::ConstantOp::create(b, at, b.getFloatAttr(type, value));
  }
  return arith::ConstantOp::create(
      b, at, b.getIntegerAttr(type, static_cast<int64_t>(value)));
}

Value Emitter::emitConstant(const Expr *expr, Location at) {
  const space::AxisValue &constant = expr->constant;
  MlirType type = typeOf(expr->type);
  if (expr->type.is(TypeKind::Constant)) {
    // A constant that never met a value: an index, or a number.
    type = constant.isInt()     ? MlirType(b.getIndexType())
           : constant.isFloat() ? MlirType(b.getF32Type())
                                : MlirType(b.getI1Type());
  }
  double value = constant.isBool() ? constant.asBool() : constant.asFloat();
  Value result = number(value, type, at);
  result.setLoc(at);
  return result;
}

Value Emitter::emit(const Expr *expr, StringRef name) {
  auto bound = bounds.find(expr);
  if (bound != bounds.end()) {
    return bound->second;
  }
  Location at = loc(expr->range, name);
  switch (expr->kind) {
  case Expr::Kind::Constant:
    return emitConstant(expr, at);
  case Expr::Kind::Dim:
    return dims.lookup(expr->text);
  case Expr::Kind::Argument: {
    Value value = scalars.lookup(expr->scalar);
    return expr->type.dtype == Dtype::Index && !value.getType().isIndex()
               ? Value(
                     arith::IndexCastOp::create(b, at, b.getIndexType(), value))
               : value;
  }
  case Expr::Kind::Variable:
    return expr->type.is(TypeKind::Range) ? range(expr->type.axes.front())
                                          : variables.lookup(expr->variable);
  case Expr::Kind::RangeIndex:
    return emitRangeIndex(expr, at);
  case Expr::Kind::Slice:
    return emitSlice(expr, at);
  case Expr::Kind::Start: {
    const TileAxis *axis = expr->operands[0]->type.axes.front();
    Value start = ir::StartOp::create(b, at, b.getIndexType(), range(axis));
    int64_t group = groupOf(axis);
    return group == 1 ? start
                      : arith::DivUIOp::create(
                            b, at, start, number(group, b.getIndexType(), at));
  }
  case Expr::Kind::Splat:
    return ir::SplatOp::create(b, at, typeOf(expr->type),
                               emit(expr->operands[0]));
  case Expr::Kind::Broadcast: {
    Value x = emit(expr->operands[0]);
    MlirType type = typeOf(expr->type);
    return x.getType() == type ? x : ir::BroadcastOp::create(b, at, type, x);
  }
  case Expr::Kind::Convert:
    return emitConvert(expr, at);
  case Expr::Kind::Negate: {
    Value x = emit(expr->operands[0]);
    if (isFloat(expr->type.dtype)) {
      return arith::NegFOp::create(b, at, x);
    }
    return arith::SubIOp::create(b, at, number(0, x.getType(), at), x);
  }
  case Expr::Kind::Not: {
    Value x = emit(expr->operands[0]);
    return arith::XOrIOp::create(b, at, x, number(1, x.getType(), at));
  }
  case Expr::Kind::Binary:
    return emitBinary(expr, at);
  case Expr::Kind::Compare:
    return emitCompare(expr, at);
  case Expr::Kind::Select: {
    Value condition = emit(expr->operands[0]);
    Value x = emit(expr->operands[1]), y = emit(expr->operands[2]);
    if (isa<ir::TileType>(x.getType())) {
      return ir::SelectOp::create(b, at, condition, x, y);
    }
    return arith::SelectOp::create(b, at, condition, x, y);
  }
  case Expr::Kind::Call:
    return emitCall(expr, at);
  case Expr::Kind::Load:
    return emitLoad(expr, at);
  case Expr::Kind::Dot:
    return emitDot(expr, Value(), at);
  case Expr::Kind::Reduce:
    return emitReduce(expr, at);
  case Expr::Kind::Mask:
    return emitMask(expr, at);
  case Expr::Kind::Fill:
    return emitConstant(expr, at);
  case Expr::Kind::SoftmaxInit: {
    Value sink = expr->operands.empty() ? Value() : emit(expr->operands[0]);
    Value state = ir::SoftmaxInitOp::create(b, at, typeOf(expr->type));
    sinks[state] = sink;
    return state;
  }
  case Expr::Kind::SoftmaxOutput:
  case Expr::Kind::SoftmaxLse:
    return emitSoftmaxResult(expr, at);
  }
  llvm_unreachable("every kind is above");
}

/// The score that the state \p state began with, null if none.
Value Emitter::sinkOf(Value state) {
  for (;;) {
    if (auto update = state.getDefiningOp<ir::SoftmaxUpdateOp>()) {
      state = update.getState();
    } else if (auto loop = state.getDefiningOp<ir::ForOp>()) {
      state = loop.getInitArgs()[cast<OpResult>(state).getResultNumber()];
    } else if (auto argument = dyn_cast<BlockArgument>(state)) {
      auto loop = cast<ir::ForOp>(argument.getOwner()->getParentOp());
      state = loop.getInitArgs()[argument.getArgNumber() - 1];
    } else {
      return sinks.lookup(state);
    }
  }
}

/// With a first score x, of which no value is known, a sum of exponentials
/// e^lse grows by e^x, and the mean of the values shrinks as much.
Value Emitter::emitSoftmaxResult(const Expr *expr, Location at) {
  MlirType type = typeOf(expr->type);
  bool output = expr->kind == Expr::Kind::SoftmaxOutput;
  Value state = emit(expr->operands[0]);
  Value sink = sinkOf(state);
  if (!sink) {
    return output ? ir::SoftmaxOutputOp::create(b, at, type, state).getResult()
                  : ir::SoftmaxLseOp::create(b, at, type, state).getResult();
  }
  Location inner = unnamed(at);
  MlirType rows = sink.getType();
  Value lse = ir::SoftmaxLseOp::create(b, inner, rows, state);
  Value one = number(1, rows, inner);
  if (output) {
    Value mean = ir::SoftmaxOutputOp::create(b, inner, type, state);
    Value above = arith::SubFOp::create(b, inner, sink, lse);
    Value rest = math::ExpOp::create(b, inner, above);
    Value all = arith::AddFOp::create(b, inner, one, rest);
    Value share = arith::DivFOp::create(b, inner, one, all);
    Value shares = ir::BroadcastOp::create(b, inner, type, share);
    return arith::MulFOp::create(b, at, mean, shares);
  }
  Value high = arith::MaximumFOp::create(b, inner, lse, sink);
  Value low = arith::MinimumFOp::create(b, inner, lse, sink);
  Value apart = arith::SubFOp::create(b, inner, low, high);
  Value rest = math::ExpOp::create(b, inner, apart);
  Value all = arith::AddFOp::create(b, inner, one, rest);
  Value more = math::LogOp::create(b, inner, all);
  return arith::AddFOp::create(b, at, high, more);
}

bool Emitter::isNatural(const Expr *expr) {
  switch (expr->kind) {
  case Expr::Kind::Dim:
  case Expr::Kind::Start:
    return true;
  case Expr::Kind::Constant:
    return expr->constant.isInt() && expr->constant.asInt() >= 0;
  case Expr::Kind::Variable:
    return naturals.contains(expr->variable);
  case Expr::Kind::Binary:
    return expr->binary != BinaryOp::Sub && isNatural(expr->operands[0]) &&
           isNatural(expr->operands[1]);
  default:
    return false;
  }
}

Value Emitter::emitIntegerBinary(const Expr *expr, Value x, Value y,
                                 Location at) {
  bool natural = isNatural(expr->operands[0]) && isNatural(expr->operands[1]);
  switch (expr->binary) {
  case BinaryOp::Add:
    return arith::AddIOp::create(b, at, x, y);
  case BinaryOp::Sub:
    return arith::SubIOp::create(b, at, x, y);
  case BinaryOp::Mul:
    return arith::MulIOp::create(b, at, x, y);
  case BinaryOp::And:
    return arith::AndIOp::create(b, at, x, y);
  case BinaryOp::Or:
    return arith::OrIOp::create(b, at, x, y);
  case BinaryOp::Div:
    if (natural) {
      return arith::DivUIOp::create(b, at, x, y);
    }
    return arith::FloorDivSIOp::create(b, at, x, y);
  case BinaryOp::Mod:
    break;
  }
  if (natural) {
    return arith::RemUIOp::create(b, at, x, y);
  }
  // The sign of the remainder is the divisor's, as floor division wants.
  Value quotient = arith::FloorDivSIOp::create(b, at, x, y);
  Value whole = arith::MulIOp::create(b, at, quotient, y);
  return arith::SubIOp::create(b, at, x, whole);
}

Value Emitter::emitBinary(const Expr *expr, Location at) {
  const Expr *left = expr->operands[0], *right = expr->operands[1];
  if (expr->binary == BinaryOp::Add) {
    // `x + dot(a, b)` is a product that accumulates into x.
    const Expr *dot = right->kind == Expr::Kind::Dot  ? right
                      : left->kind == Expr::Kind::Dot ? left
                                                      : nullptr;
    if (dot) {
      Value acc = emit(dot == right ? left : right);
      return emitDot(dot, acc, at);
    }
  }
  Value x = emit(left), y = emit(right);
  if (!isFloat(expr->type.dtype)) {
    return emitIntegerBinary(expr, x, y, at);
  }
  switch (expr->binary) {
  case BinaryOp::Add:
    return arith::AddFOp::create(b, at, x, y);
  case BinaryOp::Sub:
    return arith::SubFOp::create(b, at, x, y);
  case BinaryOp::Mul:
    return arith::MulFOp::create(b, at, x, y);
  default:
    return arith::DivFOp::create(b, at, x, y);
  }
}

Value Emitter::emitCompare(const Expr *expr, Location at) {
  Value x = emit(expr->operands[0]), y = emit(expr->operands[1]);
  unsigned i = static_cast<unsigned>(expr->compare);
  if (isFloat(expr->operands[0]->type.dtype)) {
    static constexpr arith::CmpFPredicate predicates[] = {
        arith::CmpFPredicate::OLT, arith::CmpFPredicate::OLE,
        arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE,
        arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE};
    return arith::CmpFOp::create(b, at, predicates[i], x, y);
  }
  static constexpr arith::CmpIPredicate predicates[] = {
      arith::CmpIPredicate::slt, arith::CmpIPredicate::sle,
      arith::CmpIPredicate::sgt, arith::CmpIPredicate::sge,
      arith::CmpIPredicate::eq,  arith::CmpIPredicate::ne};
  return arith::CmpIOp::create(b, at, predicates[i], x, y);
}

Value Emitter::emitConvert(const Expr *expr, Location at) {
  Value x = emit(expr->operands[0]);
  MlirType to = typeOf(expr->type);
  if (isa<ir::TileType>(to)) {
    return x.getType() == to ? x : Value(ir::ConvertOp::create(b, at, to, x));
  }
  MlirType from = x.getType();
  if (from == to) {
    return x;
  }
  if (isa<FloatType>(from) && isa<FloatType>(to)) {
    if (from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth()) {
      return arith::ExtFOp::create(b, at, to, x);
    }
    return arith::TruncFOp::create(b, at, to, x);
  }
  if (isa<FloatType>(to)) {
    Value integer =
        from.isIndex()
            ? Value(arith::IndexCastOp::create(b, at, b.getI64Type(), x))
            : x;
    return arith::SIToFPOp::create(b, at, to, integer);
  }
  if (from.isIndex() || to.isIndex()) {
    return arith::IndexCastOp::create(b, at, to, x);
  }
  unsupported(expr->range, "this conversion of a uniform value");
  return x;
}

Value Emitter::emitCall(const Expr *expr, Location at) {
  SmallVector<Value, 2> x;
  for (const Expr *operand : expr->operands) {
    x.push_back(emit(operand));
  }
  MlirType type = x[0].getType();
  bool real = isFloat(expr->operands[0]->type.dtype);
  Location inner = unnamed(at);
  auto one = [&] { return number(1, type, at); };
  auto denominator = [&] {
    Value negative = arith::NegFOp::create(b, inner, x[0]);
    Value power = math::ExpOp::create(b, inner, negative);
    return arith::AddFOp::create(b, inner, one(), power).getResult();
  };
  switch (expr->function) {
  case Function::Exp:
    return math::ExpOp::create(b, at, x[0]);
  case Function::Exp2:
    return math::Exp2Op::create(b, at, x[0]);
  case Function::Log:
    return math::LogOp::create(b, at, x[0]);
  case Function::Log2:
    return math::Log2Op::create(b, at, x[0]);
  case Function::Sqrt:
    return math::SqrtOp::create(b, at, x[0]);
  case Function::Rsqrt:
    return math::RsqrtOp::create(b, at, x[0]);
  case Function::Tanh:
    return math::TanhOp::create(b, at, x[0]);
  case Function::TanhApprox: {
    auto tanh = math::TanhOp::create(b, at, x[0]);
    tanh->setAttr(ir::SpakDialect::kAccuracyAttr,
                  b.getStringAttr("approximate"));
    return tanh;
  }
  case Function::Erf:
    return math::ErfOp::create(b, at, x[0]);
  case Function::Floor:
    return math::FloorOp::create(b, at, x[0]);
  case Function::Sigmoid:
    return arith::DivFOp::create(b, at, one(), denominator());
  case Function::Silu:
    return arith::DivFOp::create(b, at, x[0], denominator());
  case Function::Relu:
    return arith::MaximumFOp::create(b, at, x[0], number(0, type, at));
  case Function::Gelu: {
    Value scaled = arith::MulFOp::create(
        b, inner, x[0], number(0.70710678118654752440, type, at));
    Value erf = math::ErfOp::create(b, inner, scaled);
    Value sum = arith::AddFOp::create(b, inner, erf, one());
    Value half = arith::MulFOp::create(b, inner, x[0], number(0.5, type, at));
    return arith::MulFOp::create(b, at, half, sum);
  }
  case Function::Abs:
    if (real) {
      return math::AbsFOp::create(b, at, x[0]);
    }
    return math::AbsIOp::create(b, at, x[0]);
  case Function::Min:
    if (real) {
      return arith::MinimumFOp::create(b, at, x[0], x[1]);
    }
    return arith::MinSIOp::create(b, at, x[0], x[1]);
  case Function::Max:
    if (real) {
      return arith::MaximumFOp::create(b, at, x[0], x[1]);
    }
    return arith::MaxSIOp::create(b, at, x[0], x[1]);
  case Function::IsNan:
    return arith::CmpFOp::create(b, at, arith::CmpFPredicate::UNO, x[0], x[0]);
  }
  llvm_unreachable("every function is above");
}

Value Emitter::emitLoad(const Expr *expr, Location at) {
  SmallVector<Value, 5> indices;
  Value view = emitIndices(expr->tensor, expr->indices, false, indices, at);
  MlirType type = typeOf(expr->type);
  if (!view) {
    return number(0, type, at);
  }
  if (expr->type.is(TypeKind::Scalar)) {
    MlirType element = elementType(expr->tensor->dtype);
    Value value = ir::LoadScalarOp::create(b, at, element, view, indices);
    return expr->type.dtype == Dtype::Index
               ? Value(
                     arith::IndexCastOp::create(b, at, b.getIndexType(), value))
               : value;
  }
  Value tile =
      ir::LoadOp::create(b, at, type, view, indices, ir::StagingAttr());
  // A load gives zero past its tensor's extent; a range may end before.
  for (auto [i, index] : llvm::enumerate(expr->indices)) {
    if (index->type.is(TypeKind::Range) &&
        !indices[i].getDefiningOp<ir::SubrangeOp>() &&
        endsEarly(index->type.axes.front(), *expr->tensor, i)) {
      tile = neutralAtAbsent(tile, index->type.axes.front(), 0.0, at);
    }
  }
  return tile;
}

Value Emitter::emitDot(const Expr *expr, Value acc, Location at) {
  if (place(expr->over) != expr->over) {
    unsupported(expr->range, "a product over `" + expr->over->name +
                                 "`, which is packed with another axis,");
    return number(0, typeOf(expr->type), at);
  }
  Value x = emit(expr->operands[0]), y = emit(expr->operands[1]);
  StringRef over = expr->over->name;
  if (mayBeAbsent(expr->over)) {
    AtAbsent ax = atAbsent(x, over), ay = atAbsent(y, over);
    if (ax == AtAbsent::Unknown) {
      x = neutralAtAbsent(x, expr->over, 0.0, at);
      ax = AtAbsent::Zero;
    }
    if (ay == AtAbsent::Unknown ||
        (ax != AtAbsent::Zero && ay != AtAbsent::Zero)) {
      y = neutralAtAbsent(y, expr->over, 0.0, at);
    }
  }
  return ir::DotOp::create(b, at, typeOf(expr->type), x, y, acc, over);
}

Value Emitter::emitReduce(const Expr *expr, Location at) {
  const TileAxis *over = expr->over;
  if (place(over) != over) {
    unsupported(expr->range, "a reduction over `" + over->name +
                                 "`, which is packed with another axis,");
    return number(0, typeOf(expr->type), at);
  }
  Value x = emit(expr->operands[0]);
  bool real = isFloat(expr->type.dtype);
  if (mayBeAbsent(over)) {
    bool additive =
        expr->reduce == ReduceKind::Sum || expr->reduce == ReduceKind::Mean;
    double infinity = std::numeric_limits<double>::infinity();
    double neutral = additive ? 0.0
                     : expr->reduce == ReduceKind::Max
                         ? (real ? -infinity : INT32_MIN)
                         : (real ? infinity : INT32_MAX);
    if (!additive || atAbsent(x, over->name) != AtAbsent::Zero) {
      x = neutralAtAbsent(x, over, neutral, at);
    }
  }
  StringRef reduction = expr->reduce == ReduceKind::Max   ? "max"
                        : expr->reduce == ReduceKind::Min ? "min"
                                                          : "add";
  Value result =
      ir::ReduceOp::create(b, at, typeOf(expr->type), x, reduction, over->name);
  if (expr->reduce != ReduceKind::Mean) {
    return result;
  }
  if (!mayBeAbsent(over)) {
    return arith::MulFOp::create(
        b, at, result, number(1.0 / over->size, result.getType(), at));
  }
  // The number present: to the range's end, at most a tile.
  Value start = ir::StartOp::create(b, at, b.getIndexType(), range(over));
  Value left = arith::SubIOp::create(b, at, upper(over, at), start);
  Value present = arith::MinSIOp::create(
      b, at, left, number(over->size, b.getIndexType(), at));
  Value count = arith::SIToFPOp::create(
      b, at, b.getF32Type(),
      arith::IndexCastOp::create(b, at, b.getI64Type(), present));
  Value divisor =
      isa<ir::TileType>(result.getType())
          ? Value(ir::SplatOp::create(b, at, result.getType(), count))
          : count;
  return arith::DivFOp::create(b, at, result, divisor);
}

} // namespace spak::irgen
