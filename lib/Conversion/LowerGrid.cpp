// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which tile of the grid a block works on, as the order attribute says,
// and the turns that the groups of a role take.
#include "Lowering.h"
#include "spak/Dialect/Spak/IR/SpakCluster.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace spak::conversion {

namespace {

constexpr int64_t kThreadsPerGroup = 128;

/// What an order calls variable \p i: a range's axis, an index's name; empty
/// if it has lost its name.
std::string variableName(ir::GridOp grid, unsigned i) {
  BlockArgument arg = grid.getBody()->getArgument(i);
  bool named = isa<ir::RangeType>(arg.getType()) || isa<NameLoc>(arg.getLoc());
  return named ? grid.variableName(i) : "";
}

/// Number and remainder of \p value over \p by.
std::pair<Value, Value> divide(OpBuilder &b, Location loc, Value value,
                               Value by) {
  Value quotient = arith::DivUIOp::create(b, loc, value, by);
  Value whole = arith::MulIOp::create(b, loc, quotient, by);
  return {quotient, arith::SubIOp::create(b, loc, value, whole)};
}

} // namespace

Value KernelLowering::shareOfBlock(int64_t step) {
  return atRoleTop("share " + std::to_string(step), [&]() -> Value {
    Location loc = NameLoc::get(builder.getStringAttr("rank"), kernel.getLoc());
    Value block = cuda::BlockOp::create(builder, kernel.getLoc());
    Value rank =
        arith::RemUIOp::create(builder, loc, block, constant(clusterBlocks));
    return mul(rank, step);
  });
}

Value KernelLowering::placeOfBlock() {
  Value block = cuda::BlockOp::create(builder, kernel.getLoc());
  if (clusterBlocks == 1) {
    return block;
  }
  Location loc =
      NameLoc::get(builder.getStringAttr("cluster"), kernel.getLoc());
  return arith::DivUIOp::create(builder, loc, block, constant(clusterBlocks));
}

Value KernelLowering::placesOfGrid() {
  Value blocks = cuda::BlocksOp::create(builder, kernel.getLoc());
  if (clusterBlocks == 1) {
    return blocks;
  }
  Location loc =
      NameLoc::get(builder.getStringAttr("clusters"), kernel.getLoc());
  return arith::DivUIOp::create(builder, loc, blocks, constant(clusterBlocks));
}

Value KernelLowering::placesAlong(ir::OrderAttr order, StringRef name,
                                  Value extent) {
  Value clusters = clustersAlong(order, name, extent);
  if (order && order.isPaired(name)) {
    return mul(floorDiv(add(clusters, constant(1)), 2), 2);
  }
  return clusters;
}

Value KernelLowering::clustersAlong(ir::OrderAttr order, StringRef name,
                                    Value extent) {
  bool clustered = order && clusterBlocks > 1 &&
                   order.getParams().contains((ir::kClusterParam + name).str());
  if (!clustered) {
    return extent;
  }
  Value clusters =
      floorDiv(add(extent, constant(clusterBlocks - 1)), clusterBlocks);
  if (Operation *def = clusters.getDefiningOp()) {
    def->setLoc(NameLoc::get(builder.getStringAttr(name + "_clusters"),
                             kernel.getLoc()));
  }
  return clusters;
}

/// The tile at \p place, where even places count \p extent tiles down from the
/// last and odd ones up from the first; an odd extent has tile 0 twice.
Value KernelLowering::pairedTile(Location loc, Value place, Value extent) {
  auto bitZero = [&](Value value) -> Value {
    return arith::AndIOp::create(builder, loc, value, constant(1));
  };
  Value pair = floorDiv(place, 2);
  Value longer = sub(sub(extent, constant(1)), pair);
  Value shorter = arith::MaxSIOp::create(
      builder, loc, sub(pair, bitZero(extent)), constant(0));
  Value second = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                       bitZero(place), constant(0));
  return arith::SelectOp::create(builder, loc, second, shorter, longer);
}

/// Puts the variables of the tile at place \p tile of the raster into \p at.
LogicalResult KernelLowering::decodeTile(Operation *op, ir::OrderAttr order,
                                         ArrayRef<std::string> names,
                                         ValueRange sizes, Value tile,
                                         SmallVectorImpl<Value> &at) {
  Location loc = op->getLoc();
  unsigned count = names.size();
  SmallVector<Value> extents;
  at.resize(count);
  for (auto [name, extent] : llvm::zip_equal(names, sizes)) {
    extents.push_back(placesAlong(order, name, scalar(extent)));
  }
  SmallVector<unsigned> fastest;
  DictionaryAttr params;
  if (order) {
    params = order.getParams();
    for (Attribute name : order.getFastest()) {
      unsigned found =
          llvm::find(names, cast<StringAttr>(name).getValue()) - names.begin();
      // An index that has lost its name is the next one without a place.
      for (unsigned i = 0; found == count && i < count; ++i) {
        if (names[i].empty() && !llvm::is_contained(fastest, i)) {
          found = i;
        }
      }
      if (found == count || llvm::is_contained(fastest, found)) {
        return op->emitOpError("expected each variable once in the order, "
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
    const std::string &name = names[i];
    auto group = dyn_cast_or_null<IntegerAttr>(param("group_" + name));
    if (group && place + 1 < count) {
      // Blocks of `group` values of this variable, the next one inside them.
      unsigned next = fastest[++place];
      bool clustered = clusterBlocks > 1 && param(ir::kClusterParam + name);
      Value size = constant(std::max<int64_t>(
          group.getInt() / (clustered ? clusterBlocks : 1), 1));
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
    auto how = dyn_cast_or_null<StringAttr>(param(names[i]));
    if (how && how.getValue() == "longest_first") {
      Value last = sub(extents[i], constant(1));
      at[i] = sub(last, at[i]);
    } else if (how && how.getValue() == "paired") {
      at[i] = pairedTile(loc, at[i],
                         clustersAlong(order, names[i], scalar(sizes[i])));
    }
    if (clusterBlocks > 1 && param(ir::kClusterParam + names[i])) {
      // Neighbours go to the blocks of one cluster.
      at[i] = add(mul(at[i], clusterBlocks), shareOfBlock(1));
    }
    Operation *def = at[i].getDefiningOp();
    if (def && isa<arith::ArithDialect>(def->getDialect())) {
      std::string name = names[i].empty() ? "v" + std::to_string(i) : names[i];
      def->setLoc(NameLoc::get(builder.getStringAttr(name), loc));
    }
  }
  return success();
}

LogicalResult KernelLowering::lowerGridBody(ir::GridOp grid, Value tile) {
  SmallVector<std::string> names;
  for (unsigned i = 0; i < grid.getExtents().size(); ++i) {
    names.push_back(variableName(grid, i));
  }
  SmallVector<Value> at;
  if (failed(decodeTile(grid, grid.getOrderAttr(), names, grid.getExtents(),
                        tile, at))) {
    return failure();
  }
  for (auto [variable, value] : llvm::zip_equal(grid.getVariables(), at)) {
    values[variable] = {value};
  }
  return lowerBlock(*grid.getBody());
}

LogicalResult KernelLowering::lowerFirstTile(ir::FirstTileOp first) {
  SmallVector<std::string> names;
  for (auto name : first.getNames().getAsRange<StringAttr>()) {
    names.push_back(name.getValue().str());
  }
  Value place;
  if (first.getOrder().splitsTail()) {
    Value variable = first.getVariables().front();
    const Tail &whole = tailOf(first, first.getOrder(), names,
                               first.getExtents(), shareOf(variable));
    visits[variable] = visitOf(whole, constant(0));
    place = visits[variable].place;
  } else {
    place = placeOfBlock();
    place = first.getOrder().isPaired() ? mul(place, 2) : place;
  }
  SmallVector<Value> at;
  if (failed(decodeTile(first, first.getOrder(), names, first.getExtents(),
                        place, at))) {
    return failure();
  }
  for (auto [variable, value] : llvm::zip_equal(first.getVariables(), at)) {
    values[variable] = {value};
  }
  return success();
}

LogicalResult KernelLowering::makePlaceQueue(ir::RolesOp roles) {
  bool dynamic = false;
  int64_t readers = 0;
  for (auto role : roles.getBody().front().getOps<ir::RoleOp>()) {
    role.walk([&](ir::GridOp grid) {
      ir::OrderAttr order = grid.getOrderAttr();
      dynamic |= order && order.isDynamic();
    });
    readers += copiesOnly(role) ? 0 : role.getWarps();
  }
  if (!dynamic) {
    return success();
  }
  Location loc = roles.getLoc();
  MLIRContext *context = builder.getContext();
  constexpr int64_t slots = 2, bytes = 4, align = 16;
  auto buffer = cuda::SharedOp::create(
      builder, loc,
      cuda::SmemType::get(context, slots, bytes, builder.getI32Type()),
      "claimed");
  buffer.setAlign(align);
  placeSlots = buffer;
  placeRing =
      cuda::RingOp::create(builder, loc, cuda::RingType::get(context, slots),
                           "claimed", /*full=*/1, /*empty=*/readers);
  FailureOr<WorkspaceRegion> counter = sharedWorkspace("claimed", bytes);
  if (failed(counter)) {
    return failure();
  }
  placeCounter = *counter;
  return success();
}

Value KernelLowering::nextPlace(Value count, Value tiles) {
  Location loc = NameLoc::get(builder.getStringAttr("next"), kernel.getLoc());
  if (roleClaims) {
    return cuda::ClaimOp::create(builder, loc, builder.getI32Type(),
                                 placeCounter.pointer, placeCounter.offset,
                                 tiles, placeSlots, placeRing, count);
  }
  return cuda::TakeOp::create(builder, loc, builder.getI32Type(), placeSlots,
                              placeRing, count, laneIsZero());
}

/// A loop over tiles, not unrolled and with an open end.
static scf::ForOp finishLoop(scf::ForOp loop) {
  loop->setAttr("unroll", Builder(loop->getContext()).getI64IntegerAttr(1));
  if (loop.getBody()->mightHaveTerminator()) {
    loop.getBody()->getTerminator()->erase();
  }
  return loop;
}

/// The loop over the places of the raster that the block takes, with \p inits
/// carried and its body empty; puts the place into \p place, and how many there
/// are into \p tiles.
scf::ForOp KernelLowering::placesOfBlock(ir::GridOp grid, ValueRange inits,
                                         Value &place, Value &tiles) {
  Location loc = grid.getLoc();
  if (grid.getOrderAttr().splitsTail()) {
    SmallVector<std::string> names;
    for (unsigned i = 0; i < grid.getExtents().size(); ++i) {
      names.push_back(variableName(grid, i));
    }
    Value variable = grid.getVariables().front();
    const Tail &whole = tailOf(grid, grid.getOrderAttr(), names,
                               grid.getExtents(), shareOf(variable));
    auto loop =
        scf::ForOp::create(builder, loc, constant(grid.getFollow() ? 1 : 0),
                           whole.visits, constant(1), inits);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Visit visit = visitOf(whole, loop.getInductionVar());
    visits[variable] = visit;
    place = visit.place;
    return finishLoop(loop);
  }
  for (auto [i, extent] : llvm::enumerate(grid.getExtents())) {
    Value size =
        placesAlong(grid.getOrderAttr(), variableName(grid, i), scalar(extent));
    tiles = tiles ? arith::MulIOp::create(builder, loc, tiles, size).getResult()
                  : size;
  }
  auto name = [&](Value value, StringRef text) {
    value.getDefiningOp()->setLoc(
        NameLoc::get(builder.getStringAttr(text), loc));
    return value;
  };
  Value block = placeOfBlock();
  Value blocks = placesOfGrid();
  scf::ForOp loop;
  if (grid.getOrderAttr().isSnake()) {
    // Every round but perhaps the last is whole; odd rounds are mirrored.
    auto [whole, rest] = divide(builder, loc, tiles, blocks);
    Value mirrored =
        name(sub(sub(blocks, constant(1)), block), "mirrored_block");
    auto placeInRound = [&](Value round) -> Value {
      Value parity = arith::AndIOp::create(builder, loc, round, constant(1));
      Value odd = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                        parity, constant(0));
      return arith::SelectOp::create(builder, loc, odd, mirrored, block);
    };
    Value inLast = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, placeInRound(whole), rest);
    Value more =
        arith::SelectOp::create(builder, loc, inLast, constant(1), constant(0));
    Value rounds = name(add(whole, more), "rounds");
    loop = scf::ForOp::create(builder, loc, constant(grid.getFollow() ? 1 : 0),
                              rounds, constant(1), inits);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value round = loop.getInductionVar();
    Value before = arith::MulIOp::create(builder, loc, round, blocks);
    place = name(add(before, placeInRound(round)), "tile");
  } else if (grid.getOrderAttr().isPaired()) {
    Value pairs = sub(floorDiv(tiles, 2), block);
    Value up = add(pairs, sub(blocks, constant(1)));
    Value mine = arith::DivUIOp::create(builder, loc, up, blocks);
    loop = scf::ForOp::create(builder, loc, constant(grid.getFollow() ? 1 : 0),
                              name(mul(mine, 2), "tiles_of_block"), constant(1),
                              inits);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value turn = loop.getInductionVar();
    Value second = arith::AndIOp::create(builder, loc, turn, constant(1));
    Value pair = add(
        arith::MulIOp::create(builder, loc, floorDiv(turn, 2), blocks), block);
    place = name(add(mul(pair, 2), second), "tile");
  } else if (grid.getOrderAttr().isDynamic()) {
    // A block has at most all the places; it stops where it gets none.
    Value first = grid.getFollow() ? nextPlace(constant(0), tiles) : block;
    SmallVector<Value> carried(inits);
    carried.push_back(name(first, "tile"));
    loop = scf::ForOp::create(builder, loc, constant(grid.getFollow() ? 1 : 0),
                              tiles, constant(1), carried);
    place = loop.getRegionIterArgs().back();
    place.setLoc(NameLoc::get(builder.getStringAttr("tile"), loc));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value more = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       place, tiles);
    cuda::StopUnlessOp::create(builder, loc, more);
  } else {
    Value first = grid.getFollow() ? name(add(block, blocks), "second") : block;
    loop = scf::ForOp::create(builder, loc, first, tiles, blocks, inits);
    place = loop.getInductionVar();
  }
  return finishLoop(loop);
}

LogicalResult KernelLowering::lowerGrid(ir::GridOp grid) {
  Location loc = grid.getLoc();
  ir::OrderAttr order = grid.getOrderAttr();
  StringRef schedule = order ? order.getSchedule() : StringRef("one_per_cta");
  if (!persistent.has_value()) {
    persistent = schedule != "one_per_cta";
  }
  if (schedule == "one_per_cta") {
    return lowerGridBody(grid, placeOfBlock());
  }
  SmallVector<Value> counted = ringsCountedIn(grid), inits;
  if (failed(flatten(grid.getInitArgs(), inits))) {
    return failure();
  }
  size_t carried = inits.size();
  for (Value ring : counted) {
    inits.push_back(counters[ring]);
  }
  Value place, tiles;
  scf::ForOp loop = placesOfBlock(grid, inits, place, tiles);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(loop.getBody());
  bind(grid.getRegionIterArgs(), loop.getRegionIterArgs().take_front(carried));
  copyPlaces(grid.getInitArgs(), grid.getRegionIterArgs());
  for (auto [i, ring] : llvm::enumerate(counted)) {
    counters[ring] = loop.getRegionIterArgs()[carried + i];
  }
  if (failed(lowerGridBody(grid, place))) {
    return failure();
  }
  SmallVector<Value> yielded;
  if (failed(flatten(grid.getYield().getArgs(), yielded))) {
    return failure();
  }
  for (Value ring : counted) {
    yielded.push_back(counters[ring]);
  }
  if (order.isDynamic()) {
    yielded.push_back(nextPlace(loop.getInductionVar(), tiles));
  }
  scf::YieldOp::create(builder, loc, yielded);
  bind(grid.getResults(), loop.getResults().take_front(carried));
  copyPlaces(grid.getInitArgs(), grid.getResults());
  for (auto [i, ring] : llvm::enumerate(counted)) {
    counters[ring] = loop.getResult(carried + i);
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
