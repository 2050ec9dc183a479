// Part of spakc. SPDX-License-Identifier: Apache-2.0
#include "spak/Trace/Measurement.h"

#include "gtest/gtest.h"

using namespace spak;
using namespace spak::trace;

namespace {

Measurement complete() {
  Measurement m;
  m.from.origin = Provenance::Origin::Measured;
  m.from.device = "NVIDIA H200";
  m.from.clockMhz = 1980;
  m.from.flopFormula = "2*M*N*K";
  m.from.date = "2026-11-21";
  m.figures["throughput_tflops"] = 700;
  m.rounds = 20;
  m.spread = 0.0;
  m.correct = true;
  return m;
}

} // namespace

TEST(Confidence, IsTheDocumentedFormula) {
  Measurement m = complete();
  EXPECT_NEAR(confidence(m), 0.98 * 20 / 21, 1e-12);
  m.spread = 0.1;
  EXPECT_NEAR(confidence(m), 0.98 * 20 / 21 / 1.2, 1e-12);
  m.from.clockMhz = std::nullopt;
  m.from.flopFormula = "";
  EXPECT_NEAR(confidence(m), 0.98 * 20 / 21 / 1.2 * 0.85 * 0.85, 1e-12);
  m.correct = std::nullopt;
  EXPECT_NEAR(confidence(m), 0.98 * 20 / 21 / 1.2 * 0.85 * 0.85 * 0.9, 1e-12);
}

TEST(Confidence, ModelsAndClaimsAreBelievedLess) {
  Measurement m = complete();
  m.from.origin = Provenance::Origin::Claimed;
  EXPECT_NEAR(confidence(m), 0.5 * 20 / 21, 1e-12);
  m.from.origin = Provenance::Origin::Model;
  EXPECT_NEAR(confidence(m), 0.3 * 20 / 21, 1e-12);
}

TEST(Measurements, DatesComeFromTextsAndFromSeconds) {
  for (const auto &[written, day] :
       {std::pair("\"2026-11-21T05:10:00+00:00\"", "2026-11-21"),
        std::pair("1764000000.5", "2025-11-24"), std::pair("0", "1970-01-01"),
        std::pair("951782400", "2000-02-29"), std::pair("\"soon\"", "")}) {
    SourceFile source("t.json", std::string("{\"type\": \"Performance\", "
                                            "\"tflops\": 1, \"timestamp\": ") +
                                    written + "}");
    DiagnosticEngine diags;
    Trace trace;
    readTrace(source, {}, trace, diags);
    ASSERT_EQ(trace.items.size(), 1u);
    EXPECT_EQ(measurements(trace).front().from.date, day) << written;
  }
}
