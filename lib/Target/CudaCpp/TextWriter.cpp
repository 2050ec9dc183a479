// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: where a long statement is broken. It follows clang-format for the few
// shapes that the printers write: after `=`, between arguments, before the
// operands of a chain of one operator.
#include "TextWriter.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

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

/// Where the arguments of the last outermost call or list begin, or npos.
static size_t findArguments(StringRef text) {
  size_t found = StringRef::npos;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char character = text[i];
    if (character == '(' || character == '[' || character == '{') {
      if (depth++ == 0 && character != '[' && i + 1 < text.size()) {
        found = i + 1;
      }
    } else if (character == ')' || character == ']' || character == '}') {
      --depth;
    }
  }
  return found;
}

/// The pieces of \p text between \p separator outside of brackets; all but the
/// last keep the separator's visible part.
static llvm::SmallVector<std::string> pieces(StringRef text,
                                             StringRef separator) {
  llvm::SmallVector<std::string> result;
  size_t at;
  while ((at = findOutside(text, separator)) != StringRef::npos) {
    result.push_back((text.substr(0, at) + separator.rtrim()).str());
    text = text.substr(at + separator.size());
  }
  result.push_back(text.str());
  return result;
}

/// Packs the pieces into lines: the first begins with \p head, the others at
/// column \p align. Sets \p fits to whether no line is too long.
static llvm::SmallVector<std::string> pack(StringRef head, unsigned column,
                                           llvm::ArrayRef<std::string> parts,
                                           unsigned align, bool &fits) {
  llvm::SmallVector<std::string> lines;
  std::string line = head.str();
  unsigned used = column + line.size();
  bool empty = true;
  fits = true;
  for (const std::string &part : parts) {
    if (!empty && used + 1 + part.size() > kColumns) {
      lines.push_back(line);
      line = std::string(align, ' ') + part;
      used = align + part.size();
    } else {
      line += (empty ? "" : " ") + part;
      used += part.size() + (empty ? 0 : 1);
    }
    empty = false;
    fits &= used <= kColumns;
  }
  lines.push_back(line);
  return lines;
}

using Lines = llvm::SmallVector<std::string>;

/// Argument \p part on lines of its own from column \p align on: a product or
/// sum that is too long is broken after its operators.
static Lines breakArgument(const std::string &part, unsigned align) {
  for (StringRef sign : {" + ", " * "}) {
    if (findOutside(part, sign) != StringRef::npos) {
      bool fits = false;
      return pack(std::string(align, ' '), 0, pieces(part, sign), align, fits);
    }
  }
  return {std::string(align, ' ') + part};
}

/// A call: arguments under each other, or on lines of their own where that
/// takes fewer.
static Lines breakCall(StringRef text, unsigned indent, size_t call) {
  llvm::SmallVector<std::string> arguments = pieces(text.substr(call), ", ");
  StringRef head = text.substr(0, call);
  bool alignedFits = false, ownFits = false;
  Lines aligned = pack(head, indent, arguments, indent + call, alignedFits);
  Lines own =
      pack(std::string(indent + 4, ' '), 0, arguments, indent + 4, ownFits);
  if (!ownFits && arguments.size() == 1) {
    own = breakArgument(arguments.front(), indent + 4);
  }
  bool isList = head.ends_with("{");
  if (isList || (alignedFits && aligned.size() <= own.size() + 1)) {
    return aligned;
  }
  size_t assign = findOutside(head, " = ");
  if (assign != StringRef::npos) {
    // The call on a line of its own, if its arguments then find room.
    StringRef right = text.substr(assign + 3);
    size_t inner = call - (assign + 3);
    bool fits = false;
    Lines below =
        pack(std::string(indent + 4, ' ') + right.substr(0, inner).str(), 0,
             arguments, indent + 4 + inner, fits);
    if (fits && below.size() <= own.size()) {
      below.insert(below.begin(), text.substr(0, assign + 2).str());
      return below;
    }
  }
  own.insert(own.begin(), head.str());
  return own;
}

/// `x = a ? b : c`, broken before the signs.
static Lines breakConditional(StringRef text, unsigned indent, size_t mark) {
  size_t colon = findOutside(text, " : ", mark);
  std::string align(indent + mark + 1, ' ');
  if (indent + colon <= kColumns &&
      align.size() + text.size() - colon - 1 <= kColumns) {
    return {text.substr(0, colon).str(), align + text.substr(colon + 1).str()};
  }
  size_t assign = findOutside(text, " = ");
  std::string under(
      assign == StringRef::npos ? indent + 4 : indent + assign + 3, ' ');
  return {text.substr(0, mark).str(),
          under + "    " + text.substr(mark + 1, colon - mark - 1).str(),
          under + "    " + text.substr(colon + 1).str()};
}

static Lines breakStatement(StringRef text, unsigned indent) {
  if (indent + text.size() <= kColumns) {
    return {text.str()};
  }
  size_t assign = findOutside(text, " = ");
  StringRef right =
      assign == StringRef::npos ? StringRef() : text.substr(assign + 3);
  bool isList = right.starts_with("{");
  if (!right.empty() && !isList && indent + 4 + right.size() <= kColumns) {
    return {text.substr(0, assign + 2).str(),
            std::string(indent + 4, ' ') + right.str()};
  }
  size_t from = assign == StringRef::npos ? 0 : assign + 3;
  size_t mark = findOutside(text, " ? ", from);
  if (mark != StringRef::npos) {
    return breakConditional(text, indent, mark);
  }
  for (StringRef sign : {" || ", " && ", " + "}) {
    if (findOutside(text, sign, from) != StringRef::npos) {
      bool fits = false;
      return pack(text.substr(0, from), indent, pieces(text.substr(from), sign),
                  indent + from, fits);
    }
  }
  size_t call = findArguments(text);
  if (call != StringRef::npos) {
    return breakCall(text, indent, call);
  }
  return {text.str()};
}

void TextWriter::statement(const Twine &twine) {
  Lines lines = breakStatement(twine.str(), indent);
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

void TextWriter::shortFunction(const Twine &head, const Twine &body) {
  std::string line = (head + " { " + body + " }").str();
  if (indent + line.size() <= kColumns) {
    writeLine(line, indent);
    return;
  }
  open(head);
  statement(body);
  close();
}

void TextWriter::paragraph(const Twine &text) {
  std::string whole = text.str(), line;
  for (StringRef word : llvm::split(StringRef(whole), ' ')) {
    if (!line.empty() &&
        indent + 3 + line.size() + 1 + word.size() > kColumns) {
      comment(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word.str();
  }
  comment(line);
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
