// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which blocks form clusters and which loads they share. Knows nothing
// of barriers: what sharing costs the rings is the lowering's.
#include "spak/Dialect/Spak/IR/SpakCluster.h"
#include "spak/Dialect/Spak/Transforms/Passes.h"

#include "Requests.h"
#include "TileLayouts.h"
#include "Trend.h"

using namespace mlir;

namespace spak::ir {
#define GEN_PASS_DEF_PLANCLUSTER
#include "spak/Dialect/Spak/Transforms/Passes.h.inc"

namespace {

/// Swizzles repeat after this many rows (PTX ISA 8.5, 9.7.14.5.1).
constexpr int64_t kSwizzledRows = 8;

/// Whether \p blocks blocks can fetch equal parts of \p tile, each part a
/// number of whole slabs or, of every slab, of whole swizzle patterns.
bool canShare(TileType tile, int64_t blocks) {
  LayoutAttr layout = layoutOf(tile);
  if (!layout || !layout.isShared()) {
    return false;
  }
  StringAttr inner = layout.getAxes().front();
  int64_t slabs = 1, rows = 1, rowDigits = 0;
  for (auto [extent, axis] : llvm::drop_begin(
           llvm::zip_equal(layout.getExtents(), layout.getAxes()))) {
    (axis == inner ? slabs : rows) *= extent;
    rowDigits += axis != inner;
  }
  return slabs % blocks == 0 ||
         (rowDigits == 1 && rows % (blocks * kSwizzledRows) == 0);
}

class ClusterPlan {
public:
  ClusterPlan(GridOp grid, const Requests &requests)
      : grid(grid), requests(requests) {}

  LogicalResult run();

private:
  /// The request that asks for more than one block, if any does.
  FailureOr<std::optional<Cluster>> asked();
  LogicalResult checkLoops(LoadOp load);
  LogicalResult checkBound(ForOp loop, Value bound);

  GridOp grid;
  const Requests &requests;
  Cluster cluster;
  std::string why;
};

FailureOr<std::optional<Cluster>> ClusterPlan::asked() {
  std::optional<Cluster> found;
  for (unsigned i = 0; i < grid.getExtents().size(); ++i) {
    std::string name = grid.variableName(i);
    auto wanted = requests.number((kClusterParam + name).str());
    if (!wanted || wanted->value == 1) {
      continue;
    }
    if (wanted->value < 1) {
      return grid.emitOpError("expected a cluster of 1 block or more along `")
             << name << "`, got " << wanted->value << " (" << wanted->why
             << ")";
    }
    if (found) {
      return grid.emitOpError("blocks form clusters along one variable, got "
                              "requests for `")
             << found->name << "` and `" << name << "`";
    }
    found = Cluster{i, name, wanted->value};
    why = wanted->why;
  }
  return found;
}

/// Blocks that fill each other's rings make the same number of steps.
LogicalResult ClusterPlan::checkBound(ForOp loop, Value bound) {
  if (sameInCluster(bound, cluster.name)) {
    return success();
  }
  Value variable = grid.getBody()->getArgument(cluster.variable);
  Trend trend = isa<RangeType>(variable.getType()) ? trendOf(bound, variable)
                                                   : Trend::Unknown;
  bool masked = loop.walk([](MaskOp) { return WalkResult::interrupt(); })
                    .wasInterrupted();
  if (trend != Trend::Unknown && trend != Trend::Constant && masked) {
    return success();
  }
  InFlightDiagnostic diag =
      loop.emitOpError("has a bound that is another one in each block of a "
                       "cluster along `")
      << cluster.name << "`, where the blocks must make the same steps (" << why
      << ")";
  diag.attachNote(bound.getLoc())
      << (masked ? "it does not simply grow or shrink along the variable"
                 : "no mask in the loop cuts what lies beyond it");
  return diag;
}

LogicalResult ClusterPlan::checkLoops(LoadOp load) {
  for (auto loop = load->getParentOfType<ForOp>(); loop;
       loop = loop->getParentOfType<ForOp>()) {
    if (failed(checkBound(loop, loop.getLower())) ||
        failed(checkBound(loop, loop.getUpper()))) {
      return failure();
    }
  }
  return success();
}

LogicalResult ClusterPlan::run() {
  OrderAttr order = grid.getOrderAttr();
  if (!order || clusterOf(grid)) {
    return success();
  }
  FailureOr<std::optional<Cluster>> wanted = asked();
  if (failed(wanted) || !*wanted) {
    return failure(failed(wanted));
  }
  cluster = **wanted;
  if (order.isDynamic()) {
    return grid.emitOpError("blocks of a cluster take neighbouring tiles (")
           << why << "), but with persistent_dynamic each claims its own";
  }
  if (!requests.can("cluster")) {
    return grid.emitOpError()
           << requests.arch() << " has no clusters of blocks (" << why << ")";
  }
  MLIRContext *context = grid.getContext();
  BlockArgument variable = grid.getBody()->getArgument(cluster.variable);
  SmallVector<LoadOp> shared;
  WalkResult result = grid.walk([&](LoadOp load) {
    StagingAttr staging = load.getStagingAttr();
    bool same = staging && staging.getVia() == "tma" &&
                llvm::all_of(load.getAt(), [&](Value index) {
                  return sameInCluster(index, cluster.name) ||
                         divisorOver(index, variable);
                });
    if (!same) {
      return WalkResult::advance();
    }
    if (!canShare(load.getTile().getType(), cluster.blocks)) {
      remark(load,
             "`" + sourceName(load.getView()) + "` is fetched by each block",
             "its tile does not divide into " + Twine(cluster.blocks) +
                 " equal parts");
      return WalkResult::advance();
    }
    if (failed(checkLoops(load))) {
      return WalkResult::interrupt();
    }
    shared.push_back(load);
    return WalkResult::advance();
  });
  if (result.wasInterrupted()) {
    return failure();
  }
  if (shared.empty()) {
    return grid.emitOpError("blocks that are neighbours along `")
           << cluster.name << "` have no tile in common that they could fetch "
           << "together (" << why << ")";
  }
  for (LoadOp load : shared) {
    load.setStagingAttr(StagingAttr::get(
        context, "tma", load.getStagingAttr().getSlots(), cluster.blocks));
    remark(load,
           "`" + sourceName(load.getView()) + "` is fetched once for " +
               Twine(cluster.blocks) + " blocks",
           "the same tile along `" + cluster.name + "`");
  }
  NamedAttrList params(order.getParams());
  params.set(kClusterParam.str() + cluster.name,
             IntegerAttr::get(IntegerType::get(context, 64), cluster.blocks));
  grid.setOrderAttr(OrderAttr::get(context, order.getSchedule(),
                                   order.getFastest(),
                                   params.getDictionary(context)));
  remark(grid,
         "clusters of " + Twine(cluster.blocks) + " blocks along `" +
             cluster.name + "`",
         why);
  return success();
}

class PlanClusterPass : public impl::PlanClusterBase<PlanClusterPass> {
public:
  void runOnOperation() override {
    for (KernelOp kernel : getOperation().getOps<KernelOp>()) {
      Requests requests(kernel);
      for (GridOp grid : kernel.getBody().front().getOps<GridOp>()) {
        if (failed(ClusterPlan(grid, requests).run())) {
          return signalPassFailure();
        }
      }
    }
  }
};

} // namespace
} // namespace spak::ir
