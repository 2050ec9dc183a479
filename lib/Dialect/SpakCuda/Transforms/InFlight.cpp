// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the transfer of the in-flight state over products, waits, loops.
#include "InFlight.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace spak::cuda {

bool isProduct(Operation *op) { return isa<WgmmaSSOp, WgmmaRSOp>(op); }

Value accumulatorOf(Operation *product) {
  if (auto ss = dyn_cast<WgmmaSSOp>(product)) {
    return ss.getAcc();
  }
  return cast<WgmmaRSOp>(product).getAcc();
}

Value registersOf(Operation *product) {
  if (auto rs = dyn_cast<WgmmaRSOp>(product)) {
    return rs.getA();
  }
  return {};
}

Value originOf(Value fragment) {
  while (Operation *def = fragment.getDefiningOp()) {
    if (!isa<WgmmaFenceOp, WgmmaWaitOp>(def)) {
      break;
    }
    fragment = def->getOperand(cast<OpResult>(fragment).getResultNumber());
  }
  return fragment;
}

static bool isLoadedOperand(Value fragment, SmallVectorImpl<Value> &asked) {
  fragment = originOf(fragment);
  if (llvm::is_contained(asked, fragment)) {
    return true;
  }
  asked.push_back(fragment);
  if (auto branch = fragment.getDefiningOp<scf::IfOp>()) {
    unsigned number = cast<OpResult>(fragment).getResultNumber();
    return isLoadedOperand(branch.thenYield()->getOperand(number), asked) &&
           isLoadedOperand(branch.elseYield()->getOperand(number), asked);
  }
  auto argument = dyn_cast<BlockArgument>(fragment);
  auto loop = argument
                  ? dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp())
                  : fragment.getDefiningOp<scf::ForOp>();
  if (!loop || (argument && argument.getArgNumber() == 0)) {
    return fragment.getDefiningOp<LdMatrixOp>() != nullptr;
  }
  unsigned number = argument ? argument.getArgNumber() - 1
                             : cast<OpResult>(fragment).getResultNumber();
  return isLoadedOperand(loop.getInitArgs()[number], asked) &&
         isLoadedOperand(loop.getYieldedValues()[number], asked);
}

bool isLoadedOperand(Value fragment) {
  SmallVector<Value> asked;
  return isLoadedOperand(fragment, asked);
}

RingBuffers::RingBuffers(KernelOp kernel) {
  kernel.walk([&](TmaLoadOp load) { ringOf[load.getDst()] = load.getRing(); });
  // What lanes write is guarded by their own barriers.
  kernel.walk([&](StMatrixOp write) { ringOf[write.getDst()] = Value(); });
}

bool RingBuffers::guards(Value ring, Value buffer) const {
  auto found = ringOf.find(buffer);
  if (found != ringOf.end()) {
    return found->second == ring;
  }
  return llvm::none_of(ringOf,
                       [&](const auto &entry) { return entry.second == ring; });
}

Overwrites::Overwrites(KernelOp kernel) {
  kernel.walk([&](scf::ForOp loop) {
    for (auto [arg, yielded] :
         llvm::zip(loop.getRegionIterArgs(),
                   loop.getBody()->getTerminator()->getOperands())) {
      Value value = yielded;
      Operation *begin = nullptr;
      while (isa<FragType>(value.getType()) && value.getDefiningOp()) {
        auto result = cast<OpResult>(value);
        begin = result.getOwner();
        if (auto inner = dyn_cast<scf::ForOp>(begin)) {
          value = inner.getInitArgs()[result.getResultNumber()];
        } else if (OpOperand *tied = getTiedOperand(result)) {
          value = tied->get();
        } else {
          break;
        }
        begin = nullptr;
      }
      if (begin && loop->isProperAncestor(begin)) {
        begins[begin].push_back(arg);
      }
    }
  });
}

ArrayRef<Value> Overwrites::of(Operation *op) const {
  auto found = begins.find(op);
  return found == begins.end() ? ArrayRef<Value>() : ArrayRef(found->second);
}

namespace {

/// The ring counter a slot index was computed from.
Value counterOf(Value slot) {
  if (auto rem = slot.getDefiningOp<arith::RemUIOp>()) {
    return rem.getLhs();
  }
  return {};
}

} // namespace

void InFlight::addFragment(FragmentInFlight entry) {
  for (FragmentInFlight &known : fragments) {
    if (known.origin == entry.origin) {
      known.age = std::min(known.age, entry.age);
      known.value = entry.value;
      return;
    }
  }
  fragments.push_back(entry);
}

void InFlight::addRead(ReadInFlight entry) {
  for (ReadInFlight &known : reads) {
    if (known.buffer == entry.buffer && known.count == entry.count) {
      known.age = std::min(known.age, entry.age);
      return;
    }
  }
  reads.push_back(entry);
}

void InFlight::issue(Operation *product) {
  if (Value acc = accumulatorOf(product)) {
    Value origin = originOf(acc);
    llvm::erase_if(fragments, [&](const FragmentInFlight &entry) {
      return entry.origin == origin;
    });
  }
  addFragment({product->getResult(0), product->getResult(0), -1});
  if (Value a = registersOf(product)) {
    addFragment({originOf(a), a, -1});
  } else {
    auto ss = cast<WgmmaSSOp>(product);
    addRead({ss.getA(), counterOf(ss.getASlot()), -1});
  }
  Value b, slot;
  if (auto ss = dyn_cast<WgmmaSSOp>(product)) {
    b = ss.getB(), slot = ss.getBSlot();
  } else {
    auto rs = cast<WgmmaRSOp>(product);
    b = rs.getB(), slot = rs.getBSlot();
  }
  addRead({b, counterOf(slot), -1});
}

void InFlight::commit() {
  for (FragmentInFlight &entry : fragments) {
    ++entry.age;
  }
  for (ReadInFlight &entry : reads) {
    ++entry.age;
  }
}

void InFlight::completeTo(int left) {
  llvm::erase_if(fragments, [&](const FragmentInFlight &entry) {
    return entry.age >= left;
  });
  llvm::erase_if(reads,
                 [&](const ReadInFlight &entry) { return entry.age >= left; });
}

std::optional<int> InFlight::ageOf(Value fragment) const {
  Value origin = originOf(fragment);
  for (const FragmentInFlight &entry : fragments) {
    if (entry.origin == origin) {
      return entry.age;
    }
  }
  return std::nullopt;
}

/// What the registers of \p fragment held before any loop that it went through.
static Value storageOf(Value fragment) {
  for (;;) {
    fragment = originOf(fragment);
    auto loop = fragment.getDefiningOp<scf::ForOp>();
    if (!loop) {
      return fragment;
    }
    fragment = loop.getInitArgs()[cast<OpResult>(fragment).getResultNumber()];
  }
}

std::optional<int> InFlight::ageOfStorage(Value carried) const {
  std::optional<int> age;
  for (const FragmentInFlight &entry : fragments) {
    if (entry.origin == carried || storageOf(entry.origin) == carried) {
      age = age ? std::min(*age, entry.age) : entry.age;
    }
  }
  return age;
}

std::optional<int> InFlight::ageOfReads(RingReleaseOp release,
                                        const RingBuffers &buffers) const {
  std::optional<int> age;
  for (const ReadInFlight &entry : reads) {
    if (!buffers.guards(release.getRing(), entry.buffer) ||
        (entry.count && entry.count != release.getCount())) {
      continue;
    }
    age = age ? std::min(*age, entry.age) : entry.age;
  }
  return age;
}

void InFlight::join(const InFlight &other) {
  for (const FragmentInFlight &entry : other.fragments) {
    addFragment(entry);
  }
  for (const ReadInFlight &entry : other.reads) {
    addRead(entry);
  }
}

void InFlight::rename(ValueRange from, ValueRange to, Region *left) {
  InFlight before = std::move(*this);
  *this = InFlight();
  for (const FragmentInFlight &entry : before.fragments) {
    bool followed = false;
    for (auto [source, target] : llvm::zip(from, to)) {
      if (isa<FragType>(source.getType()) && originOf(source) == entry.origin) {
        addFragment({target, target, entry.age});
        followed = true;
      }
    }
    if (!followed) {
      addFragment(entry);
    }
  }
  for (ReadInFlight &entry : before.reads) {
    bool followed = false;
    for (auto [source, target] : llvm::zip(from, to)) {
      if (source == entry.count) {
        addRead({entry.buffer, target, entry.age});
        followed = true;
      }
    }
    if (followed && left) {
      continue;
    }
    bool stays =
        entry.count && left && !left->isAncestor(entry.count.getParentRegion());
    addRead({entry.buffer, !left || stays ? entry.count : Value(), entry.age});
  }
}

bool InFlight::operator==(const InFlight &other) const {
  auto same = [](auto &a, auto &b) {
    return a.size() == b.size() && llvm::all_of(a, [&](const auto &entry) {
             return llvm::is_contained(b, entry);
           });
  };
  return same(fragments, other.fragments) && same(reads, other.reads);
}

} // namespace spak::cuda
