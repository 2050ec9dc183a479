// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Builds the map of one element-wise group: first what it reads, then its
// region.
#ifndef SPAK_LIB_CONVERSION_GROUPBUILDER_H
#define SPAK_LIB_CONVERSION_GROUPBUILDER_H

#include "Lowering.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include "llvm/ADT/SetVector.h"
#include <variant>

namespace spak::conversion {

bool isStagedStore(ir::StoreOp store);

/// Whether \p store, a direct one, writes rounded 16-bit numbers two at a time:
/// neighbours along a last axis whose size is even and known. The launch then
/// checks that every row begins at a multiple of 4 bytes.
bool storesPairs(ir::StoreOp store);

class GroupBuilder {
public:
  GroupBuilder(KernelLowering &lowering, Value root);
  mlir::ArrayAttr foursOfRow();
  void computeInFours(cuda::MapOp op, mlir::math::TanhOp tanh);
  mlir::FailureOr<Value> build();

private:
  /// A bound on the register part of the column: one value for the thread, or
  /// one for each of its rows.
  struct Bound {
    Value uniform;
    std::optional<unsigned> input;
  };
  /// Keep iff lower <= column <= upper.
  struct ColumnTest {
    unsigned coordinate = 0;
    std::optional<Bound> lower, upper;
  };
  /// Keep iff the bit of the row's word is set.
  struct BitTest {
    unsigned word = 0, bit = 0;
  };
  /// How a thread's columns of one row lie: runs of `each` neighbours, `stride`
  /// columns apart; the last register digit along the axis.
  struct Columns {
    int64_t each = 1, stride = 1, runs = 1;
    const Digit *last = nullptr;
  };
  using RowBases = llvm::DenseMap<Value, Value>;
  /// A predicate that has no column form: evaluated element by element.
  struct ElementTest {
    mlir::AffineMap keep;
    llvm::SmallVector<Value> starts;
    llvm::SmallVector<unsigned> coordinates;
    llvm::SmallVector<Value> symbols;
  };
  using Test = std::variant<ColumnTest, BitTest, ElementTest>;
  struct MaskPlan {
    Value source;
    /// An element is kept iff some test of every list keeps it.
    llvm::SmallVector<llvm::SmallVector<Test>> tests;
  };

  LogicalResult visit(Value tile);
  LogicalResult visitLeaf(Value tile);
  LogicalResult visitMask(ir::MaskOp mask);
  /// Adds a map of \p mask to \p bounds if it is linear in the column axis.
  bool addToColumn(ir::MaskOp mask, mlir::AffineMap keep,
                   struct ColumnBounds &bounds);
  Test columnTest(struct ColumnBounds &bounds);
  Test elementTest(ir::MaskOp mask, mlir::AffineMap keep);
  std::optional<Bound> makeBound(struct ColumnBounds &bounds, bool upper);
  std::optional<BitTest> bitTest(struct ColumnBounds &bounds);
  Value combine(llvm::ArrayRef<struct ColumnResult *> results, bool upper,
                Value columnBase, const RowBases &at);
  std::pair<Value, RegisterMap>
  overRows(const llvm::SetVector<Value> &rowRanges, int64_t words, RowBases &at,
           llvm::function_ref<Value(mlir::OpBuilder &, Value)> make);
  RowBases rowBases(const llvm::SetVector<Value> &rowRanges);
  std::optional<Columns> columnsOfThread(llvm::StringRef axis) const;
  Value columnsBefore(Value end, const Columns &columns);
  unsigned input(Value fragment, mlir::Attribute pattern);
  unsigned coordinate(llvm::StringRef axis);
  /// The same for a number of the register that is along no axis.
  unsigned coordinate(llvm::StringRef name, const DigitPattern &pattern);
  Value base(Value range);

  Value emit(Value tile, mlir::OpBuilder &b, ValueRange args);
  Value emitTest(const Test &test, mlir::OpBuilder &b, ValueRange args);
  Value emitMask(ir::MaskOp mask, mlir::OpBuilder &b, ValueRange args);

  KernelLowering &lowering;
  Value root;
  RegisterMap map;
  llvm::SmallVector<Value> inputs;
  llvm::SmallVector<mlir::Attribute> patterns, coordinates;
  llvm::SmallVector<std::string> coordinateAxes;
  llvm::DenseMap<Value, unsigned> leaves;
  /// Values that are the same in every register.
  llvm::DenseMap<Value, Value> uniforms;
  /// Index tiles: the thread's base and the coordinate.
  llvm::DenseMap<Value, std::pair<Value, unsigned>> indices;
  llvm::DenseMap<Operation *, MaskPlan> masks;
  llvm::DenseMap<Value, Value> emitted;
};

} // namespace spak::conversion

#endif // SPAK_LIB_CONVERSION_GROUPBUILDER_H
