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
  int64_t clusters = 1; ///< that the device runs at once
};

using Integer = std::optional<int64_t>;

/// What an op does to integers, found out once.
class ScalarOp {
public:
  static constexpr unsigned kMostOperands = 3;

  explicit ScalarOp(mlir::Operation *op);

  /// Whether the op is integer arithmetic, a constant or an id.
  bool computes() const { return kind != Kind::None; }
  bool isConstant() const { return kind == Kind::Constant; }
  /// How many of the op's operands count, and which is the first.
  unsigned operands() const { return arity; }
  unsigned first() const { return begin; }
  /// Whether operand 0 chooses between the others.
  bool selects() const { return kind == Kind::Select; }
  /// The result, from that many operands.
  Integer operator()(const ThreadPlace &place, const Integer *operands) const;

private:
  enum class Kind : uint8_t {
    None,
    Constant,
    Lane,
    Warp,
    Group,
    ThreadInGroup,
    ThreadInRole,
    Block,
    Blocks,
    Sms,
    Clusters,
    Claimed,
    Same,
    Select,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    CeilDiv,
    FloorDiv,
    ShiftRight,
    ShiftLeft,
    And,
    Or,
    Xor,
    Min,
    Max,
    Compare
  };
  Kind kind = Kind::None;
  unsigned arity = 0;
  unsigned begin = 0;
  int64_t number = 0; ///< a constant, or the predicate of a comparison

  void readId(mlir::Operation *op);
  void readArithmetic(mlir::Operation *op);
  Integer binary(int64_t a, int64_t b) const;
};

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
