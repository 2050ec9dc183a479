// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the decision of named properties. Must not know who asserts them.
#include "spak/Analysis/Predicates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

#include <set>

using namespace mlir;

namespace spak::analysis {

namespace {

Finding proved(const Twine &why) {
  return {Verdict::Proved, why.str(), std::nullopt};
}
Finding refuted(const Twine &why, Location where) {
  return {Verdict::Refuted, why.str(), where};
}
Finding unknown(const Twine &why) {
  return {Verdict::Unknown, why.str(), std::nullopt};
}

StringRef nameOf(Location loc) {
  if (auto name = loc->findInstanceOf<NameLoc>()) {
    return name.getName().getValue();
  }
  return "";
}

/// The argument of \p kernel called \p name; null if there is none.
Value argumentOf(ir::KernelOp kernel, StringRef name) {
  for (unsigned i = 0; i < kernel.getArgumentTypes().size(); ++i) {
    if (kernel.getArgName(i) == name) {
      return kernel.getBody().getArgument(i);
    }
  }
  return nullptr;
}

std::string joinNames(llvm::ArrayRef<std::string> names) {
  return names.empty() ? "none" : llvm::join(names, ", ");
}

std::vector<std::string> tensorNames(ir::KernelOp kernel) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < kernel.getArgumentTypes().size(); ++i) {
    if (isa<ir::ViewType>(kernel.getArgumentTypes()[i])) {
      names.push_back(kernel.getArgName(i));
    }
  }
  return names;
}

/// Whether the result of \p op at an index is made of its operands at that
/// index, perhaps with other axes added.
bool isElementwise(Operation *op) {
  if (isa<ir::MaskOp, ir::SelectOp, ir::ConvertOp, ir::ConvertLayoutOp,
          ir::BroadcastOp, ir::RampOp, ir::RoundedOp>(op)) {
    return true;
  }
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
         op->getNumResults() == 1 &&
         isa<ir::TileType>(op->getResult(0).getType());
}

/// Everything that is made of \p seeds element by element.
llvm::SetVector<Value> spreadOf(llvm::ArrayRef<Value> seeds) {
  llvm::SetVector<Value> all(seeds.begin(), seeds.end());
  for (size_t i = 0; i < all.size(); ++i) {
    for (OpOperand &use : all[i].getUses()) {
      Operation *op = use.getOwner();
      if (isElementwise(op)) {
        all.insert(op->getResult(0));
      } else if (auto loop = dyn_cast<ir::ForOp>(op)) {
        for (auto [init, arg, result] :
             llvm::zip_equal(loop.getInitArgs(), loop.getRegionIterArgs(),
                             loop.getResults())) {
          if (init == use.get()) {
            all.insert(arg);
            all.insert(result);
          }
        }
      } else if (auto yield = dyn_cast<ir::YieldOp>(op)) {
        if (auto loop = dyn_cast<ir::ForOp>(yield->getParentOp())) {
          all.insert(loop.getResults()[use.getOperandNumber()]);
          all.insert(loop.getRegionIterArgs()[use.getOperandNumber()]);
        }
      }
    }
  }
  return all;
}

} // namespace

void assumeLaunch(Prover &prover, ir::KernelOp kernel) {
  for (unsigned i = 0; i < kernel.getArgumentTypes().size(); ++i) {
    if (kernel.getKind(i) == "dim" || kernel.getKind(i) == "extent") {
      prover.assumeAtLeast(kernel.getBody().getArgument(i), 0);
    }
  }
  for (auto require : kernel.getOps<ir::RequireOp>()) {
    if (!require->hasAttr("invariant")) {
      prover.assume(require.getCond());
    }
  }
}

Finding isNotMaterialised(ir::KernelOp kernel, StringRef name) {
  llvm::SmallVector<Value> exact, folded;
  std::set<std::string> names;
  kernel.walk([&](Operation *op) {
    for (Value result : op->getResults()) {
      StringRef own = nameOf(op->getLoc());
      if (own.empty() || !isa<ir::TileType>(result.getType())) {
        continue;
      }
      names.insert(own.str());
      if (own == name) {
        exact.push_back(result);
      } else if (own.equals_insensitive(name)) {
        folded.push_back(result);
      }
    }
  });
  llvm::ArrayRef<Value> seeds = exact.empty() ? folded : exact;
  if (seeds.empty()) {
    std::vector<std::string> list(names.begin(), names.end());
    return unknown("no tile is called `" + name +
                   "`; tiles: " + joinNames(list));
  }
  llvm::SetVector<Value> all = spreadOf(seeds);
  Finding result = proved("no store writes `" + name + "`");
  kernel.walk([&](ir::StoreOp store) {
    if (all.contains(store.getTile())) {
      result = refuted("`" + name + "` is stored", store.getLoc());
    }
  });
  return result;
}

namespace {

/// Whether \p value is a maximum along an axis, perhaps spread over tiles or
/// raised from loop to loop.
bool isMaximum(Value value, std::set<const void *> &seen) {
  if (!seen.insert(value.getAsOpaquePointer()).second) {
    return false;
  }
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<ir::ForOp>(arg.getOwner()->getParentOp());
    if (!loop || arg.getArgNumber() == 0) {
      return false;
    }
    unsigned index = arg.getArgNumber() - 1;
    return isMaximum(loop.getYield()->getOperand(index), seen);
  }
  Operation *op = value.getDefiningOp();
  if (auto reduce = dyn_cast<ir::ReduceOp>(op)) {
    return reduce.getKind() == "max";
  }
  if (auto loop = dyn_cast<ir::ForOp>(op)) {
    unsigned index = cast<OpResult>(value).getResultNumber();
    return isMaximum(loop.getYield()->getOperand(index), seen);
  }
  if (isa<ir::BroadcastOp, ir::ConvertOp, ir::ConvertLayoutOp,
          arith::MaximumFOp, arith::MaxNumFOp, arith::MulFOp, arith::SelectOp,
          ir::SelectOp>(op)) {
    return llvm::any_of(op->getOperands(), [&](Value operand) {
      return isMaximum(operand, seen);
    });
  }
  return false;
}

/// Whether a maximum is subtracted in \p value, perhaps scaled after that.
bool hasMaximumSubtracted(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op) {
    return false;
  }
  if (isa<arith::SubFOp>(op)) {
    std::set<const void *> seen;
    return isMaximum(op->getOperand(1), seen);
  }
  if (isa<arith::MulFOp, arith::DivFOp, ir::MaskOp, ir::SelectOp, ir::ConvertOp,
          ir::ConvertLayoutOp, arith::SelectOp>(op)) {
    return llvm::any_of(op->getOperands(), hasMaximumSubtracted);
  }
  return false;
}

/// The op that raised the maxima which \p rows hold.
ir::SoftmaxAdvanceOp advanceOf(Value rows) {
  return rows.getDefiningOp<ir::SoftmaxAdvanceOp>();
}

/// Whether \p rows begin at a fixed maximum, because their scores are bounded.
bool isAtFixedMaximum(Value rows) {
  while (auto arg = dyn_cast<BlockArgument>(rows)) {
    auto loop = dyn_cast<ir::ForOp>(arg.getOwner()->getParentOp());
    if (!loop || arg.getArgNumber() == 0) {
      return false;
    }
    rows = loop.getInitArgs()[arg.getArgNumber() - 1];
  }
  if (auto before = rows.getDefiningOp<ir::SoftmaxProbsOp>()) {
    return isAtFixedMaximum(before.getRows());
  }
  auto begin = rows.getDefiningOp<ir::SoftmaxRowsOp>();
  return begin && begin.getAt();
}

} // namespace

Finding isMaxSubtracted(ir::KernelOp kernel) {
  unsigned count = 0;
  std::optional<Finding> bad;
  kernel.walk([&](Operation *op) {
    bool closed = isa<ir::SoftmaxUpdateOp>(op);
    if (auto probs = dyn_cast<ir::SoftmaxProbsOp>(op)) {
      ++count;
      ir::SoftmaxAdvanceOp advance = advanceOf(probs.getRows());
      if (!isAtFixedMaximum(probs.getRows()) &&
          (!advance || advance.getS() != probs.getS())) {
        bad = refuted("these scores have not raised the maximum that is "
                      "subtracted from them",
                      op->getLoc());
      }
    } else if (isa<math::ExpOp, math::Exp2Op>(op) &&
               isa<ir::TileType>(op->getOperand(0).getType())) {
      ++count;
      if (!hasMaximumSubtracted(op->getOperand(0))) {
        bad = refuted("the argument of this exp has no maximum subtracted",
                      op->getLoc());
      }
    }
    count += closed;
  });
  if (bad) {
    return *bad;
  }
  return count ? proved("in each of " + Twine(count) +
                        (count == 1 ? " exp" : " exps"))
               : unknown("the kernel has no exp");
}

namespace {

/// A variable that a store runs under.
struct Iteration {
  Value variable;
  Value count;
  int64_t tile = 1; ///< elements of a step
  std::string name;
};

/// The variables of the grid and of the loops around \p op; nothing if
/// something else is around it.
std::optional<std::vector<Iteration>> iterationsOf(Operation *op) {
  std::vector<Iteration> result;
  for (Operation *parent = op->getParentOp(); !isa<ir::KernelOp>(parent);
       parent = parent->getParentOp()) {
    auto add = [&](BlockArgument variable, Value count) {
      auto range = dyn_cast<ir::RangeType>(variable.getType());
      StringRef name = nameOf(variable.getLoc());
      result.push_back({variable, count, range ? range.getSize() : 1,
                        name.empty() ? "a variable" : name.str()});
    };
    if (auto grid = dyn_cast<ir::GridOp>(parent)) {
      for (auto [variable, extent] : llvm::zip_equal(
               grid.getRegion().getArguments(), grid.getExtents())) {
        add(variable, extent);
      }
    } else if (auto loop = dyn_cast<ir::ForOp>(parent)) {
      if (!isConstantIntValue(loop.getLower(), 0)) {
        return std::nullopt;
      }
      add(loop.getRange(), loop.getUpper());
    } else {
      return std::nullopt;
    }
  }
  return result;
}

Finding isStoredOnce(ir::StoreOp store, ir::KernelOp kernel,
                     const Prover &prover, const std::string &name) {
  if (store.getCombine()) {
    return refuted("`" + name + "` is combined with what is there",
                   store.getLoc());
  }
  std::optional<std::vector<Iteration>> iterations = iterationsOf(store);
  if (!iterations) {
    return unknown("the store of `" + name +
                   "` is under a condition, or in a loop that does not begin "
                   "at 0");
  }
  auto view = cast<ir::ViewType>(store.getView().getType());
  std::set<const void *> used;
  for (unsigned axis = 0; axis < view.getRank(); ++axis) {
    Value at = store.getAt()[axis];
    StringRef dim = view.getAxes()[axis].getValue();
    int64_t size = view.getShape()[axis];
    if (auto whole = at.getDefiningOp<ir::AllOp>()) {
      auto range = cast<ir::RangeType>(whole.getType());
      if (range.getSize() != size) {
        return unknown("axis `" + dim + "` of `" + name +
                       "` is stored in part");
      }
      continue;
    }
    auto own = llvm::find_if(*iterations, [&](const Iteration &each) {
      return each.variable == at;
    });
    if (own == iterations->end()) {
      return unknown("the index of `" + name + "` along `" + dim +
                     "` is computed");
    }
    if (!used.insert(at.getAsOpaquePointer()).second) {
      return refuted("`" + own->name + "` selects two axes of `" + name + "`",
                     store.getLoc());
    }
    Value extent =
        ShapedType::isDynamic(size) ? argumentOf(kernel, dim) : Value();
    if (ShapedType::isDynamic(size) && !extent) {
      return unknown("the extent of `" + name + "` along `" + dim +
                     "` has no name");
    }
    Verdict covers = prover.decideCovers(own->count, own->tile, extent, size);
    if (covers == Verdict::Refuted) {
      return refuted("`" + own->name + "` does not reach every element of `" +
                         name + "` along `" + dim + "`",
                     store.getLoc());
    }
    if (covers == Verdict::Unknown) {
      return unknown("whether `" + own->name + "` reaches every element of `" +
                     name + "` along `" + dim + "`");
    }
  }
  for (const Iteration &each : *iterations) {
    if (!used.count(each.variable.getAsOpaquePointer())) {
      return refuted("each step of `" + each.name + "` stores the same of `" +
                         name + "`",
                     store.getLoc());
    }
  }
  return proved("");
}

} // namespace

Finding isStoredOnce(ir::KernelOp kernel) {
  Prover prover;
  assumeLaunch(prover, kernel);
  std::vector<std::string> names;
  for (unsigned i = 0; i < kernel.getArgumentTypes().size(); ++i) {
    if (kernel.getKind(i) != "out") {
      continue;
    }
    Value view = kernel.getBody().getArgument(i);
    std::string name = kernel.getArgName(i);
    names.push_back(name);
    std::vector<ir::StoreOp> stores;
    kernel.walk([&](ir::StoreOp store) {
      if (store.getView() == view) {
        stores.push_back(store);
      }
    });
    if (stores.empty()) {
      return refuted("`" + name + "` is not stored", kernel.getLoc());
    }
    if (stores.size() > 1) {
      return unknown("`" + name + "` has " + Twine(stores.size()) + " stores");
    }
    Finding one = isStoredOnce(stores.front(), kernel, prover, name);
    if (one.verdict != Verdict::Proved) {
      return one;
    }
  }
  return proved("tiles cover the extents of " + joinNames(names) +
                " and do not meet");
}

Finding isDeterministic(ir::KernelOp kernel) {
  Finding result = proved("no float is added to what other blocks write");
  kernel.walk([&](ir::StoreOp store) {
    bool floats = isa<FloatType>(
        cast<ir::TileType>(store.getTile().getType()).getElementType());
    if (store.getCombine() == "add" && floats) {
      result = refuted("blocks add floats in any order", store.getLoc());
    }
  });
  return result;
}

Finding accumulatesWide(ir::KernelOp kernel) {
  unsigned count = 0;
  std::optional<Finding> bad;
  kernel.walk([&](ir::DotOp dot) {
    ++count;
    Type element =
        cast<ir::TileType>(dot.getResult().getType()).getElementType();
    if (!element.isF32() && !element.isInteger(32)) {
      bad = refuted("this product has 16-bit sums", dot.getLoc());
    }
  });
  if (bad) {
    return *bad;
  }
  return count ? proved("each of " + Twine(count) +
                        (count == 1 ? " product" : " products"))
               : unknown("the kernel has no product");
}

namespace {

/// The loads of the tensor \p name, or why there are none.
std::optional<Finding> loadsOf(ir::KernelOp kernel, StringRef name,
                               std::vector<ir::LoadOp> &loads) {
  Value view = argumentOf(kernel, name);
  if (!view || !isa<ir::ViewType>(view.getType())) {
    return unknown("no tensor is called `" + name +
                   "`; tensors: " + joinNames(tensorNames(kernel)));
  }
  kernel.walk([&](ir::LoadOp load) {
    if (load.getView() == view) {
      loads.push_back(load);
    }
  });
  if (loads.empty()) {
    return unknown("`" + name + "` is not loaded");
  }
  return std::nullopt;
}

/// Bytes that one row of a matrix instruction has, and rows that are read
/// together. Source: PTX ISA 8.5, 9.7.14.5.15 (ldmatrix: 8 rows of 16 bytes).
constexpr int64_t kRowBytes = 16;
constexpr int64_t kRows = 8;
/// Source: CUDA C++ Programming Guide, 16.4.3 (32 banks of 4 bytes).
constexpr int64_t kBankBytes = 128;

/// The most turns that one access of 8 rows of 16 bytes takes.
std::optional<int64_t> turnsOf(ir::TileType tile) {
  layout::Layout layout = tile.getLayoutAttr().toLayout();
  int64_t bytes = tile.getElementType().getIntOrFloatBitWidth() / 8;
  std::string inner;
  for (const layout::Digit &digit : layout.digits()) {
    if (digit.dim == layout::Hw::Off && digit.stride == 1 &&
        !digit.isReserved() && digit.extent > 1) {
      inner = digit.axis;
      break;
    }
  }
  std::string outer;
  for (StringAttr axis : tile.getAxes()) {
    if (axis.getValue() != inner && tile.axisSize(axis.getValue()) >= kRows) {
      outer = axis.getValue().str();
    }
  }
  if (inner.empty() || outer.empty() || bytes == 0) {
    return std::nullopt;
  }
  int64_t worst = 0;
  for (int64_t row = 0; row + kRows <= tile.axisSize(outer); row += kRows) {
    for (int64_t at = 0; at < tile.axisSize(inner); at += kRowBytes / bytes) {
      std::map<int64_t, int64_t> uses;
      for (int64_t i = 0; i < kRows; ++i) {
        layout::Coordinates place{{outer, row + i}, {inner, at}};
        worst = std::max(
            worst,
            ++uses[layout.byteOffset(place, bytes) % kBankBytes / kRowBytes]);
      }
    }
  }
  return worst;
}

} // namespace

Finding isStagedShared(ir::KernelOp kernel, StringRef name) {
  std::vector<ir::LoadOp> loads;
  if (std::optional<Finding> none = loadsOf(kernel, name, loads)) {
    return *none;
  }
  for (ir::LoadOp load : loads) {
    if (!load.getStaging()) {
      return unknown("the staging of `" + name + "` is not decided");
    }
    if (load.getStaging()->getVia() == "direct") {
      return refuted("this load of `" + name + "` goes to registers",
                     load.getLoc());
    }
  }
  return proved("through `" + loads.front().getStaging()->getVia() + "`");
}

Finding hasNoBankConflict(ir::KernelOp kernel, StringRef name) {
  std::vector<ir::LoadOp> loads;
  if (std::optional<Finding> none = loadsOf(kernel, name, loads)) {
    return *none;
  }
  unsigned shared = 0;
  for (ir::LoadOp load : loads) {
    auto tile = cast<ir::TileType>(load.getResult().getType());
    if (!tile.isShared()) {
      continue;
    }
    std::optional<int64_t> turns = turnsOf(tile);
    if (!turns) {
      return unknown("the layout of `" + name + "` has no rows of 16 bytes");
    }
    if (*turns > 1) {
      return refuted("8 rows of 16 bytes take " + Twine(*turns) + " turns",
                     load.getLoc());
    }
    ++shared;
  }
  return proved(shared ? "8 rows of 16 bytes lie in 32 different banks, "
                         "everywhere in the tile"
                       : "it does not lie in shared memory");
}

} // namespace spak::analysis
