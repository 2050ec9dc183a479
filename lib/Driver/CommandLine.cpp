// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the reading of flags. Must not know what a flag does.
#include "CommandLine.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Option/Arg.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/StringSaver.h"

using namespace llvm;
using namespace llvm::opt;

namespace spak::driver {

namespace {

enum OptionId {
  OPT_INVALID = 0,
#define OPTION(...) LLVM_MAKE_OPT_ID(__VA_ARGS__),
#include "Options.inc"
#undef OPTION
};

#define OPTTABLE_STR_TABLE_CODE
#include "Options.inc"
#undef OPTTABLE_STR_TABLE_CODE

#define OPTTABLE_PREFIXES_TABLE_CODE
#include "Options.inc"
#undef OPTTABLE_PREFIXES_TABLE_CODE

constexpr OptTable::Info kOptions[] = {
#define OPTION(...) LLVM_CONSTRUCT_OPT_INFO(__VA_ARGS__),
#include "Options.inc"
#undef OPTION
};

class SpakOptTable : public GenericOptTable {
public:
  SpakOptTable()
      : GenericOptTable(OptionStrTable, OptionPrefixesTable, kOptions) {}
};

struct HelpGroup {
  unsigned id;
  StringLiteral title;
};

constexpr HelpGroup kGroups[] = {
    {OPT_grp_general, "General"},          {OPT_grp_output, "Output"},
    {OPT_grp_target, "Target and tuning"}, {OPT_grp_space, "Spaces"},
    {OPT_grp_simulate, "Simulation"},      {OPT_grp_diag, "Diagnostics"},
    {OPT_grp_debug, "Phases and timing"},
};

struct ExitRow {
  int code;
  StringLiteral meaning;
};

constexpr ExitRow kExitCodes[] = {
    {0, "success"},
    {1, "the input has errors, each with a diagnostic"},
    {2, "the command line is not understood"},
    {3, "a tool of the CUDA toolkit is missing or rejected the text"},
    {4, "no GPU or no driver on this machine"},
    {5, "a kernel did not run to its end"},
    {6, "a kernel or a simulation gave a wrong result"},
    {70, "internal error: a bug in spakc"},
};

constexpr StringLiteral kOverview =
    "spakc compiles a system of tile kernels (.dsl) to CUDA C++.";
constexpr StringLiteral kUsage = "spakc [options] FILE.dsl [-o OUT]";

/// One row of the help: how an option is typed, and what it does.
struct HelpRow {
  std::string spelling;
  std::string text;
};

std::vector<HelpRow> rowsOf(const SpakOptTable &table, unsigned group) {
  std::vector<HelpRow> rows;
  for (unsigned id = 1; id <= table.getNumOptions(); ++id) {
    Option option = table.getOption(id);
    if (option.getKind() == Option::GroupClass ||
        !option.getGroup().isValid() || option.getGroup().getID() != group ||
        !table.getOptionHelpText(id)) {
      continue;
    }
    std::string spelling = option.getPrefixedName().str();
    if (const char *var = table.getOptionMetaVar(id)) {
      bool joined = StringRef(spelling).ends_with("=") ||
                    StringRef(spelling).starts_with("-W");
      spelling += (joined ? "" : " ") + std::string(var);
    }
    rows.push_back({spelling, table.getOptionHelpText(id)});
  }
  return rows;
}

/// Splits "name=v1<sep>v2" into its name and values; false if it is not that.
bool splitAssignment(StringRef text, char separator, std::string &name,
                     std::vector<std::string> &values) {
  auto [key, rest] = text.split('=');
  if (key.empty() || rest.empty()) {
    return false;
  }
  name = key.trim().str();
  SmallVector<StringRef> parts;
  rest.split(parts, separator);
  for (StringRef part : parts) {
    if (part.trim().empty()) {
      return false;
    }
    values.push_back(part.trim().str());
  }
  return true;
}

/// Reads the flags one by one; `bad` holds the first usage error.
class Reader {
public:
  Reader(const InputArgList &args, CompileOptions &options)
      : args(args), options(options) {}

  std::string bad;

  void read() {
    readInput();
    readOutput();
    readTarget();
    readShape();
    readSpace();
    readSimulation();
    readDiagnostics();
    readPhases();
  }

private:
  const InputArgList &args;
  CompileOptions &options;

  void fail(const Twine &message) {
    if (bad.empty()) {
      bad = message.str();
    }
  }

  std::string last(unsigned id, StringRef otherwise = "") {
    return args.getLastArgValue(id, otherwise).str();
  }

  void readInput() {
    std::vector<std::string> inputs = args.getAllArgValues(OPT_INPUT);
    if (inputs.empty()) {
      fail("no input file");
    } else if (inputs.size() > 1) {
      fail("expected one input file, got `" + inputs[0] + "` and `" +
           inputs[1] + "`");
    } else {
      options.input = inputs[0];
    }
  }

  void readOutput() {
    options.output = last(OPT_o);
    options.deviceHeaders = args.hasArg(OPT_device_headers);
    if (const Arg *arg = args.getLastArg(OPT_emit_eq)) {
      auto kind = StringSwitch<std::optional<Emit>>(arg->getValue())
                      .Case("ast", Emit::Ast)
                      .Case("system", Emit::System)
                      .Case("spak", Emit::Spak)
                      .Case("spak-scheduled", Emit::SpakScheduled)
                      .Case("spak-cuda", Emit::SpakCuda)
                      .Case("cuda", Emit::Cuda)
                      .Case("ptx", Emit::Ptx)
                      .Case("cubin", Emit::Cubin)
                      .Case("guide", Emit::Guide)
                      .Default(std::nullopt);
      if (!kind) {
        fail("unknown kind `" + Twine(arg->getValue()) +
             "` in --emit: expected ast, system, spak, spak-scheduled, "
             "spak-cuda, cuda, ptx, cubin or guide");
      } else {
        options.emit = *kind;
      }
    }
    if (args.hasArg(OPT_format)) {
      options.layout = Layout::Print;
    }
    if (args.hasArg(OPT_format_check)) {
      options.layout = Layout::Check;
    }
    options.explain = args.hasArg(OPT_explain);
    options.builds = args.hasArg(OPT_build);
    options.traces = args.getAllArgValues(OPT_traces_eq);
    options.writeDepfile = args.hasArg(OPT_MD);
    options.depfile = last(OPT_MF);
    options.depfileTarget = last(OPT_MT);
    if (!options.writeDepfile && !options.depfile.empty()) {
      fail("-MF names a depfile but -MD does not ask for one");
    }
  }

  void readTarget() {
    options.arch = last(OPT_arch_eq, "sm_90a");
    options.device = last(OPT_device_eq);
    options.toolkit = last(OPT_toolkit_eq);
    options.deviceRates = last(OPT_device_rates_eq);
    if (args.hasArg(OPT_device_rates_eq) && options.deviceRates.empty()) {
      fail("expected a file in --device-rates");
    }
    options.nvcc = last(OPT_nvcc_eq);
    options.toolchain = last(OPT_toolchain_eq, "nvcc");
    if (options.toolchain != "nvcc" && options.toolchain != "nvrtc") {
      fail("unknown value `" + options.toolchain +
           "` in --toolchain: expected nvcc or nvrtc");
    }
    for (const std::string &text : args.getAllArgValues(OPT_D)) {
      std::pair<std::string, std::vector<std::string>> axis;
      if (!splitAssignment(text, ',', axis.first, axis.second)) {
        fail("expected `-D axis=value[,value...]`, got `-D " + text + "`");
        continue;
      }
      for (const auto &other : options.axes) {
        if (other.first == axis.first) {
          fail("-D gives axis `" + axis.first + "` twice");
        }
      }
      options.axes.push_back(std::move(axis));
    }
  }

  void readShape() {
    for (const std::string &text : args.getAllArgValues(OPT_shape_eq)) {
      SmallVector<StringRef> items;
      StringRef(text).split(items, ',');
      for (StringRef item : items) {
        std::string name;
        std::vector<std::string> values;
        std::vector<int64_t> sizes;
        bool good = splitAssignment(item, ':', name, values);
        for (const std::string &value : values) {
          int64_t size = 0;
          good &= !StringRef(value).getAsInteger(10, size) && size >= 0;
          sizes.push_back(size);
        }
        if (!good) {
          fail("expected `--shape=dim=size[:size...],...` with sizes from 0, "
               "got `" +
               item + "`");
          return;
        }
        options.shape.push_back({name, sizes});
      }
    }
  }

  void readValues() {
    for (const std::string &text : args.getAllArgValues(OPT_values_eq)) {
      SmallVector<StringRef> items;
      StringRef(text).split(items, ',');
      for (StringRef item : items) {
        auto &rule = options.values.emplace_back();
        bool good = splitAssignment(item, ':', rule.first, rule.second);
        size_t words = rule.second.size();
        good &= words == 3 ? rule.second.front() == "sorted" : words <= 2;
        if (!good) {
          fail("expected `--values=name=number`, `name=low:high` or "
               "`name=sorted:low:high`, got `" +
               item + "`");
          return;
        }
      }
    }
  }

  void readSpace() {
    unsigned asked =
        args.hasArg(OPT_count_points) + args.hasArg(OPT_list_points) +
        args.hasArg(OPT_list_points_eq) + args.hasArg(OPT_sample_points_eq) +
        args.hasArg(OPT_neighbours_eq);
    if (asked > 1) {
      fail("expected one of --count-points, --list-points, --sample-points "
           "and --neighbours");
    }
    if (args.hasArg(OPT_count_points)) {
      options.spaceQuery = SpaceQuery::Count;
    }
    if (args.hasArg(OPT_list_points)) {
      options.spaceQuery = SpaceQuery::List;
      options.pointCount = UINT64_MAX;
    }
    if (const Arg *arg = args.getLastArg(OPT_list_points_eq)) {
      options.spaceQuery = SpaceQuery::List;
      auto [first, count] = StringRef(arg->getValue()).split(':');
      if (first.getAsInteger(10, options.firstPoint) ||
          count.getAsInteger(10, options.pointCount)) {
        fail("expected `--list-points=first:n`, got `" +
             Twine(arg->getValue()) + "`");
      }
    }
    if (const Arg *arg = args.getLastArg(OPT_sample_points_eq)) {
      options.spaceQuery = SpaceQuery::Sample;
      if (StringRef(arg->getValue()).getAsInteger(10, options.pointCount)) {
        fail("expected a number in --sample-points, got `" +
             Twine(arg->getValue()) + "`");
      }
    }
    if (const Arg *arg = args.getLastArg(OPT_neighbours_eq)) {
      options.spaceQuery = SpaceQuery::Neighbours;
      if (StringRef(arg->getValue()).getAsInteger(10, options.firstPoint)) {
        fail("expected a number in --neighbours, got `" +
             Twine(arg->getValue()) + "`");
      }
    }
    readAllPoints(asked);
    for (const std::string &text : args.getAllArgValues(OPT_device_limit_eq)) {
      readDeviceLimits(text);
    }
  }

  void readAllPoints(unsigned asked) {
    options.allPoints = args.hasArg(OPT_all_points);
    options.pruneOpinions = args.hasArg(OPT_prune_opinions);
    options.gates = last(OPT_gates_eq, "static");
    if (options.gates != "static" && options.gates != "ptxas") {
      fail("unknown value `" + options.gates +
           "` in --gates: expected static or ptxas");
    }
    std::string limit = last(OPT_limit_eq, "0");
    std::string jobs = last(OPT_jobs_eq, "0");
    if (StringRef(limit).getAsInteger(10, options.pointLimit) ||
        (args.hasArg(OPT_limit_eq) && options.pointLimit == 0)) {
      fail("expected a number from 1 in --limit, got `" + limit + "`");
    }
    if (StringRef(jobs).getAsInteger(10, options.jobs)) {
      fail("expected a number in --jobs, got `" + jobs + "`");
    }
    if (options.allPoints && asked > 0) {
      fail("--all-points compiles; it does not go with --count-points, "
           "--list-points, --sample-points or --neighbours");
    }
    if (options.allPoints && options.emit != Emit::Cuda) {
      fail("--all-points writes .cu files; it does not go with --emit");
    }
    for (unsigned id :
         {OPT_gates_eq, OPT_prune_opinions, OPT_limit_eq, OPT_jobs_eq}) {
      if (!options.allPoints && args.hasArg(id)) {
        fail("`" + args.getLastArg(id)->getAsString(args) +
             "` goes with --all-points");
      }
    }
  }

  void readDeviceLimits(StringRef text) {
    SmallVector<StringRef> items;
    text.split(items, ',');
    for (StringRef item : items) {
      auto [field, number] = item.split('=');
      int64_t limit = 0;
      if (field.empty() || number.getAsInteger(10, limit) || limit < 0) {
        fail("expected `--device-limit=field=n` with n from 0, got `" + item +
             "`");
        return;
      }
      options.deviceLimits.emplace_back(field.str(), limit);
    }
    if (options.spaceQuery == SpaceQuery::None) {
      fail("--device-limit goes with --count-points, --list-points, "
           "--sample-points or --neighbours");
    }
  }

  void readSimulation() {
    readValues();
    if (args.hasArg(OPT_simulate)) {
      options.simulate = SimulateMode::Both;
    }
    if (const Arg *arg = args.getLastArg(OPT_simulate_eq)) {
      StringRef mode = arg->getValue();
      if (mode == "reference") {
        options.simulate = SimulateMode::Reference;
      } else if (mode == "exact") {
        options.simulate = SimulateMode::Exact;
      } else {
        fail("unknown value `" + mode +
             "` in --simulate: expected reference or exact");
      }
    }
    SmallVector<StringRef> names;
    std::string at = last(OPT_simulate_at_eq, "spak,opened,decided,scheduled");
    StringRef(at).split(names, ',');
    for (StringRef name : names) {
      std::optional<Phase> phase = parsePhase(name);
      if (!phase || *phase > Phase::Scheduled) {
        fail("unknown phase `" + name +
             "` in --simulate-at: expected spak, opened, decided or scheduled");
        return;
      }
      options.simulateAt.push_back(*phase);
    }
    options.inputs = last(OPT_inputs_eq, "normal");
    static constexpr StringLiteral kinds[] = {"normal", "outliers", "onehot",
                                              "integers", "constant"};
    if (!is_contained(kinds, options.inputs)) {
      fail("unknown value `" + options.inputs +
           "` in --inputs: expected normal, outliers, onehot, integers or "
           "constant");
    }
    std::string seed = last(OPT_seed_eq, "1");
    if (StringRef(seed).getAsInteger(10, options.seed)) {
      fail("expected a number in --seed, got `" + seed + "`");
    }
    options.kernel = last(OPT_kernel_eq);
    options.json = args.hasArg(OPT_json);
  }

  void readDiagnostics() {
    options.disabledWarnings = args.getAllArgValues(OPT_W_no);
    options.errorWarnings = args.getAllArgValues(OPT_W_error_eq);
    if (args.hasArg(OPT_W_error)) {
      options.errorWarnings.push_back("*");
    }
    std::string format = last(OPT_diagnostics_format_eq, "text");
    if (format != "text" && format != "json") {
      fail("unknown value `" + format +
           "` in --diagnostics-format: expected text or json");
    }
    options.jsonDiagnostics = format == "json";
    std::string limit = last(OPT_error_limit_eq, "20");
    if (StringRef(limit).getAsInteger(10, options.errorLimit)) {
      fail("expected a number in --error-limit, got `" + limit + "`");
    }
    options.remarks = args.hasArg(OPT_remarks);
  }

  std::optional<Phase> readPhase(unsigned id, StringRef flag) {
    const Arg *arg = args.getLastArg(id);
    if (!arg) {
      return std::nullopt;
    }
    std::optional<Phase> phase = parsePhase(arg->getValue());
    if (!phase) {
      fail("unknown phase `" + Twine(arg->getValue()) + "` in " + flag +
           ": expected one of " + allPhaseNames());
    }
    return phase;
  }

  void readPhases() {
    options.compileTo = readPhase(OPT_compile_to_eq, "--compile-to");
    options.compileFrom = readPhase(OPT_compile_from_eq, "--compile-from");
    if (options.compileTo && options.compileFrom &&
        *options.compileTo < *options.compileFrom) {
      fail("--compile-to names a phase before --compile-from");
    }
    options.timePasses = args.hasArg(OPT_time_passes);
    options.verifyEach = args.hasArg(OPT_verify_each);
  }
};

} // namespace

std::string CompileOptions::canonicalText() const {
  std::string text = "--arch=" + arch;
  for (const auto &[name, values] : axes) {
    text += " -D " + name + "=" + join(values, ",");
  }
  if (deviceHeaders) {
    text += " --device-headers";
  }
  return text;
}

std::optional<Invocation> parseCommandLine(ArrayRef<const char *> arguments,
                                           raw_ostream &errors) {
  BumpPtrAllocator allocator;
  StringSaver saver(allocator);
  SmallVector<const char *, 32> argv(arguments.begin(), arguments.end());
  Invocation invocation;
  auto usageError = [&](const Twine &message) -> std::optional<Invocation> {
    errors << "spakc: error: " << message << "\n"
           << "spakc: type `spakc --help` for the options\n";
    return std::nullopt;
  };
  if (!cl::ExpandResponseFiles(saver, cl::TokenizeGNUCommandLine, argv)) {
    return usageError("a response file could not be read");
  }
  SpakOptTable table;
  unsigned missingIndex = 0, missingCount = 0;
  InputArgList args = table.ParseArgs(argv, missingIndex, missingCount);
  if (missingCount) {
    return usageError("`" + Twine(args.getArgString(missingIndex)) +
                      "` needs a value");
  }
  if (const Arg *arg = args.getLastArg(OPT_UNKNOWN)) {
    std::string nearest;
    std::string spelling = arg->getAsString(args);
    if (table.findNearest(spelling, nearest) <= 2) {
      return usageError("unknown option `" + spelling + "`, did you mean `" +
                        nearest + "`?");
    }
    return usageError("unknown option `" + spelling + "`");
  }
  if (args.hasArg(OPT_help)) {
    invocation.action = Invocation::Action::Help;
    return invocation;
  }
  if (const Arg *arg = args.getLastArg(OPT_help_eq)) {
    StringRef style = arg->getValue();
    if (style != "text" && style != "markdown") {
      return usageError("unknown value `" + style +
                        "` in --help: expected text or markdown");
    }
    invocation.action = style == "text" ? Invocation::Action::Help
                                        : Invocation::Action::HelpMarkdown;
    return invocation;
  }
  if (args.hasArg(OPT_version)) {
    invocation.action = Invocation::Action::Version;
    return invocation;
  }
  if (args.hasArg(OPT_list_archs)) {
    invocation.action = Invocation::Action::ListArchs;
    return invocation;
  }
  Reader reader(args, invocation.options);
  reader.read();
  if (!reader.bad.empty()) {
    return usageError(reader.bad);
  }
  return invocation;
}

void printHelp(raw_ostream &os) {
  SpakOptTable table;
  os << "OVERVIEW: " << kOverview << "\n\nUSAGE: " << kUsage << "\n";
  for (const HelpGroup &group : kGroups) {
    os << "\n" << StringRef(group.title).upper() << ":\n";
    for (const HelpRow &row : rowsOf(table, group.id)) {
      os << "  " << row.spelling;
      if (row.spelling.size() > 30) {
        os << "\n" << std::string(34, ' ');
      } else {
        os.indent(32 - row.spelling.size());
      }
      os << row.text << "\n";
    }
  }
  os << "\nEXIT CODES:\n";
  for (const ExitRow &row : kExitCodes) {
    os << "  " << right_justify(std::to_string(row.code), 2) << "  "
       << row.meaning << "\n";
  }
}

void printHelpMarkdown(raw_ostream &os) {
  SpakOptTable table;
  os << "# spakc on the command line\n\n"
     << "This page is what `spakc --help=markdown` prints; a test compares "
        "the two.\n\n"
     << kOverview << "\n\n    " << kUsage << "\n";
  for (const HelpGroup &group : kGroups) {
    os << "\n## " << group.title
       << "\n\n| option | what it does |\n|---|---|\n";
    for (const HelpRow &row : rowsOf(table, group.id)) {
      std::string spelling = row.spelling;
      std::string escaped;
      for (char c : spelling) {
        escaped += c == '|' ? std::string("\\|") : std::string(1, c);
      }
      os << "| `" << escaped << "` | " << row.text << " |\n";
    }
  }
  os << "\n## Phases\n\n| phase | what holds after it |\n|---|---|\n";
  for (unsigned i = 0;; ++i) {
    Phase phase = static_cast<Phase>(i);
    os << "| `" << phaseName(phase) << "` | " << phaseMeaning(phase) << " |\n";
    if (phase == Phase::Prepared) {
      break;
    }
  }
  os << "\n## Exit codes\n\nThe same in every tool.\n\n| code | meaning "
        "|\n|---|---|\n";
  for (const ExitRow &row : kExitCodes) {
    os << "| " << row.code << " | " << row.meaning << " |\n";
  }
}

} // namespace spak::driver
