// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: stores through shared memory. Each group of consumers writes its rows
// slab by slab, makes them visible to the copy engine, and one of its threads
// issues the copy.
#include "GroupBuilder.h"
#include "Lowering.h"

using namespace mlir;

namespace spak::conversion {

namespace {

constexpr int64_t kThreadsPerGroup = 128;
/// Rows that a warpgroup's product has (PTX ISA 8.5, section 9.7.15.2).
constexpr int64_t kRowsPerGroup = 64;

/// The widest swizzle, in bytes, that divides a row of \p bytes.
int64_t widestSwizzle(int64_t bytes) {
  for (int64_t width : {128, 64, 32}) {
    if (bytes % width == 0) {
      return width;
    }
  }
  return 0;
}

int64_t digitExtent(ArrayRef<Digit> digits, StringRef axis) {
  int64_t product = 1;
  for (const Digit &digit : digits) {
    product *= digit.axis == axis ? digit.extent : 1;
  }
  return product;
}

/// Offset along \p axis of register \p index.
int64_t axisOffset(const RegisterMap &map, StringRef axis, int64_t index) {
  int64_t offset = 0;
  for (const Digit &digit : map.registers) {
    offset += digit.axis == axis ? index % digit.extent * digit.stride : 0;
    index /= digit.extent;
  }
  return offset;
}

} // namespace

Value KernelLowering::barrierOfGroup(StringRef name, int64_t step) {
  std::string key = name.str();
  Value &first = barriers[key];
  int64_t groups = roleWarps / 4;
  if (!first) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(device.getEntryBlock());
    first = cuda::BarrierIdsOp::create(builder, kernel.getLoc(), name, groups);
  }
  Value base = first;
  return atRoleTop(key + " barrier " + std::to_string(step), [&]() -> Value {
    Value group = groupInRole();
    if (step != 0) {
      group = add(group, constant(step));
      group = arith::RemUIOp::create(builder, kernel.getLoc(), group,
                                     constant(groups));
    }
    return arith::AddIOp::create(builder, kernel.getLoc(), base, group);
  });
}

LogicalResult KernelLowering::lowerStore(ir::StoreOp op) {
  return isStagedStore(op) ? lowerStagedStore(op) : lowerDirectStore(op);
}

/// The copy engine writes chunks of 16 bytes: past the end of a row it clears
/// what is left of the last chunk, which may be somebody else's. Null if every
/// chunk is known to be whole, else the condition that they are.
FailureOr<Value> KernelLowering::storesWholeChunks(ir::StoreOp op,
                                                   int64_t columns,
                                                   int64_t elementBytes) {
  Location loc = op.getLoc();
  auto view = cast<ir::ViewType>(op.getView().getType());
  int64_t axis = view.getShape().size() - 1;
  int64_t perChunk = 16 / elementBytes;
  if (!ShapedType::isDynamic(view.getShape()[axis]) &&
      view.getShape()[axis] % perChunk == 0) {
    return Value();
  }
  Value limit = extentOf(op.getView(), axis);
  if (!limit) {
    return op.emitOpError("expected a dim called `")
           << view.getAxes()[axis].getValue() << "` among the arguments";
  }
  Value rest = arith::RemUIOp::create(builder, loc, limit, constant(perChunk));
  Value even = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                     rest, constant(0));
  Value end = add(startOf(op.getAt().back()), constant(columns));
  Value inside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle,
                                       end, limit);
  return Value(arith::OrIOp::create(builder, loc, even, inside));
}

/// The halves of pairs, rounded from what \p packed was packed from; null if
/// that is not at hand or the pairs are wanted elsewhere. Where nothing repeats
/// the branch between the two ways to store, ptxas 13.0 takes all pairs apart
/// above it, and then holds the pairs and their halves: more registers than the
/// accumulators took.
Value KernelLowering::roundOneByOne(ir::StoreOp op, Value packed) {
  auto pack = packed.getDefiningOp<cuda::PackOp>();
  if (!pack || pack.getInto() || !packed.use_empty() ||
      !op.getTile().hasOneUse()) {
    return {};
  }
  auto type = cast<ir::TileType>(op.getTile().getType());
  auto round = [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
    return arith::TruncFOp::create(b, loc, type.getElementType(), args[0]);
  };
  return cuda::MapOp::create(
             builder, op.getLoc(), fragmentType(type, /*packed=*/false),
             pack.getFrag(), /*patterns=*/{Attribute()}, /*coords=*/{},
             /*inPlace=*/std::nullopt, round)
      .getResult();
}

LogicalResult KernelLowering::lowerStagedStore(ir::StoreOp op) {
  Location loc = op.getLoc();
  auto type = cast<ir::TileType>(op.getTile().getType());
  std::optional<RegisterMap> map = RegisterMap::of(type);
  auto inner = dyn_cast<ir::RangeType>(op.getAt().back().getType());
  FailureOr<Value> frag = fragment(op.getTile());
  if (failed(frag)) {
    return failure();
  }
  bool packed = cast<cuda::FragType>((*frag).getType()).isPacked();
  if (!map || map->warps.empty() || !inner || !packed || op.getCombine()) {
    return op.emitOpError("expected 16-bit registers of a product to store "
                          "through shared memory, got ")
           << type;
  }
  StringRef rowAxis = map->warps.front().axis, axis = inner.getAxis();
  int64_t elementBytes = type.getElementType().getIntOrFloatBitWidth() / 8;
  int64_t columns =
      digitExtent(map->registers, axis) * digitExtent(map->lanes, axis);
  int64_t width = widestSwizzle(columns * elementBytes);
  int64_t perSlab = width ? width / elementBytes : 1;
  int64_t slabs = columns / perSlab;
  int64_t registers = map->count() / slabs;
  bool inOrder = width != 0 && digitExtent(map->registers, rowAxis) *
                                       digitExtent(map->lanes, rowAxis) *
                                       digitExtent(map->warps, rowAxis) ==
                                   kRowsPerGroup;
  for (int64_t slab = 0; inOrder && slab < slabs; ++slab) {
    inOrder = axisOffset(*map, axis, slab * registers) == slab * perSlab;
  }
  if (!inOrder) {
    return op.emitOpError("expected ")
           << kRowsPerGroup << " rows a group and whole slabs of columns, got "
           << type;
  }

  // One slab is one box: its columns, the group's rows, 1 elsewhere.
  SmallVector<int64_t> box;
  SmallVector<Value> coordinates;
  auto pack = op.getView().getDefiningOp<ir::PackAxesOp>();
  for (auto [i, place] : llvm::enumerate(boxOrder(op.getView()))) {
    Value index = op.getAt()[place];
    auto range = dyn_cast<ir::RangeType>(index.getType());
    if (!range) {
      bool group = pack && pack.getInner() &&
                   place == static_cast<int64_t>(*pack.getInner());
      box.push_back(group ? pack.getSize() : 1);
      coordinates.push_back(scalar(index));
      continue;
    }
    bool packed = pack && place == static_cast<int64_t>(pack.getOuter());
    int64_t size = packed ? pack.getSize() : 1;
    if (packed && (i == 0 || !pack.getInner() || kRowsPerGroup % size != 0)) {
      return op.emitOpError("expected groups of rows that divide the ")
             << kRowsPerGroup << " of a warpgroup, got groups of " << size;
    }
    box.push_back(i == 0                       ? perSlab
                  : range.getAxis() == rowAxis ? kRowsPerGroup / size
                                               : 1);
    Value start = startOf(index);
    if (Value group = groupCoordinate(*map, range.getAxis())) {
      start = add(start, group);
    }
    coordinates.push_back(floorDiv(start, size));
  }
  Value target = tensorMap(op.getView(), box, width);

  int64_t groups = roleWarps / 4;
  auto staging = cast<ir::StagingAttr>(op.getStagingAttr());
  int64_t slots =
      std::min<int64_t>(std::max<int64_t>(staging.getSlots(), 1), slabs);
  Value &buffer = storeBuffers[{op.getView(), type}];
  Operation *around = builder.getBlock()->getParentOp();
  bool inLoop =
      isa<scf::ForOp>(around) || around->getParentOfType<scf::ForOp>();
  // Before the kernel's first store the buffer is free.
  bool repeats = buffer || inLoop;
  if (!buffer) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(device.getEntryBlock());
    std::string name =
        nameOfArgument(kernel, ir::sourceOf(op.getView()).getArgNumber());
    buffer = cuda::SharedOp::create(
        builder, loc,
        cuda::SmemType::get(builder.getContext(), groups * slots,
                            kRowsPerGroup * width, type.getElementType()),
        name);
  }
  Value first =
      atRoleTop("store slot " + std::to_string(slots), [&]() -> Value {
        return arith::MulIOp::create(builder, loc, groupInRole(),
                                     constant(slots));
      });
  Value barrier = barrierOfGroup("store", 0);
  Value issuer = threadIsZero();
  storesThroughSharedMemory = true;
  OpBuilder::InsertionGuard guard(builder);
  FailureOr<Value> whole = storesWholeChunks(op, columns, elementBytes);
  if (failed(whole)) {
    return failure();
  }
  if (*whole) {
    auto choice = scf::IfOp::create(builder, loc, TypeRange(), *whole,
                                    /*withElseRegion=*/true);
    builder.setInsertionPointToStart(choice.elseBlock());
    // A store after the loop over tiles is apart from the loop's.
    bool takenApart = !inLoop && (!repeats || map->count() >= kManyRegisters);
    Value single = takenApart ? roundOneByOne(op, *frag) : Value();
    if (failed(lowerDirectStore(op, single))) {
      return failure();
    }
    builder.setInsertionPointToStart(choice.thenBlock());
    if (single) {
      (*frag).getDefiningOp()->moveBefore(choice.thenBlock(),
                                          choice.thenBlock()->begin());
      builder.setInsertionPointAfterValue(*frag);
    }
  }
  Value column = coordinates.front();
  for (int64_t begin = 0; begin < slabs;) {
    // All slabs at once where they all have a buffer, else one by one.
    int64_t end = slots == slabs ? slabs : begin + 1;
    if (repeats || begin >= slots) {
      int64_t left = slots == slabs ? 0 : slots - 1;
      cuda::TmaWaitReadOp::create(builder, loc, left, issuer);
      cuda::BarSyncOp::create(builder, loc, barrier, kThreadsPerGroup);
    }
    SmallVector<Value> at;
    for (int64_t slab = begin; slab < end; ++slab) {
      at.push_back(add(first, constant(slab % slots)));
      cuda::StMatrixOp::create(builder, loc, *frag, slab * registers / 2,
                               buffer, at.back(), /*row=*/Value(), width);
    }
    cuda::FenceAsyncOp::create(builder, loc);
    cuda::BarSyncOp::create(builder, loc, barrier, kThreadsPerGroup);
    for (int64_t slab = begin; slab < end; ++slab) {
      coordinates.front() = add(column, constant(slab * perSlab));
      cuda::TmaStoreOp::create(builder, loc, target, coordinates, buffer,
                               at[slab - begin], /*offset=*/0, issuer);
    }
    begin = end;
  }
  return success();
}

} // namespace spak::conversion
