// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: finding libcuda and its functions. Must not need CUDA's headers.
#include "Driver.h"

#include <dlfcn.h>

namespace spak_rt {

namespace {

Status load(Driver &driver) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    return Status::error(SPAK_RT_NO_DEVICE,
                         "no CUDA driver on this machine (libcuda.so.1 is not "
                         "found): kernels can be compiled here, not run");
  }
  const auto resolve = [&](auto *&function, const char *symbol) {
    using Function = std::remove_reference_t<decltype(function)>;
    function = reinterpret_cast<Function>(dlsym(library, symbol));
    return function != nullptr;
  };
#define SPAK_RT_RESOLVE(name, symbol, ...)                                     \
  if (!resolve(driver.name, symbol)) {                                         \
    return Status::error(SPAK_RT_NO_DEVICE,                                    \
                         "the CUDA driver lacks " symbol                       \
                         ": expected a driver for CUDA 12 or later");          \
  }
  SPAK_RT_DRIVER_FUNCTIONS(SPAK_RT_RESOLVE)
#undef SPAK_RT_RESOLVE
  Status status = driver.check(driver.init(0), "cuInit");
  int count = 0;
  if (status.ok()) {
    status = driver.check(driver.deviceCount(&count), "cuDeviceGetCount");
  }
  if (!status.ok() || count == 0) {
    return Status::error(SPAK_RT_NO_DEVICE,
                         status.ok()
                             ? "no CUDA device on this machine"
                             : "no CUDA device can be used: " + status.message);
  }
  return Status();
}

} // namespace

Status Driver::get(const Driver *&driver) {
  static Driver *const loaded = new Driver();
  static const Status *const status = new Status(load(*loaded));
  driver = loaded;
  return *status;
}

Status Driver::check(int code, const char *what) const {
  if (code == 0) {
    return Status();
  }
  const char *name = nullptr;
  errorName(code, &name);
  return Status::error(SPAK_RT_DRIVER, std::string(what) + ": " +
                                           (name ? name : "CUDA error ") +
                                           (name ? "" : std::to_string(code)));
}

Status Driver::ensureContext() const {
  CuContext context = nullptr;
  contextGet(&context);
  if (context) {
    return Status();
  }
  CuDevice device = 0;
  Status status = check(deviceGet(&device, 0), "cuDeviceGet");
  if (status.ok()) {
    status = check(primaryRetain(&context, device), "cuDevicePrimaryCtxRetain");
  }
  if (status.ok()) {
    status = check(contextSet(context), "cuCtxSetCurrent");
  }
  return status;
}

} // namespace spak_rt
