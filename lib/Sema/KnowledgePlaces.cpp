// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: warnings about knowledge that stands where nothing reads it, and about
// when, where and how surely something is said to have been found. Must not
// know what the knowledge says.
#include "KnowledgePlaces.h"

#include "llvm/ADT/STLExtras.h"

namespace spak::sema {

namespace {

constexpr llvm::StringLiteral kKinds[] = {"invariant", "fact", "rule", "hint",
                                          "heuristic"};

llvm::StringRef textOf(const ast::Property &property) {
  return property.value->range.text().trim();
}

} // namespace

void findLooseKnowledge(const ast::System &system, DiagnosticEngine &diags) {
  for (const ast::ItemPtr &item : system.items) {
    const auto *block = llvm::dyn_cast<ast::Block>(item.get());
    if (!block || !block->hasBody ||
        !llvm::is_contained(kKinds, block->keyword.text)) {
      continue;
    }
    auto warning =
        diags.warning(diag::warn_loose_knowledge, block->keyword.range);
    warning << block->keyword.text << block->name.text;
    warning.help("write it into `knowledge { … }`");
  }
}

void checkScope(const ast::Block &block, const knowledge::FactScope &scope,
                DiagnosticEngine &diags) {
  auto warn = [&](const ast::Property &property, llvm::StringRef expected,
                  const llvm::Twine &instead) {
    diags.warning(diag::warn_knowledge_scope, property.value->range)
        << property.key.text << quoted(textOf(property)) << expected
        << instead.str();
  };
  auto given = [&](llvm::StringRef key) -> const ast::Property * {
    const ast::Property *property = block.find(key);
    return property && property->value && !textOf(*property).empty() ? property
                                                                     : nullptr;
  };
  if (const ast::Property *property = given("confidence")) {
    if (block.number("confidence") != scope.confidence) {
      warn(*property, "a number from 0 to 1",
           scope.confidence == 0 ? "it counts as 0" : "it counts as 1");
    }
  }
  if (const ast::Property *property = given("date")) {
    if (scope.date.empty()) {
      warn(*property, "a day as in 2026-01-31", "it counts as no date");
    }
  }
  if (const ast::Property *property = given("shape")) {
    llvm::StringRef text = block.string("shape").value_or(textOf(*property));
    auto commas = static_cast<size_t>(text.rtrim(", ").count(','));
    if (scope.shape.size() != commas + 1) {
      warn(*property, "sizes as in \"M=4096, N=1024\"",
           "sizes that cannot be read do not count");
    }
  }
}

} // namespace spak::sema
