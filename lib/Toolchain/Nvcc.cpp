// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: finding nvcc, its command line and its messages. Must not know any IR.
#include "Nvrtc.h"

#include "spak/Toolchain/Toolchain.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace spak::toolchain {

std::string virtualArch(StringRef arch) {
  arch.consume_front("sm_");
  return ("compute_" + arch).str();
}

Expected<std::string> findNvcc(StringRef requested) {
  if (!requested.empty()) {
    ErrorOr<std::string> path = sys::findProgramByName(requested);
    if (path && sys::fs::can_execute(*path)) {
      return *path;
    }
    return createStringError("no nvcc at `" + requested +
                             "`: expected the path of an executable");
  }
  if (ErrorOr<std::string> path = sys::findProgramByName("nvcc")) {
    return *path;
  }
  if (ErrorOr<std::string> path =
          sys::findProgramByName("nvcc", {"/usr/local/cuda/bin"})) {
    return *path;
  }
  return createStringError(
      "no nvcc on PATH or in /usr/local/cuda/bin: install the CUDA toolkit "
      "13.0 or later, or name its compiler with `--nvcc=<path>`");
}

namespace {

Error writeFile(StringRef path, StringRef text) {
  std::error_code code;
  raw_fd_ostream file(path, code);
  if (code) {
    return createStringError(
        code, "`" + path + "` cannot be written: " + code.message());
  }
  file << text;
  file.close();
  if (file.has_error()) {
    code = file.error();
    file.clear_error();
    return createStringError(
        code, "`" + path + "` cannot be written: " + code.message());
  }
  return Error::success();
}

std::vector<std::string> nvccCommand(StringRef nvcc, StringRef source,
                                     StringRef target,
                                     const CudaOptions &options) {
  const std::string arch = virtualArch(options.arch);
  std::vector<std::string> command = {nvcc.str(), "-std=c++17", "-O3"};
  // The shorthand -arch=sm_90a would embed PTX of a lesser architecture, for
  // which the text does not assemble.
  const std::string code =
      options.artifact == Artifact::Ptx ? arch : options.arch;
  command.push_back("-gencode");
  command.push_back("arch=" + arch + ",code=" + code);
  command.insert(command.end(), {"-Xptxas", "-v"});
  if (options.lineInfo) {
    command.push_back("-lineinfo");
  }
  for (const std::string &dir : options.includeDirs) {
    command.push_back("-I" + dir);
  }
  switch (options.artifact) {
  case Artifact::Ptx:
    command.push_back("-ptx");
    break;
  case Artifact::Cubin:
    command.push_back("-cubin");
    break;
  case Artifact::SharedLibrary:
    command.insert(command.end(), {"-shared", "-Xcompiler", "-fPIC"});
    break;
  }
  command.insert(command.end(), {"-o", target.str(), source.str()});
  return command;
}

Expected<CudaResult> compileWithNvcc(StringRef text, StringRef name,
                                     const CudaOptions &options) {
  Expected<std::string> nvcc = findNvcc(options.nvcc);
  if (!nvcc) {
    return nvcc.takeError();
  }
  Expected<TemporaryFolder> folder = TemporaryFolder::create("spakc");
  if (!folder) {
    return folder.takeError();
  }
  const StringRef stem = sys::path::stem(name);
  const std::string source = folder->file(
      (stem.empty() || stem == "-" ? "kernel" : stem).str() + ".cu");
  const std::string target = folder->file("artifact");
  if (Error error = writeFile(source, text)) {
    return std::move(error);
  }

  Expected<ProcessResult> process = runProcess(
      nvccCommand(*nvcc, source, target, options), options.timeoutSeconds);
  if (!process) {
    return process.takeError();
  }
  if (process->timedOut) {
    return createStringError("nvcc took more than %.0f s over `%s`",
                             options.timeoutSeconds, name.str().c_str());
  }
  CudaResult result;
  result.log = process->out + process->err;
  result.seconds = process->seconds;
  if (process->exitCode != 0) {
    return createStringError(Twine("nvcc rejects `") + name + "` (exit code " +
                             Twine(process->exitCode) + "):\n" + result.log);
  }
  auto buffer = MemoryBuffer::getFile(target);
  if (!buffer) {
    return createStringError(buffer.getError(),
                             "nvcc left no output for `" + name + "`");
  }
  result.binary = (*buffer)->getBuffer().str();
  result.report = parseResourceReport(result.log);
  return result;
}

} // namespace

Expected<CudaResult> compileCuda(StringRef text, StringRef name,
                                 const CudaOptions &options) {
  if (options.compiler == CudaCompiler::Nvrtc) {
    if (options.artifact == Artifact::SharedLibrary) {
      return createStringError("a shared library needs nvcc: NVRTC compiles "
                               "device code only");
    }
    return compileWithNvrtc(text, name, options);
  }
  return compileWithNvcc(text, name, options);
}

} // namespace spak::toolchain
