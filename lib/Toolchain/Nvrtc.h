// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the door to NVRTC. Must not be included outside this library.
#ifndef SPAK_LIB_TOOLCHAIN_NVRTC_H
#define SPAK_LIB_TOOLCHAIN_NVRTC_H

#include "spak/Toolchain/Toolchain.h"

namespace spak::toolchain {

/// Compiles in this process; `options.artifact` is Ptx or Cubin.
llvm::Expected<CudaResult> compileWithNvrtc(llvm::StringRef text,
                                            llvm::StringRef name,
                                            const CudaOptions &options);

} // namespace spak::toolchain

#endif // SPAK_LIB_TOOLCHAIN_NVRTC_H
