// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the blocked product. The blocks are over rows and columns only, so the
// terms of an element are always added in the same order.
#include "Kernels.h"

#if defined(__x86_64__) && defined(__linux__)
#define SPAK_WIDE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SPAK_WIDE_CLONES
#endif

namespace spak::sim {

namespace {

/// A block of kRows x kColumns sums stays in registers.
template <typename Real, int kRows, int kColumns>
inline __attribute__((always_inline)) void
block(Real *c, const Real *a, const Real *b, int64_t columns, int64_t depth) {
  Real sums[kRows][kColumns];
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kColumns; ++j) {
      sums[i][j] = c[i * columns + j];
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    const Real *row = b + k * columns;
    for (int i = 0; i < kRows; ++i) {
      Real factor = a[i * depth + k];
      for (int j = 0; j < kColumns; ++j) {
        sums[i][j] += factor * row[j];
      }
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kColumns; ++j) {
      c[i * columns + j] = sums[i][j];
    }
  }
}

template <typename Real, int kRows>
inline __attribute__((always_inline)) void
rowsOfBlocks(Real *c, const Real *a, const Real *b, int64_t columns,
             int64_t depth) {
  constexpr int kWide = 64 / sizeof(Real);
  int64_t j = 0;
  for (; j + kWide <= columns; j += kWide) {
    block<Real, kRows, kWide>(c + j, a, b + j, columns, depth);
  }
  for (; j < columns; ++j) {
    block<Real, kRows, 1>(c + j, a, b + j, columns, depth);
  }
}

template <typename Real>
inline __attribute__((always_inline)) void
multiplyBlocks(Real *c, const Real *a, const Real *b, int64_t rows,
               int64_t columns, int64_t depth) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    rowsOfBlocks<Real, 4>(c + i * columns, a + i * depth, b, columns, depth);
  }
  for (; i < rows; ++i) {
    rowsOfBlocks<Real, 1>(c + i * columns, a + i * depth, b, columns, depth);
  }
}

} // namespace

SPAK_WIDE_CLONES void multiply(float *c, const float *a, const float *b,
                               int64_t rows, int64_t columns, int64_t depth) {
  multiplyBlocks(c, a, b, rows, columns, depth);
}

SPAK_WIDE_CLONES void multiply(double *c, const double *a, const double *b,
                               int64_t rows, int64_t columns, int64_t depth) {
  multiplyBlocks(c, a, b, rows, columns, depth);
}

} // namespace spak::sim
