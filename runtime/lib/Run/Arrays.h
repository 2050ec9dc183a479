// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: element types and random contents. Must not know the driver.
#ifndef SPAK_RT_LIB_RUN_ARRAYS_H
#define SPAK_RT_LIB_RUN_ARRAYS_H

#include "Loader/Manifest.h"

namespace spak_rt {

/// Converts to the element's bits; to nearest, ties to even. False for a type
/// that the runtime has no conversion for.
bool encode(const ElementType &type, double value, void *bits);

/// Random contents. `onehot`: every row (last axis) has one 1, the rest 0.
/// Errors: SPAK_RT_BAD_MANIFEST for an unknown distribution.
Status generate(const std::string &distribution, uint64_t seed, int64_t width,
                std::vector<double> &values);

} // namespace spak_rt

#endif // SPAK_RT_LIB_RUN_ARRAYS_H
