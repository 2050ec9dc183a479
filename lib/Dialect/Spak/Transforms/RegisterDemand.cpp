// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the estimate of the registers that a loop's tiles take.
#include "RegisterDemand.h"

#include "LayoutClasses.h"
#include "TileLayouts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace spak::ir {

namespace {

/// The registers that a consumer thread spends on a value of \p type.
int64_t registersFor(Type type) {
  TileType tile = tileOf(type);
  if (!tile || !tile.getLayout() || isShared(tile)) {
    return 0;
  }
  // A row state is a maximum and a sum.
  return registersOf(tile) * (isa<RowsType>(type) ? 2 : 1);
}

/// Whether \p value is made where it is read: indices, numbers spread over a
/// tile, and what is computed of such element by element.
bool isMadeWhereRead(Value value) {
  Operation *def = value.getDefiningOp();
  if (isa_and_nonnull<SplatOp, BroadcastOp, IndexOp, arith::ConstantOp>(def)) {
    return true;
  }
  bool mapped = isa_and_nonnull<ConvertOp>(def) ||
                (def && def->hasTrait<OpTrait::Elementwise>());
  return mapped && llvm::all_of(def->getOperands(), isMadeWhereRead);
}

} // namespace

/// The registers of operands that were fetched in front of \p loop, which
/// products in it read.
static int64_t registersOfFetched(ForOp loop) {
  int64_t registers = 0;
  llvm::SmallPtrSet<Operation *, 2> seen;
  loop.walk([&](DotOp dot) {
    auto fetched = dot.getA().getDefiningOp<ConvertLayoutOp>();
    if (fetched && !loop->isAncestor(fetched) && seen.insert(fetched).second) {
      registers += registersFor(dot.getA().getType());
    }
  });
  return registers;
}

int64_t registersOfTiles(ForOp loop) {
  Block *body = loop.getBody();
  llvm::DenseMap<Operation *, int64_t> freed;
  int64_t alive = registersOfFetched(loop);
  auto begin = [&](Value value) {
    int64_t registers = registersFor(value.getType());
    if (registers == 0 || value.use_empty() || isMadeWhereRead(value)) {
      return;
    }
    alive += registers;
    Operation *last = nullptr;
    for (Operation *user : value.getUsers()) {
      Operation *inBody = body->findAncestorOpInBlock(*user);
      if (inBody && (!last || last->isBeforeInBlock(inBody))) {
        last = inBody;
      }
    }
    freed[last] += registers;
  };
  for (BlockArgument arg : loop.getRegionIterArgs()) {
    begin(arg);
  }
  int64_t most = alive;
  for (Operation &op : body->without_terminator()) {
    alive -= freed.lookup(&op);
    for (Value result : op.getResults()) {
      begin(result);
    }
    most = std::max(most, alive);
  }
  return most;
}

int64_t registersOfOverlappedTiles(ForOp loop) {
  int64_t registers = registersOfFetched(loop);
  auto count = [&](Type type) { registers += registersFor(type); };
  for (BlockArgument arg : loop.getRegionIterArgs()) {
    count(arg.getType());
  }
  for (Operation &op : loop.getBody()->without_terminator()) {
    auto dot = dyn_cast<DotOp>(op);
    if (dot && !dot.getAcc()) {
      count(dot.getResult().getType());
    }
    if (isa<ConvertLayoutOp>(op)) {
      count(op.getResult(0).getType());
    }
  }
  return registers;
}

} // namespace spak::ir
