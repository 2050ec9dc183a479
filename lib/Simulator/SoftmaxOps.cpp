// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the online softmax. Closed: natural exponentials, as the definition
// has it. Opened: exponentials of base 2 with log2(e) folded into the scale,
// as the emitted code has it. Row sums run over the contracted axis in
// ascending order whatever the layout: a `partial` sum is the sum that finish
// will make of it.
#include "Machine.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace spak::sim {

namespace {

constexpr double kLog2e = 1.44269504088896340736;

ir::TileType tileOf(MLIRContext *context, ArrayRef<StringAttr> axes,
                    ArrayRef<int64_t> shape, Type element) {
  return ir::TileType::get(context, axes, shape, element, Attribute());
}

/// The maximum of \p old and the elements of a row; not-a-number stays.
template <typename Real>
Real rowMax(Real old, const Real *row, int64_t length) {
  Real max = old;
  for (int64_t i = 0; i < length; ++i) {
    max = row[i] > max || row[i] != row[i] ? row[i] : max;
  }
  return max;
}

/// Scores as [rows][length], with what the caller must know of them.
struct Scores {
  SmallVector<StringAttr, 2> axes; ///< rows, contracted
  int64_t rows, length;
  int64_t presentRows, present;
};

/// The axes of \p s, of which \p rowAxis are the rows.
Scores scoresOf(const TileValue &s, StringAttr rowAxis) {
  int64_t row = s.type.axisIndex(rowAxis.getValue());
  int64_t other = 1 - row;
  return {{rowAxis, s.type.getAxes()[other]},
          s.type.getShape()[row],
          s.type.getShape()[other],
          s.present[row],
          s.present[other]};
}

/// The first absent element of a row that is present and is not -inf; -1 if
/// there is none.
template <typename Real>
int64_t absentThatCounts(const Scores &scores, const Real *s) {
  for (int64_t row = 0; row < scores.presentRows; ++row) {
    for (int64_t i = scores.present; i < scores.length; ++i) {
      if (s[row * scores.length + i] !=
          -std::numeric_limits<Real>::infinity()) {
        return i;
      }
    }
  }
  return -1;
}

/// Calls \p fn with a number of the type that the run computes with.
template <typename Fn>
auto withReal(bool exact, Fn fn) {
  return exact ? fn(double()) : fn(float());
}

std::string absentText(int64_t index, StringAttr axis) {
  return "element " + std::to_string(index) + " of axis `" + axis.str() +
         "` is absent but would count: no mask has made it -inf";
}

} // namespace

Machine::Step Machine::softmaxOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](ir::SoftmaxInitOp o) { return softmaxInit(o); })
      .Case([&](ir::SoftmaxUpdateOp o) { return softmaxUpdate(o); })
      .Case([&](ir::SoftmaxOutputOp o) { return softmaxOutput(o); })
      .Case([&](ir::SoftmaxLseOp o) { return softmaxLse(o); })
      .Case([&](ir::SoftmaxRowsOp o) { return softmaxRows(o); })
      .Case([&](ir::SoftmaxAdvanceOp o) { return softmaxAdvance(o); })
      .Case([&](ir::SoftmaxProbsOp o) { return softmaxProbs(o); })
      .Case([&](ir::SoftmaxRescaleOp o) { return softmaxRescale(o); })
      .Case([&](ir::SoftmaxFinishOp o) { return softmaxFinish(o); })
      .Case([&](ir::SoftmaxJoinOp o) { return softmaxJoin(o); })
      .Case([&](ir::JoinOp o) { return join(o); })
      .Default([&](Operation *o) { return ringOp(o); });
}

//===----------------------------------------------------------------------===//
// Closed
//===----------------------------------------------------------------------===//

Machine::Step Machine::softmaxInit(ir::SoftmaxInitOp op) {
  auto type = cast<ir::SoftmaxType>(op.getState().getType());
  Type f32 = Float32Type::get(op.getContext());
  SoftmaxValue state;
  state.max = makeTile(
      tileOf(op.getContext(), {type.getRows()}, {type.getRowCount()}, f32));
  state.sum = makeTile(state.max.type);
  state.acc =
      makeTile(tileOf(op.getContext(), {type.getRows(), type.getWidth()},
                      {type.getRowCount(), type.getWidthCount()}, f32));
  withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    llvm::fill(state.max.buffer->as<Real>(),
               -std::numeric_limits<Real>::infinity());
    llvm::fill(state.sum.buffer->as<Real>(), zero);
    llvm::fill(state.acc.buffer->as<Real>(), zero);
  });
  set(op.getState(), std::move(state));
  return Step::Next;
}

Machine::Step Machine::softmaxUpdate(ir::SoftmaxUpdateOp op) {
  auto stateType = cast<ir::SoftmaxType>(op.getState().getType());
  SoftmaxValue old = std::get<SoftmaxValue>(get(op.getState()));
  FailureOr<TileValue> s = tile(op, op.getS()), v = tile(op, op.getV());
  if (failed(s) || failed(v)) {
    return Step::Error;
  }
  Scores scores = scoresOf(*s, stateType.getRows());
  SoftmaxValue state;
  state.max = makeTile(old.max.type);
  state.sum = makeTile(old.sum.type);
  state.acc = makeTile(old.acc.type);
  state.max.present = {std::min(scores.presentRows, old.max.present[0])};
  state.sum.present = state.max.present;
  state.acc.present = old.acc.present;
  TileValue p =
      makeTile(tileOf(op.getContext(), scores.axes,
                      {scores.rows, scores.length}, v->type.getElementType()));
  p.present = {scores.presentRows, scores.present};
  int64_t width = stateType.getWidthCount();
  int64_t wrong = withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    std::vector<Real> scratch;
    const Real *x = inOrder(*s, scores.axes, scratch);
    int64_t absent = absentThatCounts(scores, x);
    Real *probs = p.data<Real>();
    for (int64_t row = 0; row < scores.rows; ++row) {
      const Real *in = x + row * scores.length;
      Real before = old.max.data<Real>()[row];
      Real max = rowMax(before, in, scores.length);
      // exp(-inf - -inf) is 0: a row that saw nothing has no reference.
      Real safe = max == -std::numeric_limits<Real>::infinity() ? zero : max;
      Real correction = std::exp(before - safe);
      Real sum = 0;
      for (int64_t i = 0; i < scores.length; ++i) {
        Real value = std::exp(in[i] - safe);
        probs[row * scores.length + i] = value;
        sum += value;
      }
      state.max.data<Real>()[row] = max;
      state.sum.data<Real>()[row] =
          correction * old.sum.data<Real>()[row] + sum;
      for (int64_t d = 0; d < width; ++d) {
        state.acc.data<Real>()[row * width + d] =
            correction * old.acc.data<Real>()[row * width + d];
      }
    }
    return absent;
  });
  if (wrong >= 0) {
    return error(op, absentText(wrong, scores.axes[1]));
  }
  round(p);
  if (failed(contract(op, state.acc, p, *v, op.getOver(),
                      {0, p.type.axisSize(op.getOver())}))) {
    return Step::Error;
  }
  set(op.getResult(), std::move(state));
  return Step::Next;
}

Machine::Step Machine::softmaxOutput(ir::SoftmaxOutputOp op) {
  SoftmaxValue state = std::get<SoftmaxValue>(get(op.getState()));
  TileValue result = makeTile(cast<ir::TileType>(op.getO().getType()));
  withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    std::vector<Real> scratch;
    SmallVector<StringAttr, 2> order(state.acc.type.getAxes());
    int64_t width = state.acc.type.getShape()[1];
    TileValue natural = state.acc;
    natural.buffer = sim.pool.get(sim.realKind(), natural.count());
    for (int64_t i = 0, n = natural.count(); i < n; ++i) {
      Real sum = state.sum.data<Real>()[i / width];
      natural.data<Real>()[i] =
          sum == zero ? zero : state.acc.data<Real>()[i] / sum;
    }
    const Real *from = inOrder<Real>(natural, result.type.getAxes(), scratch);
    std::copy(from, from + result.count(), result.data<Real>());
  });
  round(result);
  for (auto [axis, present] :
       llvm::zip_equal(result.type.getAxes(), result.present)) {
    present = state.acc.present[state.acc.type.axisIndex(axis.getValue())];
  }
  set(op.getO(), std::move(result));
  return Step::Next;
}

Machine::Step Machine::softmaxLse(ir::SoftmaxLseOp op) {
  SoftmaxValue state = std::get<SoftmaxValue>(get(op.getState()));
  TileValue result = makeTile(cast<ir::TileType>(op.getO().getType()));
  result.present = state.max.present;
  withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    for (int64_t i = 0, n = result.count(); i < n; ++i) {
      Real sum = state.sum.data<Real>()[i];
      result.data<Real>()[i] = sum == zero
                                   ? -std::numeric_limits<Real>::infinity()
                                   : state.max.data<Real>()[i] + std::log(sum);
    }
  });
  round(result);
  set(op.getO(), std::move(result));
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Opened
//===----------------------------------------------------------------------===//

Machine::Step Machine::softmaxRows(ir::SoftmaxRowsOp op) {
  auto type = cast<ir::RowsType>(op.getRows().getType());
  RowsValue rows;
  rows.max = makeTile(type.getTile());
  rows.sum = makeTile(type.getTile());
  withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    llvm::fill(rows.max.buffer->as<Real>(),
               op.getAt() ? static_cast<Real>(op.getAt()->convertToDouble())
                          : -std::numeric_limits<Real>::infinity());
    llvm::fill(rows.sum.buffer->as<Real>(), zero);
  });
  set(op.getRows(), std::move(rows));
  return Step::Next;
}

Machine::Step Machine::softmaxAdvance(ir::SoftmaxAdvanceOp op) {
  RowsValue old = std::get<RowsValue>(get(op.getRows()));
  FailureOr<TileValue> s = tile(op, op.getS());
  if (failed(s)) {
    return Step::Error;
  }
  Scores scores = scoresOf(*s, old.max.type.getAxes()[0]);
  double scale = real(op.getScale());
  RowsValue next;
  next.max = makeTile(old.max.type);
  next.sum = makeTile(old.sum.type);
  next.guarded = op.getMayBeEmpty();
  next.max.present = {std::min(scores.presentRows, old.max.present[0])};
  next.sum.present = next.max.present;
  TileValue correction =
      makeTile(cast<ir::TileType>(op.getCorrection().getType()));
  correction.present = next.max.present;
  std::optional<double> lazy;
  if (op.getLazyAttr()) {
    lazy = op.getLazyAttr().getValueAsDouble();
  }
  int64_t wrong = withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    Real lowest = -std::numeric_limits<Real>::infinity();
    Real base2 = static_cast<Real>(scale) * static_cast<Real>(kLog2e);
    std::vector<Real> scratch;
    const Real *x = inOrder(*s, scores.axes, scratch);
    for (int64_t row = 0; row < scores.rows; ++row) {
      Real before = op.getFirst() ? lowest : old.max.data<Real>()[row];
      Real max = rowMax(before, x + row * scores.length, scores.length);
      if (lazy && before != lowest &&
          (max - before) * base2 <= static_cast<Real>(*lazy)) {
        max = before;
      }
      Real safe = next.guarded && max == lowest ? zero : max;
      Real factor = op.getFirst() ? zero : std::exp2((before - safe) * base2);
      next.max.data<Real>()[row] = max;
      next.sum.data<Real>()[row] =
          op.getFirst() ? zero : old.sum.data<Real>()[row] * factor;
      correction.data<Real>()[row] = factor;
    }
    return absentThatCounts(scores, x);
  });
  if (wrong >= 0) {
    return error(op, absentText(wrong, scores.axes[1]));
  }
  set(op.getNext(), std::move(next));
  set(op.getCorrection(), std::move(correction));
  return Step::Next;
}

Machine::Step Machine::softmaxProbs(ir::SoftmaxProbsOp op) {
  RowsValue rows = std::get<RowsValue>(get(op.getRows()));
  FailureOr<TileValue> s = tile(op, op.getS());
  if (failed(s)) {
    return Step::Error;
  }
  Scores scores = scoresOf(*s, rows.max.type.getAxes()[0]);
  double scale = real(op.getScale());
  RowsValue next = rows;
  next.sum = makeTile(rows.sum.type);
  next.sum.present = rows.sum.present;
  TileValue p = makeTile(cast<ir::TileType>(op.getP().getType()));
  int64_t rowAxis = p.type.axisIndex(scores.axes[0].getValue());
  bool transposed = rowAxis != 0;
  p.present = {scores.presentRows, scores.present};
  if (transposed) {
    std::swap(p.present[0], p.present[1]);
  }
  // What a row sums: exponentials before, or after they are rounded.
  auto addUp = [&] {
    withReal(sim.options.exact, [&](auto zero) {
      using Real = decltype(zero);
      const Real *out = p.data<Real>();
      for (int64_t row = 0; row < scores.rows; ++row) {
        Real sum = zero;
        for (int64_t i = 0; i < scores.length; ++i) {
          sum +=
              out[transposed ? i * scores.rows + row : row * scores.length + i];
        }
        next.sum.data<Real>()[row] = rows.sum.data<Real>()[row] + sum;
      }
    });
  };
  int64_t wrong = withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    Real lowest = -std::numeric_limits<Real>::infinity();
    Real base2 = static_cast<Real>(scale) * static_cast<Real>(kLog2e);
    std::vector<Real> scratch;
    const Real *x = inOrder(*s, scores.axes, scratch);
    Real *out = p.data<Real>();
    for (int64_t row = 0; row < scores.rows; ++row) {
      Real max = rows.max.data<Real>()[row];
      Real offset = -((rows.guarded && max == lowest ? zero : max) * base2);
      for (int64_t i = 0; i < scores.length; ++i) {
        Real value =
            std::exp2(std::fma(x[row * scores.length + i], base2, offset));
        out[transposed ? i * scores.rows + row : row * scores.length + i] =
            value;
      }
    }
    return absentThatCounts(scores, x);
  });
  if (wrong >= 0) {
    return error(op, absentText(wrong, scores.axes[1]));
  }
  if (!op.getSumsRounded()) {
    addUp();
  }
  round(p);
  if (op.getSumsRounded()) {
    addUp();
  }
  set(op.getNext(), std::move(next));
  set(op.getP(), std::move(p));
  return Step::Next;
}

namespace {

/// The step in a tile of rows for each step along the axes of \p type.
template <typename Fn>
void forEachWithRow(ir::TileType type, StringAttr rowAxis, Fn fn) {
  int64_t axis = type.axisIndex(rowAxis.getValue());
  int64_t inner = 1;
  for (size_t i = axis + 1; i < type.getShape().size(); ++i) {
    inner *= type.getShape()[i];
  }
  int64_t rows = type.getShape()[axis], count = 1;
  for (int64_t size : type.getShape()) {
    count *= size;
  }
  for (int64_t i = 0; i < count; ++i) {
    fn(i, i / inner % rows);
  }
}

} // namespace

Machine::Step Machine::softmaxRescale(ir::SoftmaxRescaleOp op) {
  FailureOr<TileValue> o = tile(op, op.getO());
  FailureOr<TileValue> correction = tile(op, op.getCorrection());
  if (failed(o) || failed(correction)) {
    return Step::Error;
  }
  // `if_any` leaves out products by 1: the same numbers.
  TileValue result = makeTile(o->type);
  result.present = o->present;
  withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    const Real *in = o->data<Real>(), *by = correction->data<Real>();
    Real *out = result.data<Real>();
    forEachWithRow(o->type, correction->type.getAxes()[0],
                   [&](int64_t i, int64_t row) { out[i] = in[i] * by[row]; });
  });
  round(result);
  set(op.getResult(), std::move(result));
  return Step::Next;
}

Machine::Step Machine::softmaxFinish(ir::SoftmaxFinishOp op) {
  RowsValue rows = std::get<RowsValue>(get(op.getRows()));
  FailureOr<TileValue> o = tile(op, op.getO());
  if (failed(o)) {
    return Step::Error;
  }
  double scale = real(op.getScale());
  TileValue out = makeTile(cast<ir::TileType>(op.getOut().getType()));
  TileValue lse = makeTile(cast<ir::TileType>(op.getLse().getType()));
  out.present = o->present;
  lse.present = rows.max.present;
  withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    const Real *acc = o->data<Real>(), *sum = rows.sum.data<Real>();
    Real *result = out.data<Real>();
    forEachWithRow(o->type, rows.max.type.getAxes()[0],
                   [&](int64_t i, int64_t row) {
                     result[i] = sum[row] == zero ? zero : acc[i] / sum[row];
                   });
    for (int64_t row = 0, n = lse.count(); row < n; ++row) {
      lse.data<Real>()[row] =
          sum[row] == zero
              ? -std::numeric_limits<Real>::infinity()
              : rows.max.data<Real>()[row] * static_cast<Real>(scale) +
                    std::log(sum[row]);
    }
  });
  round(out);
  round(lse);
  set(op.getOut(), std::move(out));
  set(op.getLse(), std::move(lse));
  return Step::Next;
}

Machine::Step Machine::softmaxJoin(ir::SoftmaxJoinOp op) {
  RowsValue rows = std::get<RowsValue>(get(op.getRows()));
  FailureOr<TileValue> o = tile(op, op.getO());
  if (failed(o)) {
    return Step::Error;
  }
  int64_t number = integer(op.getPart());
  if (number < 0 || !keepPart(number, {rows, *o})) {
    set(op.getAllRows(), rows);
    set(op.getResult(), *o);
    set(op.getLast(), int64_t(number < 0));
    return Step::Next;
  }
  std::vector<TilePart> parts = std::move(sim.parts[number]);
  sim.parts.erase(number);
  double scale = real(op.getScale());
  RowsValue all = rows;
  all.max = makeTile(rows.max.type);
  all.sum = makeTile(rows.sum.type);
  all.max.present = all.sum.present = rows.max.present;
  TileValue sum = makeTile(o->type);
  sum.present = o->present;
  withReal(sim.options.exact, [&](auto zero) {
    using Real = decltype(zero);
    Real lowest = -std::numeric_limits<Real>::infinity();
    Real base2 = static_cast<Real>(scale) * static_cast<Real>(kLog2e);
    int64_t count = all.max.count();
    Real *max = all.max.data<Real>(), *total = all.sum.data<Real>();
    std::fill(max, max + count, lowest);
    std::fill(total, total + count, zero);
    std::fill(sum.data<Real>(), sum.data<Real>() + sum.count(), zero);
    for (const TilePart &part : parts) {
      max = all.max.data<Real>();
      for (int64_t row = 0; row < count; ++row) {
        max[row] = std::max(max[row], part.rows->max.data<Real>()[row]);
      }
    }
    std::vector<Real> weight(count);
    for (const TilePart &part : parts) {
      for (int64_t row = 0; row < count; ++row) {
        Real top = max[row] == lowest ? zero : max[row];
        weight[row] =
            std::exp2((part.rows->max.data<Real>()[row] - top) * base2);
        total[row] += part.rows->sum.data<Real>()[row] * weight[row];
      }
      Real *out = sum.data<Real>();
      const Real *in = part.tile.data<Real>();
      forEachWithRow(
          o->type, all.max.type.getAxes()[0],
          [&](int64_t i, int64_t row) { out[i] += in[i] * weight[row]; });
    }
  });
  set(op.getAllRows(), std::move(all));
  set(op.getResult(), std::move(sum));
  set(op.getLast(), int64_t(1));
  return Step::Next;
}

} // namespace spak::sim
