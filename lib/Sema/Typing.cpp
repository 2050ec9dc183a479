// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how operands come to one type, and element-wise expressions. What
// contracts an axis or touches memory is in TileTyping.cpp.
#include "Typing.h"

#include "Evaluator.h"

#include "llvm/ADT/STLExtras.h"

using namespace spak::space;

namespace spak::sema {

using TypeKind = Type::Kind;

Expr *Typing::make(Expr::Kind kind, Type type, SourceRange range,
                   llvm::ArrayRef<const Expr *> operands) {
  Expr *expr = program.make<Expr>();
  expr->kind = kind;
  expr->type = std::move(type);
  expr->range = range;
  expr->operands.assign(operands.begin(), operands.end());
  return expr;
}

static Type scalarType(Dtype dtype) {
  Type type;
  type.kind = TypeKind::Scalar;
  type.dtype = dtype;
  return type;
}

static Type withDtype(Type type, Dtype dtype) {
  type.dtype = dtype;
  return type;
}

static bool isIntegral(Dtype dtype) {
  return !isFloat(dtype) && dtype != Dtype::Bool;
}

/// True for the vector of a range's indices, or for arithmetic on such.
static bool isIndexVector(const Expr *e) {
  e = strip(e);
  switch (e->kind) {
  case Expr::Kind::RangeIndex:
    return true;
  case Expr::Kind::Negate:
  case Expr::Kind::Binary:
    return llvm::all_of(e->operands, [](const Expr *operand) {
      return operand->type.is(TypeKind::Constant) ||
             operand->type.is(TypeKind::Scalar) || isIndexVector(operand);
    });
  case Expr::Kind::Constant:
  case Expr::Kind::Variable:
    return isIntegral(e->type.dtype);
  default:
    return e->type.is(TypeKind::Scalar) && e->type.dtype == Dtype::Index;
  }
}

const Expr *Typing::poison(SourceRange range) {
  return make(Expr::Kind::Constant, Type(), range);
}

const Expr *Typing::constant(AxisValue value, SourceRange range) {
  Type type;
  type.kind = TypeKind::Constant;
  type.dtype = value.isBool()    ? Dtype::Bool
               : value.isFloat() ? Dtype::F32
                                 : Dtype::Index;
  Expr *expr = make(Expr::Kind::Constant, type, range);
  expr->constant = std::move(value);
  return expr;
}

const Expr *Typing::dim(llvm::StringRef name, SourceRange range) {
  Expr *expr = make(Expr::Kind::Dim, scalarType(Dtype::Index), range);
  expr->text = name.str();
  return expr;
}

const Expr *Typing::argument(const ScalarParam *scalar, SourceRange range) {
  Dtype dtype = isIntegral(scalar->dtype) ? Dtype::Index : scalar->dtype;
  Expr *expr = make(Expr::Kind::Argument, scalarType(dtype), range);
  expr->scalar = scalar;
  return expr;
}

const Expr *Typing::variable(const Variable *variable, SourceRange range,
                             const Expr *meaning) {
  Expr *expr = make(Expr::Kind::Variable, variable->type, range);
  expr->variable = variable;
  expr->meaning = meaning;
  return expr;
}

const Expr *Typing::rvalue(const Expr *a) {
  if (!a->type.is(TypeKind::Range)) {
    return a;
  }
  Type type = a->type;
  type.kind = TypeKind::Tile;
  type.dtype = Dtype::S32;
  return make(Expr::Kind::RangeIndex, type, a->range, a);
}

const Expr *Typing::broadcast(const Expr *a, const Type &type) {
  if (a->type.is(TypeKind::Constant)) {
    Expr *expr = make(Expr::Kind::Constant, type, a->range);
    expr->constant = a->constant;
    return expr;
  }
  if (a->type == type || a->type.poisoned()) {
    return a;
  }
  if (a->type.is(TypeKind::Scalar)) {
    const Expr *element =
        a->type.dtype == type.dtype ? a : convert(a, type.dtype, a->range);
    return make(Expr::Kind::Splat, type, a->range, element);
  }
  a = reorder(a, type.axes);
  if (a->type.axes == type.axes || a->type.poisoned()) {
    return a;
  }
  return make(Expr::Kind::Broadcast, withDtype(type, a->type.dtype), a->range,
              a);
}

/// \p a with its axes in the order in which they stand in \p order. There is
/// no op that transposes: what computes \p a is written in that order instead.
const Expr *Typing::reorder(const Expr *a,
                            llvm::ArrayRef<const TileAxis *> order) {
  llvm::SmallVector<const TileAxis *, 4> axes;
  for (const TileAxis *axis : order) {
    if (a->type.hasAxis(axis)) {
      axes.push_back(axis);
    }
  }
  if (axes == a->type.axes || !a->type.is(TypeKind::Tile)) {
    return a;
  }
  Expr *copy = program.make<Expr>(*a);
  copy->type.axes = axes;
  switch (a->kind) {
  case Expr::Kind::Constant:
  case Expr::Kind::Splat:
  case Expr::Kind::Dot:
    return copy;
  case Expr::Kind::Broadcast:
  case Expr::Kind::Convert:
  case Expr::Kind::Negate:
  case Expr::Kind::Not:
  case Expr::Kind::Binary:
  case Expr::Kind::Compare:
  case Expr::Kind::Select:
  case Expr::Kind::Call:
  case Expr::Kind::Mask:
    for (const Expr *&operand : copy->operands) {
      operand = reorder(operand, axes);
    }
    return copy;
  default:
    diags.error(diag::err_not_compiled, a->range)
        << "an operand with its axes in another order";
    return poison(a->range);
  }
}

bool Typing::isValue(const Expr *a, llvm::StringRef what) {
  bool text = a->type.is(TypeKind::Constant) && a->constant.isText();
  if (!text && !a->type.is(TypeKind::Softmax)) {
    return true;
  }
  auto error = diags.error(diag::err_not_a_value, a->range)
               << (text ? "text `" + a->constant.text() + "`"
                        : "an `online_softmax` state")
               << "`" + what.str() + "`";
  if (!text) {
    error.help("read its `output` or its `lse`");
  }
  return false;
}

/// An integer constant, an index vector or a uniform integer becomes a float
/// where it meets one.
bool Typing::unifyDtypes(const Expr *&a, const Expr *&b, SourceRange range,
                         llvm::StringRef what) {
  Dtype da = a->type.dtype, db = b->type.dtype;
  bool ca = a->type.is(TypeKind::Constant), cb = b->type.is(TypeKind::Constant);
  if (da == db && !ca && !cb) {
    return true;
  }
  if (ca || cb) {
    const Expr *&value = ca ? b : a;
    const Expr *fixed = ca ? a : b;
    bool boolean = fixed->constant.isBool();
    if (boolean == (value->type.dtype == Dtype::Bool)) {
      if (!boolean && fixed->constant.isFloat() &&
          isIntegral(value->type.dtype)) {
        value = convert(value, Dtype::F32, value->range);
      }
      return true;
    }
  } else {
    if (isIntegral(da) && isIntegral(db)) {
      // A uniform integer meets an index vector.
      const Expr *&uniform = a->type.is(TypeKind::Scalar) ? a : b;
      if (uniform->type.is(TypeKind::Scalar)) {
        Dtype wanted = &uniform == &a ? db : da;
        uniform = wanted == Dtype::Index
                      ? uniform
                      : convert(uniform, wanted, uniform->range);
        if (a->type.dtype == b->type.dtype) {
          return true;
        }
      }
    }
    const Expr *&integer = isIntegral(da) ? a : b;
    Dtype other = &integer == &a ? db : da;
    if (isIntegral(integer->type.dtype) && other == Dtype::F32 &&
        isIndexVector(integer)) {
      integer = convert(integer, Dtype::F32, integer->range);
      return true;
    }
  }
  auto error = diags.error(diag::err_dtype_mismatch, range)
               << what << shown(a) << shown(b);
  error.note(a->range, "this is `" + shown(a) + "`");
  error.note(b->range, "this is `" + shown(b) + "`");
  bool narrow = isFloat(da) && isFloat(db);
  if (narrow) {
    error.help("convert one of them, for instance with `as f32`");
  }
  return false;
}

bool Typing::unifyAxes(const Expr *&a, const Expr *&b, SourceRange range,
                       llvm::StringRef what) {
  const auto &axesA = a->type.axes, &axesB = b->type.axes;
  auto within = [](const auto &small, const auto &large) {
    return llvm::all_of(small, [&](const TileAxis *axis) {
      return llvm::is_contained(large, axis);
    });
  };
  Type type = withDtype(
      a->type, a->type.is(TypeKind::Constant) ? b->type.dtype : a->type.dtype);
  type.kind = TypeKind::Tile;
  if (axesA.empty() && axesB.empty()) {
    type.kind = TypeKind::Scalar;
    if (a->type.is(TypeKind::Constant)) {
      a = scalarOf(a, type.dtype);
    }
    if (b->type.is(TypeKind::Constant)) {
      b = scalarOf(b, type.dtype);
    }
    return true;
  }
  // Truth values and whole numbers, among them the indices of ranges.
  bool loose = type.dtype == Dtype::Bool || isIntegral(type.dtype);
  if (within(axesB, axesA)) {
    type.axes = axesA;
  } else if (within(axesA, axesB)) {
    type.axes = axesB;
  } else if (loose) {
    type.axes = axesA;
    for (const TileAxis *axis : axesB) {
      if (!llvm::is_contained(axesA, axis)) {
        type.axes.push_back(axis);
      }
    }
    llvm::sort(type.axes, [](const TileAxis *x, const TileAxis *y) {
      return x->position < y->position;
    });
  } else {
    auto error = diags.error(diag::err_axis_mismatch, range)
                 << what << a->type.text() << b->type.text();
    error.note(a->range, "this is `" + a->type.text() + "`");
    error.note(b->range, "this is `" + b->type.text() + "`");
    error.help("tiles combine if the axes of one are among those of the other");
    return false;
  }
  a = broadcast(a, type);
  b = broadcast(b, type);
  return true;
}

bool Typing::unify(const Expr *&a, const Expr *&b, SourceRange range,
                   llvm::StringRef what) {
  return isValue(a, what) && isValue(b, what) &&
         unifyDtypes(a, b, range, what) && unifyAxes(a, b, range, what);
}

const Expr *Typing::asIndex(const Expr *value) {
  if (value->type.is(TypeKind::Constant) && value->constant.isInt()) {
    return scalarOf(value, Dtype::Index);
  }
  bool isIndex =
      value->type.is(TypeKind::Scalar) && value->type.dtype == Dtype::Index;
  return isIndex ? value : nullptr;
}

const Expr *Typing::scalarOf(const Expr *a, Dtype dtype) {
  if (a->type.is(TypeKind::Constant)) {
    Expr *expr = make(Expr::Kind::Constant, scalarType(dtype), a->range);
    expr->constant = a->constant;
    return expr;
  }
  return a->type.dtype == dtype ? a : convert(a, dtype, a->range);
}

static llvm::StringRef opText(BinaryOp op) {
  static constexpr llvm::StringLiteral texts[] = {"+", "-",   "*", "/",
                                                  "%", "and", "or"};
  return texts[static_cast<unsigned>(op)];
}

static llvm::StringRef opText(CompareOp op) {
  static constexpr llvm::StringLiteral texts[] = {"<",  "<=", ">",
                                                  ">=", "==", "!="};
  return texts[static_cast<unsigned>(op)];
}

const Expr *Typing::binary(BinaryOp op, const Expr *a, const Expr *b,
                           SourceRange range) {
  a = rvalue(a);
  b = rvalue(b);
  if (a->type.poisoned() || b->type.poisoned()) {
    return poison(range);
  }
  bool logical = op == BinaryOp::And || op == BinaryOp::Or;
  if (a->type.is(TypeKind::Constant) && b->type.is(TypeKind::Constant)) {
    if (std::optional<AxisValue> value =
            foldBinary(op, a->constant, b->constant)) {
      return constant(*value, range);
    }
    diags.error(diag::err_constant_operands, range)
        << opText(op) << a->constant.text() << b->constant.text();
    return poison(range);
  }
  // `true and p` is p: what a point decides leaves no trace.
  if (logical) {
    for (auto [fixed, other] : {std::pair(a, b), std::pair(b, a)}) {
      if (fixed->type.is(TypeKind::Constant) && fixed->constant.isBool()) {
        bool decides = fixed->constant.asBool() == (op == BinaryOp::Or);
        return decides ? fixed : other;
      }
    }
  }
  if (!unify(a, b, range, opText(op))) {
    return poison(range);
  }
  if (logical != (a->type.dtype == Dtype::Bool)) {
    diags.error(diag::err_operator_type, range)
        << opText(op) << (logical ? "truth values" : "numbers")
        << a->type.text();
    return poison(range);
  }
  if (op == BinaryOp::Mod && isFloat(a->type.dtype)) {
    diags.error(diag::err_operator_type, range)
        << opText(op) << "integers" << a->type.text();
    return poison(range);
  }
  Expr *expr = make(Expr::Kind::Binary, a->type, range, {a, b});
  expr->binary = op;
  return expr;
}

const Expr *Typing::compare(CompareOp op, const Expr *a, const Expr *b,
                            SourceRange range) {
  a = rvalue(a);
  b = rvalue(b);
  if (a->type.poisoned() || b->type.poisoned()) {
    return poison(range);
  }
  if (a->type.is(TypeKind::Constant) && b->type.is(TypeKind::Constant)) {
    if (std::optional<bool> value = foldCompare(op, a->constant, b->constant)) {
      return constant(AxisValue(*value), range);
    }
    diags.error(diag::err_constant_operands, range)
        << opText(op) << a->constant.text() << b->constant.text();
    return poison(range);
  }
  if (!unify(a, b, range, opText(op))) {
    return poison(range);
  }
  Expr *expr =
      make(Expr::Kind::Compare, withDtype(a->type, Dtype::Bool), range, {a, b});
  expr->compare = op;
  return expr;
}

const Expr *Typing::negate(const Expr *a, SourceRange range) {
  a = rvalue(a);
  if (a->type.poisoned()) {
    return a;
  }
  if (a->type.is(TypeKind::Constant) && a->constant.isNumber()) {
    return constant(a->constant.isInt() ? AxisValue(-a->constant.asInt())
                                        : AxisValue(-a->constant.asFloat()),
                    range);
  }
  if (!isValue(a, "-")) {
    return poison(range);
  }
  if (a->type.dtype == Dtype::Bool) {
    diags.error(diag::err_operator_type, range)
        << "-" << "numbers" << a->type.text();
    return poison(range);
  }
  return make(Expr::Kind::Negate, a->type, range, a);
}

const Expr *Typing::logicalNot(const Expr *a, SourceRange range) {
  if (a->type.poisoned()) {
    return a;
  }
  if (a->type.is(TypeKind::Constant) && a->constant.isBool()) {
    return constant(AxisValue(!a->constant.asBool()), range);
  }
  if (a->type.is(TypeKind::Constant) || a->type.dtype != Dtype::Bool ||
      a->type.is(TypeKind::Softmax) || a->type.is(TypeKind::Range)) {
    diags.error(diag::err_operator_type, range)
        << "not" << "truth values" << shown(a);
    return poison(range);
  }
  return make(Expr::Kind::Not, a->type, range, a);
}

const Expr *Typing::select(const Expr *condition, const Expr *a, const Expr *b,
                           SourceRange range) {
  a = rvalue(a);
  b = rvalue(b);
  if (condition->type.poisoned() || a->type.poisoned() || b->type.poisoned()) {
    return poison(range);
  }
  if (condition->type.is(TypeKind::Constant) && condition->constant.isBool()) {
    return condition->constant.asBool() ? a : b;
  }
  if (condition->type.dtype != Dtype::Bool ||
      condition->type.is(TypeKind::Constant)) {
    diags.error(diag::err_operator_type, condition->range)
        << "select" << "truth values" << shown(condition);
    return poison(range);
  }
  if (a->type.is(TypeKind::Constant) && b->type.is(TypeKind::Constant)) {
    bool real = a->constant.isFloat() || b->constant.isFloat();
    a = scalarOf(a, real ? Dtype::F32 : Dtype::Index);
    b = scalarOf(b, a->type.dtype);
  }
  if (!unify(a, b, range, "select")) {
    return poison(range);
  }
  if (condition->type.is(TypeKind::Tile)) {
    const Expr *c = condition;
    const Expr *value = a;
    // The two sides take the condition's axes, and it takes theirs.
    Type probe = a->type;
    probe.kind = TypeKind::Tile;
    for (const TileAxis *axis : condition->type.axes) {
      if (!probe.hasAxis(axis)) {
        probe.axes.push_back(axis);
      }
    }
    a = broadcast(value, probe);
    b = broadcast(b, probe);
    condition = broadcast(c, withDtype(probe, Dtype::Bool));
  } else if (a->type.is(TypeKind::Tile)) {
    condition = broadcast(condition, withDtype(a->type, Dtype::Bool));
  }
  return make(Expr::Kind::Select, a->type, range, {condition, a, b});
}

const Expr *Typing::convert(const Expr *a, Dtype dtype, SourceRange range) {
  a = rvalue(a);
  if (a->type.poisoned()) {
    return a;
  }
  if (!isValue(a, "as")) {
    return poison(range);
  }
  if (a->type.is(TypeKind::Constant)) {
    if (isFloat(dtype) && a->constant.isNumber()) {
      return constant(AxisValue(a->constant.asFloat()), range);
    }
    return a;
  }
  if (a->type.dtype == dtype) {
    return a;
  }
  return make(Expr::Kind::Convert, withDtype(a->type, dtype), range, a);
}

} // namespace spak::sema
