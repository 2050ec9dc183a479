// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A bounded run over mutations of traces, the same on every machine: no crash,
// no hang, and what TraceOracle.h says.
#include "Random.h"
#include "TraceOracle.h"

#include "gtest/gtest.h"

#include <chrono>
#include <vector>

using spak::Random;

namespace {

const char *const kCorpus[] = {
    R"(log line
__SPAK_TRACE__{"type": "Performance", "step_name": "k", "tflops": 135.03, "speedup": 1.3, "time_ms": 2, "configuration": {"tile_m": 64, "causal": true}, "problem": {"M": 512, "N": 512}, "measured": true, "device": "NVIDIA H200", "sm_clock_mhz": 1980, "timestamp": "2026-11-21T05:00:00", "passed": true}
__SPAK_TRACE__ {"type": "Performance", "step_name": "k", "time_ms": 4.5, "speedup": 0.5, "config": {"tile_m": 128, "causal": true}, "problem": {"M": 512, "N": 512}, "device": "NVIDIA H200"}
__SPAK_TRACE__{"type": "Correctness", "step_name": "t", "passed": true, "max_error": 0.001, "component": "a"}
__SPAK_TRACE__{"type": "Analysis", "bottleneck": "DRAM_BW"} x
__SPAK_TRACE__{"type": "Convergence", "step": 1, "loss": NaN}
)",
    R"({"schema": "spak-trace-1", "kind": "bench", "timestamp": "2026-11-21T05:10:00+00:00", "kernel": "k", "configuration": {"causal": false, "tile_m": 64, "tile_n": 64}, "problem": {"M": 64, "N": 64}, "times": {"runtimes": [1, 2]}, "invalidity": "correct", "measurements": [{"name": "time", "value": 0.5, "unit": "ms"}, {"name": "ratio", "value": 1.5, "unit": ""}, {"name": "spread", "value": 0.01, "unit": ""}], "environment": {"device": "NVIDIA H200", "driver": "580", "sm_clock_mhz": 1900.0}, "peer": "p", "rounds": 3}
{"schema": "spak-trace-1", "kind": "bench", "timestamp": "2026-11-22T05:10:00+00:00", "kernel": "k", "configuration": {"causal": false, "tile_m": 128, "tile_n": 64}, "problem": {"M": 64, "N": 64}, "times": {"runtimes": []}, "invalidity": "correct", "measurements": [{"name": "time", "value": 1.5, "unit": "ms"}], "environment": {"device": "NVIDIA H200"}}
)",
    R"([{"type": "EngineeringSweep", "device": "NVIDIA L4", "best_config": {"tile_m": 64, "k_lat": 2, "tflops": 90}, "full_history": [{"tile_m": 64, "Tile_N": 7, "tflops": 90, "passed": true}, {"tile_m": 128, "tile_n": 7, "tflops": 45}, {"tile_m": 32, "tile_n": 7, "tflops": 1e-300}], "timestamp": 1764000000.5},
{"timestamp": "t", "step_id": "s", "type": "tool", "details": {}}, {"category": "x", "content": "y", "source": "f:L1"}])",
    R"({"spak_guide": 1, "system": "s", "source": "s.dsl", "predictions": [{"id": "P1", "kind": "equals", "text": "t", "figure": "time_ms", "value": 2, "point": {"tile_m": 64}, "shape": {"M": 512}}, {"id": "P2", "kind": "not_slower", "point": {"tile_m": 64}, "other": {"tile_m": 128}}]})",
};

const char *const kPieces[] = {"{",
                               "}",
                               "[",
                               "]",
                               ":",
                               ",",
                               "\"",
                               "\\",
                               "\\u12",
                               "\\ud800",
                               "NaN",
                               "-Infinity",
                               "1e999",
                               "-",
                               "0",
                               "99999999999999999999999",
                               "null",
                               "true",
                               "__SPAK_TRACE__",
                               "\n",
                               "\r",
                               "\t",
                               "\xFF",
                               "\xC3\xA9",
                               "\"type\": ",
                               "\"tflops\": ",
                               "\"configuration\": {",
                               "\"measured\": \"model\"",
                               "\"date\": \"2026-13-45\"",
                               "\"spread\": 1e300",
                               "\"speedup\": 0",
                               "\"device\": \"a'b\\\"c\\n\"",
                               "\"tile_m\": \"'\"",
                               "\"M\": -5",
                               "\"samples\": 9223372036854775807"};

} // namespace

TEST(TraceCorpus, HoldsTheLaws) {
  for (const char *text : kCorpus) {
    EXPECT_EQ(spak::fuzz::checkTrace(text), "") << text;
  }
}

TEST(TraceMutations, NeitherCrashNorHangNorLie) {
  constexpr unsigned kRuns = 2000;
  for (unsigned run = 0; run < kRuns; ++run) {
    Random random(run + 1);
    std::string text = kCorpus[random.below(std::size(kCorpus))];
    for (size_t changes = 1 + random.below(6); changes > 0; --changes) {
      spak::mutate(text, random, 60, kPieces);
    }
    auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(spak::fuzz::checkTrace(text), "") << "run " << run << ":\n"
                                                << text;
    std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    ASSERT_LT(seconds.count(), 5.0) << "run " << run << ":\n" << text;
  }
}

TEST(TraceSize, TenMegabytesOfAnyKindAreRead) {
  const std::string parts[] = {
      "{",
      "[",
      "\"",
      "__SPAK_TRACE__",
      "[{\"a\":NaN},",
      "\\u1234\n{\"a\": ",
      "__SPAK_TRACE__{\"type\":\"Performance\",\"tflops\":1,"
      "\"configuration\":{\"tile_m\":64}}\n"};
  for (const std::string &part : parts) {
    std::string text;
    while (text.size() < (size_t(10) << 20)) {
      text += part;
    }
    auto start = std::chrono::steady_clock::now();
    spak::fuzz::checkTrace(text);
    std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    EXPECT_LT(seconds.count(), 20.0) << part;
  }
}
