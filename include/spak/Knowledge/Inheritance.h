// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What a system takes from other files: `extends "path"` and
// `import knowledge from "path"`. Knows trees, not what their items mean.
#ifndef SPAK_KNOWLEDGE_INHERITANCE_H
#define SPAK_KNOWLEDGE_INHERITANCE_H

#include "spak/AST/System.h"
#include "spak/Support/Diagnostics.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/LogicalResult.h"

#include <memory>
#include <string>
#include <vector>

namespace spak::knowledge {

//===----------------------------------------------------------------------===//
// A system that extends another has everything of it. An item of the same
// name replaces the other's, a new one is added:
//
//   base.dsl   tuning_space { tile: [64]  stages: [2] }   fact a { … }
//   next.dsl   tuning_space { tile: [128] }               fact b { … }
//   together   tuning_space { tile: [128] stages: [2] }   fact b, fact a
//
//   law:  axes keep the places that they have in the base
//   law:  of everything else, what the file itself says comes first, then its
//         imports, then its base; a name counts where it comes first
//   law:  an item may replace only one of its kind
//
// Axes are named by their path, constraints by their reason, kernels, blocks
// and the items of knowledge, model, trace_schema and build by their name, a
// block without name by its keyword. The front matter is not taken over.
//===----------------------------------------------------------------------===//

/// One item that takes another's place.
struct Override {
  std::string kind; ///< `axis`, `fact`, `kernel`, …
  std::string name;
  SourceRange by;
  SourceRange of;
};

/// A file that something was taken from.
struct Ancestor {
  enum class How : uint8_t { Extends, Imports } how = How::Extends;
  std::unique_ptr<SourceFile> source;
  SourceRange from; ///< the path in the file that names it
};

/// Owns what merged items point into.
struct Inheritance {
  std::vector<Ancestor> ancestors; ///< in the order in which they were read
  std::vector<Override> overrides;

  /// The entry of \p source; null for the file itself.
  const Ancestor *find(const SourceFile *source) const;
};

/// Reads a source as a tree; null after an error.
using TreeReader = llvm::function_ref<std::unique_ptr<ast::File>(
    const SourceFile &, DiagnosticEngine &)>;

/// Adds to \p file what it takes from others. Paths are relative to the file
/// that has them. Errors: SPK0001, SPK2030 to SPK2032, and those of reading the
/// other files.
llvm::LogicalResult inherit(ast::File &file, TreeReader reader,
                            DiagnosticEngine &diags, Inheritance &result);

} // namespace spak::knowledge

#endif // SPAK_KNOWLEDGE_INHERITANCE_H
