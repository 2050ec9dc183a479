// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the properties that the fuzzers check.
#include "Oracle.h"

#include "spak/AST/Dump.h"
#include "spak/AST/Edit.h"
#include "spak/Frontend/Format.h"
#include "spak/Frontend/Frontend.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::fuzz {

/// Formatting keeps what \p source says, and is done after once.
static std::string checkFormat(const SourceFile &source) {
  DiagnosticEngine diags;
  std::optional<std::string> once = frontend::format(source, diags);
  if (!once) {
    return "no lay-out that keeps the tree";
  }
  SourceFile formatted("formatted.dsl", *once);
  std::optional<std::string> twice = frontend::format(formatted, diags);
  if (!twice) {
    return "what was formatted cannot be formatted:\n" + *once;
  }
  return *once == *twice
             ? ""
             : "a second time changes more:\n" + *once + "\nand\n" + *twice;
}

/// An entry that is inserted is the only thing that changes.
static std::string checkEdit(const SourceFile &source, const ast::File &file) {
  std::string text = ast::applyEdits(
      source.text(), {ast::insertEntry(file.system, "added {\n    x: 1\n}")});
  SourceFile edited("edited.dsl", text);
  DiagnosticEngine diags;
  std::unique_ptr<ast::File> back = frontend::parse(edited, diags);
  if (!back || diags.hasErrors()) {
    return "an inserted entry makes an error:\n" + text;
  }
  if (back->system.items.size() != file.system.items.size() + 1 ||
      back->system.blocks("added").empty()) {
    return "an inserted entry changes another:\n" + text;
  }
  return "";
}

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
    if (!diags.hasErrors()) {
      std::string wrong = checkFormat(source);
      wrong = wrong.empty() ? checkEdit(source, *file) : wrong;
      if (!wrong.empty()) {
        return wrong;
      }
    }
  }

  // Any slice must do as an expression, too.
  auto half = static_cast<uint32_t>(text.size() / 2);
  frontend::tryParseExpression(source.range(half / 2, half));
  return "";
}

} // namespace spak::fuzz
