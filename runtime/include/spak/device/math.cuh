// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: scalar arithmetic that has an instruction of its own, conversions,
// lane exchange, and predicated accesses to global memory.
#ifndef SPAK_DEVICE_MATH_CUH
#define SPAK_DEVICE_MATH_CUH

#include "spak/device/types.cuh"

namespace spak {

//@ block infinity needs types
/// Positive infinity, without a header.
SPAK_FN float infinity() { return __int_as_float(0x7f800000); }
//@ end

//@ block floor_div needs types
/// a / b rounded down, for b > 0.
template <typename Int>
SPAK_FN Int floor_div(Int a, Int b) {
  return a / b - (a % b < 0);
}
//@ end

//@ block ceil_div needs types
/// a / b rounded up, for b > 0.
template <typename Int>
SPAK_FN Int ceil_div(Int a, Int b) {
  return a / b + (a % b > 0);
}
//@ end

//@ block exp2_approx needs types
/// 2^x. Relative error up to 2^-22; denormal arguments and results are zero;
/// exp2_approx(-inf) = 0. PTX ISA "ex2.approx.ftz.f32", sm_50.
SPAK_FN float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
//@ end

//@ block exp2_polynomial needs types
/// 2^x for x up to 127 that is not NaN, without the unit that exp2_approx
/// keeps busy: the exponent by a rounding addition, 2^f on [-1/2, 1/2] as a
/// polynomial of degree 4. Relative error below 4e-6; 0 below -127.
SPAK_FN float exp2_polynomial(float x) {
  x = fmaxf(x, -127.0f);
  const float rounded = x + 12582912.0f;
  const float f = x - (rounded - 12582912.0f);
  float y = fmaf(f, 0.00978291253f, 0.0559768836f);
  y = fmaf(f, y, 0.240207111f);
  y = fmaf(f, y, 0.693113604f);
  y = fmaf(f, y, 1.0f);
  return __int_as_float(__float_as_int(y) +
                        int32_t(uint32_t(__float_as_int(rounded)) << 23));
}
//@ end

//@ block max_nan needs types
/// The larger value, or NaN if either is NaN. PTX ISA "max.NaN", sm_80.
SPAK_FN float max_nan(float a, float b) {
  float y;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
  return y;
}
//@ end

//@ block min_nan needs types
/// The smaller value, or NaN if either is NaN. PTX ISA "min.NaN", sm_80.
SPAK_FN float min_nan(float a, float b) {
  float y;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
  return y;
}
//@ end

//@ block tanh_approx needs types
/// tanh(x), relative error up to 2^-11. PTX ISA "tanh.approx.f32", sm_75.
SPAK_FN float tanh_approx(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
//@ end

//@ block rcp_approx needs types
/// 1 / x, off by one unit in the last place at most; denormal arguments and
/// results are zero. PTX ISA "rcp.approx.ftz.f32", sm_20.
SPAK_FN float rcp_approx(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
//@ end

//@ block reciprocal_rounded needs types rcp_approx
/// 1 / x, multiplied with something that is rounded to 16 bits next.
SPAK_FN float reciprocal_rounded(float x) { return rcp_approx(x); }
//@ end

//@ block tanh_of_four needs types exp2_approx min_nan rcp_approx
/// Four tanh(x * ln(2) / 2), each with an absolute error below 1e-6, from one
/// reciprocal: that of the product of four sums, which the bound keeps finite.
SPAK_FN void tanh_of_four(float (&x)[4]) {
  float sum[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    sum[i] = exp2_approx(min_nan(x[i], 30.0f)) + 1.0f;
  }
  const float left = sum[0] * sum[1];
  const float right = sum[2] * sum[3];
  const float all = -2.0f * rcp_approx(left * right);
  const float of_left = all * right;
  const float of_right = all * left;
  x[0] = fmaf(of_left, sum[1], 1.0f);
  x[1] = fmaf(of_left, sum[0], 1.0f);
  x[2] = fmaf(of_right, sum[3], 1.0f);
  x[3] = fmaf(of_right, sum[2], 1.0f);
}
//@ end

//@ block tanh_absolute needs types exp2_approx
/// tanh(x), absolute error below 1e-6. PTX ISA "rcp.approx.ftz.f32".
SPAK_FN float tanh_absolute(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;"
      : "=f"(y)
      : "f"(exp2_approx(x * 2.88539008f) + 1.0f));
  return fmaf(-2.0f, y, 1.0f);
}
//@ end

//@ block gelu_for_bf16 needs types exp2_approx max_nan
/// x Phi(x), rounded to bf16 next: relative error up to 2^-11.6 from -5.75 up,
/// absolute error up to 1.2e-11 below. -inf gives 0.
SPAK_FN float gelu_for_bf16(float x) {
  const float t = fminf(fabsf(x), 15.0f);
  float power = fmaf(t, -0.000216863424f, 0.00466523739f);
  power = fmaf(t, power, -0.0437192097f);
  power = fmaf(t, power, -0.47119543f);
  power = fmaf(t, power, -1.14537179f);
  power = fmaf(t, power, -1.00043988f);
  return fmaf(-t, exp2_approx(power), max_nan(x, 0.0f));
}
//@ end

//@ block gelu_for_f16 needs types exp2_approx max_nan
/// x Phi(x), rounded to f16 next: relative error up to 2^-14.5 from -5.8 up,
/// and less than half of the smallest f16 below. -inf gives what rounds to 0.
SPAK_FN float gelu_for_f16(float x) {
  const float t = fminf(fabsf(x), 5.8f);
  float power = fmaf(t, 2.42290571e-05f, -0.000631129893f);
  power = fmaf(t, power, 0.00731600402f);
  power = fmaf(t, power, -0.0515159704f);
  power = fmaf(t, power, -0.460866034f);
  power = fmaf(t, power, -1.1503545f);
  power = fmaf(t, power, -1.00005186f);
  return fmaf(-t, exp2_approx(power), max_nan(x, 0.0f));
}
//@ end

//@ block sigmoid_rounded needs types exp2_approx rcp_approx
/// 1 / (1 + exp(-x)), rounded to 16 bits next: relative error up to 2^-16, 0
/// where it is below 2^-126.
SPAK_FN float sigmoid_rounded(float x) {
  return rcp_approx(exp2_approx(x * -1.44269504f) + 1.0f);
}
//@ end

//@ block silu_rounded needs types sigmoid_rounded
/// x / (1 + exp(-x)), as sigmoid_rounded.
SPAK_FN float silu_rounded(float x) { return x * sigmoid_rounded(x); }
//@ end

//@ block pack_bf16 needs types
/// Rounds two floats to nearest even: `low` to the low half. PTX ISA
/// "cvt.rn.bf16x2.f32", sm_80.
SPAK_FN uint32_t pack_bf16(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}
//@ end

//@ block pack_f16 needs types
/// Rounds two floats to nearest even: `low` to the low half. PTX ISA
/// "cvt.rn.f16x2.f32", sm_80.
SPAK_FN uint32_t pack_f16(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}
//@ end

//@ block unpack_bf16x2 needs types
/// The halves of a pair as floats, exactly.
SPAK_FN void unpack_bf16x2(float &low, float &high, uint32_t pair) {
  low = __uint_as_float(pair << 16);
  high = __uint_as_float(pair & 0xffff0000u);
}
//@ end

//@ block unpack_f16x2 needs types
/// The halves of a pair as floats, exactly. PTX ISA "cvt.f32.f16".
SPAK_FN void unpack_f16x2(float &low, float &high, uint32_t pair) {
  asm("{\n"
      ".reg .b16 l, h;\n"
      "mov.b32 {l, h}, %2;\n"
      "cvt.f32.f16 %0, l;\n"
      "cvt.f32.f16 %1, h;\n"
      "}"
      : "=f"(low), "=f"(high)
      : "r"(pair));
}
//@ end

//@ block unpack_bf16 needs types
/// The low (0) or high (1) half of a pair.
SPAK_FN bf16 unpack_bf16(uint32_t pair, int half) {
  return {static_cast<uint16_t>(pair >> (16 * half))};
}
//@ end

//@ block unpack_f16 needs types
/// The low (0) or high (1) half of a pair.
SPAK_FN f16 unpack_f16(uint32_t pair, int half) {
  return {static_cast<uint16_t>(pair >> (16 * half))};
}
//@ end

//@ block to_bf16 needs types
/// Rounds to nearest even. PTX ISA "cvt.rn.bf16.f32", sm_80.
SPAK_FN bf16 to_bf16(float x) {
  bf16 y;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
  return y;
}
//@ end

//@ block to_f16 needs types
/// Rounds to nearest even. PTX ISA "cvt.rn.f16.f32", sm_50.
SPAK_FN f16 to_f16(float x) {
  f16 y;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
  return y;
}
//@ end

//@ block to_f32 needs types
/// Exact widening.
SPAK_FN float to_f32(bf16 x) {
  return __uint_as_float(static_cast<uint32_t>(x.bits) << 16);
}
SPAK_FN float to_f32(f16 x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
  return y;
}
//@ end

//@ block shuffle_xor needs types
/// The value of lane `lane ^ mask`.
SPAK_FN float shuffle_xor(float value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}
SPAK_FN int shuffle_xor(int value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}
//@ end

//@ block pinned needs types
/// No instruction: the pointer is in a register here, and addresses after it
/// are offsets from that register.
template <typename T>
SPAK_FN T *pinned(T *pointer) {
  asm volatile("" : "+l"(pointer));
  return pointer;
}
//@ end

//@ block store_if needs types
/// Writes where `when` holds, predicated: no branch. PTX ISA "st", sm_50.
SPAK_FN void store_if(bool when, float *pointer, float value) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p st.global.f32 [%1], %2; }" ::
          "r"((int)when),
      "l"(pointer), "f"(value)
      : "memory");
}
SPAK_FN void store_if(bool when, int *pointer, int value) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p st.global.b32 [%1], %2; }" ::
          "r"((int)when),
      "l"(pointer), "r"(value)
      : "memory");
}
SPAK_FN void store_if(bool when, bf16 *pointer, bf16 value) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p st.global.b16 [%1], %2; }" ::
          "r"((int)when),
      "l"(pointer), "h"(value.bits)
      : "memory");
}
SPAK_FN void store_if(bool when, f16 *pointer, f16 value) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p st.global.b16 [%1], %2; }" ::
          "r"((int)when),
      "l"(pointer), "h"(value.bits)
      : "memory");
}
//@ end

//@ block store2_if needs types
/// Writes two neighbours in one access where `when` holds; `pointer` is
/// 8-byte aligned. PTX ISA "st.v2", sm_50.
SPAK_FN void store2_if(bool when, float *pointer, float v0, float v1) {
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %0, 0; "
               "@p st.global.v2.f32 [%1], {%2, %3}; }" ::"r"((int)when),
               "l"(pointer), "f"(v0), "f"(v1)
               : "memory");
}
//@ end

//@ block store_pair_if needs types
/// Writes a pair of 16-bit floats in one access where `when` holds; `pointer`
/// is 4-byte aligned. PTX ISA "st", sm_50.
SPAK_FN void store_pair_if(bool when, void *pointer, uint32_t pair) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %0, 0; @p st.global.b32 [%1], %2; }" ::
          "r"((int)when),
      "l"(pointer), "r"(pair)
      : "memory");
}
//@ end

//@ block load_if needs types
/// Reads where `when` holds, else zero; read-only data. PTX ISA "ld.global.nc",
/// sm_50.
SPAK_FN float load_if(bool when, const float *pointer) {
  float value;
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %1, 0; mov.f32 %0, 0f00000000; "
               "@p ld.global.nc.f32 %0, [%2]; }"
               : "=f"(value)
               : "r"((int)when), "l"(pointer));
  return value;
}
SPAK_FN int load_if(bool when, const int *pointer) {
  int value;
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %1, 0; mov.b32 %0, 0; "
               "@p ld.global.nc.b32 %0, [%2]; }"
               : "=r"(value)
               : "r"((int)when), "l"(pointer));
  return value;
}
SPAK_FN bf16 load_if(bool when, const bf16 *pointer) {
  bf16 value;
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %1, 0; mov.b16 %0, 0; "
               "@p ld.global.nc.b16 %0, [%2]; }"
               : "=h"(value.bits)
               : "r"((int)when), "l"(pointer));
  return value;
}
SPAK_FN f16 load_if(bool when, const f16 *pointer) {
  f16 value;
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %1, 0; mov.b16 %0, 0; "
               "@p ld.global.nc.b16 %0, [%2]; }"
               : "=h"(value.bits)
               : "r"((int)when), "l"(pointer));
  return value;
}
//@ end

} // namespace spak

#endif // SPAK_DEVICE_MATH_CUH
