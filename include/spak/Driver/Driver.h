// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The compiler as one call. Tools are thin mains over it.
#ifndef SPAK_DRIVER_DRIVER_H
#define SPAK_DRIVER_DRIVER_H

#include "llvm/ADT/ArrayRef.h"

namespace spak::driver {

/// Exit codes, the same in every tool.
enum ExitCode : int {
  kOk = 0,
  kDiagnosed = 1,
  kUsage = 2,
  kToolchain = 3,
  kNoDevice = 4,
  kRunFailed = 5,
  kWrongResult = 6,
  kInternal = 70,
};

/// Runs spakc on the arguments after the program name. Writes outputs only
/// if everything succeeded. Returns an ExitCode.
int runCompiler(llvm::ArrayRef<const char *> arguments);

} // namespace spak::driver

#endif // SPAK_DRIVER_DRIVER_H
