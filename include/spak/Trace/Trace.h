// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Items of a trace as they were written: lines with the prefix
// `__SPAK_TRACE__` in any log, JSON lines, arrays and objects. docs/Traces.md
// has the table of kinds and fields. Knows no system and no facts.
#ifndef SPAK_TRACE_TRACE_H
#define SPAK_TRACE_TRACE_H

#include "spak/Trace/Json.h"

#include <memory>

namespace spak::trace {

/// What stands before an item in a log.
constexpr llvm::StringLiteral kLinePrefix = "__SPAK_TRACE__";

enum class ItemKind : uint8_t {
  Performance,
  Correctness,
  Analysis,
  Convergence,
  Insight,
  EngineeringSweep,
  DesignCheck,
  CodePattern,
  Memory,
  Record,    ///< a line of runtime/schema/trace-1.json
  AgentStep, ///< of an agent's trace: timestamp, step_id, type, details
  Note,      ///< a line of an insights log: category, content, source
  Guide,     ///< a guide's predictions, runtime/schema/guide-1.json
  Unknown
};

/// `Performance`, …; `Unknown` for what has no name.
llvm::StringRef itemKindName(ItemKind kind);

/// One item.
struct Item {
  ItemKind kind = ItemKind::Unknown;
  std::string type;    ///< as written; empty where the shape says the kind
  JsonValue value;     ///< an object
  bool isLine = false; ///< stood behind the prefix

  SourceRange range() const { return value.range; }
  /// `run.log:L12`, with the file's name alone.
  std::string place() const;
};

struct Trace {
  std::vector<Item> items;
};

struct ReadOptions {
  /// Text that is no JSON and fields of a wrong type are warned about, not
  /// errors, and left out.
  bool lenient = false;
  /// Fields of the known kinds are held to their types; off where a schema
  /// says what they are.
  bool checksFields = true;
};

/// Adds the items of \p source to \p trace. Errors: SPK5001 (text that is no
/// JSON), SPK5004 (no item at all), SPK5006 (a field of a wrong type). What
/// can be read is in \p trace all the same. \p source must outlive it.
void readTrace(const SourceFile &source, const ReadOptions &options,
               Trace &trace, DiagnosticEngine &diags);

/// \p item as a line of a log: prefix, `type` first, then the fields as they
/// were. A record of trace-1 becomes the Performance or Correctness line that
/// says the same.
std::string toLine(const Item &item);

} // namespace spak::trace

#endif // SPAK_TRACE_TRACE_H
