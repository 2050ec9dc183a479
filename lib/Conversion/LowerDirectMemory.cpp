// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: tiles that travel between registers and global memory without a stop
// in shared memory, element by element, each predicated by the extents.
#include "GroupBuilder.h"
#include "Lowering.h"

using namespace mlir;

namespace spak::conversion {

/// True in the one thread that writes where several hold the same element.
Value KernelLowering::writesCopies(const RegisterMap &map) {
  auto copies = [](ArrayRef<Digit> digits) {
    std::string key;
    for (const Digit &digit : digits) {
      if (digit.replicated() && digit.extent > 1) {
        key += " " + std::to_string(digit.position) + ":" +
               std::to_string(digit.extent);
      }
    }
    return key;
  };
  std::string key =
      copies(map.lanes) + "|" + copies(map.warps) + "|" + copies(map.groups);
  if (key == "||") {
    return {};
  }
  return atRoleTop("first copy" + key, [&]() -> Value {
    Location loc = kernel.getLoc();
    Value condition;
    auto require = [&](ArrayRef<Digit> digits, llvm::function_ref<Value()> id) {
      for (const Digit &digit : digits) {
        if (!digit.replicated() || digit.extent == 1) {
          continue;
        }
        Value part = id();
        if (digit.position > 1) {
          part = arith::DivUIOp::create(builder, loc, part,
                                        constant(digit.position));
        }
        part =
            arith::RemUIOp::create(builder, loc, part, constant(digit.extent));
        Value zero = arith::CmpIOp::create(
            builder, loc, arith::CmpIPredicate::eq, part, constant(0));
        condition = condition
                        ? arith::AndIOp::create(builder, loc, condition, zero)
                              .getResult()
                        : zero;
      }
    };
    require(map.lanes, [&] { return laneId(); });
    require(map.warps, [&] { return warpId(); });
    require(map.groups, [&] { return groupInRole(); });
    return condition;
  });
}

/// Row r of a packed axis is row r / size of the outer one and r % size of the
/// inner one. A register's offset divides by itself where no thread's row
/// carries: where it is a multiple of the group, or a bit of its own.
LogicalResult KernelLowering::describePacked(Operation *op, ir::PackAxesOp pack,
                                             const RegisterMap &map,
                                             ir::RangeType range, Value first,
                                             Value limit,
                                             DirectAccess &access) {
  Location loc = op->getLoc();
  int64_t size = pack.getSize();
  cuda::PatternAttr pattern = dyn_cast<cuda::PatternAttr>(
      patternAttr(map.axisPattern(range.getAxis())));
  SmallVector<int64_t> extents, outer, inner;
  bool splits = llvm::isPowerOf2_64(size) && pattern;
  for (int64_t i = 0;
       splits && i < static_cast<int64_t>(pattern.getExtents().size()); ++i) {
    int64_t extent = pattern.getExtents()[i], stride = pattern.getStrides()[i];
    bool above = stride % size == 0, below = extent * stride <= size;
    splits =
        stride == 0 || above ||
        (below && llvm::isPowerOf2_64(extent) && llvm::isPowerOf2_64(stride));
    extents.push_back(extent);
    outer.push_back(above ? stride / size : 0);
    inner.push_back(above ? 0 : stride);
  }
  if (!splits) {
    return op->emitOpError("packs groups of ")
           << size << ", which registers of this layout cannot be split by; "
           << "expected a power of two";
  }
  auto digits = [&](ArrayRef<int64_t> strides) {
    return cuda::PatternAttr::get(op->getContext(), extents, strides);
  };
  access.coordinates.push_back(floorDiv(first, size));
  access.strides.push_back(strideOf(pack.getView(), pack.getOuter()));
  access.limits.push_back(limit);
  access.patterns.push_back(digits(outer));
  if (!pack.getInner()) {
    return success();
  }
  Value within = arith::AndIOp::create(builder, loc, first, constant(size - 1));
  Value step = strideOf(pack.getView(), *pack.getInner());
  if (llvm::all_of(inner, [](int64_t stride) { return stride == 0; })) {
    // One for all registers: part of the base, and within its limit.
    Value wide =
        arith::ExtSIOp::create(builder, loc, builder.getI64Type(), within);
    Value part = builder.createOrFold<arith::MulIOp>(loc, wide, step);
    access.base = access.base ? add(access.base, part) : part;
    return success();
  }
  access.coordinates.push_back(within);
  access.strides.push_back(step);
  access.limits.push_back(constant(size));
  access.patterns.push_back(digits(inner));
  return success();
}

FailureOr<DirectAccess> KernelLowering::describe(Operation *op, Value view,
                                                 ValueRange at,
                                                 const RegisterMap &map) {
  Location loc = op->getLoc();
  DirectAccess access;
  for (auto [i, index] : llvm::enumerate(at)) {
    auto range = dyn_cast<ir::RangeType>(index.getType());
    ir::PackAxesOp pack = ir::PackAxesOp::behind(view, i);
    Value step = pack ? Value() : strideOf(view, i);
    if (!range) {
      Value wide = arith::ExtSIOp::create(builder, loc, builder.getI64Type(),
                                          scalar(index));
      Value part = builder.createOrFold<arith::MulIOp>(loc, wide, step);
      access.base = access.base ? add(access.base, part) : part;
      continue;
    }
    Value limit = extentOf(pack ? pack.getView() : view, i);
    if (!limit) {
      return op->emitOpError("expected a dim called `")
             << cast<ir::ViewType>(view.getType()).getAxes()[i].getValue()
             << "` among the arguments";
    }
    if (auto part = index.getDefiningOp<ir::SubrangeOp>()) {
      Value end = scalar(part.getTo());
      limit = arith::MinSIOp::create(
          builder, loc, limit, pack ? floorDiv(end, pack.getSize()) : end);
    }
    Value first = add(startOf(index), threadCoordinate(map, range.getAxis()));
    if (pack) {
      if (failed(describePacked(op, pack, map, range, first, limit, access))) {
        return failure();
      }
      continue;
    }
    access.coordinates.push_back(first);
    access.strides.push_back(step);
    access.limits.push_back(limit);
    access.patterns.push_back(patternAttr(map.axisPattern(range.getAxis())));
  }
  if (!access.base) {
    access.base = constant64(0);
  }
  return access;
}

Value KernelLowering::strideOf(Value view, int64_t axis) {
  auto type = cast<ir::ViewType>(view.getType());
  if (axis == static_cast<int64_t>(type.getShape().size()) - 1) {
    return constant64(1);
  }
  DeviceArgument wanted{DeviceArgument::Stride, ir::sourceOf(view)};
  wanted.axis = axis;
  return argument(wanted);
}

LogicalResult KernelLowering::lowerDirectStore(ir::StoreOp op,
                                               Value registers) {
  auto type = cast<ir::TileType>(op.getTile().getType());
  FailureOr<Value> frag = registers ? registers : fragment(op.getTile());
  std::optional<RegisterMap> map = RegisterMap::of(type);
  if (failed(frag) || !map) {
    return failure();
  }
  if (op.getCombine()) {
    return op.emitOpError("`combine` is not supported yet");
  }
  FailureOr<DirectAccess> access = describe(op, op.getView(), op.getAt(), *map);
  if (failed(access)) {
    return failure();
  }
  Value pointer =
      argument({DeviceArgument::Pointer, ir::sourceOf(op.getView())});
  cuda::StoreFragOp::create(
      builder, op.getLoc(), *frag, pointer, access->base, access->coordinates,
      access->strides, access->limits, writesCopies(*map),
      builder.getArrayAttr(access->patterns),
      /*vec=*/storesPairs(op) ? 2 : 1,
      /*pinned=*/map->count() >= kManyRegisters);
  return success();
}

LogicalResult KernelLowering::lowerLoad(ir::LoadOp op) {
  auto type = cast<ir::TileType>(op.getTile().getType());
  std::optional<RegisterMap> map = RegisterMap::of(type);
  if (!map) {
    return op.emitOpError("expected a register layout, got ") << type;
  }
  FailureOr<DirectAccess> access = describe(op, op.getView(), op.getAt(), *map);
  if (failed(access)) {
    return failure();
  }
  Value pointer =
      argument({DeviceArgument::Pointer, ir::sourceOf(op.getView())});
  values[op.getTile()] = {cuda::LoadFragOp::create(
      builder, op.getLoc(), fragmentType(type, /*packed=*/false), pointer,
      access->base, access->coordinates, access->strides, access->limits,
      /*when=*/Value(), builder.getArrayAttr(access->patterns), /*vec=*/1)};
  return success();
}

LogicalResult KernelLowering::lowerLoadScalar(ir::LoadScalarOp op) {
  Value offset;
  for (auto [i, index] : llvm::enumerate(op.getAt())) {
    Value wide = arith::ExtSIOp::create(builder, op.getLoc(),
                                        builder.getI64Type(), scalar(index));
    Value part = builder.createOrFold<arith::MulIOp>(op.getLoc(), wide,
                                                     strideOf(op.getView(), i));
    offset = offset ? add(offset, part) : part;
  }
  if (!offset) {
    offset = constant64(0);
  }
  Value pointer =
      argument({DeviceArgument::Pointer, ir::sourceOf(op.getView())});
  auto view = cast<ir::ViewType>(op.getView().getType());
  Value loaded = cuda::LoadOp::create(builder, op.getLoc(),
                                      view.getElementType(), pointer, offset);
  if (op.getResult().getType().isIndex() && !loaded.getType().isInteger(32)) {
    loaded = arith::TruncIOp::create(builder, op.getLoc(), builder.getI32Type(),
                                     loaded);
  }
  values[op.getResult()] = {loaded};
  return success();
}

} // namespace spak::conversion
