// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: where in a text a new entry or value goes, and how it is indented.
#include "spak/AST/Edit.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::ast {

static bool isBlank(char c) { return c == ' ' || c == '\t'; }

namespace {

/// A text and what must be known of its lay-out.
class Layout {
public:
  explicit Layout(const SourceFile &file)
      : file(file), text(file.text()),
        newline(text.contains("\r\n") ? "\r\n" : "\n") {}

  /// The offset of the first byte of the line that \p offset is on.
  uint32_t lineStart(uint32_t offset) const {
    size_t before = text.rfind('\n', offset);
    return before == llvm::StringRef::npos ? 0
                                           : static_cast<uint32_t>(before + 1);
  }

  /// The offset of the line break after \p offset, or the end.
  uint32_t lineEnd(uint32_t offset) const {
    size_t end = text.find('\n', offset);
    if (end == llvm::StringRef::npos) {
      return static_cast<uint32_t>(text.size());
    }
    return static_cast<uint32_t>(end > offset && text[end - 1] == '\r' ? end - 1
                                                                       : end);
  }

  /// The blanks that the line of \p offset starts with.
  llvm::StringRef indentation(uint32_t offset) const {
    uint32_t start = lineStart(offset);
    uint32_t end = start;
    while (end < text.size() && isBlank(text[end])) {
      ++end;
    }
    return text.slice(start, end);
  }

  bool firstOnLine(uint32_t offset) const {
    return llvm::all_of(text.slice(lineStart(offset), offset), isBlank);
  }

  bool sameLine(uint32_t a, uint32_t b) const {
    return lineStart(a) == lineStart(b);
  }

  /// The indentation of entries between braces whose opener is at \p open.
  std::string inner(uint32_t open, const std::vector<ItemPtr> &items) const {
    for (const ItemPtr &item : llvm::reverse(items)) {
      if (firstOnLine(item->range.begin)) {
        return indentation(item->range.begin).str();
      }
    }
    llvm::StringRef outer = indentation(open);
    bool tabs = outer.contains('\t');
    return outer.str() + (tabs ? "\t" : unit());
  }

  /// \p entry with \p indentation before each of its lines.
  std::string indented(llvm::StringRef entry,
                       llvm::StringRef indentation) const {
    llvm::SmallVector<llvm::StringRef, 16> lines;
    entry.split(lines, '\n');
    std::string result;
    for (size_t i = 0; i < lines.size(); ++i) {
      llvm::StringRef line = lines[i].rtrim("\r");
      if (i != 0) {
        result += newline;
      }
      if (!line.empty()) {
        result += indentation;
        result += line;
      }
    }
    return result;
  }

  /// An insertion before the closer at \p close of braces opened at \p open.
  TextEdit beforeCloser(uint32_t open, uint32_t close,
                        const std::vector<ItemPtr> &items,
                        llvm::StringRef entry) const {
    std::string inside = inner(open, items);
    if (firstOnLine(close) && !sameLine(open, close)) {
      uint32_t at = lineStart(close);
      return {at, at, indented(entry, inside) + newline};
    }
    llvm::StringRef before = text.slice(open + 1, close).rtrim();
    bool oneLine = sameLine(open, close) && !entry.contains('\n');
    if (oneLine && !before.empty()) {
      auto at = static_cast<uint32_t>(before.end() - text.begin());
      bool separated = before.ends_with(",") || before.ends_with(";");
      return {at, at, (separated ? " " : ", ") + entry.str()};
    }
    return {close, close,
            newline + indented(entry, inside) + newline +
                indentation(open).str()};
  }

  const SourceFile &file;
  llvm::StringRef text;
  std::string newline;

private:
  /// What one level is indented by: as the first indented line is.
  std::string unit() const {
    for (size_t at = text.find('\n'); at != llvm::StringRef::npos;
         at = text.find('\n', at + 1)) {
      llvm::StringRef line = text.substr(at + 1);
      size_t blanks = line.find_first_not_of(" \t");
      if (blanks == llvm::StringRef::npos) {
        break;
      }
      if (blanks != 0 && line[blanks] != '\n' && line[blanks] != '\r') {
        return line.take_front(blanks).str();
      }
    }
    return "    ";
  }
};

} // namespace

std::string applyEdits(llvm::StringRef text, std::vector<TextEdit> edits) {
  // Insertion sort: edits are few, and those of one place keep their order.
  for (size_t i = 1; i < edits.size(); ++i) {
    for (size_t k = i; k > 0 && edits[k].begin < edits[k - 1].begin; --k) {
      std::swap(edits[k], edits[k - 1]);
    }
  }
  std::string result;
  size_t at = 0;
  for (const TextEdit &edit : edits) {
    assert(edit.begin >= at && edit.begin <= edit.end &&
           edit.end <= text.size() && "edits overlap");
    result += text.slice(at, edit.begin);
    result += edit.text;
    at = edit.end;
  }
  return result + text.substr(at).str();
}

TextEdit insertEntry(const Block &block, llvm::StringRef entry) {
  Layout layout(*block.range.file);
  if (block.hasBody) {
    return layout.beforeCloser(block.body.begin - 1, block.body.end,
                               block.items, entry);
  }
  std::string inside = layout.inner(block.range.begin, {});
  return {block.range.end, block.range.end,
          " {" + layout.newline + layout.indented(entry, inside) +
              layout.newline + layout.indentation(block.range.begin).str() +
              "}"};
}

TextEdit insertEntry(const System &system, llvm::StringRef entry) {
  Layout layout(*system.range.file);
  // The system's own opener is the first after its header.
  uint32_t header = system.extendsRange.isValid() ? system.extendsRange.end
                                                  : system.name.range.end;
  size_t open = layout.text.find('{', header);
  assert(open != llvm::StringRef::npos && "a system has a body");
  return layout.beforeCloser(static_cast<uint32_t>(open), system.range.end - 1,
                             system.items, entry);
}

TextEdit insertAfter(const Item &item, llvm::StringRef entry) {
  Layout layout(*item.range.file);
  std::string indentation = layout.indentation(item.range.begin).str();
  // After a comment at the end of the line, but not after another entry.
  uint32_t end = layout.lineEnd(item.range.end);
  llvm::StringRef rest = layout.text.slice(item.range.end, end).ltrim(" \t,;");
  bool lineEnds =
      rest.empty() || rest.starts_with("//") || rest.starts_with("#");
  if (layout.firstOnLine(item.range.begin) && lineEnds) {
    return {end, end, layout.newline + layout.indented(entry, indentation)};
  }
  if (!entry.contains('\n')) {
    return {item.range.end, item.range.end, ", " + entry.str()};
  }
  return {item.range.end, item.range.end,
          layout.newline + layout.indented(entry, indentation) +
              layout.newline + indentation};
}

TextEdit replaceValue(const Property &property, llvm::StringRef value) {
  if (property.value) {
    SourceRange range = property.value->range;
    return {range.begin, range.end, value.str()};
  }
  // `key` or `key:`: the range of the property ends with the key.
  uint32_t at = property.range.end;
  llvm::StringRef rest = property.range.file->text().substr(at);
  size_t colon = rest.find_first_not_of(" \t");
  if (property.key.text != "return" && colon != llvm::StringRef::npos &&
      rest[colon] == ':') {
    at += static_cast<uint32_t>(colon + 1);
    return {at, at, " " + value.str()};
  }
  bool returns = property.key.text == "return";
  return {at, at, (returns ? " " : ": ") + value.str()};
}

TextEdit setProperty(const Block &block, llvm::StringRef key,
                     llvm::StringRef value) {
  if (const Property *property = block.find(key)) {
    return replaceValue(*property, value);
  }
  return insertEntry(block, (key + ": " + value).str());
}

TextEdit removeItem(const Item &item) {
  Layout layout(*item.range.file);
  uint32_t begin = item.range.begin;
  uint32_t end = item.range.end;
  llvm::StringRef text = layout.text;
  uint32_t after = end;
  while (after < text.size() && isBlank(text[after])) {
    ++after;
  }
  if (after < text.size() && (text[after] == ',' || text[after] == ';')) {
    end = ++after;
    while (after < text.size() && isBlank(text[after])) {
      ++after;
    }
  }
  bool last = after >= text.size() || text[after] == '\n' ||
              text.substr(after).starts_with("\r\n");
  if (layout.firstOnLine(begin) && last) {
    size_t next = text.find('\n', after);
    return {layout.lineStart(begin),
            static_cast<uint32_t>(next == llvm::StringRef::npos ? text.size()
                                                                : next + 1),
            ""};
  }
  return {begin, last ? end : after, ""};
}

std::string quote(llvm::StringRef text) {
  std::string result = "\"";
  for (char c : text) {
    switch (c) {
    case '\n':
      result += "\\n";
      break;
    case '\t':
      result += "\\t";
      break;
    case '\r':
      result += "\\r";
      break;
    case '\0':
      result += "\\0";
      break;
    case '"':
    case '\\':
      result += '\\';
      [[fallthrough]];
    default:
      result += c;
    }
  }
  return result + "\"";
}

std::string dedented(SourceRange range) {
  llvm::SmallVector<llvm::StringRef, 16> lines;
  range.text().split(lines, '\n');
  for (llvm::StringRef &line : lines) {
    line = line.rtrim("\r");
  }
  auto isEmpty = [](llvm::StringRef line) { return line.trim(" \t").empty(); };
  auto blanksOf = [](llvm::StringRef line) { return line.take_while(isBlank); };
  std::optional<llvm::StringRef> shared;
  auto share = [&](llvm::StringRef blanks) {
    if (!shared) {
      shared = blanks;
      return;
    }
    size_t same = 0;
    while (same < shared->size() && same < blanks.size() &&
           (*shared)[same] == blanks[same]) {
      ++same;
    }
    shared = shared->take_front(same);
  };
  llvm::StringRef text = range.file->text();
  size_t lineBreak = text.rfind('\n', range.begin);
  llvm::StringRef before = text.slice(
      lineBreak == llvm::StringRef::npos ? 0 : lineBreak + 1, range.begin);
  if (lines.size() > 1 && isEmpty(before) && !isEmpty(lines.front())) {
    share(before);
  }
  for (llvm::StringRef line : llvm::drop_begin(lines)) {
    if (!isEmpty(line)) {
      share(blanksOf(line));
    }
  }
  std::string result;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i == 0) {
      result += lines[0];
      continue;
    }
    result += '\n';
    if (!isEmpty(lines[i])) {
      result += lines[i].drop_front(shared->size());
    }
  }
  return result;
}

} // namespace spak::ast
