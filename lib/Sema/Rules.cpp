// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which facts and rules act on a target, what they do to its space, and
// which of them contradict each other. Must not know how points are searched.
#include "Binding.h"
#include "Rewrite.h"
#include "Uses.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace spak::space;

namespace spak::sema {

using Role = Clause::Role;

namespace {

/// Combinations of axes that two conditions are compared on. Unit: point.
constexpr uint64_t kMaxOverlap = 1 << 14;

/// A condition as far as it is known.
struct Gate {
  enum class State : uint8_t {
    Always,
    Never,
    Depends, ///< on axes
    Unknown  ///< on what was not said
  } state = State::Always;
  const ast::Expr *rest = nullptr; ///< for Depends
  std::vector<std::string> missing;
};

/// Something that a rule does to the space.
struct Action {
  Role role = Role::Forbid;
  const KnowledgeItem *item = nullptr;
  const Clause *clause = nullptr;
  const ast::Expr *when = nullptr; ///< null: always
  const ast::Expr *expr = nullptr; ///< condition, or the value applied
};

class Activator {
public:
  Activator(System &system, const PointRequest &request,
            DiagnosticEngine &diags)
      : system(system), request(request), diags(diags) {}

  bool run() {
    unsigned before = diags.errorCount();
    knowledge::FactTarget target{request.device, request.toolkit,
                                 request.shape};
    for (auto &item : system.knowledge) {
      item->nearness = knowledge::nearness(item->scope, target);
    }
    for (auto &item : system.knowledge) {
      decide(*item);
    }
    reportConflicts();
    constrain();
    order();
    return diags.errorCount() == before;
  }

private:
  System &system;
  const PointRequest &request;
  DiagnosticEngine &diags;
  std::vector<Action> actions;
  std::map<const KnowledgeItem *, Gate> gates;
  /// Items whose conditions are being read: a fact may not name itself.
  std::vector<const KnowledgeItem *> open;

  const ast::Expr *own(ast::ExprPtr expr) {
    system.owned.push_back(std::move(expr));
    return system.owned.back().get();
  }
  const Gate &gateOf(const KnowledgeItem &item);
  Gate readGate(const KnowledgeItem &item);
  Gate conditionOf(const ast::Expr &expr);
  ast::ExprPtr leaf(const ast::Expr &expr, std::vector<std::string> &missing);
  const KnowledgeItem *findItem(llvm::StringRef name) const;
  const Axis *dtypeAxis() const;

  void decide(KnowledgeItem &item);
  void refuse(KnowledgeItem &item, const std::string &why);
  void addAction(const KnowledgeItem &item, const Clause &clause,
                 const Gate &gate);
  bool overruled(const Action &action);
  void constrain();
  void order();

  void reportConflicts();
  bool conflict(const Action &a, const Action &b, std::string &text);
  void disagreements();
  bool forEachOverlap(llvm::ArrayRef<const ast::Expr *> conditions,
                      llvm::ArrayRef<const ast::Expr *> alsoReads,
                      llvm::function_ref<bool(const Point &)> visit);
  bool holds(const ast::Expr *condition, const Point &point) const {
    return !condition ||
           Evaluator(point, request.device, nullptr, &request.shape)
               .condition(*condition)
               .value_or(false);
  }
  std::optional<AxisValue> valueAt(const ast::Expr &expr,
                                   const Point &point) const {
    return Evaluator(point, request.device, nullptr, &request.shape)
        .evaluate(expr);
  }
};

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

const KnowledgeItem *Activator::findItem(llvm::StringRef name) const {
  for (const auto &item : system.knowledge) {
    if (item->name() == name) {
      return item.get();
    }
  }
  return nullptr;
}

/// A fact that is named holds where it is about the target and its own
/// condition holds. One with parameters holds if the trace says so.
ast::ExprPtr Activator::leaf(const ast::Expr &expr,
                             std::vector<std::string> &missing) {
  const auto *name = llvm::dyn_cast<ast::NameExpr>(&expr);
  if (!name || name->name == "device" || system.findAxis(name->name)) {
    return nullptr;
  }
  const KnowledgeItem *item = findItem(name->name);
  if (!item) {
    if (!request.shape.count(name->name)) {
      missing.push_back("`" + name->name + "` is not known (--shape)");
    }
    return nullptr;
  }
  if (!item->block->params.empty()) {
    auto observed = request.observed.find(name->name);
    if (observed == request.observed.end()) {
      missing.push_back("no trace says whether `" + name->name +
                        "` holds (--traces)");
      return nullptr;
    }
    return literalOf(AxisValue(observed->second), expr.range);
  }
  if (llvm::is_contained(open, item)) {
    missing.push_back("`" + name->name + "` is its own condition");
    return nullptr;
  }
  if (!item->nearness.applies) {
    return literalOf(AxisValue(false), expr.range);
  }
  const Gate &gate = gateOf(*item);
  switch (gate.state) {
  case Gate::State::Always:
    return literalOf(AxisValue(true), expr.range);
  case Gate::State::Never:
    return literalOf(AxisValue(false), expr.range);
  case Gate::State::Depends:
    return rewrite(*gate.rest, [](const ast::Expr &) { return nullptr; });
  case Gate::State::Unknown:
    llvm::append_range(missing, gate.missing);
    return nullptr;
  }
  return nullptr;
}

Gate Activator::conditionOf(const ast::Expr &expr) {
  Gate gate;
  ast::ExprPtr folded =
      fold(expr, request.device, &request.shape,
           [&](const ast::Expr &e) { return leaf(e, gate.missing); });
  if (!folded) {
    gate.state = Gate::State::Unknown;
    return gate;
  }
  if (const auto *truth = llvm::dyn_cast<ast::BoolLiteral>(folded.get())) {
    gate.state = truth->value ? Gate::State::Always : Gate::State::Never;
    gate.missing.clear();
    return gate;
  }
  gate.state =
      gate.missing.empty() ? Gate::State::Depends : Gate::State::Unknown;
  gate.rest = own(std::move(folded));
  return gate;
}

/// The axis that `dtype:` of a fact speaks of.
const Axis *Activator::dtypeAxis() const { return system.findAxis("dtype"); }

Gate Activator::readGate(const KnowledgeItem &item) {
  ast::ExprPtr all;
  auto add = [&](ast::ExprPtr part, SourceRange range) {
    all = all ? makeBinary(ast::BinaryOp::And, std::move(all), std::move(part),
                           range)
              : std::move(part);
  };
  for (const Clause &clause : item.clauses) {
    if (clause.role != Role::When) {
      continue;
    }
    if (!clause.expr) {
      Gate gate;
      gate.state = Gate::State::Unknown;
      gate.missing.push_back("its condition is prose");
      return gate;
    }
    add(rewrite(*clause.expr, [](const ast::Expr &) { return nullptr; }),
        clause.range);
  }
  if (!item.scope.dtype.empty() && dtypeAxis()) {
    SourceRange range = item.block->range;
    add(makeEqual(dtypeAxis()->name,
                  literalOf(AxisValue(item.scope.dtype), range), range),
        range);
  }
  if (!all) {
    return {};
  }
  open.push_back(&item);
  Gate gate = conditionOf(*own(std::move(all)));
  open.pop_back();
  return gate;
}

const Gate &Activator::gateOf(const KnowledgeItem &item) {
  auto found = gates.find(&item);
  if (found == gates.end()) {
    Gate gate = readGate(item);
    found = gates.emplace(&item, std::move(gate)).first;
  }
  return found->second;
}

//===----------------------------------------------------------------------===//
// Actions
//===----------------------------------------------------------------------===//

void Activator::refuse(KnowledgeItem &item, const std::string &why) {
  item.action = "not used: " + why;
  diags.remark(diag::remark_fact_unused, item.block->name.range)
      << item.kind() << item.name() << why;
}

void Activator::decide(KnowledgeItem &item) {
  bool acts = llvm::any_of(item.clauses, [](const Clause &clause) {
    return clause.expr && clause.role != Role::Assert &&
           clause.role != Role::When && clause.role != Role::Returns;
  });
  if (!acts) {
    return;
  }
  if (!item.nearness.applies) {
    refuse(item, item.nearness.why);
    return;
  }
  const Gate &gate = gateOf(item);
  switch (gate.state) {
  case Gate::State::Never:
    refuse(item, "its condition does not hold here");
    return;
  case Gate::State::Unknown:
    refuse(item, llvm::join(gate.missing, ", "));
    return;
  case Gate::State::Depends:
    item.action = "used where " + ast::toString(*gate.rest);
    break;
  case Gate::State::Always:
    item.action = "used";
    break;
  }
  if (!item.nearness.why.empty()) {
    item.action += ", after nearer ones (" + item.nearness.why + ")";
  }
  for (const Clause &clause : item.clauses) {
    if (clause.expr) {
      addAction(item, clause, gate);
    }
  }
}

void Activator::addAction(const KnowledgeItem &item, const Clause &clause,
                          const Gate &gate) {
  if (clause.role != Role::Apply && clause.role != Role::Forbid &&
      clause.role != Role::Constraint) {
    return;
  }
  Gate inner;
  const ast::Expr *expr = nullptr;
  if (clause.role == Role::Apply) {
    std::vector<std::string> missing;
    ast::ExprPtr value =
        fold(*clause.expr, request.device, &request.shape,
             [&](const ast::Expr &e) { return leaf(e, missing); });
    if (!value || !missing.empty()) {
      return;
    }
    expr = own(std::move(value));
  } else {
    inner = conditionOf(*clause.expr);
    // What cannot be said to hold prunes nothing.
    if (inner.state == Gate::State::Unknown) {
      return;
    }
    bool truth = inner.state == Gate::State::Always;
    expr = inner.state == Gate::State::Depends
               ? inner.rest
               : own(literalOf(AxisValue(truth), clause.range));
  }
  actions.push_back({clause.role, &item, &clause, gate.rest, expr});
}

/// What somebody types counts more than what a rule applies.
bool Activator::overruled(const Action &action) {
  for (const auto &[axis, texts] : request.axes) {
    if (axis != action.clause->axis) {
      continue;
    }
    std::optional<AxisValue> value = literalValue(*action.expr);
    bool same =
        value && texts.size() == 1 && AxisValue::parse(texts.front()) == *value;
    if (!same) {
      auto warning =
          diags.warning(diag::warn_rule_overruled, action.clause->range);
      warning << axis + "=" + llvm::join(texts, ",") << action.item->name();
    }
    return !same;
  }
  return false;
}

/// Adds what rules demand to the constraints of the system.
void Activator::constrain() {
  auto copy = [](const ast::Expr &expr) {
    return rewrite(expr, [](const ast::Expr &) { return nullptr; });
  };
  for (const Action &action : actions) {
    SourceRange range = action.clause->range;
    ast::ExprPtr condition;
    if (action.role == Role::Apply) {
      if (overruled(action)) {
        continue;
      }
      condition = makeEqual(action.clause->axis, copy(*action.expr), range);
      Recommendation first;
      first.from = action.item->name().str();
      first.when = action.when;
      first.axis = action.clause->axis;
      first.value = action.expr;
      first.item = action.item;
      first.range = range;
      first.source = action.item->block->string("source").value_or("").str();
      first.applied = true;
      system.recommendations.insert(system.recommendations.begin(),
                                    std::move(first));
    } else {
      condition = copy(*action.expr);
      if (action.role == Role::Forbid) {
        condition = makeNot(std::move(condition), range);
      }
    }
    if (action.when) {
      condition =
          makeBinary(ast::BinaryOp::Or, makeNot(copy(*action.when), range),
                     std::move(condition), range);
    }
    Constraint constraint;
    constraint.reason =
        (action.item->kind() + " " + action.item->name() + ": " +
         roleName(action.role) + " " + range.text().trim())
            .str();
    constraint.condition = own(std::move(condition));
    constraint.range = range;
    system.constraints.push_back(std::move(constraint));
  }
}

/// Drops recommendations that cannot hold; puts the best first.
void Activator::order() {
  std::vector<Recommendation> &all = system.recommendations;
  llvm::erase_if(all, [&](Recommendation &recommendation) {
    if (!recommendation.item || recommendation.applied) {
      return false;
    }
    const Gate &gate = gateOf(*recommendation.item);
    recommendation.when = gate.rest;
    if (!recommendation.item->nearness.applies ||
        (gate.state != Gate::State::Always &&
         gate.state != Gate::State::Depends)) {
      return true;
    }
    std::vector<std::string> missing;
    ast::ExprPtr value =
        fold(*recommendation.value, request.device, &request.shape,
             [&](const ast::Expr &e) { return leaf(e, missing); });
    if (!value) {
      return true;
    }
    recommendation.value = own(std::move(value));
    return false;
  });
  auto before = [](const Recommendation &a, const Recommendation &b) {
    bool fixedA = a.applied || !a.item, fixedB = b.applied || !b.item;
    if (fixedA || fixedB) {
      return fixedA && !fixedB;
    }
    return knowledge::precedes(a.item->scope, a.item->nearness, b.item->scope,
                               b.item->nearness);
  };
  std::vector<Recommendation> sorted;
  for (Recommendation &each : all) {
    auto place = llvm::find_if(sorted, [&](const Recommendation &other) {
      return before(each, other);
    });
    sorted.insert(place, std::move(each));
  }
  all = std::move(sorted);
}

//===----------------------------------------------------------------------===//
// Conflicts
//===----------------------------------------------------------------------===//

/// Calls \p visit for combinations of the axes that the expressions read at
/// which all \p conditions hold, until it returns true. False if it never did.
bool Activator::forEachOverlap(llvm::ArrayRef<const ast::Expr *> conditions,
                               llvm::ArrayRef<const ast::Expr *> alsoReads,
                               llvm::function_ref<bool(const Point &)> visit) {
  std::vector<const Axis *> axes;
  uint64_t points = 1;
  auto add = [&](const ast::Expr *expr) {
    if (!expr) {
      return;
    }
    forEachUse(*expr, [&](llvm::StringRef name) {
      const Axis *axis = system.findAxis(name);
      if (axis && !llvm::is_contained(axes, axis)) {
        axes.push_back(axis);
        points = points > kMaxOverlap ? points : points * axis->values.size();
      }
    });
  };
  llvm::for_each(conditions, add);
  llvm::for_each(alsoReads, add);
  if (points > kMaxOverlap) {
    return false;
  }
  for (uint64_t i = 0; i < points; ++i) {
    Point point;
    uint64_t rest = i;
    for (const Axis *axis : axes) {
      point.set(axis->name, axis->values[rest % axis->values.size()]);
      rest /= axis->values.size();
    }
    if (llvm::all_of(conditions,
                     [&](const ast::Expr *c) { return holds(c, point); }) &&
        visit(point)) {
      return true;
    }
  }
  return false;
}

static std::string whereText(const Point &point) {
  return point.axes().empty() ? "" : ", where " + point.text();
}

/// Whether some point cannot follow both \p a and \p b.
bool Activator::conflict(const Action &a, const Action &b, std::string &text) {
  if (a.role == Role::Apply && b.role == Role::Apply) {
    if (a.clause->axis != b.clause->axis) {
      return false;
    }
    return forEachOverlap(
        {a.when, b.when}, {a.expr, b.expr}, [&](const Point &point) {
          std::optional<AxisValue> x = valueAt(*a.expr, point);
          std::optional<AxisValue> y = valueAt(*b.expr, point);
          if (!x || !y || *x == *y) {
            return false;
          }
          text = a.clause->axis + " = " + x->text() + " and " + a.clause->axis +
                 " = " + y->text() + whereText(point);
          return true;
        });
  }
  if (a.role != Role::Apply && b.role != Role::Apply) {
    // What one demands, the other forbids, at every point.
    bool opposed = (a.role == Role::Forbid) != (b.role == Role::Forbid);
    bool whole = !a.when && !b.when;
    bool both = opposed && whole;
    bool free =
        both && forEachOverlap({}, {a.expr, b.expr}, [&](const Point &point) {
          bool x = holds(a.expr, point) == (a.role != Role::Forbid);
          bool y = holds(b.expr, point) == (b.role != Role::Forbid);
          return x && y;
        });
    text = "no point is left";
    return both && !free;
  }
  const Action &apply = a.role == Role::Apply ? a : b;
  const Action &other = a.role == Role::Apply ? b : a;
  // The applied value may be forbidden only together with others.
  bool onlyThat = true;
  std::vector<std::string> known{apply.clause->axis};
  for (const ast::Expr *expr : {apply.when, other.when, apply.expr}) {
    if (expr) {
      forEachUse(*expr,
                 [&](llvm::StringRef name) { known.push_back(name.str()); });
    }
  }
  forEachUse(*other.expr, [&](llvm::StringRef name) {
    onlyThat &= !system.findAxis(name) || llvm::is_contained(known, name);
  });
  if (!onlyThat) {
    return false;
  }
  return forEachOverlap(
      {apply.when, other.when}, {apply.expr, other.expr},
      [&](const Point &point) {
        std::optional<AxisValue> value = valueAt(*apply.expr, point);
        const AxisValue *held = point.find(apply.clause->axis);
        if (!value || (held && *held != *value)) {
          return false;
        }
        bool truth = holds(other.expr, point);
        if (truth != (other.role == Role::Forbid)) {
          return false;
        }
        text = apply.clause->axis + " = " + value->text() + " is applied and " +
               (other.role == Role::Forbid ? "forbidden" : "not allowed") +
               whereText(point);
        return true;
      });
}

/// Recommendations of which neither is better.
void Activator::disagreements() {
  const std::vector<Recommendation> &all = system.recommendations;
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = i + 1; j < all.size(); ++j) {
      const Recommendation &a = all[i], &b = all[j];
      if (a.axis != b.axis || a.avoid || b.avoid || a.item == b.item ||
          !a.item || !b.item || !a.item->nearness.applies ||
          !b.item->nearness.applies || !preference(a, b).empty() ||
          !preference(b, a).empty()) {
        continue;
      }
      const Gate &x = gateOf(*a.item), &y = gateOf(*b.item);
      auto acts = [](const Gate &gate) {
        return gate.state == Gate::State::Always ||
               gate.state == Gate::State::Depends;
      };
      if (!acts(x) || !acts(y)) {
        continue;
      }
      bool differ = forEachOverlap(
          {x.rest, y.rest}, {a.value, b.value}, [&](const Point &point) {
            std::optional<AxisValue> u = valueAt(*a.value, point);
            std::optional<AxisValue> v = valueAt(*b.value, point);
            return u && v && *u != *v;
          });
      if (differ) {
        auto warning = diags.warning(diag::warn_rules_disagree, a.range)
                       << a.from << b.from << a.axis;
        warning.note(b.range, "the other one is here; the first is taken");
      }
    }
  }
}

void Activator::reportConflicts() {
  for (size_t i = 0; i < actions.size(); ++i) {
    for (size_t j = i + 1; j < actions.size(); ++j) {
      std::string text;
      if (actions[i].item != actions[j].item &&
          conflict(actions[i], actions[j], text)) {
        auto error =
            diags.error(diag::err_rules_conflict, actions[i].clause->range)
            << actions[i].item->name() << actions[j].item->name() << text;
        error.note(actions[j].clause->range, "the other one is here");
      }
    }
  }
  disagreements();
}

} // namespace

std::optional<bool> holdsAt(const System &system, const ast::Expr &expr,
                            const Point &point, const PointRequest &request) {
  return Evaluator(point, request.device, nullptr, &request.shape)
      .condition(expr);
}

bool follows(const Recommendation &recommendation, const Point &point,
             const PointRequest &request) {
  std::optional<AxisValue> value =
      Evaluator(point, request.device, nullptr, &request.shape)
          .evaluate(*recommendation.value);
  const AxisValue *held = point.find(recommendation.axis);
  return value && held && *value == *held;
}

std::string preference(const Recommendation &winner,
                       const Recommendation &other) {
  if (winner.applied != other.applied) {
    return winner.applied ? "a rule applies it" : "";
  }
  std::string why;
  if (winner.item && other.item) {
    knowledge::precedes(winner.item->scope, winner.item->nearness,
                        other.item->scope, other.item->nearness, &why);
  }
  return why;
}

std::string whyNot(const Recommendation &winner, const Recommendation &other) {
  std::string why = preference(winner, other);
  if (!why.empty()) {
    return why;
  }
  return &other < &winner ? "no valid point has it, or better is known"
                          : "it stands later";
}

llvm::LogicalResult activate(System &system, const PointRequest &request,
                             DiagnosticEngine &diags) {
  return llvm::success(Activator(system, request, diags).run());
}

} // namespace spak::sema
