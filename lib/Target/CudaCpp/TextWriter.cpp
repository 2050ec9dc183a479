// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: where a long statement is broken. It follows clang-format for the few
// shapes that the printers write: after `=`, between arguments, before the
// operands of a chain of one operator.
#include "TextWriter.h"

#include "llvm/ADT/SmallVector.h"

using llvm::StringRef;
using llvm::Twine;

namespace spak::cuda {

constexpr unsigned kColumns = 80;

void TextWriter::writeLine(const Twine &line, unsigned columns) {
  buffer.append(columns, ' ');
  buffer += line.str();
  buffer += '\n';
}

/// The position of \p what outside of brackets, or npos.
static size_t findOutside(StringRef text, StringRef what, size_t from = 0) {
  int depth = 0;
  for (size_t i = from; i < text.size(); ++i) {
    char character = text[i];
    if (depth == 0 && text.substr(i).starts_with(what)) {
      return i;
    }
    if (character == '(' || character == '[' || character == '{') {
      ++depth;
    } else if (character == ')' || character == ']' || character == '}') {
      --depth;
    }
  }
  return StringRef::npos;
}

/// Where the outermost call's arguments begin, or npos: the last bracket that
/// opens at depth 0.
static size_t findCall(StringRef text) {
  size_t found = StringRef::npos;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') {
      if (depth++ == 0 && text[i] == '(') {
        found = i + 1;
      }
    } else if (text[i] == ')' || text[i] == ']') {
      --depth;
    }
  }
  return found;
}

/// Breaks \p text, whose first line begins at \p column, into lines; all but
/// the first carry their own indentation.
static void breakLines(StringRef text, unsigned column, unsigned indent,
                       llvm::SmallVectorImpl<std::string> &lines) {
  if (column + text.size() <= kColumns) {
    lines.push_back(text.str());
    return;
  }
  size_t call = findCall(text);
  if (call == StringRef::npos) {
    lines.push_back(text.str());
    return;
  }
  unsigned align = column + call;
  std::string line = text.substr(0, call).str();
  StringRef rest = text.substr(call);
  unsigned used = column + line.size();
  bool first = true;
  while (!rest.empty()) {
    size_t comma = findOutside(rest, ", ");
    StringRef item =
        comma == StringRef::npos ? rest : rest.substr(0, comma + 1);
    rest = comma == StringRef::npos ? StringRef() : rest.substr(comma + 2);
    if (!first && used + 1 + item.size() > kColumns) {
      lines.push_back(line);
      line = std::string(align, ' ') + item.str();
      used = align + item.size();
    } else {
      line += (first ? "" : " ") + item.str();
      used += item.size() + (first ? 0 : 1);
    }
    first = false;
  }
  lines.push_back(line);
}

void TextWriter::statement(const Twine &twine) {
  std::string text = twine.str();
  llvm::SmallVector<std::string> lines;
  if (indent + text.size() > kColumns) {
    size_t assign = findOutside(text, " = ");
    StringRef right = assign == StringRef::npos
                          ? StringRef()
                          : StringRef(text).substr(assign + 3);
    if (!right.empty() && indent + 4 + right.size() <= kColumns) {
      lines.push_back(text.substr(0, assign + 2));
      lines.push_back(std::string(indent + 4, ' ') + right.str());
    }
  }
  if (lines.empty()) {
    breakLines(text, indent, indent, lines);
  }
  writeLine(lines.front(), indent);
  for (const std::string &line : llvm::drop_begin(lines)) {
    writeLine(line, 0);
  }
}

void TextWriter::open(const Twine &text) {
  std::string head = text.str();
  statement(head.empty() ? "{" : head + " {");
  indent += 2;
}

void TextWriter::openDeclaration(const Twine &text) {
  indent += 4;
  statement(text + " {");
  indent -= 2;
}

void TextWriter::close(const Twine &text) {
  indent -= 2;
  writeLine(Twine("}") + text, indent);
}

void TextWriter::reopen(const Twine &text) {
  indent -= 2;
  writeLine(Twine("} ") + text + " {", indent);
  indent += 2;
}

void TextWriter::comment(const Twine &twine) {
  std::string text = twine.str();
  size_t room = kColumns - indent - 3;
  if (text.size() > room) {
    StringRef cut = StringRef(text).take_front(room - 4);
    text = (cut.take_front(cut.rfind(' ')).rtrim() + " ...").str();
  }
  writeLine("// " + text, indent);
}

void TextWriter::raw(const Twine &text) { writeLine(text, 0); }

void TextWriter::pragma(const Twine &text) { writeLine("#pragma " + text, 0); }

void TextWriter::blank() {
  if (!StringRef(buffer).ends_with("\n\n") &&
      !StringRef(buffer).ends_with("{\n")) {
    buffer += '\n';
  }
}

} // namespace spak::cuda
