// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the cut of closed online softmax into its four pieces. Knows nothing
// of how they will be scheduled.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "EmptyRows.h"
#include "Requests.h"
#include "ScalarBounds.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_OPENSOFTMAX
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

//===----------------------------------------------------------------------===//
// A multiplier of the scores
//===----------------------------------------------------------------------===//

/// The scores of an update as `mask(... mask(scores * multiplier))`; a mask
/// may be a select that has -inf elsewhere.
struct Scaled {
  SmallVector<Operation *> masks; ///< outermost first
  arith::MulFOp product;
  Value scores;
  Value scalar;       ///< the multiplier, or
  FloatAttr constant; ///< the multiplier as a number
};

/// The number or scalar that \p value has at every element, if it has one.
bool readUniform(Value value, Scaled &scaled) {
  OpFoldResult uniform = uniformOf(value);
  if (auto scalar = dyn_cast_if_present<Value>(uniform)) {
    scaled.scalar = scalar;
  } else if (auto attr = dyn_cast_if_present<Attribute>(uniform)) {
    scaled.constant = cast<FloatAttr>(attr);
  }
  return static_cast<bool>(uniform);
}

std::optional<Scaled> readScaled(Value scores) {
  Scaled scaled;
  Value value = scores;
  // What else reads a product or a mask would need it as it is.
  while (value.hasOneUse()) {
    if (OpOperand *kept = keptOperand(value.getDefiningOp())) {
      scaled.masks.push_back(kept->getOwner());
      value = kept->get();
      continue;
    }
    scaled.product = value.getDefiningOp<arith::MulFOp>();
    break;
  }
  if (!scaled.product) {
    return std::nullopt;
  }
  Value a = scaled.product.getLhs(), b = scaled.product.getRhs();
  if (readUniform(b, scaled)) {
    scaled.scores = a;
    return scaled;
  }
  if (readUniform(a, scaled)) {
    scaled.scores = b;
    return scaled;
  }
  return std::nullopt;
}

bool isPositive(const Scaled &scaled) {
  if (!scaled.constant) {
    return isKnownPositive(scaled.scalar);
  }
  APFloat number = scaled.constant.getValue();
  return number.isFinite() && !number.isZero() && !number.isNegative();
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

/// Everything that one softmax state flows through.
struct Chain {
  SmallVector<SoftmaxUpdateOp> updates;
  /// Which of the updates' scores are scaled by `scale` already.
  bool folds = false;
  Value scale;
  /// Whether the scores lie so near 0 that no maximum need be subtracted.
  bool near = false;
  /// Whether the logarithm of the sums is wanted.
  bool hasLse = false;
};

class Opening {
public:
  explicit Opening(KernelOp kernel) : kernel(kernel), b(kernel.getContext()) {}

  LogicalResult run();

private:
  struct Opened {
    Value rows;
    Value acc;
  };

  void collectChains();
  void decideScale(Chain &chain, SoftmaxInitOp init);
  bool areNear(const Chain &chain);
  LogicalResult openBlock(Block *block);
  void openInit(SoftmaxInitOp init, bool near);
  void openUpdate(SoftmaxUpdateOp update);
  void openResult(Operation *op, Value state);
  LogicalResult openLoop(ForOp loop);
  void expand(ValueRange values, SmallVectorImpl<Value> &expanded) const;
  Chain &chainOf(Value state) {
    return chains[classes.getLeaderValue(state.getAsOpaquePointer())];
  }
  Value constant(Location loc, float value);

  KernelOp kernel;
  OpBuilder b;
  llvm::EquivalenceClasses<void *> classes;
  llvm::DenseMap<void *, Chain> chains;
  llvm::DenseMap<Value, Opened> opened;
  llvm::DenseMap<Value, SoftmaxFinishOp> finished;
  SmallVector<Operation *> dead;
};

TileType accumulatorType(SoftmaxType state) {
  MLIRContext *context = state.getContext();
  return TileType::get(context, {state.getRows(), state.getWidth()},
                       {state.getRowCount(), state.getWidthCount()},
                       Float32Type::get(context));
}

TileType rowsType(SoftmaxType state) {
  MLIRContext *context = state.getContext();
  return TileType::get(context, {state.getRows()}, {state.getRowCount()},
                       Float32Type::get(context));
}

/// The name that \p loc gives with \p suffix; \p loc if it gives none.
Location named(Location loc, StringRef suffix) {
  auto name = dyn_cast<NameLoc>(loc);
  if (!name) {
    return loc;
  }
  return NameLoc::get(
      StringAttr::get(loc.getContext(), name.getName().getValue() + suffix),
      name.getChildLoc());
}

/// The place of \p loc with the name that \p source gives, if it gives one.
Location renamed(Location loc, Location source) {
  auto name = dyn_cast<NameLoc>(source);
  if (!name) {
    return loc;
  }
  auto old = dyn_cast<NameLoc>(loc);
  return NameLoc::get(name.getName(), old ? old.getChildLoc() : loc);
}

void Opening::collectChains() {
  auto unite = [&](Value x, Value y) {
    classes.unionSets(x.getAsOpaquePointer(), y.getAsOpaquePointer());
  };
  kernel.walk([&](Operation *op) {
    if (auto init = dyn_cast<SoftmaxInitOp>(op)) {
      classes.insert(init.getState().getAsOpaquePointer());
    } else if (auto update = dyn_cast<SoftmaxUpdateOp>(op)) {
      unite(update.getState(), update.getResult());
    } else if (auto loop = dyn_cast<ForOp>(op)) {
      for (auto [init, arg, yielded, result] :
           llvm::zip(loop.getInitArgs(), loop.getRegionIterArgs(),
                     loop.getYield().getArgs(), loop.getResults())) {
        if (isa<SoftmaxType>(init.getType())) {
          unite(init, arg);
          unite(arg, yielded);
          unite(yielded, result);
        }
      }
    }
  });
  kernel.walk([&](SoftmaxUpdateOp update) {
    chainOf(update.getState()).updates.push_back(update);
  });
  kernel.walk([&](SoftmaxLseOp lse) { chainOf(lse.getState()).hasLse = true; });
}

Value Opening::constant(Location loc, float value) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&kernel.getBody().front());
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
}

/// One multiplier for the whole chain: the rows' maxima are those of the
/// scores without it, so each update must have the same.
void Opening::decideScale(Chain &chain, SoftmaxInitOp init) {
  if (chain.scale) {
    return;
  }
  std::optional<Scaled> common;
  for (SoftmaxUpdateOp update : chain.updates) {
    std::optional<Scaled> scaled = readScaled(update.getS());
    bool same = scaled && (!common || (common->scalar == scaled->scalar &&
                                       common->constant == scaled->constant));
    if (!same || !isPositive(*scaled)) {
      common = std::nullopt;
      break;
    }
    common = scaled;
  }
  if (common && common->constant) {
    chain.scale = constant(init.getLoc(), common->constant.getValueAsDouble());
  } else if (common &&
             DominanceInfo(kernel).properlyDominates(common->scalar, init)) {
    chain.scale = common->scalar;
  }
  chain.folds = static_cast<bool>(chain.scale);
  if (!chain.folds) {
    chain.scale = constant(init.getLoc(), 1.0f);
  }
}

/// Whether exponentials may lose what the maximum's, which is 1, would not, and
/// every score of \p chain is proved to be so near 0 that neither its
/// exponential, nor sums of many, nor their products with values leave the
/// range where numbers of the type are exact to their last bit. The largest
/// weight of a row is then not 1, and what it loses in rounding must be
/// missing in the sum too: that sum is no logarithm to be stored.
bool Opening::areNear(const Chain &chain) {
  // Of f32's 126 powers of two: sums of 2^14 and values up to 2^32 stay finite.
  constexpr double kMost = 80.0;
  if (Requests(kernel).text("maxima") != "bounded") {
    return false;
  }
  std::optional<double> times = knownAtMost(chain.scale);
  if (!times || !isKnownPositive(chain.scale) || chain.hasLse) {
    return false;
  }
  return !chain.updates.empty() &&
         llvm::all_of(chain.updates, [&](SoftmaxUpdateOp update) {
           Value scores = update.getS();
           if (chain.folds) {
             scores = readScaled(scores)->scores;
           }
           std::optional<double> most = magnitudeOf(scores);
           auto type =
               cast<FloatType>(update.getV().getType().getElementType());
           double room = std::min<double>(
               kMost, -APFloat::semanticsMinExponent(type.getFloatSemantics()));
           return most && *most * *times * llvm::numbers::log2e <= room;
         });
}

void Opening::openInit(SoftmaxInitOp init, bool near) {
  SoftmaxType type = init.getState().getType();
  b.setInsertionPoint(init);
  Value rows =
      SoftmaxRowsOp::create(b, named(init.getLoc(), "_rows"),
                            RowsType::get(b.getContext(), rowsType(type)),
                            near ? b.getF64FloatAttr(0.0) : FloatAttr());
  TileType tile = accumulatorType(type);
  Value acc = arith::ConstantOp::create(
      b, named(init.getLoc(), "_acc"),
      DenseElementsAttr::get(tile, b.getF32FloatAttr(0.0f)));
  opened[init.getState()] = {rows, acc};
  dead.push_back(init);
}

void Opening::openUpdate(SoftmaxUpdateOp update) {
  Chain &chain = chainOf(update.getState());
  Opened state = opened.lookup(update.getState());
  Location loc = update.getLoc();
  b.setInsertionPoint(update);
  Value scores = update.getS();
  if (chain.folds) {
    Scaled scaled = *readScaled(scores);
    scores = scaled.scores;
    Location name = scaled.product.getLoc();
    if (Operation *def = scores.getDefiningOp()) {
      def->setLoc(renamed(def->getLoc(), name));
    }
    for (Operation *mask : llvm::reverse(scaled.masks)) {
      Operation *copy = b.clone(*mask);
      copy->setLoc(renamed(mask->getLoc(), name));
      keptOperand(copy)->set(scores);
      scores = copy->getResult(0);
    }
    // In the order of the text; they are erased backwards.
    dead.push_back(scaled.product);
    dead.append(scaled.masks.rbegin(), scaled.masks.rend());
  }
  TileType probs =
      cast<TileType>(scores.getType())
          .withElementType(update.getV().getType().getElementType());
  auto take = [&](Value rows, Value acc) {
    auto next = SoftmaxProbsOp::create(b, named(loc, "_p"), probs, rows, scores,
                                       chain.scale);
    next.setSumsRounded(chain.near);
    Value sum = DotOp::create(b, named(loc, "_acc"), acc.getType(), next.getP(),
                              update.getV(), acc, update.getOver());
    opened[update.getResult()] = {next.getNext(), sum};
    dead.push_back(update);
  };
  if (chain.near) {
    return take(state.rows, state.acc);
  }
  auto advance = SoftmaxAdvanceOp::create(
      b, named(loc, "_max"), rowsType(update.getState().getType()), state.rows,
      scores, chain.scale, mayHaveEmptyRows(scores));
  Value acc = SoftmaxRescaleOp::create(b, named(loc, "_acc"), state.acc,
                                       advance.getCorrection());
  take(advance.getNext(), acc);
}

void Opening::openResult(Operation *op, Value state) {
  SoftmaxFinishOp &finish = finished[state];
  if (!finish) {
    Opened values = opened.lookup(state);
    // The accumulator is the later of the two.
    b.setInsertionPointAfterValue(values.acc);
    finish = SoftmaxFinishOp::create(
        b, op->getLoc(), values.acc.getType(),
        rowsType(cast<SoftmaxType>(state.getType())), values.rows, values.acc,
        chainOf(state).scale, /*rounded=*/TypeAttr());
  }
  op->getResult(0).replaceAllUsesWith(
      isa<SoftmaxOutputOp>(op) ? finish.getOut() : finish.getLse());
  dead.push_back(op);
}

void Opening::expand(ValueRange values,
                     SmallVectorImpl<Value> &expanded) const {
  for (Value value : values) {
    auto found = opened.find(value);
    if (found == opened.end()) {
      expanded.push_back(value);
      continue;
    }
    expanded.append({found->second.rows, found->second.acc});
  }
}

LogicalResult Opening::openLoop(ForOp loop) {
  if (llvm::none_of(loop.getInitArgs(), [](Value init) {
        return isa<SoftmaxType>(init.getType());
      })) {
    return openBlock(loop.getBody());
  }
  SmallVector<Value> inits;
  expand(loop.getInitArgs(), inits);
  b.setInsertionPoint(loop);
  auto made = ForOp::create(b, loop.getLoc(), loop.getLower(), loop.getUpper(),
                            loop.getFullLower(), loop.getFullUpper(), inits,
                            loop.getRangeType());
  made->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  made.setDirection(loop.getDirection());
  made.setOverlapAttr(loop.getOverlapAttr());
  made.setUnrollAttr(loop.getUnrollAttr());
  // Each old value is one new one, or two.
  auto take = [&](Value old, ValueRange all, unsigned &next) {
    if (!isa<SoftmaxType>(old.getType())) {
      Value replacement = all[next++];
      replacement.setLoc(old.getLoc());
      old.replaceAllUsesWith(replacement);
      return;
    }
    opened[old] = {all[next], all[next + 1]};
    if (isa<BlockArgument>(old)) {
      all[next].setLoc(named(old.getLoc(), "_rows"));
      all[next + 1].setLoc(named(old.getLoc(), "_acc"));
    }
    next += 2;
  };
  unsigned next = 0;
  for (BlockArgument arg : loop.getBody()->getArguments()) {
    take(arg, made.getBody()->getArguments(), next);
  }
  made.getBody()->getOperations().splice(made.getBody()->end(),
                                         loop.getBody()->getOperations());
  // What is dead in the body reads the old arguments: it goes first.
  dead.push_back(loop);
  if (failed(openBlock(made.getBody()))) {
    return failure();
  }
  SmallVector<Value> yields;
  expand(made.getYield().getArgs(), yields);
  made.getYield().getArgsMutable().assign(yields);
  next = 0;
  for (Value result : loop.getResults()) {
    if (isa<SoftmaxType>(result.getType())) {
      opened[result] = {made.getResult(next), made.getResult(next + 1)};
      next += 2;
    } else {
      result.replaceAllUsesWith(made.getResult(next++));
    }
  }
  return success();
}

LogicalResult Opening::openBlock(Block *block) {
  for (Operation &op : llvm::make_early_inc_range(*block)) {
    if (auto init = dyn_cast<SoftmaxInitOp>(op)) {
      Chain &chain = chainOf(init.getState());
      decideScale(chain, init);
      chain.near = areNear(chain);
      openInit(init, chain.near);
    } else if (isa<SoftmaxUpdateOp, SoftmaxOutputOp, SoftmaxLseOp>(op) &&
               !opened.contains(op.getOperand(0))) {
      return op.emitOpError("expected a state that comes from "
                            "`spak.softmax.init` by way of updates and loops");
    } else if (auto update = dyn_cast<SoftmaxUpdateOp>(op)) {
      openUpdate(update);
    } else if (auto output = dyn_cast<SoftmaxOutputOp>(op)) {
      openResult(&op, output.getState());
    } else if (auto lse = dyn_cast<SoftmaxLseOp>(op)) {
      openResult(&op, lse.getState());
    } else if (auto loop = dyn_cast<ForOp>(op)) {
      if (failed(openLoop(loop))) {
        return failure();
      }
    } else if (!isa<YieldOp>(op) &&
               llvm::any_of(op.getOperandTypes(), llvm::IsaPred<SoftmaxType>)) {
      return op.emitOpError("reads a softmax state, which only the softmax "
                            "ops and `spak.for` can");
    } else {
      for (Region &region : op.getRegions()) {
        for (Block &inner : region) {
          if (failed(openBlock(&inner))) {
            return failure();
          }
        }
      }
    }
  }
  return success();
}

LogicalResult Opening::run() {
  collectChains();
  if (failed(openBlock(&kernel.getBody().front()))) {
    return failure();
  }
  for (Operation *op : llvm::reverse(dead)) {
    SmallVector<Operation *> sources;
    for (Value operand : op->getOperands()) {
      sources.push_back(operand.getDefiningOp());
    }
    op->erase();
    for (Operation *source : sources) {
      if (isa_and_nonnull<SplatOp>(source) && source->use_empty()) {
        source->erase();
      }
    }
  }
  return success();
}

class OpenSoftmaxPass : public impl::OpenSoftmaxBase<OpenSoftmaxPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(Opening(kernel).run())) {
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace spak::ir
