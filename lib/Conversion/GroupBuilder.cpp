// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the inputs, patterns and region of one map.
#include "GroupBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace spak::conversion {

GroupBuilder::GroupBuilder(KernelLowering &lowering, Value root)
    : lowering(lowering), root(root),
      map(*RegisterMap::of(cast<ir::TileType>(root.getType()))) {}

unsigned GroupBuilder::input(Value fragment, Attribute pattern) {
  for (auto [i, known] : llvm::enumerate(inputs)) {
    if (known == fragment && patterns[i] == pattern) {
      return i;
    }
  }
  inputs.push_back(fragment);
  patterns.push_back(pattern);
  return inputs.size() - 1;
}

unsigned GroupBuilder::coordinate(StringRef axis) {
  return coordinate(axis, map.axisPattern(axis));
}

unsigned GroupBuilder::coordinate(StringRef name, const DigitPattern &pattern) {
  for (auto [i, known] : llvm::enumerate(coordinateAxes)) {
    if (known == name) {
      return i;
    }
  }
  coordinateAxes.push_back(name.str());
  coordinates.push_back(lowering.patternAttr(pattern));
  return coordinates.size() - 1;
}

Value GroupBuilder::base(Value range) {
  StringRef axis = cast<ir::RangeType>(range.getType()).getAxis();
  return lowering.add(lowering.startOf(range),
                      lowering.threadCoordinate(map, axis));
}

LogicalResult GroupBuilder::visitLeaf(Value tile) {
  FailureOr<Value> fragment = lowering.fragment(tile);
  if (failed(fragment)) {
    return failure();
  }
  RegisterMap source = *RegisterMap::of(cast<ir::TileType>(tile.getType()));
  std::optional<DigitPattern> pattern = map.patternInto(source);
  if (!pattern) {
    return emitError(root.getLoc())
           << "expected an operand in the threads of " << root.getType()
           << ", got " << tile.getType();
  }
  cuda::PatternAttr attr = lowering.patternAttr(*pattern);
  bool same = attr.isIdentity() && map.count() == source.count();
  leaves[tile] = input(
      *fragment, same ? Attribute(UnitAttr::get(root.getContext())) : attr);
  return success();
}

LogicalResult GroupBuilder::visit(Value tile) {
  if (uniforms.count(tile) || leaves.count(tile) || indices.count(tile)) {
    return success();
  }
  Operation *def = tile.getDefiningOp();
  if (!def) {
    return visitLeaf(tile);
  }
  if (auto splat = dyn_cast<ir::SplatOp>(def)) {
    uniforms[tile] = lowering.scalar(splat.getSrc());
    return success();
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(def)) {
    auto dense = cast<DenseElementsAttr>(constant.getValue());
    uniforms[tile] = arith::ConstantOp::create(
        lowering.builder, tile.getLoc(),
        cast<TypedAttr>(dense.getSplatValue<Attribute>()));
    return success();
  }
  if (auto broadcast = dyn_cast<ir::BroadcastOp>(def)) {
    Operation *from = broadcast.getSrc().getDefiningOp();
    bool free =
        from &&
        isa<ir::SplatOp, ir::IndexOp, ir::BroadcastOp, arith::ConstantOp>(from);
    return free ? visit(broadcast.getSrc()) : visitLeaf(broadcast.getSrc());
  }
  if (auto index = dyn_cast<ir::IndexOp>(def)) {
    StringRef axis = cast<ir::RangeType>(index.getRange().getType()).getAxis();
    indices[tile] = {base(index.getRange()), coordinate(axis)};
    return success();
  }
  auto group = lowering.groupOf.find(def);
  bool inside = tile == root || (group != lowering.groupOf.end() &&
                                 group->second == root.getDefiningOp());
  if (inside) {
    if (auto mask = dyn_cast<ir::MaskOp>(def)) {
      return visitMask(mask);
    }
    for (Value operand : def->getOperands()) {
      if (failed(visit(operand))) {
        return failure();
      }
    }
    return success();
  }
  // A packed value is rounded again from the registers it was packed from.
  if (auto convert = dyn_cast<ir::ConvertOp>(def)) {
    if (group == lowering.groupOf.end()) {
      return visitLeaf(convert.getSrc());
    }
  }
  return visitLeaf(tile);
}

namespace {

Value convertScalar(OpBuilder &b, Location loc, Value value, Type to) {
  Type from = value.getType();
  if (from == to) {
    return value;
  }
  bool toFloat = isa<FloatType>(to), fromFloat = isa<FloatType>(from);
  if (toFloat && fromFloat) {
    if (to.getIntOrFloatBitWidth() > from.getIntOrFloatBitWidth()) {
      return arith::ExtFOp::create(b, loc, to, value);
    }
    if (to.getIntOrFloatBitWidth() == from.getIntOrFloatBitWidth()) {
      Value wide = arith::ExtFOp::create(b, loc, b.getF32Type(), value);
      return arith::TruncFOp::create(b, loc, to, wide);
    }
    return arith::TruncFOp::create(b, loc, to, value);
  }
  if (toFloat) {
    return arith::SIToFPOp::create(b, loc, to, value);
  }
  if (fromFloat) {
    return arith::FPToSIOp::create(b, loc, to, value);
  }
  if (to.getIntOrFloatBitWidth() > from.getIntOrFloatBitWidth()) {
    return arith::ExtSIOp::create(b, loc, to, value);
  }
  return arith::TruncIOp::create(b, loc, to, value);
}

} // namespace

Value GroupBuilder::emit(Value tile, OpBuilder &b, ValueRange args) {
  if (Value uniform = uniforms.lookup(tile)) {
    return uniform;
  }
  auto leaf = leaves.find(tile);
  if (leaf != leaves.end()) {
    return args[leaf->second];
  }
  if (Value done = emitted.lookup(tile)) {
    return done;
  }
  Location loc = tile.getLoc();
  Operation *def = tile.getDefiningOp();
  Type element = cast<ir::TileType>(tile.getType()).getElementType();
  Value result;
  auto index = indices.find(tile);
  if (index != indices.end()) {
    auto [start, at] = index->second;
    Value sum = arith::AddIOp::create(b, loc, start, args[inputs.size() + at]);
    result = convertScalar(b, loc, sum, element);
  } else if (auto broadcast = dyn_cast<ir::BroadcastOp>(def)) {
    result = emit(broadcast.getSrc(), b, args);
  } else if (auto mask = dyn_cast<ir::MaskOp>(def)) {
    result = emitMask(mask, b, args);
  } else if (auto convert = dyn_cast<ir::ConvertOp>(def)) {
    result = convertScalar(b, loc, emit(convert.getSrc(), b, args), element);
  } else if (auto select = dyn_cast<ir::SelectOp>(def)) {
    Value condition = emit(select.getCond(), b, args);
    Value yes = emit(select.getA(), b, args);
    Value no = emit(select.getB(), b, args);
    result = arith::SelectOp::create(b, loc, condition, yes, no);
  } else if (auto rounded = dyn_cast<ir::RoundedOp>(def)) {
    result = cuda::RoundedOp::create(
        b, loc, element, emit(rounded.getSrc(), b, args),
        rounded.getFunctionAttr(), rounded.getTypeAttr());
  } else {
    IRMapping mapping;
    for (Value operand : def->getOperands()) {
      mapping.map(operand, emit(operand, b, args));
    }
    Operation *copy = b.clone(*def, mapping);
    if (Attribute accuracy = def->getAttr(ir::SpakDialect::kAccuracyAttr)) {
      copy->removeAttr(ir::SpakDialect::kAccuracyAttr);
      copy->setAttr(cuda::kAccuracyAttr, accuracy);
    }
    copy->getResult(0).setType(element);
    result = copy->getResult(0);
  }
  emitted[tile] = result;
  return result;
}

/// Four registers of one row at a time, where the register digits allow it:
/// what is not a number must not reach another row.
ArrayAttr GroupBuilder::foursOfRow() {
  const Digit *near = nullptr, *far = nullptr;
  for (const Digit &digit : map.registers) {
    if (!near && digit.position == 1 && digit.extent == 2) {
      near = &digit;
    } else if (near && !far && digit.axis == near->axis &&
               digit.extent % 2 == 0) {
      far = &digit;
    }
  }
  if (!far) {
    return {};
  }
  SmallVector<int64_t> extents, strides;
  for (const Digit &digit : map.registers) {
    if (&digit == near) {
      continue;
    }
    bool cut = &digit == far;
    extents.push_back(digit.extent / (cut ? 2 : 1));
    strides.push_back(digit.position * (cut ? 2 : 1));
  }
  MLIRContext *context = lowering.builder.getContext();
  Attribute first = cuda::PatternAttr::get(context, extents, strides);
  Attribute member =
      cuda::PatternAttr::get(context, {2, 2}, {1, far->position});
  return lowering.builder.getArrayAttr({first, member});
}

/// Where an absolute error is enough, tanh is computed from its exponent to
/// base 2, so that uniform factors and that of the exponent are one.
void GroupBuilder::computeInFours(cuda::MapOp op, math::TanhOp tanh) {
  constexpr double kExponent = 2.8853900817779268; // 2 / ln 2
  auto accuracy = tanh->getAttrOfType<StringAttr>(cuda::kAccuracyAttr);
  ArrayAttr fours = foursOfRow();
  if (!fours || accuracy != "absolute") {
    return;
  }
  op.setFoursAttr(fours);
  OpBuilder outside(op), b(tanh);
  Location loc = tanh.getLoc();
  Value factor =
      arith::ConstantOp::create(outside, loc, b.getF32FloatAttr(kExponent));
  Value operand = tanh.getOperand();
  while (auto product = operand.getDefiningOp<arith::MulFOp>()) {
    Value uniform = product.getRhs();
    if (uniform.getParentBlock() == op.getBlock() || !product->hasOneUse()) {
      break;
    }
    factor = arith::MulFOp::create(outside, loc, factor, uniform);
    operand = product.getLhs();
  }
  tanh.getOperandMutable().assign(
      arith::MulFOp::create(b, loc, operand, factor).getResult());
}

FailureOr<Value> GroupBuilder::build() {
  if (failed(visit(root))) {
    return failure();
  }
  auto type = cast<ir::TileType>(root.getType());
  auto made = cuda::MapOp::create(
      lowering.builder, root.getLoc(), lowering.fragmentType(type, false),
      inputs, patterns, coordinates, /*inPlace=*/std::nullopt,
      [&](OpBuilder &b, Location, ValueRange args) {
        return emit(root, b, args);
      });
  auto tanhs = made.getBlock()->getOps<math::TanhOp>();
  if (llvm::hasSingleElement(tanhs)) {
    computeInFours(made, *tanhs.begin());
  }
  return made.getResult();
}

} // namespace spak::conversion
