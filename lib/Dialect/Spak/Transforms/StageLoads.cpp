// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rewrite of staged loads into rings. Decides nothing: mechanism,
// slots and stages stand in the attributes; which loads share a ring follows
// from them.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "DotLevels.h"
#include "Requests.h"
#include "Stages.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_STAGELOADS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// Loads that share one ring: same block, stage, slots, and level of the first
/// dot that reads them.
struct Bundle {
  SmallVector<LoadOp> loads;
  int64_t slots = 0;
  int64_t stage = 0;
  int64_t level = 0;
  /// Blocks that go round the ring together.
  int64_t cluster = 1;
};

/// The ops of one block in the order in which they run, to which ring ops are
/// added. In a loop with stages that order and the text differ: the text obeys
/// def-use, the order obeys the plan.
class BlockStager {
public:
  BlockStager(Block *block, OpBuilder &rings);

  LogicalResult stage();

private:
  void collectBundles();
  LogicalResult rewrite(Bundle &bundle);
  Operation *inBlock(Operation *op) const {
    return block->findAncestorOpInBlock(*op);
  }
  size_t positionOf(Operation *op) const {
    return std::find(ops.begin(), ops.end(), op) - ops.begin();
  }
  int64_t stageIn(Operation *op) const {
    return stageOf(op).value_or(Stage()).stage;
  }
  /// The ops of the block that read a tile of \p bundle.
  SmallVector<Operation *> readersOf(const Bundle &bundle) const;
  /// Where the release of a tile last read by \p reader stands in the order:
  /// before the first op that waits for what \p reader computes.
  size_t releasePosition(Operation *reader);
  void collectWaiters(Value result, int64_t stage,
                      llvm::SmallPtrSetImpl<Operation *> &waiters);
  /// Gives \p op, which is in the block already, its place in the order.
  void insert(size_t position, Operation *op, int64_t stage);

  Block *block;
  ForOp loop; ///< null outside of loops
  OpBuilder &rings;
  SmallVector<Operation *> ops;
  SmallVector<Bundle> bundles;
  bool staged = false;
  /// The plan says that releases are put off though no op is late.
  bool delaysRelease = false;
};

BlockStager::BlockStager(Block *block, OpBuilder &rings)
    : block(block), loop(dyn_cast<ForOp>(block->getParentOp())), rings(rings) {
  if (!loop) {
    for (Operation &op : block->without_terminator()) {
      ops.push_back(&op);
    }
    return;
  }
  ops = opsInRotatedOrder(loop);
  staged = hasStages(loop);
  auto overlap = loop.getOverlapAttr();
  delaysRelease =
      staged && overlap && overlap.getDistance() > 0 &&
      llvm::all_of(ops, [&](Operation *op) { return stageIn(op) == 0; });
}

void BlockStager::collectBundles() {
  std::optional<DotLevels> levels;
  if (loop) {
    levels.emplace(loop);
  }
  for (Operation *op : ops) {
    auto load = dyn_cast<LoadOp>(op);
    if (!load || !load.getStagingAttr() ||
        load.getStagingAttr().getVia() != "tma") {
      continue;
    }
    Bundle wanted;
    wanted.slots = load.getStagingAttr().getSlots();
    wanted.cluster = load.getStagingAttr().getMulticast();
    wanted.stage = stageIn(load);
    wanted.level = levels ? levels->ofFirstReader(load.getTile()) : 0;
    auto shares = llvm::find_if(bundles, [&](const Bundle &bundle) {
      if (bundle.slots != wanted.slots || bundle.stage != wanted.stage ||
          bundle.level != wanted.level) {
        return false;
      }
      // All are filled before any is read.
      return llvm::all_of(readersOf(bundle), [&](Operation *reader) {
        return load->isBeforeInBlock(reader) &&
               positionOf(load) < positionOf(reader);
      });
    });
    if (shares != bundles.end()) {
      shares->loads.push_back(load);
      shares->cluster = std::max(shares->cluster, wanted.cluster);
      continue;
    }
    wanted.loads.push_back(load);
    bundles.push_back(std::move(wanted));
  }
}

SmallVector<Operation *> BlockStager::readersOf(const Bundle &bundle) const {
  SmallVector<Operation *> readers;
  for (LoadOp load : bundle.loads) {
    for (Operation *user : load.getTile().getUsers()) {
      Operation *reader = inBlock(user);
      if (!llvm::is_contained(readers, reader)) {
        readers.push_back(reader);
      }
    }
  }
  return readers;
}

void BlockStager::collectWaiters(Value result, int64_t stage,
                                 llvm::SmallPtrSetImpl<Operation *> &waiters) {
  for (OpOperand &use : result.getUses()) {
    Operation *user = inBlock(use.getOwner());
    if (user == block->getTerminator()) {
      // Carried: what reads it beside this op is the next iteration's stage
      // before.
      if (loop && stage == 1 && use.getOwner() == user) {
        BlockArgument arg = loop.getRegionIterArgs()[use.getOperandNumber()];
        collectWaiters(arg, 0, waiters);
      }
      continue;
    }
    if (stageIn(user) != stage) {
      continue;
    }
    auto dot = dyn_cast<DotOp>(user);
    if (dot && dot.getAcc() == result) {
      collectWaiters(dot.getResult(), stage, waiters);
      continue;
    }
    waiters.insert(user);
  }
}

size_t BlockStager::releasePosition(Operation *reader) {
  size_t after = positionOf(reader) + 1;
  if (!isa<DotOp>(reader)) {
    return after;
  }
  llvm::SmallPtrSet<Operation *, 4> waiters;
  collectWaiters(reader->getResult(0), stageIn(reader), waiters);
  for (size_t at = after; at < ops.size(); ++at) {
    if (waiters.contains(ops[at])) {
      return at;
    }
  }
  return ops.size();
}

void BlockStager::insert(size_t position, Operation *op, int64_t stage) {
  ops.insert(ops.begin() + position, op);
  if (staged) {
    setStage(op, {stage, 0});
  }
}

LogicalResult BlockStager::rewrite(Bundle &bundle) {
  SmallVector<Type> tiles;
  std::string name;
  Operation *lastLoad = bundle.loads.front();
  for (LoadOp load : bundle.loads) {
    tiles.push_back(load.getTile().getType());
    StringRef source = sourceName(load.getView());
    name +=
        (name.empty() ? "" : "_") + (source.empty() ? "tile" : source.str());
    if (lastLoad->isBeforeInBlock(load)) {
      lastLoad = load;
    }
  }
  SmallVector<Operation *> readers = readersOf(bundle);
  if (readers.empty()) {
    for (LoadOp load : bundle.loads) {
      ops.erase(ops.begin() + positionOf(load));
      load.erase();
    }
    return success();
  }
  auto firstInText = *llvm::min_element(
      readers, [](auto *a, auto *b) { return a->isBeforeInBlock(b); });
  auto firstToRun = *llvm::min_element(
      readers, [&](auto *a, auto *b) { return positionOf(a) < positionOf(b); });
  auto lastToRun = *llvm::max_element(readers, [&](auto *a, auto *b) {
    return std::make_pair(stageIn(a), positionOf(a)) <
           std::make_pair(stageIn(b), positionOf(b));
  });
  auto lastInText = *llvm::max_element(
      readers, [](auto *a, auto *b) { return a->isBeforeInBlock(b); });
  int64_t releaseStage = delaysRelease ? 1 : stageIn(lastToRun);
  if (releaseStage > bundle.stage && bundle.slots < 2) {
    return bundle.loads.front().emitOpError()
           << "is read in stage " << bundle.stage << " and released in stage "
           << releaseStage << ", which needs 2 slots, got " << bundle.slots;
  }

  Location loc = lastLoad->getLoc();
  auto ringType = RingType::get(rings.getContext(), tiles, bundle.slots);
  auto slotType = SlotType::get(rings.getContext(), tiles);
  auto ring = RingOp::create(rings, loc, ringType, name, "tma", bundle.cluster);

  // The producer's side stands where the last load stood.
  OpBuilder b(lastLoad);
  size_t at = positionOf(lastLoad);
  auto acquire = RingAcquireOp::create(b, loc, slotType, ring);
  insert(at++, acquire, bundle.stage);
  for (auto [index, load] : llvm::enumerate(bundle.loads)) {
    auto fill = RingFillOp::create(b, load.getLoc(), acquire.getSlot(), index,
                                   load.getView(), load.getAt(),
                                   load.getStagingAttr().getMulticast());
    insert(at++, fill, bundle.stage);
  }
  auto commit = RingCommitOp::create(b, loc, ring, acquire.getSlot());
  insert(at, commit, bundle.stage);

  // The consumer's: as late as the first reader lets it.
  b.setInsertionPoint(firstInText);
  auto wait = RingWaitOp::create(b, loc, slotType, TypeRange(tiles), ring);
  insert(positionOf(firstToRun), wait, bundle.stage);

  size_t releaseAt = releasePosition(lastToRun);
  if (staged) {
    b.setInsertionPointAfter(lastInText);
  } else if (releaseAt < ops.size()) {
    b.setInsertionPoint(ops[releaseAt]);
  } else {
    b.setInsertionPoint(block->getTerminator());
  }
  auto release = RingReleaseOp::create(b, loc, ring, wait.getSlot());
  insert(releaseAt, release, releaseStage);

  for (auto [load, tile] : llvm::zip_equal(bundle.loads, wait.getTiles())) {
    load.getTile().replaceAllUsesWith(tile);
    ops.erase(ops.begin() + positionOf(load));
    load.erase();
  }
  return success();
}

LogicalResult BlockStager::stage() {
  collectBundles();
  for (Bundle &bundle : bundles) {
    if (failed(rewrite(bundle))) {
      return failure();
    }
  }
  if (staged && !bundles.empty()) {
    renumber(ops);
    return verifyStages(loop);
  }
  return success();
}

class StageLoadsPass : public impl::StageLoadsBase<StageLoadsPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      for (GridOp grid : llvm::make_early_inc_range(
               kernel.getBody().front().getOps<GridOp>())) {
        OpBuilder rings(grid);
        // Outer blocks first: a ring's number follows the text.
        SmallVector<Block *> blocks;
        grid->walk<WalkOrder::PreOrder>([&](Operation *op) {
          if (isa<GridOp, ForOp>(op)) {
            blocks.push_back(&op->getRegion(0).front());
          }
        });
        for (Block *block : blocks) {
          if (failed(BlockStager(block, rings).stage())) {
            return signalPassFailure();
          }
        }
      }
    }
  }
};

} // namespace
} // namespace spak::ir
