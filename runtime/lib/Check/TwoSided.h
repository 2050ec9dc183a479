// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the two-sided rule (docs/Runtime.md). Must not know which kernel is
// judged.
#ifndef SPAK_RT_LIB_CHECK_TWOSIDED_H
#define SPAK_RT_LIB_CHECK_TWOSIDED_H

#include <cstdint>
#include <string>
#include <vector>

namespace spak_rt {

/// What the rule says, with the numbers that it looked at.
struct Verdict {
  /// Empty when the result passes.
  std::string reasons;
  double maxError = 0, relativeL2 = 0, oneMinusCosine = 0, worstRow = 0;

  bool passed() const { return reasons.empty(); }
};

/// Judges `out` against `ref`. `standard` is the plain low-precision result,
/// or empty: then only the bounds of the type decide. `width` is the length of
/// a row, `bound` the type's bound on the relative L2 error.
Verdict judge(const std::vector<double> &out, const std::vector<double> &ref,
              const std::vector<double> &standard, int64_t width, double bound);

/// The bound of an element type, e.g. 5e-3 for "bf16".
double boundOf(const std::string &type);

} // namespace spak_rt

#endif // SPAK_RT_LIB_CHECK_TWOSIDED_H
