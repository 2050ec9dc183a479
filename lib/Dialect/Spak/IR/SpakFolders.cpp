// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: rewrites that are always profitable, on any target.
#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace spak::ir;

/// The one value of a splat constant, or null.
static Attribute splatOf(Attribute value) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(value);
  return elements && elements.isSplat() ? elements.getSplatValue<Attribute>()
                                        : Attribute();
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

OpFoldResult StartOp::fold(FoldAdaptor) {
  if (getRange().getDefiningOp<AllOp>()) {
    return IntegerAttr::get(IndexType::get(getContext()), 0);
  }
  auto range = getRange().getDefiningOp<TileRangeOp>();
  IntegerAttr tile;
  if (range && matchPattern(range.getTile(), m_Constant(&tile))) {
    return IntegerAttr::get(IndexType::get(getContext()),
                            tile.getInt() * getRange().getType().getSize());
  }
  return {};
}

OpFoldResult TileCountOp::fold(FoldAdaptor adaptor) {
  auto extent = dyn_cast_or_null<IntegerAttr>(adaptor.getExtent());
  if (!extent) {
    return {};
  }
  int64_t size = getSize();
  int64_t tiles = std::max<int64_t>(extent.getInt(), 0);
  return IntegerAttr::get(IndexType::get(getContext()),
                          llvm::divideCeil(tiles, size));
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getSrc().getType() == getType()) {
    return getSrc();
  }
  if (Attribute splat = splatOf(adaptor.getSrc())) {
    return DenseElementsAttr::get(getType(), splat);
  }
  // A broadcast of a broadcast is one.
  if (auto inner = getSrc().getDefiningOp<BroadcastOp>()) {
    getSrcMutable().assign(inner.getSrc());
    return getResult();
  }
  return {};
}

OpFoldResult SplatOp::fold(FoldAdaptor adaptor) {
  if (Attribute value = adaptor.getSrc()) {
    return DenseElementsAttr::get(getType(), value);
  }
  return {};
}

OpFoldResult ConvertOp::fold(FoldAdaptor adaptor) {
  if (getSrc().getType() == getType()) {
    return getSrc();
  }
  auto value = dyn_cast_or_null<FloatAttr>(splatOf(adaptor.getSrc()));
  auto type = dyn_cast<FloatType>(getType().getElementType());
  if (!value || !type) {
    return {};
  }
  APFloat number = value.getValue();
  bool inexact;
  number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &inexact);
  return DenseElementsAttr::get(getType(), FloatAttr::get(type, number));
}

OpFoldResult ConvertLayoutOp::fold(FoldAdaptor adaptor) {
  if (getSrc().getType() == getType()) {
    return getSrc();
  }
  return {};
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getA() == getB()) {
    return getA();
  }
  if (auto cond = dyn_cast_or_null<IntegerAttr>(splatOf(adaptor.getCond()))) {
    return cond.getValue().isZero() ? getB() : getA();
  }
  return {};
}

OpFoldResult MaskOp::fold(FoldAdaptor adaptor) {
  // A map whose results are all constants >= 0 keeps everything.
  for (AffineMap map : getMaps()) {
    if (llvm::all_of(map.getResults(), [](AffineExpr expr) {
          auto constant = dyn_cast<AffineConstantExpr>(expr);
          return constant && constant.getValue() >= 0;
        })) {
      return getSrc();
    }
  }
  // The same mask twice is one.
  auto inner = getSrc().getDefiningOp<MaskOp>();
  if (inner && inner.getKeep() == getKeep() &&
      llvm::equal(inner.getRanges(), getRanges()) &&
      llvm::equal(inner.getSyms(), getSyms())) {
    return getSrc();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

LogicalResult RequireOp::canonicalize(RequireOp op, PatternRewriter &rewriter) {
  if (!matchPattern(op.getCond(), m_One())) {
    return failure();
  }
  rewriter.eraseOp(op);
  return success();
}

namespace {

/// Stops carrying what never changes, and what nothing reads.
struct DropCarried : OpRewritePattern<ForOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ForOp loop,
                                PatternRewriter &rewriter) const override {
    SmallVector<unsigned> kept;
    for (auto [index, arg] : llvm::enumerate(loop.getRegionIterArgs())) {
      Value yielded = loop.getYield().getArgs()[index];
      bool same = yielded == arg || yielded == loop.getInitArgs()[index];
      bool unread = arg.use_empty() && loop.getResult(index).use_empty();
      if (!same && !unread) {
        kept.push_back(index);
      }
    }
    if (kept.size() == loop.getInitArgs().size()) {
      return failure();
    }
    SmallVector<Value> inits;
    for (unsigned index : kept) {
      inits.push_back(loop.getInitArgs()[index]);
    }
    auto made = ForOp::create(rewriter, loop.getLoc(), loop.getLower(),
                              loop.getUpper(), loop.getFullLower(),
                              loop.getFullUpper(), inits, loop.getRangeType());
    made->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
    made.setDirection(loop.getDirection());
    made.setOverlapAttr(loop.getOverlapAttr());
    made.setUnrollAttr(loop.getUnrollAttr());
    made.getRange().setLoc(loop.getRange().getLoc());
    SmallVector<Value> arguments = {made.getRange()};
    SmallVector<Value> results;
    for (unsigned index = 0, next = 0; index < loop.getInitArgs().size();
         ++index) {
      if (next < kept.size() && kept[next] == index) {
        made.getRegionIterArgs()[next].setLoc(
            loop.getRegionIterArgs()[index].getLoc());
        arguments.push_back(made.getRegionIterArgs()[next]);
        results.push_back(made.getResult(next));
        ++next;
        continue;
      }
      arguments.push_back(loop.getInitArgs()[index]);
      results.push_back(loop.getInitArgs()[index]);
    }
    YieldOp yield = loop.getYield();
    rewriter.mergeBlocks(loop.getBody(), made.getBody(), arguments);
    SmallVector<Value> yields;
    for (unsigned index : kept) {
      yields.push_back(yield.getArgs()[index]);
    }
    rewriter.modifyOpInPlace(yield,
                             [&] { yield.getArgsMutable().assign(yields); });
    rewriter.replaceOp(loop, results);
    return success();
  }
};

} // namespace

void ForOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<DropCarried>(context);
}
