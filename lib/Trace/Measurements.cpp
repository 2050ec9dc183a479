// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which fields of which item are figures, axes, sizes and provenance.
// Must not know what is concluded from them.
#include "spak/Trace/Measurement.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace spak::trace {

namespace {

struct FigureRow {
  llvm::StringLiteral field;
  llvm::StringLiteral figure;
};

/// Of one figure the first field counts.
constexpr FigureRow kFigures[] = {
    {"tflops", kThroughput},
    {"best_tflops", kThroughput},
    {"throughput_tflops", kThroughput},
    {"throughput", kThroughput},
    {"time_ms", kTime},
    {"time", kTime},
    {"avg_step_time_ms", kTime},
    {"step_time_ms", kTime},
    {"median_ms", kTime},
    {"bandwidth_gbps", kBandwidth},
    {"bandwidth", kBandwidth},
    {"ratio_to_peer", kRatio},
    {"ratio", kRatio},
    {"speedup", kRatio},
    {"speedup_vs_native", kRatio},
    {"speedup_vs_baseline", kRatio},
    {"speedup_vs_torch", kRatio},
    {"ratio_low", "ratio_low"},
    {"ratio_high", "ratio_high"},
    {"pytorch_tflops", kPeerThroughput},
    {"torch_tflops", kPeerThroughput},
    {"peer_throughput", kPeerThroughput},
    {"total_time_s", "total_time_s"},
    {"registers", "registers"},
    {"smem_bytes", "shared_bytes"},
    {"shared_bytes", "shared_bytes"},
    {"spill_bytes", "spill_bytes"},
};

/// Fields of a configuration of a sweep that are no axes.
constexpr llvm::StringLiteral kNoAxes[] = {
    "type",     "device",   "device_uuid", "passed",       "timestamp",
    "source",   "measured", "peer",        "driver",       "toolkit",
    "arch",     "kernel",   "step_name",   "flop_formula", "sm_clock_mhz",
    "samples",  "rounds",   "spread",      "max_error",    "correct",
    "category", "date",     "error",       "status"};

std::optional<llvm::StringRef> figureOf(llvm::StringRef field) {
  const auto *row = llvm::find_if(
      kFigures, [&](const FigureRow &r) { return r.field == field; });
  return row == std::end(kFigures)
             ? std::nullopt
             : std::optional<llvm::StringRef>(row->figure);
}

void setFigure(Measurement &m, llvm::StringRef field, double value) {
  if (auto name = figureOf(field); name && std::isfinite(value)) {
    m.figures.try_emplace(name->str(), value);
  }
}

std::optional<space::AxisValue> axisValue(const JsonValue &value) {
  switch (value.kind) {
  case JsonValue::Kind::Bool:
    return space::AxisValue(value.boolean);
  case JsonValue::Kind::Int:
    return space::AxisValue(value.integer);
  case JsonValue::Kind::Float:
    return space::AxisValue(value.number);
  case JsonValue::Kind::String:
    return space::AxisValue(value.text);
  default:
    return std::nullopt;
  }
}

std::string textOf(const JsonValue *value) {
  if (!value) {
    return "";
  }
  if (std::optional<llvm::StringRef> text = value->asString()) {
    return text->str();
  }
  return value->asNumber() ? toText(*value) : "";
}

/// The day of an ISO 8601 time or of seconds since 1970; empty if it is
/// neither.
std::string dayOf(const JsonValue *value) {
  if (!value) {
    return "";
  }
  if (std::optional<llvm::StringRef> text = value->asString()) {
    llvm::StringRef day = text->take_front(10);
    bool good = day.size() == 10;
    for (size_t i = 0; good && i < 10; ++i) {
      good = i == 4 || i == 7 ? day[i] == '-' : llvm::isDigit(day[i]);
    }
    return good ? day.str() : "";
  }
  std::optional<double> seconds = value->asNumber();
  if (!seconds || *seconds < 0 || *seconds > 4e9) {
    return "";
  }
  // Days to a date of the Gregorian calendar, years that begin in March.
  int64_t days = static_cast<int64_t>(*seconds) / 86400 + 719468;
  int64_t era = days / 146097, ofEra = days % 146097;
  int64_t year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365;
  int64_t ofYear = ofEra - (365 * year + year / 4 - year / 100);
  int64_t part = (5 * ofYear + 2) / 153;
  int64_t month = part < 10 ? part + 3 : part - 9;
  char buffer[40];
  std::snprintf(buffer, sizeof(buffer), "%04d-%02d-%02d",
                static_cast<int>(year + era * 400 + (month <= 2)),
                static_cast<int>(month),
                static_cast<int>(ofYear - (153 * part + 2) / 5 + 1));
  return buffer;
}

/// Fills what \p fields say and \p m does not have yet.
void addProvenance(Measurement &m, const JsonValue &fields) {
  auto text = [&](std::string &to, std::initializer_list<const char *> keys) {
    for (const char *key : keys) {
      if (to.empty()) {
        to = textOf(fields.find(key));
      }
    }
  };
  Provenance &from = m.from;
  text(from.device, {"device", "device_name"});
  text(from.uuid, {"device_uuid", "uuid"});
  text(from.arch, {"arch"});
  text(from.driver, {"driver", "driver_version"});
  text(from.toolkit, {"toolkit", "cuda", "cuda_version"});
  text(from.flopFormula, {"flop_formula"});
  text(m.peer, {"peer"});
  text(m.kernel, {"kernel"});
  for (const char *key : {"timestamp", "date"}) {
    if (from.date.empty()) {
      from.date = dayOf(fields.find(key));
    }
  }
  const JsonValue *clock = fields.find("sm_clock_mhz");
  if (clock && !from.clockMhz) {
    from.clockMhz = clock->asNumber();
  }
  if (const JsonValue *measured = fields.find("measured")) {
    if (from.origin == Provenance::Origin::Claimed) {
      from.origin = measured->asBool() == true ? Provenance::Origin::Measured
                                               : Provenance::Origin::Model;
    }
  }
  for (const char *key : {"passed", "correct"}) {
    if (const JsonValue *passed = fields.find(key);
        passed && passed->asBool() && !m.correct) {
      m.correct = passed->asBool();
    }
  }
  auto count = [&](const char *key, int64_t &to) {
    const JsonValue *value = fields.find(key);
    std::optional<int64_t> number = value ? value->asInt() : std::nullopt;
    if (number && *number > 0) {
      to = *number;
    }
  };
  count("samples", m.samples);
  count("rounds", m.rounds);
  const JsonValue *spread = fields.find("spread");
  if (spread && spread->asNumber() && *spread->asNumber() >= 0) {
    m.spread = spread->asNumber();
  }
}

void addConfiguration(Measurement &m, const JsonValue *object) {
  if (!object) {
    return;
  }
  for (const JsonMember &member : object->members) {
    if (std::optional<space::AxisValue> value = axisValue(member.value)) {
      m.configuration.insert_or_assign(member.key, *value);
    }
  }
}

void addShape(Measurement &m, const JsonValue *object) {
  if (!object) {
    return;
  }
  for (const JsonMember &member : object->members) {
    // The seed of the inputs is no size.
    std::optional<int64_t> size = member.value.asInt();
    if (size && member.key != "seed") {
      m.shape.insert_or_assign(member.key, *size);
    }
  }
}

Measurement ofPerformance(const Item &item) {
  Measurement m;
  const JsonValue &value = item.value;
  addProvenance(m, value);
  if (m.kernel.empty()) {
    m.kernel = textOf(value.find("step_name"));
  }
  addConfiguration(m, value.find("configuration"));
  addConfiguration(m, value.find("config"));
  addShape(m, value.find("problem"));
  addShape(m, value.find("shape"));
  for (const JsonMember &member : value.members) {
    if (std::optional<double> number = member.value.asNumber()) {
      setFigure(m, member.key, *number);
    }
  }
  if (m.peer.empty() && m.figures.count(std::string(kRatio))) {
    m.peer = value.find("speedup_vs_baseline") ? "the baseline" : "native";
  }
  return m;
}

/// One configuration of a sweep: figures and axes side by side.
Measurement ofSweepEntry(const Item &item, const JsonValue &entry) {
  Measurement m;
  addProvenance(m, entry);
  addProvenance(m, item.value);
  for (const JsonMember &member : entry.members) {
    std::optional<double> number = member.value.asNumber();
    if (number && figureOf(member.key)) {
      setFigure(m, member.key, *number);
    } else if (!llvm::is_contained(kNoAxes, member.key)) {
      if (std::optional<space::AxisValue> value = axisValue(member.value)) {
        m.configuration.insert_or_assign(member.key, *value);
      }
    }
  }
  addConfiguration(m, entry.find("config"));
  addConfiguration(m, entry.find("configuration"));
  addShape(m, item.value.find("problem"));
  if (m.peer.empty() && m.figures.count(std::string(kRatio))) {
    m.peer = "torch";
  }
  return m;
}

Measurement ofRecord(const Item &item) {
  Measurement m;
  const JsonValue &value = item.value;
  addProvenance(m, value);
  if (const JsonValue *environment = value.find("environment")) {
    addProvenance(m, *environment);
  }
  // Only tools that run kernels write such records.
  if (m.from.origin == Provenance::Origin::Claimed) {
    m.from.origin = Provenance::Origin::Measured;
  }
  addConfiguration(m, value.find("configuration"));
  addShape(m, value.find("problem"));
  if (const JsonValue *correct = value.find("invalidity")) {
    m.correct = correct->asString() == "correct";
  }
  if (const JsonValue *times = value.find("times")) {
    const JsonValue *runtimes = times->find("runtimes");
    if (runtimes && !runtimes->elements.empty()) {
      m.samples = static_cast<int64_t>(runtimes->elements.size());
    }
  }
  const JsonValue *list = value.find("measurements");
  for (const JsonValue &entry :
       list ? list->elements : std::vector<JsonValue>()) {
    const JsonValue *name = entry.find("name");
    const JsonValue *number = entry.find("value");
    if (!name || !name->asString() || !number || !number->asNumber()) {
      continue;
    }
    if (name->text == "spread") {
      m.spread = number->asNumber();
    } else {
      setFigure(m, name->text, *number->asNumber());
    }
  }
  return m;
}

bool isBench(const Item &item) {
  const JsonValue *kind = item.value.find("kind");
  return kind && kind->asString() == "bench";
}

} // namespace

std::optional<double> Measurement::figure(llvm::StringRef name) const {
  auto found = figures.find(name.str());
  return found == figures.end() ? std::nullopt
                                : std::optional<double>(found->second);
}

std::vector<Measurement> measurements(const Trace &trace) {
  std::vector<Measurement> result;
  auto add = [&](Measurement m, const Item &item, SourceRange at) {
    m.item = &item;
    Item entry;
    entry.value.range = at.isValid() ? at : item.range();
    m.range = entry.range();
    m.place = entry.place();
    result.push_back(std::move(m));
  };
  for (const Item &item : trace.items) {
    if (item.kind == ItemKind::Performance) {
      add(ofPerformance(item), item, {});
    } else if (item.kind == ItemKind::Record && isBench(item)) {
      add(ofRecord(item), item, {});
    } else if (item.kind == ItemKind::EngineeringSweep) {
      const JsonValue *history = item.value.find("full_history");
      const JsonValue *best = item.value.find("best_config");
      if (history && !history->elements.empty()) {
        for (const JsonValue &entry : history->elements) {
          if (entry.is(JsonValue::Kind::Object)) {
            add(ofSweepEntry(item, entry), item, entry.range);
          }
        }
      } else if (best) {
        add(ofSweepEntry(item, *best), item, best->range);
      }
    }
  }
  return result;
}

std::string toText(const Measurement &m) {
  static constexpr llvm::StringLiteral kOrigins[] = {"claimed", "model",
                                                     "measured"};
  std::string text;
  llvm::raw_string_ostream os(text);
  os << (m.kernel.empty() ? "-" : m.kernel) << "  ";
  for (const auto &[axis, value] : m.configuration) {
    os << axis << "=" << value.text() << " ";
  }
  for (const auto &[dim, size] : m.shape) {
    os << dim << "=" << size << " ";
  }
  for (const auto &[name, value] : m.figures) {
    os << " " << name << " " << numberText(value);
  }
  os << "  " << kOrigins[static_cast<unsigned>(m.from.origin)] << " on "
     << (m.from.device.empty() ? "an unknown device" : m.from.device)
     << ", confidence " << llvm::format("%.2f", confidence(m));
  return text;
}

std::vector<std::string> missingProvenance(const Measurement &m) {
  std::vector<std::string> missing;
  const Provenance &from = m.from;
  if (from.origin == Provenance::Origin::Claimed) {
    missing.push_back("whether it was measured");
  }
  if (from.device.empty() && from.uuid.empty()) {
    missing.push_back("the device");
  }
  if (!from.clockMhz) {
    missing.push_back("clocks");
  }
  if (from.flopFormula.empty() && m.figure(kThroughput)) {
    missing.push_back("the FLOP formula");
  }
  if (from.date.empty()) {
    missing.push_back("the date");
  }
  return missing;
}

double confidence(const Measurement &m) {
  double c = m.from.origin == Provenance::Origin::Measured ? 0.98
             : m.from.origin == Provenance::Origin::Model  ? 0.3
                                                           : 0.5;
  double n = static_cast<double>(m.rounds > 0 ? m.rounds : m.samples);
  c *= n / (n + 1);
  c /= 1 + 2 * m.spread.value_or(0.05);
  for (const std::string &what : missingProvenance(m)) {
    c *= what == "whether it was measured" ? 1.0 : 0.85;
  }
  c *= m.correct.value_or(false) ? 1.0 : 0.9;
  return c;
}

} // namespace spak::trace
