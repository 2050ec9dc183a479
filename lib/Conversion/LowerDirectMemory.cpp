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

FailureOr<DirectAccess> KernelLowering::describe(Operation *op, Value view,
                                                 ValueRange at,
                                                 const RegisterMap &map) {
  Location loc = op->getLoc();
  DirectAccess access;
  for (auto [i, index] : llvm::enumerate(at)) {
    Value step = strideOf(view, i);
    auto range = dyn_cast<ir::RangeType>(index.getType());
    if (!range) {
      Value wide = arith::ExtSIOp::create(builder, loc, builder.getI64Type(),
                                          scalar(index));
      Value part = builder.createOrFold<arith::MulIOp>(loc, wide, step);
      access.base = access.base ? add(access.base, part) : part;
      continue;
    }
    Value limit = extentOf(view, i);
    if (!limit) {
      return op->emitOpError("expected a dim called `")
             << cast<ir::ViewType>(view.getType()).getAxes()[i].getValue()
             << "` among the arguments";
    }
    if (auto part = index.getDefiningOp<ir::SubrangeOp>()) {
      limit = arith::MinSIOp::create(builder, loc, limit, scalar(part.getTo()));
    }
    access.coordinates.push_back(
        add(startOf(index), threadCoordinate(map, range.getAxis())));
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
  DeviceArgument wanted{DeviceArgument::Stride, cast<BlockArgument>(view)};
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
      argument({DeviceArgument::Pointer, cast<BlockArgument>(op.getView())});
  cuda::StoreFragOp::create(builder, op.getLoc(), *frag, pointer, access->base,
                            access->coordinates, access->strides,
                            access->limits, writesCopies(*map),
                            builder.getArrayAttr(access->patterns),
                            /*vec=*/1);
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
      argument({DeviceArgument::Pointer, cast<BlockArgument>(op.getView())});
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
      argument({DeviceArgument::Pointer, cast<BlockArgument>(op.getView())});
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
