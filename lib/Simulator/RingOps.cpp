// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: rings. The k-th acquire is the k-th use; it waits until use k - slots
// was released. The k-th wait waits until use k was committed.
#include "Machine.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::sim {

Machine::Step Machine::ringOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](ir::RingOp o) { return ringMake(o); })
      .Case([&](ir::RingAcquireOp o) { return ringAcquire(o); })
      .Case([&](ir::RingFillOp o) { return ringFill(o); })
      .Case([&](ir::RingPutOp o) { return ringPut(o); })
      .Case([&](ir::RingCommitOp o) { return ringCommit(o); })
      .Case([&](ir::RingWaitOp o) { return ringWait(o); })
      .Case([&](ir::RingReleaseOp o) { return ringRelease(o); })
      .Default([&](Operation *o) {
        return error(o, "the simulator does not know the op `" +
                            o->getName().getStringRef() + "`");
      });
}

Machine::Step Machine::ringMake(ir::RingOp op) {
  auto ring = std::make_unique<RingState>();
  ring->name = op.getName().str();
  ring->type = cast<ir::RingType>(op.getRing().getType());
  set(op.getRing(), RingValue{ring.get()});
  sim.rings.push_back(std::move(ring));
  return Step::Next;
}

Machine::Step Machine::ringAcquire(ir::RingAcquireOp op) {
  RingState &ring = *std::get<RingValue>(get(op.getRing())).ring;
  int64_t number = ring.uses.size();
  int64_t before = number - ring.type.getSlots();
  if (before >= 0 && !ring.uses[before]->released) {
    waitsFor = "slot " + std::to_string(number % ring.type.getSlots()) +
               " of ring `" + ring.name + "`, which holds tile " +
               std::to_string(before) + " still";
    return Step::Wait;
  }
  auto use = std::make_shared<SlotUse>();
  use->number = number;
  use->tiles.resize(ring.type.getTiles().size());
  use->filled.resize(use->tiles.size(), false);
  ring.uses.push_back(use);
  set(op.getSlot(), SlotValue{use});
  return Step::Next;
}

Machine::Step Machine::ringFill(ir::RingFillOp op) {
  std::shared_ptr<SlotUse> use = std::get<SlotValue>(get(op.getSlot())).use;
  size_t which = op.getTile();
  if (use->committed) {
    return error(op, "fills tile " + Twine(use->number) +
                         " of a ring after it was committed");
  }
  auto type = cast<ir::SlotType>(op.getSlot().getType());
  FailureOr<TileValue> tile = read(op, op.getView(), op.getAt(),
                                   cast<ir::TileType>(type.getTiles()[which]));
  if (failed(tile)) {
    return Step::Error;
  }
  use->tiles[which] = std::move(*tile);
  use->filled[which] = true;
  return Step::Next;
}

Machine::Step Machine::ringPut(ir::RingPutOp op) {
  std::shared_ptr<SlotUse> use = std::get<SlotValue>(get(op.getSlot())).use;
  size_t which = op.getTile();
  if (use->committed) {
    return error(op, "fills tile " + Twine(use->number) +
                         " of a ring after it was committed");
  }
  FailureOr<TileValue> source = tile(op, op.getSrc());
  if (failed(source)) {
    return Step::Error;
  }
  source->type = cast<ir::TileType>(
      cast<ir::SlotType>(op.getSlot().getType()).getTiles()[which]);
  use->tiles[which] = std::move(*source);
  use->filled[which] = true;
  return Step::Next;
}

Machine::Step Machine::ringCommit(ir::RingCommitOp op) {
  RingState &ring = *std::get<RingValue>(get(op.getRing())).ring;
  std::shared_ptr<SlotUse> use = std::get<SlotValue>(get(op.getSlot())).use;
  if (use->committed) {
    return error(op, "commits tile " + Twine(use->number) + " of ring `" +
                         ring.name + "` twice");
  }
  if (llvm::is_contained(use->filled, false)) {
    return error(op, "commits tile " + Twine(use->number) + " of ring `" +
                         ring.name + "` before all of it is filled");
  }
  for (TileValue &tile : use->tiles) {
    tile.slot = use;
  }
  use->committed = true;
  ++ring.committed;
  return Step::Next;
}

Machine::Step Machine::ringWait(ir::RingWaitOp op) {
  RingState &ring = *std::get<RingValue>(get(op.getRing())).ring;
  int64_t number = ring.waited;
  bool ready = number < static_cast<int64_t>(ring.uses.size()) &&
               ring.uses[number]->committed;
  if (!ready) {
    waitsFor = "tile " + std::to_string(number) + " of ring `" + ring.name +
               "`, of which " + std::to_string(ring.committed) +
               (ring.committed == 1 ? " is" : " are") + " committed";
    return Step::Wait;
  }
  std::shared_ptr<SlotUse> use = ring.uses[number];
  ++ring.waited;
  set(op.getSlot(), SlotValue{use});
  for (auto [result, tile] : llvm::zip_equal(op.getTiles(), use->tiles)) {
    set(result, tile);
  }
  return Step::Next;
}

Machine::Step Machine::ringRelease(ir::RingReleaseOp op) {
  RingState &ring = *std::get<RingValue>(get(op.getRing())).ring;
  std::shared_ptr<SlotUse> use = std::get<SlotValue>(get(op.getSlot())).use;
  if (use->released) {
    return error(op, "releases tile " + Twine(use->number) + " of ring `" +
                         ring.name + "` twice");
  }
  if (!use->committed) {
    return error(op, "releases tile " + Twine(use->number) + " of ring `" +
                         ring.name + "` before it was committed");
  }
  use->released = true;
  // Later reads are errors, so the elements need not stay. The tiles point at
  // their use: this also unties the knot.
  use->tiles.clear();
  ++ring.released;
  return Step::Next;
}

} // namespace spak::sim
