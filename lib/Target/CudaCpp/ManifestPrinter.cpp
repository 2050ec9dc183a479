// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the JSON of runtime/schema/manifest-1.json.
#include "ManifestPrinter.h"

#include "Expressions.h"
#include "HostPrinter.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace spak::cuda {

namespace {

class ManifestPrinter {
public:
  ManifestPrinter(HostOp host, llvm::json::OStream &json)
      : host(host), json(json), expressions(Target::Manifest, headers),
        arguments(hostArguments(host)) {}

  LogicalResult print();

private:
  void printTensors();
  void printPoint();
  LogicalResult printArgument(Value value);
  /// Dims, scalars and constants only: what a manifest's expression may hold.
  bool isOverSizes(Value value);
  void attribute(StringRef key, Attribute value);

  HostOp host;
  llvm::json::OStream &json;
  EmbeddedHeaders headers;
  ExpressionPrinter expressions;
  std::vector<HostArgument> arguments;
};

} // namespace

bool ManifestPrinter::isOverSizes(Value value) {
  if (isa<BlockArgument>(value)) {
    return llvm::any_of(arguments, [&](const HostArgument &argument) {
      return argument.value == value &&
             (argument.kind() == "dim" || argument.kind() == "scalar");
    });
  }
  Operation *op = value.getDefiningOp();
  if (isa<HostAlignedOp, HostPresentOp>(op)) {
    return false;
  }
  return llvm::all_of(op->getOperands(),
                      [&](Value operand) { return isOverSizes(operand); });
}

/// The extents' texts: a dim's name, or a number.
static std::string extentText(Attribute extent) {
  if (auto name = dyn_cast<StringAttr>(extent)) {
    return name.str();
  }
  return std::to_string(cast<IntegerAttr>(extent).getInt());
}

void ManifestPrinter::printTensors() {
  json.attributeArray("tensors", [&] {
    for (const HostArgument &argument : arguments) {
      if (!argument.isTensor()) {
        continue;
      }
      Type element =
          cast<GlobalType>(argument.value.getType()).getElementType();
      json.object([&] {
        json.attribute("name", argument.name());
        json.attribute("kind", argument.kind());
        json.attribute("dtype", elementName(element));
        json.attributeArray("axes", [&] {
          if (auto axes = argument.attrs.getAs<ArrayAttr>("spak.axes")) {
            for (Attribute axis : axes) {
              json.value(cast<StringAttr>(axis).getValue());
            }
          }
        });
        json.attributeArray("extents", [&] {
          if (auto extents = argument.attrs.getAs<ArrayAttr>("spak.extents")) {
            for (Attribute extent : extents) {
              json.value(extentText(extent));
            }
          }
        });
        bool throughMap =
            llvm::any_of(argument.value.getUsers(), [](Operation *user) {
              return isa<HostTensorMapOp>(user);
            });
        int64_t size = element.getIntOrFloatBitWidth() / 8;
        auto align = argument.attrs.getAs<IntegerAttr>("spak.align");
        json.attribute("align",
                       align ? align.getInt() : (throughMap ? 16 : size));
        json.attribute("stride_multiple_bytes", throughMap ? 16 : size);
        json.attribute("optional", false);
      });
    }
  });
}

void ManifestPrinter::printPoint() {
  json.attributeObject("point", [&] {
    DictionaryAttr point = host.getPointAttr();
    if (!point) {
      return;
    }
    for (NamedAttribute axis : point) {
      Attribute value = axis.getValue();
      if (auto flag = dyn_cast<BoolAttr>(value)) {
        json.attribute(axis.getName(), flag.getValue());
      } else if (auto number = dyn_cast<IntegerAttr>(value)) {
        json.attribute(axis.getName(), number.getInt());
      } else if (auto text = dyn_cast<StringAttr>(value)) {
        json.attribute(axis.getName(), text.getValue());
      } else if (auto real = dyn_cast<FloatAttr>(value)) {
        json.attribute(axis.getName(), real.getValueAsDouble());
      }
    }
  });
}

LogicalResult ManifestPrinter::printArgument(Value value) {
  if (auto map = value.getDefiningOp<HostTensorMapOp>()) {
    const HostArgument *tensor = nullptr;
    for (const HostArgument &argument : arguments) {
      if (argument.value == map.getBase()) {
        tensor = &argument;
      }
    }
    auto axes =
        tensor ? tensor->attrs.getAs<ArrayAttr>("spak.axes") : ArrayAttr();
    if (!axes || axes.size() != map.getDims().size()) {
      return map.emitError("a manifest needs a tensor map with the axes of its "
                           "tensor");
    }
    json.object([&] {
      json.attribute("kind", "tensor_map");
      json.attribute("tensor", tensor->name());
      json.attribute("swizzle", map.getSwizzle());
      json.attributeArray("dims", [&] {
        for (Attribute axis : llvm::reverse(axes)) {
          json.value(cast<StringAttr>(axis).getValue());
        }
      });
      json.attributeArray("box", [&] {
        for (int64_t size : map.getBox()) {
          json.value(std::to_string(size));
        }
      });
    });
    return success();
  }
  for (const HostArgument &argument : arguments) {
    if (argument.value != value) {
      continue;
    }
    json.object([&] {
      if (argument.isWorkspace()) {
        json.attribute("kind", "workspace");
      } else if (argument.isTensor()) {
        json.attribute("kind", "pointer");
        json.attribute("tensor", argument.name());
      } else if (argument.kind() == "stride") {
        json.attribute("kind", "stride");
        json.attribute("tensor", argument.get("spak.tensor"));
        json.attribute("axis", argument.get("spak.axis"));
        json.attribute("type", elementName(value.getType()));
      } else if (argument.kind() == "scalar") {
        json.attribute("kind", "scalar");
        json.attribute("name", argument.name());
        json.attribute("type", elementName(value.getType()));
      } else {
        json.attribute("kind", "value");
        json.attribute("expr", argument.name());
        json.attribute("type", elementName(value.getType()));
      }
    });
    return success();
  }
  auto text = expressions.text(value);
  if (!text) {
    return failure();
  }
  json.object([&] {
    json.attribute("kind", "value");
    json.attribute("expr", *text);
    json.attribute("type", elementName(value.getType()));
  });
  return success();
}

LogicalResult ManifestPrinter::print() {
  HostLaunchOp launch;
  host.walk([&](HostLaunchOp op) { launch = op; });
  if (!launch) {
    return host.emitError("a host function without a launch");
  }
  auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(
      host, launch.getKernelAttr());
  auto grid = expressions.text(launch.getGrid());
  if (!kernel || !grid) {
    return failure();
  }
  LogicalResult result = success();
  json.object([&] {
    json.attribute("name", host.getSymName());
    json.attribute("entry", launch.getKernel());
    printPoint();
    json.attribute("threads", kernel.getThreads());
    json.attribute("smem_bytes", kernel.getSmemBytes().value_or(0));
    json.attribute("min_blocks", kernel.getMinBlocks());
    json.attribute("registers", nullptr);
    json.attribute("spill_bytes", nullptr);
    json.attribute("grid", *grid);
    if (kernel.getCluster() > 1) {
      json.attribute("cluster", kernel.getCluster());
    }
    for (HostWorkspaceOp workspace : host.getOps<HostWorkspaceOp>()) {
      auto bytes = expressions.text(workspace.getBytes());
      if (!bytes) {
        result = failure();
        continue;
      }
      json.attribute("workspace", *bytes);
    }
    // The order of the params struct, which the two lists below lose.
    json.attributeArray("params", [&] {
      for (const HostArgument &argument : arguments) {
        if (argument.isTensor() || argument.kind() == "scalar") {
          json.value(argument.name());
        }
      }
    });
    printTensors();
    json.attributeArray("scalars", [&] {
      for (const HostArgument &argument : arguments) {
        if (argument.kind() != "scalar") {
          continue;
        }
        json.object([&] {
          json.attribute("name", argument.name());
          json.attribute("dtype", elementName(argument.value.getType()));
          if (auto given = argument.attrs.getAs<FloatAttr>("spak.default")) {
            json.attribute("default", given.getValueAsDouble());
          }
        });
      }
    });
    json.attributeArray("dims", [&] {
      for (const HostArgument &argument : arguments) {
        if (argument.kind() == "dim") {
          json.value(argument.name());
        }
      }
    });
    json.attributeArray("checks", [&] {
      host.walk([&](HostCheckOp check) {
        bool refuses = check.getCode() != 0;
        auto condition = refuses && isOverSizes(check.getCondition())
                             ? expressions.text(check.getCondition())
                             : std::nullopt;
        if (condition) {
          json.object([&] {
            json.attribute("code", check.getCode());
            json.attribute("condition", *condition);
            json.attribute("message", check.getMessage());
          });
        }
      });
    });
    json.attributeArray("arguments", [&] {
      for (Value value : launch.getArgs()) {
        if (failed(printArgument(value))) {
          result = failure();
        }
      }
    });
  });
  return result;
}

LogicalResult printManifest(ModuleOp module, const EmitOptions &options,
                            std::string &text) {
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, /*IndentSize=*/2);
  LogicalResult result = success();
  json.object([&] {
    json.attribute("spak_manifest", 1);
    json.attribute("compiler", options.compiler);
    json.attribute("options_hash", options.optionsHash);
    json.attribute("source", options.sourceName);
    json.attribute("arch", options.arch);
    json.attributeArray("kernels", [&] {
      for (auto host : module.getOps<HostOp>()) {
        if (failed(ManifestPrinter(host, json).print())) {
          result = failure();
        }
      }
    });
  });
  json.flush();
  stream << "\n";
  return result;
}

} // namespace spak::cuda
