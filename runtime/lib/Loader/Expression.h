// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the value of a manifest's expression. Must not know what it sizes.
#ifndef SPAK_RT_LIB_LOADER_EXPRESSION_H
#define SPAK_RT_LIB_LOADER_EXPRESSION_H

#include "Status.h"

#include <map>
#include <string>
#include <string_view>

namespace spak_rt {

/// An integer, or a real number where a scalar takes part.
struct Value {
  /// Long enough for every 64-bit integer.
  long double number = 0;
  bool isReal = false;

  static Value of(int64_t value) { return {(long double)value, false}; }
  static Value ofReal(double value) { return {(long double)value, true}; }
};

using Names = std::map<std::string, Value, std::less<>>;

/// Evaluates a C-like expression: + - * / % comparisons && || ! ?:
/// parentheses, numbers, names, ceil_div, min, max. Integer / and % round
/// towards minus infinity. Both sides of && and || are read, but a division by
/// zero on a side that does not count is no error.
/// Errors: SPAK_RT_BAD_MANIFEST for text that is none or an unknown name,
/// SPAK_RT_TOO_LARGE for an overflow of 64 bits or a division by zero.
Status evaluate(std::string_view text, const Names &names, Value &result);

/// The same, where only an integer will do.
Status evaluate(std::string_view text, const Names &names, int64_t &result);

} // namespace spak_rt

#endif // SPAK_RT_LIB_LOADER_EXPRESSION_H
