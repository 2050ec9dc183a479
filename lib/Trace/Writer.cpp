// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: items as lines of a log. Must not know where the lines go.
#include "spak/Trace/Measurement.h"

#include "llvm/ADT/STLExtras.h"

namespace spak::trace {

namespace {

/// Collects members of one object on one line.
class Line {
public:
  explicit Line(llvm::StringRef type)
      : text("{\"type\": " + quotedJson(type)) {}

  void raw(llvm::StringRef key, const std::string &value) {
    text += ", " + quotedJson(key) + ": " + value;
  }
  void string(llvm::StringRef key, llvm::StringRef value) {
    if (!value.empty()) {
      raw(key, quotedJson(value));
    }
  }
  std::string take() { return std::move(text) + "}"; }

private:
  std::string text;
};

std::string axisJson(const space::AxisValue &value) {
  return value.isText()    ? quotedJson(value.asText())
         : value.isFloat() ? numberText(value.asFloat())
                           : value.text();
}

std::string performanceLine(const Measurement &m) {
  Line line("Performance");
  line.string("step_name", m.kernel);
  // The names that earlier traces have come first, for their readers.
  if (auto value = m.figure(kThroughput)) {
    line.raw("tflops", numberText(*value));
  }
  if (auto value = m.figure(kRatio)) {
    line.raw("speedup", numberText(*value));
  }
  if (auto value = m.figure(kPeerThroughput)) {
    line.raw("peer_throughput", numberText(*value));
  }
  for (const auto &[name, value] : m.figures) {
    if (name != kThroughput && name != kRatio && name != kPeerThroughput) {
      line.raw(name, numberText(value));
    }
  }
  line.string("peer", m.peer);
  std::string configuration, shape;
  for (const auto &[axis, value] : m.configuration) {
    configuration += (configuration.empty() ? "" : ", ") + quotedJson(axis) +
                     ": " + axisJson(value);
  }
  for (const auto &[dim, size] : m.shape) {
    shape += (shape.empty() ? "" : ", ") + quotedJson(dim) + ": " +
             std::to_string(size);
  }
  line.raw("configuration", "{" + configuration + "}");
  line.raw("problem", "{" + shape + "}");
  const Provenance &from = m.from;
  if (from.origin != Provenance::Origin::Claimed) {
    line.raw("measured", from.origin == Provenance::Origin::Measured
                             ? "true"
                             : "\"model\"");
  }
  line.string("device", from.device);
  line.string("device_uuid", from.uuid);
  line.string("arch", from.arch);
  line.string("driver", from.driver);
  line.string("toolkit", from.toolkit);
  if (from.clockMhz) {
    line.raw("sm_clock_mhz", numberText(*from.clockMhz));
  }
  line.string("flop_formula", from.flopFormula);
  line.raw("samples", std::to_string(m.samples));
  if (m.rounds > 0) {
    line.raw("rounds", std::to_string(m.rounds));
  }
  if (m.spread) {
    line.raw("spread", numberText(*m.spread));
  }
  if (m.correct) {
    line.raw("passed", *m.correct ? "true" : "false");
  }
  line.string("date", from.date);
  return line.take();
}

std::string correctnessLine(const Item &item) {
  Line line("Correctness");
  const JsonValue &value = item.value;
  auto text = [&](const char *key) {
    const JsonValue *found = value.find(key);
    return found && found->asString() ? found->text : std::string();
  };
  line.string("step_name", text("kernel"));
  line.raw("passed", text("invalidity") == "correct" ? "true" : "false");
  const JsonValue *list = value.find("measurements");
  for (const JsonValue &entry :
       list ? list->elements : std::vector<JsonValue>()) {
    const JsonValue *name = entry.find("name");
    const JsonValue *number = entry.find("value");
    if (name && number && name->asString() == "max_error" &&
        number->asNumber()) {
      line.raw("max_error", numberText(*number->asNumber()));
    }
  }
  line.string("component", text("kernel"));
  line.string("message", text("message"));
  return line.take();
}

} // namespace

std::string toLine(const Item &item) {
  std::string prefix = kLinePrefix.str() + " ";
  if (item.kind == ItemKind::Record) {
    Trace one;
    one.items.push_back(item);
    std::vector<Measurement> found = measurements(one);
    return prefix + (found.empty() ? correctnessLine(item)
                                   : performanceLine(found.front()));
  }
  // The `type` of an agent's step is no kind of item.
  bool isStep = item.kind == ItemKind::AgentStep;
  llvm::StringRef kind = itemKindName(item.kind);
  Line line(item.type.empty() || isStep ? kind : llvm::StringRef(item.type));
  for (const JsonMember &member : item.value.members) {
    bool isType = member.key == "type";
    if (!isType) {
      line.raw(member.key, toText(member.value));
    } else if (isStep && member.value.asString() != kind) {
      line.raw("step_type", toText(member.value));
    }
  }
  return prefix + line.take();
}

} // namespace spak::trace
