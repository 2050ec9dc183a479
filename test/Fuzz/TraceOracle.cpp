// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the laws of the trace reader.
#include "TraceOracle.h"

#include "spak/Frontend/Frontend.h"
#include "spak/Trace/Facts.h"
#include "spak/Trace/Predictions.h"
#include "spak/Trace/Schema.h"

#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace spak::fuzz {

using namespace trace;

namespace {

/// Every kind of axis, and knowledge to edit.
constexpr llvm::StringLiteral kSystem = R"(system fuzz {
    design_space { causal: [true, false] dtype: ["bf16", "f16"] }
    tuning_space { tile_m: [32, 64, 128] tile_n: range[1, 200] k_load_latency: [2, 3] x: [0.5] }
    trace_schema { variant T {
        case Performance { step_name: string, tflops: float, speedup: float }
        case Correctness { passed: bool, max_error: float, component: "a" | "b" }
        case Analysis { bottleneck: string } case Convergence { step: int, loss: float } } }
    knowledge {
        fact f { point: "tile_m=64" figure: "time_ms" time_ms: 3 device: "NVIDIA H200" date: "2020-01-01" }
        fact g { avoid: "tile_m = 64" against: "tile_m = 32" ratio: 0.5 figure: "time_ms" device: "NVIDIA H200" }
    }
    kernel k { dims M, N in X: f32[M, N] }
}
)";

bool isInside(SourceRange range, const SourceFile &source) {
  return range.file == &source && range.begin <= range.end &&
         range.end <= source.text().size();
}

bool placesHold(const JsonValue &value, const SourceFile &source) {
  if (!isInside(value.range, source) || !std::isfinite(value.number)) {
    return false;
  }
  for (const JsonValue &element : value.elements) {
    if (!placesHold(element, source)) {
      return false;
    }
  }
  for (const JsonMember &member : value.members) {
    if (!isInside(member.keyRange, source) ||
        !placesHold(member.value, source)) {
      return false;
    }
  }
  return true;
}

std::string checkItems(const Trace &trace, const SourceFile &source) {
  std::string lines;
  for (const Item &item : trace.items) {
    if (!placesHold(item.value, source)) {
      return "a value lies outside the text";
    }
    if (item.kind != ItemKind::Record) {
      lines += toLine(item) + "\n";
    }
  }
  // What we write we read without a word, and write the same.
  SourceFile written("written", lines);
  DiagnosticEngine diags;
  Trace again;
  if (!lines.empty()) {
    readTrace(written, {}, again, diags);
  }
  std::string second;
  for (const Item &item : again.items) {
    second += toLine(item) + "\n";
  }
  if (diags.hasErrors() || second != lines) {
    return "lines do not read back: " + lines + "\nas: " + second;
  }
  return "";
}

std::string checkFactsOf(const Trace &trace) {
  // Parsing takes most of the time, and this text is always the same.
  static const SourceFile source("fuzz.dsl", kSystem.str());
  static DiagnosticEngine ofSystem;
  static const std::unique_ptr<ast::File> file =
      frontend::parse(source, ofSystem);
  DiagnosticEngine diags;
  if (!file || ofSystem.hasErrors()) {
    return "the system of the oracle does not parse";
  }
  Names names = Names::of(*file);
  std::vector<Measurement> all = measurements(trace);
  bindNames(all, names, diags);
  for (const Measurement &m : all) {
    double c = confidence(m);
    if (!(c >= 0 && c <= 1)) {
      return "a confidence outside 0 to 1";
    }
  }
  if (std::optional<Schema> schema = readSchema(*file, diags)) {
    validate(trace, *schema, diags);
  }
  markFacts(checkFacts(*file, all, diags));
  std::vector<Fact> facts = proposeFacts(all, names, {}, diags);
  std::vector<ast::TextEdit> edits = writeFacts(*file, facts, diags);
  if (edits.empty()) {
    return "";
  }
  std::string text = ast::applyEdits(source.text(), edits);
  SourceFile changed("fuzz.dsl", text);
  DiagnosticEngine after;
  std::unique_ptr<ast::File> again = frontend::parse(changed, after);
  if (!again || after.hasErrors()) {
    return "facts do not parse: " + text;
  }
  DiagnosticEngine second;
  if (!writeFacts(*again, facts, second).empty()) {
    return "a second ingest changes the file: " + text;
  }
  ast::applyEdits(changed.text(), markFacts(checkFacts(*again, all, second)));
  return "";
}

} // namespace

std::string checkTrace(const std::string &text) {
  SourceFile source("trace.log", text);
  for (bool lenient : {false, true}) {
    DiagnosticEngine diags;
    Trace trace;
    ReadOptions options;
    options.lenient = lenient;
    readTrace(source, options, trace, diags);
    std::string rendered;
    llvm::raw_string_ostream os(rendered);
    diags.printText(os);
    diags.printJson(os);
    std::string wrong = checkItems(trace, source);
    if (wrong.empty()) {
      wrong = checkFactsOf(trace);
    }
    if (!wrong.empty()) {
      return wrong;
    }
    if (std::optional<Guide> guide = readGuide(source, diags)) {
      reportText(*guide, judge(*guide, trace));
      toJsonText(*guide);
    }
  }
  return "";
}

} // namespace spak::fuzz
