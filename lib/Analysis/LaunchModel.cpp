// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the modelled time of a launch. The launch function is computed for the
// given sizes, then every block is walked: trip counts are those of the kernel,
// so tiles that a mask skips cost nothing and tiles that it cuts cost whole.
// docs/Gates.md has the formulas.
#include "spak/Analysis/KernelFigures.h"

#include "BlockWalk.h"

#include "llvm/ADT/MapVector.h"

#include <queue>

using namespace mlir;

namespace spak::analysis {

namespace {

class Model {
public:
  Model(ModuleOp module, cuda::KernelOp kernel, cuda::HostOp host,
        const device::Device &device, const device::Rates &rates,
        const LaunchShape &shape)
      : kernel(kernel), host(host), device(device), rates(rates), shape(shape),
        blocks(kernel, TensorMaps(module, kernel), rates) {}

  LaunchModel run() {
    LaunchModel result;
    result.tensorsBytes = tensorsBytes();
    if (!walkHost()) {
      result.problem = problem;
      result.refused = refused;
      return result;
    }
    space::Modelled modelled;
    if (!walkBlocks(modelled) || !walkFootprint(modelled)) {
      result.problem = problem;
      return result;
    }
    memory(modelled);
    padding(modelled);
    finish(modelled);
    result.modelled = modelled;
    return result;
  }

private:
  cuda::KernelOp kernel;
  cuda::HostOp host;
  const device::Device &device;
  const device::Rates &rates;
  const LaunchShape &shape;
  BlockWalk blocks;
  llvm::DenseMap<Value, Integer> values;
  int64_t grid = 0;
  std::string problem;
  bool refused = false;

  bool fail(const Twine &why) {
    problem = why.str();
    return false;
  }

  double hertz() const { return static_cast<double>(rates.clockMhz) * 1e6; }
  int64_t slots() const {
    return device.sms * std::max<int64_t>(shape.residentBlocks, 1);
  }

  /// An extent that follows from the dims, which \p map has as symbols.
  Integer extentFrom(AffineMap map) const {
    SmallVector<Attribute> dims, result;
    cuda::HostOp launch = host;
    for (DictionaryAttr attrs :
         launch.getArgAttrsAttr().getAsRange<DictionaryAttr>()) {
      auto kind = attrs.getAs<StringAttr>("spak.kind");
      if (!kind || kind.getValue() != "dim") {
        continue;
      }
      Integer size = extent(attrs.get("spak.name"));
      dims.push_back(
          size ? IntegerAttr::get(IndexType::get(map.getContext()), *size)
               : IntegerAttr());
    }
    if (dims.size() != map.getNumSymbols() ||
        failed(map.constantFold(dims, result))) {
      return {};
    }
    return cast<IntegerAttr>(result.front()).getInt();
  }

  Integer extent(Attribute attr) const {
    if (auto number = dyn_cast<IntegerAttr>(attr)) {
      return number.getInt();
    }
    if (auto map = dyn_cast<AffineMapAttr>(attr)) {
      return extentFrom(map.getValue());
    }
    auto name = dyn_cast<StringAttr>(attr);
    auto found =
        name ? shape.dims.find(name.getValue().str()) : shape.dims.end();
    return found == shape.dims.end() ? Integer() : Integer(found->second);
  }

  /// Sizes are those that were asked for, tensors are contiguous.
  bool assignArguments() {
    std::map<std::string, std::map<std::string, int64_t>> strides;
    Block &entry = host.getBody().front();
    auto text = [&](unsigned i, StringRef key) {
      auto attr = host.getArgAttrOfType<StringAttr>(i, key);
      return attr ? attr.getValue().str() : std::string();
    };
    for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
      auto axes = host.getArgAttrOfType<ArrayAttr>(i, "spak.axes");
      auto extents = host.getArgAttrOfType<ArrayAttr>(i, "spak.extents");
      if (!axes || !extents) {
        continue;
      }
      int64_t step = 1;
      for (size_t axis = axes.size(); axis-- > 0;) {
        strides[text(i, "spak.name")]
               [cast<StringAttr>(axes[axis]).getValue().str()] = step;
        Integer size = extent(extents[axis]);
        if (!size) {
          std::string name =
              isa<StringAttr>(extents[axis])
                  ? cast<StringAttr>(extents[axis]).getValue().str()
                  : "?";
          return fail("the size of `" + name + "` is not known");
        }
        step *= std::max<int64_t>(*size, 1);
      }
    }
    for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
      std::string kind = text(i, "spak.kind");
      if (kind == "dim") {
        auto found = shape.dims.find(text(i, "spak.name"));
        if (found == shape.dims.end()) {
          return fail("the size of `" + text(i, "spak.name") +
                      "` is not known");
        }
        values[entry.getArgument(i)] = found->second;
      } else if (kind == "stride") {
        values[entry.getArgument(i)] =
            strides[text(i, "spak.tensor")][text(i, "spak.axis")];
      }
    }
    return true;
  }

  bool walkHost() {
    if (!assignArguments()) {
      return false;
    }
    ThreadPlace place = launchPlace();
    auto valueOf = [&](Value value) {
      auto known = values.find(value);
      return known == values.end() ? Integer() : known->second;
    };
    bool launched = false;
    for (Operation &op : host.getBody().front()) {
      if (op.getNumResults() == 1) {
        values[op.getResult(0)] = evaluate(&op, place, valueOf);
      }
      if (auto check = dyn_cast<cuda::HostCheckOp>(op)) {
        Integer holds = valueOf(check.getCondition());
        if (holds && *holds == 0) {
          refused = true;
          return fail(check.getMessage());
        }
      }
      auto launch = dyn_cast<cuda::HostLaunchOp>(op);
      if (!launch || launch.getKernel() != kernel.getSymName()) {
        continue;
      }
      Integer count = valueOf(launch.getGrid());
      if (!count) {
        return fail("the number of blocks is not known");
      }
      grid = *count;
      for (auto [argument, value] : llvm::zip(
               kernel.getBody().front().getArguments(), launch.getArgs())) {
        blocks.assign(argument, valueOf(value));
      }
      launched = true;
    }
    return launched || fail("nothing is launched");
  }

  ThreadPlace placeOf(int64_t block) {
    ThreadPlace place = launchPlace();
    place.block = block;
    place.blocks = grid;
    return place;
  }

  /// A cluster takes places of neighbouring multiprocessors; which of them are
  /// neighbours the table does not know, so all are.
  ThreadPlace launchPlace() {
    ThreadPlace place;
    place.sms = device.sms;
    place.clusters =
        slots() /
        std::max<int64_t>(static_cast<int64_t>(kernel.getCluster()), 1);
    return place;
  }

  /// Blocks start in order, each where a place is free first.
  bool walkBlocks(space::Modelled &modelled) {
    std::priority_queue<double, std::vector<double>, std::greater<double>> free;
    double residents =
        static_cast<double>(std::max<int64_t>(shape.residentBlocks, 1));
    Work total;
    double end = 0, busy = 0, chains = 0;
    for (int64_t block = 0; block < grid; ++block) {
      BlockWork work;
      if (!blocks.walk(placeOf(block), work)) {
        return fail(blocks.problem);
      }
      total += work.all;
      // Residents share the pipes; each waits for its own chain.
      double pipes = std::max(
          {work.all.tensor, work.all.sfu, work.all.issue,
           work.all.bytes / static_cast<double>(rates.l2BytesPerCycle)});
      double cycles = std::max(work.chain, pipes * residents);
      double start = 0;
      if (static_cast<int64_t>(free.size()) >= slots()) {
        start = free.top();
        free.pop();
      }
      free.push(start + cycles);
      end = std::max(end, start + cycles);
      busy += cycles;
      chains += work.chain;
    }
    double machine = hertz() * static_cast<double>(device.sms);
    modelled.blocks = grid;
    modelled.ways = blocks.ways();
    modelled.flops = total.flops;
    modelled.tensorSeconds = total.tensor / machine;
    modelled.sfuSeconds = total.sfu / machine;
    modelled.issueSeconds = total.issue / machine;
    modelled.chainSeconds = chains / (machine * residents);
    modelled.loadedBytes = total.bytes;
    modelled.sharedReads = total.reads;
    modelled.sharedStores = total.stores;
    modelled.l2Seconds =
        total.bytes / (static_cast<double>(rates.l2BytesPerCycle) * machine);
    modelled.seconds = end / hertz();
    modelled.waves = static_cast<double>(grid) / static_cast<double>(slots());
    modelled.waveLoss =
        end > 0 ? 1 - busy / (end * static_cast<double>(slots())) : 0;
    return true;
  }

  /// Distinct boxes of the first tile of every block of the first wave.
  bool walkFootprint(space::Modelled &modelled) {
    for (int64_t block = 0; block < std::min(grid, slots()); ++block) {
      if (!blocks.collect(placeOf(block))) {
        return fail(blocks.problem);
      }
    }
    modelled.footprint = blocks.footprint();
    return true;
  }

  /// Of all arguments; nothing if a size is not known.
  std::optional<double> tensorsBytes() {
    double all = 0;
    for (unsigned i = 0; i < host.getBody().front().getNumArguments(); ++i) {
      auto extents = host.getArgAttrOfType<ArrayAttr>(i, "spak.extents");
      auto type = dyn_cast<cuda::GlobalType>(
          host.getBody().front().getArgument(i).getType());
      if (!extents || !type) {
        continue;
      }
      double bytes = type.getElementType().getIntOrFloatBitWidth() / 8.0;
      for (Attribute attr : extents) {
        Integer size = extent(attr);
        if (!size) {
          return std::nullopt;
        }
        bytes *= static_cast<double>(*size);
      }
      all += bytes;
    }
    return all;
  }

  void memory(space::Modelled &modelled) {
    modelled.tensorsBytes = tensorsBytes().value_or(0);
    // What does not stay in L2 between its uses is read again.
    double again = std::max(0.0, modelled.loadedBytes - modelled.tensorsBytes);
    double kept = modelled.footprint > device.l2Bytes
                      ? static_cast<double>(device.l2Bytes) /
                            static_cast<double>(modelled.footprint)
                      : 1;
    modelled.dramBytes = modelled.tensorsBytes + again * (1 - kept);
    modelled.dramSeconds =
        modelled.dramBytes / (static_cast<double>(rates.dramGbPerSecond) * 1e9);
  }

  /// The share of a dense walk over all tiles that lies past a tensor's end.
  void padding(space::Modelled &modelled) {
    llvm::MapVector<Value, double> shares; // by size: equal axes count once
    host.walk([&](cuda::HostTensorMapOp map) {
      for (auto [dim, box] : llvm::zip(map.getDims(), map.getBox())) {
        auto known = values.find(dim);
        if (box <= 1 || known == values.end() || !known->second ||
            *known->second <= 0) {
          continue;
        }
        double size = static_cast<double>(*known->second);
        double whole =
            static_cast<double>((*known->second + box - 1) / box * box);
        auto *entry = shares.try_emplace(dim, 1.0).first;
        entry->second = std::min(entry->second, size / whole);
      }
    });
    double used = 1;
    for (const auto &share : shares) {
      used *= share.second;
    }
    modelled.paddedShare = 1 - used;
  }

  void finish(space::Modelled &modelled) {
    modelled.seconds = std::max(modelled.seconds, modelled.dramSeconds);
    std::pair<double, const char *> bounds[] = {
        {modelled.tensorSeconds, "tensor"}, {modelled.sfuSeconds, "sfu"},
        {modelled.issueSeconds, "issue"},   {modelled.chainSeconds, "chain"},
        {modelled.dramSeconds, "dram"},     {modelled.l2Seconds, "l2"}};
    modelled.bound =
        llvm::max_element(bounds, [](const auto &a, const auto &b) {
          return a.first < b.first;
        })->second;
  }
};

} // namespace

LaunchModel modelLaunch(ModuleOp module, StringRef name,
                        const device::Device &device,
                        const device::Rates &rates, const LaunchShape &shape) {
  LaunchModel none;
  cuda::HostOp host;
  for (cuda::HostOp candidate : module.getOps<cuda::HostOp>()) {
    if (candidate.getSymName() == name) {
      host = candidate;
    }
  }
  cuda::KernelOp kernel;
  if (host) {
    host.walk([&](cuda::HostLaunchOp launch) {
      kernel = module.lookupSymbol<cuda::KernelOp>(launch.getKernel());
    });
  }
  if (!kernel) {
    none.problem = "no kernel is launched";
    return none;
  }
  return Model(module, kernel, host, device, rates, shape).run();
}

} // namespace spak::analysis
