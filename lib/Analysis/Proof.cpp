// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the reading of IR arithmetic as Presburger formulas. Must not know
// where a condition comes from.
#include "spak/Analysis/Proof.h"

#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/Analysis/Presburger/IntegerRelation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"

#include <map>
#include <vector>

using namespace mlir;

namespace spak::analysis {

namespace {

/// More cases than this are not looked at. Unit: conjunction.
constexpr size_t kMaxCases = 512;
/// Deeper terms get a name. Unit: operation.
constexpr unsigned kMaxDepth = 64;

/// Sum of columns with factors, and a constant.
struct Linear {
  std::map<unsigned, int64_t> factors;
  int64_t constant = 0;

  Linear &add(const Linear &other, int64_t times) {
    for (auto [column, factor] : other.factors) {
      factors[column] += factor * times;
      if (factors[column] == 0) {
        factors.erase(column);
      }
    }
    constant += other.constant * times;
    return *this;
  }
  bool isConstant() const { return factors.empty(); }
};

/// A formula in negation normal form. An atom is `term >= 0`.
struct Formula {
  enum class Kind : uint8_t { True, False, Atom, And, Or } kind = Kind::True;
  Linear term;
  std::vector<Formula> parts;

  static Formula atom(Linear term) {
    Formula result;
    result.kind = Kind::Atom;
    result.term = std::move(term);
    return result;
  }
  static Formula of(Kind kind, std::vector<Formula> parts = {}) {
    Formula result;
    result.kind = kind;
    result.parts = std::move(parts);
    return result;
  }
  static Formula truth(bool value) {
    return of(value ? Kind::True : Kind::False);
  }

  Formula negated() const {
    switch (kind) {
    case Kind::True:
      return truth(false);
    case Kind::False:
      return truth(true);
    case Kind::Atom: {
      // not (t >= 0) is -t - 1 >= 0.
      Linear other;
      other.add(term, -1);
      other.constant -= 1;
      return atom(std::move(other));
    }
    case Kind::And:
    case Kind::Or: {
      std::vector<Formula> others;
      for (const Formula &part : parts) {
        others.push_back(part.negated());
      }
      return of(kind == Kind::And ? Kind::Or : Kind::And, std::move(others));
    }
    }
    return truth(true);
  }
};

Formula both(Formula a, Formula b) {
  return Formula::of(Formula::Kind::And, {std::move(a), std::move(b)});
}
Formula either(Formula a, Formula b) {
  return Formula::of(Formula::Kind::Or, {std::move(a), std::move(b)});
}
Linear difference(const Linear &a, const Linear &b, int64_t offset = 0) {
  Linear result = a;
  result.add(b, -1);
  result.constant += offset;
  return result;
}
Formula equal(const Linear &a, const Linear &b) {
  return both(Formula::atom(difference(a, b)), Formula::atom(difference(b, a)));
}

/// Names terms and collects what is known of the names.
class Reader {
public:
  std::vector<Formula> known;
  /// No term but sizes was given a name since this was set.
  bool exact = true;

  Linear linear(Value value, unsigned depth = 0);
  Formula condition(Value value, unsigned depth = 0);
  void markNonNegative(const Linear &term) {
    if (term.constant == 0 && term.factors.size() == 1 &&
        term.factors.begin()->second == 1) {
      nonNegative.insert(term.factors.begin()->first);
    }
  }
  unsigned columns() const { return next; }
  Linear fresh() {
    Linear result;
    result.factors[next++] = 1;
    return result;
  }
  /// The number q with q * divisor <= dividend < (q + 1) * divisor.
  Linear quotient(const Linear &dividend, int64_t divisor);

private:
  unsigned next = 0;
  std::map<std::string, unsigned> names;
  std::set<unsigned> nonNegative;

  std::string keyOf(Value value, unsigned depth);
  Linear named(const std::string &key, Value value) {
    exact &= isa<BlockArgument>(value);
    auto [entry, isNew] = names.try_emplace(key, next);
    next += isNew;
    Linear result;
    result.factors[entry->second] = 1;
    return result;
  }
  bool isNonNegative(const Linear &term) const {
    return term.constant >= 0 &&
           llvm::all_of(term.factors, [&](const auto &entry) {
             return entry.second > 0 && nonNegative.count(entry.first);
           });
  }
  Linear smallest(Value a, Value b, bool least, unsigned depth);
  std::optional<Linear> divided(Operation *op, unsigned depth);
};

std::optional<int64_t> constantOf(Value value) {
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)) &&
      number.getSignificantBits() <= 64) {
    return number.getSExtValue();
  }
  return std::nullopt;
}

/// A text that two values share only if they are always equal.
std::string Reader::keyOf(Value value, unsigned depth) {
  Operation *op = value.getDefiningOp();
  std::string key;
  llvm::raw_string_ostream os(key);
  if (!op || op->getNumRegions() != 0 || depth > kMaxDepth ||
      !isMemoryEffectFree(op)) {
    os << value.getAsOpaquePointer();
    return key;
  }
  os << op->getName() << op->getAttrDictionary() << "#"
     << llvm::cast<OpResult>(value).getResultNumber() << "(";
  for (Value operand : op->getOperands()) {
    os << keyOf(operand, depth + 1) << ",";
  }
  os << ")";
  return key;
}

Linear Reader::quotient(const Linear &dividend, int64_t divisor) {
  Linear q = fresh();
  Linear low = dividend;
  low.add(q, -divisor);
  Linear high;
  high.add(q, divisor).add(dividend, -1);
  high.constant += divisor - 1;
  known.push_back(both(Formula::atom(low), Formula::atom(high)));
  if (isNonNegative(dividend)) {
    markNonNegative(q);
  }
  return q;
}

Linear Reader::smallest(Value a, Value b, bool least, unsigned depth) {
  Linear x = linear(a, depth + 1), y = linear(b, depth + 1);
  Linear z = fresh();
  const Linear &lower = least ? x : y;
  const Linear &upper = least ? y : x;
  // z is x where x is the one looked for, else y.
  known.push_back(
      either(both(equal(z, x), Formula::atom(difference(upper, lower))),
             both(equal(z, y), Formula::atom(difference(lower, upper)))));
  if (isNonNegative(x) && isNonNegative(y)) {
    markNonNegative(z);
  }
  return z;
}

/// The result of a division or remainder by a positive constant.
std::optional<Linear> Reader::divided(Operation *op, unsigned depth) {
  std::optional<int64_t> by = constantOf(op->getOperand(1));
  if (!by || *by <= 0) {
    return std::nullopt;
  }
  Linear dividend = linear(op->getOperand(0), depth + 1);
  // Truncation and floor agree on numbers from 0 on.
  bool floor = isa<arith::FloorDivSIOp, arith::CeilDivSIOp>(op);
  if (!floor && !isNonNegative(dividend)) {
    return std::nullopt;
  }
  if (isa<arith::CeilDivSIOp, arith::CeilDivUIOp>(op)) {
    dividend.constant += *by - 1;
  }
  Linear q = quotient(dividend, *by);
  if (!isa<arith::RemUIOp, arith::RemSIOp>(op)) {
    return q;
  }
  Linear rest = dividend;
  rest.add(q, -*by);
  return rest;
}

Linear Reader::linear(Value value, unsigned depth) {
  Linear result;
  if (std::optional<int64_t> constant = constantOf(value)) {
    result.constant = *constant;
    return result;
  }
  Operation *op = value.getDefiningOp();
  if (!op || depth > kMaxDepth) {
    return named(keyOf(value, 0), value);
  }
  if (isa<arith::AddIOp, arith::SubIOp>(op)) {
    result = linear(op->getOperand(0), depth + 1);
    return result.add(linear(op->getOperand(1), depth + 1),
                      isa<arith::AddIOp>(op) ? 1 : -1);
  }
  if (isa<arith::MulIOp>(op)) {
    Linear a = linear(op->getOperand(0), depth + 1);
    Linear b = linear(op->getOperand(1), depth + 1);
    if (a.isConstant()) {
      return result.add(b, a.constant);
    }
    if (b.isConstant()) {
      return result.add(a, b.constant);
    }
  }
  if (isa<arith::MinUIOp, arith::MinSIOp, arith::MaxUIOp, arith::MaxSIOp>(op)) {
    return smallest(op->getOperand(0), op->getOperand(1),
                    isa<arith::MinUIOp, arith::MinSIOp>(op), depth);
  }
  if (isa<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp,
          arith::CeilDivSIOp, arith::CeilDivUIOp, arith::RemUIOp,
          arith::RemSIOp>(op)) {
    if (std::optional<Linear> quotient = divided(op, depth)) {
      return *quotient;
    }
  }
  if (auto count = dyn_cast<ir::TileCountOp>(op)) {
    Linear extent = linear(count.getExtent(), depth + 1);
    int64_t size = count.getSize();
    if (isNonNegative(extent)) {
      extent.constant += size - 1;
      return quotient(extent, size);
    }
  }
  Linear name = named(keyOf(value, 0), value);
  if (isa<arith::RemUIOp, arith::DivUIOp, ir::TileCountOp>(op)) {
    known.push_back(Formula::atom(name));
    markNonNegative(name);
  }
  return name;
}

Formula Reader::condition(Value value, unsigned depth) {
  if (std::optional<int64_t> constant = constantOf(value)) {
    return Formula::truth(*constant != 0);
  }
  Operation *op = value.getDefiningOp();
  if (op && depth <= kMaxDepth) {
    if (isa<arith::AndIOp>(op)) {
      return both(condition(op->getOperand(0), depth + 1),
                  condition(op->getOperand(1), depth + 1));
    }
    if (isa<arith::OrIOp>(op)) {
      return either(condition(op->getOperand(0), depth + 1),
                    condition(op->getOperand(1), depth + 1));
    }
    if (isa<arith::XOrIOp>(op) && constantOf(op->getOperand(1))) {
      Formula inner = condition(op->getOperand(0), depth + 1);
      return *constantOf(op->getOperand(1)) != 0 ? inner.negated() : inner;
    }
    if (auto compare = dyn_cast<arith::CmpIOp>(op);
        compare && !compare.getLhs().getType().isInteger(1)) {
      Linear a = linear(compare.getLhs(), depth + 1);
      Linear b = linear(compare.getRhs(), depth + 1);
      switch (compare.getPredicate()) {
      case arith::CmpIPredicate::eq:
        return equal(a, b);
      case arith::CmpIPredicate::ne:
        return equal(a, b).negated();
      case arith::CmpIPredicate::slt:
      case arith::CmpIPredicate::ult:
        return Formula::atom(difference(b, a, -1));
      case arith::CmpIPredicate::sle:
      case arith::CmpIPredicate::ule:
        return Formula::atom(difference(b, a));
      case arith::CmpIPredicate::sgt:
      case arith::CmpIPredicate::ugt:
        return Formula::atom(difference(a, b, -1));
      case arith::CmpIPredicate::sge:
      case arith::CmpIPredicate::uge:
        return Formula::atom(difference(a, b));
      }
    }
  }
  // An unknown truth value: a name that is 1 or something else.
  Linear name = named(keyOf(value, 0), value);
  Linear one;
  one.constant = 1;
  return equal(name, one);
}

/// A conjunction of atoms.
using Case = std::vector<Linear>;

/// Appends the cases of \p formula; false if they are too many.
bool addCases(const Formula &formula, std::vector<Case> &cases) {
  switch (formula.kind) {
  case Formula::Kind::True:
    return true;
  case Formula::Kind::False:
    cases.clear();
    return true;
  case Formula::Kind::Atom:
    for (Case &each : cases) {
      each.push_back(formula.term);
    }
    return true;
  case Formula::Kind::And:
    return llvm::all_of(formula.parts, [&](const Formula &part) {
      return addCases(part, cases);
    });
  case Formula::Kind::Or: {
    std::vector<Case> all;
    for (const Formula &part : formula.parts) {
      std::vector<Case> some = cases;
      if (!addCases(part, some) || all.size() + some.size() > kMaxCases) {
        return false;
      }
      all.insert(all.end(), some.begin(), some.end());
    }
    cases = std::move(all);
    return true;
  }
  }
  return false;
}

bool isEmpty(const Case &atoms, unsigned columns) {
  presburger::IntegerPolyhedron set(
      presburger::PresburgerSpace::getSetSpace(columns));
  for (const Linear &atom : atoms) {
    SmallVector<int64_t> row(columns + 1, 0);
    for (auto [column, factor] : atom.factors) {
      row[column] = factor;
    }
    row[columns] = atom.constant;
    set.addInequality(row);
  }
  return set.isIntegerEmpty();
}

/// Whether no integers satisfy all of \p formulas; nothing if that is too
/// much work.
std::optional<bool> unsatisfiable(llvm::ArrayRef<Formula> formulas,
                                  unsigned columns) {
  std::vector<Case> cases(1);
  for (const Formula &formula : formulas) {
    if (!addCases(formula, cases)) {
      return std::nullopt;
    }
  }
  return llvm::all_of(cases,
                      [&](const Case &each) { return isEmpty(each, columns); });
}

} // namespace

struct Prover::Impl {
  /// Reading a condition names its terms, also when it is only asked about.
  mutable Reader reader;
  std::vector<Formula> assumptions;

  Verdict decide(const Formula &goal) const {
    std::vector<Formula> base = assumptions;
    base.insert(base.end(), reader.known.begin(), reader.known.end());
    std::vector<Formula> against = base;
    against.push_back(goal.negated());
    if (unsatisfiable(against, reader.columns()).value_or(false)) {
      return Verdict::Proved;
    }
    base.push_back(goal);
    if (unsatisfiable(base, reader.columns()).value_or(false)) {
      return Verdict::Refuted;
    }
    return Verdict::Unknown;
  }
};

Prover::Prover() : impl(std::make_unique<Impl>()) {}
Prover::~Prover() = default;

void Prover::assume(Value condition) {
  impl->assumptions.push_back(impl->reader.condition(condition));
}

void Prover::assumeAtLeast(Value value, int64_t least) {
  Linear term = impl->reader.linear(value);
  if (least >= 0) {
    impl->reader.markNonNegative(term);
  }
  term.constant -= least;
  impl->assumptions.push_back(Formula::atom(term));
}

Verdict Prover::decide(Value condition) const {
  return impl->decide(impl->reader.condition(condition));
}

Verdict Prover::decideCovers(Value count, int64_t size, Value extent,
                             int64_t number) const {
  Reader &reader = impl->reader;
  Linear element = reader.fresh();
  reader.markNonNegative(element);
  reader.exact = true;
  Linear end;
  end.constant = number;
  if (extent) {
    end = reader.linear(extent);
  }
  Linear tile = reader.quotient(element, size);
  Linear tiles = reader.linear(count);
  // 0 <= element < end gives tile < tiles.
  Formula inside =
      both(Formula::atom(element), Formula::atom(difference(end, element, -1)));
  Formula goal =
      either(inside.negated(), Formula::atom(difference(tiles, tile, -1)));
  if (impl->decide(goal) == Verdict::Proved) {
    return Verdict::Proved;
  }
  // Without named terms there are sizes that leave an element out.
  return reader.exact ? Verdict::Refuted : Verdict::Unknown;
}

} // namespace spak::analysis
