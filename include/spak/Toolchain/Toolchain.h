// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how CUDA C++ becomes PTX, a cubin or a shared library: which compiler,
// its flags, its process and its temporary files. Must not know any IR.
#ifndef SPAK_TOOLCHAIN_TOOLCHAIN_H
#define SPAK_TOOLCHAIN_TOOLCHAIN_H

#include "spak/Toolchain/Process.h"
#include "spak/Toolchain/ResourceReport.h"

#include <string>
#include <vector>

namespace spak::toolchain {

/// What a compilation gives.
enum class Artifact { Ptx, Cubin, SharedLibrary };

/// Which compiler does it. NVRTC lives in a library that is loaded when it is
/// first asked for, so that a program with this code starts without CUDA.
enum class CudaCompiler { Nvcc, Nvrtc };

/// Options of one compilation.
struct CudaOptions {
  /// The real architecture, e.g. "sm_90a".
  std::string arch = "sm_90a";
  Artifact artifact = Artifact::Cubin;
  CudaCompiler compiler = CudaCompiler::Nvcc;
  /// The nvcc to use; empty: see findNvcc.
  std::string nvcc;
  std::vector<std::string> includeDirs;
  /// Keep line numbers for profilers.
  bool lineInfo = false;
  /// Seconds after which the compiler is killed.
  double timeoutSeconds = 300;
};

/// What came of a compilation.
struct CudaResult {
  /// The bytes of the artifact.
  std::string binary;
  ResourceReport report;
  /// All that the compiler printed.
  std::string log;
  /// Wall-clock seconds.
  double seconds = 0;
};

/// The nvcc to use: `requested` if given, else the first of PATH and
/// /usr/local/cuda/bin.
/// Errors: none is there; the message says what to install.
llvm::Expected<std::string> findNvcc(llvm::StringRef requested);

/// Compiles `text`. `name` is the file name that messages show.
/// Errors: no compiler, a compiler that rejects the text (the message is its
/// log), one that runs out of time.
llvm::Expected<CudaResult> compileCuda(llvm::StringRef text,
                                       llvm::StringRef name,
                                       const CudaOptions &options);

/// "compute_90a" for "sm_90a": the virtual architecture of a real one.
std::string virtualArch(llvm::StringRef arch);

} // namespace spak::toolchain

#endif // SPAK_TOOLCHAIN_TOOLCHAIN_H
