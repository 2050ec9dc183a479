// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: expressions as text on one line. The text parses back to the same
// tree.
#include "spak/AST/AST.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::ast {

llvm::StringRef spelling(UnaryOp op) {
  switch (op) {
  case UnaryOp::Negate:
    return "-";
  case UnaryOp::Plus:
    return "+";
  case UnaryOp::Not:
    return "not";
  }
  return "";
}

llvm::StringRef spelling(BinaryOp op) {
  static constexpr llvm::StringLiteral kNames[] = {"+", "-",   "*", "/",
                                                   "%", "and", "or"};
  return kNames[static_cast<unsigned>(op)];
}

llvm::StringRef spelling(CompareOp op) {
  static constexpr llvm::StringLiteral kNames[] = {"==", "!=", "<",
                                                   "<=", ">",  ">="};
  return kNames[static_cast<unsigned>(op)];
}

std::optional<std::string> dottedName(const Expr &expr) {
  if (const auto *name = llvm::dyn_cast<NameExpr>(&expr)) {
    return name->name;
  }
  const auto *member = llvm::dyn_cast<MemberExpr>(&expr);
  if (!member) {
    return std::nullopt;
  }
  std::optional<std::string> base = dottedName(*member->base);
  if (!base) {
    return std::nullopt;
  }
  return *base + "." + member->member.text;
}

namespace {

/// How tightly a node binds, as in the grammar.
enum Level {
  kLoose,
  kConditional,
  kOr,
  kAnd,
  kNot,
  kCompare,
  kUnion,
  kSum,
  kProduct,
  kUnary,
  kConvert,
  kAtom
};

Level levelOf(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Conditional:
    return kConditional;
  case ExprKind::Binary:
    switch (llvm::cast<BinaryExpr>(expr).op) {
    case BinaryOp::Or:
      return kOr;
    case BinaryOp::And:
      return kAnd;
    case BinaryOp::Add:
    case BinaryOp::Sub:
      return kSum;
    default:
      return kProduct;
    }
  case ExprKind::Compare:
    return kCompare;
  case ExprKind::Union:
    return kUnion;
  case ExprKind::Unary:
    return llvm::cast<UnaryExpr>(expr).op == UnaryOp::Not ? kNot : kUnary;
  case ExprKind::Convert:
    return kConvert;
  default:
    return kAtom;
  }
}

class Printer {
public:
  explicit Printer(llvm::raw_ostream &os) : os(os) {}

  void print(const Expr *expr, Level least = kLoose) {
    if (!expr) {
      os << "<none>";
      return;
    }
    bool parentheses = levelOf(*expr) < least;
    os << (parentheses ? "(" : "");
    printNode(*expr);
    os << (parentheses ? ")" : "");
  }

private:
  void list(const std::vector<ExprPtr> &elements) {
    llvm::interleave(
        elements, os, [&](const ExprPtr &e) { print(e.get()); }, ", ");
  }

  static void escape(llvm::raw_ostream &os, llvm::StringRef text) {
    os << '"';
    for (char c : text) {
      switch (c) {
      case '\n':
        os << "\\n";
        break;
      case '\t':
        os << "\\t";
        break;
      case '\r':
        os << "\\r";
        break;
      case '\0':
        os << "\\0";
        break;
      case '"':
      case '\\':
        os << '\\' << c;
        break;
      default:
        os << c;
      }
    }
    os << '"';
  }

  static void number(llvm::raw_ostream &os, double value) {
    // The shortest of the usual widths that reads back to the same value.
    for (int digits : {6, 9, 17}) {
      std::string text;
      llvm::raw_string_ostream(text) << llvm::format("%.*g", digits, value);
      double back = 0;
      if (!llvm::StringRef(text).getAsDouble(back) && back == value) {
        os << text;
        if (text.find_first_of(".einf") == std::string::npos) {
          os << ".0";
        }
        return;
      }
    }
  }

  void printNode(const Expr &node) {
    llvm::TypeSwitch<const Expr *>(&node)
        .Case<IntLiteral>([&](const auto *e) { os << e->value; })
        .Case<FloatLiteral>([&](const auto *e) { number(os, e->value); })
        .Case<StringLiteral>([&](const auto *e) { escape(os, e->value); })
        .Case<BoolLiteral>(
            [&](const auto *e) { os << (e->value ? "true" : "false"); })
        .Case<NameExpr>([&](const auto *e) { os << e->name; })
        .Case<MemberExpr>([&](const auto *e) {
          print(e->base.get(), kAtom);
          os << '.' << e->member.text;
        })
        .Case<IndexExpr>([&](const auto *e) {
          print(e->base.get(), kAtom);
          os << '[';
          list(e->indices);
          os << ']';
        })
        .Case<CallExpr>([&](const auto *e) { call(*e); })
        .Case<UnaryExpr>([&](const auto *e) {
          bool word = e->op == UnaryOp::Not;
          os << spelling(e->op) << (word ? " " : "");
          print(e->operand.get(), word ? kNot : kUnary);
        })
        .Case<BinaryExpr>([&](const auto *e) {
          Level level = levelOf(*e);
          print(e->lhs.get(), level);
          os << ' ' << spelling(e->op) << ' ';
          print(e->rhs.get(), static_cast<Level>(level + 1));
        })
        .Case<CompareExpr>([&](const auto *e) {
          for (size_t i = 0; i < e->operands.size(); ++i) {
            if (i != 0) {
              os << ' ' << spelling(e->ops[i - 1]) << ' ';
            }
            print(e->operands[i].get(), kUnion);
          }
        })
        .Case<ConditionalExpr>([&](const auto *e) {
          print(e->then.get(), kOr);
          os << " if ";
          print(e->condition.get(), kOr);
          os << " else ";
          print(e->otherwise.get(), kConditional);
        })
        .Case<ConvertExpr>([&](const auto *e) {
          print(e->value.get(), kConvert);
          os << " as " << e->dtype.text;
        })
        .Case<LoadExpr>([&](const auto *e) {
          os << "load " << e->tensor.text << '[';
          list(e->indices);
          os << ']';
        })
        .Case<AllExpr>([&](const auto *e) {
          os << "all(";
          print(e->extent.get());
          os << ')';
        })
        .Case<FillExpr>([&](const auto *e) {
          if (e->value) {
            os << "fill(";
            print(e->value.get());
            os << ") ";
          } else {
            os << "zeros ";
          }
          os << e->dtype.text << '[';
          list(e->axes);
          os << ']';
        })
        .Case<ListExpr>([&](const auto *e) {
          os << '[';
          list(e->elements);
          os << ']';
        })
        .Case<RangeExpr>([&](const auto *e) {
          os << "range[";
          print(e->first.get());
          os << ", ";
          print(e->last.get());
          if (e->step) {
            os << ", ";
            print(e->step.get());
          }
          os << ']';
        })
        .Case<ColonExpr>([&](const auto *) { os << ':'; })
        .Case<UnionExpr>([&](const auto *e) {
          llvm::interleave(
              e->alternatives, os,
              [&](const ExprPtr &a) { print(a.get(), kSum); }, " | ");
        })
        .Case<MapExpr>([&](const auto *) { os << "{…}"; })
        .Case<ProseExpr>([&](const auto *e) { os << e->text; })
        .Default([&](const Expr *) { os << "<error>"; });
  }

  void call(const CallExpr &node) {
    print(node.callee.get(), kAtom);
    os << '(';
    llvm::interleave(
        node.arguments, os,
        [&](const Argument &argument) {
          if (!argument.name.empty()) {
            os << argument.name.text << ": ";
          }
          print(argument.value.get());
        },
        ", ");
    os << ')';
  }

  llvm::raw_ostream &os;
};

} // namespace

std::string toString(const Expr &expr) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  Printer(stream).print(&expr);
  return text;
}

} // namespace spak::ast
