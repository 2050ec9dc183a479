// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: functions that are rounded next, on the host. The device headers have
// the same steps; test/Target/rounded-functions.test compares the two.
#include "spak/Support/RoundedFunctions.h"

#include <cmath>

namespace spak::rounded {

namespace {

/// A polynomial, the highest power first, and where its argument ends.
struct Tail {
  float last;
  float coefficients[7];
};

// Minimax fits of log2(erfc(t / sqrt(2)) / 2), rounded to f32: for bf16 of
// degree 5 on [0, 5.75], behind which it falls by itself to 2^-126 and beyond;
// for f16 on [0, 5.8].
constexpr Tail kForBF16 = {15.0f,
                           {0.0f, -0.000216863424f, 0.00466523739f,
                            -0.0437192097f, -0.47119543f, -1.14537179f,
                            -1.00043988f}};
constexpr Tail kForF16 = {5.8f,
                          {2.42290571e-05f, -0.000631129893f, 0.00731600402f,
                           -0.0515159704f, -0.460866034f, -1.1503545f,
                           -1.00005186f}};

/// The smallest normal number: below it results are 0.
constexpr float kSmallest = 0x1p-126f;

float flushed(float x) { return std::fabs(x) < kSmallest ? 0.0f : x; }

} // namespace

float gelu(float x, Target target) {
  const Tail &tail = target == Target::BF16 ? kForBF16 : kForF16;
  float t = std::fmin(std::fabs(x), tail.last);
  float power = 0.0f;
  for (float coefficient : tail.coefficients) {
    power = std::fma(t, power, coefficient);
  }
  float positive = x > 0.0f || std::isnan(x) ? x : 0.0f;
  return std::fma(-t, flushed(std::exp2(power)), positive);
}

float sigmoid(float x) {
  return flushed(1.0f / (1.0f + std::exp2(x * -1.44269504f)));
}

float silu(float x) { return x * sigmoid(x); }

} // namespace spak::rounded
