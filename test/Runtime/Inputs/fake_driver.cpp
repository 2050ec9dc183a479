// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: a stand-in for libcuda.so.1 whose only kernel is toy.cu's, computed on
// the host, so that spak-run and spak-bench can be tested without a device.
// FAKE_DEFECT names one thing to do wrong.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

using Address = unsigned long long;

struct Map { // what the fake puts into a tensor map's 128 bytes
  Address address;
  uint64_t columns, rows, rowBytes;
};

bool hasDefect(const char *name) {
  const char *defect = std::getenv("FAKE_DEFECT");
  return defect && std::strcmp(defect, name) == 0;
}

int launches = 0;

/// FAKE_WORKSPACE: the toy's next argument counts launches in device memory.
bool hasWorkspace() { return std::getenv("FAKE_WORKSPACE") != nullptr; }

template <typename Type>
Type argument(void **arguments, int index) {
  Type value;
  std::memcpy(&value, arguments[index], sizeof(Type));
  return value;
}

void toy(void **arguments) {
  const Map x = argument<Map>(arguments, 0);
  const auto *y = reinterpret_cast<float *>(argument<Address>(arguments, 1));
  const auto yStride = argument<long long>(arguments, 2);
  auto *z = reinterpret_cast<float *>(argument<Address>(arguments, 3));
  const auto zStride = argument<long long>(arguments, 4);
  const auto factor = argument<float>(arguments, 5);
  const int rows = argument<int>(arguments, 6);
  const int columns = argument<int>(arguments, 7);
  for (int i = 0; i < rows; ++i) {
    const auto *xRow =
        reinterpret_cast<float *>(x.address + uint64_t(i) * x.rowBytes);
    for (int j = 0; j < columns; ++j) {
      z[i * zStride + j] = xRow[j] + factor * y[i * yStride + j];
    }
  }
  if (hasWorkspace()) {
    auto *counter = reinterpret_cast<int *>(argument<Address>(arguments, 9));
    z[0] = float((*counter)++);
  }
  if (hasDefect("value")) {
    z[0] += 1;
  }
  if (hasDefect("guard")) {
    z[(rows - 1) * zStride + columns] = 0;
  }
  if (hasDefect("race") && launches % 3 == 0) {
    z[0] += 1;
  }
}

struct Attribute { // CUlaunchAttribute
  int id, padding;
  unsigned values[16];
};

struct Config { // CUlaunchConfig
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  void *stream;
  const Attribute *attributes;
  unsigned attributeCount;
};

} // namespace

extern "C" {

int cuInit(unsigned) { return 0; }
int cuDriverGetVersion(int *version) { return *version = 13000, 0; }
int cuDeviceGetCount(int *count) {
  return *count = hasDefect("no-device") ? 0 : 1, 0;
}
int cuDeviceGet(int *device, int) { return *device = 0, 0; }
int cuDeviceGetName(char *name, int size, int) {
  std::strncpy(name, "fake device", size_t(size));
  return 0;
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  return *value = attribute == 16 ? 132 : 1 << 10, 0;
}
int cuDevicePrimaryCtxRetain(void **context, int) {
  return *context = context, 0;
}
int cuCtxSetCurrent(void *) { return 0; }
int cuCtxGetCurrent(void **context) { return *context = nullptr, 0; }
int cuCtxGetDevice(int *device) { return *device = 0, 0; }
int cuCtxSynchronize() { return hasDefect("crash") ? 700 : 0; }
int cuModuleLoadData(void **module, const void *) {
  return *module = module, 0;
}
int cuModuleUnload(void *) { return 0; }
int cuModuleGetFunction(void **function, void *, const char *name) {
  *function = function;
  return std::strcmp(name, "toy_kernel") == 0 ? 0 : 500;
}
int cuFuncSetAttribute(void *, int, int) { return 0; }
int cuLaunchKernel(void *, unsigned, unsigned, unsigned, unsigned, unsigned,
                   unsigned, unsigned, void *, void **arguments, void **) {
  ++launches;
  toy(arguments);
  return 0;
}
int cuOccupancyMaxActiveClusters(int *count, void *, const Config *config) {
  return *count = config->attributes[0].values[0] == 2 ? 60 : 0, 0;
}
int cuLaunchKernelEx(const Config *config, void *, void **arguments, void **) {
  const Attribute &cluster = config->attributes[0];
  if (config->attributeCount != 1 || cluster.id != 4 ||
      cluster.values[0] != 2 || config->gridX % 2 != 0 ||
      config->blockX != 128 || config->sharedBytes != 2048) {
    return 1;
  }
  ++launches;
  toy(arguments);
  return 0;
}
int cuTensorMapEncodeTiled(void *map, int type, uint32_t rank, void *address,
                           const uint64_t *sizes, const uint64_t *strides,
                           const uint32_t *box, const uint32_t *, int, int, int,
                           int) {
  if (type != 7 || rank != 2 || box[0] != 32 || box[1] != 16 ||
      strides[0] % 16) {
    return 1;
  }
  const Map made = {Address(address), sizes[0], sizes[1], strides[0]};
  std::memcpy(map, &made, sizeof(made));
  return 0;
}
int cuMemAlloc_v2(Address *address, size_t size) {
  *address = Address(std::aligned_alloc(1024, (size + 1023) / 1024 * 1024));
  if (*address) {
    std::memset(reinterpret_cast<void *>(*address), 0x5a, size);
  }
  return *address ? 0 : 2;
}
int cuMemFree_v2(Address address) {
  std::free(reinterpret_cast<void *>(address));
  return 0;
}
int cuMemcpyHtoD_v2(Address to, const void *from, size_t size) {
  std::memcpy(reinterpret_cast<void *>(to), from, size);
  return 0;
}
int cuMemcpyDtoH_v2(void *to, Address from, size_t size) {
  std::memcpy(to, reinterpret_cast<void *>(from), size);
  return 0;
}
int cuMemsetD8Async(Address to, unsigned char value, size_t size, void *) {
  std::memset(reinterpret_cast<void *>(to), value, size);
  return 0;
}
int cuEventCreate(void **event, unsigned) {
  return *event = new std::chrono::steady_clock::time_point, 0;
}
int cuEventDestroy_v2(void *event) {
  delete static_cast<std::chrono::steady_clock::time_point *>(event);
  return 0;
}
int cuEventRecord(void *event, void *) {
  *static_cast<std::chrono::steady_clock::time_point *>(event) =
      std::chrono::steady_clock::now();
  return 0;
}
int cuEventElapsedTime(float *milliseconds, void *start, void *stop) {
  using Point = std::chrono::steady_clock::time_point;
  *milliseconds =
      std::chrono::duration<float, std::milli>(*static_cast<Point *>(stop) -
                                               *static_cast<Point *>(start))
          .count();
  return 0;
}
int cuGetErrorName(int code, const char **name) {
  *name = code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : "CUDA_ERROR";
  return 0;
}
}
