// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the accessors of the syntax tree.
#include "spak/AST/AST.h"

#include "spak/AST/Dump.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

namespace spak::ast {

MapExpr::MapExpr(SourceRange range) : ExprOf(range) {}
MapExpr::~MapExpr() = default;

static void collectMaps(const Expr *expr,
                        std::vector<const MapExpr *> &result) {
  if (!expr) {
    return;
  }
  auto all = [&](const std::vector<ExprPtr> &list) {
    for (const ExprPtr &element : list) {
      collectMaps(element.get(), result);
    }
  };
  auto both = [&](const ExprPtr &first, const ExprPtr &second) {
    collectMaps(first.get(), result);
    collectMaps(second.get(), result);
  };
  llvm::TypeSwitch<const Expr *>(expr)
      .Case<MapExpr>([&](const auto *e) { result.push_back(e); })
      .Case<ListExpr>([&](const auto *e) { all(e->elements); })
      .Case<UnionExpr>([&](const auto *e) { all(e->alternatives); })
      .Case<CompareExpr>([&](const auto *e) { all(e->operands); })
      .Case<BinaryExpr>([&](const auto *e) { both(e->lhs, e->rhs); })
      .Case<UnaryExpr>(
          [&](const auto *e) { collectMaps(e->operand.get(), result); })
      .Case<ConvertExpr>(
          [&](const auto *e) { collectMaps(e->value.get(), result); })
      .Case<MemberExpr>(
          [&](const auto *e) { collectMaps(e->base.get(), result); })
      .Case<IndexExpr>([&](const auto *e) {
        collectMaps(e->base.get(), result);
        all(e->indices);
      })
      .Case<RangeExpr>([&](const auto *e) {
        both(e->first, e->last);
        collectMaps(e->step.get(), result);
      })
      .Case<ConditionalExpr>([&](const auto *e) {
        both(e->then, e->condition);
        collectMaps(e->otherwise.get(), result);
      })
      .Case<CallExpr>([&](const auto *e) {
        collectMaps(e->callee.get(), result);
        for (const Argument &argument : e->arguments) {
          collectMaps(argument.value.get(), result);
        }
      });
}

std::vector<const MapExpr *> mapsIn(const Expr &expr) {
  std::vector<const MapExpr *> result;
  collectMaps(&expr, result);
  return result;
}

const Argument *CallExpr::find(llvm::StringRef name) const {
  for (const Argument &argument : arguments) {
    if (argument.name.text == name) {
      return &argument;
    }
  }
  return nullptr;
}

const Param *Kernel::findParam(llvm::StringRef name) const {
  for (const Param &param : params) {
    if (param.name.text == name) {
      return &param;
    }
  }
  return nullptr;
}

const Property *Block::find(llvm::StringRef key) const {
  for (const ItemPtr &item : items) {
    const auto *property = llvm::dyn_cast<Property>(item.get());
    if (property && property->key.text == key) {
      return property;
    }
  }
  return nullptr;
}

llvm::SmallVector<const Property *, 4>
Block::findAll(llvm::StringRef key) const {
  llvm::SmallVector<const Property *, 4> result;
  for (const ItemPtr &item : items) {
    const auto *property = llvm::dyn_cast<Property>(item.get());
    if (property && property->key.text == key) {
      result.push_back(property);
    }
  }
  return result;
}

std::optional<llvm::StringRef> Block::string(llvm::StringRef key) const {
  const Property *property = find(key);
  if (!property || !property->value) {
    return std::nullopt;
  }
  if (const auto *text = llvm::dyn_cast<StringLiteral>(property->value.get())) {
    return llvm::StringRef(text->value);
  }
  return std::nullopt;
}

/// The value of a number with or without sign.
static std::optional<double> numberOf(const Expr &expr) {
  if (const auto *literal = llvm::dyn_cast<IntLiteral>(&expr)) {
    return static_cast<double>(literal->value);
  }
  if (const auto *literal = llvm::dyn_cast<FloatLiteral>(&expr)) {
    return literal->value;
  }
  const auto *unary = llvm::dyn_cast<UnaryExpr>(&expr);
  if (!unary || unary->op == UnaryOp::Not) {
    return std::nullopt;
  }
  std::optional<double> value = numberOf(*unary->operand);
  return value && unary->op == UnaryOp::Negate ? -*value : value;
}

std::optional<double> Block::number(llvm::StringRef key) const {
  const Property *property = find(key);
  if (!property || !property->value) {
    return std::nullopt;
  }
  return numberOf(*property->value);
}

/// The blocks with the keyword \p keyword among \p items.
static llvm::SmallVector<const Block *, 4>
blocksOf(const std::vector<ItemPtr> &items, llvm::StringRef keyword) {
  llvm::SmallVector<const Block *, 4> result;
  for (const ItemPtr &item : items) {
    const auto *block = llvm::dyn_cast<Block>(item.get());
    if (block && block->keyword.text == keyword) {
      result.push_back(block);
    }
  }
  return result;
}

llvm::SmallVector<const Block *, 4>
Block::blocks(llvm::StringRef keyword) const {
  return blocksOf(items, keyword);
}

llvm::SmallVector<const Block *, 4>
System::blocks(llvm::StringRef keyword) const {
  return blocksOf(items, keyword);
}

llvm::SmallVector<const Space *, 2> System::spaces() const {
  llvm::SmallVector<const Space *, 2> result;
  for (const ItemPtr &item : items) {
    if (const auto *space = llvm::dyn_cast<Space>(item.get())) {
      result.push_back(space);
    }
  }
  return result;
}

llvm::SmallVector<const Kernel *, 2> System::kernels() const {
  llvm::SmallVector<const Kernel *, 2> result;
  for (const ItemPtr &item : items) {
    if (const auto *kernel = llvm::dyn_cast<KernelItem>(item.get())) {
      result.push_back(&kernel->kernel);
    }
  }
  return result;
}

const Kernel *System::findKernel(llvm::StringRef name) const {
  for (const Kernel *kernel : kernels()) {
    if (kernel->name.text == name) {
      return kernel;
    }
  }
  return nullptr;
}

llvm::SmallVector<const Block *, 8>
System::knowledge(llvm::StringRef keyword) const {
  static constexpr llvm::StringLiteral kKinds[] = {"invariant", "fact", "rule",
                                                   "hint", "heuristic"};
  llvm::SmallVector<const Block *, 8> result;
  for (const Block *section : blocks("knowledge")) {
    for (const ItemPtr &item : section->items) {
      const auto *block = llvm::dyn_cast<Block>(item.get());
      if (!block) {
        continue;
      }
      llvm::StringRef kind = block->keyword.text;
      if (keyword.empty() ? llvm::is_contained(kKinds, kind)
                          : kind == keyword) {
        result.push_back(block);
      }
    }
  }
  return result;
}

llvm::SmallVector<const Constraint *, 4> System::constraints() const {
  llvm::SmallVector<const Constraint *, 4> result;
  for (const ItemPtr &item : items) {
    if (const auto *own = llvm::dyn_cast<ConstraintItem>(item.get())) {
      result.push_back(&own->constraint);
    } else if (const auto *space = llvm::dyn_cast<Space>(item.get())) {
      for (const Constraint &constraint : space->constraints) {
        result.push_back(&constraint);
      }
    }
  }
  return result;
}

} // namespace spak::ast
