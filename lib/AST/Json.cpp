// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the system layer as JSON (`--emit=system`): values, types, spaces,
// kernels, and entries of no special kind. SectionJson.cpp has the sections.
#include "JsonParts.h"

#include "llvm/ADT/StringExtras.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

namespace spak::ast {

std::string jsonText(llvm::StringRef text) {
  return llvm::json::isUTF8(text) ? text.str() : llvm::json::fixUTF8(text);
}

unsigned lineOf(SourceRange range) {
  return range.isValid() ? range.file->lineColumn(range.begin).line : 0;
}

JsonObject jsonNode(llvm::StringRef kind, SourceRange range) {
  return JsonObject{{"kind", kind}, {"line", lineOf(range)}};
}

static JsonArray listJson(const std::vector<ExprPtr> &elements) {
  JsonArray result;
  for (const ExprPtr &element : elements) {
    result.push_back(toJson(*element));
  }
  return result;
}

/// Expressions of kernels and types: as text.
static std::string exprText(const ExprPtr &expr) {
  return expr ? jsonText(toString(*expr)) : "";
}

static JsonArray textsJson(const std::vector<ExprPtr> &exprs) {
  JsonArray result;
  for (const ExprPtr &expr : exprs) {
    result.push_back(exprText(expr));
  }
  return result;
}

/// A number with or without sign; nothing else.
static std::optional<JsonValue> numberJson(const Expr &expr) {
  if (const auto *literal = llvm::dyn_cast<IntLiteral>(&expr)) {
    return JsonValue(literal->value);
  }
  if (const auto *literal = llvm::dyn_cast<FloatLiteral>(&expr)) {
    if (!std::isfinite(literal->value)) {
      return std::nullopt;
    }
    return JsonValue(literal->value);
  }
  const auto *unary = llvm::dyn_cast<UnaryExpr>(&expr);
  if (!unary || unary->op != UnaryOp::Negate) {
    return std::nullopt;
  }
  if (const auto *literal = llvm::dyn_cast<IntLiteral>(unary->operand.get())) {
    return JsonValue(-literal->value);
  }
  if (const auto *literal =
          llvm::dyn_cast<FloatLiteral>(unary->operand.get())) {
    return std::isfinite(literal->value)
               ? std::optional<JsonValue>(-literal->value)
               : std::nullopt;
  }
  return std::nullopt;
}

JsonValue toJson(const Expr &expr) {
  if (std::optional<JsonValue> number = numberJson(expr)) {
    return std::move(*number);
  }
  return llvm::TypeSwitch<const Expr *, JsonValue>(&expr)
      .Case<BoolLiteral>([](const auto *e) { return JsonValue(e->value); })
      .Case<StringLiteral>(
          [](const auto *e) { return JsonValue(jsonText(e->value)); })
      .Case<ListExpr>(
          [](const auto *e) { return JsonValue(listJson(e->elements)); })
      .Case<RangeExpr>([](const auto *e) {
        JsonObject range{{"first", toJson(*e->first)},
                         {"last", toJson(*e->last)}};
        if (e->step) {
          range["step"] = toJson(*e->step);
        }
        return JsonValue(JsonObject{{"range", std::move(range)}});
      })
      .Case<MapExpr>([](const auto *e) {
        return JsonValue(JsonObject{{"items", itemsJson(e->block->items)}});
      })
      .Case<ProseExpr>([](const auto *e) {
        JsonObject object{{"prose", jsonText(e->text)}};
        if (std::optional<JsonObject> limit = limitJson(e->text)) {
          object["limit"] = std::move(*limit);
        }
        return JsonValue(std::move(object));
      })
      .Default([](const Expr *e) {
        JsonObject object{{"expr", jsonText(toString(*e))}};
        JsonArray maps;
        for (const MapExpr *map : mapsIn(*e)) {
          maps.push_back(itemsJson(map->block->items));
        }
        if (!maps.empty()) {
          object["maps"] = std::move(maps);
        }
        return JsonValue(std::move(object));
      });
}

JsonValue typeJson(const Expr &type) {
  if (std::optional<std::string> name = dottedName(type)) {
    return JsonObject{{"kind", "named"}, {"name", jsonText(*name)}};
  }
  if (const auto *alternatives = llvm::dyn_cast<UnionExpr>(&type)) {
    JsonArray list;
    for (const ExprPtr &alternative : alternatives->alternatives) {
      list.push_back(typeJson(*alternative));
    }
    return JsonObject{{"kind", "union"}, {"alternatives", std::move(list)}};
  }
  if (const auto *elements = llvm::dyn_cast<ListExpr>(&type)) {
    return JsonObject{{"kind", "list"},
                      {"values", listJson(elements->elements)}};
  }
  if (const auto *shaped = llvm::dyn_cast<IndexExpr>(&type)) {
    return JsonObject{{"kind", "shaped"},
                      {"name", jsonText(toString(*shaped->base))},
                      {"extents", textsJson(shaped->indices)}};
  }
  JsonValue value = toJson(type);
  if (value.kind() != JsonValue::Object) {
    return JsonObject{{"kind", "literal"}, {"value", std::move(value)}};
  }
  if (const auto *prose = llvm::dyn_cast<ProseExpr>(&type)) {
    return JsonObject{{"kind", "prose"}, {"text", jsonText(prose->text)}};
  }
  return JsonObject{{"kind", "expr"}, {"text", jsonText(toString(type))}};
}

std::optional<JsonObject> limitJson(llvm::StringRef text) {
  struct Relation {
    llvm::StringLiteral sign;
    llvm::StringLiteral name;
  };
  static constexpr Relation kRelations[] = {
      {"≤", "<="},  {"≥", ">="},  {"≈", "~"},   {"≠", "!="},
      {"<=", "<="}, {">=", ">="}, {"!=", "!="}, {"==", "=="},
      {"~", "~"},   {"<", "<"},   {">", ">"}};
  llvm::StringRef subject;
  llvm::StringRef rest;
  llvm::StringRef relation;
  size_t first = llvm::StringRef::npos;
  for (const Relation &candidate : kRelations) {
    size_t at = text.find(candidate.sign);
    if (at < first) {
      first = at;
      subject = text.take_front(at).trim();
      rest = text.drop_front(at + candidate.sign.size()).trim();
      relation = candidate.name;
    }
  }
  // One word, a sign, a number, at most a unit.
  size_t digits = 0;
  while (digits < rest.size() && (llvm::isDigit(rest[digits]) ||
                                  rest[digits] == '.' || rest[digits] == '_')) {
    ++digits;
  }
  bool exponent = digits > 0 && digits < rest.size() &&
                  (rest[digits] == 'e' || rest[digits] == 'E');
  if (exponent) {
    size_t at = digits + 1;
    at += at < rest.size() && (rest[at] == '-' || rest[at] == '+');
    size_t end = at;
    while (end < rest.size() && llvm::isDigit(rest[end])) {
      ++end;
    }
    digits = end > at ? end : digits;
  }
  std::string number;
  llvm::copy_if(rest.take_front(digits), std::back_inserter(number),
                [](char c) { return c != '_'; });
  double value = 0;
  llvm::StringRef unit = rest.drop_front(digits).trim();
  if (relation.empty() || digits == 0 ||
      llvm::StringRef(number).getAsDouble(value) ||
      subject.find_first_of(" \t\n") != llvm::StringRef::npos ||
      unit.find_first_of(" \t\n") != llvm::StringRef::npos ||
      !std::isfinite(value)) {
    return std::nullopt;
  }
  JsonObject object{{"relation", relation}, {"value", value}};
  if (!subject.empty()) {
    object["subject"] = jsonText(subject);
  }
  if (!unit.empty()) {
    object["unit"] = jsonText(unit);
  }
  return object;
}

JsonObject constraintJson(const Constraint &constraint) {
  JsonObject object = jsonNode("constraint", constraint.range);
  if (!constraint.reason.empty()) {
    object["reason"] = jsonText(constraint.reason);
  }
  object["condition"] = jsonText(toString(*constraint.condition));
  return object;
}

static JsonArray axesJson(const std::vector<Axis> &axes) {
  static constexpr llvm::StringLiteral kForms[] = {"list", "range", "single",
                                                   "nested", "empty"};
  JsonArray result;
  for (const Axis &axis : axes) {
    JsonObject object{{"name", jsonText(axis.name.text)},
                      {"form", kForms[static_cast<unsigned>(axis.form)]},
                      {"line", lineOf(axis.range)}};
    if (axis.form == Axis::Form::Nested) {
      object["axes"] = axesJson(axis.nested);
    } else if (axis.form != Axis::Form::Empty) {
      object["values"] = listJson(axis.values);
    }
    result.push_back(std::move(object));
  }
  return result;
}

JsonObject spaceJson(const Space &space) {
  JsonObject object = jsonNode(space.keyword.text, space.range);
  object["axes"] = axesJson(space.axes);
  if (!space.name.empty()) {
    object["name"] = jsonText(space.name.text);
  }
  JsonArray constraints;
  for (const Constraint &constraint : space.constraints) {
    constraints.push_back(constraintJson(constraint));
  }
  object["constraints"] = std::move(constraints);
  return object;
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

static JsonObject propertyJson(const Property &property) {
  JsonObject object = jsonNode("property", property.range);
  object["key"] = jsonText(property.key.text);
  if (!property.modifier.empty()) {
    object["modifier"] = jsonText(property.modifier.text);
  }
  if (property.value) {
    object["value"] = toJson(*property.value);
  }
  if (property.initial) {
    object["initial"] = toJson(*property.initial);
  }
  return object;
}

JsonArray paramsJson(const Block &block) {
  JsonArray params;
  for (const BlockParam &param : block.params) {
    JsonObject entry{{"name", jsonText(param.name.text)}};
    if (param.type) {
      entry["type"] = typeJson(*param.type);
    }
    params.push_back(std::move(entry));
  }
  return params;
}

static JsonObject blockJson(const Block &block) {
  JsonObject object = jsonNode("block", block.range);
  object["keyword"] = jsonText(block.keyword.text);
  if (!block.name.empty() || block.quotedName) {
    object["name"] = jsonText(block.name.text);
  }
  if (block.quotedName) {
    object["quoted"] = true;
  }
  if (!block.params.empty()) {
    object["params"] = paramsJson(block);
  }
  if (block.matches) {
    object["matches"] = true;
  }
  if (block.hasBody) {
    object["items"] = itemsJson(block.items);
  }
  return object;
}

JsonObject itemJson(const Item &item) {
  return llvm::TypeSwitch<const Item *, JsonObject>(&item)
      .Case<Property>([](const auto *i) { return propertyJson(*i); })
      .Case<Block>([](const auto *i) { return blockJson(*i); })
      .Case<Prose>([](const auto *i) {
        JsonObject object = jsonNode("prose", i->range);
        object["text"] = jsonText(i->text);
        if (std::optional<JsonObject> limit = limitJson(i->text)) {
          object["limit"] = std::move(*limit);
        }
        return object;
      })
      .Case<ConstraintItem>(
          [](const auto *i) { return constraintJson(i->constraint); })
      .Case<Space>([](const auto *i) { return spaceJson(*i); })
      .Case<KernelItem>([](const auto *i) { return kernelJson(i->kernel); });
}

JsonArray itemsJson(const std::vector<ItemPtr> &items) {
  JsonArray result;
  for (const ItemPtr &item : items) {
    result.push_back(itemJson(*item));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Adds what an optional part says.
static void addExpr(JsonObject &object, llvm::StringRef key,
                    const ExprPtr &expr) {
  if (expr) {
    object[key] = exprText(expr);
  }
}

static JsonObject paramJson(const Param &param) {
  static constexpr llvm::StringLiteral kKinds[] = {"in", "out", "scratch"};
  JsonObject object =
      jsonNode(kKinds[static_cast<unsigned>(param.kind)], param.range);
  object["name"] = jsonText(param.name.text);
  object["dtype"] = jsonText(param.dtype.text);
  if (param.isTensor) {
    JsonArray axes;
    for (const Extent &extent : param.extents) {
      JsonObject axis{{"extent", exprText(extent.size)}};
      if (!extent.alias.empty()) {
        axis["alias"] = jsonText(extent.alias.text);
      }
      axes.push_back(std::move(axis));
    }
    object["axes"] = std::move(axes);
  }
  if (param.strided) {
    object["strided"] = true;
  }
  if (param.zeroed) {
    object["zeroed"] = true;
  }
  addExpr(object, "default", param.defaultValue);
  addExpr(object, "when", param.when);
  return object;
}

static JsonArray dimsJson(const Kernel &kernel) {
  JsonArray dims;
  for (const Dim &dim : kernel.dims) {
    JsonObject object{{"name", jsonText(dim.name.text)}};
    if (!dim.alias.empty()) {
      object["alias"] = jsonText(dim.alias.text);
    }
    addExpr(object, "bound", dim.bound);
    dims.push_back(std::move(object));
  }
  return dims;
}

static JsonObject gridJson(const Grid &grid) {
  JsonArray binders;
  for (const Binder &binder : grid.binders) {
    JsonObject object{
        {"name", jsonText(binder.name.text)},
        {"kind", binder.kind == Binder::Kind::Tiles ? "tiles" : "index"}};
    addExpr(object, "lower", binder.lower);
    addExpr(object, "upper", binder.upper);
    addExpr(object, "step", binder.step);
    addExpr(object, "atmost", binder.atMost);
    binders.push_back(std::move(object));
  }
  return JsonObject{{"binders", std::move(binders)},
                    {"statements", jsonText(toString(grid.body))}};
}

static JsonArray scheduleJson(const Kernel &kernel) {
  JsonArray schedule;
  for (const ScheduleEntry &entry : kernel.schedule) {
    JsonObject object{{"key", jsonText(entry.key.text)},
                      {"value", exprText(entry.value)},
                      {"line", lineOf(entry.range)}};
    if (!entry.arguments.empty()) {
      object["arguments"] = textsJson(entry.arguments);
    }
    schedule.push_back(std::move(object));
  }
  return schedule;
}

JsonObject kernelJson(const Kernel &kernel) {
  JsonObject object = jsonNode("kernel", kernel.range);
  object["name"] = jsonText(kernel.name.text);
  object["compiled"] = !kernel.procedure;
  if (kernel.procedure) {
    object["text"] = jsonText(llvm::StringRef(kernel.text).trim());
    return object;
  }
  object["dims"] = dimsJson(kernel);
  JsonArray statics;
  for (const StaticDim &dim : kernel.statics) {
    statics.push_back(JsonObject{{"name", jsonText(dim.name.text)},
                                 {"values", toJson(*dim.values)}});
  }
  object["statics"] = std::move(statics);
  if (!kernel.reference.empty()) {
    object["reference"] = jsonText(kernel.reference);
  }
  JsonArray params;
  for (const Param &param : kernel.params) {
    params.push_back(paramJson(param));
  }
  object["parameters"] = std::move(params);
  JsonArray requirements;
  for (const Require &require : kernel.requirements) {
    JsonObject entry{{"condition", exprText(require.condition)},
                     {"line", lineOf(require.range)}};
    if (!require.message.empty()) {
      entry["message"] = jsonText(require.message);
    }
    requirements.push_back(std::move(entry));
  }
  object["requirements"] = std::move(requirements);
  JsonArray constraints;
  for (const Constraint &constraint : kernel.constraints) {
    constraints.push_back(constraintJson(constraint));
  }
  object["constraints"] = std::move(constraints);
  if (kernel.grid) {
    object["grid"] = gridJson(*kernel.grid);
  }
  object["schedule"] = scheduleJson(kernel);
  return object;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

JsonValue toJson(const File &file) {
  JsonArray frontMatter;
  for (const FrontMatterEntry &entry : file.frontMatter) {
    JsonArray values;
    for (const Identifier &value : entry.values) {
      values.push_back(jsonText(value.text));
    }
    JsonObject object{{"key", jsonText(entry.key.text)},
                      {"line", lineOf(entry.range)}};
    if (entry.isList) {
      object["value"] = std::move(values);
    } else {
      object["value"] = std::move(values.front());
    }
    frontMatter.push_back(std::move(object));
  }

  const System &system = file.system;
  JsonObject root{{"spak_system", kSystemJsonVersion},
                  {"name", jsonText(system.name.text)},
                  {"line", lineOf(system.range)},
                  {"front_matter", std::move(frontMatter)}};
  if (!system.extends.empty()) {
    root["extends"] = jsonText(system.extends);
  }
  JsonArray imports;
  for (const Import &import : system.imports) {
    imports.push_back(JsonObject{{"what", jsonText(import.what.text)},
                                 {"from", jsonText(import.path)},
                                 {"line", lineOf(import.range)}});
  }
  root["imports"] = std::move(imports);
  JsonArray sections;
  for (const ItemPtr &item : system.items) {
    sections.push_back(sectionJson(*item));
  }
  root["sections"] = std::move(sections);
  return root;
}

} // namespace spak::ast
