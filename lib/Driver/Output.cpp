// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how outputs reach the disk. Knows nothing of what they hold.
#include "Output.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace spak::driver {

namespace {

/// Writes \p bytes to a new file beside \p path and returns its name.
Expected<std::string> writeBeside(StringRef path, StringRef bytes) {
  SmallString<128> name;
  int fd = -1;
  if (std::error_code code = sys::fs::createUniqueFile(
          path + ".%%%%%%.tmp", fd, name, sys::fs::OF_None, 0666)) {
    return createStringError(code,
                             "cannot write `" + path + "`: " + code.message());
  }
  raw_fd_ostream os(fd, /*shouldClose=*/true);
  os << bytes;
  os.close();
  if (os.has_error()) {
    std::error_code code = os.error();
    os.clear_error();
    sys::fs::remove(name);
    return createStringError(code,
                             "cannot write `" + path + "`: " + code.message());
  }
  return name.str().str();
}

} // namespace

Error writeOutputs(ArrayRef<OutputFile> files, StringRef folder) {
  if (!folder.empty()) {
    if (std::error_code code = sys::fs::create_directories(folder)) {
      return createStringError(code, "cannot create folder `" + folder +
                                         "`: " + code.message());
    }
  }
  std::vector<std::pair<std::string, std::string>> renames;
  auto giveUp = [&](Error error) {
    for (const auto &[from, to] : renames) {
      sys::fs::remove(from);
    }
    return error;
  };
  for (const OutputFile &file : files) {
    // A device such as /dev/null cannot be renamed onto.
    if (file.path == "-" ||
        (sys::fs::exists(file.path) && !sys::fs::is_regular_file(file.path))) {
      continue;
    }
    Expected<std::string> name = writeBeside(file.path, file.bytes);
    if (!name) {
      return giveUp(name.takeError());
    }
    renames.push_back({*name, file.path});
  }
  for (const OutputFile &file : files) {
    if (file.path == "-") {
      outs() << file.bytes;
      outs().flush();
    } else if (sys::fs::exists(file.path) &&
               !sys::fs::is_regular_file(file.path)) {
      std::error_code code;
      raw_fd_ostream os(file.path, code);
      if (code) {
        return giveUp(createStringError(code, "cannot write `" + file.path +
                                                  "`: " + code.message()));
      }
      os << file.bytes;
    }
  }
  for (const auto &[from, to] : renames) {
    if (std::error_code code = sys::fs::rename(from, to)) {
      return giveUp(createStringError(code, "cannot write `" + to +
                                                "`: " + code.message()));
    }
  }
  return Error::success();
}

std::string depfileText(StringRef target, ArrayRef<std::string> inputs) {
  auto escape = [](StringRef path) {
    std::string text;
    for (char c : path) {
      if (c == ' ' || c == '#' || c == '\\') {
        text += '\\';
      }
      if (c == '$') {
        text += '$';
      }
      text += c;
    }
    return text;
  };
  std::string text = escape(target) + ":";
  for (const std::string &input : inputs) {
    text += " \\\n  " + escape(input);
  }
  text += "\n";
  for (const std::string &input : inputs) {
    text += "\n" + escape(input) + ":\n";
  }
  return text;
}

} // namespace spak::driver
