// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the building of formulas and their value where some axes are fixed.
#include "spak/Space/Formula.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace spak::space {

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

Formula::NodeId Formula::constant(AxisValue value) {
  Node node;
  node.op = Op::Constant;
  node.index = static_cast<uint32_t>(constants.size());
  constants.push_back(std::move(value));
  nodes.push_back(std::move(node));
  return result();
}

Formula::NodeId Formula::axis(unsigned position) {
  Node node;
  node.op = Op::Axis;
  node.index = position;
  nodes.push_back(std::move(node));
  return result();
}

Formula::NodeId Formula::apply(Op op, llvm::ArrayRef<NodeId> children) {
  Node node;
  node.op = op;
  node.children.assign(children.begin(), children.end());
  nodes.push_back(std::move(node));
  return result();
}

Formula::NodeId Formula::call(Function function,
                              llvm::ArrayRef<NodeId> children) {
  Node node;
  node.op = Op::Call;
  node.index = static_cast<uint32_t>(functions.size());
  node.children.assign(children.begin(), children.end());
  functions.push_back(std::move(function));
  nodes.push_back(std::move(node));
  return result();
}

std::vector<unsigned> Formula::scope() const {
  std::vector<unsigned> axes;
  for (const Node &node : nodes) {
    if (node.op == Op::Axis) {
      axes.push_back(node.index);
    }
  }
  llvm::sort(axes);
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

Formula::NodeId Formula::copy(const Formula &from, NodeId id) {
  const Node &node = from.node(id);
  if (node.op == Op::Constant) {
    return constant(from.constantOf(node));
  }
  if (node.op == Op::Axis) {
    return axis(node.index);
  }
  llvm::SmallVector<NodeId, 3> children;
  for (NodeId child : node.children) {
    children.push_back(copy(from, child));
  }
  return node.op == Op::Call ? call(from.functionOf(node), children)
                             : apply(node.op, children);
}

Formula Formula::part(NodeId id) const {
  Formula result;
  result.copy(*this, id);
  return result;
}

Formula Formula::minus(const Formula &other) const {
  Formula difference;
  NodeId left = difference.copy(*this, result());
  NodeId right = difference.copy(other, other.result());
  difference.apply(Op::Sub, {left, right});
  return difference;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

using Kind = BoundFormula::Kind;
using Value = BoundFormula::Value;
using Op = Formula::Op;

static Value undefined() {
  Value value;
  value.kind = Kind::Undefined;
  return value;
}

static Value truth(bool holds) {
  Value value;
  value.kind = Kind::Bool;
  value.i = holds;
  return value;
}

static Value integer(int64_t number) {
  Value value;
  value.kind = Kind::Int;
  value.i = number;
  return value;
}

static Value real(double number) {
  Value value;
  value.kind = Kind::Float;
  value.d = number;
  return value;
}

static Value divide(Op op, int64_t x, int64_t y) {
  if (y == 0 || (y == -1 && x == INT64_MIN)) {
    return undefined();
  }
  int64_t quotient = x / y, rest = x % y;
  if (rest != 0 && (rest < 0) != (y < 0)) {
    --quotient;
    rest += y;
  }
  return integer(op == Op::Div ? quotient : rest);
}

static Value arithmetic(Op op, const Value &a, const Value &b) {
  if (!a.isNumber() || !b.isNumber()) {
    return undefined();
  }
  if (a.kind == Kind::Int && b.kind == Kind::Int) {
    int64_t number = 0;
    bool lost = false;
    switch (op) {
    case Op::Add:
      lost = llvm::AddOverflow(a.i, b.i, number);
      break;
    case Op::Sub:
      lost = llvm::SubOverflow(a.i, b.i, number);
      break;
    case Op::Mul:
      lost = llvm::MulOverflow(a.i, b.i, number);
      break;
    default:
      return divide(op, a.i, b.i);
    }
    return lost ? undefined() : integer(number);
  }
  double x = a.asFloat(), y = b.asFloat();
  switch (op) {
  case Op::Add:
    return real(x + y);
  case Op::Sub:
    return real(x - y);
  case Op::Mul:
    return real(x * y);
  case Op::Div:
    return y == 0 ? undefined() : real(x / y);
  default:
    return undefined();
  }
}

static bool same(const Value &a, const Value &b) {
  if (a.isNumber() && b.isNumber() && a.kind != b.kind) {
    return a.asFloat() == b.asFloat();
  }
  if (a.kind != b.kind) {
    return false;
  }
  return a.kind == Kind::Float ? a.d == b.d : a.i == b.i;
}

static Value compare(Op op, const Value &a, const Value &b) {
  if (op == Op::Eq || op == Op::Ne) {
    return truth(same(a, b) == (op == Op::Eq));
  }
  if (!a.isNumber() || !b.isNumber()) {
    return undefined();
  }
  double x = a.asFloat(), y = b.asFloat();
  switch (op) {
  case Op::Lt:
    return truth(x < y);
  case Op::Le:
    return truth(x <= y);
  case Op::Gt:
    return truth(x > y);
  default:
    return truth(x >= y);
  }
}

static Value unary(Op op, const Value &a) {
  if (op == Op::Not) {
    return a.kind == Kind::Bool ? truth(!a.i) : undefined();
  }
  if (!a.isNumber()) {
    return undefined();
  }
  return op == Op::Plus ? a : arithmetic(Op::Sub, integer(0), a);
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

BoundFormula::BoundFormula(const Formula &formula,
                           llvm::ArrayRef<AxisDomain> axes)
    : formula(formula), domains(axes.size()) {
  constants.resize(formula.size());
  for (Formula::NodeId id = 0; id < formula.size(); ++id) {
    const Formula::Node &node = formula.node(id);
    if (node.op == Op::Constant) {
      constants[node.index] = intern(formula.constantOf(node));
    }
  }
  for (unsigned axis : formula.scope()) {
    for (const AxisValue &value : axes[axis].values) {
      domains[axis].push_back(intern(value));
    }
  }
}

Value BoundFormula::intern(const AxisValue &value) {
  if (value.isBool()) {
    return truth(value.asBool());
  }
  if (value.isInt()) {
    return integer(value.asInt());
  }
  if (value.isFloat()) {
    return real(value.asFloat());
  }
  auto found = llvm::find(texts, value.asText());
  Value result;
  result.kind = Kind::Text;
  result.i = found - texts.begin();
  if (found == texts.end()) {
    texts.push_back(value.asText());
  }
  return result;
}

std::optional<AxisValue> BoundFormula::shown(const Value &value) const {
  switch (value.kind) {
  case Kind::Bool:
    return AxisValue(value.i != 0);
  case Kind::Int:
    return AxisValue(value.i);
  case Kind::Float:
    return AxisValue(value.d);
  case Kind::Text:
    return AxisValue(texts[value.i]);
  default:
    return std::nullopt;
  }
}

// A residual is the formula with its known parts replaced by values, written
// in preorder. Every item begins with a tag, so that two different residuals
// never give the same words.
enum Tag : uint64_t {
  TagValue = 16, ///< + kind; one word follows
  TagAxis = 1,
  TagStrict = 2,
  TagLeft = 3,  ///< both sides of a logical operator are left
  TagRight = 4, ///< the right side decides
  TagThen = 5,
  TagElse = 6,
  TagChoose = 7
};

static void write(std::vector<uint64_t> &residual, const Value &value) {
  residual.push_back(TagValue + static_cast<uint64_t>(value.kind));
  residual.push_back(static_cast<uint64_t>(value.i));
}

Value BoundFormula::evaluate(llvm::ArrayRef<uint32_t> positions,
                             std::vector<uint64_t> &residual) {
  residual.clear();
  return visit(formula.result(), positions, residual);
}

Value BoundFormula::visit(Formula::NodeId id,
                          llvm::ArrayRef<uint32_t> positions,
                          std::vector<uint64_t> &residual) {
  const Formula::Node &node = formula.node(id);
  switch (node.op) {
  case Op::Constant:
    return constants[node.index];
  case Op::Axis:
    if (positions[node.index] == kFree) {
      residual.push_back(TagAxis);
      return Value();
    }
    return domains[node.index][positions[node.index]];
  case Op::And:
  case Op::Or:
    return visitLogic(node, positions, residual);
  case Op::Choose:
    return visitChoose(node, positions, residual);
  default:
    return visitStrict(node, positions, residual);
  }
}

Value BoundFormula::visitLogic(const Formula::Node &node,
                               llvm::ArrayRef<uint32_t> positions,
                               std::vector<uint64_t> &residual) {
  size_t mark = residual.size();
  residual.push_back(TagLeft);
  Value left = visit(node.children[0], positions, residual);
  if (left.kind == Kind::Open) {
    Value right = visit(node.children[1], positions, residual);
    if (right.kind != Kind::Open) {
      write(residual, right);
    }
    return Value();
  }
  residual.resize(mark);
  bool decided =
      left.kind == Kind::Bool && (left.i != 0) == (node.op == Op::Or);
  if (decided || left.kind != Kind::Bool) {
    return decided ? left : undefined();
  }
  residual.push_back(TagRight);
  Value right = visit(node.children[1], positions, residual);
  if (right.kind == Kind::Open) {
    return right;
  }
  residual.resize(mark);
  return right.kind == Kind::Bool ? right : undefined();
}

Value BoundFormula::visitChoose(const Formula::Node &node,
                                llvm::ArrayRef<uint32_t> positions,
                                std::vector<uint64_t> &residual) {
  size_t mark = residual.size();
  residual.push_back(TagChoose);
  Value condition = visit(node.children[0], positions, residual);
  if (condition.kind == Kind::Open) {
    for (unsigned i = 1; i < 3; ++i) {
      Value value = visit(node.children[i], positions, residual);
      if (value.kind != Kind::Open) {
        write(residual, value);
      }
    }
    return Value();
  }
  residual.resize(mark);
  if (condition.kind != Kind::Bool) {
    return undefined();
  }
  residual.push_back(condition.i ? TagThen : TagElse);
  Value value = visit(node.children[condition.i ? 1 : 2], positions, residual);
  if (value.kind != Kind::Open) {
    residual.resize(mark);
  }
  return value;
}

Value BoundFormula::visitStrict(const Formula::Node &node,
                                llvm::ArrayRef<uint32_t> positions,
                                std::vector<uint64_t> &residual) {
  size_t mark = residual.size();
  residual.push_back(TagStrict);
  llvm::SmallVector<Value, 3> operands;
  bool open = false;
  for (Formula::NodeId child : node.children) {
    Value value = visit(child, positions, residual);
    if (value.kind == Kind::Undefined) {
      residual.resize(mark);
      return value;
    }
    if (value.kind != Kind::Open) {
      write(residual, value);
    }
    open |= value.kind == Kind::Open;
    operands.push_back(value);
  }
  if (open) {
    return Value();
  }
  residual.resize(mark);
  return apply(node, operands);
}

Value BoundFormula::apply(const Formula::Node &node,
                          llvm::ArrayRef<Value> operands) {
  switch (node.op) {
  case Op::Add:
  case Op::Sub:
  case Op::Mul:
  case Op::Div:
  case Op::Mod:
    return arithmetic(node.op, operands[0], operands[1]);
  case Op::Not:
  case Op::Negate:
  case Op::Plus:
    return unary(node.op, operands[0]);
  case Op::Every: {
    bool all = true;
    for (const Value &value : operands) {
      if (value.kind != Kind::Bool) {
        return undefined();
      }
      all &= value.i != 0;
    }
    return truth(all);
  }
  case Op::Call: {
    llvm::SmallVector<AxisValue, 2> arguments;
    for (const Value &value : operands) {
      arguments.push_back(*shown(value));
    }
    std::optional<AxisValue> value = formula.functionOf(node)(arguments);
    return value ? intern(*value) : undefined();
  }
  default:
    return compare(node.op, operands[0], operands[1]);
  }
}

} // namespace spak::space
