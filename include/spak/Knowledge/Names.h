// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Which name was meant. People spell an axis in their own way where they
// write about it: `Tile_M`, `tileM`, `K_Lat`. Knows words, not what they name.
#ifndef SPAK_KNOWLEDGE_NAMES_H
#define SPAK_KNOWLEDGE_NAMES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace spak::knowledge {

/// How a name and the one it stands for differ.
enum class Spelling : uint8_t {
  Same,
  Case,        ///< by case and separators: `Tile_M`, `tileM` for `tile_m`
  Abbreviation ///< words are cut or left out: `K_Lat` for `k_load_latency`
};

struct NameMatch {
  size_t index = 0; ///< among the candidates
  Spelling spelling = Spelling::Same;
};

/// The candidate that \p name stands for; nothing if there is none, or if
/// several would do equally well. A name of a single word that is cut has at
/// least three letters.
std::optional<NameMatch> matchName(llvm::StringRef name,
                                   llvm::ArrayRef<std::string> candidates);

} // namespace spak::knowledge

#endif // SPAK_KNOWLEDGE_NAMES_H
