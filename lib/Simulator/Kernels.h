// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The innermost loops over plain arrays. Compiled with optimisation and
// without contraction: a result depends on the order of its terms and on
// nothing else.
#ifndef SPAK_LIB_SIMULATOR_KERNELS_H
#define SPAK_LIB_SIMULATOR_KERNELS_H

#include <cstdint>

namespace spak::sim {

/// c[i][j] += a[i][k] * b[k][j] for k ascending; each product and each sum is
/// rounded to the type. All row-major and dense.
void multiply(float *c, const float *a, const float *b, int64_t rows,
              int64_t columns, int64_t depth);
void multiply(double *c, const double *a, const double *b, int64_t rows,
              int64_t columns, int64_t depth);

} // namespace spak::sim

#endif // SPAK_LIB_SIMULATOR_KERNELS_H
