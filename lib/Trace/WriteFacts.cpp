// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which fact of a file a new one replaces, and the edits. Must not know
// how facts are found.
#include "spak/Trace/Facts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

namespace spak::trace {

namespace {

/// What would be read back of an entry: `status` is the checker's.
bool saysTheSame(const ast::Block &old, const Fact &fact) {
  std::vector<std::string> before, after;
  for (const ast::ItemPtr &item : old.items) {
    const auto *property = llvm::dyn_cast<ast::Property>(item.get());
    if (property && property->key.text != "status") {
      before.push_back(
          property->key.text + ": " +
          (property->value ? property->value->range.text().str() : ""));
    }
  }
  for (const FactEntry &entry : fact.entries) {
    after.push_back(entry.key + ": " + entry.value);
  }
  return before == after;
}

/// Whether \p fact is news beside \p old; otherwise says why not.
bool replaces(const ast::Block &old, const Fact &fact, std::string &why) {
  std::string date = old.string("date").value_or("").str();
  if (!old.find("point") && !old.find("avoid")) {
    why = "somebody wrote it by hand";
    return false;
  }
  if (fact.date < date) {
    why = "it is of " + date + ", the trace of " +
          (fact.date.empty() ? "no day" : fact.date);
    return false;
  }
  double samples = old.number("samples").value_or(0);
  if (fact.date == date && static_cast<double>(fact.samples) <= samples) {
    why = "it is of the same day and has " +
          std::to_string(static_cast<int64_t>(samples)) +
          " samples, the trace has " + std::to_string(fact.samples);
    return false;
  }
  return true;
}

const ast::Block *findFact(const ast::File &file, llvm::StringRef name) {
  for (const ast::Block *block : file.system.knowledge("fact")) {
    if (block->name.text == name) {
      return block;
    }
  }
  return nullptr;
}

/// Whether \p old is of the kernel and the device of \p fact, as far as it
/// says.
bool isOfSame(const ast::Block &old, const Fact &fact) {
  return llvm::all_of(fact.entries, [&](const FactEntry &entry) {
    if (entry.key != "kernel" && entry.key != "device") {
      return true;
    }
    const ast::Property *property = old.find(entry.key);
    return !property || !property->value ||
           property->value->range.text() == entry.value;
  });
}

/// The name that \p fact has in \p file: its own, or with a number behind it
/// where others have that one. Kernels and devices may be spelt alike in names.
std::string nameIn(const ast::File &file, const Fact &fact,
                   const llvm::StringSet<> &taken) {
  std::string name = fact.name;
  for (unsigned number = 2;; ++number) {
    const ast::Block *old = findFact(file, name);
    if (!taken.contains(name) && (!old || isOfSame(*old, fact))) {
      return name;
    }
    name = fact.name + "_" + std::to_string(number);
  }
}

/// The fact's text with its lines but the first indented as \p old is.
std::string indentedAs(const ast::Block &old, llvm::StringRef text) {
  const SourceFile &source = *old.range.file;
  uint32_t start = source.lineStart(source.lineColumn(old.range.begin).line);
  llvm::StringRef before = source.text().slice(start, old.range.begin);
  std::string indent =
      before.take_while([](char c) { return c == ' ' || c == '\t'; }).str();
  llvm::StringRef lineEnd = source.text().contains("\r\n") ? "\r\n" : "\n";
  llvm::SmallVector<llvm::StringRef> lines;
  text.split(lines, '\n');
  std::string result;
  for (llvm::StringRef line : lines) {
    if (!result.empty()) {
      result += lineEnd;
      result += line.empty() ? "" : indent;
    }
    result += line;
  }
  return result;
}

} // namespace

std::vector<ast::TextEdit> writeFacts(const ast::File &file,
                                      const std::vector<Fact> &facts,
                                      DiagnosticEngine &diags) {
  std::vector<ast::TextEdit> edits;
  std::string added;
  llvm::StringSet<> taken;
  for (Fact fact : facts) {
    fact.name = nameIn(file, fact, taken);
    taken.insert(fact.name);
    const ast::Block *old = findFact(file, fact.name);
    if (!old) {
      added += (added.empty() ? "" : "\n") + fact.text();
      continue;
    }
    std::string why;
    if (saysTheSame(*old, fact)) {
      continue;
    }
    if (!replaces(*old, fact, why)) {
      diags.warning(diag::warn_fact_kept, old->name.range) << fact.name << why;
      continue;
    }
    edits.push_back(
        {old->range.begin, old->range.end, indentedAs(*old, fact.text())});
  }
  if (added.empty()) {
    return edits;
  }
  llvm::SmallVector<const ast::Block *, 4> blocks =
      file.system.blocks("knowledge");
  if (!blocks.empty()) {
    edits.push_back(ast::insertEntry(*blocks.back(), added));
    return edits;
  }
  std::string block = "knowledge {\n";
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(added).split(lines, '\n');
  for (llvm::StringRef line : lines) {
    block += "    " + line.str() + "\n";
  }
  edits.push_back(ast::insertEntry(file.system, block + "}"));
  return edits;
}

} // namespace spak::trace
