// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: --device-rates, the rates of a card as it was measured. What they are
// used for is the business of Analysis.
#include "Session.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <cmath>

namespace spak::driver {

const device::Rates *Session::rates() const {
  return measuredRates ? &*measuredRates : device::ratesOf(*device);
}

/// Reads the line that tools/scripts/measure_rates.py prints.
bool Session::readRates() {
  if (options.deviceRates.empty()) {
    return true;
  }
  llvm::Expected<std::unique_ptr<SourceFile>> opened =
      SourceFile::open(options.deviceRates);
  if (!opened) {
    diags.error(diag::err_file_read)
        << options.deviceRates << llvm::toString(opened.takeError());
    return false;
  }
  auto fail = [&](const llvm::Twine &why) {
    auto error = diags.error(diag::err_device_rates);
    error << options.deviceRates << device->name << why.str();
    error.help("tools/scripts/measure_rates.py writes such a file");
    return false;
  };
  llvm::Expected<llvm::json::Value> read = llvm::json::parse((*opened)->text());
  if (!read) {
    return fail(llvm::toString(read.takeError()));
  }
  const llvm::json::Object *line = read->getAsObject();
  if (!line || line->getInteger("spak_rates") != 1) {
    return fail("expected an object with `spak_rates`: 1");
  }
  llvm::StringRef card = line->getString("device").value_or("");
  if (card != device->name) {
    return fail("it is of `" + card + "`");
  }
  // What was not measured is the data sheet's.
  const device::Rates *sheet = device::ratesOf(*device);
  if (!sheet) {
    return fail("there is no row of rates to begin with");
  }
  device::Rates found = *sheet;
  std::pair<llvm::StringRef, int64_t *> fields[] = {
      {"sm_clock_mhz", &found.clockMhz},
      {"tensor_flops_per_cycle_sm", &found.tensorFlops},
      {"special_lanes_per_cycle_sm", &found.specialFunctions},
      {"l2_bytes_per_cycle_sm", &found.l2BytesPerCycle},
      {"dram_gbs", &found.dramGbPerSecond}};
  for (auto [name, value] : fields) {
    std::optional<double> number = line->getNumber(name);
    if (!number || !(*number >= 1 && *number < 1e9)) {
      return fail("expected a rate from 1 in `" + name + "`");
    }
    *value = std::llround(*number);
  }
  ratesSource = llvm::formatv("measured: {0} at {1} MHz", card, found.clockMhz);
  if (std::optional<llvm::StringRef> driver = line->getString("driver")) {
    ratesSource += (", driver " + *driver).str();
  }
  found.source = ratesSource;
  measuredRates = found;
  return true;
}

} // namespace spak::driver
