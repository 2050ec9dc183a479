// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the text of what blocks hand to each other through the workspace.
#include "KernelPrinter.h"

using namespace mlir;

namespace spak::cuda {

namespace {

constexpr int64_t kThreadsPerGroup = 128;

/// Registers that go in one access.
int64_t widthOf(FragType type) {
  return type.getCount() % 4 == 0 ? 4 : type.getCount() % 2 == 0 ? 2 : 1;
}

/// `workspace + word + j * 512`, the place of access j.
std::string placeOf(StringRef words, int64_t offset, int64_t width,
                    int64_t count) {
  std::string text = words.str();
  if (offset != 0) {
    text += " + " + std::to_string(offset);
  }
  if (count > width) {
    text += " + j * " + std::to_string(width * kThreadsPerGroup);
  }
  return text;
}

} // namespace

LogicalResult KernelPrinter::printLeave(PartialLeaveOp op) {
  headers.use("store_partial");
  headers.use("arrive_last");
  auto word = text(op.getWord(), Strength::Sum);
  auto counter = text(op.getCounter(), Strength::Sum);
  auto pieces = text(op.getPieces()), barrier = text(op.getBarrier());
  if (!word || !counter || !pieces || !barrier) {
    return failure();
  }
  std::string workspace = name(op.getWorkspace());
  std::string last = name(op.getLast());
  std::string words = workspace + " + " + *word;
  int64_t offset = 0;
  for (Value frag : op.getFrags()) {
    auto type = cast<FragType>(frag.getType());
    int64_t width = widthOf(type), count = type.getCount();
    std::string place = placeOf(words, offset, width, count);
    std::string store =
        "spak::store_partial<" + std::to_string(width) + ">(" + place + ", ";
    if (count == width) {
      out.statement(store + name(frag) + ");");
    } else {
      openUnrolled("j", count / width);
      out.statement(store + name(frag) + " + j * " + Twine(width) + ");");
      out.close();
    }
    offset += count * kThreadsPerGroup;
  }
  out.statement("const bool " + last + " = spak::arrive_last(" + workspace +
                " + " + *counter + ", " + *pieces + ", " + *barrier + ");");
  return success();
}

LogicalResult KernelPrinter::printTake(PartialTakeOp op) {
  headers.use("load_partial");
  auto word = text(op.getWord(), Strength::Sum);
  if (!word) {
    return failure();
  }
  FragType type = op.getResult().getType();
  int64_t width = widthOf(type), count = type.getCount();
  std::string to = name(op.getResult());
  std::string words = name(op.getWorkspace()) + " + " + *word;
  std::string load = "spak::load_partial<" + std::to_string(width) + ">(";
  std::string place = placeOf(words, 0, width, count);
  if (count == width) {
    out.statement(load + to + ", " + place + ");");
    return success();
  }
  openUnrolled("j", count / width);
  out.statement(load + to + " + j * " + Twine(width) + ", " + place + ");");
  out.close();
  return success();
}

LogicalResult KernelPrinter::printAddPartial(PartialAddOp op) {
  headers.use("load_partial");
  auto word = text(op.getWord(), Strength::Sum);
  auto fresh = text(op.getFresh());
  if (!word || !fresh) {
    return failure();
  }
  FragType type = op.getResult().getType();
  int64_t width = widthOf(type), count = type.getCount();
  std::string acc = name(op.getResult());
  std::string words = name(op.getWorkspace()) + " + " + *word;
  openUnrolled("j", count / width);
  out.statement("float part[" + Twine(width) + "];");
  out.statement("spak::load_partial<" + Twine(width) + ">(part, " +
                placeOf(words, 0, width, count) + ");");
  openUnrolled("k", width);
  out.statement("const int i = j * " + Twine(width) + " + k;");
  std::string part = "part[k]";
  if (Value factor = op.getFactor()) {
    part += " * " + name(factor) + "[" +
            indexExpression(op.getPatternAttr(), "i").text + "]";
  }
  out.statement(acc + "[i] = (" + *fresh + " ? 0.0f : " + acc + "[i]) + " +
                part + ";");
  out.close();
  out.close();
  return success();
}

} // namespace spak::cuda
