// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: shared addresses, mbarriers, and the ring of full/empty pairs.
#ifndef SPAK_DEVICE_BARRIER_CUH
#define SPAK_DEVICE_BARRIER_CUH

#include "spak/device/sync.cuh"

namespace spak {

//@ block smem_addr needs types
/// The 32-bit address of a shared variable, as PTX wants it.
SPAK_FN uint32_t smem_addr(const void *pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}
//@ end

//@ block mbarrier_init needs types
/// Sets up a barrier for `count` arrivals per phase. PTX ISA "mbarrier.init",
/// sm_80.
SPAK_FN void mbarrier_init(uint32_t barrier, uint32_t count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier),
               "r"(count)
               : "memory");
}
//@ end

//@ block fence_mbarrier_init needs types
/// Makes initialised barriers visible to TMA. PTX ISA "fence.mbarrier_init",
/// sm_90.
SPAK_FN void fence_mbarrier_init() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
//@ end

//@ block mbarrier_expect needs types
/// Arrives and announces `bytes` of TMA traffic for this phase. PTX ISA
/// "mbarrier.arrive.expect_tx", sm_90.
SPAK_FN void mbarrier_expect(uint32_t barrier, uint32_t bytes) {
  asm volatile(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier),
      "r"(bytes)
      : "memory");
}
//@ end

//@ block mbarrier_arrive needs types
/// Arrives once. PTX ISA "mbarrier.arrive", sm_80.
SPAK_FN void mbarrier_arrive(uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier)
               : "memory");
}
//@ end

//@ block mbarrier_arrive_if needs types
/// Arrives where `when` holds. Predicated, so that the warp does not branch
/// and loop state stays in uniform registers.
SPAK_FN void mbarrier_arrive_if(bool when, uint32_t barrier) {
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %0, 0; "
               "@p mbarrier.arrive.shared::cta.b64 _, [%1]; }" ::"r"((int)when),
               "r"(barrier)
               : "memory");
}
//@ end

//@ block mbarrier_wait needs types
/// Waits until the phase of parity `parity` has completed. PTX ISA
/// "mbarrier.try_wait", sm_90.
SPAK_FN void mbarrier_wait(uint32_t barrier, uint32_t parity) {
  asm volatile("{\n"
               ".reg .pred p;\n"
               "wait_%=:\n"
               "mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
               "@p bra done_%=;\n"
               "bra wait_%=;\n"
               "done_%=:\n"
               "}" ::"r"(barrier),
               "r"(parity)
               : "memory");
}
//@ end

//@ block Ring needs mbarrier_init mbarrier_expect mbarrier_arrive
//@ needs mbarrier_arrive_if mbarrier_wait
/// `Slots` full/empty barrier pairs at a shared address, 16 bytes a slot. A
/// counter that only grows says which slot (count % Slots) and which phase
/// (count / Slots % 2).
template <int Slots>
struct Ring {
  uint32_t base;

  SPAK_FN uint32_t full(uint32_t count) const {
    return base + count % Slots * 8;
  }
  SPAK_FN uint32_t empty(uint32_t count) const {
    return base + Slots * 8 + count % Slots * 8;
  }
  SPAK_FN static uint32_t parity(uint32_t count) { return count / Slots & 1; }

  /// One thread, before any use.
  SPAK_FN void init(uint32_t full_arrivals, uint32_t empty_arrivals) const {
    for (int slot = 0; slot < Slots; ++slot) {
      mbarrier_init(full(slot), full_arrivals);
      mbarrier_init(empty(slot), empty_arrivals);
    }
  }
  /// Producer: until the slot is empty. The first round does not wait.
  SPAK_FN void acquire(uint32_t count) const {
    mbarrier_wait(empty(count), parity(count) ^ 1);
  }
  /// Producer: announces the bytes that TMA will bring.
  SPAK_FN void expect(uint32_t count, uint32_t bytes) const {
    mbarrier_expect(full(count), bytes);
  }
  /// Producer without TMA: the slot is full.
  SPAK_FN void commit(uint32_t count) const { mbarrier_arrive(full(count)); }
  /// Consumer: until the slot is full. All lanes.
  SPAK_FN void wait(uint32_t count) const {
    mbarrier_wait(full(count), parity(count));
  }
  /// Consumer: gives the slot back, one arrival per thread where `when` holds.
  SPAK_FN void release_if(bool when, uint32_t count) const {
    mbarrier_arrive_if(when, empty(count));
  }
};
//@ end

//@ block claim_place needs Ring
/// Adds 1 to `counter`, which begins again at 0 behind `places` - 1, and hands
/// the place that it stood for to the block through `slots` at a shared
/// address, 4 bytes each. Blocks begin with as many places as there are blocks.
/// One thread. PTX ISA "st.shared", sm_20.
template <int Slots>
SPAK_FN int claim_place(const Ring<Slots> &ring, uint32_t count, uint32_t slots,
                        int *counter, int places) {
  ring.acquire(count);
  const int place = gridDim.x + atomicInc(reinterpret_cast<unsigned *>(counter),
                                          unsigned(places) - 1);
  asm volatile("st.shared.b32 [%0], %1;" ::"r"(slots + count % Slots * 4),
               "r"(place)
               : "memory");
  ring.commit(count);
  return place;
}
//@ end

//@ block take_place needs Ring uniform
/// The place that was claimed for slot `count`, which is given back where
/// `when` holds. All lanes. PTX ISA "ld.shared", sm_20.
template <int Slots>
SPAK_FN int take_place(const Ring<Slots> &ring, uint32_t count, uint32_t slots,
                       bool when) {
  int place;
  ring.wait(count);
  asm volatile("ld.shared.b32 %0, [%1];"
               : "=r"(place)
               : "r"(slots + count % Slots * 4)
               : "memory");
  place = uniform(place);
  ring.release_if(when, count);
  return place;
}
//@ end

} // namespace spak

#endif // SPAK_DEVICE_BARRIER_CUH
