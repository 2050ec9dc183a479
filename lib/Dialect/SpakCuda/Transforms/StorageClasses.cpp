// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the union of tied values and the proof that each class is one variable.
#include "StorageClasses.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace spak::cuda {

static bool isFrag(Value value) { return isa<FragType>(value.getType()); }

/// An operation that gives a class a new value.
namespace {
struct Write {
  Operation *op;
  Value written; ///< null where op assigns: a yield, or a loop at its entry
  unsigned operand = 0; ///< then, the operand that is assigned
};
} // namespace

void StorageClasses::add(Value value) {
  if (classOf.try_emplace(value, members.size()).second) {
    members.push_back({value});
  }
}

unsigned StorageClasses::find(Value value) const {
  auto it = classOf.find(value);
  assert(it != classOf.end() && "value without storage");
  return it->second;
}

void StorageClasses::unite(Value a, Value b) {
  unsigned to = find(a), from = find(b);
  if (to == from) {
    return;
  }
  if (to > from) {
    std::swap(to, from);
  }
  for (Value value : members[from]) {
    classOf[value] = to;
    members[to].push_back(value);
  }
  members[from].clear();
}

void StorageClasses::uniteIfFree(Value a, Value b) {
  if (!classOf.count(a) || !classOf.count(b) || find(a) == find(b)) {
    return;
  }
  std::vector<Value> merged = members[find(a)];
  llvm::append_range(merged, members[find(b)]);
  if (!findConflict(merged)) {
    unite(a, b);
  }
}

void StorageClasses::addTies(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    for (auto [init, arg, result] : llvm::zip(
             loop.getInitArgs(), loop.getRegionIterArgs(), loop.getResults())) {
      unite(arg, result);
      if (isFrag(arg)) {
        unite(init, arg);
        unite(arg, loop.getYieldedValues()[result.getResultNumber()]);
      } else {
        wishes.push_back({init, arg});
        wishes.push_back(
            {loop.getYieldedValues()[result.getResultNumber()], arg});
      }
    }
    return;
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    for (OpResult result : branch.getResults()) {
      unsigned number = result.getResultNumber();
      for (Operation *yield : {branch.thenYield().getOperation(),
                               branch.elseYield().getOperation()}) {
        if (isFrag(result)) {
          unite(yield->getOperand(number), result);
        } else {
          wishes.push_back({yield->getOperand(number), result});
        }
      }
    }
    return;
  }
  for (OpResult result : op->getResults()) {
    if (OpOperand *tied = getTiedOperand(result)) {
      unite(tied->get(), result);
    }
  }
  if (auto reduce = dyn_cast<RowReduceOp>(op)) {
    if (reduce.getStart()) {
      wishes.push_back({reduce.getStart(), reduce.getResult()});
    }
  } else if (auto reduce = dyn_cast<LaneReduceOp>(op)) {
    wishes.push_back({reduce.getFrag(), reduce.getResult()});
  }
}

std::optional<StorageClasses::Conflict> StorageClasses::build(Operation *root) {
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      for (Value arg : loop.getRegionIterArgs()) {
        add(arg);
      }
    }
    bool carries = isa<scf::ForOp, scf::IfOp>(op);
    for (Value result : op->getResults()) {
      if (carries || isFrag(result)) {
        add(result);
      }
    }
    if (auto function = dyn_cast<FunctionOpInterface>(op)) {
      for (Value argument : function.getArguments()) {
        if (isFrag(argument)) {
          add(argument);
        }
      }
    }
  });
  root->walk<WalkOrder::PreOrder>([&](Operation *op) { addTies(op); });
  for (const std::vector<Value> &values : members) {
    if (auto conflict = findConflict(values)) {
      return conflict;
    }
  }
  for (auto [a, b] : wishes) {
    uniteIfFree(a, b);
  }
  return std::nullopt;
}

std::vector<ArrayRef<Value>> StorageClasses::classes() const {
  std::vector<ArrayRef<Value>> result;
  for (const std::vector<Value> &values : members) {
    if (!values.empty()) {
      result.push_back(values);
    }
  }
  return result;
}

//===----------------------------------------------------------------------===//
// The law
//===----------------------------------------------------------------------===//

/// The lowest block that holds both, and the ancestors of both in it. The
/// ancestors are one and the same where the operations are nested in each
/// other or lie in different regions of one operation.
static std::pair<Operation *, Operation *> inCommonBlock(Operation *a,
                                                         Operation *b) {
  for (Operation *x = a; x; x = x->getParentOp()) {
    if (Operation *y = x->getBlock() ? x->getBlock()->findAncestorOpInBlock(*b)
                                     : nullptr) {
      return {x, y};
    }
  }
  return {nullptr, nullptr};
}

/// Is \p value there before \p op of \p block is reached?
static bool isDefinedBefore(Value value, Operation *op) {
  Operation *definition = value.getDefiningOp();
  if (!definition) {
    definition = value.getParentBlock()->getParentOp();
  }
  Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*definition);
  return !ancestor || (ancestor != op && ancestor->isBeforeInBlock(op));
}

/// Does the operation read register i of \p use last when it writes its own
/// register i? Then both may be one.
static bool readsAsItWrites(OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto reduce = dyn_cast<RowReduceOp>(op)) {
    return use.get() == reduce.getStart() && use.get() != reduce.getFrag();
  }
  if (auto map = dyn_cast<MapOp>(op)) {
    return use.getOperandNumber() < map.getInputs().size() &&
           isa<UnitAttr>(map.getPatterns()[use.getOperandNumber()]);
  }
  return isa<LaneReduceOp, FragCopyOp>(op);
}

/// Does \p use read the storage after \p write has changed it?
static bool readsAfter(Value value, OpOperand &use, const Write &write) {
  Operation *user = use.getOwner();
  if (user == write.op) {
    if (!write.written) {
      // The assignments of one op are printed in the order of its operands.
      return use.getOperandNumber() > write.operand;
    }
    if (getTiedOperand(cast<OpResult>(write.written)) != &use &&
        !readsAsItWrites(use)) {
      return true;
    }
  }
  if (user->isProperAncestor(write.op)) {
    auto loop = dyn_cast<scf::ForOp>(user);
    if (!loop || use.getOperandNumber() < loop.getNumControlOperands()) {
      return true;
    }
    // The initial value is the storage; the loop may write to it at once.
    return false;
  }
  if (write.op->isProperAncestor(user)) {
    // What is assigned at a loop's entry is changed for the whole body.
    return !write.op->isAncestor(value.getParentRegion()->getParentOp());
  }
  auto [w, u] = inCommonBlock(write.op, user);
  if (w != u && w->isBeforeInBlock(u) && isDefinedBefore(value, w)) {
    return true;
  }
  for (auto loop = write.op->getParentOfType<scf::ForOp>(); loop;
       loop = loop->getParentOfType<scf::ForOp>()) {
    if (loop->isProperAncestor(user) &&
        !loop.getRegion().isAncestor(value.getParentRegion())) {
      return true;
    }
  }
  return false;
}

std::optional<StorageClasses::Conflict>
StorageClasses::findConflict(ArrayRef<Value> values) const {
  // Two scalars that one loop or branch hands on exist at the same time.
  for (size_t i = 0; i < values.size(); ++i) {
    Value a = values[i];
    for (Value b : values.drop_front(i + 1)) {
      bool together =
          isa<BlockArgument>(a) && isa<BlockArgument>(b)
              ? a.getParentBlock() == b.getParentBlock()
              : a.getDefiningOp() && a.getDefiningOp() == b.getDefiningOp();
      if (together && !isFrag(a)) {
        return Conflict{a, nullptr, a.getParentBlock()->getParentOp()};
      }
    }
  }
  SmallVector<Write> writes;
  auto addYield = [&](Operation *yield, unsigned number) {
    if (!llvm::is_contained(values, yield->getOperand(number))) {
      writes.push_back({yield, Value(), number});
    }
  };
  for (Value value : values) {
    auto result = dyn_cast<OpResult>(value);
    if (!result) {
      auto argument = cast<BlockArgument>(value);
      auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
      if (loop && !isFrag(value)) {
        unsigned number = argument.getArgNumber() - 1;
        addYield(loop.getBody()->getTerminator(), number);
        if (!llvm::is_contained(values, loop.getInitArgs()[number])) {
          writes.push_back(
              {loop, Value(), loop.getNumControlOperands() + number});
        }
      }
      continue;
    }
    if (auto branch = dyn_cast<scf::IfOp>(result.getOwner())) {
      if (!isFrag(value)) {
        addYield(branch.thenYield(), result.getResultNumber());
        addYield(branch.elseYield(), result.getResultNumber());
      }
    } else if (!isa<scf::ForOp>(result.getOwner())) {
      writes.push_back({result.getOwner(), value, 0});
    }
  }
  for (Value value : values) {
    for (OpOperand &use : value.getUses()) {
      for (const Write &write : writes) {
        if (write.written != value && readsAfter(value, use, write)) {
          return Conflict{value, &use, write.op};
        }
      }
    }
  }
  return std::nullopt;
}

} // namespace spak::cuda
