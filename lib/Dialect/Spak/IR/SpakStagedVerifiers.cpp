// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules of rings and roles, each under its label. What the rules mean
// stands in the ops' descriptions.
#include "TileRules.h"

using namespace mlir;
using namespace spak::ir;

/// RING-SLOT-TYPE
static LogicalResult verifySlot(Operation *op, RingType ring, SlotType slot) {
  if (ring.getTiles() != slot.getTiles()) {
    return op->emitOpError("expected a slot of ") << ring << ", got " << slot;
  }
  return success();
}

/// The tile number \p index of \p slot, or nothing and an error.
static FailureOr<TileType> tileOfSlot(Operation *op, SlotType slot,
                                      uint64_t index) {
  if (index >= slot.getTiles().size()) {
    return op->emitOpError("expected a tile below ")
           << slot.getTiles().size() << " of " << slot << ", got " << index;
  }
  return cast<TileType>(slot.getTiles()[index]);
}

LogicalResult RingAcquireOp::verify() {
  return verifySlot(*this, getRing().getType(), getSlot().getType());
}

LogicalResult RingFillOp::verify() {
  // RING-CLUSTER
  if (getMulticast() != 1) {
    auto acquire = getSlot().getDefiningOp<RingAcquireOp>();
    auto ring = acquire ? acquire.getRing().getDefiningOp<RingOp>() : RingOp();
    if (ring && ring.getCluster() != getMulticast()) {
      return emitOpError("sends to ")
             << getMulticast() << " blocks, its ring has a cluster of "
             << ring.getCluster();
    }
  }
  FailureOr<TileType> tile = tileOfSlot(*this, getSlot().getType(), getTile());
  return failure(
      failed(tile) || failed(verifyRank(*this, getView().getType(), getAt())) ||
      failed(verifyAxes(*this, getView().getType(), getAt(), *tile)));
}

LogicalResult RingPutOp::verify() {
  FailureOr<TileType> tile = tileOfSlot(*this, getSlot().getType(), getTile());
  if (failed(tile)) {
    return failure();
  }
  if (getSrc().getType().withLayout(tile->getLayout()) != *tile) {
    return emitOpError("expected a tile like ")
           << *tile << ", got " << getSrc().getType();
  }
  return success();
}

LogicalResult RingCommitOp::verify() {
  return verifySlot(*this, getRing().getType(), getSlot().getType());
}

LogicalResult RingWaitOp::verify() {
  if (failed(verifySlot(*this, getRing().getType(), getSlot().getType()))) {
    return failure();
  }
  if (!llvm::equal(getTiles().getTypes(), getRing().getType().getTiles())) {
    return emitOpError("expected the tiles of ")
           << getRing().getType() << ", got " << getTiles().getTypes();
  }
  return success();
}

LogicalResult RingReleaseOp::verify() {
  return verifySlot(*this, getRing().getType(), getSlot().getType());
}

/// The limit \p name of the module around \p op, if it has a target.
static std::optional<int64_t> limitOf(Operation *op, StringRef name) {
  auto module = op->getParentOfType<ModuleOp>();
  auto target =
      module ? module->getAttrOfType<TargetAttr>(SpakDialect::kTargetAttr)
             : TargetAttr();
  auto limit =
      target ? target.getLimits().getAs<IntegerAttr>(name) : IntegerAttr();
  return limit ? std::optional<int64_t>(limit.getInt()) : std::nullopt;
}

LogicalResult RolesOp::verify() {
  // ROLES-ONLY-ROLES
  constexpr int64_t kWarpSize = 32;
  llvm::SmallPtrSet<Attribute, 4> names;
  int64_t threads = 0, registers = 0;
  for (Operation &op : getBody().front()) {
    auto role = dyn_cast<RoleOp>(op);
    if (!role) {
      return op.emitOpError("stands among roles");
    }
    if (!names.insert(role.getNameAttr()).second) {
      return role.emitOpError("expected different roles, got `")
             << role.getName() << "` twice";
    }
    int64_t own = static_cast<int64_t>(role.getWarps()) * kWarpSize;
    threads += own;
    registers += own * static_cast<int64_t>(role.getRegisters());
  }
  if (std::optional<int64_t> limit = limitOf(*this, "max_threads_per_block");
      limit && threads > *limit) {
    return emitOpError("has ")
           << threads << " threads, the target allows " << *limit;
  }
  if (std::optional<int64_t> limit = limitOf(*this, "registers_per_sm");
      limit && threads > 0) {
    // A launch gives registers out in eights a thread.
    constexpr int64_t step = 8;
    int64_t pool = *limit / threads / step * step * threads;
    if (registers > pool) {
      return emitOpError("has ") << registers << " registers, a launch of "
                                 << threads << " threads has " << pool;
    }
  }
  return success();
}

LogicalResult TurnOp::verify() {
  // TURN-DECLARED
  auto role = (*this)->getParentOfType<RoleOp>();
  ArrayAttr turns = role ? role.getTurnAttr() : ArrayAttr();
  if (!turns || !llvm::is_contained(turns, getBatonAttr())) {
    return emitOpError("expected the role around it to name baton `")
           << getBaton() << "`";
  }
  return success();
}
