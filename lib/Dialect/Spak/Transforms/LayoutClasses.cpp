// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the ties between tiles, read off the ops.
#include "LayoutClasses.h"

using namespace mlir;

namespace spak::ir {

TileType tileOf(Type type) {
  if (auto rows = dyn_cast<RowsType>(type)) {
    return rows.getTile();
  }
  return dyn_cast<TileType>(type);
}

LayoutClasses::LayoutClasses(KernelOp kernel,
                             llvm::function_ref<bool(Value)> isExcluded) {
  auto addAll = [&](ValueRange values) {
    for (Value value : values) {
      if (tileOf(value.getType()) && !isExcluded(value)) {
        add(value);
      }
    }
  };
  kernel->walk<WalkOrder::PreOrder>([&](Operation *op) {
    addAll(op->getResults());
    for (Region &region : op->getRegions()) {
      for (Block &block : region) {
        addAll(block.getArguments());
      }
    }
  });
  classes.grow(ordered.size());
  kernel->walk([&](Operation *op) { visit(op); });
  classes.compress();
  count = classes.getNumClasses();
  samples.resize(count);
  for (Value value : ordered) {
    samples[of(value)] = tileOf(value.getType());
  }
  for (Slice &edge : sliceEdges) {
    edge.small = classes[edge.small];
    edge.big = classes[edge.big];
  }
}

void LayoutClasses::add(Value value) {
  numbers[value] = ordered.size();
  ordered.push_back(value);
}

int64_t LayoutClasses::of(Value value) const {
  auto it = numbers.find(value);
  return it == numbers.end() ? -1 : static_cast<int64_t>(classes[it->second]);
}

void LayoutClasses::same(Value a, Value b) {
  auto x = numbers.find(a);
  auto y = numbers.find(b);
  if (x != numbers.end() && y != numbers.end()) {
    classes.join(x->second, y->second);
  }
}

void LayoutClasses::slice(Value small, Value big, bool defines, Operation *op) {
  auto x = numbers.find(small);
  auto y = numbers.find(big);
  if (x != numbers.end() && y != numbers.end()) {
    sliceEdges.push_back({x->second, y->second, defines, op});
  }
}

void LayoutClasses::visit(Operation *op) {
  if (auto loop = dyn_cast<ForOp>(op)) {
    Operation *yield = loop.getBody()->getTerminator();
    for (auto [init, arg, yielded, result] :
         llvm::zip_equal(loop.getInitArgs(), loop.getRegionIterArgs(),
                         yield->getOperands(), loop.getResults())) {
      same(arg, init);
      same(arg, yielded);
      same(arg, result);
    }
    return;
  }
  if (auto dot = dyn_cast<DotOp>(op)) {
    if (dot.getAcc()) {
      same(dot.getAcc(), dot.getResult());
    }
    return;
  }
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    return slice(broadcast.getSrc(), broadcast.getResult(), false, op);
  }
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    return slice(reduce.getResult(), reduce.getSrc(), true, op);
  }
  if (auto advance = dyn_cast<SoftmaxAdvanceOp>(op)) {
    same(advance.getRows(), advance.getNext());
    slice(advance.getRows(), advance.getS(), false, op);
    return slice(advance.getCorrection(), advance.getS(), true, op);
  }
  if (auto probs = dyn_cast<SoftmaxProbsOp>(op)) {
    same(probs.getRows(), probs.getNext());
    same(probs.getS(), probs.getP());
    return slice(probs.getRows(), probs.getS(), false, op);
  }
  if (auto rescale = dyn_cast<SoftmaxRescaleOp>(op)) {
    same(rescale.getO(), rescale.getResult());
    return slice(rescale.getCorrection(), rescale.getO(), false, op);
  }
  if (auto finish = dyn_cast<SoftmaxFinishOp>(op)) {
    same(finish.getO(), finish.getOut());
    slice(finish.getRows(), finish.getO(), false, op);
    return slice(finish.getLse(), finish.getO(), true, op);
  }
  if (op->getNumResults() != 1 || isa<LoadOp, ConvertLayoutOp>(op)) {
    return;
  }
  // Element-wise: mask, select, convert, arithmetic.
  for (Value operand : op->getOperands()) {
    same(operand, op->getResult(0));
  }
}

} // namespace spak::ir
