// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: named barriers, fences, register hand-over, warp votes.
#ifndef SPAK_DEVICE_SYNC_CUH
#define SPAK_DEVICE_SYNC_CUH

#include "spak/device/types.cuh"

namespace spak {

//@ block bar_sync needs types
/// Arrives on named barrier `id` and waits for `threads` threads. Aligned: all
/// lanes of the warp. PTX ISA "bar.sync", sm_20.
SPAK_FN void bar_sync(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
//@ end

//@ block bar_arrive needs types
/// Arrives on named barrier `id` without waiting. PTX ISA "bar.arrive", sm_20.
SPAK_FN void bar_arrive(int id, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
//@ end

//@ block fence_async needs types
/// Makes this thread's writes to shared memory visible to TMA and wgmma; a
/// barrier must follow before another thread issues. PTX ISA "fence.proxy",
/// sm_90.
SPAK_FN void fence_async() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
//@ end

//@ block setmaxnreg_inc needs types
/// Takes registers from the block's pool until the thread has `Count`. All
/// warps of the warpgroup. PTX ISA "setmaxnreg", sm_90a.
template <int Count>
SPAK_FN void setmaxnreg_inc() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Count));
}
//@ end

//@ block setmaxnreg_dec needs types
/// Gives registers back until the thread has `Count`. All warps of the
/// warpgroup. PTX ISA "setmaxnreg", sm_90a.
template <int Count>
SPAK_FN void setmaxnreg_dec() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Count));
}
//@ end

//@ block elect_one needs types
/// True in exactly one lane of the warp. PTX ISA "elect.sync", sm_90.
SPAK_FN bool elect_one() {
  uint32_t elected;
  asm volatile("{ .reg .pred p; elect.sync _|p, 0xffffffff; "
               "selp.u32 %0, 1, 0, p; }"
               : "=r"(elected));
  return elected != 0;
}
//@ end

//@ block uniform needs types
/// Lane 0's value, so that the compiler knows it is the same in the warp.
SPAK_FN int uniform(int value) { return __shfl_sync(0xffffffffu, value, 0); }
//@ end

//@ block warp_any needs types
/// True in every lane if `value` is true in any.
SPAK_FN bool warp_any(bool value) {
  return __any_sync(0xffffffffu, value) != 0;
}
//@ end

} // namespace spak

#endif // SPAK_DEVICE_SYNC_CUH
