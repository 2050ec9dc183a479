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

using Unresolved = OpAsmParser::UnresolvedOperand;

/// Reads `iter_args(%a = %init, …) -> (types)`, if it is there, behind the
/// variables in \p arguments.
static ParseResult
parseCarried(OpAsmParser &parser, OperationState &result,
             SmallVectorImpl<OpAsmParser::Argument> &arguments,
             SmallVectorImpl<Unresolved> &inits) {
  size_t variables = arguments.size();
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
       llvm::zip(llvm::drop_begin(arguments, variables), result.types)) {
    argument.type = type;
    keepName(parser, argument);
  }
  return success();
}

static void printCarried(OpAsmPrinter &printer,
                         ArrayRef<BlockArgument> arguments,
                         OperandRange inits) {
  if (inits.empty()) {
    return;
  }
  printer << " iter_args(";
  llvm::interleaveComma(llvm::zip(arguments, inits), printer,
                        [&](auto carried) {
                          auto [argument, init] = carried;
                          printer << argument << " = " << init;
                        });
  printer << ") -> (" << inits.getTypes() << ")";
}

//===----------------------------------------------------------------------===//
// GridOp
//===----------------------------------------------------------------------===//

void GridOp::build(OpBuilder &b, OperationState &state, ValueRange extents,
                   ArrayRef<Type> types, ArrayRef<Location> locs) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {static_cast<int32_t>(extents.size()), 0};
  state.addOperands(extents);
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(state.addRegion(), {}, types, locs);
}

void GridOp::build(OpBuilder &b, OperationState &state, ValueRange extents,
                   OrderAttr order) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {static_cast<int32_t>(extents.size()), 0};
  properties.order = order;
  state.addOperands(extents);
  state.addRegion();
}

void GridOp::build(OpBuilder &b, OperationState &state, ValueRange extents,
                   ValueRange inits, OrderAttr order) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {static_cast<int32_t>(extents.size()),
                                    static_cast<int32_t>(inits.size())};
  properties.order = order;
  properties.follow = b.getUnitAttr();
  state.addOperands(extents);
  state.addOperands(inits);
  state.addTypes(inits.getTypes());
  state.addRegion();
}

/// Reads `(%m : type in %extent, …)`.
static ParseResult
parseVariables(OpAsmParser &parser,
               SmallVectorImpl<OpAsmParser::Argument> &arguments,
               SmallVectorImpl<OpAsmParser::UnresolvedOperand> &extents) {
  auto parseOne = [&]() -> ParseResult {
    return failure(parseVariable(parser, arguments.emplace_back()) ||
                   parser.parseKeyword("in") ||
                   parser.parseOperand(extents.emplace_back()));
  };
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseOne);
}

ParseResult GridOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> extents, inits;
  Builder &b = parser.getBuilder();
  if (parseVariables(parser, arguments, extents)) {
    return failure();
  }
  if (succeeded(parser.parseOptionalKeyword("follow"))) {
    result.addAttribute(getFollowAttrName(result.name), b.getUnitAttr());
  }
  SMLoc at = parser.getCurrentLocation();
  if (parseCarried(parser, result, arguments, inits)) {
    return failure();
  }
  if (parser.resolveOperands(extents, b.getIndexType(), result.operands) ||
      parser.resolveOperands(inits, result.types, at, result.operands) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.parseRegion(*result.addRegion(), arguments)) {
    return failure();
  }
  result.getOrAddProperties<Properties>().operandSegmentSizes = {
      static_cast<int32_t>(extents.size()), static_cast<int32_t>(inits.size())};
  ensureTerminator(*result.regions.front(), b, result.location);
  return success();
}

void GridOp::print(OpAsmPrinter &printer) {
  printer << " (";
  llvm::interleaveComma(llvm::zip(getVariables(), getExtents()), printer,
                        [&](auto variable) {
                          auto [argument, extent] = variable;
                          printer.printRegionArgument(argument);
                          printer << " in " << extent;
                        });
  printer << ")";
  if (getFollow()) {
    printer << " follow";
  }
  printCarried(printer, getRegionIterArgs(), getInitArgs());
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(),
      {getOperandSegmentSizesAttrName(), getFollowAttrName()});
  printer << " ";
  printer.printRegion(getRegion(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/getNumResults() != 0);
}

/// Whether \p types are a range or an index each.
static LogicalResult verifyVariables(Operation *op, TypeRange types,
                                     size_t extents) {
  if (types.size() != extents) {
    return op->emitOpError("expected one variable per extent, got ")
           << types.size() << " variables and " << extents << " extents";
  }
  for (auto [number, type] : llvm::enumerate(types)) {
    if (!isa<RangeType, IndexType>(type)) {
      return op->emitOpError("expected variable ")
             << number << " to be a range or an index, got " << type;
    }
  }
  return success();
}

LogicalResult GridOp::verify() {
  // GRID-ARGUMENTS
  size_t carried = getInitArgs().size();
  SmallVector<Type> types(getRegion().getArgumentTypes());
  if (types.size() < carried) {
    return emitOpError("expected an argument for each of ")
           << carried << " carried values, got " << types.size();
  }
  if (failed(verifyVariables(*this, ArrayRef(types).drop_back(carried),
                             getExtents().size()))) {
    return failure();
  }
  // GRID-CARRIED
  if (carried != 0 && !getFollow()) {
    return emitOpError("carries values, so it needs `follow`");
  }
  if (getFollow() && (!getOrder() || !getOrder()->isPersistent())) {
    return emitOpError("runs over tiles that follow the first, so it needs a "
                       "persistent order");
  }
  YieldOp yield = getYield();
  if (yield.getArgs().size() != carried || getNumResults() != carried) {
    return emitOpError("expected ")
           << carried << " values yielded and results, got "
           << yield.getArgs().size() << " and " << getNumResults();
  }
  for (auto [init, argument, yielded, result] : llvm::zip_equal(
           getInitArgs(), getRegionIterArgs(), yield.getArgs(), getResults())) {
    if (init.getType() != argument.getType() ||
        init.getType() != yielded.getType() ||
        init.getType() != result.getType()) {
      return emitOpError("expected one type for a carried value, got ")
             << init.getType() << ", " << argument.getType() << ", "
             << yielded.getType() << " and " << result.getType();
    }
  }
  return success();
}

YieldOp GridOp::getYield() {
  return cast<YieldOp>(getRegion().front().getTerminator());
}

LogicalResult FirstTileOp::verify() {
  // FIRST-TILE
  if (getNames().size() != getExtents().size()) {
    return emitOpError("expected one name per extent, got ") << getNames();
  }
  return verifyVariables(*this, getVariables().getTypes(), getExtents().size());
}

LogicalResult ShareOp::verify() {
  // SHARE-OF
  auto argument = dyn_cast<BlockArgument>(getOf());
  Operation *owner =
      argument ? argument.getOwner()->getParentOp() : getOf().getDefiningOp();
  if (!isa_and_nonnull<GridOp, FirstTileOp>(owner)) {
    return emitOpError("expected a variable of a grid or of a first tile");
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
  if (parseCarried(parser, result, arguments, inits)) {
    return failure();
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
  printCarried(printer, getRegionIterArgs(), getInitArgs());
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
