// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the marks `//@ block NAME needs A B`, `//@ needs C` and `//@ end`.
#include "EmbeddedHeaders.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

namespace spak::cuda {

namespace {
struct EmbeddedFile {
  const char *path;
  const char *text;
};
constexpr EmbeddedFile kFiles[] = {
#include "EmbeddedHeaders.inc"
};
} // namespace

EmbeddedHeaders::EmbeddedHeaders() {
  for (const EmbeddedFile &file : kFiles) {
    parse(file.path, file.text);
  }
}

void EmbeddedHeaders::parse(StringRef path, StringRef text) {
  bool inNamespace = false;
  Block *open = nullptr;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    if (line.consume_front("//@ block ")) {
      auto [name, needs] = line.split(" needs ");
      Block &block = blocks.emplace_back();
      block.path = path;
      block.name = name.trim();
      block.needs = needs.trim().str();
      block.inNamespace = inNamespace;
      open = &block;
    } else if (line.consume_front("//@ needs ")) {
      open->needs += (" " + line.trim()).str();
    } else if (line.starts_with("//@ end")) {
      open = nullptr;
    } else if (open) {
      open->text += (line + "\n").str();
    } else if (line == "namespace spak {") {
      inNamespace = true;
    } else if (line == "} // namespace spak") {
      inNamespace = false;
    }
  }
}

void EmbeddedHeaders::use(StringRef name) {
  for (Block &block : blocks) {
    if (block.name != name) {
      continue;
    }
    if (block.used) {
      return;
    }
    block.used = true;
    llvm::SmallVector<StringRef> needs;
    StringRef(block.needs).split(needs, ' ', -1, /*KeepEmpty=*/false);
    for (StringRef need : needs) {
      use(need);
    }
    return;
  }
  llvm_unreachable("no such block in the device headers");
}

static bool isIn(StringRef path, StringRef folder) {
  return path.contains(("/" + folder + "/").str());
}

std::string EmbeddedHeaders::copied(StringRef folder) const {
  std::string text;
  bool inNamespace = false;
  for (const Block &block : blocks) {
    if (!block.used || !isIn(block.path, folder)) {
      continue;
    }
    if (block.inNamespace && !inNamespace) {
      text += "\nnamespace spak {\n";
    } else if (!block.inNamespace && inNamespace) {
      text += "\n} // namespace spak\n";
    }
    inNamespace = block.inNamespace;
    text += "\n" + block.text;
  }
  if (inNamespace) {
    text += "\n} // namespace spak\n";
  }
  return text;
}

std::string EmbeddedHeaders::includes(StringRef folder) const {
  std::string text;
  StringRef last;
  for (const Block &block : blocks) {
    if (block.used && isIn(block.path, folder) && block.path != last) {
      text += ("#include \"" + block.path + "\"\n").str();
      last = block.path;
    }
  }
  return text;
}

} // namespace spak::cuda
