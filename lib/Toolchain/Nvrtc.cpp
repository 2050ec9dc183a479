// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: NVRTC, loaded at run time (NVRTC 13.0 documentation, chapter 3 "User
// Interface"). Must not need a CUDA header to build.
#include "Nvrtc.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <dlfcn.h>

using namespace llvm;

namespace spak::toolchain {

namespace {

/// The functions that are used, as the library exports them.
struct NvrtcApi {
  using Program = struct OpaqueProgram *;
  int (*create)(Program *, const char *text, const char *name, int headers,
                const char *const *headerTexts,
                const char *const *headerNames) = nullptr;
  int (*destroy)(Program *) = nullptr;
  int (*compile)(Program, int count, const char *const *options) = nullptr;
  int (*ptxSize)(Program, size_t *) = nullptr;
  int (*ptx)(Program, char *) = nullptr;
  int (*cubinSize)(Program, size_t *) = nullptr;
  int (*cubin)(Program, char *) = nullptr;
  int (*logSize)(Program, size_t *) = nullptr;
  int (*log)(Program, char *) = nullptr;
  const char *(*errorString)(int) = nullptr;
  /// The folder of CUDA's headers, empty where it is not found.
  std::string includeDir;
};

template <typename Function>
bool resolve(void *library, const char *symbol, Function *&function) {
  function = reinterpret_cast<Function *>(dlsym(library, symbol));
  return function != nullptr;
}

/// CUDA's folder: the one of the given nvcc, of the nvcc on PATH, or the usual
/// place.
std::string cudaFolder(StringRef requestedNvcc) {
  Expected<std::string> nvcc = findNvcc(requestedNvcc);
  if (!nvcc) {
    consumeError(nvcc.takeError());
    return "/usr/local/cuda";
  }
  SmallString<128> real;
  if (sys::fs::real_path(*nvcc, real)) {
    real = *nvcc;
  }
  return sys::path::parent_path(sys::path::parent_path(real)).str();
}

Expected<NvrtcApi> loadNvrtc(StringRef requestedNvcc) {
  const std::string cuda = cudaFolder(requestedNvcc);
  void *library = nullptr;
  for (const std::string &name :
       {cuda + "/lib64/libnvrtc.so", cuda + "/lib/libnvrtc.so",
        std::string("libnvrtc.so.13"), std::string("libnvrtc.so.12"),
        std::string("libnvrtc.so")}) {
    library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library) {
      break;
    }
  }
  if (!library) {
    return createStringError(
        "no libnvrtc.so (looked in `" + cuda +
        "` and the loader's path): install the CUDA toolkit 13.0 or later, or "
        "compile with `--toolchain=nvcc`");
  }
  NvrtcApi api;
  if (!resolve(library, "nvrtcCreateProgram", api.create) ||
      !resolve(library, "nvrtcDestroyProgram", api.destroy) ||
      !resolve(library, "nvrtcCompileProgram", api.compile) ||
      !resolve(library, "nvrtcGetPTXSize", api.ptxSize) ||
      !resolve(library, "nvrtcGetPTX", api.ptx) ||
      !resolve(library, "nvrtcGetCUBINSize", api.cubinSize) ||
      !resolve(library, "nvrtcGetCUBIN", api.cubin) ||
      !resolve(library, "nvrtcGetProgramLogSize", api.logSize) ||
      !resolve(library, "nvrtcGetProgramLog", api.log) ||
      !resolve(library, "nvrtcGetErrorString", api.errorString)) {
    return createStringError("libnvrtc.so lacks a function of NVRTC 11.1: "
                             "install the CUDA toolkit 13.0 or later");
  }
  if (sys::fs::is_directory(cuda + "/include")) {
    api.includeDir = cuda + "/include";
  }
  return api;
}

std::vector<std::string> nvrtcOptions(const NvrtcApi &api,
                                      const CudaOptions &options) {
  const bool isPtx = options.artifact == Artifact::Ptx;
  std::vector<std::string> list = {
      "--gpu-architecture=" +
          (isPtx ? virtualArch(options.arch) : options.arch),
      "--std=c++17"};
  if (!isPtx) {
    list.push_back("--ptxas-options=-v");
  }
  if (options.lineInfo) {
    list.push_back("-lineinfo");
  }
  for (const std::string &dir : options.includeDirs) {
    list.push_back("-I" + dir);
  }
  if (!api.includeDir.empty()) {
    list.push_back("-I" + api.includeDir);
    list.push_back("-I" + api.includeDir + "/cccl");
  }
  return list;
}

/// A sized text of the program, through its pair of getters. NVRTC counts the
/// final zero of a text; a cubin has none.
std::string fetch(NvrtcApi::Program program,
                  int (*size)(NvrtcApi::Program, size_t *),
                  int (*get)(NvrtcApi::Program, char *), bool isText) {
  size_t count = 0;
  if (size(program, &count) != 0 || count == 0) {
    return "";
  }
  std::string text(count, '\0');
  if (get(program, text.data()) != 0) {
    return "";
  }
  if (isText) {
    text.pop_back();
  }
  return text;
}

} // namespace

Expected<CudaResult> compileWithNvrtc(StringRef text, StringRef name,
                                      const CudaOptions &options) {
  Expected<NvrtcApi> api = loadNvrtc(options.nvcc);
  if (!api) {
    return api.takeError();
  }
  const auto start = std::chrono::steady_clock::now();
  NvrtcApi::Program program = nullptr;
  const std::string source = text.str(), sourceName = name.str();
  if (int status = api->create(&program, source.c_str(), sourceName.c_str(), 0,
                               nullptr, nullptr)) {
    return createStringError(Twine("NVRTC does not start: ") +
                             api->errorString(status));
  }
  const llvm::scope_exit destroy([&] { api->destroy(&program); });

  const std::vector<std::string> list = nvrtcOptions(*api, options);
  std::vector<const char *> pointers;
  for (const std::string &option : list) {
    pointers.push_back(option.c_str());
  }
  const int status =
      api->compile(program, static_cast<int>(pointers.size()), pointers.data());
  CudaResult result;
  result.log = fetch(program, api->logSize, api->log, /*isText=*/true);
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  if (status != 0) {
    return createStringError(Twine("NVRTC rejects `") + name + "` (" +
                             api->errorString(status) + "):\n" + result.log);
  }
  result.binary = options.artifact == Artifact::Ptx
                      ? fetch(program, api->ptxSize, api->ptx, true)
                      : fetch(program, api->cubinSize, api->cubin, false);
  result.report = parseResourceReport(result.log);
  return result;
}

} // namespace spak::toolchain
