// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// JSON with a place for every value, so that a message about a field of a
// trace can point at it. Reads what programs write, not only what the standard
// allows: NaN, Infinity, trailing commas, unknown escapes and control
// characters in strings are read with a warning. Knows no item of a trace.
#ifndef SPAK_TRACE_JSON_H
#define SPAK_TRACE_JSON_H

#include "spak/Support/Diagnostics.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spak::trace {

struct JsonMember;

/// A value and where it stands. Members keep their order; of two members
/// with one key the last counts.
struct JsonValue {
  enum class Kind : uint8_t { Null, Bool, Int, Float, String, Array, Object };
  Kind kind = Kind::Null;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0; ///< finite
  std::string text;
  std::vector<JsonValue> elements;
  std::vector<JsonMember> members;
  SourceRange range;

  bool is(Kind other) const { return kind == other; }
  /// The member \p key of an object; null if there is none.
  const JsonValue *find(llvm::StringRef key) const;
  /// An integer or a float.
  std::optional<double> asNumber() const;
  std::optional<llvm::StringRef> asString() const;
  std::optional<bool> asBool() const;
  std::optional<int64_t> asInt() const;
  /// "a number", "an object", …
  llvm::StringRef kindName() const;
};

struct JsonMember {
  std::string key;
  SourceRange keyRange;
  JsonValue value;
};

/// The deepest nesting that is read.
constexpr unsigned kMaxJsonDepth = 200;

/// Warnings after which a reader says nothing more: a file of ten megabytes
/// may have a million of one kind.
constexpr unsigned kMaxWarnings = 100;

/// What a reading ran into.
struct JsonError {
  SourceRange range;
  std::string expected;
  std::string got;
};

/// Reads one value at the start of \p text, after white space. On success
/// \p end is the offset in the file just past it. Leniently read details are
/// warned about (SPK5003) in \p diags; the error, if any, is the caller's to
/// report.
std::optional<JsonValue> readJson(SourceRange text, uint32_t &end,
                                  JsonError &error, DiagnosticEngine &diags);

/// \p value on one line, as the standard has it.
std::string toText(const JsonValue &value);

/// \p text as a JSON string with its quotes.
std::string quotedJson(llvm::StringRef text);

/// \p number in the fewest digits that read back as the same.
std::string numberText(double number);

} // namespace spak::trace

#endif // SPAK_TRACE_JSON_H
