// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the system layer: axes, constraints, recommendations, and which names
// of them bind.
#include "spak/Sema/Sema.h"

#include "Binding.h"
#include "Evaluator.h"
#include "Uses.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace spak::space;

namespace spak::sema {

const Axis *System::findAxis(llvm::StringRef name) const {
  for (const Axis &axis : axes) {
    if (axis.name == name) {
      return &axis;
    }
  }
  return nullptr;
}

const ast::Kernel *System::findKernel(llvm::StringRef name) const {
  for (const ast::Kernel *kernel : kernels) {
    if (kernel->name.text == name) {
      return kernel;
    }
  }
  return nullptr;
}

namespace {

/// More values than this are a mistake, not a space. Unit: value.
constexpr int64_t kMaxRangeValues = 1 << 20;

class Analyzer {
public:
  Analyzer(const ast::File &file, DiagnosticEngine &diags, TextReader reader)
      : file(file), diags(diags), reader(reader),
        system(std::make_unique<System>()) {
    system->file = &file;
  }

  llvm::FailureOr<std::unique_ptr<System>> run() {
    unsigned before = diags.errorCount();
    for (const ast::Space *space : file.system.spaces()) {
      Axis::Origin origin = space->role == ast::Space::Role::Design
                                ? Axis::Origin::Design
                                : Axis::Origin::Tuning;
      for (const ast::Axis &axis : space->axes) {
        addAxis(axis, origin, "");
      }
    }
    addKernels();
    for (const ast::Constraint *constraint : file.system.constraints()) {
      addConstraint(*constraint);
    }
    for (const ast::Kernel *kernel : system->kernels) {
      for (const ast::Constraint &constraint : kernel->constraints) {
        addConstraint(constraint);
      }
    }
    readKnowledge(*system, diags, reader);
    // Files without kernels are read by people and other tools alone.
    if (!system->kernels.empty()) {
      warnUnusedAxes();
    }
    if (diags.errorCount() != before) {
      checkKernels();
      return llvm::failure();
    }
    return std::move(system);
  }

private:
  const ast::File &file;
  DiagnosticEngine &diags;
  TextReader reader;
  std::unique_ptr<System> system;
  /// An axis could not be read: what names it cannot be judged.
  bool lostAxis = false;

  void addAxis(const ast::Axis &axis, Axis::Origin origin,
               const std::string &prefix);
  void addValues(Axis &axis, const ast::Expr &expr);
  void addAxis(Axis axis);
  void addKernels();
  void addConstraint(const ast::Constraint &constraint);
  bool binds(const ast::Expr &expr);
  void warnUnusedAxes();
  void checkKernels();
  std::vector<std::string> axisNames() const {
    std::vector<std::string> names;
    for (const Axis &axis : system->axes) {
      names.push_back(axis.name);
    }
    return names;
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Axes and kernels
//===----------------------------------------------------------------------===//

void Analyzer::addValues(Axis &axis, const ast::Expr &expr) {
  if (const auto *list = llvm::dyn_cast<ast::ListExpr>(&expr)) {
    for (const ast::ExprPtr &element : list->elements) {
      addValues(axis, *element);
    }
    return;
  }
  if (const auto *range = llvm::dyn_cast<ast::RangeExpr>(&expr)) {
    std::optional<AxisValue> first = literalValue(*range->first);
    std::optional<AxisValue> last = literalValue(*range->last);
    std::optional<AxisValue> step =
        range->step ? literalValue(*range->step) : AxisValue(int64_t(1));
    bool good = first && last && step && first->isInt() && last->isInt() &&
                step->isInt() && step->asInt() > 0 &&
                first->asInt() <= last->asInt() &&
                (static_cast<uint64_t>(last->asInt()) -
                 static_cast<uint64_t>(first->asInt())) /
                        static_cast<uint64_t>(step->asInt()) <
                    static_cast<uint64_t>(kMaxRangeValues);
    if (!good) {
      diags.error(diag::err_range_values, range->range) << kMaxRangeValues;
      lostAxis = true;
      return;
    }
    int64_t count = (last->asInt() - first->asInt()) / step->asInt() + 1;
    for (int64_t i = 0; i < count; ++i) {
      axis.values.emplace_back(first->asInt() + i * step->asInt());
    }
    return;
  }
  if (std::optional<AxisValue> value = literalValue(expr)) {
    if (!llvm::is_contained(axis.values, *value)) {
      axis.values.push_back(*value);
    }
    return;
  }
  if (const auto *prose = llvm::dyn_cast<ast::ProseExpr>(&expr)) {
    axis.values.emplace_back(prose->text);
    return;
  }
  diags.error(diag::err_axis_value, expr.range) << quoted(expr.range.text());
  lostAxis = true;
}

void Analyzer::addAxis(const ast::Axis &axis, Axis::Origin origin,
                       const std::string &prefix) {
  if (axis.form == ast::Axis::Form::Nested) {
    for (const ast::Axis &nested : axis.nested) {
      addAxis(nested, origin, prefix + axis.name.text + ".");
    }
    return;
  }
  Axis result;
  result.name = prefix + axis.name.text;
  result.origin = origin;
  result.range = axis.name.range;
  for (const ast::ExprPtr &value : axis.values) {
    addValues(result, *value);
  }
  if (!result.values.empty()) {
    addAxis(std::move(result));
  }
}

void Analyzer::addAxis(Axis axis) {
  const Axis *old = system->findAxis(axis.name);
  if (!old) {
    system->axes.push_back(std::move(axis));
    return;
  }
  // Two kernels may share a static with the same values.
  if (old->origin == Axis::Origin::Static &&
      axis.origin == Axis::Origin::Static && old->values == axis.values) {
    return;
  }
  auto error = diags.error(diag::err_duplicate_axis, axis.range) << axis.name;
  error.note(old->range, "the first declaration is here");
}

void Analyzer::addKernels() {
  for (const ast::Kernel *kernel : file.system.kernels()) {
    if (kernel->procedure) {
      continue;
    }
    if (const ast::Kernel *old = system->findKernel(kernel->name.text)) {
      auto error = diags.error(diag::err_duplicate_kernel, kernel->name.range)
                   << kernel->name.text;
      error.note(old->name.range, "the first declaration is here");
      continue;
    }
    system->kernels.push_back(kernel);
    for (const ast::StaticDim &dim : kernel->statics) {
      Axis axis;
      axis.name = dim.name.text;
      axis.origin = Axis::Origin::Static;
      axis.range = dim.name.range;
      if (dim.values) {
        addValues(axis, *dim.values);
      }
      if (!axis.values.empty()) {
        addAxis(std::move(axis));
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

/// Reports names that are no axes; true if there are none.
bool Analyzer::binds(const ast::Expr &expr) {
  bool good = true;
  llvm::SmallVector<const ast::Expr *, 4> skipped;
  walk(expr, [&](const ast::Expr &e) {
    if (const auto *call = llvm::dyn_cast<ast::CallExpr>(&e)) {
      skipped.push_back(call->callee.get());
    }
    if (const auto *member = llvm::dyn_cast<ast::MemberExpr>(&e)) {
      skipped.push_back(member->base.get());
    }
    const auto *name = llvm::dyn_cast<ast::NameExpr>(&e);
    if (!name || llvm::is_contained(skipped, &e) || name->name == "device" ||
        system->findAxis(name->name)) {
      return;
    }
    good = false;
    for (const ast::Kernel *kernel : system->kernels) {
      for (const ast::Dim &dim : kernel->dims) {
        if (dim.name.text == name->name || dim.alias.text == name->name) {
          auto error = diags.error(diag::err_dim_in_constraint, name->range)
                       << name->name;
          error.note(dim.name.range,
                     "it is a dim of the kernel `" + kernel->name.text + "`");
          error.help("`require` in the kernel checks it at launch");
          return;
        }
      }
    }
    auto error = diags.error(diag::err_unknown_axis, name->range) << name->name;
    error.help(nameHelp(name->name, "axes", axisNames()));
  });
  return good;
}

void Analyzer::addConstraint(const ast::Constraint &constraint) {
  if (!constraint.condition || !binds(*constraint.condition)) {
    return;
  }
  Constraint result;
  result.reason = constraint.reason;
  if (result.reason.empty()) {
    result.reason = ast::toString(*constraint.condition);
  }
  result.condition = constraint.condition.get();
  result.range = constraint.range;
  system->constraints.push_back(std::move(result));
}

void Analyzer::warnUnusedAxes() {
  llvm::StringSet<> used;
  auto use = [&](llvm::StringRef name) { used.insert(name); };
  for (const ast::Kernel *kernel : system->kernels) {
    forEachUse(*kernel, use);
  }
  for (const Constraint &constraint : system->constraints) {
    forEachUse(*constraint.condition, use);
  }
  for (const Axis &axis : system->axes) {
    if (!used.contains(axis.name)) {
      auto warning = diags.warning(diag::warn_axis_no_effect, axis.range)
                     << axis.name;
      warning.note("no kernel, schedule or constraint reads it");
    }
  }
}

/// Reports the mistakes of kernels beside those of the system, at the first
/// value of each axis. Schedules and constraints wait for a real point.
void Analyzer::checkKernels() {
  if (lostAxis) {
    return;
  }
  Point point;
  for (const Axis &axis : system->axes) {
    point.set(axis.name, axis.values.front());
  }
  CheckOptions options;
  options.schedule = false;
  for (const ast::Kernel *kernel : system->kernels) {
    (void)check(*system, *kernel, point, device::all().front(), diags, options);
  }
}

llvm::FailureOr<std::unique_ptr<System>>
analyze(const ast::File &file, DiagnosticEngine &diags, TextReader reader) {
  return Analyzer(file, diags, reader).run();
}

} // namespace spak::sema
