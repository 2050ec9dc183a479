// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which C++ identifiers a function's values get. Every name is unique in
// its function, so that no scope shadows another.
#ifndef SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_VARIABLENAMES_H
#define SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_VARIABLENAMES_H

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include "llvm/ADT/StringSet.h"

#include <string>

namespace spak::cuda {

class NamePool {
public:
  /// Reserves what the printer itself writes.
  NamePool();
  /// \p wanted made an identifier, or \p fallback where it is empty; with a
  /// number behind it where the name is taken.
  std::string pick(llvm::StringRef wanted, llvm::StringRef fallback);

private:
  llvm::StringSet<> taken;
};

/// The name in the value's location: the source's variable. Empty if none.
llvm::StringRef locationName(mlir::Value value);

/// What to call a value that the source does not name.
std::string fallbackName(mlir::Value value);

} // namespace spak::cuda

#endif // SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_VARIABLENAMES_H
