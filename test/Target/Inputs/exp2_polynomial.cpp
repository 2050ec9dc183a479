// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Measures the block exp2_polynomial of the device headers on the host.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

#define SPAK_FN inline
static int __float_as_int(float x) {
  int bits;
  std::memcpy(&bits, &x, 4);
  return bits;
}
static float __int_as_float(int bits) {
  float x;
  std::memcpy(&x, &bits, 4);
  return x;
}
#include "block.h"

int main() {
  double worst = 0;
  for (double x = -125.9; x < 64.0; x += 0.00037) {
    float at = static_cast<float>(x);
    double exact = std::exp2(static_cast<double>(at));
    worst = std::fmax(worst, std::fabs(exp2_polynomial(at) / exact - 1.0));
  }
  std::printf("worst %s\n", worst < 4e-6 ? "below 4e-6" : "too large");
  std::printf("not nothing %d\n", worst > 1e-7);
  std::printf("at 0: %g\n", exp2_polynomial(0.0f));
  std::printf("at 5: %g\n", exp2_polynomial(5.0f));
  std::printf("at -127: %g\n", exp2_polynomial(-127.0f));
  std::printf("at -1e30: %g\n", exp2_polynomial(-1e30f));
  std::printf("at -inf: %g\n", exp2_polynomial(-INFINITY));
}
