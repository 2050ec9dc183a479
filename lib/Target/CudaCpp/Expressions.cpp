// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the C++ spelling of every scalar operation.
#include "Expressions.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::cuda {

StringRef variableName(Value value) {
  auto pick = [](Operation *op, StringRef attr, unsigned number) -> StringRef {
    auto names = op->getAttrOfType<ArrayAttr>(attr);
    return names ? mlir::cast<StringAttr>(names[number]).getValue()
                 : StringRef();
  };
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    return pick(argument.getOwner()->getParentOp(), kArgNamesAttr,
                argument.getArgNumber());
  }
  auto result = mlir::cast<OpResult>(value);
  return pick(result.getOwner(), kNamesAttr, result.getResultNumber());
}

Expression indexExpression(Attribute attr, StringRef index) {
  auto pattern = dyn_cast<PatternAttr>(attr);
  if (!pattern) {
    return {index.str(), Strength::Primary};
  }
  struct Digit {
    int64_t divisor, extent, stride;
  };
  SmallVector<Digit> digits;
  int64_t divisor = 1;
  for (auto [extent, stride] :
       llvm::zip(pattern.getExtents(), pattern.getStrides())) {
    bool continues = !digits.empty() && digits.back().stride != 0 &&
                     digits.back().divisor * digits.back().extent == divisor &&
                     digits.back().stride * digits.back().extent == stride;
    if (continues) {
      digits.back().extent *= extent;
    } else if (stride != 0 && extent > 1) {
      digits.push_back({divisor, extent, stride});
    }
    divisor *= extent;
  }
  if (digits.empty()) {
    return {"0", Strength::Primary};
  }
  std::string text;
  bool plain = true;
  for (const Digit &digit : digits) {
    text += text.empty() ? "" : " + ";
    text += index;
    if (digit.divisor != 1) {
      text += " / " + std::to_string(digit.divisor);
      plain = false;
    }
    if (digit.divisor * digit.extent != divisor) {
      text += " % " + std::to_string(digit.extent);
      plain = false;
    }
    if (digit.stride != 1) {
      text += " * " + std::to_string(digit.stride);
      plain = false;
    }
  }
  if (digits.size() > 1) {
    return {text, Strength::Sum};
  }
  return {text, plain ? Strength::Primary : Strength::Product};
}

std::string floatText(llvm::APFloat value) {
  bool lost = false;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &lost);
  SmallString<24> text;
  value.toString(text, /*FormatPrecision=*/9, /*FormatMaxPadding=*/4);
  if (StringRef(text).find_first_of(".eE") == StringRef::npos) {
    text += ".0";
  }
  return (text + "f").str();
}

StringRef ExpressionPrinter::typeName(Type type) {
  if (type.isInteger(1)) {
    return "bool";
  }
  if (type.isInteger(32)) {
    return "int";
  }
  if (type.isInteger(64)) {
    return "int64_t";
  }
  if (type.isF32()) {
    return "float";
  }
  if (type.isBF16()) {
    return "spak::bf16";
  }
  if (type.isF16()) {
    return "spak::f16";
  }
  return {};
}

std::optional<std::string> ExpressionPrinter::text(Value value,
                                                   Strength context) {
  auto expression = asSigned(value);
  if (!expression) {
    return std::nullopt;
  }
  return expression->in(context);
}

std::optional<Expression> ExpressionPrinter::print(Value value) {
  auto given = overrides.find(value);
  if (given != overrides.end()) {
    return given->second;
  }
  Operation *op = value.getDefiningOp();
  if (target == Target::Manifest) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto function =
          mlir::cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
      auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                        "spak.name");
      return Expression{name ? name.str() : variableName(value).str()};
    }
  } else {
    StringRef name = variableName(value);
    if (!name.empty()) {
      return Expression{name.str()};
    }
  }
  if (!op) {
    emitError(value.getLoc(), "a block argument without a name: run "
                              "prepare-emission first");
    return std::nullopt;
  }
  return printOp(op);
}

std::optional<Expression> ExpressionPrinter::constant(arith::ConstantOp op) {
  if (auto integer = dyn_cast<IntegerAttr>(op.getValue())) {
    if (op.getType().isInteger(1)) {
      return Expression{integer.getValue().isZero() ? "false" : "true"};
    }
    int64_t value = integer.getInt();
    if (value == INT64_MIN || value == INT32_MIN) {
      return Expression{"(" + std::to_string(value + 1) + " - 1)"};
    }
    std::string text = std::to_string(value);
    if (target != Target::Manifest &&
        (value > INT32_MAX || value < INT32_MIN)) {
      text += "ll";
    }
    return Expression{text, value < 0 ? Strength::Unary : Strength::Primary};
  }
  auto real = dyn_cast<FloatAttr>(op.getValue());
  if (!real || !op.getType().isF32()) {
    op.emitError("a constant of type ") << op.getType() << " has no text";
    return std::nullopt;
  }
  llvm::APFloat value = real.getValue();
  if (value.isNaN()) {
    return Expression{"__int_as_float(0x7fc00000)"};
  }
  if (value.isInfinity()) {
    headers.use("infinity");
    return value.isNegative() ? Expression{"-spak::infinity()", Strength::Unary}
                              : Expression{"spak::infinity()"};
  }
  std::string text = floatText(value);
  if (target == Target::Manifest) {
    text.pop_back();
  }
  return Expression{text,
                    value.isNegative() ? Strength::Unary : Strength::Primary};
}

std::optional<Expression> ExpressionPrinter::asSigned(Value value) {
  auto expression = print(value);
  if (expression && expression->isUnsigned) {
    StringRef type = typeName(value.getType());
    return Expression{(type + "(" + expression->text + ")").str()};
  }
  return expression;
}

/// The operand of an operator of \p strength. Compilers warn of sums in shifts
/// and of `&&` in `||` without parentheses, and readers stumble there.
static std::string operandText(const Expression &operand, Strength strength,
                               bool isRight) {
  bool mixes = operand.strength != strength &&
               ((strength >= Strength::BitOr && strength <= Strength::BitAnd) ||
                strength == Strength::Shift || strength == Strength::Or);
  if (mixes && operand.strength < Strength::Unary &&
      !(strength == Strength::Or && operand.strength > Strength::And)) {
    return operand.in(Strength::Unary);
  }
  int tighter = static_cast<int>(strength) + (isRight ? 1 : 0);
  return operand.in(static_cast<Strength>(tighter));
}

std::optional<Expression> ExpressionPrinter::binary(Operation *op,
                                                    StringRef sign,
                                                    Strength strength,
                                                    bool exact) {
  auto left = exact ? asSigned(op->getOperand(0)) : print(op->getOperand(0));
  auto right = exact ? asSigned(op->getOperand(1)) : print(op->getOperand(1));
  if (!left || !right) {
    return std::nullopt;
  }
  std::string text = operandText(*left, strength, /*isRight=*/false) + " " +
                     sign.str() + " " +
                     operandText(*right, strength, /*isRight=*/true);
  bool isUnsigned = left->isUnsigned || right->isUnsigned;
  return Expression{text, strength,
                    isUnsigned && op->getResult(0).getType().isIntOrIndex() &&
                        !op->getResult(0).getType().isInteger(1)};
}

std::optional<Expression> ExpressionPrinter::unsignedBinary(Operation *op,
                                                            StringRef sign,
                                                            Strength strength) {
  if (target != Target::Device) {
    // Sizes are not negative on the host: the checks come first.
    return binary(op, sign, strength, true);
  }
  bool wide = op->getOperand(0).getType().isInteger(64);
  std::string text;
  for (unsigned i = 0; i < 2; ++i) {
    auto operand = print(op->getOperand(i));
    if (!operand) {
      return std::nullopt;
    }
    bool literal =
        isa_and_nonnull<arith::ConstantOp>(op->getOperand(i).getDefiningOp());
    if (i != 0) {
      text += " " + sign.str() + " ";
    }
    if (operand->isUnsigned || (literal && i == 1)) {
      text += operandText(*operand, strength, i == 1);
    } else {
      text += (wide ? "uint64_t(" : "uint32_t(") + operand->text + ")";
    }
  }
  return Expression{text, strength, !op->getResult(0).getType().isInteger(1)};
}

std::optional<Expression>
ExpressionPrinter::compare(arith::CmpIOp op, arith::CmpIPredicate predicate) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    return binary(op, "==", Strength::Equality, true);
  case P::ne:
    return binary(op, "!=", Strength::Equality, true);
  case P::slt:
    return binary(op, "<", Strength::Relation, true);
  case P::sle:
    return binary(op, "<=", Strength::Relation, true);
  case P::sgt:
    return binary(op, ">", Strength::Relation, true);
  case P::sge:
    return binary(op, ">=", Strength::Relation, true);
  case P::ult:
    return unsignedBinary(op, "<", Strength::Relation);
  case P::ule:
    return unsignedBinary(op, "<=", Strength::Relation);
  case P::ugt:
    return unsignedBinary(op, ">", Strength::Relation);
  case P::uge:
    return unsignedBinary(op, ">=", Strength::Relation);
  }
  llvm_unreachable("no such predicate");
}

std::optional<Expression> ExpressionPrinter::compare(arith::CmpFOp op) {
  using P = arith::CmpFPredicate;
  switch (op.getPredicate()) {
  case P::OEQ:
    return binary(op, "==", Strength::Equality, true);
  case P::UNE:
    return binary(op, "!=", Strength::Equality, true);
  case P::OLT:
    return binary(op, "<", Strength::Relation, true);
  case P::OLE:
    return binary(op, "<=", Strength::Relation, true);
  case P::OGT:
    return binary(op, ">", Strength::Relation, true);
  case P::OGE:
    return binary(op, ">=", Strength::Relation, true);
  default:
    op.emitError("comparison `")
        << arith::stringifyCmpFPredicate(op.getPredicate()) << "` has no text";
    return std::nullopt;
  }
}

std::optional<std::string> ExpressionPrinter::negation(Value value) {
  Operation *op = value.getDefiningOp();
  if (variableName(value).empty()) {
    if (auto compared = dyn_cast_or_null<arith::CmpIOp>(op)) {
      auto inverse =
          compare(compared, arith::invertPredicate(compared.getPredicate()));
      return inverse ? std::optional(inverse->text) : std::nullopt;
    }
    if (auto either = dyn_cast_or_null<arith::OrIOp>(op);
        either && value.getType().isInteger(1)) {
      auto left = negation(either.getLhs()), right = negation(either.getRhs());
      return left && right ? std::optional(*left + " && " + *right)
                           : std::nullopt;
    }
    if (auto present = dyn_cast_or_null<HostPresentOp>(op)) {
      auto pointer = print(present.getPointer());
      return pointer ? std::optional(pointer->text + " == nullptr")
                     : std::nullopt;
    }
  }
  auto expression = print(value);
  if (!expression) {
    return std::nullopt;
  }
  return "!" + expression->in(Strength::Primary);
}

std::optional<Expression> ExpressionPrinter::call(Operation *op,
                                                  StringRef name) {
  std::string text = name.str() + "(";
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    auto expression = asSigned(operand);
    if (!expression) {
      return std::nullopt;
    }
    // min and max want both operands of one type.
    bool widen = operand.getType().isInteger(64) &&
                 isa_and_nonnull<arith::ConstantOp>(operand.getDefiningOp()) &&
                 target != Target::Manifest;
    text += i == 0 ? "" : ", ";
    text += widen ? "int64_t(" + expression->text + ")" : expression->text;
  }
  return Expression{text + ")"};
}

std::optional<Expression> ExpressionPrinter::deviceCall(Operation *op,
                                                        StringRef block) {
  headers.use(block);
  return call(op, ("spak::" + block).str());
}

std::optional<Expression> ExpressionPrinter::division(Operation *op,
                                                      StringRef function) {
  switch (target) {
  case Target::Device:
    return deviceCall(op, function);
  case Target::Host:
    headers.use(("host_" + function).str());
    return call(op, ("spak::host_" + function).str());
  case Target::Manifest:
    return call(op, function);
  }
  llvm_unreachable("no such target");
}

std::optional<Expression> ExpressionPrinter::cast(Operation *op,
                                                  StringRef type) {
  auto operand = print(op->getOperand(0));
  if (!operand || target == Target::Manifest) {
    return operand;
  }
  if (operand->isUnsigned && type == "int64_t") {
    operand = asSigned(op->getOperand(0));
  }
  return Expression{(type + "(" + operand->text + ")").str()};
}

/// The block of the device headers that has \p op's function.
static std::string roundedBlock(RoundedOp op) {
  if (op.getFunction() != "gelu") {
    return (op.getFunction() + "_rounded").str();
  }
  return (op.getFunction() + (op.getType().isBF16() ? "_for_bf16" : "_for_f16"))
      .str();
}

std::optional<Expression> ExpressionPrinter::printOp(Operation *op) {
  using Result = std::optional<Expression>;
  bool isBool =
      op->getNumResults() == 1 && op->getResult(0).getType().isInteger(1);
  StringRef hostPrefix = target == Target::Host ? "spak::host_" : "";
  auto extreme = [&](StringRef name) -> Result {
    if (target == Target::Host) {
      headers.use(("host_" + name).str());
    }
    return call(op, (hostPrefix + name).str());
  };
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](arith::ConstantOp c) { return constant(c); })
      .Case<arith::AddIOp, arith::AddFOp>(
          [&](auto) { return binary(op, "+", Strength::Sum, false); })
      .Case<arith::SubIOp, arith::SubFOp>(
          [&](auto) { return binary(op, "-", Strength::Sum, false); })
      .Case<arith::MulIOp, arith::MulFOp>(
          [&](auto) { return binary(op, "*", Strength::Product, false); })
      .Case<arith::DivSIOp, arith::DivFOp>(
          [&](auto) { return binary(op, "/", Strength::Product, true); })
      .Case([&](arith::RemSIOp) {
        return binary(op, "%", Strength::Product, true);
      })
      .Case([&](arith::DivUIOp) {
        return unsignedBinary(op, "/", Strength::Product);
      })
      .Case([&](arith::RemUIOp) {
        return unsignedBinary(op, "%", Strength::Product);
      })
      .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>(
          [&](auto) { return division(op, "ceil_div"); })
      .Case([&](arith::FloorDivSIOp) { return division(op, "floor_div"); })
      .Case<arith::MinSIOp, arith::MinUIOp>(
          [&](auto) { return extreme("min"); })
      .Case<arith::MaxSIOp, arith::MaxUIOp>(
          [&](auto) { return extreme("max"); })
      .Case([&](arith::AndIOp) {
        return isBool ? binary(op, "&&", Strength::And, false)
                      : binary(op, "&", Strength::BitAnd, false);
      })
      .Case([&](arith::OrIOp) {
        return isBool ? binary(op, "||", Strength::Or, false)
                      : binary(op, "|", Strength::BitOr, false);
      })
      .Case([&](arith::XOrIOp) {
        return isBool ? binary(op, "!=", Strength::Equality, false)
                      : binary(op, "^", Strength::BitXor, false);
      })
      .Case([&](arith::ShLIOp) {
        return binary(op, "<<", Strength::Shift, false);
      })
      .Case([&](arith::ShRSIOp) {
        return binary(op, ">>", Strength::Shift, true);
      })
      .Case([&](arith::ShRUIOp) {
        return unsignedBinary(op, ">>", Strength::Shift);
      })
      .Case([&](arith::CmpIOp c) { return compare(c, c.getPredicate()); })
      .Case([&](arith::CmpFOp c) { return compare(c); })
      .Case([&](arith::SelectOp select) -> Result {
        auto condition = print(select.getCondition());
        auto yes = asSigned(select.getTrueValue());
        auto no = asSigned(select.getFalseValue());
        if (!condition || !yes || !no) {
          return std::nullopt;
        }
        return Expression{condition->in(Strength::Or) + " ? " +
                              yes->in(Strength::Or) + " : " +
                              no->in(Strength::Conditional),
                          Strength::Conditional};
      })
      .Case<arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp, arith::SIToFPOp,
            arith::FPToSIOp>(
          [&](auto) { return cast(op, typeName(op->getResult(0).getType())); })
      .Case([&](arith::NegFOp) -> Result {
        auto operand = print(op->getOperand(0));
        if (!operand) {
          return std::nullopt;
        }
        return Expression{"-" + operand->in(Strength::Primary),
                          Strength::Unary};
      })
      .Case([&](arith::ExtFOp) { return deviceCall(op, "to_f32"); })
      .Case([&](arith::TruncFOp) {
        return deviceCall(op, op->getResult(0).getType().isBF16() ? "to_bf16"
                                                                  : "to_f16");
      })
      .Case([&](arith::MaximumFOp) { return deviceCall(op, "max_nan"); })
      .Case([&](arith::MinimumFOp) { return deviceCall(op, "min_nan"); })
      .Case([&](arith::MaxNumFOp) { return call(op, "fmaxf"); })
      .Case([&](arith::MinNumFOp) { return call(op, "fminf"); })
      .Case([&](math::Exp2Op) {
        return deviceCall(op, op->hasAttr(kPolynomialAttr) ? "exp2_polynomial"
                                                           : "exp2_approx");
      })
      .Case([&](math::ExpOp) { return call(op, "expf"); })
      .Case([&](math::LogOp) { return call(op, "logf"); })
      .Case([&](math::Log2Op) { return call(op, "log2f"); })
      .Case([&](math::SqrtOp) { return call(op, "sqrtf"); })
      .Case([&](math::RsqrtOp) { return call(op, "rsqrtf"); })
      .Case([&](math::TanhOp) {
        auto accuracy = op->getAttrOfType<StringAttr>(kAccuracyAttr);
        if (!accuracy) {
          return call(op, "tanhf");
        }
        return deviceCall(op, accuracy == "approximate" ? "tanh_approx"
                                                        : "tanh_absolute");
      })
      .Case([&](math::ErfOp) { return call(op, "erff"); })
      .Case([&](RoundedOp rounded) {
        return deviceCall(op, roundedBlock(rounded));
      })
      .Case([&](math::AbsFOp) { return call(op, "fabsf"); })
      .Case([&](math::FmaOp) { return call(op, "fmaf"); })
      .Case([&](math::PowFOp) { return call(op, "powf"); })
      .Case([&](HostSmsOp) -> Result { return Expression{"sms"}; })
      .Case([&](HostClustersOp) -> Result { return Expression{"clusters"}; })
      .Case([&](HostAlignedOp aligned) -> Result {
        auto pointer = print(aligned.getPointer());
        if (!pointer) {
          return std::nullopt;
        }
        headers.use("host_aligned");
        return Expression{"spak::host_aligned(" + pointer->text + ", " +
                          std::to_string(aligned.getBytes()) + ")"};
      })
      .Case([&](HostPresentOp present) -> Result {
        auto pointer = print(present.getPointer());
        if (!pointer) {
          return std::nullopt;
        }
        return Expression{pointer->text + " != nullptr", Strength::Equality};
      })
      .Default([&](Operation *) -> Result {
        op->emitError("`") << op->getName() << "` has no C++ expression";
        return std::nullopt;
      });
}

} // namespace spak::cuda
