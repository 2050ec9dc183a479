// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The account of a whole space: what became of every point. Points and
// rejections, with those that were not visited, add up to the raw space.
// Knows no IR and no file system.
#ifndef SPAK_SPACE_LEDGER_H
#define SPAK_SPACE_LEDGER_H

#include "spak/Space/Gates.h"
#include "spak/Space/Space.h"

#include "llvm/Support/JSON.h"

#include <map>

namespace spak::space {

/// A point that was visited.
struct LedgerEntry {
  Count index = 0; ///< among the valid points
  Point point;
  std::string stem; ///< of its files; empty if it was rejected
  std::vector<KernelFigures> kernels;
  /// A rejected point has at least one that is impossible, or any if opinions
  /// prune. A message may stand without figures: the kernel was not made.
  std::vector<GateFinding> findings;
  bool rejected = false;
  std::optional<int64_t> rank; ///< 1 is the fastest in the model
};

struct Ledger {
  std::string compiler, source, system;
  std::string sourceHash;
  const device::Device *device = nullptr;
  std::map<std::string, int64_t> shape;
  std::string rates; ///< where those of the model are from; empty: no model
  std::string gates; ///< "static" or "ptxas"
  bool pruneOpinions = false;
  uint64_t seed = 0;
  std::vector<std::pair<std::string, std::vector<AxisValue>>> fixed;

  std::optional<Count> raw; ///< of the axes as asked for
  Count valid = 0;
  /// Points that break a constraint, by its name; each point counts at the
  /// first that it breaks.
  std::vector<std::pair<std::string, Count>> cuts;
  std::vector<LedgerEntry> entries; ///< visited, in the order of index

  Count notVisited() const { return valid - entries.size(); }
};

/// Gives every entry that is not rejected its rank: points without opinions
/// against them first, then by modelled time, then by index. Entries without a
/// modelled time have no rank.
void rank(Ledger &ledger);

/// The ledger as ledger-1.json describes it.
llvm::json::Value toJson(const Ledger &ledger);

/// The folder's files by point: points-1 of ledger-1.json.
llvm::json::Value folderManifest(const Ledger &ledger);

} // namespace spak::space

#endif // SPAK_SPACE_LEDGER_H
