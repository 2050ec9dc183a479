// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: finding the items in a text and saying what is wrong with each. Must
// not know what is made of them.
#include "spak/Trace/Trace.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"

namespace spak::trace {

namespace {

struct KindRow {
  ItemKind kind;
  llvm::StringLiteral name;
};

constexpr KindRow kKinds[] = {
    {ItemKind::Performance, "Performance"},
    {ItemKind::Correctness, "Correctness"},
    {ItemKind::Analysis, "Analysis"},
    {ItemKind::Convergence, "Convergence"},
    {ItemKind::Insight, "Insight"},
    {ItemKind::EngineeringSweep, "EngineeringSweep"},
    {ItemKind::DesignCheck, "DesignCheck"},
    {ItemKind::CodePattern, "CodePattern"},
    {ItemKind::Memory, "Memory"},
    {ItemKind::Record, "Record"},
    {ItemKind::AgentStep, "AgentStep"},
    {ItemKind::Note, "Note"},
    {ItemKind::Guide, "Guide"},
    {ItemKind::Unknown, "Unknown"},
};

enum class FieldType : uint8_t { Text, Number, Truth, Measured, Object, Array };

constexpr llvm::StringLiteral kTypeNames[] = {
    "a string",  "a number", "a truth value", "true, false or \"model\"",
    "an object", "an array"};

struct FieldRow {
  llvm::StringLiteral name;
  FieldType type;
};

/// What the known fields hold, wherever they stand. A field may be null.
constexpr FieldRow kFields[] = {
    {"applied", FieldType::Truth},
    {"avg_step_time_ms", FieldType::Number},
    {"bandwidth_gbps", FieldType::Number},
    {"best_config", FieldType::Object},
    {"best_tflops", FieldType::Number},
    {"bottleneck", FieldType::Text},
    {"component", FieldType::Text},
    {"configuration", FieldType::Object},
    {"content", FieldType::Text},
    {"flop_formula", FieldType::Text},
    {"full_history", FieldType::Array},
    {"invariant_name", FieldType::Text},
    {"is_satisfied", FieldType::Truth},
    {"kernel", FieldType::Text},
    {"loss", FieldType::Number},
    {"max_error", FieldType::Number},
    {"measured", FieldType::Measured},
    {"measurements", FieldType::Array},
    {"passed", FieldType::Truth},
    {"pattern_name", FieldType::Text},
    {"predictions", FieldType::Array},
    {"problem", FieldType::Object},
    {"pytorch_tflops", FieldType::Number},
    {"sm_clock_mhz", FieldType::Number},
    {"speedup", FieldType::Number},
    {"speedup_vs_baseline", FieldType::Number},
    {"speedup_vs_native", FieldType::Number},
    {"step_name", FieldType::Text},
    {"step_time_ms", FieldType::Number},
    {"tflops", FieldType::Number},
    {"time_ms", FieldType::Number},
    {"times", FieldType::Object},
    {"torch_tflops", FieldType::Number},
    {"total_time_s", FieldType::Number},
    {"train_loss", FieldType::Number},
    {"utilization", FieldType::Number},
    {"val_loss", FieldType::Number},
};

bool fits(const JsonValue &value, FieldType type) {
  if (value.is(JsonValue::Kind::Null)) {
    return true;
  }
  switch (type) {
  case FieldType::Text:
    return value.is(JsonValue::Kind::String);
  case FieldType::Number:
    return value.asNumber().has_value();
  case FieldType::Truth:
    return value.is(JsonValue::Kind::Bool);
  case FieldType::Measured:
    return value.is(JsonValue::Kind::Bool) || value.asString() == "model";
  case FieldType::Object:
    return value.is(JsonValue::Kind::Object);
  case FieldType::Array:
    return value.is(JsonValue::Kind::Array);
  }
  return false;
}

/// `TraceItem.Performance` is `Performance`.
llvm::StringRef caseName(const Item &item) {
  return llvm::StringRef(item.type).substr(item.type.rfind('.') + 1);
}

/// The kind of an object that does not say its type.
ItemKind kindByShape(const JsonValue &value) {
  auto has = [&](llvm::StringRef key) { return value.find(key) != nullptr; };
  const JsonValue *schema = value.find("schema");
  if (schema && schema->asString() == "spak-trace-1") {
    return ItemKind::Record;
  }
  if (has("spak_guide")) {
    return ItemKind::Guide;
  }
  if (has("best_config") || has("full_history")) {
    return ItemKind::EngineeringSweep;
  }
  if (has("step_id") && (has("details") || has("timestamp"))) {
    return ItemKind::AgentStep;
  }
  if (has("category") && has("content")) {
    return ItemKind::Note;
  }
  if (has("tflops")) {
    return ItemKind::Performance;
  }
  return ItemKind::Unknown;
}

class TraceReader {
public:
  TraceReader(const SourceFile &source, const ReadOptions &options,
              Trace &trace, DiagnosticEngine &diags)
      : source(source), options(options), trace(trace), diags(diags) {}

  void run() {
    size_t before = trace.items.size();
    unsigned errors = diags.errorCount();
    llvm::StringRef text = source.text();
    text.consume_front("\xEF\xBB\xBF");
    llvm::StringRef trimmed = text.ltrim(" \t\r\n");
    if (text.contains(kLinePrefix)) {
      readLog();
    } else if (trimmed.starts_with("{") || trimmed.starts_with("[")) {
      readValues(static_cast<uint32_t>(trimmed.data() - source.text().data()));
    }
    if (trace.items.size() == before && diags.errorCount() == errors) {
      auto error = diags.error(diag::err_trace_no_items, source.range(0, 0))
                   << llvm::sys::path::filename(source.name());
      error.help("an item is a line with `__SPAK_TRACE__` and a JSON object "
                 "behind it, or the file is JSON");
    }
  }

private:
  const SourceFile &source;
  const ReadOptions &options;
  Trace &trace;
  DiagnosticEngine &diags;

  uint32_t size() const { return static_cast<uint32_t>(source.text().size()); }

  /// A report, unless it is a warning after very many.
  void report(diag::Id hard, diag::Id soft, SourceRange range,
              llvm::StringRef first, llvm::StringRef second,
              llvm::StringRef third = {}) {
    if (options.lenient && diags.warningCount() >= kMaxWarnings) {
      return;
    }
    auto builder = diags.report(options.lenient ? soft : hard, range)
                   << first << second;
    if (!third.empty()) {
      builder << third;
    }
  }

  void reportJson(const JsonError &error) {
    report(diag::err_trace_json, diag::warn_trace_json, error.range,
           error.expected, error.got);
  }

  void readLog() {
    llvm::StringRef text = source.text();
    size_t at = 0;
    while ((at = text.find(kLinePrefix, at)) != llvm::StringRef::npos) {
      at += kLinePrefix.size();
      size_t lineEnd = std::min(text.find('\n', at), text.size());
      SourceRange line = source.range(static_cast<uint32_t>(at),
                                      static_cast<uint32_t>(lineEnd));
      uint32_t begin = line.begin;
      while (begin < line.end &&
             llvm::StringRef(" \t:").contains(text[begin])) {
        ++begin;
      }
      line.begin = begin;
      uint32_t end = 0;
      JsonError error;
      if (std::optional<JsonValue> value = readJson(line, end, error, diags)) {
        llvm::StringRef rest = text.slice(end, lineEnd).trim(" \t\r");
        if (!rest.empty()) {
          diags.warning(diag::warn_json_lenient,
                        source.range(end, static_cast<uint32_t>(lineEnd)))
              << "text behind an item" << "nothing";
        }
        add(std::move(*value), /*isLine=*/true);
      } else {
        reportJson(error);
      }
      at = lineEnd;
    }
  }

  /// Values one after the other: one document, or JSON lines.
  void readValues(uint32_t at) {
    llvm::StringRef text = source.text();
    while (true) {
      while (at < size() && llvm::StringRef(" \t\r\n,").contains(text[at])) {
        ++at;
      }
      if (at >= size()) {
        return;
      }
      uint32_t end = 0;
      JsonError error;
      std::optional<JsonValue> value =
          readJson(source.range(at, size()), end, error, diags);
      if (value) {
        addAll(std::move(*value));
        at = end;
        continue;
      }
      reportJson(error);
      // The next line that looks like the start of a value.
      size_t next = text.find("\n{", std::max(at, error.range.begin));
      if (next == llvm::StringRef::npos || diags.atErrorLimit()) {
        return;
      }
      at = static_cast<uint32_t>(next);
    }
  }

  void addAll(JsonValue value) {
    if (!value.is(JsonValue::Kind::Array)) {
      add(std::move(value), /*isLine=*/false);
      return;
    }
    for (JsonValue &element : value.elements) {
      add(std::move(element), /*isLine=*/false);
    }
  }

  void add(JsonValue value, bool isLine) {
    if (!value.is(JsonValue::Kind::Object)) {
      report(diag::err_trace_json, diag::warn_trace_json, value.range,
             "an item, which is an object", value.kindName());
      return;
    }
    Item item;
    item.isLine = isLine;
    const JsonValue *type = value.find("type");
    ItemKind shaped = kindByShape(value);
    if (type && !type->is(JsonValue::Kind::String) &&
        shaped == ItemKind::Unknown) {
      wrongField("type", *type, "a string");
      return;
    }
    if (type && type->asString()) {
      item.type = type->text;
    }
    item.kind = shaped;
    // The steps of an agent have a `type` that is no kind.
    if (!item.type.empty() && shaped != ItemKind::AgentStep) {
      const auto *row = llvm::find_if(
          kKinds, [&](const KindRow &r) { return r.name == caseName(item); });
      if (row != std::end(kKinds)) {
        item.kind = row->kind;
      } else if (shaped == ItemKind::Unknown || isLine) {
        item.kind = ItemKind::Unknown;
      }
    }
    if (item.kind == ItemKind::Unknown) {
      unknown(item, value, type);
    }
    if (options.checksFields) {
      checkFields(value);
    }
    item.value = std::move(value);
    trace.items.push_back(std::move(item));
  }

  void unknown(const Item &item, const JsonValue &value,
               const JsonValue *type) {
    if (diags.warningCount() >= kMaxWarnings) {
      return;
    }
    std::vector<std::string> names;
    for (const KindRow &row : kKinds) {
      if (row.kind < ItemKind::Record) {
        names.push_back(row.name.str());
      }
    }
    auto warning = diags.warning(diag::warn_trace_unknown_item,
                                 type ? type->range : value.range);
    warning << (item.type.empty()
                    ? "an item without `type`"
                    : "the item type `" + quoted(item.type) + "`");
    if (!item.type.empty()) {
      warning.help(nameHelp(item.type, "item types", names));
    }
  }

  void wrongField(llvm::StringRef name, const JsonValue &value,
                  llvm::StringRef expected) {
    report(diag::err_trace_field, diag::warn_trace_field, value.range, name,
           expected, value.kindName());
  }

  /// Takes fields of a wrong type out, so that no reader below meets one.
  void checkFields(JsonValue &value) {
    auto wrong = [&](const JsonMember &member) {
      const auto *row = llvm::find_if(
          kFields, [&](const FieldRow &r) { return r.name == member.key; });
      if (row == std::end(kFields) || fits(member.value, row->type)) {
        return false;
      }
      wrongField(member.key, member.value,
                 kTypeNames[static_cast<unsigned>(row->type)]);
      return true;
    };
    llvm::erase_if(value.members, wrong);
  }
};

} // namespace

llvm::StringRef itemKindName(ItemKind kind) {
  return kKinds[static_cast<unsigned>(kind)].name;
}

std::string Item::place() const {
  if (!value.range.isValid()) {
    return "";
  }
  const SourceFile &file = *value.range.file;
  return (llvm::sys::path::filename(file.name()) + ":L" +
          llvm::Twine(file.lineColumn(value.range.begin).line))
      .str();
}

void readTrace(const SourceFile &source, const ReadOptions &options,
               Trace &trace, DiagnosticEngine &diags) {
  TraceReader(source, options, trace, diags).run();
}

} // namespace spak::trace
