// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A kernel's own `reference`: a function in NumPy float64. Arrays go there and
// come back as .npy files, many calls in one process. Knows no IR.
#ifndef SPAK_SIMULATOR_REFERENCE_H
#define SPAK_SIMULATOR_REFERENCE_H

#include "spak/Simulator/Tensor.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <map>
#include <string>
#include <vector>

namespace spak::sim {

/// Where the function is: `reference "reference.py:forward"`.
struct ReferenceFunction {
  std::string path; ///< of the file
  std::string function;
};

/// One call. The function gets, by name, what its parameters ask for: input
/// tensors, scalars, dims, and `point`.
struct ReferenceCall {
  std::map<std::string, const Tensor *> inputs;
  std::map<std::string, double> scalars;
  std::map<std::string, int64_t> dims;
  llvm::json::Object point;
  /// The outputs that are wanted, with their extents.
  std::map<std::string, llvm::SmallVector<int64_t, 5>> outputs;
};

/// What one call returned: dense, row-major.
using ReferenceResult = std::map<std::string, std::vector<double>>;

/// Makes all of \p calls in one run of python3.
/// Errors: there is no python3, or it ends with an error: its last words.
llvm::Expected<std::vector<ReferenceResult>>
callReference(const ReferenceFunction &function,
              std::vector<ReferenceCall> calls);

/// Writes \p values as a .npy file of float64.
llvm::Error writeNpy(llvm::StringRef path, llvm::ArrayRef<int64_t> extents,
                     llvm::ArrayRef<double> values);

/// Reads a .npy file of float64 in C order.
/// Errors: it is another kind of file, or has another shape.
llvm::Expected<std::vector<double>> readNpy(llvm::StringRef path,
                                            llvm::ArrayRef<int64_t> extents);

} // namespace spak::sim

#endif // SPAK_SIMULATOR_REFERENCE_H
