// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a generated launch function needs on the host: tensor maps through
// the driver's entry point, launch, error texts. No link against libcuda. Cut
// into blocks like the device headers.
#ifndef SPAK_HOST_LAUNCH_CUH
#define SPAK_HOST_LAUNCH_CUH

#include "spak/device/types.cuh"

#ifndef __CUDACC_RTC__

//@ block host_includes
#include <atomic>
#include <cuda.h>
#include <cuda_runtime.h>
//@ end

namespace spak {

//@ block host_min
/// The smaller value.
inline int64_t host_min(int64_t a, int64_t b) { return a < b ? a : b; }
//@ end

//@ block host_max
/// The larger value.
inline int64_t host_max(int64_t a, int64_t b) { return a < b ? b : a; }
//@ end

//@ block host_ceil_div
/// a / b rounded up, for b > 0.
inline int64_t host_ceil_div(int64_t a, int64_t b) {
  return a / b + (a % b > 0);
}
//@ end

//@ block host_floor_div
/// a / b rounded down, for b > 0.
inline int64_t host_floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}
//@ end

//@ block host_fail
/// Stores the text where the caller wants one, and returns the code.
inline int host_fail(int code, const char *text, const char **message) {
  if (message != nullptr) {
    *message = text;
  }
  return code;
}
//@ end

//@ block host_status_string
/// What a launch function's result means.
inline const char *host_status_string(int code) {
  switch (code) {
  case 0:
    return "ok";
  case 1:
    return "null pointer";
  case 2:
    return "misaligned pointer";
  case 3:
    return "shape not supported";
  case 4:
    return "stride not supported";
  case 5:
    return "too large";
  case 6:
    return "requirement not met";
  case 7:
    return "driver error";
  }
  return "unknown code";
}
//@ end

//@ block host_aligned
/// Is the address a multiple of `bytes`?
inline bool host_aligned(const void *pointer, uint64_t bytes) {
  return reinterpret_cast<uint64_t>(pointer) % bytes == 0;
}
//@ end

//@ block host_sms needs host_includes
/// Multiprocessors of the current device; 0 if there is none.
inline int64_t host_sms() {
  int device = 0, count = 0;
  if (cudaGetDevice(&device) != cudaSuccess ||
      cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device) !=
          cudaSuccess) {
    return 0;
  }
  return count;
}
//@ end

//@ block host_tensor_map needs types host_includes
/// What the tensor map of a tensor without elements points to.
static __device__ uint4 host_no_elements[16];

/// Encodes a tensor map over `rank` dimensions, innermost first; strides are in
/// elements and leave out the innermost, which is 1. A tensor without elements
/// gives a map of one element: boxes past it, which are all that a
/// kernel then loads, give zeros. Null, or what went wrong: no driver, a driver
/// without tensor maps, or, with the text `refused`, one that refuses this map.
inline const char *host_tensor_map(TensorMap &map, CUtensorMapDataType type,
                                   int element_bytes, int rank,
                                   const void *base, const int64_t *dims,
                                   const int64_t *strides, const int *box,
                                   CUtensorMapSwizzle swizzle,
                                   const char *refused) {
  using Encode = CUresult (*)(CUtensorMap *, CUtensorMapDataType, cuuint32_t,
                              void *, const cuuint64_t *, const cuuint64_t *,
                              const cuuint32_t *, const cuuint32_t *,
                              CUtensorMapInterleave, CUtensorMapSwizzle,
                              CUtensorMapL2promotion, CUtensorMapFloatOOBfill);
  static cudaError_t status = cudaSuccess;
  static const Encode encode = [] {
    void *entry = nullptr;
    cudaDriverEntryPointQueryResult found;
    status = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry,
                                              12000, cudaEnableDefault, &found);
    const bool usable =
        status == cudaSuccess && found == cudaDriverEntryPointSuccess;
    return usable ? reinterpret_cast<Encode>(entry) : nullptr;
  }();
  if (status != cudaSuccess) {
    return cudaGetErrorString(status);
  }
  if (encode == nullptr) {
    return "the driver has no cuTensorMapEncodeTiled of CUDA 12.0";
  }
  map = TensorMap{};
  cuuint64_t sizes[5], steps[5];
  cuuint32_t boxes[5], ones[5];
  bool empty = false;
  for (int i = 0; i < rank; ++i) {
    empty |= dims[i] == 0;
  }
  if (empty) {
    void *address = nullptr;
    const cudaError_t found = cudaGetSymbolAddress(&address, host_no_elements);
    if (found != cudaSuccess) {
      return cudaGetErrorString(found);
    }
    base = address;
  }
  constexpr cuuint64_t unit = 16; // a stride as good as any
  for (int i = 0; i < rank; ++i) {
    sizes[i] = empty ? 1 : static_cast<cuuint64_t>(dims[i]);
    boxes[i] = static_cast<cuuint32_t>(box[i]);
    ones[i] = 1;
    if (i + 1 < rank) {
      steps[i] =
          empty ? unit : static_cast<cuuint64_t>(strides[i]) * element_bytes;
    }
  }
  const CUresult result = encode(reinterpret_cast<CUtensorMap *>(&map), type,
                                 rank, const_cast<void *>(base), sizes, steps,
                                 boxes, ones, CU_TENSOR_MAP_INTERLEAVE_NONE,
                                 swizzle, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                                 CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return result == CUDA_SUCCESS ? nullptr : refused;
}
//@ end

//@ block host_prepare needs host_includes
/// Allows a kernel its shared memory, once a device: `prepared` has one bit for
/// each.
inline cudaError_t host_prepare(const void *kernel, int smem_bytes,
                                std::atomic<uint64_t> &prepared) {
  int device = 0;
  cudaError_t status = cudaGetDevice(&device);
  const uint64_t bit = uint64_t(1) << (device & 63);
  if (status == cudaSuccess && (prepared.load() & bit) == 0) {
    status = cudaFuncSetAttribute(
        kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, smem_bytes);
    if (status == cudaSuccess) {
      prepared.fetch_or(bit);
    }
  }
  return status;
}
//@ end

//@ block host_launch needs host_prepare host_fail
/// Launches a kernel on `grid` blocks; nothing to do for 0.
inline int host_launch(const void *kernel, int64_t grid, int threads,
                       int smem_bytes, void *stream, void **arguments,
                       std::atomic<uint64_t> &prepared, const char **message) {
  if (grid == 0) {
    return 0;
  }
  if (grid < 0 || grid > 0x7fffffff) {
    return host_fail(5, "too many tiles for one launch", message);
  }
  cudaError_t status = host_prepare(kernel, smem_bytes, prepared);
  if (status == cudaSuccess) {
    status = cudaLaunchKernel(kernel, dim3(static_cast<unsigned>(grid)),
                              dim3(threads), arguments, smem_bytes,
                              static_cast<cudaStream_t>(stream));
  }
  if (status != cudaSuccess) {
    return host_fail(7, cudaGetErrorString(status), message);
  }
  return 0;
}
//@ end

//@ block host_clusters needs host_includes
/// Clusters of `cluster` blocks of the kernel that the current device runs at
/// once; 0 if it runs none. `resident` keeps the answer of the device asked
/// last: its number + 1, and the count.
inline int64_t host_clusters(const void *kernel, int cluster, int threads,
                             int smem_bytes, std::atomic<uint64_t> &resident) {
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess) {
    return 0;
  }
  const uint64_t known = resident.load();
  if (known >> 32 == static_cast<uint64_t>(device) + 1) {
    return static_cast<int64_t>(known & 0xffffffff);
  }
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = static_cast<unsigned>(cluster);
  attribute.val.clusterDim.y = 1;
  attribute.val.clusterDim.z = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(cluster));
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = smem_bytes;
  config.attrs = &attribute;
  config.numAttrs = 1;
  int count = 0;
  if (cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                           smem_bytes) != cudaSuccess ||
      cudaOccupancyMaxActiveClusters(&count, kernel, &config) != cudaSuccess) {
    return 0;
  }
  resident.store((static_cast<uint64_t>(device) + 1) << 32 |
                 static_cast<uint64_t>(count));
  return count;
}
//@ end

//@ block host_launch_clusters needs host_prepare host_fail
/// Launches a kernel on `grid` blocks, of which `cluster` neighbours form a
/// cluster; nothing to do for 0.
inline int host_launch_clusters(const void *kernel, int64_t grid, int cluster,
                                int threads, int smem_bytes, void *stream,
                                void **arguments,
                                std::atomic<uint64_t> &prepared,
                                const char **message) {
  if (grid == 0) {
    return 0;
  }
  if (grid < 0 || grid > 0x7fffffff) {
    return host_fail(5, "too many tiles for one launch", message);
  }
  cudaError_t status = host_prepare(kernel, smem_bytes, prepared);
  if (status == cudaSuccess) {
    cudaLaunchAttribute attribute = {};
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim.x = static_cast<unsigned>(cluster);
    attribute.val.clusterDim.y = 1;
    attribute.val.clusterDim.z = 1;
    cudaLaunchConfig_t config = {};
    config.gridDim = dim3(static_cast<unsigned>(grid));
    config.blockDim = dim3(threads);
    config.dynamicSmemBytes = smem_bytes;
    config.stream = static_cast<cudaStream_t>(stream);
    config.attrs = &attribute;
    config.numAttrs = 1;
    status = cudaLaunchKernelExC(&config, kernel, arguments);
  }
  if (status != cudaSuccess) {
    return host_fail(7, cudaGetErrorString(status), message);
  }
  return 0;
}
//@ end

} // namespace spak

#endif // __CUDACC_RTC__

#endif // SPAK_HOST_LAUNCH_CUH
