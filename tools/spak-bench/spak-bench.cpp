// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the main of spak-bench. Must not do what a library can.
#include "Bench/Timing.h"

#include <cstdio>

using namespace spak_rt;

static const char *const kHelp =
    R"(spak-bench KERNEL.cubin|.cu|.so --shape DIM=SIZE,… [options]

Times a kernel on random inputs: CUDA events, 50 ms of warm-up, the L2 cache
overwritten before every sample, the median over separated rounds and its
spread. For a comparison with another kernel use the Python module: two kernels
must be timed in one process.

  --rounds N           separated rounds (default 20)
  --samples N          samples in a round (default 5)
  --hot                leave the L2 cache as it is
  --flops EXPR         operations, e.g. '2*M*N*K', for a TFLOP/s figure
  --bytes EXPR         bytes moved, for a GB/s figure

and --manifest, --kernel, --shape, --order, --pad, --scalar, --dist, --seed,
--check, --check-file, --via, --nvcc, --python, --json, --trace as spak-run has
them. With --check
the result is checked before and after the timing.
Exit codes: those of spak-run.
)";

int main(int argc, char **argv) {
  Options options;
  Outcome outcome = options.parse(argc, argv);
  if (options.wantsHelp) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (outcome.ok() && (options.rounds < 1 || options.samples < 1)) {
    outcome = {kExitUsage, "expected at least one round of one sample"};
  }
  Job job(options);
  bool isReady = false;
  std::map<std::string, double> measures;
  Timing timing;
  if (outcome.ok()) {
    outcome = job.setUp();
    isReady = outcome.ok();
  }
  const bool isChecked = !options.check.empty() || !options.checkFolder.empty();
  if (outcome.ok() && isChecked) {
    outcome = job.check(measures);
  }
  if (outcome.ok()) {
    outcome = timing.run(job);
  }
  if (outcome.ok() && isChecked) {
    outcome = job.check(measures);
  }
  if (!outcome.ok()) {
    std::fprintf(stderr, "spak-bench: error: %s\n", outcome.message.c_str());
  }
  if (isReady) {
    Record record(job, "bench");
    if (!timing.samples.empty()) {
      outcome = timing.report(job, record, outcome);
    }
    record.set("cache", options.isHot ? "hot" : "cold");
    record.set("launch", "stream");
    record.write(timing.samples, outcome);
  }
  return outcome.exitCode;
}
