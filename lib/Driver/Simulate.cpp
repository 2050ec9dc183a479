// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: `--simulate`: which kernels, points, phases and inputs are run. What a
// run means and how it is judged is the simulator's business.
#include "Session.h"

#include "Bridge.h"
#include "spak/Dialect/Spak/IR/Spak.h"
#include "spak/IRGen/IRGen.h"
#include "spak/Simulator/Check.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace spak::driver {

namespace {

/// `reference "file.py:function"`, next to the file that says so.
std::optional<sim::ReferenceFunction> referenceOf(const ast::Kernel &kernel) {
  auto [path, function] = llvm::StringRef(kernel.reference).rsplit(':');
  if (function.empty()) {
    return std::nullopt;
  }
  llvm::SmallString<128> beside =
      llvm::sys::path::parent_path(kernel.referenceRange.file->name());
  llvm::sys::path::append(beside, path);
  llvm::sys::fs::make_absolute(beside);
  return sim::ReferenceFunction{beside.str().str(), function.str()};
}

/// `forward at D=64 causal=true`: the axes that -D gave several values.
std::string labelOf(llvm::StringRef kernel, const CompileOptions &options,
                    const space::Point &point) {
  std::string text;
  for (const auto &[axis, values] : options.axes) {
    const space::AxisValue *value = point.find(axis);
    if (values.size() > 1 && value) {
      text += " " + axis + "=" + value->text();
    }
  }
  return kernel.str() + (text.empty() ? "" : " at" + text);
}

/// Whether visits share tiles, so that parts are added up behind their loops.
bool cutsTiles(ModuleOp module) {
  return module.walk([](ir::ShareOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

} // namespace

bool Session::simulate() {
  llvm::FailureOr<sema::Selection> selection =
      sema::selectPoints(*system, asked, diags);
  if (llvm::failed(selection)) {
    return false;
  }
  if (!options.kernel.empty() && !system->findKernel(options.kernel)) {
    diags.error(diag::err_unknown_kernel) << options.kernel;
    return false;
  }
  makeContext();
  bool pass = true;
  for (const space::Point &point : selection->points) {
    for (const ast::Kernel *kernel : system->kernels) {
      if (options.kernel.empty() || kernel->name.text == options.kernel) {
        std::optional<bool> judged = simulateKernel(*kernel, point);
        if (!judged) {
          return false;
        }
        pass &= *judged;
      }
    }
  }
  if (!pass) {
    failure = kWrongResult;
  }
  return pass;
}

std::optional<Session::Shape> Session::shapeFor(ModuleOp module,
                                                const ast::Kernel &kernel) {
  std::vector<std::string> dims;
  module.walk([&](ir::KernelOp op) {
    for (unsigned i = 0; i < op.getArgumentTypes().size(); ++i) {
      if (op.getKind(i) == "dim") {
        dims.push_back(op.getArgName(i));
      }
    }
  });
  for (const auto &[name, sizes] : options.shape) {
    // A dim of another kernel of the file is no mistake.
    if (!llvm::is_contained(dims, name) && system->kernels.size() == 1) {
      auto error = diags.error(diag::err_unknown_dim);
      error << name << kernel.name.text;
      error.help("its dims are " + llvm::join(dims, ", "));
      return std::nullopt;
    }
  }
  Shape shape;
  for (const std::string &dim : dims) {
    auto given = llvm::find_if(
        options.shape, [&](const auto &entry) { return entry.first == dim; });
    if (given == options.shape.end()) {
      auto error = diags.error(diag::err_missing_size);
      error << dim;
      error.help("add `" + dim + "=SIZE` to --shape");
      return std::nullopt;
    }
    shape.push_back(*given);
  }
  return shape;
}

std::optional<sim::Report> Session::simulationOf(const ast::Kernel &kernel,
                                                 const space::Point &point) {
  DiagnosticBridge bridge(*context, allSources(), diags);
  irgen::Options generation;
  generation.kernel = kernel.name.text;
  auto generate = [&] {
    return irgen::generate(*context, *system, point, *device, diags,
                           generation);
  };
  llvm::FailureOr<OwningOpRef<ModuleOp>> tiled = generate();
  if (llvm::failed(tiled)) {
    return std::nullopt;
  }

  std::optional<Shape> shape = shapeFor(**tiled, kernel);
  if (!shape) {
    failure = kUsage;
    return std::nullopt;
  }

  // What is asked of the kernel holds of what is simulated, too.
  bool rechecks = options.simulate != SimulateMode::None;
  OwningOpRef<ModuleOp> copy = (*tiled)->clone();
  if (rechecks && !checkInvariants(*copy, point)) {
    return std::nullopt;
  }

  sim::CheckRequest request;
  request.kernel = kernel.name.text;
  request.label = labelOf(request.kernel, options, point);
  std::vector<OwningOpRef<ModuleOp>> modules;
  Phase at = Phase::Spak;
  OwningOpRef<ModuleOp> module = (*tiled)->clone();
  for (Phase phase : options.simulateAt) {
    if (!runPasses(*module, at, phase) ||
        (rechecks && !askAgain(*module, phase, point))) {
      return std::nullopt;
    }
    modules.push_back(module->clone());
    // Staging, roles and rotation move code; all before may change the order
    // in which numbers are added.
    // Where tiles are cut, the order of sums is another.
    bool keepsBits = phase == Phase::Scheduled && at == Phase::Decided &&
                     !cutsTiles(*modules.back());
    request.phases.push_back(
        {phaseName(phase).str(), *modules.back(), keepsBits});
    at = phase;
  }
  std::optional<sim::InputKind> kind = sim::parseInputKind(options.inputs);
  request.cases = sim::allCases(*shape, kind.value_or(sim::InputKind::Normal),
                                options.seed);
  for (const auto &[name, words] : options.values) {
    sim::ValueRule &rule = request.values.emplace_back();
    rule.name = name;
    rule.sorted = words.front() == "sorted";
    rule.low = words[rule.sorted ? 1 : 0];
    rule.high = words.back();
  }
  if (options.simulate != SimulateMode::Exact) {
    request.reference = referenceOf(kernel);
  }
  request.exact = options.simulate != SimulateMode::Reference;
  request.untiled = [&](const std::map<std::string, int64_t> &dims) {
    generation.tileSizes = sim::untiledSizes(**tiled, request.kernel, dims);
    return generate();
  };

  TimingScope scope = timing.nest("simulate");
  llvm::Expected<sim::Report> report = sim::check(request);
  if (!report) {
    std::string why = llvm::toString(report.takeError());
    if (llvm::StringRef(why).consume_front("the reference function failed: ")) {
      diags.error(diag::err_reference, kernel.referenceRange)
          << kernel.reference << why.substr(why.find(": ") + 2);
    } else if (!diags.hasErrors()) {
      diags.error(diag::err_compile) << why;
    }
    failure = kRunFailed;
    return std::nullopt;
  }
  return std::move(*report);
}

std::optional<bool> Session::simulateKernel(const ast::Kernel &kernel,
                                            const space::Point &point) {
  std::optional<sim::Report> report = simulationOf(kernel, point);
  if (!report) {
    return std::nullopt;
  }
  if (options.json) {
    report->printJson(llvm::outs());
  } else {
    report->print(llvm::outs());
  }
  llvm::outs().flush();
  return report->pass();
}

} // namespace spak::driver
