// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Values of axes and points of a space. Knows no syntax and no kernel.
#ifndef SPAK_SPACE_POINT_H
#define SPAK_SPACE_POINT_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace spak::space {

/// One value of an axis: a truth value, an integer, a number or a text.
class AxisValue {
public:
  AxisValue() : data(int64_t(0)) {}
  explicit AxisValue(bool value) : data(value) {}
  explicit AxisValue(int64_t value) : data(value) {}
  explicit AxisValue(double value) : data(value) {}
  explicit AxisValue(std::string value) : data(std::move(value)) {}

  bool isBool() const { return std::holds_alternative<bool>(data); }
  bool isInt() const { return std::holds_alternative<int64_t>(data); }
  bool isFloat() const { return std::holds_alternative<double>(data); }
  bool isText() const { return std::holds_alternative<std::string>(data); }
  /// An integer or a float.
  bool isNumber() const { return isInt() || isFloat(); }

  bool asBool() const { return std::get<bool>(data); }
  int64_t asInt() const { return std::get<int64_t>(data); }
  /// The value of a number, as a float.
  double asFloat() const;
  const std::string &asText() const { return std::get<std::string>(data); }

  /// The canonical spelling, which \ref parse reads back: `true`, `128`,
  /// `0.5`, `bf16`.
  std::string text() const;

  /// Same kind and same value; an integer equals a float of the same value.
  bool operator==(const AxisValue &other) const;
  bool operator!=(const AxisValue &other) const { return !(*this == other); }

  /// Reads a value as it is typed on a command line. Never fails: what is
  /// not a truth value and not a number is a text.
  static AxisValue parse(llvm::StringRef text);

private:
  std::variant<bool, int64_t, double, std::string> data;
};

/// A value for every axis, in the order in which the axes are declared.
class Point {
public:
  void set(llvm::StringRef axis, AxisValue value);

  /// The value of \p axis; null if the point does not fix it.
  const AxisValue *find(llvm::StringRef axis) const;

  const std::vector<std::pair<std::string, AxisValue>> &axes() const {
    return values;
  }

  /// `axis=value` of every axis, comma separated, in order.
  std::string text() const;

  /// A hash of \ref text that is the same on every machine.
  uint64_t hash() const;

  bool operator==(const Point &other) const { return values == other.values; }

private:
  std::vector<std::pair<std::string, AxisValue>> values;
};

/// An axis and its values, in order.
struct AxisDomain {
  std::string name;
  std::vector<AxisValue> values;
};

} // namespace spak::space

#endif // SPAK_SPACE_POINT_H
