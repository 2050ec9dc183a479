// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: control flow. Loops, the grid and its orders, branches, and the roles
// of a block side by side.
#include "Machine.h"

#include "spak/Simulator/Simulator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace spak::sim {

Machine::Machine(Simulation &sim, Region &region, std::string name,
                 Machine *outer)
    : sim(sim), outer(outer), name(std::move(name)) {
  enter(region.getParentOp(), region);
}

const RuntimeValue &Machine::get(Value value) const {
  auto found = values.find(value);
  if (found != values.end()) {
    return found->second;
  }
  assert(outer && "a value is used before it is computed");
  return outer->get(value);
}

int64_t Machine::integer(Value value) const {
  return std::get<int64_t>(get(value));
}

double Machine::real(Value value) const { return std::get<double>(get(value)); }

RangeValue Machine::range(Value value) const {
  return std::get<RangeValue>(get(value));
}

Machine::Step Machine::error(Operation *op, const Twine &message) {
  InFlightDiagnostic diagnostic = op->emitError() << message;
  int32_t tile = gridTile();
  diagnostic.attachNote(op->getLoc())
      << "while block " << sim.block << " was simulated, "
      << (name.empty() ? "" : "role `" + name + "`, ")
      << (tile > 0 ? "at tile " + std::to_string(tile) + " of its grid"
                   : "outside of its grid");
  return Step::Error;
}

int32_t Machine::gridTile() const {
  for (const Frame &frame : llvm::reverse(frames)) {
    if (isa<ir::GridOp>(frame.owner)) {
      return static_cast<int32_t>(frame.index + 1);
    }
  }
  // What runs beside no tile is the end of the block's last one.
  return outer ? outer->gridTile() : -static_cast<int32_t>(sim.block + 1);
}

Operation *Machine::place() const {
  if (frames.empty()) {
    return nullptr;
  }
  return &*frames.back().next;
}

std::string Machine::describe() const {
  std::string who = name.empty() ? "the block" : "role `" + name + "`";
  return who + (frames.empty() ? " has ended" : " waits for " + waitsFor);
}

//===----------------------------------------------------------------------===//
// The loop over ops
//===----------------------------------------------------------------------===//

Machine::Status Machine::run() {
  while (!frames.empty()) {
    Operation *op = &*frames.back().next;
    switch (step(op)) {
    case Step::Next:
      ++frames.back().next;
      progressed = true;
      break;
    case Step::Entered:
      progressed = true;
      break;
    case Step::Wait:
      return Status::Blocked;
    case Step::Error:
      return Status::Failed;
    }
  }
  return Status::Done;
}

Machine::Status Machine::runToRegions() {
  while (frames.back().next->getNumRegions() == 0 &&
         !frames.back().next->hasTrait<OpTrait::IsTerminator>()) {
    if (step(&*frames.back().next) != Step::Next) {
      return Status::Failed;
    }
    ++frames.back().next;
  }
  return Status::Done;
}

Machine::Step Machine::step(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>()) {
    return leave(op);
  }
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](ir::ForOp loop) { return enterFor(loop); })
      .Case([&](ir::GridOp grid) { return enterGrid(grid); })
      .Case([&](ir::FirstTileOp first) { return firstTile(first); })
      .Case([&](ir::ShareOp share) { return this->share(share); })
      .Case([&](scf::IfOp branch) { return enterIf(branch); })
      .Case([&](ir::RolesOp region) { return runRoles(region); })
      .Case([&](ir::RequireOp check) {
        if (integer(check.getCond())) {
          return Step::Next;
        }
        return error(op,
                     "the launch check `" + check.getWhy() + "` does not hold");
      })
      .Case([&](ir::TileCountOp count) {
        int64_t size = count.getSize();
        int64_t extent = std::max<int64_t>(integer(count.getExtent()), 0);
        set(count.getResult(), (extent + size - 1) / size);
        return Step::Next;
      })
      .Case([&](ir::PackAxesOp pack) {
        ViewValue view = std::get<ViewValue>(get(pack.getView()));
        view.outer = pack.getOuter();
        view.inner =
            pack.getInner() ? static_cast<int64_t>(*pack.getInner()) : -1;
        view.group = pack.getSize();
        set(pack.getResult(), view);
        return Step::Next;
      })
      .Case([&](ir::AllOp all) {
        set(all.getRange(), RangeValue{0, all.getRange().getType().getSize()});
        return Step::Next;
      })
      .Case([&](ir::TileRangeOp number) {
        int64_t size = number.getRange().getType().getSize();
        set(number.getRange(),
            RangeValue{integer(number.getTile()) * size, size});
        return Step::Next;
      })
      .Case([&](ir::SubrangeOp part) {
        RangeValue whole = range(part.getRange());
        set(part.getResult(), RangeValue{whole.start + integer(part.getFrom()),
                                         whole.size, integer(part.getTo())});
        return Step::Next;
      })
      .Case([&](ir::StartOp start) {
        set(start.getResult(), range(start.getRange()).start);
        return Step::Next;
      })
      .Case([&](ir::ClusterStartOp start) {
        bool isIndex = start.getRange().getType().isIndex();
        int64_t first =
            isIndex ? integer(start.getRange()) : range(start.getRange()).start;
        int64_t size = isIndex ? 1 : range(start.getRange()).size;
        int64_t span = size * static_cast<int64_t>(start.getBlocks());
        set(start.getResult(),
            first / span * span + (start.getLast() ? span - size : 0));
        return Step::Next;
      })
      // The groups of a role run as one machine: a turn is always theirs.
      .Case([&](ir::TurnOp) { return Step::Next; })
      .Case([&](arith::ConstantOp value) { return constant(value); })
      .Default([&](Operation *other) {
        if (isa<ir::SpakDialect>(other->getDialect())) {
          return tileOp(other);
        }
        if (isa<affine::AffineDialect>(other->getDialect())) {
          return affine(other);
        }
        return elementwise(other);
      });
}

void Machine::enter(Operation *owner, Region &region) {
  Frame frame;
  frame.owner = owner;
  frame.block = &region.front();
  frame.next = frame.block->begin();
  frames.push_back(frame);
}

Machine::Step Machine::enterIf(scf::IfOp branch) {
  Region &region = integer(branch.getCondition()) ? branch.getThenRegion()
                                                  : branch.getElseRegion();
  if (region.empty()) {
    return Step::Next;
  }
  enter(branch, region);
  return Step::Entered;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void Machine::startIteration(Frame &frame) {
  auto loop = cast<ir::ForOp>(frame.owner);
  int64_t size = loop.getRangeType().getSize();
  set(loop.getRange(), RangeValue{frame.index * size, size});
  frame.next = frame.block->begin();
}

Machine::Step Machine::enterFor(ir::ForOp loop) {
  int64_t lower = integer(loop.getLower()), upper = integer(loop.getUpper());
  if (lower >= upper) {
    for (auto [result, init] :
         llvm::zip_equal(loop.getResults(), loop.getInitArgs())) {
      set(result, get(init));
    }
    return Step::Next;
  }
  for (auto [argument, init] :
       llvm::zip_equal(loop.getRegionIterArgs(), loop.getInitArgs())) {
    set(argument, get(init));
  }
  enter(loop, loop.getBodyRegion());
  Frame &frame = frames.back();
  frame.lower = lower;
  frame.upper = upper;
  frame.index = loop.isReverse() ? upper - 1 : lower;
  if (loop.hasFullRange()) {
    frame.hasFull = true;
    frame.fullLower = integer(loop.getFullLower());
    frame.fullUpper = integer(loop.getFullUpper());
  }
  startIteration(frame);
  return Step::Entered;
}

Machine::Step Machine::leave(Operation *terminator) {
  Frame &frame = frames.back();
  Operation *owner = frame.owner;
  SmallVector<RuntimeValue> yielded;
  for (Value operand : terminator->getOperands()) {
    yielded.push_back(get(operand));
  }
  if (auto grid = dyn_cast<ir::GridOp>(owner)) {
    ++frame.round;
    if (hasTile(frame)) {
      for (auto [argument, value] :
           llvm::zip_equal(grid.getRegionIterArgs(), yielded)) {
        set(argument, std::move(value));
      }
      startGridTile(frame);
      return Step::Entered;
    }
  }
  if (auto loop = dyn_cast<ir::ForOp>(owner)) {
    frame.index += loop.isReverse() ? -1 : 1;
    if (frame.index >= frame.lower && frame.index < frame.upper) {
      for (auto [argument, value] :
           llvm::zip_equal(loop.getRegionIterArgs(), yielded)) {
        set(argument, std::move(value));
      }
      startIteration(frame);
      return Step::Entered;
    }
  }
  if (isa<ir::GridOp, ir::ForOp, scf::IfOp>(owner)) {
    for (auto [result, value] : llvm::zip_equal(owner->getResults(), yielded)) {
      set(result, std::move(value));
    }
  }
  frames.pop_back();
  if (frames.empty()) {
    return Step::Entered;
  }
  ++frames.back().next;
  return Step::Entered;
}

//===----------------------------------------------------------------------===//
// The grid
//===----------------------------------------------------------------------===//

namespace {

/// Where the raster of a grid leads. Variables are decoded from fastest to
/// slowest; one may be reversed, one may go in groups with the next slower.
class Raster {
public:
  Raster(ir::OrderAttr order, ArrayRef<std::string> names,
         ArrayRef<int64_t> extents);

  /// The value of each variable at place \p at of the raster.
  SmallVector<int64_t, 4> at(int64_t at) const;

private:
  ArrayRef<int64_t> extents;
  SmallVector<unsigned, 4> fastest;
  SmallVector<bool, 4> reversed;
  SmallVector<bool, 4> paired;
  int grouped = -1; ///< position in fastest
  int64_t group = 0;
};

Raster::Raster(ir::OrderAttr order, ArrayRef<std::string> names,
               ArrayRef<int64_t> extents)
    : extents(extents), reversed(extents.size(), false),
      paired(extents.size(), false) {
  auto find = [&](StringRef wanted) -> std::optional<unsigned> {
    auto found = llvm::find(names, wanted);
    if (found == names.end()) {
      return std::nullopt;
    }
    return found - names.begin();
  };
  if (order) {
    for (Attribute word : order.getFastest()) {
      auto found = find(cast<StringAttr>(word).getValue());
      if (found && !llvm::is_contained(fastest, *found)) {
        fastest.push_back(*found);
      }
    }
  }
  for (unsigned i = 0; i < extents.size(); ++i) {
    if (!llvm::is_contained(fastest, i)) {
      fastest.push_back(i);
    }
  }
  if (!order) {
    return;
  }
  for (NamedAttribute entry : order.getParams()) {
    StringRef key = entry.getName().getValue();
    if (auto words = dyn_cast<ArrayAttr>(entry.getValue())) {
      for (Attribute word : words) {
        if (auto found = find(cast<StringAttr>(word).getValue())) {
          reversed[*found] = true;
        }
      }
    } else if (auto found = find(key);
               found && isa<StringAttr>(entry.getValue())) {
      (order.isPaired(key) ? paired : reversed)[*found] = true;
    } else if (auto size = dyn_cast<IntegerAttr>(entry.getValue());
               size && key.consume_front("group_")) {
      if (auto variable = find(key)) {
        auto *position = llvm::find(fastest, *variable);
        if (std::next(position) != fastest.end() && size.getInt() > 0) {
          grouped = position - fastest.begin();
          group = size.getInt();
        }
      }
    }
  }
}

SmallVector<int64_t, 4> Raster::at(int64_t at) const {
  SmallVector<int64_t, 4> result(extents.size(), 0);
  for (int i = 0, e = fastest.size(); i < e; ++i) {
    int64_t extent = extents[fastest[i]];
    if (paired[fastest[i]]) {
      // From both ends; an odd extent has its first tile twice.
      int64_t place = at % (extent + extent % 2);
      at /= extent + extent % 2;
      result[fastest[i]] = place % 2 == 0
                               ? extent - 1 - place / 2
                               : std::max<int64_t>(place / 2 - extent % 2, 0);
      continue;
    }
    if (i != grouped) {
      result[fastest[i]] = at % extent;
      at /= extent;
      continue;
    }
    // A band of `group` values of this variable beside all of the next; the
    // last band may be narrower.
    int64_t other = extents[fastest[i + 1]];
    int64_t plane = at % (extent * other);
    at /= extent * other;
    int64_t first = plane / (group * other) * group;
    int64_t width = std::min(group, extent - first);
    int64_t inside = plane - first * other;
    result[fastest[i]] = first + inside % width;
    result[fastest[i + 1]] = inside / width;
    ++i;
  }
  for (unsigned i = 0; i < extents.size(); ++i) {
    if (reversed[i]) {
      result[i] = extents[i] - 1 - result[i];
    }
  }
  return result;
}

} // namespace

/// What an order calls the variables of \p grid.
static SmallVector<std::string> namesOf(ir::GridOp grid) {
  SmallVector<std::string> names;
  for (BlockArgument variable : grid.getVariables()) {
    names.push_back(grid.variableName(variable.getArgNumber()));
  }
  return names;
}

/// The share that is taken of the tile of \p variable; null if none is.
static ir::ShareOp shareOf(Value variable) {
  for (Operation *user : variable.getUsers()) {
    if (auto share = dyn_cast<ir::ShareOp>(user)) {
      return share;
    }
  }
  return nullptr;
}

/// Whether the block has a tile in the frame's round.
bool Machine::hasTile(const Frame &frame) const {
  return frame.share ? visitOf(tail, frame.round).has_value()
                     : placeOf(frame) < frame.tiles;
}

/// The place of the raster that a block takes in its round.
int64_t Machine::placeOf(const Frame &frame) const {
  if (frame.share) {
    return visitOf(tail, frame.round)->place;
  }
  if (frame.paired) {
    return (frame.round / 2 * frame.blocks + sim.block) * 2 + frame.round % 2;
  }
  bool backwards = frame.snake && frame.round % 2 != 0;
  int64_t inRound = backwards ? frame.blocks - 1 - sim.block : sim.block;
  return frame.round * frame.blocks + inRound;
}

SmallVector<RuntimeValue, 4> Machine::tileAt(ir::OrderAttr order,
                                             ArrayRef<std::string> names,
                                             OperandRange extents,
                                             TypeRange types, int64_t place) {
  SmallVector<int64_t, 4> sizes;
  for (Value extent : extents) {
    sizes.push_back(integer(extent));
  }
  SmallVector<RuntimeValue, 4> variables;
  for (auto [type, i] :
       llvm::zip_equal(types, Raster(order, names, sizes).at(place))) {
    if (auto range = dyn_cast<ir::RangeType>(type)) {
      variables.push_back(RangeValue{i * range.getSize(), range.getSize()});
    } else {
      variables.push_back(i);
    }
  }
  return variables;
}

void Machine::startGridTile(Frame &frame) {
  auto grid = cast<ir::GridOp>(frame.owner);
  frame.index = placeOf(frame);
  if (frame.share) {
    visit = *visitOf(tail, frame.round);
  }
  SmallVector<Type> types;
  for (BlockArgument variable : grid.getVariables()) {
    types.push_back(variable.getType());
  }
  for (auto [variable, value] :
       llvm::zip_equal(grid.getVariables(),
                       tileAt(grid.getOrderAttr(), namesOf(grid),
                              grid.getExtents(), types, frame.index))) {
    set(variable, std::move(value));
  }
  frame.next = frame.block->begin();
}

std::pair<int64_t, int64_t> Machine::countTiles(ir::OrderAttr order,
                                                ArrayRef<std::string> names,
                                                OperandRange extents,
                                                ir::ShareOp share) {
  int64_t tiles = 1;
  for (auto [name, extent] : llvm::zip_equal(names, extents)) {
    int64_t size = std::max<int64_t>(integer(extent), 0);
    tiles *= order && order.isPaired(name) ? size + size % 2 : size;
  }
  bool persistent = order && order.isPersistent();
  int64_t most = order && order.isPaired() ? tiles / 2 : tiles;
  int64_t blocks = persistent ? std::min(sim.options.blocks, most) : tiles;
  if (share) {
    tail = tailOf(share, tiles, sim.options.blocks);
    blocks = tail.blocks;
  }
  sim.repeatsTiles |= order && order.isPaired();
  sim.result.tiles = std::max(sim.result.tiles, tiles);
  sim.result.blocks = std::max(sim.result.blocks, blocks);
  return {tiles, blocks};
}

Machine::Step Machine::firstTile(ir::FirstTileOp first) {
  ir::ShareOp cut = first.getOrder().splitsTail()
                        ? shareOf(first.getVariables().front())
                        : nullptr;
  SmallVector<std::string> names;
  for (auto name : first.getNames().getAsRange<StringAttr>()) {
    names.push_back(name.getValue().str());
  }
  auto [tiles, blocks] =
      countTiles(first.getOrder(), names, first.getExtents(), cut);
  if (sim.block >= blocks) {
    // No launch has such a block; what it would do does not matter.
    frames.clear();
    return Step::Entered;
  }
  int64_t place = first.getOrder().isPaired() ? 2 * sim.block : sim.block;
  if (cut) {
    visit = *visitOf(tail, 0);
    place = visit.place;
  }
  for (auto [variable, value] :
       llvm::zip_equal(first.getVariables(),
                       tileAt(first.getOrder(), names, first.getExtents(),
                              first.getVariables().getTypes(), place))) {
    set(variable, std::move(value));
  }
  return Step::Next;
}

Machine::Step Machine::enterGrid(ir::GridOp grid) {
  ir::OrderAttr order = grid.getOrderAttr();
  ir::ShareOp share = order && order.splitsTail()
                          ? shareOf(grid.getVariables().front())
                          : nullptr;
  auto [tiles, blocks] =
      countTiles(order, namesOf(grid), grid.getExtents(), share);
  Frame frame;
  frame.share = share;
  frame.owner = grid;
  frame.tiles = tiles;
  frame.blocks = std::max<int64_t>(blocks, 1);
  frame.round = grid.getFollow() ? 1 : 0;
  frame.snake = order && order.isSnake();
  frame.paired = order && order.isPaired();
  if (sim.block >= blocks || !hasTile(frame)) {
    for (auto [result, init] :
         llvm::zip_equal(grid.getResults(), grid.getInitArgs())) {
      set(result, get(init));
    }
    return Step::Next;
  }
  for (auto [argument, init] :
       llvm::zip_equal(grid.getRegionIterArgs(), grid.getInitArgs())) {
    set(argument, get(init));
  }
  frame.block = &grid.getRegion().front();
  frames.push_back(frame);
  startGridTile(frames.back());
  return Step::Entered;
}

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

Machine::Step Machine::runRoles(ir::RolesOp region) {
  roles.clear();
  for (auto role : region.getBody().getOps<ir::RoleOp>()) {
    roles.push_back(std::make_unique<Machine>(sim, role.getBodyRegion(),
                                              role.getName().str(), this));
  }
  while (true) {
    bool moved = false, allDone = true;
    for (std::unique_ptr<Machine> &role : roles) {
      Status status = role->run();
      if (status == Status::Failed) {
        return Step::Error;
      }
      allDone &= status == Status::Done;
      moved |= std::exchange(role->progressed, false);
    }
    if (allDone) {
      roles.clear();
      return Step::Next;
    }
    if (!moved) {
      break;
    }
  }
  auto waits = llvm::find_if(
      roles, [](const auto &role) { return role->place() != nullptr; });
  InFlightDiagnostic diagnostic = (*waits)->place()->emitError()
                                  << "deadlock in block " << sim.block << ": "
                                  << (*waits)->describe();
  for (const std::unique_ptr<Machine> &role : roles) {
    if (role != *waits) {
      Operation *at = role->place();
      diagnostic.attachNote(at ? at->getLoc() : region.getLoc())
          << role->describe();
    }
  }
  return Step::Error;
}

} // namespace spak::sim
