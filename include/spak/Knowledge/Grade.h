// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// How far a sentence is taken at its word. Knows no sentences.
#ifndef SPAK_KNOWLEDGE_GRADE_H
#define SPAK_KNOWLEDGE_GRADE_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace spak::knowledge {

/// The three grades of docs/Language.md, the strongest first.
enum class Grade : uint8_t {
  Formal,  ///< decided by the compiler: proved, or it prunes and orders
  Checked, ///< tested later: at launch, on the IR, by the simulator or tuner
  Prose    ///< kept word for word, not checked
};

/// `formal`, `checked`, `prose`.
llvm::StringRef gradeName(Grade grade);

/// What is known of a claim.
enum class Standing : uint8_t {
  Proved,   ///< it holds, for the reason given
  Refuted,  ///< it does not hold, with an example
  Deferred, ///< it is tested where the reason says
  Open      ///< nobody tests it
};

/// `proved`, `refuted`, `deferred`, `not checked`.
llvm::StringRef standingName(Standing standing);

} // namespace spak::knowledge

#endif // SPAK_KNOWLEDGE_GRADE_H
