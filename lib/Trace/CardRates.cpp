// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading the rates of a card as it was measured. Must not know models of
// time.
#include "spak/Trace/CardRates.h"

#include "spak/Trace/Json.h"

#include <cmath>

namespace spak::trace {

namespace {

class Reader {
public:
  Reader(const SourceFile &source, const device::Device &device,
         DiagnosticEngine &diags)
      : source(source), device(device), diags(diags) {}

  std::optional<CardRates> read() {
    uint32_t end = 0;
    JsonError wrong;
    SourceRange whole =
        source.range(0, static_cast<uint32_t>(source.text().size()));
    std::optional<JsonValue> line = readJson(whole, end, wrong, diags);
    if (!line) {
      return fail(wrong.range,
                  "expected " + wrong.expected + ", got " + wrong.got);
    }
    llvm::StringRef rest = source.text().substr(end);
    if (size_t at = rest.find_first_not_of(" \t\r\n");
        at != llvm::StringRef::npos) {
      auto from = static_cast<uint32_t>(end + at);
      return fail(source.range(from, from + 1),
                  "expected the end of the file after the object");
    }
    const JsonValue *version = line->find("spak_rates");
    if (!version || version->asInt() != 1) {
      return fail(version ? version->range : line->range,
                  "expected an object with `spak_rates`: 1");
    }
    const JsonValue *card = line->find("device");
    if (!card || card->asString() != device.name) {
      return fail(card ? card->range : line->range,
                  card && card->asString()
                      ? "it is of `" + quoted(card->text) + "`"
                      : std::string("expected the card's name in `device`"));
    }
    return readNumbers(*line);
  }

private:
  const SourceFile &source;
  const device::Device &device;
  DiagnosticEngine &diags;

  std::nullopt_t fail(SourceRange range, const llvm::Twine &why) {
    auto error = diags.error(diag::err_device_rates, range);
    error << source.name() << device.name << why.str();
    error.help("tools/scripts/measure_rates.py writes such a file");
    return std::nullopt;
  }

  std::optional<CardRates> readNumbers(const JsonValue &line) {
    const device::Rates *sheet = device::ratesOf(device);
    if (!sheet) {
      return fail(line.range, "there is no row of rates to begin with");
    }
    CardRates found{*sheet, {}};
    found.rates.source = {};
    std::pair<llvm::StringRef, int64_t *> fields[] = {
        {"sm_clock_mhz", &found.rates.clockMhz},
        {"tensor_flops_per_cycle_sm", &found.rates.tensorFlops},
        {"special_lanes_per_cycle_sm", &found.rates.specialFunctions},
        {"l2_bytes_per_cycle_sm", &found.rates.l2BytesPerCycle},
        {"dram_gbs", &found.rates.dramGbPerSecond}};
    for (auto [name, to] : fields) {
      const JsonValue *value = line.find(name);
      std::optional<double> number =
          value ? value->asNumber() : std::optional<double>();
      if (!number || *number < 1 || *number > kMostRate) {
        return fail(value ? value->range : line.range,
                    "expected a rate from 1 to 1e9 in `" + name + "`");
      }
      *to = std::llround(*number);
    }
    found.source = "measured: " + device.name.str() + " at " +
                   std::to_string(found.rates.clockMhz) + " MHz";
    const JsonValue *driver = line.find("driver");
    if (driver && driver->asString()) {
      found.source += ", driver " + quoted(driver->text);
    }
    return found;
  }
};

} // namespace

std::optional<CardRates> readCardRates(const SourceFile &source,
                                       const device::Device &device,
                                       DiagnosticEngine &diags) {
  return Reader(source, device, diags).read();
}

} // namespace spak::trace
