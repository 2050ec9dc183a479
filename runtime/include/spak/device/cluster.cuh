// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what blocks of a cluster do with each other: barriers, and TMA loads
// that land in all of them.
#ifndef SPAK_DEVICE_CLUSTER_CUH
#define SPAK_DEVICE_CLUSTER_CUH

#include "spak/device/types.cuh"

namespace spak {

//@ block cluster_sync needs types
/// Waits for all threads of all blocks of the cluster. PTX ISA
/// "barrier.cluster", sm_90.
SPAK_FN void cluster_sync() {
  asm volatile("barrier.cluster.arrive;\n"
               "barrier.cluster.wait;" ::
                   : "memory");
}
//@ end

//@ block cluster_address needs types
/// Where what lies at `address` in this block's shared memory lies in block
/// `rank` of the cluster. PTX ISA "mapa", sm_90.
SPAK_FN uint32_t cluster_address(uint32_t address, uint32_t rank) {
  uint32_t there;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;"
               : "=r"(there)
               : "r"(address), "r"(rank));
  return there;
}
//@ end

//@ block mbarrier_arrive_at_if needs types
/// Arrives where `when` holds on a barrier of any block of the cluster. The
/// form without a scope: the tiles that it hands back were read by the tensor
/// core or with the block's own ordering, and naming the cluster's scope costs
/// a fence. PTX ISA "mbarrier.arrive", sm_90.
SPAK_FN void mbarrier_arrive_at_if(bool when, uint32_t barrier) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; "
      "@p mbarrier.arrive.shared::cluster.b64 _, [%1]; }" ::"r"((int)when),
      "r"(barrier)
      : "memory");
}
//@ end

//@ block tma_load_multicast_1d needs types
/// One box of a 1-dimensional map to the same place in every block of the
/// cluster whose bit is set in `blocks`, completing on the same barrier there.
/// One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load_multicast(uint32_t to, const TensorMap &map,
                                uint32_t barrier, uint16_t blocks, int c0) {
  asm volatile(
      "cp.async.bulk.tensor.1d.shared::cluster.global.mbarrier::complete_tx::"
      "bytes.multicast::cluster [%0], [%1, {%4}], [%2], %3;" ::"r"(to),
      "l"(&map), "r"(barrier), "h"(blocks), "r"(c0)
      : "memory");
}
//@ end

//@ block tma_load_multicast_2d needs types
/// One box of a 2-dimensional map to the same place in every block of the
/// cluster whose bit is set in `blocks`, completing on the same barrier there.
/// One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load_multicast(uint32_t to, const TensorMap &map,
                                uint32_t barrier, uint16_t blocks, int c0,
                                int c1) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::"
      "bytes.multicast::cluster [%0], [%1, {%4, %5}], [%2], %3;" ::"r"(to),
      "l"(&map), "r"(barrier), "h"(blocks), "r"(c0), "r"(c1)
      : "memory");
}
//@ end

//@ block tma_load_multicast_3d needs types
/// One box of a 3-dimensional map to the same place in every block of the
/// cluster whose bit is set in `blocks`, completing on the same barrier there.
/// One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load_multicast(uint32_t to, const TensorMap &map,
                                uint32_t barrier, uint16_t blocks, int c0,
                                int c1, int c2) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::"
      "bytes.multicast::cluster [%0], [%1, {%4, %5, %6}], [%2], %3;" ::"r"(to),
      "l"(&map), "r"(barrier), "h"(blocks), "r"(c0), "r"(c1), "r"(c2)
      : "memory");
}
//@ end

//@ block tma_load_multicast_4d needs types
/// One box of a 4-dimensional map to the same place in every block of the
/// cluster whose bit is set in `blocks`, completing on the same barrier there.
/// One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load_multicast(uint32_t to, const TensorMap &map,
                                uint32_t barrier, uint16_t blocks, int c0,
                                int c1, int c2, int c3) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::"
      "bytes.multicast::cluster [%0], [%1, {%4, %5, %6, %7}], [%2], %3;" ::"r"(
          to),
      "l"(&map), "r"(barrier), "h"(blocks), "r"(c0), "r"(c1), "r"(c2), "r"(c3)
      : "memory");
}
//@ end

//@ block tma_load_multicast_5d needs types
/// One box of a 5-dimensional map to the same place in every block of the
/// cluster whose bit is set in `blocks`, completing on the same barrier there.
/// One thread. PTX ISA "cp.async.bulk.tensor", sm_90.
SPAK_FN void tma_load_multicast(uint32_t to, const TensorMap &map,
                                uint32_t barrier, uint16_t blocks, int c0,
                                int c1, int c2, int c3, int c4) {
  asm volatile(
      "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::"
      "bytes.multicast::cluster [%0], [%1, {%4, %5, %6, %7, %8}], [%2], %3;" ::
          "r"(to),
      "l"(&map), "r"(barrier), "h"(blocks), "r"(c0), "r"(c1), "r"(c2), "r"(c3),
      "r"(c4)
      : "memory");
}
//@ end

} // namespace spak

#endif // SPAK_DEVICE_CLUSTER_CUH
