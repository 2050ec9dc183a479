// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the CUDA driver, loaded at run time, so that a program with this code
// starts where there is none. Must not need CUDA's headers.
#ifndef SPAK_RT_LIB_LOADER_DRIVER_H
#define SPAK_RT_LIB_LOADER_DRIVER_H

#include "Status.h"

#include <cstddef>
#include <cstdint>

namespace spak_rt {

// Names and numbers of the CUDA driver API 13.0.
using CuDevice = int;
using CuContext = struct OpaqueContext *;
using CuModule = struct OpaqueModule *;
using CuFunction = struct OpaqueFunction *;
using CuStream = struct OpaqueStream *;
using CuEvent = struct OpaqueEvent *;
using CuAddress = unsigned long long;

/// CUtensorMap: 128 opaque bytes.
struct alignas(64) TensorMap {
  uint64_t opaque[16];
};

/// CUlaunchAttribute: an id and 64 bytes by it.
struct CuLaunchAttribute {
  int id;
  int padding;
  unsigned values[16];
};

/// CUlaunchConfig.
struct CuLaunchConfig {
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  CuStream stream;
  CuLaunchAttribute *attributes;
  unsigned attributeCount;
};

constexpr int kClusterDimension = 4; // CUlaunchAttributeID

enum CuDeviceAttribute {
  kMultiprocessorCount = 16,
  kClockRateKHz = 13,
  kL2CacheSize = 38,
  kCapabilityMajor = 75,
  kCapabilityMinor = 76,
};

constexpr int kMaxDynamicSharedSize = 8; // CUfunction_attribute

/// The functions of the driver that the runtime calls.
struct Driver {
#define SPAK_RT_DRIVER_FUNCTIONS(X)                                            \
  X(init, "cuInit", unsigned)                                                  \
  X(driverVersion, "cuDriverGetVersion", int *)                                \
  X(deviceCount, "cuDeviceGetCount", int *)                                    \
  X(deviceGet, "cuDeviceGet", CuDevice *, int)                                 \
  X(deviceName, "cuDeviceGetName", char *, int, CuDevice)                      \
  X(deviceAttribute, "cuDeviceGetAttribute", int *, int, CuDevice)             \
  X(primaryRetain, "cuDevicePrimaryCtxRetain", CuContext *, CuDevice)          \
  X(contextSet, "cuCtxSetCurrent", CuContext)                                  \
  X(contextGet, "cuCtxGetCurrent", CuContext *)                                \
  X(contextDevice, "cuCtxGetDevice", CuDevice *)                               \
  X(synchronize, "cuCtxSynchronize", void)                                     \
  X(moduleLoad, "cuModuleLoadData", CuModule *, const void *)                  \
  X(moduleUnload, "cuModuleUnload", CuModule)                                  \
  X(moduleFunction, "cuModuleGetFunction", CuFunction *, CuModule,             \
    const char *)                                                              \
  X(functionSet, "cuFuncSetAttribute", CuFunction, int, int)                   \
  X(launch, "cuLaunchKernel", CuFunction, unsigned, unsigned, unsigned,        \
    unsigned, unsigned, unsigned, unsigned, CuStream, void **, void **)        \
  X(activeClusters, "cuOccupancyMaxActiveClusters", int *, CuFunction,         \
    const CuLaunchConfig *)                                                    \
  X(launchEx, "cuLaunchKernelEx", const CuLaunchConfig *, CuFunction, void **, \
    void **)                                                                   \
  X(encodeTiled, "cuTensorMapEncodeTiled", TensorMap *, int, uint32_t, void *, \
    const uint64_t *, const uint64_t *, const uint32_t *, const uint32_t *,    \
    int, int, int, int)                                                        \
  X(allocate, "cuMemAlloc_v2", CuAddress *, size_t)                            \
  X(release, "cuMemFree_v2", CuAddress)                                        \
  X(copyIn, "cuMemcpyHtoD_v2", CuAddress, const void *, size_t)                \
  X(copyOut, "cuMemcpyDtoH_v2", void *, CuAddress, size_t)                     \
  X(fill, "cuMemsetD8Async", CuAddress, unsigned char, size_t, CuStream)       \
  X(eventCreate, "cuEventCreate", CuEvent *, unsigned)                         \
  X(eventDestroy, "cuEventDestroy_v2", CuEvent)                                \
  X(eventRecord, "cuEventRecord", CuEvent, CuStream)                           \
  X(eventElapsed, "cuEventElapsedTime", float *, CuEvent, CuEvent)             \
  X(errorName, "cuGetErrorName", int, const char **)

#define SPAK_RT_DECLARE(name, symbol, ...) int (*name)(__VA_ARGS__) = nullptr;
  SPAK_RT_DRIVER_FUNCTIONS(SPAK_RT_DECLARE)
#undef SPAK_RT_DECLARE

  /// The driver, initialised, with at least one device.
  /// Errors: SPAK_RT_NO_DEVICE, with what is missing.
  static Status get(const Driver *&driver);

  /// A failure of the driver as a Status: "what: CUDA_ERROR_… ".
  Status check(int code, const char *what) const;

  /// Makes a context current if none is: device 0's primary one.
  Status ensureContext() const;
};

} // namespace spak_rt

#endif // SPAK_RT_LIB_LOADER_DRIVER_H
