// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the making of layout attributes.
#include "TileLayouts.h"

#include "spak/Layout/TensorCore.h"

using namespace mlir;

namespace spak::ir {

LayoutAttr accumulatorLayout(MLIRContext *context, StringRef rows,
                             StringRef columns, int64_t numColumns,
                             int64_t groups) {
  return LayoutAttr::fromLayout(
      context, layout::wgmmaAcc(numColumns, groups, rows, columns));
}

LayoutAttr operandLayout(MLIRContext *context, StringRef rows, StringRef depth,
                         int64_t numDepth, int64_t groups) {
  return LayoutAttr::fromLayout(context,
                                layout::wgmmaA(numDepth, groups, rows, depth));
}

LayoutAttr sliceLayout(LayoutAttr base, ArrayRef<StringAttr> axes,
                       bool partial) {
  layout::Layout slice = base.toLayout();
  for (StringAttr axis : base.getAxes()) {
    if (axis.getValue() != layout::kRep &&
        axis.getValue() != layout::kPartial &&
        !llvm::is_contained(axes, axis)) {
      slice = slice.dropAxis(axis.getValue(),
                             partial ? layout::kPartial : layout::kRep);
    }
  }
  return LayoutAttr::fromLayout(base.getContext(), slice);
}

int64_t widestSwizzle(int64_t rowBytes) {
  for (int64_t width : {128, 64, 32}) {
    if (rowBytes % width == 0) {
      return width;
    }
  }
  return 0;
}

FailureOr<LayoutAttr> slabLayout(Operation *op, TileType tile) {
  if (tile.getAxes().size() != 2) {
    return op->emitOpError("expected two axes for a product's operand, got ")
           << tile;
  }
  int64_t bytes = tile.getElementType().getIntOrFloatBitWidth() / 8;
  int64_t columns = tile.getShape()[1];
  int64_t width = widestSwizzle(columns * bytes);
  if (width == 0) {
    return op->emitOpError("has rows of ")
           << columns * bytes << " bytes along `"
           << tile.getAxes()[1].getValue()
           << "`; a swizzle needs a multiple of 32";
  }
  return LayoutAttr::fromLayout(
      tile.getContext(),
      *layout::sharedSlabs(tile.getAxes()[0], tile.getShape()[0],
                           tile.getAxes()[1], columns, bytes));
}

LayoutAttr layoutOf(TileType tile) {
  return dyn_cast_or_null<LayoutAttr>(tile.getLayout());
}

bool isShared(TileType tile) {
  return layoutOf(tile) && layoutOf(tile).isShared();
}

int64_t groupsOf(TileType tile) {
  LayoutAttr layout = layoutOf(tile);
  return layout ? layout.toLayout().size(spak::layout::Hw::Group) : 0;
}

int64_t registersOf(TileType tile) {
  int64_t bits = tile.getElementType().getIntOrFloatBitWidth();
  return (layoutOf(tile).toLayout().registers() * bits + 31) / 32;
}

int64_t bytesOf(TileType tile) {
  int64_t bits = tile.getElementType().getIntOrFloatBitWidth();
  for (int64_t size : tile.getShape()) {
    bits *= size;
  }
  return bits / 8;
}

StringRef columnAxisOf(TileType tile) {
  LayoutAttr layout = layoutOf(tile);
  for (auto [dim, axis] : llvm::zip_equal(layout.getDims(), layout.getAxes())) {
    if (dim == "reg") {
      return axis.getValue();
    }
  }
  return {};
}

} // namespace spak::ir
