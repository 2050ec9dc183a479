// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what wgmma, TMA and the banks make of a layout.
#include "spak/Layout/TensorCore.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <set>

using llvm::StringRef;

namespace spak::layout {

/// A step of wgmma along the contracted axis, and a chunk of a swizzle.
static constexpr int64_t kStepBytes = 32;
static constexpr int64_t kChunkBytes = 16;
/// A core matrix of the descriptor has 8 rows.
static constexpr int64_t kCoreRows = 8;
/// Rows of one warpgroup.
static constexpr int64_t kGroupRows = 64;

//===----------------------------------------------------------------------===//
// Registers
//===----------------------------------------------------------------------===//

static Layout spread(std::vector<Digit> registers, int64_t groups,
                     StringRef rowAxis, StringRef colAxis) {
  std::string row = rowAxis.str();
  llvm::erase_if(registers, [](const Digit &d) { return d.extent == 1; });
  registers.push_back({Hw::Lane, 4, colAxis.str(), 2});
  registers.push_back({Hw::Lane, 8, row, 1});
  registers.push_back({Hw::Warp, 4, row, 16});
  if (groups > 1) {
    registers.push_back({Hw::Group, groups, row, kGroupRows});
  }
  return Layout(std::move(registers));
}

Layout wgmmaAcc(int64_t columns, int64_t groups, StringRef rowAxis,
                StringRef colAxis) {
  std::string row = rowAxis.str();
  std::string col = colAxis.str();
  return spread({{Hw::Reg, 2, col, 1},
                 {Hw::Reg, 2, row, 8},
                 {Hw::Reg, columns / 8, col, 8}},
                groups, rowAxis, colAxis);
}

Layout wgmmaA(int64_t depth, int64_t groups, StringRef rowAxis,
              StringRef overAxis) {
  std::string row = rowAxis.str();
  std::string over = overAxis.str();
  return spread({{Hw::Reg, 2, over, 1},
                 {Hw::Reg, 2, row, 8},
                 {Hw::Reg, 2, over, 8},
                 {Hw::Reg, depth / 16, over, 16}},
                groups, rowAxis, overAxis);
}

//===----------------------------------------------------------------------===//
// Slabs
//===----------------------------------------------------------------------===//

std::optional<Layout> sharedSlabs(StringRef rowAxis, int64_t rows,
                                  StringRef colAxis, int64_t cols,
                                  int64_t elementBytes) {
  // Width in bytes, and the bits that its swizzle moves.
  static constexpr std::pair<int64_t, int64_t> widths[] = {
      {128, 3}, {64, 2}, {32, 1}, {kChunkBytes, 0}};
  for (auto [width, bits] : widths) {
    if (cols * elementBytes % width != 0) {
      continue;
    }
    int64_t perRow = width / elementBytes;
    std::vector<Digit> digits = {{Hw::Off, perRow, colAxis.str(), 1},
                                 {Hw::Off, rows, rowAxis.str(), 1}};
    if (cols > perRow) {
      digits.push_back({Hw::Off, cols / perRow, colAxis.str(), perRow});
    }
    if (bits == 0) {
      return Layout(std::move(digits));
    }
    return Layout(std::move(digits), Swizzle{bits, 4, 3});
  }
  return std::nullopt;
}

std::optional<Slabs> slabsOf(const Layout &layout, int64_t elementBytes) {
  llvm::SmallVector<Digit> digits;
  for (const Digit &digit : layout.digits()) {
    if (digit.dim != Hw::Off || digit.isReserved()) {
      return std::nullopt;
    }
    if (digit.extent != 1) {
      digits.push_back(digit);
    }
  }
  if (digits.empty() || digits.size() > 3 || digits[0].stride != 1) {
    return std::nullopt;
  }
  Slabs slabs;
  slabs.colAxis = digits[0].axis;
  slabs.columns = digits[0].extent;
  slabs.width = slabs.columns * elementBytes;
  size_t next = 1;
  if (next < digits.size() && digits[next].axis != slabs.colAxis) {
    if (digits[next].stride != 1) {
      return std::nullopt;
    }
    slabs.rowAxis = digits[next].axis;
    slabs.rows = digits[next].extent;
    ++next;
  }
  slabs.slabBytes = slabs.width * slabs.rows;
  if (next < digits.size()) {
    if (digits[next].axis != slabs.colAxis ||
        digits[next].stride != slabs.columns) {
      return std::nullopt;
    }
    slabs.count = digits[next].extent;
    ++next;
  }
  if (next != digits.size()) {
    return std::nullopt;
  }
  if (std::optional<Swizzle> swizzle = layout.swizzle()) {
    slabs.swizzle = kChunkBytes << swizzle->bits;
    bool fits = swizzle->base == 4 && swizzle->shift == 3 &&
                slabs.swizzle == slabs.width;
    if (!fits) {
      return std::nullopt;
    }
  }
  return slabs;
}

std::optional<TmaBox> tmaBox(const Layout &layout, int64_t elementBytes) {
  std::optional<Slabs> slabs = slabsOf(layout, elementBytes);
  if (!slabs) {
    return std::nullopt;
  }
  return TmaBox{slabs->columns, slabs->rows, slabs->count, slabs->slabBytes,
                slabs->swizzle};
}

std::optional<WgmmaDescriptor>
wgmmaDescriptor(const Layout &layout, StringRef over, int64_t elementBytes) {
  std::optional<Slabs> slabs = slabsOf(layout, elementBytes);
  bool swizzled = slabs && slabs->swizzle != 0;
  if (!slabs || slabs->rowAxis.empty() ||
      (!swizzled && slabs->width != kChunkBytes)) {
    return std::nullopt;
  }
  std::string other = over == slabs->colAxis ? slabs->rowAxis : slabs->colAxis;
  int64_t depth = layout.axisSize(over) * elementBytes;
  if ((over != slabs->colAxis && over != slabs->rowAxis) ||
      depth % kStepBytes != 0) {
    return std::nullopt;
  }
  // Unswizzled byte offset of one step along an axis.
  auto at = [&](StringRef axis, int64_t steps) {
    return layout.elementOffset({{axis.str(), steps}}) * elementBytes;
  };
  int64_t step = kStepBytes / elementBytes;
  WgmmaDescriptor desc;
  desc.swizzle = slabs->swizzle;
  desc.transposed = over != slabs->colAxis;
  desc.kstepsPerSlab = depth / kStepBytes;
  int64_t steps = desc.kstepsPerSlab;
  desc.groupStride = at(other, kGroupRows);
  if (!desc.transposed) {
    if (swizzled) {
      desc.lbo = kChunkBytes; // not read in this mode
      desc.kstep = kStepBytes;
      desc.kstepsPerSlab = slabs->width / kStepBytes;
      desc.slab = steps > desc.kstepsPerSlab ? slabs->slabBytes : 0;
      desc.kstepsPerSlab = std::min(steps, desc.kstepsPerSlab);
    } else {
      desc.lbo = slabs->slabBytes; // the next 8 along the contracted axis
      desc.kstep = at(over, step);
    }
    desc.sbo = kCoreRows * slabs->width;
    return desc;
  }
  // Only 16-bit types can be read MN-major.
  if (elementBytes != 2) {
    return std::nullopt;
  }
  desc.kstep = at(over, step);
  desc.lbo = swizzled ? slabs->slabBytes : kCoreRows * slabs->width;
  desc.sbo = swizzled ? kCoreRows * slabs->width : slabs->slabBytes;
  return desc;
}

std::optional<MatrixRows> matrixRows(const Layout &layout,
                                     int64_t elementBytes) {
  std::optional<Slabs> slabs = slabsOf(layout, elementBytes);
  if (!slabs || slabs->width % kChunkBytes != 0) {
    return std::nullopt;
  }
  MatrixRows rows;
  rows.rowBytes = slabs->width;
  rows.chunksPerRow = slabs->width / kChunkBytes;
  rows.slabBytes = slabs->slabBytes;
  // The swizzle xors chunk bits with the bits from 128 bytes on: rows of 128
  // bytes each have their own pattern, narrower ones share it.
  if (slabs->swizzle != 0) {
    rows.chunkXor = rows.chunksPerRow - 1;
    rows.rowShift = slabs->width == 128 ? 0 : slabs->width == 64 ? 1 : 2;
  }
  return rows;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

int64_t wavefronts(llvm::ArrayRef<int64_t> addresses, int64_t width) {
  int64_t lanesAtOnce = std::max<int64_t>(1, 128 / width);
  int64_t worst = 0;
  for (size_t from = 0; from < addresses.size(); from += lanesAtOnce) {
    std::map<int64_t, std::set<int64_t>> wordsOfBank;
    size_t to = std::min<size_t>(from + lanesAtOnce, addresses.size());
    for (size_t lane = from; lane < to; ++lane) {
      for (int64_t byte = 0; byte < width; byte += 4) {
        int64_t word = (addresses[lane] + byte) / 4;
        wordsOfBank[word % 32].insert(word);
      }
    }
    for (const auto &[bank, words] : wordsOfBank) {
      worst = std::max<int64_t>(worst, words.size());
    }
  }
  return worst;
}

int64_t sectors(llvm::ArrayRef<int64_t> addresses, int64_t width) {
  std::set<int64_t> touched;
  for (int64_t address : addresses) {
    for (int64_t byte = address; byte < address + width; ++byte) {
      touched.insert(byte / 32);
    }
  }
  return touched.size();
}

} // namespace spak::layout
