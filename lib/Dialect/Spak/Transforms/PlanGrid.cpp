// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the order in which blocks take the tiles of a grid. Knows nothing of
// what a tile's work is, only how its loops' bounds depend on the tile.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Requests.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANGRID
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// How a value moves when an index grows.
enum class Trend { Constant, Grows, Shrinks, Unknown };

Trend join(Trend a, Trend b) {
  if (a == Trend::Constant || a == b) {
    return b;
  }
  return b == Trend::Constant ? a : Trend::Unknown;
}

Trend flip(Trend trend) {
  if (trend == Trend::Grows) {
    return Trend::Shrinks;
  }
  return trend == Trend::Shrinks ? Trend::Grows : trend;
}

Trend scale(Trend trend, AffineExpr by) {
  auto constant = dyn_cast<AffineConstantExpr>(by);
  if (!constant) {
    return trend == Trend::Constant ? trend : Trend::Unknown;
  }
  if (constant.getValue() == 0) {
    return Trend::Constant;
  }
  return constant.getValue() > 0 ? trend : flip(trend);
}

Trend trendOf(AffineExpr expr, ArrayRef<Trend> dims, ArrayRef<Trend> symbols) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    return dims[dim.getPosition()];
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    return symbols[symbol.getPosition()];
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary) {
    return Trend::Constant;
  }
  Trend lhs = trendOf(binary.getLHS(), dims, symbols);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return join(lhs, trendOf(binary.getRHS(), dims, symbols));
  case AffineExprKind::Mul:
  case AffineExprKind::FloorDiv:
  case AffineExprKind::CeilDiv:
    return scale(lhs, binary.getRHS());
  default:
    return lhs == Trend::Constant ? lhs : Trend::Unknown;
  }
}

/// How \p value moves when the range \p range of the grid advances.
Trend trendOf(Value value, Value range) {
  Operation *def = value.getDefiningOp();
  if (!def) {
    return Trend::Constant;
  }
  if (auto start = dyn_cast<StartOp>(def)) {
    return start.getRange() == range ? Trend::Grows : Trend::Constant;
  }
  auto ofMap = [&](AffineMap map, OperandRange operands) {
    SmallVector<Trend> trends;
    for (Value operand : operands) {
      trends.push_back(trendOf(operand, range));
    }
    ArrayRef<Trend> all = trends;
    Trend result = Trend::Constant;
    for (AffineExpr expr : map.getResults()) {
      result = join(result, trendOf(expr, all.take_front(map.getNumDims()),
                                    all.drop_front(map.getNumDims())));
    }
    return result;
  };
  if (auto op = dyn_cast<affine::AffineMinOp>(def)) {
    return ofMap(op.getMap(), op.getOperands());
  }
  if (auto op = dyn_cast<affine::AffineMaxOp>(def)) {
    return ofMap(op.getMap(), op.getOperands());
  }
  if (auto op = dyn_cast<affine::AffineApplyOp>(def)) {
    return ofMap(op.getAffineMap(), op.getOperands());
  }
  Trend result = Trend::Constant;
  for (Value operand : def->getOperands()) {
    result = join(result, trendOf(operand, range));
  }
  bool monotone = isa<arith::AddIOp, arith::MaxSIOp, arith::MinSIOp>(def);
  return monotone || result == Trend::Constant ? result : Trend::Unknown;
}

/// The range of \p grid along which the work of a tile grows; -1 if there is
/// none.
int64_t growingRange(GridOp grid) {
  for (BlockArgument arg : grid.getBody()->getArguments()) {
    if (!isa<RangeType>(arg.getType())) {
      continue;
    }
    bool grows = false;
    grid.walk([&](ForOp loop) {
      grows |= trendOf(loop.getUpper(), arg) == Trend::Grows &&
               trendOf(loop.getLower(), arg) == Trend::Constant;
    });
    if (grows) {
      return arg.getArgNumber();
    }
  }
  return -1;
}

/// What is done to the natural raster, the first variable fastest.
struct Raster {
  enum Kind { Natural, LongestFirst, Grouped } kind = Natural;
  int64_t variable = 0;
  int64_t group = 0;
  std::string why = "default";
};

class PlanGridPass : public impl::PlanGridBase<PlanGridPass> {
public:
  using PlanGridBase::PlanGridBase;

  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      Requests requests(kernel);
      for (GridOp grid : kernel.getBody().front().getOps<GridOp>()) {
        if (!grid.getOrderAttr() && failed(plan(grid, requests))) {
          return signalPassFailure();
        }
      }
    }
  }

private:
  LogicalResult plan(GridOp grid, const Requests &requests);
  FailureOr<Raster> readRaster(GridOp grid, const Requests &requests);
  Raster chooseRaster(GridOp grid, const Requests &requests);
};

/// The first range of \p grid; -1 if there is none.
int64_t firstRange(GridOp grid) {
  for (BlockArgument arg : grid.getBody()->getArguments()) {
    if (isa<RangeType>(arg.getType())) {
      return arg.getArgNumber();
    }
  }
  return -1;
}

/// The grouping that a request `group_<variable>` asks for.
std::optional<Raster> readGroup(GridOp grid, const Requests &requests) {
  for (unsigned i = 0; i < grid.getBody()->getNumArguments(); ++i) {
    if (auto asked = requests.number("group_" + grid.variableName(i))) {
      return Raster{Raster::Grouped, i, asked->value, asked->why};
    }
  }
  return std::nullopt;
}

FailureOr<Raster> PlanGridPass::readRaster(GridOp grid,
                                           const Requests &requests) {
  Raster raster;
  raster.why = "request `raster`";
  StringRef text = requests.text("raster");
  if (text == "natural") {
    return raster;
  }
  if (text == "longest_first") {
    raster.variable = growingRange(grid);
    if (raster.variable < 0) {
      return grid.emitOpError("request `raster` = longest_first: the work of "
                              "a tile grows along no range of this grid");
    }
    raster.kind = Raster::LongestFirst;
    return raster;
  }
  if (text != "grouped") {
    return grid.emitOpError("request `raster`: expected \"natural\", "
                            "\"longest_first\" or \"grouped\", got ")
           << requests.request("raster");
  }
  if (std::optional<Raster> grouped = readGroup(grid, requests)) {
    return *grouped;
  }
  raster.variable = firstRange(grid);
  if (raster.variable < 0) {
    return grid.emitOpError("request `raster` = grouped: this grid has no "
                            "range to group");
  }
  raster.kind = Raster::Grouped;
  raster.group = defaultGroup;
  return raster;
}

Raster PlanGridPass::chooseRaster(GridOp grid, const Requests &requests) {
  Raster raster;
  int64_t growing = growingRange(grid);
  if (growing >= 0) {
    raster.kind = Raster::LongestFirst;
    raster.variable = growing;
    raster.why = "a loop's upper bound grows along it";
    return raster;
  }
  if (std::optional<Raster> grouped = readGroup(grid, requests)) {
    return *grouped;
  }
  int64_t ranges =
      llvm::count_if(grid.getBody()->getArgumentTypes(),
                     [](Type type) { return isa<RangeType>(type); });
  if (ranges >= 2) {
    raster.kind = Raster::Grouped;
    raster.variable = firstRange(grid);
    raster.group = defaultGroup;
    raster.why = "default for a grid of two ranges";
  }
  return raster;
}

LogicalResult PlanGridPass::plan(GridOp grid, const Requests &requests) {
  StringRef schedule = "one_per_cta";
  std::string why = "default";
  if (requests.request("order")) {
    schedule = requests.text("order");
    why = "request `order`";
    if (schedule != "one_per_cta" && schedule != "persistent_static") {
      return grid.emitOpError("request `order`: expected \"one_per_cta\" or "
                              "\"persistent_static\", got ")
             << requests.request("order");
    }
  }
  if (auto asked = dyn_cast_or_null<BoolAttr>(requests.request("persistent"))) {
    StringRef wanted = asked.getValue() ? "persistent_static" : "one_per_cta";
    if (requests.request("order") && schedule != wanted) {
      return grid.emitOpError("request `persistent` = ")
             << (asked.getValue() ? "true" : "false")
             << " contradicts request `order` = " << schedule;
    }
    schedule = wanted;
    why = "request `persistent`";
  }
  Raster raster = chooseRaster(grid, requests);
  if (requests.request("raster")) {
    FailureOr<Raster> read = readRaster(grid, requests);
    if (failed(read)) {
      return failure();
    }
    raster = *read;
  }
  MLIRContext *context = grid.getContext();
  Builder b(context);
  SmallVector<Attribute> fastest;
  for (unsigned i = 0; i < grid.getBody()->getNumArguments(); ++i) {
    if (raster.kind != Raster::LongestFirst || i != raster.variable) {
      fastest.push_back(b.getStringAttr(grid.variableName(i)));
    }
  }
  SmallVector<NamedAttribute> params;
  std::string name = grid.variableName(raster.variable);
  if (raster.kind == Raster::LongestFirst) {
    // Slowest, so that all the long tiles of the grid come first.
    fastest.push_back(b.getStringAttr(name));
    params.push_back(b.getNamedAttr(name, b.getStringAttr("longest_first")));
    remark(grid, "longest tiles of `" + name + "` first", raster.why);
  } else if (raster.kind == Raster::Grouped) {
    params.push_back(
        b.getNamedAttr("group_" + name, b.getI64IntegerAttr(raster.group)));
    remark(grid,
           "groups of " + llvm::Twine(raster.group) + " along `" + name + "`",
           raster.why);
  }
  grid.setOrderAttr(OrderAttr::get(context, schedule, b.getArrayAttr(fastest),
                                   b.getDictionaryAttr(params)));
  remark(grid, "schedule " + schedule, why);
  return success();
}

} // namespace
} // namespace spak::ir
