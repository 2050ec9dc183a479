// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: asserts over axes, decided for all points of a space at once. Must not
// know kernels.
#include "spak/Sema/SpaceModel.h"

#include "Evaluator.h"
#include "Rewrite.h"

using namespace spak::space;

namespace spak::sema {

using knowledge::Standing;

namespace {

/// Counts the points of \p system; nothing if that is too much work.
std::optional<Count> countValid(const Counter &counter) {
  return counter.undefined() ? std::nullopt : counter.valid();
}

} // namespace

SpaceClaim decideOverSpace(System &system, const ast::Expr &condition,
                           const PointRequest &request) {
  DiagnosticEngine silent;
  PointRequest everywhere = request;
  everywhere.axes.clear();
  auto modelOf = [&] { return spaceOf(system, everywhere, silent); };
  llvm::FailureOr<SpaceModel> whole = modelOf();
  if (llvm::failed(whole)) {
    return {Standing::Open, "the space cannot be counted", {}};
  }
  std::optional<Count> all = countValid(Counter(whole->space));
  if (!all) {
    return {Standing::Open, "the space cannot be counted", {}};
  }
  if (*all == 0) {
    return {Standing::Open, "the space has no point", {}};
  }
  // The points that break it are those of the space with one more constraint.
  ast::ExprPtr copy =
      rewrite(condition, [](const ast::Expr &) { return nullptr; });
  ast::ExprPtr negation = makeNot(std::move(copy), condition.range);
  system.constraints.push_back(
      {"the invariant is broken", negation.get(), condition.range});
  llvm::FailureOr<SpaceModel> broken = modelOf();
  SpaceClaim claim{Standing::Open, "it has no value at some points", {}};
  if (llvm::succeeded(broken)) {
    Counter counter(broken->space);
    std::optional<Count> bad = countValid(counter);
    if (bad && *bad == 0) {
      claim = {Standing::Proved,
               "it holds at all " + text(*all) + " valid points",
               {}};
    } else if (bad) {
      Point example = pointAt(broken->space.axes, counter.at(0));
      claim = {Standing::Refuted,
               "`" + ast::toString(condition) + "` is false at " + text(*bad) +
                   " of " + text(*all) + " valid points",
               example.text()};
    }
  }
  system.constraints.pop_back();
  return claim;
}

} // namespace spak::sema
