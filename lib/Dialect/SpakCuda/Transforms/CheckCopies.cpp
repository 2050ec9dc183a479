// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules about copies: stores through shared memory are fenced, wait
// for their buffer and are drained; a ring's fills add up.
#include "CheckRules.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace spak::cuda {

namespace {

/// One group's part of a buffer that is stored from.
struct Buffer {
  /// Slabs that a store may still read, and those written and not yet stored.
  int64_t pending = 0, filled = 0;
  /// A wait has freed slabs, but only its own thread knows.
  bool unsynced = false;
  enum { Ready, Written, Fenced } phase = Ready;

  bool operator==(const Buffer &other) const {
    return pending == other.pending && filled == other.filled &&
           unsynced == other.unsynced && phase == other.phase;
  }
};
using Buffers = llvm::MapVector<Value, Buffer>;

bool same(const Buffers &a, const Buffers &b) {
  return a.size() == b.size() && llvm::all_of(a, [&](const auto &entry) {
           auto found = b.find(entry.first);
           return found != b.end() && found->second == entry.second;
         });
}

/// The worse of two states.
void join(Buffers &into, const Buffers &other) {
  for (const auto &[buffer, state] : other) {
    Buffer &mine = into[buffer];
    mine.pending = std::max(mine.pending, state.pending);
    mine.filled = std::max(mine.filled, state.filled);
    mine.unsynced |= state.unsynced;
    mine.phase = std::max(mine.phase, state.phase);
  }
}

class StoreChecker {
public:
  explicit StoreChecker(int64_t groups) : groups(groups) {}

  LogicalResult runBlock(Block &block, Buffers &state) {
    for (Operation &op : block) {
      if (failed(runOp(&op, state))) {
        return failure();
      }
    }
    return success();
  }

private:
  LogicalResult runOp(Operation *op, Buffers &state);
  LogicalResult runWrite(StMatrixOp write, Buffers &state);

  int64_t groups;
};

LogicalResult StoreChecker::runWrite(StMatrixOp write, Buffers &state) {
  auto type = cast<SmemType>(write.getDst().getType());
  Buffer &buffer = state[write.getDst()];
  bool isStored =
      llvm::any_of(write.getDst().getUsers(), llvm::IsaPred<TmaStoreOp>);
  if (!isStored) {
    // An operand: the products' rules say when it may be overwritten.
    buffer.phase = Buffer::Written;
    return success();
  }
  if (buffer.pending + buffer.filled + 1 > type.getSlots() / groups) {
    return write.emitOpError("STORE-REUSE: overwrites a slab that a store may "
                             "still read");
  }
  if (buffer.unsynced) {
    return write.emitOpError("STORE-REUSE: no barrier between the wait for "
                             "the buffer and the write");
  }
  ++buffer.filled;
  buffer.phase = Buffer::Written;
  return success();
}

LogicalResult StoreChecker::runOp(Operation *op, Buffers &state) {
  if (auto write = dyn_cast<StMatrixOp>(op)) {
    return runWrite(write, state);
  }
  if (isa<FenceAsyncOp>(op)) {
    for (auto &[value, buffer] : state) {
      buffer.phase =
          buffer.phase == Buffer::Written ? Buffer::Fenced : buffer.phase;
    }
  } else if (isa<BarSyncOp>(op)) {
    for (auto &[value, buffer] : state) {
      buffer.phase =
          buffer.phase == Buffer::Fenced ? Buffer::Ready : buffer.phase;
      buffer.unsynced = false;
    }
  } else if (auto product = dyn_cast<WgmmaSSOp>(op)) {
    auto operand = state.find(product.getA());
    if (operand != state.end() && operand->second.phase != Buffer::Ready) {
      return op->emitOpError("PRODUCT-FENCE: expected fence_async, then a "
                             "barrier between the writes of the operand and "
                             "the product");
    }
  } else if (auto store = dyn_cast<TmaStoreOp>(op)) {
    Buffer &buffer = state[store.getSrc()];
    if (buffer.phase != Buffer::Ready) {
      return op->emitOpError("STORE-FENCE: expected fence_async, then a "
                             "barrier between the writes of the buffer and "
                             "its store");
    }
    buffer.filled = std::max<int64_t>(buffer.filled - 1, 0);
    ++buffer.pending;
  } else if (auto wait = dyn_cast<TmaWaitReadOp>(op)) {
    for (auto &[value, buffer] : state) {
      if (buffer.pending > static_cast<int64_t>(wait.getLeft())) {
        buffer.pending = wait.getLeft();
        buffer.unsynced = true;
      }
    }
  } else if (isa<TmaWaitAllOp>(op)) {
    for (auto &[value, buffer] : state) {
      buffer.pending = 0;
    }
  } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
    // Once from the entry, and again with what an iteration leaves behind.
    for (Buffers head = state;;) {
      Buffers end = head;
      if (failed(runBlock(*loop.getBody(), end))) {
        return failure();
      }
      join(end, head);
      if (same(end, head)) {
        state = end;
        break;
      }
      head = end;
    }
  } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
    Buffers joined = state;
    for (Region &region : branch->getRegions()) {
      Buffers inside = state;
      if (!region.empty()) {
        if (failed(runBlock(region.front(), inside))) {
          return failure();
        }
        join(joined, inside);
      }
    }
    state = joined;
  }
  return success();
}

LogicalResult checkStores(Operation *owner, Block &block, int64_t groups) {
  Buffers state;
  if (failed(StoreChecker(groups).runBlock(block, state))) {
    return failure();
  }
  for (auto &[value, buffer] : state) {
    if (buffer.pending > 0) {
      return owner->emitOpError("STORE-DRAIN: ends while a store may still "
                                "read shared memory");
    }
  }
  return success();
}

/// True if an op of type \p OpTy for slot \p count of \p ring stands before
/// \p op in its block.
template <typename OpTy>
bool standsBefore(Operation *op, Value ring, Value count) {
  for (Operation *before = op->getPrevNode(); before;
       before = before->getPrevNode()) {
    auto found = dyn_cast<OpTy>(before);
    if (found && found.getRing() == ring && found.getCount() == count) {
      return true;
    }
  }
  return false;
}

LogicalResult checkFills(KernelOp kernel) {
  WalkResult result = kernel.walk([&](Operation *op) {
    if (auto load = dyn_cast<TmaLoadOp>(op)) {
      if (!standsBefore<RingAcquireOp>(op, load.getRing(), load.getCount())) {
        op->emitOpError("RING-ACQUIRE: fills a slot that it has not acquired");
        return WalkResult::interrupt();
      }
      if (!standsBefore<RingExpectOp>(op, load.getRing(), load.getCount())) {
        op->emitOpError("RING-BYTES: fills a slot whose bytes are not "
                        "announced");
        return WalkResult::interrupt();
      }
    }
    auto expect = dyn_cast<RingExpectOp>(op);
    if (!expect) {
      return WalkResult::advance();
    }
    llvm::SetVector<Value> filled;
    for (Operation &other : *op->getBlock()) {
      auto load = dyn_cast<TmaLoadOp>(other);
      if (load && load.getRing() == expect.getRing() &&
          load.getCount() == expect.getCount()) {
        filled.insert(load.getDst());
      }
    }
    int64_t bytes = 0;
    for (Value buffer : filled) {
      bytes += cast<SmemType>(buffer.getType()).getBytes();
    }
    if (bytes != static_cast<int64_t>(expect.getBytes())) {
      op->emitOpError("RING-BYTES: announces ")
          << expect.getBytes() << " bytes, the loads of the slot bring "
          << bytes;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

} // namespace

LogicalResult checkCopies(KernelOp kernel) {
  constexpr int64_t warpsPerGroup = 4;
  constexpr int64_t threadsPerGroup = 128;
  if (failed(checkFills(kernel)) ||
      failed(checkStores(kernel, kernel.getBody().front(),
                         kernel.getThreads() / threadsPerGroup))) {
    return failure();
  }
  WalkResult result = kernel.walk([&](RoleOp role) {
    return failed(checkStores(role, role.getBody().front(),
                              role.getWarps() / warpsPerGroup))
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

} // namespace spak::cuda
