// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the form of scores, a positive number times a sum of products and of
// terms that are affine in the indices. Knows nothing of what the scores mean.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "DeadOps.h"
#include "EmptyRows.h"
#include "ScalarBounds.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_FORMSCORES
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// An affine function of indices, in integers.
struct Affine {
  AffineExpr expr;
  SmallVector<Value> ranges; ///< its dimensions
  SmallVector<Value> syms;   ///< its symbols, of type index or i32
};

/// `by` times an affine function of the indices.
struct Term {
  Value by;
  Affine along;
  Location loc;
};

/// factor * (x * rest + terms); null stands for 1.
struct Form {
  Value x;
  Value factor, rest;
  SmallVector<Term> terms;
};

class Former {
public:
  explicit Former(KernelOp kernel)
      : kernel(kernel), b(kernel.getContext()), dominance(kernel) {}

  void form(SoftmaxUpdateOp update);
  /// Erases the scalars that no score came to need.
  void dropUnused();

private:
  /// A scalar that is known in front of the loops; null if \p tile has none.
  Value scalarOf(Value tile);
  Value number(float value, Location loc);
  Value multiply(Value x, Value y);
  Value divide(Value x, Value y);
  template <typename Op>
  Value combine(Value x, Value y, Value &made);

  Form formOf(Value value);
  std::optional<Term> termOf(Value value);
  std::optional<Affine> affineOf(Value value, unsigned depth = 0);
  Value build(const Form &form, ArrayRef<Operation *> masks, Location loc);

  KernelOp kernel;
  OpBuilder b;
  DominanceInfo dominance;
  SoftmaxInitOp init;
  /// Products and quotients in front of \p init, made once.
  llvm::DenseMap<std::pair<Value, Value>, Value> products, quotients;
  llvm::DenseMap<Attribute, Value> constants;
  SmallVector<Operation *> created; ///< of both, in the order of their making
};

/// Where the state that \p update adds to begins; null if it cannot be seen.
SoftmaxInitOp initOf(SoftmaxUpdateOp update) {
  Value state = update.getState();
  for (;;) {
    if (auto before = state.getDefiningOp<SoftmaxUpdateOp>()) {
      state = before.getState();
    } else if (auto loop = state.getDefiningOp<ForOp>()) {
      state = loop.getInitArgs()[cast<OpResult>(state).getResultNumber()];
    } else if (auto arg = dyn_cast<BlockArgument>(state)) {
      auto around = dyn_cast<ForOp>(arg.getOwner()->getParentOp());
      if (!around || arg.getArgNumber() == 0) {
        return {};
      }
      state = around.getInitArgs()[arg.getArgNumber() - 1];
    } else {
      return state.getDefiningOp<SoftmaxInitOp>();
    }
  }
}

Value Former::number(float value, Location loc) {
  Attribute attr = b.getF32FloatAttr(value);
  Value &constant = constants[attr];
  if (!constant) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&kernel.getBody().front());
    constant = arith::ConstantOp::create(b, loc, cast<FloatAttr>(attr));
    created.push_back(constant.getDefiningOp());
  }
  return constant;
}

Value Former::scalarOf(Value tile) {
  OpFoldResult uniform = uniformOf(tile);
  if (auto attr = dyn_cast_if_present<Attribute>(uniform)) {
    return number(cast<FloatAttr>(attr).getValue().convertToFloat(),
                  tile.getLoc());
  }
  auto scalar = dyn_cast_if_present<Value>(uniform);
  return scalar && dominance.properlyDominates(scalar, init) ? scalar : Value();
}

template <typename Op>
Value Former::combine(Value x, Value y, Value &made) {
  if (!made) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(init);
    // Without the name of the state.
    Location loc = init.getLoc();
    if (auto name = dyn_cast<NameLoc>(loc)) {
      loc = name.getChildLoc();
    }
    made = Op::create(b, loc, x, y);
    created.push_back(made.getDefiningOp());
  }
  return made;
}

void Former::dropUnused() {
  for (Operation *op : llvm::reverse(created)) {
    if (op->use_empty()) {
      op->erase();
    }
  }
}

Value Former::multiply(Value x, Value y) {
  return !x ? y : !y ? x : combine<arith::MulFOp>(x, y, products[{x, y}]);
}

Value Former::divide(Value x, Value y) {
  return y ? combine<arith::DivFOp>(x, y, quotients[{x, y}]) : x;
}

/// \p value as an affine function, if it is made of indices, uniform integers
/// and constants by sums, differences and products with constants.
std::optional<Affine> Former::affineOf(Value value, unsigned depth) {
  constexpr unsigned kDeepest = 32;
  MLIRContext *context = kernel.getContext();
  Operation *def = value.getDefiningOp();
  if (!def || depth > kDeepest) {
    return std::nullopt;
  }
  if (auto broadcast = dyn_cast<BroadcastOp>(def)) {
    return affineOf(broadcast.getSrc(), depth + 1);
  }
  if (auto index = dyn_cast<IndexOp>(def)) {
    return Affine{getAffineDimExpr(0, context), {index.getRange()}, {}};
  }
  DenseElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)) && elements.isSplat()) {
    auto number = dyn_cast<IntegerAttr>(elements.getSplatValue<Attribute>());
    if (!number) {
      return std::nullopt;
    }
    return Affine{getAffineConstantExpr(number.getInt(), context), {}, {}};
  }
  if (auto splat = dyn_cast<SplatOp>(def)) {
    Value scalar = splat.getSrc();
    if (auto cast = scalar.getDefiningOp<arith::IndexCastOp>()) {
      scalar = cast.getIn();
    }
    if (!scalar.getType().isIndex() && !scalar.getType().isInteger(32)) {
      return std::nullopt;
    }
    return Affine{getAffineSymbolExpr(0, context), {}, {scalar}};
  }
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(def)) {
    return std::nullopt;
  }
  std::optional<Affine> left = affineOf(def->getOperand(0), depth + 1);
  std::optional<Affine> right = affineOf(def->getOperand(1), depth + 1);
  if (!left || !right) {
    return std::nullopt;
  }
  // The dims and symbols of both, each once.
  auto merge = [&](SmallVectorImpl<Value> &all, ArrayRef<Value> more,
                   auto asExpr) {
    SmallVector<AffineExpr> renamed;
    for (Value one : more) {
      auto found = llvm::find(all, one);
      renamed.push_back(asExpr(found - all.begin()));
      if (found == all.end()) {
        all.push_back(one);
      }
    }
    return renamed;
  };
  SmallVector<AffineExpr> dims =
      merge(left->ranges, right->ranges,
            [&](unsigned i) { return getAffineDimExpr(i, context); });
  SmallVector<AffineExpr> symbols =
      merge(left->syms, right->syms,
            [&](unsigned i) { return getAffineSymbolExpr(i, context); });
  AffineExpr other = right->expr.replaceDimsAndSymbols(dims, symbols);
  if (isa<arith::MulIOp>(def)) {
    if (!isa<AffineConstantExpr>(left->expr) &&
        !isa<AffineConstantExpr>(other)) {
      return std::nullopt;
    }
    left->expr = left->expr * other;
  } else {
    left->expr =
        isa<arith::AddIOp>(def) ? left->expr + other : left->expr - other;
  }
  return left;
}

/// \p value as a uniform number times an affine function of indices.
std::optional<Term> Former::termOf(Value value) {
  Value by;
  while (auto product = value.getDefiningOp<arith::MulFOp>()) {
    Value left = scalarOf(product.getLhs());
    Value right = left ? Value() : scalarOf(product.getRhs());
    if (!left && !right) {
      return std::nullopt;
    }
    by = multiply(by, left ? left : right);
    value = left ? product.getRhs() : product.getLhs();
  }
  auto convert = value.getDefiningOp<ConvertOp>();
  if (!convert || !convert.getResult().getType().getElementType().isF32() ||
      !convert.getSrc().getType().getElementType().isInteger(32)) {
    return std::nullopt;
  }
  std::optional<Affine> along = affineOf(convert.getSrc());
  if (!along || along->ranges.empty()) {
    return std::nullopt;
  }
  return Term{by ? by : number(1.0f, value.getLoc()), *along, value.getLoc()};
}

Form Former::formOf(Value value) {
  Form plain{value, {}, {}, {}};
  if (!value.hasOneUse()) {
    return plain;
  }
  if (auto product = value.getDefiningOp<arith::MulFOp>()) {
    Value by = scalarOf(product.getRhs());
    Value of = by ? product.getLhs() : product.getRhs();
    by = by ? by : scalarOf(product.getLhs());
    if (!by) {
      return plain;
    }
    Form form = formOf(of);
    if (isKnownPositive(by)) {
      form.factor = multiply(form.factor, by);
      return form;
    }
    form.rest = multiply(form.rest, by);
    for (Term &term : form.terms) {
      term.by = multiply(term.by, by);
    }
    return form;
  }
  Operation *sum = value.getDefiningOp();
  if (isa_and_nonnull<arith::AddFOp, arith::SubFOp>(sum)) {
    bool subtracts = isa<arith::SubFOp>(sum);
    std::optional<Term> term = termOf(sum->getOperand(1));
    Value of = sum->getOperand(term ? 0 : 1);
    if (!term && !subtracts) {
      term = termOf(sum->getOperand(0));
    }
    if (!term) {
      return plain;
    }
    if (subtracts) {
      term->by = multiply(number(-1.0f, term->loc), term->by);
    }
    Form form = formOf(of);
    term->by = divide(term->by, form.factor);
    form.terms.push_back(*term);
    return form;
  }
  return plain;
}

Value Former::build(const Form &form, ArrayRef<Operation *> masks,
                    Location loc) {
  Value value = form.x;
  auto product = [&](Value scalar) {
    Value tile = SplatOp::create(b, loc, value.getType(), scalar);
    value = arith::MulFOp::create(b, loc, value, tile);
  };
  if (form.rest) {
    product(form.rest);
  }
  for (Operation *mask : llvm::reverse(masks)) {
    Operation *copy = b.clone(*mask);
    keptOperand(copy)->set(value);
    value = copy->getResult(0);
  }
  for (const Term &term : form.terms) {
    SmallVector<Value> syms;
    for (Value symbol : term.along.syms) {
      syms.push_back(
          symbol.getType().isIndex()
              ? symbol
              : arith::IndexCastOp::create(b, loc, b.getIndexType(), symbol));
    }
    AffineMap map =
        AffineMap::get(term.along.ranges.size(), syms.size(), term.along.expr);
    value = RampOp::create(b, term.loc, value.getType(), value, term.by,
                           AffineMapAttr::get(map), term.along.ranges, syms);
  }
  if (form.factor) {
    product(form.factor);
  }
  return value;
}

void Former::form(SoftmaxUpdateOp update) {
  SoftmaxInitOp begin = initOf(update);
  if (!begin) {
    return;
  }
  if (begin != init) {
    products.clear();
    quotients.clear();
    init = begin;
  }
  SmallVector<Operation *> masks; // outermost first
  Value core = update.getS();
  while (core.hasOneUse()) {
    OpOperand *kept = keptOperand(core.getDefiningOp());
    if (!kept) {
      break;
    }
    masks.push_back(kept->getOwner());
    core = kept->get();
  }
  b.setInsertionPoint(update);
  Form form = formOf(core);
  // One factor on the outside is what open-softmax reads.
  auto product = core.getDefiningOp<arith::MulFOp>();
  bool hasForm =
      !form.factor ||
      (product && (product.getLhs() == form.x || product.getRhs() == form.x));
  if (hasForm && form.terms.empty()) {
    return;
  }
  Value old = update.getS();
  update.getSMutable().set(build(form, masks, core.getLoc()));
  if (Operation *def = old.getDefiningOp()) {
    eraseIfDead(def);
  }
}

class FormScoresPass : public impl::FormScoresBase<FormScoresPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      Former former(kernel);
      SmallVector<SoftmaxUpdateOp> updates;
      kernel.walk([&](SoftmaxUpdateOp update) { updates.push_back(update); });
      for (SoftmaxUpdateOp update : updates) {
        former.form(update);
      }
      former.dropUnused();
    }
  }
};

} // namespace
} // namespace spak::ir
