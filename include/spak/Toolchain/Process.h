// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: starting another program, reading what it prints, and ending it when
// its time is up. Must not know which program it is.
#ifndef SPAK_TOOLCHAIN_PROCESS_H
#define SPAK_TOOLCHAIN_PROCESS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace spak::toolchain {

/// What became of a program that was started.
struct ProcessResult {
  /// The exit status; 128 + n when signal n ended it.
  int exitCode = 0;
  /// True when the time limit ended it (and all its children).
  bool timedOut = false;
  /// Standard output and standard error.
  std::string out, err;
  /// Wall-clock seconds.
  double seconds = 0;
};

/// Runs `argv[0]` (a path) with the arguments that follow and waits for it.
/// The program gets its own process group; after `timeoutSeconds` the whole
/// group is killed. Standard input is empty.
/// Errors: the program cannot be started.
llvm::Expected<ProcessResult> runProcess(llvm::ArrayRef<std::string> argv,
                                         double timeoutSeconds);

/// A folder that is deleted, with what is in it, when the object dies.
class TemporaryFolder {
public:
  /// Errors: the system's temporary folder cannot be written.
  static llvm::Expected<TemporaryFolder> create(llvm::StringRef prefix);
  TemporaryFolder(TemporaryFolder &&other) : path(std::move(other.path)) {
    other.path.clear();
  }
  TemporaryFolder &operator=(TemporaryFolder &&) = delete;
  ~TemporaryFolder();

  /// The path of a file in the folder.
  std::string file(llvm::StringRef name) const;
  const std::string &getPath() const { return path; }

private:
  explicit TemporaryFolder(std::string path) : path(std::move(path)) {}
  std::string path;
};

} // namespace spak::toolchain

#endif // SPAK_TOOLCHAIN_PROCESS_H
