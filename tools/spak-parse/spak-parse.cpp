// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A developer's tool: runs the front end alone, prints the tree, the system
// layer as JSON, or the table of diagnostics.
#include "spak/AST/Dump.h"
#include "spak/Frontend/Format.h"
#include "spak/Frontend/Frontend.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace spak;

static constexpr llvm::StringLiteral kHelp =
    "usage: spak-parse [options] FILE\n"
    "\n"
    "Runs the front end alone. FILE may be - for standard input.\n"
    "\n"
    "  --emit=ast|system|format|none   what to print (default ast)\n"
    "  --locations                 end each line of the tree with its place\n"
    "  --expr                      read one expression, not a system\n"
    "  --diagnostics=text|json     how messages are printed on standard error\n"
    "  --diagnostics=markdown      print docs/Diagnostics.md and stop\n"
    "  --error-limit=N             stop after N errors, 0 for no limit\n"
    "  --help                      print this and stop\n"
    "\n"
    "Exit codes: 0 ok, 1 the input has errors, 2 usage.\n";

namespace {

struct Options {
  std::string input;
  std::string emit = "ast";
  bool locations = false;
  bool expression = false;
  std::string diagnostics = "text";
  DiagnosticOptions filter;
};

} // namespace

static int usage(const llvm::Twine &text) {
  llvm::errs() << "spak-parse: " << text << "; try --help\n";
  return 2;
}

/// Reads the command line; an exit code if there is nothing more to do.
static std::optional<int> readOptions(llvm::ArrayRef<const char *> arguments,
                                      Options &options) {
  for (llvm::StringRef argument : arguments) {
    llvm::StringRef value = argument;
    if (argument == "--help") {
      llvm::outs() << kHelp;
      return 0;
    }
    if (argument == "--locations") {
      options.locations = true;
    } else if (argument == "--expr") {
      options.expression = true;
    } else if (value.consume_front("--emit=")) {
      if (value != "ast" && value != "system" && value != "format" &&
          value != "none") {
        return usage("--emit expects ast, system, format or none, got `" +
                     value + "`");
      }
      options.emit = value.str();
    } else if (value.consume_front("--diagnostics=")) {
      if (value != "text" && value != "json" && value != "markdown") {
        return usage("--diagnostics expects text, json or markdown, got `" +
                     value + "`");
      }
      options.diagnostics = value.str();
    } else if (value.consume_front("--error-limit=")) {
      if (value.getAsInteger(10, options.filter.errorLimit)) {
        return usage("--error-limit expects a number, got `" + value + "`");
      }
    } else if (argument.starts_with("-") && argument != "-") {
      return usage("unknown option `" + argument + "`");
    } else if (!options.input.empty()) {
      return usage("one input expected, got `" + options.input + "` and `" +
                   argument + "`");
    } else {
      options.input = argument.str();
    }
  }
  if (options.diagnostics == "markdown") {
    printDiagnosticTable(llvm::outs());
    return 0;
  }
  if (options.input.empty()) {
    return usage("no input");
  }
  return std::nullopt;
}

static void print(const Options &options, const SourceFile &source,
                  DiagnosticEngine &diags) {
  if (options.expression) {
    SourceRange range =
        source.range(0, static_cast<uint32_t>(source.text().size()));
    if (ast::ExprPtr expr = frontend::parseExpression(range, diags)) {
      llvm::outs() << ast::toString(*expr) << '\n';
    }
    return;
  }
  if (options.emit == "format") {
    if (std::optional<std::string> text = frontend::format(source, diags)) {
      llvm::outs() << *text;
    }
    return;
  }
  std::unique_ptr<ast::File> file = frontend::parse(source, diags);
  if (!file) {
    return;
  }
  if (options.emit == "ast") {
    ast::dump(*file, llvm::outs(), options.locations);
  } else if (options.emit == "system") {
    llvm::outs() << llvm::formatv("{0:2}\n", ast::toJson(*file));
  }
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Options options;
  if (std::optional<int> code = readOptions(
          llvm::ArrayRef<const char *>(argv + 1, argv + argc), options)) {
    return *code;
  }
  auto source = SourceFile::open(options.input);
  if (!source) {
    llvm::errs() << "error: cannot read `" << options.input
                 << "`: " << llvm::toString(source.takeError()) << '\n';
    return 1;
  }
  DiagnosticEngine diags(options.filter);
  print(options, **source, diags);
  llvm::outs().flush();
  if (options.diagnostics == "json") {
    diags.printJson(llvm::errs());
  } else {
    diags.printText(llvm::errs());
  }
  return diags.hasErrors() ? 1 : 0;
}
