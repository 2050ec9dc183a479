// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A bounded run over systems with expressions at random, the same on every
// machine: binding, grading, activating and selecting neither crash nor hang,
// and every message has a place in the text.
#include "Random.h"

#include "spak/Device/Device.h"
#include "spak/Frontend/Frontend.h"
#include "spak/Sema/Sema.h"

#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <chrono>

using namespace spak;

namespace {

/// Operands that bind, that do not, and that are near to one that does.
const char *const kOperands[] = {"tile_m",
                                 "tile_n",
                                 "stages",
                                 "causal",
                                 "scheme",
                                 "Tile_M",
                                 "tilem",
                                 "M",
                                 "N",
                                 "D",
                                 "scale",
                                 "num_rows",
                                 "device.smem_per_block",
                                 "device.arch",
                                 "device.nothing",
                                 "device",
                                 "0",
                                 "1",
                                 "-1",
                                 "64",
                                 "1e300",
                                 "0.5",
                                 "1e-400",
                                 "9223372036854775807",
                                 "true",
                                 "false",
                                 "'online'",
                                 "'a b'",
                                 "fast",
                                 "is_slow",
                                 "unknown",
                                 "[1, 2]",
                                 "range[1, 4]",
                                 "min(tile_m, 2)",
                                 "f(x: 1)",
                                 "t.x",
                                 "()",
                                 "max()",
                                 "not causal",
                                 "-tile_m",
                                 "(tile_m",
                                 "tile_m as bf16"};
const char *const kOperators[] = {
    " + ",    " - ", " * ",  " / ",   " % ",  " == ", " != ", " < ",
    " <= ",   " > ", " >= ", " and ", " or ", " && ", " || ", " if ",
    " else ", " = ", " := ", " | ",   " ",    ".",    ", "};

std::string expression(Random &random) {
  std::string text = random.pick(kOperands);
  for (size_t n = random.below(5); n > 0; --n) {
    text += random.pick(kOperators);
    text += random.pick(kOperands);
  }
  return text;
}

const char *const kKinds[] = {"invariant", "fact", "rule", "hint", "heuristic"};
const char *const kKeys[] = {"assert",  "when",  "recommend",  "apply",
                             "forbid",  "avoid", "confidence", "source",
                             "device",  "arch",  "shape",      "date",
                             "trigger", "dtype", "toolkit"};
const char *const kValues[] = {"1.5",         "-1",    "[1]",        "{ x: 1 }",
                               "word",        "≤ 3GB", "2026-13-45", "\"\"",
                               "\"M=1,N=x\"", "1e999"};

std::string system(Random &random) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "system S {\n"
        "  design_space { causal: [true, false] scheme: [\"online\", \"a\"] }\n"
        "  tuning_space {\n    tile_m: [64, 128] tile_n: [32, 64]\n"
        "    stages: range[1, 4]\n";
  if (random.below(3) == 0) {
    os << "    constraint \"why\": " << expression(random) << "\n";
  }
  os << "  }\n  knowledge {\n"
        "    fact is_slow(t: Trace.P) { return t.speedup < 0.85 }\n";
  for (size_t items = 1 + random.below(4); items > 0; --items) {
    os << "    " << random.pick(kKinds) << " k" << random.below(3) << " {\n";
    for (size_t keys = random.below(5); keys > 0; --keys) {
      os << "      " << random.pick(kKeys) << ": ";
      switch (random.below(5)) {
      case 0:
        os << random.pick(kValues);
        break;
      case 1:
        os << expression(random);
        break;
      default:
        os << "\"" << (random.below(2) ? "tile_m = " : "") << expression(random)
           << "\"";
      }
      os << "\n";
    }
    os << "    }\n";
  }
  os << "  }\n  engineering_loop E { parameter Tile_M: [64] measure { } }\n"
        "  kernel k {\n    dims M as num_rows, N\n    static D: [64]\n"
        "    in X: f32[M, N]\n    in scale: f32 = 1.0\n    out Y: f32[M]\n";
  if (random.below(3) == 0) {
    os << "    require \"r\": " << expression(random) << "\n";
  }
  os << "    grid (m in tiles(M, tile_m)) {\n"
        "      y = zeros f32[m]\n"
        "      for n in tiles(N, tile_n) { y += sum(load X[m, n], over: n) }\n"
        "      store Y[m] = y\n    }\n"
        "    schedule { slots(X) = "
     << (random.below(3) == 0 ? expression(random) : "stages")
     << " }\n  }\n}\n";
  return text;
}

/// What is wrong, empty if nothing is.
std::string check(const std::string &text, bool &bound) {
  SourceFile source("binder.dsl", text);
  DiagnosticEngine diags;
  std::unique_ptr<ast::File> file = frontend::parse(source, diags);
  if (file && !diags.hasErrors()) {
    auto system = sema::analyze(*file, diags, frontend::tryParseExpression);
    sema::PointRequest request;
    request.device = device::find("sm_90a");
    request.shape = {{"M", 64}, {"N", 100}};
    if (llvm::succeeded(system) && !diags.hasErrors() &&
        llvm::succeeded(sema::activate(**system, request, diags))) {
      bound = llvm::succeeded(sema::selectPoints(**system, request, diags));
    }
  }
  for (const Diagnostic &diagnostic : diags.diagnostics()) {
    SourceRange range = diagnostic.range;
    if (range.isValid() &&
        (range.begin > range.end || range.end > text.size())) {
      return "a message without a place in the text: " + diagnostic.text;
    }
  }
  std::string output;
  llvm::raw_string_ostream stream(output);
  diags.printText(stream);
  diags.printJson(stream);
  return "";
}

} // namespace

TEST(Binder, NeitherCrashesNorHangs) {
  constexpr unsigned kRuns = 4000;
  unsigned selected = 0;
  for (unsigned run = 0; run < kRuns; ++run) {
    Random random(run + 1);
    std::string text = system(random);
    auto start = std::chrono::steady_clock::now();
    bool bound = false;
    ASSERT_EQ(check(text, bound), "") << "run " << run << ":\n" << text;
    std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    ASSERT_LT(seconds.count(), 5.0) << "run " << run << ":\n" << text;
    selected += bound;
  }
  // A generator whose systems all fail early would test nothing.
  EXPECT_GT(selected, kRuns / 10);
  EXPECT_LT(selected, kRuns);
}
