// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: wavefronts of every access to shared memory. The addresses of each
// request are enumerated and handed to lib/Layout, which counts banks; nothing
// is assumed to be free of conflicts because it is swizzled.
#include "Accesses.h"

#include "ScalarValues.h"
#include "spak/Layout/TensorCore.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace spak::analysis {

namespace {

constexpr int64_t kChunk = 16; ///< bytes that move together: one row of a 8x8
                               ///< matrix of 16-bit elements
constexpr int64_t kCoreRows = 8;
constexpr int64_t kWavefront = 128; ///< bytes of all banks once

/// Where byte \p offset of a slab of \p width-byte rows lies.
int64_t swizzled(int64_t offset, int64_t width) {
  return width < 32 ? offset
                    : offset ^ ((offset >> 7 & (width / kChunk - 1)) << 4);
}

/// Wavefronts of 8 rows of 16 bytes each, \p width bytes apart, summed over
/// the chunks of a row: what the tensor core reads of 8 rows of a slab.
int64_t coreWavefronts(int64_t width) {
  int64_t sum = 0;
  int64_t pitch = std::max(width, kChunk);
  for (int64_t chunk = 0; chunk < pitch / kChunk; ++chunk) {
    SmallVector<int64_t> rows;
    for (int64_t row = 0; row < kCoreRows; ++row) {
      rows.push_back(swizzled(row * pitch + chunk * kChunk, width));
    }
    sum += layout::wavefronts(rows, kChunk);
  }
  return sum;
}

/// Wavefronts of writing \p bytes in the order of the box, 128 at a time.
int64_t copyWavefronts(int64_t bytes, int64_t width) {
  int64_t sum = 0;
  for (int64_t from = 0; from < bytes; from += kWavefront) {
    SmallVector<int64_t> chunks;
    for (int64_t at = from; at < std::min(from + kWavefront, bytes);
         at += kChunk) {
      chunks.push_back(swizzled(at, width));
    }
    sum += layout::wavefronts(chunks, kChunk);
  }
  return sum;
}

std::string bufferName(Value buffer) {
  auto shared = buffer.getDefiningOp<cuda::SharedOp>();
  return shared ? shared.getName().str() : "?";
}

/// \p slabs of 64 rows of \p width bytes, written or read matrix by matrix.
space::SharedAccess matrices(StringRef what, Value buffer, int64_t width,
                             int64_t slabs) {
  space::SharedAccess found;
  found.what = what.str();
  found.buffer = bufferName(buffer);
  // One instruction moves four 8x8 matrices: lane l gives row l % 16, left
  // half for the first 16 lanes. All warps and all instructions of the slab.
  constexpr int64_t warps = 4, columnsBytes = 32;
  for (int64_t warp = 0; warp < warps; ++warp) {
    for (int64_t i = 0; i < width / columnsBytes; ++i) {
      for (int64_t matrix = 0; matrix < 4; ++matrix) {
        SmallVector<int64_t> rows;
        for (int64_t r = 0; r < kCoreRows; ++r) {
          int64_t lane = matrix * kCoreRows + r;
          int64_t row = warp * 16 + lane % 16;
          rows.push_back(swizzled(
              row * width + i * columnsBytes + lane / 16 * kChunk, width));
        }
        found.wavefronts += layout::wavefronts(rows, kChunk);
        found.bytes += kCoreRows * kChunk;
      }
    }
  }
  found.wavefronts *= slabs;
  found.bytes *= slabs;
  found.ideal = found.bytes / kWavefront;
  found.proof = llvm::formatv("rows of {0} bytes, swizzled by {0}: the "
                              "addresses of all {1} instructions",
                              width, slabs * warps * width / columnsBytes)
                    .str();
  return found;
}

space::SharedAccess stmatrix(cuda::StMatrixOp op) {
  return matrices("stmatrix", op.getDst(), op.getWidth(), 1);
}

space::SharedAccess ldmatrix(cuda::LdMatrixOp op) {
  int64_t width = op.getWidth();
  int64_t slabs = op.getResult().getType().getCount() / (width / 8);
  return matrices("ldmatrix", op.getSrc(), width, slabs);
}

space::SharedAccess copy(StringRef what, Value buffer,
                         cuda::HostTensorMapOp map) {
  space::SharedAccess found;
  found.what = what.str();
  found.buffer = bufferName(buffer);
  found.bytes = TensorMaps::boxBytes(map);
  found.ideal = (found.bytes + kWavefront - 1) / kWavefront;
  int64_t width = map.getSwizzle();
  found.wavefronts = copyWavefronts(found.bytes, width);
  found.proof =
      width ? llvm::formatv("a box in lines of 128 bytes; the swizzle of {0} "
                            "permutes the chunks of a line",
                            width)
                  .str()
            : "a box in lines of 128 bytes, not swizzled";
  return found;
}

/// A number that all lanes read, or one writes.
space::SharedAccess word(StringRef what, Value buffer) {
  space::SharedAccess found;
  found.what = what.str();
  found.buffer = bufferName(buffer);
  found.bytes = 4;
  found.wavefronts = found.ideal = 1;
  found.proof = "one word";
  return found;
}

space::SharedAccess operand(StringRef what, Value buffer, cuda::DescAttr desc,
                            int64_t rows, int64_t depth) {
  space::SharedAccess found;
  found.what = what.str();
  found.buffer = bufferName(buffer);
  constexpr int64_t elementBytes = 2;
  found.bytes = rows * depth * elementBytes;
  found.ideal = found.bytes / kWavefront;
  int64_t width = std::max(desc.getSwizzle(), kChunk);
  int64_t perCore = coreWavefronts(desc.getSwizzle());
  // A slab's 8 rows hold width * 8 bytes.
  found.wavefronts = found.bytes / (width * kCoreRows) * perCore;
  found.proof =
      llvm::formatv("core matrices of 8 rows of 16 bytes, {0} bytes apart, "
                    "swizzled by {1}: each chunk of 8 rows",
                    width, desc.getSwizzle())
          .str();
  return found;
}

constexpr int64_t kProductRows = 64;

space::SharedAccess operandA(cuda::WgmmaSSOp product) {
  return operand("wgmma A", product.getA(), product.getADesc(), kProductRows,
                 product.getK());
}

template <typename Product>
space::SharedAccess operandB(Product product) {
  return operand("wgmma B", product.getB(), product.getBDesc(), product.getN(),
                 product.getK());
}

} // namespace

int64_t wavefrontsOf(cuda::StMatrixOp op) { return stmatrix(op).wavefronts; }
int64_t wavefrontsOf(cuda::LdMatrixOp op) { return ldmatrix(op).wavefronts; }

int64_t wavefrontsOf(cuda::WgmmaSSOp op) {
  return operandA(op).wavefronts + operandB(op).wavefronts;
}

int64_t wavefrontsOf(cuda::WgmmaRSOp op) { return operandB(op).wavefronts; }

void countShared(cuda::KernelOp kernel, const TensorMaps &maps,
                 space::KernelFigures &figures) {
  auto add = [&](Operation *op, space::SharedAccess access) {
    access.line = lineOf(op->getLoc());
    figures.shared.push_back(std::move(access));
  };
  kernel.walk([&](Operation *op) {
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](cuda::StMatrixOp store) { add(op, stmatrix(store)); })
        .Case([&](cuda::LdMatrixOp load) { add(op, ldmatrix(load)); })
        .Case([&](cuda::TmaLoadOp load) {
          if (cuda::HostTensorMapOp map = maps.of(load.getMap())) {
            add(op, copy("tma.load", load.getDst(), map));
          }
        })
        .Case([&](cuda::TmaStoreOp store) {
          if (cuda::HostTensorMapOp map = maps.of(store.getMap())) {
            add(op, copy("tma.store", store.getSrc(), map));
          }
        })
        .Case([&](cuda::WgmmaSSOp product) {
          add(op, operandA(product));
          add(op, operandB(product));
        })
        .Case([&](cuda::WgmmaRSOp product) { add(op, operandB(product)); })
        .Case(
            [&](cuda::ClaimOp claim) { add(op, word("claim", claim.getTo())); })
        .Case([&](cuda::TakeOp take) { add(op, word("take", take.getFrom())); })
        .Case<cuda::SharedOp, cuda::RolesOp, cuda::RoleOp>([](auto) {})
        .Default([&](Operation *other) {
          bool touches = llvm::any_of(other->getOperandTypes(), [](Type type) {
            return isa<cuda::SmemType>(type);
          });
          if (touches) {
            figures.uncounted.push_back(other->getName().getStringRef().str());
          }
        });
  });
}

} // namespace spak::analysis
