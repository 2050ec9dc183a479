// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: functions, contractions, masks, loads and softmax states: what has a
// rule of its own beyond element-wise combination.
#include "Typing.h"

#include "Evaluator.h"

#include "llvm/ADT/STLExtras.h"

using namespace spak::space;

namespace spak::sema {

using TypeKind = Type::Kind;

const Expr *Typing::foldCall(Function function,
                             llvm::ArrayRef<const Expr *> arguments,
                             SourceRange range) {
  llvm::SmallVector<AxisValue, 2> values;
  for (const Expr *argument : arguments) {
    values.push_back(argument->constant);
  }
  if (std::optional<AxisValue> value = foldFunction(function, values)) {
    return constant(*value, range);
  }
  diags.error(diag::err_operator_type, range)
      << functionName(function) << "numbers" << quoted(range.text());
  return poison(range);
}

const Expr *Typing::call(Function function,
                         llvm::ArrayRef<const Expr *> arguments,
                         SourceRange range) {
  llvm::SmallVector<const Expr *, 2> values;
  bool constants = true;
  for (const Expr *argument : arguments) {
    const Expr *value = rvalue(argument);
    if (value->type.poisoned() || !isValue(value, functionName(function))) {
      return poison(range);
    }
    constants &= value->type.is(TypeKind::Constant);
    values.push_back(value);
  }
  if (constants) {
    return foldCall(function, values, range);
  }
  if (values.size() == 2 &&
      !unify(values[0], values[1], range, functionName(function))) {
    return poison(range);
  }
  if (!takesIntegers(function) && !isFloat(values[0]->type.dtype) &&
      values[0]->type.dtype != Dtype::Bool) {
    values[0] = convert(values[0], Dtype::F32, values[0]->range);
  }
  Type type = values[0]->type;
  if (type.dtype == Dtype::Bool) {
    diags.error(diag::err_operator_type, range)
        << functionName(function) << "numbers" << type.text();
    return poison(range);
  }
  if (function == Function::IsNan) {
    type.dtype = Dtype::Bool;
  }
  Expr *expr = make(Expr::Kind::Call, type, range, values);
  expr->function = function;
  return expr;
}

static std::string axisSpelling(const TileAxis *axis) {
  return axis->whole ? axis->dim : axis->name;
}

const Expr *Typing::dot(const Expr *a, const Expr *b, const TileAxis *over,
                        SourceRange range) {
  if (a->type.poisoned() || b->type.poisoned() || !over) {
    return poison(range);
  }
  for (const Expr *operand : {a, b}) {
    if (operand->type.is(TypeKind::Tile) && operand->type.hasAxis(over)) {
      continue;
    }
    auto error = diags.error(diag::err_over_not_an_axis, operand->range)
                 << "dot" << axisSpelling(over) << shown(operand);
    const Expr *other = operand == a ? b : a;
    error.note(other->range,
               "the other operand is `" + other->type.text() + "`");
    return poison(range);
  }
  for (const TileAxis *axis : a->type.axes) {
    if (axis != over && b->type.hasAxis(axis)) {
      auto error = diags.error(diag::err_dot_shared_axis, range)
                   << axisSpelling(axis) << a->type.text() << b->type.text();
      error.note(a->range, "this is `" + a->type.text() + "`");
      error.note(b->range, "this is `" + b->type.text() + "`");
      return poison(range);
    }
  }
  if (a->type.dtype != b->type.dtype || !isFloat(a->type.dtype)) {
    auto error = diags.error(diag::err_dtype_mismatch, range)
                 << "dot" << a->type.text() << b->type.text();
    error.note(a->range, "this is `" + a->type.text() + "`");
    error.note(b->range, "this is `" + b->type.text() + "`");
    Dtype narrow = bitWidth(a->type.dtype) < bitWidth(b->type.dtype)
                       ? a->type.dtype
                       : b->type.dtype;
    if (isFloat(narrow)) {
      error.help("convert the other operand with `as " +
                 dtypeName(narrow).str() + "`");
    }
    return poison(range);
  }
  Type type;
  type.kind = TypeKind::Tile;
  type.dtype = Dtype::F32;
  for (const Expr *operand : {a, b}) {
    for (const TileAxis *axis : operand->type.axes) {
      if (axis != over) {
        type.axes.push_back(axis);
      }
    }
  }
  Expr *expr = make(Expr::Kind::Dot, type, range, {a, b});
  expr->over = over;
  return expr;
}

const Expr *Typing::reduce(ReduceKind kind, const Expr *a, const TileAxis *over,
                           SourceRange range) {
  static constexpr llvm::StringLiteral names[] = {"sum", "max", "min", "mean"};
  llvm::StringRef name = names[static_cast<unsigned>(kind)];
  a = rvalue(a);
  if (a->type.poisoned() || !over) {
    return poison(range);
  }
  if (!a->type.is(TypeKind::Tile) || !a->type.hasAxis(over)) {
    diags.error(diag::err_over_not_an_axis, a->range)
        << name << axisSpelling(over) << shown(a);
    return poison(range);
  }
  if (a->type.dtype == Dtype::Bool) {
    diags.error(diag::err_operator_type, a->range)
        << name << "numbers" << a->type.text();
    return poison(range);
  }
  // Sums of narrow floats accumulate in f32, as products do.
  if (isFloat(a->type.dtype) &&
      (kind == ReduceKind::Sum || kind == ReduceKind::Mean)) {
    a = convert(a, Dtype::F32, a->range);
  }
  Type type = a->type;
  type.axes.erase(llvm::find(type.axes, over));
  Expr *expr = make(Expr::Kind::Reduce, type, range, a);
  expr->reduce = kind;
  expr->over = over;
  return expr;
}

const Expr *Typing::mask(const Expr *scores, const Expr *keep,
                         SourceRange range) {
  if (scores->type.poisoned() || keep->type.poisoned()) {
    return poison(range);
  }
  if (!scores->type.is(TypeKind::Tile) || !isFloat(scores->type.dtype)) {
    diags.error(diag::err_mask_operand, scores->range) << shown(scores);
    return poison(range);
  }
  if (keep->type.is(TypeKind::Constant) && keep->constant.isBool() &&
      keep->constant.asBool()) {
    return scores;
  }
  if (keep->type.dtype != Dtype::Bool || keep->type.is(TypeKind::Softmax)) {
    diags.error(diag::err_operator_type, keep->range)
        << "mask" << "truth values" << shown(keep);
    return poison(range);
  }
  for (const TileAxis *axis : keep->type.axes) {
    if (!scores->type.hasAxis(axis)) {
      auto error = diags.error(diag::err_axis_mismatch, range)
                   << "mask" << scores->type.text() << keep->type.text();
      error.note(scores->range, "this is `" + scores->type.text() + "`");
      error.note(keep->range, "this is `" + keep->type.text() + "`");
      return poison(range);
    }
  }
  // What is affine goes into a mask of its own, around the rest.
  const Expr *both = strip(keep);
  if (both->kind == Expr::Kind::Binary && both->binary == BinaryOp::And) {
    std::vector<Conjunction> all, left, right;
    const Expr *a = both->operands[0], *b = both->operands[1];
    if (!affineUnion(*this, both, all)) {
      bool outer = affineUnion(*this, b, right);
      if (outer || affineUnion(*this, a, left)) {
        return mask(mask(scores, outer ? a : b, range), outer ? b : a, range);
      }
    }
  }
  Type boolean = scores->type;
  boolean.dtype = Dtype::Bool;
  Expr *expr = make(Expr::Kind::Mask, scores->type, range,
                    {scores, broadcast(keep, boolean)});
  if (!affineUnion(*this, keep, expr->keep)) {
    expr->keep.clear();
  }
  return expr;
}

const Expr *Typing::fill(const Expr *value, Dtype dtype,
                         llvm::ArrayRef<const TileAxis *> axes,
                         SourceRange range) {
  if (value->type.poisoned()) {
    return value;
  }
  Type type;
  type.kind = axes.empty() ? TypeKind::Scalar : TypeKind::Tile;
  type.dtype = dtype;
  type.axes.assign(axes.begin(), axes.end());
  if (value->type.is(TypeKind::Tile)) {
    diags.error(diag::err_not_uniform, value->range)
        << "the value of a fill" << value->type.text();
    return poison(range);
  }
  return broadcast(value, type);
}

const Expr *Typing::load(const TensorParam *tensor,
                         llvm::ArrayRef<const Expr *> indices,
                         SourceRange range) {
  Type type;
  type.kind = TypeKind::Scalar;
  type.dtype = tensor->dtype;
  for (const Expr *index : indices) {
    if (index->type.poisoned()) {
      return poison(range);
    }
    if (index->type.is(TypeKind::Range)) {
      type.kind = TypeKind::Tile;
      type.axes.push_back(index->type.axes.front());
    }
  }
  if (type.is(TypeKind::Scalar) && !isFloat(type.dtype)) {
    type.dtype = Dtype::Index;
  }
  Expr *expr = make(Expr::Kind::Load, type, range);
  expr->tensor = tensor;
  expr->indices.assign(indices.begin(), indices.end());
  return expr;
}

const Expr *Typing::slice(const Expr *range, const Expr *offset, SourceRange at,
                          bool within) {
  Expr *expr = make(Expr::Kind::Slice, range->type, at, {range, offset});
  expr->within = within;
  return expr;
}

const Expr *Typing::start(const Expr *range, SourceRange at) {
  Type type;
  type.kind = TypeKind::Scalar;
  type.dtype = Dtype::Index;
  return make(Expr::Kind::Start, type, at, range);
}

llvm::SmallVector<const TileAxis *, 2> partsOf(const TileAxis *rows) {
  if (!rows->inner) {
    return {rows};
  }
  return {rows->inner, rows->outer};
}

const Expr *Typing::softmaxInit(const TileAxis *rows, const TileAxis *width,
                                const Expr *sink, SourceRange range) {
  if (!rows || !width || (sink && sink->type.poisoned())) {
    return poison(range);
  }
  Type type;
  type.kind = TypeKind::Softmax;
  type.axes = {rows, width};
  if (!sink) {
    return make(Expr::Kind::SoftmaxInit, type, range);
  }
  Type perRow;
  perRow.kind = TypeKind::Tile;
  perRow.dtype = Dtype::F32;
  perRow.axes.assign(partsOf(rows));
  sink = rvalue(sink);
  if (!isValue(sink, "from:")) {
    return poison(range);
  }
  bool fits =
      sink->type.is(TypeKind::Constant)
          ? !sink->constant.isBool()
          : sink->type.dtype == Dtype::F32 &&
                (sink->type.is(TypeKind::Scalar) || sink->type == perRow);
  if (!fits) {
    diags.error(diag::err_dtype_mismatch, sink->range)
        << "from:" << shown(sink) << perRow.text();
    return poison(range);
  }
  return make(Expr::Kind::SoftmaxInit, type, range, broadcast(sink, perRow));
}

const Expr *Typing::softmaxPart(bool lse, const Expr *state,
                                SourceRange range) {
  if (state->type.poisoned()) {
    return state;
  }
  Type type = state->type;
  type.kind = TypeKind::Tile;
  type.dtype = Dtype::F32;
  type.axes.assign(partsOf(state->type.axes[0]));
  if (!lse) {
    type.axes.push_back(state->type.axes[1]);
  }
  return make(lse ? Expr::Kind::SoftmaxLse : Expr::Kind::SoftmaxOutput, type,
              range, state);
}

std::string shown(const Expr *e) {
  return e->type.is(TypeKind::Constant) ? e->constant.text() : e->type.text();
}

const Expr *strip(const Expr *e) {
  while (e->meaning || e->kind == Expr::Kind::Broadcast ||
         e->kind == Expr::Kind::Splat ||
         (e->kind == Expr::Kind::Convert && !isFloat(e->type.dtype) &&
          !isFloat(e->operands[0]->type.dtype))) {
    e = e->meaning ? e->meaning : e->operands[0];
  }
  return e;
}

static const AxisValue *constantInt(const Expr *e) {
  e = strip(e);
  return e->kind == Expr::Kind::Constant && !e->type.poisoned() &&
                 e->constant.isInt()
             ? &e->constant
             : nullptr;
}

bool isAffine(const Expr *e) {
  e = strip(e);
  if (isFloat(e->type.dtype) && !constantInt(e)) {
    return false;
  }
  switch (e->kind) {
  case Expr::Kind::Constant:
    return constantInt(e);
  case Expr::Kind::RangeIndex:
    return true;
  case Expr::Kind::Negate:
    return isAffine(e->operands[0]);
  case Expr::Kind::Binary: {
    const Expr *a = e->operands[0], *b = e->operands[1];
    if (e->type.is(TypeKind::Scalar)) {
      return true;
    }
    switch (e->binary) {
    case BinaryOp::Add:
    case BinaryOp::Sub:
      return isAffine(a) && isAffine(b);
    case BinaryOp::Mul:
      return isAffine(a) && isAffine(b) && (constantInt(a) || constantInt(b));
    case BinaryOp::Div:
    case BinaryOp::Mod:
      return isAffine(a) && constantInt(b) && constantInt(b)->asInt() > 0;
    default:
      return false;
    }
  }
  default:
    return e->type.is(TypeKind::Scalar) && e->type.dtype == Dtype::Index;
  }
}

namespace {

constexpr size_t kMaxConjunctions = 8;

/// Turns predicates into unions of conjunctions.
class Distributor {
public:
  explicit Distributor(Typing &typing) : typing(typing) {}

  /// \p negated: the union of the predicate's complement.
  bool run(const Expr *p, bool negated, std::vector<Conjunction> &keep) {
    p = strip(p);
    switch (p->kind) {
    case Expr::Kind::Constant:
      if (!p->constant.isBool()) {
        return false;
      }
      if (p->constant.asBool() != negated) {
        keep.push_back({});
      }
      return true;
    case Expr::Kind::Not:
      return run(p->operands[0], !negated, keep);
    case Expr::Kind::Compare:
      return comparison(p, negated, keep);
    case Expr::Kind::Binary:
      return connective(p, negated, keep);
    default:
      return false;
    }
  }

private:
  Typing &typing;

  const Expr *difference(const Expr *a, const Expr *b, int64_t less) {
    const Expr *d = typing.binary(BinaryOp::Sub, a, b, a->range);
    return less == 0 ? d
                     : typing.binary(BinaryOp::Sub, d,
                                     typing.constant(AxisValue(less), a->range),
                                     a->range);
  }

  bool comparison(const Expr *p, bool negated, std::vector<Conjunction> &keep) {
    const Expr *a = strip(p->operands[0]), *b = strip(p->operands[1]);
    if (!isAffine(a) || !isAffine(b)) {
      return false;
    }
    CompareOp op = p->compare;
    if (negated) {
      static constexpr CompareOp inverse[] = {CompareOp::Ge, CompareOp::Gt,
                                              CompareOp::Le, CompareOp::Lt,
                                              CompareOp::Ne, CompareOp::Eq};
      op = inverse[static_cast<unsigned>(op)];
    }
    switch (op) {
    case CompareOp::Lt:
      keep.push_back({difference(b, a, 1)});
      break;
    case CompareOp::Le:
      keep.push_back({difference(b, a, 0)});
      break;
    case CompareOp::Gt:
      keep.push_back({difference(a, b, 1)});
      break;
    case CompareOp::Ge:
      keep.push_back({difference(a, b, 0)});
      break;
    case CompareOp::Eq:
      keep.push_back({difference(a, b, 0), difference(b, a, 0)});
      break;
    case CompareOp::Ne:
      keep.push_back({difference(a, b, 1)});
      keep.push_back({difference(b, a, 1)});
      break;
    }
    return true;
  }

  bool connective(const Expr *p, bool negated, std::vector<Conjunction> &keep) {
    if (p->binary != BinaryOp::And && p->binary != BinaryOp::Or) {
      return false;
    }
    bool either = (p->binary == BinaryOp::Or) != negated;
    std::vector<Conjunction> left, right;
    if (!run(p->operands[0], negated, left) ||
        !run(p->operands[1], negated, right)) {
      return false;
    }
    if (either) {
      llvm::append_range(keep, left);
      llvm::append_range(keep, right);
      return keep.size() <= kMaxConjunctions;
    }
    for (const Conjunction &l : left) {
      for (const Conjunction &r : right) {
        Conjunction both = l;
        llvm::append_range(both, r);
        keep.push_back(std::move(both));
      }
    }
    return keep.size() <= kMaxConjunctions;
  }
};

} // namespace

bool affineUnion(Typing &typing, const Expr *predicate,
                 std::vector<Conjunction> &keep) {
  return Distributor(typing).run(predicate, false, keep);
}

} // namespace spak::sema
