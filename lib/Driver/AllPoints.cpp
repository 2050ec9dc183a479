// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: --all-points: every valid point compiled, measured and judged, and the
// folder that accounts for all of them (runtime/schema/ledger-1.json). Each
// point has a session of its own, as if it had been asked for with -D. What a
// figure is belongs to Analysis, what it means to Space.
#include "Session.h"

#include "Bridge.h"
#include "spak/Analysis/KernelFigures.h"
#include "spak/IRGen/IRGen.h"
#include "spak/Sema/SpaceModel.h"
#include "spak/Space/Ledger.h"
#include "spak/Toolchain/Toolchain.h"

#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"

#include <mutex>

using namespace mlir;

namespace spak::driver {

/// What became of one point.
struct PointOutcome {
  space::LedgerEntry entry;
  std::vector<OutputFile> files;
  int failure = kDiagnosed; ///< kInternal, kToolchain: stop
};

namespace {

/// Points that are compiled unless --limit says otherwise. Unit: point.
constexpr uint64_t kMostPoints = 20000;

/// The first error of a session, with the line it points to.
std::string firstError(const DiagnosticEngine &diags) {
  for (const Diagnostic &diagnostic : diags.diagnostics()) {
    if (diagnostic.severity != Severity::Error) {
      continue;
    }
    std::string text = diagnostic.text;
    if (diagnostic.range.file) {
      text +=
          ", line " +
          std::to_string(
              diagnostic.range.file->lineColumn(diagnostic.range.begin).line);
    }
    return text + " [" + diagnosticCode(diagnostic.id) + "]";
  }
  return "a pass gave up without saying why";
}

space::GateFinding legality(std::string message) {
  // plan-roles says so of tiles that alone exceed their role's registers.
  bool registers = llvm::StringRef(message).starts_with("holds tiles of ");
  return {registers ? "registers" : "legality",
          registers ? space::reason::registerOverflow
                    : space::reason::buildFailed,
          true,
          std::move(message),
          {}};
}

/// The options of \p point alone.
CompileOptions optionsOf(const CompileOptions &all, const space::Point &point) {
  CompileOptions one = all;
  one.allPoints = false;
  one.axes.clear();
  for (const auto &[axis, value] : point.axes()) {
    one.axes.push_back({axis, {value.text()}});
  }
  return one;
}

/// The parser's tables are shared; front ends take turns.
std::mutex &frontEndTurn() {
  static std::mutex mutex;
  return mutex;
}

} // namespace

bool Session::prepareMeasuring() {
  device = device::find(options.arch);
  std::lock_guard<std::mutex> turn(frontEndTurn());
  return device && open() && parse() && analyze();
}

/// The figures of \p point, from IR that is ready for text, made for a device
/// with the limits of \p made.
OwningOpRef<ModuleOp> Session::measure(const space::Point &point,
                                       const device::Device &made,
                                       space::LedgerEntry &entry) {
  makeContext();
  DiagnosticBridge bridge(*context, allSources(), diags);
  llvm::FailureOr<OwningOpRef<ModuleOp>> module =
      irgen::generate(*context, *system, point, made, diags);
  if (llvm::failed(module) || diags.hasErrors() ||
      !checkInvariants(**module, point) ||
      !runPasses(**module, Phase::Spak, Phase::Prepared) || diags.hasErrors()) {
    return {};
  }
  entry.kernels = analysis::figuresOf(**module, *device);
  const device::Rates *rates = this->rates();
  for (space::KernelFigures &figures : entry.kernels) {
    if (!rates || asked.shape.empty()) {
      figures.notModelled = rates ? "no sizes are given with --shape"
                                  : "the device has no row of rates";
      continue;
    }
    analysis::LaunchShape shape;
    shape.dims = asked.shape;
    shape.residentBlocks =
        std::max<int64_t>(space::residencyOf(figures, *device).blocks, 1);
    analysis::LaunchModel model =
        analysis::modelLaunch(**module, figures.kernel, *device, *rates, shape);
    figures.modelled = model.modelled;
    figures.tensorsBytes = model.tensorsBytes;
    figures.notModelled = model.refused
                              ? "the launch is refused: " + model.problem
                              : model.problem;
  }
  return std::move(*module);
}

/// Asks the toolchain about the text in \p outcome.
bool Session::assemble(PointOutcome &outcome) {
  llvm::Expected<toolchain::CudaResult> compiled = toolchain::compileCuda(
      outcome.files.front().bytes, outcome.entry.stem + ".cu", cudaOptions());
  if (!compiled) {
    std::string log = llvm::toString(compiled.takeError());
    outcome.entry.findings.push_back(
        legality("the toolchain refuses the text: " +
                 llvm::StringRef(log).split('\n').first.str()));
    return false;
  }
  for (space::KernelFigures &figures : outcome.entry.kernels) {
    if (const auto *found = compiled->report.find(figures.entry)) {
      figures.assembled = space::Assembled{
          static_cast<int64_t>(found->registers),
          static_cast<int64_t>(found->spillBytes()),
          compiled->report.wgmmaSerialized, compiled->report.setmaxnregIgnored};
    }
  }
  return true;
}

void Session::judgePoint(const space::Point &point, PointOutcome &outcome) {
  space::LedgerEntry &entry = outcome.entry;
  OwningOpRef<ModuleOp> module = measure(point, *device, entry);
  if (!module) {
    outcome.failure = failure;
    entry.findings.push_back(legality(firstError(diags)));
    return;
  }
  auto judgeAll = [&] {
    entry.findings.clear();
    for (const space::KernelFigures &figures : entry.kernels) {
      for (space::GateFinding &finding : space::judge(figures, *device)) {
        entry.findings.push_back(std::move(finding));
      }
    }
    // The impossible ones first, each kind in the order of the kernels.
    std::vector<space::GateFinding> opinions;
    llvm::erase_if(entry.findings, [&](const space::GateFinding &finding) {
      if (!finding.impossible) {
        opinions.push_back(finding);
      }
      return !finding.impossible;
    });
    llvm::append_range(entry.findings, opinions);
    return entry.findings.empty() || !entry.findings.front().impossible;
  };
  if (!judgeAll() || (options.pruneOpinions && !entry.findings.empty())) {
    return;
  }
  outputFolder = options.output;
  if (!emitText(*module, entry.stem, point.text())) {
    outcome.failure = failure;
    entry.findings.push_back(legality(firstError(diags)));
    return;
  }
  outcome.files = std::move(outputs);
  if (options.gates == "ptxas") {
    if (!assemble(outcome)) {
      return;
    }
    judgeAll();
  }
}

/// What fails for want of a limit is measured with room enough: then its
/// figures are exact, and it is known that nothing else is wrong. First shared
/// memory alone, because a kernel may be planned by the registers there are.
void Session::explainFailure(const CompileOptions &mine, TimingScope &scope,
                             space::LedgerEntry &entry) {
  constexpr int64_t plenty = int64_t(1) << 30;
  for (bool everything : {false, true}) {
    Session session(mine, scope);
    if (!session.prepareMeasuring()) {
      return;
    }
    device::Device made = *session.device;
    made.smemPerBlock = plenty;
    if (everything) {
      made.registersPerSm = plenty;
      made.maxThreadsPerBlock = plenty;
    }
    space::LedgerEntry measured;
    if (!session.measure(entry.point, made, measured)) {
      continue;
    }
    std::string message = entry.findings.front().message;
    entry.kernels = std::move(measured.kernels);
    entry.findings.clear();
    int64_t needed = 0;
    for (const space::KernelFigures &figures : entry.kernels) {
      needed = std::max(needed, figures.sharedBytes);
      for (space::GateFinding &finding :
           space::judge(figures, *session.device)) {
        if (finding.impossible) {
          entry.findings.push_back(std::move(finding));
        }
      }
    }
    if (entry.findings.empty()) {
      // The plan keeps a reserve that the kernel does not use.
      entry.findings.push_back(
          {"shared_bytes",
           space::reason::smemOverflow,
           true,
           std::move(message),
           {{"needed", static_cast<double>(needed)},
            {"limit", static_cast<double>(session.device->smemPerBlock)}}});
    }
    return;
  }
}

/// Compiles and judges the point of \p outcome as if -D had named it.
void Session::visitPoint(const CompileOptions &all, PointOutcome &outcome) {
  space::LedgerEntry &entry = outcome.entry;
  CompileOptions mine = optionsOf(all, entry.point);
  DefaultTimingManager timing;
  TimingScope scope = timing.getRootScope();
  {
    Session session(mine, scope);
    if (!session.prepareMeasuring()) {
      entry.findings.push_back(legality(firstError(session.diags)));
    } else {
      session.judgePoint(entry.point, outcome);
    }
  }
  if (entry.kernels.empty() && outcome.failure == kDiagnosed) {
    explainFailure(mine, scope, entry);
  }
  entry.rejected =
      llvm::any_of(entry.findings,
                   [](const auto &finding) { return finding.impossible; }) ||
      (all.pruneOpinions && !entry.findings.empty());
  if (entry.rejected) {
    outcome.files.clear();
  }
}

bool Session::toolchainAnswers() {
  llvm::Expected<toolchain::CudaResult> compiled = toolchain::compileCuda(
      "extern \"C\" __global__ void empty() {}\n", "empty.cu", cudaOptions());
  if (compiled) {
    return true;
  }
  diags.error(diag::err_toolchain) << llvm::toString(compiled.takeError());
  failure = kToolchain;
  return false;
}

bool Session::allPoints() {
  if (options.output.empty() || options.output == "-") {
    auto error = diags.error(diag::err_several_points);
    error << "all points";
    error.help("name a folder with `-o DIR`");
    failure = kUsage;
    return false;
  }
  if (options.gates == "ptxas" && !toolchainAnswers()) {
    return false;
  }
  llvm::FailureOr<sema::SpaceModel> model =
      sema::spaceOf(*system, asked, diags);
  if (llvm::failed(model)) {
    return false;
  }
  space::Counter counter(model->space);
  if (!counter.valid() || !space::rawCount(model->space.axes)) {
    auto error = diags.error(diag::err_space_search);
    error.help("fix some axes with `-D axis=value`");
    return false;
  }
  if (std::optional<space::Undefined> undefined = counter.undefined()) {
    sema::reportUndefined(*model, asked, *undefined, diags);
    return false;
  }
  space::Ledger ledger;
  if (!openLedger(*model, counter, ledger)) {
    return false;
  }
  uint64_t most = options.pointLimit ? options.pointLimit : kMostPoints;
  std::vector<PointOutcome> outcomes;
  std::string stem = options.input == "-"
                         ? "kernel"
                         : llvm::sys::path::stem(options.input).str();
  auto take = [&](space::Count index) {
    PointOutcome outcome;
    outcome.entry.index = index;
    outcome.entry.point = space::pointAt(model->space.axes, counter.at(index));
    outcome.entry.stem = stem + "_" + space::text(index);
    outcomes.push_back(std::move(outcome));
  };
  if (ledger.valid <= most) {
    for (space::Count index = 0; index < ledger.valid; ++index) {
      take(index);
    }
  } else {
    std::vector<space::Count> drawn = counter.sample(most, options.seed);
    llvm::sort(drawn);
    llvm::for_each(drawn, take);
  }
  {
    TimingScope scope = timing.nest("points");
    llvm::DefaultThreadPool pool(llvm::hardware_concurrency(options.jobs));
    for (PointOutcome &outcome : outcomes) {
      pool.async([this, &outcome] { visitPoint(options, outcome); });
    }
    pool.wait();
  }
  return closeLedger(ledger, outcomes);
}

bool Session::openLedger(const sema::SpaceModel &model,
                         const space::Counter &counter, space::Ledger &ledger) {
  ledger.compiler = std::string("spakc ") + SPAK_VERSION;
  ledger.source = llvm::sys::path::filename(source->name()).str();
  std::string everything = source->text().str();
  for (const knowledge::Ancestor &ancestor : inheritance.ancestors) {
    everything += ancestor.source->text();
  }
  ledger.sourceHash = hashOf(everything);
  ledger.system = file->system.name.text;
  ledger.device = device;
  ledger.shape = asked.shape;
  ledger.rates = rates() ? rates()->source.str() : "";
  ledger.gates = options.gates;
  ledger.pruneOpinions = options.pruneOpinions;
  ledger.seed = options.seed;
  for (const auto &[axis, values] : options.axes) {
    std::vector<space::AxisValue> read;
    for (const std::string &value : values) {
      read.push_back(space::AxisValue::parse(value));
    }
    ledger.fixed.push_back({axis, std::move(read)});
  }
  ledger.raw = space::rawCount(model.space.axes);
  ledger.valid = *counter.valid();
  space::Census census = space::takeCensus(counter);
  llvm::MapVector<llvm::StringRef, space::Count> sums;
  for (size_t i = 0; i < model.space.rules.size(); ++i) {
    if (!census.cuts[i]) {
      auto error = diags.error(diag::err_space_search);
      error.help("fix some axes with `-D axis=value`");
      return false;
    }
    sums[model.space.rules[i].name] += *census.cuts[i];
  }
  for (const auto &[name, count] : sums) {
    ledger.cuts.push_back({name.str(), count});
  }
  return true;
}

bool Session::closeLedger(space::Ledger &ledger,
                          std::vector<PointOutcome> &outcomes) {
  outputFolder = options.output;
  for (PointOutcome &outcome : outcomes) {
    if (outcome.failure == kInternal) {
      failure = kInternal;
      diags.error(diag::err_internal)
          << "all-points"
          << "point " + outcome.entry.point.text() + ": " +
                 outcome.entry.findings.front().message;
      return false;
    }
    ledger.entries.push_back(std::move(outcome.entry));
  }
  space::rank(ledger);
  auto add = [&](llvm::StringRef name, const llvm::json::Value &value) {
    std::string text = llvm::formatv("{0:2}", value).str() + "\n";
    outputs.push_back({outputPath(name, ".json"), std::move(text)});
  };
  add("ledger", space::toJson(ledger));
  add("manifest", space::folderManifest(ledger));
  for (PointOutcome &outcome : outcomes) {
    for (OutputFile &file : outcome.files) {
      outputs.push_back(std::move(file));
    }
  }
  return true;
}

} // namespace spak::driver
