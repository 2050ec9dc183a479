// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Expressions over the axes of a space, detached from the text they came from:
// what a constraint is made of. Arithmetic is that of the language: integers
// are exact or have no value, division rounds down. Knows no syntax.
#ifndef SPAK_SPACE_FORMULA_H
#define SPAK_SPACE_FORMULA_H

#include "spak/Space/Point.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spak::space {

/// An expression over axis positions: a DAG whose last node is the result.
class Formula {
public:
  enum class Op : uint8_t {
    Constant,
    Axis,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    And,   ///< the right side is looked at only if the left one is true
    Or,    ///< the right side is looked at only if the left one is false
    Every, ///< all children are true; each is looked at
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Not,
    Negate,
    Plus,   ///< a number, unchanged
    Choose, ///< the second child if the first is true, else the third
    Call    ///< a function of the children
  };
  using NodeId = uint32_t;
  /// Nothing where the function has no value.
  using Function = std::function<std::optional<AxisValue>(
      llvm::ArrayRef<AxisValue> arguments)>;

  struct Node {
    Op op = Op::Constant;
    /// The constant, the axis' position, or the function, by position.
    uint32_t index = 0;
    llvm::SmallVector<NodeId, 3> children;
  };

  NodeId constant(AxisValue value);
  NodeId axis(unsigned position);
  NodeId apply(Op op, llvm::ArrayRef<NodeId> children);
  NodeId call(Function function, llvm::ArrayRef<NodeId> children);

  bool empty() const { return nodes.empty(); }
  NodeId result() const { return static_cast<NodeId>(nodes.size() - 1); }
  const Node &node(NodeId id) const { return nodes[id]; }
  size_t size() const { return nodes.size(); }
  const AxisValue &constantOf(const Node &node) const {
    return constants[node.index];
  }
  const Function &functionOf(const Node &node) const {
    return functions[node.index];
  }

  /// The axes that are read, ascending.
  std::vector<unsigned> scope() const;

  /// The formula of the node \p id alone.
  Formula part(NodeId id) const;

  /// This formula minus \p other.
  Formula minus(const Formula &other) const;

private:
  std::vector<Node> nodes;
  std::vector<AxisValue> constants;
  std::vector<Function> functions;

  NodeId copy(const Formula &from, NodeId id);
};

/// A formula prepared for the values of given axes, and evaluated with some of
/// them fixed. Axes are known by position, values by their position in the
/// axis.
class BoundFormula {
public:
  BoundFormula(const Formula &formula, llvm::ArrayRef<AxisDomain> axes);

  /// Not known yet; a truth value; a number; a text; no value at all.
  enum class Kind : uint8_t { Open, Undefined, Bool, Int, Float, Text };
  struct Value {
    Kind kind = Kind::Open;
    union {
      int64_t i = 0; ///< truth value, integer, or number of the text
      double d;
    };
    double asFloat() const {
      return kind == Kind::Int ? static_cast<double>(i) : d;
    }
    bool isNumber() const { return kind == Kind::Int || kind == Kind::Float; }
  };
  static constexpr uint32_t kFree = ~0u;

  /// The value where axis a takes its value number `positions[a]`, or is not
  /// fixed (\ref kFree). If it is open, \p residual holds what is left of the
  /// formula: two prefixes with the same residual, and the same axes fixed,
  /// have the same completions.
  Value evaluate(llvm::ArrayRef<uint32_t> positions,
                 std::vector<uint64_t> &residual);

  /// The value as the language shows it; nothing if open or undefined.
  std::optional<AxisValue> shown(const Value &value) const;

private:
  const Formula &formula;
  /// The constants and the axes' values, in the form that is computed with.
  std::vector<Value> constants;
  std::vector<std::vector<Value>> domains; ///< by axis
  std::vector<std::string> texts;

  Value intern(const AxisValue &value);
  Value visit(Formula::NodeId id, llvm::ArrayRef<uint32_t> positions,
              std::vector<uint64_t> &residual);
  Value visitLogic(const Formula::Node &node,
                   llvm::ArrayRef<uint32_t> positions,
                   std::vector<uint64_t> &residual);
  Value visitChoose(const Formula::Node &node,
                    llvm::ArrayRef<uint32_t> positions,
                    std::vector<uint64_t> &residual);
  Value visitStrict(const Formula::Node &node,
                    llvm::ArrayRef<uint32_t> positions,
                    std::vector<uint64_t> &residual);
  Value apply(const Formula::Node &node, llvm::ArrayRef<Value> operands);
};

} // namespace spak::space

#endif // SPAK_SPACE_FORMULA_H
