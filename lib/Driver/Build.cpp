// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: `--build`: the artifacts that a system's `build` section asks for.
// Must not know what a guide or a report says.
#include "GuideText.h"
#include "Session.h"

#include "spak/AST/Dump.h"
#include "spak/AST/Edit.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::driver {

namespace {

/// What an artifact is made by.
enum class Maker : uint8_t {
  Guide,     ///< the engineering guide, Markdown, and its predictions
  Report,    ///< the verdicts on the predictions, over the traces given
  Knowledge, ///< the knowledge blocks as a system of their own
  System,    ///< the model as JSON
  Source,    ///< the emitted .cu of the point, with header and manifest
  Unknown
};

struct MakerRow {
  llvm::StringLiteral word;
  Maker maker;
};

/// Words of a generator or a type, in any case; the first found in the text
/// counts.
constexpr MakerRow kMakers[] = {
    {"guide", Maker::Guide},       {"instruction", Maker::Guide},
    {"report", Maker::Report},     {"knowledge", Maker::Knowledge},
    {"insight", Maker::Knowledge}, {"system", Maker::System},
    {"json", Maker::System},       {"source", Maker::Source},
    {"kernel", Maker::Source},     {"cuda", Maker::Source},
    {"spakc", Maker::Source},
};

Maker makerFor(const ast::Block &artifact) {
  auto byWord = [](llvm::StringRef text) {
    std::string lower = text.lower();
    for (const MakerRow &row : kMakers) {
      if (llvm::StringRef(lower).contains(row.word)) {
        return row.maker;
      }
    }
    return Maker::Unknown;
  };
  // What it says it is made by decides; the name only where it says nothing.
  for (const char *key : {"generator", "type"}) {
    if (std::optional<llvm::StringRef> text = artifact.string(key)) {
      return byWord(*text);
    }
    if (const ast::Property *property = artifact.find(key);
        property && property->value) {
      return byWord(property->value->range.text());
    }
  }
  if (const ast::Property *content = artifact.find("content");
      content && content->value) {
    return Maker::Unknown;
  }
  llvm::StringRef extension = llvm::sys::path::extension(artifact.name.text);
  if (extension == ".cu") {
    return Maker::Source;
  }
  if (extension == ".json") {
    return Maker::System;
  }
  return byWord(llvm::sys::path::stem(artifact.name.text));
}

/// One part of `a + b + c`.
struct ContentPart {
  std::string text;
  SourceRange range;
};

/// The parts of a sum, in order.
void partsOf(const ast::Expr &expr, std::vector<ContentPart> &parts) {
  const auto *sum = llvm::dyn_cast<ast::BinaryExpr>(&expr);
  if (sum && sum->op == ast::BinaryOp::Add) {
    partsOf(*sum->lhs, parts);
    partsOf(*sum->rhs, parts);
    return;
  }
  const auto *text = llvm::dyn_cast<ast::StringLiteral>(&expr);
  parts.push_back(
      {text ? text->value : expr.range.text().trim().str(), expr.range});
}

/// Files stay inside the folder that -o names.
bool isPlainName(llvm::StringRef name) {
  return !name.empty() && !llvm::sys::path::is_absolute(name) &&
         llvm::none_of(
             llvm::make_range(llvm::sys::path::begin(name),
                              llvm::sys::path::end(name)),
             [](llvm::StringRef part) { return part == ".." || part == "~"; });
}

/// \p name as a word of the language.
std::string systemName(llvm::StringRef name) {
  std::string text;
  for (char c : name) {
    text += llvm::isAlnum(c) ? c : '_';
  }
  return text.empty() || llvm::isDigit(text.front()) ? "_" + text : text;
}

/// What an artifact says beside its maker, kept with what is made.
std::string keptText(const ast::Block &artifact) {
  std::string text;
  for (const char *key : {"input", "base", "transforms", "mode", "stability",
                          "features", "metric"}) {
    const ast::Property *property = artifact.find(key);
    if (property && property->value) {
      text += "- " + std::string(key) + ": `" +
              quoted(property->value->range.text(), 200) + "`\n";
    }
  }
  return text.empty() ? "" : "\nThe system asks of this artifact:\n\n" + text;
}

} // namespace

/// The knowledge of the system as a file that others can import.
std::string Session::knowledgeText(llvm::StringRef name) const {
  std::string text = "system " + systemName(name) + " {\n";
  for (const ast::Block *block : file->system.blocks("knowledge")) {
    llvm::StringRef body = block->text().rtrim();
    body.consume_front("\n");
    text += "    knowledge {\n" + body.str() + "\n    }\n";
  }
  return text + "}\n";
}

/// The texts in the file that \p part of `content: a + b + c` names:
/// a section, a space, a kernel, or the items of a kind as in
/// `knowledge.facts`.
std::vector<std::string> Session::sectionsOf(llvm::StringRef part) const {
  std::vector<std::string> texts;
  auto [section, kind] = part.split('.');
  if (section == "knowledge" && !kind.empty()) {
    kind.consume_back("s");
    for (const ast::Block *block : file->system.knowledge()) {
      if (block->keyword.text == kind) {
        texts.push_back(ast::dedented(block->range));
      }
    }
    return texts;
  }
  for (const ast::ItemPtr &item : file->system.items) {
    bool isNamed =
        llvm::TypeSwitch<const ast::Item *, bool>(item.get())
            .Case<ast::Block, ast::Space>([&](const auto *named) {
              return named->keyword.text == part || named->name.text == part;
            })
            .Case<ast::KernelItem>([&](const auto *kernel) {
              return kernel->kernel.name.text == part;
            })
            .Default(false);
    if (isNamed) {
      texts.push_back(ast::dedented(item->range));
    }
  }
  return texts;
}

/// `trace.all` and `trace.best`: the figures of the traces given.
std::optional<std::string> Session::tracePart(llvm::StringRef part) {
  if (part != "trace.all" && part != "trace.best") {
    return std::nullopt;
  }
  std::vector<trace::Measurement> all = trace::measurements(traces);
  std::string text;
  for (const trace::Measurement &m : all) {
    bool isBeaten = llvm::any_of(all, [&](const trace::Measurement &other) {
      std::optional<double> own = m.figure(trace::kTime);
      std::optional<double> time = other.figure(trace::kTime);
      return own && time && *time < *own && other.kernel == m.kernel &&
             other.shape == m.shape && other.from.device == m.from.device;
    });
    if (part == "trace.all" || !isBeaten) {
      text += trace::toText(m) + "\n";
    }
  }
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

/// Joins the parts of `content`: as a system if the artifact is one, else as
/// Markdown.
std::string Session::buildContent(const ast::Block &artifact) {
  const ast::Property *content = artifact.find("content");
  llvm::StringRef name = artifact.name.text;
  bool isSystem = name.ends_with(".dsl");
  std::vector<ContentPart> parts;
  partsOf(*content->value, parts);
  std::string text =
      isSystem ? "system " + systemName(llvm::sys::path::stem(name)) + " {\n"
               : "# " + name.str() + "\n\n";
  for (const auto &[part, range] : parts) {
    std::string body;
    for (const std::string &section : sectionsOf(part)) {
      body += section + "\n";
    }
    bool isKnowledge = llvm::StringRef(part).starts_with("knowledge.");
    std::optional<std::string> other;
    if (body.empty() && !isSystem) {
      other = tracePart(part);
      if (part == "guide") {
        std::optional<GuideOutput> made = guideOutput();
        other = made ? std::optional<std::string>(made->markdown) : other;
      }
    }
    if (body.empty() && !other) {
      diags.warning(diag::warn_build_part, range)
          << artifact.name.text << quoted(part);
    }
    if (isSystem) {
      text +=
          body.empty() || !isKnowledge ? body : "knowledge {\n" + body + "}\n";
    } else if (part == "guide" && other) {
      text += *other + "\n";
    } else {
      text += "## " + part + "\n\n" +
              (body.empty() && !other
                   ? std::string("(there is nothing of this name)\n\n")
                   : "```\n" + (other ? *other : body) + "```\n\n");
    }
  }
  return isSystem ? text + "}\n" : text + keptText(artifact);
}

/// Makes one artifact. Says so if it cannot.
bool Session::buildArtifact(const ast::Block &artifact, llvm::StringRef place) {
  auto skip = [&](const llvm::Twine &why) {
    diags.warning(diag::warn_build_generator, artifact.range)
        << artifact.name.text << why.str();
    return true;
  };
  auto put = [&](std::string bytes) {
    outputs.push_back({place.str(), std::move(bytes)});
    return true;
  };
  const ast::Property *content = artifact.find("content");
  switch (makerFor(artifact)) {
  case Maker::Guide: {
    std::optional<GuideOutput> guide = guideOutput();
    if (!guide) {
      return false;
    }
    llvm::SmallString<128> beside(place);
    llvm::sys::path::replace_extension(beside, ".json");
    outputs.push_back({beside.str().str(), trace::toJsonText(guide->guide)});
    return put(guide->markdown + keptText(artifact));
  }
  case Maker::Report: {
    std::optional<GuideOutput> guide = guideOutput();
    if (!guide) {
      return false;
    }
    if (traceSources.empty()) {
      diags.warning(diag::warn_build_traces, artifact.range)
          << artifact.name.text;
    }
    return put(
        trace::reportText(guide->guide, trace::judge(guide->guide, traces)) +
        keptText(artifact));
  }
  case Maker::Knowledge:
    return put(knowledgeText(llvm::sys::path::stem(artifact.name.text)));
  case Maker::System: {
    std::string text;
    llvm::raw_string_ostream os(text);
    os << llvm::formatv("{0:2}", ast::toJson(*file)) << "\n";
    return put(std::move(text));
  }
  case Maker::Source:
    if (system->kernels.empty()) {
      return skip("the system has no kernel that is compiled");
    }
    if (!llvm::StringRef(artifact.name.text).ends_with(".cu")) {
      return skip("a source of ours ends in `.cu`");
    }
    return buildSource(place);
  case Maker::Unknown:
    break;
  }
  if (content && content->value && !artifact.find("generator")) {
    return put(buildContent(artifact));
  }
  if (const ast::Property *generator = artifact.find("generator");
      generator && generator->value) {
    return skip("the generator `" +
                quoted(generator->value->range.text().trim("\"'"), 60) +
                "` is not one of spakc's");
  }
  return skip("it names no generator and no content");
}

/// The .cu of the point that the command line asks for.
bool Session::buildSource(llvm::StringRef place) {
  CompileOptions alone = options;
  alone.emit = Emit::Cuda;
  alone.builds = false;
  alone.output = place.str();
  Session session(alone, timing);
  session.device = device;
  bool good = session.open() && session.parse() && session.analyze() &&
              session.compileSystem();
  if (!good) {
    for (const Diagnostic &diagnostic : session.diags.diagnostics()) {
      if (diagnostic.severity == Severity::Error) {
        diags.error(diag::err_compile) << diagnostic.text;
        break;
      }
    }
    return false;
  }
  llvm::append_range(outputs, session.outputs);
  return true;
}

bool Session::buildArtifacts() {
  std::vector<const ast::Block *> artifacts;
  for (const ast::Block *build : file->system.blocks("build")) {
    for (const ast::Block *artifact : build->blocks("artifact")) {
      artifacts.push_back(artifact);
    }
  }
  if (artifacts.empty()) {
    diags.error(diag::err_no_artifacts, file->system.name.range)
        << file->system.name.text;
    return false;
  }
  if (options.output.empty() || options.output == "-") {
    auto error = diags.error(diag::err_several_points);
    error << llvm::Twine(artifacts.size()) +
                 (artifacts.size() == 1 ? " artifact" : " artifacts");
    error.help("name a folder with `-o DIR`");
    failure = kUsage;
    return false;
  }
  outputFolder = options.output;
  for (const ast::Block *artifact : artifacts) {
    if (!isPlainName(artifact->name.text)) {
      diags.error(diag::err_artifact_name, artifact->name.range)
          << artifact->name.text;
      continue;
    }
    llvm::SmallString<128> place(outputFolder);
    llvm::sys::path::append(place, artifact->name.text);
    if (!buildArtifact(*artifact, place)) {
      return false;
    }
  }
  return !diags.hasErrors();
}

} // namespace spak::driver
