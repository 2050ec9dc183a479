// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: arith and math, on uniform values and on tiles alike. A value
// of a narrow type is computed in f32 and rounded; nothing is rounded in
// exact runs.
#include "Elementwise.h"

#include "spak/Support/RoundedFunctions.h"

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

} // namespace

namespace {

/// A function that is rounded next: the device's steps, or in exact runs what
/// it stands for.
bool evaluateRounded(Elementwise &e, ir::RoundedOp op) {
  auto target =
      op.getType().isBF16() ? rounded::Target::BF16 : rounded::Target::F16;
  auto apply = [&](auto asRounded, auto exact) {
    e.real<1>([&](auto x) -> decltype(x) {
      if constexpr (std::is_same_v<decltype(x), float>) {
        return asRounded(x);
      }
      return exact(x);
    });
    return true;
  };
  if (op.getFunction() == "gelu") {
    return apply([=](float x) { return rounded::gelu(x, target); },
                 [](double x) {
                   return 0.5 * x * std::erfc(-x * 0.70710678118654752440);
                 });
  }
  if (op.getFunction() == "sigmoid") {
    return apply(rounded::sigmoid,
                 [](double x) { return 1 / (1 + std::exp(-x)); });
  }
  return apply(rounded::silu, [](double x) { return x / (1 + std::exp(-x)); });
}

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
      .Case([&](ir::RoundedOp op) { return evaluateRounded(e, op); })
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
  // In exact runs erf(y) + c is erfc(-y) + (c - 1): no cancellation where y is
  // far below 0.
  SmallVector<Value, 3> sources(op->getOperands());
  bool complements = false;
  if (sim.options.exact && isa<arith::AddFOp>(op)) {
    if (sources[1].getDefiningOp<math::ErfOp>()) {
      std::swap(sources[0], sources[1]);
    }
    if (auto erf = sources[0].getDefiningOp<math::ErfOp>()) {
      sources[0] = erf.getOperand();
      complements = true;
    }
  }
  SmallVector<RuntimeValue, 3> operands;
  for (Value operand : sources) {
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
  if (complements) {
    e.real<2>([](auto y, auto c) { return std::erfc(-y) + (c - 1); });
  } else if (!evaluateReal(e) && !evaluateInteger(e) && !evaluateUniform(e)) {
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

} // namespace spak::sim
