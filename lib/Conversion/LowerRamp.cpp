// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: terms that are affine in the indices. Of such a term a thread's element
// adds only a compile-time multiple of one scalar, if whoever reads it can add
// what is the same along the thread's row; else the whole.
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace spak::conversion {

/// The tile of row statistics that all readers of \p ramp make of it; null if
/// one of them is another op or in another block.
static ir::TileType rowsOfReaders(ir::RampOp ramp) {
  ir::TileType rows;
  for (Operation *user : ramp->getUsers()) {
    Type type;
    if (auto advance = dyn_cast<ir::SoftmaxAdvanceOp>(user)) {
      type = advance.getNext().getType();
    } else if (auto probs = dyn_cast<ir::SoftmaxProbsOp>(user)) {
      type = probs.getNext().getType();
    }
    if (!type || user->getBlock() != ramp->getBlock()) {
      return {};
    }
    auto tile = cast<ir::RowsType>(type).getTile();
    if (rows && rows != tile) {
      return {};
    }
    rows = tile;
  }
  return rows;
}

/// The factor of dimension \p dim of \p map, which is linear in it.
static int64_t factorOf(AffineMap map, unsigned dim) {
  MLIRContext *context = map.getContext();
  AffineExpr expr = map.getResult(0);
  auto at = [&](int64_t value) {
    return expr.replace(getAffineDimExpr(dim, context),
                        getAffineConstantExpr(value, context));
  };
  AffineExpr step =
      simplifyAffineExpr(at(1) - at(0), map.getNumDims(), map.getNumSymbols());
  return cast<AffineConstantExpr>(step).getValue();
}

Value KernelLowering::shiftOfRows(Value s) { return rowShifts.lookup(s); }

LogicalResult KernelLowering::lowerRamp(ir::RampOp op) {
  Location loc = op.getLoc();
  auto type = cast<ir::TileType>(op.getResult().getType());
  FailureOr<Value> source = fragment(op.getSrc());
  if (failed(source)) {
    return failure();
  }
  RegisterMap map = *RegisterMap::of(type);
  AffineMap along = op.getAlong();
  SmallVector<Value> starts, symbols;
  for (Value range : op.getRanges()) {
    StringRef axis = cast<ir::RangeType>(range.getType()).getAxis();
    starts.push_back(add(startOf(range), threadCoordinate(map, axis)));
  }
  for (Value symbol : op.getSyms()) {
    symbols.push_back(scalar(symbol));
  }
  Value by = scalar(op.getBy());
  Value first = expandAffine(along.getResult(0), starts, symbols);
  ir::TileType rows = rowsOfReaders(op);
  // The factors of what a register adds to the thread's first element.
  struct Step {
    std::string axis;
    int64_t factor;
  };
  SmallVector<Step> ofRow, ofElement;
  for (auto [i, range] : llvm::enumerate(op.getRanges())) {
    StringRef axis = cast<ir::RangeType>(range.getType()).getAxis();
    Step step{axis.str(), factorOf(along, i)};
    (rows && rows.axisIndex(axis) >= 0 ? ofRow : ofElement).push_back(step);
  }
  auto patterns = [&](ArrayRef<Step> steps, const RegisterMap &registers) {
    SmallVector<Attribute> all;
    for (const Step &step : steps) {
      all.push_back(patternAttr(registers.axisPattern(step.axis)));
    }
    return all;
  };
  auto sum = [](OpBuilder &b, Location l, Value start, ArrayRef<Step> steps,
                ValueRange coordinates) {
    for (auto [step, at] : llvm::zip_equal(steps, coordinates)) {
      Value part = at;
      if (step.factor != 1) {
        Value factor =
            arith::ConstantOp::create(b, l, b.getI32IntegerAttr(step.factor));
        part = arith::MulIOp::create(b, l, at, factor);
      }
      start = start ? Value(arith::AddIOp::create(b, l, start, part)) : part;
    }
    return start;
  };
  auto element = cuda::MapOp::create(
      builder, loc, fragmentType(type, false), {*source}, {Attribute()},
      patterns(ofElement, map), std::nullopt,
      [&](OpBuilder &b, Location l, ValueRange args) -> Value {
        Value at =
            sum(b, l, rows ? Value() : first, ofElement, args.drop_front());
        if (!at) {
          return args[0];
        }
        Value real = arith::SIToFPOp::create(b, l, b.getF32Type(), at);
        return math::FmaOp::create(b, l, by, real, args[0]);
      });
  values[op.getResult()] = {element.getResult()};
  if (rows) {
    RegisterMap rowMap = *RegisterMap::of(rows);
    rowShifts[op.getResult()] = cuda::MapOp::create(
        builder, loc, fragmentType(rows, false), ValueRange{},
        ArrayRef<Attribute>{}, patterns(ofRow, rowMap), std::nullopt,
        [&](OpBuilder &b, Location l, ValueRange args) -> Value {
          Value at = sum(b, l, first, ofRow, args);
          Value real = arith::SIToFPOp::create(b, l, b.getF32Type(), at);
          return arith::MulFOp::create(b, l, by, real);
        });
  }
  return success();
}

} // namespace spak::conversion
