// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the estimate of registers. A value is live from where it is made to
// its last use; a loop's body keeps alive what it and what follows it use. An
// element-wise op needs its inputs or its results, not both: register by
// register one takes the other's place.
//
//   law:  fewest = max(F, Q) + kFewest
//         estimate = max(F + A + kInFlight (+ kManyScalars),
//                        max(Q + A, S) + kQuiet, J + kJoin)
//
// where F is the most 32-bit registers of fragments that are live at once while
// products are in flight, Q the most while none is, A the stores of matrices
// beside products in a loop, and S the most where a tile is stored element by
// element, with 9/16 of it for addresses. J is only where tiles are cut: the
// tiles at the place where parts are added up, and the part that is loaded.
//
// What the assembler needs beside the tiles depends on where the peak is: while
// products run it has moved its addresses and descriptors out of the way. An
// address of each store of a matrix it keeps over the whole loop. With fewer
// than `fewest` it always spilled, with `estimate` it never did; between them
// it is luck. The constants are measured, not derived; docs/Gates.md has the
// tables.
#include "RegisterPressure.h"

#include "ScalarValues.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace spak::analysis {

namespace {

constexpr int64_t kWarp = 32;
constexpr int64_t kInFlight = 22;
constexpr int64_t kQuiet = 30;
/// Beside what a join of parts holds: all of a part is loaded ahead, and what
/// the loops around the join keep stays.
constexpr int64_t kJoin = 96;
/// With this many beside the tiles, or fewer, all that was built spilled.
constexpr int64_t kFewest = 19;
/// Added where more than kFewScalars scalars are live with the tiles.
constexpr int64_t kManyScalars = 2;
constexpr int64_t kFewScalars = 20;
/// Of a tile that is stored element by element; ptxas computes the addresses
/// far ahead. Unit: register a 16 elements.
constexpr int64_t kAddressesOf16 = 9;
/// Of a role without tiles, which only counts and copies: alone, with others in
/// a cluster, and where a slot is the rest of a division by no power of two.
constexpr int64_t kWithoutTiles = 8;
constexpr int64_t kInCluster = 4;
constexpr int64_t kDivides = 3;
/// Less where tiles are cut: the ends of a block's parts are uniform.
constexpr int64_t kCutTiles = 3;

int64_t fragmentRegisters(Type type) {
  auto frag = dyn_cast<cuda::FragType>(type);
  if (!frag) {
    return 0;
  }
  if (frag.isPacked()) {
    return frag.getCount();
  }
  int64_t bits = frag.getElementType().getIntOrFloatBitWidth();
  return frag.getCount() * ((bits + 31) / 32);
}

int64_t scalarRegisters(Value value) {
  Type type = value.getType();
  if (!type.isIntOrIndexOrFloat() || type.isInteger(1) ||
      matchPattern(value, m_Constant())) {
    return 0;
  }
  // Kernel arguments lie in the constant bank.
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (isa<cuda::KernelOp>(argument.getOwner()->getParentOp())) {
      return 0;
    }
  }
  return !type.isIndex() && type.getIntOrFloatBitWidth() > 32 ? 2 : 1;
}

/// The instructions that \p store is; each writes four registers.
int64_t storesOf(cuda::StMatrixOp store) {
  constexpr int64_t bytesOfFour = 32;
  return static_cast<int64_t>(store.getWidth()) / bytesOfFour;
}

using Live = llvm::DenseSet<Value>;

/// The place with the most fragments, and of those the one with the most
/// scalars.
struct Peak {
  int64_t fragments = 0;
  int64_t scalars = 0;
  int64_t line = 0;
};

class Liveness {
public:
  Peak inFlight, quiet;
  Peak join; ///< where parts of a cut tile are added up, with what is loaded
  int64_t addresses = 0; ///< of matrices that are stored in loops of products
  int64_t singles = 0;   ///< tiles and addresses where elements are stored

  /// Walks \p block backwards from the values that are live at its end, and
  /// leaves in \p live those that are live at its start.
  void walk(Block &block, Live &live) {
    markProducts(block);
    for (Operation &op : llvm::reverse(block)) {
      step(op, live);
    }
    for (Value argument : block.getArguments()) {
      live.erase(argument);
    }
  }

private:
  llvm::DenseSet<Operation *> underProducts;

  /// Finds the ops of \p block that run while products are in flight, from
  /// their issue to the wait for the last of them.
  void markProducts(Block &block) {
    int64_t groups = 0;
    bool open = false;
    for (Operation &op : block) {
      if (isa<cuda::WgmmaSSOp, cuda::WgmmaRSOp>(op)) {
        open = true;
      } else if (isa<cuda::WgmmaCommitOp>(op)) {
        ++groups;
        open = false;
      } else if (auto wait = dyn_cast<cuda::WgmmaWaitOp>(op)) {
        groups = std::min<int64_t>(groups, wait.getLeft());
      }
      if (open || groups > 0) {
        underProducts.insert(&op);
      }
    }
  }

  void note(const Live &live, Operation &op) {
    int64_t tiles = 0, numbers = 0;
    for (Value value : live) {
      tiles += fragmentRegisters(value.getType());
      numbers += scalarRegisters(value);
    }
    if (auto store = dyn_cast<cuda::StoreFragOp>(op)) {
      int64_t stored = fragmentRegisters(store.getFrag().getType());
      singles = std::max(singles, tiles + stored * kAddressesOf16 / 16);
    }
    if (auto add = dyn_cast<cuda::PartialAddOp>(op)) {
      Peak here{tiles + fragmentRegisters(add.getResult().getType()), numbers,
                lineOf(op.getLoc())};
      join = join.fragments < here.fragments ? here : join;
    }
    Peak &peak = underProducts.contains(&op) ? inFlight : quiet;
    if (tiles > peak.fragments ||
        (tiles == peak.fragments && numbers > peak.scalars)) {
      peak = {tiles, numbers, lineOf(op.getLoc())};
    }
  }

  void step(Operation &op, Live &live) {
    note(live, op);
    for (Value result : op.getResults()) {
      live.erase(result);
    }
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      stepLoop(loop, live);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      stepIf(branch, live);
    } else {
      addUses(op, live);
    }
    note(live, op);
  }

  /// Operands, and what the regions of `map` take from outside.
  void addUses(Operation &op, Live &live) {
    live.insert(op.operand_begin(), op.operand_end());
    llvm::SetVector<Value> above;
    for (Region &region : op.getRegions()) {
      getUsedValuesDefinedAbove(region, above);
    }
    live.insert(above.begin(), above.end());
  }

  void stepLoop(scf::ForOp loop, Live &live) {
    llvm::SetVector<Value> above;
    getUsedValuesDefinedAbove(loop.getRegion(), above);
    live.insert(above.begin(), above.end());
    live.insert(loop.getUpperBound());
    live.insert(loop.getStep());
    Live inside = live;
    walk(*loop.getBody(), inside);
    addUses(*loop, live);
    countAddresses(*loop.getBody());
  }

  void countAddresses(Block &body) {
    int64_t found = 0;
    bool products = false;
    for (Operation &op : body) {
      products |= isa<cuda::WgmmaSSOp, cuda::WgmmaRSOp>(op);
      if (auto store = dyn_cast<cuda::StMatrixOp>(op)) {
        found += storesOf(store);
      }
    }
    addresses = std::max(addresses, products ? found : 0);
  }

  void stepIf(scf::IfOp branch, Live &live) {
    Live merged = live;
    for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()}) {
      if (!region->empty()) {
        Live inside = live;
        walk(region->front(), inside);
        merged.insert(inside.begin(), inside.end());
      }
    }
    live = std::move(merged);
    live.insert(branch.getCondition());
  }
};

/// Whether \p body takes the rest of a division by no power of two.
bool divides(Block &body) {
  return body
      .walk([](arith::RemUIOp op) {
        APInt by;
        bool odd =
            matchPattern(op.getRhs(), m_ConstantInt(&by)) && !by.isPowerOf2();
        return odd ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

space::RolePressure measure(Block &body, StringRef name, int64_t threads,
                            int64_t budget, bool inCluster, bool cutsTiles) {
  Liveness liveness;
  Live live;
  liveness.walk(body, live);
  space::RolePressure found;
  found.role = name.str();
  found.threads = threads;
  found.budget = budget;
  const Peak &flight = liveness.inFlight, &quiet = liveness.quiet;
  int64_t inFlight = flight.fragments + kInFlight + liveness.addresses +
                     (flight.scalars > kFewScalars ? kManyScalars : 0);
  int64_t atRest =
      std::max(quiet.fragments + liveness.addresses, liveness.singles) + kQuiet;
  int64_t atJoin =
      liveness.join.fragments > 0 ? liveness.join.fragments + kJoin : 0;
  bool underProducts = flight.fragments > 0 && inFlight >= atRest;
  bool joins = atJoin > std::max(inFlight, atRest);
  const Peak &peak = joins ? liveness.join : underProducts ? flight : quiet;
  found.fragments = peak.fragments;
  found.scalars = peak.scalars;
  found.line = peak.line;
  found.estimate = joins ? atJoin : underProducts ? inFlight : atRest;
  found.fewest = std::max(flight.fragments, quiet.fragments) + kFewest;
  if (flight.fragments == 0 && quiet.fragments == 0) {
    found.fewest = quiet.scalars;
    found.estimate = quiet.scalars + kWithoutTiles +
                     (inCluster ? kInCluster : 0) +
                     (inCluster && divides(body) ? kDivides : 0) -
                     (cutsTiles ? kCutTiles : 0);
  }
  return found;
}

} // namespace

int64_t launchRegisters(const device::Device &device, int64_t threads,
                        int64_t minBlocks) {
  constexpr int64_t step = 8;
  int64_t share =
      device.registersPerSm / std::max<int64_t>(threads * minBlocks, 1);
  return std::min(share, device.registersPerThread) / step * step;
}

std::vector<space::RolePressure>
registerPressure(cuda::KernelOp kernel, const device::Device &device) {
  int64_t launched =
      launchRegisters(device, kernel.getThreads(), kernel.getMinBlocks());
  bool inCluster = kernel.getCluster() > 1;
  bool cutsTiles =
      kernel.walk([](cuda::PartialAddOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  std::vector<space::RolePressure> found;
  kernel.walk([&](cuda::RoleOp role) {
    found.push_back(measure(role.getBody().front(), role.getSymName(),
                            static_cast<int64_t>(role.getWarps()) * kWarp,
                            role.getMaxnreg().value_or(launched), inCluster,
                            cutsTiles));
  });
  if (found.empty()) {
    found.push_back(measure(kernel.getBody().front(), "all",
                            kernel.getThreads(), launched, inCluster,
                            cutsTiles));
  }
  return found;
}

} // namespace spak::analysis
