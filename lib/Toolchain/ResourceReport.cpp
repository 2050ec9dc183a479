// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the reading of ptxas' report. Must not know how ptxas was started.
#include "spak/Toolchain/ResourceReport.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace spak::toolchain {

namespace {

/// The number that stands before `unit` in `line`, e.g. 24 for
/// "24 bytes spill stores" and unit " bytes spill stores"; 0 without one.
uint64_t numberBefore(StringRef line, StringRef unit) {
  const size_t at = line.find(unit);
  if (at == StringRef::npos) {
    return 0;
  }
  StringRef digits = line.take_front(at);
  digits = digits.take_back(digits.size() -
                            (digits.find_last_not_of("0123456789") + 1));
  uint64_t value = 0;
  return digits.getAsInteger(10, value) ? 0 : value;
}

/// The text between the first pair of single quotes after `key`.
StringRef quotedAfter(StringRef line, StringRef key) {
  const size_t at = line.find(key);
  if (at == StringRef::npos) {
    return "";
  }
  return line.drop_front(at + key.size()).split('\'').second.split('\'').first;
}

/// One line of the log without its "ptxas info    : ".
struct LogLine {
  StringRef text;
  bool isWarning = false;
};

LogLine stripPrefix(StringRef line) {
  line = line.trim();
  if (line.consume_front("ptxas ")) {
    // NVRTC marks the second line of a message with a dot.
    StringRef continued = line.ltrim();
    if (continued.consume_front(". ")) {
      return {continued.trim(), false};
    }
    const auto [kind, rest] = line.split(':');
    return {rest.trim(), kind.trim().starts_with("warning")};
  }
  return {line, false};
}

class ReportReader {
public:
  void read(StringRef line) {
    const auto [text, isWarning] = stripPrefix(line);
    if (text.contains("Compiling entry function")) {
      current = &kernel(quotedAfter(text, "entry function"));
      current->isEntry = true;
      current->arch = quotedAfter(text, " for ").str();
    } else if (text.starts_with("Function properties for ")) {
      current = &kernel(text.drop_front(24).trim());
    } else if (text.contains("bytes stack frame")) {
      readLocalMemory(text);
    } else if (text.starts_with("Used ") && current) {
      readUsage(text);
    } else if (isWarning || text.contains("Potential Performance Loss")) {
      // The same note comes once for each instruction that it is about.
      if (!is_contained(report.warnings, text)) {
        report.warnings.push_back(text.str());
      }
      report.wgmmaSerialized |=
          text.contains("wgmma") && text.contains("serialized");
      report.setmaxnregIgnored |= text.contains("setmaxnreg ignored") ||
                                  text.contains("'setmaxnreg' ignored");
    }
  }

  ResourceReport take() { return std::move(report); }

private:
  KernelResources &kernel(StringRef name) {
    for (KernelResources &known : report.kernels) {
      if (known.name == name) {
        return known;
      }
    }
    report.kernels.emplace_back();
    report.kernels.back().name = name.str();
    return report.kernels.back();
  }

  void readLocalMemory(StringRef text) {
    if (!current) {
      return;
    }
    current->stackBytes = numberBefore(text, " bytes stack frame");
    current->spillStoreBytes = numberBefore(text, " bytes spill stores");
    current->spillLoadBytes = numberBefore(text, " bytes spill loads");
  }

  void readUsage(StringRef text) {
    current->registers =
        static_cast<unsigned>(numberBefore(text, " registers"));
    current->barriers = static_cast<unsigned>(numberBefore(text, " barriers"));
    current->smemBytes = numberBefore(text, " bytes smem");
  }

  ResourceReport report;
  KernelResources *current = nullptr;
};

} // namespace

const KernelResources *ResourceReport::find(StringRef name) const {
  for (const KernelResources &kernel : kernels) {
    if (kernel.name == name) {
      return &kernel;
    }
  }
  return nullptr;
}

bool ResourceReport::isClean() const {
  for (const KernelResources &kernel : kernels) {
    if (kernel.spillBytes() != 0 || kernel.stackBytes != 0) {
      return false;
    }
  }
  return !wgmmaSerialized && !setmaxnregIgnored;
}

ResourceReport parseResourceReport(StringRef log) {
  ReportReader reader;
  SmallVector<StringRef> lines;
  log.split(lines, '\n');
  for (StringRef line : lines) {
    reader.read(line);
  }
  return reader.take();
}

} // namespace spak::toolchain
