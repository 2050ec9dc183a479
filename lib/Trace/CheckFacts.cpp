// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a fact claims, and whether newer measurements agree. Must not
// know how facts are proposed.
#include "Cells.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

namespace spak::trace {

namespace {

/// What can be tested of a fact.
struct Claim {
  std::string figure;
  double value = 0;
  Configuration point; ///< may be a part of one
  Shape shape;
  std::string device;
  std::string arch;
  std::string kernel;
  std::string date;
  std::string sourceFile;
  /// Of a fact about one value of an axis: the axis and both values.
  std::string axis;
  space::AxisValue avoided, against;
};

struct ClaimRow {
  llvm::StringLiteral key;
  llvm::StringLiteral figure;
  bool isCausal;
};

/// Keys of facts that hold a figure, the ones to prefer first.
constexpr ClaimRow kClaims[] = {
    {"ratio_to_peer", kRatio, false},
    {"time_ms", kTime, false},
    {"throughput_tflops", kThroughput, false},
    {"causal_tflops", kThroughput, true},
    {"tflops", kThroughput, false},
    {"speedup_vs_torch", kRatio, false},
    {"speedup", kRatio, false},
    {"avg_step_time", kTime, false},
    {"bandwidth_gbs", kBandwidth, false},
};

/// Relative change that is no news. Times move with the clocks of the card,
/// ratios to a peer beside them less.
double toleranceOf(llvm::StringRef figure) {
  return figure == kRatio ? 0.03 : 0.05;
}

/// `axis = value` and lists of it; quotes around texts are dropped.
void readAssignments(llvm::StringRef text, Configuration &to) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    auto [axis, value] = part.split('=');
    value = value.trim();
    bool isText = value.size() > 1 && value.front() == '\'';
    if (!axis.trim().empty() && !value.empty()) {
      to.insert_or_assign(axis.trim().str(),
                          isText ? space::AxisValue(value.trim('\'').str())
                                 : space::AxisValue::parse(value));
    }
  }
}

std::string textOf(const ast::Block &fact, llvm::StringRef key) {
  return fact.string(key).value_or("").str();
}

void readWhere(const ast::Block &fact, Claim &claim) {
  claim.device = textOf(fact, "device");
  claim.arch = textOf(fact, "arch");
  claim.kernel = textOf(fact, "kernel");
  claim.date = textOf(fact, "date");
  claim.sourceFile =
      llvm::StringRef(textOf(fact, "source")).rsplit(":L").first.str();
  Configuration shape;
  readAssignments(textOf(fact, "shape"), shape);
  readAssignments(textOf(fact, "figure_at"), shape);
  for (const auto &[dim, size] : shape) {
    if (size.isInt()) {
      claim.shape[dim] = size.asInt();
    }
  }
}

std::optional<Claim> claimOf(const ast::Block &fact, const Names &names) {
  Claim claim;
  readWhere(fact, claim);
  Configuration avoid, against;
  readAssignments(textOf(fact, "avoid"), avoid);
  readAssignments(textOf(fact, "against"), against);
  std::optional<double> ratio = fact.number("ratio");
  if (avoid.size() == 1 && against.size() == 1 && ratio &&
      avoid.begin()->first == against.begin()->first) {
    claim.axis = avoid.begin()->first;
    claim.avoided = avoid.begin()->second;
    claim.against = against.begin()->second;
    claim.value = *ratio;
    claim.figure = textOf(fact, "figure");
    readAssignments(textOf(fact, "scope"), claim.point);
    return claim;
  }
  readAssignments(textOf(fact, "point"), claim.point);
  if (claim.point.empty()) {
    for (const ast::Property *property : fact.findAll("recommend")) {
      if (const auto *text = llvm::dyn_cast_or_null<ast::StringLiteral>(
              property->value.get())) {
        readAssignments(text->value, claim.point);
      }
    }
  }
  std::string wanted = textOf(fact, "figure");
  for (const ClaimRow &row : kClaims) {
    std::optional<double> value = fact.number(row.key);
    if (!value || *value <= 0 || (!wanted.empty() && wanted != row.key)) {
      continue;
    }
    claim.figure = row.figure.str();
    claim.value = *value;
    if (row.isCausal && names.findAxis("causal")) {
      claim.point.insert_or_assign("causal", space::AxisValue(true));
    }
    return claim;
  }
  return std::nullopt;
}

class Checker {
public:
  Checker(const ast::Block &fact, const Claim &claim, const Names &names,
          const std::vector<Measurement> &all)
      : claim(claim), names(names) {
    finding.fact = &fact;
    for (const Measurement &m : all) {
      if (isNews(m) && m.from.origin != Provenance::Origin::Model &&
          m.correct != false) {
        news.push_back(&m);
      }
    }
  }

  Finding run() {
    finding.verdict = Finding::Verdict::Untested;
    if (claim.device.empty() && claim.arch.empty()) {
      finding.reason = "the fact names no device";
    } else if (news.empty()) {
      finding.reason = "nothing newer was measured on its device and kernel";
    } else if (!claim.axis.empty()) {
      checkCost();
    } else {
      checkFigure();
    }
    return std::move(finding);
  }

private:
  const Claim &claim;
  const Names &names;
  Finding finding;
  std::vector<const Measurement *> news;

  bool isNews(const Measurement &m) const {
    llvm::StringRef file = llvm::StringRef(m.place).rsplit(":L").first;
    bool isOwn = file == claim.sourceFile && m.from.date == claim.date;
    bool isHere = claim.device.empty() ? m.from.arch == claim.arch
                                       : m.from.device == claim.device;
    return !isOwn && m.from.date >= claim.date && isHere &&
           (claim.kernel.empty() || m.kernel == claim.kernel) &&
           hasAll(m.shape, claim.shape);
  }

  void decide(Finding::Verdict verdict, const Cell &cell, std::string reason) {
    finding.verdict = verdict;
    finding.reason = std::move(reason);
    finding.date = cell.merged.from.date;
    finding.trace = cell.parts.front()->range;
  }

  /// The part of the claim's point that says what is computed.
  Configuration scope() const {
    Configuration result;
    for (const auto &[name, value] : claim.point) {
      const TraceAxis *axis = names.findAxis(name);
      if (axis && axis->role != TraceAxis::Role::Tuning) {
        result.insert_or_assign(name, value);
      }
    }
    return result;
  }

  void checkFigure() {
    std::vector<const Measurement *> same;
    Configuration what = scope();
    for (const Measurement *m : news) {
      if (hasAll(m->configuration, what) && m->figure(claim.figure)) {
        same.push_back(m);
      }
    }
    std::vector<Cell> cells = cellsOf(same);
    const Cell *own = nullptr, *best = nullptr;
    RankFigure rank{claim.figure, claim.figure != kTime};
    auto score = [&](const Cell &cell) {
      return rank.score(*cell.merged.figure(claim.figure));
    };
    for (const Cell &cell : cells) {
      // Of several points that the claim may mean, the best.
      if (hasAll(cell.merged.configuration, claim.point) &&
          (!own || score(cell) > score(*own))) {
        own = &cell;
      }
      if (!best || score(cell) > score(*best)) {
        best = &cell;
      }
    }
    if (!own) {
      finding.reason = "its point was not measured again";
      return;
    }
    double found = *own->merged.figure(claim.figure);
    double tolerance =
        std::max(toleranceOf(claim.figure), own->merged.spread.value_or(0));
    std::string measured = claim.figure + " is " + shortNumber(found);
    std::string where = " (" + own->merged.place + ")";
    if (std::fabs(found / claim.value - 1) > tolerance) {
      decide(Finding::Verdict::Stale, *own,
             measured + ", the fact says " + shortNumber(claim.value) + where);
      return;
    }
    if (best != own && score(*best) > score(*own) * (1 + tolerance)) {
      decide(Finding::Verdict::Stale, *best,
             "`" +
                 configurationText(difference(best->merged.configuration,
                                              own->merged.configuration)) +
                 "` has " + claim.figure + " " +
                 shortNumber(*best->merged.figure(claim.figure)) +
                 ", its point " + shortNumber(found) + " (" +
                 best->merged.place + ")");
      return;
    }
    decide(Finding::Verdict::Holds, *own, measured + where);
  }

  static Configuration difference(const Configuration &of,
                                  const Configuration &from) {
    Configuration result;
    for (const auto &[axis, value] : of) {
      auto other = from.find(axis);
      if (other == from.end() || other->second != value) {
        result.insert_or_assign(axis, value);
      }
    }
    return result;
  }

  void checkCost() {
    std::vector<const Measurement *> same;
    for (const Measurement *m : news) {
      if (hasAll(m->configuration, claim.point) && m->figure(claim.figure)) {
        same.push_back(m);
      }
    }
    std::vector<Cell> cells = cellsOf(same);
    std::vector<const Cell *> all, used;
    for (const Cell &cell : cells) {
      all.push_back(&cell);
    }
    RankFigure rank{claim.figure, claim.figure != kTime};
    std::optional<PairEffect> effect =
        pairEffect(all, rank, claim.axis, claim.avoided, claim.against, &used);
    if (!effect) {
      finding.reason = "no two points that differ in `" + claim.axis +
                       "` alone were measured again";
      return;
    }
    std::string text = "the ratio is " + shortNumber(effect->ratio) + " over " +
                       std::to_string(effect->pairs) +
                       (effect->pairs == 1 ? " pair" : " pairs") +
                       ", the fact says " + shortNumber(claim.value) + " (" +
                       used.front()->merged.place + ")";
    // A cost that is less than half of what was claimed, or twice it.
    double claimed = -std::log(claim.value), now = -std::log(effect->ratio);
    bool holds = now >= claimed / 2 && now <= claimed * 2;
    decide(holds ? Finding::Verdict::Holds : Finding::Verdict::Stale,
           *used.front(), std::move(text));
  }
};

} // namespace

llvm::StringRef verdictName(Finding::Verdict verdict) {
  static constexpr llvm::StringLiteral kNames[] = {"holds", "stale", "untested",
                                                   "no claim"};
  return kNames[static_cast<unsigned>(verdict)];
}

std::vector<Finding> checkFacts(const ast::File &file,
                                const std::vector<Measurement> &measurements,
                                DiagnosticEngine &diags) {
  Names names = Names::of(file);
  std::vector<Finding> findings;
  for (const ast::Block *fact : file.system.knowledge("fact")) {
    std::optional<Claim> claim = claimOf(*fact, names);
    if (!claim) {
      Finding none;
      none.fact = fact;
      none.reason = "no figure that a trace can test";
      findings.push_back(std::move(none));
      continue;
    }
    Finding finding = Checker(*fact, *claim, names, measurements).run();
    if (finding.verdict == Finding::Verdict::Stale) {
      auto warning = diags.warning(diag::warn_fact_stale, fact->name.range)
                     << fact->name.text << finding.reason;
      warning.note(finding.trace, "it was measured here");
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<ast::TextEdit> markFacts(const std::vector<Finding> &findings) {
  std::vector<ast::TextEdit> edits;
  for (const Finding &finding : findings) {
    const ast::Property *status = finding.fact->find("status");
    std::optional<llvm::StringRef> text = finding.fact->string("status");
    bool wasStale = text && text->starts_with("stale");
    if (finding.verdict == Finding::Verdict::Stale) {
      std::string value =
          "stale" + (finding.date.empty() ? "" : " since " + finding.date) +
          ": " + finding.reason;
      if (text != llvm::StringRef(value)) {
        edits.push_back(
            ast::setProperty(*finding.fact, "status", ast::quote(value)));
      }
    } else if (finding.verdict == Finding::Verdict::Holds && wasStale) {
      edits.push_back(ast::removeItem(*status));
    }
  }
  return edits;
}

} // namespace spak::trace
