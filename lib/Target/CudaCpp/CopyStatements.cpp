// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the text of copies between the memories.
#include "KernelPrinter.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace spak::cuda {

std::optional<std::string> KernelPrinter::address(Value smem, Value slot,
                                                  int64_t offset, Value extra) {
  auto type = cast<SmemType>(smem.getType());
  std::string result = name(smem);
  APInt constant;
  if (matchPattern(slot, m_ConstantInt(&constant))) {
    offset += constant.getSExtValue() * type.getBytes();
  } else {
    auto number = bits(slot, Strength::Product);
    if (!number) {
      return std::nullopt;
    }
    result += " + " + *number + " * " + std::to_string(type.getBytes());
  }
  if (extra) {
    auto bytes = bits(extra, Strength::Product);
    if (!bytes) {
      return std::nullopt;
    }
    result += " + " + *bytes;
  }
  if (offset != 0) {
    result += " + " + std::to_string(offset);
  }
  return result;
}

std::optional<std::string> KernelPrinter::coordinates(ValueRange coords) {
  std::string result;
  for (Value coord : coords) {
    auto one = text(coord);
    if (!one) {
      return std::nullopt;
    }
    result += ", " + *one;
  }
  return result;
}

LogicalResult KernelPrinter::printTmaLoad(TmaLoadOp op) {
  bool multicast = op.getMulticast() > 1;
  std::string function = multicast ? "tma_load_multicast" : "tma_load";
  headers.use(function + "_" + std::to_string(op.getCoords().size()) + "d");
  auto to = address(op.getDst(), op.getSlot(), op.getOffset(), op.getAt());
  auto coords = coordinates(op.getCoords());
  auto count = bits(op.getCount());
  if (!to || !coords || !count) {
    return failure();
  }
  std::string blocks =
      multicast ? ", " + std::to_string((1 << op.getMulticast()) - 1) : "";
  out.statement("spak::" + function + "(" + *to + ", " + name(op.getMap()) +
                ", " + name(op.getRing()) + ".full(" + *count + ")" + blocks +
                *coords + ");");
  return success();
}

LogicalResult KernelPrinter::printTmaStore(TmaStoreOp op) {
  if (op.getCombine()) {
    return op.emitError("`spak_cuda.tma.store` with combine has no text yet");
  }
  headers.use("tma_store_" + std::to_string(op.getCoords().size()) + "d");
  auto from = address(op.getSrc(), op.getSlot(), op.getOffset(), op.getAt());
  auto coords = coordinates(op.getCoords());
  auto when = text(op.getWhen());
  if (!from || !coords || !when) {
    return failure();
  }
  out.statement("spak::tma_store_if(" + *when + ", " + name(op.getMap()) +
                ", " + *from + *coords + ");");
  return success();
}

LogicalResult KernelPrinter::openRows(Value first) {
  std::string row = "threadIdx.x / 32 % 4 * 16 + threadIdx.x % 16";
  if (first) {
    auto base = text(first, Strength::Sum);
    if (!base) {
      return failure();
    }
    row = *base + " + " + row;
  }
  out.open("");
  out.statement("const uint32_t row = " + row + ";");
  return success();
}

LogicalResult KernelPrinter::printLdMatrix(LdMatrixOp op) {
  headers.use("ldmatrix_x4");
  headers.use("swizzled");
  auto tile = address(op.getSrc(), op.getSlot(), 0, Value());
  if (!tile || failed(openRows(op.getRow()))) {
    return failure();
  }
  int64_t width = op.getWidth(), perSlab = width / 32;
  int64_t slabs = op.getResult().getType().getCount() / 4 / perSlab;
  openUnrolled("i", slabs * perSlab);
  // As stmatrix writes them: lanes 16 to 31 give the right half of 16 columns.
  std::string slab = slabs == 1 ? ""
                                : " + i / " + std::to_string(perSlab) + " * " +
                                      std::to_string(op.getSlab());
  std::string column = slabs == 1 ? "i" : "i % " + std::to_string(perSlab);
  out.statement("const uint32_t address = " + *tile + slab + " + row * " +
                Twine(width) + " + " + column +
                " * 32 + threadIdx.x / 16 % 2 * 16;");
  out.statement("spak::ldmatrix_x4(" + name(op.getResult()) +
                " + 4 * i, spak::swizzled<" + Twine(width) + ">(address));");
  out.close();
  out.close();
  // An arrival may overtake the reads, and the copy that it lets in is of the
  // other proxy: it overwrote rows on an H200 that a slow warp had yet to read.
  headers.use("fence_async");
  out.statement("spak::fence_async();");
  out.statement("__syncwarp();");
  return success();
}

LogicalResult KernelPrinter::printStMatrix(StMatrixOp op) {
  headers.use("stmatrix_x4");
  headers.use("swizzled");
  auto slab = address(op.getDst(), op.getSlot(), op.getOffset(), Value());
  if (!slab) {
    return failure();
  }
  int64_t width = op.getWidth();
  if (failed(openRows(op.getRow()))) {
    return failure();
  }
  openUnrolled("i", width / 32);
  // Lanes 16 to 31 give the addresses of the right half of 16 columns.
  out.statement("const uint32_t address = " + *slab + " + row * " +
                Twine(width) + " + i * 32 + threadIdx.x / 16 % 2 * 16;");
  std::string frag = name(op.getFrag());
  std::string arguments;
  for (int64_t j = 0; j < 4; ++j) {
    int64_t constant = op.getFirst() + j;
    arguments += ", " + frag + "[4 * i" +
                 (constant ? " + " + std::to_string(constant) : "") + "]";
  }
  out.statement("spak::stmatrix_x4(spak::swizzled<" + Twine(width) +
                ">(address)" + arguments + ");");
  out.close();
  out.close();
  return success();
}

std::optional<KernelPrinter::Access>
KernelPrinter::access(ValueRange coords, ArrayAttr patterns, ValueRange strides,
                      ValueRange limits, Value when, Value base,
                      const std::string &pointer) {
  Access result;
  auto join = [](std::string &to, StringRef sign, const std::string &what) {
    to += (to.empty() ? "" : sign.str()) + what;
  };
  if (when && !matchPattern(when, m_One())) {
    auto condition = text(when, Strength::And);
    if (!condition) {
      return std::nullopt;
    }
    join(result.condition, " && ", *condition);
  }
  if (!matchPattern(base, m_Zero())) {
    auto offset = text(base, Strength::Sum);
    if (!offset) {
      return std::nullopt;
    }
    join(result.offset, " + ", *offset);
  }
  // The address has its part that no register changes before the loop; the
  // condition stays whole, which costs no register across the accesses.
  std::string origin = result.offset;
  result.offset = "";
  for (auto [coord, pattern, stride, limit] :
       llvm::zip_equal(coords, patterns, strides, limits)) {
    auto at = text(coord, Strength::Sum);
    auto step = text(stride, Strength::Product);
    auto end = text(limit, Strength::Sum);
    if (!at || !step || !end) {
      return std::nullopt;
    }
    bool simple = StringRef(*at).find(' ') == StringRef::npos ||
                  (at->front() == '(' && at->find(')') == at->size() - 1);
    std::string grouped = simple ? *at : "(" + *at + ")";
    std::string left = *at == "0" ? *end : *end + " - " + grouped;
    if (*at != "0") {
      join(origin, " + ", *step == "1" ? *at : grouped + " * " + *step);
    }
    Expression shift = indexExpression(pattern, "i");
    join(result.condition, " && ", shift.in(Strength::Shift) + " < " + left);
    if (shift.text == "0") {
      continue;
    }
    join(result.offset, " + ",
         *step == "1" ? shift.in(Strength::Sum)
                      : shift.in(Strength::Product) + " * " + *step);
  }
  if (StringRef(origin).contains(" + ")) {
    origin = "(" + origin + ")";
  }
  result.origin = pointer + (origin.empty() ? "" : " + " + origin);
  if (result.offset.empty()) {
    result.offset = "0";
  }
  if (result.condition.empty()) {
    result.condition = "true";
  }
  return result;
}

void KernelPrinter::openAccess(const Access &where, bool pinned) {
  out.open("");
  if (pinned) {
    headers.use("pinned");
  }
  out.statement("auto *const origin = " +
                (pinned ? "spak::pinned(" + where.origin + ")" : where.origin) +
                ";");
}

LogicalResult KernelPrinter::printLoadFrag(LoadFragOp op) {
  headers.use("load_if");
  auto where =
      access(op.getCoords(), op.getPatterns(), op.getStrides(), op.getLimits(),
             op.getWhen(), op.getBase(), name(op.getSrc()));
  if (!where) {
    return failure();
  }
  openAccess(*where);
  openUnrolled("i", op.getResult().getType().getCount());
  out.statement("const bool keep = " + where->condition + ";");
  out.statement("const int64_t offset = " + where->offset + ";");
  out.statement(name(op.getResult()) + "[i] = spak::load_if(keep, " +
                "origin + offset);");
  out.close();
  out.close();
  return success();
}

LogicalResult KernelPrinter::printStoreFrag(StoreFragOp op) {
  int64_t vec = op.getVec();
  FragType type = op.getFrag().getType();
  bool pairs = vec == 2 && type.getElementType().isF32();
  bool packedPairs = vec == 2 && type.isPacked();
  if (vec != 1 && !pairs && !packedPairs) {
    return op.emitError("`spak_cuda.store_frag` of ")
           << vec << " x " << type.getElementType() << " has no text yet";
  }
  StringRef block = pairs         ? "store2_if"
                    : packedPairs ? "store_pair_if"
                                  : "store_if";
  headers.use(block);
  auto where =
      access(op.getCoords(), op.getPatterns(), op.getStrides(), op.getLimits(),
             op.getWhen(), op.getBase(), name(op.getDst()));
  if (!where) {
    return failure();
  }
  std::string value = name(op.getFrag()) + "[i]";
  if (pairs) {
    value += ", " + name(op.getFrag()) + "[i + 1]";
  } else if (packedPairs) {
    value = name(op.getFrag()) + "[i / 2]";
  } else if (type.isPacked()) {
    StringRef unpack =
        cast<VectorType>(type.getElementType()).getElementType().isBF16()
            ? "unpack_bf16"
            : "unpack_f16";
    headers.use(unpack);
    value =
        "spak::" + unpack.str() + "(" + name(op.getFrag()) + "[i / 2], i % 2)";
  }
  int64_t count = type.getCount() * (type.isPacked() ? 2 : 1);
  openAccess(*where, op.getPinned());
  if (vec == 2) {
    out.pragma("unroll");
    out.open("for (int i = 0; i < " + Twine(count) + "; i += 2)");
  } else {
    openUnrolled("i", count);
  }
  out.statement("const bool keep = " + where->condition + ";");
  out.statement("const int64_t offset = " + where->offset + ";");
  out.statement("spak::" + block + "(keep, origin + offset, " + value + ");");
  out.close();
  out.close();
  return success();
}

} // namespace spak::cuda
