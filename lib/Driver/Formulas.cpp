// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: expressions and statements of a kernel as equations. Must not know
// points, devices or files.
#include "Formulas.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace spak::driver {

using namespace sema;

namespace {

/// How tightly a text binds: what stands in a looser place needs no brackets.
enum Precedence { kSum, kProduct, kUnary, kAtom };

struct Text {
  std::string text;
  Precedence precedence = kAtom;
};

std::string nameText(llvm::StringRef name) {
  if (name.size() == 1) {
    return name.str();
  }
  std::string escaped;
  for (char c : name) {
    escaped += c == '_' ? "\\_" : std::string(1, c);
  }
  return "\\mathrm{" + escaped + "}";
}

std::string axisText(const TileAxis *axis) {
  // A whole axis bears its dim's name: a small letter runs over it.
  return nameText(axis->whole && !axis->dim.empty()
                      ? llvm::StringRef(axis->dim).lower()
                      : axis->name);
}

std::string axesText(llvm::ArrayRef<const TileAxis *> axes) {
  std::vector<std::string> parts;
  for (const TileAxis *axis : axes) {
    parts.push_back(axisText(axis));
  }
  return parts.empty() ? "" : "_{" + llvm::join(parts, ",") + "}";
}

class EquationWriter {
public:
  explicit EquationWriter(const Program &program) : program(program) {}

  std::vector<std::string> run() {
    statements(program.body);
    return std::move(equations);
  }

private:
  const Program &program;
  std::vector<std::string> equations;
  /// How often a name was bound: each binding is a name of its own.
  std::map<const Variable *, unsigned> bindings;
  /// Closed forms of softmax states, by variable: output and lse.
  std::map<const Variable *, std::pair<std::string, std::string>> states;
  std::map<const Variable *, const Expr *> initial;
  std::vector<const TileAxis *> loops;

  void statements(llvm::ArrayRef<const Statement *> body);
  void bind(const Statement &statement);
  bool bindAccumulation(const Statement &statement);
  void update(const Statement &statement);
  void store(const Statement &statement);

  std::string variable(const Variable *variable, bool next = false);
  std::string show(const Expr *e, Precedence within = kSum);
  Text expr(const Expr *e);
  Text binary(const Expr *e);
  Text call(const Expr *e);
  std::string indices(llvm::ArrayRef<const Expr *> list);
  std::string sum(const Expr *e);
};

std::string EquationWriter::variable(const Variable *variable, bool next) {
  unsigned count = bindings[variable] + (next ? 1 : 0);
  std::string primes(count > 1 ? count - 1 : 0, '\'');
  return nameText(variable->name) + primes + axesText(variable->type.axes);
}

std::string EquationWriter::show(const Expr *e, Precedence within) {
  Text text = expr(e);
  return text.precedence < within ? "\\left(" + text.text + "\\right)"
                                  : text.text;
}

std::string EquationWriter::indices(llvm::ArrayRef<const Expr *> list) {
  std::vector<std::string> parts;
  for (const Expr *index : list) {
    parts.push_back(index->type.is(Type::Kind::Range)
                        ? axisText(index->type.axes.front())
                        : show(index));
  }
  return parts.empty() ? "" : "_{" + llvm::join(parts, ",") + "}";
}

/// `\sum_{n} a b`: bounds where the range does not begin at 0.
std::string EquationWriter::sum(const Expr *e) {
  const TileAxis *over = e->over;
  std::string bounds = axisText(over);
  if (!over->whole && over->lower &&
      !(over->lower->kind == Expr::Kind::Constant &&
        over->lower->constant == space::AxisValue(int64_t(0)))) {
    bounds = show(over->lower) + " \\le " + bounds;
    if (over->upper) {
      bounds += " < " + show(over->upper);
    }
  }
  return "_{" + bounds + "}";
}

Text EquationWriter::binary(const Expr *e) {
  const Expr *a = e->operands[0], *b = e->operands[1];
  bool isInteger = !isFloat(e->type.dtype);
  switch (e->binary) {
  case BinaryOp::Add:
    return {show(a, kSum) + " + " + show(b, kSum), kSum};
  case BinaryOp::Sub:
    return {show(a, kSum) + " - " + show(b, kProduct), kSum};
  case BinaryOp::Mul:
    return {show(a, kProduct) + " \\, " + show(b, kUnary), kProduct};
  case BinaryOp::Div: {
    std::string text = "\\frac{" + show(a) + "}{" + show(b) + "}";
    return {isInteger ? "\\lfloor " + text + " \\rfloor" : text, kAtom};
  }
  case BinaryOp::Mod:
    return {show(a, kProduct) + " \\bmod " + show(b, kUnary), kProduct};
  case BinaryOp::And:
    return {show(a, kProduct) + " \\wedge " + show(b, kProduct), kSum};
  case BinaryOp::Or:
    return {show(a, kProduct) + " \\vee " + show(b, kProduct), kSum};
  }
  return {"?"};
}

Text EquationWriter::call(const Expr *e) {
  std::string first = show(e->operands[0]);
  switch (e->function) {
  case Function::Exp:
    return {"e^{" + first + "}"};
  case Function::Exp2:
    return {"2^{" + first + "}"};
  case Function::Log:
    return {"\\ln\\left(" + first + "\\right)"};
  case Function::Log2:
    return {"\\log_2\\left(" + first + "\\right)"};
  case Function::Sqrt:
    return {"\\sqrt{" + first + "}"};
  case Function::Rsqrt:
    return {"\\frac{1}{\\sqrt{" + first + "}}"};
  case Function::Abs:
    return {"\\left|" + first + "\\right|"};
  case Function::Floor:
    return {"\\lfloor " + first + " \\rfloor"};
  default: {
    std::string text = "\\operatorname{" + functionName(e->function).str() +
                       "}\\left(" + first;
    for (const Expr *operand : llvm::drop_begin(e->operands)) {
      text += ", " + show(operand);
    }
    return {text + "\\right)"};
  }
  }
}

Text EquationWriter::expr(const Expr *e) {
  static constexpr llvm::StringLiteral kCompare[] = {"<",    "\\le", ">",
                                                     "\\ge", "=",    "\\ne"};
  static constexpr llvm::StringLiteral kReduce[] = {"\\sum", "\\max", "\\min",
                                                    "\\operatorname{mean}"};
  auto operand = [&](unsigned i) { return e->operands[i]; };
  switch (e->kind) {
  case Expr::Kind::Constant:
    return e->constant.isText()
               ? Text{"\\text{" + e->constant.text() + "}"}
               : Text{e->constant.text(),
                      e->constant.isNumber() && e->constant.asFloat() < 0
                          ? kSum
                          : kAtom};
  case Expr::Kind::Dim:
    return {nameText(e->text)};
  case Expr::Kind::Argument:
    return {nameText(e->scalar ? e->scalar->name : e->text)};
  case Expr::Kind::Variable:
    return {e->type.is(Type::Kind::Range) ? axisText(e->type.axes.front())
                                          : variable(e->variable)};
  case Expr::Kind::Slice:
    return {show(operand(1), kSum) + " + " + show(operand(0), kSum), kSum};
  case Expr::Kind::RangeIndex:
  case Expr::Kind::Start:
  case Expr::Kind::Splat:
  case Expr::Kind::Broadcast:
  case Expr::Kind::Convert:
  case Expr::Kind::Fill:
    return e->operands.empty() ? Text{"0"} : expr(operand(0));
  case Expr::Kind::Negate:
    return {"-" + show(operand(0), kUnary), kSum};
  case Expr::Kind::Not:
    return {"\\neg " + show(operand(0), kUnary), kUnary};
  case Expr::Kind::Binary:
    return binary(e);
  case Expr::Kind::Compare:
    return {show(operand(0), kSum) + " " +
                kCompare[static_cast<unsigned>(e->compare)].str() + " " +
                show(operand(1), kSum),
            kSum};
  case Expr::Kind::Select:
    return {"\\begin{cases} " + show(operand(1)) + " & " + show(operand(0)) +
            " \\\\ " + show(operand(2)) + " & \\text{otherwise} \\end{cases}"};
  case Expr::Kind::Call:
    return call(e);
  case Expr::Kind::Load:
    return {nameText(e->tensor->name) + indices(e->indices)};
  case Expr::Kind::Dot:
    return {"\\sum" + sum(e) + " " + show(operand(0), kProduct) + " \\, " +
                show(operand(1), kUnary),
            kProduct};
  case Expr::Kind::Reduce:
    return {kReduce[static_cast<unsigned>(e->reduce)].str() + sum(e) + " " +
                show(operand(0), kProduct),
            kProduct};
  case Expr::Kind::Mask:
    return {"\\begin{cases} " + show(operand(0)) + " & " + show(operand(1)) +
            " \\\\ -\\infty & \\text{otherwise} \\end{cases}"};
  case Expr::Kind::SoftmaxInit:
    return {"\\text{empty softmax}"};
  case Expr::Kind::SoftmaxOutput:
  case Expr::Kind::SoftmaxLse: {
    const Expr *state = operand(0);
    auto found = states.find(state->variable);
    if (found == states.end()) {
      return {"0"};
    }
    bool isOutput = e->kind == Expr::Kind::SoftmaxOutput;
    return {isOutput ? found->second.first : found->second.second};
  }
  }
  return {"?"};
}

/// In a loop over r, `x = x + (a sum over r)` is the sum over the whole range.
bool EquationWriter::bindAccumulation(const Statement &s) {
  const Expr *value = s.value;
  if (loops.empty() || value->kind != Expr::Kind::Binary ||
      value->binary != BinaryOp::Add) {
    return false;
  }
  const TileAxis *axis = loops.back();
  for (unsigned i = 0; i < 2; ++i) {
    const Expr *own = value->operands[i], *added = value->operands[1 - i];
    bool isSum =
        added->kind == Expr::Kind::Dot ||
        (added->kind == Expr::Kind::Reduce && added->reduce == ReduceKind::Sum);
    if (own->kind != Expr::Kind::Variable || own->variable != s.variable ||
        !isSum || added->over != axis) {
      continue;
    }
    auto start = initial.find(s.variable);
    bool isZero = start != initial.end() && expr(start->second).text == "0";
    std::string before = isZero ? "" : variable(s.variable) + " + ";
    if (!isZero) {
      ++bindings[s.variable];
    }
    equations.push_back(variable(s.variable) + " = " + before + show(added));
    return true;
  }
  return false;
}

void EquationWriter::bind(const Statement &s) {
  if (s.value->type.is(Type::Kind::Softmax) ||
      s.value->type.is(Type::Kind::Range) || bindAccumulation(s)) {
    return;
  }
  bool isFill =
      s.value->kind == Expr::Kind::Fill ||
      (s.value->type.is(Type::Kind::Tile) && expr(s.value).text == "0");
  if (isFill && !bindings.count(s.variable)) {
    // The start of an accumulation shows in what becomes of it.
    initial[s.variable] = s.value;
    bindings[s.variable] = 1;
    if (expr(s.value).text == "0") {
      return;
    }
  }
  bool isCarried = !loops.empty() && initial.count(s.variable);
  std::string value = show(s.value);
  if (isCarried) {
    equations.push_back("\\text{for each tile of } " + axisText(loops.back()) +
                        ":\\quad " + variable(s.variable) + " \\leftarrow " +
                        value);
    return;
  }
  std::string name = variable(s.variable, /*next=*/true);
  ++bindings[s.variable];
  equations.push_back(name + " = " + value);
}

void EquationWriter::update(const Statement &s) {
  const TileAxis *over = loops.empty() ? nullptr : loops.back();
  for (const TileAxis *axis : s.value->type.axes) {
    if (!s.variable->type.hasAxis(axis)) {
      over = axis;
    }
  }
  std::string index = over ? "_{" + axisText(over) + "}" : "";
  std::string weight = "e^{" + show(s.value) + "}";
  std::string sum = "\\sum" + index + " " + weight;
  states[s.variable] = {"\\frac{" + sum + " \\, " + show(s.second, kUnary) +
                            "}{" + sum + "}",
                        "\\ln \\sum" + index + " " + weight};
}

void EquationWriter::store(const Statement &s) {
  std::string place = nameText(s.tensor->name) + indices(s.indices);
  std::string sign = s.combine == "add" ? " \\mathrel{+}= "
                     : s.combine.empty()
                         ? " = "
                         : " \\leftarrow_{\\" + s.combine + "} ";
  equations.push_back(place + sign + show(s.value));
}

void EquationWriter::statements(llvm::ArrayRef<const Statement *> body) {
  for (const Statement *s : body) {
    switch (s->kind) {
    case Statement::Kind::Bind:
      bind(*s);
      break;
    case Statement::Kind::For:
      if (s->axis) {
        loops.push_back(s->axis);
        statements(s->body);
        loops.pop_back();
      } else {
        equations.push_back("\\text{for } " + nameText(s->variable->name) +
                            " = " + (s->lower ? show(s->lower) : "0") +
                            ", \\dots, " + show(s->upper, kProduct) + " - 1:");
        statements(s->body);
      }
      break;
    case Statement::Kind::If:
      equations.push_back("\\text{if } " + show(s->value) + ":");
      statements(s->body);
      if (!s->otherwise.empty()) {
        equations.push_back("\\text{otherwise:}");
        statements(s->otherwise);
      }
      break;
    case Statement::Kind::Tile:
      break; // Which tile it is changes no equation.
    case Statement::Kind::Update:
      update(*s);
      break;
    case Statement::Kind::Store:
      store(*s);
      break;
    }
  }
}

} // namespace

std::vector<std::string> equationsOf(const Program &program) {
  return EquationWriter(program).run();
}

} // namespace spak::driver
