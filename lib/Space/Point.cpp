// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the canonical text of values and points.
#include "spak/Space/Point.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

#include <cstdio>
#include <cstdlib>

namespace spak::space {

double AxisValue::asFloat() const {
  return isInt() ? static_cast<double>(asInt()) : std::get<double>(data);
}

/// The shortest decimal that reads back as \p value.
static std::string shortest(double value) {
  char buffer[40];
  for (int digits = 6; digits <= 17; ++digits) {
    std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
    if (std::strtod(buffer, nullptr) == value) {
      break;
    }
  }
  std::string text = buffer;
  if (text.find_first_of(".einf") == std::string::npos) {
    text += ".0";
  }
  return text;
}

std::string AxisValue::text() const {
  if (isBool()) {
    return asBool() ? "true" : "false";
  }
  if (isInt()) {
    return std::to_string(asInt());
  }
  return isFloat() ? shortest(asFloat()) : asText();
}

bool AxisValue::operator==(const AxisValue &other) const {
  if (isNumber() && other.isNumber() && data.index() != other.data.index()) {
    return asFloat() == other.asFloat();
  }
  return data == other.data;
}

AxisValue AxisValue::parse(llvm::StringRef text) {
  if (text == "true" || text == "false") {
    return AxisValue(text == "true");
  }
  int64_t integer = 0;
  if (!text.getAsInteger(10, integer)) {
    return AxisValue(integer);
  }
  double number = 0;
  bool numeric = !text.empty() && (llvm::isDigit(text.front()) ||
                                   llvm::StringRef("-+.").contains(text[0]));
  if (numeric && llvm::to_float(text, number)) {
    return AxisValue(number);
  }
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    text = text.drop_front().drop_back();
  }
  return AxisValue(text.str());
}

void Point::set(llvm::StringRef axis, AxisValue value) {
  for (auto &[name, old] : values) {
    if (name == axis) {
      old = std::move(value);
      return;
    }
  }
  values.emplace_back(axis.str(), std::move(value));
}

const AxisValue *Point::find(llvm::StringRef axis) const {
  for (const auto &[name, value] : values) {
    if (name == axis) {
      return &value;
    }
  }
  return nullptr;
}

std::string Point::text() const {
  std::string text;
  for (const auto &[name, value] : values) {
    text += (text.empty() ? "" : ",") + name + "=" + value.text();
  }
  return text;
}

uint64_t Point::hash() const { return llvm::xxh3_64bits(text()); }

} // namespace spak::space
