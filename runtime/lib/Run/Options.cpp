// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the command line of spak-run and spak-bench. Must not act on it.
#include "Run/Job.h"

#include <cstdlib>

namespace spak_rt {

namespace {

Outcome usage(std::string message) { return {kExitUsage, std::move(message)}; }

std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool toNumber(const std::string &text, double &value) {
  char *end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

/// "M=3,N=4" or "scale=0.5" into a map.
template <typename Number>
Outcome readPairs(const std::string &text, const char *what,
                  std::map<std::string, Number> &pairs) {
  for (const std::string &part : split(text, ',')) {
    const size_t equals = part.find('=');
    double value = 0;
    if (equals == std::string::npos ||
        !toNumber(part.substr(equals + 1), value)) {
      return usage("expected " + std::string(what) + ", got `" + part + "`");
    }
    pairs[part.substr(0, equals)] = Number(value);
  }
  return {};
}

} // namespace

Outcome Outcome::of(const Status &status) {
  if (status.ok()) {
    return {};
  }
  const int code = status.code == SPAK_RT_NO_DEVICE      ? kExitNoDevice
                   : status.code == SPAK_RT_BAD_MANIFEST ? kExitDiagnosed
                                                         : kExitRunFailed;
  return {code, status.message};
}

Outcome Options::parse(int argc, char **argv) {
  const std::map<std::string, std::string *> texts = {
      {"manifest", &manifest}, {"kernel", &kernel},
      {"nvcc", &nvcc},         {"json", &json},
      {"check", &check},       {"check-file", &checkFolder},
      {"dist", &distribution}, {"via", &via},
      {"flops", &flops},       {"bytes", &bytes},
      {"python", &python},     {"keep", &keep},
      {"trace", &trace}};
  const std::map<std::string, int64_t *> numbers = {
      {"repeat-bits", &repeatBits},
      {"pad", &pad},
      {"rounds", &rounds},
      {"samples", &samples}};
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument.compare(0, 2, "--") != 0) {
      if (!input.empty()) {
        return usage("expected one file, got `" + input + "` and `" + argument +
                     "`");
      }
      input = argument;
      continue;
    }
    if (argument == "--help" || argument == "--hot") {
      (argument == "--help" ? wantsHelp : isHot) = true;
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string key = argument.substr(2, equals - 2);
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (i + 1 < argc) {
      value = argv[++i];
    }
    Outcome outcome;
    double number = 0;
    if (texts.count(key)) {
      *texts.at(key) = value;
    } else if (key == "shape") {
      outcome = readPairs(value, "--shape=DIM=SIZE,…", shape);
    } else if (key == "scalar") {
      outcome = readPairs(value, "--scalar=NAME=VALUE,…", scalars);
    } else if (key == "order") {
      const size_t at = value.find('=');
      order[value.substr(0, at)] =
          split(at == std::string::npos ? "" : value.substr(at + 1), ',');
    } else if (key == "seed" || numbers.count(key)) {
      if (!toNumber(value, number) || number < 0) {
        return usage("expected a number from 0 up for --" + key + ", got `" +
                     value + "`");
      }
      if (key == "seed") {
        seed = uint64_t(number);
      } else {
        *numbers.at(key) = int64_t(number);
      }
    } else {
      return usage("unknown option `--" + key + "`; see --help");
    }
    if (!outcome.ok()) {
      return outcome;
    }
  }
  if (wantsHelp) {
    return {};
  }
  if (input.empty()) {
    return usage("expected a KERNEL.cubin, .cu or .so; see --help");
  }
  if (via != "manifest" && via != "function" && via != "both") {
    return usage("expected --via=manifest, function or both, got `" + via +
                 "`");
  }
  if (manifest.empty()) {
    manifest = input.substr(0, input.rfind('.')) + ".json";
  }
  return {};
}

} // namespace spak_rt
