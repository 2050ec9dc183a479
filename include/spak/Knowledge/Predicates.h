// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The sentences about a kernel that the compiler understands. Knows their
// words; what decides them is lib/Analysis.
#ifndef SPAK_KNOWLEDGE_PREDICATES_H
#define SPAK_KNOWLEDGE_PREDICATES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace spak::knowledge {

enum class Predicate : uint8_t {
#define SPAK_PREDICATE(Name, Sentence, Phase, Meaning) Name,
#include "spak/Knowledge/Predicates.def"
#undef SPAK_PREDICATE
};

/// A row of the table.
struct PredicateInfo {
  Predicate predicate;
  llvm::StringRef sentence; ///< `X` for the subject
  llvm::StringRef phase;    ///< whose IR is asked
  llvm::StringRef meaning;
};

llvm::ArrayRef<PredicateInfo> allPredicates();
const PredicateInfo &predicateInfo(Predicate predicate);

/// A sentence about a kernel.
struct PredicateUse {
  Predicate predicate = Predicate::StoredOnce;
  std::string subject; ///< what stands for `X`; may be empty
};

/// Reads \p text as one of the sentences. Case, `the`, quotes, the final
/// period, and American spelling do not count.
std::optional<PredicateUse> parsePredicate(llvm::StringRef text);

} // namespace spak::knowledge

#endif // SPAK_KNOWLEDGE_PREDICATES_H
