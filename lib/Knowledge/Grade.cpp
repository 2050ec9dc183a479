// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the words for grades. Must not know what has them.
#include "spak/Knowledge/Grade.h"

namespace spak::knowledge {

llvm::StringRef gradeName(Grade grade) {
  switch (grade) {
  case Grade::Formal:
    return "formal";
  case Grade::Checked:
    return "checked";
  case Grade::Prose:
    return "prose";
  }
  return "";
}

llvm::StringRef standingName(Standing standing) {
  switch (standing) {
  case Standing::Proved:
    return "proved";
  case Standing::Refuted:
    return "refuted";
  case Standing::Deferred:
    return "deferred";
  case Standing::Open:
    return "not checked";
  }
  return "";
}

} // namespace spak::knowledge
