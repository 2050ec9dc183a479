// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: processes and temporary folders. Must not know which program runs.
#include "spak/Toolchain/Process.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

using namespace llvm;

namespace spak::toolchain {

namespace {

using Clock = std::chrono::steady_clock;

/// A pipe whose ends close themselves and do not leak into children.
struct Pipe {
  int readEnd = -1, writeEnd = -1;

  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      return false;
    }
    readEnd = ends[0];
    writeEnd = ends[1];
    return true;
  }
  static void closeEnd(int &end) {
    if (end >= 0) {
      close(end);
    }
    end = -1;
  }
  ~Pipe() {
    closeEnd(readEnd);
    closeEnd(writeEnd);
  }
};

Error systemError(int code, const Twine &what) {
  return createStringError(std::error_code(code, std::generic_category()),
                           what + ": " + StringRef(std::strerror(code)));
}

/// Takes what is there to read; false at the end of the stream.
bool drain(int descriptor, std::string &text) {
  std::array<char, 1 << 14> buffer;
  const ssize_t count = read(descriptor, buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<size_t>(count));
    return true;
  }
  return count < 0 && errno == EINTR;
}

/// Reads both streams until they end or the deadline passes; false then.
bool readUntilEnd(Pipe &out, Pipe &err, ProcessResult &result,
                  Clock::time_point deadline) {
  while (out.readEnd >= 0 || err.readEnd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - Clock::now());
    if (left.count() <= 0) {
      return false;
    }
    pollfd descriptors[2] = {{out.readEnd, POLLIN, 0},
                             {err.readEnd, POLLIN, 0}};
    if (poll(descriptors, 2, static_cast<int>(left.count()) + 1) < 0 &&
        errno != EINTR) {
      return true;
    }
    if (descriptors[0].revents && !drain(out.readEnd, result.out)) {
      Pipe::closeEnd(out.readEnd);
    }
    if (descriptors[1].revents && !drain(err.readEnd, result.err)) {
      Pipe::closeEnd(err.readEnd);
    }
  }
  return true;
}

} // namespace

Expected<ProcessResult> runProcess(ArrayRef<std::string> argv,
                                   double timeoutSeconds) {
  Pipe out, err;
  if (!out.open() || !err.open()) {
    return systemError(errno, "a pipe for `" + argv[0] + "`");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.writeEnd, 1);
  posix_spawn_file_actions_adddup2(&actions, err.writeEnd, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);

  std::vector<char *> arguments;
  for (const std::string &argument : argv) {
    arguments.push_back(const_cast<char *>(argument.c_str()));
  }
  arguments.push_back(nullptr);

  const auto start = Clock::now();
  pid_t child = 0;
  const int status = posix_spawn(&child, arguments[0], &actions, &attributes,
                                 arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (status != 0) {
    return systemError(status, "`" + argv[0] + "`");
  }
  Pipe::closeEnd(out.writeEnd);
  Pipe::closeEnd(err.writeEnd);

  ProcessResult result;
  const auto deadline =
      start + std::chrono::duration_cast<Clock::duration>(
                  std::chrono::duration<double>(timeoutSeconds));
  if (!readUntilEnd(out, err, result, deadline)) {
    result.timedOut = true;
    kill(-child, SIGKILL);
  }
  int waited = 0;
  while (waitpid(child, &waited, 0) < 0 && errno == EINTR) {
  }
  result.exitCode =
      WIFSIGNALED(waited) ? 128 + WTERMSIG(waited) : WEXITSTATUS(waited);
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

Expected<TemporaryFolder> TemporaryFolder::create(StringRef prefix) {
  SmallString<128> path;
  if (std::error_code code = sys::fs::createUniqueDirectory(prefix, path)) {
    return createStringError(code, "no temporary folder can be made: " +
                                       code.message());
  }
  return TemporaryFolder(path.str().str());
}

TemporaryFolder::~TemporaryFolder() {
  if (!path.empty()) {
    sys::fs::remove_directories(path, /*IgnoreErrors=*/true);
  }
}

std::string TemporaryFolder::file(StringRef name) const {
  SmallString<128> result(path);
  sys::path::append(result, name);
  return result.str().str();
}

} // namespace spak::toolchain
