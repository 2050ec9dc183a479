// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: masks as affine data, and what stands where a range has ended.
#include "Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"

#include <limits>

using namespace mlir;
using namespace spak::sema;

using TypeKind = spak::sema::Type::Kind;

namespace spak::irgen {

namespace {

/// An expression in the file, stripped of what only fits element types.
const Expr *bare(const Expr *e) {
  while (e->meaning || e->kind == Expr::Kind::Broadcast ||
         e->kind == Expr::Kind::Splat || e->kind == Expr::Kind::Convert) {
    e = e->meaning ? e->meaning : e->operands[0];
  }
  return e;
}

bool isDecomposable(const Expr *e) {
  if (e->kind == Expr::Kind::Negate) {
    return true;
  }
  if (e->kind != Expr::Kind::Binary) {
    return false;
  }
  auto constant = [](const Expr *x) {
    x = bare(x);
    return x->kind == Expr::Kind::Constant;
  };
  switch (e->binary) {
  case BinaryOp::Add:
  case BinaryOp::Sub:
    return true;
  case BinaryOp::Mul:
    return constant(e->operands[0]) || constant(e->operands[1]);
  case BinaryOp::Div:
  case BinaryOp::Mod: {
    const Expr *divisor = bare(e->operands[1]);
    return divisor->kind == Expr::Kind::Constant &&
           divisor->constant.asInt() > 0;
  }
  default:
    return false;
  }
}

} // namespace

namespace {

/// Numbers ranges and symbols as they are met.
struct AffineWriter {
  MLIRContext *context;
  const llvm::DenseMap<const TileAxis *, const TileAxis *> &packed;
  SmallVector<const TileAxis *, 4> axes;
  SmallVector<const Expr *, 4> symbols;

  AffineExpr symbol(const Expr *e) {
    auto same = [&](const Expr *other) {
      if (e->kind != other->kind) {
        return false;
      }
      return e->kind == Expr::Kind::Dim        ? e->text == other->text
             : e->kind == Expr::Kind::Variable ? e->variable == other->variable
             : e->kind == Expr::Kind::Argument ? e->scalar == other->scalar
                                               : e == other;
    };
    auto *found = llvm::find_if(symbols, same);
    if (found == symbols.end()) {
      symbols.push_back(e);
      return getAffineSymbolExpr(symbols.size() - 1, context);
    }
    return getAffineSymbolExpr(found - symbols.begin(), context);
  }

  AffineExpr write(const Expr *e) {
    e = bare(e);
    if (e->kind == Expr::Kind::Constant) {
      return getAffineConstantExpr(e->constant.asInt(), context);
    }
    if (e->kind == Expr::Kind::RangeIndex) {
      const TileAxis *axis = e->type.axes.front();
      const TileAxis *of = packed.lookup(axis);
      auto *found = llvm::find(axes, of ? of : axis);
      AffineExpr index = getAffineDimExpr(found - axes.begin(), context);
      if (of) {
        index = axis == of->outer ? index.floorDiv(of->inner->size)
                                  : index % of->inner->size;
      }
      // Masks are over tiles from 0 on, which loops count.
      return axis->whole ? index : index + write(axis->lower);
    }
    if (!isDecomposable(e)) {
      return symbol(e);
    }
    AffineExpr x = write(e->operands[0]);
    if (e->kind == Expr::Kind::Negate) {
      return -x;
    }
    AffineExpr y = write(e->operands[1]);
    return affine(e->binary, x, y);
  }
};

void collectAxes(const Expr *e, SmallVectorImpl<const TileAxis *> &axes) {
  if (e->kind == Expr::Kind::RangeIndex) {
    if (!llvm::is_contained(axes, e->type.axes.front())) {
      axes.push_back(e->type.axes.front());
    }
    return;
  }
  if (e->meaning) {
    collectAxes(e->meaning, axes);
  }
  for (const Expr *operand : e->operands) {
    collectAxes(operand, axes);
  }
}

/// The sum \p expr without its one term that divides by a constant and has
/// \p dim below; nothing if \p dim stands elsewhere too, or nowhere.
struct DividedTerm {
  AffineExpr rest;     ///< without dim
  AffineExpr dividend; ///< has dim
  int64_t divisor = 0; ///< 0: none found
  bool negative = false;
};

bool findDivided(AffineExpr expr, unsigned dim, bool negative,
                 DividedTerm &found) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!expr.isFunctionOfDim(dim)) {
    AffineExpr term = negative ? -expr : expr;
    found.rest = found.rest ? found.rest + term : term;
    return true;
  }
  if (expr.getKind() == AffineExprKind::Add) {
    return findDivided(binary.getLHS(), dim, negative, found) &&
           findDivided(binary.getRHS(), dim, negative, found);
  }
  auto number = binary ? dyn_cast<AffineConstantExpr>(binary.getRHS())
                       : AffineConstantExpr();
  if (expr.getKind() == AffineExprKind::Mul && number &&
      number.getValue() == -1) {
    return findDivided(binary.getLHS(), dim, !negative, found);
  }
  if (expr.getKind() != AffineExprKind::FloorDiv || !number ||
      number.getValue() <= 0 || found.divisor != 0) {
    return false;
  }
  found.dividend = binary.getLHS();
  found.divisor = number.getValue();
  found.negative = negative;
  return true;
}

/// `condition >= 0` with \p dim freed from a division:
///   r + floor(x / q) >= 0 is q*r + x >= 0,
///   r - floor(x / q) >= 0 is q*r + q - 1 - x >= 0.
/// A condition that is linear in the columns costs one comparison each.
AffineExpr undivided(AffineExpr condition, unsigned dim) {
  DividedTerm found;
  if (!findDivided(condition, dim, false, found) || found.divisor == 0) {
    return condition;
  }
  AffineExpr zero = getAffineConstantExpr(0, condition.getContext());
  AffineExpr scaled = (found.rest ? found.rest : zero) * found.divisor;
  return found.negative ? scaled + (found.divisor - 1) - found.dividend
                        : scaled + found.dividend;
}

} // namespace

Value Emitter::emitMask(const Expr *expr, Location at) {
  Value scores = emit(expr->operands[0]);
  if (expr->keep.empty()) {
    Value keep = emit(expr->operands[1]);
    Value nothing =
        number(-std::numeric_limits<double>::infinity(), scores.getType(), at);
    return ir::SelectOp::create(b, at, scores.getType(), keep, scores, nothing);
  }
  AffineWriter writer{b.getContext(), program.packed, {}, {}};
  // Ranges in the order of the tile's axes, so that equal masks read equally.
  SmallVector<const TileAxis *, 4> used;
  for (const Conjunction &conjunction : expr->keep) {
    for (const Expr *condition : conjunction) {
      collectAxes(condition, used);
    }
  }
  for (const TileAxis *axis : axesOf(expr->type)) {
    bool reads = llvm::any_of(
        used, [&](const TileAxis *part) { return place(part) == axis; });
    if (reads) {
      writer.axes.push_back(axis);
    }
  }
  SmallVector<SmallVector<AffineExpr>> conditions;
  for (const Conjunction &conjunction : expr->keep) {
    SmallVector<AffineExpr> &row = conditions.emplace_back();
    for (const Expr *condition : conjunction) {
      row.push_back(writer.write(condition));
    }
  }
  // One form for each condition, so that equal masks read equally.
  unsigned numDims = writer.axes.size(), numSymbols = writer.symbols.size();
  SmallVector<AffineMap> maps;
  for (SmallVector<AffineExpr> &row : conditions) {
    for (AffineExpr &condition : row) {
      condition = simplifyAffineExpr(condition, numDims, numSymbols);
      if (numDims > 0) {
        condition = simplifyAffineExpr(undivided(condition, numDims - 1),
                                       numDims, numSymbols);
      }
    }
    maps.push_back(AffineMap::get(numDims, numSymbols, row, b.getContext()));
  }
  SmallVector<Value> ranges, symbols;
  for (const TileAxis *axis : writer.axes) {
    ranges.push_back(unmovedRange(axis));
  }
  for (const Expr *symbol : writer.symbols) {
    symbols.push_back(emit(symbol));
  }
  return ir::MaskOp::create(b, at, scores, maps, ranges, symbols);
}

Value Emitter::unmovedRange(const TileAxis *axis) {
  axis = place(axis);
  Value moved = range(axis);
  Value found = unmoved.lookup(axis);
  return found ? found : moved;
}

Value Emitter::range(const TileAxis *axis) {
  axis = place(axis);
  Value &value = ranges[axis];
  if (!value) {
    // A whole axis is the same everywhere in a block: once, at its start.
    OpBuilder::InsertionGuard guard(b);
    if (lastWholeAxis) {
      b.setInsertionPointAfter(lastWholeAxis);
    } else {
      b.setInsertionPointToStart(wholeAxesAt);
    }
    value = ir::AllOp::create(b, loc(axis->range, axis->name), rangeType(axis));
    lastWholeAxis = value.getDefiningOp();
  }
  return value;
}

Value Emitter::upper(const TileAxis *axis, Location at) {
  OpBuilder::InsertionGuard guard(b);
  return times(emit(axis->upper), groupOf(axis), at);
}

bool Emitter::mayBeAbsent(const TileAxis *axis) {
  if (axis->whole) {
    return false;
  }
  const Expr *end = axis->upper;
  return end->kind != Expr::Kind::Constant ||
         axis->lower->kind != Expr::Kind::Constant ||
         (end->constant.asInt() - axis->lower->constant.asInt()) % axis->size !=
             0;
}

bool Emitter::endsEarly(const TileAxis *axis, const TensorParam &tensor,
                        size_t index) {
  if (axis->whole) {
    return false;
  }
  const Expr *end = axis->upper;
  if (std::optional<int64_t> size = tensor.sizes[index]) {
    return end->kind != Expr::Kind::Constant || end->constant.asInt() < *size;
  }
  return !sameSize(end, tensor.extents[index]);
}

Value Emitter::maskInside(Value scores, const TileAxis *axis, Location at) {
  AffineWriter writer{b.getContext(), program.packed, {axis}, {}};
  AffineExpr index = getAffineDimExpr(0, b.getContext());
  AffineExpr end = writer.write(axis->upper) -
                   (axis->whole ? getAffineConstantExpr(0, b.getContext())
                                : writer.write(axis->lower));
  SmallVector<Value> symbols;
  for (const Expr *symbol : writer.symbols) {
    symbols.push_back(emit(symbol));
  }
  AffineMap map = AffineMap::get(1, symbols.size(), end - 1 - index);
  return ir::MaskOp::create(b, at, scores, ArrayRef<AffineMap>(map),
                            ValueRange{unmovedRange(axis)}, symbols);
}

Value Emitter::neutralAtAbsent(Value value, const TileAxis *axis,
                               double neutral, Location at) {
  auto tile = cast<ir::TileType>(value.getType());
  const TileAxis *whole = place(axis);
  auto vector =
      ir::TileType::get(b.getContext(), {b.getStringAttr(whole->name)},
                        {whole->size}, b.getI32Type());
  auto truths = ir::TileType::get(b.getContext(), tile.getAxes(),
                                  tile.getShape(), b.getI1Type());
  auto truth = ir::TileType::get(b.getContext(), vector.getAxes(),
                                 vector.getShape(), b.getI1Type());
  Value index = ir::IndexOp::create(b, at, vector, range(axis));
  Value end =
      arith::IndexCastOp::create(b, at, b.getI32Type(), upper(axis, at));
  Value ends = ir::SplatOp::create(b, at, vector, end);
  Value inside =
      arith::CmpIOp::create(b, at, arith::CmpIPredicate::slt, index, ends);
  if (truth != truths) {
    inside = ir::BroadcastOp::create(b, at, truths, inside);
  }
  return ir::SelectOp::create(b, at, tile, inside, value,
                              number(neutral, tile, at));
}

} // namespace spak::irgen
