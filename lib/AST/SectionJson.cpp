// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the sections that spakc knows as JSON: models, knowledge, schemas of
// traces, loops, artifacts. What a section holds beside its own kinds of
// entries is kept as a property, a block or prose, in its place.
#include "JsonParts.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace spak::ast {

using llvm::cast;
using llvm::dyn_cast;

/// How the entries of a block are read.
using Reader = JsonObject (*)(const Item &);

static JsonArray read(const std::vector<ItemPtr> &items, Reader reader) {
  JsonArray result;
  for (const ItemPtr &item : items) {
    result.push_back(reader(*item));
  }
  return result;
}

/// `{"kind", "line", "name"}`; a name in quotes says so.
static JsonObject named(llvm::StringRef kind, const Block &block) {
  JsonObject object = jsonNode(kind, block.range);
  if (!block.name.empty() || block.quotedName) {
    object["name"] = jsonText(block.name.text);
  }
  if (block.quotedName) {
    object["quoted"] = true;
  }
  return object;
}

//===----------------------------------------------------------------------===//
// Models and schemas of traces
//===----------------------------------------------------------------------===//

static JsonObject fieldJson(const Item &item);

/// Splits the entries of a record into fields and what is none.
static void fields(const Block &block, JsonObject &object) {
  JsonArray list;
  JsonArray others;
  for (const ItemPtr &item : block.items) {
    const auto *property = dyn_cast<Property>(item.get());
    const auto *nested = dyn_cast<Block>(item.get());
    bool field = (property && property->modifier.empty()) ||
                 (nested && nested->hasBody && nested->name.empty() &&
                  !nested->quotedName);
    (field ? list : others)
        .push_back(field ? fieldJson(*item) : itemJson(*item));
  }
  object["fields"] = std::move(list);
  if (!others.empty()) {
    object["items"] = std::move(others);
  }
}

static JsonObject fieldJson(const Item &item) {
  JsonObject object{{"line", lineOf(item.range)}};
  if (const auto *block = dyn_cast<Block>(&item)) {
    object["name"] = jsonText(block->keyword.text);
    JsonObject record{{"kind", "record"}};
    fields(*block, record);
    object["type"] = std::move(record);
    return object;
  }
  const auto &property = cast<Property>(item);
  object["name"] = jsonText(property.key.text);
  if (property.value) {
    object["type"] = typeJson(*property.value);
  }
  if (property.initial) {
    object["initial"] = toJson(*property.initial);
  }
  return object;
}

/// True for `state key = value`: an assigned value is no type.
static bool isAssigned(const Property &property) {
  SourceRange between = property.key.range;
  between.begin = between.end;
  between.end = property.value->range.begin;
  return between.text().contains('=');
}

static JsonObject stateJson(const Property &property) {
  JsonObject object = jsonNode("state", property.range);
  object["name"] = jsonText(property.key.text);
  if (!property.value) {
    return object;
  }
  if (property.initial) {
    object["type"] = typeJson(*property.value);
    object["value"] = toJson(*property.initial);
    return object;
  }
  JsonValue value = toJson(*property.value);
  bool literal = value.kind() != JsonValue::Object;
  bool isValue = literal || isAssigned(property);
  object[isValue ? "value" : "type"] =
      isValue ? std::move(value) : typeJson(*property.value);
  return object;
}

static JsonObject modelItem(const Item &item) {
  if (const auto *property = dyn_cast<Property>(&item)) {
    return property->modifier.text == "state" ? stateJson(*property)
                                              : itemJson(item);
  }
  const auto *block = dyn_cast<Block>(&item);
  if (block && block->keyword.text == "type" && block->hasBody) {
    JsonObject object = named("type", *block);
    object["matches"] = block->matches;
    fields(*block, object);
    return object;
  }
  bool state = block && block->keyword.text == "state" && !block->hasBody;
  return state ? named("state", *block) : itemJson(item);
}

static JsonObject caseJson(const Item &item) {
  const auto *block = dyn_cast<Block>(&item);
  if (!block || block->keyword.text != "case") {
    return itemJson(item);
  }
  JsonObject object = named("case", *block);
  fields(*block, object);
  return object;
}

static JsonObject schemaItem(const Item &item) {
  const auto *block = dyn_cast<Block>(&item);
  if (!block || block->keyword.text != "variant") {
    return caseJson(item);
  }
  JsonObject object = named("variant", *block);
  object["cases"] = read(block->items, caseJson);
  return object;
}

//===----------------------------------------------------------------------===//
// Knowledge
//===----------------------------------------------------------------------===//

/// A numbered step: `2: "text"`, `step 2: "text"`, `2. text`.
static std::optional<JsonObject> numberedStep(const Item &item) {
  JsonObject object{{"line", lineOf(item.range)}};
  int64_t number = 0;
  if (const auto *property = dyn_cast<Property>(&item)) {
    llvm::StringRef modifier = property->modifier.text;
    if ((!modifier.empty() && modifier != "step") || !property->value ||
        llvm::StringRef(property->key.text).getAsInteger(10, number)) {
      return std::nullopt;
    }
    object["number"] = number;
    object["text"] = toJson(*property->value);
    return object;
  }
  const auto *prose = dyn_cast<Prose>(&item);
  if (!prose) {
    return std::nullopt;
  }
  llvm::StringRef text = prose->text;
  llvm::StringRef digits = text.take_while(llvm::isDigit);
  llvm::StringRef rest = text.drop_front(digits.size());
  if (digits.getAsInteger(10, number) || rest.size() < 2 ||
      (rest[0] != '.' && rest[0] != ')')) {
    return std::nullopt;
  }
  rest = rest.drop_front().trim();
  if (rest.size() > 1 && rest.front() == '"' && rest.back() == '"') {
    rest = rest.drop_front().drop_back();
  }
  object["number"] = number;
  object["text"] = jsonText(rest);
  return object;
}

/// Splits the entries of a block into key and value, numbered steps and what
/// is neither.
static void properties(const Block &block, JsonObject &object, bool steps) {
  JsonArray list;
  JsonArray numbered;
  JsonArray others;
  for (const ItemPtr &item : block.items) {
    if (steps) {
      if (std::optional<JsonObject> step = numberedStep(*item)) {
        numbered.push_back(std::move(*step));
        continue;
      }
    }
    const auto *property = dyn_cast<Property>(item.get());
    if (!property || !property->modifier.empty()) {
      others.push_back(itemJson(*item));
      continue;
    }
    JsonObject entry{{"key", jsonText(property->key.text)},
                     {"line", lineOf(property->range)}};
    if (property->value) {
      entry["value"] = toJson(*property->value);
    }
    if (property->initial) {
      entry["initial"] = toJson(*property->initial);
    }
    list.push_back(std::move(entry));
  }
  object["properties"] = std::move(list);
  if (steps) {
    object["steps"] = std::move(numbered);
  }
  if (!others.empty()) {
    object["items"] = std::move(others);
  }
}

static JsonObject factJson(const Block &block) {
  JsonObject object = named("fact", block);
  const Property *returned = block.find("return");
  object["form"] = returned ? "predicate" : "descriptive";
  if (returned || !block.params.empty()) {
    object["params"] = paramsJson(block);
  }
  properties(block, object, /*steps=*/false);
  return object;
}

static JsonObject knowledgeItem(const Item &item) {
  const auto *block = dyn_cast<Block>(&item);
  if (!block) {
    return itemJson(item);
  }
  llvm::StringRef keyword = block->keyword.text;
  if (keyword == "fact") {
    return factJson(*block);
  }
  bool known = llvm::StringSwitch<bool>(keyword)
                   .Cases({"invariant", "rule", "hint", "heuristic"}, true)
                   .Default(false);
  if (!known || !block->params.empty()) {
    return itemJson(item);
  }
  JsonObject object = named(keyword, *block);
  properties(*block, object, /*steps=*/keyword == "rule");
  return object;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static JsonObject actionJson(const Item &item);

/// The entries of a call or of what is emitted, as named values.
static JsonArray argumentsJson(const Block &block) {
  JsonArray result;
  for (const ItemPtr &item : block.items) {
    JsonObject argument{{"line", lineOf(item->range)}};
    const auto *property = dyn_cast<Property>(item.get());
    const auto *nested = dyn_cast<Block>(item.get());
    if (property && property->modifier.empty()) {
      argument["name"] = jsonText(property->key.text);
      if (property->value) {
        argument["value"] = toJson(*property->value);
      }
    } else if (nested && nested->hasBody && nested->name.empty()) {
      argument["name"] = jsonText(nested->keyword.text);
      argument["value"] = JsonObject{{"items", itemsJson(nested->items)}};
    } else {
      argument["item"] = itemJson(*item);
    }
    result.push_back(std::move(argument));
  }
  return result;
}

static JsonObject emitJson(const Block &block) {
  JsonObject object = jsonNode("emit", block.range);
  object[block.quotedName ? "text" : "target"] = jsonText(block.name.text);
  if (!block.params.empty()) {
    // `emit A.B(field: value)`
    JsonArray fields;
    for (const BlockParam &param : block.params) {
      JsonObject field{{"line", lineOf(param.name.range)},
                       {"name", jsonText(param.name.text)}};
      if (param.type) {
        field["value"] = toJson(*param.type);
      }
      fields.push_back(std::move(field));
    }
    object["fields"] = std::move(fields);
  } else if (block.hasBody) {
    object["fields"] = argumentsJson(block);
  }
  return object;
}

/// `if "condition" { … }`, `else { … }`, `else if "condition" { … }`.
static std::optional<JsonObject> branchJson(const Block &block) {
  llvm::StringRef name = block.name.text;
  bool otherwise = block.keyword.text == "else";
  if (!block.hasBody || (!otherwise && block.keyword.text != "if")) {
    return std::nullopt;
  }
  JsonObject object = jsonNode(otherwise ? "else" : "if", block.range);
  if (otherwise && name.consume_front("if")) {
    name = name.trim();
    if (name.size() > 1 && name.front() == '"' && name.back() == '"') {
      name = name.drop_front().drop_back();
    }
  }
  if (!otherwise || !name.empty()) {
    object["condition"] = jsonText(name);
  }
  object["actions"] = read(block.items, actionJson);
  return object;
}

static JsonObject stepJson(const Block &block) {
  JsonObject object = named("step", block);
  object["actions"] = read(block.items, actionJson);
  return object;
}

static JsonObject actionJson(const Item &item) {
  const auto *block = dyn_cast<Block>(&item);
  if (!block) {
    return itemJson(item);
  }
  llvm::StringRef keyword = block->keyword.text;
  if (keyword == "emit") {
    return emitJson(*block);
  }
  if (keyword == "step" && block->hasBody) {
    return stepJson(*block);
  }
  if (std::optional<JsonObject> branch = branchJson(*block)) {
    return std::move(*branch);
  }
  if (keyword.contains('.') && block->name.empty()) {
    JsonObject object = jsonNode("call", block->range);
    object["callee"] = jsonText(keyword);
    object["arguments"] = argumentsJson(*block);
    return object;
  }
  return itemJson(item);
}

static JsonObject serviceItem(const Item &item) {
  const auto *block = dyn_cast<Block>(&item);
  if (!block || block->keyword.text != "on" || !block->hasBody) {
    return actionJson(item);
  }
  JsonObject object = jsonNode("handler", block->range);
  object["event"] = jsonText(block->name.text);
  object["params"] = paramsJson(*block);
  object["actions"] = read(block->items, actionJson);
  return object;
}

static JsonObject engineeringItem(const Item &item) {
  if (const auto *property = dyn_cast<Property>(&item)) {
    if (property->modifier.text != "parameter" || !property->value) {
      return itemJson(item);
    }
    JsonObject object = jsonNode("parameter", property->range);
    object["name"] = jsonText(property->key.text);
    object["values"] = toJson(*property->value);
    return object;
  }
  const auto *block = dyn_cast<Block>(&item);
  if (!block || block->keyword.text != "measure" || !block->hasBody) {
    return actionJson(item);
  }
  JsonObject object = named("measure", *block);
  properties(*block, object, /*steps=*/false);
  return object;
}

static JsonObject buildItem(const Item &item) {
  const auto *block = dyn_cast<Block>(&item);
  if (!block || block->keyword.text != "artifact") {
    return itemJson(item);
  }
  JsonObject object = named("artifact", *block);
  properties(*block, object, /*steps=*/false);
  return object;
}

//===----------------------------------------------------------------------===//
// Sections
//===----------------------------------------------------------------------===//

/// `sequence name { first; second }`: the kernels, in order.
static JsonObject sequenceJson(const Block &block) {
  JsonObject object = named("sequence", block);
  JsonArray kernels;
  JsonArray others;
  for (const ItemPtr &item : block.items) {
    const auto *property = dyn_cast<Property>(item.get());
    if (property && property->modifier.empty() && !property->value) {
      kernels.push_back(jsonText(property->key.text));
    } else {
      others.push_back(itemJson(*item));
    }
  }
  object["kernels"] = std::move(kernels);
  if (!others.empty()) {
    object["items"] = std::move(others);
  }
  return object;
}

/// Null for a section that spakc does not read.
static Reader readerOf(const Block &section) {
  return llvm::StringSwitch<Reader>(section.keyword.text)
      .Case("model", modelItem)
      .Case("knowledge", knowledgeItem)
      .Case("trace_schema", schemaItem)
      .Case("agent_loop", actionJson)
      .Case("service_loop", serviceItem)
      .Case("engineering_loop", engineeringItem)
      .Case("build", buildItem)
      .Cases({"baseline", "sequence"}, itemJson)
      .Default(nullptr);
}

bool isDefinedSection(const Block &section) {
  return section.hasBody && section.params.empty() && !section.matches &&
         readerOf(section);
}

JsonObject sectionJson(const Item &item) {
  const auto *block = dyn_cast<Block>(&item);
  if (!block) {
    return itemJson(item);
  }
  if (isDefinedSection(*block)) {
    if (block->keyword.text == "sequence") {
      return sequenceJson(*block);
    }
    JsonObject object = named(block->keyword.text, *block);
    object["items"] = read(block->items, readerOf(*block));
    return object;
  }
  JsonObject object = named("prose_section", *block);
  object["keyword"] = jsonText(block->keyword.text);
  if (!block->params.empty()) {
    object["params"] = paramsJson(*block);
  }
  if (block->matches) {
    object["matches"] = true;
  }
  if (block->hasBody) {
    object["text"] =
        jsonText(llvm::StringRef(dedented(block->body)).trim().str());
    object["items"] = itemsJson(block->items);
  }
  return object;
}

} // namespace spak::ast
