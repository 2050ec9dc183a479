// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading a text and finding its lines.
#include "spak/Support/SourceFile.h"

#include "llvm/Support/FileSystem.h"
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

namespace {

llvm::Error tooLarge(const llvm::Twine &size) {
  return llvm::createStringError(
      std::make_error_code(std::errc::file_too_large),
      "it has " + size + " bytes, the limit is " +
          llvm::Twine(SourceFile::kMaxBytes) + " bytes");
}

/// Pipes and devices have no size, and some have no end.
llvm::Expected<std::unique_ptr<SourceFile>> openStream(llvm::StringRef path) {
  constexpr size_t kAtOnce = size_t(1) << 20;
  bool isInput = path == "-";
  llvm::sys::fs::file_t file = llvm::sys::fs::getStdinHandle();
  if (!isInput) {
    llvm::Expected<llvm::sys::fs::file_t> opened =
        llvm::sys::fs::openNativeFileForRead(path);
    if (!opened) {
      return opened.takeError();
    }
    file = *opened;
  }
  std::string text;
  llvm::Error error = llvm::Error::success();
  for (size_t size = 0; size <= SourceFile::kMaxBytes;) {
    text.resize(size + kAtOnce);
    llvm::Expected<size_t> got = llvm::sys::fs::readNativeFile(
        file, llvm::MutableArrayRef<char>(text.data() + size, kAtOnce));
    if (!got) {
      error = llvm::joinErrors(std::move(error), got.takeError());
      break;
    }
    size += *got;
    text.resize(size);
    if (*got == 0) {
      break;
    }
  }
  if (!isInput) {
    llvm::sys::fs::closeFile(file);
  }
  if (error) {
    return std::move(error);
  }
  if (text.size() > SourceFile::kMaxBytes) {
    return tooLarge("more than " + llvm::Twine(SourceFile::kMaxBytes));
  }
  return std::make_unique<SourceFile>(isInput ? "<stdin>" : path.str(),
                                      std::move(text));
}

} // namespace

llvm::Expected<std::unique_ptr<SourceFile>>
SourceFile::open(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  std::error_code error;
  if (path != "-") {
    error = llvm::sys::fs::status(path, status);
  }
  if (error) {
    return llvm::errorCodeToError(error);
  }
  if (path == "-" || !llvm::sys::fs::is_regular_file(status)) {
    return openStream(path);
  }
  if (status.getSize() > kMaxBytes) {
    return tooLarge(llvm::Twine(status.getSize()));
  }
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    return llvm::errorCodeToError(buffer.getError());
  }
  return std::make_unique<SourceFile>(path.str(), (*buffer)->getBuffer().str());
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
