// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the wording and the order of a guide, and its predictions. Must not
// compile, count or simulate.
#include "GuideText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::driver {

namespace {

std::string cell(llvm::StringRef text) {
  std::string result;
  for (char c : text) {
    result += c == '|'    ? std::string("\\|")
              : c == '\n' ? std::string(" ")
                          : std::string(1, c);
  }
  return result;
}

std::string shapeWords(const Shape &shape) {
  std::string text;
  for (const auto &[dim, size] : shape) {
    text += (text.empty() ? "" : ", ") + dim + " = " + std::to_string(size);
  }
  return text;
}

std::string number(double value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format("%.4g", value);
  return text;
}

/// The assignments of a text such as `point: "tile_m=128,D=64"`.
std::map<std::string, space::AxisValue> assignments(llvm::StringRef text) {
  std::map<std::string, space::AxisValue> result;
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    auto [axis, value] = part.split('=');
    if (!value.trim().empty()) {
      result.insert_or_assign(axis.trim().str(),
                              space::AxisValue::parse(value.trim()));
    }
  }
  return result;
}

std::map<std::string, space::AxisValue> mapOf(const space::Point &point) {
  std::map<std::string, space::AxisValue> result;
  for (const auto &[axis, value] : point.axes()) {
    result.insert_or_assign(axis, value);
  }
  return result;
}

class GuideWriter {
public:
  explicit GuideWriter(const GuideData &data) : data(data), os(text) {}

  GuideOutput run() {
    const ast::File &file = *data.system->file;
    guide.system = file.system.name.text;
    guide.source = data.source;
    header(file);
    problem();
    invariants();
    space();
    points();
    simulation();
    knowledge();
    measure(file);
    predictions();
    return {std::move(text), std::move(guide)};
  }

private:
  const GuideData &data;
  std::string text;
  llvm::raw_string_ostream os;
  trace::Guide guide;

  void header(const ast::File &file);
  void problem();
  void kernelProblem(const GuideKernel &kernel);
  void equations(llvm::ArrayRef<std::string> list);
  void invariants();
  void space();
  void points();
  void simulation();
  void knowledge();
  void measure(const ast::File &file);
  void predictions();

  void predict(trace::Prediction prediction) {
    prediction.id = "P" + std::to_string(guide.predictions.size() + 1);
    guide.predictions.push_back(std::move(prediction));
  }
  void predictPoints();
  void predictOrder();
  void predictFacts();
};

void GuideWriter::header(const ast::File &file) {
  std::string title = file.system.name.text;
  for (const ast::FrontMatterEntry &entry : file.frontMatter) {
    if (entry.key.text == "title" && !entry.values.empty()) {
      title = entry.values.front().text;
    }
  }
  os << "# " << title << ": engineering guide\n\n"
     << "System `" << file.system.name.text << "` of `" << data.source
     << "`, for " << data.device->arch << " (" << data.device->name << ")";
  if (!data.shape.empty()) {
    os << ", at " << shapeWords(data.shape);
  }
  os << ".\nWhat is *predicted* below is numbered in the last section; "
        "`spak-trace report TRACE --guide FILE` says what became of it.\n\n";
}

void GuideWriter::equations(llvm::ArrayRef<std::string> list) {
  os << "```math\n\\begin{gathered}\n";
  for (const std::string &equation : list) {
    os << equation << (&equation == &list.back() ? "\n" : " \\\\\n");
  }
  os << "\\end{gathered}\n```\n\n";
}

void GuideWriter::kernelProblem(const GuideKernel &kernel) {
  const sema::Program &program = kernel.program;
  os << "### Kernel `" << program.kernel << "`\n\n";
  equations(kernel.equations);
  for (const auto &[where, list] : kernel.variants) {
    os << "With " << where << " these are other ones:\n\n";
    equations(list);
  }
  os << "| argument | kind | type | axes |\n|---|---|---|---|\n";
  for (const sema::Parameter &parameter : program.parameters) {
    if (const sema::TensorParam *tensor = parameter.tensor) {
      os << "| `" << tensor->name << "` | " << (tensor->isOutput ? "out" : "in")
         << " | " << sema::dtypeName(tensor->dtype) << " | "
         << llvm::join(tensor->axes, ", ") << " |\n";
    } else {
      os << "| `" << parameter.scalar->name << "` | in | "
         << sema::dtypeName(parameter.scalar->dtype) << " | |\n";
    }
  }
  os << "\nSizes at run time: " << llvm::join(program.dims, ", ") << ".";
  for (const sema::Requirement &requirement : program.requirements) {
    os << " Required at launch: `" << cell(requirement.text) << "`.";
  }
  os << "\n\n";
  if (kernel.flops.terms.empty()) {
    os << "- operations: no product over tiles; others are not counted\n";
  } else {
    os << "- operations: `" << kernel.flops.text()
       << "` (products over tiles; masks not counted)\n";
  }
  os << "- bytes, each tensor once: `" << kernel.bytes.text() << "`\n";
  std::optional<double> flops = kernel.flops.at(data.shape);
  std::optional<double> bytes = kernel.bytes.at(data.shape);
  if (!data.shape.empty() && flops && bytes && *bytes > 0) {
    os << "- at " << shapeWords(data.shape) << ": " << number(*flops)
       << " operations, " << number(*bytes) << " bytes, "
       << number(*flops / *bytes) << " operations a byte\n";
    std::optional<double> kept = keptShare(program, data.shape);
    if (kept && *kept < 1) {
      os << "- the masks keep " << number(100 * *kept)
         << "% of the elements: " << number(*flops * *kept)
         << " operations count\n";
    }
  }
  if (kernel.rooflineMs) {
    os << "- roofline: no launch takes less than " << number(*kernel.rooflineMs)
       << " ms\n";
  }
  os << "\n";
}

void GuideWriter::problem() {
  os << "## The problem\n\n";
  if (data.kernels.empty()) {
    os << "The system has no kernel that is compiled: the problem is what its "
          "prose says.\n\n";
    return;
  }
  os << "At the point `" << data.points.front().point.text() << "`.\n\n";
  for (const GuideKernel &kernel : data.kernels) {
    kernelProblem(kernel);
  }
}

void GuideWriter::invariants() {
  os << "## Invariants\n\n";
  if (data.invariants.empty()) {
    os << "None is stated.\n\n";
    return;
  }
  os << "| grade | invariant | says | what is done with it |\n"
        "|---|---|---|---|\n";
  for (const char *grade : {"formal", "checked", "prose"}) {
    for (const GuideSentence &sentence : data.invariants) {
      if (sentence.grade == grade) {
        os << "| " << grade << " | " << cell(sentence.name) << " | "
           << cell(sentence.text) << " | " << cell(sentence.why) << " |\n";
      }
    }
  }
  os << "\n";
}

void GuideWriter::space() {
  os << "## The space\n\n| axis | from | values |\n|---|---|---|\n";
  static constexpr llvm::StringLiteral kOrigins[] = {"design", "tuning",
                                                     "kernel"};
  for (const sema::Axis &axis : data.system->axes) {
    os << "| `" << axis.name << "` | "
       << kOrigins[static_cast<unsigned>(axis.origin)] << " | ";
    for (const space::AxisValue &value : axis.values) {
      os << (&value == axis.values.data() ? "" : ", ") << value.text();
    }
    os << " |\n";
  }
  os << "\n";
  if (!data.space.failure.empty()) {
    os << "The points are not counted: " << data.space.failure << ".\n\n";
    return;
  }
  os << data.space.valid << " of " << data.space.raw << " points are valid on "
     << data.device->arch
     << ". What the others break, the first that they break:\n\n"
        "| gate | points cut |\n|---|---|\n";
  for (const auto &[name, count] : data.space.cuts) {
    os << "| " << cell(name) << " | " << count << " |\n";
  }
  os << "\n";
}

void GuideWriter::points() {
  os << "## Points to measure first\n\n";
  if (data.points.empty()) {
    os << "There is no valid point.\n\n";
    return;
  }
  if (data.kernels.empty()) {
    os << "The first valid point is `" << data.points.front().point.text()
       << "`. Without a kernel none has a budget.\n\n";
    return;
  }
  if (data.shape.empty()) {
    os << "Add `--shape` for modelled times; without it points stand as the "
          "space lists them.\n\n";
  } else {
    os << "The point that the space and its facts choose first, then by the "
          "modelled time of a launch at "
       << shapeWords(data.shape)
       << ". Threads, shared bytes and registers are those of the compiled "
          "text; times are a model's, at the boost clock.\n\n";
  }
  os << "| no. | point | why | kernel | threads | shared bytes | of "
     << data.device->smemPerBlock
     << " | registers | waste | model, ms | waits for |\n"
     << "|---|---|---|---|---|---|---|---|---|---|---|\n";
  unsigned count = 0;
  for (const GuidePoint &point : data.points) {
    ++count;
    std::string start = "| " + std::to_string(count) + " | `" +
                        point.point.text() + "` | " + cell(point.origin) +
                        " | ";
    std::string waste = point.overhead
                            ? llvm::formatv("{0:P1}", *point.overhead - 1).str()
                            : "";
    for (const KernelBudget &budget : point.budgets) {
      os << start << budget.kernel << " | " << budget.threads << " | "
         << budget.sharedBytes << " | "
         << llvm::formatv("{0:P0}", double(budget.sharedBytes) /
                                        double(data.device->smemPerBlock))
         << " | " << budget.registers << " | " << waste << " | "
         << (budget.modelMs ? number(*budget.modelMs) : "") << " | "
         << budget.modelBound << " |\n";
    }
    if (point.budgets.empty()) {
      os << start << "not compiled: " << cell(point.failure) << " | | | | | "
         << waste << " | | |\n";
    }
  }
  os << "\n";
}

void GuideWriter::simulation() {
  os << "## The simulator's verdict\n\n";
  bool none = true;
  for (const GuideKernel &kernel : data.kernels) {
    if (!kernel.simulation.empty()) {
      os << "- `" << kernel.program.kernel << "`: " << kernel.simulation
         << "\n";
      none = false;
    }
  }
  os << (none ? "Nothing was run.\n\n" : "\n");
}

void GuideWriter::knowledge() {
  os << "## What is known\n\n";
  if (data.knowledge.empty()) {
    os << "Nothing yet: `spak-trace ingest` writes what traces teach.\n\n";
    return;
  }
  os << "| grade | item | says | what is done with it |\n|---|---|---|---|\n";
  for (const GuideSentence &sentence : data.knowledge) {
    os << "| " << sentence.grade << " | " << cell(sentence.name) << " | "
       << cell(sentence.text) << " | " << cell(sentence.why) << " |\n";
  }
  os << "\n";
}

void GuideWriter::measure(const ast::File &file) {
  os << "## What to measure\n\n";
  std::string stem = llvm::StringRef(data.source).rsplit('.').first.str();
  if (!data.kernels.empty()) {
    os << "For each point above, on the card:\n\n"
          "    spakc "
       << data.source << " -D AXIS=VALUE ... -o " << stem << ".cu\n";
    for (const GuideKernel &kernel : data.kernels) {
      std::string shape;
      for (const std::string &dim : kernel.program.dims) {
        auto found = data.shape.find(dim);
        shape += (shape.empty() ? "" : ",") + dim + "=" +
                 (found == data.shape.end() ? std::string("SIZE")
                                            : std::to_string(found->second));
      }
      os << "    spak-bench " << stem << ".cu --kernel "
         << kernel.program.kernel << " --shape " << shape
         << (kernel.flops.terms.empty()
                 ? std::string()
                 : " --flops '" + kernel.flops.text() + "'")
         << " --json trace.jsonl\n";
    }
    os << "\nThen `spak-trace ingest trace.jsonl --into " << data.source
       << "`.\n\n";
  }
  for (const ast::Block *loop : file.system.blocks("engineering_loop")) {
    os << "Loop `" << loop->name.text << "` of the system sweeps";
    bool first = true;
    for (const ast::ItemPtr &item : loop->items) {
      const auto *property = llvm::dyn_cast<ast::Property>(item.get());
      if (property && property->modifier.text == "parameter") {
        os << (first ? " " : ", ") << "`" << property->key.text << "`";
        if (property->value) {
          os << " over " << cell(property->value->range.text());
        }
        first = false;
      }
    }
    for (const ast::Block *measure : loop->blocks("measure")) {
      os << "; it measures `"
         << measure->string("metric").value_or("nothing that it names") << "` ("
         << measure->string("objective").value_or("no objective") << ") by `"
         << cell(measure->string("cmd").value_or("")) << "`";
    }
    os << ".\n\n";
  }
}

void GuideWriter::predictPoints() {
  unsigned index = 0;
  for (const GuidePoint &point : data.points) {
    ++index;
    for (const KernelBudget &budget : point.budgets) {
      trace::Prediction right;
      right.kind = trace::Prediction::Kind::Correct;
      right.kernel = budget.kernel;
      right.point = mapOf(point.point);
      right.text =
          "`" + budget.kernel + "` is right at point " + std::to_string(index);
      predict(std::move(right));
    }
  }
  for (const GuideKernel &kernel : data.kernels) {
    if (kernel.rooflineMs) {
      trace::Prediction bound;
      bound.kind = trace::Prediction::Kind::AtLeast;
      bound.kernel = kernel.program.kernel;
      bound.device = data.device->name.str();
      bound.shape = data.shape;
      // What is computed, not how, is what the bound is about.
      for (const sema::Axis &axis : data.system->axes) {
        if (axis.origin != sema::Axis::Origin::Tuning) {
          bound.point.insert_or_assign(
              axis.name, *data.points.front().point.find(axis.name));
        }
      }
      bound.figure = trace::kTime.str();
      bound.value = *kernel.rooflineMs;
      bound.text = "no run of `" + kernel.program.kernel +
                   "` takes less than " + number(*kernel.rooflineMs) +
                   " ms at " + shapeWords(data.shape) + " (roofline)";
      predict(std::move(bound));
    }
  }
  predictOrder();
}

/// The fastest point of the model against each that it tells apart from it.
void GuideWriter::predictOrder() {
  constexpr double kTold = 1.03;
  const GuidePoint *fastest = nullptr;
  for (const GuidePoint &point : data.points) {
    if (point.modelMs() &&
        (!fastest || *point.modelMs() < *fastest->modelMs())) {
      fastest = &point;
    }
  }
  if (!fastest || data.kernels.size() != 1) {
    return;
  }
  for (const GuidePoint &point : data.points) {
    std::optional<double> time = point.modelMs();
    if (!time || *time < *fastest->modelMs() * kTold) {
      continue;
    }
    trace::Prediction order;
    order.kind = trace::Prediction::Kind::NotSlower;
    order.kernel = fastest->budgets.front().kernel;
    order.device = data.device->name.str();
    order.point = mapOf(fastest->point);
    order.other = mapOf(point.point);
    order.shape = data.shape;
    order.tolerance = 0.03;
    order.text = "point " + std::to_string(fastest - data.points.data() + 1) +
                 " is not slower than point " +
                 std::to_string(&point - data.points.data() + 1) + " at " +
                 shapeWords(data.shape) + " (within 3%)";
    predict(std::move(order));
  }
}

/// A fact with a point and a figure says what will be measured again.
void GuideWriter::predictFacts() {
  const ast::File &file = *data.system->file;
  for (const ast::Block *fact : file.system.knowledge("fact")) {
    std::optional<llvm::StringRef> figure = fact->string("figure");
    std::optional<llvm::StringRef> point = fact->string("point");
    std::optional<double> value = figure ? fact->number(*figure) : std::nullopt;
    bool isStale = fact->string("status").value_or("").starts_with("stale");
    if (!figure || !point || !value || isStale) {
      continue;
    }
    trace::Prediction p;
    p.kind = trace::Prediction::Kind::Equals;
    p.kernel = fact->string("kernel").value_or("").str();
    p.device = fact->string("device").value_or("").str();
    p.point = assignments(*point);
    std::map<std::string, space::AxisValue> shape = assignments(
        fact->string("figure_at").value_or(fact->string("shape").value_or("")));
    for (const auto &[dim, size] : shape) {
      if (size.isInt()) {
        p.shape[dim] = size.asInt();
      }
    }
    p.figure = figure->str();
    p.value = *value;
    p.tolerance = *figure == trace::kRatio ? 0.03 : 0.05;
    p.text = "`" + p.figure + "` of the point of fact `" + fact->name.text +
             "` is " + number(*value) + " again (within " +
             number(100 * p.tolerance) + "%)";
    predict(std::move(p));
  }
}

void GuideWriter::predictions() {
  predictPoints();
  predictFacts();
  os << "## Predictions\n\n";
  if (guide.predictions.empty()) {
    os << "None: there is nothing to test.\n";
    return;
  }
  os << "| no. | prediction |\n|---|---|\n";
  for (const trace::Prediction &prediction : guide.predictions) {
    os << "| " << prediction.id << " | " << cell(prediction.text) << " |\n";
  }
}

} // namespace

std::optional<double> GuidePoint::modelMs() const {
  double sum = 0;
  for (const KernelBudget &budget : budgets) {
    if (!budget.modelMs) {
      return std::nullopt;
    }
    sum += *budget.modelMs;
  }
  return budgets.empty() ? std::nullopt : std::optional<double>(sum);
}

GuideOutput writeGuide(const GuideData &data) {
  return GuideWriter(data).run();
}

} // namespace spak::driver
