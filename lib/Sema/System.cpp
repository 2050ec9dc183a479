// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the system layer: axes, constraints, recommendations, and which names
// of them bind.
#include "spak/Sema/Sema.h"

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
    refuseOtherFiles();
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
    // Files without kernels are read by people and other tools alone.
    if (!system->kernels.empty()) {
      checkInvariants();
      addRecommendations();
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
  void addRecommendations();
  void addRecommendation(const ast::Block &block, const ast::Expr *when,
                         double confidence);
  const ast::Expr *formal(const ast::Expr *expr);
  bool binds(const ast::Expr &expr);
  bool warnUnbound(const ast::Expr &expr, const ast::Block &block);
  void checkInvariants();
  bool isDim(llvm::StringRef name) const;
  void warnUnusedAxes();
  void checkKernels();
  void refuseOtherFiles();
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
// Constraints and recommendations
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

bool Analyzer::isDim(llvm::StringRef name) const {
  for (const ast::Kernel *kernel : system->kernels) {
    for (const ast::Dim &dim : kernel->dims) {
      if (dim.name.text == name || dim.alias.text == name) {
        return true;
      }
    }
  }
  return false;
}

/// A sentence that looks formal but names nothing is said aloud. True if every
/// name is an axis, a dim, a fact or the device.
bool Analyzer::warnUnbound(const ast::Expr &expr, const ast::Block &block) {
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
        system->findAxis(name->name) || isDim(name->name)) {
      return;
    }
    for (const ast::Block *other : file.system.knowledge()) {
      if (other->name.text == name->name) {
        return;
      }
    }
    good = false;
    std::vector<std::string> names = axisNames();
    for (const ast::Kernel *kernel : system->kernels) {
      for (const ast::Dim &dim : kernel->dims) {
        names.push_back(dim.name.text);
        names.push_back(dim.alias.text);
      }
    }
    auto warning = diags.warning(diag::warn_unbound, name->range)
                   << name->name << block.keyword.text << block.name.text;
    if (std::optional<llvm::StringRef> near = nearestName(name->name, names)) {
      warning.help("did you mean `" + *near + "`?");
    }
  });
  return good;
}

/// Asserts that read like expressions over axes and dims.
void Analyzer::checkInvariants() {
  for (const ast::Block *block : file.system.knowledge("invariant")) {
    const ast::Property *property = block->find("assert");
    const ast::Expr *expr = property ? formal(property->value.get()) : nullptr;
    if (expr && (llvm::isa<ast::CompareExpr, ast::BinaryExpr>(*expr))) {
      warnUnbound(*expr, *block);
    }
  }
}

/// The expression that stands in \p expr, which may be a text; null for prose.
const ast::Expr *Analyzer::formal(const ast::Expr *expr) {
  if (!expr || llvm::isa<ast::ProseExpr, ast::ErrorExpr>(*expr)) {
    return nullptr;
  }
  const auto *text = llvm::dyn_cast<ast::StringLiteral>(expr);
  if (!text) {
    return expr;
  }
  if (!reader || !text->verbatim) {
    return nullptr;
  }
  ast::ExprPtr parsed = reader(text->content);
  if (!parsed) {
    return nullptr;
  }
  system->owned.push_back(std::move(parsed));
  return system->owned.back().get();
}

/// `axis = value` in a text: the place of each half.
static std::optional<std::pair<SourceRange, SourceRange>>
splitAssignment(SourceRange range) {
  llvm::StringRef text = range.text();
  size_t at = text.find('=');
  if (at == llvm::StringRef::npos || at + 1 >= text.size() ||
      text[at + 1] == '=' || at == 0 ||
      llvm::StringRef("<>!=").contains(text[at - 1])) {
    return std::nullopt;
  }
  auto trim = [&](size_t begin, size_t end) {
    llvm::StringRef part = text.slice(begin, end);
    size_t left = part.size() - part.ltrim().size();
    uint32_t start = range.begin + static_cast<uint32_t>(begin + left);
    return SourceRange{range.file, start,
                       start + static_cast<uint32_t>(part.trim().size())};
  };
  return std::pair(trim(0, at), trim(at + 1, text.size()));
}

void Analyzer::addRecommendation(const ast::Block &block, const ast::Expr *when,
                                 double confidence) {
  auto add = [&](llvm::StringRef axis, const ast::Expr *value) {
    if (!value) {
      return;
    }
    if (!system->findAxis(axis)) {
      std::vector<std::string> names = axisNames();
      auto warning = diags.warning(diag::warn_unbound, value->range)
                     << axis << block.keyword.text << block.name.text;
      if (auto near = nearestName(axis, names)) {
        warning.help("did you mean `" + *near + "`?");
      }
      return;
    }
    Recommendation result;
    result.from = block.name.text;
    result.when = when;
    result.axis = axis.str();
    result.value = value;
    result.confidence = confidence;
    result.source = block.string("source").value_or("").str();
    std::vector<Recommendation> &all = system->recommendations;
    auto place = llvm::find_if(all, [&](const Recommendation &other) {
      return other.confidence < confidence;
    });
    all.insert(place, std::move(result));
  };
  for (const ast::Property *property : block.findAll("recommend")) {
    const auto *text =
        llvm::dyn_cast_or_null<ast::StringLiteral>(property->value.get());
    if (!text || !text->verbatim || !reader) {
      continue;
    }
    if (auto halves = splitAssignment(text->content)) {
      ast::ExprPtr value = reader(halves->second);
      if (value) {
        system->owned.push_back(std::move(value));
        add(halves->first.text(), system->owned.back().get());
      }
    }
  }
  for (const ast::Block *map : block.blocks("recommend")) {
    for (const ast::ItemPtr &item : map->items) {
      if (const auto *property = llvm::dyn_cast<ast::Property>(item.get())) {
        add(property->key.text, property->value.get());
      }
    }
  }
}

void Analyzer::addRecommendations() {
  for (const ast::Block *block : file.system.knowledge()) {
    if (block->keyword.text != "fact" && block->keyword.text != "rule") {
      continue;
    }
    const ast::Expr *when = nullptr;
    if (const ast::Property *property = block->find("when")) {
      when = formal(property->value.get());
      // A condition that is prose cannot be said to hold.
      if (!when || !warnUnbound(*when, *block)) {
        continue;
      }
    }
    addRecommendation(*block, when, block->number("confidence").value_or(1.0));
  }
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

/// What a system takes from other files would be missing without a word.
void Analyzer::refuseOtherFiles() {
  if (!file.system.extends.empty()) {
    diags.error(diag::err_not_compiled, file.system.extendsRange)
        << "`extends`";
  }
  for (const ast::Import &import : file.system.imports) {
    diags.error(diag::err_not_compiled, import.range) << "`import`";
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
