// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the laws of the reader of a card's rates.
#include "RatesOracle.h"

#include "spak/Trace/CardRates.h"
#include "spak/Trace/Json.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::fuzz {

using namespace trace;

namespace {

std::string checkMessages(const DiagnosticEngine &diags,
                          const SourceFile &source) {
  std::string rendered;
  llvm::raw_string_ostream os(rendered);
  diags.printText(os);
  diags.printJson(os);
  for (const Diagnostic &message : diags.diagnostics()) {
    if (message.range.file != &source ||
        message.range.begin > message.range.end ||
        message.range.end > source.text().size()) {
      return "a message lies outside the text";
    }
  }
  return "";
}

std::string checkFound(const CardRates &found, const device::Device &device) {
  const device::Rates &rates = found.rates;
  const device::Rates &sheet = *device::ratesOf(device);
  for (int64_t rate :
       {rates.clockMhz, rates.tensorFlops, rates.specialFunctions,
        rates.l2BytesPerCycle, rates.dramGbPerSecond}) {
    if (rate < 1 || static_cast<double>(rate) > kMostRate) {
      return "a rate of " + std::to_string(rate);
    }
  }
  if (rates.name != device.name || rates.issueLanes != sheet.issueLanes ||
      rates.dramBytes != sheet.dramBytes) {
    return "what is not measured is not the data sheet's";
  }
  if (found.source.find('\n') != std::string::npos ||
      !llvm::json::isUTF8(found.source)) {
    return "a source that is no line: " + found.source;
  }
  return "";
}

std::string written(const CardRates &found) {
  const device::Rates &r = found.rates;
  std::string text = "{\"spak_rates\": 1, \"device\": " + quotedJson(r.name) +
                     ", \"sm_clock_mhz\": " + std::to_string(r.clockMhz);
  text += ", \"tensor_flops_per_cycle_sm\": " + std::to_string(r.tensorFlops);
  text +=
      ", \"special_lanes_per_cycle_sm\": " + std::to_string(r.specialFunctions);
  text += ", \"l2_bytes_per_cycle_sm\": " + std::to_string(r.l2BytesPerCycle);
  text += ", \"dram_gbs\": " + std::to_string(r.dramGbPerSecond) + "}\n";
  return text;
}

std::string checkAgain(const CardRates &found, const device::Device &device) {
  SourceFile source("again.json", written(found));
  DiagnosticEngine diags;
  std::optional<CardRates> again = readCardRates(source, device, diags);
  if (!again) {
    return "rates do not read back: " + written(found);
  }
  return written(*again) == written(found) ? "" : "rates change when read back";
}

} // namespace

std::string checkRates(const std::string &text) {
  for (const device::Device &device : device::all()) {
    SourceFile source("rates.json", text);
    DiagnosticEngine diags;
    std::optional<CardRates> found = readCardRates(source, device, diags);
    std::string wrong = checkMessages(diags, source);
    if (wrong.empty() && found.has_value() == diags.hasErrors()) {
      wrong = found ? "rates and an error" : "neither rates nor an error";
    }
    if (wrong.empty() && found) {
      wrong = checkFound(*found, device);
    }
    if (wrong.empty() && found) {
      wrong = checkAgain(*found, device);
    }
    if (!wrong.empty()) {
      return wrong;
    }
  }
  return "";
}

} // namespace spak::fuzz
