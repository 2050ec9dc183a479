// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which blocks of a masked tile its products may leave out. Knows masks
// and softmax's weights, no tensor and no loop's bounds.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Requests.h"
#include "TileLayouts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Dominance.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_TRIMPRODUCTS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// Rows of one consumer group: the m of wgmma (PTX ISA 8.5, 9.7.14.2).
constexpr int64_t kRows = 64;

/// A product whose elements are read through masks only.
struct MaskedProduct {
  DotOp dot;
  SmallVector<MaskOp> masks;
};

/// Whether nothing is known of what \p map drops.
bool isOpaque(AffineMap map) {
  bool divides = map.getNumResults() == 0;
  map.walkExprs([&](AffineExpr expr) {
    divides |= expr.getKind() == AffineExprKind::Mod ||
               expr.getKind() == AffineExprKind::FloorDiv ||
               expr.getKind() == AffineExprKind::CeilDiv;
  });
  return divides;
}

/// Follows the only use of a product through what works element by element to
/// the last of the masks.
std::optional<MaskedProduct> maskedProduct(DotOp dot) {
  MaskedProduct product{dot, {}};
  Value value = dot.getResult();
  while (value.hasOneUse()) {
    Operation *user = *value.user_begin();
    if (auto mask = dyn_cast<MaskOp>(user)) {
      product.masks.push_back(mask);
    } else if ((!user->hasTrait<OpTrait::Elementwise>() &&
                !isa<SelectOp>(user)) ||
               user->getNumResults() != 1 ||
               user->getBlock() != dot->getBlock()) {
      break;
    }
    value = user->getResult(0);
  }
  return product.masks.empty() ? std::nullopt : std::optional(product);
}

/// Whether \p tile is what the weights of \p scores are, in some layout.
bool areWeightsOf(Value tile, Value scores) {
  while (auto moved = tile.getDefiningOp<ConvertLayoutOp>()) {
    tile = moved.getSrc();
  }
  auto probs = tile.getDefiningOp<SoftmaxProbsOp>();
  return probs && probs.getP() == tile && probs.getS() == scores;
}

class TrimProductsPass : public impl::TrimProductsBase<TrimProductsPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      std::optional<Ground> asked = Requests(kernel).number("trim");
      if (asked && asked->value > 0 && failed(trimKernel(kernel, *asked))) {
        return signalPassFailure();
      }
    }
  }

private:
  LogicalResult trimKernel(KernelOp kernel, const Ground &asked);
  LogicalResult checkUnsplit(KernelOp kernel, const Ground &asked);
  bool trim(const MaskedProduct &product, const Ground &asked);
};

/// The requests that cut a product in another way.
LogicalResult TrimProductsPass::checkUnsplit(KernelOp kernel,
                                             const Ground &asked) {
  for (NamedAttribute entry : kernel.getRequestAttr().getEntries()) {
    StringRef name = entry.getName();
    auto number = dyn_cast<IntegerAttr>(entry.getValue());
    if ((name.starts_with("split_") || name.starts_with("hand_off_")) &&
        number && number.getInt() > 0) {
      return kernel.emitOpError(asked.why)
             << " leaves out blocks of a product that request `" << name
             << "` issues in pieces: one of them must be 0";
    }
  }
  return success();
}

bool TrimProductsPass::trim(const MaskedProduct &product, const Ground &asked) {
  DotOp dot = product.dot;
  TileType tile = dot.getResult().getType();
  if (!dot.getInstr() || tile.getShape().size() != 2 || dot.getAcc()) {
    return false;
  }
  StringRef columns = columnAxisOf(tile);
  StringRef rows;
  for (StringAttr axis : tile.getAxes()) {
    rows = axis.getValue() == columns ? rows : axis.getValue();
  }
  int64_t numColumns = tile.axisSize(columns), by = asked.value;
  int64_t blocks[2] = {tile.axisSize(rows) / kRows, numColumns / by};
  if (numColumns % by != 0 || blocks[1] < 2 || blocks[0] * blocks[1] > 32 ||
      layoutOf(tile) != accumulatorLayout(tile.getContext(), rows, columns,
                                          numColumns, blocks[0])) {
    return false;
  }
  OpBuilder b(dot);
  Location loc = NameLoc::get(b.getStringAttr("needed"), dot.getLoc());
  DominanceInfo dominance(dot->getParentOfType<KernelOp>());
  Value bits;
  for (MaskOp mask : product.masks) {
    bool known = llvm::all_of(mask->getOperands().drop_front(), [&](Value v) {
      return dominance.properlyDominates(v, dot);
    });
    if (!known || llvm::any_of(mask.getMaps(), isOpaque)) {
      continue;
    }
    Value kept = NeededOp::create(
        b, loc, b.getIndexType(), mask.getKeep(), mask.getRanges(),
        mask.getSyms(), b.getStringAttr(rows), b.getStringAttr(columns),
        b.getI64IntegerAttr(by), b.getDenseI64ArrayAttr(blocks));
    bits = bits ? arith::AndIOp::create(b, loc, bits, kept) : kept;
  }
  if (!bits) {
    return false;
  }
  auto mark = [&](DotOp op) {
    op.getNeededMutable().assign(bits);
    op.setAlong(columns);
    op.setBy(by);
    remark(op,
           "left out where masks empty 64 rows and " + llvm::Twine(by) +
               " elements of `" + columns + "`",
           asked.why);
  };
  mark(dot);
  MaskOp last = product.masks.back();
  Value scores = last.getResult();
  for (DotOp other : dot->getBlock()->getOps<DotOp>()) {
    if (other.getOver() == columns && areWeightsOf(other.getA(), scores) &&
        !isShared(other.getA().getType())) {
      mark(other);
    }
  }
  return true;
}

LogicalResult TrimProductsPass::trimKernel(KernelOp kernel,
                                           const Ground &asked) {
  if (failed(checkUnsplit(kernel, asked))) {
    return failure();
  }
  SmallVector<MaskedProduct> products;
  kernel.walk([&](DotOp dot) {
    if (isa<ForOp>(dot->getParentOp())) {
      if (auto product = maskedProduct(dot)) {
        products.push_back(std::move(*product));
      }
    }
  });
  bool any = false;
  for (const MaskedProduct &product : products) {
    DotOp dot = product.dot;
    if (dot.getInstr() && !isShared(dot.getA().getType())) {
      return dot.emitOpError(asked.why)
             << " leaves out blocks of a product whose first operand comes "
                "from registers, which is not supported; it can come from "
                "shared memory";
    }
    any |= trim(product, asked);
  }
  if (!any) {
    return kernel.emitOpError(asked.why)
           << " is about a product whose elements pass through a mask, with "
              "several blocks of "
           << asked.value << " columns in a tile; there is none";
  }
  return success();
}

} // namespace
} // namespace spak::ir
