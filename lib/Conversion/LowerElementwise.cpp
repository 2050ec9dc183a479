// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: element-wise groups. Operations whose values only feed one another
// become one map; a broadcast is no more than a pattern of its reader.
#include "GroupBuilder.h"
#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace spak::conversion {

namespace {

bool isSixteenBit(Type type) { return type.isBF16() || type.isF16(); }

/// Splats, constants, broadcasts and indices cost nothing: every reader makes
/// its own.
bool isFree(Operation *op) {
  return isa<ir::SplatOp, ir::BroadcastOp, ir::IndexOp>(op) ||
         (isa<arith::ConstantOp>(op) &&
          isa<ir::TileType>(op->getResult(0).getType()));
}

bool isDirectStore(Operation *op) {
  auto store = dyn_cast<ir::StoreOp>(op);
  return store && !isStagedStore(store);
}

bool isElementwise(Operation *op) {
  if (op->getNumResults() != 1 || isFree(op)) {
    return false;
  }
  auto tile = dyn_cast<ir::TileType>(op->getResult(0).getType());
  if (!tile || !RegisterMap::of(tile)) {
    return false;
  }
  if (isa<ir::SelectOp, ir::MaskOp, ir::RoundedOp>(op)) {
    return true;
  }
  if (auto convert = dyn_cast<ir::ConvertOp>(op)) {
    auto from = cast<ir::TileType>(convert.getSrc().getType());
    bool packs =
        from.getElementType().isF32() && isSixteenBit(tile.getElementType());
    return !packs || llvm::all_of(op->getUsers(), [](Operation *user) {
      return (isDirectStore(user) && !storesPairs(cast<ir::StoreOp>(user))) ||
             isElementwise(user);
    });
  }
  StringRef dialect = op->getName().getDialectNamespace();
  return dialect == "arith" || dialect == "math";
}

} // namespace

bool isStagedStore(ir::StoreOp store) {
  auto staging = dyn_cast_or_null<ir::StagingAttr>(store.getStagingAttr());
  return staging && staging.getVia() == "tma";
}

bool storesPairs(ir::StoreOp store) {
  auto tile = cast<ir::TileType>(store.getTile().getType());
  auto convert = store.getTile().getDefiningOp<ir::ConvertOp>();
  auto view = cast<ir::ViewType>(store.getView().getType());
  int64_t extent = view.getShape().back();
  auto range = dyn_cast<ir::RangeType>(store.getAt().back().getType());
  std::optional<RegisterMap> map = RegisterMap::of(tile);
  if (isStagedStore(store) || !convert || !map || map->registers.empty() ||
      !isSixteenBit(tile.getElementType()) ||
      !convert.getSrc().getType().getElementType().isF32() || !range ||
      range.getSize() % 2 != 0 ||
      store.getAt().back().getDefiningOp<ir::SubrangeOp>() ||
      ShapedType::isDynamic(extent) || extent % 2 != 0) {
    return false;
  }
  const Digit &first = map->registers.front();
  return first.axis == range.getAxis() && first.stride == 1 &&
         first.extent % 2 == 0 && first.position == 1;
}

void KernelLowering::planGroups(Operation *root) {
  root->walk([&](Block *block) {
    for (Operation &op : llvm::reverse(*block)) {
      if (!isElementwise(&op)) {
        continue;
      }
      Operation *group = nullptr;
      bool single = !op.use_empty();
      for (Operation *user : op.getUsers()) {
        auto found = groupOf.find(user);
        if (user->getBlock() != block || found == groupOf.end() ||
            (group && group != found->second)) {
          single = false;
          break;
        }
        group = found->second;
      }
      groupOf[&op] = single ? group : &op;
    }
  });
}

cuda::FragType KernelLowering::fragmentType(ir::TileType tile, bool packed) {
  int64_t count = RegisterMap::of(tile)->count();
  Type element = tile.getElementType();
  if (packed) {
    return cuda::FragType::get(builder.getContext(), count / 2,
                               VectorType::get({2}, element));
  }
  return cuda::FragType::get(builder.getContext(), count, element);
}

FailureOr<Value> KernelLowering::fragment(Value tile) {
  auto found = values.find(tile);
  if (found != values.end()) {
    return found->second.front();
  }
  Operation *def = tile.getDefiningOp();
  Location loc = tile.getLoc();
  auto type = cast<ir::TileType>(tile.getType());
  if (!RegisterMap::of(type)) {
    return def->emitOpError("expected a register layout, got ") << type;
  }
  if (isZeroTile(tile)) {
    Value zero = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(type.getElementType()));
    return Value(cuda::FragFillOp::create(builder, loc,
                                          fragmentType(type, false), zero));
  }
  if (auto splat = dyn_cast<ir::SplatOp>(def)) {
    return Value(cuda::FragFillOp::create(
        builder, loc, fragmentType(type, false), scalar(splat.getSrc())));
  }
  if (isFree(def)) {
    return GroupBuilder(*this, tile).build();
  }
  return def->emitOpError("has no register form here");
}

LogicalResult KernelLowering::lowerGroup(Operation *op) {
  FailureOr<Value> map = GroupBuilder(*this, op->getResult(0)).build();
  if (failed(map)) {
    return failure();
  }
  values[op->getResult(0)] = {*map};
  return success();
}

LogicalResult KernelLowering::lowerPack(ir::ConvertOp op) {
  auto type = cast<ir::TileType>(op.getResult().getType());
  FailureOr<Value> from = fragment(op.getSrc());
  if (failed(from)) {
    return failure();
  }
  if (op.getAwaitNext()) {
    awaitNext(op.getLoc());
  }
  values[op.getResult()] = {cuda::PackOp::create(
      builder, op.getLoc(), fragmentType(type, /*packed=*/true), *from)};
  return success();
}

/// A computed operand of a product goes to its buffer: each group writes its
/// rows and makes them visible to the tensor core.
LogicalResult KernelLowering::lowerToShared(ir::ConvertLayoutOp op) {
  constexpr int64_t rowsPerGroup = 64, threadsPerGroup = 128;
  Location loc = op.getLoc();
  auto type = cast<ir::TileType>(op.getResult().getType());
  std::optional<RegisterMap> from =
      RegisterMap::of(cast<ir::TileType>(op.getSrc().getType()));
  SharedMap map = *SharedMap::of(type);
  FailureOr<Value> frag = fragment(op.getSrc());
  if (failed(frag)) {
    return failure();
  }
  bool packed = cast<cuda::FragType>((*frag).getType()).isPacked();
  if (!from || from->warps.empty() || !packed || map.swizzle == 0) {
    return op.emitOpError("expected 16-bit registers of a product and a "
                          "swizzled buffer, got ")
           << op.getSrc().getType() << " to " << type;
  }
  int64_t number = *op.getBuffer();
  Value &key = copyBuffers[number];
  if (!key) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(device.getEntryBlock());
    Type buffer = cuda::SmemType::get(builder.getContext(), 1, map.bytes(),
                                      type.getElementType());
    key = cuda::SharedOp::create(builder, loc, buffer,
                                 "computed" + std::to_string(number));
    RingOnDevice &ring = rings[key];
    ring.buffers.push_back(key);
  }
  int64_t registers = cast<cuda::FragType>((*frag).getType()).getCount();
  int64_t slabs = map.slabs();
  Value row = groupCoordinate(*from, from->warps.front().axis);
  if (registers / slabs * 8 != map.swizzle ||
      map.slabBytes() != rowsPerGroup * from->groupCount() * map.swizzle) {
    return op.emitOpError("expected slabs of the rows of all groups, got ")
           << type;
  }
  for (int64_t slab = 0; slab < slabs; ++slab) {
    auto write =
        cuda::StMatrixOp::create(builder, loc, *frag, slab * registers / slabs,
                                 key, constant(0), row, map.swizzle);
    write.setOffset(slab * map.slabBytes());
  }
  cuda::FenceAsyncOp::create(builder, loc);
  cuda::BarSyncOp::create(builder, loc, barrierOfGroup("computed", 0),
                          threadsPerGroup);
  values[op.getResult()] = {constant(0)};
  places[op.getResult()] = {key, 0};
  return success();
}

/// A tile of a ring goes to registers, each group takes its rows: as products
/// read an operand, or as their result lies, in f32, if that is what all who
/// read it make of it.
LogicalResult KernelLowering::lowerFromShared(ir::ConvertLayoutOp op) {
  constexpr int64_t rowsPerGroup = 64;
  auto type = cast<ir::TileType>(op.getResult().getType());
  std::optional<RegisterMap> to = RegisterMap::of(type);
  std::optional<SharedMap> map =
      SharedMap::of(cast<ir::TileType>(op.getSrc().getType()));
  auto place = places.find(op.getSrc());
  if (place == places.end() || !to || to->warps.empty() || !map ||
      to->warps.front().axis == map->innerAxis() || map->swizzle == 0 ||
      !isSixteenBit(type.getElementType())) {
    return op.emitOpError("expected a swizzled tile of a ring, of 16-bit "
                          "numbers, and the registers of a product, got ")
           << op.getSrc().getType() << " to " << type;
  }
  bool widened =
      !op->use_empty() && llvm::all_of(op->getUsers(), [](Operation *user) {
        auto convert = dyn_cast<ir::ConvertOp>(user);
        return convert &&
               convert.getResult().getType().getElementType().isF32();
      });
  cuda::FragType frag = fragmentType(type, /*packed=*/true);
  if (frag.getCount() != map->slabs() * map->swizzle / 8 ||
      map->slabBytes() != rowsPerGroup * to->groupCount() * map->swizzle) {
    return op.emitOpError("expected slabs of the rows of all groups, got ")
           << op.getSrc().getType();
  }
  Value row = groupCoordinate(*to, to->warps.front().axis);
  RingOnDevice &ring = rings[place->second.ring];
  Value read = cuda::LdMatrixOp::create(builder, op.getLoc(), frag,
                                        ring.buffers[place->second.tile],
                                        slotIndex(ring, scalar(op.getSrc())),
                                        row, map->swizzle, map->slabBytes());
  if (widened) {
    Type wide = cuda::FragType::get(builder.getContext(), 2 * frag.getCount(),
                                    builder.getF32Type());
    read = cuda::UnpackOp::create(builder, op.getLoc(), wide, read);
  }
  values[op.getResult()] = {read};
  return success();
}

LogicalResult KernelLowering::lowerConvertLayout(ir::ConvertLayoutOp op) {
  if (op.getBuffer()) {
    return lowerToShared(op);
  }
  Value source = op.getSrc();
  auto fromType = cast<ir::TileType>(source.getType());
  if (fromType.isShared()) {
    return lowerFromShared(op);
  }
  std::optional<RegisterMap> from = RegisterMap::of(fromType);
  std::optional<RegisterMap> to =
      RegisterMap::of(cast<ir::TileType>(op.getResult().getType()));
  if (isZeroTile(source)) {
    return success();
  }
  if (!from || !to) {
    return op.emitOpError("needs a copy through shared memory, which is not "
                          "supported");
  }
  FailureOr<Value> value = fragment(source);
  if (failed(value)) {
    return failure();
  }
  if (sameRegisters(*from, *to)) {
    values[op.getResult()] = {*value};
    return success();
  }
  // What is still to be summed over lanes and is wanted whole.
  SmallVector<int64_t> masks = from->laneMasks("partial");
  auto reduce = source.getDefiningOp<ir::ReduceOp>();
  auto across = [](ArrayRef<Digit> digits) {
    return llvm::any_of(digits, [](const Digit &d) { return d.partial(); });
  };
  if (!reduce || masks.empty() || across(from->warps) || across(from->groups)) {
    return op.emitOpError("expected the same registers or a sum over lanes, "
                          "got ")
           << fromType << " to " << op.getResult().getType();
  }
  values[op.getResult()] = {
      cuda::LaneReduceOp::create(builder, op.getLoc(), (*value).getType(),
                                 reduce.getKind(), *value, masks)};
  return success();
}

LogicalResult KernelLowering::lowerReduce(ir::ReduceOp op) {
  auto fromType = cast<ir::TileType>(op.getSrc().getType());
  auto toType = cast<ir::TileType>(op.getResult().getType());
  FailureOr<Value> from = fragment(op.getSrc());
  std::optional<RegisterMap> source = RegisterMap::of(fromType);
  std::optional<RegisterMap> result = RegisterMap::of(toType);
  if (failed(from) || !source || !result) {
    return failure();
  }
  std::optional<DigitPattern> pattern = source->patternInto(*result);
  if (!pattern) {
    return op.emitOpError("expected a result in the threads of its source, "
                          "got ")
           << toType;
  }
  Value rowsValue = cuda::RowReduceOp::create(
      builder, op.getLoc(), fragmentType(toType, false), op.getKind(), *from,
      patternAttr(*pattern));
  SmallVector<int64_t> masks = source->laneMasks(op.getOver());
  if (result->laneMasks("partial").empty() && !masks.empty()) {
    rowsValue =
        cuda::LaneReduceOp::create(builder, op.getLoc(), rowsValue.getType(),
                                   op.getKind(), rowsValue, masks);
  }
  values[op.getResult()] = {rowsValue};
  return success();
}

cuda::PatternAttr KernelLowering::patternAttr(const DigitPattern &pattern) {
  if (pattern.extents.empty()) {
    int64_t one = 1, zero = 0;
    return cuda::PatternAttr::get(builder.getContext(), one, zero);
  }
  return cuda::PatternAttr::get(builder.getContext(), pattern.extents,
                                pattern.strides);
}

void KernelLowering::markInPlace() {
  device.walk([&](cuda::MapOp map) {
    for (auto [i, input] : llvm::enumerate(map.getInputs())) {
      Block *home = input.getParentBlock();
      bool last =
          input.getType() == map.getResult().getType() &&
          isa<UnitAttr>(map.getPatterns()[i]) && home == map->getBlock() &&
          llvm::count(map.getInputs(), input) == 1 &&
          llvm::all_of(input.getUsers(), [&](Operation *user) {
            return user == map ||
                   (user->getBlock() == home && user->isBeforeInBlock(map));
          });
      if (last) {
        map.setInPlace(i);
        return;
      }
    }
  });
}

} // namespace spak::conversion
