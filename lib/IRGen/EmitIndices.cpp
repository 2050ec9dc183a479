// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what the indices of a load or store name: slices, and axes of tiles
// that are two axes of a tensor. Knows no statement.
#include "Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace spak::sema;

using TypeKind = spak::sema::Type::Kind;
using MlirType = mlir::Type;

namespace spak::irgen {

/// Of packed axes, row r is row r / size of the outer one.
Value Emitter::emitRangeIndex(const Expr *expr, Location at) {
  const TileAxis *axis = expr->type.axes.front();
  const TileAxis *packed = program.packed.lookup(axis);
  MlirType type = typeOf(expr->type);
  Value index = ir::IndexOp::create(b, at, type, range(axis));
  if (!packed) {
    return index;
  }
  Value size = number(packed->inner->size, type, at);
  return axis == packed->outer
             ? arith::DivSIOp::create(b, at, index, size).getResult()
             : arith::RemSIOp::create(b, at, index, size).getResult();
}

/// A range that begins later. What lies before a tensor is nobody's, so the
/// offset may not be negative.
Value Emitter::emitSlice(const Expr *expr, Location at) {
  const TileAxis *axis = expr->type.axes.front();
  if (!expr->within && !isNatural(expr->operands[1])) {
    unsupported(expr->range, "a slice that may begin before its tensor");
    return range(axis);
  }
  Value moved = range(axis);
  Value offset = emit(expr->operands[1]);
  Value end =
      axis->whole ? number(axis->size, b.getIndexType(), at) : upper(axis, at);
  end = arith::AddIOp::create(b, at, end, offset);
  if (auto part = moved.getDefiningOp<ir::SubrangeOp>()) {
    moved = part.getRange();
    offset = arith::AddIOp::create(b, at, part.getFrom(), offset);
  }
  return ir::SubrangeOp::create(b, at, moved.getType(), moved, offset, end);
}

Value Emitter::packedView(const TensorParam *tensor, int64_t outer,
                          int64_t inner, const TileAxis *axis) {
  int64_t size = axis->inner->size;
  Value view = tensors.lookup(tensor);
  if (size == 1) {
    return view;
  }
  Value &known = packedViews[{tensor, outer, inner}];
  if (known) {
    return known;
  }
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(packsAt);
  auto from = cast<ir::ViewType>(view.getType());
  SmallVector<StringAttr> axes(from.getAxes());
  SmallVector<int64_t> shape(from.getShape());
  std::string name = axes[outer].str() + "_" +
                     (inner < 0 ? axis->inner->name : axes[inner].str());
  axes[outer] = b.getStringAttr(name);
  shape[outer] *= ShapedType::isDynamic(shape[outer]) ? 1 : size;
  auto type =
      ir::ViewType::get(b.getContext(), axes, shape, from.getElementType());
  known = ir::PackAxesOp::create(
      b, loc(tensor->range), type, view, b.getI64IntegerAttr(outer),
      inner < 0 ? IntegerAttr() : b.getI64IntegerAttr(inner),
      b.getI64IntegerAttr(size));
  return known;
}

Value Emitter::emitIndices(const TensorParam *tensor,
                           ArrayRef<const Expr *> indices, bool stores,
                           SmallVectorImpl<Value> &at, Location loc) {
  int64_t outer = -1, inner = -1;
  const TileAxis *packed = nullptr;
  for (auto [i, index] : llvm::enumerate(indices)) {
    const TileAxis *axis =
        index->type.is(TypeKind::Range) ? index->type.axes.front() : nullptr;
    const TileAxis *of = axis ? program.packed.lookup(axis) : nullptr;
    if (!of) {
      Value place = emit(index);
      if (stores && axis && !place.getDefiningOp<ir::SubrangeOp>() &&
          endsEarly(axis, *tensor, i)) {
        Value zero = number(0, b.getIndexType(), loc);
        place = ir::SubrangeOp::create(b, loc, place.getType(), place, zero,
                                       upper(axis, loc));
      }
      at.push_back(place);
      continue;
    }
    packed = of;
    bool slice = index->kind == Expr::Kind::Slice;
    if (axis == of->inner) {
      inner = i;
      at.push_back(slice ? emit(index->operands[1])
                         : number(0, b.getIndexType(), loc));
      continue;
    }
    if (slice) {
      unsupported(index->range, "a slice of `" + axis->name +
                                    "`, which is packed with `" +
                                    of->inner->name + "`,");
      return {};
    }
    outer = i;
    Value place = range(axis);
    if (stores && !place.getDefiningOp<ir::SubrangeOp>() &&
        endsEarly(axis, *tensor, i)) {
      Value zero = number(0, b.getIndexType(), loc);
      place = ir::SubrangeOp::create(b, loc, place.getType(), place, zero,
                                     upper(axis, loc));
    }
    at.push_back(place);
  }
  if (!packed) {
    return tensors.lookup(tensor);
  }
  SourceRange where = indices.front()->range;
  if (outer < 0 || (stores && inner < 0)) {
    unsupported(where, Twine(stores ? "a store over `" : "a load over `") +
                           (outer < 0 ? packed->inner : packed->outer)->name +
                           "` alone, which is packed with `" +
                           (outer < 0 ? packed->outer : packed->inner)->name +
                           "`,");
    return {};
  }
  bool first = true;
  for (int64_t i = 0; i < outer; ++i) {
    first &= i == inner || !indices[i]->type.is(TypeKind::Range);
  }
  if (!first) {
    unsupported(where, "a tile whose packed axes do not come first");
    return {};
  }
  return packedView(tensor, outer, inner, packed);
}

} // namespace spak::irgen
