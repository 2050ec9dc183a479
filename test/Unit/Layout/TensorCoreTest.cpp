// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What wgmma, TMA and the banks make of a layout. The expected numbers of the
// descriptors were verified on hardware.
#include "spak/Layout/TensorCore.h"

#include "gtest/gtest.h"

using namespace spak::layout;

namespace {

Layout slabs(const char *rowAxis, int64_t rows, const char *colAxis,
             int64_t cols, int64_t bytes = 2) {
  std::optional<Layout> layout =
      sharedSlabs(rowAxis, rows, colAxis, cols, bytes);
  EXPECT_TRUE(layout);
  return layout.value_or(Layout());
}

TEST(TensorCore, AccumulatorIsTheAOperand) {
  for (int64_t n : {64, 128, 176, 256}) {
    Layout acc = wgmmaAcc(n, 2, "m", "n");
    EXPECT_EQ(acc.checkCovers({{"m", 128}, {"n", n}}), "");
    EXPECT_TRUE(acc.sameRegisters(wgmmaA(n, 2, "m", "n")));
    EXPECT_EQ(acc.registers(), n / 2);
  }
  EXPECT_EQ(wgmmaAcc(8, 1, "m", "n").str(),
            "<reg = [2:n, 2:m*8], lane = [4:n*2, 8:m], warp = [4:m*16]>");
}

TEST(TensorCore, SlabsTakeTheWidestSwizzle) {
  EXPECT_EQ(slabs("n", 128, "d", 128).str(),
            "<off = [64:d, 128:n, 2:d*64], swizzle = [3, 4, 3]>");
  EXPECT_EQ(slabs("n", 128, "d", 64).str(),
            "<off = [64:d, 128:n], swizzle = [3, 4, 3]>");
  EXPECT_EQ(slabs("n", 128, "d", 96).str(),
            "<off = [32:d, 128:n, 3:d*32], swizzle = [2, 4, 3]>");
  EXPECT_EQ(slabs("n", 128, "d", 16).str(),
            "<off = [16:d, 128:n], swizzle = [1, 4, 3]>");
  EXPECT_EQ(slabs("n", 128, "d", 8).str(), "<off = [8:d, 128:n]>");
  EXPECT_EQ(slabs("n", 128, "d", 128, 1).str(),
            "<off = [128:d, 128:n], swizzle = [3, 4, 3]>");
  EXPECT_FALSE(sharedSlabs("n", 128, "d", 4, 2));
}

struct Expected {
  const char *what;
  Layout layout;
  const char *over;
  int64_t lbo, sbo, swizzle, kstep, perSlab, slab;
  bool transposed;
};

TEST(TensorCore, Descriptors) {
  const Expected table[] = {
      {"K n=128 over d", slabs("n", 128, "d", 128), "d", 16, 1024, 128, 32, 4,
       16384, false},
      {"K n=176 over d", slabs("n", 176, "d", 128), "d", 16, 1024, 128, 32, 4,
       22528, false},
      {"V n=128 over n", slabs("n", 128, "d", 128), "n", 16384, 1024, 128, 2048,
       8, 0, true},
      {"V n=176 over n", slabs("n", 176, "d", 128), "n", 22528, 1024, 128, 2048,
       11, 0, true},
      {"dS as A of dQ", slabs("n", 128, "m", 64), "n", 16384, 1024, 128, 2048,
       8, 0, true},
      {"64 bytes, K-major", slabs("n", 64, "d", 32), "d", 16, 512, 64, 32, 2, 0,
       false},
      {"64 bytes, MN-major", slabs("n", 64, "d", 32), "n", 4096, 512, 64, 1024,
       4, 0, true},
      {"32 bytes, K-major", slabs("n", 64, "d", 16), "d", 16, 256, 32, 32, 1, 0,
       false},
      {"none, K-major", *Layout::parse("<off = [8:d, 64:n, 4:d*8]>"), "d", 1024,
       128, 0, 2048, 2, 0, false},
      {"none, MN-major", *Layout::parse("<off = [8:d, 64:n, 4:d*8]>"), "n", 128,
       1024, 0, 256, 4, 0, true},
  };
  for (const Expected &expected : table) {
    SCOPED_TRACE(expected.what);
    std::optional<WgmmaDescriptor> desc =
        wgmmaDescriptor(expected.layout, expected.over, 2);
    ASSERT_TRUE(desc);
    EXPECT_EQ(desc->lbo, expected.lbo);
    EXPECT_EQ(desc->sbo, expected.sbo);
    EXPECT_EQ(desc->swizzle, expected.swizzle);
    EXPECT_EQ(desc->kstep, expected.kstep);
    EXPECT_EQ(desc->kstepsPerSlab, expected.perSlab);
    EXPECT_EQ(desc->slab, expected.slab);
    EXPECT_EQ(desc->transposed, expected.transposed);
  }
}

TEST(TensorCore, GroupsOfRowsLieInOneSlab) {
  std::optional<WgmmaDescriptor> desc =
      wgmmaDescriptor(slabs("m", 128, "d", 128), "d", 2);
  ASSERT_TRUE(desc);
  EXPECT_EQ(desc->groupStride, 64 * 128);
}

TEST(TensorCore, RefusesWhatItCannotRead) {
  // 8-bit types only K-major; no unknown axis; no swizzle of another width.
  EXPECT_FALSE(wgmmaDescriptor(slabs("n", 128, "d", 128, 1), "n", 1));
  EXPECT_FALSE(wgmmaDescriptor(slabs("n", 128, "d", 128), "m", 2));
  Layout odd = *Layout::parse("<off = [64:d, 64:n], swizzle = [2, 4, 3]>");
  EXPECT_FALSE(wgmmaDescriptor(odd, "d", 2));
  EXPECT_FALSE(tmaBox(odd, 2));
}

TEST(TensorCore, OneBoxPerSlab) {
  std::optional<TmaBox> box = tmaBox(slabs("n", 176, "d", 128), 2);
  ASSERT_TRUE(box);
  EXPECT_EQ(box->columns, 64);
  EXPECT_EQ(box->rows, 176);
  EXPECT_EQ(box->copies, 2);
  EXPECT_EQ(box->bytesPerCopy, 22528);
  EXPECT_EQ(box->swizzle, 128);
}

TEST(TensorCore, MatrixRowsAgreeWithTheLayout) {
  for (int64_t cols : {128, 64, 32, 16, 8}) {
    Layout layout = slabs("m", 64, "d", cols);
    std::optional<MatrixRows> rows = matrixRows(layout, 2);
    ASSERT_TRUE(rows);
    for (int64_t row = 0; row < 64; ++row) {
      for (int64_t col = 0; col < cols; col += 8) {
        int64_t chunk = col / 8 % rows->chunksPerRow;
        int64_t slab = col / 8 / rows->chunksPerRow;
        int64_t mixed = chunk ^ ((row >> rows->rowShift) & rows->chunkXor);
        EXPECT_EQ(slab * rows->slabBytes + row * rows->rowBytes + mixed * 16,
                  layout.byteOffset({{"m", row}, {"d", col}}, 2));
      }
    }
  }
}

TEST(TensorCore, CountsWavefronts) {
  for (bool swizzled : {false, true}) {
    Layout layout = *Layout::parse(
        swizzled ? "<off = [64:d, 64:m, 2:d*64], swizzle = [3, 4, 3]>"
                 : "<off = [64:d, 64:m, 2:d*64]>");
    std::vector<int64_t> matrix, pairs;
    for (int64_t lane = 0; lane < 8; ++lane) {
      matrix.push_back(layout.byteOffset({{"m", lane}, {"d", 0}}, 2));
    }
    for (int64_t lane = 0; lane < 32; ++lane) {
      pairs.push_back(
          layout.byteOffset({{"m", lane / 4}, {"d", lane % 4 * 2}}, 2));
    }
    EXPECT_EQ(wavefronts(matrix, 16), swizzled ? 1 : 8);
    EXPECT_EQ(wavefronts(pairs, 4), swizzled ? 1 : 8);
  }
}

TEST(TensorCore, CountsSectors) {
  Layout block = *Layout::parse(
      "<reg = [8:d, 4:d*1024], lane = [32:d*8], warp = [4:d*256]>");
  std::vector<int64_t> addresses;
  for (int64_t lane = 0; lane < 32; ++lane) {
    addresses.push_back(block.coordinates({0, lane, 0, 0})["d"] * 2);
  }
  EXPECT_EQ(sectors(addresses, 16), 16);
  for (int64_t &address : addresses) {
    address += 8; // misaligned
  }
  EXPECT_EQ(sectors(addresses, 16), 17);
}

} // namespace
