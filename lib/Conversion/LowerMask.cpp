// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: masks inside a map. A predicate that is linear in the axis which runs
// over the registers becomes a comparison of the register's compile-time
// column with a bound that each row of the thread computes once, or, where it
// has bounds on both sides, the test of a bit of a word that each row computes
// once; neighbouring masks share the bounds. Any other predicate is evaluated
// per element.
#include "GroupBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include <limits>

using namespace mlir;

namespace spak::conversion {

/// One result of a mask's map: coefficient * column + rest >= 0.
struct ColumnResult {
  int64_t coefficient;
  AffineExpr rest;
  SmallVector<Value> ranges;
  SmallVector<Value> symbols;

  bool dependsOnRows() const {
    for (unsigned i = 0; i < ranges.size(); ++i) {
      if (rest.isFunctionOfDim(i)) {
        return true;
      }
    }
    return false;
  }
};

/// The axis of a row's words of bits.
constexpr StringLiteral kWordAxis = "word";

struct ColumnBounds {
  Value column;
  SmallVector<ColumnResult> results;
};

namespace {

/// True if \p dim stands under a division or a remainder.
bool isDivided(AffineExpr expr, unsigned dim) {
  bool divided = false;
  expr.walk([&](AffineExpr inner) {
    switch (inner.getKind()) {
    case AffineExprKind::Mod:
    case AffineExprKind::FloorDiv:
    case AffineExprKind::CeilDiv:
      divided |= inner.isFunctionOfDim(dim);
      break;
    default:
      break;
    }
  });
  return divided;
}

/// The factor of dimension \p dim in \p expr, where it is linear in it.
int64_t coefficientOf(AffineExpr expr, unsigned dim) {
  auto at = [&](int64_t value) {
    MLIRContext *context = expr.getContext();
    return expr.replace(getAffineDimExpr(dim, context),
                        getAffineConstantExpr(value, context));
  };
  AffineExpr step = simplifyAffineExpr(at(1) - at(0), 64, 64);
  auto number = dyn_cast<AffineConstantExpr>(step);
  return number ? number.getValue() : 0;
}

bool isLinearIn(AffineExpr expr, unsigned dim) {
  return !isDivided(expr, dim) &&
         (!expr.isFunctionOfDim(dim) || coefficientOf(expr, dim) != 0);
}

StringRef axisOf(Value range) {
  return cast<ir::RangeType>(range.getType()).getAxis();
}

} // namespace

bool GroupBuilder::addToColumn(ir::MaskOp mask, AffineMap keep,
                               ColumnBounds &bounds) {
  unsigned column = 0;
  int64_t most = 0;
  for (auto [i, range] : llvm::enumerate(mask.getRanges())) {
    int64_t registers = 1;
    for (const Digit &digit : map.registers) {
      registers *= digit.axis == axisOf(range) ? digit.extent : 1;
    }
    if (registers > most) {
      most = registers;
      column = i;
    }
  }
  Value range = mask.getRanges()[column];
  if (bounds.column && bounds.column != range) {
    return false;
  }
  if (!llvm::all_of(keep.getResults(), [&](AffineExpr expr) {
        return isLinearIn(expr, column);
      })) {
    return false;
  }
  bounds.column = range;
  for (AffineExpr expr : keep.getResults()) {
    AffineExpr zero = getAffineConstantExpr(0, expr.getContext());
    AffineExpr rest = simplifyAffineExpr(
        expr.replace(getAffineDimExpr(column, expr.getContext()), zero),
        keep.getNumDims(), keep.getNumSymbols());
    bounds.results.push_back({coefficientOf(expr, column), rest,
                              llvm::to_vector(mask.getRanges()),
                              llvm::to_vector(mask.getSyms())});
  }
  return true;
}

/// The results of \p bounds that bound the column from above, or from below.
static SmallVector<ColumnResult *> resultsOf(ColumnBounds &bounds, bool upper) {
  SmallVector<ColumnResult *> results;
  for (ColumnResult &result : bounds.results) {
    if (upper == (result.coefficient <= 0)) {
      results.push_back(&result);
    }
  }
  return results;
}

/// The ranges over rows on which \p results depend.
static llvm::SetVector<Value> rowsOf(ArrayRef<ColumnResult *> results) {
  llvm::SetVector<Value> rows;
  for (ColumnResult *result : results) {
    for (auto [i, range] : llvm::enumerate(result->ranges)) {
      if (result->rest.isFunctionOfDim(i)) {
        rows.insert(range);
      }
    }
  }
  return rows;
}

/// The bound on the register's own column, over all \p results of one side.
Value GroupBuilder::combine(ArrayRef<ColumnResult *> results, bool upper,
                            Value columnBase, const RowBases &at) {
  OpBuilder &builder = lowering.builder;
  Location loc = root.getLoc();
  Value bound;
  for (ColumnResult *result : results) {
    SmallVector<Value> dims;
    for (Value range : result->ranges) {
      dims.push_back(at.lookup(range));
    }
    Value rest = lowering.expandAffine(result->rest, dims, result->symbols);
    Value limit;
    int64_t factor = result->coefficient;
    if (factor == 0) {
      // Says nothing of the column: the row is kept whole or not at all.
      Value keep = arith::CmpIOp::create(
          builder, loc, arith::CmpIPredicate::sge, rest, lowering.constant(0));
      limit = arith::SelectOp::create(
          builder, loc, keep,
          lowering.constant(std::numeric_limits<int32_t>::max()),
          lowering.constant(-1));
    } else if (factor < 0) {
      limit = lowering.sub(lowering.floorDiv(rest, -factor), columnBase);
    } else {
      limit = lowering.sub(
          lowering.sub(lowering.constant(0), lowering.floorDiv(rest, factor)),
          columnBase);
    }
    if (!bound) {
      bound = limit;
    } else if (upper) {
      bound = arith::MinSIOp::create(builder, loc, bound, limit);
    } else {
      bound = arith::MaxSIOp::create(builder, loc, bound, limit);
    }
  }
  return bound;
}

/// What \p make says of each of the thread's rows, \p words numbers a row: a
/// fragment whose registers are the rows' digits and then those of the words,
/// and the map of these.
std::pair<Value, RegisterMap>
GroupBuilder::overRows(const llvm::SetVector<Value> &rowRanges, int64_t words,
                       RowBases &at,
                       llvm::function_ref<Value(OpBuilder &, Value)> make) {
  OpBuilder &builder = lowering.builder;
  RegisterMap rows;
  int64_t position = 1;
  auto isRow = [&](StringRef axis) {
    return llvm::any_of(rowRanges,
                        [&](Value range) { return axisOf(range) == axis; });
  };
  for (Digit digit : map.registers) {
    if (isRow(digit.axis)) {
      digit.position = position;
      position *= digit.extent;
      rows.registers.push_back(digit);
    }
  }
  // Threads along another axis hold copies of the row's bound.
  for (auto [from, to] :
       {std::pair(&map.lanes, &rows.lanes), std::pair(&map.warps, &rows.warps),
        std::pair(&map.groups, &rows.groups)}) {
    for (Digit digit : *from) {
      if (!isRow(digit.axis)) {
        digit.axis = "rep";
        digit.stride = 0;
      }
      to->push_back(digit);
    }
  }
  RegisterMap all = rows;
  if (words > 1) {
    all.registers.push_back({words, kWordAxis, 1, position});
  }
  SmallVector<Attribute> coordinates;
  for (Value range : rowRanges) {
    coordinates.push_back(lowering.patternAttr(all.axisPattern(axisOf(range))));
  }
  if (words > 1) {
    coordinates.push_back(lowering.patternAttr(all.axisPattern(kWordAxis)));
  }
  Type type = cuda::FragType::get(builder.getContext(), position * words,
                                  builder.getI32Type());
  Value made = cuda::MapOp::create(
      builder, root.getLoc(), type, ValueRange{}, ArrayRef<Attribute>{},
      coordinates, std::nullopt, [&](OpBuilder &b, Location, ValueRange args) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPoint(b.getInsertionBlock(), b.getInsertionPoint());
        for (auto [range, step] : llvm::zip(rowRanges, args)) {
          at[range] = lowering.add(at[range], step);
        }
        return make(builder, words > 1 ? args.back() : Value());
      });
  return {made, rows};
}

GroupBuilder::RowBases
GroupBuilder::rowBases(const llvm::SetVector<Value> &rowRanges) {
  RowBases at;
  for (Value range : rowRanges) {
    at[range] = base(range);
  }
  return at;
}

std::optional<GroupBuilder::Bound> GroupBuilder::makeBound(ColumnBounds &bounds,
                                                           bool upper) {
  SmallVector<ColumnResult *> mine = resultsOf(bounds, upper);
  if (mine.empty()) {
    return std::nullopt;
  }
  llvm::SetVector<Value> rowRanges = rowsOf(mine);
  Value columnBase = base(bounds.column);
  RowBases at = rowBases(rowRanges);
  for (ColumnResult *result : mine) {
    for (Value &symbol : result->symbols) {
      symbol = lowering.scalar(symbol);
    }
  }
  Bound made;
  if (rowRanges.empty()) {
    made.uniform = combine(mine, upper, columnBase, at);
    return made;
  }
  auto [bound, rows] =
      overRows(rowRanges, 1, at, [&](OpBuilder &, Value) -> Value {
        return combine(mine, upper, columnBase, at);
      });
  std::optional<DigitPattern> pattern = map.patternInto(rows);
  made.input = input(bound, lowering.patternAttr(*pattern));
  return made;
}

/// How many of the thread's columns lie before \p end, where they lie as
/// \p columns says; too few or too many of none or all.
Value GroupBuilder::columnsBefore(Value end, const Columns &columns) {
  Value run = lowering.floorDiv(end, columns.stride);
  Value behind = arith::MinSIOp::create(
      lowering.builder, root.getLoc(),
      lowering.sub(end, lowering.mul(run, columns.stride)),
      lowering.constant(columns.each));
  return lowering.add(lowering.mul(run, columns.each), behind);
}

/// The thread's columns of one row are runs of `each` neighbours, `stride`
/// columns apart; absent if they lie otherwise.
std::optional<GroupBuilder::Columns>
GroupBuilder::columnsOfThread(StringRef axis) const {
  Columns columns;
  int64_t reach = 1;
  for (const Digit &digit : map.registers) {
    if (digit.axis != axis) {
      continue;
    }
    if (digit.stride == reach && columns.runs == 1) {
      columns.each *= digit.extent;
      reach = columns.each;
      columns.stride = columns.each;
    } else if (columns.runs == 1 && digit.stride > reach) {
      columns.stride = digit.stride;
      columns.runs = digit.extent;
      reach = digit.stride * digit.extent;
    } else if (digit.stride == reach) {
      columns.runs *= digit.extent;
      reach *= digit.extent;
    } else {
      return std::nullopt;
    }
    columns.last = &digit;
  }
  if (!columns.last || !llvm::isPowerOf2_64(columns.stride)) {
    return std::nullopt;
  }
  return columns;
}

/// Where a row's columns have bounds on both sides, a word has a bit for each
/// column that is kept: the test of a bit is one where comparisons were two.
std::optional<GroupBuilder::BitTest>
GroupBuilder::bitTest(ColumnBounds &bounds) {
  constexpr int64_t bits = 32;
  SmallVector<ColumnResult *> upper = resultsOf(bounds, /*upper=*/true);
  SmallVector<ColumnResult *> lower = resultsOf(bounds, /*upper=*/false);
  StringRef axis = axisOf(bounds.column);
  std::optional<Columns> columns = columnsOfThread(axis);
  if (upper.empty() || lower.empty() || !columns) {
    return std::nullopt;
  }
  int64_t count = columns->each * columns->runs, words = 1;
  while (words < columns->last->extent &&
         (count > words * bits || columns->last->extent % words != 0)) {
    ++words;
  }
  int64_t perWord = count / words;
  if (perWord > bits || perWord < columns->each) {
    return std::nullopt;
  }
  llvm::SetVector<Value> rowRanges = rowsOf(upper);
  rowRanges.insert_range(rowsOf(lower));
  Value columnBase = base(bounds.column);
  RowBases at = rowBases(rowRanges);
  for (ColumnResult &result : bounds.results) {
    for (Value &symbol : result.symbols) {
      symbol = lowering.scalar(symbol);
    }
  }
  Location loc = root.getLoc();
  // The lowest so many bits of the word: the upper half of a shift of ones.
  auto lowest = [&](OpBuilder &b, Value number, Value before) -> Value {
    number = before ? lowering.sub(number, before) : number;
    number = arith::MaxSIOp::create(b, loc, number, lowering.constant(0));
    number = arith::MinSIOp::create(b, loc, number, lowering.constant(bits));
    Type wide = b.getI64Type();
    Value ones = lowering.constant64((int64_t(1) << bits) - 1);
    Value moved = arith::ShLIOp::create(
        b, loc, ones, arith::ExtSIOp::create(b, loc, wide, number));
    Value half =
        arith::ShRUIOp::create(b, loc, moved, lowering.constant64(bits));
    return arith::TruncIOp::create(b, loc, b.getI32Type(), half);
  };
  // Far bounds must not wrap around.
  int64_t extent = columns->stride * columns->runs;
  auto near = [&](OpBuilder &b, Value bound) -> Value {
    return arith::MinSIOp::create(b, loc, bound, lowering.constant(extent));
  };
  auto [word, rows] =
      overRows(rowRanges, words, at, [&](OpBuilder &b, Value number) -> Value {
        Value before = number ? lowering.mul(number, perWord) : Value();
        Value last = combine(upper, /*upper=*/true, columnBase, at);
        Value first = combine(lower, /*upper=*/false, columnBase, at);
        Value end = lowering.add(near(b, last), lowering.constant(1));
        Value kept = lowest(b, columnsBefore(end, *columns), before);
        Value dropped = lowest(b, columnsBefore(first, *columns), before);
        Value others =
            arith::XOrIOp::create(b, loc, dropped, lowering.constant(-1));
        return arith::AndIOp::create(b, loc, kept, others);
      });
  // Which word of which row, and which of its bits.
  DigitPattern place, bit;
  int64_t behind = 1;
  for (const Digit &digit : map.registers) {
    bool column = digit.axis == axis;
    int64_t cut = &digit == columns->last ? words : 1;
    int64_t row = 0;
    for (const Digit &known : rows.registers) {
      row = known.axis == digit.axis && known.stride == digit.stride
                ? known.position
                : row;
    }
    place.extents.push_back(digit.extent / cut);
    place.strides.push_back(row);
    bit.extents.push_back(digit.extent / cut);
    bit.strides.push_back(column ? behind : 0);
    if (cut > 1) {
      place.extents.push_back(cut);
      place.strides.push_back(rows.count());
      bit.extents.push_back(cut);
      bit.strides.push_back(0);
    }
    behind *= column ? digit.extent : 1;
  }
  BitTest test;
  test.word = input(word, lowering.patternAttr(place));
  test.bit = coordinate(axis.str() + " bit", bit);
  return test;
}

GroupBuilder::Test GroupBuilder::columnTest(ColumnBounds &bounds) {
  if (std::optional<BitTest> bits = bitTest(bounds)) {
    return *bits;
  }
  ColumnTest test;
  test.coordinate = coordinate(axisOf(bounds.column));
  test.upper = makeBound(bounds, /*upper=*/true);
  test.lower = makeBound(bounds, /*upper=*/false);
  return test;
}

GroupBuilder::Test GroupBuilder::elementTest(ir::MaskOp mask, AffineMap keep) {
  ElementTest test;
  test.keep = keep;
  for (Value range : mask.getRanges()) {
    test.starts.push_back(base(range));
    test.coordinates.push_back(coordinate(axisOf(range)));
  }
  for (Value symbol : mask.getSyms()) {
    test.symbols.push_back(lowering.scalar(symbol));
  }
  return test;
}

LogicalResult GroupBuilder::visitMask(ir::MaskOp mask) {
  MaskPlan plan;
  // The column predicates that all must hold share their bounds.
  ColumnBounds joined;
  ir::MaskOp next = mask;
  for (;;) {
    SmallVector<AffineMap> maps;
    for (auto map : next.getKeep().getAsRange<AffineMapAttr>()) {
      maps.push_back(map.getValue());
    }
    bool shared = maps.size() == 1 && addToColumn(next, maps[0], joined);
    SmallVector<Test> some;
    for (AffineMap map : maps) {
      ColumnBounds own;
      if (shared) {
        break;
      }
      some.push_back(addToColumn(next, map, own) ? columnTest(own)
                                                 : elementTest(next, map));
    }
    if (!shared) {
      plan.tests.push_back(std::move(some));
    }
    plan.source = next.getSrc();
    // A mask of a mask keeps what both keep.
    auto inner = plan.source.getDefiningOp<ir::MaskOp>();
    auto group = inner ? lowering.groupOf.find(inner) : lowering.groupOf.end();
    if (!inner || !inner->hasOneUse() || group == lowering.groupOf.end() ||
        group->second != root.getDefiningOp()) {
      break;
    }
    next = inner;
  }
  if (joined.column) {
    plan.tests.push_back({columnTest(joined)});
  }
  Value source = plan.source;
  masks[mask] = std::move(plan);
  return visit(source);
}

Value GroupBuilder::emitTest(const Test &test, OpBuilder &b, ValueRange args) {
  Location loc = root.getLoc();
  Value keep;
  auto require = [&](Value condition) {
    keep = keep ? arith::AndIOp::create(b, loc, keep, condition).getResult()
                : condition;
  };
  auto coordinateAt = [&](unsigned index) {
    return args[inputs.size() + index];
  };
  if (auto *column = std::get_if<ColumnTest>(&test)) {
    auto compare = [&](const std::optional<Bound> &bound,
                       arith::CmpIPredicate how) {
      if (bound) {
        Value limit = bound->input ? args[*bound->input] : bound->uniform;
        require(arith::CmpIOp::create(b, loc, how,
                                      coordinateAt(column->coordinate), limit));
      }
    };
    compare(column->upper, arith::CmpIPredicate::sle);
    compare(column->lower, arith::CmpIPredicate::sge);
    return keep;
  }
  if (auto *bits = std::get_if<BitTest>(&test)) {
    Value moved = arith::ShRUIOp::create(b, loc, args[bits->word],
                                         coordinateAt(bits->bit));
    auto number = [&](int32_t value) -> Value {
      return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value));
    };
    Value kept = arith::AndIOp::create(b, loc, moved, number(1));
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, kept,
                                 number(0));
  }
  const auto &element = std::get<ElementTest>(test);
  OpBuilder::InsertionGuard guard(lowering.builder);
  lowering.builder.setInsertionPoint(b.getInsertionBlock(),
                                     b.getInsertionPoint());
  SmallVector<Value> dims;
  for (auto [start, index] : llvm::zip(element.starts, element.coordinates)) {
    dims.push_back(lowering.add(start, coordinateAt(index)));
  }
  for (AffineExpr expr : element.keep.getResults()) {
    Value result = lowering.expandAffine(expr, dims, element.symbols);
    require(arith::CmpIOp::create(lowering.builder, loc,
                                  arith::CmpIPredicate::sge, result,
                                  lowering.constant(0)));
  }
  return keep;
}

Value GroupBuilder::emitMask(ir::MaskOp mask, OpBuilder &b, ValueRange args) {
  Location loc = mask.getLoc();
  MaskPlan &plan = masks[mask];
  Value value = emit(plan.source, b, args);
  Value keep;
  for (ArrayRef<Test> some : plan.tests) {
    Value any;
    for (const Test &test : some) {
      Value one = emitTest(test, b, args);
      any = any ? arith::OrIOp::create(b, loc, any, one).getResult() : one;
    }
    keep = keep ? arith::AndIOp::create(b, loc, keep, any).getResult() : any;
  }
  if (!keep) {
    return value;
  }
  auto element = cast<FloatType>(value.getType());
  Value absent = arith::ConstantOp::create(
      b, loc,
      b.getFloatAttr(element, APFloat::getInf(element.getFloatSemantics(),
                                              /*Negative=*/true)));
  return arith::SelectOp::create(b, loc, keep, value, absent);
}

} // namespace spak::conversion
