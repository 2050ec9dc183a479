// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Lines of C++ in the project's layout (clang-format 22, LLVM, 80 columns).
// Knows layout, not meaning.
#ifndef SPAK_LIB_TARGET_CUDACPP_TEXTWRITER_H
#define SPAK_LIB_TARGET_CUDACPP_TEXTWRITER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <string>

namespace spak::cuda {

class TextWriter {
public:
  /// One statement, with its semicolon or brace; broken where it is too long.
  void statement(const llvm::Twine &text);
  /// `text {`, and what follows is one level deeper.
  void open(const llvm::Twine &text);
  /// The head of a function whose attributes stand on the line before.
  void openDeclaration(const llvm::Twine &text);
  /// `}`, or `} text`.
  void close(const llvm::Twine &text = "");
  /// `} text {`.
  void reopen(const llvm::Twine &text);
  /// A function of one statement: on one line where it fits.
  void shortFunction(const llvm::Twine &head, const llvm::Twine &body);
  /// A comment, broken between words.
  void paragraph(const llvm::Twine &text);
  /// A comment of one line; cut where it is too long.
  void comment(const llvm::Twine &text);
  /// A line at column 0, as it is.
  void raw(const llvm::Twine &text);
  /// `#pragma …` before a loop.
  void pragma(const llvm::Twine &text);
  /// Empty line, unless there is one already or a scope has just begun.
  void blank();

  const std::string &text() const { return buffer; }

private:
  void writeLine(const llvm::Twine &line, unsigned columns);

  std::string buffer;
  unsigned indent = 0;
};

} // namespace spak::cuda

#endif // SPAK_LIB_TARGET_CUDACPP_TEXTWRITER_H
