// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the text, the checks and the arithmetic face of attributes.
#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace spak::ir;
namespace layout = spak::layout;

#define GET_ATTRDEF_CLASSES
#include "spak/Dialect/Spak/IR/SpakAttrs.cpp.inc"

void SpakDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "spak/Dialect/Spak/IR/SpakAttrs.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// LayoutAttr
//===----------------------------------------------------------------------===//

namespace {

struct LayoutParts {
  SmallVector<StringAttr> dims, axes;
  SmallVector<int64_t> extents, strides, swizzle;
};

} // namespace

static ParseResult parseDigit(AsmParser &parser, StringAttr dim,
                              LayoutParts &parts) {
  int64_t extent;
  std::string axis;
  if (parser.parseInteger(extent) || parser.parseColon() ||
      parser.parseKeywordOrString(&axis)) {
    return failure();
  }
  bool reserved = axis == layout::kRep || axis == layout::kPartial;
  int64_t stride = reserved ? 0 : 1;
  if (succeeded(parser.parseOptionalStar()) && parser.parseInteger(stride)) {
    return failure();
  }
  parts.dims.push_back(dim);
  parts.extents.push_back(extent);
  parts.axes.push_back(StringAttr::get(parser.getContext(), axis));
  parts.strides.push_back(stride);
  return success();
}

Attribute LayoutAttr::parse(AsmParser &parser, Type) {
  LayoutParts parts;
  auto parseDim = [&]() -> ParseResult {
    StringRef name;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&name) || parser.parseEqual()) {
      return failure();
    }
    if (name == "swizzle") {
      return parser.parseCommaSeparatedList(
          AsmParser::Delimiter::Square, [&]() -> ParseResult {
            return parser.parseInteger(parts.swizzle.emplace_back());
          });
    }
    if (!layout::parseHw(name)) {
      return parser.emitError(loc, "expected reg, lane, warp, group, off or "
                                   "swizzle, got `")
             << name << "`";
    }
    auto dim = StringAttr::get(parser.getContext(), name);
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
      return parseDigit(parser, dim, parts);
    });
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater,
                                     parseDim)) {
    return {};
  }
  return parser.getChecked<LayoutAttr>(parser.getContext(), parts.dims,
                                       parts.extents, parts.axes, parts.strides,
                                       parts.swizzle);
}

void LayoutAttr::print(AsmPrinter &printer) const {
  printer << toLayout().str();
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<StringAttr> dims,
                                 ArrayRef<int64_t> extents,
                                 ArrayRef<StringAttr> axes,
                                 ArrayRef<int64_t> strides,
                                 ArrayRef<int64_t> swizzle) {
  if (dims.size() != extents.size() || dims.size() != axes.size() ||
      dims.size() != strides.size()) {
    return emitError() << "a layout has a dimension, an extent, an axis and a "
                          "stride for each digit";
  }
  if (!swizzle.empty() && swizzle.size() != 3) {
    return emitError() << "expected 3 numbers in a swizzle, got "
                       << swizzle.size();
  }
  int last = 0;
  for (auto [dim, extent, stride] : llvm::zip(dims, extents, strides)) {
    std::optional<layout::Hw> hw = layout::parseHw(dim);
    if (!hw || static_cast<int>(*hw) < last) {
      return emitError() << "the digits of a layout stand in the order reg, "
                            "lane, warp, group, off";
    }
    last = static_cast<int>(*hw);
    if (extent < 1 || stride < 0) {
      return emitError() << "extents and strides of a layout are positive, got "
                         << extent << " and " << stride;
    }
  }
  return success();
}

bool LayoutAttr::isShared() const {
  return llvm::any_of(getDims(),
                      [](StringAttr dim) { return dim.getValue() == "off"; });
}

bool LayoutAttr::hasPartial() const {
  return llvm::any_of(getAxes(), [](StringAttr axis) {
    return axis.getValue() == layout::kPartial;
  });
}

spak::layout::Layout LayoutAttr::toLayout() const {
  std::vector<layout::Digit> digits;
  for (auto [dim, extent, axis, stride] :
       llvm::zip(getDims(), getExtents(), getAxes(), getStrides())) {
    digits.push_back(
        {*layout::parseHw(dim), extent, axis.getValue().str(), stride});
  }
  std::optional<layout::Swizzle> swizzle;
  if (!getSwizzle().empty()) {
    swizzle =
        layout::Swizzle{getSwizzle()[0], getSwizzle()[1], getSwizzle()[2]};
  }
  return layout::Layout(std::move(digits), swizzle);
}

LayoutAttr LayoutAttr::fromLayout(MLIRContext *context,
                                  const layout::Layout &from) {
  LayoutParts parts;
  for (const layout::Digit &digit : from.digits()) {
    parts.dims.push_back(StringAttr::get(context, nameOf(digit.dim)));
    parts.extents.push_back(digit.extent);
    parts.axes.push_back(StringAttr::get(context, digit.axis));
    parts.strides.push_back(digit.stride);
  }
  if (std::optional<layout::Swizzle> swizzle = from.swizzle()) {
    parts.swizzle = {swizzle->bits, swizzle->base, swizzle->shift};
  }
  return LayoutAttr::get(context, parts.dims, parts.extents, parts.axes,
                         parts.strides, parts.swizzle);
}

//===----------------------------------------------------------------------===//
// The other attributes
//===----------------------------------------------------------------------===//

LogicalResult StagingAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  StringRef via, int64_t slots,
                                  int64_t multicast) {
  if (via != "tma" && via != "cp_async" && via != "direct") {
    return emitError() << "expected \"tma\", \"cp_async\" or \"direct\", got \""
                       << via << "\"";
  }
  bool direct = via == "direct";
  if (direct ? slots != 0 : slots < 1) {
    return emitError() << "staging \"" << via << "\" has "
                       << (direct ? "0 slots" : "1 slot or more") << ", got "
                       << slots;
  }
  if (multicast < 1 || (multicast > 1 && via != "tma")) {
    return emitError() << "expected a multicast to 1 block or more, by \"tma\" "
                          "if to more than 1, got "
                       << multicast << " by \"" << via << "\"";
  }
  return success();
}

LogicalResult OrderAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringRef schedule, ArrayAttr fastest,
                                DictionaryAttr params) {
  if (!isSchedule(schedule)) {
    return emitError() << "expected \"one_per_cta\", \"persistent_static\", "
                          "\"persistent_snake\", \"persistent_paired\" or "
                          "\"persistent_dynamic\", got \""
                       << schedule << "\"";
  }
  if (!llvm::all_of(fastest, llvm::IsaPred<StringAttr>)) {
    return emitError() << "the variables of an order are names, got "
                       << fastest;
  }
  return success();
}
