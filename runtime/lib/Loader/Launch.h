// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: launches from a manifest: binding, checks, tensor maps, arguments.
// Must not know what a kernel computes.
#ifndef SPAK_RT_LIB_LOADER_LAUNCH_H
#define SPAK_RT_LIB_LOADER_LAUNCH_H

#include "Driver.h"
#include "Expression.h"
#include "Manifest.h"

#include <deque>
#include <map>

namespace spak_rt {

/// A tensor as a launch sees it.
struct TensorBinding {
  CuAddress address = 0;
  bool isBound = false;
  std::vector<int64_t> sizes, strides;
};

/// Everything that a launch needs, by the kernel's indices.
struct Bindings {
  std::vector<TensorBinding> tensors;
  std::vector<double> scalars;
  std::vector<int64_t> dims;
};

/// Binds arguments by name and finds the dims from the shapes.
/// Errors: SPAK_RT_BAD_SHAPE (unknown or missing names, contradictions).
Status bind(const KernelInfo &kernel, const spak_rt_arguments &arguments,
            Bindings &bindings);

/// The dims and scalars of a launch by name.
Names namesOf(const KernelInfo &kernel, const Bindings &bindings);

/// The launch checks, in the order of their codes.
Status checkBindings(const KernelInfo &kernel, const Bindings &bindings);

/// A launch whose arguments are ready.
struct PreparedLaunch {
  unsigned grid[3] = {1, 1, 1};
  bool isEmpty = false;
  std::deque<TensorMap> maps;
  std::deque<uint64_t> words;
  std::vector<void *> pointers;
  /// What `workspace` must hold, and the word that takes its address.
  int64_t workspaceBytes = 0;
  uint64_t *workspace = nullptr;
};

/// Device memory that a kernel counts in: zero at first, and zero again where
/// it counted after each launch. Launches on one stream follow one another and
/// share one; a larger one replaces it.
class Workspaces {
public:
  Status get(const Driver &driver, CuStream stream, int64_t bytes,
             CuAddress &address);
  /// Frees all. Nothing may still run.
  void release(const Driver &driver);

private:
  struct Buffer {
    CuAddress address;
    int64_t bytes;
  };
  std::map<CuStream, Buffer> ofStream;
  /// Outgrown, but a launch may still be using them.
  std::vector<CuAddress> old;
};

/// A kernel of a loaded cubin on the current context.
class DeviceKernel {
public:
  /// Loads the cubin and finds the entry.
  /// Errors: SPAK_RT_NO_DEVICE, SPAK_RT_DRIVER.
  Status load(const KernelInfo &info, const std::string &cubin);
  ~DeviceKernel();

  /// Evaluates the grid and the arguments and encodes the tensor maps.
  Status prepare(const KernelInfo &info, const Bindings &bindings,
                 PreparedLaunch &launch) const;
  Status launch(const KernelInfo &info, PreparedLaunch &launch,
                CuStream stream);
  bool isLoaded() const { return function != nullptr; }

private:
  Status encode(const ArgumentInfo &argument, const TensorInfo &tensor,
                const TensorBinding &binding, const Names &names,
                TensorMap &map) const;

  const Driver *driver = nullptr;
  CuModule module = nullptr;
  CuFunction function = nullptr;
  Workspaces workspaces;
};

} // namespace spak_rt

#endif // SPAK_RT_LIB_LOADER_LAUNCH_H
