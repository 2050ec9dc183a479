// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the dialect: what it registers, aliases, its discardable attributes.
#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace spak::ir;

#include "spak/Dialect/Spak/IR/SpakDialect.cpp.inc"

#define GET_OP_CLASSES
#include "spak/Dialect/Spak/IR/SpakOps.cpp.inc"

namespace {

/// Layouts and the tiles that have one print as aliases: a dump has one line
/// per layout instead of one layout per line.
struct SpakAsmInterface : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Attribute attr, raw_ostream &os) const override {
    auto layout = dyn_cast<LayoutAttr>(attr);
    if (!layout) {
      return AliasResult::NoAlias;
    }
    os << (layout.isShared() ? "shared" : "regs");
    return AliasResult::FinalAlias;
  }

  AliasResult getAlias(Type type, raw_ostream &os) const override {
    auto tile = dyn_cast<TileType>(type);
    if (!tile || !tile.getLayout()) {
      return AliasResult::NoAlias;
    }
    for (StringAttr axis : tile.getAxes()) {
      os << axis.getValue() << "_";
    }
    os << tile.getElementType();
    os << (tile.isShared() ? "_shared" : "_regs");
    return AliasResult::FinalAlias;
  }
};

} // namespace

void SpakDialect::initialize() {
  registerAttributes();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "spak/Dialect/Spak/IR/SpakOps.cpp.inc"
      >();
  addInterfaces<SpakAsmInterface>();
}

Operation *SpakDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                            Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

LogicalResult SpakDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attr) {
  StringRef name = attr.getName();
  if (name == kStageAttr) {
    if (!isa<StageAttr>(attr.getValue())) {
      return op->emitOpError() << "expected `" << name
                               << "` to be a stage, got " << attr.getValue();
    }
    return success();
  }
  if (name == kAccuracyAttr) {
    auto text = dyn_cast<StringAttr>(attr.getValue());
    if (!text || (text != "approximate" && text != "absolute")) {
      return op->emitOpError() << "expected `" << name
                               << "` to be \"approximate\" or \"absolute\"";
    }
    return success();
  }
  if (name == kTargetAttr) {
    if (!isa<ModuleOp>(op) || !isa<TargetAttr>(attr.getValue())) {
      return op->emitOpError()
             << "expected `" << name << "` to be a target on a module";
    }
    return success();
  }
  if (name == kFactsAttr) {
    auto facts = dyn_cast<ArrayAttr>(attr.getValue());
    if (!isa<ModuleOp>(op) || !facts ||
        !llvm::all_of(facts, llvm::IsaPred<FactAttr>)) {
      return op->emitOpError()
             << "expected `" << name << "` to be a list of facts on a module";
    }
    return success();
  }
  return op->emitOpError() << "has the attribute `" << name
                           << "`, which the dialect does not know";
}

LogicalResult SpakDialect::verifyRegionArgAttribute(Operation *op,
                                                    unsigned region,
                                                    unsigned argument,
                                                    NamedAttribute attr) {
  StringRef name = attr.getName();
  // The device dialect's functions carry the same names for their printer.
  if (name == kKindAttr && isa<KernelOp>(op)) {
    auto kind = dyn_cast<StringAttr>(attr.getValue());
    if (!kind || !llvm::is_contained({"in", "out", "scalar", "dim", "extent"},
                                     kind.getValue())) {
      return op->emitOpError()
             << "expected `" << name << "` of argument " << argument
             << " to be \"in\", \"out\", "
             << "\"scalar\", \"dim\" or \"extent\", got " << attr.getValue();
    }
    if (kind == "extent") {
      // KERNEL-EXTENT
      auto kernel = cast<KernelOp>(op);
      AffineMap map = kernel.getExtent(argument);
      if (!map || map.getNumDims() != 0 || map.getNumResults() != 1 ||
          map.getNumSymbols() != kernel.dimArguments().size()) {
        return op->emitOpError()
               << "expected argument " << argument << " of kind \"extent\" to "
               << "have `" << kExtentAttr << "`, a map over the "
               << kernel.dimArguments().size() << " dims";
      }
    }
    Type type = cast<KernelOp>(op).getArgumentTypes()[argument];
    bool isView = isa<ViewType>(type);
    bool wantsView = kind == "in" || kind == "out";
    if (isView != wantsView) {
      return op->emitOpError() << "argument " << argument << " of kind " << kind
                               << " has type " << type;
    }
  }
  return success();
}

void spak::ir::nameResults(Operation *op, OpAsmSetValueNameFn setName) {
  if (op->getNumResults() == 0) {
    return;
  }
  if (auto named = dyn_cast<NameLoc>(op->getLoc())) {
    setName(op->getResult(0), named.getName());
    return;
  }
  // Several names for several results: fused, in their order.
  auto fused = dyn_cast<FusedLoc>(op->getLoc());
  if (!fused) {
    return;
  }
  for (auto [result, loc] : llvm::zip(op->getResults(), fused.getLocations())) {
    if (auto named = dyn_cast<NameLoc>(loc)) {
      setName(result, named.getName());
    }
  }
}

Value spak::ir::tileRange(OpBuilder &b, Location loc, Type type, Value tile) {
  return TileRangeOp::create(b, loc, type, tile);
}
