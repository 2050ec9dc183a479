// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which loaded operands products read from registers. The layout that
// they have there is the business of TileLayouts.
#include "FetchOperands.h"

#include "Requests.h"
#include "TileLayouts.h"

using namespace mlir;

namespace spak::ir {

namespace {

/// Fetches the tiles of one tensor.
class OperandFetch {
public:
  OperandFetch(KernelOp kernel, ArrayRef<DotOp> dots, int64_t groups)
      : kernel(kernel), dots(dots), groups(groups) {}

  LogicalResult run(StringRef tensor, StringRef request);

private:
  LogicalResult fetch(LoadOp load, DotOp dot, StringRef request);

  KernelOp kernel;
  ArrayRef<DotOp> dots;
  int64_t groups;
};

/// Puts the tile of \p load into the registers that \p dot reads as A, right
/// where it is loaded.
LogicalResult OperandFetch::fetch(LoadOp load, DotOp dot, StringRef request) {
  TileType tile = load.getTile().getType();
  if (load->getParentOfType<ForOp>()) {
    return load.emitOpError("request `")
           << request << "` = \"registers\": the tile changes in the loop; its "
           << "registers would be written while products still read them. "
           << "Only a tile that is loaded in front of the loops may lie there";
  }
  if (tile.getAxes()[1].getValue() != dot.getOver()) {
    return load.emitOpError("request `")
           << request << "` = \"registers\": the rows of this tile run along "
           << "the contracted axis `" << dot.getOver()
           << "`; only a tile whose rows run across it can be fetched";
  }
  ConvertLayoutOp fetched;
  for (Operation *user : load.getTile().getUsers()) {
    auto known = dyn_cast<ConvertLayoutOp>(user);
    fetched = known ? known : fetched;
  }
  if (!fetched) {
    OpBuilder b(load->getContext());
    b.setInsertionPointAfter(load);
    LayoutAttr layout =
        operandLayout(kernel.getContext(), tile.getAxes()[0].getValue(),
                      dot.getOver(), tile.getShape()[1], groups);
    fetched = ConvertLayoutOp::create(b, load.getLoc(), tile.withLayout(layout),
                                      load.getTile());
    remark(fetched, "products read this operand from registers",
           "request `" + request + "`");
  }
  dot.getAMutable().assign(fetched.getResult());
  dot.setInstr(
      ("wgmma.rs" + dot.getInstr()->drop_front(strlen("wgmma.ss"))).str());
  return success();
}

LogicalResult OperandFetch::run(StringRef tensor, StringRef request) {
  bool isA = false, isB = false;
  for (DotOp dot : dots) {
    auto reads = [&](Value operand) {
      auto load = operand.getDefiningOp<LoadOp>();
      return load && sourceName(load.getView()) == tensor ? load : LoadOp();
    };
    isB |= static_cast<bool>(reads(dot.getB()));
    if (LoadOp load = reads(dot.getA())) {
      isA = true;
      if (failed(fetch(load, dot, request))) {
        return failure();
      }
    }
  }
  if (isA) {
    return success();
  }
  return kernel.emitOpError("request `")
         << request << "` = \"registers\": "
         << (isB ? "products read that tensor as the operand that wgmma takes "
                   "from shared memory only; their other one gives the rows"
                 : "no product has a tile of that tensor as its operand");
}

} // namespace

LogicalResult fetchOperands(KernelOp kernel, ArrayRef<DotOp> dots,
                            int64_t groups) {
  Requests requests(kernel);
  RequestAttr attr = kernel.getRequestAttr();
  if (!attr) {
    return success();
  }
  for (NamedAttribute entry : attr.getEntries()) {
    StringRef name = entry.getName(), tensor = name;
    if (!tensor.consume_front("operand_")) {
      continue;
    }
    StringRef asked = requests.text(name);
    if (asked != "registers" && asked != "shared") {
      return kernel.emitOpError("request `")
             << name << "`: expected \"registers\" or \"shared\", got "
             << entry.getValue();
    }
    if (asked == "registers" &&
        failed(OperandFetch(kernel, dots, groups).run(tensor, name))) {
      return failure();
    }
  }
  return success();
}

} // namespace spak::ir
