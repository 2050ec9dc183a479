// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which member of a record becomes which field of a line.
#include "Trace/Line.h"

#include <nlohmann/json.hpp>

namespace spak_rt {

namespace {

using nlohmann::json;

/// The member \p key of \p object, or null.
json at(const json &object, const char *key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : json();
}

struct Measure {
  const char *name, *field;
};

constexpr Measure kMeasures[] = {
    {"throughput", "tflops"},   {"ratio", "speedup"},
    {"ratio_low", "ratio_low"}, {"ratio_high", "ratio_high"},
    {"time", "time_ms"},        {"bandwidth", "bandwidth"},
    {"spread", "spread"},       {"peer_throughput", "peer_throughput"},
    {"max_error", "max_error"},
};

void addMeasures(const json &record, json &line) {
  for (const json &entry : at(record, "measurements")) {
    for (const Measure &measure : kMeasures) {
      if (at(entry, "name") == measure.name) {
        line[measure.field] = at(entry, "value");
      }
    }
  }
}

} // namespace

std::string traceLine(const json &record) {
  const bool isRight = at(record, "invalidity") == "correct";
  const bool isTiming = at(record, "kind") == "bench" && isRight;
  const json environment = at(record, "environment");
  json line = {{"type", isTiming ? "Performance" : "Correctness"},
               {"step_name", at(record, "kernel")},
               {"kernel", at(record, "kernel")},
               {"measured", true},
               {"configuration", at(record, "configuration")},
               {"problem", at(record, "problem")},
               {"timestamp", at(record, "timestamp")}};
  addMeasures(record, line);
  for (const char *key :
       {"device", "device_uuid", "driver", "sm_clock_mhz", "arch"}) {
    line[key] = at(environment, key);
  }
  if (isTiming) {
    line["flop_formula"] = at(record, "flop_formula");
    line["samples"] = at(at(record, "times"), "runtimes").size();
    for (const char *key : {"rounds", "peer"}) {
      if (!at(record, key).is_null()) {
        line[key] = at(record, key);
      }
    }
  } else {
    line["component"] = at(record, "kernel");
    if (!isRight) {
      line["message"] = at(record, "message");
    }
  }
  line["passed"] = isRight;
  return "__SPAK_TRACE__ " +
         line.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace spak_rt
