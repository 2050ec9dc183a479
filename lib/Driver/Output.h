// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Files that appear all together or not at all. Private to the driver.
#ifndef SPAK_LIB_DRIVER_OUTPUT_H
#define SPAK_LIB_DRIVER_OUTPUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace spak::driver {

/// One file to write; the path "-" is standard output.
struct OutputFile {
  std::string path;
  std::string bytes;
};

/// Writes \p files: each beside its place first, then all renamed. On an
/// error nothing new is left behind. Creates \p folder if it is not empty.
llvm::Error writeOutputs(llvm::ArrayRef<OutputFile> files,
                         llvm::StringRef folder);

/// The text of a Makefile rule: \p target depends on \p inputs, and each
/// input has an empty rule so that a removed file does not stop make.
std::string depfileText(llvm::StringRef target,
                        llvm::ArrayRef<std::string> inputs);

} // namespace spak::driver

#endif // SPAK_LIB_DRIVER_OUTPUT_H
