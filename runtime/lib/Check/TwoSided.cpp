// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the two-sided rule. Must not know which kernel is judged.
#include "Check/TwoSided.h"

#include <cmath>
#include <cstdio>

namespace spak_rt {

namespace {

/// Appends "name value > limit" unless value <= limit (NaN is not).
void require(Verdict &verdict, const char *name, double value, double limit) {
  if (value <= limit) {
    return;
  }
  char text[128];
  std::snprintf(text, sizeof(text), "%s%s %.3g > %.3g",
                verdict.reasons.empty() ? "" : "; ", name, value, limit);
  verdict.reasons += text;
}

bool sameKind(double a, double b) {
  return std::isnan(a) == std::isnan(b) && std::isinf(a) == std::isinf(b) &&
         (!std::isinf(a) || (a > 0) == (b > 0));
}

} // namespace

double boundOf(const std::string &type) {
  return type == "bf16"                     ? 5e-3
         : type == "f16"                    ? 1e-3
         : type == "e4m3" || type == "e5m2" ? 6e-2
                                            : 1e-5;
}

Verdict judge(const std::vector<double> &out, const std::vector<double> &ref,
              const std::vector<double> &standard, int64_t width,
              double bound) {
  Verdict verdict;
  const bool hasStandard = !standard.empty();
  if (out.size() != ref.size() ||
      (hasStandard && standard.size() != ref.size())) {
    verdict.reasons = "sizes differ";
    return verdict;
  }
  double largest = 0, worstStandard = 0, total = 0, totalStandard = 0;
  double square = 0, squareRef = 0, squareOut = 0, inner = 0;
  double rowError = 0, rowRef = 0;
  std::vector<std::pair<double, double>> rows;
  for (size_t i = 0; i < out.size(); ++i) {
    if (!sameKind(out[i], ref[i])) {
      verdict.reasons = "NaN or infinity where the reference has none, or the "
                        "reverse (element " +
                        std::to_string(i) + ")";
      return verdict;
    }
    if (std::isfinite(ref[i])) {
      const double error = std::fabs(out[i] - ref[i]);
      verdict.maxError = std::fmax(verdict.maxError, error);
      largest = std::fmax(largest, std::fabs(ref[i]));
      total += error;
      square += error * error;
      squareRef += ref[i] * ref[i];
      squareOut += out[i] * out[i];
      inner += out[i] * ref[i];
      rowError += error * error;
      rowRef += ref[i] * ref[i];
      if (hasStandard) {
        double off = std::fabs(standard[i] - ref[i]);
        off = std::isnan(off) ? INFINITY : off;
        worstStandard = std::fmax(worstStandard, off);
        totalStandard += off;
      }
    }
    if (width <= 1 || (int64_t(i) + 1) % width == 0) {
      rows.emplace_back(rowError, rowRef);
      rowError = rowRef = 0;
    }
  }
  for (const auto &[error, norm] : rows) {
    if (error > 0) {
      verdict.worstRow =
          std::fmax(verdict.worstRow,
                    std::sqrt(error) / (std::sqrt(norm) + 1e-6 * largest));
    }
  }
  const double count = std::fmax(1.0, double(out.size()));
  if (hasStandard) {
    require(verdict, "max_error", verdict.maxError,
            2 * worstStandard + 1e-6 * largest);
    require(verdict, "mean_error", total / count,
            1.5 * totalStandard / count + 1e-7 * largest);
  }
  if (squareRef > 0) {
    verdict.relativeL2 = std::sqrt(square / squareRef);
    verdict.oneMinusCosine =
        squareOut > 0 ? 1 - inner / std::sqrt(squareRef * squareOut) : 1;
    require(verdict, "relative_l2", verdict.relativeL2, bound);
    if (bound <= 5e-3) {
      require(verdict, "one_minus_cosine", verdict.oneMinusCosine, 5e-6);
    }
  } else {
    require(verdict, "max_error", verdict.maxError, 0);
  }
  if (width > 1) {
    require(verdict, "worst_row_l2", verdict.worstRow, 4 * bound);
  }
  return verdict;
}

} // namespace spak_rt
