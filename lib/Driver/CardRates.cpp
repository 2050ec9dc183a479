// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: --device-rates, the rates of a card as it was measured. What they are
// used for is the business of Analysis.
#include "Session.h"

#include "spak/Trace/CardRates.h"

namespace spak::driver {

const device::Rates *Session::rates() const {
  return measuredRates ? &*measuredRates : device::ratesOf(*device);
}

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
  ratesFile = std::move(*opened);
  std::optional<trace::CardRates> read =
      trace::readCardRates(*ratesFile, *device, diags);
  if (!read) {
    return false;
  }
  measuredRates = read->rates;
  ratesSource = std::move(read->source);
  measuredRates->source = ratesSource;
  return true;
}

} // namespace spak::driver
