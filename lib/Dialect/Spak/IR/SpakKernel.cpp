// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the kernel: text, builder, arguments, and the rules that hold inside.
#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace spak::ir;

void spak::ir::keepName(OpAsmParser &parser, OpAsmParser::Argument &argument) {
  StringRef name = argument.ssaName.name.drop_front();
  Location loc = parser.getEncodedSourceLoc(argument.ssaName.location);
  argument.sourceLoc =
      NameLoc::get(StringAttr::get(parser.getContext(), name), loc);
}

void KernelOp::build(OpBuilder &b, OperationState &state, StringRef name,
                     FunctionType type, ArrayAttr argAttrs,
                     DictionaryAttr point, RequestAttr request) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.sym_name = b.getStringAttr(name);
  properties.function_type = TypeAttr::get(type);
  properties.arg_attrs = argAttrs;
  properties.point = point;
  properties.request = request;
  state.addRegion();
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<Type> resultTypes;
  SmallVector<DictionaryAttr> resultAttrs;
  bool isVariadic = false;
  if (parser.parseSymbolName(name, getSymNameAttrName(result.name),
                             result.attributes) ||
      function_interface_impl::parseFunctionSignatureWithArguments(
          parser, /*allowVariadic=*/false, arguments, isVariadic, resultTypes,
          resultAttrs) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes)) {
    return failure();
  }
  Builder &b = parser.getBuilder();
  SmallVector<Type> types;
  for (OpAsmParser::Argument &argument : arguments) {
    types.push_back(argument.type);
    keepName(parser, argument);
  }
  result.addAttribute(getFunctionTypeAttrName(result.name),
                      TypeAttr::get(b.getFunctionType(types, resultTypes)));
  call_interface_impl::addArgAndResultAttrs(b, result, arguments, resultAttrs,
                                            getArgAttrsAttrName(result.name),
                                            getResAttrsAttrName(result.name));
  return parser.parseRegion(*result.addRegion(), arguments);
}

void KernelOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

std::string KernelOp::getArgName(unsigned index) {
  auto name = getArgAttrOfType<StringAttr>(index, SpakDialect::kNameAttr);
  return name ? name.str() : std::string();
}

StringRef KernelOp::getKind(unsigned index) {
  auto kind = getArgAttrOfType<StringAttr>(index, SpakDialect::kKindAttr);
  return kind ? kind.getValue() : StringRef();
}

AffineMap KernelOp::getExtent(unsigned index) {
  auto map = getArgAttrOfType<AffineMapAttr>(index, SpakDialect::kExtentAttr);
  return map ? map.getValue() : AffineMap();
}

SmallVector<BlockArgument> KernelOp::dimArguments() {
  SmallVector<BlockArgument> dims;
  for (unsigned index = 0; index < getArgumentTypes().size(); ++index) {
    if (getKind(index) == "dim") {
      dims.push_back(getBody().getArgument(index));
    }
  }
  return dims;
}

void KernelOp::addExtents(std::map<std::string, int64_t> &sizes) {
  SmallVector<Attribute> values;
  Type index = IndexType::get(getContext());
  for (BlockArgument dim : dimArguments()) {
    auto known = sizes.find(getArgName(dim.getArgNumber()));
    values.push_back(known == sizes.end()
                         ? Attribute()
                         : IntegerAttr::get(index, known->second));
  }
  for (unsigned i = 0; i < getArgumentTypes().size(); ++i) {
    AffineMap map = getExtent(i);
    SmallVector<Attribute> result;
    if (map && succeeded(map.constantFold(values, result))) {
      sizes[getArgName(i)] = cast<IntegerAttr>(result.front()).getInt();
    }
  }
}

BlockArgument KernelOp::findArgument(StringRef name) {
  for (unsigned index = 0; index < getNumArguments(); ++index) {
    if (getArgName(index) == name) {
      return getArgument(index);
    }
  }
  return {};
}

/// The name that \p loc gives, or nothing.
static StringRef nameOf(Location loc) {
  auto named = dyn_cast<NameLoc>(loc);
  return named ? named.getName().getValue() : StringRef();
}

void KernelOp::getAsmBlockArgumentNames(Region &region,
                                        OpAsmSetValueNameFn setName) {
  if (region.empty()) {
    return;
  }
  for (BlockArgument arg : region.getArguments()) {
    std::string name = getArgName(arg.getArgNumber());
    if (name.empty()) {
      name = nameOf(arg.getLoc()).str();
    }
    if (!name.empty()) {
      setName(arg, name);
    }
  }
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

LogicalResult KernelOp::verify() {
  if (!getResultTypes().empty()) {
    return emitOpError("has no results: it stores to views");
  }
  return success();
}

/// KERNEL-SAME-TILES: the verifiers of arith and math compare shapes and
/// element types only, so axes and layout are ours to compare.
static LogicalResult verifyForeign(Operation *op) {
  if (op->getNumRegions() != 0 || op->hasTrait<OpTrait::IsTerminator>()) {
    return success();
  }
  TileType first;
  for (Type type :
       llvm::concat<const Type>(llvm::to_vector(op->getOperandTypes()),
                                llvm::to_vector(op->getResultTypes()))) {
    auto tile = dyn_cast<TileType>(type);
    if (!tile) {
      continue;
    }
    if (!first) {
      first = tile;
      continue;
    }
    if (first.getAxes() != tile.getAxes() ||
        first.getShape() != tile.getShape() ||
        first.getLayout() != tile.getLayout()) {
      return op->emitOpError("mixes tiles of different axes or layout: ")
             << first << " and " << tile;
    }
  }
  return success();
}

LogicalResult KernelOp::verifyRegions() {
  WalkResult result = getBody().walk([](Operation *op) {
    if (isa<SpakDialect>(op->getDialect())) {
      return WalkResult::advance();
    }
    return failed(verifyForeign(op)) ? WalkResult::interrupt()
                                     : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}
