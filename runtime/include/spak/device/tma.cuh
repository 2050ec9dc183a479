// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: TMA tile loads and stores of 1 to 5 dimensions, and their waits.
// Coordinates are in elements, innermost dimension first.
#ifndef SPAK_DEVICE_TMA_CUH
#define SPAK_DEVICE_TMA_CUH

#include "spak/device/types.cuh"

namespace spak {

//@ block tma_load_1d needs types
/// One box of a 1-dimensional map to shared memory; its bytes complete on
/// `barrier`. One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load(uint32_t to, const TensorMap &map, uint32_t barrier,
                      int c0) {
  asm volatile("cp.async.bulk.tensor.1d.shared::cluster.global.mbarrier::"
               "complete_tx::bytes [%0], [%1, {%3}], [%2];" ::"r"(to),
               "l"(&map), "r"(barrier), "r"(c0)
               : "memory");
}
//@ end

//@ block tma_load_2d needs types
/// One box of a 2-dimensional map to shared memory; its bytes complete on
/// `barrier`. One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load(uint32_t to, const TensorMap &map, uint32_t barrier,
                      int c0, int c1) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::"
               "complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(to),
               "l"(&map), "r"(barrier), "r"(c0), "r"(c1)
               : "memory");
}
//@ end

//@ block tma_load_3d needs types
/// One box of a 3-dimensional map to shared memory; its bytes complete on
/// `barrier`. One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load(uint32_t to, const TensorMap &map, uint32_t barrier,
                      int c0, int c1, int c2) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::"
               "complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];" ::"r"(to),
               "l"(&map), "r"(barrier), "r"(c0), "r"(c1), "r"(c2)
               : "memory");
}
//@ end

//@ block tma_load_4d needs types
/// One box of a 4-dimensional map to shared memory; its bytes complete on
/// `barrier`. One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load(uint32_t to, const TensorMap &map, uint32_t barrier,
                      int c0, int c1, int c2, int c3) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::"
      "bytes [%0], [%1, {%3, %4, %5, %6}], [%2];" ::"r"(to),
      "l"(&map), "r"(barrier), "r"(c0), "r"(c1), "r"(c2), "r"(c3)
      : "memory");
}
//@ end

//@ block tma_load_5d needs types
/// One box of a 5-dimensional map to shared memory; its bytes complete on
/// `barrier`. One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load(uint32_t to, const TensorMap &map, uint32_t barrier,
                      int c0, int c1, int c2, int c3, int c4) {
  asm volatile(
      "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::"
      "bytes [%0], [%1, {%3, %4, %5, %6, %7}], [%2];" ::"r"(to),
      "l"(&map), "r"(barrier), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4)
      : "memory");
}
//@ end

//@ block tma_store_1d needs types
/// One box from shared memory to a 1-dimensional map, as a group of its own,
/// by the thread where `when` holds. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_store_if(bool when, const TensorMap &map, uint32_t from,
                          int c0) {
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %0, 0; @p "
               "cp.async.bulk.tensor.1d.global.shared::cta.bulk_group [%1, "
               "{%3}], [%2]; @p cp.async.bulk.commit_group; }" ::"r"((int)when),
               "l"(&map), "r"(from), "r"(c0)
               : "memory");
}
//@ end

//@ block tma_store_2d needs types
/// One box from shared memory to a 2-dimensional map, as a group of its own,
/// by the thread where `when` holds. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_store_if(bool when, const TensorMap &map, uint32_t from,
                          int c0, int c1) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p "
      "cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%1, {%3, %4}], "
      "[%2]; @p cp.async.bulk.commit_group; }" ::"r"((int)when),
      "l"(&map), "r"(from), "r"(c0), "r"(c1)
      : "memory");
}
//@ end

//@ block tma_store_3d needs types
/// One box from shared memory to a 3-dimensional map, as a group of its own,
/// by the thread where `when` holds. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_store_if(bool when, const TensorMap &map, uint32_t from,
                          int c0, int c1, int c2) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p "
      "cp.async.bulk.tensor.3d.global.shared::cta.bulk_group [%1, {%3, %4, "
      "%5}], [%2]; @p cp.async.bulk.commit_group; }" ::"r"((int)when),
      "l"(&map), "r"(from), "r"(c0), "r"(c1), "r"(c2)
      : "memory");
}
//@ end

//@ block tma_store_4d needs types
/// One box from shared memory to a 4-dimensional map, as a group of its own,
/// by the thread where `when` holds. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_store_if(bool when, const TensorMap &map, uint32_t from,
                          int c0, int c1, int c2, int c3) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p "
      "cp.async.bulk.tensor.4d.global.shared::cta.bulk_group [%1, {%3, %4, %5, "
      "%6}], [%2]; @p cp.async.bulk.commit_group; }" ::"r"((int)when),
      "l"(&map), "r"(from), "r"(c0), "r"(c1), "r"(c2), "r"(c3)
      : "memory");
}
//@ end

//@ block tma_store_5d needs types
/// One box from shared memory to a 5-dimensional map, as a group of its own,
/// by the thread where `when` holds. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_store_if(bool when, const TensorMap &map, uint32_t from,
                          int c0, int c1, int c2, int c3, int c4) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p "
      "cp.async.bulk.tensor.5d.global.shared::cta.bulk_group [%1, {%3, %4, %5, "
      "%6, %7}], [%2]; @p cp.async.bulk.commit_group; }" ::"r"((int)when),
      "l"(&map), "r"(from), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4)
      : "memory");
}
//@ end

//@ block tma_wait_read_if needs types
/// Until at most `Left` store groups of the thread still read shared memory,
/// where `when` holds. PTX ISA "cp.async.bulk.wait_group.read", sm_90.
template <int Left>
SPAK_FN void tma_wait_read_if(bool when) {
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %0, 0; "
               "@p cp.async.bulk.wait_group.read %1; }" ::"r"((int)when),
               "n"(Left)
               : "memory");
}
//@ end

//@ block tma_wait_all_if needs types
/// Until all store groups of the thread are complete, where `when` holds. PTX
/// ISA "cp.async.bulk.wait_group", sm_90.
SPAK_FN void tma_wait_all_if(bool when) {
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %0, 0; "
               "@p cp.async.bulk.wait_group 0; }" ::"r"((int)when)
               : "memory");
}
//@ end

//@ block tma_prefetch needs types
/// Brings a tensor map into the descriptor cache. PTX ISA
/// "prefetch.tensormap", sm_90.
SPAK_FN void tma_prefetch(const TensorMap &map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory");
}
//@ end

} // namespace spak

#endif // SPAK_DEVICE_TMA_CUH
