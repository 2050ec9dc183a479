// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the C interface over the loader. Must not let anything be thrown
// across it.
#include "spak-rt/spak_rt.h"

#include "Launch.h"

#include <memory>

using namespace spak_rt;

struct spak_rt_kernel {
  const spak_rt_module *owner;
  const KernelInfo *info;
  DeviceKernel device;
};

struct spak_rt_module {
  Manifest manifest;
  std::string cubin;
  std::vector<std::unique_ptr<spak_rt_kernel>> kernels;
};

namespace {

int report(const Status &status, const char **message) {
  if (message && !status.ok()) {
    thread_local std::string text;
    text = status.message;
    *message = text.c_str();
  } else if (message) {
    *message = "";
  }
  return status.code;
}

Status loadModule(const char *cubin, const char *manifest,
                  spak_rt_module &module) {
  std::string text;
  Status status = readFile(manifest, text);
  if (status.ok()) {
    status = parseManifest(text, module.manifest);
  }
  if (status.ok()) {
    status = readFile(cubin, module.cubin);
  }
  if (status.ok() && module.cubin.compare(0, 4,
                                          "\x7f"
                                          "ELF") != 0) {
    status = Status::error(SPAK_RT_BAD_MANIFEST,
                           "`" + std::string(cubin) + "` is not a cubin");
  }
  return status;
}

} // namespace

extern "C" {

int spak_rt_load(const char *cubin, const char *manifest,
                 spak_rt_module **module, const char **message) {
  if (!cubin || !manifest || !module) {
    return report(Status::error(SPAK_RT_NULL_POINTER,
                                "cubin, manifest and module must not be null"),
                  message);
  }
  auto loaded = std::make_unique<spak_rt_module>();
  const Status status = loadModule(cubin, manifest, *loaded);
  if (status.ok()) {
    for (const KernelInfo &info : loaded->manifest.kernels) {
      loaded->kernels.emplace_back(
          new spak_rt_kernel{loaded.get(), &info, DeviceKernel()});
    }
    *module = loaded.release();
  }
  return report(status, message);
}

void spak_rt_unload(spak_rt_module *module) { delete module; }

int spak_rt_find(spak_rt_module *module, const char *name,
                 spak_rt_kernel **kernel, const char **message) {
  if (!module || !kernel) {
    return report(Status::error(SPAK_RT_NULL_POINTER,
                                "module and kernel must not be null"),
                  message);
  }
  std::string known;
  for (const auto &candidate : module->kernels) {
    if (!name || candidate->info->name == name) {
      *kernel = candidate.get();
      return report(Status(), message);
    }
    known += (known.empty() ? "" : ", ") + candidate->info->name;
  }
  return report(
      Status::error(SPAK_RT_BAD_MANIFEST, "no kernel " + std::string(name) +
                                              "; the manifest has " + known),
      message);
}

const char *spak_rt_describe(const spak_rt_kernel *kernel) {
  return kernel ? kernel->info->json.c_str() : "";
}

int spak_rt_check(spak_rt_kernel *kernel, const spak_rt_arguments *arguments,
                  const char **message) {
  if (!kernel || !arguments) {
    return report(Status::error(SPAK_RT_NULL_POINTER,
                                "kernel and arguments must not be null"),
                  message);
  }
  Bindings bindings;
  Status status = bind(*kernel->info, *arguments, bindings);
  if (status.ok()) {
    status = checkBindings(*kernel->info, bindings);
  }
  return report(status, message);
}

int spak_rt_launch(spak_rt_kernel *kernel, const spak_rt_arguments *arguments,
                   void *stream, const char **message) {
  if (const int code = spak_rt_check(kernel, arguments, message)) {
    return code;
  }
  Bindings bindings;
  Status status = bind(*kernel->info, *arguments, bindings);
  if (status.ok() && !kernel->device.isLoaded()) {
    status = kernel->device.load(*kernel->info, kernel->owner->cubin);
  }
  PreparedLaunch launch;
  if (status.ok()) {
    status = kernel->device.prepare(*kernel->info, bindings, launch);
  }
  if (status.ok()) {
    status = kernel->device.launch(*kernel->info, launch,
                                   static_cast<CuStream>(stream));
  }
  return report(status, message);
}

const char *spak_rt_status_string(int status) {
  static const char *const names[] = {
      "ok",         "null pointer", "misaligned pointer",  "bad shape",
      "bad stride", "too large",    "requirement not met", "driver",
      "no device",  "bad manifest"};
  return status >= 0 && status <= SPAK_RT_BAD_MANIFEST ? names[status]
                                                       : "unknown status";
}
}
