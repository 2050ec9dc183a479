// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading a distributed layout as digits, and matching two of them.
#include "RegisterMap.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace mlir;

namespace spak::conversion {

namespace {

using Coordinates = std::map<StringRef, int64_t>;

Coordinates coordinatesOf(ArrayRef<Digit> digits, int64_t index) {
  Coordinates at;
  for (const Digit &digit : digits) {
    at[digit.axis] += index % digit.extent * digit.stride;
    index /= digit.extent;
  }
  return at;
}

int64_t extentOf(ArrayRef<Digit> digits) {
  int64_t product = 1;
  for (const Digit &digit : digits) {
    product *= digit.extent;
  }
  return product;
}

/// Joins digits that continue each other and drops those of extent 1, so that
/// two spellings of one map compare equal.
SmallVector<Digit> normalized(ArrayRef<Digit> digits) {
  SmallVector<Digit> result;
  for (const Digit &digit : digits) {
    if (digit.extent == 1) {
      continue;
    }
    if (!result.empty()) {
      Digit &last = result.back();
      bool follows = last.axis == digit.axis &&
                     last.position * last.extent == digit.position &&
                     (last.replicated() || last.partial() ||
                      last.stride * last.extent == digit.stride);
      if (follows) {
        last.extent *= digit.extent;
        continue;
      }
    }
    result.push_back(digit);
  }
  return result;
}

bool sameDigits(ArrayRef<Digit> a, ArrayRef<Digit> b) {
  SmallVector<Digit> left = normalized(a), right = normalized(b);
  return llvm::equal(left, right, [](const Digit &x, const Digit &y) {
    return x.extent == y.extent && x.axis == y.axis &&
           x.position == y.position && x.stride == y.stride;
  });
}

SmallVector<Digit> onlyAxes(ArrayRef<Digit> digits,
                            llvm::function_ref<bool(StringRef)> keep) {
  SmallVector<Digit> result;
  for (const Digit &digit : digits) {
    if (keep(digit.axis)) {
      result.push_back(digit);
    }
  }
  return result;
}

} // namespace

std::optional<RegisterMap> RegisterMap::of(ir::TileType tile) {
  auto layout = dyn_cast_or_null<ir::LayoutAttr>(tile.getLayout());
  if (!layout) {
    return std::nullopt;
  }
  RegisterMap map;
  std::map<StringRef, int64_t> positions;
  for (auto [dim, extent, axis, stride] :
       llvm::zip(layout.getDims(), layout.getExtents(), layout.getAxes(),
                 layout.getStrides())) {
    StringRef where = dim.getValue();
    if (where == "off") {
      return std::nullopt;
    }
    int64_t &position = positions.try_emplace(where, 1).first->second;
    Digit digit{extent, axis.getValue(), stride, position};
    if (digit.replicated() || digit.partial()) {
      digit.stride = 0;
    }
    // A copy in another register of the same thread takes no place.
    if (where == "reg" && digit.replicated()) {
      continue;
    }
    position *= extent;
    SmallVector<Digit> &digits = where == "reg"    ? map.registers
                                 : where == "lane" ? map.lanes
                                 : where == "warp" ? map.warps
                                                   : map.groups;
    digits.push_back(digit);
  }
  return map;
}

int64_t RegisterMap::count() const { return extentOf(registers); }

int64_t RegisterMap::groupCount() const { return extentOf(groups); }

DigitPattern RegisterMap::axisPattern(StringRef axis) const {
  DigitPattern pattern;
  for (const Digit &digit : registers) {
    pattern.extents.push_back(digit.extent);
    pattern.strides.push_back(digit.axis == axis ? digit.stride : 0);
  }
  return pattern;
}

bool RegisterMap::hasAxisInThreads(StringRef axis) const {
  auto has = [&](ArrayRef<Digit> digits) {
    return llvm::any_of(digits, [&](const Digit &d) { return d.axis == axis; });
  };
  return has(lanes) || has(warps) || has(groups);
}

std::optional<DigitPattern>
RegisterMap::patternInto(const RegisterMap &source) const {
  auto inSource = [&](StringRef axis) {
    auto has = [&](ArrayRef<Digit> digits) {
      return llvm::any_of(digits,
                          [&](const Digit &d) { return d.axis == axis; });
    };
    return axis != "rep" && axis != "partial" &&
           (has(source.registers) || has(source.lanes) || has(source.warps) ||
            has(source.groups));
  };
  // The threads must agree: otherwise the element is somebody else's.
  for (auto [mine, theirs] :
       {std::pair(&lanes, &source.lanes), std::pair(&warps, &source.warps),
        std::pair(&groups, &source.groups)}) {
    if (!sameDigits(onlyAxes(*mine, inSource), onlyAxes(*theirs, inSource))) {
      return std::nullopt;
    }
  }
  std::map<Coordinates, int64_t> registerAt;
  for (int64_t r = source.count(); r-- > 0;) {
    registerAt[coordinatesOf(source.registers, r)] = r;
  }
  // Split every digit into prime ones: a linear fit then always exists if the
  // map is linear in any digits at all.
  DigitPattern pattern;
  SmallVector<Digit> mine;
  for (const Digit &digit : registers) {
    int64_t left = digit.extent, stride = digit.stride;
    for (int64_t prime = 2; left > 1; ++prime) {
      while (left % prime == 0) {
        mine.push_back({prime, digit.axis, stride, 1});
        stride *= prime;
        left /= prime;
      }
    }
  }
  auto lookUp = [&](int64_t index) -> std::optional<int64_t> {
    Coordinates at;
    for (const Digit &digit : source.registers) {
      at[digit.axis] = 0;
    }
    for (auto [axis, value] : coordinatesOf(mine, index)) {
      if (at.count(axis)) {
        at[axis] = value;
      } else if (inSource(axis) && value != 0) {
        return std::nullopt;
      }
    }
    auto found = registerAt.find(at);
    if (found == registerAt.end()) {
      return std::nullopt;
    }
    return found->second;
  };
  int64_t weight = 1;
  for (const Digit &digit : mine) {
    std::optional<int64_t> at = lookUp(weight);
    if (!at) {
      return std::nullopt;
    }
    // Join with the digit before where the strides continue.
    bool joins = !pattern.extents.empty() &&
                 pattern.strides.back() * pattern.extents.back() == *at &&
                 (*at != 0 || pattern.strides.back() == 0);
    if (joins) {
      pattern.extents.back() *= digit.extent;
    } else {
      pattern.extents.push_back(digit.extent);
      pattern.strides.push_back(*at);
    }
    weight *= digit.extent;
  }
  for (int64_t r = 0, e = count(); r < e; ++r) {
    int64_t rest = r, fitted = 0;
    for (auto [extent, stride] : llvm::zip(pattern.extents, pattern.strides)) {
      fitted += rest % extent * stride;
      rest /= extent;
    }
    if (lookUp(r) != fitted) {
      return std::nullopt;
    }
  }
  if (pattern.extents.empty()) {
    pattern.extents.push_back(1);
    pattern.strides.push_back(0);
  }
  return pattern;
}

SmallVector<int64_t> RegisterMap::laneMasks(StringRef axis) const {
  SmallVector<int64_t> masks;
  for (const Digit &digit : lanes) {
    if (digit.axis != axis) {
      continue;
    }
    for (int64_t bit = 1; bit < digit.extent; bit *= 2) {
      masks.push_back(bit * digit.position);
    }
  }
  return masks;
}

bool sameRegisters(const RegisterMap &a, const RegisterMap &b) {
  return sameDigits(a.registers, b.registers) && sameDigits(a.lanes, b.lanes) &&
         sameDigits(a.warps, b.warps) && sameDigits(a.groups, b.groups);
}

} // namespace spak::conversion
