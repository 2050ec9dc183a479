// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how far row maxima may lag, and which exponentials are polynomials.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Requests.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANSOFTMAX
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

class PlanSoftmaxPass : public impl::PlanSoftmaxBase<PlanSoftmaxPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(plan(kernel))) {
        return signalPassFailure();
      }
    }
  }

private:
  LogicalResult plan(KernelOp kernel);
};

/// Refuses \p asked on a kernel without exponentials of scores.
LogicalResult checkUsed(KernelOp kernel, const std::optional<Ground> &asked,
                        bool used) {
  if (!asked || asked->value == 0 || used) {
    return success();
  }
  return kernel.emitOpError()
         << asked->why << " is about an online softmax; there is none";
}

LogicalResult PlanSoftmaxPass::plan(KernelOp kernel) {
  Requests requests(kernel);
  std::optional<Ground> bound = requests.number("rescale_bound");
  std::optional<Ground> polynomial = requests.number("exp2_polynomial");
  bool anyAdvance = false, anyProbs = false;
  LogicalResult result = success();
  kernel.walk([&](Operation *op) {
    if (auto advance = dyn_cast<SoftmaxAdvanceOp>(op)) {
      anyAdvance = true;
      if (bound && bound->value > 0 && !advance.getLazyAttr()) {
        advance.setLazyAttr(FloatAttr::get(Float64Type::get(op->getContext()),
                                           static_cast<double>(bound->value)));
        remark(op,
               "a row's maximum stays until it would rise by more than " +
                   llvm::Twine(bound->value) + " powers of two",
               bound->why);
      }
      return;
    }
    auto probs = dyn_cast<SoftmaxProbsOp>(op);
    if (!probs) {
      return;
    }
    anyProbs = true;
    if (polynomial && polynomial->value > 0 && !probs.getPolynomial()) {
      probs.setPolynomial(polynomial->value);
      remark(op,
             llvm::Twine(polynomial->value) +
                 " of every 8 exponentials are a polynomial",
             polynomial->why);
    }
    // The verifier says what the bound would do to the type.
    if (failed(probs.verify())) {
      result = failure();
    }
  });
  return failure(failed(result) ||
                 failed(checkUsed(kernel, bound, anyAdvance)) ||
                 failed(checkUsed(kernel, polynomial, anyProbs)));
}

} // namespace
} // namespace spak::ir
