// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A tensor argument on the host: named, strided, with guard bands, and the
// fillings that make a check worth its time. Knows no IR.
#ifndef SPAK_SIMULATOR_TENSOR_H
#define SPAK_SIMULATOR_TENSOR_H

#include "spak/Simulator/Formats.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace spak::sim {

/// How a tensor lies in memory.
enum class MemoryOrder {
  RowMajor,    ///< axes as written
  InnerSwapped ///< the second and third axis from the end swapped: BHSD, BSHD
};

/// A strided buffer. Every element is kept as a double that its format can
/// hold, so reading needs no decoding; s64 beyond 2^53 cannot be held.
struct Tensor {
  std::string name;
  Format format = Format::F32;
  llvm::SmallVector<int64_t, 5> extents;
  llvm::SmallVector<int64_t, 5> strides; ///< element
  int64_t base = 0;                      ///< where element 0, …, 0 is
  std::vector<double> data;              ///< with guard bands around

  /// A tensor full of poison, with guard bands and a gap after each row.
  static Tensor make(llvm::StringRef name, Format format,
                     llvm::ArrayRef<int64_t> extents,
                     MemoryOrder order = MemoryOrder::RowMajor);

  int64_t size() const;
  int64_t offset(llvm::ArrayRef<int64_t> index) const;

  /// Calls \p visit with each index, the last axis fastest, and its element.
  void
  forEach(llvm::function_ref<void(llvm::ArrayRef<int64_t>, double &)> visit);

  /// The elements in row-major order, without gaps.
  std::vector<double> dense() const;
  /// The opposite of dense; \p values has size() numbers.
  void assignDense(llvm::ArrayRef<double> values);

  /// The element that stands where nothing was written.
  static double poison();
  static bool isPoison(double value);
  /// True if all that is not an element is still poison.
  bool guardsIntact() const;
  /// How many elements are still poison.
  int64_t unwritten() const;
};

/// How inputs are made.
enum class InputKind {
  Normal,   ///< independent, mean 0, deviation 1
  Outliers, ///< normal; one in 97 is 20 times as large
  Integers, ///< whole numbers from -3 to 3: products and sums are exact
  OneHot,   ///< rows are far apart: products select one row exactly
  Constant  ///< every row has one value
};

/// All of the above, in order.
llvm::ArrayRef<InputKind> allInputKinds();
llvm::StringRef inputKindName(InputKind kind);
std::optional<InputKind> parseInputKind(llvm::StringRef name);

/// Fills \p tensor. Elements depend on \p seed, the tensor's name and their
/// index, never on strides.
void fill(Tensor &tensor, InputKind kind, uint64_t seed);

/// Fills \p tensor with whole numbers from \p low to \p high; with \p sorted
/// they never fall along the last axis, whose ends are the bounds.
void fillBetween(Tensor &tensor, int64_t low, int64_t high, bool sorted,
                 uint64_t seed);

} // namespace spak::sim

#endif // SPAK_SIMULATOR_TENSOR_H
