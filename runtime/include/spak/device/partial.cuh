// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what groups of 128 threads of different blocks leave for each other in
// global memory, and who of them comes last.
#ifndef SPAK_DEVICE_PARTIAL_CUH
#define SPAK_DEVICE_PARTIAL_CUH

#include "spak/device/sync.cuh"

namespace spak {

//@ block opaque needs types
/// The same number, which the compiler cannot know: what is computed from it
/// is computed there, not kept from elsewhere.
SPAK_FN int opaque(int value) {
  asm volatile("" : "+r"(value));
  return value;
}
//@ end

//@ block store_partial needs types
/// Leaves `N` registers (1, 2 or 4) of the thread in its place among the
/// group's 128 x N words, so that a warp writes whole lines. Not kept in L1.
template <int N>
SPAK_FN void store_partial(int *words, const float *part) {
  float *to = reinterpret_cast<float *>(words) + threadIdx.x % 128 * N;
  if constexpr (N == 4) {
    __stcg(reinterpret_cast<float4 *>(to),
           make_float4(part[0], part[1], part[2], part[3]));
  } else if constexpr (N == 2) {
    __stcg(reinterpret_cast<float2 *>(to), make_float2(part[0], part[1]));
  } else {
    __stcg(to, part[0]);
  }
}
//@ end

//@ block load_partial needs types
/// Reads what store_partial left, from where all blocks see the same: L2.
template <int N>
SPAK_FN void load_partial(float *part, const int *words) {
  const float *from =
      reinterpret_cast<const float *>(words) + threadIdx.x % 128 * N;
  if constexpr (N == 4) {
    const float4 four = __ldcg(reinterpret_cast<const float4 *>(from));
    part[0] = four.x;
    part[1] = four.y;
    part[2] = four.z;
    part[3] = four.w;
  } else if constexpr (N == 2) {
    const float2 two = __ldcg(reinterpret_cast<const float2 *>(from));
    part[0] = two.x;
    part[1] = two.y;
  } else {
    part[0] = __ldcg(from);
  }
}
//@ end

//@ block bar_any needs types
/// Arrives on named barrier `id`, waits for `threads` threads, and is true in
/// all of them if `value` is true in any. PTX ISA "bar.red", sm_20.
SPAK_FN bool bar_any(int id, int threads, bool value) {
  uint32_t any;
  asm volatile("{ .reg .pred p, q; setp.ne.u32 p, %3, 0; "
               "bar.red.or.pred q, %1, %2, p; selp.u32 %0, 1, 0, q; }"
               : "=r"(any)
               : "r"(id), "r"(threads), "r"(static_cast<uint32_t>(value))
               : "memory");
  return any != 0;
}
//@ end

//@ block count_if needs types
/// Adds 1 to `counter` where `when` holds, and returns what it was; behind
/// `most` it begins again at 0. Predicated, so that the warp does not branch
/// and loop state stays in uniform registers. PTX ISA "atom.inc", sm_60.
SPAK_FN uint32_t count_if(bool when, int *counter, uint32_t most) {
  uint32_t before = 0;
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %1, 0; "
               "@p atom.global.inc.u32 %0, [%2], %3; }"
               : "+r"(before)
               : "r"((int)when), "l"(counter), "r"(most)
               : "memory");
  return before;
}
//@ end

//@ block arrive_last needs bar_sync bar_any count_if uniform
/// Counts a group of 128 threads that has left its part. True in all of them if
/// it is the last of `count`, and then all parts can be read; the counter is
/// zero again. Nobody waits for another block.
SPAK_FN bool arrive_last(int *counter, int count, int barrier) {
  __threadfence();
  bar_sync(barrier, 128);
  const bool first = threadIdx.x % 128 == 0;
  const uint32_t most = count - 1;
  const bool counted = count_if(first, counter, most) == most;
  const bool last = uniform(bar_any(barrier, 128, first && counted));
  __threadfence();
  return last;
}
//@ end

} // namespace spak

#endif // SPAK_DEVICE_PARTIAL_CUH
