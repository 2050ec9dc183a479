// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the types that generated kernels use. Compiles under nvcc, NVRTC and
// clang. Text between `//@ block NAME needs …` and `//@ end` can be copied into
// a kernel's file by itself, after the blocks it needs.
#ifndef SPAK_DEVICE_TYPES_CUH
#define SPAK_DEVICE_TYPES_CUH

//@ block types
#ifdef __CUDACC_RTC__
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
#else
#include <cstdint>
#endif

#ifndef SPAK_FN
#define SPAK_FN __device__ __forceinline__
#endif

namespace spak {

/// A TMA descriptor: 128 opaque bytes, passed as a __grid_constant__ argument.
struct alignas(64) TensorMap {
  uint64_t opaque[16];
};

/// 16-bit floats as they lie in memory.
struct bf16 {
  uint16_t bits;
};
struct f16 {
  uint16_t bits;
};

} // namespace spak
//@ end

#endif // SPAK_DEVICE_TYPES_CUH
