// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What a guide predicts, as data that can be tested: written by the guide
// (guide-1.json), read back and held against traces. Knows no compiler.
#ifndef SPAK_TRACE_PREDICTIONS_H
#define SPAK_TRACE_PREDICTIONS_H

#include "spak/Trace/Measurement.h"

namespace spak::trace {

/// One numbered sentence of a guide.
///
///   AtLeast  figure >= value        a bound that nothing may break
///   AtMost   figure <= value
///   Equals   |figure / value - 1| <= tolerance
///   Correct  the results are right
///   NotSlower  the point's score is at least (1 - tolerance) of `other`'s
struct Prediction {
  enum class Kind : uint8_t { AtLeast, AtMost, Equals, Correct, NotSlower };
  std::string id; ///< `P1`, `P2`, …
  Kind kind = Kind::Equals;
  std::string text;
  std::string kernel;
  std::string device; ///< empty: any
  std::map<std::string, space::AxisValue> point;
  std::map<std::string, space::AxisValue> other;
  std::map<std::string, int64_t> shape; ///< empty: any
  std::string figure;
  double value = 0;
  double tolerance = 0.05;
};

struct Guide {
  std::string system;
  std::string source;
  std::vector<Prediction> predictions;
};

/// guide-1.json.
std::string toJsonText(const Guide &guide);

/// The guide in \p source. Errors: SPK5001, SPK5021.
std::optional<Guide> readGuide(const SourceFile &source,
                               DiagnosticEngine &diags);

/// What measurements say about a prediction.
struct Verdict {
  enum class Outcome : uint8_t { Confirmed, Refuted, Untested };
  Outcome outcome = Outcome::Untested;
  std::string found; ///< the figures
  std::string place; ///< `run.jsonl:L3`
};

/// `confirmed`, `refuted`, `untested`.
llvm::StringRef outcomeName(Verdict::Outcome outcome);

/// A verdict for each prediction, in order. Models do not count.
std::vector<Verdict> judge(const Guide &guide, const Trace &trace);

/// The verdicts as Markdown.
std::string reportText(const Guide &guide,
                       const std::vector<Verdict> &verdicts);

/// The verdicts as report-1.json.
std::string reportJson(const Guide &guide,
                       const std::vector<Verdict> &verdicts);

} // namespace spak::trace

#endif // SPAK_TRACE_PREDICTIONS_H
