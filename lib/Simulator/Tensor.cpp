// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the place of an element in a strided buffer, and its guard bands.
#include "spak/Simulator/Tensor.h"

#include "llvm/ADT/bit.h"

#include <cassert>
#include <utility>

namespace spak::sim {

namespace {

constexpr int64_t kGuard = 64; ///< element, before and after
constexpr int64_t kGap = 8;    ///< element, after each row

/// A quiet NaN with a payload that no arithmetic makes.
constexpr uint64_t kPoisonBits = 0x7ff8'5eed'dead'beefULL;

} // namespace

double Tensor::poison() { return llvm::bit_cast<double>(kPoisonBits); }

bool Tensor::isPoison(double value) {
  return llvm::bit_cast<uint64_t>(value) == kPoisonBits;
}

Tensor Tensor::make(llvm::StringRef name, Format format,
                    llvm::ArrayRef<int64_t> extents, MemoryOrder order) {
  Tensor tensor;
  tensor.name = name.str();
  tensor.format = format;
  tensor.extents.assign(extents.begin(), extents.end());
  size_t rank = extents.size();
  tensor.strides.assign(rank, 1);
  llvm::SmallVector<size_t, 5> fromInner;
  for (size_t i = rank; i-- > 0;) {
    fromInner.push_back(i);
  }
  if (order == MemoryOrder::InnerSwapped && rank >= 3) {
    std::swap(fromInner[1], fromInner[2]);
  }
  int64_t stride = 1;
  for (size_t axis : fromInner) {
    tensor.strides[axis] = stride;
    stride *= std::max<int64_t>(extents[axis], 1);
    if (axis == rank - 1 && rank > 1) {
      stride += kGap;
    }
  }
  tensor.base = kGuard;
  tensor.data.assign(stride + 2 * kGuard, poison());
  return tensor;
}

int64_t Tensor::size() const {
  int64_t count = 1;
  for (int64_t extent : extents) {
    count *= extent;
  }
  return count;
}

int64_t Tensor::offset(llvm::ArrayRef<int64_t> index) const {
  int64_t place = base;
  for (auto [i, stride] : llvm::zip_equal(index, strides)) {
    place += i * stride;
  }
  return place;
}

void Tensor::forEach(
    llvm::function_ref<void(llvm::ArrayRef<int64_t>, double &)> visit) {
  if (size() == 0) {
    return;
  }
  llvm::SmallVector<int64_t, 5> index(extents.size(), 0);
  while (true) {
    visit(index, data[offset(index)]);
    size_t axis = extents.size();
    while (axis > 0 && ++index[axis - 1] == extents[axis - 1]) {
      index[--axis] = 0;
    }
    if (axis == 0) {
      return;
    }
  }
}

std::vector<double> Tensor::dense() const {
  std::vector<double> values;
  values.reserve(size());
  const_cast<Tensor *>(this)->forEach(
      [&](llvm::ArrayRef<int64_t>, double &element) {
        values.push_back(element);
      });
  return values;
}

void Tensor::assignDense(llvm::ArrayRef<double> values) {
  assert(static_cast<int64_t>(values.size()) == size() && "one for each");
  size_t next = 0;
  forEach([&](llvm::ArrayRef<int64_t>, double &element) {
    element = values[next++];
  });
}

bool Tensor::guardsIntact() const {
  std::vector<char> isElement(data.size(), 0);
  const double *first = data.data();
  const_cast<Tensor *>(this)->forEach(
      [&](llvm::ArrayRef<int64_t>, double &element) {
        isElement[&element - first] = 1;
      });
  for (size_t i = 0; i < data.size(); ++i) {
    if (!isElement[i] && !isPoison(data[i])) {
      return false;
    }
  }
  return true;
}

int64_t Tensor::unwritten() const {
  int64_t count = 0;
  const_cast<Tensor *>(this)->forEach(
      [&](llvm::ArrayRef<int64_t>, double &element) {
        count += isPoison(element);
      });
  return count;
}

} // namespace spak::sim
