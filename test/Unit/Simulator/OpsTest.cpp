// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Single ops, and what absent elements may and may not do.
#include "Harness.h"

using namespace spak::sim;

namespace {

class OpsTest : public SimulatorTest {
protected:
  /// A kernel over tiles of X: f32[M, K] (8 x 4) that computes \p body from %x
  /// and stores %y to Y: f32[M, K].
  std::string kernel(const std::string &body) {
    return with(R"(
!xv = !spak.view<M, K : f32>
!x = !spak.tile<m=8, k=4 : f32>
!b = !spak.tile<m=8, k=4 : i1>
!i = !spak.tile<m=8, k=4 : i32>
!row = !spak.tile<m=8 : f32>
!col = !spak.tile<k=4 : f32>
!mr = !spak.range<m=8>
!kr = !spak.range<k=4>
spak.kernel @op(%X: !xv {spak.name = "X", spak.kind = "in"},
                %Y: !xv {spak.name = "Y", spak.kind = "out"},
                %M: index {spak.name = "M", spak.kind = "dim"},
                %K: index {spak.name = "K", spak.kind = "dim"}) {
  %nm = spak.tile_count %M by 8
  %nk = spak.tile_count %K by 4
  spak.grid (%m : !mr in %nm, %k : !kr in %nk) {
    %x = spak.load %X[%m, %k] : !xv[!mr, !kr] -> !x
$body
    spak.store %y, %Y[%m, %k] : !x, !xv[!mr, !kr]
  }
  spak.return
}
)",
                {{"body", body}});
  }

  /// Runs the kernel on M x K whole numbers; calls check(x, y, m, k).
  template <typename Check>
  void expect(const std::string &body, Check check, int64_t rows = 11,
              int64_t columns = 7) {
    auto module = parse(kernel(body));
    ASSERT_TRUE(module);
    Arguments arguments = argumentsFor(*module, {{"M", rows}, {"K", columns}},
                                       InputKind::Integers);
    ASSERT_TRUE(llvm::succeeded(simulate(*module, arguments))) << messages;
    Tensor &x = arguments.tensors["X"], &y = arguments.tensors["Y"];
    y.forEach([&](llvm::ArrayRef<int64_t> at, double &out) {
      auto in = [&](int64_t m, int64_t k) { return x.data[x.offset({m, k})]; };
      EXPECT_EQ(out, check(in, at[0], at[1])) << at[0] << " " << at[1];
    });
  }
  void expectError(const std::string &body, const char *message,
                   int64_t rows = 11, int64_t columns = 7) {
    auto module = parse(kernel(body));
    ASSERT_TRUE(module);
    Arguments arguments = argumentsFor(*module, {{"M", rows}, {"K", columns}},
                                       InputKind::Integers);
    EXPECT_TRUE(llvm::failed(simulate(*module, arguments)));
    EXPECT_NE(messages.find(message), std::string::npos) << messages;
  }
};

/// The sum of a row of a tile.
template <typename In>
double rowSum(In in, int64_t m, int64_t k) {
  double sum = 0;
  for (int64_t i = k / 4 * 4; i < std::min<int64_t>(k / 4 * 4 + 4, 7); ++i) {
    sum += in(m, i);
  }
  return sum;
}

} // namespace

TEST_F(OpsTest, ArithmeticIsPerElement) {
  expect("    %y = arith.addf %x, %x : !x",
         [](auto in, int64_t m, int64_t k) { return 2 * in(m, k); });
  expect(
      "    %c = arith.constant dense<0.5> : !x\n"
      "    %t = arith.mulf %x, %c : !x\n"
      "    %y = math.floor %t : !x",
      [](auto in, int64_t m, int64_t k) { return std::floor(in(m, k) * 0.5); });
}

TEST_F(OpsTest, ReduceAndBroadcastGoByName) {
  expect("    %r = spak.reduce \"add\" %x over \"k\" : !x -> !row\n"
         "    %y = spak.broadcast %r : !row -> !x",
         [](auto in, int64_t m, int64_t k) { return rowSum(in, m, k); });
  expect("    %r = spak.reduce \"add\" %x over \"m\" : !x -> !col\n"
         "    %y = spak.broadcast %r : !col -> !x",
         [](auto in, int64_t m, int64_t k) {
           double sum = 0;
           for (int64_t i = m / 8 * 8; i < std::min<int64_t>(m / 8 * 8 + 8, 11);
                ++i) {
             sum += in(i, k);
           }
           return sum;
         });
}

TEST_F(OpsTest, IndexAndSelectAndConvert) {
  expect("    %i = spak.index %k : !kr -> !spak.tile<k=4 : i32>\n"
         "    %ii = spak.broadcast %i : !spak.tile<k=4 : i32> -> !i\n"
         "    %f = spak.convert %ii : !i -> !x\n"
         "    %z = arith.constant dense<0.0> : !x\n"
         "    %c = arith.cmpf olt, %x, %z : !x\n"
         "    %y = spak.select %c, %f, %x : !b, !x",
         [](auto in, int64_t m, int64_t k) {
           return in(m, k) < 0 ? static_cast<double>(k) : in(m, k);
         });
}

TEST_F(OpsTest, NarrowTilesAreRounded) {
  expect("    %c = arith.constant dense<257.0> : !x\n"
         "    %t = arith.addf %x, %c : !x\n"
         "    %n = spak.convert %t : !x -> !spak.tile<m=8, k=4 : bf16>\n"
         "    %d = arith.addf %n, %n : !spak.tile<m=8, k=4 : bf16>\n"
         "    %y = spak.convert %d : !spak.tile<m=8, k=4 : bf16> -> !x",
         [](auto in, int64_t m, int64_t k) {
           return 2 * roundTo(Format::BF16, in(m, k) + 257);
         });
}

TEST_F(OpsTest, AMaskIsAUnionOfMaps) {
  expect(
      "    %n = spak.mask %x where [affine_map<(i, j)[M] -> (i - j - 2, j)>,"
      " affine_map<(i, j)[M] -> (j mod 3 - 2)>] (%m, %k)[%M] : (!mr, !kr) !x\n"
      "    %z = arith.constant dense<-9.0> : !x\n"
      "    %y = arith.maximumf %n, %z : !x",
      [](auto in, int64_t m, int64_t k) {
        bool keep = m - k - 2 >= 0 || k % 3 == 2;
        return keep ? in(m, k) : -9.0;
      });
}

TEST_F(OpsTest, DotOrdersAxesByName) {
  // y[m, k] = sum over m2 of x[m2, k] * x[m2, k2] ... as k2 x k products of
  // the tile with itself, transposed by the order of the result's axes.
  std::string text = with(R"(
!xv = !spak.view<M, K : f32>
!yv = !spak.view<K, J : f32>
!x = !spak.tile<m=8, k=4 : f32>
!z = !spak.tile<m=8, j=5 : f32>
!y = !spak.tile<$order : f32>
!mr = !spak.range<m=8>
!kr = !spak.range<k=4>
!jr = !spak.range<j=5>
spak.kernel @op(%X: !xv {spak.name = "X", spak.kind = "in"},
                %Z: !spak.view<M, J : f32> {spak.name = "Z", spak.kind = "in"},
                %Y: !spak.view<$view : f32> {spak.name = "Y", spak.kind = "out"},
                %M: index {spak.name = "M", spak.kind = "dim"},
                %K: index {spak.name = "K", spak.kind = "dim"},
                %J: index {spak.name = "J", spak.kind = "dim"}) {
  %nk = spak.tile_count %K by 4
  %nj = spak.tile_count %J by 5
  %zero = arith.constant 0 : index
  spak.grid (%k : !kr in %nk, %j : !jr in %nj) {
    %m = spak.tile_range %zero : !mr
    %x = spak.load %X[%m, %k] : !xv[!mr, !kr] -> !x
    %z = spak.load %Z[%m, %j] : !spak.view<M, J : f32>[!mr, !jr] -> !z
    %y = spak.dot %x, %z over "m" : !x, !z -> !y
    spak.store %y, %Y[$at] : !y, !spak.view<$view : f32>[$types]
  }
  spak.return
}
)",
                          {});
  std::vector<double> results[2];
  for (bool swapped : {false, true}) {
    auto module =
        parse(with(text, {{"order", swapped ? "j=5, k=4" : "k=4, j=5"},
                          {"view", swapped ? "J, K" : "K, J"},
                          {"at", swapped ? "%j, %k" : "%k, %j"},
                          {"types", swapped ? "!jr, !kr" : "!kr, !jr"}}));
    ASSERT_TRUE(module);
    Arguments arguments = argumentsFor(*module, {{"M", 6}, {"K", 7}, {"J", 9}});
    ASSERT_TRUE(llvm::succeeded(simulate(*module, arguments))) << messages;
    Tensor &x = arguments.tensors["X"], &z = arguments.tensors["Z"];
    arguments.tensors["Y"].forEach([&](llvm::ArrayRef<int64_t> at, double &y) {
      int64_t k = swapped ? at[1] : at[0], j = swapped ? at[0] : at[1];
      float sum = 0;
      for (int64_t m = 0; m < 6; ++m) {
        float product = static_cast<float>(x.data[x.offset({m, k})]) *
                        static_cast<float>(z.data[z.offset({m, j})]);
        sum += product;
      }
      EXPECT_EQ(y, sum);
    });
  }
}

TEST_F(OpsTest, StoresOfTwoTilesToOneElementAreFound) {
  auto module = parse(R"(
!yv = !spak.view<M : f32>
!y = !spak.tile<m=8 : f32>
spak.kernel @op(%Y: !yv {spak.name = "Y", spak.kind = "out"},
                %M: index {spak.name = "M", spak.kind = "dim"}) {
  %zero = arith.constant 0 : index
  spak.grid (%h : index in %M) {
    %first = arith.muli %h, %zero : index
    %m = spak.tile_range %first : !spak.range<m=8>
    %y = arith.constant dense<1.0> : !y
    spak.store %y, %Y[%m] : !y, !yv[!spak.range<m=8>]
  }
  spak.return
}
)");
  Arguments arguments = argumentsFor(*module, {{"M", 1}});
  EXPECT_TRUE(llvm::succeeded(simulate(*module, arguments))) << messages;
  arguments = argumentsFor(*module, {{"M", 2}});
  EXPECT_TRUE(llvm::failed(simulate(*module, arguments)));
  EXPECT_NE(messages.find("that another tile of the grid has stored to"),
            std::string::npos);
}

//===----------------------------------------------------------------------===//
// Absent elements
//===----------------------------------------------------------------------===//

TEST_F(OpsTest, AbsentElementsThatAreNotNeutralAreFoundInSums) {
  std::string body = "    %e = math.exp %x : !x\n"
                     "    %r = spak.reduce \"add\" %e over \"k\" : !x -> !row\n"
                     "    %y = spak.broadcast %r : !row -> !x";
  expectError(body, "element 3 of axis `k` is absent but would count");
  messages.clear();
  // Absent rows may hold anything: nobody reads their sums.
  auto module = parse(kernel(body));
  Arguments arguments = argumentsFor(*module, {{"M", 11}, {"K", 8}});
  EXPECT_TRUE(llvm::succeeded(simulate(*module, arguments))) << messages;
}

TEST_F(OpsTest, ZeroIsNotNeutralForAMaximum) {
  expectError("    %r = spak.reduce \"max\" %x over \"k\" : !x -> !row\n"
              "    %y = spak.broadcast %r : !row -> !x",
              "element 3 of axis `k` is absent but would count");
}

TEST_F(OpsTest, ASelectMakesThemNeutral) {
  expect("    %i = spak.index %k : !kr -> !spak.tile<k=4 : i32>\n"
         "    %K32 = arith.index_cast %K : index to i32\n"
         "    %e = spak.splat %K32 : i32 -> !spak.tile<k=4 : i32>\n"
         "    %c = arith.cmpi slt, %i, %e : !spak.tile<k=4 : i32>\n"
         "    %cc = spak.broadcast %c : !spak.tile<k=4 : i1> -> !b\n"
         "    %one = arith.constant dense<1.0> : !x\n"
         "    %z = arith.constant dense<0.0> : !x\n"
         "    %a = arith.addf %x, %one : !x\n"
         "    %s = spak.select %cc, %a, %z : !b, !x\n"
         "    %r = spak.reduce \"add\" %s over \"k\" : !x -> !row\n"
         "    %y = spak.broadcast %r : !row -> !x",
         [](auto in, int64_t m, int64_t k) {
           double present = k < 4 ? 4 : 3;
           return rowSum(in, m, k) + present;
         });
}

TEST_F(OpsTest, AProductWithZeroAndAFiniteOtherIsFine) {
  const char *product =
      "    %w = spak.load %X[%n, %k] : !xv[!spak.range<n=8>, !kr] -> "
      "!spak.tile<n=8, k=4 : f32>\n"
      "    %d = spak.dot $a, %w over \"k\" : !x, !spak.tile<n=8, k=4 : f32> -> "
      "!spak.tile<m=8, n=8 : f32>\n"
      "    %r = spak.reduce \"max\" %d over \"n\" : !spak.tile<m=8, n=8 : f32> "
      "-> !row\n"
      "    %y = spak.broadcast %r : !row -> !x";
  std::string first = "    %zero = arith.constant 0 : index\n"
                      "    %n = spak.tile_range %zero : !spak.range<n=8>\n";
  auto run = [&](const std::string &body) {
    auto module = parse(kernel(body));
    Arguments arguments = argumentsFor(*module, {{"M", 8}, {"K", 7}});
    return llvm::succeeded(simulate(*module, arguments));
  };
  // exp(0) = 1 meets 0; 1 / 0 = inf meets 0.
  EXPECT_TRUE(
      run(first + "    %e = math.exp %x : !x\n" + with(product, {{"a", "%e"}})))
      << messages;
  EXPECT_FALSE(run(first +
                   "    %o = arith.constant dense<1.0> : !x\n"
                   "    %e = arith.divf %o, %x : !x\n" +
                   with(product, {{"a", "%e"}})));
  EXPECT_NE(messages.find("element 3 of axis `k` is absent but would count"),
            std::string::npos);
}

TEST_F(OpsTest, ATileStillToBeCombinedIsOnlyAddedAndMultiplied) {
  std::string text = R"(
#x = #spak.layout<reg = [4:k], lane = [8:m, 4:k*4]>
#part = #spak.layout<lane = [8:m, 4:partial]>
#full = #spak.layout<lane = [8:m, 4:rep]>
!x = !spak.tile<m=8, k=16 : f32, #x>
!part = !spak.tile<m=8 : f32, #part>
!full = !spak.tile<m=8 : f32, #full>
spak.kernel @op(%X: !spak.view<M, K=16 : f32> {spak.name = "X", spak.kind = "in"},
                %Y: !spak.view<M : f32> {spak.name = "Y", spak.kind = "out"},
                %M: index {spak.name = "M", spak.kind = "dim"}) {
  %nm = spak.tile_count %M by 8
  spak.grid (%m : !spak.range<m=8> in %nm) {
    %k = spak.all : !spak.range<k=16>
    %x = spak.load %X[%m, %k] : !spak.view<M, K=16 : f32>[!spak.range<m=8>, !spak.range<k=16>] -> !x
    %r = spak.reduce "add" %x over "k" : !x -> !part
    %s = $op : !part
    %y = spak.convert_layout %s : !part -> !full
    spak.store %y, %Y[%m] : !full, !spak.view<M : f32>[!spak.range<m=8>]
  }
  spak.return
}
)";
  for (bool linear : {true, false}) {
    auto module = parse(
        with(text, {{"op", linear ? "arith.addf %r, %r" : "math.exp %r"}}));
    ASSERT_TRUE(module);
    Arguments arguments = argumentsFor(*module, {{"M", 5}});
    EXPECT_EQ(llvm::succeeded(simulate(*module, arguments)), linear)
        << messages;
  }
  EXPECT_NE(messages.find("still to be combined over lanes"), std::string::npos)
      << messages;
}

TEST_F(OpsTest, UnknownOpsAreErrors) {
  expectError("    %y = math.atan %x : !x",
              "the simulator does not know the op `math.atan` on tiles");
}
