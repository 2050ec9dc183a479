// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the main of spak-run. Must not do what a library can.
#include "Run/Job.h"

#include <cstdio>

using namespace spak_rt;

static const char *const kHelp =
    R"(spak-run KERNEL.cubin|.cu|.so --shape DIM=SIZE,… [options]

Runs a kernel once on made-up inputs and checks what it does.

  --manifest FILE      default: the kernel's name with .json
  --kernel NAME        default: the manifest's first
  --shape DIM=SIZE,…   every dim of the kernel
  --order T=A,B,…      memory order of a tensor's axes, outermost first
  --pad N              elements between rows, rounded up to legal strides
  --scalar NAME=V,…    default: the manifest's
  --dist KIND          normal (default), outliers, onehot, integers
  --seed N             of the inputs (default 1)
  --check FILE.py:FN   NumPy float64 reference; FN_std beside it if there
  --check-file DIR     DIR/<output>.npy to compare with, <output>.std.npy if
                       there, as --check with --keep DIR left them
  --keep DIR           leave the buffers and references in this folder
  --repeat-bits N      N launches must give the same bits
  --via WAY            manifest (default), function (the emitted C launch), or
                       both (must give the same bits)
  --nvcc PATH          for .cu files
  --python PATH        for --check (default python3; it needs numpy)
  --json FILE          append the record (default: standard output)
  --trace FILE         append the record as a __SPAK_TRACE__ line

Outputs are poisoned with NaN and lie between guard bands.
Exit codes: 0 ok, 1 diagnosed, 2 usage, 3 toolchain, 4 no device, 5 run failed,
6 wrong result.
)";

int main(int argc, char **argv) {
  Options options;
  Outcome outcome = options.parse(argc, argv);
  if (options.wantsHelp) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  Job job(options);
  bool isReady = false;
  std::map<std::string, double> measures;
  if (outcome.ok()) {
    outcome = job.setUp();
    isReady = outcome.ok();
  }
  if (outcome.ok()) {
    outcome = job.check(measures);
  }
  if (outcome.ok() && options.repeatBits > 0) {
    outcome = job.repeat(options.repeatBits);
  }
  if (outcome.ok() && options.via == "both") {
    outcome = job.compareLaunches();
  }
  if (!outcome.ok()) {
    std::fprintf(stderr, "spak-run: error: %s\n", outcome.message.c_str());
  }
  if (isReady) {
    Record record(job,
                  measures.empty() && options.check.empty() ? "run" : "check");
    for (const auto &[name, value] : measures) {
      record.measure(name, value, "");
    }
    record.write({}, outcome);
  }
  return outcome.exitCode;
}
