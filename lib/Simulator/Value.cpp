// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the reuse of buffers and the number format of an element type.
#include "Value.h"

using namespace mlir;

namespace spak::sim {

BufferPool::Store::~Store() {
  for (auto &[key, buffers] : shelf) {
    for (Buffer *buffer : buffers) {
      delete buffer;
    }
  }
}

std::shared_ptr<Buffer> BufferPool::get(Buffer::Kind kind, size_t count) {
  std::vector<Buffer *> &free = store->shelf[{static_cast<int>(kind), count}];
  Buffer *buffer = nullptr;
  if (!free.empty()) {
    buffer = free.back();
    free.pop_back();
  } else {
    buffer = new Buffer;
    buffer->kind = kind;
    switch (kind) {
    case Buffer::Kind::Float:
      buffer->floats.resize(count);
      break;
    case Buffer::Kind::Double:
      buffer->doubles.resize(count);
      break;
    case Buffer::Kind::Integer:
      buffer->integers.resize(count);
      break;
    }
  }
  // The store lives until its last buffer has come home.
  return std::shared_ptr<Buffer>(
      buffer, [keep = store, kind, count](Buffer *returned) {
        keep->shelf[{static_cast<int>(kind), count}].push_back(returned);
      });
}

std::optional<Format> formatOf(Type type) {
  if (type.isF32()) {
    return Format::F32;
  }
  if (type.isF16()) {
    return Format::F16;
  }
  if (type.isBF16()) {
    return Format::BF16;
  }
  if (isa<Float8E4M3FNType>(type)) {
    return Format::E4M3;
  }
  if (isa<Float8E5M2Type>(type)) {
    return Format::E5M2;
  }
  if (type.isIndex()) {
    return Format::S64;
  }
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer) {
    return std::nullopt;
  }
  switch (integer.getWidth()) {
  case 1:
    return Format::Bool;
  case 8:
    return integer.isUnsigned() ? Format::U8 : Format::S8;
  case 32:
    return integer.isUnsigned() ? Format::U32 : Format::S32;
  case 64:
    return Format::S64;
  default:
    return std::nullopt;
  }
}

} // namespace spak::sim
