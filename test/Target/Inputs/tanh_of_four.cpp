// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Measures the block tanh_of_four of the device headers on the host, over
// instructions that are as wrong as they may be.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>

#define SPAK_FN inline
static std::mt19937 generator(7);
static double off() {
  return std::uniform_real_distribution<double>(-1.0, 1.0)(generator);
}
static float exp2_approx(float x) {
  return static_cast<float>(std::exp2(double(x)) * (1.0 + off() * 0x1p-22));
}
static float rcp_approx(float x) {
  return static_cast<float>(1.0 / double(x) * (1.0 + off() * 0x1p-23));
}
static float min_nan(float a, float b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::fmin(a, b);
}
#include "block.h"

static const double kFactor = 2.0 / std::log(2.0);

int main() {
  double worst = 0.0;
  for (int round = 0; round < 1000000; ++round) {
    float x[4], y[4];
    for (int i = 0; i < 4; ++i) {
      double width = i == 0 ? 0.5 : i == 3 ? 60.0 : 6.0;
      x[i] = y[i] = static_cast<float>(off() * width);
    }
    tanh_of_four(y);
    for (int i = 0; i < 4; ++i) {
      double exact = std::tanh(double(x[i]) / kFactor);
      worst = std::fmax(worst, std::fabs(y[i] - exact));
    }
  }
  std::printf("worst %s (%.1e)\n", worst < 1e-6 ? "below 1e-6" : "too large",
              worst);
  std::printf("not nothing %d\n", worst > 1e-7);
  float large[4] = {1e30f, -1e30f, 90.0f, -90.0f};
  tanh_of_four(large);
  std::printf("at large: %g %g %g %g\n", large[0], large[1], large[2],
              large[3]);
  float infinite[4] = {INFINITY, -INFINITY, 0.0f, 0.0f};
  tanh_of_four(infinite);
  std::printf("at infinity: %g %g %d %d\n", infinite[0], infinite[1],
              std::fabs(infinite[2]) > 1e-6, std::fabs(infinite[3]) > 1e-6);
  float none[4] = {1.0f, NAN, 2.0f, 3.0f};
  tanh_of_four(none);
  std::printf("not a number: %d\n", std::isnan(none[1]) ? 1 : 0);
}
