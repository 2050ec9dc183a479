// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What a card was measured to do, as tools/scripts/measure_rates.py writes it.
// What the rates are used for is the business of others.
#ifndef SPAK_TRACE_CARDRATES_H
#define SPAK_TRACE_CARDRATES_H

#include "spak/Device/Rates.h"
#include "spak/Support/Diagnostics.h"

#include <optional>
#include <string>

namespace spak::trace {

/// Rates are all from 1 to this, or there are none.
constexpr double kMostRate = 1e9;

struct CardRates {
  device::Rates rates; ///< without a source
  std::string source;  ///< which card, at which clock, one line of UTF-8
};

/// Reads \p source, which must speak of \p device. What it does not measure is
/// the data sheet's. Null with an error (SPK0014) at the place that is wrong.
std::optional<CardRates> readCardRates(const SourceFile &source,
                                       const device::Device &device,
                                       DiagnosticEngine &diags);

} // namespace spak::trace

#endif // SPAK_TRACE_CARDRATES_H
