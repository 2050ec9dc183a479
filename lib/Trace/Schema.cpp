// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a declared schema asks of an item. Must not know which kinds the
// compiler reads itself.
#include "spak/Trace/Schema.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace spak::trace {

namespace {

using Type = SchemaField::Type;

struct TypeRow {
  llvm::StringLiteral name;
  Type type;
};

constexpr TypeRow kTypes[] = {
    {"string", Type::Text}, {"str", Type::Text},      {"int", Type::Int},
    {"integer", Type::Int}, {"float", Type::Float},   {"number", Type::Float},
    {"bool", Type::Truth},  {"boolean", Type::Truth}, {"any", Type::Any},
};

class SchemaReader {
public:
  explicit SchemaReader(DiagnosticEngine &diags) : diags(diags) {}

  /// Cases stand in variants or by themselves.
  void read(const ast::Block &block, Schema &schema) {
    for (const ast::ItemPtr &item : block.items) {
      const auto *inner = llvm::dyn_cast<ast::Block>(item.get());
      if (inner && inner->keyword.text == "case") {
        schema.cases.push_back(readCase(*inner));
      } else if (inner && inner->keyword.text == "variant") {
        read(*inner, schema);
      }
    }
  }

private:
  DiagnosticEngine &diags;

  SchemaCase readCase(const ast::Block &block) {
    SchemaCase result{block.name.text, {}, block.name.range};
    for (const ast::ItemPtr &item : block.items) {
      if (const auto *property = llvm::dyn_cast<ast::Property>(item.get())) {
        result.fields.push_back(readField(*property));
      }
    }
    return result;
  }

  SchemaField readField(const ast::Property &property) {
    SchemaField field;
    field.name = property.key.text;
    field.range = property.range;
    const ast::Expr *type = property.value.get();
    if (!type) {
      return field;
    }
    if (readAlternatives(*type, field.alternatives)) {
      field.type = Type::Union;
      return field;
    }
    field.alternatives.clear();
    std::string name = ast::toString(*type);
    const auto *row =
        llvm::find_if(kTypes, [&](const TypeRow &r) { return r.name == name; });
    if (row != std::end(kTypes)) {
      field.type = row->type;
      return field;
    }
    std::vector<std::string> names;
    for (const TypeRow &known : kTypes) {
      names.push_back(known.name.str());
    }
    auto warning = diags.warning(diag::warn_schema_type, type->range);
    warning << quoted(name);
    warning.help(nameHelp(name, "types", names));
    return field;
  }

  /// `"A" | "B"`, one text, or a list of texts.
  static bool readAlternatives(const ast::Expr &type,
                               std::vector<std::string> &texts) {
    if (const auto *text = llvm::dyn_cast<ast::StringLiteral>(&type)) {
      texts.push_back(text->value);
      return true;
    }
    llvm::ArrayRef<ast::ExprPtr> parts;
    if (const auto *alternatives = llvm::dyn_cast<ast::UnionExpr>(&type)) {
      parts = alternatives->alternatives;
    } else if (const auto *list = llvm::dyn_cast<ast::ListExpr>(&type)) {
      parts = list->elements;
    }
    for (const ast::ExprPtr &part : parts) {
      const auto *text = llvm::dyn_cast<ast::StringLiteral>(part.get());
      if (!text) {
        return false;
      }
      texts.push_back(text->value);
    }
    return !parts.empty();
  }
};

std::string typeText(const SchemaField &field) {
  switch (field.type) {
  case Type::Text:
    return "string";
  case Type::Int:
    return "int";
  case Type::Float:
    return "float";
  case Type::Truth:
    return "bool";
  case Type::Any:
    return "any";
  case Type::Union:
    break;
  }
  std::string text;
  for (const std::string &each : field.alternatives) {
    text += (text.empty() ? "" : " | ") + quotedJson(each);
  }
  return text;
}

bool fits(const JsonValue &value, const SchemaField &field) {
  switch (field.type) {
  case Type::Text:
    return value.is(JsonValue::Kind::String);
  case Type::Int:
    return value.asInt().has_value();
  case Type::Float:
    return value.asNumber().has_value();
  case Type::Truth:
    return value.is(JsonValue::Kind::Bool);
  case Type::Any:
    return true;
  case Type::Union:
    return value.asString() &&
           llvm::is_contained(field.alternatives, value.text);
  }
  return false;
}

class Validator {
public:
  Validator(const Schema &schema, DiagnosticEngine &diags)
      : schema(schema), diags(diags) {}

  void check(const Item &item) {
    // `TraceItem.Performance` and `Performance` are one case.
    llvm::StringRef name = llvm::StringRef(item.type).rsplit('.').second;
    name = name.empty() ? llvm::StringRef(item.type) : name;
    const SchemaCase *found = schema.find(name);
    if (!found) {
      std::vector<std::string> names;
      for (const SchemaCase &each : schema.cases) {
        names.push_back(each.name);
      }
      const JsonValue *type = item.value.find("type");
      auto error =
          diags.error(diag::err_schema_case, type ? type->range : item.range());
      error << quoted(name);
      error.help(nameHelp(name, "cases", names));
      return;
    }
    for (const SchemaField &field : found->fields) {
      const JsonValue *value = item.value.find(field.name);
      if (!value) {
        auto error = diags.error(diag::err_schema_missing, item.range())
                     << found->name << field.name << typeText(field);
        error.note(field.range, "the schema asks for it here");
      } else if (!fits(*value, field)) {
        auto error = diags.error(diag::err_schema_field, value->range)
                     << found->name << field.name << shown(*value)
                     << typeText(field);
        error.note(field.range, "the field is declared here");
      }
    }
    checkExtra(item, *found);
  }

private:
  const Schema &schema;
  DiagnosticEngine &diags;

  static std::string shown(const JsonValue &value) {
    bool isShort =
        !value.is(JsonValue::Kind::Array) && !value.is(JsonValue::Kind::Object);
    return isShort ? "`" + quoted(toText(value)) + "`" : value.kindName().str();
  }

  /// What every item of ours says about where it comes from is no mistake.
  void checkExtra(const Item &item, const SchemaCase &found) {
    static constexpr llvm::StringLiteral kProvenance[] = {
        "type",         "measured",     "device",  "device_uuid",
        "arch",         "driver",       "toolkit", "peer",
        "kernel",       "problem",      "samples", "rounds",
        "spread",       "timestamp",    "source",  "configuration",
        "flop_formula", "sm_clock_mhz", "time_ms"};
    for (const JsonMember &member : item.value.members) {
      bool isKnown = llvm::is_contained(kProvenance, member.key) ||
                     llvm::any_of(found.fields, [&](const SchemaField &field) {
                       return field.name == member.key;
                     });
      if (isKnown || diags.warningCount() >= kMaxWarnings) {
        continue;
      }
      std::vector<std::string> names;
      for (const SchemaField &field : found.fields) {
        names.push_back(field.name);
      }
      auto warning = diags.warning(diag::warn_schema_extra, member.keyRange);
      warning << found.name << quoted(member.key);
      if (auto near = nearestName(member.key, names)) {
        warning.help("did you mean `" + *near + "`?");
      }
    }
  }
};

} // namespace

const SchemaCase *Schema::find(llvm::StringRef name) const {
  auto found = llvm::find_if(
      cases, [&](const SchemaCase &each) { return each.name == name; });
  return found == cases.end() ? nullptr : &*found;
}

std::optional<Schema> readSchema(const ast::File &file,
                                 DiagnosticEngine &diags) {
  Schema schema;
  for (const ast::Block *block : file.system.blocks("trace_schema")) {
    SchemaReader(diags).read(*block, schema);
  }
  if (schema.cases.empty()) {
    diags.error(diag::err_no_trace_schema, file.system.name.range)
        << file.system.name.text;
    return std::nullopt;
  }
  return schema;
}

size_t validate(const Trace &trace, const Schema &schema,
                DiagnosticEngine &diags) {
  Validator validator(schema, diags);
  size_t good = 0;
  for (const Item &item : trace.items) {
    // The steps of an agent and records of tools have no case.
    if (item.type.empty() || item.kind == ItemKind::AgentStep ||
        item.kind == ItemKind::Record) {
      continue;
    }
    unsigned before = diags.errorCount();
    validator.check(item);
    good += diags.errorCount() == before;
  }
  return good;
}

} // namespace spak::trace
