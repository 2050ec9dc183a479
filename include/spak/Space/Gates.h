// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What figures say about a point before it has run: which of them no device
// can satisfy, and which are only a bad sign. Knows no IR.
#ifndef SPAK_SPACE_GATES_H
#define SPAK_SPACE_GATES_H

#include "spak/Device/Rates.h"
#include "spak/Space/Figures.h"

#include <string>
#include <utility>
#include <vector>

namespace spak::space {

/// The reasons that stand in a ledger. Those that an earlier system had keep
/// its spelling; `numerics` and `runtime_failed` come from runs only.
namespace reason {
inline constexpr char smemOverflow[] = "smem_overflow";
inline constexpr char threadOverflow[] = "thread_overflow";
inline constexpr char registerOverflow[] = "register_overflow";
inline constexpr char registerMargin[] = "register_margin";
inline constexpr char barrierOverflow[] = "barrier_overflow";
inline constexpr char spills[] = "spills";
inline constexpr char buildFailed[] = "build_failed";
inline constexpr char oomRisk[] = "oom_risk";
inline constexpr char bankConflicts[] = "bank_conflicts";
inline constexpr char badCoalescing[] = "bad_coalescing";
inline constexpr char lowOccupancy[] = "low_occupancy_no_prefetch";
inline constexpr char l2Footprint[] = "l2_footprint";
inline constexpr char wgmmaSerialized[] = "wgmma_serialized";
inline constexpr char numerics[] = "numerics";
inline constexpr char runtimeFailed[] = "runtime_failed";
} // namespace reason

/// One thing that a gate found.
struct GateFinding {
  std::string gate;   ///< "shared_bytes", "registers", ...
  std::string reason; ///< one of \ref reason
  /// Sound: the point cannot be what was asked for. Else an opinion.
  bool impossible = false;
  std::string message;
  std::vector<std::pair<std::string, double>> figures;
};

/// The residency of \p figures on \p device, with ptxas's registers if known.
device::Residency residencyOf(const KernelFigures &figures,
                              const device::Device &device);

/// Every gate that \p figures do not pass, the impossible ones first.
std::vector<GateFinding> judge(const KernelFigures &figures,
                               const device::Device &device);

} // namespace spak::space

#endif // SPAK_SPACE_GATES_H
