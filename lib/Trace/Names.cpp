// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which axis and which dim a word of a trace stands for. Must not know
// figures.
#include "spak/Trace/Facts.h"

#include "spak/Knowledge/Names.h"
#include "spak/Space/Literal.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

namespace spak::trace {

namespace {

/// Values of `range[a, b]` that are written out.
constexpr int64_t kMaxRange = 4096;

/// The values that \p expr lists; empty if one is no literal.
std::vector<space::AxisValue> valuesOf(const ast::Expr &expr) {
  std::vector<space::AxisValue> values;
  if (const auto *list = llvm::dyn_cast<ast::ListExpr>(&expr)) {
    for (const ast::ExprPtr &element : list->elements) {
      std::optional<space::AxisValue> value = space::literalValue(*element);
      if (!value) {
        return {};
      }
      values.push_back(*value);
    }
    return values;
  }
  if (const auto *range = llvm::dyn_cast<ast::RangeExpr>(&expr)) {
    const auto *first = llvm::dyn_cast<ast::IntLiteral>(range->first.get());
    const auto *last = llvm::dyn_cast<ast::IntLiteral>(range->last.get());
    const auto *step =
        llvm::dyn_cast_or_null<ast::IntLiteral>(range->step.get());
    int64_t by = step ? step->value : 1;
    if (!first || !last || (range->step && !step) || by < 1 ||
        last->value < first->value ||
        (last->value - first->value) / by > kMaxRange) {
      return {};
    }
    for (int64_t v = first->value; v <= last->value; v += by) {
      values.emplace_back(v);
    }
    return values;
  }
  if (std::optional<space::AxisValue> value = space::literalValue(expr)) {
    values.push_back(*value);
  }
  return values;
}

void addAxis(std::vector<TraceAxis> &axes, const ast::Axis &axis,
             TraceAxis::Role role) {
  if (axis.form == ast::Axis::Form::Nested) {
    for (const ast::Axis &nested : axis.nested) {
      addAxis(axes, nested, role);
    }
    return;
  }
  TraceAxis result{axis.name.text, role, {}, axis.name.range};
  for (const ast::ExprPtr &value : axis.values) {
    std::vector<space::AxisValue> values = valuesOf(*value);
    if (values.empty()) {
      result.values.clear();
      break;
    }
    llvm::append_range(result.values, values);
  }
  axes.push_back(std::move(result));
}

/// \p value as the axis spells it; nothing if the axis does not have it.
std::optional<space::AxisValue> fit(const space::AxisValue &value,
                                    const TraceAxis &axis) {
  if (axis.values.empty()) {
    return value;
  }
  std::vector<space::AxisValue> spellings{value};
  if (value.isInt() && (value.asInt() == 0 || value.asInt() == 1)) {
    spellings.emplace_back(value.asInt() == 1);
  }
  if (value.isText()) {
    spellings.push_back(space::AxisValue::parse(value.asText()));
  }
  for (const space::AxisValue &spelling : spellings) {
    for (const space::AxisValue &own : axis.values) {
      if (own == spelling || (own.isText() && spelling.isText() &&
                              llvm::StringRef(own.asText())
                                  .equals_insensitive(spelling.asText()))) {
        return own;
      }
    }
  }
  return std::nullopt;
}

} // namespace

Names Names::of(const ast::File &file) {
  Names names;
  names.system = file.system.name.text;
  for (const ast::Space *space : file.system.spaces()) {
    for (const ast::Axis &axis : space->axes) {
      addAxis(names.axes, axis,
              space->role == ast::Space::Role::Design
                  ? TraceAxis::Role::Design
                  : TraceAxis::Role::Tuning);
    }
  }
  for (const ast::Kernel *kernel : file.system.kernels()) {
    for (const ast::StaticDim &dim : kernel->statics) {
      if (!names.findAxis(dim.name.text)) {
        names.axes.push_back({dim.name.text, TraceAxis::Role::Static,
                              dim.values ? valuesOf(*dim.values)
                                         : std::vector<space::AxisValue>(),
                              dim.name.range});
      }
    }
    for (const ast::Dim &dim : kernel->dims) {
      names.dims.push_back(dim.name.text);
      if (!dim.alias.empty()) {
        names.dims.push_back(dim.alias.text);
      }
    }
  }
  return names;
}

const TraceAxis *Names::findAxis(llvm::StringRef name) const {
  auto found = llvm::find_if(
      axes, [&](const TraceAxis &axis) { return axis.name == name; });
  return found == axes.end() ? nullptr : &*found;
}

const TraceAxis *Names::match(llvm::StringRef name) const {
  std::vector<std::string> all;
  for (const TraceAxis &axis : axes) {
    all.push_back(axis.name);
  }
  std::optional<knowledge::NameMatch> found = knowledge::matchName(name, all);
  return found ? &axes[found->index] : nullptr;
}

void bindNames(std::vector<Measurement> &measurements, const Names &names,
               DiagnosticEngine &diags) {
  llvm::StringSet<> said;
  auto once = [&](const llvm::Twine &text) {
    return said.insert(text.str()).second;
  };
  auto bind = [&](Measurement &m) {
    std::map<std::string, space::AxisValue> bound;
    for (const auto &[name, value] : m.configuration) {
      const TraceAxis *axis = names.match(name);
      SourceRange range = m.range;
      if (!axis) {
        if (value.isInt() && llvm::is_contained(names.dims, name)) {
          m.shape.try_emplace(name, value.asInt());
        } else if (once("axis " + name)) {
          std::vector<std::string> all;
          for (const TraceAxis &each : names.axes) {
            all.push_back(each.name);
          }
          auto warning = diags.warning(diag::warn_trace_axis, range);
          warning << name << names.system;
          warning.help(nameHelp(name, "axes", all));
        }
        continue;
      }
      if (axis->name != name && once("alias " + name)) {
        diags.warning(diag::warn_trace_alias, range) << name << axis->name;
      }
      std::optional<space::AxisValue> own = fit(value, *axis);
      if (!own) {
        if (once("value " + name + "=" + value.text())) {
          auto warning = diags.warning(diag::warn_trace_value, range);
          warning << axis->name << value.text();
          warning.note(axis->range, "the axis is here");
        }
        return false;
      }
      bound.insert_or_assign(axis->name, *own);
    }
    m.configuration = std::move(bound);
    // A size that the point fixes is no size of a launch.
    for (auto it = m.shape.begin(); it != m.shape.end();) {
      const TraceAxis *axis = names.findAxis(it->first);
      if (axis && !llvm::is_contained(names.dims, it->first)) {
        if (auto own = fit(space::AxisValue(it->second), *axis)) {
          m.configuration.try_emplace(axis->name, *own);
        }
        it = m.shape.erase(it);
      } else if (!names.dims.empty() &&
                 !llvm::is_contained(names.dims, it->first)) {
        it = m.shape.erase(it);
      } else {
        ++it;
      }
    }
    return true;
  };
  llvm::erase_if(measurements, [&](Measurement &m) { return !bind(m); });
}

} // namespace spak::trace
