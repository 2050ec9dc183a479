// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Integers of a spak_cuda kernel or launch function, computed for one thread.
// Private to the analysis.
#ifndef SPAK_LIB_ANALYSIS_SCALARVALUES_H
#define SPAK_LIB_ANALYSIS_SCALARVALUES_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>
#include <optional>

namespace spak::analysis {

/// Where a thread stands.
struct ThreadPlace {
  int64_t lane = 0;
  int64_t warp = 0;  ///< in its warpgroup
  int64_t group = 0; ///< in its role
  int64_t block = 0;
  int64_t blocks = 1;
  int64_t sms = 1;
};

using Integer = std::optional<int64_t>;

/// The result of \p op if it is integer arithmetic or an id, with operands
/// looked up by \p valueOf; nothing otherwise.
Integer evaluate(mlir::Operation *op, const ThreadPlace &place,
                 llvm::function_ref<Integer(mlir::Value)> valueOf);

/// Values on demand: what is not computable is what \p assumed says of it.
class LazyValues {
public:
  LazyValues(const ThreadPlace &place,
             llvm::function_ref<Integer(mlir::Value)> assumed)
      : place(place), assumed(assumed) {}
  Integer operator()(mlir::Value value);

private:
  ThreadPlace place;
  llvm::function_ref<Integer(mlir::Value)> assumed;
  llvm::DenseMap<mlir::Value, Integer> known;
};

/// The line of the source that \p loc names; 0 if it names none.
int64_t lineOf(mlir::Location loc);

} // namespace spak::analysis

#endif // SPAK_LIB_ANALYSIS_SCALARVALUES_H
