// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how messages look, as text with carets, as JSON lines, and the table
// of all messages as a page of documentation.
#include "spak/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

namespace spak {

namespace {

/// Columns to which a tab advances.
constexpr unsigned kTab = 4;
/// Columns of a source line that are shown.
constexpr unsigned kMaxColumns = 160;

/// A part of a source line, tabs expanded, with the columns of an underline.
struct Excerpt {
  std::string text;
  unsigned begin = 0; ///< columns from 0
  unsigned end = 0;
};

} // namespace

/// The code point's columns on a terminal, at least one.
static unsigned columnWidth(llvm::StringRef character) {
  int width = llvm::sys::unicode::columnWidthUTF8(character);
  return width < 1 ? 1 : static_cast<unsigned>(width);
}

/// The bytes of the code point that \p text starts with.
static size_t pointLength(llvm::StringRef text) {
  size_t length = 1;
  while (length < text.size() && length < 4 &&
         (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) {
    ++length;
  }
  return length;
}

/// Shows \p line with an underline from byte \p begin to byte \p end. A long
/// line is cut around the underline.
static Excerpt excerpt(llvm::StringRef line, size_t begin, size_t end) {
  // Where to start so that the underline is in view: bytes are near enough.
  size_t first = 0;
  if (line.size() > kMaxColumns && begin > kMaxColumns / 2) {
    first = begin - kMaxColumns / 2;
    while (first < begin &&
           (static_cast<unsigned char>(line[first]) & 0xC0) == 0x80) {
      ++first;
    }
  }
  Excerpt result;
  unsigned column = 0;
  if (first != 0) {
    result.text = "…";
    column = 1;
  }
  size_t i = first;
  bool begun = false;
  while (i < line.size() && column < kMaxColumns) {
    if (i >= begin && !begun) {
      result.begin = column;
      begun = true;
    }
    size_t length = pointLength(line.drop_front(i));
    llvm::StringRef character = line.substr(i, length);
    if (character == "\t") {
      unsigned next = column / kTab * kTab + kTab;
      result.text.append(next - column, ' ');
      column = next;
    } else if (static_cast<unsigned char>(character[0]) < 0x20 ||
               character[0] == 0x7F) {
      result.text += '?';
      ++column;
    } else {
      result.text += character;
      column += columnWidth(character);
    }
    i += length;
    if (i <= end) {
      result.end = column;
    }
  }
  if (!begun) {
    result.begin = column;
  }
  if (i < line.size()) {
    result.text += "…";
  }
  result.end = std::max(result.end, result.begin + 1);
  return result;
}

/// The source line of \p range with an underline.
static void printSource(llvm::raw_ostream &os, SourceRange range, bool color) {
  const SourceFile &file = *range.file;
  LineColumn place = file.lineColumn(range.begin);
  llvm::StringRef line = file.lineText(place.line);
  size_t begin = place.column - 1;
  size_t end = std::min<size_t>(begin + (range.end - range.begin), line.size());
  Excerpt shown = excerpt(line, begin, end);
  std::string number = std::to_string(place.line);
  number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
  os << number << " | " << llvm::StringRef(shown.text).rtrim() << '\n';
  os.indent(static_cast<unsigned>(number.size())) << " | ";
  os.indent(shown.begin);
  if (color) {
    os.changeColor(llvm::raw_ostream::GREEN, true);
  }
  os << '^' << std::string(shown.end - shown.begin - 1, '~');
  if (color) {
    os.resetColor();
  }
  os << '\n';
}

static llvm::StringRef severityName(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "error";
  case Severity::Warning:
    return "warning";
  case Severity::Remark:
    return "remark";
  }
  return "error";
}

/// `file:line:column: `, or nothing for a range without file.
static void printPlace(llvm::raw_ostream &os, SourceRange range) {
  if (!range.isValid()) {
    return;
  }
  LineColumn place = range.file->lineColumn(range.begin);
  os << range.file->name() << ':' << place.line << ':' << place.column << ": ";
}

static void printLabel(llvm::raw_ostream &os, llvm::StringRef label,
                       llvm::raw_ostream::Colors color, bool useColor) {
  if (useColor) {
    os.changeColor(color, true);
  }
  os << label << ": ";
  if (useColor) {
    os.resetColor();
  }
}

static llvm::raw_ostream::Colors severityColor(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return llvm::raw_ostream::RED;
  case Severity::Warning:
    return llvm::raw_ostream::MAGENTA;
  case Severity::Remark:
    return llvm::raw_ostream::BLUE;
  }
  return llvm::raw_ostream::RED;
}

/// What a fix does, in words.
static std::string fixText(const FixIt &fix) {
  std::string text = quoted(llvm::StringRef(fix.text).trim());
  if (fix.range.begin == fix.range.end) {
    bool line = llvm::StringRef(fix.text).contains('\n');
    return "insert `" + text + "`" + (line ? " on a line of its own" : "");
  }
  std::string old = quoted(fix.range.text());
  return fix.text.empty() ? "remove `" + old + "`"
                          : "put `" + text + "` in place of `" + old + "`";
}

static void printDiagnostic(llvm::raw_ostream &os, const Diagnostic &diagnostic,
                            bool color) {
  const DiagnosticInfo &info = diagnosticInfo(diagnostic.id);
  printPlace(os, diagnostic.range);
  printLabel(os, severityName(diagnostic.severity),
             severityColor(diagnostic.severity), color);
  os << diagnostic.text << " [" << diagnosticCode(diagnostic.id);
  if (info.severity == Severity::Warning) {
    os << (diagnostic.severity == Severity::Error ? ", -Werror=" : ", -W")
       << info.name;
  }
  os << "]\n";
  if (diagnostic.range.isValid()) {
    printSource(os, diagnostic.range, color);
  }
  for (const DiagnosticNote &note : diagnostic.notes) {
    printPlace(os, note.range);
    printLabel(os, "note", llvm::raw_ostream::CYAN, color);
    os << note.text << '\n';
    if (note.range.isValid()) {
      printSource(os, note.range, color);
    }
  }
  for (const std::string &help : diagnostic.helps) {
    printLabel(os, "help", llvm::raw_ostream::GREEN, color);
    os << help << '\n';
  }
  for (const FixIt &fix : diagnostic.fixes) {
    printPlace(os, fix.range);
    printLabel(os, "fix", llvm::raw_ostream::GREEN, color);
    os << fixText(fix) << '\n';
    printSource(os, fix.range, color);
  }
}

/// "1 error", "2 errors".
static std::string plural(size_t count, llvm::StringRef noun) {
  return std::to_string(count) + " " + noun.str() + (count == 1 ? "" : "s");
}

void DiagnosticEngine::printText(llvm::raw_ostream &os, bool color) const {
  for (const Diagnostic &diagnostic : kept) {
    printDiagnostic(os, diagnostic, color);
  }
  if (options.errorLimit != 0 && errors > options.errorLimit) {
    os << plural(errors - options.errorLimit, "further error")
       << " not shown; --error-limit=0 shows all\n";
  }
}

static llvm::json::Value placeJson(const SourceFile &file, uint32_t offset) {
  LineColumn place = file.lineColumn(offset);
  return llvm::json::Object{
      {"line", place.line}, {"column", place.column}, {"offset", offset}};
}

static void addRange(llvm::json::Object &object, SourceRange range) {
  if (!range.isValid()) {
    return;
  }
  object["file"] = llvm::json::fixUTF8(range.file->name());
  object["begin"] = placeJson(*range.file, range.begin);
  object["end"] = placeJson(*range.file, range.end);
}

void DiagnosticEngine::printJson(llvm::raw_ostream &os) const {
  for (const Diagnostic &diagnostic : kept) {
    llvm::json::Object object{
        {"id", diagnosticCode(diagnostic.id)},
        {"name", diagnosticInfo(diagnostic.id).name},
        {"severity", severityName(diagnostic.severity)},
        {"message", llvm::json::fixUTF8(diagnostic.text)}};
    addRange(object, diagnostic.range);
    llvm::json::Array notes;
    for (const DiagnosticNote &note : diagnostic.notes) {
      llvm::json::Object entry{{"message", llvm::json::fixUTF8(note.text)}};
      addRange(entry, note.range);
      notes.push_back(std::move(entry));
    }
    object["notes"] = std::move(notes);
    llvm::json::Array helps;
    for (const std::string &help : diagnostic.helps) {
      helps.push_back(llvm::json::fixUTF8(help));
    }
    object["help"] = std::move(helps);
    if (!diagnostic.fixes.empty()) {
      llvm::json::Array fixes;
      for (const FixIt &fix : diagnostic.fixes) {
        llvm::json::Object entry{{"text", llvm::json::fixUTF8(fix.text)}};
        addRange(entry, fix.range);
        fixes.push_back(std::move(entry));
      }
      object["fixes"] = std::move(fixes);
    }
    os << llvm::json::Value(std::move(object)) << '\n';
  }
}

void printDiagnosticTable(llvm::raw_ostream &os) {
  os << "# Diagnostics\n\n"
        "Every message of the compiler, printed from its table by\n"
        "`spak-parse --diagnostics=markdown`. The code and the name are "
        "promises; the text\nis not. `{0}`, `{1}`, … stand for what was "
        "found. A warning is switched off with\n`-Wno-NAME` and made an error "
        "with `-Werror=NAME`.\n\n"
        "| code | severity | name | text |\n|---|---|---|---|\n";
  std::vector<const DiagnosticInfo *> rows;
  for (const DiagnosticInfo &info : allDiagnostics()) {
    rows.push_back(&info);
  }
  llvm::sort(
      rows, [](const auto *a, const auto *b) { return a->number < b->number; });
  for (const DiagnosticInfo *info : rows) {
    std::string text;
    for (char c : info->text) {
      text += c == '|' ? "\\|" : std::string(1, c);
    }
    os << "| " << diagnosticCode(info->id) << " | "
       << severityName(info->severity) << " | " << info->name << " | " << text
       << " |\n";
  }
}

} // namespace spak
