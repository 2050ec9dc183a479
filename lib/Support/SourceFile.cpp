// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading a text and finding its lines.
#include "spak/Support/SourceFile.h"

#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>

namespace spak {

llvm::StringRef SourceRange::text() const {
  if (!file) {
    return {};
  }
  return file->text().slice(begin, end);
}

SourceFile::SourceFile(std::string name, std::string text)
    : fileName(std::move(name)), content(std::move(text)) {
  starts.push_back(0);
  for (size_t i = content.find('\n'); i != std::string::npos;
       i = content.find('\n', i + 1)) {
    starts.push_back(static_cast<uint32_t>(i + 1));
  }
}

llvm::Expected<std::unique_ptr<SourceFile>>
SourceFile::open(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer) {
    return llvm::errorCodeToError(buffer.getError());
  }
  llvm::StringRef text = (*buffer)->getBuffer();
  if (text.size() > kMaxBytes) {
    return llvm::createStringError(
        std::make_error_code(std::errc::file_too_large),
        "it has " + llvm::Twine(text.size()) + " bytes, the limit is " +
            llvm::Twine(kMaxBytes) + " bytes");
  }
  return std::make_unique<SourceFile>(path == "-" ? "<stdin>" : path.str(),
                                      text.str());
}

LineColumn SourceFile::lineColumn(uint32_t offset) const {
  offset = std::min<uint32_t>(offset, static_cast<uint32_t>(content.size()));
  auto next = std::upper_bound(starts.begin(), starts.end(), offset);
  return {static_cast<unsigned>(next - starts.begin()),
          offset - *std::prev(next) + 1};
}

uint32_t SourceFile::lineStart(unsigned line) const {
  assert(line >= 1 && line <= starts.size() && "no such line");
  return starts[line - 1];
}

llvm::StringRef SourceFile::lineText(unsigned line) const {
  uint32_t begin = lineStart(line);
  size_t end = line < starts.size() ? starts[line] - 1 : content.size();
  llvm::StringRef text = llvm::StringRef(content).slice(begin, end);
  text.consume_back("\r");
  return text;
}

} // namespace spak
