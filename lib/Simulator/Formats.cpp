// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: rounding, encoding and decoding. The general forms are the definition;
// the short ones for bf16 and f16 arrays are tested against them.
#include "spak/Simulator/Formats.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spak::sim {

namespace {

struct FormatRow {
  Format format;
  llvm::StringLiteral name;
  int bits;
  bool isFloat;
};

constexpr FormatRow kFormats[] = {
    {Format::F32, "f32", 32, true},   {Format::F16, "f16", 16, true},
    {Format::BF16, "bf16", 16, true}, {Format::E4M3, "e4m3", 8, true},
    {Format::E5M2, "e5m2", 8, true},  {Format::S8, "s8", 8, false},
    {Format::U8, "u8", 8, false},     {Format::S32, "s32", 32, false},
    {Format::U32, "u32", 32, false},  {Format::S64, "s64", 64, false},
    {Format::Bool, "bool", 8, false},
};

const FormatRow &rowOf(Format format) {
  return kFormats[static_cast<size_t>(format)];
}

/// The definition: the nearest multiple of the spacing at \p value.
double roundFloat(const FloatParts &parts, double value) {
  if (std::isnan(value) || value == 0.0) {
    return value;
  }
  double limit =
      parts.hasInfinity ? std::numeric_limits<double>::infinity() : parts.max;
  if (std::isinf(value)) {
    return std::copysign(limit, value);
  }
  int exponent = std::max(std::ilogb(value), parts.minExponent());
  int spacing = exponent - parts.mantissaBits;
  // Scaling by a power of two is exact; nearbyint rounds to nearest even.
  double rounded =
      std::ldexp(std::nearbyint(std::ldexp(value, -spacing)), spacing);
  if (std::abs(rounded) > parts.max) {
    return std::copysign(limit, value);
  }
  return rounded;
}

double roundInteger(Format format, double value) {
  if (format == Format::Bool) {
    return value != 0.0;
  }
  if (!std::isfinite(value)) {
    return 0.0;
  }
  double whole = std::trunc(value);
  if (format == Format::S64) {
    return whole;
  }
  double modulus = std::ldexp(1.0, rowOf(format).bits);
  double wrapped = whole - std::floor(whole / modulus) * modulus;
  bool isSigned = format == Format::S8 || format == Format::S32;
  return isSigned && wrapped >= modulus / 2 ? wrapped - modulus : wrapped;
}

float roundBf16(float value) {
  if (value != value) {
    return value;
  }
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  bits += 0x7fffu + ((bits >> 16) & 1u);
  return llvm::bit_cast<float>(bits & 0xffff0000u);
}

float roundF16(float value) {
  if (value != value) {
    return value;
  }
  float magnitude = std::fabs(value);
  if (magnitude >= 65520.0f) {
    return std::copysign(std::numeric_limits<float>::infinity(), value);
  }
  if (magnitude < 0x1p-14f) {
    // The spacing is 2^-24: adding 1.5 * 2^-1 leaves no smaller bits.
    float rounded = (magnitude + 0.75f) - 0.75f;
    return std::copysign(rounded, value);
  }
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  bits += 0x0fffu + ((bits >> 13) & 1u);
  return llvm::bit_cast<float>(bits & 0xffffe000u);
}

template <typename Real>
void roundArray(Format format, Real *values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    values[i] = static_cast<Real>(roundTo(format, values[i]));
  }
}

} // namespace

llvm::StringRef formatName(Format format) { return rowOf(format).name; }

std::optional<Format> parseFormat(llvm::StringRef name) {
  for (const FormatRow &row : kFormats) {
    if (row.name == name) {
      return row.format;
    }
  }
  return std::nullopt;
}

int formatBits(Format format) { return rowOf(format).bits; }

bool isFloat(Format format) { return rowOf(format).isFloat; }

FloatParts floatParts(Format format) {
  switch (format) {
  case Format::F32:
    return {8, 23, 127, 0x1.fffffep127, true};
  case Format::F16:
    return {5, 10, 15, 65504.0, true};
  case Format::BF16:
    return {8, 7, 127, 0x1.fep127, true};
  case Format::E4M3:
    return {4, 3, 7, 448.0, false};
  case Format::E5M2:
    return {5, 2, 15, 57344.0, true};
  default:
    llvm_unreachable("a float format was asked for");
  }
}

double roundTo(Format format, double value) {
  return isFloat(format) ? roundFloat(floatParts(format), value)
                         : roundInteger(format, value);
}

void roundTo(Format format, float *values, size_t count) {
  switch (format) {
  case Format::F32:
    return;
  case Format::BF16:
    std::transform(values, values + count, values, roundBf16);
    return;
  case Format::F16:
    std::transform(values, values + count, values, roundF16);
    return;
  default:
    roundArray(format, values, count);
  }
}

void roundTo(Format format, double *values, size_t count) {
  if (format == Format::F32) {
    for (size_t i = 0; i < count; ++i) {
      values[i] = static_cast<float>(values[i]);
    }
    return;
  }
  roundArray(format, values, count);
}

uint64_t encode(Format format, double value) {
  if (!isFloat(format)) {
    return static_cast<uint64_t>(static_cast<int64_t>(value)) &
           llvm::maskTrailingOnes<uint64_t>(rowOf(format).bits);
  }
  FloatParts parts = floatParts(format);
  uint64_t sign =
      std::signbit(value) ? uint64_t(1) << (rowOf(format).bits - 1) : 0;
  uint64_t allExponent = llvm::maskTrailingOnes<uint64_t>(parts.exponentBits)
                         << parts.mantissaBits;
  uint64_t allMantissa = llvm::maskTrailingOnes<uint64_t>(parts.mantissaBits);
  if (std::isnan(value)) {
    uint64_t quiet = parts.hasInfinity ? uint64_t(1) << (parts.mantissaBits - 1)
                                       : allMantissa;
    return sign | allExponent | quiet;
  }
  if (std::isinf(value)) {
    return sign | allExponent;
  }
  double magnitude = std::fabs(value);
  if (magnitude == 0.0) {
    return sign;
  }
  int exponent = std::max(std::ilogb(magnitude), parts.minExponent());
  auto mantissa = static_cast<uint64_t>(
      std::ldexp(magnitude, parts.mantissaBits - exponent));
  uint64_t leading = uint64_t(1) << parts.mantissaBits;
  if (mantissa < leading) {
    return sign | mantissa;
  }
  uint64_t field = static_cast<uint64_t>(exponent + parts.bias);
  return sign | (field << parts.mantissaBits) | (mantissa - leading);
}

double decode(Format format, uint64_t bits) {
  if (!isFloat(format)) {
    int width = rowOf(format).bits;
    bool isSigned =
        format == Format::S8 || format == Format::S32 || format == Format::S64;
    return isSigned ? static_cast<double>(llvm::SignExtend64(bits, width))
                    : static_cast<double>(
                          bits & llvm::maskTrailingOnes<uint64_t>(width));
  }
  FloatParts parts = floatParts(format);
  bool negative = (bits >> (rowOf(format).bits - 1)) & 1;
  uint64_t allExponent = llvm::maskTrailingOnes<uint64_t>(parts.exponentBits);
  uint64_t allMantissa = llvm::maskTrailingOnes<uint64_t>(parts.mantissaBits);
  uint64_t exponent = (bits >> parts.mantissaBits) & allExponent;
  uint64_t mantissa = bits & allMantissa;
  double sign = negative ? -1.0 : 1.0;
  if (exponent == allExponent && parts.hasInfinity) {
    return mantissa ? std::numeric_limits<double>::quiet_NaN()
                    : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == allExponent && mantissa == allMantissa) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) {
    return sign * std::ldexp(static_cast<double>(mantissa),
                             parts.minExponent() - parts.mantissaBits);
  }
  double whole = static_cast<double>(mantissa + allMantissa + 1);
  return sign * std::ldexp(whole, static_cast<int>(exponent) - parts.bias -
                                      parts.mantissaBits);
}

double ulp(Format format, double value) {
  FloatParts parts = floatParts(format);
  int exponent = value == 0.0 || !std::isfinite(value)
                     ? parts.minExponent()
                     : std::max(std::ilogb(value), parts.minExponent());
  return std::ldexp(1.0, exponent - parts.mantissaBits);
}

} // namespace spak::sim
