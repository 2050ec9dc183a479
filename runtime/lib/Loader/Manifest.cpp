// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the reading of manifests. Must not know the driver.
#include "Manifest.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

namespace spak_rt {

using nlohmann::json;

namespace {

// CUtensorMapDataType (CUDA driver API 13.0, "Tensor Map Object Management").
constexpr ElementType kTypes[] = {
    {"bf16", 2, 9}, {"f16", 2, 6},  {"f32", 4, 7},  {"f64", 8, 8},
    {"e4m3", 1, 0}, {"e5m2", 1, 0}, {"s8", 1, 0},   {"u8", 1, 0},
    {"s32", 4, 3},  {"u32", 4, 2},  {"i32", 4, 3},  {"s64", 8, 5},
    {"i64", 8, 5},  {"u64", 8, 4},  {"bool", 1, -1}};

/// Reads the keys of one object and remembers the first that is at fault.
class Reader {
public:
  Reader(const json &object, std::string where, std::string &error)
      : object(object), where(std::move(where)), error(error) {
    if (!object.is_object()) {
      fail("", "an object");
    }
  }

  const json *find(const char *key) const {
    if (!object.is_object()) {
      return nullptr;
    }
    const auto at = object.find(key);
    return at == object.end() || at->is_null() ? nullptr : &*at;
  }

  std::string text(const char *key, const char *fallback = nullptr) {
    const json *value = find(key);
    if (value && value->is_string()) {
      return value->get<std::string>();
    }
    if (value || !fallback) {
      fail(key, "a string");
    }
    return fallback ? fallback : "";
  }

  /// An expression may also be given as a number.
  std::string expression(const char *key) {
    const json *value = find(key);
    if (value && value->is_number_integer()) {
      return std::to_string(value->get<int64_t>());
    }
    return text(key);
  }

  int64_t integer(const char *key, std::optional<int64_t> fallback = {}) {
    const json *value = find(key);
    if (value && value->is_number_integer()) {
      return value->get<int64_t>();
    }
    if (value || !fallback) {
      fail(key, "an integer");
    }
    return fallback.value_or(0);
  }

  bool flag(const char *key) {
    const json *value = find(key);
    if (value && !value->is_boolean()) {
      fail(key, "true or false");
    }
    return value && value->is_boolean() && value->get<bool>();
  }

  std::vector<std::string> texts(const char *key, bool isRequired = true) {
    std::vector<std::string> result;
    const json *value = find(key);
    if (!value || !value->is_array()) {
      if (value || isRequired) {
        fail(key, "a list of strings");
      }
      return result;
    }
    for (const json &item : *value) {
      if (item.is_string()) {
        result.push_back(item.get<std::string>());
      } else if (item.is_number_integer()) {
        result.push_back(std::to_string(item.get<int64_t>()));
      } else {
        fail(key, "a list of strings");
      }
    }
    return result;
  }

  const ElementType *type(const char *key) {
    const std::string name = text(key);
    const ElementType *result = findElementType(name);
    if (!result) {
      fail(key, "an element type");
    }
    return result;
  }

  /// The objects of a list, each with its own reader.
  template <typename Function>
  void each(const char *key, Function function) {
    const json *list = find(key);
    if (!list) {
      return;
    }
    if (!list->is_array()) {
      fail(key, "a list");
      return;
    }
    for (size_t i = 0; i < list->size(); ++i) {
      Reader item((*list)[i], where + key + "[" + std::to_string(i) + "].",
                  error);
      function(item);
    }
  }

  void fail(const std::string &key, const char *expected) {
    if (error.empty()) {
      error = where + key + ": expected " + expected;
      if (object.is_object() && object.contains(key)) {
        error += ", got " + object[key].dump();
      }
    }
  }

  const json &object;
  std::string where;
  std::string &error;
};

TensorInfo readTensor(Reader &reader) {
  TensorInfo tensor;
  tensor.name = reader.text("name");
  const std::string kind = reader.text("kind");
  if (kind != "in" && kind != "out" && kind != "inout") {
    reader.fail("kind", "in, out or inout");
  }
  tensor.isOutput = kind != "in";
  tensor.type = reader.type("dtype");
  tensor.axes = reader.texts("axes");
  tensor.extents = reader.texts("extents");
  if (tensor.axes.size() != tensor.extents.size()) {
    reader.fail("extents", "as many extents as axes");
  }
  tensor.align = reader.integer("align", 1);
  tensor.strideMultiple = reader.integer("stride_multiple_bytes", 1);
  tensor.isOptional = reader.flag("optional");
  return tensor;
}

ArgumentInfo readArgument(Reader &reader, const KernelInfo &kernel) {
  ArgumentInfo argument;
  const std::string kind = reader.text("kind");
  if (kind == "scalar") {
    argument.kind = ArgumentInfo::Scalar;
    argument.index = kernel.scalarIndex(reader.text("name"));
    argument.type = reader.type("type");
    if (argument.index < 0) {
      reader.fail("name", "the name of a scalar");
    }
    return argument;
  }
  if (kind == "value") {
    argument.kind = ArgumentInfo::Expression;
    argument.expression = reader.expression("expr");
    argument.type = reader.type("type");
    return argument;
  }
  if (kind == "workspace") {
    argument.kind = ArgumentInfo::Workspace;
    if (kernel.workspace.empty()) {
      reader.fail("kind", "a kernel that says the bytes of its workspace");
    }
    return argument;
  }
  argument.index = kernel.tensorIndex(reader.text("tensor"));
  if (argument.index < 0) {
    reader.fail("tensor", "the name of a tensor");
    return argument;
  }
  const TensorInfo &tensor = kernel.tensors[size_t(argument.index)];
  if (kind == "tensor_map") {
    argument.kind = ArgumentInfo::TensorMap;
    argument.swizzle = reader.integer("swizzle", 0);
    argument.l2Promotion = reader.integer("l2_promotion", 256);
    argument.box = reader.texts("box");
    for (const std::string &axis : reader.texts("dims")) {
      argument.mapAxes.push_back(tensor.axisIndex(axis));
      if (argument.mapAxes.back() < 0) {
        reader.fail("dims", "axes of the tensor");
      }
    }
    const size_t rank = argument.mapAxes.size();
    if (rank == 0 || rank > 5 || argument.box.size() != rank) {
      reader.fail("box", "one to five sizes, as many as dims");
    }
    if (tensor.type && tensor.type->tmaType < 0) {
      reader.fail("tensor", "a tensor of a type that TMA can copy");
    }
  } else if (kind == "pointer") {
    argument.kind = ArgumentInfo::Pointer;
  } else if (kind == "stride") {
    argument.kind = ArgumentInfo::Stride;
    argument.axis = tensor.axisIndex(reader.text("axis"));
    argument.type = reader.type("type");
    if (argument.axis < 0) {
      reader.fail("axis", "an axis of the tensor");
    }
  } else {
    reader.fail("kind", "tensor_map, pointer, stride, scalar, value or "
                        "workspace");
  }
  return argument;
}

/// The order of the params struct where the manifest does not list it:
/// inputs, scalars, outputs.
std::vector<std::string> naturalOrder(const KernelInfo &kernel) {
  std::vector<std::string> order;
  for (const TensorInfo &tensor : kernel.tensors) {
    if (!tensor.isOutput) {
      order.push_back(tensor.name);
    }
  }
  for (const ScalarInfo &scalar : kernel.scalars) {
    order.push_back(scalar.name);
  }
  for (const TensorInfo &tensor : kernel.tensors) {
    if (tensor.isOutput) {
      order.push_back(tensor.name);
    }
  }
  return order;
}

KernelInfo readKernel(Reader &reader) {
  KernelInfo kernel;
  kernel.name = reader.text("name");
  kernel.entry = reader.text("entry");
  kernel.json = reader.object.dump();
  const json *point = reader.find("point");
  kernel.pointJson = point ? point->dump() : "{}";
  kernel.threads = reader.integer("threads");
  kernel.smemBytes = reader.integer("smem_bytes", 0);
  kernel.cluster = reader.integer("cluster", 1);
  if (kernel.cluster < 1) {
    reader.fail("cluster", "1 or more");
  }
  if (reader.find("workspace")) {
    kernel.workspace = reader.expression("workspace");
  }
  const json *grid = reader.find("grid");
  kernel.grid = grid && grid->is_array()
                    ? reader.texts("grid")
                    : std::vector<std::string>{reader.expression("grid")};
  if (kernel.grid.empty() || kernel.grid.size() > 3) {
    reader.fail("grid", "one to three expressions");
  }
  kernel.dims = reader.texts("dims");
  reader.each("tensors", [&](Reader &item) {
    kernel.tensors.push_back(readTensor(item));
  });
  reader.each("scalars", [&](Reader &item) {
    ScalarInfo scalar;
    scalar.name = item.text("name");
    scalar.type = item.type("dtype");
    if (const json *value = item.find("default")) {
      if (value->is_number()) {
        scalar.defaultValue = value->get<double>();
      } else {
        item.fail("default", "a number");
      }
    }
    kernel.scalars.push_back(scalar);
  });
  reader.each("checks", [&](Reader &item) {
    CheckInfo check;
    check.code = int(item.integer("code", SPAK_RT_REQUIREMENT));
    check.condition = item.text("condition");
    check.message = item.text("message");
    kernel.checks.push_back(check);
  });
  reader.each("arguments", [&](Reader &item) {
    kernel.arguments.push_back(readArgument(item, kernel));
  });
  kernel.params = reader.texts("params", /*isRequired=*/false);
  if (kernel.params.empty()) {
    kernel.params = naturalOrder(kernel);
  }
  return kernel;
}

} // namespace

const ElementType *findElementType(const std::string &name) {
  for (const ElementType &type : kTypes) {
    if (name == type.name) {
      return &type;
    }
  }
  return nullptr;
}

int TensorInfo::axisIndex(const std::string &axis) const {
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] == axis) {
      return int(i);
    }
  }
  return -1;
}

int KernelInfo::tensorIndex(const std::string &wanted) const {
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].name == wanted) {
      return int(i);
    }
  }
  return -1;
}

int KernelInfo::scalarIndex(const std::string &wanted) const {
  for (size_t i = 0; i < scalars.size(); ++i) {
    if (scalars[i].name == wanted) {
      return int(i);
    }
  }
  return -1;
}

Status parseManifest(const std::string &text, Manifest &manifest) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    return Status::error(SPAK_RT_BAD_MANIFEST, "the manifest is not JSON");
  }
  std::string error;
  Reader reader(document, "", error);
  if (error.empty() && reader.integer("spak_manifest") != 1) {
    reader.fail("spak_manifest", "version 1");
  }
  manifest.compiler = reader.text("compiler", "");
  manifest.optionsHash = reader.text("options_hash", "");
  manifest.source = reader.text("source", "");
  manifest.arch = reader.text("arch", "");
  reader.each("kernels", [&](Reader &item) {
    manifest.kernels.push_back(readKernel(item));
  });
  if (error.empty() && manifest.kernels.empty()) {
    reader.fail("kernels", "at least one kernel");
  }
  if (!error.empty()) {
    return Status::error(SPAK_RT_BAD_MANIFEST, "manifest: " + error);
  }
  return Status();
}

Status readFile(const std::string &path, std::string &text) {
  std::FILE *file = std::fopen(path.c_str(), "rb");
  if (!file) {
    return Status::error(SPAK_RT_BAD_MANIFEST,
                         "`" + path + "`: " + std::strerror(errno));
  }
  char buffer[1 << 16];
  size_t count = 0;
  while ((count = std::fread(buffer, 1, sizeof(buffer), file)) > 0) {
    text.append(buffer, count);
  }
  const bool isBroken = std::ferror(file) != 0;
  std::fclose(file);
  if (isBroken) {
    return Status::error(SPAK_RT_BAD_MANIFEST, "`" + path + "`: read error");
  }
  return Status();
}

} // namespace spak_rt
