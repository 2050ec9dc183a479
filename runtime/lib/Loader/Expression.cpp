// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading and evaluating expressions in one go. Must not know what they
// size.
#include "Expression.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace spak_rt {

namespace {

/// A value, or nothing after a division by zero or an overflow: nothing
/// spreads until a && or || that does not need it.
using Maybe = std::optional<Value>;

const std::vector<std::vector<std::string_view>> &levels() {
  static const auto *const table =
      new std::vector<std::vector<std::string_view>>{
          {"||"},     {"&&"},         {"==", "!="}, {"<=", ">=", "<", ">"},
          {"+", "-"}, {"*", "/", "%"}};
  return *table;
}

static_assert(std::numeric_limits<long double>::digits >= 64,
              "integers of 64 bits must be exact");

Maybe compute(std::string_view op, const Value &a, const Value &b) {
  const long double x = a.number, y = b.number;
  const bool isReal = a.isReal || b.isReal;
  if (op == "<" || op == ">" || op == "<=" || op == ">=") {
    const bool isEqual = op.size() == 2 && x == y;
    return Value::of(isEqual || (op[0] == '<' ? x < y : x > y));
  }
  if (op == "==" || op == "!=") {
    return Value::of((x == y) == (op == "=="));
  }
  if (y == 0 && (op == "/" || op == "%")) {
    return Maybe();
  }
  long double result = op == "+"   ? x + y
                       : op == "-" ? x - y
                       : op == "*" ? x * y
                                   : x / y;
  if (op == "%" || (op == "/" && !isReal)) {
    result = std::floor(result);
  }
  if (op == "%") {
    result = x - result * y;
  }
  const bool fits = result >= -0x1p63L && result < 0x1p63L;
  return isReal || fits ? Maybe(Value{result, isReal}) : Maybe();
}

bool isTrue(const Maybe &value) { return value && value->number != 0; }
bool isFalse(const Maybe &value) { return value && value->number == 0; }

Maybe apply(std::string_view op, Maybe a, Maybe b) {
  if (op == "&&" && (isFalse(a) || isFalse(b))) {
    return Value::of(0);
  }
  if (op == "||" && (isTrue(a) || isTrue(b))) {
    return Value::of(1);
  }
  if (!a || !b) {
    return Maybe();
  }
  if (op == "&&" || op == "||") {
    return Value::of(op == "&&");
  }
  return compute(op, *a, *b);
}

Maybe applyFunction(std::string_view name, Maybe a, Maybe b) {
  if (!a || !b) {
    return Maybe();
  }
  if (name == "ceil_div") {
    Maybe quotient = apply("/", apply("-", Value::of(0), a), b);
    return apply("-", Value::of(0), quotient);
  }
  return (name == "min") == (a->number <= b->number) ? a : b;
}

class Parser {
public:
  Parser(std::string_view text, const Names &names)
      : text(text), rest(text), names(names) {}

  Status run(Value &result) {
    Maybe value = conditional();
    if (error.empty() && !peek().empty()) {
      fail("unexpected `" + std::string(peek()) + "`");
    }
    if (!error.empty()) {
      return Status::error(SPAK_RT_BAD_MANIFEST, error + " in expression `" +
                                                     std::string(text) + "`");
    }
    if (!value) {
      return Status::error(SPAK_RT_TOO_LARGE,
                           "division by zero or a number beyond 64 bits in "
                           "expression `" +
                               std::string(text) + "`");
    }
    result = *value;
    return Status();
  }

private:
  void fail(std::string why) {
    if (error.empty()) {
      error = std::move(why);
    }
    rest = {};
  }

  /// The next token without taking it; empty at the end.
  std::string_view peek() {
    while (!rest.empty() && std::isspace((unsigned char)rest[0])) {
      rest.remove_prefix(1);
    }
    if (rest.empty()) {
      return rest;
    }
    size_t length = 1;
    const auto isWord = [](char c) {
      return std::isalnum((unsigned char)c) || c == '_' || c == '.';
    };
    if (isWord(rest[0])) {
      while (length < rest.size() && isWord(rest[length])) {
        ++length;
      }
      return rest.substr(0, length);
    }
    static constexpr std::array<std::string_view, 6> pairs = {
        "&&", "||", "==", "!=", "<=", ">="};
    for (std::string_view pair : pairs) {
      if (rest.substr(0, 2) == pair) {
        return pair;
      }
    }
    return rest.substr(0, 1);
  }

  std::string_view take() {
    const std::string_view token = peek();
    rest.remove_prefix(token.size());
    return token;
  }

  void expect(std::string_view token) {
    if (peek() != token) {
      const std::string got =
          peek().empty() ? "its end" : "`" + std::string(peek()) + "`";
      fail("expected `" + std::string(token) + "`, got " + got);
      return;
    }
    take();
  }

  Maybe conditional() {
    Maybe condition = binary(0);
    if (peek() != "?") {
      return condition;
    }
    take();
    Maybe then = conditional();
    expect(":");
    Maybe other = conditional();
    if (!condition) {
      return Maybe();
    }
    return isTrue(condition) ? then : other;
  }

  Maybe binary(size_t level) {
    if (level == levels().size()) {
      return unary();
    }
    Maybe left = binary(level + 1);
    while (true) {
      std::string_view op = peek();
      bool known = false;
      for (std::string_view candidate : levels()[level]) {
        known |= candidate == op;
      }
      if (!known) {
        return left;
      }
      take();
      left = apply(op, left, binary(level + 1));
    }
  }

  Maybe unary() {
    if (++depth > 200) {
      fail("more than 200 nested operators");
      return Maybe();
    }
    Maybe result = primary();
    --depth;
    return result;
  }

  Maybe primary() {
    const std::string_view token = take();
    if (token.empty()) {
      fail("expected a value, got its end");
      return Maybe();
    }
    if (token == "-") {
      return apply("-", Value::of(0), unary());
    }
    if (token == "!") {
      Maybe value = unary();
      return value ? Maybe(Value::of(isFalse(value))) : Maybe();
    }
    if (token == "(") {
      Maybe value = conditional();
      expect(")");
      return value;
    }
    if (std::isdigit((unsigned char)token[0])) {
      return number(token);
    }
    if (token == "true" || token == "false") {
      return Value::of(token == "true");
    }
    if ((token == "ceil_div" || token == "min" || token == "max") &&
        peek() == "(") {
      take();
      Maybe first = conditional();
      expect(",");
      Maybe second = conditional();
      expect(")");
      return applyFunction(token, first, second);
    }
    const auto found = names.find(token);
    if (found == names.end()) {
      fail("unknown name `" + std::string(token) + "`");
      return Maybe();
    }
    return found->second;
  }

  Maybe number(std::string_view token) {
    Value value;
    value.isReal = token.find('.') != std::string_view::npos;
    const auto [end, code] = std::from_chars(
        token.data(), token.data() + token.size(), value.number);
    if (code == std::errc() && end == token.data() + token.size()) {
      return value;
    }
    fail("expected a number, got `" + std::string(token) + "`");
    return Maybe();
  }

  std::string_view text, rest;
  const Names &names;
  std::string error;
  int depth = 0;
};

} // namespace

Status evaluate(std::string_view text, const Names &names, Value &result) {
  return Parser(text, names).run(result);
}

Status evaluate(std::string_view text, const Names &names, int64_t &result) {
  Value value;
  Status status = evaluate(text, names, value);
  if (status.ok() && value.isReal) {
    return Status::error(SPAK_RT_BAD_MANIFEST,
                         "expected an integer from expression `" +
                             std::string(text) + "`");
  }
  result = int64_t(value.number);
  return status;
}

} // namespace spak_rt
