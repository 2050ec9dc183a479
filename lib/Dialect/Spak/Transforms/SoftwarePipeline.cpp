// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rotation of a loop by its stages. Decides nothing; obeys any legal
// stages.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "LoopRewrite.h"
#include "ScalarBounds.h"
#include "Stages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_SOFTWAREPIPELINE
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// Rotates one loop. At time t the rotated body runs stage 0 of iteration t
/// ("now") and stage 1 of iteration t - 1 ("before"):
///
///   time 0      the prologue: stage 0 of the first iteration
///   time 1..n-1 the rotated loop
///   time n      the epilogue: stage 1 of the last iteration
///
/// A value that "before" needs and "now" makes is carried ("crossing").
class Rotation {
public:
  explicit Rotation(ForOp loop)
      : loop(loop), loc(loop.getLoc()), order(opsInRotatedOrder(loop)) {}

  void run();

private:
  /// A value carried by the rotated loop: what `source` was one iteration
  /// before.
  struct Carried {
    Value source;   ///< in the old loop's body
    Value init;     ///< after the prologue
    Value argument; ///< in the rotated body
    Value result;   ///< of the rotated loop
  };

  bool inBody(Value value) { return value.getParentBlock() == loop.getBody(); }
  bool isStage1(Value value) {
    Operation *def = value.getDefiningOp();
    return def && inBody(value) && stageOf(def)->stage == 1;
  }

  /// Collects what crosses from one iteration of the rotated loop to the next.
  void collectCrossing();
  void needNow(Value value);
  void needBefore(Value value);
  void cross(Value value);

  void emitPrologue(OpBuilder &b);
  /// Uses what only the first iteration knows: its carried values are new.
  void simplifyFirst(Operation *op);
  void emitRotated(OpBuilder &b);
  void emitEpilogue(OpBuilder &b, SmallVector<Value> &results);
  SmallVector<RingReleaseOp> releasesAfterStage0();

  Value now(Value value);
  Value before(Value value);
  void cloneStage(OpBuilder &b, Operation *op, bool isNow);

  ForOp loop;
  Location loc;
  SmallVector<Operation *> order;
  llvm::MapVector<Value, Carried> crossing;
  IRMapping nowMap;    ///< stage 0 of the iteration that starts
  IRMapping beforeMap; ///< stage 1 of the iteration that ends
};

void Rotation::cross(Value value) {
  if (crossing.insert({value, Carried{value, {}, {}, {}}}).second) {
    // The value carried on to the next time is what it is now.
    needNow(value);
  }
}

/// What stage 0 reads: a carried value is what the iteration before made.
void Rotation::needNow(Value value) {
  auto arg = dyn_cast<BlockArgument>(value);
  if (!arg || !inBody(value)) {
    return;
  }
  if (Value yielded = yieldedFor(loop, arg)) {
    needBefore(yielded);
  }
}

/// What stage 1 reads: all but the results of stage 1 crosses.
void Rotation::needBefore(Value value) {
  if (inBody(value) && !isStage1(value)) {
    cross(value);
  }
}

void Rotation::collectCrossing() {
  for (Operation *op : order) {
    bool isNow = stageOf(op)->stage == 0;
    forEachOutsideOperand(
        op, [&](Value value) { isNow ? needNow(value) : needBefore(value); });
  }
  for (Value yielded : loop.getBody()->getTerminator()->getOperands()) {
    needBefore(yielded);
  }
}

Value Rotation::now(Value value) {
  if (!inBody(value)) {
    return value;
  }
  if (Value mapped = nowMap.lookupOrNull(value)) {
    return mapped;
  }
  return before(yieldedFor(loop, cast<BlockArgument>(value)));
}

Value Rotation::before(Value value) {
  if (!inBody(value)) {
    return value;
  }
  if (isStage1(value)) {
    return beforeMap.lookup(value);
  }
  return crossing.find(value)->second.argument;
}

void Rotation::cloneStage(OpBuilder &b, Operation *op, bool isNow) {
  IRMapping operands;
  forEachOutsideOperand(op, [&](Value value) {
    operands.map(value, isNow ? now(value) : before(value));
  });
  Operation *copy = b.clone(*op, operands);
  clearStage(copy);
  IRMapping &map = isNow ? nowMap : beforeMap;
  map.map(op->getResults(), copy->getResults());
}

void Rotation::simplifyFirst(Operation *op) {
  if (auto advance = dyn_cast<SoftmaxAdvanceOp>(op)) {
    auto copy =
        nowMap.lookup(advance.getNext()).getDefiningOp<SoftmaxAdvanceOp>();
    if (copy.getRows().getDefiningOp<SoftmaxRowsOp>()) {
      copy.setFirst(true);
    }
  } else if (auto rescale = dyn_cast<SoftmaxRescaleOp>(op)) {
    Value copy = nowMap.lookup(rescale.getResult());
    Value source = copy.getDefiningOp<SoftmaxRescaleOp>().getO();
    if (isZeroTile(source)) {
      nowMap.map(rescale.getResult(), source);
      copy.getDefiningOp()->erase();
    }
  }
}

void Rotation::emitPrologue(OpBuilder &b) {
  Block *body = loop.getBody();
  Value first = firstTile(b, loop);
  Value range = tileRange(b, loc, loop.getRange().getType(), first);
  nowMap.map(body->getArgument(0), range);
  nowMap.map(loop.getRegionIterArgs(), loop.getInitArgs());
  for (Operation *op : order) {
    if (stageOf(op)->stage == 0) {
      cloneStage(b, op, /*isNow=*/true);
      simplifyFirst(op);
    }
  }
  for (auto &[value, carried] : crossing) {
    carried.init = nowMap.lookup(value);
  }
  if (range.use_empty() && !llvm::any_of(crossing, [&](auto &entry) {
        return entry.second.init == range;
      })) {
    range.getDefiningOp()->erase();
  }
}

void Rotation::emitRotated(OpBuilder &b) {
  SmallVector<Value> inits;
  for (auto &[value, carried] : crossing) {
    inits.push_back(carried.init);
  }
  bool masksBefore = llvm::any_of(order, [](Operation *op) {
    return stageOf(op)->stage == 1 && isa<MaskOp>(op);
  });
  LoopBounds bounds = boundsWithoutFirst(b, loop, masksBefore);
  ForOp rotated = createLoopLike(b, loop, bounds, inits);
  rotated.removeOverlapAttr();
  nowMap.clear();
  nowMap.map(loop.getBody()->getArgument(0), rotated.getBody()->getArgument(0));
  for (auto [entry, arg, result] : llvm::zip_equal(
           crossing, rotated.getRegionIterArgs(), rotated.getResults())) {
    entry.second.argument = arg;
    entry.second.result = result;
  }
  OpBuilder inner = OpBuilder::atBlockEnd(rotated.getBody());
  for (Operation *op : order) {
    cloneStage(inner, op, stageOf(op)->stage == 0);
  }
  SmallVector<Value> yields;
  for (auto &[value, carried] : crossing) {
    yields.push_back(now(value));
  }
  YieldOp::create(inner, loc, yields);
}

void Rotation::emitEpilogue(OpBuilder &b, SmallVector<Value> &results) {
  beforeMap.clear();
  for (auto &[value, carried] : crossing) {
    carried.argument = carried.result;
  }
  for (Operation *op : order) {
    if (stageOf(op)->stage == 1) {
      cloneStage(b, op, /*isNow=*/false);
    }
  }
  for (Value yielded : loop.getBody()->getTerminator()->getOperands()) {
    results.push_back(before(yielded));
  }
}

/// Releases right behind the loop of slots that only stage 0 reads: they need
/// not wait for the epilogue.
SmallVector<RingReleaseOp> Rotation::releasesAfterStage0() {
  SmallVector<RingReleaseOp> releases;
  for (Operation *op = loop->getNextNode(); op; op = op->getNextNode()) {
    auto release = dyn_cast<RingReleaseOp>(op);
    if (!release) {
      break;
    }
    auto wait = release.getSlot().getDefiningOp<RingWaitOp>();
    bool early = wait && llvm::all_of(wait.getTiles(), [&](Value tile) {
                   return llvm::all_of(tile.getUsers(), [&](Operation *user) {
                     Operation *inBody = ancestorInBody(loop, user);
                     return inBody && stageOf(inBody)->stage == 0;
                   });
                 });
    if (early) {
      releases.push_back(release);
    }
  }
  return releases;
}

void Rotation::run() {
  collectCrossing();
  SmallVector<RingReleaseOp> early = releasesAfterStage0();
  SmallVector<Value> results;
  if (isNeverEmpty(loop)) {
    OpBuilder b(loop);
    emitPrologue(b);
    emitRotated(b);
    for (RingReleaseOp release : early) {
      release->moveBefore(loop);
    }
    emitEpilogue(b, results);
    loop.replaceAllUsesWith(results);
    loop.erase();
    return;
  }
  OpBuilder b(loop);
  Value nonEmpty = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                         loop.getLower(), loop.getUpper());
  auto guard = scf::IfOp::create(b, loc, loop.getResultTypes(), nonEmpty,
                                 /*withElseRegion=*/true);
  OpBuilder then = OpBuilder::atBlockBegin(guard.thenBlock());
  emitPrologue(then);
  emitRotated(then);
  OpBuilder otherwise = OpBuilder::atBlockBegin(guard.elseBlock());
  for (RingReleaseOp release : early) {
    then.clone(*release);
    otherwise.clone(*release);
    release.erase();
  }
  emitEpilogue(then, results);
  scf::YieldOp::create(then, loc, results);
  scf::YieldOp::create(otherwise, loc, loop.getInitArgs());
  loop.replaceAllUsesWith(guard.getResults());
  loop.erase();
}

class SoftwarePipelinePass
    : public impl::SoftwarePipelineBase<SoftwarePipelinePass> {
public:
  void runOnOperation() override {
    SmallVector<ForOp> loops;
    getOperation().walk([&](ForOp loop) { loops.push_back(loop); });
    for (ForOp loop : loops) {
      if (!hasStages(loop)) {
        continue;
      }
      if (failed(verifyStages(loop))) {
        return signalPassFailure();
      }
      bool rotates = llvm::any_of(opsInRotatedOrder(loop), [](Operation *op) {
        return stageOf(op)->stage != 0;
      });
      if (rotates) {
        Rotation(loop).run();
        continue;
      }
      for (Operation &op : loop.getBody()->without_terminator()) {
        clearStage(&op);
      }
    }
  }
};

} // namespace
} // namespace spak::ir
