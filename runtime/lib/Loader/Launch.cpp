// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the launch checks and the launch. Must not know what a kernel computes.
#include "Launch.h"

#include <cstring>

namespace spak_rt {

namespace {

std::string text(int64_t value) { return std::to_string(value); }

/// Sets dims that stand alone as an extent; each must agree everywhere.
Status bindDims(const KernelInfo &kernel, Bindings &bindings) {
  std::vector<bool> known(kernel.dims.size(), false);
  bindings.dims.assign(kernel.dims.size(), 0);
  for (size_t t = 0; t < kernel.tensors.size(); ++t) {
    const TensorInfo &tensor = kernel.tensors[t];
    if (!bindings.tensors[t].isBound) {
      continue;
    }
    for (size_t axis = 0; axis < tensor.extents.size(); ++axis) {
      for (size_t d = 0; d < kernel.dims.size(); ++d) {
        const int64_t size = bindings.tensors[t].sizes[axis];
        if (kernel.dims[d] != tensor.extents[axis]) {
          continue;
        }
        if (known[d] && bindings.dims[d] != size) {
          return Status::error(SPAK_RT_BAD_SHAPE, tensor.name + ": expected " +
                                                      kernel.dims[d] + " = " +
                                                      text(bindings.dims[d]) +
                                                      ", got " + text(size));
        }
        known[d] = true;
        bindings.dims[d] = size;
      }
    }
  }
  for (size_t d = 0; d < kernel.dims.size(); ++d) {
    if (!known[d]) {
      return Status::error(SPAK_RT_BAD_SHAPE,
                           "no tensor gives the dim " + kernel.dims[d]);
    }
  }
  return Status();
}

Status checkShape(const TensorInfo &tensor, const TensorBinding &binding,
                  const Names &names) {
  for (size_t axis = 0; axis < tensor.extents.size(); ++axis) {
    int64_t expected = 0;
    Status status = evaluate(tensor.extents[axis], names, expected);
    if (!status.ok()) {
      return status;
    }
    if (binding.sizes[axis] != expected || expected < 0) {
      return Status::error(SPAK_RT_BAD_SHAPE, tensor.name + ": expected " +
                                                  text(expected) + " along " +
                                                  tensor.axes[axis] + ", got " +
                                                  text(binding.sizes[axis]));
    }
  }
  return Status();
}

bool isEmpty(const TensorBinding &binding) {
  for (int64_t size : binding.sizes) {
    if (size == 0) {
      return true;
    }
  }
  return false;
}

Status checkStrides(const TensorInfo &tensor, const TensorBinding &binding) {
  const size_t rank = binding.sizes.size();
  for (size_t axis = 0; axis < rank; ++axis) {
    const int64_t stride = binding.strides[axis];
    if (binding.sizes[axis] <= 1) {
      continue; // never stepped along
    }
    const bool isLast = axis + 1 == rank;
    if (isLast ? stride != 1 : stride < 0) {
      return Status::error(SPAK_RT_BAD_STRIDE,
                           tensor.name + ": expected " +
                               (isLast ? "stride 1" : "a stride from 0 up") +
                               " along " + tensor.axes[axis] + ", got " +
                               text(stride));
    }
    const int64_t bytes = stride * tensor.type->bytes;
    if (!isLast && bytes % tensor.strideMultiple != 0) {
      return Status::error(SPAK_RT_BAD_STRIDE,
                           tensor.name + ": expected a multiple of " +
                               text(tensor.strideMultiple) +
                               " bytes as the stride along " +
                               tensor.axes[axis] + ", got " + text(bytes));
    }
  }
  return Status();
}

CuLaunchAttribute clusterAttribute(const KernelInfo &info) {
  return {kClusterDimension, 0, {unsigned(info.cluster), 1, 1}};
}

CuLaunchConfig clusterConfig(const KernelInfo &info, unsigned x, unsigned y,
                             unsigned z, CuStream stream,
                             CuLaunchAttribute &attribute) {
  const auto threads = unsigned(info.threads);
  const auto sharedBytes = unsigned(info.smemBytes);
  return {x, y, z, threads, 1, 1, sharedBytes, stream, &attribute, 1};
}

/// Packs a number as the type that the device function takes.
uint64_t pack(const ElementType &type, const Value &value) {
  uint64_t word = 0;
  if (std::strcmp(type.name, "f32") == 0) {
    const float number = float(value.number);
    std::memcpy(&word, &number, sizeof(number));
  } else if (std::strcmp(type.name, "f64") == 0) {
    const double number = double(value.number);
    std::memcpy(&word, &number, sizeof(number));
  } else {
    // Little endian: the low bytes are the smaller integer types.
    word = uint64_t(int64_t(value.number));
  }
  return word;
}

} // namespace

Status bind(const KernelInfo &kernel, const spak_rt_arguments &arguments,
            Bindings &bindings) {
  bindings.tensors.assign(kernel.tensors.size(), TensorBinding());
  for (int32_t i = 0; i < arguments.tensor_count; ++i) {
    const spak_rt_tensor &given = arguments.tensors[i];
    const int index = kernel.tensorIndex(given.name);
    if (index < 0) {
      return Status::error(SPAK_RT_BAD_SHAPE,
                           kernel.name + " has no tensor " + given.name);
    }
    const size_t rank = kernel.tensors[size_t(index)].axes.size();
    if (size_t(given.rank) != rank) {
      return Status::error(SPAK_RT_BAD_SHAPE,
                           std::string(given.name) + ": expected " +
                               text(int64_t(rank)) + " axes, got " +
                               text(given.rank));
    }
    TensorBinding &binding = bindings.tensors[size_t(index)];
    binding.address = CuAddress(reinterpret_cast<uintptr_t>(given.data));
    binding.isBound = true;
    binding.sizes.assign(given.sizes, given.sizes + rank);
    binding.strides.assign(given.strides, given.strides + rank);
  }
  for (size_t t = 0; t < kernel.tensors.size(); ++t) {
    if (!bindings.tensors[t].isBound && !kernel.tensors[t].isOptional) {
      return Status::error(SPAK_RT_NULL_POINTER,
                           kernel.tensors[t].name + " is not given");
    }
  }
  bindings.scalars.clear();
  for (const ScalarInfo &scalar : kernel.scalars) {
    std::optional<double> value = scalar.defaultValue;
    for (int32_t i = 0; i < arguments.scalar_count; ++i) {
      if (scalar.name == arguments.scalars[i].name) {
        value = arguments.scalars[i].value;
      }
    }
    if (!value) {
      return Status::error(SPAK_RT_BAD_SHAPE,
                           "scalar " + scalar.name + " is not given");
    }
    bindings.scalars.push_back(*value);
  }
  return bindDims(kernel, bindings);
}

Names namesOf(const KernelInfo &kernel, const Bindings &bindings) {
  Names names;
  for (size_t d = 0; d < kernel.dims.size(); ++d) {
    names[kernel.dims[d]] = Value::of(bindings.dims[d]);
  }
  for (size_t s = 0; s < kernel.scalars.size(); ++s) {
    const std::string type = kernel.scalars[s].type->name;
    const double value = bindings.scalars[s];
    names[kernel.scalars[s].name] = type == "f32" ? Value::ofReal(float(value))
                                    : type == "f64" ? Value::ofReal(value)
                                                    : Value::of(int64_t(value));
  }
  return names;
}

Status checkBindings(const KernelInfo &kernel, const Bindings &bindings) {
  const Names names = namesOf(kernel, bindings);
  for (size_t d = 0; d < kernel.dims.size(); ++d) {
    if (bindings.dims[d] < 0) {
      return Status::error(SPAK_RT_BAD_SHAPE,
                           kernel.dims[d] + " is " + text(bindings.dims[d]));
    }
    if (bindings.dims[d] > INT32_MAX) {
      return Status::error(SPAK_RT_TOO_LARGE, kernel.dims[d] + " is " +
                                                  text(bindings.dims[d]) +
                                                  ", more than 2147483647");
    }
  }
  for (size_t t = 0; t < kernel.tensors.size(); ++t) {
    const TensorInfo &tensor = kernel.tensors[t];
    const TensorBinding &binding = bindings.tensors[t];
    if (!binding.isBound) {
      continue;
    }
    if (binding.address == 0 && !isEmpty(binding)) {
      return Status::error(SPAK_RT_NULL_POINTER, tensor.name + " is null");
    }
    if (binding.address % uint64_t(tensor.align) != 0) {
      return Status::error(SPAK_RT_MISALIGNED,
                           tensor.name + " is not aligned to " +
                               text(tensor.align) + " bytes");
    }
    Status status = checkShape(tensor, binding, names);
    if (status.ok()) {
      status = checkStrides(tensor, binding);
    }
    if (!status.ok()) {
      return status;
    }
  }
  for (const CheckInfo &check : kernel.checks) {
    Value value;
    Status status = evaluate(check.condition, names, value);
    // A condition that divides by zero is one that does not hold.
    if (!status.ok() && status.code != SPAK_RT_TOO_LARGE) {
      return status;
    }
    if (!status.ok() || value.number == 0) {
      return Status::error(check.code, check.message);
    }
  }
  return Status();
}

Status Workspaces::get(const Driver &driver, CuStream stream, int64_t bytes,
                       CuAddress &address) {
  const auto known = ofStream.find(stream);
  if (known != ofStream.end() && known->second.bytes >= bytes) {
    address = known->second.address;
    return Status();
  }
  const auto size = size_t(std::max<int64_t>(bytes, 1));
  Status status = driver.check(driver.allocate(&address, size),
                               "cuMemAlloc of a workspace");
  if (!status.ok()) {
    return status;
  }
  if (known != ofStream.end()) {
    old.push_back(known->second.address);
  }
  ofStream[stream] = {address, bytes};
  return driver.check(driver.fill(address, 0, size, stream), "cuMemsetD8Async");
}

void Workspaces::release(const Driver &driver) {
  for (const auto &[stream, buffer] : ofStream) {
    driver.release(buffer.address);
  }
  for (CuAddress address : old) {
    driver.release(address);
  }
}

Status DeviceKernel::load(const KernelInfo &info, const std::string &cubin) {
  Status status = Driver::get(driver);
  if (status.ok()) {
    status = driver->ensureContext();
  }
  if (status.ok()) {
    status = driver->check(driver->moduleLoad(&module, cubin.data()),
                           "cuModuleLoadData");
  }
  if (status.ok()) {
    status = driver->check(
        driver->moduleFunction(&function, module, info.entry.c_str()),
        info.entry.c_str());
  }
  if (status.ok()) {
    status = driver->check(driver->functionSet(function, kMaxDynamicSharedSize,
                                               int(info.smemBytes)),
                           "dynamic shared memory");
  }
  return status;
}

DeviceKernel::~DeviceKernel() {
  if (module) {
    workspaces.release(*driver);
    driver->moduleUnload(module);
  }
}

Status DeviceKernel::encode(const ArgumentInfo &argument,
                            const TensorInfo &tensor,
                            const TensorBinding &binding, const Names &names,
                            TensorMap &map) const {
  const size_t rank = argument.mapAxes.size();
  const int64_t element = tensor.type->bytes;
  uint64_t sizes[5], strides[5];
  uint32_t box[5], steps[5];
  for (size_t i = 0; i < rank; ++i) {
    const auto axis = size_t(argument.mapAxes[i]);
    // A map of no elements is never read through, but must be well formed.
    sizes[i] = uint64_t(std::max<int64_t>(1, binding.sizes[axis]));
    const int64_t bytes = binding.strides[axis] * element;
    if (i > 0) {
      const bool isStepped = binding.sizes[axis] > 1;
      strides[i - 1] = isStepped ? uint64_t(bytes) : 16;
    }
    int64_t size = 0;
    Status status = evaluate(argument.box[i], names, size);
    if (!status.ok()) {
      return status;
    }
    box[i] = uint32_t(size);
    steps[i] = 1;
  }
  const int swizzle = argument.swizzle == 128  ? 3
                      : argument.swizzle == 64 ? 2
                      : argument.swizzle == 32 ? 1
                                               : 0;
  const int promotion = argument.l2Promotion == 256   ? 3
                        : argument.l2Promotion == 128 ? 2
                        : argument.l2Promotion == 64  ? 1
                                                      : 0;
  // An empty tensor may have no address; any aligned one will do.
  const CuAddress address = binding.address ? binding.address : 1024;
  return driver->check(
      driver->encodeTiled(&map, tensor.type->tmaType, uint32_t(rank),
                          reinterpret_cast<void *>(uintptr_t(address)), sizes,
                          strides, box, steps, /*interleave=*/0, swizzle,
                          promotion, /*oobFill=*/0),
      ("cuTensorMapEncodeTiled for " + tensor.name).c_str());
}

Status DeviceKernel::prepare(const KernelInfo &info, const Bindings &bindings,
                             PreparedLaunch &launch) const {
  Names names = namesOf(info, bindings);
  CuDevice device = 0;
  int sms = 0;
  driver->contextDevice(&device);
  Status status = driver->check(
      driver->deviceAttribute(&sms, kMultiprocessorCount, device), "sms");
  names["sms"] = Value::of(sms);
  if (info.cluster > 1 && status.ok()) {
    CuLaunchAttribute attribute = clusterAttribute(info);
    const CuLaunchConfig config =
        clusterConfig(info, unsigned(info.cluster), 1, 1, nullptr, attribute);
    int count = 0;
    status = driver->check(driver->activeClusters(&count, function, &config),
                           "the clusters that fit");
    if (status.ok() && count == 0) {
      return Status::error(SPAK_RT_DRIVER, "the device runs no cluster of " +
                                               text(info.cluster) +
                                               " blocks of " + info.entry);
    }
    names["clusters"] = Value::of(count);
  }
  for (size_t i = 0; i < info.grid.size() && status.ok(); ++i) {
    int64_t count = 0;
    status = evaluate(info.grid[i], names, count);
    if (status.ok() && (count < 0 || count > (i ? 65535 : INT32_MAX))) {
      return Status::error(SPAK_RT_TOO_LARGE,
                           "a grid of " + text(count) + " blocks");
    }
    launch.isEmpty |= count == 0;
    launch.grid[i] = unsigned(count);
  }
  for (const ArgumentInfo &argument : info.arguments) {
    if (!status.ok() || launch.isEmpty) {
      return status;
    }
    if (argument.kind == ArgumentInfo::TensorMap) {
      launch.maps.emplace_back();
      launch.pointers.push_back(&launch.maps.back());
      status = encode(argument, info.tensors[size_t(argument.index)],
                      bindings.tensors[size_t(argument.index)], names,
                      launch.maps.back());
      continue;
    }
    uint64_t word = 0;
    const bool isWorkspace = argument.kind == ArgumentInfo::Workspace;
    if (isWorkspace) {
      // The address depends on the stream: the launch fills it in.
      status = evaluate(info.workspace, names, launch.workspaceBytes);
    } else if (argument.kind == ArgumentInfo::Pointer) {
      word = bindings.tensors[size_t(argument.index)].address;
    } else if (argument.kind == ArgumentInfo::Stride) {
      const TensorBinding &binding = bindings.tensors[size_t(argument.index)];
      word = pack(*argument.type,
                  Value::of(binding.strides[size_t(argument.axis)]));
    } else if (argument.kind == ArgumentInfo::Scalar) {
      word = pack(*argument.type,
                  Value::ofReal(bindings.scalars[size_t(argument.index)]));
    } else {
      Value value;
      status = evaluate(argument.expression, names, value);
      word = pack(*argument.type, value);
    }
    launch.words.push_back(word);
    launch.pointers.push_back(&launch.words.back());
    if (isWorkspace) {
      launch.workspace = &launch.words.back();
    }
  }
  return status;
}

Status DeviceKernel::launch(const KernelInfo &info, PreparedLaunch &launch,
                            CuStream stream) {
  if (launch.isEmpty) {
    return Status();
  }
  if (launch.workspace) {
    CuAddress address = 0;
    Status status =
        workspaces.get(*driver, stream, launch.workspaceBytes, address);
    if (!status.ok()) {
      return status;
    }
    *launch.workspace = address;
  }
  const std::string what = "launch of " + info.entry;
  if (info.cluster > 1) {
    CuLaunchAttribute attribute = clusterAttribute(info);
    const CuLaunchConfig config =
        clusterConfig(info, launch.grid[0], launch.grid[1], launch.grid[2],
                      stream, attribute);
    return driver->check(
        driver->launchEx(&config, function, launch.pointers.data(), nullptr),
        what.c_str());
  }
  return driver->check(driver->launch(function, launch.grid[0], launch.grid[1],
                                      launch.grid[2], unsigned(info.threads), 1,
                                      1, unsigned(info.smemBytes), stream,
                                      launch.pointers.data(), nullptr),
                       what.c_str());
}

} // namespace spak_rt
