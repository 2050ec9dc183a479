// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: JSON text to values with places, and back.
#include "spak/Trace/Json.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstdlib>

namespace spak::trace {

const JsonValue *JsonValue::find(llvm::StringRef key) const {
  const JsonValue *found = nullptr;
  for (const JsonMember &member : members) {
    if (member.key == key) {
      found = &member.value;
    }
  }
  return found;
}

std::optional<double> JsonValue::asNumber() const {
  if (kind == Kind::Int) {
    return static_cast<double>(integer);
  }
  return kind == Kind::Float ? std::optional<double>(number) : std::nullopt;
}

std::optional<llvm::StringRef> JsonValue::asString() const {
  return kind == Kind::String ? std::optional<llvm::StringRef>(text)
                              : std::nullopt;
}

std::optional<bool> JsonValue::asBool() const {
  return kind == Kind::Bool ? std::optional<bool>(boolean) : std::nullopt;
}

std::optional<int64_t> JsonValue::asInt() const {
  if (kind == Kind::Float && number == std::floor(number) &&
      std::fabs(number) < 9e15) {
    return static_cast<int64_t>(number);
  }
  return kind == Kind::Int ? std::optional<int64_t>(integer) : std::nullopt;
}

llvm::StringRef JsonValue::kindName() const {
  static constexpr llvm::StringLiteral kNames[] = {
      "null",     "a truth value", "an integer", "a number",
      "a string", "an array",      "an object"};
  return kNames[static_cast<unsigned>(kind)];
}

namespace {

class Reader {
public:
  Reader(SourceRange range, JsonError &error, DiagnosticEngine &diags)
      : file(range.file), text(range.file->text().take_front(range.end)),
        at(range.begin), error(error), diags(diags) {}

  bool value(JsonValue &result, unsigned depth);
  uint32_t position() const { return at; }

private:
  const SourceFile *file;
  llvm::StringRef text;
  uint32_t at;
  JsonError &error;
  DiagnosticEngine &diags;

  bool done() const { return at >= text.size(); }
  char peek() const { return done() ? '\0' : text[at]; }
  void skipSpace() {
    while (!done() && llvm::StringRef(" \t\r\n").contains(text[at])) {
      ++at;
    }
  }
  bool fail(const llvm::Twine &expected) {
    error.expected = expected.str();
    if (done()) {
      error.got = "the end of the text";
      error.range = file->range(at, at);
    } else {
      llvm::StringRef rest = text.substr(at);
      llvm::StringRef word =
          rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
      word = word.empty() ? rest.take_front(1) : word;
      error.got = "`" + quoted(word) + "`";
      error.range = file->range(at, at + static_cast<uint32_t>(word.size()));
    }
    return false;
  }
  void lenient(uint32_t begin, llvm::StringRef what, llvm::StringRef readAs) {
    if (diags.warningCount() >= kMaxWarnings) {
      return;
    }
    diags.warning(diag::warn_json_lenient, file->range(begin, at))
        << what << readAs;
  }
  bool word(JsonValue &result);
  bool number(JsonValue &result);
  bool string(std::string &result, SourceRange &range);
  bool escape(std::string &result, uint32_t begin);
  bool codeUnit(unsigned &unit);
  bool array(JsonValue &result, unsigned depth);
  bool object(JsonValue &result, unsigned depth);
};

bool Reader::value(JsonValue &result, unsigned depth) {
  skipSpace();
  uint32_t begin = at;
  bool good = false;
  char c = peek();
  if (depth > kMaxJsonDepth) {
    return fail("at most " + llvm::Twine(kMaxJsonDepth) + " levels of nesting");
  }
  if (c == '{') {
    good = object(result, depth);
  } else if (c == '[') {
    good = array(result, depth);
  } else if (c == '"') {
    result.kind = JsonValue::Kind::String;
    SourceRange unused;
    good = string(result.text, unused);
  } else if (llvm::isDigit(c) ||
             ((c == '-' || c == '+') && at + 1 < text.size() &&
              llvm::isDigit(text[at + 1]))) {
    good = number(result);
  } else {
    good = word(result);
  }
  result.range = file->range(begin, at);
  return good;
}

bool Reader::word(JsonValue &result) {
  uint32_t begin = at;
  uint32_t end = at;
  while (end < text.size() &&
         (llvm::isAlpha(text[end]) || text[end] == '-' || text[end] == '+')) {
    ++end;
  }
  llvm::StringRef name = text.slice(begin, end);
  if (name == "true" || name == "false") {
    result.kind = JsonValue::Kind::Bool;
    result.boolean = name == "true";
    at = end;
    return true;
  }
  if (name == "null") {
    at = end;
    return true;
  }
  std::string lower = name.ltrim("+-").lower();
  if (lower == "nan" || lower == "inf" || lower == "infinity") {
    at = end;
    lenient(begin, name, "null");
    return true;
  }
  return fail("a value");
}

bool Reader::number(JsonValue &result) {
  uint32_t begin = at;
  auto digits = [&] {
    uint32_t first = at;
    while (llvm::isDigit(peek())) {
      ++at;
    }
    return at != first;
  };
  if (peek() == '-' || peek() == '+') {
    ++at;
  }
  digits();
  bool isFloat = false;
  if (peek() == '.') {
    ++at;
    isFloat = true;
    if (!digits()) {
      return fail("digits after the point");
    }
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at;
    isFloat = true;
    if (peek() == '-' || peek() == '+') {
      ++at;
    }
    if (!digits()) {
      return fail("digits of the exponent");
    }
  }
  llvm::StringRef spelled = text.slice(begin, at);
  spelled.consume_front("+");
  if (!isFloat && !spelled.getAsInteger(10, result.integer)) {
    result.kind = JsonValue::Kind::Int;
    return true;
  }
  std::string copy = spelled.str();
  result.number = std::strtod(copy.c_str(), nullptr);
  if (!std::isfinite(result.number)) {
    lenient(begin, quoted(spelled), "null, it fits no number");
    result.number = 0;
    return true;
  }
  result.kind = JsonValue::Kind::Float;
  return true;
}

bool Reader::codeUnit(unsigned &unit) {
  llvm::StringRef hex = text.substr(at, 4);
  if (hex.size() < 4 || hex.getAsInteger(16, unit)) {
    return false;
  }
  at += 4;
  return true;
}

bool Reader::escape(std::string &result, uint32_t begin) {
  char c = peek();
  ++at;
  static constexpr llvm::StringLiteral kFrom = "\"\\/bfnrt";
  static constexpr llvm::StringLiteral kTo = "\"\\/\b\f\n\r\t";
  if (size_t place = kFrom.find(c); place != llvm::StringRef::npos) {
    result += kTo[place];
    return true;
  }
  unsigned unit = 0;
  if (c == 'u' && codeUnit(unit)) {
    unsigned low = 0;
    uint32_t before = at;
    if (unit >= 0xD800 && unit < 0xDC00 && text.substr(at).starts_with("\\u")) {
      at += 2;
      if (codeUnit(low) && low >= 0xDC00 && low < 0xE000) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at = before;
      }
    }
    if (unit >= 0xD800 && unit < 0xE000) {
      unit = 0xFFFD;
    }
    char bytes[UNI_MAX_UTF8_BYTES_PER_CODE_POINT];
    char *end = bytes;
    llvm::ConvertCodePointToUTF8(unit, end);
    result.append(bytes, end);
    return true;
  }
  // Patterns are often written with the escapes of their own language.
  lenient(begin, "`" + quoted(text.slice(begin, at)) + "`",
          "a backslash and what follows");
  result += text.slice(begin, at);
  return true;
}

bool Reader::string(std::string &result, SourceRange &range) {
  uint32_t begin = at++;
  bool control = false;
  while (true) {
    if (done() || peek() == '\n') {
      // Strings end on their line, so that one lost quote costs one line.
      error = {file->range(begin, at), "a closing `\"`",
               done() ? "the end of the text" : "the end of the line"};
      return false;
    }
    char c = text[at];
    if (c == '"') {
      ++at;
      break;
    }
    if (c == '\\') {
      uint32_t start = at++;
      if (done()) {
        continue;
      }
      escape(result, start);
      continue;
    }
    control |= static_cast<unsigned char>(c) < 0x20;
    result += c;
    ++at;
  }
  range = file->range(begin, at);
  if (control) {
    lenient(begin, "a control character in a string", "itself");
  }
  if (!llvm::json::isUTF8(result)) {
    lenient(begin, "a byte that is not UTF-8", "U+FFFD");
    result = llvm::json::fixUTF8(result);
  }
  return true;
}

bool Reader::array(JsonValue &result, unsigned depth) {
  result.kind = JsonValue::Kind::Array;
  ++at;
  while (true) {
    skipSpace();
    if (peek() == ']' && !done()) {
      ++at;
      return true;
    }
    result.elements.emplace_back();
    if (!value(result.elements.back(), depth + 1)) {
      return false;
    }
    skipSpace();
    uint32_t comma = at;
    if (peek() == ',') {
      ++at;
      skipSpace();
      if (peek() == ']') {
        lenient(comma, "a comma before `]`", "nothing");
      }
    } else if (peek() != ']' || done()) {
      return fail("`,` or `]`");
    }
  }
}

bool Reader::object(JsonValue &result, unsigned depth) {
  result.kind = JsonValue::Kind::Object;
  llvm::StringSet<> keys;
  ++at;
  while (true) {
    skipSpace();
    if (peek() == '}') {
      ++at;
      return true;
    }
    if (peek() != '"') {
      return fail(result.members.empty() ? "a key or `}`" : "a key");
    }
    JsonMember member;
    if (!string(member.key, member.keyRange)) {
      return false;
    }
    skipSpace();
    if (peek() != ':') {
      return fail("`:` after the key");
    }
    ++at;
    if (!value(member.value, depth + 1)) {
      return false;
    }
    if (!keys.insert(member.key).second) {
      diags.warning(diag::warn_json_lenient, member.keyRange)
          << "a second `" + quoted(member.key) + "`" << "the one that counts";
    }
    result.members.push_back(std::move(member));
    skipSpace();
    uint32_t comma = at;
    if (peek() == ',') {
      ++at;
      skipSpace();
      if (peek() == '}') {
        lenient(comma, "a comma before `}`", "nothing");
      }
    } else if (peek() != '}') {
      return fail("`,` or `}`");
    }
  }
}

void write(const JsonValue &value, std::string &out) {
  switch (value.kind) {
  case JsonValue::Kind::Null:
    out += "null";
    return;
  case JsonValue::Kind::Bool:
    out += value.boolean ? "true" : "false";
    return;
  case JsonValue::Kind::Int:
    out += std::to_string(value.integer);
    return;
  case JsonValue::Kind::Float:
    out += numberText(value.number);
    return;
  case JsonValue::Kind::String:
    out += quotedJson(value.text);
    return;
  case JsonValue::Kind::Array:
    out += '[';
    for (const JsonValue &element : value.elements) {
      out += &element == value.elements.data() ? "" : ", ";
      write(element, out);
    }
    out += ']';
    return;
  case JsonValue::Kind::Object:
    out += '{';
    for (const JsonMember &member : value.members) {
      out += &member == value.members.data() ? "" : ", ";
      out += quotedJson(member.key) + ": ";
      write(member.value, out);
    }
    out += '}';
    return;
  }
}

} // namespace

std::optional<JsonValue> readJson(SourceRange text, uint32_t &end,
                                  JsonError &error, DiagnosticEngine &diags) {
  JsonValue result;
  Reader reader(text, error, diags);
  bool good = reader.value(result, 1);
  end = reader.position();
  return good ? std::optional<JsonValue>(std::move(result)) : std::nullopt;
}

std::string toText(const JsonValue &value) {
  std::string out;
  write(value, out);
  return out;
}

std::string quotedJson(llvm::StringRef text) {
  std::string out;
  llvm::raw_string_ostream os(out);
  os << llvm::json::Value(llvm::json::isUTF8(text) ? text.str()
                                                   : llvm::json::fixUTF8(text));
  return out;
}

std::string numberText(double number) {
  if (number == std::floor(number) && std::fabs(number) < 1e15) {
    return std::to_string(static_cast<int64_t>(number));
  }
  for (int digits = 1; digits < 17; ++digits) {
    char buffer[40];
    std::snprintf(buffer, sizeof(buffer), "%.*g", digits, number);
    if (std::strtod(buffer, nullptr) == number) {
      return buffer;
    }
  }
  char buffer[40];
  std::snprintf(buffer, sizeof(buffer), "%.17g", number);
  return buffer;
}

} // namespace spak::trace
