// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Small random spaces, and the truth about them by trying every point.
#ifndef SPAK_TEST_UNIT_SPACE_RANDOMSPACE_H
#define SPAK_TEST_UNIT_SPACE_RANDOMSPACE_H

#include "spak/Space/Counter.h"

#include <random>

namespace spak::space {

/// Makes spaces of two to six axes with mixed values and up to five rules.
class RandomSpace {
public:
  explicit RandomSpace(unsigned seed) : random(seed) {}

  Space make() {
    Space space;
    unsigned axes = 2 + pick(5);
    for (unsigned i = 0; i < axes; ++i) {
      AxisDomain axis{"a" + std::to_string(i), {}};
      unsigned kind = pick(8), size = 1 + pick(5);
      for (unsigned v = 0; v < size; ++v) {
        if (kind == 0) {
          axis.values.emplace_back(std::string(1, char('p' + v)));
        } else if (kind == 1 && v < 2) {
          axis.values.emplace_back(v == 0);
        } else if (kind == 2) {
          axis.values.emplace_back(0.5 * v);
        } else if (kind != 1) {
          axis.values.emplace_back(int64_t(v * (1 + pick(3))) - int64_t(v));
        }
      }
      space.axes.push_back(std::move(axis));
    }
    unsigned rules = pick(6);
    for (unsigned i = 0; i < rules; ++i) {
      Rule rule;
      rule.name = "r" + std::to_string(i);
      unsigned conditions = 1 + (pick(4) == 0);
      for (unsigned c = 0; c < conditions; ++c) {
        Formula formula;
        truth(formula, space, 3);
        rule.conditions.push_back(Condition::of(std::move(formula)));
      }
      if (pick(6) == 0) {
        rule.conditions.push_back(byFunction(rule.conditions.back(), space));
      }
      space.rules.push_back(std::move(rule));
    }
    return space;
  }

  unsigned pick(unsigned limit) { return random() % limit; }

private:
  std::mt19937 random;
  using Op = Formula::Op;

  Formula::NodeId number(Formula &formula, const Space &space, unsigned depth) {
    unsigned what = depth == 0 ? pick(2) : pick(6);
    if (what == 0) {
      return formula.constant(AxisValue(int64_t(pick(7)) - 2));
    }
    if (what == 1) {
      return formula.axis(pick(space.axes.size()));
    }
    if (what == 2) {
      Formula::NodeId c = truth(formula, space, depth - 1);
      Formula::NodeId a = number(formula, space, depth - 1);
      Formula::NodeId b = number(formula, space, depth - 1);
      return formula.apply(Op::Choose, {c, a, b});
    }
    static constexpr Op ops[] = {Op::Add, Op::Sub, Op::Mul, Op::Div,
                                 Op::Mod, Op::Add, Op::Mul};
    Formula::NodeId a = number(formula, space, depth - 1);
    Formula::NodeId b = number(formula, space, depth - 1);
    return formula.apply(ops[pick(7)], {a, b});
  }

  Formula::NodeId truth(Formula &formula, const Space &space, unsigned depth) {
    unsigned what = depth == 0 ? 4 : pick(8);
    if (what < 3) {
      Formula::NodeId a = truth(formula, space, depth - 1);
      Formula::NodeId b = truth(formula, space, depth - 1);
      static constexpr Op ops[] = {Op::And, Op::Or, Op::Every};
      return formula.apply(ops[what], {a, b});
    }
    if (what == 3) {
      return formula.apply(Op::Not, {truth(formula, space, depth - 1)});
    }
    static constexpr Op ops[] = {Op::Eq, Op::Ne, Op::Lt,
                                 Op::Le, Op::Gt, Op::Ge};
    Formula::NodeId a = number(formula, space, depth == 0 ? 0 : depth - 1);
    Formula::NodeId b = number(formula, space, depth == 0 ? 0 : depth - 1);
    return formula.apply(ops[pick(6)], {a, b});
  }

  /// The same condition, as a function that nobody can look into.
  static Condition byFunction(const Condition &like, const Space &space) {
    Condition condition;
    condition.scope = like.scope;
    condition.holds =
        [like, axes = space.axes](
            llvm::ArrayRef<uint32_t> values) -> std::optional<bool> {
      std::vector<uint32_t> positions(axes.size(), BoundFormula::kFree);
      for (size_t i = 0; i < values.size(); ++i) {
        positions[like.scope[i]] = values[i];
      }
      std::vector<uint64_t> residual;
      BoundFormula bound(like.formula, axes);
      BoundFormula::Value value = bound.evaluate(positions, residual);
      return value.kind == BoundFormula::Kind::Bool
                 ? std::optional<bool>(value.i != 0)
                 : std::nullopt;
    };
    return condition;
  }
};

/// What trying every point says.
struct Truth {
  Count raw = 0;
  std::vector<Positions> valid;
  std::vector<Count> cuts, alone, only;
  bool undefined = false;

  explicit Truth(const Space &space)
      : cuts(space.rules.size()), alone(cuts), only(cuts) {
    Positions point(space.axes.size());
    do {
      judge(space, point);
    } while (next(space, point));
  }

  static std::optional<bool> holds(const Space &space, const Rule &rule,
                                   const Positions &point) {
    for (const Condition &condition : rule.conditions) {
      std::optional<bool> value;
      if (condition.formula.empty()) {
        Positions scoped;
        for (unsigned axis : condition.scope) {
          scoped.push_back(point[axis]);
        }
        value = condition.holds(scoped);
      } else {
        std::vector<uint64_t> residual;
        BoundFormula bound(condition.formula, space.axes);
        BoundFormula::Value found = bound.evaluate(point, residual);
        if (found.kind == BoundFormula::Kind::Bool) {
          value = found.i != 0;
        }
      }
      if (value != true) {
        return value;
      }
    }
    return true;
  }

private:
  static bool next(const Space &space, Positions &point) {
    for (size_t i = point.size(); i-- > 0;) {
      if (++point[i] < space.axes[i].values.size()) {
        return true;
      }
      point[i] = 0;
    }
    return false;
  }

  void judge(const Space &space, const Positions &point) {
    ++raw;
    std::vector<size_t> broken;
    bool before = true;
    for (size_t i = 0; i < space.rules.size(); ++i) {
      std::optional<bool> value = holds(space, space.rules[i], point);
      undefined |= before && !value;
      before &= value == true;
      if (value != true) {
        broken.push_back(i);
        ++alone[i];
      }
    }
    if (broken.empty()) {
      valid.push_back(point);
      return;
    }
    ++cuts[broken.front()];
    only[broken.front()] += broken.size() == 1;
  }
};

} // namespace spak::space

#endif // SPAK_TEST_UNIT_SPACE_RANDOMSPACE_H
