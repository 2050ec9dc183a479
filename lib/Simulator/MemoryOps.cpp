// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what is read from and written to tensors, and what happens past their
// ends. No element outside of a tensor is ever touched.
#include "Machine.h"

#include <cmath>

using namespace mlir;

namespace spak::sim {

namespace {

/// Where the indices of a load or store lead.
struct Slice {
  int64_t base = 0; ///< element
  /// Per axis of the tile: where each of its elements lies.
  SmallVector<SmallVector<int64_t>, 4> offsets;
  SmallVector<int64_t, 4> present; ///< per axis of the tile
};

} // namespace

/// Evaluates indices against the tensor's extents. A plain index must be
/// inside; a range may reach past the end.
static FailureOr<Slice> sliceOf(const ViewValue &view,
                                ArrayRef<RuntimeValue> at, std::string &why) {
  const Tensor &tensor = *view.tensor;
  Slice slice;
  slice.base = tensor.base;
  for (size_t axis = 0; axis < at.size(); ++axis) {
    int64_t extent = tensor.extents[axis], stride = tensor.strides[axis];
    if (auto *range = std::get_if<RangeValue>(&at[axis])) {
      bool packed = static_cast<int64_t>(axis) == view.outer;
      int64_t group = packed ? view.group : 1;
      int64_t along =
          packed && view.inner >= 0 ? tensor.strides[view.inner] : 0;
      slice.present.push_back(
          std::clamp<int64_t>(extent * group - range->start, 0, range->size));
      SmallVector<int64_t> &offsets = slice.offsets.emplace_back(range->size);
      for (int64_t i = 0; i < range->size; ++i) {
        int64_t element = range->start + i;
        offsets[i] = element / group * stride + element % group * along;
      }
      continue;
    }
    int64_t index = std::get<int64_t>(at[axis]);
    int64_t last = static_cast<int64_t>(axis) == view.inner
                       ? index + view.group - 1
                       : index;
    if (index < 0 || last >= extent) {
      why = "index " + std::to_string(index) + " is outside of axis " +
            std::to_string(axis) + " of `" + tensor.name + "`, which has " +
            std::to_string(extent) + " elements";
      return failure();
    }
    slice.base += index * stride;
  }
  return slice;
}

FailureOr<TileValue> Machine::read(Operation *op, Value view, ValueRange at,
                                   ir::TileType type) {
  const ViewValue &source = std::get<ViewValue>(get(view));
  const Tensor &tensor = *source.tensor;
  SmallVector<RuntimeValue, 5> indices;
  for (Value index : at) {
    indices.push_back(get(index));
  }
  std::string why;
  FailureOr<Slice> slice = sliceOf(source, indices, why);
  if (failed(slice)) {
    error(op, why);
    return failure();
  }
  TileValue tile = makeTile(type);
  tile.present.assign(slice->present.begin(), slice->present.end());
  ArrayRef<int64_t> shape = type.getShape();
  size_t rank = shape.size();
  int64_t length = rank ? shape.back() : 1;
  SmallVector<int64_t> inner =
      rank ? slice->offsets.back() : SmallVector<int64_t>{0};
  int64_t presentInner = rank ? tile.present.back() : 1;
  SmallVector<int64_t, 4> index(rank, 0);
  auto fill = [&](auto *out) {
    for (int64_t row = 0, rows = tile.count() / length; row < rows; ++row) {
      int64_t from = slice->base;
      bool present = true;
      for (size_t axis = 0; axis + 1 < rank; ++axis) {
        from += slice->offsets[axis][index[axis]];
        present &= index[axis] < tile.present[axis];
      }
      int64_t n = present ? presentInner : 0;
      const double *in = tensor.data.data() + from;
      for (int64_t i = 0; i < n; ++i) {
        out[i] = in[inner[i]];
      }
      std::fill(out + n, out + length, 0);
      out += length;
      for (size_t axis = rank < 2 ? 0 : rank - 1; axis-- > 0;) {
        if (++index[axis] < shape[axis]) {
          break;
        }
        index[axis] = 0;
      }
    }
  };
  switch (tile.buffer->kind) {
  case Buffer::Kind::Float:
    fill(tile.data<float>());
    break;
  case Buffer::Kind::Double:
    fill(tile.data<double>());
    break;
  case Buffer::Kind::Integer:
    fill(tile.data<int64_t>());
    break;
  }
  return tile;
}

Machine::Step Machine::load(ir::LoadOp op) {
  FailureOr<TileValue> tile = read(op, op.getView(), op.getAt(),
                                   cast<ir::TileType>(op.getTile().getType()));
  if (failed(tile)) {
    return Step::Error;
  }
  set(op.getTile(), std::move(*tile));
  return Step::Next;
}

Machine::Step Machine::loadScalar(ir::LoadScalarOp op) {
  const Tensor &tensor = *std::get<ViewValue>(get(op.getView())).tensor;
  int64_t at = tensor.base;
  bool present = true;
  for (auto [axis, index] : llvm::enumerate(op.getAt())) {
    int64_t i = integer(index);
    present &= i >= 0 && i < tensor.extents[axis];
    at += i * tensor.strides[axis];
  }
  double value = present ? tensor.data[at] : 0.0;
  if (isa<FloatType>(op.getValue().getType())) {
    set(op.getValue(), value);
  } else {
    set(op.getValue(), static_cast<int64_t>(value));
  }
  return Step::Next;
}

Machine::Step Machine::store(ir::StoreOp op) {
  FailureOr<TileValue> source = tile(op, op.getTile());
  if (failed(source)) {
    return Step::Error;
  }
  ViewValue view = std::get<ViewValue>(get(op.getView()));
  Tensor &tensor = *view.tensor;
  SmallVector<RuntimeValue, 5> indices;
  for (Value index : op.getAt()) {
    indices.push_back(get(index));
  }
  std::string why;
  FailureOr<Slice> slice = sliceOf(view, indices, why);
  if (failed(slice)) {
    return error(op, why);
  }
  unsigned axis = 0;
  for (const RuntimeValue &index : indices) {
    if (auto *range = std::get_if<RangeValue>(&index)) {
      int64_t left = std::max<int64_t>(range->end - range->start, 0);
      slice->present[axis] = std::min<int64_t>(slice->present[axis], left);
      ++axis;
    }
  }
  if (!view.writers) {
    return error(op, "stores to `" + tensor.name + "`, which is no output");
  }
  StringRef combine = op.getCombine().value_or("");
  int32_t me = gridTile();
  ArrayRef<int64_t> shape = source->type.getShape();
  SmallVector<int64_t, 4> index(shape.size(), 0);
  bool clash = false;
  auto put = [&](const auto *in) {
    for (int64_t i = 0, n = source->count(); i < n; ++i) {
      int64_t at = slice->base;
      bool present = true;
      for (size_t axis = 0; axis < shape.size(); ++axis) {
        at += slice->offsets[axis][index[axis]];
        present &= index[axis] < slice->present[axis];
      }
      if (present) {
        double value = static_cast<double>(in[i]);
        double &element = tensor.data[at];
        bool fresh = Tensor::isPoison(element);
        if (combine == "add" && !fresh) {
          value += element;
        } else if (combine == "max" && !fresh) {
          value = std::fmax(value, element);
        }
        int32_t &writer = (*view.writers)[at];
        value = sim.options.exact ? value : roundTo(tensor.format, value);
        bool same = sim.repeatsTiles && value == element;
        clash |= combine.empty() && writer != 0 && writer != me && !same;
        writer = me;
        element = value;
      }
      for (size_t axis = shape.size(); axis-- > 0;) {
        if (++index[axis] < shape[axis]) {
          break;
        }
        index[axis] = 0;
      }
    }
  };
  switch (source->buffer->kind) {
  case Buffer::Kind::Float:
    put(source->data<float>());
    break;
  case Buffer::Kind::Double:
    put(source->data<double>());
    break;
  case Buffer::Kind::Integer:
    put(source->data<int64_t>());
    break;
  }
  if (clash) {
    return error(op, "stores to an element of `" + tensor.name +
                         "` that another tile of the grid has stored to");
  }
  return Step::Next;
}

} // namespace spak::sim
