// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: a small kernel written by hand in the shape of an emitted one, so that
// the runtime can be tested on its own: Z = X + factor * Y, X through a tensor
// map.
typedef unsigned long long u64;

struct alignas(64) TensorMap {
  u64 opaque[16];
};

constexpr int kRows = 16, kColumns = 32;

extern "C" __global__ void __launch_bounds__(128, 1)
    toy_kernel(const __grid_constant__ TensorMap x, const float *y,
               long long yStride, float *z, long long zStride, float factor,
               int rows, int columns, int columnTiles) {
  extern __shared__ __align__(1024) float tile[];
  __shared__ alignas(8) u64 barrier;
  const int row0 = int(blockIdx.x) / columnTiles * kRows;
  const int column0 = int(blockIdx.x) % columnTiles * kColumns;
  const unsigned bar = unsigned(__cvta_generic_to_shared(&barrier));
  const unsigned destination = unsigned(__cvta_generic_to_shared(tile));
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(bar));
    asm volatile("fence.mbarrier_init.release.cluster;");
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(bar),
                 "r"(kRows * kColumns * 4));
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::"
        "complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(destination),
        "l"(&x), "r"(bar), "r"(column0), "r"(row0)
        : "memory");
  }
  unsigned done = 0;
  while (!done) {
    asm volatile("{ .reg .pred p;"
                 "mbarrier.try_wait.parity.shared.b64 p, [%1], 0;"
                 "selp.u32 %0, 1, 0, p; }"
                 : "=r"(done)
                 : "r"(bar)
                 : "memory");
  }
  for (int i = int(threadIdx.x); i < kRows * kColumns; i += 128) {
    const int row = row0 + i / kColumns, column = column0 + i % kColumns;
    if (row < rows && column < columns) {
      z[row * zStride + column] = tile[i] + factor * y[row * yStride + column];
    }
  }
}

#ifndef __CUDACC_RTC__
#include <cstdint>
#include <cuda.h>

struct toy_params {
  const void *X;
  int64_t X_strides[1];
  const void *Y;
  int64_t Y_strides[1];
  float factor;
  void *Z;
  int64_t Z_strides[1];
  int64_t M, N;
};

extern "C" void toy_defaults(toy_params *p) { p->factor = 2.0f; }

extern "C" long long toy_workspace(const toy_params *) { return 0; }

static int fail(const char **message, int code, const char *text) {
  if (message) {
    *message = text;
  }
  return code;
}

extern "C" int toy_launch(const toy_params *p, void *stream,
                          const char **message) {
  if (!p) {
    return fail(message, 1, "params is null");
  }
  const bool isEmpty = p->M == 0 || p->N == 0;
  if (!isEmpty && (!p->X || !p->Y || !p->Z)) {
    return fail(message, 1, "X, Y or Z is null");
  }
  if (uint64_t(p->X) % 16 || uint64_t(p->Y) % 4 || uint64_t(p->Z) % 4) {
    return fail(message, 2, "X, Y or Z is misaligned");
  }
  if (p->M < 0 || p->N < 0) {
    return fail(message, 3, "M or N is negative");
  }
  if (p->M > 1 && p->X_strides[0] * 4 % 16) {
    return fail(message, 4, "the stride of X is no multiple of 16 bytes");
  }
  if (p->M > INT32_MAX || p->N > INT32_MAX) {
    return fail(message, 5, "M or N is more than 2147483647");
  }
  if (p->N % 4) {
    return fail(message, 6, "N % 4 == 0");
  }
  if (isEmpty) {
    return 0;
  }
  void *entry = nullptr;
  cudaDriverEntryPointQueryResult found;
  if (cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry, 12000,
                                       cudaEnableDefault, &found) ||
      found != cudaDriverEntryPointSuccess) {
    return fail(message, 7, "no CUDA driver with cuTensorMapEncodeTiled");
  }
  TensorMap map;
  const cuuint64_t sizes[2] = {cuuint64_t(p->N), cuuint64_t(p->M)};
  const cuuint64_t strides[1] = {p->M > 1 ? cuuint64_t(p->X_strides[0]) * 4
                                          : 16};
  const cuuint32_t box[2] = {kColumns, kRows}, steps[2] = {1, 1};
  if (reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(entry)(
          reinterpret_cast<CUtensorMap *>(&map),
          CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 2, const_cast<void *>(p->X), sizes,
          strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
          CU_TENSOR_MAP_SWIZZLE_NONE, CU_TENSOR_MAP_L2_PROMOTION_NONE,
          CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE)) {
    return fail(message, 7, "the tensor map of X is refused");
  }
  const int columnTiles = int((p->N + kColumns - 1) / kColumns);
  const int blocks = int((p->M + kRows - 1) / kRows) * columnTiles;
  toy_kernel<<<blocks, 128, 2048, static_cast<cudaStream_t>(stream)>>>(
      map, static_cast<const float *>(p->Y), p->Y_strides[0],
      static_cast<float *>(p->Z), p->Z_strides[0], p->factor, int(p->M),
      int(p->N), columnTiles);
  return cudaGetLastError() ? fail(message, 7, "the launch failed") : 0;
}
#endif // __CUDACC_RTC__
