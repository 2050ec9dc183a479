// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: masks inside a map. A predicate that is linear in the axis which runs
// over the registers becomes a comparison of the register's compile-time
// column with a bound that each row of the thread computes once; neighbouring
// masks share the bound. Any other predicate is evaluated per element.
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

std::optional<GroupBuilder::Bound> GroupBuilder::makeBound(ColumnBounds &bounds,
                                                           bool upper) {
  OpBuilder &builder = lowering.builder;
  SmallVector<ColumnResult *> mine;
  llvm::SetVector<Value> rowRanges;
  for (ColumnResult &result : bounds.results) {
    if (upper != (result.coefficient <= 0)) {
      continue;
    }
    mine.push_back(&result);
    for (auto [i, range] : llvm::enumerate(result.ranges)) {
      if (result.rest.isFunctionOfDim(i)) {
        rowRanges.insert(range);
      }
    }
  }
  if (mine.empty()) {
    return std::nullopt;
  }
  Value columnBase = base(bounds.column);
  llvm::DenseMap<Value, Value> at;
  for (Value range : rowRanges) {
    at[range] = base(range);
  }
  for (ColumnResult *result : mine) {
    for (Value &symbol : result->symbols) {
      symbol = lowering.scalar(symbol);
    }
  }
  // The bound on the register's own column, over all results of one side.
  auto combine = [&]() -> Value {
    Value bound;
    Location loc = root.getLoc();
    for (ColumnResult *result : mine) {
      SmallVector<Value> dims;
      for (Value range : result->ranges) {
        dims.push_back(at.lookup(range));
      }
      Value rest = lowering.expandAffine(result->rest, dims, result->symbols);
      Value limit;
      int64_t factor = result->coefficient;
      if (factor == 0) {
        // Says nothing of the column: the row is kept whole or not at all.
        Value keep =
            arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, rest,
                                  lowering.constant(0));
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
  };
  Bound made;
  if (rowRanges.empty()) {
    made.uniform = combine();
    return made;
  }
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
  SmallVector<Attribute> rowPatterns;
  for (Value range : rowRanges) {
    rowPatterns.push_back(
        lowering.patternAttr(rows.axisPattern(axisOf(range))));
  }
  Type type = cuda::FragType::get(builder.getContext(), rows.count(),
                                  builder.getI32Type());
  Value bound = cuda::MapOp::create(
      builder, root.getLoc(), type, ValueRange{}, ArrayRef<Attribute>{},
      rowPatterns, std::nullopt, [&](OpBuilder &b, Location, ValueRange args) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPoint(b.getInsertionBlock(), b.getInsertionPoint());
        for (auto [range, step] : llvm::zip(rowRanges, args)) {
          at[range] = lowering.add(at[range], step);
        }
        return combine();
      });
  std::optional<DigitPattern> pattern = map.patternInto(rows);
  made.input = input(bound, lowering.patternAttr(*pattern));
  return made;
}

GroupBuilder::Test GroupBuilder::columnTest(ColumnBounds &bounds) {
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
