// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the system layer as JSON (`--emit=system`).
#include "spak/AST/Dump.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

namespace spak::ast {

using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

static std::string utf8(llvm::StringRef text) {
  return llvm::json::isUTF8(text) ? text.str() : llvm::json::fixUTF8(text);
}

static Array itemsJson(const std::vector<ItemPtr> &items);

/// A number with or without sign; nothing else.
static std::optional<Value> numberJson(const Expr &expr) {
  if (const auto *literal = llvm::dyn_cast<IntLiteral>(&expr)) {
    return Value(literal->value);
  }
  if (const auto *literal = llvm::dyn_cast<FloatLiteral>(&expr)) {
    if (!std::isfinite(literal->value)) {
      return std::nullopt;
    }
    return Value(literal->value);
  }
  const auto *unary = llvm::dyn_cast<UnaryExpr>(&expr);
  if (!unary || unary->op != UnaryOp::Negate) {
    return std::nullopt;
  }
  if (const auto *literal = llvm::dyn_cast<IntLiteral>(unary->operand.get())) {
    return Value(-literal->value);
  }
  if (const auto *literal =
          llvm::dyn_cast<FloatLiteral>(unary->operand.get())) {
    return std::isfinite(literal->value) ? std::optional<Value>(-literal->value)
                                         : std::nullopt;
  }
  return std::nullopt;
}

Value toJson(const Expr &expr) {
  if (std::optional<Value> number = numberJson(expr)) {
    return std::move(*number);
  }
  return llvm::TypeSwitch<const Expr *, Value>(&expr)
      .Case<BoolLiteral>([](const auto *e) { return Value(e->value); })
      .Case<StringLiteral>([](const auto *e) { return Value(utf8(e->value)); })
      .Case<ListExpr>([](const auto *e) {
        Array elements;
        for (const ExprPtr &element : e->elements) {
          elements.push_back(toJson(*element));
        }
        return Value(std::move(elements));
      })
      .Case<RangeExpr>([](const auto *e) {
        Object range{{"first", toJson(*e->first)}, {"last", toJson(*e->last)}};
        if (e->step) {
          range["step"] = toJson(*e->step);
        }
        return Value(Object{{"range", std::move(range)}});
      })
      .Case<MapExpr>([](const auto *e) {
        return Value(Object{{"items", itemsJson(e->block->items)}});
      })
      .Case<ProseExpr>(
          [](const auto *e) { return Value(Object{{"prose", utf8(e->text)}}); })
      .Default([](const Expr *e) {
        return Value(Object{{"expr", utf8(toString(*e))}});
      });
}

static unsigned lineOf(SourceRange range) {
  return range.isValid() ? range.file->lineColumn(range.begin).line : 0;
}

static Object constraintJson(const Constraint &constraint) {
  Object object{{"kind", "constraint"}, {"line", lineOf(constraint.range)}};
  if (!constraint.reason.empty()) {
    object["reason"] = utf8(constraint.reason);
  }
  object["condition"] = utf8(toString(*constraint.condition));
  return object;
}

static Array axesJson(const std::vector<Axis> &axes) {
  static constexpr llvm::StringLiteral kForms[] = {"list", "range", "single",
                                                   "nested", "empty"};
  Array result;
  for (const Axis &axis : axes) {
    Object object{{"name", utf8(axis.name.text)},
                  {"form", kForms[static_cast<unsigned>(axis.form)]},
                  {"line", lineOf(axis.range)}};
    if (axis.form == Axis::Form::Nested) {
      object["axes"] = axesJson(axis.nested);
    } else if (axis.form != Axis::Form::Empty) {
      Array values;
      for (const ExprPtr &value : axis.values) {
        values.push_back(toJson(*value));
      }
      object["values"] = std::move(values);
    }
    result.push_back(std::move(object));
  }
  return result;
}

static Object propertyJson(const Property &property) {
  Object object{{"kind", "property"},
                {"key", utf8(property.key.text)},
                {"line", lineOf(property.range)}};
  if (!property.modifier.empty()) {
    object["modifier"] = utf8(property.modifier.text);
  }
  if (property.value) {
    object["value"] = toJson(*property.value);
  }
  if (property.initial) {
    object["initial"] = toJson(*property.initial);
  }
  return object;
}

static Object blockJson(const Block &block) {
  Object object{{"kind", "block"},
                {"keyword", utf8(block.keyword.text)},
                {"line", lineOf(block.range)}};
  if (!block.name.empty() || block.quotedName) {
    object["name"] = utf8(block.name.text);
  }
  if (!block.params.empty()) {
    Array params;
    for (const BlockParam &param : block.params) {
      Object entry{{"name", utf8(param.name.text)}};
      if (param.type) {
        entry["type"] = utf8(toString(*param.type));
      }
      params.push_back(std::move(entry));
    }
    object["params"] = std::move(params);
  }
  if (block.matches) {
    object["matches"] = true;
  }
  if (block.hasBody) {
    object["items"] = itemsJson(block.items);
  }
  return object;
}

static Object kernelJson(const Kernel &kernel) {
  Object object{{"kind", "kernel"},
                {"name", utf8(kernel.name.text)},
                {"line", lineOf(kernel.range)},
                {"compiled", !kernel.procedure}};
  if (kernel.procedure) {
    object["prose"] = utf8(llvm::StringRef(kernel.text).trim());
  }
  return object;
}

static Array itemsJson(const std::vector<ItemPtr> &items) {
  Array result;
  for (const ItemPtr &item : items) {
    llvm::TypeSwitch<const Item *>(item.get())
        .Case<Property>(
            [&](const auto *i) { result.push_back(propertyJson(*i)); })
        .Case<Block>([&](const auto *i) { result.push_back(blockJson(*i)); })
        .Case<Prose>([&](const auto *i) {
          result.push_back(Object{{"kind", "prose"},
                                  {"line", lineOf(i->range)},
                                  {"text", utf8(i->text)}});
        })
        .Case<ConstraintItem>([&](const auto *i) {
          result.push_back(constraintJson(i->constraint));
        })
        .Case<Space>([&](const auto *i) {
          Object object{{"kind", utf8(i->keyword.text)},
                        {"line", lineOf(i->range)},
                        {"axes", axesJson(i->axes)}};
          if (!i->name.empty()) {
            object["name"] = utf8(i->name.text);
          }
          Array constraints;
          for (const Constraint &constraint : i->constraints) {
            constraints.push_back(constraintJson(constraint));
          }
          object["constraints"] = std::move(constraints);
          result.push_back(std::move(object));
        })
        .Case<KernelItem>(
            [&](const auto *i) { result.push_back(kernelJson(i->kernel)); });
  }
  return result;
}

/// Sections that spakc reads. Every other block of a system is prose to it.
static bool isDefinedSection(llvm::StringRef keyword) {
  static constexpr llvm::StringLiteral kSections[] = {
      "agent_loop", "build",        "engineering_loop", "knowledge",
      "model",      "service_loop", "trace_schema",     "sequence"};
  return llvm::is_contained(kSections, keyword);
}

Value toJson(const File &file) {
  Array frontMatter;
  for (const FrontMatterEntry &entry : file.frontMatter) {
    Array values;
    for (const Identifier &value : entry.values) {
      values.push_back(utf8(value.text));
    }
    Object object{{"key", utf8(entry.key.text)}};
    if (entry.isList) {
      object["value"] = std::move(values);
    } else {
      object["value"] = std::move(values.front());
    }
    frontMatter.push_back(std::move(object));
  }

  const System &system = file.system;
  Object root{{"spak_system", 1},
              {"name", utf8(system.name.text)},
              {"front_matter", std::move(frontMatter)}};
  if (!system.extends.empty()) {
    root["extends"] = utf8(system.extends);
  }
  Array imports;
  for (const Import &import : system.imports) {
    imports.push_back(
        Object{{"what", utf8(import.what.text)}, {"from", utf8(import.path)}});
  }
  root["imports"] = std::move(imports);

  Array items = itemsJson(system.items);
  for (size_t i = 0; i < items.size(); ++i) {
    const auto *block = llvm::dyn_cast<Block>(system.items[i].get());
    if (block && !isDefinedSection(block->keyword.text)) {
      (*items[i].getAsObject())["prose"] = utf8(block->text().trim());
    }
  }
  root["items"] = std::move(items);
  return root;
}

} // namespace spak::ast
