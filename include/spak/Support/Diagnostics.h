// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Messages to the user: an id from one table, a range, notes with ranges of
// their own, help. Collected in an engine, rendered as text with carets or as
// JSON lines. Knows no stage of the compiler.
//
//   auto error = diags.error(diag::err_axis_mismatch, range) << "dot" << a <<
//   b; error.note(otherRange, "this is `f32[m, n]`"); error.help("name the
//   contracted axis with `over:`");
//
// The diagnostic is delivered when the builder goes out of scope.
#ifndef SPAK_SUPPORT_DIAGNOSTICS_H
#define SPAK_SUPPORT_DIAGNOSTICS_H

#include "spak/Support/SourceFile.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace spak {

namespace diag {
/// Every diagnostic; the table is DiagnosticIds.def.
enum Id : uint16_t {
#define SPAK_DIAG(Enumerator, Number, Severity, Name, Text) Enumerator,
#include "spak/Support/DiagnosticIds.def"
#undef SPAK_DIAG
};
} // namespace diag

enum class Severity : uint8_t { Error, Warning, Remark };

/// A row of the table.
struct DiagnosticInfo {
  diag::Id id;
  unsigned number;      ///< nnnn of SPKnnnn
  Severity severity;    ///< before -Werror
  llvm::StringRef name; ///< what -W options say, e.g. "axis-no-effect"
  llvm::StringRef text; ///< with {0}, {1}, … for the arguments
};

/// The row of \p id.
const DiagnosticInfo &diagnosticInfo(diag::Id id);

/// The whole table, in its order.
llvm::ArrayRef<DiagnosticInfo> allDiagnostics();

/// `SPK0042`.
std::string diagnosticCode(diag::Id id);

/// docs/Diagnostics.md.
void printDiagnosticTable(llvm::raw_ostream &os);

/// A further place that has to do with a diagnostic. The range may be
/// without file: then the note is text alone.
struct DiagnosticNote {
  SourceRange range;
  std::string text;
};

/// A change of the text that would mend what a message is about: the bytes of
/// \ref range become \ref text.
struct FixIt {
  SourceRange range;
  std::string text;
};

/// A finished message.
struct Diagnostic {
  diag::Id id;
  Severity severity;
  SourceRange range; ///< without file: about the run as a whole
  std::string text;
  std::vector<DiagnosticNote> notes;
  std::vector<std::string> helps;
  std::vector<FixIt> fixes;
};

class DiagnosticEngine;

/// A message under construction; delivered on destruction.
class DiagnosticBuilder {
public:
  DiagnosticBuilder(DiagnosticBuilder &&other);
  DiagnosticBuilder(const DiagnosticBuilder &) = delete;
  DiagnosticBuilder &operator=(const DiagnosticBuilder &) = delete;
  DiagnosticBuilder &operator=(DiagnosticBuilder &&) = delete;
  ~DiagnosticBuilder();

  /// The next argument of the text.
  DiagnosticBuilder &argument(std::string text) {
    arguments.push_back(std::move(text));
    return *this;
  }
  /// A note with a place of its own.
  DiagnosticBuilder &note(SourceRange range, const llvm::Twine &text);
  /// A note without a place.
  DiagnosticBuilder &note(const llvm::Twine &text) {
    return note(SourceRange(), text);
  }
  /// What to type.
  DiagnosticBuilder &help(const llvm::Twine &text);
  /// What a tool may type: \p text in place of \p range.
  DiagnosticBuilder &fix(SourceRange range, std::string text);

private:
  friend class DiagnosticEngine;
  DiagnosticBuilder(DiagnosticEngine &engine, diag::Id id, SourceRange range);

  DiagnosticEngine *engine;
  Diagnostic diagnostic;
  llvm::SmallVector<std::string, 4> arguments;
};

namespace detail {
inline std::string diagText(llvm::StringRef text) { return text.str(); }
inline std::string diagText(const std::string &text) { return text; }
inline std::string diagText(const char *text) { return text; }
inline std::string diagText(char text) { return std::string(1, text); }
inline std::string diagText(const llvm::Twine &text) { return text.str(); }
std::string diagText(double number);
template <typename T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
std::string diagText(T number) {
  return std::to_string(number);
}
} // namespace detail

template <typename T>
DiagnosticBuilder &operator<<(DiagnosticBuilder &builder, const T &value) {
  return builder.argument(detail::diagText(value));
}
template <typename T>
DiagnosticBuilder &&operator<<(DiagnosticBuilder &&builder, const T &value) {
  builder.argument(detail::diagText(value));
  return std::move(builder);
}

/// How messages are filtered.
struct DiagnosticOptions {
  /// Errors that are kept; 0 for no limit.
  unsigned errorLimit = 20;
  std::vector<std::string> disabledWarnings; ///< -Wno-NAME
  std::vector<std::string> errorWarnings;    ///< -Werror=NAME; "*" for all
  bool remarks = false;
};

/// Collects messages, in the order of delivery. A message with the id and
/// the range of an earlier one is dropped: one mistake, one error.
class DiagnosticEngine {
public:
  explicit DiagnosticEngine(DiagnosticOptions options = {});
  DiagnosticEngine(const DiagnosticEngine &) = delete;
  DiagnosticEngine &operator=(const DiagnosticEngine &) = delete;

  /// Starts the message \p id, whose severity is the table's. The three
  /// others say the same and check that the table agrees.
  DiagnosticBuilder report(diag::Id id, SourceRange range = {});
  DiagnosticBuilder error(diag::Id id, SourceRange range = {});
  DiagnosticBuilder warning(diag::Id id, SourceRange range = {});
  DiagnosticBuilder remark(diag::Id id, SourceRange range = {});

  bool hasErrors() const { return errors != 0; }
  /// Errors so far, those past the limit too.
  unsigned errorCount() const { return errors; }
  unsigned warningCount() const { return warnings; }
  /// True once a further error would not be kept: a stage may stop.
  bool atErrorLimit() const;

  const std::vector<Diagnostic> &diagnostics() const { return kept; }

  /// Sorts what was delivered since \p mark (a former size of
  /// \ref diagnostics) by place. Stages that look at a file more than once
  /// call this.
  void sortSince(size_t mark);

  /// Checks that the -W options name warnings; returns the first that does
  /// not, with the nearest name.
  std::optional<std::string> unknownWarning() const;

  /// Writes every message with the source line and an underline, and a last
  /// line on errors past the limit.
  void printText(llvm::raw_ostream &os, bool color = false) const;

  /// Writes every message as one JSON object a line.
  void printJson(llvm::raw_ostream &os) const;

private:
  friend class DiagnosticBuilder;
  void deliver(Diagnostic diagnostic);

  DiagnosticOptions options;
  std::vector<Diagnostic> kept;
  llvm::StringSet<> seen;
  unsigned errors = 0;
  unsigned warnings = 0;
};

/// The name among \p candidates that \p name was probably meant to be: the
/// nearest by edit distance, letters of either case alike, if it is near.
std::optional<llvm::StringRef>
nearestName(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> candidates);
std::optional<llvm::StringRef>
nearestName(llvm::StringRef name, llvm::ArrayRef<std::string> candidates);

/// "did you mean `x`?" if there is a near name, else the list of all names,
/// else empty. For \ref DiagnosticBuilder::help.
std::string nameHelp(llvm::StringRef name, llvm::StringRef what,
                     llvm::ArrayRef<std::string> candidates);

/// \p text on one line, cut to \p limit code points, for use in messages.
std::string quoted(llvm::StringRef text, size_t limit = 40);

} // namespace spak

#endif // SPAK_SUPPORT_DIAGNOSTICS_H
