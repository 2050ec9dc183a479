// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// From measurements to knowledge: facts that a trace supports, facts that it
// contradicts, and the edits that write either into a file. Knows the syntax
// of a system, not its meaning: files that do not compile have knowledge too.
#ifndef SPAK_TRACE_FACTS_H
#define SPAK_TRACE_FACTS_H

#include "spak/AST/Edit.h"
#include "spak/Trace/Measurement.h"

namespace spak::trace {

/// An axis as a trace needs to know it.
struct TraceAxis {
  enum class Role : uint8_t { Design, Tuning, Static };
  std::string name;
  Role role = Role::Tuning;
  /// Empty if they are not all literals.
  std::vector<space::AxisValue> values;
  SourceRange range;
};

/// The names that configurations and shapes of a trace are matched with.
struct Names {
  std::string system;
  std::vector<TraceAxis> axes;
  /// Dims of kernels; of a dim with an alias both.
  std::vector<std::string> dims;

  static Names of(const ast::File &file);
  const TraceAxis *findAxis(llvm::StringRef name) const;
  /// The axis that \p name, as a trace spells it, stands for: the same name,
  /// or the only one that is equal when case is dropped and words are cut
  /// (`K_Lat`, `k_lat` and `k_load_latency`).
  const TraceAxis *match(llvm::StringRef name) const;
};

/// Spells the configurations of \p measurements as \p names does; what names
/// nothing moves to the shape if it is a size, else it is left out. Points
/// outside the space are dropped. Warnings: SPK5009, SPK5010, SPK5011.
void bindNames(std::vector<Measurement> &measurements, const Names &names,
               DiagnosticEngine &diags);

/// `key: value` of a fact, the value as it is to be written.
struct FactEntry {
  std::string key;
  std::string value;
};

/// A fact that may be written.
struct Fact {
  std::string name;
  std::vector<FactEntry> entries;
  std::string date;
  int64_t samples = 0;
  double confidence = 0;
  SourceRange origin; ///< the item that gave the figure

  /// `fact name { … }`, four spaces a level, no line break at the end.
  std::string text() const;
};

struct ProposeOptions {
  /// A value of an axis that costs less than this share is not worth a fact.
  double threshold = 0.10;
};

/// The facts that \p measurements support, in a fixed order: for each kernel,
/// device and design point the best tuning point of each run of shapes, then
/// what single values cost. Warnings: SPK5008 and SPK5012.
std::vector<Fact> proposeFacts(const std::vector<Measurement> &measurements,
                               const Names &names,
                               const ProposeOptions &options,
                               DiagnosticEngine &diags);

/// The edits that bring \p facts into \p file. A fact of the same name, kernel
/// and device is replaced if it is older, or of the same day with fewer
/// samples; kept otherwise (SPK5014 if it says something else). Beside one of
/// another kernel or device the new one gets a number behind its name.
std::vector<ast::TextEdit> writeFacts(const ast::File &file,
                                      const std::vector<Fact> &facts,
                                      DiagnosticEngine &diags);

/// What newer traces say about a fact.
struct Finding {
  enum class Verdict : uint8_t { Holds, Stale, Untested, NoClaim };
  const ast::Block *fact = nullptr;
  Verdict verdict = Verdict::NoClaim;
  std::string reason;
  std::string date;  ///< of the newest measurement that was compared
  SourceRange trace; ///< the item that decided
};

/// `holds`, `stale`, `untested`, `no claim`.
llvm::StringRef verdictName(Finding::Verdict verdict);

/// What items say of a fact with a parameter,
/// `fact slow(t: TraceItem.Performance) { return t.speedup < 0.85 }`.
struct Observation {
  const ast::Block *fact = nullptr;
  size_t items = 0;   ///< of the parameter's kind, with the fields it reads
  size_t holding = 0; ///< of them
  std::optional<bool> last; ///< of the last of them; nothing without one
};

/// An observation for every fact of \p file with a parameter.
std::vector<Observation> observeFacts(const ast::File &file,
                                      const Trace &trace);

/// Tests the claim of every fact of \p file against \p measurements, which
/// must be bound to its names. Stale facts are warned about (SPK5013).
std::vector<Finding> checkFacts(const ast::File &file,
                                const std::vector<Measurement> &measurements,
                                DiagnosticEngine &diags);

/// The edits that write `status` into facts: `stale since …` where they are,
/// away where a fact that was marked holds again.
std::vector<ast::TextEdit> markFacts(const std::vector<Finding> &findings);

} // namespace spak::trace

#endif // SPAK_TRACE_FACTS_H
