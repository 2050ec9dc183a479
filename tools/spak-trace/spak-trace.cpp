// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the command line of spak-trace, and which files are read and written.
// What a trace means is lib/Trace's business.
#include "Diff.h"

#include "spak/Driver/Driver.h"
#include "spak/Frontend/Frontend.h"
#include "spak/Trace/Facts.h"
#include "spak/Trace/Predictions.h"
#include "spak/Trace/Schema.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace spak;

static constexpr llvm::StringLiteral kHelp =
    R"(usage: spak-trace COMMAND TRACE... [FILE.dsl] [options]

Reads traces (logs with __SPAK_TRACE__ lines, JSON lines, arrays, sweeps) and
writes what they teach into systems. docs/Traces.md says what is read.

  ingest TRACE... --into FILE.dsl   write the facts that the traces support into
                                    the knowledge of FILE.dsl
    --dry-run                       print the difference, write nothing
    --threshold=SHARE               least loss of a value that is worth a fact
                                    (default 0.1)
  check TRACE... FILE.dsl           test the facts of FILE.dsl against newer traces
    --write                         mark stale facts in FILE.dsl
    --dry-run                       print what --write would change
  validate TRACE... --schema FILE.dsl
                                    check items against the system's trace_schema
  report TRACE... --guide GUIDE.json|FILE.dsl
                                    the verdict on each prediction of a guide, as
                                    Markdown; of a system the guide is made first,
                                    with -D, --shape, --arch and --device as for
                                    spakc
    -o FILE                         where the report goes (default: standard output)
    --json                          the verdicts as JSON (report-1.json)
  show TRACE...                     print what was read
    --as=table|lines                a line a figure, or __SPAK_TRACE__ lines
                                    (default table)

  --lenient                         leave out what cannot be read, with a warning
  --diagnostics=text|json           how messages are printed on standard error
  -Wno-NAME, -Werror, -Werror=NAME  as for spakc
  --help                            print this and stop

A TRACE may be - for standard input. Exit codes: those of spakc.
)";

namespace {

struct Options {
  std::string command;
  std::vector<std::string> inputs;
  /// The file of --into, --schema or --guide, or the last input.
  std::string system;
  std::string output;
  std::vector<std::string> forCompiler;
  bool isDryRun = false;
  bool writes = false;
  bool asLines = false;
  bool asJson = false;
  bool jsonDiagnostics = false;
  trace::ReadOptions reading;
  trace::ProposeOptions proposing;
  DiagnosticOptions diagnostics;
};

/// Reads the command line; a message if it cannot be understood.
class CommandLine {
public:
  explicit CommandLine(Options &options) : options(options) {}

  std::string read(llvm::ArrayRef<const char *> arguments) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      llvm::StringRef argument = arguments[i];
      if (argument == "--into" || argument == "--schema" ||
          argument == "--guide" || argument == "-o") {
        if (i + 1 == arguments.size()) {
          return (argument + " needs a file").str();
        }
        (argument == "-o" ? options.output : options.system) = arguments[++i];
      } else if (argument == "-D" && i + 1 < arguments.size()) {
        options.forCompiler.push_back("-D");
        options.forCompiler.push_back(arguments[++i]);
      } else if (argument.starts_with("-D") ||
                 argument.starts_with("--shape=") ||
                 argument.starts_with("--arch=") ||
                 argument.starts_with("--device=")) {
        options.forCompiler.push_back(argument.str());
      } else if (argument.starts_with("-") && argument != "-") {
        if (!flag(argument)) {
          return ("unknown option `" + argument + "`").str();
        }
      } else if (options.command.empty()) {
        options.command = argument.str();
      } else {
        options.inputs.push_back(argument.str());
      }
    }
    return bad.empty() ? complete() : bad;
  }

private:
  Options &options;
  std::string bad;

  bool flag(llvm::StringRef argument) {
    llvm::StringRef value = argument;
    if (argument == "--dry-run") {
      options.isDryRun = true;
    } else if (argument == "--write") {
      options.writes = true;
    } else if (argument == "--check") {
      options.command = "check";
    } else if (argument == "--json") {
      options.asJson = true;
    } else if (argument == "--lenient") {
      options.reading.lenient = true;
    } else if (value.consume_front("--into=") ||
               value.consume_front("--schema=") ||
               value.consume_front("--guide=")) {
      options.system = value.str();
    } else if (value.consume_front("--as=")) {
      options.asLines = value == "lines";
      expect("--as", value, {"table", "lines"});
    } else if (value.consume_front("--diagnostics=")) {
      options.jsonDiagnostics = value == "json";
      expect("--diagnostics", value, {"text", "json"});
    } else if (value.consume_front("--threshold=")) {
      double &share = options.proposing.threshold;
      if (value.getAsDouble(share) || !(share > 0 && share < 1)) {
        bad =
            ("--threshold expects a share between 0 and 1, got `" + value + "`")
                .str();
      }
    } else if (value.consume_front("-Wno-")) {
      options.diagnostics.disabledWarnings.push_back(value.str());
    } else if (value.consume_front("-Werror=")) {
      options.diagnostics.errorWarnings.push_back(value.str());
    } else if (argument == "-Werror") {
      options.diagnostics.errorWarnings.push_back("*");
    } else {
      return false;
    }
    return true;
  }

  void expect(llvm::StringRef flag, llvm::StringRef value,
              llvm::ArrayRef<llvm::StringRef> known) {
    if (!llvm::is_contained(known, value)) {
      bad = (flag + " expects " + llvm::join(known, " or ") + ", got `" +
             value + "`")
                .str();
    }
  }

  std::string complete() {
    static constexpr llvm::StringLiteral kCommands[] = {
        "ingest", "check", "report", "validate", "show"};
    options.reading.checksFields = options.command != "validate";
    if (options.command.empty()) {
      return "no command";
    }
    if (!llvm::is_contained(kCommands, options.command)) {
      return "unknown command `" + options.command + "`";
    }
    if (options.command == "check" && options.system.empty() &&
        options.inputs.size() > 1) {
      options.system = options.inputs.back();
      options.inputs.pop_back();
    }
    if (options.inputs.empty()) {
      return "no trace";
    }
    if (options.system.empty() && options.command != "show") {
      return options.command == "ingest"   ? "ingest needs --into FILE.dsl"
             : options.command == "check"  ? "check needs a system: FILE.dsl"
             : options.command == "report" ? "report needs --guide FILE"
                                           : "validate needs --schema FILE.dsl";
    }
    return "";
  }
};

class Session {
public:
  explicit Session(const Options &options)
      : diags(options.diagnostics), options(options) {}

  int run() {
    if (std::optional<std::string> unknown = diags.unknownWarning()) {
      diags.error(diag::err_unknown_warning) << *unknown;
      return driver::kUsage;
    }
    bool needsSystem = options.command != "show" && options.command != "report";
    bool good = readTraces() && (!needsSystem || readSystem());
    if (good) {
      if (options.command == "report") {
        return report();
      }
      if (options.command == "ingest") {
        ingest();
      } else if (options.command == "check") {
        check();
      } else if (options.command == "validate") {
        validate();
      } else {
        show();
      }
    }
    return diags.hasErrors() ? driver::kDiagnosed : driver::kOk;
  }

  void print() const {
    llvm::outs().flush();
    if (options.jsonDiagnostics) {
      diags.printJson(llvm::errs());
    } else {
      diags.printText(llvm::errs(), llvm::sys::Process::StandardErrHasColors());
    }
  }

private:
  DiagnosticEngine diags;
  const Options &options;
  std::vector<std::unique_ptr<SourceFile>> sources;
  std::unique_ptr<SourceFile> systemSource;
  std::unique_ptr<ast::File> file;
  trace::Trace trace;

  std::unique_ptr<SourceFile> open(const std::string &path) {
    llvm::Expected<std::unique_ptr<SourceFile>> opened = SourceFile::open(path);
    if (!opened) {
      diags.error(diag::err_file_read)
          << path << llvm::toString(opened.takeError());
      return nullptr;
    }
    return std::move(*opened);
  }

  bool readTraces() {
    bool good = true;
    for (const std::string &path : options.inputs) {
      std::unique_ptr<SourceFile> source = open(path);
      good &= source != nullptr;
      if (source) {
        trace::readTrace(*source, options.reading, trace, diags);
        sources.push_back(std::move(source));
      }
    }
    // What can be read is validated and shown, but nothing is written.
    bool reads = options.command == "show" || options.command == "validate";
    return good && (reads || !diags.hasErrors());
  }

  bool readSystem() {
    systemSource = open(options.system);
    if (!systemSource) {
      return false;
    }
    unsigned before = diags.errorCount();
    file = frontend::parse(*systemSource, diags);
    return file && diags.errorCount() == before;
  }

  std::vector<trace::Measurement> bound() {
    std::vector<trace::Measurement> all = trace::measurements(trace);
    trace::bindNames(all, trace::Names::of(*file), diags);
    return all;
  }

  /// The guide of a system, made by the compiler in a folder of its own.
  std::optional<std::string> makeGuide(int &code) {
    llvm::SmallString<128> folder;
    if (llvm::sys::fs::createUniqueDirectory("spak-guide", folder)) {
      diags.error(diag::err_file_write) << "no folder for the guide";
      return std::nullopt;
    }
    llvm::SmallString<128> text(folder), data(folder);
    llvm::sys::path::append(text, "guide.md");
    llvm::sys::path::append(data, "guide.json");
    std::vector<const char *> arguments{options.system.c_str(), "--emit=guide",
                                        "-o", text.c_str()};
    for (const std::string &argument : options.forCompiler) {
      arguments.push_back(argument.c_str());
    }
    code = driver::runCompiler(arguments);
    std::optional<std::string> result;
    if (auto buffer = llvm::MemoryBuffer::getFile(data); code == 0 && buffer) {
      result = (*buffer)->getBuffer().str();
    }
    llvm::sys::fs::remove_directories(folder);
    return result;
  }

  int report() {
    std::unique_ptr<SourceFile> source;
    if (llvm::StringRef(options.system).ends_with(".dsl")) {
      int code = driver::kOk;
      std::optional<std::string> text = makeGuide(code);
      if (!text) {
        return code == driver::kOk ? int(driver::kDiagnosed) : code;
      }
      source = std::make_unique<SourceFile>("guide.json", std::move(*text));
    } else {
      source = open(options.system);
    }
    if (!source) {
      return driver::kDiagnosed;
    }
    // Messages point into it until they are printed.
    sources.push_back(std::move(source));
    std::optional<trace::Guide> guide =
        trace::readGuide(*sources.back(), diags);
    if (!guide) {
      return driver::kDiagnosed;
    }
    std::vector<trace::Verdict> verdicts = trace::judge(*guide, trace);
    std::string text = options.asJson ? trace::reportJson(*guide, verdicts)
                                      : trace::reportText(*guide, verdicts);
    if (options.output.empty() || options.output == "-") {
      llvm::outs() << text;
      return driver::kOk;
    }
    llvm::Error error =
        llvm::writeToOutput(options.output, [&](llvm::raw_ostream &os) {
          os << text;
          return llvm::Error::success();
        });
    if (error) {
      diags.error(diag::err_file_write) << llvm::toString(std::move(error));
      return driver::kDiagnosed;
    }
    return driver::kOk;
  }

  void ingest() {
    std::vector<trace::Measurement> all = bound();
    trace::Names names = trace::Names::of(*file);
    std::vector<trace::Fact> facts =
        trace::proposeFacts(all, names, options.proposing, diags);
    if (facts.empty() && diags.warningCount() == 0) {
      diags.warning(diag::warn_trace_nothing) << "the traces have no figure";
    }
    std::vector<ast::TextEdit> edits = trace::writeFacts(*file, facts, diags);
    size_t count = facts.size();
    apply(std::move(edits), !options.isDryRun,
          llvm::Twine(count) + (count == 1 ? " fact" : " facts"));
  }

  void check() {
    std::vector<trace::Measurement> all = bound();
    std::vector<trace::Finding> findings = trace::checkFacts(*file, all, diags);
    for (const trace::Observation &observation :
         trace::observeFacts(*file, trace)) {
      llvm::outs() << llvm::left_justify("observed", 10)
                   << observation.fact->name.text << ": true of "
                   << observation.holding << " of " << observation.items
                   << (observation.items == 1 ? " item" : " items")
                   << (!observation.last   ? ""
                       : *observation.last ? ", also of the last"
                                           : ", not of the last")
                   << "\n";
    }
    for (const trace::Finding &finding : findings) {
      if (!finding.fact->params.empty()) {
        continue;
      }
      llvm::outs() << llvm::left_justify(trace::verdictName(finding.verdict),
                                         10)
                   << finding.fact->name.text << ": " << finding.reason << "\n";
    }
    if (options.writes || options.isDryRun) {
      apply(trace::markFacts(findings), options.writes && !options.isDryRun,
            "marks");
    }
  }

  void validate() {
    if (std::optional<trace::Schema> schema = trace::readSchema(*file, diags)) {
      size_t good = trace::validate(trace, *schema, diags);
      llvm::outs() << good << " of " << trace.items.size()
                   << " items have the form of the schema\n";
    }
  }

  void show() {
    if (options.asLines) {
      for (const trace::Item &item : trace.items) {
        llvm::outs() << trace::toLine(item) << "\n";
      }
      return;
    }
    std::vector<trace::Measurement> all = trace::measurements(trace);
    for (const trace::Item &item : trace.items) {
      llvm::outs() << item.place() << "  " << trace::itemKindName(item.kind)
                   << "\n";
      for (const trace::Measurement &m : all) {
        if (m.item == &item) {
          llvm::outs() << "    " << trace::toText(m) << "\n";
        }
      }
    }
  }

  /// Writes the edited file, or prints what would change.
  void apply(std::vector<ast::TextEdit> edits, bool writes,
             const llvm::Twine &what) {
    if (edits.empty()) {
      llvm::outs() << systemSource->name() << ": nothing changes\n";
      return;
    }
    std::string text = ast::applyEdits(systemSource->text(), edits);
    // What we write must be readable, whatever stood in the trace.
    SourceFile changed(systemSource->name().str(), text);
    DiagnosticEngine again;
    if (!frontend::parse(changed, again) || again.hasErrors()) {
      diags.error(diag::err_internal)
          << "write" << "the changed file does not parse: "
          << (again.diagnostics().empty() ? std::string()
                                          : again.diagnostics().front().text);
      return;
    }
    if (!writes) {
      llvm::outs() << unifiedDiff(*systemSource, std::move(edits));
      return;
    }
    if (systemSource->name() == "<stdin>") {
      llvm::outs() << text;
      return;
    }
    llvm::Error error =
        llvm::writeToOutput(options.system, [&](llvm::raw_ostream &os) {
          os << text;
          return llvm::Error::success();
        });
    if (error) {
      diags.error(diag::err_file_write) << llvm::toString(std::move(error));
      return;
    }
    llvm::outs() << systemSource->name() << ": " << what << " written\n";
  }
};

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::ArrayRef<const char *> arguments(argv + 1, argv + argc);
  for (llvm::StringRef argument : arguments) {
    if (argument == "--help") {
      llvm::outs() << kHelp;
      return driver::kOk;
    }
  }
  Options options;
  std::string bad = CommandLine(options).read(arguments);
  if (!bad.empty()) {
    llvm::errs() << "spak-trace: " << bad << "; try --help\n";
    return driver::kUsage;
  }
  Session session(options);
  int code = session.run();
  session.print();
  return code;
}
