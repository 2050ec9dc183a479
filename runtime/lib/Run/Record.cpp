// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: records of schema/trace-1.json. Must not measure.
#include "Run/Job.h"
#include "Trace/Line.h"

#include <cmath>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace spak_rt {

namespace {

using nlohmann::json;

/// What nvidia-smi says about the first device, or nulls.
void addClocks(json &environment) {
  std::string text;
  const int code = runCommand(
      {"nvidia-smi",
       "--query-gpu=driver_version,clocks.sm,clocks.mem,temperature.gpu,"
       "power.draw,uuid",
       "--format=csv,noheader,nounits", "--id=0"},
      &text);
  const char *const keys[] = {"driver",           "sm_clock_mhz",
                              "memory_clock_mhz", "temperature_c",
                              "power_w",          "device_uuid"};
  size_t begin = 0;
  for (size_t i = 0; i < 6; ++i) {
    // nvidia-smi puts a space after each comma.
    begin = std::min(text.find_first_not_of(' ', begin), text.size());
    const size_t end = std::min(text.find_first_of(",\n", begin), text.size());
    const std::string value = text.substr(begin, end - begin);
    char *rest = nullptr;
    const double number = std::strtod(value.c_str(), &rest);
    environment[keys[i]] = code != 0               ? json()
                           : i == 0 || i == 5      ? json(value)
                           : rest == value.c_str() ? json()
                                                   : json(number);
    begin = std::min(end + 1, text.size());
  }
}

const char *invalidityOf(int exitCode) {
  switch (exitCode) {
  case kExitOk:
    return "correct";
  case kExitWrong:
    return "correctness";
  case kExitToolchain:
    return "compile";
  case kExitUsage:
    return "constraints";
  default:
    return "runtime";
  }
}

/// Adds \p line to the file \p path; empty or "-" is standard output.
void append(const std::string &path, const std::string &line) {
  const bool isStandard = path.empty() || path == "-";
  std::FILE *file = isStandard ? stdout : std::fopen(path.c_str(), "ab");
  if (!file) {
    std::fprintf(stderr, "`%s` cannot be written\n", path.c_str());
    return;
  }
  std::fprintf(file, "%s\n", line.c_str());
  if (!isStandard) {
    std::fclose(file);
  }
}

} // namespace

Record::Record(const Job &job, const char *kind) : job(job), kind(kind) {}

void Record::measure(const std::string &name, double value, const char *unit) {
  if (std::isfinite(value)) {
    measured.push_back({name, {value, unit}});
  }
}

void Record::set(const std::string &key, const std::string &value) {
  extra.emplace_back(key, value);
}

void Record::write(const std::vector<double> &runtimes,
                   const Outcome &outcome) {
  const Manifest &manifest = job.description();
  const Driver &driver = job.cuda();
  char now[32];
  const std::time_t seconds = std::time(nullptr);
  std::strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%S+00:00",
                std::gmtime(&seconds));
  char device[256] = "";
  driver.deviceName(device, sizeof(device), 0);
  json record = {{"schema", "spak-trace-1"},
                 {"kind", kind},
                 {"timestamp", now},
                 {"spakc", manifest.compiler},
                 {"options_hash", manifest.optionsHash},
                 {"source", manifest.source},
                 {"kernel", job.kernel().name},
                 {"objectives", json::array()},
                 {"invalidity", invalidityOf(outcome.exitCode)},
                 {"correctness", outcome.ok() ? 1 : 0},
                 {"measurements", json::array()},
                 {"environment", {{"device", device}, {"arch", manifest.arch}}},
                 {"measured", true},
                 {"flop_formula", nullptr}};
  if (!job.options.flops.empty()) {
    record["flop_formula"] = job.options.flops;
  }
  record["configuration"] =
      json::parse(job.kernel().pointJson, nullptr, /*allow_exceptions=*/false);
  record["problem"] = job.options.shape;
  record["problem"]["distribution"] = job.options.distribution;
  record["problem"]["seed"] = job.options.seed;
  record["times"] = {{"compilation_time", nullptr},
                     {"runtimes", runtimes},
                     {"validation", nullptr}};
  if (job.compileSeconds > 0) {
    record["times"]["compilation_time"] = 1e3 * job.compileSeconds;
  }
  if (kind == "bench") {
    record["objectives"].push_back("time");
    record["rounds"] = job.options.rounds;
  }
  for (const auto &[name, value] : measured) {
    record["measurements"].push_back(
        {{"name", name}, {"value", value.first}, {"unit", value.second}});
  }
  for (const auto &[key, value] : extra) {
    record[key] = value;
  }
  if (!outcome.ok()) {
    record["message"] = outcome.message;
  }
  addClocks(record["environment"]);
  append(job.options.json,
         record.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!job.options.trace.empty()) {
    append(job.options.trace, traceLine(record));
  }
}

} // namespace spak_rt
