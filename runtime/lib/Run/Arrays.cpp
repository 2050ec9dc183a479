// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: element types and random contents. Must not know the driver.
#include "Run/Arrays.h"

#include <cmath>
#include <cstring>

namespace spak_rt {

namespace {

/// Rounds to a 16-bit float with that many bits of significand and that
/// smallest normal exponent, nearest even; subnormals and overflow as IEEE.
uint16_t encode16(double value, int significand, int smallest, int largest) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const int fraction = significand - 1;
  const uint16_t infinity = uint16_t((0x7fff >> fraction) << fraction);
  if (std::isnan(value)) {
    return uint16_t(sign | infinity | 1u << (fraction - 1));
  }
  double magnitude = std::fabs(value);
  if (std::isinf(value) || magnitude == 0) {
    return uint16_t(sign | (magnitude == 0 ? 0 : infinity));
  }
  int exponent = std::max(std::ilogb(magnitude), smallest);
  double scaled = std::nearbyint(std::ldexp(magnitude, fraction - exponent));
  if (scaled == std::ldexp(1.0, significand)) {
    scaled /= 2;
    ++exponent;
  }
  if (exponent > largest) {
    return uint16_t(sign | infinity);
  }
  const int hidden = 1 << fraction;
  const int bits = int(scaled);
  const int biased = bits >= hidden ? exponent - smallest + 1 : 0;
  return uint16_t(sign | (biased << fraction) | (bits & (hidden - 1)));
}

uint64_t mix(uint64_t x) { // splitmix64's finaliser
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

double uniform(uint64_t &state) { // in (0, 1)
  state += 0x9e3779b97f4a7c15ull;
  return (double(mix(state) >> 11) + 0.5) * 0x1p-53;
}

template <typename Type>
void store(double value, void *bits) {
  const auto converted = static_cast<Type>(value);
  std::memcpy(bits, &converted, sizeof(Type));
}

} // namespace

bool encode(const ElementType &type, double value, void *bits) {
  const std::string name = type.name;
  if (name == "bf16") {
    store<uint16_t>(encode16(value, 8, -126, 127), bits);
  } else if (name == "f16") {
    store<uint16_t>(encode16(value, 11, -14, 15), bits);
  } else if (name == "f32") {
    store<float>(value, bits);
  } else if (name == "f64") {
    store<double>(value, bits);
  } else if (name == "s32" || name == "i32") {
    store<int32_t>(value, bits);
  } else if (name == "s64" || name == "i64") {
    store<int64_t>(value, bits);
  } else if (name == "u8" || name == "bool") {
    store<uint8_t>(value, bits);
  } else {
    return false;
  }
  return true;
}

Status generate(const std::string &distribution, uint64_t seed, int64_t width,
                std::vector<double> &values) {
  uint64_t state = mix(seed + 1);
  const size_t row = size_t(std::max<int64_t>(1, width));
  if (distribution == "normal" || distribution == "outliers") {
    for (size_t i = 0; i < values.size(); i += 2) {
      const double radius = std::sqrt(-2 * std::log(uniform(state)));
      const double angle = 2 * 3.14159265358979323846 * uniform(state);
      values[i] = radius * std::cos(angle);
      if (i + 1 < values.size()) {
        values[i + 1] = radius * std::sin(angle);
      }
    }
    for (size_t i = 0; distribution == "outliers" && i < values.size();
         i += 500) {
      values[i + size_t(uniform(state) *
                        double(std::min<size_t>(500, values.size() - i)))] *=
          20;
    }
  } else if (distribution == "integers") {
    for (double &value : values) {
      value = std::floor(uniform(state) * 7) - 3;
    }
  } else if (distribution == "onehot") {
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = 0;
    }
    for (size_t i = 0; i + row <= values.size(); i += row) {
      values[i + size_t(uniform(state) * double(row))] = 1;
    }
  } else {
    return Status::error(SPAK_RT_BAD_MANIFEST,
                         "unknown distribution `" + distribution +
                             "`: expected normal, outliers, onehot or "
                             "integers");
  }
  return Status();
}

} // namespace spak_rt
