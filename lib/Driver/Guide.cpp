// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: `--emit=guide`: what is gathered for a guide, and from which stage.
// The wording is GuideText's.
#include "GuideText.h"

#include "Bridge.h"
#include "Session.h"

#include "spak/Analysis/KernelFigures.h"
#include "spak/Device/Rates.h"
#include "spak/IRGen/IRGen.h"
#include "spak/Sema/SpaceModel.h"
#include "spak/Simulator/Check.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <cmath>

namespace spak::driver {

namespace {

/// Points of a guide, and points that are looked at to find them.
constexpr size_t kPoints = 5;
constexpr size_t kCandidates = 2000;
constexpr size_t kModelled = 48;

/// Lengths of ranges in the simulation: a tile and a bit, for each in turn.
constexpr int64_t kLengths[] = {65, 129};
constexpr int64_t kOtherSize = 2;

std::string firstError(const DiagnosticEngine &diags) {
  for (const Diagnostic &diagnostic : diags.diagnostics()) {
    if (diagnostic.severity == Severity::Error) {
      return diagnostic.text;
    }
  }
  return "no reason given";
}

/// What \p figures say of a kernel, in a guide's words.
KernelBudget budgetOf(const space::KernelFigures &figures) {
  KernelBudget budget;
  budget.kernel = figures.kernel;
  budget.threads = figures.threads;
  budget.sharedBytes = figures.sharedBytes;
  double nearest = -1;
  for (const space::RolePressure &role : figures.roles) {
    double share = role.budget > 0 ? static_cast<double>(role.estimate) /
                                         static_cast<double>(role.budget)
                                   : 0;
    if (share > nearest) {
      nearest = share;
      budget.registers = role.role + (role.role.empty() ? "" : ": ") +
                         std::to_string(role.estimate) + " of " +
                         std::to_string(role.budget);
    }
  }
  return budget;
}

/// No launch is faster than the arithmetic at the boost clock, nor than one
/// pass over the tensors. Unit: ms.
std::optional<double> rooflineOf(const GuideKernel &kernel,
                                 const device::Device &device,
                                 const device::Rates *rates,
                                 const Shape &shape) {
  std::optional<double> flops = kernel.flops.at(shape);
  std::optional<double> bytes = kernel.bytes.at(shape);
  if (!rates || !flops || !bytes || shape.empty()) {
    return std::nullopt;
  }
  double kept = keptShare(kernel.program, shape).value_or(0);
  double perSecond = static_cast<double>(rates->tensorFlops) *
                     static_cast<double>(device.sms) *
                     static_cast<double>(rates->clockMhz) * 1e6;
  double arithmetic = *flops * kept / perSecond;
  double memory = *bytes / (static_cast<double>(rates->dramGbPerSecond) * 1e9);
  return 1e3 * std::max(arithmetic, memory);
}

/// The texts of the sentences of an item.
std::string sentencesOf(const sema::KnowledgeItem &item) {
  std::vector<std::string> parts;
  for (const sema::Clause &clause : item.clauses) {
    parts.push_back(sema::roleName(clause.role).str() + ": " +
                    quoted(clause.range.text(), 160));
  }
  if (parts.empty()) {
    for (const char *key : {"assert", "description", "suggestion", "reason"}) {
      if (std::optional<llvm::StringRef> text = item.block->string(key)) {
        parts.push_back(quoted(*text, 200));
      }
    }
  }
  return llvm::join(parts, "; ");
}

/// Operations of whole tiles with the last wave filled up, over the needed
/// ones; nothing where a size is missing.
std::optional<double> overheadAt(const sema::System &system,
                                 const space::Point &point,
                                 const device::Device &device,
                                 const Shape &shape) {
  double needed = 0, spent = 0;
  for (const ast::Kernel *kernel : system.kernels) {
    DiagnosticEngine quiet;
    llvm::FailureOr<sema::Program> program =
        sema::check(system, *kernel, point, device, quiet);
    if (llvm::failed(program)) {
      return std::nullopt;
    }
    Work flops = flopsOf(*program);
    std::optional<double> exact = flops.at(shape);
    std::optional<double> padded = flops.paddedAt(shape);
    std::optional<double> blocks = blocksAt(*program, shape);
    if (!exact || !padded || !blocks || *blocks < 1) {
      return std::nullopt;
    }
    double sms = static_cast<double>(device.sms);
    needed += *exact;
    spent += *padded * (std::ceil(*blocks / sms) * sms) / *blocks;
  }
  return needed > 0 ? std::optional<double>(spent / needed) : std::nullopt;
}

/// Equations at every other value of a design or static axis that changes
/// them.
void addVariants(const sema::System &system, const space::Point &point,
                 const device::Device &device, GuideKernel &result) {
  for (const sema::Axis &axis : system.axes) {
    if (axis.origin == sema::Axis::Origin::Tuning) {
      continue;
    }
    for (const space::AxisValue &value : axis.values) {
      if (*point.find(axis.name) == value) {
        continue;
      }
      space::Point other = point;
      other.set(axis.name, value);
      DiagnosticEngine quiet;
      sema::CheckOptions options;
      options.schedule = false;
      llvm::FailureOr<sema::Program> program =
          sema::check(system, *result.kernel, other, device, quiet, options);
      if (llvm::failed(program)) {
        continue;
      }
      std::vector<std::string> equations = equationsOf(*program);
      llvm::erase_if(equations, [&](const std::string &equation) {
        return llvm::is_contained(result.equations, equation);
      });
      if (!equations.empty()) {
        result.variants.emplace_back(
            "`" + axis.name + " = " + value.text() + "`", std::move(equations));
      }
    }
  }
}

} // namespace

/// Compiles a point by itself, so that one that does not compile says so.
void Session::budgetPoint(GuidePoint &result) {
  CompileOptions alone = options;
  alone.axes.clear();
  for (const auto &[axis, value] : result.point.axes()) {
    alone.axes.push_back({axis, {value.text()}});
  }
  Session session(alone, timing);
  session.device = device;
  if (!session.open() || !session.parse() || !session.analyze()) {
    result.failure = firstError(session.diags);
    return;
  }
  session.makeContext();
  DiagnosticBridge bridge(*session.context, session.allSources(),
                          session.diags);
  llvm::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> module =
      irgen::generate(*session.context, *session.system, result.point,
                      *session.device, session.diags);
  if (llvm::failed(module) || session.diags.hasErrors() ||
      !session.runPasses(**module, Phase::Spak, Phase::Prepared)) {
    result.failure = firstError(session.diags);
    return;
  }
  const device::Rates *rates = session.rates();
  for (const space::KernelFigures &figures :
       analysis::figuresOf(**module, *asked.device)) {
    KernelBudget budget = budgetOf(figures);
    if (rates && !asked.shape.empty()) {
      int64_t registers = figures.launchRegisters > 0
                              ? figures.launchRegisters
                              : asked.device->registersPerThread;
      analysis::LaunchShape launch;
      launch.dims = asked.shape;
      launch.residentBlocks =
          std::max<int64_t>(1, device::residency(*asked.device, figures.threads,
                                                 registers, figures.sharedBytes)
                                   .blocks);
      analysis::LaunchModel model = analysis::modelLaunch(
          **module, figures.kernel, *asked.device, *rates, launch);
      if (model.modelled) {
        budget.modelMs = 1e3 * model.modelled->seconds;
        budget.modelBound = model.modelled->bound;
      } else {
        budget.modelBound = model.problem;
      }
    }
    result.budgets.push_back(std::move(budget));
  }
}

/// The points that the guide shows, the chosen one first.
std::vector<GuidePoint> Session::guidePoints(const space::Point &chosen) {
  std::vector<GuidePoint> points;
  GuidePoint first;
  first.point = chosen;
  first.origin = "the first that the space allows";
  std::vector<std::string> names;
  for (const sema::Recommendation *recommendation :
       sema::recommendationsAt(*system, chosen, *asked.device, &asked.shape)) {
    if (!recommendation->avoid &&
        !llvm::is_contained(names, recommendation->from)) {
      names.push_back(recommendation->from);
    }
  }
  if (!names.empty()) {
    first.origin = "by " + llvm::join(names, ", ");
  }
  first.overhead = overheadAt(*system, chosen, *asked.device, asked.shape);
  if (!system->kernels.empty()) {
    budgetPoint(first);
  }
  points.push_back(std::move(first));
  if (system->kernels.empty()) {
    return points;
  }
  // Others compute the same in another way.
  sema::PointRequest request = asked;
  request.axes.clear();
  for (const sema::Axis &axis : system->axes) {
    if (axis.origin != sema::Axis::Origin::Tuning) {
      request.axes.push_back({axis.name, {chosen.find(axis.name)->text()}});
    }
  }
  llvm::FailureOr<sema::SpaceModel> model =
      sema::spaceOf(*system, request, diags);
  if (llvm::failed(model)) {
    return points;
  }
  space::Counter counter(model->space);
  std::vector<GuidePoint> others;
  counter.forEach(0, [&](llvm::ArrayRef<uint32_t> positions) {
    GuidePoint candidate;
    candidate.point = space::pointAt(model->space.axes, positions);
    if (candidate.point.text() != chosen.text()) {
      candidate.overhead =
          overheadAt(*system, candidate.point, *asked.device, asked.shape);
      candidate.origin = candidate.overhead ? "modelled" : "valid";
      others.push_back(std::move(candidate));
    }
    return others.size() < kCandidates;
  });
  std::stable_partition(others.begin(), others.end(),
                        [](const GuidePoint &p) { return p.overhead; });
  std::sort(others.begin(), others.end(),
            [](const GuidePoint &a, const GuidePoint &b) {
              double x = a.overhead.value_or(1e300);
              double y = b.overhead.value_or(1e300);
              // Nearly the same is the same: then as they are spelled.
              return std::pair(std::round(x * 1000), a.point.text()) <
                     std::pair(std::round(y * 1000), b.point.text());
            });
  // The model is asked about a part of them, spread over the whole order.
  if (others.size() > kModelled) {
    std::vector<GuidePoint> some;
    for (size_t i = 0; i < kModelled; ++i) {
      some.push_back(std::move(others[i * others.size() / kModelled]));
    }
    others = std::move(some);
  }
  for (GuidePoint &candidate : others) {
    budgetPoint(candidate);
  }
  std::stable_sort(others.begin(), others.end(),
                   [](const GuidePoint &a, const GuidePoint &b) {
                     return a.modelMs().value_or(1e300) <
                            b.modelMs().value_or(1e300);
                   });
  for (GuidePoint &candidate : others) {
    // One that does not compile is no point to measure, and of those that the
    // model cannot tell apart one is enough.
    bool isNews = llvm::none_of(points, [&](const GuidePoint &shown) {
      return shown.modelMs() && candidate.modelMs() &&
             std::fabs(*shown.modelMs() / *candidate.modelMs() - 1) < 1e-3;
    });
    if (points.size() < kPoints && !candidate.budgets.empty() && isNews) {
      points.push_back(std::move(candidate));
    }
  }
  return points;
}

/// Runs \p kernel on the CPU at small odd lengths and says what came of it.
void Session::simulateForGuide(const space::Point &point, GuideKernel &kernel) {
  CompileOptions alone = options;
  alone.simulate = SimulateMode::Both;
  alone.simulateAt = {Phase::Spak, Phase::Scheduled};
  alone.kernel = kernel.program.kernel;
  alone.inputs = "normal";
  alone.shape.clear();
  alone.axes.clear();
  for (const auto &[axis, value] : point.axes()) {
    alone.axes.push_back({axis, {value.text()}});
  }
  DimKinds kinds = dimKinds(kernel.program);
  size_t next = 0;
  std::string where;
  for (const std::string &dim : kernel.program.dims) {
    int64_t size = llvm::is_contained(kinds.tiled, dim)
                       ? kLengths[next++ % std::size(kLengths)]
                       : kOtherSize;
    alone.shape.push_back({dim, {size}});
    where += (where.empty() ? "" : ", ") + dim + " = " + std::to_string(size);
  }
  for (SimulateMode mode : {SimulateMode::Both, SimulateMode::Exact}) {
    if (mode == SimulateMode::Both && kernel.kernel->reference.empty()) {
      continue;
    }
    alone.simulate = mode;
    Session session(alone, timing);
    session.device = device;
    if (!session.open() || !session.parse() || !session.analyze()) {
      kernel.simulation = "not run: " + firstError(session.diags);
      return;
    }
    session.makeContext();
    const ast::Kernel *own = session.system->findKernel(alone.kernel);
    std::optional<sim::Report> report = session.simulationOf(*own, point);
    if (!report) {
      kernel.simulation = "not run: " + firstError(session.diags);
      continue;
    }
    kernel.simulatedRight = report->pass();
    kernel.simulation =
        (kernel.simulatedRight ? "right" : "WRONG") + std::string(" at ") +
        where + ", after the phases spak and scheduled, beside " +
        (mode == SimulateMode::Both ? "its reference and its un-tiled meaning"
         : kernel.kernel->reference.empty()
             ? "its un-tiled meaning (the kernel names no reference)"
             : "its un-tiled meaning alone (the reference gave no result)") +
        " in float64";
    return;
  }
}

bool Session::gatherGuide(GuideData &data) {
  data.system = system.get();
  data.device = asked.device;
  data.source = llvm::sys::path::filename(source->name()).str();
  data.shape = {asked.shape.begin(), asked.shape.end()};
  llvm::FailureOr<sema::Selection> selection =
      sema::selectPoints(*system, asked, diags);
  if (llvm::failed(selection)) {
    return false;
  }
  const space::Point &chosen = selection->points.front();
  for (const ast::Kernel *kernel : system->kernels) {
    llvm::FailureOr<sema::Program> program =
        sema::check(*system, *kernel, chosen, *asked.device, diags);
    if (llvm::failed(program)) {
      return false;
    }
    GuideKernel result;
    result.kernel = kernel;
    result.program = std::move(*program);
    result.equations = equationsOf(result.program);
    result.flops = flopsOf(result.program);
    result.bytes = bytesOf(result.program);
    result.rooflineMs = rooflineOf(result, *asked.device, rates(), data.shape);
    addVariants(*system, chosen, *asked.device, result);
    simulateForGuide(chosen, result);
    data.kernels.push_back(std::move(result));
  }
  data.points = guidePoints(chosen);
  gatherSpace(data.space);
  for (const auto &item : system->knowledge) {
    GuideSentence sentence;
    sentence.grade = knowledge::gradeName(item->grade).str();
    sentence.name = item->name().str();
    sentence.text = sentencesOf(*item);
    sentence.why = item->why;
    if (!item->action.empty()) {
      sentence.why += (sentence.why.empty() ? "" : "; ") + item->action;
    }
    if (sentence.why.empty()) {
      sentence.why = "not checked";
    }
    std::optional<llvm::StringRef> status = item->block->string("status");
    if (status && status->starts_with("stale")) {
      sentence.why = quoted(*status, 200) + "; " + sentence.why;
    }
    (item->kind() == "invariant" ? data.invariants : data.knowledge)
        .push_back(std::move(sentence));
  }
  return !diags.hasErrors();
}

void Session::gatherSpace(GuideSpace &result) {
  sema::PointRequest request = asked;
  llvm::FailureOr<sema::SpaceModel> model =
      sema::spaceOf(*system, request, diags);
  if (llvm::failed(model)) {
    result.failure = "the space cannot be read";
    return;
  }
  std::optional<space::Count> raw = space::rawCount(model->space.axes);
  space::Counter counter(model->space);
  if (!raw || !counter.valid()) {
    result.failure = "there are too many to count";
    return;
  }
  result.raw = space::text(*raw);
  result.valid = space::text(*counter.valid());
  space::Census census = space::takeCensus(counter);
  for (size_t i = 0; i < model->space.rules.size(); ++i) {
    result.cuts.emplace_back(model->space.rules[i].name,
                             census.cuts[i] ? space::text(*census.cuts[i])
                                            : "not counted");
  }
}

std::optional<GuideOutput> Session::guideOutput() {
  if (!guide) {
    GuideData data;
    if (!gatherGuide(data)) {
      return std::nullopt;
    }
    guide = std::make_shared<GuideOutput>(writeGuide(data));
  }
  return *guide;
}

bool Session::emitGuide() {
  std::optional<GuideOutput> result = guideOutput();
  if (!result) {
    return false;
  }
  std::string path = options.output.empty() ? "-" : options.output;
  outputs.push_back({path, std::move(result->markdown)});
  if (path != "-") {
    llvm::SmallString<128> beside(path);
    llvm::sys::path::replace_extension(beside, ".json");
    outputs.push_back({beside.str().str(), trace::toJsonText(result->guide)});
  }
  return true;
}

} // namespace spak::driver
