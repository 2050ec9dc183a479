// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the properties that the fuzzers check.
#include "Oracle.h"

#include "spak/AST/Dump.h"
#include "spak/Frontend/Frontend.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::fuzz {

std::string check(const std::string &text) {
  SourceFile source("fuzz.dsl", text);
  DiagnosticEngine diags;
  std::unique_ptr<ast::File> file = frontend::parse(source, diags);
  if (!file && !diags.hasErrors()) {
    return "no tree and no error";
  }
  for (const Diagnostic &diagnostic : diags.diagnostics()) {
    if (diagnostic.id == diag::err_internal_parser) {
      return "internal error: " + diagnostic.text;
    }
    bool inside = diagnostic.range.isValid() &&
                  diagnostic.range.begin <= diagnostic.range.end &&
                  diagnostic.range.end <= text.size();
    if (!inside) {
      return "a message without a place in the text: " + diagnostic.text;
    }
  }
  std::string output;
  llvm::raw_string_ostream stream(output);
  diags.printText(stream);
  diags.printJson(stream);
  if (file) {
    ast::dump(*file, stream, /*locations=*/true);
    std::string json;
    llvm::raw_string_ostream(json)
        << llvm::formatv("{0:2}", ast::toJson(*file));
    if (auto back = llvm::json::parse(json); !back) {
      return "JSON that does not read back: " +
             llvm::toString(back.takeError());
    }
  }

  // Any slice must do as an expression, too.
  auto half = static_cast<uint32_t>(text.size() / 2);
  frontend::tryParseExpression(source.range(half / 2, half));
  return "";
}

} // namespace spak::fuzz
