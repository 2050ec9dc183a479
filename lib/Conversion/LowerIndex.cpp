// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: uniform scalars (an index is an i32 here), kernel arguments made on
// demand, and a thread's own coordinates.
#include "Lowering.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace spak::conversion {

std::string nameOfArgument(ir::KernelOp kernel, unsigned index) {
  auto name = kernel.getArgAttrOfType<StringAttr>(index, "spak.name");
  return name ? name.str() : "arg" + std::to_string(index);
}

namespace {

/// Where \p value comes from; its name is its own.
Location unnamed(Value value) {
  Location loc = value.getLoc();
  while (auto name = dyn_cast<NameLoc>(loc)) {
    loc = name.getChildLoc();
  }
  return loc;
}

/// Gives a value that was computed here a name in the text.
Value named(Value value, const Twine &name) {
  Operation *def = value.getDefiningOp();
  if (def && isa<arith::ArithDialect>(def->getDialect()) &&
      !isa<arith::ConstantOp>(def)) {
    value.setLoc(NameLoc::get(StringAttr::get(value.getContext(), name),
                              unnamed(value)));
  }
  return value;
}

} // namespace

Value KernelLowering::constant(int64_t value) {
  return arith::ConstantIntOp::create(builder, kernel.getLoc(), value, 32);
}

Value KernelLowering::constant64(int64_t value) {
  return arith::ConstantIntOp::create(builder, kernel.getLoc(), value, 64);
}

Value KernelLowering::add(Value a, Value b) {
  return builder.createOrFold<arith::AddIOp>(unnamed(a), a, b);
}

Value KernelLowering::sub(Value a, Value b) {
  return builder.createOrFold<arith::SubIOp>(unnamed(a), a, b);
}

Value KernelLowering::mul(Value a, int64_t b) {
  if (b == 1) {
    return a;
  }
  return builder.createOrFold<arith::MulIOp>(unnamed(a), a, constant(b));
}

Value KernelLowering::floorDiv(Value a, int64_t b) {
  if (b == 1) {
    return a;
  }
  if (llvm::isPowerOf2_64(b)) {
    return builder.createOrFold<arith::ShRSIOp>(unnamed(a), a,
                                                constant(llvm::Log2_64(b)));
  }
  // Division truncates: step a negative number back first.
  Value negative = arith::CmpIOp::create(
      builder, unnamed(a), arith::CmpIPredicate::slt, a, constant(0));
  Value back = sub(a, constant(b - 1));
  Value from = arith::SelectOp::create(builder, unnamed(a), negative, back, a);
  return arith::DivSIOp::create(builder, unnamed(a), from, constant(b));
}

Value KernelLowering::expandAffine(AffineExpr expr, ValueRange dims,
                                   ValueRange symbols) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr)) {
    return constant(number.getValue());
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    return dims[dim.getPosition()];
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    return symbols[symbol.getPosition()];
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value left = expandAffine(binary.getLHS(), dims, symbols);
  auto number = dyn_cast<AffineConstantExpr>(binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    if (number && number.getValue() < 0) {
      return sub(left, constant(-number.getValue()));
    }
    // `a + b * -1` is how affine writes a difference.
    if (auto product = dyn_cast<AffineBinaryOpExpr>(binary.getRHS())) {
      auto factor = dyn_cast<AffineConstantExpr>(product.getRHS());
      if (product.getKind() == AffineExprKind::Mul && factor &&
          factor.getValue() == -1) {
        return sub(left, expandAffine(product.getLHS(), dims, symbols));
      }
    }
    return add(left, expandAffine(binary.getRHS(), dims, symbols));
  case AffineExprKind::Mul:
    if (number && number.getValue() == -1) {
      return sub(constant(0), left);
    }
    if (number) {
      return mul(left, number.getValue());
    }
    return arith::MulIOp::create(builder, unnamed(left), left,
                                 expandAffine(binary.getRHS(), dims, symbols));
  case AffineExprKind::FloorDiv:
    return floorDiv(left, number.getValue());
  case AffineExprKind::CeilDiv:
    return floorDiv(add(left, constant(number.getValue() - 1)),
                    number.getValue());
  case AffineExprKind::Mod:
    return sub(left, mul(floorDiv(left, number.getValue()), number.getValue()));
  default:
    llvm_unreachable("not a binary affine expression");
  }
}

Value KernelLowering::scalar(Value value) {
  auto found = values.find(value);
  if (found != values.end()) {
    return found->second.front();
  }
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    assert(arg.getOwner() == &kernel.getBody().front());
    bool dim = value.getType().isIndex();
    return argument({dim ? DeviceArgument::Dim : DeviceArgument::Scalar, arg});
  }
  // What stands outside the roles is computed where it is first needed, so
  // that what only the launch needs costs the device nothing.
  Operation *def = value.getDefiningOp();
  assert(def && def->getBlock() == &kernel.getBody().front());
  OpBuilder::InsertionGuard guard(builder);
  for (Value operand : def->getOperands()) {
    if (!isa<ir::RangeType>(operand.getType())) {
      scalar(operand);
    }
  }
  if (kernelTop) {
    builder.setInsertionPointAfter(kernelTop);
  } else {
    builder.setInsertionPointToStart(device.getEntryBlock());
  }
  if (failed(lowerScalarOp(*def))) {
    return constant(0);
  }
  if (builder.getInsertionPoint() != builder.getBlock()->begin()) {
    kernelTop = &*std::prev(builder.getInsertionPoint());
  }
  return values[value].front();
}

LogicalResult KernelLowering::lowerScalarOp(Operation &op) {
  auto one = [&](Value result) {
    values[op.getResult(0)] = {result};
    return success();
  };
  if (auto count = dyn_cast<ir::TileCountOp>(op)) {
    int64_t size = count.getSize();
    Value extent = scalar(count.getExtent());
    Value tiles = floorDiv(add(extent, constant(size - 1)), size);
    if (auto arg = dyn_cast<BlockArgument>(count.getExtent())) {
      if (arg.getOwner() == &kernel.getBody().front()) {
        named(tiles, nameOfArgument(kernel, arg.getArgNumber()) + "_tiles");
      }
    }
    return one(tiles);
  }
  if (auto start = dyn_cast<ir::StartOp>(op)) {
    return one(startOf(start.getRange()));
  }
  if (auto range = dyn_cast<ir::TileRangeOp>(op)) {
    return one(scalar(range.getTile()));
  }
  if (auto part = dyn_cast<ir::SubrangeOp>(op)) {
    // The first element; other ranges are the number of their tile.
    return one(add(startOf(part.getRange()), scalar(part.getFrom())));
  }
  if (auto start = dyn_cast<ir::ClusterStartOp>(op)) {
    auto range = dyn_cast<ir::RangeType>(start.getRange().getType());
    int64_t blocks = start.getBlocks(), size = range ? range.getSize() : 1;
    Value first =
        mul(floorDiv(scalar(start.getRange()), blocks), blocks * size);
    return one(start.getLast() ? add(first, constant((blocks - 1) * size))
                               : first);
  }
  if (isa<ir::AllOp>(op)) {
    return one(constant(0));
  }
  if (isa<affine::AffineMinOp, affine::AffineMaxOp, affine::AffineApplyOp>(
          op)) {
    AffineMap map = cast<AffineMapAttr>(op.getAttr("map")).getValue();
    SmallVector<Value> operands;
    for (Value operand : op.getOperands()) {
      operands.push_back(scalar(operand));
    }
    ValueRange all(operands);
    Value result;
    for (AffineExpr expr : map.getResults()) {
      Value next = expandAffine(expr, all.take_front(map.getNumDims()),
                                all.drop_front(map.getNumDims()));
      if (!result) {
        result = next;
      } else if (isa<affine::AffineMinOp>(op)) {
        result = arith::MinSIOp::create(builder, op.getLoc(), result, next);
      } else {
        result = arith::MaxSIOp::create(builder, op.getLoc(), result, next);
      }
    }
    return one(result);
  }
  if (auto number = dyn_cast<arith::ConstantOp>(op)) {
    if (op.getResult(0).getType().isIndex()) {
      return one(constant(cast<IntegerAttr>(number.getValue()).getInt()));
    }
    return one(builder.clone(op)->getResult(0));
  }
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    Value from = scalar(op.getOperand(0));
    Type to = op.getResult(0).getType();
    if (to.isIndex()) {
      to = builder.getI32Type();
    }
    if (from.getType() == to) {
      return one(from);
    }
    if (from.getType().getIntOrFloatBitWidth() > to.getIntOrFloatBitWidth()) {
      return one(arith::TruncIOp::create(builder, op.getLoc(), to, from));
    }
    return one(arith::ExtSIOp::create(builder, op.getLoc(), to, from));
  }
  StringRef dialect = op.getName().getDialectNamespace();
  if ((dialect != "arith" && dialect != "math") || op.getNumResults() != 1) {
    return op.emitOpError("has no form on the device");
  }
  IRMapping mapping;
  for (Value operand : op.getOperands()) {
    mapping.map(operand, scalar(operand));
  }
  Operation *copy = builder.clone(op, mapping);
  if (copy->getResult(0).getType().isIndex()) {
    copy->getResult(0).setType(builder.getI32Type());
  }
  return one(copy->getResult(0));
}

/// Whether \p range is handed on by a loop or grid that began with a subrange:
/// what is handed on is the number of a tile.
static bool isCarriedPart(Value range) {
  auto argument = dyn_cast<BlockArgument>(range);
  Operation *owner = argument ? argument.getOwner()->getParentOp() : nullptr;
  unsigned number = argument ? argument.getArgNumber() : 0;
  ValueRange inits;
  if (auto loop = dyn_cast_or_null<ir::ForOp>(owner); loop && number > 0) {
    inits = loop.getInitArgs();
    number -= 1;
  } else if (auto grid = dyn_cast_or_null<ir::GridOp>(owner);
             grid && number >= grid.getExtents().size()) {
    inits = grid.getInitArgs();
    number -= grid.getExtents().size();
  } else {
    return false;
  }
  return inits[number].getDefiningOp<ir::SubrangeOp>() ||
         isCarriedPart(inits[number]);
}

Value KernelLowering::startOf(Value range) {
  if (range.getDefiningOp<ir::SubrangeOp>()) {
    return scalar(range);
  }
  if (isCarriedPart(range)) {
    kernel.emitOpError("carries a part of a range from one tile to the next, "
                       "which is not supported yet");
  }
  auto type = cast<ir::RangeType>(range.getType());
  Value first = mul(scalar(range), type.getSize());
  return type.getSize() == 1 ? first
                             : named(first, type.getAxis().getValue() + "0");
}

Value KernelLowering::extentOf(Value view, int64_t axis) {
  auto type = cast<ir::ViewType>(view.getType());
  int64_t size = type.getShape()[axis];
  if (!ShapedType::isDynamic(size)) {
    return constant(size);
  }
  if (ir::PackAxesOp pack = ir::PackAxesOp::behind(view, axis)) {
    Value extent = extentOf(pack.getView(), axis);
    return extent ? mul(extent, pack.getSize()) : Value();
  }
  StringAttr name = type.getAxes()[axis];
  for (BlockArgument arg : kernel.getArguments()) {
    if (arg.getType().isIndex() &&
        nameOfArgument(kernel, arg.getArgNumber()) == name.getValue()) {
      return scalar(arg);
    }
  }
  return {};
}

Value KernelLowering::argument(DeviceArgument wanted) {
  for (auto [i, known] : llvm::enumerate(arguments)) {
    if (known.kind == wanted.kind && known.source == wanted.source &&
        known.axis == wanted.axis && known.box == wanted.box &&
        known.order == wanted.order && known.swizzle == wanted.swizzle) {
      return device.getEntryBlock()->getArgument(i);
    }
  }
  Type type;
  MLIRContext *context = builder.getContext();
  switch (wanted.kind) {
  case DeviceArgument::TensorMap:
    type = cuda::TensorMapType::get(context);
    break;
  case DeviceArgument::Pointer:
    type = cuda::GlobalType::get(
        context, cast<ir::ViewType>(wanted.source.getType()).getElementType());
    break;
  case DeviceArgument::Stride:
    type = builder.getI64Type();
    break;
  case DeviceArgument::Scalar:
    type = wanted.source.getType();
    break;
  case DeviceArgument::Dim:
    type = builder.getI32Type();
    break;
  case DeviceArgument::Workspace:
    type = cuda::GlobalType::get(context, builder.getI32Type());
    break;
  }
  unsigned at = 0;
  while (at < arguments.size() && arguments[at].kind <= wanted.kind) {
    ++at;
  }
  arguments.insert(arguments.begin() + at, wanted);
  return device.getEntryBlock()->insertArgument(
      at, type, wanted.source ? wanted.source.getLoc() : kernel.getLoc());
}

Value KernelLowering::atRoleTop(StringRef key,
                                llvm::function_ref<Value()> make) {
  auto found = roleValues.find(key.str());
  if (found != roleValues.end()) {
    return found->second;
  }
  OpBuilder::InsertionGuard guard(builder);
  if (roleTop) {
    builder.setInsertionPointAfter(roleTop);
  } else {
    builder.setInsertionPointToStart(roleBlock);
  }
  Value value = make();
  roleTop = &*std::prev(builder.getInsertionPoint());
  roleValues[key.str()] = value;
  return value;
}

Value KernelLowering::laneIsZero() {
  return atRoleTop("lane0", [&]() -> Value {
    return arith::CmpIOp::create(builder, kernel.getLoc(),
                                 arith::CmpIPredicate::eq, laneId(),
                                 constant(0));
  });
}

Value KernelLowering::laneIsBelow(int64_t lanes) {
  return atRoleTop("lane below " + std::to_string(lanes), [&]() -> Value {
    return named(arith::CmpIOp::create(builder, kernel.getLoc(),
                                       arith::CmpIPredicate::slt, laneId(),
                                       constant(lanes)),
                 "releases");
  });
}

Value KernelLowering::blockOfLane(int64_t blocks) {
  return atRoleTop("block of lane " + std::to_string(blocks), [&]() -> Value {
    return named(arith::RemUIOp::create(builder, kernel.getLoc(), laneId(),
                                        constant(blocks)),
                 "told_block");
  });
}

Value KernelLowering::threadIsZero() {
  return atRoleTop("thread0", [&]() -> Value {
    Value thread = cuda::ThreadInGroupOp::create(builder, kernel.getLoc());
    return arith::CmpIOp::create(builder, kernel.getLoc(),
                                 arith::CmpIPredicate::eq, thread, constant(0));
  });
}

Value KernelLowering::laneId() {
  return atRoleTop("lane", [&]() -> Value {
    return cuda::LaneOp::create(builder, kernel.getLoc());
  });
}

Value KernelLowering::warpId() {
  return atRoleTop("warp", [&]() -> Value {
    return cuda::WarpInGroupOp::create(builder, kernel.getLoc());
  });
}

Value KernelLowering::groupInRole() {
  return atRoleTop("group", [&]() -> Value {
    return cuda::GroupInRoleOp::create(builder, kernel.getLoc());
  });
}

Value KernelLowering::groupCoordinate(const RegisterMap &map, StringRef axis) {
  RegisterMap groupsOnly;
  groupsOnly.groups = map.groups;
  return groupsOnly.hasAxisInThreads(axis) ? threadCoordinate(groupsOnly, axis)
                                           : Value();
}

Value KernelLowering::threadCoordinate(const RegisterMap &map, StringRef axis) {
  std::string key = "coordinate";
  auto digits = [&](ArrayRef<Digit> list, StringRef id, int64_t size,
                    llvm::function_ref<void(const Digit &, bool)> visit) {
    for (const Digit &digit : list) {
      if (digit.axis == axis && digit.extent > 1) {
        visit(digit, digit.position * digit.extent < size);
        key += (" " + id + " " + Twine(digit.position) + ":" +
                Twine(digit.extent) + "*" + Twine(digit.stride))
                   .str();
      }
    }
  };
  auto ignore = [](const Digit &, bool) {};
  digits(map.lanes, "lane", 32, ignore);
  digits(map.warps, "warp", 4, ignore);
  digits(map.groups, "group", roleWarps / 4, ignore);
  std::string full = key;
  return atRoleTop(full, [&]() -> Value {
    Value sum;
    auto addDigits = [&](ArrayRef<Digit> list, StringRef id, int64_t size,
                         llvm::function_ref<Value()> index) {
      digits(list, id, size, [&](const Digit &digit, bool wraps) {
        Location loc = kernel.getLoc();
        Value part = index();
        if (digit.position > 1) {
          part = arith::DivUIOp::create(builder, loc, part,
                                        constant(digit.position));
        }
        if (wraps) {
          part = arith::RemUIOp::create(builder, loc, part,
                                        constant(digit.extent));
        }
        part = mul(part, digit.stride);
        sum = sum ? add(sum, part) : part;
      });
    };
    addDigits(map.groups, "group", roleWarps / 4,
              [&] { return groupInRole(); });
    addDigits(map.warps, "warp", 4, [&] { return warpId(); });
    addDigits(map.lanes, "lane", 32, [&] { return laneId(); });
    if (!sum) {
      return constant(0);
    }
    return named(sum, axis + "_thread");
  });
}

} // namespace spak::conversion
