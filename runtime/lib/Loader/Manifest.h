// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: a manifest of version 1 (schema/manifest-1.json) as data. Must not
// know the driver.
#ifndef SPAK_RT_LIB_LOADER_MANIFEST_H
#define SPAK_RT_LIB_LOADER_MANIFEST_H

#include "Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spak_rt {

/// The types that tensors, scalars and values have.
struct ElementType {
  const char *name;
  uint32_t bytes;
  /// CUtensorMapDataType, or -1 where TMA has none.
  int tmaType;
};

/// The element type of that name, or null.
const ElementType *findElementType(const std::string &name);

struct TensorInfo {
  std::string name;
  bool isOutput = false;
  const ElementType *type = nullptr;
  std::vector<std::string> axes;
  std::vector<std::string> extents;
  /// Bytes that the address, and that every stride but the last, is a
  /// multiple of.
  int64_t align = 1, strideMultiple = 1;
  bool isOptional = false;

  /// The index of an axis, or -1.
  int axisIndex(const std::string &axis) const;
};

struct ScalarInfo {
  std::string name;
  const ElementType *type = nullptr;
  std::optional<double> defaultValue;
};

struct CheckInfo {
  int code = SPAK_RT_REQUIREMENT;
  std::string condition, message;
};

/// One argument of the device function.
struct ArgumentInfo {
  enum Kind { TensorMap, Pointer, Stride, Scalar, Expression, Workspace };
  Kind kind = Pointer;
  /// Index of the tensor or scalar.
  int index = -1;
  /// Stride: the axis. Expression: its text.
  int axis = -1;
  std::string expression;
  const ElementType *type = nullptr;
  /// TensorMap: the tensor's axes from innermost to outermost, the box, the
  /// swizzle width and the L2 promotion in bytes.
  std::vector<int> mapAxes;
  std::vector<std::string> box;
  int64_t swizzle = 0, l2Promotion = 256;
};

struct KernelInfo {
  std::string name, entry;
  /// The kernel's part of the manifest and its point, as JSON.
  std::string json, pointJson;
  int64_t threads = 0, smemBytes = 0;
  /// Neighbouring blocks that form a cluster.
  int64_t cluster = 1;
  std::vector<std::string> grid;
  /// Bytes of device memory that a launch needs besides its tensors; empty for
  /// none.
  std::string workspace;
  std::vector<TensorInfo> tensors;
  std::vector<ScalarInfo> scalars;
  std::vector<std::string> dims;
  std::vector<CheckInfo> checks;
  std::vector<ArgumentInfo> arguments;
  /// Names of tensors and scalars in the order of the params struct.
  std::vector<std::string> params;

  int tensorIndex(const std::string &name) const;
  int scalarIndex(const std::string &name) const;
};

struct Manifest {
  std::string compiler, optionsHash, source, arch;
  std::vector<KernelInfo> kernels;
};

/// Reads a manifest's text.
/// Errors: SPAK_RT_BAD_MANIFEST, with the key that is at fault.
Status parseManifest(const std::string &text, Manifest &manifest);

/// Reads a whole file.
Status readFile(const std::string &path, std::string &text);

} // namespace spak_rt

#endif // SPAK_RT_LIB_LOADER_MANIFEST_H
