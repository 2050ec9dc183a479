// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which facts a set of measurements supports, and their wording. Must
// not know where they are written.
#include "Cells.h"

#include "spak/Device/Device.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

namespace spak::trace {

namespace {

/// Everything that was measured of one kernel on one device at one design
/// point.
struct Group {
  std::string kernel;
  std::string device;
  Configuration scope;
  std::vector<const Measurement *> measurements;
  std::vector<Cell> cells;
  std::optional<RankFigure> figure;
};

/// Shapes next to each other that one tuning point wins.
struct Run {
  const Cell *winner = nullptr; ///< at the last shape
  std::vector<const Cell *> winners;
  size_t compared = 0; ///< points at the shape with the fewest
};

/// The product's name without the maker's: `NVIDIA H200` is `h200`.
std::string slug(llvm::StringRef text) {
  text.consume_front("NVIDIA ");
  text.consume_front("GeForce ");
  std::string result;
  for (char c : text) {
    if (llvm::isAlnum(c)) {
      result += llvm::toLower(c);
    } else if (!result.empty() && result.back() != '_') {
      result += '_';
    }
  }
  return llvm::StringRef(result).rtrim('_').str();
}

std::string literal(const space::AxisValue &value) {
  return value.isText() ? "'" + value.asText() + "'" : value.text();
}

double floorTo(double value, double step) {
  return std::floor(value / step + 1e-9) * step;
}

std::string confidenceText(double value) {
  return shortNumber(floorTo(value, 0.01), 2);
}

class Proposer {
public:
  Proposer(const std::vector<Measurement> &measurements, const Names &names,
           const ProposeOptions &options, DiagnosticEngine &diags)
      : measurements(measurements), names(names), options(options),
        diags(diags) {}

  std::vector<Fact> run();

private:
  const std::vector<Measurement> &measurements;
  const Names &names;
  const ProposeOptions &options;
  DiagnosticEngine &diags;
  std::vector<Fact> facts;

  /// The entries of \p configuration in the order of the file.
  std::vector<std::pair<std::string, space::AxisValue>>
  inOrder(const Configuration &configuration) const {
    std::vector<std::pair<std::string, space::AxisValue>> result;
    for (const TraceAxis &axis : names.axes) {
      auto found = configuration.find(axis.name);
      if (found != configuration.end()) {
        result.emplace_back(*found);
      }
    }
    return result;
  }
  std::string pointText(const Configuration &configuration) const {
    space::Point point;
    for (const auto &[axis, value] : inOrder(configuration)) {
      point.set(axis, value);
    }
    return point.text();
  }
  std::map<std::string, Group> group();
  void keepBestOrigin(Group &group);
  std::string scopeDim(const std::vector<Shape> &shapes) const;
  std::vector<Run> runsOf(const Group &group, std::string &dim);
  void best(const Group &group);
  void costs(const Group &group);
  void cost(const Group &group, llvm::ArrayRef<const Cell *> cells,
            const TraceAxis &axis, const space::AxisValue &value);

  Fact start(const Group &group, llvm::StringRef prefix,
             llvm::StringRef suffix) const;
  std::string when(const Group &group, llvm::StringRef dim, const Shape &first,
                   const Shape &last) const;
  std::string scopeWords(const Group &group) const;
  void addProvenance(Fact &fact, const Cell &cell, double confidence);
  void warnMissing(const Cell &cell, double confidence);
};

Configuration restrictedTo(const Configuration &all, const Names &names,
                           bool tuning) {
  Configuration result;
  for (const auto &[name, value] : all) {
    const TraceAxis *axis = names.findAxis(name);
    if (axis && (axis->role == TraceAxis::Role::Tuning) == tuning) {
      result.insert_or_assign(name, value);
    }
  }
  return result;
}

std::map<std::string, Group> Proposer::group() {
  std::map<std::string, Group> groups;
  size_t wrong = 0;
  const Measurement *firstWrong = nullptr;
  for (const Measurement &m : measurements) {
    if (m.correct == false) {
      firstWrong = firstWrong ? firstWrong : &m;
      ++wrong;
      continue;
    }
    Configuration scope = restrictedTo(m.configuration, names, false);
    std::string device = m.from.device;
    Group &group =
        groups[m.kernel + "|" + device + "|" + configurationText(scope)];
    group.kernel = m.kernel;
    group.device = device;
    group.scope = std::move(scope);
    group.measurements.push_back(&m);
  }
  if (wrong) {
    diags.warning(diag::warn_trace_nothing, firstWrong->range)
        << std::to_string(wrong) +
               (wrong == 1 ? " figure of a wrong result is left out"
                           : " figures of wrong results are left out");
  }
  return groups;
}

/// A model never outvotes a measurement, a claim neither.
void Proposer::keepBestOrigin(Group &group) {
  Provenance::Origin most = Provenance::Origin::Claimed;
  for (const Measurement *m : group.measurements) {
    most = std::max(most, m->from.origin);
  }
  llvm::erase_if(group.measurements,
                 [&](const Measurement *m) { return m->from.origin != most; });
}

/// The dim by which shapes are put in order: of those that differ in every
/// shape the one that grows to the most, the first in the kernel's order.
std::string Proposer::scopeDim(const std::vector<Shape> &shapes) const {
  std::string best;
  int64_t most = 0;
  for (const std::string &dim : names.dims) {
    std::vector<int64_t> sizes;
    for (const Shape &shape : shapes) {
      auto found = shape.find(dim);
      if (found != shape.end()) {
        sizes.push_back(found->second);
      }
    }
    llvm::sort(sizes);
    if (sizes.size() != shapes.size() || sizes.empty() ||
        std::adjacent_find(sizes.begin(), sizes.end()) != sizes.end()) {
      continue;
    }
    if (sizes.back() > most) {
      most = sizes.back();
      best = dim;
    }
  }
  return best;
}

std::vector<Run> Proposer::runsOf(const Group &group, std::string &dim) {
  std::map<Shape, std::vector<const Cell *>> byShape;
  for (const Cell &cell : group.cells) {
    byShape[cell.merged.shape].push_back(&cell);
  }
  std::vector<Shape> shapes;
  for (const auto &entry : byShape) {
    shapes.push_back(entry.first);
  }
  dim = scopeDim(shapes);
  if (!dim.empty()) {
    llvm::sort(shapes, [&](const Shape &a, const Shape &b) {
      return a.at(dim) < b.at(dim);
    });
  }
  std::vector<Run> runs;
  for (const Shape &shape : shapes) {
    const std::vector<const Cell *> &cells = byShape[shape];
    const Cell *winner = nullptr;
    for (const Cell *cell : cells) {
      auto score = [&](const Cell *c) {
        return group.figure->score(*c->merged.figure(group.figure->name));
      };
      if (!winner || score(cell) > score(winner)) {
        winner = cell;
      }
    }
    bool joins = !runs.empty() && !dim.empty() &&
                 runs.back().winner->merged.configuration ==
                     winner->merged.configuration;
    if (!joins) {
      runs.push_back({nullptr, {}, cells.size()});
    }
    runs.back().winner = winner;
    runs.back().winners.push_back(winner);
    runs.back().compared = std::min(runs.back().compared, cells.size());
  }
  return runs;
}

std::string Proposer::when(const Group &group, llvm::StringRef dim,
                           const Shape &first, const Shape &last) const {
  std::vector<std::string> parts;
  const device::Device *known = device::findByName(group.device);
  std::string arch = group.measurements.front()->from.arch;
  if (known) {
    arch = known->arch.str();
  }
  if (!arch.empty()) {
    parts.push_back("device.arch == '" + arch + "'");
  } else if (!group.device.empty()) {
    parts.push_back("device == '" + group.device + "'");
  }
  for (const auto &[axis, value] : inOrder(group.scope)) {
    parts.push_back(axis + " == " + literal(value));
  }
  if (!dim.empty()) {
    int64_t low = first.at(dim.str()), high = last.at(dim.str());
    if (low == high) {
      parts.push_back((dim + " == " + llvm::Twine(low)).str());
    } else {
      parts.push_back((llvm::Twine(low) + " <= " + dim + " and " + dim +
                       " <= " + llvm::Twine(high))
                          .str());
    }
  }
  return llvm::join(parts, " and ");
}

std::string Proposer::scopeWords(const Group &group) const {
  std::string text;
  for (const auto &[axis, value] : inOrder(group.scope)) {
    text += (text.empty() ? "" : ", ") + axis + " = " + value.text();
  }
  return text;
}

Fact Proposer::start(const Group &group, llvm::StringRef prefix,
                     llvm::StringRef suffix) const {
  std::string name = prefix.str();
  auto add = [&](const std::string &part) {
    if (!part.empty()) {
      name += "_" + part;
    }
  };
  add(slug(group.device.empty() ? "somewhere" : group.device));
  add(slug(group.kernel));
  for (const auto &[axis, value] : inOrder(group.scope)) {
    const TraceAxis *known = names.findAxis(axis);
    if (!known || known->values.size() != 1) {
      add(slug(value.isText()   ? value.asText()
               : value.isBool() ? (value.asBool() ? axis : "not_" + axis)
                                : axis + value.text()));
    }
  }
  add(suffix.str());
  Fact fact;
  fact.name = name;
  return fact;
}

void Proposer::addProvenance(Fact &fact, const Cell &cell, double confidence) {
  const Measurement &m = cell.merged;
  const Provenance &from = m.from;
  auto text = [&](const char *key, llvm::StringRef value) {
    if (!value.empty()) {
      fact.entries.push_back({key, ast::quote(value)});
    }
  };
  static constexpr llvm::StringLiteral kOrigins[] = {"\"claimed\"", "\"model\"",
                                                     "true"};
  text("kernel", m.kernel);
  text("device", from.device);
  const device::Device *known = device::findByName(from.device);
  text("arch",
       from.arch.empty() && known ? known->arch : llvm::StringRef(from.arch));
  text("toolkit", from.toolkit);
  text("driver", from.driver);
  fact.entries.push_back(
      {"measured", kOrigins[static_cast<unsigned>(from.origin)].str()});
  if (from.clockMhz) {
    fact.entries.push_back({"sm_clock_mhz", shortNumber(*from.clockMhz)});
  }
  text("flop_formula", from.flopFormula);
  fact.entries.push_back({"samples", std::to_string(fact.samples)});
  fact.entries.push_back({"confidence", confidenceText(confidence)});
  text("source", m.place);
  text("date", from.date);
  fact.date = from.date;
  fact.confidence = confidence;
  fact.origin = cell.parts.front()->range;
}

void Proposer::warnMissing(const Cell &cell, double confidence) {
  std::vector<std::string> missing = missingProvenance(cell.merged);
  bool isModel = cell.merged.from.origin == Provenance::Origin::Model;
  if (isModel) {
    missing.insert(missing.begin(), "that it was measured (it is a model's)");
  }
  if (missing.empty()) {
    return;
  }
  Measurement whole = cell.merged;
  whole.from = {
      Provenance::Origin::Measured, "x", "x", "x", "x", "x", "x", "x", 1.0};
  auto warning =
      diags.warning(diag::warn_trace_provenance, cell.parts.front()->range);
  warning << llvm::join(missing, ", ") << confidenceText(confidence)
          << confidenceText(trace::confidence(whole));
}

void Proposer::best(const Group &group) {
  std::string dim;
  for (const Run &run : runsOf(group, dim)) {
    const Measurement &m = run.winner->merged;
    const Shape &first = run.winners.front()->merged.shape;
    std::string suffix;
    if (!dim.empty()) {
      int64_t low = first.at(dim), high = m.shape.at(dim);
      suffix = slug(dim) + std::to_string(low) +
               (low == high ? "" : "_to_" + std::to_string(high));
    } else if (!m.shape.empty()) {
      suffix = slug(shapeText(m.shape));
    }
    Fact fact = start(group, "best", suffix);
    double least = HUGE_VAL, most = 0, c = 1;
    for (const Cell *cell : run.winners) {
      double value = *cell->merged.figure(group.figure->name);
      least = std::min(least, value);
      most = std::max(most, value);
      c = std::min(c, confidence(cell->merged));
      fact.samples += cell->merged.samples;
    }
    std::string words = scopeWords(group);
    std::string text =
        (m.kernel.empty() ? "" : m.kernel) +
        (words.empty() ? "" : (m.kernel.empty() ? "" : ", ") + words);
    if (!dim.empty()) {
      int64_t low = first.at(dim), high = m.shape.at(dim);
      text += (text.empty() ? "" : ", ") + dim + " = " + std::to_string(low) +
              (low == high ? "" : " to " + std::to_string(high));
    }
    text +=
        (text.empty() ? "" : ": ") + group.figure->name + " " +
        shortNumber(least) +
        (shortNumber(least) == shortNumber(most) ? ""
                                                 : " to " + shortNumber(most));
    if (group.figure->name == kRatio && !m.peer.empty()) {
      text += " (peer: " + m.peer + ")";
    }
    text += run.compared > 1
                ? ", the best of " + std::to_string(run.compared) + " points"
                : ", the only point measured";
    fact.entries.push_back({"description", ast::quote(text)});
    std::string condition = when(group, dim, first, m.shape);
    if (!condition.empty()) {
      fact.entries.push_back({"when", ast::quote(condition)});
    }
    Configuration tuning = restrictedTo(m.configuration, names, true);
    for (const auto &[axis, value] : inOrder(tuning)) {
      fact.entries.push_back(
          {"recommend", ast::quote(axis + " = " + literal(value))});
    }
    fact.entries.push_back({"point", ast::quote(pointText(m.configuration))});
    if (!m.shape.empty()) {
      // A fact about several shapes has the figure of the last one, but is
      // no further from the others.
      fact.entries.push_back({run.winners.size() == 1 ? "shape" : "figure_at",
                              ast::quote(shapeText(m.shape))});
    }
    fact.entries.push_back({"figure", ast::quote(group.figure->name)});
    for (const auto &[name, value] : m.figures) {
      fact.entries.push_back({name, shortNumber(value)});
    }
    if (!m.peer.empty()) {
      fact.entries.push_back({"peer", ast::quote(m.peer)});
    }
    addProvenance(fact, *run.winner, c);
    warnMissing(*run.winner, c);
    facts.push_back(std::move(fact));
  }
}

std::string lossWords(double ratio) {
  double loss = 1 - ratio;
  if (ratio > 0.45 && ratio < 0.55) {
    return "halves";
  }
  return "costs " + shortNumber(100 * loss, 2) + "% of";
}

void Proposer::cost(const Group &group, llvm::ArrayRef<const Cell *> cells,
                    const TraceAxis &axis, const space::AxisValue &value) {
  std::optional<PairEffect> worst;
  space::AxisValue against = value;
  std::vector<const Cell *> used;
  for (const space::AxisValue &other : axis.values) {
    if (other == value) {
      continue;
    }
    std::vector<const Cell *> pairCells;
    std::optional<PairEffect> effect =
        pairEffect(cells, *group.figure, axis.name, value, other, &pairCells);
    // Few pairs have a wide interval or none: then each of them must stand
    // clear of its own noise.
    if (!effect || effect->ratio > 1 - options.threshold ||
        !(effect->isClear || (effect->pairs > 2 && effect->high < 1))) {
      continue;
    }
    if (!worst || effect->ratio < worst->ratio) {
      worst = effect;
      against = other;
      used = std::move(pairCells);
    }
  }
  if (!worst) {
    return;
  }
  Fact fact =
      start(group, "cost_of_" + slug(axis.name + "_" + value.text()), "");
  double c = 1;
  for (const Cell *cell : used) {
    c = std::min(c, confidence(cell->merged));
    fact.samples += cell->merged.samples;
  }
  if (worst->pairs == 1) {
    c *= 0.8;
  }
  // The newest of the cells stands for where and when.
  const Cell *origin =
      *llvm::max_element(used, [](const Cell *a, const Cell *b) {
        return a->merged.from.date < b->merged.from.date;
      });
  std::string words = scopeWords(group);
  std::string text =
      axis.name + " = " + value.text() + " " + lossWords(worst->ratio) +
      " the throughput of " + axis.name + " = " + against.text() + ": " +
      std::to_string(worst->pairs) +
      (worst->pairs == 1 ? " pair of points that differs in it alone"
                         : " pairs of points that differ in it alone") +
      (words.empty() ? "" : "; " + words);
  fact.entries.push_back({"description", ast::quote(text)});
  std::string condition = when(group, "", {}, {});
  if (!condition.empty()) {
    fact.entries.push_back({"when", ast::quote(condition)});
  }
  fact.entries.push_back(
      {"avoid", ast::quote(axis.name + " = " + literal(value))});
  fact.entries.push_back(
      {"against", ast::quote(axis.name + " = " + literal(against))});
  if (!group.scope.empty()) {
    fact.entries.push_back({"scope", ast::quote(pointText(group.scope))});
  }
  fact.entries.push_back({"figure", ast::quote(group.figure->name)});
  fact.entries.push_back({"ratio", shortNumber(worst->ratio)});
  if (worst->pairs > 1) {
    fact.entries.push_back({"ratio_low", shortNumber(worst->low)});
    fact.entries.push_back({"ratio_high", shortNumber(worst->high)});
  }
  fact.entries.push_back({"pairs", std::to_string(worst->pairs)});
  addProvenance(fact, *origin, c);
  facts.push_back(std::move(fact));
}

void Proposer::costs(const Group &group) {
  std::vector<const Cell *> cells;
  for (const Cell &cell : group.cells) {
    cells.push_back(&cell);
  }
  for (const TraceAxis &axis : names.axes) {
    if (axis.role != TraceAxis::Role::Tuning) {
      continue;
    }
    for (const space::AxisValue &value : axis.values) {
      cost(group, cells, axis, value);
    }
  }
}

std::vector<Fact> Proposer::run() {
  std::map<std::string, Group> groups = group();
  for (auto &[key, group] : groups) {
    keepBestOrigin(group);
    group.cells = cellsOf(group.measurements);
    std::vector<const Cell *> cells;
    bool isPlaced = false;
    for (const Cell &cell : group.cells) {
      cells.push_back(&cell);
      isPlaced |= !cell.merged.configuration.empty();
    }
    group.figure = rankFigure(cells);
    SourceRange first = group.measurements.front()->range;
    if (!group.figure) {
      diags.warning(diag::warn_trace_nothing, first)
          << "the points of `" + group.kernel + "` have no figure in common";
      continue;
    }
    if (!isPlaced) {
      diags.warning(diag::warn_trace_nothing, first)
          << "the figures of `" + group.kernel + "` name no axis of system `" +
                 names.system + "`";
      continue;
    }
    best(group);
    costs(group);
  }
  return std::move(facts);
}

} // namespace

std::string Fact::text() const {
  std::string result = "fact " + name + " {\n";
  for (const FactEntry &entry : entries) {
    result += "    " + entry.key + ": " + entry.value + "\n";
  }
  return result + "}";
}

std::vector<Fact> proposeFacts(const std::vector<Measurement> &measurements,
                               const Names &names,
                               const ProposeOptions &options,
                               DiagnosticEngine &diags) {
  return Proposer(measurements, names, options, diags).run();
}

} // namespace spak::trace
