// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: --explain: what was made of each item of knowledge, as text and as
// JSON. Decides nothing itself.
#include "Session.h"

#include "Bridge.h"
#include "spak/IRGen/IRGen.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace spak::driver {

namespace {

using knowledge::Grade;
using knowledge::Standing;

std::string placeOf(SourceRange range) {
  if (!range.isValid()) {
    return "";
  }
  return range.file->name().str() + ":" +
         std::to_string(range.file->lineColumn(range.begin).line);
}

/// One item with what is known of it.
struct Row {
  const sema::KnowledgeItem *item = nullptr;
  std::vector<const InvariantFinding *> findings;
  std::string origin; ///< `extends base.dsl`; empty for the file's own
  std::string over;   ///< the place of what it replaces

  /// The weakest standing of its sentences.
  Standing standing() const {
    if (findings.empty()) {
      return Standing::Open;
    }
    Standing worst = Standing::Proved;
    for (const InvariantFinding *finding : findings) {
      if (finding->standing == Standing::Refuted) {
        return Standing::Refuted;
      }
      worst = std::max(worst, finding->standing);
    }
    return worst;
  }
};

class Explainer {
public:
  Explainer(const sema::System &system,
            const knowledge::Inheritance &inheritance,
            llvm::ArrayRef<InvariantFinding> findings,
            const sema::PointRequest &asked, const space::Point *point)
      : system(system), inheritance(inheritance), asked(asked), point(point) {
    for (const auto &item : system.knowledge) {
      Row row;
      row.item = item.get();
      for (const InvariantFinding &finding : findings) {
        if (finding.item == item.get()) {
          row.findings.push_back(&finding);
        }
      }
      row.origin = originOf(item->block->range);
      for (const knowledge::Override &other : inheritance.overrides) {
        if (other.by == item->block->name.range) {
          row.over = placeOf(other.of);
        }
      }
      rows.push_back(std::move(row));
    }
  }

  void printText(llvm::raw_ostream &os) const;
  void printJson(llvm::raw_ostream &os) const;

private:
  const sema::System &system;
  const knowledge::Inheritance &inheritance;
  const sema::PointRequest &asked;
  const space::Point *point;
  std::vector<Row> rows;

  std::string originOf(SourceRange range) const {
    const knowledge::Ancestor *ancestor = inheritance.find(range.file);
    if (!ancestor) {
      return "";
    }
    bool extends = ancestor->how == knowledge::Ancestor::How::Extends;
    return (extends ? "extends " : "imported from ") +
           ancestor->source->name().str();
  }
  void choices(
      llvm::function_ref<void(const sema::Axis &, const sema::Recommendation *)>
          visit) const;
  std::vector<std::pair<const sema::Recommendation *, std::string>>
  losers(const sema::Recommendation &winner) const;
  void json(llvm::json::OStream &json, const Row &row) const;
};

/// Calls \p visit for each axis of the point with what chose its value.
void Explainer::choices(
    llvm::function_ref<void(const sema::Axis &, const sema::Recommendation *)>
        visit) const {
  if (!point) {
    return;
  }
  std::vector<const sema::Recommendation *> held =
      sema::recommendationsAt(system, *point, *asked.device, &asked.shape);
  for (const sema::Axis &axis : system.axes) {
    const sema::Recommendation *by = nullptr;
    for (const sema::Recommendation *each : held) {
      if (each->axis == axis.name && !by) {
        by = each;
      }
    }
    visit(axis, by);
  }
}

/// Those that ask for another value of the axis at the point, and why not.
std::vector<std::pair<const sema::Recommendation *, std::string>>
Explainer::losers(const sema::Recommendation &winner) const {
  std::vector<std::pair<const sema::Recommendation *, std::string>> result;
  for (const sema::Recommendation &other : system.recommendations) {
    if (other.axis == winner.axis && other.item != winner.item &&
        !other.avoid &&
        (!other.when ||
         sema::holdsAt(system, *other.when, *point, asked).value_or(false)) &&
        !sema::follows(other, *point, asked)) {
      result.emplace_back(&other, sema::whyNot(winner, other));
    }
  }
  return result;
}

void Explainer::printText(llvm::raw_ostream &os) const {
  unsigned counts[3] = {};
  for (const Row &row : rows) {
    ++counts[static_cast<unsigned>(row.item->grade)];
  }
  os << "system " << system.file->system.name.text << ": " << rows.size()
     << (rows.size() == 1 ? " item" : " items") << " of knowledge, "
     << counts[0] << " formal, " << counts[1] << " checked, " << counts[2]
     << " prose\n";
  for (const Row &row : rows) {
    const sema::KnowledgeItem &item = *row.item;
    os << placeOf(item.block->range) << ": " << item.kind() << " "
       << (item.name().empty() ? "(no name)" : item.name()) << ": "
       << knowledge::gradeName(item.grade);
    if (item.kind() == "invariant") {
      os << ", " << knowledge::standingName(row.standing());
    }
    os << ": " << item.why;
    for (const InvariantFinding *finding : row.findings) {
      os << "; ";
      if (!finding->kernel.empty()) {
        os << "kernel " << finding->kernel << ": ";
      }
      os << knowledge::standingName(finding->standing) << ", " << finding->why;
    }
    if (!item.action.empty()) {
      os << "; " << item.action;
    }
    if (!row.origin.empty()) {
      os << "; " << row.origin;
    }
    if (!row.over.empty()) {
      os << "; replaces " << row.over;
    }
    os << "\n";
  }
  for (const sema::LoopParameter &parameter : system.loopParameters) {
    os << placeOf(parameter.range) << ": parameter " << parameter.name << " of "
       << parameter.loop << ": "
       << (parameter.axis.empty() ? "no axis" : "axis " + parameter.axis)
       << "\n";
  }
  for (const knowledge::Override &other : inheritance.overrides) {
    if (other.kind == "axis" || other.kind == "constraint" ||
        other.kind == "kernel") {
      os << placeOf(other.by) << ": " << other.kind << " " << other.name
         << ": replaces " << placeOf(other.of) << "\n";
    }
  }
  for (const sema::Axis &axis : system.axes) {
    std::string origin = originOf(axis.range);
    if (!origin.empty()) {
      os << placeOf(axis.range) << ": axis " << axis.name << ": " << origin
         << "\n";
    }
  }
  for (const ast::Kernel *kernel : system.kernels) {
    std::string origin = originOf(kernel->name.range);
    if (!origin.empty()) {
      os << placeOf(kernel->name.range) << ": kernel " << kernel->name.text
         << ": " << origin << "\n";
    }
  }
  choices([&](const sema::Axis &axis, const sema::Recommendation *by) {
    if (!by) {
      return;
    }
    os << "axis " << axis.name << " = " << point->find(axis.name)->text()
       << ": by " << by->from << " (" << placeOf(by->range) << ")";
    for (const auto &[other, why] : losers(*by)) {
      os << ", not by " << other->from << " (" << placeOf(other->range)
         << "): " << why;
    }
    os << "\n";
  });
}

void Explainer::json(llvm::json::OStream &json, const Row &row) const {
  const sema::KnowledgeItem &item = *row.item;
  json.object([&] {
    json.attribute("kind", item.kind());
    json.attribute("name", item.name());
    json.attribute("place", placeOf(item.block->range));
    json.attribute("grade", knowledge::gradeName(item.grade));
    json.attribute("why", item.why);
    if (item.kind() == "invariant") {
      json.attribute("standing", knowledge::standingName(row.standing()));
    }
    if (!item.action.empty()) {
      json.attribute("action", item.action);
    }
    if (!row.origin.empty()) {
      json.attribute("origin", row.origin);
    }
    if (!row.over.empty()) {
      json.attribute("replaces", row.over);
    }
    json.attributeArray("sentences", [&] {
      for (const sema::Clause &clause : item.clauses) {
        json.object([&] {
          json.attribute("role", sema::roleName(clause.role));
          json.attribute("text", clause.range.text().trim());
          json.attribute("grade", knowledge::gradeName(clause.grade));
          json.attribute("why", clause.why);
          if (!clause.axis.empty()) {
            json.attribute("axis", clause.axis);
          }
          if (clause.expr) {
            json.attribute("read_as", ast::toString(*clause.expr));
          }
          json.attributeArray("findings", [&] {
            for (const InvariantFinding *finding : row.findings) {
              if (finding->clause != &clause) {
                continue;
              }
              json.object([&] {
                json.attribute("standing",
                               knowledge::standingName(finding->standing));
                json.attribute("why", finding->why);
                if (!finding->kernel.empty()) {
                  json.attribute("kernel", finding->kernel);
                }
              });
            }
          });
        });
      }
    });
  });
}

void Explainer::printJson(llvm::raw_ostream &os) const {
  llvm::json::OStream out(os, 2);
  out.object([&] {
    out.attribute("spak_explain", 1);
    out.attribute("system", system.file->system.name.text);
    out.attribute("arch", asked.device->arch);
    out.attribute("device", asked.device->name);
    out.attributeArray("items", [&] {
      for (const Row &row : rows) {
        json(out, row);
      }
    });
    out.attributeArray("parameters", [&] {
      for (const sema::LoopParameter &parameter : system.loopParameters) {
        out.object([&] {
          out.attribute("loop", parameter.loop);
          out.attribute("name", parameter.name);
          out.attribute("axis", parameter.axis);
          out.attribute("place", placeOf(parameter.range));
        });
      }
    });
    out.attributeArray("overrides", [&] {
      for (const knowledge::Override &other : inheritance.overrides) {
        out.object([&] {
          out.attribute("kind", other.kind);
          out.attribute("name", other.name);
          out.attribute("by", placeOf(other.by));
          out.attribute("of", placeOf(other.of));
        });
      }
    });
    out.attributeArray("point", [&] {
      choices([&](const sema::Axis &axis, const sema::Recommendation *by) {
        out.object([&] {
          out.attribute("axis", axis.name);
          out.attribute("value", point->find(axis.name)->text());
          if (!by) {
            return;
          }
          out.attribute("by", by->from);
          out.attribute("place", placeOf(by->range));
          out.attributeArray("over", [&] {
            for (const auto &[other, why] : losers(*by)) {
              out.object([&, other = other, &why = why] {
                out.attribute("name", other->from);
                out.attribute("place", placeOf(other->range));
                out.attribute("why", why);
              });
            }
          });
        });
      });
    });
  });
  os << "\n";
}

} // namespace

/// Decides what can be decided, so that it can be told.
bool Session::explain() {
  bool good = true;
  for (const auto &item : system->knowledge) {
    for (const sema::Clause &clause : item->clauses) {
      if (clause.role != sema::Clause::Role::Assert || !clause.expr ||
          clause.grade != Grade::Formal) {
        continue;
      }
      sema::SpaceClaim claim =
          sema::decideOverSpace(*system, *clause.expr, asked);
      InvariantFinding finding;
      finding.standing = claim.standing;
      finding.why = claim.why;
      if (!claim.example.empty()) {
        finding.why += ", e.g. " + claim.example;
      }
      good &= settle(*item, clause, std::move(finding));
    }
  }
  std::optional<space::Point> point;
  if (!system->axes.empty()) {
    llvm::FailureOr<sema::Selection> selection =
        sema::selectPoints(*system, asked, diags);
    if (llvm::succeeded(selection)) {
      point = selection->points.front();
    }
  } else {
    point = space::Point();
  }
  good &= point.has_value();
  if (!system->kernels.empty() && point) {
    makeContext();
    DiagnosticBridge bridge(*context, allSources(), diags);
    llvm::FailureOr<OwningOpRef<ModuleOp>> module =
        irgen::generate(*context, *system, *point, *device, diags);
    // What was read is told although the kernel has mistakes.
    good &= llvm::succeeded(module) && checkInvariants(**module, *point);
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  Explainer explainer(*system, inheritance, findings, asked,
                      point ? &*point : nullptr);
  if (options.json) {
    explainer.printJson(os);
  } else {
    explainer.printText(os);
  }
  outputs.push_back({outputPath("", ""), text});
  // What is false is told with everything else.
  if (!good) {
    (void)writeAll();
  }
  return good;
}

} // namespace spak::driver
