// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What the values of the IR are while a kernel runs: tiles as shared dense
// arrays, ranges, softmax states, rings.
#ifndef SPAK_LIB_SIMULATOR_VALUE_H
#define SPAK_LIB_SIMULATOR_VALUE_H

#include "spak/Dialect/Spak/IR/Spak.h"
#include "spak/Simulator/Formats.h"
#include "spak/Simulator/Tensor.h"

#include <map>
#include <memory>
#include <variant>
#include <vector>

namespace spak::sim {

/// The dense elements of a tile, in one of three forms.
struct Buffer {
  enum class Kind { Float, Double, Integer };
  Kind kind = Kind::Float;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<int64_t> integers;

  template <typename T>
  std::vector<T> &as();
};

template <>
inline std::vector<float> &Buffer::as<float>() {
  return floats;
}
template <>
inline std::vector<double> &Buffer::as<double>() {
  return doubles;
}
template <>
inline std::vector<int64_t> &Buffer::as<int64_t>() {
  return integers;
}

/// Keeps the buffers that nobody holds any more, by kind and size.
class BufferPool {
public:
  /// A buffer of \p count elements with whatever stood in it.
  std::shared_ptr<Buffer> get(Buffer::Kind kind, size_t count);

private:
  using Shelf = std::map<std::pair<int, size_t>, std::vector<Buffer *>>;
  struct Store {
    Shelf shelf;
    ~Store();
  };
  std::shared_ptr<Store> store = std::make_shared<Store>();
};

struct SlotUse;

/// A tile. Shared: who holds the only reference may write.
struct TileValue {
  ir::TileType type;
  std::shared_ptr<Buffer> buffer;
  /// Along each axis, how many elements are present; those behind are absent.
  llvm::SmallVector<int64_t, 2> present;
  /// The slot of a ring in which it lies; null for a tile in registers.
  std::shared_ptr<SlotUse> slot;

  int64_t count() const {
    int64_t n = 1;
    for (int64_t size : type.getShape()) {
      n *= size;
    }
    return n;
  }
  template <typename T>
  T *data() const {
    return buffer->as<T>().data();
  }
};

/// The slice [start, start + size) of an axis.
struct RangeValue {
  int64_t start = 0;
  int64_t size = 0;
  int64_t end = INT64_MAX; ///< what lies there or behind is not stored
};

/// A tensor argument.
struct ViewValue {
  Tensor *tensor = nullptr;
  /// Of an output: which tile of the grid wrote each element, from 1; 0: none.
  std::vector<int32_t> *writers = nullptr;
  /// Axis `outer` has `group` elements for each of the tensor's, which lie
  /// along axis `inner` (-1: all in one place).
  int64_t outer = -1, inner = -1, group = 1;
};

/// Closed state of an online softmax.
struct SoftmaxValue {
  TileValue max, sum, acc;
};

/// Opened row state.
struct RowsValue {
  TileValue max, sum;
  /// A row may have seen nothing but -inf, and the ops expect that.
  bool guarded = false;
};

/// One use of a slot: the k-th tile that goes through a ring.
struct SlotUse {
  std::vector<TileValue> tiles;
  std::vector<bool> filled;
  bool committed = false;
  bool released = false;
  int64_t number = 0;
};

/// A ring: its uses so far.
struct RingState {
  std::string name;
  ir::RingType type;
  std::vector<std::shared_ptr<SlotUse>> uses; ///< acquired, in order
  int64_t committed = 0;
  int64_t waited = 0;
  int64_t released = 0;
};

struct RingValue {
  RingState *ring = nullptr;
};
struct SlotValue {
  std::shared_ptr<SlotUse> use;
};

using RuntimeValue =
    std::variant<std::monostate, int64_t, double, TileValue, RangeValue,
                 ViewValue, SoftmaxValue, RowsValue, RingValue, SlotValue>;

/// The format of the element type \p type. `index` counts as s64; none for a
/// type that is no element type.
std::optional<Format> formatOf(mlir::Type type);

} // namespace spak::sim

#endif // SPAK_LIB_SIMULATOR_VALUE_H
