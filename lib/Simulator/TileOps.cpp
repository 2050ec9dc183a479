// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what spak's own ops on tiles compute: products, reductions, masks,
// broadcasts, conversions, and the check that absent elements cannot count.
#include "Machine.h"

#include "Kernels.h"

#include "spak/Simulator/Compare.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace spak::sim {

namespace {

/// Steps from one element to the next along each axis of \p type.
SmallVector<int64_t, 4> stridesOf(ir::TileType type) {
  SmallVector<int64_t, 4> strides(type.getShape().size(), 1);
  for (size_t i = strides.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * type.getShape()[i];
  }
  return strides;
}

/// For each axis of \p to, the step in \p from; 0 where `from` lacks it.
SmallVector<int64_t, 4> stridesAlong(ir::TileType from,
                                     ArrayRef<StringAttr> to) {
  SmallVector<int64_t, 4> own = stridesOf(from), strides;
  for (StringAttr axis : to) {
    int64_t i = from.axisIndex(axis.getValue());
    strides.push_back(i < 0 ? 0 : own[i]);
  }
  return strides;
}

/// Calls visit(place in the walk, place in the other tile) for each index of
/// \p shape, the last axis fastest.
template <typename Visit>
void walk(ArrayRef<int64_t> shape, ArrayRef<int64_t> strides, Visit visit) {
  size_t rank = shape.size();
  int64_t rows = 1;
  for (size_t i = 0; i + 1 < rank; ++i) {
    rows *= shape[i];
  }
  int64_t inner = rank ? shape.back() : 1;
  int64_t step = rank ? strides.back() : 0;
  SmallVector<int64_t, 4> index(rank, 0);
  int64_t here = 0, there = 0;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t at = there;
    for (int64_t i = 0; i < inner; ++i, at += step) {
      visit(here++, at);
    }
    for (size_t axis = rank < 2 ? 0 : rank - 1; axis-- > 0;) {
      there += strides[axis];
      if (++index[axis] < shape[axis]) {
        break;
      }
      there -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

int64_t presentAlong(const TileValue &tile, StringRef axis) {
  int64_t i = tile.type.axisIndex(axis);
  return i < 0 ? std::numeric_limits<int64_t>::max() : tile.present[i];
}

/// The presence of \p tile, given the tiles that it was computed from.
void inheritPresence(TileValue &tile, ArrayRef<const TileValue *> sources) {
  for (auto [axis, present] :
       llvm::zip_equal(tile.type.getAxes(), tile.present)) {
    for (const TileValue *source : sources) {
      present = std::min(present, presentAlong(*source, axis.getValue()));
    }
  }
}

/// Calls \p fn with a pointer of the type of the tile's elements.
template <typename Fn>
auto dispatch(const TileValue &tile, Fn fn) {
  switch (tile.buffer->kind) {
  case Buffer::Kind::Float:
    return fn(tile.data<float>());
  case Buffer::Kind::Double:
    return fn(tile.data<double>());
  case Buffer::Kind::Integer:
    return fn(tile.data<int64_t>());
  }
  llvm_unreachable("every kind is above");
}

/// What one operand of a product holds at one index of the contracted axis,
/// among the elements whose other indices are present.
struct Line {
  bool allZero = true;
  bool allFinite = true;
};

Line lineAt(const TileValue &tile, StringRef over, int64_t index) {
  Line line;
  SmallVector<int64_t, 4> shape(tile.present.begin(), tile.present.end());
  SmallVector<int64_t, 4> strides = stridesOf(tile.type);
  int64_t axis = tile.type.axisIndex(over);
  int64_t base = strides[axis] * index;
  shape[axis] = 1;
  dispatch(tile, [&](const auto *data) {
    walk(shape, strides, [&](int64_t, int64_t at) {
      line.allZero &= data[base + at] == 0;
      line.allFinite &= std::isfinite(static_cast<double>(data[base + at]));
    });
  });
  return line;
}

} // namespace

template <typename T>
const T *inOrder(const TileValue &tile, ArrayRef<StringAttr> axes,
                 std::vector<T> &scratch) {
  if (tile.type.getAxes() == axes) {
    return tile.data<T>();
  }
  scratch.resize(tile.count());
  SmallVector<int64_t, 4> shape;
  for (StringAttr axis : axes) {
    shape.push_back(tile.type.axisSize(axis.getValue()));
  }
  const T *from = tile.data<T>();
  walk(shape, stridesAlong(tile.type, axes),
       [&](int64_t here, int64_t there) { scratch[here] = from[there]; });
  return scratch.data();
}

template const float *inOrder(const TileValue &, ArrayRef<StringAttr>,
                              std::vector<float> &);
template const double *inOrder(const TileValue &, ArrayRef<StringAttr>,
                               std::vector<double> &);
template const int64_t *inOrder(const TileValue &, ArrayRef<StringAttr>,
                                std::vector<int64_t> &);

//===----------------------------------------------------------------------===//
// Tiles in general
//===----------------------------------------------------------------------===//

TileValue Machine::makeTile(ir::TileType type) {
  TileValue tile;
  tile.type = type;
  Buffer::Kind kind = isa<FloatType>(type.getElementType())
                          ? sim.realKind()
                          : Buffer::Kind::Integer;
  tile.buffer = sim.pool.get(kind, tile.count());
  tile.present.assign(type.getShape().begin(), type.getShape().end());
  return tile;
}

void Machine::round(TileValue &tile) const {
  if (tile.buffer->kind == Buffer::Kind::Float) {
    roundTo(*formatOf(tile.type.getElementType()), tile.data<float>(),
            tile.count());
  }
}

FailureOr<TileValue> Machine::tile(Operation *op, Value value) {
  TileValue read = std::get<TileValue>(get(value));
  if (read.slot && read.slot->released) {
    error(op, "reads tile " + Twine(read.slot->number) +
                  " of a ring after its slot was released");
    return failure();
  }
  return read;
}

Machine::Step Machine::tileOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](ir::DotOp o) { return dot(o); })
      .Case([&](ir::ReduceOp o) { return reduce(o); })
      .Case([&](ir::BroadcastOp o) { return broadcast(o); })
      .Case([&](ir::SplatOp o) { return splat(o); })
      .Case([&](ir::IndexOp o) { return index(o); })
      .Case([&](ir::MaskOp o) { return mask(o); })
      .Case([&](ir::SelectOp o) { return select(o); })
      .Case([&](ir::ConvertOp o) { return convert(o); })
      .Case([&](ir::ConvertLayoutOp o) {
        // A copy in registers: it outlives the slot of what it copies.
        FailureOr<TileValue> source = tile(o, o.getSrc());
        if (failed(source)) {
          return Step::Error;
        }
        source->type = cast<ir::TileType>(o.getResult().getType());
        if (!source->type.isShared()) {
          source->slot = nullptr;
        }
        set(o.getResult(), std::move(*source));
        return Step::Next;
      })
      .Case([&](ir::LoadOp o) { return load(o); })
      .Case([&](ir::LoadScalarOp o) { return loadScalar(o); })
      .Case([&](ir::StoreOp o) { return store(o); })
      .Default([&](Operation *o) { return softmaxOp(o); });
}

//===----------------------------------------------------------------------===//
// Products and reductions
//===----------------------------------------------------------------------===//

LogicalResult Machine::contract(Operation *op, TileValue &c, const TileValue &a,
                                const TileValue &b, StringRef over) {
  int64_t depth = a.type.axisSize(over);
  int64_t present = std::min(presentAlong(a, over), presentAlong(b, over));
  for (int64_t k = present; k < depth; ++k) {
    Line x = lineAt(a, over, k), y = lineAt(b, over, k);
    if (!(x.allZero && y.allFinite) && !(y.allZero && x.allFinite)) {
      error(op, "element " + Twine(k) + " of axis `" + over +
                    "` is absent but would count: neither operand of the "
                    "product is zero there with the other finite");
      return failure();
    }
  }
  // Axes of the operands as [rows][depth] and [depth][columns].
  SmallVector<StringAttr, 4> left, right, result;
  StringAttr contracted = a.type.getAxes()[a.type.axisIndex(over)];
  right.push_back(contracted);
  int64_t rows = 1, columns = 1;
  for (StringAttr axis : c.type.getAxes()) {
    if (a.type.hasAxis(axis.getValue())) {
      left.push_back(axis);
      rows *= a.type.axisSize(axis.getValue());
    } else {
      right.push_back(axis);
      columns *= b.type.axisSize(axis.getValue());
    }
  }
  llvm::append_range(result, left);
  result.append(std::next(right.begin()), right.end());
  left.push_back(contracted);
  sim.result.dots += rows * columns * depth;
  auto run = [&](auto *out, auto &scratchA, auto &scratchB) {
    using Real = std::remove_reference_t<decltype(*out)>;
    const Real *x = inOrder(a, left, scratchA);
    const Real *y = inOrder(b, right, scratchB);
    if (c.type.getAxes() == ArrayRef<StringAttr>(result)) {
      multiply(out, x, y, rows, columns, depth);
      return;
    }
    // The result has its axes in another order: sum apart, then permute.
    std::vector<Real> sums;
    const Real *start = inOrder(c, result, sums);
    assert(start == sums.data() && "the order differs");
    (void)start;
    multiply(sums.data(), x, y, rows, columns, depth);
    SmallVector<int64_t, 4> shape;
    for (StringAttr axis : result) {
      shape.push_back(c.type.axisSize(axis.getValue()));
    }
    walk(shape, stridesAlong(c.type, result),
         [&](int64_t here, int64_t there) { out[there] = sums[here]; });
  };
  if (sim.options.exact) {
    run(c.data<double>(), sim.doubleScratch[0], sim.doubleScratch[1]);
  } else {
    run(c.data<float>(), sim.floatScratch[0], sim.floatScratch[1]);
  }
  inheritPresence(c, {&a, &b});
  return success();
}

Machine::Step Machine::dot(ir::DotOp op) {
  FailureOr<TileValue> a = tile(op, op.getA()), b = tile(op, op.getB());
  if (failed(a) || failed(b)) {
    return Step::Error;
  }
  auto type = cast<ir::TileType>(op.getResult().getType());
  if (!isa<FloatType>(a->type.getElementType()) ||
      !isa<FloatType>(b->type.getElementType())) {
    return error(op, "the simulator knows no products of integers");
  }
  TileValue c = makeTile(type);
  if (op.getAcc()) {
    FailureOr<TileValue> acc = tile(op, op.getAcc());
    if (failed(acc)) {
      return Step::Error;
    }
    dispatch(c, [&](auto *out) {
      using T = std::remove_reference_t<decltype(*out)>;
      std::vector<T> scratch;
      const T *from = inOrder<T>(*acc, type.getAxes(), scratch);
      std::copy(from, from + c.count(), out);
    });
    inheritPresence(c, {&*acc});
  } else {
    dispatch(c, [&](auto *out) { std::fill(out, out + c.count(), 0); });
  }
  if (failed(contract(op, c, *a, *b, op.getOver()))) {
    return Step::Error;
  }
  round(c);
  set(op.getResult(), std::move(c));
  return Step::Next;
}

Machine::Step Machine::reduce(ir::ReduceOp op) {
  FailureOr<TileValue> source = tile(op, op.getSrc());
  if (failed(source)) {
    return Step::Error;
  }
  enum {
    Add,
    Max,
    Min
  } kind = op.getKind() == "add"   ? Add
           : op.getKind() == "max" ? Max
                                   : Min;
  StringRef over = op.getOver();
  auto type = cast<ir::TileType>(op.getResult().getType());
  TileValue result = makeTile(type);
  inheritPresence(result, {&*source});
  SmallVector<StringAttr, 4> order(type.getAxes());
  int64_t axis = source->type.axisIndex(over);
  order.push_back(source->type.getAxes()[axis]);
  int64_t length = source->type.getShape()[axis];
  int64_t present = source->present[axis];
  int64_t wrong = -1;
  auto run = [&](auto *out) {
    using T = std::remove_reference_t<decltype(*out)>;
    using Limits = std::numeric_limits<T>;
    std::vector<T> scratch;
    const T *in = inOrder<T>(*source, order, scratch);
    T lowest = Limits::has_infinity ? -Limits::infinity() : T(INT32_MIN);
    T highest = Limits::has_infinity ? Limits::infinity() : T(INT32_MAX);
    T neutral = kind == Add ? T(0) : kind == Max ? lowest : highest;
    for (int64_t row = 0, n = result.count(); row < n; ++row) {
      const T *x = in + row * length;
      T sum = neutral;
      for (int64_t i = 0; i < length; ++i) {
        sum = kind == Add   ? sum + x[i]
              : kind == Max ? (x[i] > sum || x[i] != x[i] ? x[i] : sum)
              : x[i] < sum || x[i] != x[i] ? x[i]
                                           : sum;
      }
      out[row] = sum;
    }
    // Only rows that are present themselves can be wrong.
    SmallVector<int64_t, 4> shape(result.present.begin(), result.present.end());
    walk(shape, stridesOf(type), [&](int64_t, int64_t row) {
      for (int64_t i = present; i < length; ++i) {
        if (in[row * length + i] != neutral) {
          wrong = i;
        }
      }
    });
  };
  if (result.buffer->kind != source->buffer->kind) {
    return error(op, "the simulator reduces floats to floats and integers to "
                     "integers");
  }
  dispatch(result, run);
  if (wrong >= 0) {
    return error(op, "element " + Twine(wrong) + " of axis `" + over +
                         "` is absent but would count: it is not neutral");
  }
  round(result);
  set(op.getResult(), std::move(result));
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Data movement
//===----------------------------------------------------------------------===//

Machine::Step Machine::broadcast(ir::BroadcastOp op) {
  FailureOr<TileValue> source = tile(op, op.getSrc());
  if (failed(source)) {
    return Step::Error;
  }
  TileValue result = makeTile(cast<ir::TileType>(op.getResult().getType()));
  inheritPresence(result, {&*source});
  dispatch(result, [&](auto *out) {
    using T = std::remove_reference_t<decltype(*out)>;
    const T *in = source->data<T>();
    walk(result.type.getShape(),
         stridesAlong(source->type, result.type.getAxes()),
         [&](int64_t here, int64_t there) { out[here] = in[there]; });
  });
  set(op.getResult(), std::move(result));
  return Step::Next;
}

Machine::Step Machine::splat(ir::SplatOp op) {
  TileValue result = makeTile(cast<ir::TileType>(op.getResult().getType()));
  const RuntimeValue &scalar = get(op.getSrc());
  dispatch(result, [&](auto *out) {
    using T = std::remove_reference_t<decltype(*out)>;
    T value = std::holds_alternative<double>(scalar)
                  ? static_cast<T>(std::get<double>(scalar))
                  : static_cast<T>(std::get<int64_t>(scalar));
    std::fill(out, out + result.count(), value);
  });
  round(result);
  set(op.getResult(), std::move(result));
  return Step::Next;
}

Machine::Step Machine::index(ir::IndexOp op) {
  TileValue result = makeTile(cast<ir::TileType>(op.getResult().getType()));
  int64_t start = range(op.getRange()).start;
  dispatch(result, [&](auto *out) {
    for (int64_t i = 0, n = result.count(); i < n; ++i) {
      out[i] = start + i;
    }
  });
  set(op.getResult(), std::move(result));
  return Step::Next;
}

Machine::Step Machine::select(ir::SelectOp op) {
  FailureOr<TileValue> cond = tile(op, op.getCond());
  FailureOr<TileValue> a = tile(op, op.getA()), b = tile(op, op.getB());
  if (failed(cond) || failed(a) || failed(b)) {
    return Step::Error;
  }
  TileValue result = makeTile(cast<ir::TileType>(op.getResult().getType()));
  inheritPresence(result, {&*cond, &*a, &*b});
  const int64_t *truth = cond->data<int64_t>();
  dispatch(result, [&](auto *out) {
    using T = std::remove_reference_t<decltype(*out)>;
    const T *x = a->data<T>(), *y = b->data<T>();
    for (int64_t i = 0, n = result.count(); i < n; ++i) {
      out[i] = truth[i] ? x[i] : y[i];
    }
  });
  set(op.getResult(), std::move(result));
  return Step::Next;
}

Machine::Step Machine::convert(ir::ConvertOp op) {
  FailureOr<TileValue> source = tile(op, op.getSrc());
  if (failed(source)) {
    return Step::Error;
  }
  TileValue result = makeTile(cast<ir::TileType>(op.getResult().getType()));
  result.present = source->present;
  Format format = *formatOf(result.type.getElementType());
  bool fromReal = source->buffer->kind != Buffer::Kind::Integer;
  dispatch(result, [&](auto *out) {
    using To = std::remove_reference_t<decltype(*out)>;
    dispatch(*source, [&](const auto *in) {
      bool truncates = fromReal && std::is_same_v<To, int64_t>;
      for (int64_t i = 0, n = result.count(); i < n; ++i) {
        out[i] =
            truncates
                ? static_cast<To>(roundTo(format, static_cast<double>(in[i])))
                : static_cast<To>(in[i]);
      }
    });
  });
  round(result);
  set(op.getResult(), std::move(result));
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

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

} // namespace spak::sim
