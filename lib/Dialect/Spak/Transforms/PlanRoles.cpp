// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the split of a block into roles and of the register file between them.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "RegisterDemand.h"
#include "Requests.h"
#include "TileLayouts.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANROLES
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

constexpr int64_t kWarpsPerGroup = 4;
constexpr int64_t kThreadsPerGroup = 128;
/// setmaxnreg takes multiples of 8 from 24 (PTX ISA 8.5, 9.7.19.5); 240 leaves
/// the compiler room below the 255 a thread can name.
constexpr int64_t kRegisterStep = 8;
constexpr int64_t kFewestRegisters = 24;
constexpr int64_t kMostRegisters = 240;
/// More than this a thread that only issues copies never needs.
constexpr int64_t kMostForProducer = 56;

int64_t floorToStep(int64_t registers) {
  return registers / kRegisterStep * kRegisterStep;
}

struct Budget {
  int64_t producer;
  int64_t consumer;
};

/// Shares the registers that the launch gives to one block of
/// \p consumers + 1 warpgroups.
Budget shareRegisters(int64_t file, int64_t consumers) {
  int64_t groups = consumers + 1;
  int64_t perThread = floorToStep(file / (groups * kThreadsPerGroup));
  int64_t pool = perThread * groups;
  int64_t consumer = std::min(
      kMostRegisters, floorToStep((pool - kFewestRegisters) / consumers));
  int64_t producer =
      std::min(kMostForProducer, floorToStep(pool - consumer * consumers));
  return {producer, consumer};
}

class PlanRolesPass : public impl::PlanRolesBase<PlanRolesPass> {
public:
  using PlanRolesBase::PlanRolesBase;

  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (!kernel.getRolesAttr() && failed(plan(kernel))) {
        return signalPassFailure();
      }
    }
  }

private:
  LogicalResult plan(KernelOp kernel);
  LogicalResult check(KernelOp kernel, const Requests &requests,
                      int64_t consumers, Budget budget);
};

LogicalResult PlanRolesPass::plan(KernelOp kernel) {
  bool staged = false;
  int64_t consumers = 0;
  kernel.walk([&](Operation *op) {
    if (auto load = dyn_cast<LoadOp>(op)) {
      staged |=
          load.getStagingAttr() && load.getStagingAttr().getVia() == "tma";
    } else if (auto dot = dyn_cast<DotOp>(op)) {
      consumers = std::max(consumers,
                           groupsOf(cast<TileType>(dot.getResult().getType())));
    }
  });
  if (!staged || consumers == 0) {
    return success();
  }
  Requests requests(kernel);
  std::optional<int64_t> file = requests.limit("registers_per_sm");
  if (!file) {
    return kernel.emitOpError(
        "needs the target's limit `registers_per_sm`, which is absent");
  }
  Budget budget = shareRegisters(*file, consumers);
  std::string why = "register file of " + std::to_string(*file) + ", " +
                    std::to_string(consumers + 1) + " warpgroups";
  if (auto asked = requests.number("registers_producer")) {
    budget.producer = asked->value;
    why = asked->why;
  }
  if (auto asked = requests.number("registers_consumer")) {
    budget.consumer = asked->value;
    why = asked->why;
  }
  if (failed(check(kernel, requests, consumers, budget))) {
    return failure();
  }
  MLIRContext *context = kernel.getContext();
  kernel.setRolesAttr(RolesAttr::get(
      context,
      {RoleAttr::get(context, "producer", kWarpsPerGroup, budget.producer),
       RoleAttr::get(context, "consumer", kWarpsPerGroup * consumers,
                     budget.consumer)}));
  remark(kernel,
         "1 producer warpgroup with " + llvm::Twine(budget.producer) +
             " registers, " + llvm::Twine(consumers) +
             " consumer warpgroups with " + llvm::Twine(budget.consumer),
         why);
  return success();
}

LogicalResult PlanRolesPass::check(KernelOp kernel, const Requests &requests,
                                   int64_t consumers, Budget budget) {
  int64_t threads = (consumers + 1) * kThreadsPerGroup;
  std::optional<int64_t> most = requests.limit("max_threads_per_block");
  if (most && threads > *most) {
    return kernel.emitOpError("needs ")
           << threads << " threads for " << consumers
           << " consumer groups and a producer; a block of " << requests.arch()
           << " has at most " << *most;
  }
  for (int64_t registers : {budget.producer, budget.consumer}) {
    if (registers % kRegisterStep != 0 || registers < kFewestRegisters ||
        registers > 256) {
      return kernel.emitOpError("asks for ")
             << registers << " registers a thread; expected a multiple of "
             << kRegisterStep << " from " << kFewestRegisters << " to 256";
    }
  }
  int64_t needed =
      kThreadsPerGroup * (budget.producer + consumers * budget.consumer);
  int64_t file = *requests.limit("registers_per_sm");
  // A role grows by what others give back of what the launch gave: the rest of
  // the file is out of reach, and who waits for it waits for ever.
  int64_t atLaunch = floorToStep(file / threads);
  if (needed > atLaunch * threads) {
    return kernel.emitOpError("asks for ")
           << needed << " registers, " << budget.producer
           << " a producer thread and " << budget.consumer
           << " a consumer thread; a launch of " << threads << " threads on "
           << requests.arch() << " has " << atLaunch * threads << ", "
           << atLaunch << " a thread out of " << file;
  }
  int64_t spare = spareRegisters;
  WalkResult result = kernel.walk([&](ForOp loop) {
    int64_t fewest = registersOfTiles(loop);
    if (fewest > budget.consumer) {
      loop.emitOpError("holds tiles of ")
          << fewest << " registers a thread; a consumer has "
          << budget.consumer;
      return WalkResult::interrupt();
    }
    if (fewest + spare > budget.consumer) {
      loop.emitWarning("holds tiles of ")
          << fewest << " registers a thread; with " << spare
          << " for addresses that is more than the " << budget.consumer
          << " of a consumer and may spill";
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

} // namespace
} // namespace spak::ir
