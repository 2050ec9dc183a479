// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which points a request means, and what is said when there is none.
#include "spak/Sema/Sema.h"

#include "Evaluator.h"

#include "spak/Sema/SpaceModel.h"

#include "llvm/ADT/STLExtras.h"

using namespace spak::space;

namespace spak::sema {

namespace {

class Selector {
public:
  Selector(const System &system, const PointRequest &request,
           DiagnosticEngine &diags)
      : system(system), request(request), diags(diags) {}

  llvm::FailureOr<Selection> run() {
    auto requested = requestedValues(system, request, diags);
    PointRequest everything = request;
    everything.axes.clear();
    llvm::FailureOr<SpaceModel> whole = spaceOf(system, everything, diags);
    if (!requested || llvm::failed(whole)) {
      return llvm::failure();
    }
    fixed = std::move(*requested);
    model = std::move(*whole);
    unsigned before = diags.errorCount();
    std::vector<AxisValue> chosen(fixed.size());
    combine(chosen, 0);
    // A constraint without a value was reported where it has none.
    if (diags.errorCount() != before) {
      return llvm::failure();
    }
    if (selection.points.empty()) {
      reportNone();
      return llvm::failure();
    }
    remark();
    return std::move(selection);
  }

private:
  const System &system;
  const PointRequest &request;
  DiagnosticEngine &diags;
  /// Axes that `-D` names, by position, with their values.
  std::vector<std::pair<unsigned, std::vector<AxisValue>>> fixed;
  SpaceModel model;
  Selection selection;
  /// Why the first combination that was rejected has no point.
  std::optional<EmptySpace> why;

  void combine(std::vector<AxisValue> &chosen, size_t depth);
  bool placeFirst(const std::vector<AxisDomain> &axes);
  const Constraint *blame(const std::vector<AxisDomain> &axes);
  void place(const std::vector<AxisValue> &chosen);
  void settleStatics(std::vector<AxisDomain> &axes);
  std::vector<AxisDomain> domains(const std::vector<AxisValue> &chosen);
  void reportNone();
  void remark();
  std::string overOthers(const Recommendation &winner);
};

void Selector::combine(std::vector<AxisValue> &chosen, size_t depth) {
  if (depth == fixed.size()) {
    place(chosen);
    return;
  }
  for (const AxisValue &value : fixed[depth].second) {
    chosen[depth] = value;
    combine(chosen, depth + 1);
  }
}

/// The values that each axis may take, the preferred one first.
std::vector<AxisDomain>
Selector::domains(const std::vector<AxisValue> &chosen) {
  std::vector<AxisDomain> result;
  Point base;
  for (const Axis &axis : system.axes) {
    result.push_back({axis.name, axis.values});
    base.set(axis.name, axis.values.front());
  }
  std::vector<bool> decided(system.axes.size());
  std::vector<std::pair<unsigned, AxisValue>> avoided;
  for (const auto &[entry, value] : llvm::zip_equal(fixed, chosen)) {
    result[entry.first].values = {value};
    base.set(system.axes[entry.first].name, value);
    decided[entry.first] = true;
  }
  for (const Recommendation &recommendation : system.recommendations) {
    Evaluator evaluator(base, request.device, nullptr, &request.shape);
    unsigned axis = system.findAxis(recommendation.axis) - system.axes.data();
    if (decided[axis] ||
        (recommendation.when &&
         !evaluator.condition(*recommendation.when).value_or(false))) {
      continue;
    }
    std::optional<AxisValue> value = evaluator.evaluate(*recommendation.value);
    std::vector<AxisValue> &values = result[axis].values;
    auto found = value ? llvm::find(values, *value) : values.end();
    if (recommendation.avoid) {
      // Last, unless something better has asked for it.
      if (found != values.end()) {
        avoided.emplace_back(axis, *value);
        std::rotate(found, std::next(found), values.end());
        base.set(recommendation.axis, values.front());
      }
      continue;
    }
    if (found != values.end() &&
        !llvm::is_contained(avoided, std::pair(axis, *found))) {
      std::rotate(values.begin(), found, std::next(found));
      base.set(recommendation.axis, *value);
      decided[axis] = true;
    }
  }
  return result;
}

/// Selects the first valid point of \p axes; false if there is none. True also
/// after an error.
bool Selector::placeFirst(const std::vector<AxisDomain> &axes) {
  model.space.axes = axes;
  // A little effort first: most spaces take less, and of one that takes more
  // a point is often found at once.
  Effort little;
  little.diagrams = little.edges = little.steps = uint64_t(1) << 20;
  for (const Effort &effort : {little, Effort()}) {
    Counter counter(model.space, effort);
    std::optional<Positions> first = counter.firstDeclared();
    if (!first && !counter.valid()) {
      continue;
    }
    std::optional<Undefined> undefined =
        counter.valid() ? counter.undefined() : std::nullopt;
    if (undefined) {
      reportUndefined(model, request, *undefined, diags);
      return true;
    }
    if (first) {
      selection.points.push_back(pointAt(axes, *first));
    }
    return first.has_value();
  }
  auto error = diags.error(diag::err_space_search);
  error.help("fix some axes with `-D axis=value`");
  return true;
}

/// The constraint that is named where \p axes, which have no valid point, are
/// rejected: the last one of a smallest set that rejects them all.
const Constraint *Selector::blame(const std::vector<AxisDomain> &axes) {
  model.space.axes = axes;
  Counter counter(model.space);
  EmptySpace empty = explainEmpty(system, request, model, counter);
  const Constraint *last = empty.core.back();
  if (!why) {
    why = std::move(empty);
  }
  return last;
}

/// Leaves one value to each axis that says what is computed: the first, but a
/// static that nobody fixed follows the others where constraints on such axes
/// alone say so.
void Selector::settleStatics(std::vector<AxisDomain> &axes) {
  std::vector<AxisDomain> settled = axes;
  for (auto [domain, axis] : llvm::zip_equal(settled, system.axes)) {
    if (axis.origin != Axis::Origin::Static) {
      domain.values.resize(1);
    }
  }
  space::Space about{settled, {}};
  for (const space::Rule &rule : model.space.rules) {
    bool settles = llvm::all_of(rule.conditions, [&](const auto &condition) {
      return llvm::all_of(condition.scope, [&](unsigned axis) {
        return system.axes[axis].origin != Axis::Origin::Tuning;
      });
    });
    if (settles) {
      about.rules.push_back(rule);
    }
  }
  std::optional<Point> found;
  if (std::optional<Positions> first = Counter(about).firstDeclared()) {
    found = pointAt(settled, *first);
  }
  for (auto [domain, axis] : llvm::zip_equal(axes, system.axes)) {
    if (axis.origin == Axis::Origin::Static && found) {
      domain.values = {*found->find(axis.name)};
    } else if (axis.origin != Axis::Origin::Tuning) {
      domain.values.resize(1);
    }
  }
}

void Selector::place(const std::vector<AxisValue> &chosen) {
  std::vector<AxisDomain> axes = domains(chosen);
  // What is computed stays as it was asked for; how is searched.
  std::vector<AxisDomain> pinned = axes;
  settleStatics(pinned);
  if (placeFirst(pinned) || (fixed.empty() && placeFirst(axes))) {
    return;
  }
  if (!fixed.empty()) {
    axes = pinned;
  }
  RejectedPoint rejected;
  for (const auto &[entry, value] : llvm::zip_equal(fixed, chosen)) {
    rejected.text += (rejected.text.empty() ? "" : ",") +
                     system.axes[entry.first].name + "=" + value.text();
  }
  rejected.constraint = blame(axes)->reason;
  selection.rejected.push_back(std::move(rejected));
}

void Selector::reportNone() {
  const Constraint &constraint = *why->core.back();
  std::string arch =
      request.device ? request.device->arch.str() : std::string("any device");
  if (fixed.empty()) {
    auto error = diags.error(diag::err_empty_space, constraint.range)
                 << constraint.reason << arch;
    describe(*why, model, &constraint, error);
    return;
  }
  const RejectedPoint &first = selection.rejected.front();
  auto error = diags.error(diag::err_point_rejected, constraint.range)
               << "`" + first.text + "`" << constraint.reason << arch;
  describe(*why, model, &constraint, error);
  for (size_t i = 1; i < selection.rejected.size() && i < 8; ++i) {
    error.note("`" + selection.rejected[i].text + "` breaks \"" +
               selection.rejected[i].constraint + "\"");
  }
}

/// Who asked for another value of the axis, and why in vain.
std::string Selector::overOthers(const Recommendation &winner) {
  Evaluator evaluator(selection.points.front(), request.device, nullptr,
                      &request.shape);
  std::string text;
  for (const Recommendation &other : system.recommendations) {
    if (other.axis != winner.axis || other.item == winner.item || other.avoid ||
        (other.when && !evaluator.condition(*other.when).value_or(false))) {
      continue;
    }
    std::optional<AxisValue> value = evaluator.evaluate(*other.value);
    const AxisValue *held = selection.points.front().find(winner.axis);
    if (!value || *value == *held) {
      continue;
    }
    text += ", not " + value->text() + " by `" + other.from +
            "`: " + whyNot(winner, other);
  }
  return text;
}

/// Says what was left out, and where the values nobody gave come from.
void Selector::remark() {
  for (const RejectedPoint &rejected : selection.rejected) {
    diags.remark(diag::remark_point_rejected)
        << rejected.text << rejected.constraint;
  }
  const Point &point = selection.points.front();
  for (const Axis &axis : system.axes) {
    bool asked = llvm::any_of(fixed, [&](const auto &entry) {
      return &system.axes[entry.first] == &axis;
    });
    if (asked || selection.points.size() > 1) {
      continue;
    }
    const AxisValue &value = *point.find(axis.name);
    std::string why = value == axis.values.front()
                          ? "the first value listed"
                          : "the first that the constraints allow";
    for (const Recommendation *recommendation :
         recommendationsAt(system, point, *request.device, &request.shape)) {
      if (recommendation->axis == axis.name) {
        why = "by `" + recommendation->from + "`" + overOthers(*recommendation);
        break;
      }
    }
    diags.remark(diag::remark_axis_chosen, axis.range)
        << axis.name << value.text() << why;
  }
}

} // namespace

llvm::FailureOr<Selection> selectPoints(const System &system,
                                        const PointRequest &request,
                                        DiagnosticEngine &diags) {
  return Selector(system, request, diags).run();
}

std::vector<const Recommendation *>
recommendationsAt(const System &system, const Point &point,
                  const device::Device &device,
                  const std::map<std::string, int64_t> *shape) {
  std::vector<const Recommendation *> result;
  Evaluator evaluator(point, &device, nullptr, shape);
  for (const Recommendation &recommendation : system.recommendations) {
    if (recommendation.avoid ||
        (recommendation.when &&
         !evaluator.condition(*recommendation.when).value_or(false))) {
      continue;
    }
    std::optional<AxisValue> value = evaluator.evaluate(*recommendation.value);
    const AxisValue *held = point.find(recommendation.axis);
    if (value && held && *value == *held) {
      result.push_back(&recommendation);
    }
  }
  return result;
}

} // namespace spak::sema
