// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which functions of a kernel may be computed less exactly, because what
// they give is rounded to 16 bits next. Knows their formulas, not who wrote
// them.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "DeadOps.h"
#include "Requests.h"

#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANFUNCTIONS
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// The number that \p value has at every element.
std::optional<double> constantOf(Value value) {
  if (auto splat = value.getDefiningOp<SplatOp>()) {
    value = splat.getSrc();
  }
  Attribute attr;
  if (!matchPattern(value, m_Constant(&attr))) {
    return std::nullopt;
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    if (!dense.isSplat()) {
      return std::nullopt;
    }
    attr = dense.getSplatValue<Attribute>();
  }
  auto number = dyn_cast<FloatAttr>(attr);
  return number ? std::optional(number.getValueAsDouble()) : std::nullopt;
}

/// Whether \p value is the f32 nearest to \p number, or a neighbour of it.
bool isNear(std::optional<double> value, double number) {
  return value && std::fabs(*value - number) <= std::fabs(number) * 0x1p-22;
}

/// \p op's other operand than \p one.
Value otherOperand(Operation *op, Value one) {
  return op->getOperand(op->getOperand(0) == one ? 1 : 0);
}

/// What \p op adds 1 to; null if it does not.
Value addedToOne(arith::AddFOp op) {
  for (Value operand : op->getOperands()) {
    if (isNear(constantOf(operand), 1.0)) {
      return otherOperand(op, operand);
    }
  }
  return {};
}

/// The one op that reads \p value, if it is an Op.
template <typename Op>
Op onlyReader(Value value) {
  return value.hasOneUse() ? dyn_cast<Op>(*value.user_begin()) : Op();
}

/// A function found: its last op, its name and its argument.
struct Found {
  Operation *last = nullptr;
  StringRef function;
  Value x;
};

/// x/2 (1 + erf(x / sqrt 2)), from its erf on: products with x and with a half
/// may come in any order.
std::optional<Found> matchGelu(math::ErfOp erf) {
  auto scaled = erf.getOperand().getDefiningOp<arith::MulFOp>();
  auto sum = onlyReader<arith::AddFOp>(erf.getResult());
  if (!scaled || !sum || addedToOne(sum) != erf.getResult()) {
    return std::nullopt;
  }
  Value x;
  for (Value operand : scaled->getOperands()) {
    if (isNear(constantOf(operand), M_SQRT1_2)) {
      x = otherOperand(scaled, operand);
    }
  }
  if (!x) {
    return std::nullopt;
  }
  double factor = 1.0;
  bool anyX = false;
  auto absorb = [&](Value operand) {
    if (operand == x && !anyX) {
      anyX = true;
      return true;
    }
    std::optional<double> number = constantOf(operand);
    factor *= number.value_or(1.0);
    return number.has_value();
  };
  Value product = sum.getResult();
  while (!anyX || !isNear(factor, 0.5)) {
    auto next = onlyReader<arith::MulFOp>(product);
    if (!next) {
      return std::nullopt;
    }
    Value other = otherOperand(next, product);
    auto part = other.getDefiningOp<arith::MulFOp>();
    bool whole =
        part ? absorb(part.getLhs()) && absorb(part.getRhs()) : absorb(other);
    if (!whole) {
      return std::nullopt;
    }
    product = next.getResult();
  }
  return Found{product.getDefiningOp(), "gelu", x};
}

/// 1 / (1 + exp(-x)) or x / (1 + exp(-x)), from its exp on.
std::optional<Found> matchSigmoid(math::ExpOp exp) {
  auto negative = exp.getOperand().getDefiningOp<arith::NegFOp>();
  auto sum = onlyReader<arith::AddFOp>(exp.getResult());
  if (!negative || !sum || addedToOne(sum) != exp.getResult()) {
    return std::nullopt;
  }
  auto quotient = onlyReader<arith::DivFOp>(sum.getResult());
  if (!quotient || quotient.getRhs() != sum.getResult()) {
    return std::nullopt;
  }
  Value x = negative.getOperand();
  if (quotient.getLhs() == x) {
    return Found{quotient, "silu", x};
  }
  if (isNear(constantOf(quotient.getLhs()), 1.0)) {
    return Found{quotient, "sigmoid", x};
  }
  return std::nullopt;
}

/// The 16-bit type to which all that reads \p value rounds it, at once or
/// behind what keeps a relative error as it is; null if there is not one.
Type roundedTo(Value value) {
  Type type;
  for (Operation *user : value.getUsers()) {
    Type wanted;
    if (auto convert = dyn_cast<ConvertOp>(user)) {
      wanted = convert.getResult().getType().getElementType();
    } else if (isa<arith::MulFOp, arith::NegFOp>(user) ||
               (isa<SelectOp>(user) && user->getOperand(0) != value)) {
      wanted = roundedTo(user->getResult(0));
    }
    if (!wanted || !(wanted.isBF16() || wanted.isF16()) ||
        (type && type != wanted)) {
      return {};
    }
    type = wanted;
  }
  return type;
}

class PlanFunctionsPass : public impl::PlanFunctionsBase<PlanFunctionsPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (Requests(kernel).text("functions") == "rounded") {
        plan(kernel);
      }
    }
  }

private:
  void plan(KernelOp kernel);
};

void PlanFunctionsPass::plan(KernelOp kernel) {
  SmallVector<Found> all;
  kernel.walk([&](Operation *op) {
    std::optional<Found> found;
    if (auto erf = dyn_cast<math::ErfOp>(op)) {
      found = matchGelu(erf);
    } else if (auto exp = dyn_cast<math::ExpOp>(op)) {
      found = matchSigmoid(exp);
    }
    auto tile = found ? dyn_cast<TileType>(found->x.getType()) : TileType();
    if (tile && tile.getElementType().isF32()) {
      all.push_back(*found);
    }
  });
  kernel.walk([](SoftmaxFinishOp finish) {
    Type type = finish.getRounded() ? Type() : roundedTo(finish.getOut());
    if (type) {
      finish.setRounded(type);
      remark(finish, "the reciprocals of sums are approximate",
             "request `functions`");
    }
  });
  for (const Found &found : all) {
    Type type = roundedTo(found.last->getResult(0));
    if (!type) {
      continue;
    }
    OpBuilder b(found.last);
    Value value = RoundedOp::create(b, found.last->getLoc(), found.x.getType(),
                                    found.x, found.function, type);
    remark(value.getDefiningOp(),
           "this " + found.function + " is no more exact than " +
               (type.isBF16() ? "bf16" : "f16") + " needs",
           "request `functions`");
    found.last->getResult(0).replaceAllUsesWith(value);
    eraseIfDead(found.last);
  }
}

} // namespace
} // namespace spak::ir
