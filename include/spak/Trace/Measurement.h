// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What traces say about speed, in one form: a configuration, a shape, figures,
// and where they come from. Knows no system.
#ifndef SPAK_TRACE_MEASUREMENT_H
#define SPAK_TRACE_MEASUREMENT_H

#include "spak/Space/Point.h"
#include "spak/Trace/Trace.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

namespace spak::trace {

/// Names of figures, the same in facts, guides and reports.
constexpr llvm::StringLiteral kTime = "time_ms";
constexpr llvm::StringLiteral kThroughput = "throughput_tflops";
constexpr llvm::StringLiteral kBandwidth = "bandwidth_gbs";
constexpr llvm::StringLiteral kRatio = "ratio_to_peer";
constexpr llvm::StringLiteral kPeerThroughput = "peer_throughput_tflops";

/// Where a figure comes from.
struct Provenance {
  enum class Origin : uint8_t {
    Claimed, ///< the item does not say
    Model,
    Measured
  };
  Origin origin = Origin::Claimed;
  std::string device;
  std::string uuid;
  std::string arch;
  std::string driver;
  std::string toolkit;
  std::string flopFormula;
  std::string date; ///< YYYY-MM-DD
  std::optional<double> clockMhz;
};

struct Measurement {
  const Item *item = nullptr;
  SourceRange range; ///< of the item, or of the entry of a history
  std::string place; ///< `run.log:L12`
  std::string kernel;
  /// By axis, canonically spelled.
  std::map<std::string, space::AxisValue> configuration;
  /// Sizes of dims.
  std::map<std::string, int64_t> shape;
  std::map<std::string, double> figures;
  std::string peer;
  Provenance from;
  int64_t samples = 1;
  int64_t rounds = 0;           ///< 0: not said
  std::optional<double> spread; ///< (most - least) / median
  std::optional<bool> correct;

  std::optional<double> figure(llvm::StringRef name) const;
};

/// Whether \p all has every entry of \p part.
template <typename Map>
bool hasAll(const Map &all, const Map &part) {
  return llvm::all_of(part, [&](const auto &entry) {
    auto found = all.find(entry.first);
    return found != all.end() && found->second == entry.second;
  });
}

/// The measurements in \p trace, in its order: Performance items, sweeps (one
/// for each configuration of the history), records of timings. Nothing is
/// computed: a figure that an item lacks is absent.
std::vector<Measurement> measurements(const Trace &trace);

/// \p measurement on one line: kernel, point, shape, figures, where it is from,
/// how much it is to be believed.
std::string toText(const Measurement &measurement);

/// What a figure lacks to be trusted: "the device", "clocks", "the FLOP
/// formula", "whether it was measured", "the date".
std::vector<std::string> missingProvenance(const Measurement &measurement);

/// How much a figure is to be believed, from 0 to 1:
///
///   c = origin * n / (n + 1) * 1 / (1 + 2 spread) * 0.85^missing * checked
///
/// origin   0.98 measured, 0.5 not said, 0.3 model
/// n        rounds, else samples, else 1
/// spread   (most - least) / median of the rounds; 0.05 if not said
/// missing  of device, clocks, date, and FLOP formula where the figure is a
///          throughput; each one
/// checked  1 if the result was checked and right, 0.9 if not checked
double confidence(const Measurement &measurement);

} // namespace spak::trace

#endif // SPAK_TRACE_MEASUREMENT_H
