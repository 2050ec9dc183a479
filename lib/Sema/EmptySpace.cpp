// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: why a space is empty, in words of the source and of the device table.
#include "spak/Sema/SpaceModel.h"

#include "Evaluator.h"

#include "llvm/ADT/STLExtras.h"

#include <map>
#include <set>

using namespace spak::space;

namespace spak::sema {

namespace {

/// The limits that \p constraint reads.
void addLimits(const Constraint &constraint, const device::Device &device,
               std::set<std::string> &limits) {
  walk(*constraint.condition, [&](const ast::Expr &expr) {
    const auto *member = llvm::dyn_cast<ast::MemberExpr>(&expr);
    if (!member) {
      return;
    }
    const auto *base = llvm::dyn_cast<ast::NameExpr>(member->base.get());
    if (base && base->name == "device" && device.number(member->member.text)) {
      limits.insert(member->member.text);
    }
  });
}

/// The points among those of \p axes where the device has another limit.
Count pointsWith(const System &system, PointRequest request,
                 llvm::ArrayRef<AxisDomain> axes,
                 const device::Device &device) {
  DiagnosticEngine silent;
  request.device = &device;
  request.axes.clear();
  llvm::FailureOr<SpaceModel> model = spaceOf(system, request, silent);
  if (llvm::failed(model)) {
    return 0;
  }
  model->space.axes = axes.vec();
  return Counter(std::move(model->space)).valid().value_or(0);
}

/// The table's values of \p field, with the architectures that have them.
std::map<int64_t, std::vector<std::string>> tableOf(llvm::StringRef field) {
  std::map<int64_t, std::vector<std::string>> table;
  for (const device::Device &device : device::all()) {
    std::vector<std::string> &archs = table[*device.number(field)];
    if (!llvm::is_contained(archs, device.arch)) {
      archs.push_back(device.arch.str());
    }
  }
  return table;
}

/// Finds the values of \p field at which points appear: those above, then those
/// below, the nearest first.
void relaxLimit(const System &system, const PointRequest &request,
                llvm::ArrayRef<AxisDomain> axes, const std::string &field,
                std::vector<LimitRelaxation> &relaxations) {
  int64_t current = *request.device->number(field);
  std::map<int64_t, std::vector<std::string>> table = tableOf(field);
  auto tryValue = [&](int64_t value, const std::vector<std::string> &archs) {
    std::optional<device::Device> other = request.device->with(field, value);
    Count points = pointsWith(system, request, axes, *other);
    if (points != 0) {
      relaxations.push_back({field, value, archs, points});
    }
  };
  for (auto row = table.upper_bound(current); row != table.end(); ++row) {
    tryValue(row->first, row->second);
  }
  for (auto row = table.lower_bound(current); row != table.begin();) {
    --row;
    tryValue(row->first, row->second);
  }
}

} // namespace

EmptySpace explainEmpty(const System &system, const PointRequest &request,
                        const SpaceModel &model, const Counter &counter) {
  EmptySpace result;
  result.why = space::explainEmpty(counter);
  std::set<std::string> limits;
  for (unsigned rule : result.why.core) {
    const Constraint *constraint = model.rules[rule].constraint;
    result.core.push_back(constraint);
    if (request.device) {
      addLimits(*constraint, *request.device, limits);
    }
  }
  for (const std::string &field : limits) {
    relaxLimit(system, request, model.space.axes, field, result.limits);
  }
  return result;
}

RelaxedText relaxedText(const SpaceModel &model, const Relaxation &relaxation) {
  const auto *comparison = llvm::cast<ast::CompareExpr>(
      model.rules[relaxation.rule].conditions[relaxation.condition]);
  std::string left = ast::toString(*comparison->operands[0]);
  std::string right = ast::toString(*comparison->operands[1]);
  switch (relaxation.side) {
  case Relaxation::Side::Left:
    return {left, right};
  case Relaxation::Side::Right:
    return {right, left};
  case Relaxation::Side::Both:
    break;
  }
  return {left + " - (" + right + ")", "0"};
}

/// `66304`, or `0.5`.
static std::string numberText(double number) {
  bool whole = number >= -9e15 && number <= 9e15 &&
               number == static_cast<double>(static_cast<int64_t>(number));
  return whole ? std::to_string(static_cast<int64_t>(number))
               : AxisValue(number).text();
}

static std::string pointsText(Count points) {
  return text(points) + (points == 1 ? " point appears" : " points appear");
}

void describe(const EmptySpace &empty, const SpaceModel &model,
              const Constraint *named, DiagnosticBuilder &error) {
  for (const Constraint *constraint : empty.core) {
    if (constraint != named) {
      error.note(constraint->range,
                 "together with \"" + constraint->reason + "\"");
    }
  }
  for (const Relaxation &relaxation : empty.why.relaxations) {
    RelaxedText sides = relaxedText(model, relaxation);
    std::string sentence = std::string("the ") +
                           (relaxation.upper ? "least" : "greatest") +
                           " value of `" + quoted(sides.moving, 60) +
                           "` that the other constraints leave is " +
                           numberText(relaxation.needed);
    if (relaxation.side != Relaxation::Side::Both) {
      sentence += ", the bound is " + numberText(relaxation.bound);
    }
    error.note(sentence + "; with it admitted, " +
               pointsText(relaxation.points));
  }
  for (const LimitRelaxation &limit : empty.limits) {
    std::string archs;
    for (const std::string &arch : limit.archs) {
      archs += (archs.empty() ? "" : ", ") + arch;
    }
    error.help("at `device." + limit.field +
               "` = " + std::to_string(limit.value) + " (" + archs + "), " +
               pointsText(limit.points));
  }
}

} // namespace spak::sema
