// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how tiles travel between global and shared memory, and the sum of
// shared bytes. Knows layouts only by their sizes.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Requests.h"
#include "TileLayouts.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANSTAGING
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// A tensor map has at most this many dims (PTX ISA 8.5, 5.5.3).
constexpr int64_t kMaxTensorMapRank = 5;
/// Where a swizzled tile must begin (PTX ISA 8.5, 9.7.14.5.1).
constexpr int64_t kAlignment = 1024;
/// Rows that a warpgroup's product has (PTX ISA 8.5, 9.7.15.2).
constexpr int64_t kRowsPerGroup = 64;
/// A full and an empty mbarrier a slot.
constexpr int64_t kBarrierBytes = 16;

int64_t roundUp(int64_t bytes, int64_t step) {
  return (bytes + step - 1) / step * step;
}

/// One user of shared memory, for the error that shows the sum.
struct SharedUse {
  Operation *op;
  std::string what;
  int64_t bytes;
};

class StagingPlan {
public:
  StagingPlan(KernelOp kernel, int64_t defaultSlots)
      : kernel(kernel), requests(kernel), defaultSlots(defaultSlots) {}

  LogicalResult run();

private:
  /// Counts the bytes of a ring for \p load.
  void addRing(LoadOp load, int64_t slots);
  LogicalResult checkDirect(LoadOp load);
  LogicalResult planLoad(LoadOp load);
  LogicalResult planStore(StoreOp store);
  bool canGoByTma(StoreOp store) const;
  LogicalResult checkSum();
  int64_t sum() const;
  Ground slotsOf(LoadOp load) const;

  KernelOp kernel;
  Requests requests;
  int64_t defaultSlots;
  SmallVector<SharedUse> uses;
};

std::string nameOf(Value view) {
  StringRef name = sourceName(view);
  return name.empty() ? "a tensor without a name" : name.str();
}

Ground StagingPlan::slotsOf(LoadOp load) const {
  StringRef name = sourceName(load.getView());
  if (std::optional<Ground> known = requests.number(("slots_" + name).str())) {
    return *known;
  }
  if (!load->getParentOfType<ForOp>()) {
    return {1, "loaded once a tile of the grid"};
  }
  return {defaultSlots, "default"};
}

void StagingPlan::addRing(LoadOp load, int64_t slots) {
  TileType tile = cast<TileType>(load.getTile().getType());
  uses.push_back(
      {load, nameOf(load.getView()),
       slots * (roundUp(bytesOf(tile), kAlignment) + kBarrierBytes)});
}

/// A direct load honours no request that is about slots.
LogicalResult StagingPlan::checkDirect(LoadOp load) {
  std::string name = nameOf(load.getView());
  for (StringRef key : {"slots_", "prefetch_", "staging_"}) {
    Attribute asked = requests.request((key + name).str());
    bool agrees =
        key == "staging_" && requests.text((key + name).str()) == "direct";
    if (asked && !agrees) {
      return load.emitOpError("request `")
             << key << name << "` = " << asked
             << ": only operands of products pass through shared memory";
    }
  }
  return success();
}

LogicalResult StagingPlan::planLoad(LoadOp load) {
  MLIRContext *context = load.getContext();
  TileType tile = cast<TileType>(load.getTile().getType());
  if (StagingAttr given = load.getStagingAttr()) {
    if (given.getVia() == "tma") {
      addRing(load, given.getSlots());
    }
    return success();
  }
  if (!tile.getLayout() || !isShared(tile)) {
    if (failed(checkDirect(load))) {
      return failure();
    }
    load.setStagingAttr(StagingAttr::get(context, "direct", 0));
    return success();
  }
  std::string name = nameOf(load.getView());
  int64_t rank = cast<ViewType>(load.getView().getType()).getAxes().size();
  if (rank > kMaxTensorMapRank) {
    return load.emitOpError("reads a tensor of ")
           << rank << " axes by TMA; a tensor map has at most "
           << kMaxTensorMapRank;
  }
  if (requests.text("staging_" + name) == "direct") {
    return load.emitOpError("request `staging_")
           << name << "` = direct: an operand of a product has to pass "
           << "through shared memory";
  }
  Ground slots = slotsOf(load);
  std::optional<Ground> ahead = requests.number("prefetch_" + name);
  if (ahead && ahead->value > slots.value) {
    return load.emitOpError("request `prefetch_")
           << name << "` = " << ahead->value << " needs as many slots, got "
           << slots.value << " (" << slots.why << ")";
  }
  if (slots.value < 1) {
    return load.emitOpError("expected at least 1 slot for `")
           << nameOf(load.getView()) << "`, got " << slots.value << " ("
           << slots.why << ")";
  }
  load.setStagingAttr(StagingAttr::get(context, "tma", slots.value));
  remark(load,
         "`" + nameOf(load.getView()) + "` comes by TMA through " +
             llvm::Twine(slots.value) + " slots",
         slots.why);
  addRing(load, slots.value);
  return success();
}

/// Slabs go out as they lie: two axes, 16-bit elements, the columns of the
/// accumulator contiguous in the tensor.
bool StagingPlan::canGoByTma(StoreOp store) const {
  TileType tile = cast<TileType>(store.getTile().getType());
  auto view = cast<ViewType>(store.getView().getType());
  if (store.getCombineAttr() || !tile.getLayout() ||
      tile.getAxes().size() != 2 ||
      tile.getElementType().getIntOrFloatBitWidth() != 16 ||
      static_cast<int64_t>(view.getAxes().size()) > kMaxTensorMapRank) {
    return false;
  }
  if (llvm::any_of(store.getAt(), [](Value index) {
        return index.getDefiningOp<SubrangeOp>() != nullptr;
      })) {
    return false; // A copy ends with the tensor, not with the range.
  }
  if (auto pack = store.getView().getDefiningOp<PackAxesOp>();
      pack && (!pack.getInner() || kRowsPerGroup % pack.getSize() != 0)) {
    return false; // A group's rows are no box.
  }
  auto last = dyn_cast<RangeType>(store.getAt().back().getType());
  return last && last.getAxis() == columnAxisOf(tile) &&
         widestSwizzle(last.getSize() * 2) != 0;
}

LogicalResult StagingPlan::planStore(StoreOp store) {
  MLIRContext *context = store.getContext();
  TileType tile = cast<TileType>(store.getTile().getType());
  if (!store.getStagingAttr() && !canGoByTma(store)) {
    store.setStagingAttr(StagingAttr::get(context, "direct", 0));
    return success();
  }
  if (store.getStagingAttr() && store.getStagingAttr().getVia() != "tma") {
    return success();
  }
  int64_t columnBytes = 2 * tile.getShape()[tile.axisIndex(columnAxisOf(tile))];
  int64_t slabs = columnBytes / widestSwizzle(columnBytes);
  int64_t slabBytes = roundUp(bytesOf(tile) / slabs, kAlignment);
  Ground slots;
  if (store.getStagingAttr()) {
    slots = {store.getStagingAttr().getSlots(), "given"};
  } else if (std::optional<Ground> asked = requests.number("epilogue_slots")) {
    slots = *asked;
  } else {
    std::optional<int64_t> limit = requests.limit("smem_per_block");
    int64_t left = limit ? *limit - sum() : slabs * slabBytes;
    slots = {std::clamp<int64_t>(left / slabBytes, 0, slabs),
             "shared memory left: " + std::to_string(left) + " bytes"};
  }
  if (slots.value < 0 || slots.value > slabs) {
    return store.emitOpError("has ")
           << slabs << " slabs; expected 0 to " << slabs << " slots, got "
           << slots.value << " (" << slots.why << ")";
  }
  bool given = static_cast<bool>(store.getStagingAttr());
  StringRef via = slots.value > 0 ? "tma" : "direct";
  store.setStagingAttr(StagingAttr::get(context, via, slots.value));
  std::string how = slots.value > 0
                        ? "by TMA through " + std::to_string(slots.value) +
                              " of " + std::to_string(slabs) + " slabs"
                        : "directly";
  if (!given) {
    remark(store, "`" + nameOf(store.getView()) + "` goes out " + how,
           slots.why);
  }
  if (slots.value > 0) {
    uses.push_back({store, "the epilogue of " + nameOf(store.getView()),
                    slots.value * slabBytes});
  }
  return success();
}

int64_t StagingPlan::sum() const {
  // The first byte may have to move up to where a tile can begin.
  int64_t total = uses.empty() ? 0 : kAlignment;
  for (const SharedUse &use : uses) {
    total += use.bytes;
  }
  return total;
}

LogicalResult StagingPlan::checkSum() {
  std::optional<int64_t> limit = requests.limit("smem_per_block");
  if (!limit || sum() <= *limit) {
    return success();
  }
  InFlightDiagnostic diag = kernel.emitOpError("needs ")
                            << sum() << " bytes of shared memory; a block of "
                            << requests.arch() << " has " << *limit;
  for (const SharedUse &use : uses) {
    Type type = isa<LoadOp>(use.op) ? use.op->getResult(0).getType()
                                    : use.op->getOperand(0).getType();
    TileType tile = cast<TileType>(type);
    Diagnostic &note = diag.attachNote(use.op->getLoc());
    note << use.bytes << " bytes for " << use.what << ", a tile of";
    for (auto [axis, size] : llvm::zip_equal(tile.getAxes(), tile.getShape())) {
      note << " " << axis.getValue() << " = " << size;
    }
  }
  return diag;
}

LogicalResult StagingPlan::run() {
  LogicalResult result = success();
  kernel.walk([&](ConvertLayoutOp convert) {
    auto tile = cast<TileType>(convert.getResult().getType());
    if (convert.getBuffer()) {
      uses.push_back(
          {convert, "a computed operand", roundUp(bytesOf(tile), kAlignment)});
    }
  });
  kernel.walk([&](LoadOp load) {
    if (succeeded(result)) {
      result = planLoad(load);
    }
  });
  kernel.walk([&](StoreOp store) {
    if (succeeded(result)) {
      result = planStore(store);
    }
  });
  if (failed(result)) {
    return failure();
  }
  bool bySlabs = llvm::any_of(
      uses, [](const SharedUse &use) { return isa<StoreOp>(use.op); });
  std::optional<Ground> slabs = requests.number("epilogue_slots");
  if (slabs && slabs->value > 0 && !bySlabs) {
    return kernel.emitOpError("request `epilogue_slots`: no store of this "
                              "kernel goes out by TMA; that takes 16-bit "
                              "products whose columns are contiguous");
  }
  return checkSum();
}

class PlanStagingPass : public impl::PlanStagingBase<PlanStagingPass> {
public:
  using PlanStagingBase::PlanStagingBase;

  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(StagingPlan(kernel, defaultSlots).run())) {
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace spak::ir
