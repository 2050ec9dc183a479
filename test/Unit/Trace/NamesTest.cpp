// Part of spakc. SPDX-License-Identifier: Apache-2.0
#include "spak/Frontend/Frontend.h"
#include "spak/Trace/Facts.h"

#include "gtest/gtest.h"

using namespace spak;
using namespace spak::trace;

namespace {

struct NamesOf {
  SourceFile source;
  DiagnosticEngine diags;
  std::unique_ptr<ast::File> file;
  Names names;

  explicit NamesOf(std::string text) : source("names.dsl", std::move(text)) {
    file = frontend::parse(source, diags);
    names = Names::of(*file);
  }
};

} // namespace

TEST(Names, AreMatchedAsTheyAreWrittenInTraces) {
  NamesOf n("system names { tuning_space { tile_m: [1] tile_n: [1] "
            "k_load_latency: [1] v_load_latency: [1] } }");
  auto match = [&](llvm::StringRef name) {
    const TraceAxis *axis = n.names.match(name);
    return axis ? axis->name : std::string();
  };
  EXPECT_EQ(match("tile_m"), "tile_m");
  EXPECT_EQ(match("Tile_M"), "tile_m");
  EXPECT_EQ(match("K_Lat"), "k_load_latency");
  EXPECT_EQ(match("v_lat"), "v_load_latency");
  EXPECT_EQ(match("tile"), "");
  EXPECT_EQ(match("lat"), "");
  EXPECT_EQ(match("colour"), "");
}

TEST(Names, HaveTheValuesOfEveryForm) {
  NamesOf n("system names { design_space { causal: true sub: { kind: [\"a\", "
            "\"b\"] } } tuning_space { s: range[1, 4] x: [-1, 0.5] } }");
  EXPECT_EQ(n.names.findAxis("causal")->values.size(), 1u);
  EXPECT_EQ(n.names.findAxis("kind")->values.size(), 2u);
  EXPECT_EQ(n.names.findAxis("s")->values.size(), 4u);
  EXPECT_EQ(n.names.findAxis("x")->values[0].asInt(), -1);
  EXPECT_EQ(n.names.findAxis("s")->role, TraceAxis::Role::Tuning);
  EXPECT_EQ(n.names.findAxis("kind")->role, TraceAxis::Role::Design);
}
