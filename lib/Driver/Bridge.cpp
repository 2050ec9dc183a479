// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the translation of MLIR's diagnostics. Knows no pass.
#include "Bridge.h"

#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace spak::driver {

namespace {

/// The first file, line and column that \p loc is made of.
FileLineColLoc fileLocOf(Location loc) {
  FileLineColLoc found;
  loc->walk([&](Location part) {
    if (auto file = dyn_cast<FileLineColLoc>(part)) {
      found = file;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return found;
}

/// `'spak.dot' op needs …` is `needs …` to somebody who wrote no IR: the
/// underlined text says what it is about.
std::string withoutOp(llvm::StringRef text) {
  if (text.starts_with("'")) {
    auto [op, rest] = text.drop_front().split("' op ");
    if (!rest.empty() && !op.contains(' ')) {
      return rest.str();
    }
  }
  return text.str();
}

} // namespace

DiagnosticBridge::DiagnosticBridge(MLIRContext &context,
                                   std::vector<const SourceFile *> sources,
                                   DiagnosticEngine &diags)
    : context(context), sources(std::move(sources)), diags(diags) {
  handler = context.getDiagEngine().registerHandler(
      [this](mlir::Diagnostic &diagnostic) {
        deliver(diagnostic);
        return success();
      });
}

DiagnosticBridge::~DiagnosticBridge() {
  context.getDiagEngine().eraseHandler(handler);
}

SourceRange rangeOf(Location loc, llvm::ArrayRef<const SourceFile *> sources) {
  FileLineColLoc file = fileLocOf(loc);
  const SourceFile *source = nullptr;
  for (const SourceFile *each : sources) {
    if (file && file.getFilename().getValue() == each->name()) {
      source = each;
    }
  }
  if (!source || file.getLine() < 1 || file.getLine() > source->lineCount()) {
    return {};
  }
  llvm::StringRef line = source->lineText(file.getLine());
  uint32_t column = std::min<uint32_t>(
      file.getColumn() ? file.getColumn() - 1 : 0, line.size());
  uint32_t begin = source->lineStart(file.getLine()) + column;
  // A location has no end: underline the word it starts.
  uint32_t length = 0;
  while (
      column + length < line.size() &&
      (llvm::isAlnum(line[column + length]) || line[column + length] == '_')) {
    ++length;
  }
  return source->range(begin, begin + std::max<uint32_t>(length, 1));
}

std::string DiagnosticBridge::placeOf(Location loc) const {
  FileLineColLoc file = fileLocOf(loc);
  if (!file) {
    return "";
  }
  return (file.getFilename().getValue() + ":" + llvm::Twine(file.getLine()) +
          ":" + llvm::Twine(file.getColumn()) + ": ")
      .str();
}

void DiagnosticBridge::deliver(mlir::Diagnostic &diagnostic) {
  diag::Id id = diag::err_compile;
  if (diagnostic.getSeverity() == DiagnosticSeverity::Warning) {
    id = diag::warn_compile;
  } else if (diagnostic.getSeverity() == DiagnosticSeverity::Remark ||
             diagnostic.getSeverity() == DiagnosticSeverity::Note) {
    id = diag::remark_decision;
  }
  SourceRange range = rangeOf(diagnostic.getLocation(), sources);
  std::string text = diagnostic.str();
  if (range.isValid()) {
    text = withoutOp(text);
  } else {
    text = placeOf(diagnostic.getLocation()) + text;
  }
  DiagnosticBuilder builder = diags.report(id, range);
  builder.argument(std::move(text));
  for (mlir::Diagnostic &note : diagnostic.getNotes()) {
    std::string noteText = note.str();
    // What verifiers add for us is no help to a user.
    if (llvm::StringRef(noteText).starts_with("see current operation")) {
      continue;
    }
    builder.note(rangeOf(note.getLocation(), sources), noteText);
  }
}

} // namespace spak::driver
