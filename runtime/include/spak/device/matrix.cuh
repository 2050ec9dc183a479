// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: matrix moves between registers and shared memory, and the swizzle.
#ifndef SPAK_DEVICE_MATRIX_CUH
#define SPAK_DEVICE_MATRIX_CUH

#include "spak/device/types.cuh"

namespace spak {

//@ block swizzled needs types
/// Where byte `address` of a slab of `Width`-byte rows really lies: 16-byte
/// chunks are exchanged by xor with the row, as TMA and wgmma do it. The slab
/// is 1024-byte aligned.
template <int Width>
SPAK_FN uint32_t swizzled(uint32_t address) {
  return address ^ ((address >> 7 & (Width / 16 - 1)) << 4);
}
//@ end

//@ block stmatrix_x4 needs types
/// Stores four 8x8 matrices of 16-bit elements; lane i gives the address of
/// row i % 8 of matrix i / 8. PTX ISA "stmatrix", sm_90.
SPAK_FN void stmatrix_x4(uint32_t address, uint32_t r0, uint32_t r1,
                         uint32_t r2, uint32_t r3) {
  asm volatile(
      "stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
          address),
      "r"(r0), "r"(r1), "r"(r2), "r"(r3)
      : "memory");
}
//@ end

//@ block ldmatrix_x4 needs types
/// Loads four 8x8 matrices of 16-bit elements, one a register; lane i gives the
/// address of row i % 8 of matrix i / 8. PTX ISA "ldmatrix".
SPAK_FN void ldmatrix_x4(uint32_t *r, uint32_t address) {
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(address)
      : "memory");
}
//@ end

} // namespace spak

#endif // SPAK_DEVICE_MATRIX_CUH
