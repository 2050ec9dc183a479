// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: rings, their slots and the copies that fill them. A ring operation
// becomes one ring operation; its slot becomes the running counter.
#include "Lowering.h"
#include "SharedMap.h"

using namespace mlir;

namespace spak::conversion {

LogicalResult KernelLowering::lowerRing(ir::RingOp op) {
  auto type = cast<ir::RingType>(op.getRing().getType());
  Location loc = op.getLoc();
  RingOnDevice ring;
  ring.slots = type.getSlots();
  ArrayRef<Type> tiles = type.getTiles();
  for (auto [i, tileType] : llvm::enumerate(tiles)) {
    auto tile = cast<ir::TileType>(tileType);
    std::optional<SharedMap> map = SharedMap::of(tile);
    if (!map) {
      return op.emitOpError("expected tiles in shared memory, got ") << tile;
    }
    std::string name = op.getName().str();
    if (tiles.size() > 1) {
      name += "_" + std::to_string(i);
    }
    Type buffer = cuda::SmemType::get(builder.getContext(), ring.slots,
                                      map->bytes(), tile.getElementType());
    ring.buffers.push_back(cuda::SharedOp::create(builder, loc, buffer, name));
  }
  // Every warp that reads a slot gives it back.
  int64_t readers = 0;
  kernel.walk([&](ir::RoleOp role) {
    bool reads = role.walk([&](ir::RingReleaseOp release) {
                       return release.getRing() == op.getRing()
                                  ? WalkResult::interrupt()
                                  : WalkResult::advance();
                     })
                     .wasInterrupted();
    readers += reads ? role.getWarps() : 0;
  });
  // And those of all blocks that fill each other's slots.
  ring.cluster = op.getCluster();
  ring.ring = cuda::RingOp::create(
      builder, loc, cuda::RingType::get(builder.getContext(), ring.slots),
      op.getName(), /*full=*/1, /*empty=*/readers * ring.cluster, ring.cluster);
  rings[op.getRing()] = ring;
  return success();
}

Value KernelLowering::slotIndex(const RingOnDevice &ring, Value count) {
  if (ring.slots == 1) {
    return constant(0);
  }
  return arith::RemUIOp::create(builder, count.getLoc(), count,
                                constant(ring.slots));
}

LogicalResult KernelLowering::lowerAcquire(ir::RingAcquireOp op) {
  RingOnDevice &ring = rings[op.getRing()];
  Value count = counters[op.getRing()];
  cuda::RingAcquireOp::create(builder, op.getLoc(), ring.ring, count);
  int64_t bytes = 0;
  for (Value buffer : ring.buffers) {
    bytes += cast<cuda::SmemType>(buffer.getType()).getBytes();
  }
  cuda::RingExpectOp::create(builder, op.getLoc(), ring.ring, count, bytes);
  values[op.getSlot()] = {count};
  places[op.getSlot()] = {op.getRing(), 0};
  counters[op.getRing()] = add(count, constant(1));
  return success();
}

Value KernelLowering::tensorMap(Value view, ArrayRef<int64_t> box,
                                int64_t swizzle) {
  DeviceArgument wanted{DeviceArgument::TensorMap, ir::sourceOf(view)};
  wanted.box.assign(box.begin(), box.end());
  wanted.swizzle = swizzle;
  wanted.order = boxOrder(view);
  return argument(wanted);
}

SmallVector<int64_t> KernelLowering::boxOrder(Value view) {
  auto pack = view.getDefiningOp<ir::PackAxesOp>();
  std::optional<uint64_t> group = pack ? pack.getInner() : std::nullopt;
  SmallVector<int64_t> order;
  for (int64_t i = cast<ir::ViewType>(view.getType()).getRank(); i-- > 0;) {
    if (group && i == static_cast<int64_t>(*group)) {
      continue;
    }
    if (group && i == static_cast<int64_t>(pack.getOuter())) {
      order.push_back(*group);
    }
    order.push_back(i);
  }
  return order;
}

LogicalResult KernelLowering::boxOf(Operation *op, Value view, ValueRange at,
                                    const SharedMap &map,
                                    SmallVectorImpl<int64_t> &box,
                                    SmallVectorImpl<Value> &coordinates) {
  // The tensor map's dimensions run innermost first, like the tile's digits.
  ArrayRef<Digit> rest = ArrayRef(map.digits).drop_front();
  auto pack = view.getDefiningOp<ir::PackAxesOp>();
  for (auto [i, axis] : llvm::enumerate(boxOrder(view))) {
    Value index = at[axis];
    auto range = dyn_cast<ir::RangeType>(index.getType());
    if (!range) {
      bool group = pack && pack.getInner() &&
                   axis == static_cast<int64_t>(*pack.getInner());
      box.push_back(group ? pack.getSize() : 1);
      coordinates.push_back(scalar(index));
      continue;
    }
    bool packed = pack && axis == static_cast<int64_t>(pack.getOuter());
    int64_t size = packed ? pack.getSize() : 1;
    if (packed && (i == 0 || !pack.getInner() || range.getSize() % size != 0)) {
      return op->emitOpError("expected whole groups of ")
             << size << " rows that lie apart to come by one copy, got "
             << view.getType();
    }
    coordinates.push_back(floorDiv(startOf(index), size));
    if (i == 0) {
      if (range.getAxis() != map.innerAxis()) {
        return op->emitOpError("expected the last axis of ")
               << view.getType() << " to lie innermost, got `"
               << map.innerAxis() << "`";
      }
      box.push_back(map.width());
      continue;
    }
    while (!rest.empty() && rest.front().axis == map.innerAxis()) {
      rest = rest.drop_front();
    }
    if (rest.empty() || rest.front().axis != range.getAxis() ||
        rest.front().extent != range.getSize()) {
      return op->emitOpError("expected rows of axis `")
             << range.getAxis() << "` next in the shared layout";
    }
    rest = rest.drop_front();
    box.push_back(range.getSize() / size);
  }
  return success();
}

LogicalResult KernelLowering::lowerFill(ir::RingFillOp op) {
  SharedPlace place = places[op.getSlot()];
  RingOnDevice &ring = rings[place.ring];
  unsigned index = op.getTile();
  auto type = cast<ir::TileType>(
      cast<ir::RingType>(place.ring.getType()).getTiles()[index]);
  SharedMap map = *SharedMap::of(type);
  SmallVector<int64_t> box;
  SmallVector<Value> coordinates;
  if (failed(boxOf(op, op.getView(), op.getAt(), map, box, coordinates))) {
    return failure();
  }
  // Of a tile that a cluster needs, a block fetches some of the slabs, or some
  // rows of each; where they go to is the same in all blocks.
  int64_t blocks = op.getMulticast(), slabs = map.slabs();
  Value inner = coordinates.front(), at;
  if (blocks > 1 && slabs % blocks == 0) {
    slabs /= blocks;
    inner = add(inner, shareOfBlock(slabs * map.width()));
    at = shareOfBlock(slabs * map.slabBytes());
  } else if (blocks > 1) {
    std::optional<unsigned> rows = op.getView().getDefiningOp()
                                       ? std::nullopt
                                       : map.rowDimension(op.getAt());
    int64_t share = rows ? box[*rows] / blocks : 0;
    if (!rows || share * blocks != box[*rows]) {
      return op.emitOpError("expected a tile that divides into ")
             << blocks << " parts, got " << type;
    }
    box[*rows] = share;
    coordinates[*rows] = add(coordinates[*rows], shareOfBlock(share));
    at = shareOfBlock(share * map.width() * map.elementBytes);
  }
  Value from = tensorMap(op.getView(), box, map.swizzle);
  Value count = scalar(op.getSlot());
  Value slot = slotIndex(ring, count);
  for (int64_t slab = 0; slab < slabs; ++slab) {
    coordinates.front() = add(inner, constant(slab * map.width()));
    cuda::TmaLoadOp::create(builder, op.getLoc(), from, coordinates,
                            ring.buffers[index], slot, slab * map.slabBytes(),
                            ring.ring, count, at, blocks);
  }
  return success();
}

LogicalResult KernelLowering::lowerWait(ir::RingWaitOp op) {
  RingOnDevice &ring = rings[op.getRing()];
  Value count = counters[op.getRing()];
  if (!llvm::is_contained(waitsAhead, op)) {
    cuda::RingWaitOp::create(builder, op.getLoc(), ring.ring, count);
  }
  values[op.getSlot()] = {count};
  places[op.getSlot()] = {op.getRing(), 0};
  for (auto [i, tile] : llvm::enumerate(op.getTiles())) {
    values[tile] = {count};
    places[tile] = {op.getRing(), static_cast<unsigned>(i)};
  }
  counters[op.getRing()] = add(count, constant(1));
  return success();
}

SmallVector<ir::RingWaitOp> KernelLowering::waitsAheadIn(ir::ForOp loop) {
  SmallVector<ir::RingWaitOp> waits;
  auto asks = [](auto op) { return op.getAwaitNext(); };
  Block *body = loop.getBody();
  bool awaits = llvm::any_of(body->getOps<ir::SoftmaxRescaleOp>(), asks) ||
                llvm::any_of(body->getOps<ir::ConvertOp>(), asks);
  auto dots = loop.getBody()->getOps<ir::DotOp>();
  if (!awaits || dots.empty()) {
    return waits;
  }
  ir::DotOp first = *dots.begin();
  SmallVector<ir::RingWaitOp> all;
  loop.walk([&](ir::RingWaitOp wait) { all.push_back(wait); });
  for (ir::RingWaitOp wait : all) {
    bool feeds = llvm::any_of(wait.getTiles(), [&](Value tile) {
      return tile == first.getA() || tile == first.getB();
    });
    bool alone = llvm::count_if(all, [&](ir::RingWaitOp other) {
                   return other.getRing() == wait.getRing();
                 }) == 1;
    if (feeds && alone && wait->getBlock() == loop.getBody()) {
      waits.push_back(wait);
    }
  }
  return waits;
}

void KernelLowering::awaitNext(Location loc) {
  for (ir::RingWaitOp wait : waitsAhead) {
    cuda::RingWaitOp::create(builder, loc, rings[wait.getRing()].ring,
                             counters[wait.getRing()], anotherFollows);
  }
}

LogicalResult KernelLowering::lowerRelease(ir::RingReleaseOp op) {
  RingOnDevice &ring = rings[op.getRing()];
  // One lane a block.
  bool together = ring.cluster > 1;
  Value to = together ? blockOfLane(ring.cluster) : Value();
  Value when = together ? laneIsBelow(ring.cluster) : laneIsZero();
  cuda::RingReleaseOp::create(builder, op.getLoc(), ring.ring,
                              scalar(op.getSlot()), when, to);
  return success();
}

} // namespace spak::conversion
