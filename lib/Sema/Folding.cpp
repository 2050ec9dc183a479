// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: arithmetic at compile time. Integers are exact or have no value;
// division rounds down.
#include "Evaluator.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace spak::space;

namespace spak::sema {

static int64_t floorDiv(int64_t a, int64_t b) {
  int64_t q = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

std::optional<AxisValue> foldBinary(BinaryOp op, const AxisValue &a,
                                    const AxisValue &b) {
  if (op == BinaryOp::And || op == BinaryOp::Or) {
    if (!a.isBool() || !b.isBool()) {
      return std::nullopt;
    }
    return AxisValue(op == BinaryOp::And ? a.asBool() && b.asBool()
                                         : a.asBool() || b.asBool());
  }
  if (!a.isNumber() || !b.isNumber()) {
    return std::nullopt;
  }
  if (a.isInt() && b.isInt()) {
    int64_t x = a.asInt(), y = b.asInt(), result = 0;
    switch (op) {
    case BinaryOp::Add:
      return llvm::AddOverflow(x, y, result) ? std::optional<AxisValue>()
                                             : AxisValue(result);
    case BinaryOp::Sub:
      return llvm::SubOverflow(x, y, result) ? std::optional<AxisValue>()
                                             : AxisValue(result);
    case BinaryOp::Mul:
      return llvm::MulOverflow(x, y, result) ? std::optional<AxisValue>()
                                             : AxisValue(result);
    default:
      break;
    }
    if (y == 0 || (y == -1 && x == INT64_MIN)) {
      return std::nullopt;
    }
    int64_t q = floorDiv(x, y);
    return AxisValue(op == BinaryOp::Div ? q : x - q * y);
  }
  double x = a.asFloat(), y = b.asFloat();
  switch (op) {
  case BinaryOp::Add:
    return AxisValue(x + y);
  case BinaryOp::Sub:
    return AxisValue(x - y);
  case BinaryOp::Mul:
    return AxisValue(x * y);
  case BinaryOp::Div:
    return y == 0 ? std::optional<AxisValue>() : AxisValue(x / y);
  default:
    return std::nullopt;
  }
}

std::optional<bool> foldCompare(CompareOp op, const AxisValue &a,
                                const AxisValue &b) {
  if (op == CompareOp::Eq || op == CompareOp::Ne) {
    return (a == b) == (op == CompareOp::Eq);
  }
  if (!a.isNumber() || !b.isNumber()) {
    return std::nullopt;
  }
  double x = a.asFloat(), y = b.asFloat();
  switch (op) {
  case CompareOp::Lt:
    return x < y;
  case CompareOp::Le:
    return x <= y;
  case CompareOp::Gt:
    return x > y;
  default:
    return x >= y;
  }
}

static double onNumbers(Function function, llvm::ArrayRef<double> x) {
  auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
  switch (function) {
  case Function::Exp:
    return std::exp(x[0]);
  case Function::Exp2:
    return std::exp2(x[0]);
  case Function::Log:
    return std::log(x[0]);
  case Function::Log2:
    return std::log2(x[0]);
  case Function::Sqrt:
    return std::sqrt(x[0]);
  case Function::Rsqrt:
    return 1.0 / std::sqrt(x[0]);
  case Function::Tanh:
  case Function::TanhApprox:
    return std::tanh(x[0]);
  case Function::Erf:
    return std::erf(x[0]);
  case Function::Sigmoid:
    return sigmoid(x[0]);
  case Function::Relu:
    return std::max(x[0], 0.0);
  case Function::Gelu:
    return 0.5 * x[0] * (1.0 + std::erf(x[0] * std::sqrt(0.5)));
  case Function::Silu:
    return x[0] * sigmoid(x[0]);
  case Function::Floor:
    return std::floor(x[0]);
  case Function::Abs:
    return std::fabs(x[0]);
  case Function::Min:
    return std::min(x[0], x[1]);
  case Function::Max:
    return std::max(x[0], x[1]);
  case Function::IsNan:
    return std::isnan(x[0]);
  }
  return 0;
}

namespace {

enum class Domain { Float, Any };

struct FunctionRow {
  Function function;
  llvm::StringLiteral name;
  unsigned arity;
  Domain domain;
};

constexpr FunctionRow kFunctions[] = {
#define SPAK_FUNCTION(Name, Text, Arity, Values)                               \
  {Function::Name, Text, Arity, Domain::Values},
#include "spak/Sema/Functions.def"
#undef SPAK_FUNCTION
};

} // namespace

llvm::StringRef functionName(Function function) {
  return kFunctions[static_cast<unsigned>(function)].name;
}

bool takesIntegers(Function function) {
  return kFunctions[static_cast<unsigned>(function)].domain == Domain::Any;
}

unsigned arity(Function function) {
  return kFunctions[static_cast<unsigned>(function)].arity;
}

std::optional<Function> parseFunction(llvm::StringRef name) {
  for (const FunctionRow &row : kFunctions) {
    if (row.name == name) {
      return row.function;
    }
  }
  return std::nullopt;
}

std::optional<AxisValue> foldFunction(Function function,
                                      llvm::ArrayRef<AxisValue> arguments) {
  llvm::SmallVector<double, 2> values;
  bool integers = takesIntegers(function);
  for (const AxisValue &argument : arguments) {
    if (!argument.isNumber()) {
      return std::nullopt;
    }
    integers &= argument.isInt();
    values.push_back(argument.asFloat());
  }
  double value = onNumbers(function, values);
  if (function == Function::IsNan) {
    return AxisValue(value != 0);
  }
  return integers ? AxisValue(static_cast<int64_t>(value)) : AxisValue(value);
}

} // namespace spak::sema
