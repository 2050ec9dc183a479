// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the algebra from a mask's conditions to bounds on tiles.
#include "MaskBounds.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace spak::ir {

void TileBounds::intersect(const TileBounds &other) {
  auto add = [](SmallVector<AffineExpr> &to, ArrayRef<AffineExpr> from) {
    for (AffineExpr expr : from) {
      if (!llvm::is_contained(to, expr)) {
        to.push_back(expr);
      }
    }
  };
  add(lower, other.lower);
  add(upper, other.upper);
  add(conditions, other.conditions);
}

namespace {

/// coefficient * atom; a constant has the atom 1.
struct Term {
  int64_t coefficient;
  AffineExpr atom;
};

/// \p expr as a sum of terms.
void collectTerms(AffineExpr expr, int64_t coefficient,
                  SmallVectorImpl<Term> &terms) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() == AffineExprKind::Add) {
    collectTerms(binary.getLHS(), coefficient, terms);
    collectTerms(binary.getRHS(), coefficient, terms);
    return;
  }
  if (expr.getKind() == AffineExprKind::Mul) {
    if (auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS())) {
      collectTerms(binary.getLHS(), coefficient * factor.getValue(), terms);
      return;
    }
  }
  if (auto number = dyn_cast<AffineConstantExpr>(expr)) {
    terms.push_back({coefficient * number.getValue(),
                     getAffineConstantExpr(1, expr.getContext())});
    return;
  }
  terms.push_back({coefficient, expr});
}

AffineExpr sumOf(ArrayRef<Term> terms, MLIRContext *context) {
  AffineExpr sum = getAffineConstantExpr(0, context);
  for (const Term &term : terms) {
    sum = sum + term.atom * term.coefficient;
  }
  return sum;
}

/// a*j + rest; `rest` has no j.
struct Linear {
  int64_t a = 0;
  AffineExpr rest;
};

/// Brings `expr >= 0` to the form `a*j + rest >= 0`, j being dimension
/// \p dim. Nothing if that cannot be done.
std::optional<Linear> solveFor(AffineExpr expr, unsigned dim) {
  SmallVector<Term> terms;
  collectTerms(expr, 1, terms);
  SmallVector<Term> with, without;
  for (const Term &term : terms) {
    (term.atom.isFunctionOfDim(dim) ? with : without).push_back(term);
  }
  Linear linear;
  linear.rest = sumOf(without, expr.getContext());
  if (llvm::all_of(with, [](const Term &term) {
        return isa<AffineDimExpr>(term.atom);
      })) {
    for (const Term &term : with) {
      linear.a += term.coefficient;
    }
    return linear;
  }
  // floor(x / q) + r >= 0 is x + q*r >= 0;
  // r - floor(x / q) >= 0 is q*r + q - 1 - x >= 0.
  const Term &term = with.front();
  auto binary = dyn_cast<AffineBinaryOpExpr>(term.atom);
  auto divisor = binary ? dyn_cast<AffineConstantExpr>(binary.getRHS())
                        : AffineConstantExpr();
  if (with.size() != 1 || std::abs(term.coefficient) != 1 ||
      term.atom.getKind() != AffineExprKind::FloorDiv || !divisor ||
      divisor.getValue() <= 0) {
    return std::nullopt;
  }
  int64_t q = divisor.getValue();
  AffineExpr scaled = linear.rest * q;
  return solveFor(term.coefficient > 0 ? scaled + binary.getLHS()
                                       : scaled + (q - 1) - binary.getLHS(),
                  dim);
}

/// The least or largest value of an expression over a box of tiles.
class Corner {
public:
  /// Dimension k runs over [first, first + sizes[k]).
  Corner(ArrayRef<int64_t> sizes, bool least)
      : sizes(sizes), least(least), used(sizes.size()) {}

  /// Null if the extreme may not be at a corner. The result is over the same
  /// dimensions, each now the first element of its tile.
  AffineExpr of(AffineExpr expr) { return of(expr, least); }

private:
  AffineExpr of(AffineExpr expr, bool wantLeast) {
    SmallVector<Term> terms;
    collectTerms(simplifyAffineExpr(expr, sizes.size(), 0), 1, terms);
    for (Term &term : terms) {
      term.atom = ofAtom(term.atom, wantLeast == (term.coefficient > 0));
      if (!term.atom) {
        return {};
      }
    }
    return sumOf(terms, expr.getContext());
  }

  AffineExpr ofAtom(AffineExpr atom, bool wantLeast) {
    if (auto dim = dyn_cast<AffineDimExpr>(atom)) {
      unsigned k = dim.getPosition();
      if (sizes[k] == 1) {
        return atom;
      }
      // Twice the same dimension: its two places may want different corners.
      if (used.test(k)) {
        return {};
      }
      used.set(k);
      return wantLeast ? atom : atom + (sizes[k] - 1);
    }
    auto binary = dyn_cast<AffineBinaryOpExpr>(atom);
    if (!binary) {
      return atom;
    }
    auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (!divisor || divisor.getValue() <= 0) {
      return {};
    }
    if (atom.getKind() == AffineExprKind::Mod) {
      bool moves = false;
      for (unsigned k = 0; k < sizes.size(); ++k) {
        moves |= sizes[k] != 1 && atom.isFunctionOfDim(k);
      }
      return moves ? AffineExpr() : atom;
    }
    AffineExpr inner = of(binary.getLHS(), wantLeast);
    if (!inner) {
      return {};
    }
    return getAffineBinaryOpExpr(atom.getKind(), inner, divisor);
  }

  ArrayRef<int64_t> sizes;
  bool least;
  llvm::SmallBitVector used;
};

} // namespace

AffineExpr MaskBounds::operand(Value value) {
  auto *found = llvm::find(values, value);
  if (found == values.end()) {
    values.push_back(value);
    found = &values.back();
  }
  return getAffineDimExpr(found - values.begin(), loop.getContext());
}

/// Adds the bounds of `expr >= 0`; false if nothing is known of it.
bool MaskBounds::addCondition(AffineExpr expr, MaskOp mask, MapBounds &bounds) {
  // Number the loop's own range last, so that the operands come first.
  unsigned axis = values.size();
  SmallVector<AffineExpr> dims, symbols;
  SmallVector<int64_t> sizes(values.size(), 1);
  auto use = [&](Value value, int64_t size) {
    AffineExpr dim = operand(value);
    sizes.resize(values.size(), 1);
    sizes[cast<AffineDimExpr>(dim).getPosition()] = size;
    return dim;
  };
  for (auto [index, range] : llvm::enumerate(mask.getRanges())) {
    if (range == loop.getRange()) {
      dims.push_back({});
      continue;
    }
    if (!loop.isDefinedOutsideOfLoop(range)) {
      if (expr.isFunctionOfDim(index)) {
        return false;
      }
      dims.push_back(getAffineConstantExpr(0, loop.getContext()));
      continue;
    }
    dims.push_back(use(range, cast<RangeType>(range.getType()).getSize()));
  }
  for (auto [index, symbol] : llvm::enumerate(mask.getSyms())) {
    if (!loop.isDefinedOutsideOfLoop(symbol)) {
      if (expr.isFunctionOfSymbol(index)) {
        return false;
      }
      symbols.push_back(getAffineConstantExpr(0, loop.getContext()));
      continue;
    }
    symbols.push_back(use(symbol, 1));
  }
  axis = values.size();
  for (AffineExpr &dim : dims) {
    dim = dim ? dim : getAffineDimExpr(axis, loop.getContext());
  }
  sizes.resize(axis + 1, 1);
  expr = simplifyAffineExpr(expr.replaceDimsAndSymbols(dims, symbols), axis + 1,
                            0);
  std::optional<Linear> linear = solveFor(expr, axis);
  if (!linear) {
    return false;
  }
  AffineExpr most = Corner(sizes, /*least=*/false).of(linear->rest);
  AffineExpr least = Corner(sizes, /*least=*/true).of(linear->rest);
  if (!most || !least) {
    return false;
  }
  int64_t b = loop.getRangeType().getSize();
  int64_t a = std::abs(linear->a);
  auto simple = [&](AffineExpr bound) {
    return simplifyAffineExpr(bound, axis, 0);
  };
  if (linear->a == 0) {
    bounds.some.conditions.push_back(simple(most));
    bounds.all->conditions.push_back(simple(least));
  } else if (linear->a > 0) {
    bounds.some.lower.push_back(simple((-(most + a * (b - 1))).ceilDiv(a * b)));
    bounds.all->lower.push_back(simple((-least).ceilDiv(a * b)));
  } else {
    bounds.some.upper.push_back(simple((most + a * b).floorDiv(a * b)));
    bounds.all->upper.push_back(
        simple((least - a * (b - 1) + a * b).floorDiv(a * b)));
  }
  return true;
}

SmallVector<MapBounds, 1> MaskBounds::of(MaskOp mask) {
  SmallVector<MapBounds, 1> result;
  for (AffineMap map : mask.getMaps()) {
    MapBounds &bounds = result.emplace_back();
    bounds.all.emplace();
    bool known = true;
    for (AffineExpr expr : map.getResults()) {
      known &= addCondition(expr, mask, bounds);
    }
    if (!known) {
      bounds.all = std::nullopt;
    }
  }
  return result;
}

} // namespace spak::ir
