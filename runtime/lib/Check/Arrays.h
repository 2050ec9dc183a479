// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: arrays on the host: element types, random contents, .npy files. Must
// not know the driver.
#ifndef SPAK_RT_LIB_CHECK_ARRAYS_H
#define SPAK_RT_LIB_CHECK_ARRAYS_H

#include "Loader/Manifest.h"

namespace spak_rt {

/// Converts to and from the element's bits; round to nearest, ties to even.
/// False for a type that the runtime has no conversion for.
bool encode(const ElementType &type, double value, void *bits);
bool decode(const ElementType &type, const void *bits, double &value);

/// Random contents. `onehot`: every row (last axis) has one 1, the rest 0.
/// Errors: SPAK_RT_BAD_MANIFEST for an unknown distribution.
Status generate(const std::string &distribution, uint64_t seed, int64_t width,
                std::vector<double> &values);

/// Writes and reads float64 arrays in C order (NumPy's format 1.0).
Status writeNpy(const std::string &path, const std::vector<int64_t> &shape,
                const std::vector<double> &values);
Status readNpy(const std::string &path, std::vector<int64_t> &shape,
               std::vector<double> &values);

} // namespace spak_rt

#endif // SPAK_RT_LIB_CHECK_ARRAYS_H
