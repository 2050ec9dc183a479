// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the rules about named barriers, shared offsets and uniform control.
#include "CheckRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include <map>

using namespace mlir;

namespace spak::cuda {

namespace {

/// Ids of `bar.sync` (PTX ISA 8.5, section 9.7.13.1).
constexpr int64_t kNamedBarriers = 16;
constexpr int64_t kWarpsPerGroup = 4;

std::optional<int64_t> constantOf(Value value) {
  IntegerAttr attr;
  if (matchPattern(value, m_Constant(&attr))) {
    return attr.getInt();
  }
  return std::nullopt;
}

/// The ids that \p id may take: one, or one per group after the first.
std::optional<std::pair<int64_t, int64_t>> idsOf(Value id, Operation *op) {
  if (std::optional<int64_t> fixed = constantOf(id)) {
    return std::pair(*fixed, int64_t(1));
  }
  auto sum = id.getDefiningOp<arith::AddIOp>();
  auto role = op->getParentOfType<RoleOp>();
  if (!sum || !role) {
    return std::nullopt;
  }
  std::optional<int64_t> first = constantOf(sum.getLhs());
  if (!first) {
    first = constantOf(sum.getRhs());
  }
  if (!first) {
    return std::nullopt;
  }
  return std::pair(*first,
                   static_cast<int64_t>(role.getWarps()) / kWarpsPerGroup);
}

LogicalResult checkBarriers(KernelOp kernel) {
  std::map<int64_t, int64_t> threadsOf;
  auto check = [&](Operation *op, Value id, int64_t threads) {
    auto ids = idsOf(id, op);
    if (!ids) {
      return success();
    }
    for (int64_t i = ids->first; i < ids->first + ids->second; ++i) {
      if (i < 1 || i >= kNamedBarriers) {
        op->emitOpError("BAR-ID-COUNT: expected an id from 1 to ")
            << kNamedBarriers - 1 << ", got " << i;
        return failure();
      }
      int64_t known = threadsOf.try_emplace(i, threads).first->second;
      if (known != threads) {
        op->emitOpError("BAR-ID-COUNT: barrier ")
            << i << " is used with " << known << " and with " << threads
            << " threads";
        return failure();
      }
    }
    return success();
  };
  WalkResult result = kernel.walk([&](Operation *op) {
    LogicalResult good = success();
    if (auto sync = dyn_cast<BarSyncOp>(op)) {
      good = check(op, sync.getId(), sync.getThreads());
    } else if (auto arrive = dyn_cast<BarArriveOp>(op)) {
      good = check(op, arrive.getId(), arrive.getThreads());
    }
    return failed(good) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// A baton goes round: where a role both arrives at barriers and waits at
/// them, every block does as much of one as of the other, and one branch
/// starts the round.
LogicalResult checkTurns(RoleOp role) {
  struct Uses {
    /// Arrivals and waits of each block.
    std::map<Block *, std::pair<int64_t, int64_t>> counts;
    Operation *any = nullptr;
    bool arrives = false;
  };
  std::map<int64_t, Uses> barriers;
  role.walk([&](Operation *op) {
    Value id;
    if (auto sync = dyn_cast<BarSyncOp>(op)) {
      id = sync.getId();
    } else if (auto arrive = dyn_cast<BarArriveOp>(op)) {
      id = arrive.getId();
    }
    auto ids = id ? idsOf(id, op) : std::nullopt;
    if (!ids) {
      return;
    }
    Uses &uses = barriers[ids->first];
    bool arrives = isa<BarArriveOp>(op);
    uses.arrives |= arrives;
    uses.any = op;
    auto &count = uses.counts[op->getBlock()];
    ++(arrives ? count.first : count.second);
  });
  for (auto &[first, uses] : barriers) {
    if (!uses.arrives) {
      continue;
    }
    bool balanced = true, starts = false;
    for (const auto &[block, count] : uses.counts) {
      // A branch that only arrives gives the first turn.
      bool gives = count.second == 0 && isa<scf::IfOp>(block->getParentOp());
      starts |= gives;
      balanced &= gives || count.first == count.second;
    }
    if (!balanced || !starts) {
      return uses.any->emitOpError("BAR-TURN: a turn is taken, passed or "
                                   "started without its counterpart");
    }
  }
  return success();
}

LogicalResult checkShared(KernelOp kernel) {
  /// Begin -> end and who is there.
  std::map<int64_t, std::pair<int64_t, Operation *>> taken;
  auto place = [&](Operation *op, std::optional<uint64_t> offset, int64_t bytes,
                   int64_t align) -> LogicalResult {
    if (!offset) {
      return op->emitOpError("SMEM-ALIGN: has no offset");
    }
    int64_t begin = *offset, end = begin + bytes;
    if (begin % align != 0) {
      return op->emitOpError("SMEM-ALIGN: expected a multiple of ")
             << align << " bytes, got " << begin;
    }
    for (auto &[otherBegin, other] : taken) {
      if (begin < other.first && otherBegin < end) {
        return op->emitOpError("SMEM-SIZE: bytes ")
               << begin << " to " << end << " overlap those at " << otherBegin;
      }
    }
    if (!kernel.getSmemBytes() ||
        end > static_cast<int64_t>(*kernel.getSmemBytes())) {
      return op->emitOpError("SMEM-SIZE: ends at byte ")
             << end << ", past the kernel's shared memory";
    }
    taken[begin] = {end, op};
    return success();
  };
  constexpr int64_t barrierAlign = 8, bytesPerSlot = 16;
  WalkResult result = kernel.walk([&](Operation *op) {
    LogicalResult good = success();
    if (auto shared = dyn_cast<SharedOp>(op)) {
      auto type = cast<SmemType>(shared.getResult().getType());
      good = place(op, shared.getOffset(), type.getSlots() * type.getBytes(),
                   shared.getAlign());
    } else if (auto ring = dyn_cast<RingOp>(op)) {
      auto type = cast<RingType>(ring.getResult().getType());
      good = place(op, ring.getOffset(), type.getSlots() * bytesPerSlot,
                   barrierAlign);
    }
    return failed(good) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// True unless \p value may differ between the lanes of a warp.
bool isUniform(Value value, llvm::DenseSet<Value> &asked) {
  if (!asked.insert(value).second) {
    return true;
  }
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(arg.getOwner()->getParentOp());
    if (!loop) {
      return true;
    }
    if (arg.getArgNumber() == 0) {
      return isUniform(loop.getLowerBound(), asked);
    }
    unsigned number = arg.getArgNumber() - 1;
    return isUniform(loop.getInitArgs()[number], asked) &&
           isUniform(loop.getBody()->getTerminator()->getOperand(number),
                     asked);
  }
  Operation *def = value.getDefiningOp();
  // What a warp loads from one place is one number.
  if (isa<LaneOp, ThreadInGroupOp, ThreadInRoleOp, FragGetOp>(def)) {
    return false;
  }
  if (isa<UniformOp, WarpAnyOp, TakeOp>(def)) {
    return true;
  }
  if (auto loop = dyn_cast<scf::ForOp>(def)) {
    return isUniform(
        loop.getRegionIterArgs()[cast<OpResult>(value).getResultNumber()],
        asked);
  }
  return llvm::all_of(def->getOperands(),
                      [&](Value operand) { return isUniform(operand, asked); });
}

LogicalResult checkUniform(KernelOp kernel) {
  WalkResult result = kernel.walk([&](Operation *op) {
    SmallVector<Value> controls;
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      controls.push_back(branch.getCondition());
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      controls = {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()};
    } else if (auto stop = dyn_cast<StopUnlessOp>(op)) {
      controls.push_back(stop.getCondition());
    }
    auto role = op->getParentOfType<RoleOp>();
    if (role && role.getOneThread()) {
      return WalkResult::advance();
    }
    for (Value control : controls) {
      llvm::DenseSet<Value> asked;
      if (!isUniform(control, asked)) {
        op->emitOpError("UNIFORM-IF: its control may differ between the lanes "
                        "of a warp");
        return WalkResult::interrupt();
      }
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Threads grow only by what others have given back: a role that asks for more
/// than is left waits for ever.
LogicalResult checkRegisters(KernelOp kernel) {
  constexpr int64_t threadsPerWarp = 32;
  if (!kernel.getRegisters()) {
    return success();
  }
  int64_t pool = static_cast<int64_t>(*kernel.getRegisters()) *
                 static_cast<int64_t>(kernel.getThreads());
  int64_t asked = 0;
  RoleOp largest;
  kernel.walk([&](RoleOp role) {
    int64_t registers =
        role.getMaxnreg() ? *role.getMaxnreg() : *kernel.getRegisters();
    asked += role.getWarps() * threadsPerWarp * registers;
    if (!largest || role.getMaxnreg() > largest.getMaxnreg()) {
      largest = role;
    }
  });
  if (asked <= pool) {
    return success();
  }
  return largest.emitOpError("REGISTER-POOL: the roles ask for ")
         << asked << " registers, the block has " << pool
         << " at launch: " << *kernel.getRegisters() << " for each of "
         << kernel.getThreads() << " threads";
}

/// Blocks of a cluster meet before the first of them reaches into another and
/// after the last has; whoever hands back a slot that they share tells all.
LogicalResult checkCluster(KernelOp kernel) {
  auto blocks = static_cast<int64_t>(kernel.getCluster());
  int64_t waits = 0, syncs = 0;
  Operation *last = nullptr;
  WalkResult result = kernel.walk([&](Operation *op) {
    auto refuse = [&](const Twine &what) {
      op->emitOpError("CLUSTER: ") << what;
      return WalkResult::interrupt();
    };
    if (auto ring = dyn_cast<RingOp>(op)) {
      auto cluster = static_cast<int64_t>(ring.getCluster());
      if (cluster != 1 && cluster != blocks) {
        return refuse("its ring is that of " + Twine(cluster) +
                      " blocks, the kernel's clusters have " + Twine(blocks));
      }
      if (ring.getEmptyArrivals() % cluster != 0) {
        return refuse("expected as many arrivals from each of " +
                      Twine(cluster) + " blocks, got " +
                      Twine(ring.getEmptyArrivals()) + " in all");
      }
      waits += cluster > 1;
    } else if (auto load = dyn_cast<TmaLoadOp>(op)) {
      auto ring = load.getRing().getDefiningOp<RingOp>();
      if (load.getMulticast() > 1 && ring &&
          ring.getCluster() != load.getMulticast()) {
        return refuse("fills slots of " + Twine(load.getMulticast()) +
                      " blocks, which only this block frees");
      }
    } else if (auto release = dyn_cast<RingReleaseOp>(op)) {
      auto ring = release.getRing().getDefiningOp<RingOp>();
      if (ring && (ring.getCluster() > 1) != bool(release.getTo())) {
        return refuse(
            release.getTo()
                ? "hands a slot of this block to others"
                : "does not tell the other blocks that fill the slot");
      }
    } else if (isa<ClusterSyncOp>(op)) {
      if (op->getParentOp() != kernel) {
        return refuse("not all threads come here");
      }
      ++syncs;
      last = op;
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted()) {
    return failure();
  }
  bool atEnd = last && isa<ReturnOp>(last->getNextNode());
  if (waits > 0 && (syncs < 2 || !atEnd)) {
    return kernel.emitOpError(
        "CLUSTER: expected the blocks to meet after their "
        "barriers are set up and before they end");
  }
  return success();
}

LogicalResult checkOneThread(KernelOp kernel) {
  WalkResult result = kernel.walk([&](RoleOp role) {
    if (!role.getOneThread()) {
      return WalkResult::advance();
    }
    return role.walk([&](Operation *op) {
      if (isa<BarSyncOp, BarArriveOp, SyncThreadsOp, ClusterSyncOp, WgmmaSSOp,
              WgmmaRSOp, WgmmaFenceOp, WgmmaCommitOp, WgmmaWaitOp, StMatrixOp,
              LdMatrixOp, LaneReduceOp, WarpAnyOp, UniformOp>(op)) {
        op->emitOpError("ONE-THREAD-NO-SYNC: needs a whole warp, its role "
                        "runs on one thread");
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
  });
  return failure(result.wasInterrupted());
}

} // namespace

LogicalResult checkResources(KernelOp kernel) {
  WalkResult turns = kernel.walk([](RoleOp role) {
    return failed(checkTurns(role)) ? WalkResult::interrupt()
                                    : WalkResult::advance();
  });
  return success(
      !turns.wasInterrupted() && succeeded(checkBarriers(kernel)) &&
      succeeded(checkShared(kernel)) && succeeded(checkUniform(kernel)) &&
      succeeded(checkRegisters(kernel)) && succeeded(checkCluster(kernel)) &&
      succeeded(checkOneThread(kernel)));
}

} // namespace spak::cuda
