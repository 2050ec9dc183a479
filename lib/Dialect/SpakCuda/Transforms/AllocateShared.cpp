// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: where in shared memory a buffer or a ring's barriers lie, and which
// number a named barrier has. Knows no layout: a buffer is bytes.
#include "spak/Dialect/SpakCuda/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace spak::cuda {

#define GEN_PASS_DEF_ALLOCATESHARED
#include "spak/Dialect/SpakCuda/Transforms/Passes.h.inc"

namespace {

/// A full and an empty mbarrier of 8 bytes each, per slot
/// (PTX ISA 8.5, section 9.7.13.15.2).
constexpr int64_t kBytesPerRingSlot = 16;
/// Ids of `bar.sync`; 0 is what __syncthreads uses
/// (PTX ISA 8.5, section 9.7.13.1).
constexpr int64_t kNamedBarriers = 16;

struct AllocateSharedPass : impl::AllocateSharedBase<AllocateSharedPass> {
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(allocate(kernel))) {
        return signalPassFailure();
      }
    }
  }

  LogicalResult allocate(KernelOp kernel) {
    Builder builder(kernel.getContext());
    int64_t end = 0;
    kernel.walk([&](SharedOp shared) {
      auto type = cast<SmemType>(shared.getResult().getType());
      end = llvm::alignTo(end, shared.getAlign());
      shared.setOffsetAttr(builder.getI64IntegerAttr(end));
      end += type.getSlots() * type.getBytes();
    });
    kernel.walk([&](RingOp ring) {
      auto type = cast<RingType>(ring.getResult().getType());
      end = llvm::alignTo(end, kBytesPerRingSlot);
      ring.setOffsetAttr(builder.getI64IntegerAttr(end));
      end += type.getSlots() * kBytesPerRingSlot;
    });
    kernel.setSmemBytesAttr(builder.getI64IntegerAttr(end));
    return numberBarriers(kernel);
  }

  LogicalResult numberBarriers(KernelOp kernel) {
    int64_t next = 1;
    SmallVector<BarrierIdsOp> named;
    kernel.walk([&](BarrierIdsOp ids) { named.push_back(ids); });
    for (BarrierIdsOp ids : named) {
      if (next + ids.getIds() > kNamedBarriers) {
        return ids.emitOpError("needs ")
               << ids.getIds() << " named barriers from id " << next
               << " on, the block has ids 1 to " << kNamedBarriers - 1;
      }
      OpBuilder at(ids);
      Value first = arith::ConstantIntOp::create(
          at, ids.getLoc(), static_cast<int64_t>(next), /*width=*/32);
      ids.getFirst().replaceAllUsesWith(first);
      next += ids.getIds();
      ids.erase();
    }
    return success();
  }
};

} // namespace

} // namespace spak::cuda
