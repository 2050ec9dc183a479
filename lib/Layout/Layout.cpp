// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: evaluation, text and checks of layouts.
#include "spak/Layout/Layout.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

using llvm::StringRef;

namespace spak::layout {

static constexpr std::pair<Hw, llvm::StringLiteral> kNames[] = {
    {Hw::Reg, "reg"},     {Hw::Lane, "lane"}, {Hw::Warp, "warp"},
    {Hw::Group, "group"}, {Hw::Off, "off"},
};

StringRef nameOf(Hw dim) {
  for (const auto &[value, name] : kNames) {
    if (value == dim) {
      return name;
    }
  }
  llvm_unreachable("every dimension has a name");
}

std::optional<Hw> parseHw(StringRef name) {
  for (const auto &[value, text] : kNames) {
    if (text == name) {
      return value;
    }
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

namespace {

/// Reads the text of a layout from left to right.
class Reader {
public:
  explicit Reader(StringRef text) : rest(text) {}

  std::optional<Layout> read() {
    std::vector<Digit> digits;
    std::optional<Swizzle> swizzle;
    bool ok = expect("<");
    while (ok) {
      StringRef name = word();
      ok = expect("=") && expect("[");
      if (!ok) {
        break;
      }
      if (name == "swizzle") {
        swizzle.emplace();
        ok = number(swizzle->bits) && expect(",") && number(swizzle->base) &&
             expect(",") && number(swizzle->shift);
      } else {
        std::optional<Hw> dim = parseHw(name);
        if (!dim) {
          error = ("expected reg, lane, warp, group, off or swizzle, got `" +
                   name + "`")
                      .str();
          return std::nullopt;
        }
        ok = readDigits(*dim, digits);
      }
      ok = ok && expect("]");
      if (!ok || !skip(",")) {
        break;
      }
    }
    if (!ok || !expect(">")) {
      return std::nullopt;
    }
    return Layout(std::move(digits), swizzle);
  }

  std::string error;

private:
  bool readDigits(Hw dim, std::vector<Digit> &digits) {
    do {
      Digit digit;
      digit.dim = dim;
      if (!number(digit.extent) || !expect(":")) {
        return false;
      }
      digit.axis = word().str();
      if (digit.axis.empty()) {
        error = "expected the name of an axis";
        return false;
      }
      digit.stride = digit.isReserved() ? 0 : 1;
      if (skip("*") && !number(digit.stride)) {
        return false;
      }
      digits.push_back(digit);
    } while (skip(","));
    return true;
  }

  StringRef word() {
    rest = rest.ltrim();
    StringRef found =
        rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    rest = rest.drop_front(found.size());
    return found;
  }
  bool number(int64_t &value) {
    rest = rest.ltrim();
    if (rest.consumeInteger(10, value)) {
      error = "expected a number";
      return false;
    }
    return true;
  }
  bool skip(StringRef text) {
    rest = rest.ltrim();
    return rest.consume_front(text);
  }
  bool expect(StringRef text) {
    if (skip(text)) {
      return true;
    }
    error = ("expected `" + text + "`").str();
    return false;
  }

  StringRef rest;
};

} // namespace

std::optional<Layout> Layout::parse(StringRef text, std::string *error) {
  Reader reader(text);
  std::optional<Layout> layout = reader.read();
  if (!layout && error) {
    *error = reader.error;
  }
  return layout;
}

std::string Layout::str() const {
  std::string text = "<";
  const Digit *previous = nullptr;
  for (const Digit &digit : list) {
    if (!previous || previous->dim != digit.dim) {
      text += previous ? "], " : "";
      text += (nameOf(digit.dim) + " = [").str();
    } else {
      text += ", ";
    }
    text += llvm::itostr(digit.extent) + ":" + digit.axis;
    if (!digit.isReserved() && digit.stride != 1) {
      text += "*" + llvm::itostr(digit.stride);
    }
    previous = &digit;
  }
  text += previous ? "]" : "";
  if (xorBits) {
    text += (llvm::Twine(previous ? ", " : "") + "swizzle = [" +
             llvm::Twine(xorBits->bits) + ", " + llvm::Twine(xorBits->base) +
             ", " + llvm::Twine(xorBits->shift) + "]")
                .str();
  }
  return text + ">";
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

bool Layout::isShared() const {
  return llvm::any_of(list,
                      [](const Digit &digit) { return digit.dim == Hw::Off; });
}

bool Layout::hasPartial() const {
  return llvm::any_of(
      list, [](const Digit &digit) { return digit.axis == kPartial; });
}

llvm::SmallVector<std::string> Layout::axes() const {
  llvm::SmallVector<std::string> found;
  for (const Digit &digit : list) {
    if (!digit.isReserved() && !llvm::is_contained(found, digit.axis)) {
      found.push_back(digit.axis);
    }
  }
  return found;
}

int64_t Layout::size(Hw dim) const {
  int64_t product = 1;
  for (const Digit &digit : list) {
    product *= digit.dim == dim ? digit.extent : 1;
  }
  return product;
}

int64_t Layout::axisSize(StringRef axis) const {
  int64_t product = 1;
  for (const Digit &digit : list) {
    product *= digit.axis == axis ? digit.extent : 1;
  }
  return product;
}

int64_t Layout::threads() const {
  return size(Hw::Lane) * size(Hw::Warp) * size(Hw::Group);
}

Coordinates Layout::coordinates(const HwIndex &index) const {
  std::map<Hw, int64_t> left = {{Hw::Reg, index.reg},
                                {Hw::Lane, index.lane},
                                {Hw::Warp, index.warp},
                                {Hw::Group, index.group}};
  Coordinates at;
  for (const Digit &digit : list) {
    int64_t &rest = left[digit.dim];
    if (!digit.isReserved()) {
      at[digit.axis] += rest % digit.extent * digit.stride;
    }
    rest /= digit.extent;
  }
  return at;
}

int64_t Layout::elementOffset(const Coordinates &at) const {
  int64_t offset = 0;
  int64_t place = 1;
  for (const Digit &digit : list) {
    auto found = at.find(digit.axis);
    if (found != at.end() && digit.stride > 0) {
      offset += found->second / digit.stride % digit.extent * place;
    }
    place *= digit.extent;
  }
  return offset;
}

int64_t Layout::byteOffset(const Coordinates &at, int64_t elementBytes) const {
  int64_t offset = elementOffset(at) * elementBytes;
  if (xorBits) {
    int64_t mask = (int64_t(1) << xorBits->bits) - 1;
    offset ^= ((offset >> (xorBits->base + xorBits->shift)) & mask)
              << xorBits->base;
  }
  return offset;
}

//===----------------------------------------------------------------------===//
// Checks and derived layouts
//===----------------------------------------------------------------------===//

/// The digits of one axis must be a mixed radix: sorted by stride, each
/// stride is the product of the extents before it.
static std::string checkAxis(llvm::ArrayRef<Digit> digits, StringRef axis,
                             int64_t size) {
  llvm::SmallVector<std::pair<int64_t, int64_t>> found;
  for (const Digit &digit : digits) {
    if (digit.axis == axis && digit.extent != 1) {
      found.push_back({digit.stride, digit.extent});
    }
  }
  llvm::sort(found);
  int64_t next = 1;
  for (auto [stride, extent] : found) {
    if (stride != next) {
      return ("the digits of axis `" + axis + "` leave coordinate " +
              llvm::Twine(std::min(next, stride)) + " in " +
              (stride > next ? "no" : "more than one") + " place")
          .str();
    }
    next *= extent;
  }
  if (next != size) {
    return ("axis `" + axis + "` has " + llvm::Twine(size) +
            " coordinates, the layout places " + llvm::Twine(next))
        .str();
  }
  return {};
}

std::string
Layout::checkCovers(llvm::ArrayRef<std::pair<StringRef, int64_t>> axes) const {
  bool shared = isShared();
  for (const Digit &digit : list) {
    if (digit.extent < 1 || digit.stride < 0) {
      return "extents and strides are positive";
    }
    if (shared != (digit.dim == Hw::Off)) {
      return "`off` stands alone, without dimensions of threads";
    }
    if (!digit.isReserved() && llvm::none_of(axes, [&](const auto &axis) {
          return axis.first == digit.axis;
        })) {
      return "axis `" + digit.axis + "` of the layout is not in the tile";
    }
  }
  if (xorBits && !shared) {
    return "only a layout in shared memory has a swizzle";
  }
  if (xorBits && (xorBits->bits < 0 || xorBits->base < 0 ||
                  xorBits->shift < xorBits->bits)) {
    return "a swizzle [B, M, S] has S >= B, so that it is its own inverse";
  }
  for (auto [axis, size] : axes) {
    std::string wrong = checkAxis(list, axis, size);
    if (!wrong.empty()) {
      return wrong;
    }
  }
  return {};
}

bool Layout::sameRegisters(const Layout &other) const {
  for (Hw dim : {Hw::Reg, Hw::Lane, Hw::Warp, Hw::Group}) {
    if (size(dim) != other.size(dim)) {
      return false;
    }
  }
  // Dimensions are independent, so walking each alone is enough.
  auto agree = [&](Hw dim, auto makeIndex) {
    for (int64_t i = 0; i < size(dim); ++i) {
      Coordinates a = coordinates(makeIndex(i));
      Coordinates b = other.coordinates(makeIndex(i));
      if (a != b) {
        return false;
      }
    }
    return true;
  };
  return agree(Hw::Reg, [](int64_t i) { return HwIndex{i, 0, 0, 0}; }) &&
         agree(Hw::Lane, [](int64_t i) { return HwIndex{0, i, 0, 0}; }) &&
         agree(Hw::Warp, [](int64_t i) { return HwIndex{0, 0, i, 0}; }) &&
         agree(Hw::Group, [](int64_t i) { return HwIndex{0, 0, 0, i}; });
}

Layout Layout::dropAxis(StringRef axis, StringRef reserved) const {
  std::vector<Digit> kept;
  for (Digit digit : list) {
    if (digit.axis == axis) {
      if (digit.dim == Hw::Reg) {
        continue;
      }
      digit.axis = reserved.str();
      digit.stride = 0;
    }
    kept.push_back(digit);
  }
  return Layout(std::move(kept), xorBits);
}

Layout Layout::combined() const {
  std::vector<Digit> digits = list;
  for (Digit &digit : digits) {
    if (digit.axis == kPartial) {
      digit.axis = kRep.str();
    }
  }
  return Layout(std::move(digits), xorBits);
}

} // namespace spak::layout
