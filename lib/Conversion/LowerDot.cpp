// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: a dot as one asynchronous product. Which operand is A follows from
// the result's layout: its warps run over A's free axis.
#include "Lowering.h"
#include "spak/Layout/TensorCore.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace spak::conversion {

namespace {

/// What one wgmma of a 16-bit type contracts.
constexpr int64_t kStep = 16;

bool hasAxis(ir::TileType tile, StringRef axis) {
  return tile.axisIndex(axis) >= 0;
}

/// How the tensor core walks a shared operand that is contracted over
/// \p over; absent where it cannot.
cuda::DescAttr descriptorOf(ir::TileType tile, StringRef over) {
  auto layout = cast<ir::LayoutAttr>(tile.getLayout());
  std::optional<layout::WgmmaDescriptor> found = layout::wgmmaDescriptor(
      layout.toLayout(), over,
      tile.getElementType().getIntOrFloatBitWidth() / 8);
  if (!found) {
    return {};
  }
  return cuda::DescAttr::get(tile.getContext(), found->lbo, found->sbo,
                             found->swizzle, found->kstep, found->kstepsPerSlab,
                             found->slab, found->transposed);
}

} // namespace

/// Byte offset of the group's own part of a shared operand; null where every
/// group reads all of it.
Value KernelLowering::groupOffset(const RegisterMap &result,
                                  const SharedMap &map) {
  Value offset;
  for (const Digit &digit : result.groups) {
    bool present = llvm::any_of(map.digits, [&](const Digit &other) {
      return other.axis == digit.axis;
    });
    if (!present || digit.extent == 1 || digit.replicated()) {
      continue;
    }
    int64_t bytes = map.offsetOf(digit.axis, digit.stride);
    std::string key = ("offset " + Twine(digit.position) + ":" +
                       Twine(digit.extent) + "*" + Twine(bytes))
                          .str();
    Value part = atRoleTop(key, [&]() -> Value {
      Value group = groupInRole();
      if (digit.position > 1) {
        group = arith::DivUIOp::create(builder, kernel.getLoc(), group,
                                       constant(digit.position));
      }
      if (digit.position * digit.extent < roleWarps / 4) {
        group = arith::RemUIOp::create(builder, kernel.getLoc(), group,
                                       constant(digit.extent));
      }
      return arith::MulIOp::create(builder, kernel.getLoc(), group,
                                   constant(bytes));
    });
    offset = offset ? add(offset, part) : part;
  }
  return offset;
}

LogicalResult KernelLowering::lowerDot(ir::DotOp op) {
  auto type = cast<ir::TileType>(op.getResult().getType());
  std::optional<RegisterMap> result = RegisterMap::of(type);
  if (!result || result->warps.empty()) {
    return op.emitOpError("expected a result laid out over warps, got ")
           << type;
  }
  StringRef rowsAxis = result->warps.front().axis, over = op.getOver();
  Value a = op.getA(), b = op.getB();
  if (!hasAxis(cast<ir::TileType>(a.getType()), rowsAxis)) {
    std::swap(a, b);
  }
  auto aType = cast<ir::TileType>(a.getType());
  auto bType = cast<ir::TileType>(b.getType());
  std::optional<SharedMap> bMap = SharedMap::of(bType);
  if (!bMap) {
    return op.emitOpError("expected the operand without axis `")
           << rowsAxis << "` in shared memory, got " << bType;
  }
  auto inShared = [&](Value tile, cuda::DescAttr &desc, Value &buffer,
                      Value &slot) -> LogicalResult {
    auto found = places.find(tile);
    desc = descriptorOf(cast<ir::TileType>(tile.getType()), over);
    if (found == places.end() || !desc) {
      return op.emitOpError("expected a swizzled tile of a ring, got ")
             << tile.getType();
    }
    RingOnDevice &ring = rings[found->second.ring];
    buffer = ring.buffers[found->second.tile];
    slot = slotIndex(ring, scalar(tile));
    return success();
  };
  cuda::DescAttr bDesc;
  Value bBuffer, bSlot;
  if (failed(inShared(b, bDesc, bBuffer, bSlot))) {
    return failure();
  }
  int64_t columns = 1;
  for (auto [axis, size] : llvm::zip(bType.getAxes(), bType.getShape())) {
    columns *= axis == over ? 1 : size;
  }
  for (const Digit &digit : result->groups) {
    columns /= hasAxis(bType, digit.axis) ? digit.extent : 1;
  }
  auto [from, depth] = op.contracted();
  IntegerAttr first;
  if (op.getPart()) {
    first = builder.getI64IntegerAttr(from / kStep);
  }

  Value acc;
  Value blocks = op.getNeeded() ? scalar(op.getNeeded()) : Value();
  IntegerAttr by = blocks ? op.getByAttr() : IntegerAttr();
  if (op.getAcc() && (blocks || !isZeroTile(op.getAcc()))) {
    FailureOr<Value> from = fragment(op.getAcc());
    if (failed(from)) {
      return failure();
    }
    acc = *from;
  }
  Type fragType = fragmentType(type, /*packed=*/false);
  Value bOffset = groupOffset(*result, *bMap);
  if (std::optional<SharedMap> aMap = SharedMap::of(aType)) {
    cuda::DescAttr aDesc;
    Value aBuffer, aSlot;
    if (failed(inShared(a, aDesc, aBuffer, aSlot))) {
      return failure();
    }
    IntegerAttr blockBytes;
    if (blocks) {
      if (*op.getAlong() == over) {
        return op.emitOpError("leaves out blocks of an operand in shared "
                              "memory, which is not supported");
      }
      blockBytes = builder.getI64IntegerAttr(
          bMap->offsetOf(*op.getAlong(), by.getInt()));
      // What is left out must hold something.
      if (!acc) {
        Value zero = arith::ConstantOp::create(builder, op.getLoc(),
                                               builder.getF32FloatAttr(0));
        acc = cuda::FragFillOp::create(builder, op.getLoc(), fragType, zero);
      }
    }
    values[op.getResult()] = {cuda::WgmmaSSOp::create(
        builder, op.getLoc(), fragType, aBuffer, aSlot,
        groupOffset(*result, *aMap), bBuffer, bSlot, bOffset, acc, blocks,
        aDesc, bDesc, builder.getI64IntegerAttr(columns),
        builder.getI64IntegerAttr(depth), first, by, blockBytes)};
    return success();
  }
  FailureOr<Value> registers = fragment(a);
  if (failed(registers)) {
    return failure();
  }
  values[op.getResult()] = {cuda::WgmmaRSOp::create(
      builder, op.getLoc(), fragType, *registers, bBuffer, bSlot, bOffset, acc,
      blocks, bDesc, builder.getI64IntegerAttr(columns),
      builder.getI64IntegerAttr(depth), first, by)};
  return success();
}

/// The bits of the group's own rows: where each condition of one map reaches 0
/// somewhere in the block.
LogicalResult KernelLowering::lowerNeeded(ir::NeededOp op) {
  Location loc = op.getLoc();
  int64_t by = op.getBy(), count = op.getBlocks()[1];
  SmallVector<Value> starts, symbols;
  for (Value range : op.getRanges()) {
    Value start = startOf(range);
    bool isRows =
        cast<ir::RangeType>(range.getType()).getAxis() == op.getRows();
    if (isRows && op.getBlocks()[0] > 1) {
      start = add(start, atRoleTop("rows of the group", [&]() -> Value {
                    return arith::MulIOp::create(builder, kernel.getLoc(),
                                                 groupInRole(), constant(64));
                  }));
    }
    starts.push_back(start);
  }
  for (Value symbol : op.getSyms()) {
    symbols.push_back(scalar(symbol));
  }
  // How far a condition may rise inside the block.
  auto rise = [&](AffineExpr expr, int64_t column) {
    int64_t most = 0;
    for (auto [i, range] : llvm::enumerate(op.getRanges())) {
      auto at = [&expr, dim = i](int64_t value) {
        return expr.replace(getAffineDimExpr(dim, expr.getContext()),
                            getAffineConstantExpr(value, expr.getContext()));
      };
      AffineExpr step =
          simplifyAffineExpr(at(1) - at(0), starts.size(), symbols.size());
      int64_t factor = cast<AffineConstantExpr>(step).getValue();
      StringRef axis = cast<ir::RangeType>(range.getType()).getAxis();
      if (axis == op.getColumns()) {
        most += factor * column + std::max<int64_t>(factor * (by - 1), 0);
      } else if (axis == op.getRows()) {
        most += std::max<int64_t>(factor * 63, 0);
      }
    }
    return most;
  };
  Value bits;
  for (int64_t block = 0; block < count; ++block) {
    Value any;
    for (AffineMap map : op.getKeep().getAsValueRange<AffineMapAttr>()) {
      Value all;
      for (AffineExpr expr : map.getResults()) {
        Value most = add(expandAffine(expr, starts, symbols),
                         constant(rise(expr, block * by)));
        Value holds = arith::CmpIOp::create(
            builder, loc, arith::CmpIPredicate::sge, most, constant(0));
        all = all ? arith::AndIOp::create(builder, loc, all, holds).getResult()
                  : holds;
      }
      any =
          any ? arith::OrIOp::create(builder, loc, any, all).getResult() : all;
    }
    Value bit = arith::SelectOp::create(
        builder, loc, any, constant(int64_t(1) << block), constant(0));
    bits =
        bits ? arith::OrIOp::create(builder, loc, bits, bit).getResult() : bit;
  }
  values[op.getResult()] = {bits};
  return success();
}

} // namespace spak::conversion
