// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Accesses to shared and global memory, counted. Private to the analysis.
#ifndef SPAK_LIB_ANALYSIS_ACCESSES_H
#define SPAK_LIB_ANALYSIS_ACCESSES_H

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"
#include "spak/Space/Figures.h"

namespace spak::analysis {

/// The tensor map that a launch passes for each argument of its kernel; null
/// for other arguments.
class TensorMaps {
public:
  TensorMaps(mlir::ModuleOp module, cuda::KernelOp kernel);
  cuda::HostTensorMapOp of(mlir::Value argument) const;
  /// The tensor's name.
  static std::string nameOf(cuda::HostTensorMapOp map);
  static int64_t elementBytes(cuda::HostTensorMapOp map);
  /// Of one box.
  static int64_t boxBytes(cuda::HostTensorMapOp map);

private:
  llvm::DenseMap<mlir::Value, mlir::Operation *> maps;
};

/// Turns that the groups' stores of \p op take at the banks; unit: wavefront of
/// one warpgroup.
int64_t wavefrontsOf(cuda::StMatrixOp op);
int64_t wavefrontsOf(cuda::LdMatrixOp op);
/// Turns that the operands of \p op take which lie in shared memory.
int64_t wavefrontsOf(cuda::WgmmaSSOp op);
int64_t wavefrontsOf(cuda::WgmmaRSOp op);

void countShared(cuda::KernelOp kernel, const TensorMaps &maps,
                 space::KernelFigures &figures);
void countGlobal(cuda::KernelOp kernel, const TensorMaps &maps,
                 space::KernelFigures &figures);

} // namespace spak::analysis

#endif // SPAK_LIB_ANALYSIS_ACCESSES_H
