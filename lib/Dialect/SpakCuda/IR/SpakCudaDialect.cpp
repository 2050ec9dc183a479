// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: registration, types and attributes of spak_cuda.
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace spak::cuda;

#include "spak/Dialect/SpakCuda/IR/SpakCudaDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "spak/Dialect/SpakCuda/IR/SpakCudaAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "spak/Dialect/SpakCuda/IR/SpakCudaTypes.cpp.inc"

namespace {

/// Short names in dumps: patterns and descriptors repeat in every op.
struct SpakCudaAsmInterface : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;
  AliasResult getAlias(Attribute attr, raw_ostream &os) const final {
    if (isa<PatternAttr>(attr)) {
      os << "pattern";
      return AliasResult::OverridableAlias;
    }
    if (isa<DescAttr>(attr)) {
      os << "desc";
      return AliasResult::OverridableAlias;
    }
    return AliasResult::NoAlias;
  }
};

} // namespace

void SpakCudaDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "spak/Dialect/SpakCuda/IR/SpakCudaOps.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "spak/Dialect/SpakCuda/IR/SpakCudaTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "spak/Dialect/SpakCuda/IR/SpakCudaAttrs.cpp.inc"
      >();
  addInterfaces<SpakCudaAsmInterface>();
}

//===----------------------------------------------------------------------===//
// Pattern
//===----------------------------------------------------------------------===//

int64_t PatternAttr::size() const {
  int64_t product = 1;
  for (int64_t extent : getExtents()) {
    product *= extent;
  }
  return product;
}

int64_t PatternAttr::evaluate(int64_t index) const {
  int64_t sum = 0;
  for (auto [extent, stride] : llvm::zip(getExtents(), getStrides())) {
    sum += index % extent * stride;
    index /= extent;
  }
  return sum;
}

int64_t PatternAttr::maximum() const {
  int64_t sum = 0;
  for (auto [extent, stride] : llvm::zip(getExtents(), getStrides())) {
    sum += (extent - 1) * stride;
  }
  return sum;
}

bool PatternAttr::isIdentity() const {
  int64_t step = 1;
  for (auto [extent, stride] : llvm::zip(getExtents(), getStrides())) {
    if (extent > 1 && stride != step) {
      return false;
    }
    step *= extent;
  }
  return true;
}

Attribute PatternAttr::parse(AsmParser &parser, Type) {
  SmallVector<int64_t> extents, strides;
  auto parseDigit = [&]() -> ParseResult {
    return failure(parser.parseInteger(extents.emplace_back()) ||
                   parser.parseColon() ||
                   parser.parseInteger(strides.emplace_back()));
  };
  if (parser.parseLess() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     parseDigit) ||
      parser.parseGreater()) {
    return {};
  }
  return parser.getChecked<PatternAttr>(parser.getContext(), extents, strides);
}

void PatternAttr::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(
      llvm::zip(getExtents(), getStrides()), printer, [&](auto digit) {
        printer << std::get<0>(digit) << ":" << std::get<1>(digit);
      });
  printer << "]>";
}

LogicalResult
PatternAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                    ArrayRef<int64_t> extents, ArrayRef<int64_t> strides) {
  if (extents.size() != strides.size()) {
    return emitError() << "expected one stride per extent, got "
                       << strides.size() << " strides for " << extents.size()
                       << " extents";
  }
  for (auto [extent, stride] : llvm::zip(extents, strides)) {
    if (extent < 1 || stride < 0) {
      return emitError() << "expected an extent of at least 1 and a stride of "
                            "at least 0, got "
                         << extent << ":" << stride;
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Desc
//===----------------------------------------------------------------------===//

LogicalResult
DescAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                 int64_t lbo, int64_t sbo, int64_t swizzle, int64_t kstep,
                 int64_t kstepsPerSlab, int64_t slab, bool transposed) {
  if (swizzle != 0 && swizzle != 32 && swizzle != 64 && swizzle != 128) {
    return emitError() << "expected a swizzle of 0, 32, 64 or 128 bytes, got "
                       << swizzle;
  }
  for (int64_t bytes : {lbo, sbo, kstep, slab}) {
    if (bytes < 0 || bytes % 16 != 0) {
      return emitError()
             << "expected multiples of 16 bytes in a descriptor, got " << bytes;
    }
  }
  if (kstepsPerSlab < 1) {
    return emitError() << "expected at least 1 k-step per slab, got "
                       << kstepsPerSlab;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Frag
//===----------------------------------------------------------------------===//

Type FragType::parse(AsmParser &parser) {
  SmallVector<int64_t, 1> dims;
  Type element;
  auto location = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parser.parseDimensionList(dims, /*allowDynamic=*/false,
                                /*withTrailingX=*/true) ||
      parser.parseType(element) || parser.parseGreater()) {
    return {};
  }
  if (dims.size() != 1) {
    parser.emitError(location, "expected one register count, got ")
        << dims.size();
    return {};
  }
  return parser.getChecked<FragType>(parser.getContext(), dims[0], element);
}

void FragType::print(AsmPrinter &printer) const {
  printer << "<" << getCount() << "x" << getElementType() << ">";
}

LogicalResult
FragType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                 int64_t count, Type element) {
  if (count < 1) {
    return emitError() << "FRAG-POSITIVE: expected at least 1 register, got "
                       << count;
  }
  if (auto vector = dyn_cast<VectorType>(element)) {
    Type half = vector.getElementType();
    if (vector.getShape() == ArrayRef<int64_t>{2} &&
        (half.isBF16() || half.isF16())) {
      return success();
    }
  } else if (element.isF32() || element.isBF16() || element.isF16() ||
             element.isInteger(32) || element.isInteger(1)) {
    return success();
  }
  return emitError() << "expected f32, bf16, f16, i32, i1, vector<2xbf16> or "
                        "vector<2xf16> as register, got "
                     << element;
}
