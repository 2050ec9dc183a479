// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what spak-run and spak-bench share: options, tensors on the device,
// both ways to launch, the check against a reference. Must not time anything.
#ifndef SPAK_RT_LIB_RUN_JOB_H
#define SPAK_RT_LIB_RUN_JOB_H

#include "Loader/Launch.h"

#include <map>
#include <memory>

namespace spak_rt {

/// Exit codes, the same in every tool of the project.
enum ExitCode {
  kExitOk = 0,
  kExitDiagnosed = 1,
  kExitUsage = 2,
  kExitToolchain = 3,
  kExitNoDevice = 4,
  kExitRunFailed = 5,
  kExitWrong = 6,
};

/// A failure with the exit code that it leads to.
struct [[nodiscard]] Outcome {
  int exitCode = kExitOk;
  std::string message;

  bool ok() const { return exitCode == kExitOk; }
  /// The outcome of a status of the loader.
  static Outcome of(const Status &status);
};

/// The command line of spak-run and spak-bench.
struct Options {
  std::string input, manifest, kernel, nvcc, json, trace;
  std::string distribution = "normal", check, checkFolder, keep;
  std::string via = "manifest";
  std::map<std::string, int64_t> shape;
  std::map<std::string, std::vector<std::string>> order;
  std::map<std::string, double> scalars;
  std::string flops, bytes, python = "python3";
  uint64_t seed = 1;
  int64_t repeatBits = 0, pad = 0, rounds = 20, samples = 5;
  bool isHot = false, wantsHelp = false;

  /// Reads `--key=value` and `--key value`.
  Outcome parse(int argc, char **argv);
};

/// A tensor in a larger device buffer of 0xFF bytes.
struct DeviceTensor {
  std::vector<int64_t> sizes, strides;
  CuAddress buffer = 0;
  size_t bytes = 0; ///< of the buffer
};

/// Bytes of 0xFF before and after every tensor.
constexpr size_t kGuardBytes = 16384;

/// Calls `visit(linear index, offset in elements)` for every element.
template <typename Function>
void forEachElement(const DeviceTensor &tensor, Function visit) {
  std::vector<int64_t> index(tensor.sizes.size(), 0);
  for (int64_t size : tensor.sizes) {
    if (size == 0) {
      return;
    }
  }
  for (size_t linear = 0;; ++linear) {
    int64_t offset = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) {
      offset += index[axis] * tensor.strides[axis];
    }
    visit(linear, size_t(offset));
    size_t axis = index.size();
    while (axis > 0 && ++index[axis - 1] == tensor.sizes[axis - 1]) {
      index[--axis] = 0;
    }
    if (axis == 0) {
      return;
    }
  }
}

/// One kernel with its tensors, ready to launch.
class Job {
public:
  explicit Job(const Options &options) : options(options) {}
  ~Job();

  /// Reads the manifest, finds the device, compiles, makes the tensors.
  Outcome setUp();
  /// Launches once (does not wait) and waits, respectively.
  Outcome launch(bool viaFunction);
  Outcome wait();
  /// Overwrites the outputs with NaN.
  Outcome poison();
  /// The bits of an output's whole buffer.
  Outcome read(size_t tensor, std::vector<uint8_t> &bits);
  /// Poison, launch, guard bands, comparison with the reference. `measures`
  /// gets what the rule looked at, by name.
  Outcome check(std::map<std::string, double> &measures);
  /// Launches `count` times; all must give the same bits.
  Outcome repeat(int64_t count);
  /// Launches both ways; both must give the same bits.
  Outcome compareLaunches();

  const KernelInfo &kernel() const { return *info; }
  const Driver &cuda() const { return *driver; }
  const Manifest &description() const { return manifest; }
  Names names() const { return namesOf(*info, bindings); }
  double compileSeconds = 0;
  const Options &options;

private:
  Outcome compile(const std::string &source, const char *flag,
                  const std::string &target);
  Outcome loadFunction(const std::string &path);
  Outcome makeTensors();
  Outcome makeTensor(size_t index);
  Outcome outputs(std::vector<std::vector<uint8_t>> &bits);
  Outcome checkGuards(size_t tensor, std::vector<uint8_t> bits) const;
  Outcome judge(std::map<std::string, double> &measures);
  std::vector<uint8_t> paramsStruct(CuAddress workspace) const;

  Manifest manifest;
  const KernelInfo *info = nullptr;
  const Driver *driver = nullptr;
  Bindings bindings;
  std::vector<DeviceTensor> tensors;
  DeviceKernel device;
  PreparedLaunch prepared;
  int (*function)(const void *, void *, const char **) = nullptr;
  /// Of the C function, which has a workspace of its own.
  int64_t (*workspaceBytes)(const void *) = nullptr;
  Workspaces workspaces;
  std::string scratch;
};

/// Runs a command without a shell; its output goes to `log` when given.
/// Returns its exit status, or -1.
int runCommand(const std::vector<std::string> &command, std::string *log);

/// A record of schema/trace-1.json as one line of JSON.
class Record {
public:
  Record(const Job &job, const char *kind);
  void measure(const std::string &name, double value, const char *unit);
  void set(const std::string &key, const std::string &value);
  /// Writes to --json (standard output without it), and a line for logs to
  /// --trace.
  void write(const std::vector<double> &runtimes, const Outcome &outcome);

private:
  const Job &job;
  std::string kind;
  std::vector<std::pair<std::string, std::pair<double, std::string>>> measured;
  std::vector<std::pair<std::string, std::string>> extra;
};

} // namespace spak_rt

#endif // SPAK_RT_LIB_RUN_JOB_H
