// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: in how many pieces a late product of a rotated loop is issued, where
// the turn at the tensor core is handed on, and where accumulators are scaled
// among the exponentials. Obeys plan-overlap's stages; knows no tensor.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Requests.h"
#include "Stages.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANISSUE
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// What one step of a product contracts: the k of wgmma for 16-bit types
/// (PTX ISA 8.5, 9.7.14.5.1).
constexpr int64_t kStep = 16;

/// The tensor that a shared operand of \p dot is loaded from by the innermost
/// loop; empty if none is.
StringRef loadedTensor(DotOp dot) {
  for (Value operand : {dot.getB(), dot.getA()}) {
    auto load = operand.getDefiningOp<LoadOp>();
    if (load && load->getBlock() == dot->getBlock()) {
      return sourceName(load.getView());
    }
  }
  return {};
}

/// Issues one product in pieces.
class Pieces {
public:
  Pieces(ForOp loop, DotOp dot) : loop(loop), dot(dot) {
    auto [from, count] = dot.contracted();
    begin = from / kStep;
    steps = count / kStep;
  }

  /// Whether a cut behind step \p at leaves two pieces.
  bool cuts(int64_t at) const { return at > 0 && at < steps; }
  int64_t count() const { return steps; }

  /// Cuts behind the steps \p split and \p handOff where they cut; the pieces
  /// from \p split on are issued right before the product is read.
  void write(int64_t split, int64_t handOff, bool marks);

private:
  ForOp loop;
  DotOp dot;
  int64_t begin = 0;
  int64_t steps = 0;
};

void Pieces::write(int64_t split, int64_t handOff, bool marks) {
  SmallVector<int64_t> ends;
  for (int64_t at : {split, handOff, steps}) {
    if ((cuts(at) || at == steps) && !llvm::is_contained(ends, at)) {
      ends.push_back(at);
    }
  }
  llvm::sort(ends);
  SmallVector<Operation *> order = opsInRotatedOrder(loop);
  int64_t stage = stageOf(dot)->stage;
  OpBuilder b(dot);
  Value acc = dot.getAcc();
  SmallVector<DotOp> early, late;
  int64_t at = 0;
  for (int64_t end : ends) {
    auto piece = cast<DotOp>(b.clone(*dot));
    if (ends.size() > 1) {
      piece.setPart(
          ArrayRef<int64_t>{(begin + at) * kStep, (end - at) * kStep});
    }
    if (at > 0) {
      piece.getAccMutable().assign(acc);
    }
    piece.setHandOff(marks && end == handOff);
    acc = piece.getResult();
    (cuts(split) && at >= split ? late : early).push_back(piece);
    at = end;
  }
  // The first op, as the rotated body runs, that reads the whole product.
  auto readsIt = [&](Operation *op) {
    return llvm::any_of(dot->getUsers(), [&](Operation *user) {
      return ancestorInBody(loop, user) == op;
    });
  };
  auto carriesIt = [&](Operation *op) {
    bool reads = false;
    forEachOutsideOperand(op, [&](Value value) {
      auto arg = dyn_cast<BlockArgument>(value);
      reads |= arg && arg.getOwner() == loop.getBody() &&
               arg.getArgNumber() > 0 &&
               yieldedFor(loop, arg) == dot.getResult();
    });
    return reads;
  };
  SmallVector<Operation *> placed;
  bool passed = false, done = late.empty();
  for (Operation *op : order) {
    if (op == dot.getOperation()) {
      placed.append(early.begin(), early.end());
      passed = true;
      continue;
    }
    if (passed && !done && (readsIt(op) || carriesIt(op))) {
      placed.append(late.begin(), late.end());
      done = true;
    }
    placed.push_back(op);
  }
  if (!done) {
    placed.append(late.begin(), late.end());
  }
  for (DotOp piece : llvm::concat<DotOp>(early, late)) {
    setStage(piece, {stage, 0});
  }
  dot.getResult().replaceAllUsesWith(acc);
  dot.erase();
  renumber(placed);
}

class PlanIssuePass : public impl::PlanIssueBase<PlanIssuePass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      if (failed(planProducts(kernel)) || failed(planRescale(kernel)) ||
          failed(planWaits(kernel))) {
        return signalPassFailure();
      }
    }
  }

private:
  LogicalResult planProducts(KernelOp kernel);
  LogicalResult planRescale(KernelOp kernel);
  LogicalResult planAhead(KernelOp kernel, const Ground &ahead);
  LogicalResult planWaits(KernelOp kernel);
};

/// The requests `<prefix><tensor>` of \p kernel that no product obeyed.
LogicalResult checkObeyed(KernelOp kernel, StringRef prefix,
                          ArrayRef<std::string> obeyed) {
  RequestAttr requests = kernel.getRequestAttr();
  if (!requests) {
    return success();
  }
  for (NamedAttribute entry : requests.getEntries()) {
    StringRef name = entry.getName();
    auto number = dyn_cast<IntegerAttr>(entry.getValue());
    if (!name.starts_with(prefix) || (number && number.getInt() == 0) ||
        llvm::is_contained(obeyed, name)) {
      continue;
    }
    return kernel.emitOpError("request `")
           << name << "` is about a product with tensor `"
           << name.drop_front(prefix.size())
           << "` that runs beside the first product of the next iteration; "
              "there is none (see request `overlap`)";
  }
  return success();
}

LogicalResult PlanIssuePass::planProducts(KernelOp kernel) {
  Requests requests(kernel);
  SmallVector<DotOp> dots;
  kernel.walk([&](DotOp dot) {
    std::optional<Stage> stage = stageOf(dot);
    if (stage && stage->stage == 1 && dot.getInstr()) {
      dots.push_back(dot);
    }
  });
  SmallVector<std::string> obeyed;
  for (DotOp dot : dots) {
    StringRef tensor = loadedTensor(dot);
    if (tensor.empty()) {
      continue;
    }
    auto loop = cast<ForOp>(dot->getParentOp());
    std::optional<Ground> split = requests.number(("split_" + tensor).str());
    std::optional<Ground> hand = requests.number(("hand_off_" + tensor).str());
    obeyed.push_back(("split_" + tensor).str());
    bool turns = loop.getOverlapAttr() && loop.getOverlapAttr().getPingpong();
    if (hand && hand->value > 0 && !turns) {
      return dot.emitOpError()
             << hand->why << " asks to hand on a turn at the tensor core "
             << "behind step " << hand->value
             << " of this product, but its loop takes no turns (see request "
                "`overlap`)";
    }
    obeyed.push_back(("hand_off_" + tensor).str());
    if (dot.getPart()) {
      continue;
    }
    Pieces pieces(loop, dot);
    int64_t cut = split ? split->value : 0;
    int64_t handOff = hand && hand->value > 0 ? hand->value : cut;
    if (!pieces.cuts(cut) && !pieces.cuts(handOff)) {
      continue;
    }
    if (pieces.cuts(cut)) {
      remark(dot,
             "steps 0 to " + llvm::Twine(cut - 1) + " of " +
                 llvm::Twine(pieces.count()) +
                 " are issued first, the others right before the sum is read",
             split->why);
    }
    if (turns && pieces.cuts(handOff)) {
      remark(dot,
             "the turn is handed on behind step " + llvm::Twine(handOff - 1),
             hand && hand->value > 0 ? hand->why : split->why);
    }
    pieces.write(cut, handOff, turns && pieces.cuts(handOff));
  }
  return failure(failed(checkObeyed(kernel, "split_", obeyed)) ||
                 failed(checkObeyed(kernel, "hand_off_", obeyed)));
}

/// Lets the first exponentials of a thread run before the accumulator of the
/// late product is awaited.
LogicalResult PlanIssuePass::planAhead(KernelOp kernel, const Ground &ahead) {
  bool any = false;
  kernel.walk([&](SoftmaxRescaleOp rescale) {
    if (!isa<ForOp>(rescale->getParentOp()) || !stageOf(rescale)) {
      return;
    }
    any = true;
    rescale.setAfter(ahead.value);
    remark(rescale,
           "done after the exponentials of a thread's first " +
               llvm::Twine(ahead.value) + " scores",
           ahead.why);
  });
  // Where no maximum is subtracted there is no accumulator to scale: all
  // exponentials run ahead.
  bool fixed = kernel
                   .walk([](SoftmaxRowsOp rows) {
                     return rows.getAt() ? WalkResult::interrupt()
                                         : WalkResult::advance();
                   })
                   .wasInterrupted();
  if (!any && !fixed) {
    return kernel.emitOpError(ahead.why)
           << " is about an accumulator that is scaled while a product of "
              "another iteration runs; there is none (see request `overlap`)";
  }
  return success();
}

/// Checks that \p loop can await what the next iteration reads while this
/// one's operands are in use, as \p why asks.
LogicalResult checkTwoSlots(ForOp loop, StringRef why) {
  for (LoadOp load : loop.getBody()->getOps<LoadOp>()) {
    StagingAttr staging = load.getStagingAttr();
    if (staging && staging.getVia() == "tma" && staging.getSlots() < 2) {
      return load.emitOpError("has 1 slot; ")
             << why
             << " awaits operands of the next iteration while this one's are "
                "in use, which needs 2";
    }
  }
  return success();
}

/// Keeps the wait for a late product behind the work that makes its operand
/// for the next iteration.
LogicalResult PlanIssuePass::planWaits(KernelOp kernel) {
  auto asked =
      dyn_cast_or_null<BoolAttr>(Requests(kernel).request("pin_waits"));
  if (!asked || !asked.getValue()) {
    return success();
  }
  bool any = false;
  WalkResult result = kernel.walk([&](DotOp dot) {
    std::optional<Stage> stage = stageOf(dot);
    Value operand = dot.getA();
    while (auto moved = operand.getDefiningOp<ConvertLayoutOp>()) {
      operand = moved.getSrc();
    }
    auto convert = operand.getDefiningOp<ConvertOp>();
    if (!stage || stage->stage != 1 || !convert ||
        convert->getBlock() != dot->getBlock()) {
      return WalkResult::advance();
    }
    if (failed(checkTwoSlots(cast<ForOp>(dot->getParentOp()),
                             "request `pin_waits`"))) {
      return WalkResult::interrupt();
    }
    any = true;
    convert.setAwaitNext(true);
    remark(convert, "awaits the next operands before the last product",
           "request `pin_waits`");
    return WalkResult::advance();
  });
  if (!any && !result.wasInterrupted()) {
    return kernel.emitOpError("request `pin_waits` is about an element-wise "
                              "result that a product of another iteration "
                              "reads; there is none (see request `overlap`)");
  }
  return failure(result.wasInterrupted());
}

LogicalResult PlanIssuePass::planRescale(KernelOp kernel) {
  StringRef place = Requests(kernel).text("rescale");
  std::optional<Ground> ahead = Requests(kernel).number("exponentials_ahead");
  bool isFirst = place.empty() || place == "first";
  if (ahead && ahead->value > 0) {
    return isFirst ? planAhead(kernel, *ahead)
                   : kernel.emitOpError("requests `exponentials_ahead` and "
                                        "`rescale` = \"")
                         << place << "\" both say where accumulators are "
                         << "scaled";
  }
  if (isFirst) {
    return success();
  }
  bool pins = place == "pinned";
  if (!pins && place != "between_rows") {
    return kernel.emitOpError("request `rescale`: expected \"first\", "
                              "\"between_rows\" or \"pinned\", got ")
           << Requests(kernel).request("rescale");
  }
  bool any = false;
  WalkResult result = kernel.walk([&](SoftmaxRescaleOp rescale) {
    auto loop = dyn_cast<ForOp>(rescale->getParentOp());
    if (!loop || !stageOf(rescale)) {
      return WalkResult::advance();
    }
    if (pins && failed(checkTwoSlots(loop, "request `rescale` = \"pinned\""))) {
      return WalkResult::interrupt();
    }
    any = true;
    rescale.setBetweenRows(true);
    rescale.setAwaitNext(pins);
    remark(rescale,
           pins ? "done between the exponentials of a thread's rows, behind "
                  "the wait for the next operands"
                : "done between the exponentials of a thread's rows",
           "request `rescale`");
    return WalkResult::advance();
  });
  if (!any && !result.wasInterrupted()) {
    return kernel.emitOpError("request `rescale` = \"")
           << place << "\" is about an accumulator that is scaled while a "
           << "product of another iteration runs; there is none (see request "
              "`overlap`)";
  }
  return failure(result.wasInterrupted());
}

} // namespace
} // namespace spak::ir
