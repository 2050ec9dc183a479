// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: masks, the promise of a loop's full range that they keep everything
// there, and ramps: what reads the numbers of ranges through affine maps.
#include "Machine.h"

#include "TileWalk.h"

#include "spak/Simulator/Compare.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace spak::sim {

namespace {

/// A condition `expr >= 0` along the innermost axis, when all other indices
/// are fixed: linear expressions become one number and a step.
class Condition {
public:
  Condition(AffineExpr expr, unsigned numDims)
      : expr(expr), numDims(numDims), linear(isLinear(expr)) {}

  /// Clears \p keep[i] where the condition fails for operand \p inner of
  /// \p operands equal to first + i; \p inner < 0: the same for all.
  void apply(SmallVectorImpl<char> &keep, SmallVectorImpl<int64_t> &operands,
             int inner, int64_t first) const {
    int64_t n = keep.size();
    if (linear) {
      int64_t step = 0;
      if (inner >= 0) {
        operands[inner] = first + 1;
        step = evaluate(expr, operands, numDims);
        operands[inner] = first;
      }
      int64_t value = evaluate(expr, operands, numDims);
      step = inner >= 0 ? step - value : 0;
      for (int64_t i = 0; i < n; ++i, value += step) {
        keep[i] &= value >= 0;
      }
      return;
    }
    for (int64_t i = 0; i < n; ++i) {
      if (inner >= 0) {
        operands[inner] = first + i;
      }
      keep[i] &= evaluate(expr, operands, numDims) >= 0;
    }
  }

private:
  static bool isLinear(AffineExpr expr) {
    bool linear = true;
    expr.walk([&](AffineExpr part) {
      linear &= part.getKind() != AffineExprKind::Mod &&
                part.getKind() != AffineExprKind::FloorDiv &&
                part.getKind() != AffineExprKind::CeilDiv;
    });
    return linear;
  }

  AffineExpr expr;
  unsigned numDims;
  bool linear;
};

/// Calls \p fn with every place of a tile and its indices.
template <typename Fn>
void withIndices(ArrayRef<int64_t> shape, Fn fn) {
  SmallVector<int64_t, 4> index(shape.size(), 0);
  int64_t count = 1;
  for (int64_t size : shape) {
    count *= size;
  }
  for (int64_t place = 0; place < count; ++place) {
    fn(place, index);
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) {
        break;
      }
      index[axis] = 0;
    }
  }
}

} // namespace

Machine::Step Machine::mask(ir::MaskOp op) {
  FailureOr<TileValue> source = tile(op, op.getSrc());
  if (failed(source)) {
    return Step::Error;
  }
  ir::TileType type = source->type;
  ArrayRef<int64_t> shape = type.getShape();
  size_t rank = shape.size();
  // Per dim of the maps: the tile's axis and the range's start.
  SmallVector<int64_t, 4> axes, starts, symbols;
  int inner = -1;
  for (auto [i, value] : llvm::enumerate(op.getRanges())) {
    auto rangeType = cast<ir::RangeType>(value.getType());
    int64_t axis = type.axisIndex(rangeType.getAxis().getValue());
    inner = axis == static_cast<int64_t>(rank) - 1 ? i : inner;
    axes.push_back(axis);
    starts.push_back(range(value).start);
  }
  for (Value symbol : op.getSyms()) {
    symbols.push_back(integer(symbol));
  }
  SmallVector<SmallVector<Condition, 2>, 2> maps;
  for (Attribute attribute : op.getKeep()) {
    AffineMap map = cast<AffineMapAttr>(attribute).getValue();
    auto &conditions = maps.emplace_back();
    for (AffineExpr expr : map.getResults()) {
      conditions.emplace_back(expr, map.getNumDims());
    }
  }
  // In a loop's full range a mask keeps every element that is present.
  const Frame &frame = frames.back();
  bool keepsAll = frame.hasFull && frame.index >= frame.fullLower &&
                  frame.index < frame.fullUpper;
  int64_t dropped = -1;

  sim.result.masked += type.getNumElements();
  TileValue result = makeTile(type);
  result.present = source->present;
  int64_t length = shape.back();
  dispatch(result, [&](auto *out) {
    using T = std::remove_reference_t<decltype(*out)>;
    using Limits = std::numeric_limits<T>;
    T nothing = Limits::has_infinity ? -Limits::infinity() : T(INT32_MIN);
    const T *in = source->data<T>();
    SmallVector<int64_t, 4> index(rank, 0);
    SmallVector<char, 256> keep(length), part(length);
    SmallVector<int64_t, 8> operands(axes.size());
    llvm::append_range(operands, symbols);
    for (int64_t row = 0, rows = result.count() / length; row < rows; ++row) {
      std::fill(keep.begin(), keep.end(), 0);
      for (const auto &conditions : maps) {
        std::fill(part.begin(), part.end(), 1);
        for (size_t d = 0; d < axes.size(); ++d) {
          operands[d] = starts[d] + index[axes[d]];
        }
        for (const Condition &condition : conditions) {
          int64_t first = inner < 0 ? 0 : starts[inner];
          condition.apply(part, operands, inner, first);
        }
        for (int64_t i = 0; i < length; ++i) {
          keep[i] |= part[i];
        }
      }
      bool rowPresent = true;
      for (size_t axis = 0; axis + 1 < rank; ++axis) {
        rowPresent &= index[axis] < result.present[axis];
      }
      int64_t here = row * length;
      for (int64_t i = 0; i < length; ++i) {
        out[here + i] = keep[i] ? in[here + i] : nothing;
        if (keepsAll && rowPresent && !keep[i] && i < result.present.back()) {
          dropped = here + i;
        }
      }
      for (size_t axis = rank - 1; axis-- > 0;) {
        if (++index[axis] < shape[axis]) {
          break;
        }
        index[axis] = 0;
      }
    }
  });
  if (dropped >= 0) {
    return error(op, "drops element " + placeText(dropped, shape) +
                         " of the tile in the full range [" +
                         Twine(frame.fullLower) + ", " +
                         Twine(frame.fullUpper) + ") of its loop, at tile " +
                         Twine(frame.index));
  }
  set(op.getResult(), std::move(result));
  return Step::Next;
}

/// In exact runs as the text has it; else one rounding for the product and the
/// sum.
Machine::Step Machine::ramp(ir::RampOp op) {
  FailureOr<TileValue> source = tile(op, op.getSrc());
  if (failed(source)) {
    return Step::Error;
  }
  ArrayRef<int64_t> shape = source->type.getShape();
  SmallVector<int64_t, 4> axes, starts;
  SmallVector<int64_t, 8> operands(op.getRanges().size());
  for (Value value : op.getRanges()) {
    StringRef axis = cast<ir::RangeType>(value.getType()).getAxis();
    axes.push_back(source->type.axisIndex(axis));
    starts.push_back(range(value).start);
  }
  for (Value symbol : op.getSyms()) {
    operands.push_back(integer(symbol));
  }
  AffineMap map = op.getAlong();
  double by = real(op.getBy());
  TileValue result = makeTile(source->type);
  result.present = source->present;
  withIndices(shape, [&](int64_t place, ArrayRef<int64_t> index) {
    for (auto [i, axis] : llvm::enumerate(axes)) {
      operands[i] = starts[i] + index[axis];
    }
    auto along = static_cast<double>(
        evaluate(map.getResult(0), operands, map.getNumDims()));
    if (sim.options.exact) {
      result.data<double>()[place] = source->data<double>()[place] + by * along;
    } else {
      result.data<float>()[place] =
          std::fma(static_cast<float>(by), static_cast<float>(along),
                   source->data<float>()[place]);
    }
  });
  set(op.getResult(), std::move(result));
  return Step::Next;
}

Machine::Step Machine::needed(ir::NeededOp op) {
  constexpr int64_t kRows = 64;
  ArrayRef<int64_t> blocks = op.getBlocks();
  int64_t by = op.getBy(), bits = 0;
  SmallVector<int64_t, 8> operands(op.getRanges().size());
  for (Value symbol : op.getSyms()) {
    operands.push_back(integer(symbol));
  }
  auto keeps = [&](int64_t row, int64_t column) {
    for (auto [i, value] : llvm::enumerate(op.getRanges())) {
      StringRef axis = cast<ir::RangeType>(value.getType()).getAxis();
      operands[i] = range(value).start + (axis == op.getRows()      ? row
                                          : axis == op.getColumns() ? column
                                                                    : 0);
    }
    return llvm::any_of(
        op.getKeep().getAsValueRange<AffineMapAttr>(), [&](AffineMap map) {
          return llvm::all_of(map.getResults(), [&](AffineExpr expr) {
            return evaluate(expr, operands, map.getNumDims()) >= 0;
          });
        });
  };
  for (int64_t row = 0; row < blocks[0] * kRows; ++row) {
    for (int64_t column = 0; column < blocks[1] * by; ++column) {
      int64_t bit = row / kRows * blocks[1] + column / by;
      if ((bits >> bit & 1) == 0 && keeps(row, column)) {
        bits |= int64_t(1) << bit;
      }
    }
  }
  set(op.getResult(), bits);
  return Step::Next;
}

} // namespace spak::sim
