// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: arith, math and affine, on uniform values and on tiles alike. A value
// of a narrow type is computed in f32 and rounded; nothing is rounded in
// exact runs.
#include "Machine.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace spak::sim {

namespace {

template <typename T>
T larger(T a, T b) {
  return a > b || a != a ? a : b;
}
template <typename T>
T smaller(T a, T b) {
  return a < b || a != a ? a : b;
}

bool compare(arith::CmpFPredicate predicate, double a, double b) {
  bool unordered = std::isnan(a) || std::isnan(b);
  using P = arith::CmpFPredicate;
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::ORD:
    return !unordered;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return unordered || a != b;
  case P::UNO:
    return unordered;
  case P::AlwaysTrue:
    return true;
  }
  llvm_unreachable("every predicate is above");
}

uint64_t asUnsigned(int64_t value, unsigned width) {
  return static_cast<uint64_t>(value) & llvm::maskTrailingOnes<uint64_t>(width);
}

bool compare(arith::CmpIPredicate predicate, int64_t a, int64_t b,
             unsigned width) {
  uint64_t x = asUnsigned(a, width), y = asUnsigned(b, width);
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
    return a < b;
  case P::sle:
    return a <= b;
  case P::sgt:
    return a > b;
  case P::sge:
    return a >= b;
  case P::ult:
    return x < y;
  case P::ule:
    return x <= y;
  case P::ugt:
    return x > y;
  case P::uge:
    return x >= y;
  }
  llvm_unreachable("every predicate is above");
}

int64_t floorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

unsigned widthOf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
}

/// The value of \p width bits, as it is kept: sign-extended, or 0 and 1.
int64_t wrap(int64_t value, unsigned width) {
  return width == 1 ? value & 1 : llvm::SignExtend64(value, width);
}

} // namespace

//===----------------------------------------------------------------------===//
// Maps over operands
//===----------------------------------------------------------------------===//

/// What element-wise code needs of a machine, for one op.
class Elementwise {
public:
  Elementwise(Simulation &sim, Operation *op,
              SmallVector<RuntimeValue, 3> operands)
      : sim(sim), op(op), operands(std::move(operands)) {}

  RuntimeValue result;
  bool failed = false;
  std::string why;

  bool isTile() const { return isa<ir::TileType>(op->getResult(0).getType()); }

  /// A tile for the result; elements are present where all operands' are.
  TileValue makeTile(Buffer::Kind kind) {
    TileValue tile;
    tile.type = cast<ir::TileType>(op->getResult(0).getType());
    tile.buffer = sim.pool.get(kind, tile.count());
    tile.present.assign(tile.type.getShape().begin(),
                        tile.type.getShape().end());
    for (const RuntimeValue &operand : operands) {
      if (auto *other = std::get_if<TileValue>(&operand)) {
        for (auto [mine, theirs] :
             llvm::zip_equal(tile.present, other->present)) {
          mine = std::min(mine, theirs);
        }
      }
    }
    return tile;
  }

  /// result[i] = fn(operand 0[i], ...) over arrays of Out and In.
  template <typename Out, typename In, typename Fn, size_t... I>
  void loop(Out *out, int64_t count, Fn fn, std::index_sequence<I...>) {
    const In *in[] = {tileOperand(I).template data<In>()...};
    for (int64_t i = 0; i < count; ++i) {
      out[i] = fn(in[I][i]...);
    }
  }

  const TileValue &tileOperand(size_t i) {
    return std::get<TileValue>(operands[i]);
  }

  /// Float operands to a float result.
  template <size_t N, typename Fn>
  void real(Fn fn) {
    auto indices = std::make_index_sequence<N>();
    Format format = *formatOf(getElementTypeOrSelf(op->getResult(0).getType()));
    if (isTile()) {
      TileValue tile = makeTile(sim.realKind());
      int64_t count = tile.count();
      if (sim.options.exact) {
        loop<double, double>(tile.data<double>(), count, fn, indices);
      } else {
        loop<float, float>(tile.data<float>(), count, fn, indices);
        roundTo(format, tile.data<float>(), count);
      }
      result = std::move(tile);
      return;
    }
    result = realScalar(fn, format, indices);
  }

  template <typename Fn, size_t... I>
  double realScalar(Fn fn, Format format, std::index_sequence<I...>) {
    if (sim.options.exact) {
      return fn(std::get<double>(operands[I])...);
    }
    return roundTo(format,
                   fn(static_cast<float>(std::get<double>(operands[I]))...));
  }

  /// Integer operands to an integer result of its width.
  template <size_t N, typename Fn>
  void integer(Fn fn) {
    integerLoop(fn, std::make_index_sequence<N>());
  }

  template <typename Fn, size_t... I>
  void integerLoop(Fn fn, std::index_sequence<I...> indices) {
    unsigned width = widthOf(op->getResult(0).getType());
    auto wrapped = [&](auto... x) { return wrap(fn(x...), width); };
    if (isTile()) {
      TileValue tile = makeTile(Buffer::Kind::Integer);
      loop<int64_t, int64_t>(tile.data<int64_t>(), tile.count(), wrapped,
                             indices);
      result = std::move(tile);
      return;
    }
    result = wrapped(std::get<int64_t>(operands[I])...);
  }

  /// A division, whose divisor may not be 0.
  template <typename Fn>
  void quotient(Fn fn) {
    integer<2>([&](int64_t a, int64_t b) -> int64_t {
      if (b == 0) {
        failed = true;
        why = "division by zero";
        return 0;
      }
      return fn(a, b);
    });
  }

  /// Float operands to a truth value.
  template <typename Fn>
  void realPredicate(Fn fn) {
    if (!isTile()) {
      result = static_cast<int64_t>(
          fn(std::get<double>(operands[0]), std::get<double>(operands[1])));
      return;
    }
    TileValue tile = makeTile(Buffer::Kind::Integer);
    auto indices = std::make_index_sequence<2>();
    if (sim.options.exact) {
      loop<int64_t, double>(tile.data<int64_t>(), tile.count(), fn, indices);
    } else {
      loop<int64_t, float>(tile.data<int64_t>(), tile.count(), fn, indices);
    }
    result = std::move(tile);
  }

  /// Conversions of uniform values.
  template <typename Out, typename In, typename Fn>
  void scalar(Fn fn) {
    result = static_cast<Out>(fn(std::get<In>(operands[0])));
  }

  Simulation &sim;
  Operation *op;
  SmallVector<RuntimeValue, 3> operands;
};

namespace {

/// Float ops. False if \p op is none.
bool evaluateReal(Elementwise &e) {
  auto unary = [&](auto fn) {
    e.real<1>(fn);
    return true;
  };
  auto binary = [&](auto fn) {
    e.real<2>(fn);
    return true;
  };
  return llvm::TypeSwitch<Operation *, bool>(e.op)
      .Case([&](arith::AddFOp) {
        return binary([](auto a, auto b) { return a + b; });
      })
      .Case([&](arith::SubFOp) {
        return binary([](auto a, auto b) { return a - b; });
      })
      .Case([&](arith::MulFOp) {
        return binary([](auto a, auto b) { return a * b; });
      })
      .Case([&](arith::DivFOp) {
        return binary([](auto a, auto b) { return a / b; });
      })
      .Case([&](arith::RemFOp) {
        return binary([](auto a, auto b) { return std::fmod(a, b); });
      })
      .Case([&](arith::MaximumFOp) {
        return binary([](auto a, auto b) { return b != b ? b : larger(a, b); });
      })
      .Case([&](arith::MinimumFOp) {
        return binary(
            [](auto a, auto b) { return b != b ? b : smaller(a, b); });
      })
      .Case([&](arith::MaxNumFOp) {
        return binary([](auto a, auto b) { return std::fmax(a, b); });
      })
      .Case([&](arith::MinNumFOp) {
        return binary([](auto a, auto b) { return std::fmin(a, b); });
      })
      .Case([&](arith::NegFOp) { return unary([](auto x) { return -x; }); })
      .Case([&](math::AbsFOp) {
        return unary([](auto x) { return std::fabs(x); });
      })
      .Case([&](math::ExpOp) {
        return unary([](auto x) { return std::exp(x); });
      })
      .Case([&](math::Exp2Op) {
        return unary([](auto x) { return std::exp2(x); });
      })
      .Case([&](math::ExpM1Op) {
        return unary([](auto x) { return std::expm1(x); });
      })
      .Case([&](math::LogOp) {
        return unary([](auto x) { return std::log(x); });
      })
      .Case([&](math::Log2Op) {
        return unary([](auto x) { return std::log2(x); });
      })
      .Case([&](math::Log1pOp) {
        return unary([](auto x) { return std::log1p(x); });
      })
      .Case([&](math::SqrtOp) {
        return unary([](auto x) { return std::sqrt(x); });
      })
      .Case([&](math::RsqrtOp) {
        return unary([](auto x) { return decltype(x)(1) / std::sqrt(x); });
      })
      .Case([&](math::TanhOp) {
        return unary([](auto x) { return std::tanh(x); });
      })
      .Case([&](math::ErfOp) {
        return unary([](auto x) { return std::erf(x); });
      })
      .Case([&](math::SinOp) {
        return unary([](auto x) { return std::sin(x); });
      })
      .Case([&](math::CosOp) {
        return unary([](auto x) { return std::cos(x); });
      })
      .Case([&](math::FloorOp) {
        return unary([](auto x) { return std::floor(x); });
      })
      .Case([&](math::CeilOp) {
        return unary([](auto x) { return std::ceil(x); });
      })
      .Case([&](math::FmaOp) {
        e.real<3>([](auto a, auto b, auto c) { return std::fma(a, b, c); });
        return true;
      })
      .Case([&](arith::CmpFOp cmp) {
        arith::CmpFPredicate predicate = cmp.getPredicate();
        e.realPredicate(
            [=](double a, double b) { return compare(predicate, a, b); });
        return true;
      })
      .Default([](Operation *) { return false; });
}

/// Integer ops. False if \p op is none.
bool evaluateInteger(Elementwise &e) {
  auto binary = [&](auto fn) {
    e.integer<2>(fn);
    return true;
  };
  auto quotient = [&](auto fn) {
    e.quotient(fn);
    return true;
  };
  unsigned width =
      e.op->getNumOperands() == 0 ? 64 : widthOf(e.op->getOperand(0).getType());
  return llvm::TypeSwitch<Operation *, bool>(e.op)
      .Case([&](arith::AddIOp) {
        return binary([](int64_t a, int64_t b) { return a + b; });
      })
      .Case([&](arith::SubIOp) {
        return binary([](int64_t a, int64_t b) { return a - b; });
      })
      .Case([&](arith::MulIOp) {
        return binary([](int64_t a, int64_t b) { return a * b; });
      })
      .Case([&](arith::AndIOp) {
        return binary([](int64_t a, int64_t b) { return a & b; });
      })
      .Case([&](arith::OrIOp) {
        return binary([](int64_t a, int64_t b) { return a | b; });
      })
      .Case([&](arith::XOrIOp) {
        return binary([](int64_t a, int64_t b) { return a ^ b; });
      })
      .Case([&](arith::MaxSIOp) {
        return binary([](int64_t a, int64_t b) { return std::max(a, b); });
      })
      .Case([&](arith::MinSIOp) {
        return binary([](int64_t a, int64_t b) { return std::min(a, b); });
      })
      .Case([&](arith::MaxUIOp) {
        return binary([=](int64_t a, int64_t b) {
          return asUnsigned(a, width) > asUnsigned(b, width) ? a : b;
        });
      })
      .Case([&](arith::MinUIOp) {
        return binary([=](int64_t a, int64_t b) {
          return asUnsigned(a, width) < asUnsigned(b, width) ? a : b;
        });
      })
      .Case([&](arith::ShLIOp) {
        return binary([](int64_t a, int64_t b) { return a << b; });
      })
      .Case([&](arith::ShRSIOp) {
        return binary([](int64_t a, int64_t b) { return a >> b; });
      })
      .Case([&](arith::ShRUIOp) {
        return binary([=](int64_t a, int64_t b) {
          return static_cast<int64_t>(asUnsigned(a, width) >> b);
        });
      })
      .Case([&](arith::DivSIOp) {
        return quotient([](int64_t a, int64_t b) { return a / b; });
      })
      .Case([&](arith::RemSIOp) {
        return quotient([](int64_t a, int64_t b) { return a % b; });
      })
      .Case([&](arith::FloorDivSIOp) { return quotient(floorDiv); })
      .Case([&](arith::CeilDivSIOp) {
        return quotient([](int64_t a, int64_t b) { return -floorDiv(-a, b); });
      })
      .Case([&](arith::DivUIOp) {
        return quotient([=](int64_t a, int64_t b) {
          return static_cast<int64_t>(asUnsigned(a, width) /
                                      asUnsigned(b, width));
        });
      })
      .Case([&](arith::RemUIOp) {
        return quotient([=](int64_t a, int64_t b) {
          return static_cast<int64_t>(asUnsigned(a, width) %
                                      asUnsigned(b, width));
        });
      })
      .Case([&](arith::CeilDivUIOp) {
        return quotient([=](int64_t a, int64_t b) {
          uint64_t x = asUnsigned(a, width), y = asUnsigned(b, width);
          return static_cast<int64_t>(x / y + (x % y != 0));
        });
      })
      .Case([&](math::AbsIOp) {
        e.integer<1>([](int64_t a) { return std::abs(a); });
        return true;
      })
      .Case([&](arith::CmpIOp cmp) {
        arith::CmpIPredicate predicate = cmp.getPredicate();
        return binary([=](int64_t a, int64_t b) -> int64_t {
          return compare(predicate, a, b, width);
        });
      })
      .Default([](Operation *) { return false; });
}

/// Conversions and selections of uniform values. False if \p op is none.
bool evaluateUniform(Elementwise &e) {
  Type type = e.op->getNumResults() ? e.op->getResult(0).getType() : Type();
  if (!type || isa<ir::TileType>(type)) {
    return false;
  }
  std::optional<Format> format = formatOf(type);
  if (!format) {
    return false;
  }
  unsigned from =
      e.op->getNumOperands() == 0 ? 64 : widthOf(e.op->getOperand(0).getType());
  auto rounded = [&](double x) {
    return e.sim.options.exact ? x : roundTo(*format, x);
  };
  return llvm::TypeSwitch<Operation *, bool>(e.op)
      .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) {
        e.scalar<double, double>(rounded);
        return true;
      })
      .Case([&](arith::SIToFPOp) {
        e.scalar<double, int64_t>(
            [&](int64_t x) { return rounded(static_cast<double>(x)); });
        return true;
      })
      .Case([&](arith::UIToFPOp) {
        e.scalar<double, int64_t>([&](int64_t x) {
          return rounded(static_cast<double>(asUnsigned(x, from)));
        });
        return true;
      })
      .Case<arith::FPToSIOp, arith::FPToUIOp>([&](auto) {
        e.scalar<int64_t, double>(
            [](double x) { return static_cast<int64_t>(x); });
        return true;
      })
      .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>([&](auto) {
        unsigned width = widthOf(type);
        e.scalar<int64_t, int64_t>([=](int64_t x) {
          // A truth value is kept as 1, and means -1 when it is extended.
          return wrap(from == 1 && width > 1 ? -x : x, width);
        });
        return true;
      })
      .Case<arith::ExtUIOp, arith::IndexCastUIOp>([&](auto) {
        unsigned width = widthOf(type);
        e.scalar<int64_t, int64_t>([=](int64_t x) {
          return wrap(static_cast<int64_t>(asUnsigned(x, from)), width);
        });
        return true;
      })
      .Default([](Operation *) { return false; });
}

} // namespace

Machine::Step Machine::elementwise(Operation *op) {
  if (auto choice = dyn_cast<arith::SelectOp>(op)) {
    // A uniform condition chooses a whole value, tiles too.
    set(op->getResult(0), integer(choice.getCondition())
                              ? get(choice.getTrueValue())
                              : get(choice.getFalseValue()));
    return Step::Next;
  }
  SmallVector<RuntimeValue, 3> operands;
  for (Value operand : op->getOperands()) {
    if (isa<ir::TileType>(operand.getType())) {
      FailureOr<TileValue> read = tile(op, operand);
      if (failed(read)) {
        return Step::Error;
      }
      operands.push_back(std::move(*read));
    } else {
      operands.push_back(get(operand));
    }
  }
  if (op->getNumResults() != 1) {
    return error(op, "the simulator does not know the op `" +
                         op->getName().getStringRef() + "`");
  }
  Elementwise e(sim, op, std::move(operands));
  if (!evaluateReal(e) && !evaluateInteger(e) && !evaluateUniform(e)) {
    return error(op, "the simulator does not know the op `" +
                         op->getName().getStringRef() + "` on " +
                         (e.isTile() ? "tiles" : "uniform values"));
  }
  if (e.failed) {
    return error(op, e.why);
  }
  set(op->getResult(0), std::move(e.result));
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Constants and affine arithmetic
//===----------------------------------------------------------------------===//

Machine::Step Machine::constant(arith::ConstantOp op) {
  Attribute value = op.getValue();
  auto numberOf = [](Attribute attribute) -> RuntimeValue {
    if (auto real = dyn_cast<FloatAttr>(attribute)) {
      return real.getValueAsDouble();
    }
    auto whole = cast<IntegerAttr>(attribute);
    bool isTruth = whole.getType().isInteger(1);
    return isTruth ? int64_t(!whole.getValue().isZero())
                   : whole.getValue().getSExtValue();
  };
  auto type = dyn_cast<ir::TileType>(op.getType());
  if (!type) {
    set(op.getResult(), numberOf(value));
    return Step::Next;
  }
  auto splat = dyn_cast<SplatElementsAttr>(value);
  if (!splat) {
    return error(op, "a constant tile has one value for all elements");
  }
  RuntimeValue number = numberOf(splat.getSplatValue<Attribute>());
  TileValue tile = makeTile(type);
  switch (tile.buffer->kind) {
  case Buffer::Kind::Float:
    llvm::fill(tile.buffer->floats,
               static_cast<float>(std::get<double>(number)));
    break;
  case Buffer::Kind::Double:
    llvm::fill(tile.buffer->doubles, std::get<double>(number));
    break;
  case Buffer::Kind::Integer:
    llvm::fill(tile.buffer->integers, std::get<int64_t>(number));
    break;
  }
  set(op.getResult(), std::move(tile));
  return Step::Next;
}

Machine::Step Machine::affine(Operation *op) {
  AffineMap map;
  bool isMax = false;
  if (auto min = dyn_cast<affine::AffineMinOp>(op)) {
    map = min.getMap();
  } else if (auto max = dyn_cast<affine::AffineMaxOp>(op)) {
    map = max.getMap();
    isMax = true;
  } else if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    map = apply.getAffineMap();
  } else {
    return error(op, "the simulator does not know the op `" +
                         op->getName().getStringRef() + "`");
  }
  SmallVector<int64_t, 4> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(integer(operand));
  }
  std::optional<int64_t> best;
  for (AffineExpr expr : map.getResults()) {
    int64_t value = evaluate(expr, operands, map.getNumDims());
    best = !best   ? value
           : isMax ? std::max(*best, value)
                   : std::min(*best, value);
  }
  set(op->getResult(0), *best);
  return Step::Next;
}

int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> operands,
                 unsigned numDims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    return constant.getValue();
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    return operands[dim.getPosition()];
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    return operands[numDims + symbol.getPosition()];
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t a = evaluate(binary.getLHS(), operands, numDims);
  int64_t b = evaluate(binary.getRHS(), operands, numDims);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return a + b;
  case AffineExprKind::Mul:
    return a * b;
  case AffineExprKind::FloorDiv:
    return floorDiv(a, b);
  case AffineExprKind::CeilDiv:
    return -floorDiv(-a, b);
  case AffineExprKind::Mod:
    return a - floorDiv(a, b) * b;
  default:
    llvm_unreachable("every kind is above");
  }
}

} // namespace spak::sim
