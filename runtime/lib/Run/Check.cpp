// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the check of one launch: guard bands here, the reference and the
// two-sided rule in runtime/python/spak_rt/judge.py, run under python3.
#include "Run/Job.h"

#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

namespace spak_rt {

using nlohmann::json;

/// The text of judge.py (made from it when the runtime is built).
extern const char *const kJudgeProgram;

namespace {

Outcome writeFile(const std::string &path, const void *data, size_t size) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  bool ok = file && std::fwrite(data, 1, size, file) == size;
  ok = file && std::fclose(file) == 0 && ok;
  return ok ? Outcome()
            : Outcome{kExitToolchain, "`" + path + "` cannot be written"};
}

} // namespace

Outcome Job::checkGuards(size_t tensor, std::vector<uint8_t> bits) const {
  const TensorInfo &described = info->tensors[tensor];
  const size_t element = described.type->bytes;
  forEachElement(tensors[tensor], [&](size_t, size_t offset) {
    std::memset(&bits[kGuardBytes + offset * element], 0xff, element);
  });
  for (uint8_t byte : bits) {
    if (byte != 0xff) {
      return {kExitWrong, "memory around " + described.name + " was written"};
    }
  }
  return {};
}

Outcome Job::check(std::map<std::string, double> &measures) {
  Outcome outcome = poison();
  if (outcome.ok()) {
    outcome = launch(!device.isLoaded());
  }
  if (outcome.ok()) {
    outcome = wait();
  }
  for (size_t i = 0; i < tensors.size() && outcome.ok(); ++i) {
    std::vector<uint8_t> bits;
    outcome = read(i, bits);
    if (outcome.ok() && (!options.check.empty() || !options.keep.empty() ||
                         !options.checkFolder.empty())) {
      outcome = writeFile(scratch + "/" + info->tensors[i].name + ".bin",
                          bits.data(), bits.size());
    }
    if (outcome.ok()) {
      outcome = checkGuards(i, std::move(bits));
    }
  }
  if (outcome.ok() &&
      (!options.check.empty() || !options.checkFolder.empty())) {
    outcome = judge(measures);
  }
  return outcome;
}

Outcome Job::judge(std::map<std::string, double> &measures) {
  json job = {{"expected", options.checkFolder},
              {"point", json::parse(info->pointJson, nullptr, false)},
              {"scalars", json::object()},
              {"tensors", json::array()}};
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo &described = info->tensors[i];
    job["tensors"].push_back({{"name", described.name},
                              {"kind", described.isOutput ? "out" : "in"},
                              {"dtype", described.type->name},
                              {"sizes", tensors[i].sizes},
                              {"strides", tensors[i].strides},
                              {"offset", kGuardBytes / described.type->bytes}});
  }
  for (size_t i = 0; i < info->scalars.size(); ++i) {
    job["scalars"][info->scalars[i].name] = bindings.scalars[i];
  }
  const std::string text = job.dump();
  Outcome outcome = writeFile(scratch + "/job.json", text.data(), text.size());
  if (!outcome.ok()) {
    return outcome;
  }
  std::vector<std::string> command = {options.python, "-c", kJudgeProgram,
                                      scratch};
  if (!options.check.empty()) {
    const size_t colon = options.check.rfind(':');
    if (colon == std::string::npos) {
      return {kExitUsage,
              "expected --check=FILE.py:FUNCTION, got `" + options.check + "`"};
    }
    command.push_back(options.check.substr(0, colon));
    command.push_back(options.check.substr(colon + 1));
  }
  std::string log;
  if (runCommand(command, &log) != 0) {
    return {kExitToolchain, "the comparison does not run under " +
                                options.python + ":\n" + log};
  }
  // The program's own object is the last line; a reference may print too.
  const size_t last = log.rfind('\n');
  const json verdicts =
      json::parse(last == std::string::npos ? log : log.substr(last + 1),
                  nullptr, /*allow_exceptions=*/false);
  if (!verdicts.is_object()) {
    return {kExitToolchain, "the comparison gave no verdict:\n" + log};
  }
  for (const auto &[name, verdict] : verdicts.items()) {
    for (const auto &[key, value] : verdict["measures"].items()) {
      measures[name + "." + key] = value.is_number() ? value.get<double>() : 0;
    }
    const auto reasons = verdict["reasons"].get<std::string>();
    if (!reasons.empty() && outcome.ok()) {
      outcome = {kExitWrong, name + ": " + reasons};
    }
  }
  return outcome;
}

} // namespace spak_rt
