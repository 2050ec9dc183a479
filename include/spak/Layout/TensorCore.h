// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the layouts that wgmma wants, and what a shared layout means to the
// tensor core, to TMA and to the banks. All are functions of a Layout.
// Source: PTX ISA 8.5, 9.7.15 (wgmma: register fragments, matrix descriptor,
// swizzling modes) and 5.5 (tensor maps).
#ifndef SPAK_LAYOUT_TENSORCORE_H
#define SPAK_LAYOUT_TENSORCORE_H

#include "spak/Layout/Layout.h"

namespace spak::layout {

//===----------------------------------------------------------------------===//
// Registers
//===----------------------------------------------------------------------===//

/// The accumulator of wgmma m64nN: \p columns elements of \p colAxis in each
/// of groups * 64 rows of \p rowAxis. columns % 8 == 0.
Layout wgmmaAcc(int64_t columns, int64_t groups, llvm::StringRef rowAxis,
                llvm::StringRef colAxis);

/// The A operand of wgmma in registers, 16-bit elements: \p depth elements of
/// the contracted axis. depth % 16 == 0. The same registers as wgmmaAcc.
Layout wgmmaA(int64_t depth, int64_t groups, llvm::StringRef rowAxis,
              llvm::StringRef overAxis);

//===----------------------------------------------------------------------===//
// Shared memory: [slab][row][W bytes], W the widest swizzle (128, 64 or 32
// bytes) that divides the bytes of a whole row
//===----------------------------------------------------------------------===//

/// The tile \p cols x \p rows with elements of \p elementBytes as slabs.
/// Without a swizzle (rows of 16 bytes) if no width divides a row; nothing if
/// not even 16 bytes do.
std::optional<Layout> sharedSlabs(llvm::StringRef rowAxis, int64_t rows,
                                  llvm::StringRef colAxis, int64_t cols,
                                  int64_t elementBytes);

/// The slabs that a shared layout consists of.
struct Slabs {
  std::string rowAxis; ///< empty for a vector
  std::string colAxis;
  int64_t rows = 1;
  int64_t width = 0;   ///< W in bytes
  int64_t columns = 0; ///< elements of one row of one slab
  int64_t count = 1;
  int64_t slabBytes = 0; ///< from one slab to the next
  int64_t swizzle = 0;   ///< 128, 64, 32 bytes, or 0 for none
  int64_t totalBytes() const { return slabBytes * count; }
};

/// Reads the slabs off \p layout; nothing if it does not consist of slabs.
std::optional<Slabs> slabsOf(const Layout &layout, int64_t elementBytes);

/// One TMA copy: box {columns, rows} in elements, one copy per slab.
struct TmaBox {
  int64_t columns = 0;
  int64_t rows = 1;
  int64_t copies = 1;
  int64_t bytesPerCopy = 0;
  int64_t swizzle = 0; ///< bytes; 0 for none
};
std::optional<TmaBox> tmaBox(const Layout &layout, int64_t elementBytes);

/// The constant part of a wgmma descriptor, in bytes. Step k (of 32 bytes of
/// the contracted axis) starts at
///   k / kstepsPerSlab * slab + k % kstepsPerSlab * kstep.
struct WgmmaDescriptor {
  int64_t lbo = 0;
  int64_t sbo = 0;
  int64_t swizzle = 0;
  int64_t kstep = 0;
  int64_t kstepsPerSlab = 0;
  int64_t slab = 0;
  bool transposed = false; ///< MN-major
  /// From one group's 64 rows to the next, for operand A.
  int64_t groupStride = 0;
};

/// The descriptor of an operand in \p layout whose axis \p over is contracted.
/// Nothing if the tensor core cannot read it so.
std::optional<WgmmaDescriptor> wgmmaDescriptor(const Layout &layout,
                                               llvm::StringRef over,
                                               int64_t elementBytes);

/// How stmatrix and ldmatrix find a row of 16 bytes: at
///   slab * slabBytes + row * rowBytes
///     + ((chunk ^ ((row >> rowShift) & chunkXor)) * 16).
struct MatrixRows {
  int64_t rowBytes = 0;
  int64_t rowShift = 0;
  int64_t chunkXor = 0;
  int64_t chunksPerRow = 0;
  int64_t slabBytes = 0;
};
std::optional<MatrixRows> matrixRows(const Layout &layout,
                                     int64_t elementBytes);

//===----------------------------------------------------------------------===//
// Costs, by enumeration
//===----------------------------------------------------------------------===//

/// The worst number of wavefronts of one shared access of \p width bytes per
/// lane at byte addresses \p addresses: 32 banks of 4 bytes, 128 bytes at a
/// time. 1 is free of conflicts.
int64_t wavefronts(llvm::ArrayRef<int64_t> addresses, int64_t width);

/// The number of 32-byte sectors that one global access of \p width bytes per
/// lane touches.
int64_t sectors(llvm::ArrayRef<int64_t> addresses, int64_t width);

} // namespace spak::layout

#endif // SPAK_LAYOUT_TENSORCORE_H
