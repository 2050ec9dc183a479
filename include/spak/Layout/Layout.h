// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the arithmetic of layouts, registers and shared memory alike.
// Must not know MLIR, nor any kernel.
#ifndef SPAK_LAYOUT_LAYOUT_H
#define SPAK_LAYOUT_LAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace spak::layout {

/// Where an index of the hardware counts: registers of a thread, lanes of a
/// warp, warps of a group, groups of a role; or elements of a shared buffer.
enum class Hw { Reg, Lane, Warp, Group, Off };

/// "reg", "lane", "warp", "group", "off", and back.
llvm::StringRef nameOf(Hw dim);
std::optional<Hw> parseHw(llvm::StringRef name);

/// Along these two axes no element lies: all indices of a `rep` digit hold the
/// same value, those of a `partial` digit hold values still to be combined.
inline constexpr llvm::StringLiteral kRep = "rep";
inline constexpr llvm::StringLiteral kPartial = "partial";

//===----------------------------------------------------------------------===//
// A layout says where each element of a tile lives. It is a list of *digits*
// per hardware dimension. A hardware index is split into digits, fastest
// first, by their extents (a mixed radix, so 22 is as good as 32); each digit
// moves the element along one axis of the tile by `stride`. An element's
// coordinate on an axis is the sum over the digits of that axis.
//
//   law:  coordinate[a] = sum of digit * stride over the digits with axis a
//   law:  the strides of the digits of one axis, sorted, are 1, e0, e0*e1, ...
//         so each coordinate has exactly one place per value of `rep`
//
// Worked example, a 16x8 accumulator over 32 lanes, 4 registers each:
//
//   <reg = [2:n, 2:m*8], lane = [4:n*2, 8:m]>
//
//   register 3, lane 5:   3 = 1 + 2*1 -> n += 1, m += 8
//                         5 = 1 + 4*1 -> n += 2, m += 1     element (m=9, n=3)
//
//            n=0 1   2 3   4 5   6 7
//     m=0    L0    | L1  | L2  | L3      registers 0 1 of each lane
//     m=1    L4    | L5  | ...
//     ...
//     m=8    L0    | L1  | ...           registers 2 3
//
// In shared memory the one dimension is `off`, the place in elements; a
// swizzle [B, M, S] then xors B bits of the *byte* offset, from bit M + S
// into bit M:  physical = o ^ (((o >> (M + S)) & (2^B - 1)) << M).
//
//   <off = [64:d, 128:n, 2:d*64], swizzle = [3, 4, 3]>
//
// is two slabs of 128 rows of 64 elements (128 bytes of a 16-bit type). The
// same layout is K-major or MN-major for the tensor core according to which
// axis a product contracts; nothing is ever transposed.
//===----------------------------------------------------------------------===//

/// One digit of a hardware index.
struct Digit {
  Hw dim = Hw::Reg;
  int64_t extent = 1;
  std::string axis;
  int64_t stride = 1; ///< elements along the axis; 0 on a reserved axis

  bool isReserved() const { return axis == kRep || axis == kPartial; }
  bool operator==(const Digit &other) const {
    return dim == other.dim && extent == other.extent && axis == other.axis &&
           stride == other.stride;
  }
};

/// See above; bits, bits and bits.
struct Swizzle {
  int64_t bits = 0;
  int64_t base = 0;
  int64_t shift = 0;
  bool operator==(const Swizzle &other) const {
    return bits == other.bits && base == other.base && shift == other.shift;
  }
};

/// A thread's register: the indices that distribute a tile.
struct HwIndex {
  int64_t reg = 0;
  int64_t lane = 0;
  int64_t warp = 0;
  int64_t group = 0;
};

/// Axis to coordinate, in elements. An axis that is not there is at 0.
using Coordinates = std::map<std::string, int64_t>;

class Layout {
public:
  Layout() = default;
  explicit Layout(std::vector<Digit> digits,
                  std::optional<Swizzle> swizzle = std::nullopt)
      : list(std::move(digits)), xorBits(swizzle) {}

  /// Reads `<reg = [2:n, 2:m*8], lane = [4:n*2, 8:m]>`. Errors: nothing, and
  /// \p error (if given) says what was expected.
  static std::optional<Layout> parse(llvm::StringRef text,
                                     std::string *error = nullptr);
  /// The text that parse() reads.
  std::string str() const;

  llvm::ArrayRef<Digit> digits() const { return list; }
  std::optional<Swizzle> swizzle() const { return xorBits; }

  /// True if the tile lies in shared memory.
  bool isShared() const;
  /// True if values are still to be combined.
  bool hasPartial() const;
  /// The axes of elements, in the order of their first digit.
  llvm::SmallVector<std::string> axes() const;
  /// How many indices \p dim has; 1 if it has no digit.
  int64_t size(Hw dim) const;
  /// How many coordinates \p axis has; 1 if it has no digit.
  int64_t axisSize(llvm::StringRef axis) const;
  /// Registers of one thread, of the tile's element type.
  int64_t registers() const { return size(Hw::Reg); }
  /// Threads over which the tile is spread.
  int64_t threads() const;

  /// The element that \p index holds.
  Coordinates coordinates(const HwIndex &index) const;
  /// The place of an element in the buffer, in elements, not swizzled.
  int64_t elementOffset(const Coordinates &at) const;
  /// The place of an element in the buffer, in bytes, swizzled.
  int64_t byteOffset(const Coordinates &at, int64_t elementBytes) const;

  /// Rule LAYOUT-COVERS for a tile with \p axes (name and size): empty if
  /// each element has its place, else what is wrong.
  std::string
  checkCovers(llvm::ArrayRef<std::pair<llvm::StringRef, int64_t>> axes) const;

  /// Whether both put each element into the same register of the same thread.
  bool sameRegisters(const Layout &other) const;

  /// The layout of a tile that has lost \p axis: its digits in registers are
  /// gone, those in threads become \p reserved (kRep or kPartial). Drop the
  /// columns of an accumulator for a vector of rows, its rows for one of
  /// columns.
  Layout dropAxis(llvm::StringRef axis, llvm::StringRef reserved) const;

  /// Each `partial` as `rep`: the layout after combining.
  Layout combined() const;

  bool operator==(const Layout &other) const {
    return list == other.list && xorBits == other.xorBits;
  }

private:
  std::vector<Digit> list; ///< in the order of Hw, fastest first
  std::optional<Swizzle> xorBits;
};

} // namespace spak::layout

#endif // SPAK_LAYOUT_LAYOUT_H
