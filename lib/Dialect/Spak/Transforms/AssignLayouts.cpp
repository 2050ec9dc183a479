// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which layout every tile has on a target with wgmma. What a layout
// means is the Layout library's business; here only who must have which.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "FetchOperands.h"
#include "LayoutClasses.h"
#include "Requests.h"
#include "TileLayouts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// What wgmma takes: PTX ISA 8.5, 9.7.14.5.1, shapes of .bf16 and .f16.
constexpr int64_t kRows = 64;
constexpr int64_t kColumnStep = 8;
constexpr int64_t kMaxColumns = 256;
constexpr int64_t kDepth = 16;

bool isDotOperand(OpOperand &use) {
  auto dot = dyn_cast<DotOp>(use.getOwner());
  return dot && (dot.getA() == use.get() || dot.getB() == use.get());
}

/// Whether \p value is loaded for dots, and so lives in shared memory.
bool isSharedOperand(Value value) {
  return value.getDefiningOp<LoadOp>() && !value.use_empty() &&
         llvm::all_of(value.getUses(), [](OpOperand &use) {
           return isDotOperand(use) || isa<ConvertLayoutOp>(use.getOwner());
         });
}

/// The one axis of \p tile that is not \p over; empty if there is not one.
StringRef freeAxis(TileType tile, StringRef over) {
  if (tile.getAxes().size() != 2) {
    return {};
  }
  StringRef first = tile.getAxes()[0].getValue();
  return first == over ? tile.getAxes()[1].getValue() : first;
}

class LayoutAssignment {
public:
  LayoutAssignment(KernelOp kernel)
      : kernel(kernel), requests(kernel), context(kernel.getContext()) {}

  LogicalResult run();

private:
  void separateUses();
  void stageElementwise();
  LogicalResult checkDot(DotOp dot);
  LogicalResult checkColumns(DotOp dot);
  LogicalResult orient(const LayoutClasses &classes);
  LogicalResult chooseGroups();
  LogicalResult chooseLayouts(const LayoutClasses &classes);
  LogicalResult finishDot(DotOp dot);
  FailureOr<LayoutAttr> layoutOfComputed(DotOp dot);
  LogicalResult writeTypes(const LayoutClasses &classes);
  void convertSlices(const LayoutClasses &classes);
  LayoutAttr layoutFor(const LayoutClasses &classes, unsigned index,
                       LayoutAttr big) const;

  /// The axes of an accumulator's class.
  struct Orientation {
    StringRef rows;
    StringRef columns;
  };

  KernelOp kernel;
  Requests requests;
  MLIRContext *context;
  SmallVector<DotOp> dots;
  SmallVector<Orientation> orientations; ///< by class; empty where unknown
  SmallVector<LayoutAttr> layouts;       ///< by class; null where unknown
  SmallVector<bool> isRows;              ///< by class
  int64_t groups = 0;
  /// Operands made of products that pass through shared memory.
  int64_t copies = 0;
};

/// Gives each reader its own splat, and element-wise readers of an operand
/// their own load, so that what is equal by chance need not have one layout.
void LayoutAssignment::separateUses() {
  SmallVector<Operation *> splats;
  SmallVector<LoadOp> loads;
  kernel.walk([&](Operation *op) {
    if (isa<SplatOp>(op) || (isa<arith::ConstantOp>(op) &&
                             isa<TileType>(op->getResult(0).getType()))) {
      splats.push_back(op);
    } else if (auto load = dyn_cast<LoadOp>(op)) {
      loads.push_back(load);
    }
  });
  for (Operation *op : splats) {
    OpBuilder b(op);
    bool first = true;
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      if (!first) {
        use.set(b.clone(*op)->getResult(0));
      }
      first = false;
    }
  }
  for (LoadOp load : loads) {
    SmallVector<OpOperand *> others;
    bool anyDot = false;
    for (OpOperand &use : load.getTile().getUses()) {
      if (isDotOperand(use)) {
        anyDot = true;
      } else {
        others.push_back(&use);
      }
    }
    if (anyDot && !others.empty()) {
      OpBuilder b(load);
      Value direct = b.clone(*load)->getResult(0);
      for (OpOperand *use : others) {
        use->set(direct);
      }
    }
  }
}

/// Lets 16-bit tiles that only arithmetic in f32 reads pass through shared
/// memory, where a request gives them slots.
void LayoutAssignment::stageElementwise() {
  kernel.walk([&](LoadOp load) {
    auto tile = cast<TileType>(load.getTile().getType());
    StringRef name = sourceName(load.getView());
    std::optional<Ground> slots =
        name.empty() ? std::nullopt : requests.number(("slots_" + name).str());
    bool reads = llvm::all_of(load.getTile().getUsers(), [](Operation *user) {
      auto convert = dyn_cast<ConvertOp>(user);
      return convert && convert.getResult().getType().getElementType().isF32();
    });
    if (!slots || slots->value < 1 || !reads || load.getTile().use_empty() ||
        tile.getAxes().size() != 2 ||
        tile.getElementType().getIntOrFloatBitWidth() != 16) {
      return;
    }
    OpBuilder b(context);
    b.setInsertionPointAfter(load);
    auto moved =
        ConvertLayoutOp::create(b, load.getLoc(), tile, load.getTile());
    load.getTile().replaceAllUsesExcept(moved.getResult(), moved);
  });
}

LogicalResult LayoutAssignment::checkDot(DotOp dot) {
  StringRef over = dot.getOver();
  for (Value operand : {dot.getA(), dot.getB()}) {
    auto tile = cast<TileType>(operand.getType());
    if (freeAxis(tile, over).empty()) {
      return dot.emitOpError("expected operands with one axis besides `")
             << over << "`, got " << tile;
    }
    Type element = tile.getElementType();
    if (!element.isBF16() && !element.isF16()) {
      return dot.emitOpError("expected operands of bf16 or f16 for wgmma, got ")
             << element;
    }
  }
  if (!isSharedOperand(dot.getA()) && !isSharedOperand(dot.getB())) {
    return dot.emitOpError("has two computed operands; one of them would have "
                           "to pass through shared memory, which is not "
                           "supported");
  }
  auto depth = cast<TileType>(dot.getA().getType());
  int64_t size = depth.getShape()[depth.axisIndex(over)];
  if (size % kDepth != 0) {
    return dot.emitOpError("contracts ")
           << size << " elements of axis `" << over
           << "`; wgmma contracts multiples of " << kDepth;
  }
  return success();
}

/// Chooses the row axis of every accumulator: what a later dot contracts must
/// run along columns, and the rows are those of the A side.
LogicalResult LayoutAssignment::orient(const LayoutClasses &classes) {
  auto demand = [&](unsigned index, StringRef rows, DotOp dot,
                    StringRef why) -> LogicalResult {
    Orientation &known = orientations[index];
    if (!known.rows.empty() && known.rows != rows) {
      return dot.emitOpError("needs rows along `")
             << rows << "` because " << why << ", but this tile has its rows "
             << "along `" << known.rows
             << "`; a pass through shared memory would be needed, which is "
                "not supported";
    }
    TileType tile = classes.sample(index);
    known = {rows, freeAxis(tile, rows)};
    return success();
  };
  for (DotOp dot : dots) {
    for (Value operand : {dot.getA(), dot.getB()}) {
      if (isSharedOperand(operand)) {
        continue;
      }
      StringRef rows =
          freeAxis(cast<TileType>(operand.getType()), dot.getOver());
      if (failed(demand(classes.of(operand), rows, dot,
                        "it contracts the other axis of a computed tile")) ||
          failed(demand(classes.of(dot.getResult()), rows, dot,
                        "they are those of its computed operand"))) {
        return failure();
      }
    }
  }
  for (DotOp dot : dots) {
    unsigned index = classes.of(dot.getResult());
    if (orientations[index].rows.empty()) {
      StringRef rows =
          freeAxis(cast<TileType>(dot.getA().getType()), dot.getOver());
      (void)demand(index, rows, dot, "");
    }
    // The A side is operand a from here on.
    StringRef rows = orientations[index].rows;
    if (freeAxis(cast<TileType>(dot.getA().getType()), dot.getOver()) != rows) {
      Value a = dot.getA();
      dot.getAMutable().assign(dot.getB());
      dot.getBMutable().assign(a);
    }
  }
  return success();
}

LogicalResult LayoutAssignment::checkColumns(DotOp dot) {
  auto b = cast<TileType>(dot.getB().getType());
  StringRef axis = freeAxis(b, dot.getOver());
  int64_t columns = b.getShape()[b.axisIndex(axis)];
  if (columns % kColumnStep != 0 || columns > kMaxColumns) {
    return dot.emitOpError("has ") << columns << " columns along `" << axis
                                   << "`; wgmma makes multiples of "
                                   << kColumnStep << " up to " << kMaxColumns;
  }
  return success();
}

LogicalResult LayoutAssignment::chooseGroups() {
  auto rowsOf = [](DotOp dot) {
    auto a = cast<TileType>(dot.getA().getType());
    StringRef axis = freeAxis(a, dot.getOver());
    return std::make_pair(axis, a.getShape()[a.axisIndex(axis)]);
  };
  std::optional<Ground> asked = requests.number("consumers");
  groups = asked ? asked->value
                 : std::max<int64_t>(1, rowsOf(dots.front()).second / kRows);
  for (DotOp dot : dots) {
    auto [axis, rows] = rowsOf(dot);
    if (rows != kRows * groups) {
      return dot.emitOpError("has ")
             << rows << " rows along `" << axis << "` for " << groups
             << " consumer groups; wgmma gives each group " << kRows
             << " rows, so " << kRows * groups << " are needed";
    }
    if (failed(checkColumns(dot))) {
      return failure();
    }
  }
  remark(kernel, llvm::Twine(groups) + " consumer groups",
         asked ? asked->why
               : "rows of the products divided by the " +
                     std::to_string(kRows) + " of wgmma");
  return success();
}

/// The layout of class \p index as the slice of \p big.
LayoutAttr LayoutAssignment::layoutFor(const LayoutClasses &classes,
                                       unsigned index, LayoutAttr big) const {
  return sliceLayout(big, classes.sample(index).getAxes(),
                     /*partial=*/isRows[index]);
}

LogicalResult LayoutAssignment::chooseLayouts(const LayoutClasses &classes) {
  for (unsigned index = 0; index < classes.size(); ++index) {
    const Orientation &axes = orientations[index];
    if (!axes.rows.empty()) {
      TileType tile = classes.sample(index);
      int64_t columns = tile.getShape()[tile.axisIndex(axes.columns)];
      layouts[index] =
          accumulatorLayout(context, axes.rows, axes.columns, columns, groups);
    }
  }
  // What an op makes by dropping an axis comes first: it cannot choose.
  for (bool defines : {true, false}) {
    for (bool changed = true; changed;) {
      changed = false;
      for (const LayoutClasses::Slice &edge : classes.slices()) {
        if (edge.defines == defines && layouts[edge.big] &&
            !layouts[edge.small]) {
          layouts[edge.small] =
              layoutFor(classes, edge.small, layouts[edge.big]);
          changed = true;
        }
      }
    }
  }
  // A tile that no product reaches, but with the rows of one.
  for (unsigned index = 0; index < classes.size(); ++index) {
    if (layouts[index]) {
      continue;
    }
    TileType tile = classes.sample(index);
    for (const Orientation &axes : orientations) {
      if (axes.rows.empty() || layouts[index]) {
        continue;
      }
      int64_t rows = tile.axisIndex(axes.rows);
      if (rows < 0 || tile.getShape()[rows] != kRows * groups) {
        continue;
      }
      StringRef columns = freeAxis(tile, axes.rows);
      if (tile.getAxes().size() == 1) {
        LayoutAttr model =
            accumulatorLayout(context, axes.rows, "none", kColumnStep, groups);
        layouts[index] = sliceLayout(model, tile.getAxes(), isRows[index]);
      } else if (!columns.empty() &&
                 tile.getShape()[tile.axisIndex(columns)] % kColumnStep == 0) {
        layouts[index] =
            accumulatorLayout(context, axes.rows, columns,
                              tile.getShape()[tile.axisIndex(columns)], groups);
      }
    }
  }
  // Such a tile may have slices of its own.
  for (const LayoutClasses::Slice &edge : classes.slices()) {
    if (layouts[edge.big] && !layouts[edge.small]) {
      layouts[edge.small] = layoutFor(classes, edge.small, layouts[edge.big]);
    }
  }
  for (Value value : classes.values()) {
    if (!layouts[classes.of(value)]) {
      return emitError(value.getLoc(), "no layout for ")
             << value.getType()
             << ": neither a product nor the rows of one reach it";
    }
  }
  return success();
}

/// Where the computed A side of \p dot lies: in the registers that wgmma reads,
/// or in slabs of shared memory if the request `computed` says so.
FailureOr<LayoutAttr> LayoutAssignment::layoutOfComputed(DotOp dot) {
  auto tile = cast<TileType>(dot.getA().getType());
  StringRef rows = freeAxis(tile, dot.getOver());
  int64_t depth = tile.getShape()[tile.axisIndex(dot.getOver())];
  StringRef asked = requests.text("computed");
  if (asked != "shared") {
    if (requests.request("computed") && asked != "registers") {
      return kernel.emitOpError("request `computed`: expected \"registers\" or "
                                "\"shared\", got ")
             << requests.request("computed");
    }
    return operandLayout(context, rows, dot.getOver(), depth, groups);
  }
  if (tile.getAxes()[1].getValue() != dot.getOver()) {
    return dot.emitOpError(
               "request `computed` = \"shared\": a computed operand "
               "whose rows run along the contracted axis `")
           << dot.getOver() << "` is not supported";
  }
  return slabLayout(dot, tile);
}

/// Writes the instruction; converts a computed A side to the operand layout.
LogicalResult LayoutAssignment::finishDot(DotOp dot) {
  auto result = cast<TileType>(dot.getResult().getType());
  StringRef columnAxis =
      freeAxis(cast<TileType>(dot.getB().getType()), dot.getOver());
  int64_t columns = result.getShape()[result.axisIndex(columnAxis)];
  bool computed = !isSharedOperand(dot.getA());
  LayoutAttr wanted;
  if (computed) {
    FailureOr<LayoutAttr> found = layoutOfComputed(dot);
    if (failed(found)) {
      return failure();
    }
    wanted = *found;
  }
  bool fromRegisters = computed && !wanted.isShared();
  dot.setInstr(("wgmma." + Twine(fromRegisters ? "rs" : "ss") + ".m" +
                Twine(kRows) + "n" + Twine(columns) + "k" + Twine(kDepth))
                   .str());
  auto tile = cast<TileType>(dot.getA().getType());
  if (!computed || tile.getLayout() == wanted) {
    return success();
  }
  OpBuilder b(dot);
  auto converted = ConvertLayoutOp::create(b, dot.getLoc(),
                                           tile.withLayout(wanted), dot.getA());
  if (wanted.isShared()) {
    converted.setBuffer(copies++);
    remark(converted, "a computed operand passes through shared memory",
           "request `computed`");
  }
  dot.getAMutable().assign(converted.getResult());
  return success();
}

/// Where an op reads a slice whose class got its layout from elsewhere.
void LayoutAssignment::convertSlices(const LayoutClasses &classes) {
  for (const LayoutClasses::Slice &edge : classes.slices()) {
    if (edge.defines || isRows[edge.small]) {
      continue;
    }
    LayoutAttr wanted = layoutFor(classes, edge.small, layouts[edge.big]);
    if (wanted == layouts[edge.small]) {
      continue;
    }
    for (OpOperand &operand : edge.op->getOpOperands()) {
      if (classes.of(operand.get()) != static_cast<int64_t>(edge.small)) {
        continue;
      }
      OpBuilder b(edge.op);
      auto tile = cast<TileType>(operand.get().getType());
      auto converted = ConvertLayoutOp::create(
          b, edge.op->getLoc(), tile.withLayout(wanted), operand.get());
      operand.set(converted.getResult());
    }
  }
}

LogicalResult LayoutAssignment::writeTypes(const LayoutClasses &classes) {
  for (Value value : classes.values()) {
    LayoutAttr layout = layouts[classes.of(value)];
    TileType tile = tileOf(value.getType()).withLayout(layout);
    Type type = tile;
    if (isa<RowsType>(value.getType())) {
      type = RowsType::get(context, tile);
    }
    value.setType(type);
    if (auto constant = value.getDefiningOp<arith::ConstantOp>()) {
      auto splat = cast<DenseElementsAttr>(constant.getValue());
      constant.setValueAttr(DenseElementsAttr::get(
          cast<ShapedType>(type), splat.getSplatValue<Attribute>()));
    }
  }
  WalkResult result = kernel.walk([&](LoadOp load) {
    auto tile = cast<TileType>(load.getTile().getType());
    if (tile.getLayout() || !isSharedOperand(load.getTile())) {
      return WalkResult::advance();
    }
    FailureOr<LayoutAttr> layout = slabLayout(load, tile);
    if (failed(layout)) {
      return WalkResult::interrupt();
    }
    load.getTile().setType(tile.withLayout(*layout));
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult LayoutAssignment::run() {
  bool anyLayout = false;
  kernel.walk([&](Operation *op) {
    for (Value value : op->getResults()) {
      TileType tile = tileOf(value.getType());
      anyLayout |= tile && tile.getLayout();
    }
    if (auto dot = dyn_cast<DotOp>(op)) {
      dots.push_back(dot);
    }
  });
  if (anyLayout || dots.empty()) {
    return success();
  }
  if (!requests.can("wgmma")) {
    return dots.front().emitOpError("needs wgmma, which ")
           << requests.arch() << " does not have; products on other tensor "
           << "cores are not supported";
  }
  separateUses();
  stageElementwise();
  for (DotOp dot : dots) {
    if (failed(checkDot(dot))) {
      return failure();
    }
  }
  LayoutClasses classes(kernel, isSharedOperand);
  orientations.resize(classes.size());
  layouts.resize(classes.size());
  isRows.resize(classes.size());
  for (Value value : classes.values()) {
    isRows[classes.of(value)] =
        isRows[classes.of(value)] || isa<RowsType>(value.getType());
  }
  if (failed(orient(classes)) || failed(chooseGroups()) ||
      failed(chooseLayouts(classes)) || failed(writeTypes(classes))) {
    return failure();
  }
  convertSlices(classes);
  for (DotOp dot : dots) {
    if (failed(finishDot(dot))) {
      return failure();
    }
  }
  return fetchOperands(kernel, dots, groups);
}

class AssignLayoutsPass : public impl::AssignLayoutsBase<AssignLayoutsPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(checkRequestsAreKnown(kernel)) ||
          failed(LayoutAssignment(kernel).run())) {
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace spak::ir
