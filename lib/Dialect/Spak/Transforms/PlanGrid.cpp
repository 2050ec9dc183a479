// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the order in which blocks take the tiles of a grid. Knows nothing of
// what a tile's work is, only how its loops' bounds depend on the tile.
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Requests.h"
#include "Trend.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANGRID
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// A range of a grid along which the work of a tile changes.
struct WorkTrend {
  /// -1 if there is none.
  int64_t variable = -1;
  /// The first tiles are the longest.
  bool shrinks = false;
};

/// The range of \p grid along which the work of a tile grows or shrinks. With
/// \p clamped also one where both ends of a loop move up: at its first tiles
/// the lower one has not left the axis' begin.
WorkTrend trendOfWork(GridOp grid, bool clamped = false) {
  for (BlockArgument arg : grid.getBody()->getArguments()) {
    if (!isa<RangeType>(arg.getType())) {
      continue;
    }
    bool grows = false, shrinks = false;
    grid.walk([&](ForOp loop) {
      Trend lower = trendOf(loop.getLower(), arg);
      Trend upper = trendOf(loop.getUpper(), arg);
      grows |= upper == Trend::Grows &&
               (lower == Trend::Constant || (clamped && lower == Trend::Grows));
      shrinks |= upper == Trend::Constant && lower == Trend::Grows;
    });
    if (grows != shrinks) {
      return {arg.getArgNumber(), shrinks};
    }
  }
  return {};
}

/// What is done to the natural raster, the first variable fastest.
struct Raster {
  enum Kind { Natural, LongestFirst, Grouped } kind = Natural;
  int64_t variable = 0;
  int64_t group = 0;
  std::string why = "default";
  /// Longest first: `variable` is run upwards.
  bool upwards = false;
  /// Longest first inside sections: so many values of this variable at a time,
  /// each with all of `variable`.
  std::optional<unsigned> section = std::nullopt;
};

class PlanGridPass : public impl::PlanGridBase<PlanGridPass> {
public:
  using PlanGridBase::PlanGridBase;

  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      Requests requests(kernel);
      for (GridOp grid : kernel.getBody().front().getOps<GridOp>()) {
        if (!grid.getOrderAttr() && failed(plan(grid, requests))) {
          return signalPassFailure();
        }
      }
    }
  }

private:
  LogicalResult plan(GridOp grid, const Requests &requests);
  FailureOr<Raster> readRaster(GridOp grid, const Requests &requests);
  Raster chooseRaster(GridOp grid, const Requests &requests);
  LogicalResult planTail(GridOp grid, const Requests &requests);
  LogicalResult planOverlap(GridOp grid, const Requests &requests);
};

/// The first range of \p grid; -1 if there is none.
int64_t firstRange(GridOp grid) {
  for (BlockArgument arg : grid.getBody()->getArguments()) {
    if (isa<RangeType>(arg.getType())) {
      return arg.getArgNumber();
    }
  }
  return -1;
}

/// The grouping that a request `group_<variable>` asks for.
std::optional<Raster> readGroup(GridOp grid, const Requests &requests) {
  for (unsigned i = 0; i < grid.getBody()->getNumArguments(); ++i) {
    auto asked = requests.number("group_" + grid.variableName(i));
    if (asked && asked->value > 0) { // 0 asks for none
      return Raster{Raster::Grouped, i, asked->value, asked->why};
    }
  }
  return std::nullopt;
}

/// Cuts the longest-first raster \p raster into the sections that a request
/// `group_<variable>` asks for: what is read again and again stays in the L2
/// cache while a section runs.
void addSections(Raster &raster, GridOp grid, const Requests &requests) {
  std::optional<Raster> group = readGroup(grid, requests);
  if (group && group->variable != raster.variable) {
    raster.section = group->variable;
    raster.group = group->group;
    raster.why += ", in sections by " + group->why;
  }
}

FailureOr<Raster> PlanGridPass::readRaster(GridOp grid,
                                           const Requests &requests) {
  Raster raster;
  raster.why = "request `raster`";
  StringRef text = requests.text("raster");
  if (text == "natural") {
    return raster;
  }
  if (text == "by_work") {
    return chooseRaster(grid, requests);
  }
  if (text == "longest_first") {
    WorkTrend trend = trendOfWork(grid, /*clamped=*/true);
    if (trend.variable < 0) {
      return grid.emitOpError("request `raster` = longest_first: the work of "
                              "a tile grows along no range of this grid");
    }
    raster.kind = Raster::LongestFirst;
    raster.variable = trend.variable;
    raster.upwards = trend.shrinks;
    addSections(raster, grid, requests);
    return raster;
  }
  if (text != "grouped") {
    return grid.emitOpError(
               "request `raster`: expected \"by_work\", "
               "\"natural\", \"longest_first\" or \"grouped\", got ")
           << requests.request("raster");
  }
  if (std::optional<Raster> grouped = readGroup(grid, requests)) {
    return *grouped;
  }
  raster.variable = firstRange(grid);
  if (raster.variable < 0) {
    return grid.emitOpError("request `raster` = grouped: this grid has no "
                            "range to group");
  }
  raster.kind = Raster::Grouped;
  raster.group = defaultGroup;
  return raster;
}

Raster PlanGridPass::chooseRaster(GridOp grid, const Requests &requests) {
  Raster raster;
  WorkTrend trend = trendOfWork(grid);
  if (trend.variable >= 0) {
    raster.kind = Raster::LongestFirst;
    raster.variable = trend.variable;
    raster.upwards = trend.shrinks;
    raster.why = trend.shrinks ? "a loop's lower bound grows along it"
                               : "a loop's upper bound grows along it";
    addSections(raster, grid, requests);
    return raster;
  }
  if (std::optional<Raster> grouped = readGroup(grid, requests)) {
    return *grouped;
  }
  int64_t ranges =
      llvm::count_if(grid.getBody()->getArgumentTypes(),
                     [](Type type) { return isa<RangeType>(type); });
  if (ranges >= 2) {
    raster.kind = Raster::Grouped;
    raster.variable = firstRange(grid);
    raster.group = defaultGroup;
    raster.why = "default for a grid of two ranges";
  }
  return raster;
}

LogicalResult PlanGridPass::plan(GridOp grid, const Requests &requests) {
  StringRef schedule = "one_per_cta";
  std::string why = "default";
  if (requests.request("order")) {
    schedule = requests.text("order");
    why = "request `order`";
    if (!OrderAttr::isSchedule(schedule)) {
      return grid.emitOpError("request `order`: expected \"one_per_cta\", "
                              "\"persistent_static\", \"persistent_snake\", "
                              "\"persistent_paired\" or "
                              "\"persistent_dynamic\", got ")
             << requests.request("order");
    }
  }
  if (auto asked = dyn_cast_or_null<BoolAttr>(requests.request("persistent"))) {
    StringRef wanted = asked.getValue() ? "persistent_static" : "one_per_cta";
    bool agrees = asked.getValue() == (schedule != "one_per_cta");
    if (requests.request("order") && agrees) {
      wanted = schedule;
    } else if (requests.request("order")) {
      return grid.emitOpError("request `persistent` = ")
             << (asked.getValue() ? "true" : "false")
             << " contradicts request `order` = " << schedule;
    }
    schedule = wanted;
    why = "request `persistent`";
  }
  if (schedule == "persistent_dynamic" &&
      !grid->getParentOfType<KernelOp>().getRolesAttr()) {
    return grid.emitOpError("request `order` = persistent_dynamic needs a role "
                            "that only fetches tiles, to claim them for the "
                            "others: no load of this kernel is staged");
  }
  Raster raster = chooseRaster(grid, requests);
  if (requests.request("raster")) {
    FailureOr<Raster> read = readRaster(grid, requests);
    if (failed(read)) {
      return failure();
    }
    raster = *read;
  }
  MLIRContext *context = grid.getContext();
  Builder b(context);
  bool paired = schedule == "persistent_paired";
  if (paired && (raster.kind != Raster::LongestFirst || raster.section)) {
    return grid.emitOpError("request `order` = persistent_paired needs a range "
                            "along which the work of a tile grows, and no "
                            "sections");
  }
  SmallVector<Attribute> fastest;
  if (paired) {
    fastest.push_back(b.getStringAttr(grid.variableName(raster.variable)));
  }
  if (raster.section) {
    // A section's values inside the long range, all else around both.
    fastest.push_back(b.getStringAttr(grid.variableName(*raster.section)));
    fastest.push_back(b.getStringAttr(grid.variableName(raster.variable)));
  }
  for (unsigned i = 0; i < grid.getBody()->getNumArguments(); ++i) {
    bool placed =
        i == raster.variable || (raster.section && i == *raster.section);
    if (raster.kind != Raster::LongestFirst || !placed) {
      fastest.push_back(b.getStringAttr(grid.variableName(i)));
    }
  }
  SmallVector<NamedAttribute> params;
  std::string name = grid.variableName(raster.variable);
  if (raster.kind == Raster::LongestFirst) {
    if (raster.section) {
      params.push_back(
          b.getNamedAttr("group_" + grid.variableName(*raster.section),
                         b.getI64IntegerAttr(raster.group)));
    } else if (!paired) {
      // Slowest, so that all the long tiles of the grid come first.
      fastest.push_back(b.getStringAttr(name));
    }
    if (paired || !raster.upwards) {
      params.push_back(b.getNamedAttr(
          name, b.getStringAttr(paired ? "paired" : "longest_first")));
    }
    remark(grid,
           paired ? "a long tile of `" + name + "`, then a short one"
                  : "longest tiles of `" + name + "` first",
           raster.why);
  } else if (raster.kind == Raster::Grouped) {
    params.push_back(
        b.getNamedAttr("group_" + name, b.getI64IntegerAttr(raster.group)));
    remark(grid,
           "groups of " + llvm::Twine(raster.group) + " along `" + name + "`",
           raster.why);
  }
  grid.setOrderAttr(OrderAttr::get(context, schedule, b.getArrayAttr(fastest),
                                   b.getDictionaryAttr(params)));
  remark(grid, "schedule " + schedule, why);
  return failure(failed(planTail(grid, requests)) ||
                 failed(planOverlap(grid, requests)));
}

/// What makes \p value differ from one tile of \p grid to the next: a variable
/// of the grid, or an op that is no arithmetic; null if nothing does.
Value variesBy(GridOp grid, Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    return argument.getOwner() == grid.getBody() ? value : Value();
  }
  Operation *def = value.getDefiningOp();
  if (!grid->isProperAncestor(def)) {
    return {};
  }
  if (!isPure(def) || def->getNumRegions() != 0) {
    return value;
  }
  for (Value operand : def->getOperands()) {
    if (Value found = variesBy(grid, operand)) {
      return found;
    }
  }
  return {};
}

/// Decides whether the tiles that fill no whole round are cut.
LogicalResult PlanGridPass::planTail(GridOp grid, const Requests &requests) {
  if (!requests.request("tail")) {
    return success();
  }
  StringRef text = requests.text("tail");
  if (text == "whole") {
    return success();
  }
  OrderAttr order = grid.getOrderAttr();
  if (text != "split") {
    return grid.emitOpError("request `tail`: expected \"whole\" or "
                            "\"split\", got ")
           << requests.request("tail");
  }
  if (order.getSchedule() != "persistent_static") {
    return grid.emitOpError("request `tail` = split needs `order` = "
                            "persistent_static, whose last round is known to "
                            "all blocks, got ")
           << order.getSchedule();
  }
  int64_t loops = llvm::range_size(grid.getBody()->getOps<ForOp>());
  if (loops != 1) {
    return grid.emitOpError("request `tail` = split needs a tile with one "
                            "loop to cut, got ")
           << loops;
  }
  ForOp loop = *grid.getBody()->getOps<ForOp>().begin();
  for (Value bound : {loop.getLower(), loop.getUpper()}) {
    Value why = variesBy(grid, bound);
    if (!why) {
      continue;
    }
    auto variable = dyn_cast<BlockArgument>(why);
    InFlightDiagnostic diag =
        loop.emitOpError("request `tail` = split needs as many steps in every "
                         "tile, but a bound of this loop depends on ");
    if (variable) {
      diag << "`" << grid.variableName(variable.getArgNumber()) << "`";
    } else {
      diag << "what the tile reads";
      diag.attachNote(why.getLoc()) << "here";
    }
    return diag;
  }
  Builder b(grid.getContext());
  NamedAttrList params(order.getParams());
  params.set("tail", b.getStringAttr("split"));
  grid.setOrderAttr(OrderAttr::get(grid.getContext(), order.getSchedule(),
                                   order.getFastest(),
                                   params.getDictionary(grid.getContext())));
  remark(grid, "the tiles of the last round are cut along their loop",
         "request `tail`");
  return success();
}

/// Decides whether the end of a tile runs beside the beginning of the next.
LogicalResult PlanGridPass::planOverlap(GridOp grid, const Requests &requests) {
  auto asked = dyn_cast_or_null<BoolAttr>(requests.request("overlap_tiles"));
  if (!asked || !asked.getValue()) {
    return success();
  }
  if (!grid.getOrderAttr().isPersistent()) {
    return grid.emitOpError("request `overlap_tiles` needs a persistent "
                            "`order`, in which a block has a next tile, got ")
           << grid.getOrderAttr().getSchedule();
  }
  auto loops = grid.getBody()->getOps<ForOp>();
  bool overlaps = llvm::hasSingleElement(loops) &&
                  (*loops.begin()).getOverlapAttr() &&
                  (*loops.begin()).getOverlapAttr().getDistance() > 0;
  if (!overlaps) {
    return grid.emitOpError("request `overlap_tiles` needs a tile with one "
                            "loop, in which iterations overlap");
  }
  grid.setOverlapAttr(
      OverlapAttr::get(grid.getContext(), 1, false,
                       StringAttr::get(grid.getContext(), "always")));
  remark(grid, "the end of a tile runs beside the beginning of the next",
         "request `overlap_tiles`");
  return success();
}

} // namespace
} // namespace spak::ir
