// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: running a kernel's NumPy reference through python3. Must not judge.
#include "Check/Arrays.h"
#include "Run/Job.h"

#include <nlohmann/json.hpp>

namespace spak_rt {

namespace {

/// Reads the inputs, calls the function and, where there is one, its plain
/// low-precision form `<function>_std`, and writes what they give.
const char *const kProgram = R"PY(
import importlib.util, inspect, json, os, sys
import numpy
folder, path, name = sys.argv[1:4]
job = json.load(open(os.path.join(folder, "job.json")))
sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
spec = importlib.util.spec_from_file_location("reference", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
values = {t: numpy.load(os.path.join(folder, t + ".npy")) for t in job["inputs"]}
values.update(job["scalars"], point=job["point"])
for suffix, function in ((".npy", getattr(module, name)),
                         (".std.npy", getattr(module, name + "_std", None))):
    if function is None:
        continue
    wanted = inspect.signature(function).parameters
    results = function(**{n: v for n, v in values.items() if n in wanted})
    for output in job["outputs"]:
        array = numpy.ascontiguousarray(results[output], dtype=numpy.float64)
        numpy.save(os.path.join(folder, output + suffix), array)
)PY";

} // namespace

Outcome Job::runReference(std::string &folder) {
  const size_t colon = options.check.rfind(':');
  if (colon == std::string::npos) {
    return {kExitUsage,
            "expected --check=FILE.py:FUNCTION, got `" + options.check + "`"};
  }
  folder = scratch;
  nlohmann::json job = {{"inputs", nlohmann::json::array()},
                        {"outputs", nlohmann::json::array()},
                        {"scalars", nlohmann::json::object()}};
  job["point"] = nlohmann::json::parse(info->pointJson, nullptr, false);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string &name = info->tensors[i].name;
    job[info->tensors[i].isOutput ? "outputs" : "inputs"].push_back(name);
    if (!info->tensors[i].isOutput) {
      Status status = writeNpy(folder + "/" + name + ".npy", tensors[i].sizes,
                               tensors[i].values);
      if (!status.ok()) {
        return Outcome::of(status);
      }
    }
  }
  for (size_t i = 0; i < info->scalars.size(); ++i) {
    job["scalars"][info->scalars[i].name] = bindings.scalars[i];
  }
  const std::string text = job.dump();
  std::FILE *file = std::fopen((folder + "/job.json").c_str(), "wb");
  if (!file || std::fwrite(text.data(), 1, text.size(), file) != text.size() ||
      std::fclose(file) != 0) {
    return {kExitToolchain, "`" + folder + "/job.json` cannot be written"};
  }
  std::string log;
  const int code = runCommand({options.python, "-c", kProgram, folder,
                               options.check.substr(0, colon),
                               options.check.substr(colon + 1)},
                              &log);
  return code == 0 ? Outcome()
                   : Outcome{kExitToolchain, "the reference `" + options.check +
                                                 "` does not run under " +
                                                 options.python + ":\n" + log};
}

} // namespace spak_rt
