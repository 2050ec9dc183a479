// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The element types of the language as number formats: which numbers each can
// hold, and how a number is rounded to one. Knows no IR.
#ifndef SPAK_SIMULATOR_FORMATS_H
#define SPAK_SIMULATOR_FORMATS_H

#include "llvm/ADT/StringRef.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace spak::sim {

/// An element type of the language.
enum class Format : uint8_t {
  F32,
  F16,
  BF16,
  E4M3,
  E5M2,
  S8,
  U8,
  S32,
  U32,
  S64,
  Bool
};

/// The parts of a binary floating-point format.
struct FloatParts {
  int exponentBits;
  int mantissaBits; ///< stored, without the leading one
  int bias;
  double max;       ///< the largest finite number
  bool hasInfinity; ///< else the format saturates, and only all ones is NaN

  /// The exponent of the smallest normal number.
  int minExponent() const { return 1 - bias; }
};

/// The spelling in the language, e.g. "bf16".
llvm::StringRef formatName(Format format);

/// The format spelled \p name.
std::optional<Format> parseFormat(llvm::StringRef name);

/// Width of an element in bits; `bool` takes 8.
int formatBits(Format format);

bool isFloat(Format format);

/// Parts of the float format \p format.
FloatParts floatParts(Format format);

/// \p value rounded to \p format: floats to nearest even, with subnormals; a
/// number too large becomes infinite, or in e4m3 the largest; NaN stays NaN.
/// Integers take the value modulo their width, after truncation; `bool` is 1
/// for anything but 0.
double roundTo(Format format, double value);

/// roundTo on \p count numbers in place. A double is rounded once, not by
/// way of float.
void roundTo(Format format, float *values, size_t count);
void roundTo(Format format, double *values, size_t count);

/// The bits of \p value, which \p format can hold, in the low end.
uint64_t encode(Format format, double value);

/// The number that \p bits mean in \p format.
double decode(Format format, uint64_t bits);

/// The distance from |value| to the next larger number of a float format.
double ulp(Format format, double value);

} // namespace spak::sim

#endif // SPAK_SIMULATOR_FORMATS_H
