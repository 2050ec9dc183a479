// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: `--simulate`.
#include "Session.h"

namespace spak::driver {

bool Session::simulate() { return false; }

} // namespace spak::driver
