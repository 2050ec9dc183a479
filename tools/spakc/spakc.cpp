// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The compiler's main: everything is in the driver library.
#include "spak/Driver/Driver.h"

#include "llvm/Support/InitLLVM.h"

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  return spak::driver::runCompiler(
      llvm::ArrayRef<const char *>(argv + 1, argv + argc));
}
