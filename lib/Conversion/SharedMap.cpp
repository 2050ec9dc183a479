// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading a shared layout as slabs, rows and a swizzle.
#include "SharedMap.h"

using namespace mlir;

namespace spak::conversion {

std::optional<SharedMap> SharedMap::of(ir::TileType tile) {
  auto layout = dyn_cast_or_null<ir::LayoutAttr>(tile.getLayout());
  if (!layout || layout.getDims().empty() ||
      layout.getDims().front() != "off") {
    return std::nullopt;
  }
  SharedMap map;
  map.elementBytes = tile.getElementType().getIntOrFloatBitWidth() / 8;
  int64_t position = 1;
  for (auto [extent, axis, stride] :
       llvm::zip(layout.getExtents(), layout.getAxes(), layout.getStrides())) {
    map.digits.push_back({extent, axis.getValue(), stride, position});
    position *= extent;
  }
  ArrayRef<int64_t> swizzle = layout.getSwizzle();
  if (!swizzle.empty() && swizzle[0] > 0) {
    map.swizzle = int64_t(1) << (swizzle[0] + swizzle[1]);
  }
  return map;
}

int64_t SharedMap::bytes() const {
  int64_t product = elementBytes;
  for (const Digit &digit : digits) {
    product *= digit.extent;
  }
  return product;
}

int64_t SharedMap::slabs() const {
  int64_t count = 1;
  for (const Digit &digit : ArrayRef(digits).drop_front()) {
    count *= digit.axis == innerAxis() ? digit.extent : 1;
  }
  return count;
}

int64_t SharedMap::slabBytes() const {
  for (const Digit &digit : ArrayRef(digits).drop_front()) {
    if (digit.axis == innerAxis()) {
      return digit.position * elementBytes;
    }
  }
  return bytes();
}

std::optional<unsigned> SharedMap::rowDimension(ValueRange at) const {
  std::optional<unsigned> found;
  for (auto [i, index] : llvm::enumerate(llvm::reverse(at))) {
    auto range = dyn_cast<ir::RangeType>(index.getType());
    if (i == 0 || !range) {
      continue;
    }
    if (found) {
      return std::nullopt;
    }
    found = i;
  }
  return found;
}

int64_t SharedMap::offsetOf(StringRef axis, int64_t at) const {
  int64_t offset = 0;
  for (const Digit &digit : digits) {
    if (digit.axis == axis) {
      offset += at / digit.stride % digit.extent * digit.position;
    }
  }
  return offset * elementBytes;
}

} // namespace spak::conversion
