// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// How the elements of a tile are walked: strides by axis name, and the type
// of the elements.
#ifndef SPAK_LIB_SIMULATOR_TILEWALK_H
#define SPAK_LIB_SIMULATOR_TILEWALK_H

#include "Value.h"

namespace spak::sim {

/// Steps from one element to the next along each axis of \p type.
inline llvm::SmallVector<int64_t, 4> stridesOf(ir::TileType type) {
  llvm::SmallVector<int64_t, 4> strides(type.getShape().size(), 1);
  for (size_t i = strides.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * type.getShape()[i];
  }
  return strides;
}

/// For each axis of \p to, the step in \p from; 0 where `from` lacks it.
inline llvm::SmallVector<int64_t, 4>
stridesAlong(ir::TileType from, llvm::ArrayRef<mlir::StringAttr> to) {
  llvm::SmallVector<int64_t, 4> own = stridesOf(from), strides;
  for (mlir::StringAttr axis : to) {
    int64_t i = from.axisIndex(axis.getValue());
    strides.push_back(i < 0 ? 0 : own[i]);
  }
  return strides;
}

/// Calls visit(place in the walk, place in the other tile) for each index of
/// \p shape, the last axis fastest.
template <typename Visit>
void walk(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> strides,
          Visit visit) {
  size_t rank = shape.size();
  int64_t rows = 1;
  for (size_t i = 0; i + 1 < rank; ++i) {
    rows *= shape[i];
  }
  int64_t inner = rank ? shape.back() : 1;
  int64_t step = rank ? strides.back() : 0;
  llvm::SmallVector<int64_t, 4> index(rank, 0);
  int64_t here = 0, there = 0;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t at = there;
    for (int64_t i = 0; i < inner; ++i, at += step) {
      visit(here++, at);
    }
    for (size_t axis = rank < 2 ? 0 : rank - 1; axis-- > 0;) {
      there += strides[axis];
      if (++index[axis] < shape[axis]) {
        break;
      }
      there -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

/// Calls \p fn with a pointer of the type of the tile's elements.
template <typename Fn>
auto dispatch(const TileValue &tile, Fn fn) {
  switch (tile.buffer->kind) {
  case Buffer::Kind::Float:
    return fn(tile.data<float>());
  case Buffer::Kind::Double:
    return fn(tile.data<double>());
  case Buffer::Kind::Integer:
    return fn(tile.data<int64_t>());
  }
  llvm_unreachable("every kind is above");
}

} // namespace spak::sim

#endif // SPAK_LIB_SIMULATOR_TILEWALK_H
