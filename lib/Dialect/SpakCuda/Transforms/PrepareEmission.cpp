// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Gives names: one C++ variable per class of tied values, one constant per
// other value that the text mentions more than once. Knows C++ identifiers,
// not C++ statements.
#include "StorageClasses.h"
#include "VariableNames.h"

#include "spak/Dialect/SpakCuda/Transforms/Passes.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace spak::cuda {

#define GEN_PASS_DEF_PREPAREEMISSION
#include "spak/Dialect/SpakCuda/Transforms/Passes.h.inc"

namespace {

/// How many columns an expression inside of another one may take.
constexpr unsigned kInnerColumns = 48;
/// Fragments of more registers are never copied.
constexpr int64_t kCopiedRegisters = 8;

/// Pure scalar arithmetic, which the text may write inside an expression.
bool isFoldable(Operation *op) {
  return op->getNumResults() == 1 && op->getNumRegions() == 0 &&
         (isa<HostAlignedOp, HostPresentOp>(op) ||
          isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
              op->getDialect()));
}

class Preparer {
public:
  explicit Preparer(FunctionOpInterface function) : function(function) {}

  LogicalResult run() {
    cloneFills();
    while (auto conflict = storage.build(function)) {
      if (!resolveByCopy(*conflict)) {
        return report(*conflict);
      }
      storage = StorageClasses();
    }
    nameArguments();
    for (ArrayRef<Value> values : storage.classes()) {
      nameClass(values);
    }
    function->walk<WalkOrder::PreOrder>([&](Operation *op) { nameOp(op); });
    writeNames();
    return success();
  }

private:
  /// Each use of a constant fragment gets its own: it is written, not copied.
  void cloneFills() {
    SmallVector<FragFillOp> fills;
    function->walk([&](FragFillOp fill) { fills.push_back(fill); });
    for (FragFillOp fill : fills) {
      for (OpOperand &use : llvm::make_early_inc_range(fill->getUses())) {
        OpBuilder builder(use.getOwner());
        use.set(builder.clone(*fill)->getResult(0));
      }
      fill.erase();
    }
  }

  /// Row statistics are few registers: the old and the new ones may live side
  /// by side, at the price of a copy at the end of the round.
  bool resolveByCopy(const StorageClasses::Conflict &conflict) {
    auto type = dyn_cast<FragType>(conflict.value.getType());
    if (!type || type.getCount() > kCopiedRegisters) {
      return false;
    }
    auto copyBefore = [](OpOperand &operand) {
      if (operand.get().getDefiningOp<FragCopyOp>()) {
        return false;
      }
      OpBuilder builder(operand.getOwner());
      operand.set(
          FragCopyOp::create(builder, operand.get().getLoc(), operand.get()));
      return true;
    };
    if (auto argument = dyn_cast<BlockArgument>(conflict.value)) {
      Operation *yield = argument.getOwner()->getTerminator();
      if (isa<scf::ForOp>(yield->getParentOp()) &&
          copyBefore(yield->getOpOperand(argument.getArgNumber() - 1))) {
        return true;
      }
    }
    // What the next round is handed may wait in registers of its own.
    for (OpResult written : conflict.write->getResults()) {
      for (OpOperand &use : written.getUses()) {
        if (written.getType() == type && isa<scf::YieldOp>(use.getOwner()) &&
            isa<scf::ForOp>(use.getOwner()->getParentOp()) && copyBefore(use)) {
          return true;
        }
      }
    }
    for (OpOperand &use : conflict.value.getUses()) {
      Operation *user = use.getOwner();
      bool ties = isa<scf::ForOp, scf::YieldOp>(user);
      for (OpResult result : user->getResults()) {
        ties |= getTiedOperand(result) == &use;
      }
      if (ties && copyBefore(use)) {
        return true;
      }
    }
    return false;
  }

  LogicalResult report(const StorageClasses::Conflict &conflict) {
    auto diagnostic = conflict.write->emitError(
        "overwrites a fragment that is still needed: a copy of a fragment "
        "cannot be printed");
    diagnostic.attachNote(conflict.value.getLoc())
        << "the fragment that is needed";
    diagnostic.attachNote(conflict.use->getOwner()->getLoc())
        << "its later use";
    return failure();
  }

  void nameArguments() {
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      auto given = function.getArgAttrOfType<StringAttr>(i, "spak.name");
      Value argument = function.getArgument(i);
      names[argument] =
          pool.pick(given ? given.getValue() : locationName(argument), "arg");
    }
  }

  /// What \p value is called after: of a loop's scalar argument, which keeps
  /// no location in a printed module, that is its initial value.
  static Value firstValue(Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    while (argument && !isa<FragType>(argument.getType())) {
      auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
      if (!loop || argument.getArgNumber() == 0) {
        break;
      }
      value = loop.getInitArgs()[argument.getArgNumber() - 1];
      argument = dyn_cast<BlockArgument>(value);
    }
    return value;
  }

  void nameClass(ArrayRef<Value> values) {
    StringRef given;
    for (Value value : values) {
      if (given.empty()) {
        given = locationName(firstValue(value));
      }
    }
    // The most telling name that any of the values has.
    auto isVague = [](StringRef text) {
      return text == "x" || text == "carried" || text == "tile";
    };
    std::string fallback = fallbackName(values.front());
    for (Value value : values) {
      std::string one = fallbackName(value);
      if ((isVague(fallback) && !isVague(one)) || fallback == "x") {
        fallback = one;
      }
    }
    std::string name = pool.pick(given, fallback);
    for (Value value : values) {
      names[value] = name;
      mutableValues.insert(value);
    }
    if (isa<FragType>(values.front().getType())) {
      declare(values, name);
    }
  }

  /// Declares a fragment in the innermost block that holds the whole class.
  void declare(ArrayRef<Value> values, StringRef name) {
    auto holder = [](Value value) {
      auto argument = dyn_cast<BlockArgument>(value);
      return argument ? argument.getOwner()->getParentOp()
                      : value.getDefiningOp();
    };
    Operation *first = holder(values.front());
    for (Value value : values) {
      Operation *op = holder(value);
      while (!first->getBlock()->findAncestorOpInBlock(*op)) {
        first = first->getParentOp();
      }
      Operation *ancestor = first->getBlock()->findAncestorOpInBlock(*op);
      if (ancestor->isBeforeInBlock(first)) {
        first = ancestor;
      }
    }
    OpBuilder builder(first);
    DeclareOp::create(builder, first->getLoc(), name, values.front().getType());
  }

  void nameOp(Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      Value variable = loop.getInductionVar();
      names[variable] = pool.pick(locationName(variable), "j");
      return;
    }
    if (auto map = dyn_cast<MapOp>(op)) {
      Block *block = map.getBlock();
      for (Value coord :
           block->getArguments().drop_front(map.getInputs().size())) {
        if (!coord.use_empty() && !coord.hasOneUse()) {
          names[coord] = pool.pick(locationName(coord), "at");
        }
      }
      return;
    }
    for (Value result : op->getResults()) {
      if (names.count(result) || !needsName(op, result)) {
        continue;
      }
      StringRef given = locationName(result);
      if (auto shared = dyn_cast<SharedOp>(op)) {
        given = shared.getName();
      }
      if (auto ring = dyn_cast<RingOp>(op)) {
        names[result] = pool.pick((ring.getName() + "_ring").str(), "ring");
        continue;
      }
      names[result] = pool.pick(given, fallbackName(result));
    }
  }

  bool needsName(Operation *op, Value result) {
    if (isa<arith::ConstantOp>(op) || result.use_empty()) {
      return false;
    }
    if (!isFoldable(op)) {
      return true;
    }
    if (!result.hasOneUse()) {
      return true;
    }
    // A loop's head is evaluated in every round.
    OpOperand &use = *result.getUses().begin();
    bool divides = isa<arith::DivUIOp, arith::DivSIOp>(op);
    // And one with sums of variables at both ends is hard to read.
    bool adds = isa<arith::AddIOp>(op) && use.getOperandNumber() == 0 &&
                !matchPattern(op->getOperand(1), m_Constant());
    if ((divides || adds) && isa<scf::ForOp>(use.getOwner())) {
      return true;
    }
    // What a map yields is a statement's right side, not an inner expression.
    bool isWhole = isa<YieldOp>(*result.getUsers().begin());
    if (!isWhole && columns(op) > kInnerColumns) {
      return true;
    }
    return !mayMove(op, *result.getUses().begin());
  }

  /// About how many columns \p op's expression takes.
  unsigned columns(Operation *op) {
    // An operator with its spaces; a call has a name and a bracket too.
    bool calls = isa<math::MathDialect>(op->getDialect()) ||
                 isa<arith::SelectOp, arith::ExtFOp, arith::TruncFOp>(op);
    unsigned sum = calls ? 8 : 0;
    for (Value operand : op->getOperands()) {
      sum += 3 + columns(operand);
    }
    return sum;
  }

  unsigned columns(Value value) {
    auto name = names.find(value);
    if (name != names.end()) {
      return name->second.size();
    }
    Operation *op = value.getDefiningOp();
    if (!op) {
      // One register of a fragment, or what a pattern says.
      return 16;
    }
    if (isa<arith::ConstantOp>(op)) {
      constexpr unsigned kInfinity = 16, kNumber = 4;
      return matchPattern(value, m_NegInfFloat()) ? kInfinity : kNumber;
    }
    return columns(op);
  }

  /// The variables with more than one value that \p op's expression reads.
  void collectMutable(Operation *op, SmallVectorImpl<Value> &found) {
    for (Value operand : op->getOperands()) {
      if (mutableValues.contains(operand)) {
        found.push_back(operand);
      } else if (Operation *definition = operand.getDefiningOp()) {
        if (!names.count(operand) && isFoldable(definition)) {
          collectMutable(definition, found);
        }
      }
    }
  }

  /// May \p op be evaluated where \p use stands?
  bool mayMove(Operation *op, OpOperand &use) {
    Operation *user = use.getOwner();
    if (user->getBlock() != op->getBlock()) {
      return false;
    }
    SmallVector<Value> read;
    collectMutable(op, read);
    if (auto loop = dyn_cast<scf::ForOp>(user)) {
      // Bounds are evaluated in every round, initial values once.
      return read.empty();
    }
    if (isa<scf::YieldOp>(user)) {
      // The yield assigns one variable after the other.
      auto own = yieldTarget(use);
      return own && llvm::all_of(read, [&](Value value) {
               return names[value] == names[own];
             });
    }
    if (read.empty()) {
      return true;
    }
    for (Operation *between = op->getNextNode(); between != user;
         between = between->getNextNode()) {
      if (between->getNumRegions() != 0) {
        return false;
      }
    }
    return user->getNumRegions() == 0 || isa<scf::IfOp>(user);
  }

  static Value yieldTarget(OpOperand &use) {
    Operation *parent = use.getOwner()->getParentOp();
    if (auto loop = dyn_cast<scf::ForOp>(parent)) {
      return loop.getRegionIterArg(use.getOperandNumber());
    }
    return parent->getResult(use.getOperandNumber());
  }

  void writeNames() {
    Builder builder(function->getContext());
    auto list = [&](ValueRange values) {
      SmallVector<Attribute> texts;
      for (Value value : values) {
        texts.push_back(builder.getStringAttr(names.lookup(value)));
      }
      return builder.getArrayAttr(texts);
    };
    function->walk([&](Operation *op) {
      if (op->getNumResults() != 0 && !isa<arith::ConstantOp>(op)) {
        op->setAttr(kNamesAttr, list(op->getResults()));
      }
      if (op->getNumRegions() == 1 && !op->getRegion(0).empty() &&
          op->getRegion(0).getNumArguments() != 0) {
        op->setAttr(kArgNamesAttr, list(op->getRegion(0).getArguments()));
      }
    });
  }

  FunctionOpInterface function;
  StorageClasses storage;
  NamePool pool;
  llvm::DenseMap<Value, std::string> names;
  llvm::DenseSet<Value> mutableValues;
};

struct PrepareEmission : impl::PrepareEmissionBase<PrepareEmission> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<FunctionOpInterface>()) {
      if (!isa<KernelOp, HostOp>(function)) {
        continue;
      }
      if (failed(Preparer(function).run())) {
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace spak::cuda
