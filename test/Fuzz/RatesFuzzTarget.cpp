// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The libFuzzer entry of the reader of a card's rates: spak-fuzz-rates
// -max_total_time=60 test/Fuzz/rates.
#include "RatesOracle.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string wrong = spak::fuzz::checkRates(
      std::string(reinterpret_cast<const char *>(data), size));
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
  }
  return 0;
}
