// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the computation and the copy of a grid's slice.
#include "RoleSlice.h"

#include "LoopRewrite.h"
#include "Stages.h"

using namespace mlir;

namespace spak::ir {

RoleSlice::RoleSlice(GridOp grid, llvm::function_ref<bool(Operation *)> isRoot)
    : grid(grid) {
  grid.getRegion().walk([&](Operation *op) {
    if (isRoot(op)) {
      needOp(op);
    }
  });
  // A full range says where masks keep all; without masks it says nothing.
  grid.getRegion().walk([&](ForOp loop) {
    if (loop.hasFullRange() && hasMasks(loop)) {
      needValue(loop.getFullLower());
      needValue(loop.getFullUpper());
    }
  });
}

bool RoleSlice::hasMasks(ForOp loop) const {
  return loop.getRegion()
      .walk([&](MaskOp mask) {
        return live.contains(mask) ? WalkResult::interrupt()
                                   : WalkResult::advance();
      })
      .wasInterrupted();
}

void RoleSlice::needOp(Operation *op) {
  if (op == grid || !grid->isProperAncestor(op) || !live.insert(op).second) {
    return;
  }
  if (auto loop = dyn_cast<ForOp>(op)) {
    needValue(loop.getLower());
    needValue(loop.getUpper());
  } else {
    forEachOutsideOperand(op, [&](Value value) { needValue(value); });
  }
  needOp(op->getParentOp());
}

void RoleSlice::needValue(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<ForOp>(arg.getOwner()->getParentOp());
    if (loop && arg.getArgNumber() > 0) {
      needCarried(loop, arg.getArgNumber() - 1);
    }
    return;
  }
  auto result = cast<OpResult>(value);
  if (auto loop = dyn_cast<ForOp>(result.getOwner())) {
    needCarried(loop, result.getResultNumber());
    return;
  }
  needOp(result.getOwner());
}

void RoleSlice::needCarried(ForOp loop, unsigned index) {
  if (!grid->isProperAncestor(loop) || !carried.insert({loop, index}).second) {
    return;
  }
  needOp(loop);
  needValue(loop.getInitArgs()[index]);
  needValue(loop.getBody()->getTerminator()->getOperand(index));
}

void RoleSlice::copyLoop(OpBuilder &b, ForOp loop, IRMapping &map) const {
  SmallVector<unsigned> kept;
  SmallVector<Value> inits;
  for (unsigned index = 0; index < loop.getInitArgs().size(); ++index) {
    if (isCarried(loop, index)) {
      kept.push_back(index);
      inits.push_back(map.lookupOrDefault(loop.getInitArgs()[index]));
    }
  }
  LoopBounds bounds = mapped(boundsOf(loop), map);
  if (!hasMasks(loop)) {
    bounds.fullLower = bounds.fullUpper = nullptr;
  }
  ForOp copy = createLoopLike(b, loop, bounds, inits);
  map.map(loop.getBody()->getArgument(0), copy.getBody()->getArgument(0));
  SmallVector<Value> yields;
  for (auto [position, index] : llvm::enumerate(kept)) {
    map.map(loop.getRegionIterArgs()[index],
            copy.getRegionIterArgs()[position]);
    map.map(loop.getResult(index), copy.getResult(position));
  }
  OpBuilder inner = OpBuilder::atBlockEnd(copy.getBody());
  for (Operation &op : loop.getBody()->without_terminator()) {
    copyOp(inner, op, map);
  }
  for (unsigned index : kept) {
    yields.push_back(map.lookupOrDefault(
        loop.getBody()->getTerminator()->getOperand(index)));
  }
  YieldOp::create(inner, loop.getLoc(), yields);
}

void RoleSlice::copyOp(OpBuilder &b, Operation &op, IRMapping &map) const {
  if (!live.contains(&op)) {
    return;
  }
  if (auto loop = dyn_cast<ForOp>(op)) {
    copyLoop(b, loop, map);
    return;
  }
  b.clone(op, map);
}

GridOp RoleSlice::copy(OpBuilder &b) {
  IRMapping map;
  auto copied = cast<GridOp>(b.cloneWithoutRegions(*grid, map));
  Block *source = grid.getBody();
  Block *target = &copied.getRegion().emplaceBlock();
  for (BlockArgument arg : source->getArguments()) {
    map.map(arg, target->addArgument(arg.getType(), arg.getLoc()));
  }
  OpBuilder inner = OpBuilder::atBlockEnd(target);
  for (Operation &op : source->without_terminator()) {
    copyOp(inner, op, map);
  }
  YieldOp::create(inner, grid.getLoc());
  return copied;
}

} // namespace spak::ir
