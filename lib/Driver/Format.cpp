// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: --format and --format-check.
#include "Session.h"

#include "spak/Frontend/Format.h"

namespace spak::driver {

bool Session::format() {
  std::optional<std::string> text = frontend::format(*source, diags);
  if (!text) {
    return false;
  }
  if (options.layout == Layout::Print) {
    outputs.push_back({options.output.empty() ? "-" : options.output, *text});
    return true;
  }
  llvm::StringRef before = source->text();
  if (*text == before) {
    return true;
  }
  // The first line that differs stands for the file.
  size_t at = 0;
  while (at < before.size() && at < text->size() && before[at] == (*text)[at]) {
    ++at;
  }
  auto offset = static_cast<uint32_t>(at);
  auto error =
      diags.error(diag::err_not_canonical, source->range(offset, offset));
  llvm::StringRef line =
      llvm::StringRef(*text).substr(llvm::StringRef(*text).rfind('\n', at) + 1);
  line = line.split('\n').first;
  error.note("this line is `" + quoted(line, 80) + "` in canonical layout");
  error.help("`spakc --format " + options.input + " -o " + options.input +
             "` writes it");
  return false;
}

} // namespace spak::driver
