// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: a whole run: arguments in, every block of the launch, checks of what
// is left behind.
#include "spak/Simulator/Simulator.h"

#include "Machine.h"

using namespace mlir;

namespace spak::sim {

namespace {

ir::KernelOp findKernel(ModuleOp module, StringRef name) {
  for (auto kernel : module.getOps<ir::KernelOp>()) {
    if (kernel.getSymName() == name) {
      return kernel;
    }
  }
  module.emitError() << "no kernel `" << name << "` to simulate";
  return nullptr;
}

/// The text attribute \p key of argument \p i, or empty.
StringRef argText(ir::KernelOp kernel, unsigned i, StringRef key) {
  auto text = dyn_cast_or_null<StringAttr>(kernel.getArgAttr(i, key));
  return text ? text.getValue() : StringRef();
}

FailureOr<SmallVector<int64_t, 5>>
extentsOf(ir::KernelOp kernel, ir::ViewType view,
          const std::map<std::string, int64_t> &dims) {
  SmallVector<int64_t, 5> extents;
  for (auto [axis, size] : llvm::zip_equal(view.getAxes(), view.getShape())) {
    auto dim = dims.find(axis.str());
    if (!ShapedType::isDynamic(size)) {
      extents.push_back(size);
    } else if (dim != dims.end()) {
      extents.push_back(dim->second);
    } else {
      kernel.emitError() << "the shape has no size for dim `" << axis.getValue()
                         << "`";
      return failure();
    }
  }
  return extents;
}

/// Gives every argument of the kernel its value. Outputs get a record of who
/// wrote what.
LogicalResult
bindArguments(ir::KernelOp kernel, Arguments &arguments, Machine &machine,
              std::map<std::string, std::vector<int32_t>> &writers) {
  std::map<std::string, int64_t> sizes = arguments.dims;
  kernel.addExtents(sizes);
  for (BlockArgument argument : kernel.getBody().getArguments()) {
    unsigned i = argument.getArgNumber();
    std::string name = argText(kernel, i, ir::SpakDialect::kNameAttr).str();
    StringRef kind = argText(kernel, i, ir::SpakDialect::kKindAttr);
    if (auto view = dyn_cast<ir::ViewType>(argument.getType())) {
      auto tensor = arguments.tensors.find(name);
      if (tensor == arguments.tensors.end()) {
        return kernel.emitError() << "no tensor for argument `" << name << "`";
      }
      FailureOr<SmallVector<int64_t, 5>> extents =
          extentsOf(kernel, view, sizes);
      if (failed(extents)) {
        return failure();
      }
      if (*extents != tensor->second.extents) {
        return kernel.emitError()
               << "the tensor for argument `" << name << "` has another shape";
      }
      ViewValue value{&tensor->second, nullptr};
      if (kind == "out") {
        std::vector<int32_t> &record = writers[name];
        record.resize(tensor->second.data.size(), 0);
        value.writers = &record;
      }
      machine.set(argument, value);
      continue;
    }
    if (kind == "dim" || kind == "extent") {
      auto dim = sizes.find(name);
      if (dim == sizes.end()) {
        return kernel.emitError()
               << "the shape has no size for dim `" << name << "`";
      }
      machine.set(argument, dim->second);
      continue;
    }
    double value = 0;
    auto scalar = arguments.scalars.find(name);
    if (scalar != arguments.scalars.end()) {
      value = scalar->second;
    } else if (auto byDefault = dyn_cast_or_null<FloatAttr>(
                   kernel.getArgAttr(i, ir::SpakDialect::kDefaultAttr))) {
      value = byDefault.getValueAsDouble();
    } else {
      return kernel.emitError() << "no value for argument `" << name << "`";
    }
    std::optional<Format> format = formatOf(argument.getType());
    if (!format) {
      return kernel.emitError() << "the type of argument `" << name
                                << "` is none that the simulator knows";
    }
    value = roundTo(*format, value);
    if (isa<FloatType>(argument.getType())) {
      machine.set(argument, value);
    } else {
      machine.set(argument, static_cast<int64_t>(value));
    }
  }
  return success();
}

/// Every tile that went into a ring must have come out again.
LogicalResult checkRings(ir::KernelOp kernel, Simulation &sim) {
  LogicalResult result = success();
  for (std::unique_ptr<RingState> &ring : sim.rings) {
    auto acquired = static_cast<int64_t>(ring->uses.size());
    if (acquired != ring->committed || acquired != ring->waited ||
        acquired != ring->released) {
      result = kernel.emitError()
               << "ring `" << ring->name << "` of block " << sim.block
               << " is left with " << acquired << " tiles acquired, "
               << ring->committed << " committed, " << ring->waited
               << " waited for and " << ring->released << " released";
    }
    for (std::shared_ptr<SlotUse> &use : ring->uses) {
      use->tiles.clear();
    }
  }
  sim.rings.clear();
  return result;
}

} // namespace

FailureOr<std::map<std::string, SmallVector<int64_t, 5>>>
extentsOf(ModuleOp module, StringRef name,
          const std::map<std::string, int64_t> &dims) {
  ir::KernelOp kernel = findKernel(module, name);
  if (!kernel) {
    return failure();
  }
  std::map<std::string, int64_t> sizes = dims;
  kernel.addExtents(sizes);
  std::map<std::string, SmallVector<int64_t, 5>> result;
  for (BlockArgument argument : kernel.getBody().getArguments()) {
    auto view = dyn_cast<ir::ViewType>(argument.getType());
    if (!view) {
      continue;
    }
    FailureOr<SmallVector<int64_t, 5>> extents = extentsOf(kernel, view, sizes);
    if (failed(extents)) {
      return failure();
    }
    result[argText(kernel, argument.getArgNumber(), ir::SpakDialect::kNameAttr)
               .str()] = *extents;
  }
  return result;
}

/// Whether \p range selects pages, which its tiles have to divide.
static bool selectsPages(Value range) {
  return llvm::any_of(range.getUsers(), [](Operation *user) {
    return isa<ir::StartOp>(user) &&
           llvm::any_of(user->getUsers(), llvm::IsaPred<arith::DivUIOp>);
  });
}

std::map<std::string, int64_t>
untiledSizes(ModuleOp module, StringRef name,
             const std::map<std::string, int64_t> &dims) {
  std::map<std::string, int64_t> sizes;
  ir::KernelOp kernel = findKernel(module, name);
  if (!kernel) {
    return sizes;
  }
  int64_t largest = 1;
  for (const auto &[dim, size] : dims) {
    largest = std::max(largest, size);
  }
  auto add = [&](Value variable, Value count) {
    auto range = dyn_cast<ir::RangeType>(variable.getType());
    if (!range || selectsPages(variable)) {
      return;
    }
    int64_t size = largest;
    if (auto tiles = count.getDefiningOp<ir::TileCountOp>()) {
      auto dim = dyn_cast<BlockArgument>(tiles.getExtent());
      if (dim && dim.getOwner()->getParentOp() == kernel) {
        auto found = dims.find(kernel.getArgName(dim.getArgNumber()));
        size = found == dims.end() ? size : std::max<int64_t>(found->second, 1);
      }
    }
    sizes[range.getAxis().str()] = size;
  };
  kernel.walk([&](Operation *op) {
    if (auto grid = dyn_cast<ir::GridOp>(op)) {
      for (auto [variable, extent] :
           llvm::zip_equal(grid.getBody()->getArguments(), grid.getExtents())) {
        add(variable, extent);
      }
    } else if (auto loop = dyn_cast<ir::ForOp>(op)) {
      add(loop.getRange(), loop.getUpper());
    }
  });
  return sizes;
}

LogicalResult checkLaunch(ModuleOp module, StringRef name,
                          Arguments &arguments) {
  ir::KernelOp kernel = findKernel(module, name);
  if (!kernel) {
    return failure();
  }
  Options options;
  Simulation sim(options);
  Machine block(sim, kernel.getBody(), "");
  std::map<std::string, std::vector<int32_t>> writers;
  return failure(failed(bindArguments(kernel, arguments, block, writers)) ||
                 block.runToRegions() != Machine::Status::Done);
}

FailureOr<Result> run(ModuleOp module, StringRef name, Arguments &arguments,
                      const Options &options) {
  ir::KernelOp kernel = findKernel(module, name);
  if (!kernel) {
    return failure();
  }
  Simulation sim(options);
  std::map<std::string, std::vector<int32_t>> writers;
  // How many blocks there are is known once the grid was met.
  do {
    Machine block(sim, kernel.getBody(), "");
    if (failed(bindArguments(kernel, arguments, block, writers))) {
      return failure();
    }
    switch (block.run()) {
    case Machine::Status::Done:
      break;
    case Machine::Status::Blocked:
      block.place()->emitError()
          << "deadlock in block " << sim.block << ": " << block.describe();
      sim.rings.clear();
      return failure();
    default:
      return failure();
    }
    if (failed(checkRings(kernel, sim))) {
      return failure();
    }
    ++sim.block;
  } while (sim.block < sim.result.blocks);
  if (!sim.parts.empty()) {
    kernel.emitError() << "cut tile " << sim.parts.begin()->first
                       << " is never finished: parts of it are missing";
    return failure();
  }
  return sim.result;
}

} // namespace spak::sim
