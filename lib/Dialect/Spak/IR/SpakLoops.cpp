// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: grid, for and role: text, builders, loop interfaces.
#include "spak/Dialect/Spak/IR/Spak.h"

using namespace mlir;
using namespace spak::ir;

/// Names region arguments by their locations, ranges else by their axis.
static void nameArguments(Region &region, OpAsmSetValueNameFn setName) {
  if (region.empty()) {
    return;
  }
  for (BlockArgument arg : region.getArguments()) {
    if (auto named = dyn_cast<NameLoc>(arg.getLoc())) {
      setName(arg, named.getName());
    } else if (auto range = dyn_cast<RangeType>(arg.getType())) {
      setName(arg, range.getAxis());
    }
  }
}

/// Reads a variable with its type. It keeps the name that it has in the text.
static ParseResult parseVariable(OpAsmParser &parser,
                                 OpAsmParser::Argument &argument) {
  if (parser.parseArgument(argument, /*allowType=*/true)) {
    return failure();
  }
  keepName(parser, argument);
  return success();
}

//===----------------------------------------------------------------------===//
// GridOp
//===----------------------------------------------------------------------===//

void GridOp::build(OpBuilder &b, OperationState &state, ValueRange extents,
                   ArrayRef<Type> types, ArrayRef<Location> locs) {
  state.addOperands(extents);
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(state.addRegion(), {}, types, locs);
}

ParseResult GridOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> extents;
  auto parseOne = [&]() -> ParseResult {
    return failure(parseVariable(parser, arguments.emplace_back()) ||
                   parser.parseKeyword("in") ||
                   parser.parseOperand(extents.emplace_back()));
  };
  Builder &b = parser.getBuilder();
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseOne) ||
      parser.resolveOperands(extents, b.getIndexType(), result.operands) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.parseRegion(*result.addRegion(), arguments)) {
    return failure();
  }
  ensureTerminator(*result.regions.front(), b, result.location);
  return success();
}

void GridOp::print(OpAsmPrinter &printer) {
  printer << " (";
  llvm::interleaveComma(llvm::zip(getRegion().getArguments(), getExtents()),
                        printer, [&](auto variable) {
                          auto [argument, extent] = variable;
                          printer.printRegionArgument(argument);
                          printer << " in " << extent;
                        });
  printer << ")";
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs());
  printer << " ";
  printer.printRegion(getRegion(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/false);
}

LogicalResult GridOp::verify() {
  // GRID-ARGUMENTS
  auto arguments = getRegion().getArguments();
  if (arguments.size() != getExtents().size()) {
    return emitOpError("expected one variable per extent, got ")
           << arguments.size() << " variables and " << getExtents().size()
           << " extents";
  }
  for (BlockArgument argument : arguments) {
    if (!isa<RangeType, IndexType>(argument.getType())) {
      return emitOpError("expected variable ")
             << argument.getArgNumber() << " to be a range or an index, got "
             << argument.getType();
    }
  }
  return success();
}

std::string GridOp::variableName(unsigned index) {
  BlockArgument variable = getRegion().getArgument(index);
  if (auto range = dyn_cast<RangeType>(variable.getType())) {
    return range.getAxis().str();
  }
  if (auto named = dyn_cast<NameLoc>(variable.getLoc())) {
    return named.getName().str();
  }
  return ("v" + llvm::Twine(index)).str();
}

void GridOp::getAsmBlockArgumentNames(Region &region,
                                      OpAsmSetValueNameFn setName) {
  nameArguments(region, setName);
}

//===----------------------------------------------------------------------===//
// ForOp
//===----------------------------------------------------------------------===//

void ForOp::build(OpBuilder &b, OperationState &state, Value lower, Value upper,
                  ValueRange inits) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {1, 1, 0, 0,
                                    static_cast<int32_t>(inits.size())};
  state.addOperands({lower, upper});
  state.addOperands(inits);
  state.addTypes(inits.getTypes());
  state.addRegion();
}

void ForOp::build(OpBuilder &b, OperationState &state, Value lower, Value upper,
                  Value fullLower, Value fullUpper, ValueRange inits,
                  Type range) {
  int32_t full = fullLower ? 1 : 0;
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {1, 1, full, full,
                                    static_cast<int32_t>(inits.size())};
  state.addOperands({lower, upper});
  if (fullLower) {
    state.addOperands({fullLower, fullUpper});
  }
  state.addOperands(inits);
  state.addTypes(inits.getTypes());
  SmallVector<Type> types = {range};
  SmallVector<Location> locs = {state.location};
  for (Value init : inits) {
    types.push_back(init.getType());
    locs.push_back(init.getLoc());
  }
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(state.addRegion(), {}, types, locs);
}

void ForOp::build(OpBuilder &b, OperationState &state, Value lower, Value upper,
                  ValueRange inits, Type range) {
  build(b, state, lower, upper, Value(), Value(), inits, range);
}

ParseResult ForOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> arguments(1);
  OpAsmParser::UnresolvedOperand lower, upper, fullLower, fullUpper;
  if (parseVariable(parser, arguments.front()) || parser.parseEqual() ||
      parser.parseOperand(lower) || parser.parseKeyword("to") ||
      parser.parseOperand(upper)) {
    return failure();
  }
  bool full = succeeded(parser.parseOptionalKeyword("full"));
  if (full && (parser.parseOperand(fullLower) || parser.parseKeyword("to") ||
               parser.parseOperand(fullUpper))) {
    return failure();
  }
  SmallVector<OpAsmParser::UnresolvedOperand> inits;
  SMLoc loc = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalKeyword("iter_args")) &&
      (parser.parseAssignmentList(arguments, inits) || parser.parseArrow() ||
       parser.parseLParen() || parser.parseTypeList(result.types) ||
       parser.parseRParen())) {
    return failure();
  }
  if (inits.size() != result.types.size()) {
    return parser.emitError(loc, "expected one type per carried value, got ")
           << inits.size() << " values and " << result.types.size() << " types";
  }
  for (auto [argument, type] :
       llvm::zip(llvm::drop_begin(arguments), result.types)) {
    argument.type = type;
    keepName(parser, argument);
  }
  Type index = parser.getBuilder().getIndexType();
  if (parser.resolveOperand(lower, index, result.operands) ||
      parser.resolveOperand(upper, index, result.operands) ||
      (full && (parser.resolveOperand(fullLower, index, result.operands) ||
                parser.resolveOperand(fullUpper, index, result.operands))) ||
      parser.resolveOperands(inits, result.types, loc, result.operands) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.parseRegion(*result.addRegion(), arguments)) {
    return failure();
  }
  result.getOrAddProperties<Properties>().operandSegmentSizes = {
      1, 1, full, full, static_cast<int32_t>(inits.size())};
  // The body of a loop that carries nothing ends as it is written.
  Region &region = *result.regions.front();
  if (region.empty()) {
    region.emplaceBlock();
  }
  Block &body = region.front();
  if (body.empty() || !body.back().hasTrait<OpTrait::IsTerminator>()) {
    // The region has no op around it yet to take the context from.
    OpBuilder b(parser.getContext());
    b.setInsertionPointToEnd(&body);
    YieldOp::create(b, result.location, ValueRange());
  }
  return success();
}

void ForOp::print(OpAsmPrinter &printer) {
  printer << " ";
  printer.printRegionArgument(getRange());
  printer << " = " << getLower() << " to " << getUpper();
  if (hasFullRange()) {
    printer << " full " << getFullLower() << " to " << getFullUpper();
  }
  if (!getInitArgs().empty()) {
    printer << " iter_args(";
    llvm::interleaveComma(llvm::zip(getRegionIterArgs(), getInitArgs()),
                          printer, [&](auto carried) {
                            auto [argument, init] = carried;
                            printer << argument << " = " << init;
                          });
    printer << ") -> (" << getResultTypes() << ")";
  }
  SmallVector<StringRef> elided = {getOperandSegmentSizesAttrName()};
  if (getDirection() == "forward") {
    elided.push_back(getDirectionAttrName());
  }
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), elided);
  printer << " ";
  printer.printRegion(getRegion(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/!getInitArgs().empty());
}

LogicalResult ForOp::verify() {
  // FOR-FULL
  if (!getFullLower() != !getFullUpper()) {
    return emitOpError("has one end of a full range without the other");
  }
  // FOR-CARRIED
  Block *body = getBody();
  size_t carried = getInitArgs().size();
  if (body->getNumArguments() != carried + 1 || getNumResults() != carried) {
    return emitOpError("carries ")
           << carried << " values, with " << body->getNumArguments()
           << " arguments and " << getNumResults() << " results";
  }
  if (!isa<RangeType>(body->getArgument(0).getType())) {
    return emitOpError("expected argument 0 to be a range, got ")
           << body->getArgument(0).getType();
  }
  auto yield = dyn_cast<YieldOp>(body->getTerminator());
  if (!yield) {
    return emitOpError("ends in `")
           << body->getTerminator()->getName() << "`, expected `spak.yield`";
  }
  if (yield.getArgs().size() != carried) {
    return yield.emitOpError("yields ")
           << yield.getArgs().size() << " values, the loop carries " << carried;
  }
  for (size_t i = 0; i < carried; ++i) {
    Type type = getInitArgs()[i].getType();
    for (Type other : {body->getArgument(i + 1).getType(),
                       yield.getArgs()[i].getType(), getResult(i).getType()}) {
      if (other != type) {
        return emitOpError("carries value ")
               << i << " of type " << type << " and of type " << other;
      }
    }
  }
  return success();
}

void ForOp::getAsmBlockArgumentNames(Region &region,
                                     OpAsmSetValueNameFn setName) {
  nameArguments(region, setName);
}

YieldOp ForOp::getYield() { return cast<YieldOp>(getBody()->getTerminator()); }

void ForOp::setFullRange(Value lower, Value upper) {
  getFullLowerMutable().assign(lower);
  getFullUpperMutable().assign(upper);
}

void ForOp::removeFullRange() {
  getFullUpperMutable().clear();
  getFullLowerMutable().clear();
}

SmallVector<Region *> ForOp::getLoopRegions() { return {&getRegion()}; }

MutableArrayRef<OpOperand> ForOp::getInitsMutable() {
  return getInitArgsMutable();
}

Block::BlockArgListType ForOp::getRegionIterArgs() {
  return getBody()->getArguments().drop_front();
}

std::optional<MutableArrayRef<OpOperand>> ForOp::getYieldedValuesMutable() {
  return getYield().getArgsMutable();
}

std::optional<ResultRange> ForOp::getLoopResults() { return getResults(); }

OperandRange ForOp::getEntrySuccessorOperands(RegionSuccessor) {
  return getInitArgs();
}

void ForOp::getSuccessorRegions(RegionBranchPoint,
                                SmallVectorImpl<RegionSuccessor> &regions) {
  // From outside or from the yield alike: once more, or out.
  regions.push_back(RegionSuccessor(&getRegion(), getRegionIterArgs()));
  regions.push_back(RegionSuccessor(getOperation(), getResults()));
}

//===----------------------------------------------------------------------===//
// RoleOp
//===----------------------------------------------------------------------===//

void RoleOp::build(OpBuilder &b, OperationState &state, StringRef name,
                   int64_t warps, int64_t registers) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.name = b.getStringAttr(name);
  properties.warps = b.getI64IntegerAttr(warps);
  properties.registers = b.getI64IntegerAttr(registers);
  state.addRegion();
}
