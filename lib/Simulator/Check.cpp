// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what is run and compared with what, and how the outcome is told.
#include "spak/Simulator/Check.h"

#include "Value.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace spak::sim {

namespace {

/// Between float64 computations: constants of a kernel are f32 in both.
constexpr double kMeaningBound = 1e-6;

/// Told in full for each phase.
constexpr int64_t kMostFailures = 5;

constexpr int64_t kLengths[] = {0, 1, 2, 63, 64, 65, 113, 129, 203, 257};

/// Collects errors as text instead of handing them on.
class ErrorCollector {
public:
  explicit ErrorCollector(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
            add(diagnostic);
            for (Diagnostic &note : diagnostic.getNotes()) {
              add(note);
            }
          }
          return success();
        }) {}

  std::string take() { return std::exchange(text, {}); }

private:
  void add(Diagnostic &diagnostic) {
    llvm::raw_string_ostream os(text);
    os << (text.empty() ? "" : "\n");
    Location at = diagnostic.getLocation();
    at->walk([&](Location inner) {
      auto place = dyn_cast<FileLineColLoc>(inner);
      if (!place) {
        return WalkResult::advance();
      }
      os << place.getFilename().getValue() << ':' << place.getLine() << ':'
         << place.getColumn() << ": ";
      return WalkResult::interrupt();
    });
    os << diagnostic.str();
  }

  std::string text;
  ScopedDiagnosticHandler handler;
};

llvm::Error fail(const Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

ir::KernelOp kernelIn(ModuleOp module, StringRef name) {
  for (auto kernel : module.getOps<ir::KernelOp>()) {
    if (kernel.getSymName() == name) {
      return kernel;
    }
  }
  return nullptr;
}

llvm::json::Value toJson(Attribute attribute) {
  if (auto truth = dyn_cast<BoolAttr>(attribute)) {
    return truth.getValue();
  }
  if (auto whole = dyn_cast<IntegerAttr>(attribute)) {
    return whole.getInt();
  }
  if (auto real = dyn_cast<FloatAttr>(attribute)) {
    return real.getValueAsDouble();
  }
  if (auto text = dyn_cast<StringAttr>(attribute)) {
    return text.getValue();
  }
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return text;
}

llvm::json::Object pointOf(ir::KernelOp kernel) {
  llvm::json::Object object;
  if (DictionaryAttr point = kernel.getPointAttr()) {
    for (NamedAttribute axis : point) {
      object[axis.getName().getValue()] = toJson(axis.getValue());
    }
  }
  return object;
}

/// One case with all that it is compared with.
class CaseRun {
public:
  CaseRun(const CheckRequest &request, const Case &inputs)
      : request(request), inputs(inputs) {}

  /// Makes arguments for \p kernel. Errors: a dim is missing.
  llvm::Error prepare(ir::KernelOp kernel);
  /// Whether the kernel may be launched with the arguments; if not, why.
  bool canLaunch(ErrorCollector &errors);
  /// What stands for all runs of a case that cannot be launched.
  CaseResult refusal() const;
  /// The call of the reference that belongs to this case.
  ReferenceCall referenceCall(ir::KernelOp kernel) const;
  /// Runs the un-tiled kernel, exactly and in its own formats.
  llvm::Error runUntiled(ErrorCollector &errors);
  /// Runs one phase and judges it.
  CaseResult runPhase(const PhaseModule &phase, ErrorCollector &errors);

  ReferenceResult reference; ///< empty if there is none
  std::string refused;       ///< why it cannot be launched; empty if it can

private:
  using Outputs = std::map<std::string, std::vector<double>>;
  llvm::FailureOr<Outputs> runModule(ModuleOp module, bool exact,
                                     std::string *damage = nullptr,
                                     Result *work = nullptr);

  /// A number, or a dim's size.
  llvm::Expected<int64_t> boundOf(const std::string &text) const;

  /// Two float64 computations of one formula must agree much better than any
  /// low-precision one can.
  void compareMeanings(const std::string &name, Verdict &verdict);

  const CheckRequest &request;
  const Case &inputs;
  Arguments arguments;
  std::vector<std::string> outputs;
  Format narrowest = Format::F32;
  std::optional<Outputs> exact, plain, before;
};

llvm::Expected<int64_t> CaseRun::boundOf(const std::string &text) const {
  auto dim = inputs.dims.find(text);
  if (dim != inputs.dims.end()) {
    return dim->second;
  }
  int64_t number = 0;
  if (llvm::StringRef(text).getAsInteger(10, number)) {
    return fail("`" + text + "` is no number and no dim");
  }
  return number;
}

llvm::Error CaseRun::prepare(ir::KernelOp kernel) {
  arguments.dims = inputs.dims;
  arguments.scalars = request.scalars;
  auto extents = extentsOf(kernel->getParentOfType<ModuleOp>(),
                           kernel.getSymName(), inputs.dims);
  if (failed(extents)) {
    return fail("the shape does not fit the kernel");
  }
  llvm::StringMap<std::pair<const ValueRule *, std::pair<int64_t, int64_t>>>
      rules;
  for (const ValueRule &rule : request.values) {
    llvm::Expected<int64_t> low = boundOf(rule.low), high = boundOf(rule.high);
    if (!low || !high) {
      return llvm::joinErrors(low.takeError(), high.takeError());
    }
    rules[rule.name] = {&rule, {*low, *high}};
  }
  auto ruled = [&](llvm::StringRef name, Tensor &tensor) {
    auto rule = rules.find(name);
    if (rule == rules.end()) {
      return false;
    }
    auto [low, high] = rule->second.second;
    fillBetween(tensor, low, high, rule->second.first->sorted, inputs.seed);
    rule->second.first = nullptr;
    return true;
  };
  for (BlockArgument argument : kernel.getBody().getArguments()) {
    unsigned i = argument.getArgNumber();
    std::string name = kernel.getArgName(i);
    auto view = dyn_cast<ir::ViewType>(argument.getType());
    if (!view) {
      auto byDefault = dyn_cast_or_null<FloatAttr>(
          kernel.getArgAttr(i, ir::SpakDialect::kDefaultAttr));
      std::optional<Format> format = formatOf(argument.getType());
      if (format && rules.count(name)) {
        Tensor scalar = Tensor::make(name, *format, {});
        ruled(name, scalar);
        arguments.scalars[name] = scalar.dense().front();
      }
      if (byDefault && format && !arguments.scalars.count(name)) {
        // Rounded here already: the reference is to see the same number.
        arguments.scalars[name] =
            roundTo(*format, byDefault.getValueAsDouble());
      }
      continue;
    }
    std::optional<Format> format = formatOf(view.getElementType());
    if (!format) {
      return fail("the element type of `" + name +
                  "` is none that the simulator knows");
    }
    Tensor tensor = Tensor::make(name, *format, (*extents)[name], inputs.order);
    if (kernel.getKind(i) == "out") {
      outputs.push_back(name);
    } else {
      if (!ruled(name, tensor)) {
        fill(tensor, inputs.kind, inputs.seed);
      }
      if (isFloat(*format) && formatBits(*format) < formatBits(narrowest)) {
        narrowest = *format;
      }
    }
    arguments.tensors[name] = std::move(tensor);
  }
  for (const auto &rule : rules) {
    if (rule.second.first && !arguments.scalars.count(rule.first().str())) {
      return fail("no input is called `" + rule.first() + "`");
    }
  }
  return llvm::Error::success();
}

bool CaseRun::canLaunch(ErrorCollector &errors) {
  if (succeeded(checkLaunch(request.phases.front().module, request.kernel,
                            arguments))) {
    return true;
  }
  refused = errors.take();
  return false;
}

CaseResult CaseRun::refusal() const {
  CaseResult result;
  result.phase = request.phases.front().name;
  result.inputs = inputs;
  result.pass = false;
  result.error = refused;
  return result;
}

ReferenceCall CaseRun::referenceCall(ir::KernelOp kernel) const {
  ReferenceCall call;
  call.scalars = arguments.scalars;
  call.dims = arguments.dims;
  for (const auto &[name, tensor] : arguments.tensors) {
    if (llvm::is_contained(outputs, name)) {
      call.outputs[name] = tensor.extents;
    } else {
      call.inputs[name] = &tensor;
    }
  }
  call.point = pointOf(kernel);
  return call;
}

llvm::FailureOr<CaseRun::Outputs> CaseRun::runModule(ModuleOp module,
                                                     bool exact,
                                                     std::string *damage,
                                                     Result *work) {
  Arguments mine = arguments;
  Options options;
  options.exact = exact;
  options.blocks = request.blocks;
  auto ran = run(module, request.kernel, mine, options);
  if (failed(ran)) {
    return failure();
  }
  if (work) {
    *work = *ran;
  }
  Outputs result;
  for (const std::string &name : outputs) {
    Tensor &tensor = mine.tensors[name];
    result[name] = tensor.dense();
    int64_t unwritten = tensor.unwritten();
    if (damage && unwritten) {
      *damage += std::to_string(unwritten) + " elements of `" + name +
                 "` were never written";
    }
    if (damage && !tensor.guardsIntact()) {
      *damage += "something was written beside the elements of `" + name + "`";
    }
  }
  return result;
}

llvm::Error CaseRun::runUntiled(ErrorCollector &errors) {
  if (!request.untiled) {
    return llvm::Error::success();
  }
  auto module = request.untiled(inputs.dims);
  if (failed(module)) {
    return fail("the un-tiled kernel cannot be made: " + errors.take());
  }
  auto own = runModule(**module, /*exact=*/false);
  auto meaning = runModule(**module, /*exact=*/true);
  if (failed(own) || failed(meaning)) {
    return fail("the un-tiled kernel cannot be run: " + errors.take());
  }
  plain = std::move(*own);
  exact = std::move(*meaning);
  return llvm::Error::success();
}

bool sameBits(ArrayRef<double> a, ArrayRef<double> b) {
  return llvm::equal(a, b, [](double x, double y) {
    return llvm::bit_cast<uint64_t>(x) == llvm::bit_cast<uint64_t>(y);
  });
}

CaseResult CaseRun::runPhase(const PhaseModule &phase, ErrorCollector &errors) {
  CaseResult result;
  result.phase = phase.name;
  result.inputs = inputs;
  auto outs =
      runModule(phase.module, /*exact=*/false, &result.error, &result.work);
  if (failed(outs)) {
    result.error = errors.take();
    result.pass = false;
    before.reset();
    return result;
  }
  result.pass = result.error.empty();
  if (!plain) {
    plain = *outs;
  }
  if (before) {
    result.sameBits = llvm::all_of(outputs, [&](const std::string &name) {
      return sameBits((*before)[name], (*outs)[name]);
    });
    result.pass &= *result.sameBits || !phase.keepsBits;
  }
  for (const std::string &name : outputs) {
    const Tensor &tensor = arguments.tensors[name];
    Bounds bounds = boundsFor(narrowest, tensor.format);
    OutputResult output;
    output.name = name;
    auto compare = [&](const std::vector<double> &ref) {
      Verdict verdict =
          judge((*outs)[name], ref, (*plain)[name], tensor.extents, bounds);
      result.pass &= verdict.pass;
      return verdict;
    };
    if (!reference.empty()) {
      output.reference = compare(reference[name]);
      if (exact && request.exact) {
        compareMeanings(name, *output.reference);
        result.pass &= output.reference->pass;
      }
    }
    if (exact && request.exact) {
      output.exact = compare((*exact)[name]);
    }
    result.outputs.push_back(std::move(output));
  }
  before = std::move(*outs);
  return result;
}

void CaseRun::compareMeanings(const std::string &name, Verdict &verdict) {
  int64_t length =
      std::max<int64_t>(1, arguments.tensors[name].extents.empty()
                               ? 1
                               : arguments.tensors[name].extents.back());
  Distance d = distance((*exact)[name], reference[name], length);
  if (d.relative <= kMeaningBound && d.unlike == 0) {
    return;
  }
  verdict.pass = false;
  verdict.failures.push_back(
      llvm::formatv("the un-tiled meaning differs from the reference itself: "
                    "relative L2 {0:e3}, limit {1:e3}; {2} elements differ in "
                    "being finite",
                    d.relative, kMeaningBound, d.unlike));
}

std::string caseText(const Case &inputs) {
  std::string text;
  for (const auto &[name, size] : inputs.dims) {
    text += (text.empty() ? "" : " ") + name + "=" + std::to_string(size);
  }
  text += " " + inputKindName(inputs.kind).str() + " seed " +
          std::to_string(inputs.seed);
  return inputs.order == MemoryOrder::InnerSwapped ? text + ", axes swapped"
                                                   : text;
}

} // namespace

llvm::Expected<Report> check(const CheckRequest &request) {
  Report report;
  report.kernel = request.kernel;
  if (request.phases.empty()) {
    return report;
  }
  ir::KernelOp kernel = kernelIn(request.phases.front().module, request.kernel);
  if (!kernel) {
    return fail("no kernel `" + request.kernel + "` to simulate");
  }
  report.label = request.label.empty() ? request.kernel : request.label;
  report.point = pointOf(kernel);
  ErrorCollector errors(kernel.getContext());
  // Some hundred cases at a time: their inputs and outputs are all in memory.
  constexpr size_t kBatch = 128;
  for (size_t first = 0; first < request.cases.size(); first += kBatch) {
    ArrayRef<Case> batch = ArrayRef<Case>(request.cases).drop_front(first);
    batch = batch.take_front(std::min(kBatch, batch.size()));
    std::vector<CaseRun> runs;
    runs.reserve(batch.size());
    std::vector<ReferenceCall> calls;
    for (const Case &inputs : batch) {
      runs.emplace_back(request, inputs);
      if (llvm::Error error = runs.back().prepare(kernel)) {
        std::string why = errors.take();
        return why.empty() ? std::move(error)
                           : (consumeError(std::move(error)), fail(why));
      }
      // A reference owes nothing for what no launch accepts.
      if (runs.back().canLaunch(errors) && request.reference) {
        calls.push_back(runs.back().referenceCall(kernel));
      }
    }
    if (!calls.empty()) {
      llvm::Expected<std::vector<ReferenceResult>> results =
          callReference(*request.reference, std::move(calls));
      if (!results) {
        return results.takeError();
      }
      auto next = results->begin();
      for (CaseRun &one : runs) {
        if (one.refused.empty()) {
          one.reference = std::move(*next++);
        }
      }
    }
    for (CaseRun &one : runs) {
      if (!one.refused.empty()) {
        report.results.push_back(one.refusal());
        continue;
      }
      if (llvm::Error error = one.runUntiled(errors)) {
        return error;
      }
      for (const PhaseModule &phase : request.phases) {
        report.results.push_back(one.runPhase(phase, errors));
      }
    }
  }
  return report;
}

llvm::ArrayRef<int64_t> checkLengths() { return kLengths; }

std::vector<Case> allCases(
    const std::vector<std::pair<std::string, std::vector<int64_t>>> &values,
    InputKind kind, uint64_t seed) {
  std::vector<Case> cases(1);
  cases.front().kind = kind;
  cases.front().seed = seed;
  for (const auto &[name, sizes] : values) {
    std::vector<Case> longer;
    for (const Case &shorter : cases) {
      for (int64_t size : sizes) {
        longer.push_back(shorter);
        longer.back().dims[name] = size;
      }
    }
    cases = std::move(longer);
  }
  // Both memory orders, at no cost.
  for (size_t i = 1; i < cases.size(); i += 2) {
    cases[i].order = MemoryOrder::InnerSwapped;
  }
  return cases;
}

//===----------------------------------------------------------------------===//
// Report
//===----------------------------------------------------------------------===//

bool Report::pass() const {
  return llvm::all_of(results, [](const CaseResult &r) { return r.pass; });
}

void Report::print(llvm::raw_ostream &os, bool all) const {
  struct Tally {
    std::string phase;
    int64_t cases = 0, passed = 0, sameBits = 0, compared = 0;
    double worst = 0;
  };
  std::vector<Tally> tallies;
  for (const CaseResult &result : results) {
    auto found = llvm::find_if(
        tallies, [&](const Tally &t) { return t.phase == result.phase; });
    if (found == tallies.end()) {
      tallies.push_back({result.phase});
      found = std::prev(tallies.end());
    }
    ++found->cases;
    found->passed += result.pass;
    found->compared += result.sameBits.has_value();
    found->sameBits += result.sameBits.value_or(false);
    for (const OutputResult &output : result.outputs) {
      const std::optional<Verdict> &verdict =
          output.reference ? output.reference : output.exact;
      if (verdict) {
        found->worst = std::max(found->worst, verdict->out.relative);
      }
    }
    bool tooMany = found->cases - found->passed > kMostFailures;
    if ((result.pass || tooMany) && !all) {
      continue;
    }
    os << (result.pass ? "  passed  " : "  FAILED  ") << result.phase << ": "
       << caseText(result.inputs) << '\n';
    if (!result.error.empty()) {
      os << "    " << result.error << '\n';
    }
    if (!result.pass && result.sameBits == false) {
      os << "    the bits differ from those of the phase before\n";
    }
    for (const OutputResult &output : result.outputs) {
      auto print = [&](const char *what, const std::optional<Verdict> &v) {
        if (!v) {
          return;
        }
        os << llvm::formatv("    {0} against {1}: max {2:e2}, mean {3:e2}, "
                            "relative L2 {4:e2} (std {5:e2})\n",
                            output.name, what, v->out.max, v->out.mean,
                            v->out.relative, v->std.relative);
        for (const std::string &failure : v->failures) {
          os << "      " << failure << '\n';
        }
      };
      print("reference", output.reference);
      print("exact meaning", output.exact);
    }
  }
  for (const Tally &tally : tallies) {
    int64_t untold = tally.cases - tally.passed - kMostFailures;
    if (untold > 0 && !all) {
      os << "  and " << untold << " more after " << tally.phase << '\n';
    }
    os << llvm::formatv("{0} after {1}: {2} of {3} cases passed, worst "
                        "relative L2 {4:e2}",
                        label, tally.phase, tally.passed, tally.cases,
                        tally.worst);
    if (tally.compared) {
      os << (tally.sameBits == tally.compared
                 ? ", same bits as the phase before"
                 : llvm::formatv(", {0} with the bits of the phase before",
                                 tally.sameBits)
                       .str());
    }
    os << '\n';
  }
}

void Report::printJson(llvm::raw_ostream &os) const {
  for (const CaseResult &result : results) {
    llvm::json::Object dims, outputs;
    for (const auto &[name, size] : result.inputs.dims) {
      dims[name] = size;
    }
    for (const OutputResult &output : result.outputs) {
      llvm::json::Object verdicts;
      if (output.reference) {
        verdicts["reference"] = output.reference->toJson();
      }
      if (output.exact) {
        verdicts["exact"] = output.exact->toJson();
      }
      outputs[output.name] = std::move(verdicts);
    }
    llvm::json::Object line{{"kernel", kernel},
                            {"point", llvm::json::Object(point)},
                            {"phase", result.phase},
                            {"dims", std::move(dims)},
                            {"inputs", inputKindName(result.inputs.kind)},
                            {"seed", static_cast<int64_t>(result.inputs.seed)},
                            {"pass", result.pass},
                            {"multiply_adds", result.work.dots},
                            {"masked", result.work.masked},
                            {"outputs", std::move(outputs)}};
    if (!result.error.empty()) {
      line["error"] = result.error;
    }
    if (result.sameBits) {
      line["same_bits"] = *result.sameBits;
    }
    os << llvm::json::Value(std::move(line)) << '\n';
  }
}

} // namespace spak::sim
