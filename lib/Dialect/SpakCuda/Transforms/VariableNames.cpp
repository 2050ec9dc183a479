// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the identifiers that may not be used, and the names of last resort.
#include "VariableNames.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::cuda {

NamePool::NamePool() {
  constexpr llvm::StringLiteral kReserved[] = {
      // Written by the printer.
      "a_desc", "b_desc", "c", "i", "k", "part", "row", "address", "smem",
      "smem_base", "warpgroup", "keep", "offset", "origin", "params", "p",
      "stream", "message", "status", "spak", "to", "from",
      // CUDA.
      "blockDim", "blockIdx", "dim3", "gridDim", "threadIdx", "warpSize",
      // C++.
      "alignas", "alignof", "and", "asm", "auto", "bool", "break", "case",
      "catch", "char", "class", "const", "constexpr", "continue", "default",
      "delete", "do", "double", "else", "enum", "explicit", "export", "extern",
      "false", "float", "for", "friend", "goto", "if", "inline", "int", "long",
      "main", "mutable", "namespace", "new", "noexcept", "not", "nullptr",
      "operator", "or", "private", "protected", "public", "register", "return",
      "short", "signed", "sizeof", "static", "struct", "switch", "template",
      "this", "throw", "true", "try", "typedef", "typeid", "typename", "union",
      "unsigned", "using", "virtual", "void", "volatile", "while", "xor",
      // Functions and types that the text calls.
      "abs", "exp", "expf", "erff", "fmaf", "fmaxf", "fminf", "fabsf", "log",
      "logf", "log2f", "max", "min", "sqrtf", "rsqrtf", "tanhf", "int32_t",
      "int64_t", "uint8_t", "uint32_t", "uint64_t"};
  for (StringRef name : kReserved) {
    taken.insert(name);
  }
}

std::string NamePool::pick(StringRef wanted, StringRef fallback) {
  std::string base;
  for (char character : wanted.empty() ? fallback : wanted) {
    base += llvm::isAlnum(character) ? character : '_';
  }
  if (llvm::isDigit(base.front())) {
    base = (fallback + "_" + base).str();
  }
  // Identifiers with two underscores in a row are the implementation's.
  while (base.find("__") != std::string::npos) {
    base.erase(base.find("__"), 1);
  }
  std::string name = base;
  for (unsigned number = 1; !taken.insert(name).second; ++number) {
    name = base + (base.back() == '_' ? "" : "_") + std::to_string(number);
  }
  return name;
}

StringRef locationName(Value value) {
  LocationAttr location = value.getLoc();
  while (auto call = dyn_cast<CallSiteLoc>(location)) {
    location = call.getCallee();
  }
  if (auto fused = dyn_cast<FusedLoc>(location)) {
    // One name for each of an op's results.
    auto result = dyn_cast<OpResult>(value);
    if (result && result.getOwner()->getNumResults() > 1 &&
        result.getOwner()->getNumResults() == fused.getLocations().size()) {
      auto name =
          dyn_cast<NameLoc>(fused.getLocations()[result.getResultNumber()]);
      return name ? name.getName().getValue() : StringRef();
    }
    for (Location part : fused.getLocations()) {
      if (auto name = dyn_cast<NameLoc>(part)) {
        return name.getName();
      }
    }
  }
  if (auto name = dyn_cast<NameLoc>(location)) {
    return name.getName();
  }
  return {};
}

/// The counter of a ring is named after the ring.
static std::string counterName(Value value) {
  std::string best;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (use.getOperandNumber() != 1 ||
        !isa<RingAcquireOp, RingWaitOp, RingExpectOp, RingReleaseOp,
             RingCommitOp>(user)) {
      continue;
    }
    if (auto ring = user->getOperand(0).getDefiningOp<RingOp>()) {
      // The order of uses is not kept in a dump: take the first by name.
      std::string name = (ring.getName() + "_count").str();
      best = best.empty() ? name : std::min(best, name);
    }
  }
  return best;
}

/// What a use makes of a scalar; weaker ones are larger.
static std::pair<int, StringRef> meaning(OpOperand &use) {
  Operation *user = use.getOwner();
  Value value = use.get();
  auto isOneOf = [&](OperandRange range) {
    return llvm::is_contained(range, value);
  };
  if (isa<BarSyncOp, BarArriveOp>(user)) {
    return {0, "barrier"};
  }
  if (auto load = dyn_cast<TmaLoadOp>(user)) {
    return value == load.getSlot() ? std::pair(1, StringRef("slot"))
           : value == load.getAt() ? std::pair(2, StringRef("bytes"))
                                   : std::pair(3, StringRef("coord"));
  }
  if (auto store = dyn_cast<TmaStoreOp>(user)) {
    return value == store.getSlot() ? std::pair(1, StringRef("slot"))
           : value == store.getAt() ? std::pair(2, StringRef("bytes"))
                                    : std::pair(3, StringRef("coord"));
  }
  if (auto wgmma = dyn_cast<WgmmaSSOp>(user)) {
    bool isSlot = value == wgmma.getASlot() || value == wgmma.getBSlot();
    return isSlot ? std::pair(1, StringRef("slot"))
                  : std::pair(2, StringRef("bytes"));
  }
  if (auto wgmma = dyn_cast<WgmmaRSOp>(user)) {
    return value == wgmma.getBSlot() ? std::pair(1, StringRef("slot"))
                                     : std::pair(2, StringRef("bytes"));
  }
  if (auto store = dyn_cast<StMatrixOp>(user)) {
    return value == store.getSlot() ? std::pair(1, StringRef("slot"))
                                    : std::pair(3, StringRef("first_row"));
  }
  if (auto load = dyn_cast<LdMatrixOp>(user)) {
    return value == load.getSlot() ? std::pair(1, StringRef("slot"))
                                   : std::pair(3, StringRef("first_row"));
  }
  if (auto store = dyn_cast<StoreFragOp>(user)) {
    return value == store.getBase()     ? std::pair(4, StringRef("base"))
           : isOneOf(store.getCoords()) ? std::pair(4, StringRef("coord"))
                                        : std::pair(9, StringRef("x"));
  }
  if (auto load = dyn_cast<LoadFragOp>(user)) {
    return value == load.getBase()     ? std::pair(4, StringRef("base"))
           : isOneOf(load.getCoords()) ? std::pair(4, StringRef("coord"))
                                       : std::pair(9, StringRef("x"));
  }
  if (auto loop = dyn_cast<scf::ForOp>(user)) {
    return value == loop.getUpperBound()   ? std::pair(5, StringRef("end"))
           : value == loop.getLowerBound() ? std::pair(6, StringRef("begin"))
                                           : std::pair(9, StringRef("x"));
  }
  return {9, "x"};
}

/// The first by name of the shared buffers that \p value is a place in.
static std::string bufferOf(Value value) {
  std::string best;
  for (Operation *user : value.getUsers()) {
    Value buffer;
    if (auto load = dyn_cast<TmaLoadOp>(user)) {
      buffer = load.getDst();
    } else if (auto store = dyn_cast<TmaStoreOp>(user)) {
      buffer = store.getSrc();
    } else if (auto store = dyn_cast<StMatrixOp>(user)) {
      buffer = store.getDst();
    } else if (auto load = dyn_cast<LdMatrixOp>(user)) {
      buffer = load.getSrc();
    } else if (auto wgmma = dyn_cast<WgmmaSSOp>(user)) {
      buffer = value == wgmma.getASlot() ? wgmma.getA() : wgmma.getB();
    } else if (auto wgmma = dyn_cast<WgmmaRSOp>(user)) {
      buffer = wgmma.getB();
    }
    auto shared = buffer ? buffer.getDefiningOp<SharedOp>() : SharedOp();
    if (shared) {
      std::string name = shared.getName().str();
      best = best.empty() ? name : std::min(best, name);
    }
  }
  return best;
}

/// A scalar is called after what it is used for, and for whom.
static std::string purpose(Value value) {
  std::pair<int, StringRef> best = {9, "x"};
  for (OpOperand &use : value.getUses()) {
    best = std::min(best, meaning(use));
  }
  if (best.second == "slot" || best.second == "coord") {
    std::string buffer = bufferOf(value);
    return (buffer.empty() ? "" : buffer + "_") + best.second.str();
  }
  if (best.second != "x") {
    return best.second.str();
  }
  if (auto sum = value.getDefiningOp<arith::AddIOp>();
      sum && matchPattern(sum.getRhs(), m_One())) {
    std::string counter = counterName(sum.getLhs());
    if (!counter.empty()) {
      return StringRef(counter).drop_back(StringRef("count").size()).str() +
             "next";
    }
  }
  // What is left of a number when its fastest digit has been taken off.
  return value.getDefiningOp<arith::DivUIOp>() ? "rest" : "x";
}

static std::string fragmentName(Value value) {
  // A few registers are one value per row, many are a tile.
  constexpr int64_t kRows = 8;
  FragType type = cast<FragType>(value.getType());
  if (type.isPacked()) {
    return "packed";
  }
  if (type.getElementType().isInteger(32)) {
    return "limits";
  }
  return type.getCount() <= kRows ? "rows" : "tile";
}

/// `lane == 0` and the like: the thread that acts for many.
static std::string conditionName(arith::CmpIOp compare) {
  if (compare.getPredicate() == arith::CmpIPredicate::eq &&
      matchPattern(compare.getRhs(), m_Zero())) {
    Operation *id = compare.getLhs().getDefiningOp();
    if (isa_and_nonnull<LaneOp>(id)) {
      return "first_lane";
    }
    if (isa_and_nonnull<ThreadInGroupOp, ThreadInRoleOp>(id)) {
      return "first_thread";
    }
  }
  return "cond";
}

/// `Q_map` for a map over the tensor `Q`.
static std::string tensorMapName(HostTensorMapOp map) {
  auto base = dyn_cast<BlockArgument>(map.getBase());
  auto host = map->getParentOfType<HostOp>();
  if (!base || !host) {
    return "map";
  }
  auto function = cast<FunctionOpInterface>(host.getOperation());
  auto name =
      function.getArgAttrOfType<StringAttr>(base.getArgNumber(), "spak.name");
  return name ? (name.getValue() + "_map").str() : "map";
}

std::string fallbackName(Value value) {
  if (isa<FragType>(value.getType()) &&
      !isa_and_nonnull<WgmmaSSOp, WgmmaRSOp>(value.getDefiningOp())) {
    return fragmentName(value);
  }
  std::string counter = counterName(value);
  if (!counter.empty()) {
    return counter;
  }
  if (isa<BlockArgument>(value)) {
    return "carried";
  }
  return llvm::TypeSwitch<Operation *, std::string>(value.getDefiningOp())
      .Case([](LaneOp) { return "lane"; })
      .Case([](WarpInGroupOp) { return "warp"; })
      .Case([](GroupInRoleOp) { return "group"; })
      .Case([](ThreadInGroupOp) { return "thread"; })
      .Case([](ThreadInRoleOp) { return "role_thread"; })
      .Case([](BlockOp) { return "block"; })
      .Case([](BlocksOp) { return "blocks"; })
      .Case<WgmmaSSOp, WgmmaRSOp>([](auto) { return "acc"; })
      .Case([](HostTensorMapOp map) { return tensorMapName(map); })
      .Case([](PartialLeaveOp) { return "comes_last"; })
      .Case([&](scf::IfOp) {
        return value.getType().isInteger(1) ? "finishes" : purpose(value);
      })
      .Case([](HostSmsOp) { return "sms"; })
      .Case([](HostClustersOp) { return "clusters"; })
      .Case([](scf::ForOp) { return "carried"; })
      .Case([](arith::CmpIOp compare) { return conditionName(compare); })
      .Case([](arith::CmpFOp) { return "cond"; })
      .Default([&](Operation *) { return purpose(value); });
}

} // namespace spak::cuda
