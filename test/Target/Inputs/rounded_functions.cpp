// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Compares the blocks of the device headers with the simulator's functions, and
// both with what they stand for.
#include "spak/Support/RoundedFunctions.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

#define SPAK_FN inline
static float flushed(float x) { return std::fabs(x) < 0x1p-126f ? 0.0f : x; }
static float exp2_approx(float x) { return flushed(std::exp2(x)); }
static float rcp_approx(float x) { return flushed(1.0f / x); }
static float max_nan(float a, float b) {
  return std::isnan(a) || std::isnan(b) ? NAN : a > b ? a : b;
}
#include "block.h"

namespace {

using Single = float (*)(float);
using Exact = double (*)(double);

float asFloat(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, 4);
  return x;
}

bool same(float a, float b) {
  return std::memcmp(&a, &b, 4) == 0 || (std::isnan(a) && std::isnan(b));
}

double exactGelu(double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }
double exactSigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double exactSilu(double x) { return x / (1 + std::exp(-x)); }

/// Number of the 16-bit float nearest to \p x, counted up from -inf, and down
/// to \p least, below which there is nothing but 0.
int64_t place(double x, int bits, double least) {
  if (std::fabs(x) < least) {
    return 0;
  }
  int exponent;
  double fraction = std::frexp(std::fabs(x), &exponent);
  double whole = std::nearbyint(std::ldexp(fraction, bits));
  int64_t steps = (int64_t(exponent) + 200) << (bits - 1);
  int64_t at = steps + int64_t(whole) - (int64_t(1) << (bits - 1));
  return x < 0 ? -at : at;
}

/// Every bf16 and f16, and every 1021st f32, of both signs up to \p limit.
template <typename Visit>
void forEach(float limit, Visit visit) {
  uint32_t last;
  std::memcpy(&last, &limit, 4);
  const uint32_t signs[] = {0u, 0x80000000u};
  for (uint32_t sign : signs) {
    for (uint32_t bits = 0; bits <= last; bits += 1021) {
      visit(asFloat(sign | bits));
    }
    for (uint32_t bits = 0; bits <= last; bits += 1u << 13) {
      visit(asFloat(sign | bits));
    }
  }
}

void print(const char *what, double worst, double bound, const char *text) {
  // A bound that nothing comes near would say nothing.
  const char *verdict = worst >= bound       ? "is too large:"
                        : worst * 16 < bound ? "is far below"
                                             : "below";
  std::printf("%s error %s %s\n", what, verdict, text);
}

int differing(Single device, float (*host)(float)) {
  int count = 0;
  auto check = [&](float x) { count += !same(device(x), host(x)); };
  forEach(INFINITY, check);
  check(NAN);
  return count;
}

/// The largest relative error on [from, to], where the value is not tiny.
double relative(Single device, Exact exact, float from, float to) {
  double worst = 0;
  forEach(std::fmax(std::fabs(from), std::fabs(to)), [&](float x) {
    double value = exact(x);
    if (x >= from && x <= to && std::fabs(value) > 0x1p-120) {
      worst = std::fmax(worst, std::fabs(device(x) / value - 1));
    }
  });
  return worst;
}

/// How many values below \p limit round to a 16-bit float that is more than one
/// away from the exact value's.
int astray(Single device, Exact exact, float from, float limit, int bits,
           double least) {
  int count = 0;
  forEach(limit, [&](float x) {
    if (x >= from && std::fabs(exact(x)) > 4 * least) {
      int64_t away =
          place(device(x), bits, least) - place(exact(x), bits, least);
      count += away > 1 || away < -1;
    }
  });
  return count;
}

void special(Single device, bool signs) {
  std::printf("at nan inf -inf 0%s: %g %g %g %g", signs ? " -0" : "",
              std::fabs(device(NAN)), device(INFINITY),
              std::fabs(device(-INFINITY)), device(0.0f));
  std::printf(signs ? " %g\n" : "\n", device(-0.0f));
}

float hostForBF16(float x) {
  return spak::rounded::gelu(x, spak::rounded::Target::BF16);
}
float hostForF16(float x) {
  return spak::rounded::gelu(x, spak::rounded::Target::F16);
}

} // namespace

int main() {
  std::printf("gelu bf16: steps differ %d\n",
              differing(gelu_for_bf16, hostForBF16));
  print("from -5.75 relative",
        relative(gelu_for_bf16, exactGelu, -5.75f, 100.0f), std::exp2(-11.6),
        "2^-11.6");
  double worst = 0;
  int rises = 0;
  forEach(20.0f, [&](float x) {
    if (x < -5.75f) {
      worst = std::fmax(worst, std::fabs(gelu_for_bf16(x) - exactGelu(x)));
      float lower = gelu_for_bf16(x * 1.001f);
      rises += lower < gelu_for_bf16(x);
    }
  });
  print("below -5.75 absolute", worst, 1.2e-11, "1.2e-11");
  std::printf("roundings further than a neighbour %d\n",
              astray(gelu_for_bf16, exactGelu, -5.75f, 100.0f, 8, 0x1p-126));
  std::printf("falls where it should not %d\n", rises);
  special(gelu_for_bf16, true);

  std::printf("gelu f16: steps differ %d\n",
              differing(gelu_for_f16, hostForF16));
  print("from -5.8 relative", relative(gelu_for_f16, exactGelu, -5.8f, 100.0f),
        std::exp2(-14.5), "2^-14.5");
  worst = 0;
  forEach(INFINITY, [&](float x) {
    if (x < -5.8f) {
      worst = std::fmax(worst, std::fabs(gelu_for_f16(x)));
    }
  });
  std::printf("below -5.8 half of the smallest f16 is %sreached\n",
              worst < 0x1p-25 ? "not " : "");
  std::printf("roundings further than a neighbour %d\n",
              astray(gelu_for_f16, exactGelu, -5.8f, 100.0f, 11, 0x1p-14));
  // What it gives at -inf rounds to 0 in f16.
  special(
      [](float x) {
        return x == -INFINITY && std::fabs(gelu_for_f16(x)) < 0x1p-25f
                   ? 0.0f
                   : gelu_for_f16(x);
      },
      true);

  std::printf("sigmoid: steps differ %d\n",
              differing(sigmoid_rounded, spak::rounded::sigmoid));
  double far = relative(sigmoid_rounded, exactSigmoid, -80.0f, 80.0f);
  std::printf("relative error %s 2^-16\n", far < 0x1p-16 ? "below" : "above");
  special(sigmoid_rounded, false);
  std::printf("silu: steps differ %d\n",
              differing(silu_rounded, spak::rounded::silu));
  far = relative(silu_rounded, exactSilu, -80.0f, 80.0f);
  std::printf("relative error %s 2^-16\n", far < 0x1p-16 ? "below" : "above");
  special(silu_rounded, false);
  return 0;
}
