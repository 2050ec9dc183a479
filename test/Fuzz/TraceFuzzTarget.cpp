// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The libFuzzer entry of the trace reader: spak-fuzz-trace -max_total_time=60.
#include "TraceOracle.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string wrong = spak::fuzz::checkTrace(
      std::string(reinterpret_cast<const char *>(data), size));
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
  }
  return 0;
}
