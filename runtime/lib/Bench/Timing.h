// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: timing one kernel with CUDA events. Must not know what it computes.
#ifndef SPAK_RT_LIB_BENCH_TIMING_H
#define SPAK_RT_LIB_BENCH_TIMING_H

#include "Run/Job.h"

namespace spak_rt {

/// The median of some numbers; 0 for none.
double median(std::vector<double> values);

/// Samples of one kernel, in milliseconds.
struct Timing {
  std::vector<double> samples;
  std::vector<double> roundMedians;

  /// Warms up for at least 50 ms, then takes the rounds.
  Outcome run(Job &job);
  /// Adds time, spread and rates to the record and prints a line for people.
  Outcome report(Job &job, Record &record, Outcome outcome) const;
};

} // namespace spak_rt

#endif // SPAK_RT_LIB_BENCH_TIMING_H
