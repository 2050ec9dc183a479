// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what an op may look like by itself. What holds between ops (in-flight
// use, uniformity, barrier ids) is check-cuda's.
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace spak::cuda;

/// The registers that \p pattern covers must be exactly \p count, and its
/// values stay below \p limit (negative: no limit).
static LogicalResult checkPattern(Operation *op, Attribute attr, int64_t count,
                                  int64_t limit) {
  if (isa<UnitAttr>(attr)) {
    if (limit >= 0 && limit != count) {
      return op->emitOpError("MAP-PATTERNS: `unit` needs ")
             << count << " registers, got " << limit;
    }
    return success();
  }
  auto pattern = dyn_cast<PatternAttr>(attr);
  if (!pattern) {
    return op->emitOpError("MAP-PATTERNS: expected `unit` or a pattern, got ")
           << attr;
  }
  if (pattern.size() != count) {
    return op->emitOpError("MAP-PATTERNS: the pattern covers ")
           << pattern.size() << " registers, expected " << count;
  }
  if (limit >= 0 && pattern.maximum() >= limit) {
    return op->emitOpError("MAP-PATTERNS: the pattern reaches register ")
           << pattern.maximum() << " of an operand with " << limit;
  }
  return success();
}

LogicalResult RolesOp::verifyRegions() {
  for (Operation &op : getBody().front()) {
    if (!isa<RoleOp>(op)) {
      return emitOpError("ROLE-ONLY-ROLES: expected only roles inside, got `")
             << op.getName() << "`";
    }
  }
  return success();
}

LogicalResult RoleOp::verify() {
  if (getFirstWarp() % 4 != 0 || getWarps() % 4 != 0 || getWarps() < 4) {
    return emitOpError("ROLE-MAXNREG: expected whole warpgroups (4 warps), got "
                       "warps ")
           << getFirstWarp() << " for " << getWarps();
  }
  if (auto registers = getMaxnreg()) {
    if (*registers % 8 != 0 || *registers < 24 || *registers > 256) {
      return emitOpError("ROLE-MAXNREG: expected a multiple of 8 from 24 to "
                         "256, got ")
             << *registers;
    }
  }
  return success();
}

LogicalResult StopUnlessOp::verify() {
  if (!isa<scf::ForOp>((*this)->getParentOp())) {
    return emitOpError("expected a loop around it, got ")
           << (*this)->getParentOp()->getName();
  }
  for (Operation *op = (*this)->getPrevNode(); op; op = op->getPrevNode()) {
    if (!isMemoryEffectFree(op)) {
      return emitOpError("stands behind ")
             << op->getName() << ", which has an effect";
    }
  }
  return success();
}

LogicalResult SharedOp::verify() {
  if (getOffset() && *getOffset() % getAlign() != 0) {
    return emitOpError("SMEM-ALIGN: offset ")
           << *getOffset() << " is not a multiple of " << getAlign()
           << " bytes";
  }
  return success();
}

static LogicalResult verifyCoords(Operation *op, size_t rank) {
  if (rank < 1 || rank > 5) {
    return op->emitOpError("expected 1 to 5 coordinates, got ") << rank;
  }
  return success();
}

LogicalResult TmaLoadOp::verify() {
  return verifyCoords(*this, getCoords().size());
}

LogicalResult TmaStoreOp::verify() {
  return verifyCoords(*this, getCoords().size());
}

/// What is moved matrix by matrix: packed registers, rows of \p width bytes.
static LogicalResult verifySlab(Operation *op, FragType frag, int64_t width) {
  if (!frag.isPacked()) {
    return op->emitOpError("expected packed registers, got ") << frag;
  }
  if (width != 32 && width != 64 && width != 128) {
    return op->emitOpError("expected a width of 32, 64 or 128 bytes, got ")
           << width;
  }
  return success();
}

LogicalResult StMatrixOp::verify() {
  FragType frag = getFrag().getType();
  int64_t width = getWidth();
  if (failed(verifySlab(*this, frag, width))) {
    return failure();
  }
  int64_t end = static_cast<int64_t>(getFirst()) + width / 8;
  if (end > frag.getCount()) {
    return emitOpError("needs registers ")
           << getFirst() << " to " << end - 1 << " of " << frag.getCount();
  }
  return success();
}

LogicalResult LdMatrixOp::verify() {
  FragType frag = getResult().getType();
  SmemType smem = getSrc().getType();
  int64_t width = getWidth();
  if (failed(verifySlab(*this, frag, width))) {
    return failure();
  }
  int64_t registers = width / 8, slab = getSlab();
  int64_t slabs = frag.getCount() / registers;
  if (frag.getCount() % registers != 0 || slab < 64 * width ||
      (slabs - 1) * slab + 64 * width > smem.getBytes()) {
    return emitOpError("expected registers of whole slabs of 64 rows of ")
           << width << " bytes in " << smem.getBytes() << ", " << slab
           << " apart, got " << frag.getCount();
  }
  return success();
}

static LogicalResult verifyAccess(Operation *op, FragType frag,
                                  GlobalType global, ArrayAttr patterns,
                                  size_t coords, size_t strides, size_t limits,
                                  int64_t vec) {
  Type element = frag.getElementType();
  int64_t count = frag.getCount();
  if (auto pair = dyn_cast<VectorType>(element); pair && isa<StoreFragOp>(op)) {
    element = pair.getElementType();
    count *= pair.getNumElements();
  }
  if (element != global.getElementType()) {
    return op->emitOpError("expected registers of ")
           << global.getElementType() << ", got " << frag.getElementType();
  }
  if (patterns.size() != coords || strides != coords || limits != coords) {
    return op->emitOpError(
               "expected one pattern, stride and limit for each of ")
           << coords << " coordinates, got " << patterns.size() << ", "
           << strides << " and " << limits;
  }
  if (vec != 1 && vec != 2 && vec != 4) {
    return op->emitOpError("expected a vector of 1, 2 or 4 registers, got ")
           << vec;
  }
  for (Attribute pattern : patterns) {
    if (failed(checkPattern(op, pattern, count, -1))) {
      return failure();
    }
  }
  return success();
}

LogicalResult LoadFragOp::verify() {
  return verifyAccess(*this, getResult().getType(), getSrc().getType(),
                      getPatterns(), getCoords().size(), getStrides().size(),
                      getLimits().size(), getVec());
}

LogicalResult StoreFragOp::verify() {
  return verifyAccess(*this, getFrag().getType(), getDst().getType(),
                      getPatterns(), getCoords().size(), getStrides().size(),
                      getLimits().size(), getVec());
}

LogicalResult FragFillOp::verify() {
  FragType type = getResult().getType();
  if (type.isPacked() || getValue().getType() != type.getElementType()) {
    return emitOpError("expected a value of the register's scalar type, got ")
           << getValue().getType() << " for " << type;
  }
  return success();
}

LogicalResult FragGetOp::verify() {
  FragType type = getFrag().getType();
  if (type.getElementType() != getResult().getType()) {
    return emitOpError("expected a result of ")
           << type.getElementType() << ", got " << getResult().getType();
  }
  if (getIndex() < 0 || getIndex() >= static_cast<uint64_t>(type.getCount())) {
    return emitOpError("expected a register below ")
           << type.getCount() << ", got " << getIndex();
  }
  return success();
}

/// ONLY-DIGIT: \p only names one digit of the index of \p count registers.
static LogicalResult
checkOnly(Operation *op, std::optional<ArrayRef<int64_t>> only, int64_t count) {
  if (!only) {
    return success();
  }
  bool three = only->size() == 3 || only->size() == 4;
  int64_t values = only->size() == 4 ? (*only)[3] : 1;
  bool fits = three && (*only)[0] > 0 && (*only)[1] > 0 && (*only)[2] >= 0 &&
              values > 0 && (*only)[2] + values <= (*only)[1] &&
              count % ((*only)[0] * (*only)[1]) == 0 &&
              (values == 1 || count == (*only)[0] * (*only)[1]);
  if (!fits) {
    return op->emitOpError("ONLY-DIGIT: expected `only` to be a position, an "
                           "extent and a value, or the first value and the "
                           "number of values, of a digit of ")
           << count << " registers";
  }
  return success();
}

LogicalResult MapOp::verify() {
  FragType type = getResult().getType();
  int64_t count = type.getCount();
  if (failed(checkOnly(*this, getOnly(), count))) {
    return failure();
  }
  if (getOnly() && !getInPlace()) {
    return emitOpError("ONLY-DIGIT: writes some registers only, so it must "
                       "have `in_place`");
  }
  if (ArrayAttr fours = getFoursAttr()) {
    auto tanh = getBody().front().getOps<math::TanhOp>();
    if (count % 4 != 0 || fours.size() != 2 || getOnly() ||
        !llvm::hasSingleElement(tanh)) {
      return emitOpError("MAP-FOURS: expected two patterns, a multiple of 4 "
                         "registers and one tanh, got ")
             << fours << " for " << count << " registers";
    }
    if (failed(checkPattern(*this, fours[0], count / 4, count)) ||
        failed(checkPattern(*this, fours[1], 4, count))) {
      return failure();
    }
  }
  if (getPatterns().size() != getInputs().size()) {
    return emitOpError("MAP-PATTERNS: expected one pattern per input, got ")
           << getPatterns().size() << " for " << getInputs().size();
  }
  Block &block = getBody().front();
  if (block.getNumArguments() != getInputs().size() + getCoords().size()) {
    return emitOpError("expected ")
           << getInputs().size() + getCoords().size()
           << " block arguments, got " << block.getNumArguments();
  }
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    auto frag = cast<FragType>(input.getType());
    if (failed(checkPattern(*this, getPatterns()[i], count, frag.getCount()))) {
      return failure();
    }
    if (block.getArgument(i).getType() != frag.getElementType()) {
      return emitOpError("expected block argument ")
             << i << " of type " << frag.getElementType();
    }
  }
  for (Attribute coord : getCoords()) {
    if (failed(checkPattern(*this, coord, count, -1))) {
      return failure();
    }
  }
  if (auto inPlace = getInPlace()) {
    if (*inPlace >= getInputs().size() ||
        getInputs()[*inPlace].getType() != type ||
        !isa<UnitAttr>(getPatterns()[*inPlace])) {
      return emitOpError("MAP-IN-PLACE-TYPE: input ")
             << *inPlace << " must exist, have the result's type and pattern "
             << "`unit`";
    }
  }
  auto yield = cast<YieldOp>(block.getTerminator());
  if (yield.getValues().size() != 1 ||
      yield.getValues().front().getType() != type.getElementType()) {
    return emitOpError("must yield one ") << type.getElementType();
  }
  return success();
}

static LogicalResult verifyKind(Operation *op, StringRef kind) {
  if (kind != "max" && kind != "min" && kind != "add") {
    return op->emitOpError("expected \"max\", \"min\" or \"add\", got \"")
           << kind << "\"";
  }
  return success();
}

LogicalResult RowReduceOp::verify() {
  FragType type = getResult().getType();
  if (getStart() && getStart().getType() != type) {
    return emitOpError("expected a start of type ")
           << type << ", got " << getStart().getType();
  }
  if (getFrag().getType().getElementType() != type.getElementType()) {
    return emitOpError("expected registers of ") << type.getElementType();
  }
  if (failed(verifyKind(*this, getKind())) ||
      failed(checkOnly(*this, getOnly(), getFrag().getType().getCount()))) {
    return failure();
  }
  if (getOnly() && !getStart()) {
    return emitOpError("ONLY-DIGIT: combines some registers only, so it must "
                       "have a start");
  }
  return checkPattern(*this, getRowsAttr(), getFrag().getType().getCount(),
                      type.getCount());
}

LogicalResult LaneReduceOp::verify() {
  for (int64_t mask : getXorMasks()) {
    if (mask < 1 || mask > 31) {
      return emitOpError("expected lane masks from 1 to 31, got ") << mask;
    }
  }
  return verifyKind(*this, getKind());
}

LogicalResult PackOp::verify() {
  FragType from = getFrag().getType(), to = getResult().getType();
  if (!from.getElementType().isF32() || !to.isPacked() ||
      from.getCount() != 2 * to.getCount()) {
    return emitOpError("expected 2N registers of f32 to N packed ones, got ")
           << from << " to " << to;
  }
  if (getInto() && getInto().getType() != to) {
    return emitOpError("expected to write into ") << to;
  }
  return checkOnly(*this, getOnly(), to.getCount());
}

LogicalResult UnpackOp::verify() {
  FragType from = getFrag().getType(), to = getResult().getType();
  if (!to.getElementType().isF32() || !from.isPacked() ||
      to.getCount() != 2 * from.getCount()) {
    return emitOpError("expected N packed registers to 2N of f32, got ")
           << from << " to " << to;
  }
  return success();
}

/// WGMMA-SHAPE for what both forms share.
static LogicalResult verifyWgmma(Operation *op, FragType result, Value acc,
                                 SmemType b, int64_t n, int64_t k) {
  if (acc && acc.getType() != result) {
    return op->emitOpError("expected an accumulator of ") << result;
  }
  if (n % 8 != 0 || n < 8 || n > 256 || k % 16 != 0 || k < 16) {
    return op->emitOpError("WGMMA-SHAPE: expected n in 8, 16, ..., 256 and k a "
                           "multiple of 16, got n ")
           << n << " and k " << k;
  }
  if (!result.getElementType().isF32() || result.getCount() != n / 2) {
    return op->emitOpError("WGMMA-SHAPE: expected ")
           << n / 2 << " registers of f32, got " << result;
  }
  Type element = b.getElementType();
  if (!element.isBF16() && !element.isF16()) {
    return op->emitOpError(
               "WGMMA-SHAPE: expected operands of bf16 or f16, got ")
           << element;
  }
  return success();
}

/// WGMMA-BLOCKS: what is left out by blocks needs an accumulator, and blocks
/// that an instruction can do.
static LogicalResult verifyBlocks(Operation *op, Value blocks, Value acc,
                                  std::optional<uint64_t> by, int64_t size,
                                  int64_t unit) {
  int64_t block = by.value_or(0);
  if (!blocks) {
    return success();
  }
  if (!acc || block < unit || block % unit != 0 || size % block != 0) {
    return op->emitOpError(
               "WGMMA-BLOCKS: expected an accumulator and blocks of "
               "a multiple of ")
           << unit << " that divide " << size << ", got " << block;
  }
  return success();
}

LogicalResult WgmmaSSOp::verify() {
  if (failed(verifyBlocks(*this, getBlocks(), getAcc(), getBy(), getN(), 8))) {
    return failure();
  }
  if (getA().getType().getElementType() != getB().getType().getElementType()) {
    return emitOpError("expected operands of one element type");
  }
  return verifyWgmma(*this, cast<FragType>(getResult().getType()), getAcc(),
                     getB().getType(), getN(), getK());
}

LogicalResult WgmmaRSOp::verify() {
  if (failed(verifyBlocks(*this, getBlocks(), getAcc(), getBy(), getK(), 16))) {
    return failure();
  }
  FragType a = getA().getType();
  int64_t steps = static_cast<int64_t>(getFirst().value_or(0) + getK() / 16);
  int64_t registers = steps * 4;
  // A piece of a product need not read all of A.
  if (!a.isPacked() || a.getCount() < registers ||
      (a.getCount() > registers && !getFirst())) {
    return emitOpError("WGMMA-SHAPE: expected ")
           << registers << " packed registers of A, got " << a;
  }
  if (cast<VectorType>(a.getElementType()).getElementType() !=
      getB().getType().getElementType()) {
    return emitOpError("expected operands of one element type");
  }
  return verifyWgmma(*this, cast<FragType>(getResult().getType()), getAcc(),
                     getB().getType(), getN(), getK());
}

static LogicalResult verifyTied(Operation *op) {
  if (op->getOperandTypes() != op->getResultTypes()) {
    return op->emitOpError("WAIT-TIED: results must be the operands, in order");
  }
  return success();
}

LogicalResult WgmmaFenceOp::verify() { return verifyTied(*this); }
LogicalResult WgmmaWaitOp::verify() { return verifyTied(*this); }

LogicalResult PartialLeaveOp::verify() {
  for (Value frag : getFrags()) {
    Type element = cast<FragType>(frag.getType()).getElementType();
    if (!element.isF32()) {
      return emitOpError("expected fragments of f32, got ") << frag.getType();
    }
  }
  return success();
}

LogicalResult PartialAddOp::verify() {
  if (bool(getFactor()) != bool(getPattern())) {
    return emitOpError("expected a factor and its pattern, or neither");
  }
  FragType type = getAcc().getType();
  if (!type.getElementType().isF32()) {
    return emitOpError("expected a fragment of f32, got ") << type;
  }
  return success();
}

LogicalResult HostWorkspaceOp::verify() {
  auto host = (*this)->getParentOfType<HostOp>();
  int64_t arguments = 0, sizes = 0;
  for (unsigned i = 0; host && i < host.getNumArguments(); ++i) {
    auto kind = host.getArgAttrOfType<StringAttr>(i, "spak.kind");
    arguments += kind && kind.getValue() == "workspace";
  }
  for (Operation &op : *(*this)->getBlock()) {
    sizes += isa<HostWorkspaceOp>(op);
  }
  if (arguments != 1 || sizes != 1) {
    return emitOpError("expected one argument of kind \"workspace\" and one "
                       "size of it, got ")
           << arguments << " and " << sizes;
  }
  return success();
}

LogicalResult HostTensorMapOp::verify() {
  size_t rank = getDims().size();
  if (rank < 1 || rank > 5 || getStrides().size() + 1 != rank ||
      getBox().size() != rank) {
    return emitOpError("expected 1 to 5 dims, one stride fewer and one box "
                       "size each, got ")
           << rank << ", " << getStrides().size() << " and " << getBox().size();
  }
  for (int64_t size : getBox()) {
    if (size < 1 || size > 256) {
      return emitOpError("expected box sizes from 1 to 256 elements, got ")
             << size;
    }
  }
  return success();
}
