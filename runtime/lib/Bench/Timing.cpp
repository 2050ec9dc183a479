// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: timing one kernel with CUDA events. Must not know what it computes.
#include "Bench/Timing.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

namespace spak_rt {

namespace {

using Clock = std::chrono::steady_clock;

/// A buffer of twice the L2 cache, and the events of one round.
struct Scratch {
  const Driver &driver;
  CuAddress flush = 0;
  size_t bytes = 0;
  std::vector<CuEvent> events;

  ~Scratch() {
    for (CuEvent event : events) {
      driver.eventDestroy(event);
    }
    if (flush) {
      driver.release(flush);
    }
  }

  Status make(size_t count, bool isHot) {
    int cache = 0;
    driver.deviceAttribute(&cache, kL2CacheSize, 0);
    bytes = isHot ? 0 : size_t(std::max(cache, 1 << 25)) * 2;
    Status status;
    if (bytes) {
      status = driver.check(driver.allocate(&flush, bytes), "the L2 buffer");
    }
    for (size_t i = 0; i < count && status.ok(); ++i) {
      events.push_back(nullptr);
      status =
          driver.check(driver.eventCreate(&events.back(), 0), "cuEventCreate");
    }
    return status;
  }
};

Outcome warmUp(Job &job, bool viaFunction) {
  const auto start = Clock::now();
  while (Clock::now() - start < std::chrono::milliseconds(50)) {
    for (int i = 0; i < 4; ++i) {
      Outcome outcome = job.launch(viaFunction);
      if (!outcome.ok()) {
        return outcome;
      }
    }
    Outcome outcome = job.wait();
    if (!outcome.ok()) {
      return outcome;
    }
  }
  return {};
}

} // namespace

double median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 ? values[half]
                           : (values[half - 1] + values[half]) / 2;
}

Outcome Timing::run(Job &job) {
  const Options &options = job.options;
  const Driver &driver = job.cuda();
  const bool viaFunction = options.via == "function";
  Outcome outcome = warmUp(job, viaFunction);
  Scratch scratch{driver, 0, 0, {}};
  if (outcome.ok()) {
    outcome =
        Outcome::of(scratch.make(size_t(2 * options.samples), options.isHot));
  }
  for (int64_t round = 0; round < options.rounds && outcome.ok(); ++round) {
    std::vector<double> taken;
    for (int64_t i = 0; i < options.samples && outcome.ok(); ++i) {
      if (scratch.bytes) {
        driver.fill(scratch.flush, 0, scratch.bytes, nullptr);
      }
      driver.eventRecord(scratch.events[size_t(2 * i)], nullptr);
      outcome = job.launch(viaFunction);
      driver.eventRecord(scratch.events[size_t(2 * i + 1)], nullptr);
    }
    if (outcome.ok()) {
      outcome = job.wait();
    }
    for (int64_t i = 0; i < options.samples && outcome.ok(); ++i) {
      float milliseconds = 0;
      driver.eventElapsed(&milliseconds, scratch.events[size_t(2 * i)],
                          scratch.events[size_t(2 * i + 1)]);
      taken.push_back(milliseconds);
    }
    samples.insert(samples.end(), taken.begin(), taken.end());
    roundMedians.push_back(median(taken));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return outcome;
}

Outcome Timing::report(Job &job, Record &record, Outcome outcome) const {
  const double time = median(samples);
  const auto [least, most] =
      std::minmax_element(roundMedians.begin(), roundMedians.end());
  const double spread = time > 0 ? (*most - *least) / time : 0;
  record.measure("time", time, "ms");
  record.measure("spread", spread, "");
  std::fprintf(stderr, "%s: %.4f ms, spread %.1f%%", job.kernel().name.c_str(),
               time, 100 * spread);
  const struct {
    const std::string &expression;
    const char *name, *unit;
    double scale;
  } rates[] = {{job.options.flops, "throughput", "TFLOP/s", 1e-9},
               {job.options.bytes, "bandwidth", "GB/s", 1e-6}};
  for (const auto &rate : rates) {
    Value count;
    if (rate.expression.empty() || time <= 0) {
      continue;
    }
    Status status = evaluate(rate.expression, job.names(), count);
    if (!status.ok()) {
      std::fprintf(stderr, "\nspak-bench: error: %s", status.message.c_str());
      outcome = {kExitUsage, status.message};
      continue;
    }
    const double value = double(count.number) / time * rate.scale;
    record.measure(rate.name, value, rate.unit);
    std::fprintf(stderr, ", %.1f %s", value, rate.unit);
  }
  std::fprintf(stderr, "\n");
  return outcome;
}

} // namespace spak_rt
