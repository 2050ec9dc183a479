# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: the integer expressions of a manifest. Must not know what they size.

C-like: + - * / % comparisons && || ! ?: parentheses, numbers, names, and the
functions ceil_div, min, max. Integers are unbounded; / and % round towards
minus infinity (the language's rule; sizes are not negative, where C agrees).
Scalars that are real numbers make the arithmetic real.
"""

import re

_TOKEN = re.compile(
    r"\s*(?:(\d+\.\d*|\d+)|([A-Za-z_]\w*)|(&&|\|\||[<>=!]=|[-+*/%()<>!,?:]))"
)
_LEVELS = [
    ["||"],
    ["&&"],
    ["==", "!="],
    ["<", "<=", ">", ">="],
    ["+", "-"],
    ["*", "/", "%"],
]


def _integers(a, b):
    return isinstance(a, int) and isinstance(b, int)


_OPERATORS = {
    "||": lambda a, b: int(bool(a) or bool(b)),
    "&&": lambda a, b: int(bool(a) and bool(b)),
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b if _integers(a, b) else a / b,
    "%": lambda a, b: a % b,
}
_FUNCTIONS = {
    "ceil_div": lambda a, b: -(-a // b),
    "min": min,
    "max": max,
}


class _Parser:
    """Evaluates while it reads; both sides of && and || are evaluated, but a
    division by zero on a side that does not count gives no error."""

    def __init__(self, text, names):
        self.text, self.names, self.tokens, at = text, names, [], 0
        stripped = text.rstrip()
        while at < len(stripped):
            match = _TOKEN.match(stripped, at)
            if not match:
                raise ValueError(
                    "unexpected '%s' in expression '%s'"
                    % (stripped[at:].lstrip()[0], text)
                )
            self.tokens.append(match.group(match.lastindex))
            at = match.end()
        self.tokens.append("")
        self.at = 0

    def peek(self):
        return self.tokens[self.at]

    def take(self, expected=None):
        token = self.tokens[self.at]
        if expected is not None and token != expected:
            raise ValueError(
                "expected '%s', got '%s' in expression '%s'"
                % (expected, token or "its end", self.text)
            )
        self.at += 1
        return token

    def conditional(self):
        value = self.binary(0)
        if self.peek() != "?":
            return value
        self.take()
        then = self.conditional()
        self.take(":")
        other = self.conditional()
        return then if value else other

    def binary(self, level):
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek() in _LEVELS[level]:
            operator = self.take()
            right = self.binary(level + 1)
            left = self.apply(operator, left, right)
        return left

    def apply(self, operator, left, right):
        sides = [side for side in (left, right) if side is not None]
        if operator == "&&" and not all(sides):
            return 0
        if operator == "||" and any(sides):
            return 1
        if left is None or right is None:
            return None
        if operator in "/%" and right == 0:
            return None
        return _OPERATORS[operator](left, right)

    def unary(self):
        if self.peek() in ("-", "!"):
            operator = self.take()
            value = self.unary()
            if value is None:
                return None
            return -value if operator == "-" else int(not value)
        token = self.take()
        if token == "(":
            value = self.conditional()
            self.take(")")
            return value
        if token[:1].isdigit():
            return float(token) if "." in token else int(token)
        if token in ("true", "false"):
            return int(token == "true")
        if token in _FUNCTIONS and self.peek() == "(":
            self.take()
            first = self.conditional()
            self.take(",")
            second = self.conditional()
            self.take(")")
            if first is None or second is None:
                return None
            if token == "ceil_div" and second == 0:
                return None
            return _FUNCTIONS[token](first, second)
        if token in self.names:
            return self.names[token]
        raise ValueError(
            "unknown name '%s' in expression '%s'" % (token, self.text)
        )


def evaluate(text, names):
    """The value of `text` (a string, or already an integer) with `names`."""
    if isinstance(text, (bool, int)):
        return int(text)
    parser = _Parser(text, names)
    value = parser.conditional()
    parser.take("")
    if value is None:
        raise ValueError("division by zero in expression '%s'" % text)
    return value
