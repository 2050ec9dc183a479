// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the table of diagnostics, their collection and filtering. Rendering is
// in DiagnosticPrinter.cpp.
#include "spak/Support/Diagnostics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

namespace spak {

static constexpr DiagnosticInfo kTable[] = {
#define SPAK_DIAG(Enumerator, Number, Level, Name, Text)                       \
  {diag::Enumerator, Number, Severity::Level, Name, Text},
#include "spak/Support/DiagnosticIds.def"
#undef SPAK_DIAG
};

const DiagnosticInfo &diagnosticInfo(diag::Id id) { return kTable[id]; }

llvm::ArrayRef<DiagnosticInfo> allDiagnostics() { return kTable; }

std::string diagnosticCode(diag::Id id) {
  std::string code;
  llvm::raw_string_ostream(code) << llvm::format("SPK%04u", kTable[id].number);
  return code;
}

/// Puts \p arguments in the places {0}, {1}, … of \p pattern. Other braces
/// stand for themselves.
static std::string format(llvm::StringRef pattern,
                          llvm::ArrayRef<std::string> arguments) {
  std::string text;
  while (!pattern.empty()) {
    if (pattern.size() >= 3 && pattern[0] == '{' && pattern[2] == '}' &&
        llvm::isDigit(pattern[1])) {
      size_t index = pattern[1] - '0';
      assert(index < arguments.size() && "diagnostic lacks an argument");
      text += index < arguments.size() ? arguments[index] : "?";
      pattern = pattern.drop_front(3);
      continue;
    }
    text += pattern.front();
    pattern = pattern.drop_front();
  }
  return text;
}

std::string detail::diagText(double number) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", number);
  return text;
}

DiagnosticBuilder::DiagnosticBuilder(DiagnosticEngine &engine, diag::Id id,
                                     SourceRange range)
    : engine(&engine),
      diagnostic{id, diagnosticInfo(id).severity, range, {}, {}, {}, {}} {}

DiagnosticBuilder::DiagnosticBuilder(DiagnosticBuilder &&other)
    : engine(other.engine), diagnostic(std::move(other.diagnostic)),
      arguments(std::move(other.arguments)) {
  other.engine = nullptr;
}

DiagnosticBuilder::~DiagnosticBuilder() {
  if (!engine) {
    return;
  }
  diagnostic.text = format(diagnosticInfo(diagnostic.id).text, arguments);
  engine->deliver(std::move(diagnostic));
}

DiagnosticBuilder &DiagnosticBuilder::note(SourceRange range,
                                           const llvm::Twine &text) {
  diagnostic.notes.push_back({range, text.str()});
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::fix(SourceRange range, std::string text) {
  diagnostic.fixes.push_back({range, std::move(text)});
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::help(const llvm::Twine &text) {
  std::string line = text.str();
  if (!line.empty()) {
    diagnostic.helps.push_back(std::move(line));
  }
  return *this;
}

DiagnosticEngine::DiagnosticEngine(DiagnosticOptions options)
    : options(std::move(options)) {}

DiagnosticBuilder DiagnosticEngine::report(diag::Id id, SourceRange range) {
  return DiagnosticBuilder(*this, id, range);
}

DiagnosticBuilder DiagnosticEngine::error(diag::Id id, SourceRange range) {
  assert(diagnosticInfo(id).severity == Severity::Error && "not an error");
  return report(id, range);
}

DiagnosticBuilder DiagnosticEngine::warning(diag::Id id, SourceRange range) {
  assert(diagnosticInfo(id).severity == Severity::Warning && "not a warning");
  return report(id, range);
}

DiagnosticBuilder DiagnosticEngine::remark(diag::Id id, SourceRange range) {
  assert(diagnosticInfo(id).severity == Severity::Remark && "not a remark");
  return report(id, range);
}

bool DiagnosticEngine::atErrorLimit() const {
  return options.errorLimit != 0 && errors >= options.errorLimit;
}

void DiagnosticEngine::deliver(Diagnostic diagnostic) {
  llvm::StringRef name = diagnosticInfo(diagnostic.id).name;
  if (diagnostic.severity == Severity::Remark && !options.remarks) {
    return;
  }
  if (diagnostic.severity == Severity::Warning) {
    if (llvm::is_contained(options.disabledWarnings, name)) {
      return;
    }
    if (llvm::is_contained(options.errorWarnings, "*") ||
        llvm::is_contained(options.errorWarnings, name)) {
      diagnostic.severity = Severity::Error;
    }
  }

  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << diagnostic.id << ' ' << diagnostic.range.begin << ' '
         << diagnostic.range.end << ' ';
  if (diagnostic.range.isValid()) {
    stream << diagnostic.range.file->name();
  }
  // One place may have several decisions to tell, but one mistake.
  if (!diagnostic.range.isValid() || diagnostic.severity == Severity::Remark) {
    stream << diagnostic.text;
  }
  if (!seen.insert(key).second) {
    return;
  }

  if (diagnostic.severity == Severity::Error) {
    bool keep = !atErrorLimit();
    ++errors;
    if (!keep) {
      return;
    }
  } else if (diagnostic.severity == Severity::Warning) {
    ++warnings;
  }
  kept.push_back(std::move(diagnostic));
}

void DiagnosticEngine::sortSince(size_t mark) {
  std::vector<size_t> order;
  for (size_t i = mark; i < kept.size(); ++i) {
    order.push_back(i);
  }
  // The index breaks ties, so that the order of delivery is kept.
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::pair(kept[a].range.begin, a) <
           std::pair(kept[b].range.begin, b);
  });
  std::vector<Diagnostic> sorted;
  for (size_t i : order) {
    sorted.push_back(std::move(kept[i]));
  }
  std::move(sorted.begin(), sorted.end(), kept.begin() + mark);
}

std::optional<std::string> DiagnosticEngine::unknownWarning() const {
  std::vector<llvm::StringRef> names;
  for (const DiagnosticInfo &info : kTable) {
    if (info.severity == Severity::Warning) {
      names.push_back(info.name);
    }
  }
  for (const auto *list : {&options.disabledWarnings, &options.errorWarnings}) {
    for (const std::string &name : *list) {
      if (name == "*" || llvm::is_contained(names, name)) {
        continue;
      }
      std::string text = "unknown warning `" + name + "`";
      if (auto near = nearestName(name, names)) {
        text += ", did you mean `" + near->str() + "`?";
      }
      return text;
    }
  }
  return std::nullopt;
}

std::optional<llvm::StringRef>
nearestName(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> candidates) {
  // A third of the letters may differ, and at least one.
  unsigned best = std::max<unsigned>(1, name.size() / 3) + 1;
  std::optional<llvm::StringRef> nearest;
  for (llvm::StringRef candidate : candidates) {
    unsigned distance = name.edit_distance_insensitive(
        candidate, /*AllowReplacements=*/true, best);
    // A name of one letter is near to every other name of one letter.
    if (distance < best && distance < std::max(name.size(), candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::optional<llvm::StringRef>
nearestName(llvm::StringRef name, llvm::ArrayRef<std::string> candidates) {
  llvm::SmallVector<llvm::StringRef, 16> names(candidates.begin(),
                                               candidates.end());
  return nearestName(name, names);
}

std::string nameHelp(llvm::StringRef name, llvm::StringRef what,
                     llvm::ArrayRef<std::string> candidates) {
  if (auto near = nearestName(name, candidates)) {
    return ("did you mean `" + *near + "`?").str();
  }
  if (candidates.empty()) {
    return "";
  }
  constexpr size_t kMaxListed = 12;
  std::string text = what.str() + ": ";
  for (size_t i = 0; i < std::min(candidates.size(), kMaxListed); ++i) {
    text += (i ? ", `" : "`") + candidates[i] + "`";
  }
  return candidates.size() > kMaxListed ? text + ", …" : text;
}

std::string quoted(llvm::StringRef text, size_t limit) {
  std::string result;
  size_t points = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = text[i];
    bool continues = (byte & 0xC0) == 0x80;
    if (!continues && ++points > limit) {
      return result + "…";
    }
    result += byte < 0x20 || byte == 0x7F ? ' ' : static_cast<char>(byte);
  }
  return result;
}

} // namespace spak
