// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the text and the checks of types.
#include "spak/Dialect/Spak/IR/Spak.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace spak::ir;

static ParseResult parseAxisSize(AsmParser &parser, StringAttr &axis,
                                 int64_t &size) {
  std::string name;
  if (parser.parseKeywordOrString(&name) || parser.parseEqual() ||
      parser.parseInteger(size)) {
    return failure();
  }
  axis = StringAttr::get(parser.getContext(), name);
  return success();
}

static void printAxisSize(AsmPrinter &printer, StringAttr axis, int64_t size) {
  printer.printKeywordOrString(axis.getValue());
  printer << "=" << size;
}

#define GET_TYPEDEF_CLASSES
#include "spak/Dialect/Spak/IR/SpakTypes.cpp.inc"

void SpakDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "spak/Dialect/Spak/IR/SpakTypes.cpp.inc"
      >();
}

/// Reads `a=1, b : f32`; where a size is left out it is dynamic.
static ParseResult parseAxes(AsmParser &parser, SmallVector<StringAttr> &axes,
                             SmallVector<int64_t> &shape, Type &element) {
  auto parseAxis = [&]() -> ParseResult {
    std::string name;
    if (parser.parseKeywordOrString(&name)) {
      return failure();
    }
    axes.push_back(StringAttr::get(parser.getContext(), name));
    shape.push_back(ShapedType::kDynamic);
    if (succeeded(parser.parseOptionalEqual())) {
      return parser.parseInteger(shape.back());
    }
    return success();
  };
  if (failed(parser.parseOptionalColon())) {
    if (parser.parseCommaSeparatedList(parseAxis) || parser.parseColon()) {
      return failure();
    }
  }
  return parser.parseType(element);
}

static void printAxes(AsmPrinter &printer, ArrayRef<StringAttr> axes,
                      ArrayRef<int64_t> shape, Type element) {
  llvm::interleaveComma(llvm::zip(axes, shape), printer, [&](auto axis) {
    auto [name, size] = axis;
    printer.printKeywordOrString(name.getValue());
    if (!ShapedType::isDynamic(size)) {
      printer << "=" << size;
    }
  });
  printer << (axes.empty() ? ": " : " : ") << element;
}

//===----------------------------------------------------------------------===//
// TileType
//===----------------------------------------------------------------------===//

Type TileType::parse(AsmParser &parser) {
  SmallVector<StringAttr> axes;
  SmallVector<int64_t> shape;
  Type element;
  Attribute layout;
  if (parser.parseLess() || parseAxes(parser, axes, shape, element)) {
    return {};
  }
  if (succeeded(parser.parseOptionalComma()) && parser.parseAttribute(layout)) {
    return {};
  }
  if (parser.parseGreater()) {
    return {};
  }
  return parser.getChecked<TileType>(parser.getContext(), axes, shape, element,
                                     layout);
}

void TileType::print(AsmPrinter &printer) const {
  printer << "<";
  printAxes(printer, getAxes(), getShape(), getElementType());
  if (getLayout()) {
    printer << ", " << getLayout();
  }
  printer << ">";
}

LogicalResult TileType::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<StringAttr> axes,
                               ArrayRef<int64_t> shape, Type elementType,
                               Attribute layout) {
  if (axes.size() != shape.size()) {
    return emitError() << "a tile has one size per axis, got " << axes.size()
                       << " axes and " << shape.size() << " sizes";
  }
  SmallVector<std::pair<StringRef, int64_t>> sizes;
  for (auto [axis, size] : llvm::zip(axes, shape)) {
    // TILE-AXES-UNIQUE
    StringRef name = axis.getValue();
    if (name == spak::layout::kRep || name == spak::layout::kPartial) {
      return emitError() << "`" << name
                         << "` is reserved and cannot be an axis of a tile";
    }
    if (llvm::any_of(sizes, [&](auto &other) { return other.first == name; })) {
      return emitError() << "axis `" << name << "` stands twice in a tile";
    }
    // TILE-STATIC
    if (ShapedType::isDynamic(size) || size < 1) {
      return emitError() << "axis `" << name
                         << "` of a tile needs a positive static size";
    }
    sizes.push_back({name, size});
  }
  if (!elementType.isIntOrIndexOrFloat()) {
    return emitError() << "elements of a tile are numbers, got " << elementType;
  }
  // LAYOUT-COVERS
  if (!layout) {
    return success();
  }
  auto attr = dyn_cast<LayoutAttr>(layout);
  if (!attr) {
    return emitError() << "expected a layout, got " << layout;
  }
  std::string wrong = attr.toLayout().checkCovers(sizes);
  if (!wrong.empty()) {
    return emitError() << "the layout does not fit the tile: " << wrong;
  }
  return success();
}

TileType TileType::cloneWith(std::optional<ArrayRef<int64_t>> shape,
                             Type elementType) const {
  if (shape && *shape != getShape()) {
    // Upstream never reshapes what it takes for an element-wise operand.
    return get(getContext(), getAxes(), *shape, elementType, Attribute());
  }
  return get(getContext(), getAxes(), getShape(), elementType, getLayout());
}

int64_t TileType::axisIndex(StringRef axis) const {
  for (auto [index, name] : llvm::enumerate(getAxes())) {
    if (name.getValue() == axis) {
      return index;
    }
  }
  return -1;
}

int64_t TileType::axisSize(StringRef axis) const {
  int64_t index = axisIndex(axis);
  return index < 0 ? 0 : getShape()[index];
}

TileType TileType::withElementType(Type elementType) const {
  return get(getContext(), getAxes(), getShape(), elementType, getLayout());
}

TileType TileType::withLayout(Attribute layout) const {
  return get(getContext(), getAxes(), getShape(), getElementType(), layout);
}

TileType TileType::withoutAxis(StringRef axis) const {
  SmallVector<StringAttr> axes;
  SmallVector<int64_t> shape;
  for (auto [name, size] : llvm::zip(getAxes(), getShape())) {
    if (name.getValue() != axis) {
      axes.push_back(name);
      shape.push_back(size);
    }
  }
  return get(getContext(), axes, shape, getElementType(), Attribute());
}

//===----------------------------------------------------------------------===//
// The other types
//===----------------------------------------------------------------------===//

Type ViewType::parse(AsmParser &parser) {
  SmallVector<StringAttr> axes;
  SmallVector<int64_t> shape;
  Type element;
  if (parser.parseLess() || parseAxes(parser, axes, shape, element) ||
      parser.parseGreater()) {
    return {};
  }
  return get(parser.getContext(), axes, shape, element);
}

void ViewType::print(AsmPrinter &printer) const {
  printer << "<";
  printAxes(printer, getAxes(), getShape(), getElementType());
  printer << ">";
}

Type RangeType::parse(AsmParser &parser) {
  StringAttr axis;
  int64_t size;
  if (parser.parseLess() || parseAxisSize(parser, axis, size) ||
      parser.parseGreater()) {
    return {};
  }
  return get(parser.getContext(), axis, size);
}

void RangeType::print(AsmPrinter &printer) const {
  printer << "<";
  printAxisSize(printer, getAxis(), getSize());
  printer << ">";
}

LogicalResult RingType::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<Type> tiles, int64_t slots) {
  if (slots < 1) {
    return emitError() << "a ring has 1 slot or more, got " << slots;
  }
  if (tiles.empty() || !llvm::all_of(tiles, llvm::IsaPred<TileType>)) {
    return emitError() << "a ring holds tiles";
  }
  return success();
}
