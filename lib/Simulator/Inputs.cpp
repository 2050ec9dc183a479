// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what inputs are made of. The same seed gives the same numbers on
// every machine.
#include "spak/Simulator/Tensor.h"

#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <cmath>

namespace spak::sim {

namespace {

constexpr InputKind kKinds[] = {InputKind::Normal, InputKind::Outliers,
                                InputKind::Integers, InputKind::OneHot,
                                InputKind::Constant};
constexpr llvm::StringLiteral kNames[] = {"normal", "outliers", "integers",
                                          "onehot", "constant"};

/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014.
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// In (0, 1).
double uniform(uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

double normal(uint64_t key) {
  constexpr double kTwoPi = 6.283185307179586;
  double radius = std::sqrt(-2.0 * std::log(uniform(mix(key))));
  return radius * std::cos(kTwoPi * uniform(mix(key ^ 0xa5a5a5a5a5a5a5a5ULL)));
}

} // namespace

llvm::ArrayRef<InputKind> allInputKinds() { return kKinds; }

llvm::StringRef inputKindName(InputKind kind) {
  return kNames[static_cast<size_t>(kind)];
}

std::optional<InputKind> parseInputKind(llvm::StringRef name) {
  for (InputKind kind : kKinds) {
    if (inputKindName(kind) == name) {
      return kind;
    }
  }
  return std::nullopt;
}

void fill(Tensor &tensor, InputKind kind, uint64_t seed) {
  uint64_t key = mix(seed ^ llvm::xxh3_64bits(tensor.name));
  int64_t next = 0;
  tensor.forEach([&](llvm::ArrayRef<int64_t> index, double &element) {
    uint64_t at = mix(key + static_cast<uint64_t>(next++));
    double value = 0;
    int64_t last = index.empty() ? 0 : index.back();
    int64_t row = index.size() < 2 ? 0 : index[index.size() - 2];
    switch (kind) {
    case InputKind::Normal:
      value = normal(at);
      break;
    case InputKind::Outliers:
      value = normal(at) * (mix(at) % 97 == 0 ? 20.0 : 1.0);
      break;
    case InputKind::Integers:
      value = static_cast<double>(mix(at) % 7) - 3.0;
      break;
    case InputKind::OneHot:
      // Random signs that depend on the row and the seed alone: equal rows of
      // two tensors have the largest product by far.
      value = mix(seed + static_cast<uint64_t>(row * 65537 + last)) & 1 ? 8.0
                                                                        : -8.0;
      break;
    case InputKind::Constant:
      value = static_cast<double>(mix(key + row) % 5) - 2.0;
      break;
    }
    if (!isFloat(tensor.format)) {
      value = std::nearbyint(value);
    }
    element = roundTo(tensor.format, value);
  });
}

void fillBetween(Tensor &tensor, int64_t low, int64_t high, bool sorted,
                 uint64_t seed) {
  uint64_t key = mix(seed ^ llvm::xxh3_64bits(tensor.name));
  high = std::max(low, high);
  std::vector<double> values(tensor.size());
  for (size_t i = 0; i < values.size(); ++i) {
    uint64_t spread = static_cast<uint64_t>(high - low) + 1;
    values[i] =
        static_cast<double>(low) + static_cast<double>(mix(key + i) % spread);
  }
  int64_t length = tensor.extents.empty() ? 1 : tensor.extents.back();
  for (size_t row = 0; sorted && row + length <= values.size() && length > 0;
       row += length) {
    values[row] = static_cast<double>(low);
    values[row + length - 1] = static_cast<double>(high);
    std::sort(values.begin() + row, values.begin() + row + length);
  }
  for (double &value : values) {
    value = roundTo(tensor.format, value);
  }
  tensor.assignDense(values);
}

} // namespace spak::sim
