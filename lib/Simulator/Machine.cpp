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
  diagnostic.attachNote(op->getLoc())
      << "while block " << sim.block << " was simulated, "
      << (name.empty() ? "" : "role `" + name + "`, ") << "at tile "
      << gridTile() << " of its grid";
  return Step::Error;
}

int32_t Machine::gridTile() const {
  for (const Frame &frame : llvm::reverse(frames)) {
    if (isa<ir::GridOp>(frame.owner)) {
      return static_cast<int32_t>(frame.index + 1);
    }
  }
  return outer ? outer->gridTile() : 0;
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

Machine::Step Machine::step(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>()) {
    return leave(op);
  }
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](ir::ForOp loop) { return enterFor(loop); })
      .Case([&](ir::GridOp grid) { return enterGrid(grid); })
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
      .Case([&](ir::StartOp start) {
        set(start.getResult(), range(start.getRange()).start);
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
    frame.index += frame.step;
    if (frame.index < frame.tiles) {
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
  Raster(ir::GridOp grid, ArrayRef<int64_t> extents);

  /// The value of each variable at place \p at of the raster.
  SmallVector<int64_t, 4> at(int64_t at) const;

private:
  ArrayRef<int64_t> extents;
  SmallVector<unsigned, 4> fastest;
  SmallVector<bool, 4> reversed;
  int grouped = -1; ///< position in fastest
  int64_t group = 0;
};

Raster::Raster(ir::GridOp grid, ArrayRef<int64_t> extents)
    : extents(extents), reversed(extents.size(), false) {
  auto find = [&](StringRef wanted) -> std::optional<unsigned> {
    for (unsigned i = 0; i < extents.size(); ++i) {
      if (grid.variableName(i) == wanted) {
        return i;
      }
    }
    return std::nullopt;
  };
  ir::OrderAttr order = grid.getOrderAttr();
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
      reversed[*found] = true;
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

void Machine::startGridTile(Frame &frame) {
  auto grid = cast<ir::GridOp>(frame.owner);
  SmallVector<int64_t, 4> extents;
  for (Value extent : grid.getExtents()) {
    extents.push_back(integer(extent));
  }
  SmallVector<int64_t, 4> place = Raster(grid, extents).at(frame.index);
  for (auto [argument, i] :
       llvm::zip_equal(grid.getBody()->getArguments(), place)) {
    if (auto type = dyn_cast<ir::RangeType>(argument.getType())) {
      set(argument, RangeValue{i * type.getSize(), type.getSize()});
    } else {
      set(argument, i);
    }
  }
  frame.next = frame.block->begin();
}

Machine::Step Machine::enterGrid(ir::GridOp grid) {
  int64_t tiles = 1;
  for (Value extent : grid.getExtents()) {
    tiles *= std::max<int64_t>(integer(extent), 0);
  }
  ir::OrderAttr order = grid.getOrderAttr();
  bool persistent = order && order.getSchedule() == "persistent_static";
  sim.result.tiles = std::max(sim.result.tiles, tiles);
  int64_t blocks = persistent ? std::min(sim.options.blocks, tiles) : tiles;
  sim.result.blocks = std::max(sim.result.blocks, blocks);
  if (sim.block >= blocks) {
    return Step::Next;
  }
  enter(grid, grid.getBodyRegion());
  Frame &frame = frames.back();
  frame.index = sim.block;
  frame.tiles = tiles;
  frame.step = blocks;
  startGridTile(frame);
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
