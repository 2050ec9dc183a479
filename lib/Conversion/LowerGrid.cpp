// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which tile of the grid a block works on, as the order attribute says,
// and the turns that the groups of a role take.
#include "Lowering.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace spak::conversion {

namespace {

constexpr int64_t kThreadsPerGroup = 128;

/// What a schedule calls variable \p i: a range's axis, an index's name.
std::string variableName(ir::GridOp grid, unsigned i) {
  BlockArgument arg = grid.getBody()->getArgument(i);
  if (auto range = dyn_cast<ir::RangeType>(arg.getType())) {
    return range.getAxis().str();
  }
  if (auto name = dyn_cast<NameLoc>(arg.getLoc())) {
    return name.getName().str();
  }
  return "v" + std::to_string(i);
}

bool hasLostName(ir::GridOp grid, unsigned i) {
  BlockArgument arg = grid.getBody()->getArgument(i);
  return !isa<ir::RangeType>(arg.getType()) && !isa<NameLoc>(arg.getLoc());
}

/// Number and remainder of \p value over \p by.
std::pair<Value, Value> divide(OpBuilder &b, Location loc, Value value,
                               Value by) {
  Value quotient = arith::DivUIOp::create(b, loc, value, by);
  Value whole = arith::MulIOp::create(b, loc, quotient, by);
  return {quotient, arith::SubIOp::create(b, loc, value, whole)};
}

} // namespace

LogicalResult KernelLowering::lowerGridBody(ir::GridOp grid, Value tile) {
  Location loc = grid.getLoc();
  Block *body = grid.getBody();
  unsigned count = body->getNumArguments();
  SmallVector<Value> extents, at(count);
  for (Value extent : grid.getExtents()) {
    extents.push_back(scalar(extent));
  }
  SmallVector<unsigned> fastest;
  DictionaryAttr params;
  if (ir::OrderAttr order = grid.getOrderAttr()) {
    params = order.getParams();
    for (Attribute name : order.getFastest()) {
      unsigned found = count;
      for (unsigned i = 0; i < count; ++i) {
        if (variableName(grid, i) == cast<StringAttr>(name).getValue()) {
          found = i;
        }
      }
      // An index that has lost its name is the next one without a place.
      for (unsigned i = 0; found == count && i < count; ++i) {
        if (hasLostName(grid, i) && !llvm::is_contained(fastest, i)) {
          found = i;
        }
      }
      if (found == count || llvm::is_contained(fastest, found)) {
        return grid.emitOpError("expected each variable once in the order, "
                                "got ")
               << order.getFastest();
      }
      fastest.push_back(found);
    }
  }
  for (unsigned i = 0; i < count; ++i) {
    if (!llvm::is_contained(fastest, i)) {
      fastest.push_back(i);
    }
  }
  auto param = [&](const Twine &name) -> Attribute {
    return params ? params.get(name.str()) : Attribute();
  };
  Value rest = tile;
  for (unsigned place = 0; place < count; ++place) {
    unsigned i = fastest[place];
    std::string name = variableName(grid, i);
    auto group = dyn_cast_or_null<IntegerAttr>(param("group_" + name));
    if (group && place + 1 < count) {
      // Blocks of `group` values of this variable, the next one inside them.
      unsigned next = fastest[++place];
      Value size = constant(group.getInt());
      Value perGroup = arith::MulIOp::create(builder, loc, size, extents[next]);
      Value plane = rest;
      if (place + 1 < count) {
        Value both =
            arith::MulIOp::create(builder, loc, extents[i], extents[next]);
        std::tie(rest, plane) = divide(builder, loc, rest, both);
      }
      auto [number, inside] = divide(builder, loc, plane, perGroup);
      Value first = arith::MulIOp::create(builder, loc, number, size);
      Value left = arith::SubIOp::create(builder, loc, extents[i], first);
      Value width = arith::MinSIOp::create(builder, loc, size, left);
      auto [column, row] = divide(builder, loc, inside, width);
      at[next] = column;
      at[i] = arith::AddIOp::create(builder, loc, first, row);
    } else if (place + 1 == count) {
      at[i] = rest;
    } else {
      std::tie(rest, at[i]) = divide(builder, loc, rest, extents[i]);
    }
  }
  for (unsigned i = 0; i < count; ++i) {
    auto how = dyn_cast_or_null<StringAttr>(param(variableName(grid, i)));
    if (how && how.getValue() == "longest_first") {
      Value last = sub(extents[i], constant(1));
      at[i] = sub(last, at[i]);
    }
    Operation *def = at[i].getDefiningOp();
    if (def && isa<arith::ArithDialect>(def->getDialect())) {
      def->setLoc(
          NameLoc::get(builder.getStringAttr(variableName(grid, i)), loc));
    }
    values[body->getArgument(i)] = {at[i]};
  }
  return lowerBlock(*body);
}

LogicalResult KernelLowering::lowerGrid(ir::GridOp grid) {
  Location loc = grid.getLoc();
  ir::OrderAttr order = grid.getOrderAttr();
  StringRef schedule = order ? order.getSchedule() : StringRef("one_per_cta");
  if (!persistent.has_value()) {
    persistent = schedule == "persistent_static";
  }
  if (schedule == "one_per_cta") {
    return lowerGridBody(grid, cuda::BlockOp::create(builder, loc));
  }
  if (schedule != "persistent_static") {
    return grid.emitOpError("schedule \"") << schedule << "\" is not supported";
  }
  Value tiles;
  for (Value extent : grid.getExtents()) {
    Value size = scalar(extent);
    tiles = tiles ? arith::MulIOp::create(builder, loc, tiles, size).getResult()
                  : size;
  }
  Value first = cuda::BlockOp::create(builder, loc);
  Value step = cuda::BlocksOp::create(builder, loc);
  SmallVector<Value> counted = ringsCountedIn(grid), inits;
  for (Value ring : counted) {
    inits.push_back(counters[ring]);
  }
  auto loop = scf::ForOp::create(builder, loc, first, tiles, step, inits);
  loop->setAttr("unroll", builder.getI64IntegerAttr(1));
  OpBuilder::InsertionGuard guard(builder);
  if (!loop.getBody()->empty()) {
    loop.getBody()->back().erase();
  }
  builder.setInsertionPointToEnd(loop.getBody());
  for (auto [i, ring] : llvm::enumerate(counted)) {
    counters[ring] = loop.getRegionIterArgs()[i];
  }
  if (failed(lowerGridBody(grid, loop.getInductionVar()))) {
    return failure();
  }
  SmallVector<Value> yielded;
  for (Value ring : counted) {
    yielded.push_back(counters[ring]);
  }
  scf::YieldOp::create(builder, loc, yielded);
  for (auto [i, ring] : llvm::enumerate(counted)) {
    counters[ring] = loop.getResult(i);
  }
  return success();
}

LogicalResult KernelLowering::lowerTurn(ir::TurnOp turn) {
  Location loc = turn.getLoc();
  int64_t groups = roleWarps / 4;
  if (groups < 2) {
    return success();
  }
  // The one who takes and the one who passed meet at the taker's barrier.
  constexpr int64_t threads = 2 * kThreadsPerGroup;
  std::string name = "turn " + turn.getBaton().str();
  Value mine = barrierOfGroup(name, 0);
  Value next = barrierOfGroup(name, 1);
  // The baton starts with group 0; nobody passed it there.
  if (!roleValues.count(name + " start")) {
    OpBuilder::InsertionGuard guard(builder);
    Value isFirst = atRoleTop(name + " start", [&]() -> Value {
      return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                   groupInRole(), constant(0));
    });
    builder.setInsertionPointAfter(roleTop);
    auto start = scf::IfOp::create(builder, loc, isFirst);
    roleTop = start;
    builder.setInsertionPointToStart(start.thenBlock());
    cuda::BarArriveOp::create(builder, loc, mine, threads);
  }
  if (turn.getWhat() == "take") {
    cuda::BarSyncOp::create(builder, loc, mine, threads);
  } else {
    cuda::BarArriveOp::create(builder, loc, next, threads);
  }
  return success();
}

} // namespace spak::conversion
