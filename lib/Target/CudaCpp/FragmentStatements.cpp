// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the text of register arithmetic and of the tensor core. Every loop
// over registers is unrolled, so that arrays are indexed by constants only.
#include "KernelPrinter.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace spak::cuda {

void KernelPrinter::openUnrolled(StringRef index, int64_t count,
                                 int64_t first) {
  out.pragma("unroll");
  out.open("for (int " + index + " = " + Twine(first) + "; " + index + " < " +
           Twine(first + count) + "; ++" + index + ")");
}

void KernelPrinter::openRegisters(int64_t count,
                                  std::optional<ArrayRef<int64_t>> only) {
  if (!only) {
    openUnrolled("i", count);
    return;
  }
  int64_t position = (*only)[0], extent = (*only)[1];
  if (position * extent == count) {
    int64_t values = only->size() == 4 ? (*only)[3] : 1;
    openUnrolled("i", values * position, (*only)[2] * position);
    return;
  }
  openUnrolled("j", count / extent);
  std::string index = "j / " + std::to_string(position) + " * " +
                      std::to_string(position * extent) + " + j % " +
                      std::to_string(position);
  if (position == 1) {
    index = "j * " + std::to_string(extent);
  }
  if (int64_t first = (*only)[2] * position) {
    index += " + " + std::to_string(first);
  }
  out.statement("const int i = " + index + ";");
}

LogicalResult KernelPrinter::printFill(FragFillOp op) {
  auto value = text(op.getValue());
  if (!value) {
    return failure();
  }
  openUnrolled("i", op.getResult().getType().getCount());
  out.statement(name(op.getResult()) + "[i] = " + *value + ";");
  out.close();
  return success();
}

/// What \p value is computed from inside its block, itself included.
static llvm::SmallPtrSet<Operation *, 8> sourcesOf(Value value) {
  llvm::SmallPtrSet<Operation *, 8> found;
  SmallVector<Value> left = {value};
  while (!left.empty()) {
    Operation *def = left.pop_back_val().getDefiningOp();
    if (def && isa<MapOp>(def->getParentOp()) && found.insert(def).second) {
      llvm::append_range(left, def->getOperands());
    }
  }
  return found;
}

LogicalResult
KernelPrinter::printMapBody(MapOp op,
                            llvm::function_ref<bool(Operation *)> isPart,
                            const Twine &target, Value value) {
  unsigned inputs = op.getInputs().size();
  for (auto [i, argument] : llvm::enumerate(op.getBlock()->getArguments())) {
    if (llvm::none_of(argument.getUsers(), isPart)) {
      continue;
    }
    if (i < inputs) {
      Expression index = indexExpression(op.getPatterns()[i], "i");
      expressions.overrides[argument] = {name(op.getInputs()[i]) + "[" +
                                         index.text + "]"};
      continue;
    }
    Expression at = indexExpression(op.getCoords()[i - inputs], "i");
    if (variableName(argument).empty()) {
      expressions.overrides[argument] = at;
    } else {
      constant(argument, at.text);
    }
  }
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (isPart(&inner) &&
        (inner.getNumRegions() != 0 || failed(printScalar(&inner)))) {
      return failure();
    }
  }
  auto result = text(value);
  if (!result) {
    return failure();
  }
  out.statement(target + " = " + *result + ";");
  return success();
}

/// The tanh of four registers, which take one reciprocal, between what it is
/// computed from and what is computed from it.
LogicalResult KernelPrinter::printMapOfFours(MapOp op) {
  headers.use("tanh_of_four");
  math::TanhOp tanh = *op.getBlock()->getOps<math::TanhOp>().begin();
  auto sources = sourcesOf(tanh.getOperand());
  auto before = [&](Operation *inner) {
    return sources.contains(inner) || inner == tanh;
  };
  // What both sides read is computed on both.
  llvm::SmallPtrSet<Operation *, 8> behindTanh;
  for (Operation &inner : llvm::reverse(*op.getBlock())) {
    if (!before(&inner) || llvm::any_of(inner.getUsers(), [&](Operation *user) {
          return behindTanh.contains(user);
        })) {
      if (&inner != tanh) {
        behindTanh.insert(&inner);
      }
    }
  }
  auto behind = [&](Operation *inner) { return behindTanh.contains(inner); };
  auto openMembers = [&] {
    openUnrolled("j", 4);
    out.statement(
        "const int i = " +
        indexExpression(op.getFoursAttr()[0], "k").in(Strength::Sum) + " + " +
        indexExpression(op.getFoursAttr()[1], "j").in(Strength::Sum) + ";");
  };
  openUnrolled("k", op.getResult().getType().getCount() / 4);
  out.statement("float part[4];");
  openMembers();
  if (failed(printMapBody(op, before, "part[j]", tanh.getOperand()))) {
    return failure();
  }
  out.close();
  out.statement("spak::tanh_of_four(part);");
  openMembers();
  expressions.overrides[tanh.getResult()] = {"part[j]"};
  auto yield = cast<YieldOp>(op.getBlock()->getTerminator());
  if (failed(printMapBody(op, behind, name(op.getResult()) + "[i]",
                          yield.getValues().front()))) {
    return failure();
  }
  expressions.overrides.erase(tanh.getResult());
  out.close();
  out.close();
  return success();
}

LogicalResult KernelPrinter::printMap(MapOp op) {
  LogicalResult printed = success();
  if (op.getFours()) {
    printed = printMapOfFours(op);
  } else {
    openRegisters(op.getResult().getType().getCount(), op.getOnly());
    auto yield = cast<YieldOp>(op.getBlock()->getTerminator());
    printed = printMapBody(
        op, [](Operation *) { return true; }, name(op.getResult()) + "[i]",
        yield.getValues().front());
    out.close();
  }
  for (Value argument : op.getBlock()->getArguments()) {
    expressions.overrides.erase(argument);
  }
  return printed;
}

std::string KernelPrinter::combined(StringRef kind, const Twine &a,
                                    const Twine &b) {
  if (kind == "add") {
    return (a + " + " + b).str();
  }
  return ((kind == "max" ? "fmaxf(" : "fminf(") + a + ", " + b + ")").str();
}

static StringRef neutral(StringRef kind) {
  if (kind == "add") {
    return "0.0f";
  }
  return kind == "max" ? "-spak::infinity()" : "spak::infinity()";
}

LogicalResult KernelPrinter::printRowReduce(RowReduceOp op) {
  StringRef kind = op.getKind();
  if (kind != "add") {
    headers.use("infinity");
  }
  FragType type = op.getResult().getType();
  if (!type.getElementType().isF32()) {
    return op.emitError("`spak_cuda.row_reduce` of ")
           << type.getElementType() << " has no text yet";
  }
  std::string rows = name(op.getResult()), frag = name(op.getFrag());
  std::string start = op.getStart() ? name(op.getStart()) : std::string();
  int64_t count = op.getFrag().getType().getCount();
  int64_t chains = std::max<int64_t>(1, op.getChains());
  if (op.getOnly()) {
    return printReduceOfRow(op);
  }
  std::string row = indexExpression(op.getRows(), "i").text;
  if (chains == 1) {
    if (start != rows) {
      openUnrolled("i", type.getCount());
      out.statement(rows + "[i] = " +
                    (start.empty() ? neutral(kind).str() : start + "[i]") +
                    ";");
      out.close();
    }
    openUnrolled("i", count);
    std::string to = rows + "[" + row + "]";
    if (kind == "add") {
      out.statement(to + " += " + frag + "[i];");
    } else {
      out.statement(to + " = " + combined(kind, to, frag + "[i]") + ";");
    }
    out.close();
    return success();
  }
  // Independent partial results, so that one operation need not wait for the
  // one before; then their sum or extreme.
  out.open("");
  int64_t parts = type.getCount() * chains;
  out.statement("float part[" + Twine(parts) + "];");
  openUnrolled("i", parts);
  out.statement("part[i] = " + neutral(kind) + ";");
  out.close();
  openUnrolled("i", count);
  std::string factor = std::to_string(chains);
  std::string to = "part[" +
                   indexExpression(op.getRows(), "i").in(Strength::Product) +
                   " * " + factor + " + i % " + factor + "]";
  if (row == "0") {
    to = "part[i % " + factor + "]";
  }
  if (kind == "add") {
    out.statement(to + " += " + frag + "[i];");
  } else {
    out.statement(to + " = " + combined(kind, to, frag + "[i]") + ";");
  }
  out.close();
  openUnrolled("i", type.getCount());
  std::string all = "part[i * " + factor + "]";
  for (int64_t j = 1; j < chains; ++j) {
    all = combined(kind, all,
                   "part[i * " + factor + " + " + std::to_string(j) + "]");
  }
  if (!start.empty()) {
    all = combined(kind, start + "[i]", kind == "add" ? "(" + all + ")" : all);
  }
  out.statement(rows + "[i] = " + all + ";");
  out.close();
  out.close();
  return success();
}

LogicalResult KernelPrinter::printReduceOfRow(RowReduceOp op) {
  StringRef kind = op.getKind();
  ArrayRef<int64_t> only = *op.getOnly();
  int64_t chains = std::max<int64_t>(1, op.getChains());
  // The row of the first register is that of all.
  int64_t at = only[2] * only[0], row = 0;
  for (auto [extent, stride] :
       llvm::zip(op.getRows().getExtents(), op.getRows().getStrides())) {
    row += at % extent * stride;
    at /= extent;
  }
  std::string to = name(op.getResult()) + "[" + std::to_string(row) + "]";
  std::string from = name(op.getFrag()) + "[i]";
  out.open("");
  out.statement("float part[" + Twine(chains) + "];");
  openUnrolled("i", chains);
  out.statement("part[i] = " + neutral(kind) + ";");
  out.close();
  openRegisters(op.getFrag().getType().getCount(), op.getOnly());
  std::string part = "part[i % " + std::to_string(chains) + "]";
  if (kind == "add") {
    out.statement(part + " += " + from + ";");
  } else {
    out.statement(part + " = " + combined(kind, part, from) + ";");
  }
  out.close();
  std::string all = "part[0]";
  for (int64_t j = 1; j < chains; ++j) {
    all = combined(kind, all, "part[" + std::to_string(j) + "]");
  }
  out.statement(to + " = " +
                combined(kind, to, kind == "add" ? "(" + all + ")" : all) +
                ";");
  out.close();
  return success();
}

LogicalResult KernelPrinter::printLaneReduce(LaneReduceOp op) {
  headers.use("shuffle_xor");
  std::string to = name(op.getResult()), from = name(op.getFrag());
  openUnrolled("i", op.getResult().getType().getCount());
  for (int64_t mask : op.getXorMasks()) {
    std::string other =
        "spak::shuffle_xor(" + from + "[i], " + std::to_string(mask) + ")";
    if (op.getKind() == "add" && to == from) {
      out.statement(to + "[i] += " + other + ";");
    } else {
      out.statement(
          to + "[i] = " + combined(op.getKind(), from + "[i]", other) + ";");
    }
    from = to;
  }
  out.close();
  return success();
}

LogicalResult KernelPrinter::printPack(PackOp op) {
  FragType type = op.getResult().getType();
  StringRef block =
      cast<VectorType>(type.getElementType()).getElementType().isBF16()
          ? "pack_bf16"
          : "pack_f16";
  headers.use(block);
  std::string from = name(op.getFrag());
  openRegisters(type.getCount(), op.getOnly());
  out.statement(name(op.getResult()) + "[i] = spak::" + block + "(" + from +
                "[2 * i], " + from + "[2 * i + 1]);");
  out.close();
  return success();
}

LogicalResult KernelPrinter::printUnpack(UnpackOp op) {
  FragType type = op.getFrag().getType();
  StringRef block =
      cast<VectorType>(type.getElementType()).getElementType().isBF16()
          ? "unpack_bf16x2"
          : "unpack_f16x2";
  headers.use(block);
  std::string to = name(op.getResult());
  openUnrolled("i", type.getCount());
  out.statement("spak::" + block + "(" + to + "[2 * i], " + to +
                "[2 * i + 1], " + name(op.getFrag()) + "[i]);");
  out.close();
  return success();
}

//===----------------------------------------------------------------------===//
// Tensor core
//===----------------------------------------------------------------------===//

void KernelPrinter::printDescriptor(StringRef descriptor, DescAttr desc,
                                    const Twine &address) {
  headers.use("wgmma_descriptor");
  out.statement("const uint64_t " + descriptor + " = spak::wgmma_descriptor<" +
                Twine(desc.getLbo()) + ", " + Twine(desc.getSbo()) + ", " +
                Twine(desc.getSwizzle()) + ">(" + address + ");");
}

/// How far step k lies behind the first one, in the descriptor's units of 16
/// bytes.
static std::string stepText(DescAttr desc, int64_t steps) {
  int64_t step = desc.getKstep() / 16, slab = desc.getSlab() / 16;
  int64_t perSlab = desc.getKstepsPerSlab();
  if (steps <= perSlab || slab == step * perSlab) {
    return "k * " + std::to_string(step);
  }
  std::string text =
      "k / " + std::to_string(perSlab) + " * " + std::to_string(slab);
  if (perSlab > 1) {
    text += " + k % " + std::to_string(perSlab) + " * " + std::to_string(step);
  }
  return text;
}

static std::string wgmmaName(int64_t n, Type element, StringRef form) {
  return "wgmma_m64n" + std::to_string(n) + "k16_" +
         (element.isBF16() ? "bf16" : "f16") + "_" + form.str();
}

/// What follows is done where bit \p index of \p bits is set.
void KernelPrinter::openBlock(Value bits, int64_t index) {
  out.open("if ((" + name(bits) + " & " + Twine(int64_t(1) << index) +
           ") != 0)");
}

LogicalResult KernelPrinter::printWgmmaSS(WgmmaSSOp op) {
  auto a = address(op.getA(), op.getASlot(), 0, op.getAOffset());
  auto b = address(op.getB(), op.getBSlot(), 0, op.getBOffset());
  if (!a || !b) {
    return failure();
  }
  int64_t block = op.getBlocks() ? *op.getBy() : op.getN();
  std::string call =
      wgmmaName(block, op.getB().getType().getElementType(), "ss");
  headers.use(call);
  int64_t first = op.getFirst().value_or(0), count = op.getK() / 16;
  int64_t steps = first + count;
  out.open("");
  printDescriptor("a_desc", op.getADesc(), *a);
  printDescriptor("b_desc", op.getBDesc(), *b);
  for (int64_t j = 0; j * block < static_cast<int64_t>(op.getN()); ++j) {
    std::string result = name(op.getResult());
    std::string from = "b_desc";
    if (op.getBlocks()) {
      openBlock(op.getBlocks(), j);
      headers.use("register_part");
      int64_t registers = block / 2;
      out.statement("auto &columns = spak::register_part<" +
                    Twine(j * registers) + ", " + Twine(registers) + ">(" +
                    result + ");");
      result = "columns";
      int64_t behind = j * static_cast<int64_t>(*op.getBlockBytes()) / 16;
      from += behind ? " + " + std::to_string(behind) : "";
    }
    openUnrolled("k", count, first);
    out.statement("const uint64_t a = a_desc + " +
                  stepText(op.getADesc(), steps) + ";");
    out.statement("const uint64_t b = " + from + " + " +
                  stepText(op.getBDesc(), steps) + ";");
    out.statement("spak::" + call + "<" + Twine(op.getADesc().getTransposed()) +
                  ", " + Twine(op.getBDesc().getTransposed()) + ">(" + result +
                  ", a, b, " + (op.getAcc() ? "true" : "k != 0") + ");");
    out.close();
    if (op.getBlocks()) {
      out.close();
    }
  }
  out.close();
  return success();
}

LogicalResult KernelPrinter::printWgmmaRS(WgmmaRSOp op) {
  auto b = address(op.getB(), op.getBSlot(), 0, op.getBOffset());
  if (!b) {
    return failure();
  }
  std::string call =
      wgmmaName(op.getN(), op.getB().getType().getElementType(), "rs");
  headers.use(call);
  int64_t first = op.getFirst().value_or(0), count = op.getK() / 16;
  int64_t steps = first + count;
  out.open("");
  printDescriptor("b_desc", op.getBDesc(), *b);
  int64_t block = op.getBlocks() ? *op.getBy() / 16 : count;
  for (int64_t j = 0; j * block < count; ++j) {
    if (op.getBlocks()) {
      openBlock(op.getBlocks(), j);
    }
    openUnrolled("k", block, first + j * block);
    out.statement("const uint64_t b = b_desc + " +
                  stepText(op.getBDesc(), steps) + ";");
    out.statement("spak::" + call + "<" + Twine(op.getBDesc().getTransposed()) +
                  ">(" + name(op.getResult()) + ", " + name(op.getA()) +
                  " + 4 * k, b, " + (op.getAcc() ? "true" : "k != 0") + ");");
    out.close();
    if (op.getBlocks()) {
      out.close();
    }
  }
  out.close();
  return success();
}

void KernelPrinter::printRegisterFences(ValueRange frags) {
  SmallVector<std::string> done;
  for (Value frag : frags) {
    std::string variable = name(frag);
    if (llvm::is_contained(done, variable)) {
      continue;
    }
    done.push_back(variable);
    headers.use("register_fence");
    out.statement("spak::register_fence(" + variable + ");");
  }
}

LogicalResult KernelPrinter::printFence(WgmmaFenceOp op) {
  headers.use("wgmma_fence");
  printRegisterFences(op.getFrags());
  out.statement("spak::wgmma_fence();");
  return success();
}

LogicalResult KernelPrinter::printWait(WgmmaWaitOp op) {
  headers.use("wgmma_wait");
  out.statement("spak::wgmma_wait<" + Twine(op.getLeft()) + ">();");
  printRegisterFences(op.getFrags());
  return success();
}

} // namespace spak::cuda
