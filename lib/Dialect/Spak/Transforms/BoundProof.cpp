// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the proof that one loop bound is never below another.
#include "BoundProof.h"

#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace spak::ir {

namespace {

/// Writes values as minima of affine expressions over common symbols.
class MinimumForm {
public:
  explicit MinimumForm(MLIRContext *context) : context(context) {}

  /// \p value is the least of these expressions; with \p below it may also be
  /// above them all.
  SmallVector<AffineExpr> of(Value value, bool below = false);

  unsigned numSymbols() const { return symbols.size(); }

private:
  AffineExpr symbolOf(Value value);
  /// The results of \p map on \p operands, each a single expression or else a
  /// symbol.
  SmallVector<AffineExpr> apply(AffineMap map, ValueRange operands);

  MLIRContext *context;
  SmallVector<Value> symbols;
};

AffineExpr MinimumForm::symbolOf(Value value) {
  auto known = llvm::find(symbols, value);
  unsigned position = known - symbols.begin();
  if (known == symbols.end()) {
    symbols.push_back(value);
  }
  return getAffineSymbolExpr(position, context);
}

SmallVector<AffineExpr> MinimumForm::apply(AffineMap map, ValueRange operands) {
  SmallVector<AffineExpr> arguments;
  for (Value operand : operands) {
    SmallVector<AffineExpr> forms = of(operand);
    arguments.push_back(forms.size() == 1 ? forms.front() : symbolOf(operand));
  }
  ArrayRef<AffineExpr> all = arguments;
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : map.getResults()) {
    results.push_back(expr.replaceDimsAndSymbols(
        all.take_front(map.getNumDims()), all.drop_front(map.getNumDims())));
  }
  return results;
}

SmallVector<AffineExpr> MinimumForm::of(Value value, bool below) {
  llvm::APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    return {getAffineConstantExpr(constant.getSExtValue(), context)};
  }
  Operation *op = value.getDefiningOp();
  if (auto count = dyn_cast_or_null<TileCountOp>(op)) {
    SmallVector<AffineExpr> extent = of(count.getExtent());
    for (AffineExpr &expr : extent) {
      expr = expr.ceilDiv(count.getSize());
    }
    return extent;
  }
  if (auto applied = dyn_cast_or_null<affine::AffineApplyOp>(op)) {
    return apply(applied.getAffineMap(), applied.getOperands());
  }
  if (auto least = dyn_cast_or_null<affine::AffineMinOp>(op)) {
    return apply(least.getMap(), least.getOperands());
  }
  if (auto least = dyn_cast_or_null<arith::MinSIOp>(op)) {
    SmallVector<AffineExpr> forms = of(least.getLhs());
    llvm::append_range(forms, of(least.getRhs()));
    return forms;
  }
  if (auto choice = dyn_cast_or_null<arith::SelectOp>(op); choice && below) {
    SmallVector<AffineExpr> forms = of(choice.getTrueValue(), below);
    llvm::append_range(forms, of(choice.getFalseValue(), below));
    return forms;
  }
  if (auto most = dyn_cast_or_null<arith::MaxSIOp>(op); most && below) {
    bool constantRhs = matchPattern(most.getRhs(), m_ConstantInt(&constant));
    return of(constantRhs ? most.getRhs() : most.getLhs(), below);
  }
  // A sum of minima is the least of the sums.
  if (isa_and_nonnull<arith::AddIOp>(op)) {
    SmallVector<AffineExpr> sums;
    for (AffineExpr lhs : of(op->getOperand(0), below)) {
      for (AffineExpr rhs : of(op->getOperand(1), below)) {
        sums.push_back(lhs + rhs);
      }
    }
    return sums;
  }
  if (isa_and_nonnull<arith::SubIOp>(op)) {
    SmallVector<AffineExpr> rhs = of(op->getOperand(1));
    if (rhs.size() == 1) {
      SmallVector<AffineExpr> forms = of(op->getOperand(0), below);
      for (AffineExpr &expr : forms) {
        expr = expr - rhs.front();
      }
      return forms;
    }
  }
  return {symbolOf(value)};
}

/// Whether \p expr >= 0 for all integers in place of its symbols.
bool isNeverNegative(AffineExpr expr, unsigned numSymbols) {
  FlatLinearConstraints negative(/*numDims=*/1, numSymbols);
  AffineMap map = AffineMap::get(/*dimCount=*/1, numSymbols, expr);
  if (failed(negative.addBound(presburger::BoundType::EQ, 0, map))) {
    return false; // Not affine after all.
  }
  negative.addBound(presburger::BoundType::UB, 0, -1);
  return negative.isIntegerEmpty();
}

} // namespace

bool isProvedAtLeast(Value a, Value b) {
  MinimumForm form(a.getContext());
  SmallVector<AffineExpr> high = form.of(a, /*below=*/true);
  SmallVector<AffineExpr> low = form.of(b);
  // min(high) >= min(low) if each of high is above some of low.
  return llvm::all_of(high, [&](AffineExpr above) {
    return llvm::any_of(low, [&](AffineExpr below) {
      return isNeverNegative(above - below, form.numSymbols());
    });
  });
}

} // namespace spak::ir
