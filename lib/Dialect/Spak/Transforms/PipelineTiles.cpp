// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rotation of a persistent grid, so that the end of a tile runs
// beside the beginning of the block's next one. Decides nothing.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Stages.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PIPELINETILES
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// Rotates one grid. The head of a tile is all that stands before its loop:
/// the first step of the rotated loop, up to the probabilities that its second
/// product waits for. The tail is the loop and what follows.
///
///   the head of the first tile
///   for the tiles that follow:
///     the loop of the tile before
///     the products of this head
///     the products of that tail
///     the rest of the head, under them
///     the rest of the tail
///   the tail of the last tile
///
/// Where blocks claim their tiles, a block claims as late as it can: the loop
/// of a tile stands at the end of its round, in front of the question whether
/// another tile follows.
///
/// A tail without products first makes what it stores: the accumulator is then
/// free for the head's product, under which the stores run.
class TileRotation {
public:
  TileRotation(GridOp grid, ForOp loop)
      : grid(grid), loop(loop), late(grid.getOrderAttr().isDynamic()) {}

  void run();

private:
  void hoistWhatNoTileChanges();
  void splitBody();
  void remakePartsOfRanges();
  void collectCrossing();
  void clone(OpBuilder &b, ArrayRef<Operation *> ops, IRMapping &map) {
    for (Operation *op : ops) {
      b.clone(*op, map);
    }
  }

  GridOp grid;
  ForOp loop;
  bool late; ///< whether the loop is of the round that begins its tile
  SmallVector<Operation *> headDots, headRest;
  SmallVector<Operation *> inLoop, tailFirst, tailDots, tailRest;
  /// What a tail reads of what stands before it.
  llvm::SetVector<Value> crossing;
};

/// Moves out what is the same for every tile.
void TileRotation::hoistWhatNoTileChanges() {
  for (Operation &op :
       llvm::make_early_inc_range(grid.getBody()->without_terminator())) {
    bool inside = llvm::any_of(op.getOperands(), [&](Value operand) {
      return grid.getRegion().isAncestor(operand.getParentRegion());
    });
    if (op.getNumRegions() == 0 && isPure(&op) && !inside) {
      op.moveBefore(grid);
    }
  }
}

void TileRotation::splitBody() {
  SmallVector<Operation *> head, tail;
  bool behindLoop = false, besideLoop = false;
  for (Operation &op : grid.getBody()->without_terminator()) {
    if (&op == loop) {
      behindLoop = besideLoop = true;
      inLoop.push_back(&op);
    } else if (besideLoop && isa<RingReleaseOp>(op)) {
      // What only the loop reads is free for the next tile.
      inLoop.push_back(&op);
    } else {
      besideLoop = false;
      (behindLoop ? tail : head).push_back(&op);
    }
  }
  auto split = [](ArrayRef<Operation *> ops, SmallVectorImpl<Operation *> &dots,
                  SmallVectorImpl<Operation *> &rest) {
    size_t count = 0;
    for (auto [position, op] : llvm::enumerate(ops)) {
      count = isa<DotOp>(op) ? position + 1 : count;
    }
    llvm::append_range(dots, ops.take_front(count));
    llvm::append_range(rest, ops.drop_front(count));
  };
  split(head, headDots, headRest);
  split(tail, tailDots, tailRest);
  if (tailDots.empty()) {
    auto store = llvm::find_if(tailRest, llvm::IsaPred<StoreOp>);
    tailFirst.assign(tailRest.begin(), store);
    tailRest.erase(tailRest.begin(), store);
  }
}

/// A part of a range is made again from the range and its bounds: those are
/// what one tile hands to the next.
void TileRotation::remakePartsOfRanges() {
  SmallVector<Operation *> head = headDots;
  llvm::append_range(head, headRest);
  // The pieces that another tile's head comes before.
  SmallVector<Operation *> &next = late ? tailFirst : inLoop;
  SmallVector<Operation *> behind = next;
  llvm::append_range(behind, tailDots);
  llvm::append_range(behind, tailRest);
  SmallVector<Operation *> remade;
  OpBuilder b(loop);
  for (Operation *op : head) {
    auto part = dyn_cast<SubrangeOp>(op);
    auto isBehind = [&](OpOperand &use) {
      return llvm::any_of(behind, [&](Operation *user) {
        return user->isAncestor(use.getOwner());
      });
    };
    if (part && llvm::any_of(part->getUses(), isBehind)) {
      remade.push_back(b.clone(*op));
      part->replaceUsesWithIf(remade.back()->getResults(), isBehind);
    }
  }
  next.insert(next.begin(), remade.begin(), remade.end());
}

void TileRotation::collectCrossing() {
  llvm::SmallPtrSet<Operation *, 16> head;
  head.insert_range(headDots);
  head.insert_range(headRest);
  SmallVector<ArrayRef<Operation *>> behind = {tailFirst, tailDots, tailRest};
  if (late) {
    head.insert_range(inLoop);
  } else {
    behind.insert(behind.begin(), inLoop);
  }
  for (ArrayRef<Operation *> ops : behind) {
    for (Operation *op : ops) {
      forEachOutsideOperand(op, [&](Value value) {
        auto variable = dyn_cast<BlockArgument>(value);
        bool isVariable = variable && variable.getOwner() == grid.getBody();
        if (isVariable || head.contains(value.getDefiningOp())) {
          crossing.insert(value);
        }
      });
    }
  }
}

void TileRotation::run() {
  hoistWhatNoTileChanges();
  splitBody();
  remakePartsOfRanges();
  collectCrossing();
  OpBuilder b(grid);
  Location loc = grid.getLoc();

  SmallVector<Attribute> names;
  SmallVector<Type> types;
  for (BlockArgument variable : grid.getVariables()) {
    names.push_back(
        b.getStringAttr(grid.variableName(variable.getArgNumber())));
    types.push_back(variable.getType());
  }
  auto first = FirstTileOp::create(b, loc, types, grid.getExtents(),
                                   grid.getOrderAttr(), b.getArrayAttr(names));
  IRMapping map;
  map.map(grid.getVariables(), first.getVariables());
  clone(b, headDots, map);
  clone(b, headRest, map);
  if (late) {
    clone(b, inLoop, map);
  }
  auto mapped = [&](const IRMapping &from) {
    SmallVector<Value> values;
    for (Value value : crossing) {
      values.push_back(from.lookup(value));
    }
    return values;
  };

  auto rotated = GridOp::create(b, loc, grid.getExtents(), mapped(map),
                                grid.getOrderAttr());
  Block *body = b.createBlock(&rotated.getRegion());
  IRMapping now, before;
  for (BlockArgument variable : grid.getVariables()) {
    now.map(variable, body->addArgument(variable.getType(), variable.getLoc()));
  }
  for (Value value : crossing) {
    before.map(value, body->addArgument(value.getType(), value.getLoc()));
  }
  b.setInsertionPointToEnd(body);
  if (!late) {
    clone(b, inLoop, before);
  }
  clone(b, tailFirst, before);
  clone(b, headDots, now);
  clone(b, tailDots, before);
  clone(b, headRest, now);
  clone(b, tailRest, before);
  if (late) {
    clone(b, inLoop, now);
  }
  YieldOp::create(b, loc, mapped(now));

  b.setInsertionPointAfter(rotated);
  IRMapping last;
  for (auto [value, result] : llvm::zip_equal(crossing, rotated.getResults())) {
    last.map(value, result);
  }
  if (!late) {
    clone(b, inLoop, last);
  }
  clone(b, tailFirst, last);
  clone(b, tailDots, last);
  clone(b, tailRest, last);
  grid.erase();
}

class PipelineTilesPass : public impl::PipelineTilesBase<PipelineTilesPass> {
public:
  void runOnOperation() override {
    SmallVector<GridOp> grids;
    getOperation().walk([&](GridOp grid) {
      if (grid.getOverlapAttr()) {
        grids.push_back(grid);
      }
    });
    for (GridOp grid : grids) {
      grid.removeOverlapAttr();
      auto loops = grid.getBody()->getOps<ForOp>();
      if (!llvm::hasSingleElement(loops)) {
        grid.emitOpError("overlaps its tiles, so it needs one loop, got ")
            << std::distance(loops.begin(), loops.end());
        return signalPassFailure();
      }
      TileRotation(grid, *loops.begin()).run();
    }
  }
};

} // namespace
} // namespace spak::ir
