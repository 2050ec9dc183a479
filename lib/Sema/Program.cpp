// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the names of element types, and how a type reads.
#include "spak/Sema/Program.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"

namespace spak::sema {

namespace {

struct DtypeRow {
  Dtype dtype;
  llvm::StringLiteral name;
  unsigned bits;
};

constexpr DtypeRow kDtypes[] = {
    {Dtype::F32, "f32", 32},   {Dtype::F16, "f16", 16},
    {Dtype::BF16, "bf16", 16}, {Dtype::E4M3, "e4m3", 8},
    {Dtype::E5M2, "e5m2", 8},  {Dtype::S8, "s8", 8},
    {Dtype::U8, "u8", 8},      {Dtype::S32, "s32", 32},
    {Dtype::U32, "u32", 32},   {Dtype::S64, "s64", 64},
    {Dtype::Bool, "bool", 8},  {Dtype::Index, "index", 64},
};

} // namespace

llvm::StringRef dtypeName(Dtype dtype) {
  return kDtypes[static_cast<unsigned>(dtype)].name;
}

std::optional<Dtype> parseDtype(llvm::StringRef name) {
  for (const DtypeRow &row : kDtypes) {
    if (row.name == name && row.dtype != Dtype::Index) {
      return row.dtype;
    }
  }
  return std::nullopt;
}

bool isFloat(Dtype dtype) { return dtype <= Dtype::E5M2; }

unsigned bitWidth(Dtype dtype) {
  return kDtypes[static_cast<unsigned>(dtype)].bits;
}

bool Type::hasAxis(const TileAxis *axis) const {
  return llvm::is_contained(axes, axis);
}

bool Type::operator==(const Type &other) const {
  return kind == other.kind && axes == other.axes &&
         (kind == Kind::Range || kind == Kind::Softmax ||
          kind == Kind::Poison || dtype == other.dtype);
}

static std::string axesText(llvm::ArrayRef<const TileAxis *> axes) {
  std::string text = "[";
  for (const TileAxis *axis : axes) {
    text += (axis == axes.front() ? "" : ", ");
    text += axis->whole ? axis->dim : axis->name;
  }
  return text + "]";
}

std::string Type::text() const {
  switch (kind) {
  case Kind::Poison:
    return "unknown";
  case Kind::Constant:
    return "constant";
  case Kind::Scalar:
    return dtypeName(dtype).str();
  case Kind::Tile:
    return dtypeName(dtype).str() + axesText(axes);
  case Kind::Range:
    return "range " + axes.front()->name;
  case Kind::Softmax:
    return "online_softmax" + axesText(axes);
  }
  return "unknown";
}

bool sameSize(const Expr *a, const Expr *b) {
  if (!a || !b || a->kind != b->kind ||
      a->operands.size() != b->operands.size()) {
    return false;
  }
  switch (a->kind) {
  case Expr::Kind::Constant:
    return a->constant == b->constant;
  case Expr::Kind::Dim:
    return a->text == b->text;
  case Expr::Kind::Binary:
    return a->binary == b->binary &&
           llvm::all_of(llvm::zip(a->operands, b->operands), [](auto pair) {
             return sameSize(std::get<0>(pair), std::get<1>(pair));
           });
  default:
    return false;
  }
}

} // namespace spak::sema
