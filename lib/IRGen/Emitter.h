// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The writer of one kernel: keeps what every variable holds at the place being
// written, and turns checked expressions into operations.
#ifndef SPAK_LIB_IRGEN_EMITTER_H
#define SPAK_LIB_IRGEN_EMITTER_H

#include "spak/Dialect/Spak/IR/Spak.h"
#include "spak/Sema/Program.h"
#include "spak/Support/Diagnostics.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"

#include <map>
#include <tuple>

namespace spak::irgen {

/// \p x and \p y under one of + - * / %, the last two rounding down.
mlir::AffineExpr affine(sema::BinaryOp op, mlir::AffineExpr x,
                        mlir::AffineExpr y);

class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, const sema::Program &program,
          DiagnosticEngine &diags)
      : b(builder), program(program), diags(diags) {}

  /// Writes the kernel at the builder's place. Fails, with an error, where
  /// the program uses what the dialect cannot say yet.
  llvm::LogicalResult emitKernel(mlir::DictionaryAttr point,
                                 ir::RequestAttr request);

private:
  // Types and places.
  mlir::Type elementType(sema::Dtype dtype);
  mlir::Type typeOf(const sema::Type &type);
  ir::RangeType rangeType(const sema::TileAxis *axis);
  /// \p axis, or the packed axis that it is part of.
  const sema::TileAxis *place(const sema::TileAxis *axis) const;
  int64_t groupOf(const sema::TileAxis *axis) const;
  llvm::SmallVector<const sema::TileAxis *, 4>
  axesOf(const sema::Type &type) const;
  mlir::Value times(mlir::Value value, int64_t factor, mlir::Location at);
  ir::ViewType viewType(const sema::TensorParam &tensor);
  mlir::Location loc(SourceRange range, llvm::StringRef name = {});
  bool unsupported(SourceRange range, const llvm::Twine &what);

  // Kernel.
  mlir::AffineExpr extentExpr(const sema::Expr *size);
  void emitRequirements();
  void emitGrid();

  // Statements.
  void emitBody(const std::vector<const sema::Statement *> &body);
  void emitStatement(const sema::Statement &statement);
  void emitLoop(const sema::Statement &statement);
  void relaxScores(mlir::Value scores);
  void divideByMultiplying(mlir::Operation *function);
  void emitUpdate(const sema::Statement &statement);
  void emitStore(const sema::Statement &statement);

  // Expressions.
  mlir::Value emit(const sema::Expr *expr, llvm::StringRef name = {});
  mlir::Value emitConstant(const sema::Expr *expr, mlir::Location at);
  mlir::Value emitBinary(const sema::Expr *expr, mlir::Location at);
  mlir::Value emitIntegerBinary(const sema::Expr *expr, mlir::Value x,
                                mlir::Value y, mlir::Location at);
  mlir::Value emitCompare(const sema::Expr *expr, mlir::Location at);
  mlir::Value emitConvert(const sema::Expr *expr, mlir::Location at);
  mlir::Value emitCall(const sema::Expr *expr, mlir::Location at);
  mlir::Value emitLoad(const sema::Expr *expr, mlir::Location at);
  mlir::Value emitRangeIndex(const sema::Expr *expr, mlir::Location at);
  mlir::Value emitSlice(const sema::Expr *expr, mlir::Location at);
  /// The view and indices by which \p indices name a part of \p tensor; null
  /// after an error.
  mlir::Value emitIndices(const sema::TensorParam *tensor,
                          llvm::ArrayRef<const sema::Expr *> indices,
                          bool stores, llvm::SmallVectorImpl<mlir::Value> &at,
                          mlir::Location loc);
  /// \p tensor with axis \p outer packed by groups along \p inner, or -1.
  mlir::Value packedView(const sema::TensorParam *tensor, int64_t outer,
                         int64_t inner, const sema::TileAxis *axis);
  mlir::Value emitDot(const sema::Expr *expr, mlir::Value acc,
                      mlir::Location at);
  mlir::Value emitReduce(const sema::Expr *expr, mlir::Location at);
  mlir::Value emitSoftmaxResult(const sema::Expr *expr, mlir::Location at);
  mlir::Value sinkOf(mlir::Value state);
  mlir::Value emitMask(const sema::Expr *expr, mlir::Location at);
  /// A number at every index of \p type, or a scalar.
  mlir::Value number(double value, mlir::Type type, mlir::Location at);
  /// True if the integer \p expr is never negative.
  bool isNatural(const sema::Expr *expr);

  // Masks and ends of ranges.
  mlir::Value range(const sema::TileAxis *axis);
  mlir::Value unmovedRange(const sema::TileAxis *axis);
  /// Makes \p induction, tiles from 0 on, the tiles of \p axis.
  void bindRange(const sema::TileAxis *axis, mlir::Value induction);
  mlir::Value extent(const sema::TileAxis *axis, mlir::Location at);
  mlir::Value upper(const sema::TileAxis *axis, mlir::Location at);
  bool mayBeAbsent(const sema::TileAxis *axis);
  /// True if \p axis may end before axis \p index of \p tensor does.
  bool endsEarly(const sema::TileAxis *axis, const sema::TensorParam &tensor,
                 size_t index);
  /// \p value with zero, or \p neutral, where \p axis is absent.
  mlir::Value neutralAtAbsent(mlir::Value value, const sema::TileAxis *axis,
                              double neutral, mlir::Location at);
  /// \p scores kept where \p axis is present.
  mlir::Value maskInside(mlir::Value scores, const sema::TileAxis *axis,
                         mlir::Location at);

  mlir::OpBuilder &b;
  const sema::Program &program;
  DiagnosticEngine &diags;
  bool failed = false;

  llvm::DenseMap<const sema::Variable *, mlir::Value> variables;
  /// Integer variables that are never negative.
  llvm::DenseSet<const sema::Variable *> naturals;
  /// Ranges that begin at 0 or not, before they are moved to where they begin.
  llvm::DenseMap<const sema::TileAxis *, mlir::Value> unmoved;
  /// Bounds of ranges that were computed already.
  llvm::DenseMap<const sema::Expr *, mlir::Value> bounds;
  /// Whether the block has a tile; null if it always has.
  mlir::Value alive;
  /// What a softmax state begins with, by its first value.
  llvm::DenseMap<mlir::Value, mlir::Value> sinks;
  llvm::DenseMap<const sema::TileAxis *, mlir::Value> ranges;
  /// Whole axes stand at the start of this block, in the order of first use.
  mlir::Block *wholeAxesAt = nullptr;
  mlir::Operation *lastWholeAxis = nullptr;
  llvm::DenseMap<const sema::TensorParam *, mlir::Value> tensors;
  /// Packed views stand at the start of this block.
  mlir::Block *packsAt = nullptr;
  std::map<std::tuple<const sema::TensorParam *, int64_t, int64_t>, mlir::Value>
      packedViews;
  llvm::DenseMap<const sema::ScalarParam *, mlir::Value> scalars;
  llvm::StringMap<mlir::Value> dims;
};

} // namespace spak::irgen

#endif // SPAK_LIB_IRGEN_EMITTER_H
