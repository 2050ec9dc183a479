// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A source text and places in it. A range carries its file, so that a
// diagnostic may point into any of several files. Knows no syntax.
#ifndef SPAK_SUPPORT_SOURCEFILE_H
#define SPAK_SUPPORT_SOURCEFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace spak {

class SourceFile;

/// A place as people count: both from 1, the column in bytes.
struct LineColumn {
  unsigned line = 1;
  unsigned column = 1;
};

/// The bytes [begin, end) of a file. Empty ranges stand between two bytes.
struct SourceRange {
  const SourceFile *file = nullptr;
  uint32_t begin = 0; ///< byte
  uint32_t end = 0;   ///< byte

  bool isValid() const { return file != nullptr; }

  /// From the start of this range to the end of \p last.
  SourceRange to(const SourceRange &last) const {
    return {file, begin, last.end < begin ? end : last.end};
  }
  /// The empty range at the end of this one.
  SourceRange after() const { return {file, end, end}; }

  /// The bytes of the range.
  llvm::StringRef text() const;

  bool operator==(const SourceRange &other) const {
    return file == other.file && begin == other.begin && end == other.end;
  }
  bool operator!=(const SourceRange &other) const { return !(*this == other); }
};

/// A text with a name. Ranges point to it, so it may not move.
class SourceFile {
public:
  /// The largest file that is read. Unit: byte.
  static constexpr uint64_t kMaxBytes = uint64_t(1) << 30;

  /// A text that is not on disk; \p name is what diagnostics show.
  SourceFile(std::string name, std::string text);
  SourceFile(const SourceFile &) = delete;
  SourceFile &operator=(const SourceFile &) = delete;

  /// Reads \p path; "-" is standard input, shown as `<stdin>`. Errors: the
  /// file cannot be read, or is larger than \ref kMaxBytes.
  static llvm::Expected<std::unique_ptr<SourceFile>> open(llvm::StringRef path);

  llvm::StringRef name() const { return fileName; }
  llvm::StringRef text() const { return content; }

  /// The line and column of the byte at \p offset. An offset past the end
  /// is the end.
  LineColumn lineColumn(uint32_t offset) const;

  /// The offset of the first byte of the 1-based \p line.
  uint32_t lineStart(unsigned line) const;

  /// The 1-based \p line without its line break.
  llvm::StringRef lineText(unsigned line) const;

  unsigned lineCount() const { return static_cast<unsigned>(starts.size()); }

  SourceRange range(uint32_t begin, uint32_t end) const {
    return {this, begin, end};
  }

private:
  std::string fileName;
  std::string content;
  std::vector<uint32_t> starts; ///< offset of each line's first byte
};

} // namespace spak

#endif // SPAK_SUPPORT_SOURCEFILE_H
