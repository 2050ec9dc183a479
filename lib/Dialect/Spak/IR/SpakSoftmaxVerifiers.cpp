// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules of online softmax, each under its label. What the rules mean
// stands in the ops' descriptions.
#include "TileRules.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace spak::ir;

static bool hasOnly(TileType tile,
                    ArrayRef<std::pair<StringAttr, int64_t>> axes) {
  return tile.getAxes().size() == axes.size() &&
         llvm::all_of(axes, [&](auto axis) {
           return tile.axisSize(axis.first) == axis.second;
         });
}

LogicalResult SoftmaxUpdateOp::verify() {
  // SOFTMAX-AXES
  SoftmaxType state = getState().getType();
  StringAttr over = getOverAttr();
  int64_t size = getS().getType().axisSize(over);
  if (size == 0 ||
      !hasOnly(getS().getType(),
               {{state.getRows(), state.getRowCount()}, {over, size}})) {
    return emitOpError("expected scores with rows of ")
           << state << " and axis `" << getOver() << "`, got "
           << getS().getType();
  }
  if (!hasOnly(getV().getType(),
               {{over, size}, {state.getWidth(), state.getWidthCount()}})) {
    return emitOpError("expected values with axis `")
           << getOver() << "` of size " << size << " and width of " << state
           << ", got " << getV().getType();
  }
  return success();
}

LogicalResult SoftmaxOutputOp::verify() {
  // SOFTMAX-AXES
  SoftmaxType state = getState().getType();
  TileType o = getO().getType();
  if (!o.getElementType().isF32() ||
      !hasOnly(o, {{state.getRows(), state.getRowCount()},
                   {state.getWidth(), state.getWidthCount()}})) {
    return emitOpError("expected rows and width of ")
           << state << " in f32, got " << o;
  }
  return success();
}

LogicalResult SoftmaxLseOp::verify() {
  // SOFTMAX-AXES
  SoftmaxType state = getState().getType();
  TileType o = getO().getType();
  if (!o.getElementType().isF32() ||
      !hasOnly(o, {{state.getRows(), state.getRowCount()}})) {
    return emitOpError("expected rows of ") << state << " in f32, got " << o;
  }
  return success();
}

/// The digits of threads, reserved axes alike.
static SmallVector<spak::layout::Digit>
threadDigits(const spak::layout::Layout &layout) {
  SmallVector<spak::layout::Digit> digits;
  for (spak::layout::Digit digit : layout.digits()) {
    if (digit.dim != spak::layout::Hw::Reg && digit.extent != 1) {
      if (digit.isReserved()) {
        digit.axis = spak::layout::kRep.str();
      }
      digits.push_back(digit);
    }
  }
  return digits;
}

/// SOFTMAX-AXES and ROWS-LAYOUT for row statistics of the scores \p scores.
static LogicalResult verifyRowsOf(Operation *op, TileType rows,
                                  TileType scores) {
  if (rows.getAxes().size() != 1 || scores.getAxes().size() != 2 ||
      !keepsAxes(rows, scores)) {
    return op->emitOpError("expected rows with one of the two axes of ")
           << scores << ", got " << rows;
  }
  if (!rows.getLayout() != !scores.getLayout()) {
    return op->emitOpError("expected a layout on both or none of ")
           << scores << " and " << rows;
  }
  if (!rows.getLayout()) {
    return success();
  }
  StringAttr other = scores.getAxes()[scores.axisIndex(rows.getAxes()[0]) == 0];
  spak::layout::Layout expected =
      scores.getLayoutAttr().toLayout().dropAxis(other, spak::layout::kRep);
  if (threadDigits(expected) != threadDigits(rows.getLayoutAttr().toLayout())) {
    return op->emitOpError("expected rows in the threads that hold those rows "
                           "of the scores: ")
           << expected.str() << " for " << scores << ", got " << rows;
  }
  return success();
}

LogicalResult SoftmaxAdvanceOp::verify() {
  TileType s = getS().getType();
  return failure(
      failed(verifyRowsOf(*this, getRows().getType().getTile(), s)) ||
      failed(verifyRowsOf(*this, getCorrection().getType(), s)));
}

/// The largest t with 2^t a finite number of \p type, and sums of many of them
/// finite in f32.
static int64_t headroom(Type type) {
  constexpr int64_t ofSums = 64;
  auto element = cast<FloatType>(type);
  return std::min<int64_t>(
      ofSums, APFloat::semanticsMaxExponent(element.getFloatSemantics()));
}

LogicalResult SoftmaxProbsOp::verify() {
  // SOFTMAX-HEADROOM
  auto advance = getRows().getDefiningOp<SoftmaxAdvanceOp>();
  if (advance && advance.getLazyAttr()) {
    double lag = advance.getLazyAttr().getValueAsDouble();
    int64_t most = headroom(getP().getType().getElementType());
    if (!(lag >= 0.0 && lag <= most)) {
      return emitOpError("makes exponentials up to 2^")
             << llvm::formatv("{0:F0}", lag) << " because maxima may lag by as "
             << "many powers of two; " << getP().getType().getElementType()
             << " leaves room up to 2^" << most;
    }
  }
  if (int64_t n = getPolynomial().value_or(0); n < 0 || n > 8) {
    return emitOpError("expected 0 to 8 of every 8 exponentials as a "
                       "polynomial, got ")
           << n;
  }
  TileType s = getS().getType(), p = getP().getType();
  if (failed(verifyRowsOf(*this, getRows().getType().getTile(), s))) {
    return failure();
  }
  if (s.withElementType(p.getElementType()) != p) {
    return emitOpError("expected p with axes and layout of ")
           << s << ", got " << p;
  }
  return success();
}

LogicalResult SoftmaxRescaleOp::verify() {
  return verifyRowsOf(*this, getCorrection().getType(), getO().getType());
}

LogicalResult SoftmaxFinishOp::verify() {
  TileType o = getO().getType();
  TileType rows = getRows().getType().getTile();
  if (failed(verifyRowsOf(*this, rows, o)) ||
      failed(verifyRowsOf(*this, getLse().getType(), o))) {
    return failure();
  }
  if (!sameAxes(getLse().getType(), rows) || getOut().getType() != o) {
    return emitOpError("expected results of type ")
           << o << " and of the rows of " << getRows().getType() << ", got "
           << getOut().getType() << " and " << getLse().getType();
  }
  return success();
}
