// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what spak's own ops on tiles compute: products, reductions,
// broadcasts, conversions, and the check that absent elements cannot count.
#include "Machine.h"

#include "Kernels.h"
#include "TileWalk.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace spak::sim {

namespace {

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

static bool isStillPartial(Type type) {
  auto tile = dyn_cast<ir::TileType>(type);
  return tile && tile.getLayoutAttr() && tile.getLayoutAttr().hasPartial();
}

/// Whether \p op may read a tile whose values are still to be summed: sums of
/// sums are sums, and so are multiples.
static bool isLinear(Operation *op) {
  if (isa<arith::MulFOp>(op)) {
    return llvm::count_if(op->getOperandTypes(), isStillPartial) == 1;
  }
  return isa<ir::ConvertLayoutOp, arith::AddFOp, arith::SubFOp, arith::NegFOp>(
      op);
}

FailureOr<TileValue> Machine::tile(Operation *op, Value value) {
  TileValue read = std::get<TileValue>(get(value));
  if (isStillPartial(value.getType()) && !isLinear(op)) {
    error(op, "reads a tile whose values are still to be combined over lanes; "
              "only sums, multiples and convert_layout may");
    return failure();
  }
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
      .Case([&](ir::NeededOp o) { return needed(o); })
      .Case([&](ir::ReduceOp o) { return reduce(o); })
      .Case([&](ir::BroadcastOp o) { return broadcast(o); })
      .Case([&](ir::SplatOp o) { return splat(o); })
      .Case([&](ir::IndexOp o) { return index(o); })
      .Case([&](ir::MaskOp o) { return mask(o); })
      .Case([&](ir::RampOp o) { return ramp(o); })
      .Case([&](ir::SelectOp o) { return select(o); })
      .Case([&](ir::ConvertOp o) { return convert(o); })
      .Case([&](ir::RoundedOp o) { return elementwise(o); })
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
                                const TileValue &b, StringRef over,
                                std::pair<int64_t, int64_t> part) {
  int64_t whole = a.type.axisSize(over);
  int64_t from = part.first, depth = part.second;
  int64_t present = std::min(presentAlong(a, over), presentAlong(b, over));
  for (int64_t k = std::max(present, from); k < from + depth; ++k) {
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
    const Real *y = inOrder(b, right, scratchB) + from * columns;
    std::vector<Real> columnsOfPart;
    if (depth != whole) {
      columnsOfPart.resize(rows * depth);
      for (int64_t row = 0; row < rows; ++row) {
        std::copy_n(x + row * whole + from, depth,
                    columnsOfPart.data() + row * depth);
      }
      x = columnsOfPart.data();
    }
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
  int64_t multiplied = sim.result.dots;
  if (failed(contract(op, c, *a, *b, op.getOver(), op.contracted()))) {
    return Step::Error;
  }
  if (op.getNeeded() && failed(trim(op, c, *a, multiplied))) {
    return Step::Error;
  }
  round(c);
  set(op.getResult(), std::move(c));
  return Step::Next;
}

/// Leaves out the blocks of \p op that are not needed: those of the result
/// become NaN, those of what is contracted have to be zero. What was multiplied
/// since \p before counts for the others only.
LogicalResult Machine::trim(ir::DotOp op, TileValue &c, const TileValue &a,
                            int64_t before) {
  constexpr int64_t kRows = 64;
  int64_t bits = integer(op.getNeeded()), by = *op.getBy();
  StringRef along = *op.getAlong();
  bool contracted = along == op.getOver();
  const TileValue &tile = contracted ? a : c;
  ArrayRef<int64_t> shape = tile.type.getShape();
  int64_t column = tile.type.axisIndex(along), row = 1 - column;
  if (shape.size() != 2 || column < 0) {
    error(op,
          "leaves out blocks of a tile that has not two axes, one of them `" +
              along + "`");
    return failure();
  }
  int64_t perRow = shape[column] / by, all = shape[row] / kRows * perRow;
  int64_t left = 0;
  auto isNeeded = [&](int64_t i, int64_t j) {
    int64_t block = i / kRows * perRow + j / by;
    return (bits >> block & 1) != 0;
  };
  for (int64_t block = 0; block < all; ++block) {
    left += bits >> block & 1;
  }
  sim.result.dots = before + (sim.result.dots - before) * left / all;
  bool wrong = false;
  auto visit = [&](auto *elements, auto change) {
    for (int64_t i = 0; i < shape[0]; ++i) {
      for (int64_t j = 0; j < shape[1]; ++j) {
        if (!isNeeded(row == 0 ? i : j, row == 0 ? j : i)) {
          change(elements[i * shape[1] + j]);
        }
      }
    }
  };
  if (contracted) {
    TileValue copy = a;
    dispatch(copy, [&](auto *elements) {
      visit(elements, [&](auto &x) { wrong |= x != 0; });
    });
  } else {
    dispatch(c, [&](auto *elements) {
      using T = std::remove_reference_t<decltype(*elements)>;
      visit(elements, [](auto &x) { x = std::numeric_limits<T>::quiet_NaN(); });
    });
  }
  if (wrong) {
    error(op, "leaves out a block of axis `" + along +
                  "` in which the weights are not zero");
    return failure();
  }
  return success();
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

} // namespace spak::sim
