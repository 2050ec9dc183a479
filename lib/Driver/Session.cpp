// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the way from a file to its outputs. Knows every stage, and does the
// work of none.
#include "Session.h"

#include "Bridge.h"
#include "spak/Dialect/Spak/IR/Spak.h"
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"
#include "spak/Frontend/Frontend.h"
#include "spak/IRGen/IRGen.h"
#include "spak/Target/CudaCpp/CudaCpp.h"
#include "spak/Toolchain/Toolchain.h"
#include "spak/Trace/Facts.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MD5.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace spak::driver {

namespace {

std::string stemOf(llvm::StringRef path) {
  return path == "-" ? "kernel" : llvm::sys::path::stem(path).str();
}

/// `fmha` and D=64, tile_m=128 give `fmha_D64_tile_m128`.
std::string pointStem(llvm::StringRef stem, const CompileOptions &options,
                      const space::Point &point) {
  std::string text = stem.str();
  for (const auto &[axis, values] : options.axes) {
    const space::AxisValue *value = point.find(axis);
    if (values.size() > 1 && value) {
      text += "_" + axis + value->text();
    }
  }
  return text;
}

/// Writes what ptxas found into the manifest's kernels.
std::string withResources(llvm::StringRef manifest,
                          const toolchain::ResourceReport &report) {
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(manifest);
  if (!parsed) {
    llvm::consumeError(parsed.takeError());
    return manifest.str();
  }
  if (llvm::json::Object *root = parsed->getAsObject()) {
    if (llvm::json::Array *kernels = root->getArray("kernels")) {
      for (llvm::json::Value &value : *kernels) {
        llvm::json::Object *kernel = value.getAsObject();
        if (!kernel) {
          continue;
        }
        std::optional<llvm::StringRef> entry = kernel->getString("entry");
        if (const auto *found = entry ? report.find(*entry) : nullptr) {
          (*kernel)["registers"] = static_cast<int64_t>(found->registers);
          (*kernel)["spill_bytes"] = static_cast<int64_t>(found->spillBytes());
        }
      }
    }
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::formatv("{0:2}", *parsed) << "\n";
  return text;
}

} // namespace

std::string hashOf(llvm::StringRef text) {
  llvm::MD5 hash;
  hash.update(text);
  llvm::MD5::MD5Result result;
  hash.final(result);
  return result.digest().substr(0, 16).str();
}

Session::Session(const CompileOptions &options, TimingScope &timing)
    : diags(DiagnosticOptions{options.errorLimit, options.disabledWarnings,
                              options.errorWarnings, options.remarks}),
      options(options), timing(timing) {}

int Session::run() {
  if (std::optional<std::string> unknown = diags.unknownWarning()) {
    diags.error(diag::err_unknown_warning) << *unknown;
    return kUsage;
  }
  device = device::find(options.arch);
  if (!device) {
    auto error = diags.error(diag::err_unknown_arch);
    error << options.arch;
    error.help("known targets: " + device::allArchs());
    return kUsage;
  }
  if (!open()) {
    return failure;
  }
  bool good =
      options.layout != Layout::None ? format()
      : options.compileFrom          ? compileIr()
      : options.emit == Emit::Ast || options.emit == Emit::System
          ? parse() && emitTree()
      : options.spaceQuery != SpaceQuery::None
          ? parse() && analyze() && querySpace()
      : options.allPoints           ? parse() && analyze() && allPoints()
      : options.builds              ? parse() && analyze() && buildArtifacts()
      : options.emit == Emit::Guide ? parse() && analyze() && emitGuide()
      : options.explain
          ? parse() && analyze() && explain()
          : parse() && analyze() &&
                (options.simulate != SimulateMode::None ? simulate()
                                                        : compileSystem());
  if (!good || diags.hasErrors()) {
    return failure;
  }
  return writeAll() ? kOk : failure;
}

bool Session::open() {
  llvm::Expected<std::unique_ptr<SourceFile>> opened =
      SourceFile::open(options.input);
  if (!opened) {
    diags.error(diag::err_file_read)
        << options.input << llvm::toString(opened.takeError());
    return false;
  }
  source = std::move(*opened);
  return true;
}

bool Session::parse() {
  TimingScope scope = timing.nest("parse");
  file = frontend::parse(*source, diags);
  if (!file || diags.hasErrors()) {
    return false;
  }
  frontend::checkFile(*file, diags);
  return !diags.hasErrors();
}

bool Session::emitTree() {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (options.emit == Emit::Ast) {
    ast::dump(*file, os);
  } else {
    os << llvm::formatv("{0:2}", ast::toJson(*file)) << "\n";
  }
  outputs.push_back({outputPath(stemOf(options.input), ""), text});
  return true;
}

bool Session::analyze() {
  TimingScope scope = timing.nest("analyze");
  if (llvm::failed(
          knowledge::inherit(*file, frontend::parse, diags, inheritance))) {
    return false;
  }
  llvm::FailureOr<std::unique_ptr<sema::System>> analyzed =
      sema::analyze(*file, diags, frontend::tryParseExpression);
  if (llvm::failed(analyzed)) {
    return false;
  }
  system = std::move(*analyzed);
  if (!readRequest() || llvm::failed(sema::activate(*system, asked, diags))) {
    return false;
  }
  if (system->kernels.empty() && options.spaceQuery == SpaceQuery::None &&
      !options.explain && !options.builds && options.emit != Emit::Guide) {
    auto error =
        diags.error(diag::err_nothing_to_compile, file->system.name.range);
    error << file->system.name.text;
    error.help("`--emit=system` writes what the file says as JSON, "
               "`--count-points` counts its space");
    return false;
  }
  return !diags.hasErrors();
}

/// What the command line asks of the space.
bool Session::readRequest() {
  if (!chooseDevice(chosenDevice)) {
    return false;
  }
  bool compiles = options.spaceQuery == SpaceQuery::None;
  if (compiles && chosenDevice.arch != device->arch) {
    auto error = diags.error(diag::err_device_arch)
                 << chosenDevice.name << chosenDevice.arch << device->arch;
    error.help("add `--arch=" + chosenDevice.arch + "`");
    return false;
  }
  // Its limits hold for all that follows.
  device = &chosenDevice;
  asked.axes = options.axes;
  asked.device = device;
  asked.toolkit = options.toolkit;
  for (const auto &[dim, sizes] : options.shape) {
    // Several sizes are no one launch: facts about the shape do not hold.
    if (sizes.size() == 1 && options.simulate == SimulateMode::None) {
      asked.shape[dim] = sizes.front();
    }
  }
  // A dim has the name that prose uses, too.
  for (const ast::Kernel *kernel : file->system.kernels()) {
    for (const ast::Dim &dim : kernel->dims) {
      auto given = asked.shape.find(dim.alias.text);
      if (!dim.alias.text.empty() && given != asked.shape.end()) {
        asked.shape.insert({dim.name.text, given->second});
      }
    }
  }
  return readRates() && readTraces();
}

/// Opens `--traces`, and asks them which facts with parameters hold.
bool Session::readTraces() {
  for (const std::string &path : options.traces) {
    llvm::Expected<std::unique_ptr<SourceFile>> opened = SourceFile::open(path);
    if (!opened) {
      diags.error(diag::err_file_read)
          << path << llvm::toString(opened.takeError());
      return false;
    }
    traceSources.push_back(std::move(*opened));
    trace::readTrace(*traceSources.back(), {}, traces, diags);
  }
  for (const trace::Observation &observation :
       trace::observeFacts(*file, traces)) {
    if (observation.last) {
      asked.observed[observation.fact->name.text] = *observation.last;
    }
  }
  return !diags.hasErrors();
}

std::vector<const SourceFile *> Session::allSources() const {
  std::vector<const SourceFile *> sources{source.get()};
  for (const knowledge::Ancestor &ancestor : inheritance.ancestors) {
    sources.push_back(ancestor.source.get());
  }
  return sources;
}

void Session::makeContext() {
  if (context) {
    return;
  }
  context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
  context->printOpOnDiagnostic(false);
  irgen::loadDialects(*context);
  context->loadDialect<cuda::SpakCudaDialect>();
}

Phase Session::lastPhase() const {
  if (options.compileTo) {
    return *options.compileTo;
  }
  switch (options.emit) {
  case Emit::Spak:
    return Phase::Spak;
  case Emit::SpakScheduled:
    return Phase::Scheduled;
  case Emit::SpakCuda:
    return Phase::Cuda;
  default:
    return Phase::Prepared;
  }
}

std::string Session::outputPath(llvm::StringRef stem,
                                llvm::StringRef extension) const {
  if (!outputFolder.empty()) {
    llvm::SmallString<128> path(outputFolder);
    llvm::sys::path::append(path, stem + extension);
    return path.str().str();
  }
  return options.output.empty() ? "-" : options.output;
}

bool Session::compileSystem() {
  llvm::FailureOr<sema::Selection> selection =
      sema::selectPoints(*system, asked, diags);
  if (llvm::failed(selection)) {
    return false;
  }
  bool several = llvm::any_of(
      options.axes, [](const auto &axis) { return axis.second.size() > 1; });
  if (several) {
    if (options.output.empty() || options.output == "-") {
      auto error = diags.error(diag::err_several_points);
      error << llvm::Twine(selection->points.size()) + " points";
      error.help("name a folder with `-o DIR`");
      failure = kUsage;
      return false;
    }
    outputFolder = options.output;
  }
  makeContext();
  for (const space::Point &point : selection->points) {
    std::string stem = stemOf(options.input);
    if (!compilePoint(point,
                      several ? pointStem(stem, options, point) : stem)) {
      return false;
    }
  }
  return true;
}

bool Session::compilePoint(const space::Point &point, llvm::StringRef stem) {
  DiagnosticBridge bridge(*context, allSources(), diags);
  OwningOpRef<ModuleOp> module;
  {
    TimingScope scope = timing.nest("irgen");
    llvm::FailureOr<OwningOpRef<ModuleOp>> generated =
        irgen::generate(*context, *system, point, *device, diags);
    if (llvm::failed(generated) || diags.hasErrors()) {
      return false;
    }
    module = std::move(*generated);
  }
  if (!checkInvariants(*module, point)) {
    return false;
  }
  return finish(*module, Phase::Spak, stem, point.text());
}

bool Session::compileIr() {
  makeContext();
  DiagnosticBridge bridge(*context, {}, diags);
  OwningOpRef<ModuleOp> module;
  {
    TimingScope scope = timing.nest("parse");
    module = parseSourceString<ModuleOp>(source->text(), context.get(),
                                         source->name());
  }
  if (!module) {
    return false;
  }
  return finish(*module, *options.compileFrom, stemOf(options.input), "");
}

bool Session::runPasses(ModuleOp module, Phase from, Phase to) {
  PassManager pm(context.get());
  pm.enableVerifier(options.verifyEach);
  TimingScope scope = timing.nest("passes");
  pm.enableTiming(scope);
  addPasses(pm, from, to);
  unsigned before = diags.errorCount();
  if (failed(pm.run(module))) {
    if (diags.errorCount() == before) {
      diags.error(diag::err_internal)
          << phaseName(from) << "a pass gave up without saying why";
      failure = kInternal;
    }
    return false;
  }
  // Our own mistakes must not reach the text.
  if (!options.verifyEach && failed(verify(module))) {
    diags.error(diag::err_internal)
        << phaseName(to) << "the IR does not verify";
    failure = kInternal;
    return false;
  }
  return true;
}

bool Session::finish(ModuleOp module, Phase from, llvm::StringRef stem,
                     llvm::StringRef pointText) {
  Phase to = lastPhase();
  if (!runPasses(module, from, to)) {
    return false;
  }
  bool text = !options.compileTo &&
              (options.emit == Emit::Cuda || options.emit == Emit::Ptx ||
               options.emit == Emit::Cubin);
  if (text) {
    return emitText(module, stem, pointText);
  }
  std::string ir;
  llvm::raw_string_ostream os(ir);
  OpPrintingFlags flags;
  flags.enableDebugInfo(options.compileTo.has_value(), /*prettyForm=*/false);
  module.print(os, flags);
  os << "\n";
  outputs.push_back({outputPath(stem, ".mlir"), ir});
  return true;
}

toolchain::CudaOptions Session::cudaOptions() const {
  toolchain::CudaOptions cuda;
  cuda.arch = options.arch;
  cuda.nvcc = options.nvcc;
  cuda.compiler = options.toolchain == "nvrtc" ? toolchain::CudaCompiler::Nvrtc
                                               : toolchain::CudaCompiler::Nvcc;
  return cuda;
}

/// What costs speed and is nowhere in the text.
static void warnOfResources(const toolchain::ResourceReport &report,
                            DiagnosticEngine &diags) {
  for (const toolchain::KernelResources &kernel : report.kernels) {
    if (kernel.spillBytes() > 0) {
      diags.warning(diag::warn_assembled)
          << "`" + kernel.name + "` spills " +
                 std::to_string(kernel.spillBytes()) + " bytes";
    }
  }
  if (report.setmaxnregIgnored) {
    diags.warning(diag::warn_assembled)
        << "setmaxnreg is dropped, a role needs more registers than it asks "
           "for";
  }
  if (report.wgmmaSerialized) {
    diags.warning(diag::warn_assembled) << "products run one after the other";
  }
}

bool Session::emitText(ModuleOp module, llvm::StringRef stem,
                       llvm::StringRef pointText) {
  cuda::EmitOptions emit;
  emit.options = options.canonicalText();
  if (!pointText.empty()) {
    emit.options += " point: " + pointText.str();
  }
  std::string everything = source->text().str();
  for (const knowledge::Ancestor &ancestor : inheritance.ancestors) {
    everything += ancestor.source->text();
    emit.inherited.emplace_back(ancestor.source->name(),
                                ancestor.source->text());
  }
  emit.optionsHash = hashOf(emit.options + everything);
  emit.sourceName = llvm::sys::path::filename(source->name()).str();
  emit.sourceText = options.compileFrom ? "" : source->text().str();
  emit.arch = options.arch;
  emit.deviceHeaders = options.deviceHeaders;
  cuda::Emitted emitted;
  {
    TimingScope scope = timing.nest("print");
    if (failed(cuda::emitCudaCpp(module, emit, emitted))) {
      return false;
    }
  }
  if (options.emit == Emit::Cuda) {
    std::string path = outputPath(stem, ".cu");
    outputs.push_back({path, emitted.source});
    if (path != "-") {
      llvm::SmallString<128> beside(path);
      llvm::sys::path::replace_extension(beside, ".h");
      outputs.push_back({beside.str().str(), emitted.header});
      llvm::sys::path::replace_extension(beside, ".json");
      outputs.push_back({beside.str().str(), emitted.manifest});
    }
    return true;
  }
  TimingScope scope = timing.nest(options.toolchain);
  toolchain::CudaOptions cuda = cudaOptions();
  bool cubin = options.emit == Emit::Cubin;
  cuda.artifact = cubin ? toolchain::Artifact::Cubin : toolchain::Artifact::Ptx;
  llvm::Expected<toolchain::CudaResult> compiled =
      toolchain::compileCuda(emitted.source, stem, cuda);
  if (!compiled) {
    diags.error(diag::err_toolchain) << llvm::toString(compiled.takeError());
    failure = kToolchain;
    return false;
  }
  warnOfResources(compiled->report, diags);
  std::string path = outputPath(stem, cubin ? ".cubin" : ".ptx");
  outputs.push_back({path, compiled->binary});
  if (path != "-") {
    llvm::SmallString<128> beside(path);
    llvm::sys::path::replace_extension(beside, ".json");
    outputs.push_back({beside.str().str(),
                       withResources(emitted.manifest, compiled->report)});
  }
  return true;
}

bool Session::writeAll() {
  TimingScope scope = timing.nest("write");
  if (options.writeDepfile && !outputs.empty()) {
    std::string target = options.depfileTarget;
    if (target.empty()) {
      target = outputs.front().path;
    }
    llvm::SmallString<128> path(options.depfile);
    if (path.empty()) {
      path = outputs.front().path;
      llvm::sys::path::replace_extension(path, ".d");
    }
    std::vector<std::string> inputs{options.input};
    for (const knowledge::Ancestor &ancestor : inheritance.ancestors) {
      inputs.push_back(ancestor.source->name().str());
    }
    outputs.push_back({path.str().str(), depfileText(target, inputs)});
  }
  if (llvm::Error error = writeOutputs(outputs, outputFolder)) {
    diags.error(diag::err_file_write) << llvm::toString(std::move(error));
    return false;
  }
  return true;
}

} // namespace spak::driver
