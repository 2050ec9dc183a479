// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: builders, assembly and ties of the ops. What is legal is next door.
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace spak::cuda;

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

// The accumulator has the result's type, which the text says once.
static ParseResult
parseAccType(OpAsmParser &parser,
             const std::optional<OpAsmParser::UnresolvedOperand> &acc,
             Type result, Type &accType) {
  accType = acc ? result : Type();
  return success();
}

static void printAccType(OpAsmPrinter &, Operation *, Value, Type, Type) {}

static ParseResult parseFunction(OpAsmParser &parser, OperationState &result,
                                 StringAttr typeName, StringAttr argAttrsName,
                                 StringAttr resAttrsName) {
  auto buildType = [](Builder &builder, ArrayRef<Type> inputs,
                      ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag, std::string &) {
    return builder.getFunctionType(inputs, results);
  };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false, typeName, buildType,
      argAttrsName, resAttrsName);
}

static void buildFunction(OpBuilder &builder, OperationState &state,
                          StringAttr typeName, StringAttr argAttrsName,
                          StringAttr resAttrsName, StringRef name,
                          FunctionType type,
                          ArrayRef<DictionaryAttr> argAttrs) {
  state.addAttribute(SymbolTable::getSymbolAttrName(),
                     builder.getStringAttr(name));
  state.addAttribute(typeName, TypeAttr::get(type));
  auto block = std::make_unique<Block>();
  for (Type input : type.getInputs()) {
    block->addArgument(input, state.location);
  }
  state.addRegion()->push_back(block.release());
  if (!argAttrs.empty()) {
    call_interface_impl::addArgAndResultAttrs(builder, state, argAttrs,
                                              /*resultAttrs=*/{}, argAttrsName,
                                              resAttrsName);
  }
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseFunction(parser, result, getFunctionTypeAttrName(result.name),
                       getArgAttrsAttrName(result.name),
                       getResAttrsAttrName(result.name));
}

void KernelOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                     FunctionType type, ArrayRef<DictionaryAttr> argAttrs,
                     int64_t threads, int64_t minBlocks) {
  buildFunction(builder, state, getFunctionTypeAttrName(state.name),
                getArgAttrsAttrName(state.name),
                getResAttrsAttrName(state.name), name, type, argAttrs);
  state.addAttribute(getThreadsAttrName(state.name),
                     builder.getI64IntegerAttr(threads));
  state.addAttribute(getMinBlocksAttrName(state.name),
                     builder.getI64IntegerAttr(minBlocks));
}

ParseResult HostOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseFunction(parser, result, getFunctionTypeAttrName(result.name),
                       getArgAttrsAttrName(result.name),
                       getResAttrsAttrName(result.name));
}

void HostOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

void HostOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                   FunctionType type, ArrayRef<DictionaryAttr> argAttrs) {
  buildFunction(builder, state, getFunctionTypeAttrName(state.name),
                getArgAttrsAttrName(state.name),
                getResAttrsAttrName(state.name), name, type, argAttrs);
}

//===----------------------------------------------------------------------===//
// Builders
//===----------------------------------------------------------------------===//

void RolesOp::build(OpBuilder &, OperationState &state) {
  state.addRegion()->emplaceBlock();
}

void RoleOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                   int64_t firstWarp, int64_t warps,
                   std::optional<int64_t> maxnreg, bool grow, bool oneThread) {
  state.addAttribute(getSymNameAttrName(state.name),
                     builder.getStringAttr(name));
  state.addAttribute(getFirstWarpAttrName(state.name),
                     builder.getI64IntegerAttr(firstWarp));
  state.addAttribute(getWarpsAttrName(state.name),
                     builder.getI64IntegerAttr(warps));
  if (maxnreg) {
    state.addAttribute(getMaxnregAttrName(state.name),
                       builder.getI64IntegerAttr(*maxnreg));
  }
  if (grow) {
    state.addAttribute(getGrowAttrName(state.name), builder.getUnitAttr());
  }
  if (oneThread) {
    state.addAttribute(getOneThreadAttrName(state.name), builder.getUnitAttr());
  }
  Region *region = state.addRegion();
  region->emplaceBlock();
  RoleOp::ensureTerminator(*region, builder, state.location);
}

void MapOp::build(
    OpBuilder &builder, OperationState &state, Type result, ValueRange inputs,
    ArrayRef<Attribute> patterns, ArrayRef<Attribute> coords,
    std::optional<int64_t> inPlace,
    llvm::function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  SmallVector<Attribute> given;
  for (Attribute pattern : patterns) {
    given.push_back(pattern ? pattern : builder.getUnitAttr());
  }
  state.addOperands(inputs);
  state.addTypes(result);
  state.addAttribute(getPatternsAttrName(state.name),
                     builder.getArrayAttr(given));
  state.addAttribute(getCoordsAttrName(state.name),
                     builder.getArrayAttr(coords));
  if (inPlace) {
    state.addAttribute(getInPlaceAttrName(state.name),
                       builder.getI64IntegerAttr(*inPlace));
  }
  Block &block = state.addRegion()->emplaceBlock();
  for (Value input : inputs) {
    block.addArgument(cast<FragType>(input.getType()).getElementType(),
                      input.getLoc());
  }
  for (size_t i = 0; i < coords.size(); ++i) {
    block.addArgument(builder.getI32Type(), state.location);
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&block);
  Value value = body(builder, state.location, block.getArguments());
  YieldOp::create(builder, state.location, value);
}

//===----------------------------------------------------------------------===//
// Ties
//===----------------------------------------------------------------------===//

OpOperand *spak::cuda::getTiedOperand(OpResult result) {
  Operation *op = result.getOwner();
  unsigned number = result.getResultNumber();
  return llvm::TypeSwitch<Operation *, OpOperand *>(op)
      .Case<WgmmaSSOp, WgmmaRSOp>([](auto wgmma) -> OpOperand * {
        auto acc = wgmma.getAccMutable();
        return acc.empty() ? nullptr : &*acc.begin();
      })
      .Case<WgmmaFenceOp, WgmmaWaitOp>(
          [&](auto) { return &op->getOpOperand(number); })
      .Case([](MapOp map) -> OpOperand * {
        if (!map.getInPlace()) {
          return nullptr;
        }
        return &map->getOpOperand(*map.getInPlace());
      })
      .Case([](RowReduceOp reduce) -> OpOperand * {
        auto start = reduce.getStartMutable();
        return reduce.getOnly() && !start.empty() ? &*start.begin() : nullptr;
      })
      .Case([](PartialAddOp add) { return &add.getAccMutable(); })
      .Case([](PackOp pack) -> OpOperand * {
        auto into = pack.getIntoMutable();
        return into.empty() ? nullptr : &*into.begin();
      })
      .Default([](Operation *) -> OpOperand * { return nullptr; });
}

#define GET_OP_CLASSES
#include "spak/Dialect/SpakCuda/IR/SpakCudaOps.cpp.inc"
