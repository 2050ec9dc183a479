// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the modelled time of a launch. The launch function is computed for the
// given sizes, then every block's control flow is walked: trip counts are those
// of the kernel, so tiles that a mask skips cost nothing and tiles that it cuts
// cost whole. docs/Gates.md has the formulas.
#include "spak/Analysis/KernelFigures.h"

#include "Accesses.h"
#include "ScalarValues.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <queue>
#include <set>

using namespace mlir;

namespace spak::analysis {

namespace {

constexpr int64_t kThreadsPerGroup = 128;
constexpr int64_t kWarpsPerGroup = 4;
/// Walked loop iterations after which there is no model. Unit: iteration.
constexpr int64_t kMaxIterations = 4000000;

/// What one warpgroup of a role does, in cycles of a multiprocessor that it
/// has for itself, and in bytes.
struct Work {
  double tensor = 0;
  double sfu = 0;
  double issue = 0;
  double flops = 0;
  double bytes = 0;

  Work &operator+=(const Work &other) { return add(other, 1); }
  Work &add(const Work &other, double times) {
    tensor += times * other.tensor;
    sfu += times * other.sfu;
    issue += times * other.issue;
    flops += times * other.flops;
    bytes += times * other.bytes;
    return *this;
  }
};

/// When what was issued is done; cycles since the block began.
struct Clock {
  double now = 0;
  double tensorFree = 0;
  std::vector<double> groups; ///< ends of the committed groups in flight
};

/// Boxes by map and coordinates.
using Boxes = std::set<std::pair<Operation *, std::vector<int64_t>>>;

class RoleWalk {
public:
  RoleWalk(const device::Rates &rates, const TensorMaps &maps,
           ThreadPlace place, llvm::DenseMap<Value, Integer> &values,
           int64_t &iterations, bool oneThread, Boxes *boxes)
      : rates(rates), maps(maps), place(place), values(values),
        iterations(iterations), oneThread(oneThread), boxes(boxes) {}

  Work work;
  Clock clock;
  std::string problem;

  bool walk(Block &block) {
    for (Operation &op : block) {
      if (!step(op)) {
        return false;
      }
    }
    return true;
  }

private:
  const device::Rates &rates;
  const TensorMaps &maps;
  ThreadPlace place;
  llvm::DenseMap<Value, Integer> &values;
  int64_t &iterations;
  bool oneThread;
  Boxes *boxes; ///< filled if not null

  Integer valueOf(Value value) {
    auto known = values.find(value);
    return known == values.end() ? std::nullopt : known->second;
  }

  bool fail(const Twine &why) {
    if (problem.empty()) {
      problem = why.str();
    }
    return false;
  }

  bool step(Operation &op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      return stepLoop(loop);
    }
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      return stepIf(branch);
    }
    if (isa<cuda::RolesOp>(op)) {
      return true;
    }
    cost(op);
    if (auto leave = dyn_cast<cuda::PartialLeaveOp>(op)) {
      // Who comes last is not known: everyone is counted as if it were.
      values[leave.getLast()] = 1;
      return true;
    }
    if (op.getNumResults() == 1) {
      values[op.getResult(0)] =
          evaluate(&op, place, [&](Value value) { return valueOf(value); });
    }
    return true;
  }

  void assign(ValueRange to, ValueRange from) {
    SmallVector<Integer> read;
    for (Value value : from) {
      read.push_back(valueOf(value));
    }
    for (auto [value, number] : llvm::zip_equal(to, read)) {
      values[value] = number;
    }
  }

  bool stepIf(scf::IfOp branch) {
    Integer condition = valueOf(branch.getCondition());
    if (!condition) {
      return fail("a branch depends on data");
    }
    Region &taken =
        *condition ? branch.getThenRegion() : branch.getElseRegion();
    if (taken.empty()) {
      return true;
    }
    if (!walk(taken.front())) {
      return false;
    }
    assign(branch.getResults(), taken.front().getTerminator()->getOperands());
    return true;
  }

  static bool isLeaf(scf::ForOp loop) {
    return loop.getBody()
               ->walk([](Operation *op) {
                 return isa<scf::ForOp, scf::IfOp>(op) ? WalkResult::interrupt()
                                                       : WalkResult::advance();
               })
               .wasInterrupted() == false;
  }

  bool stepLoop(scf::ForOp loop) {
    Integer low = valueOf(loop.getLowerBound());
    Integer high = valueOf(loop.getUpperBound());
    Integer stride = valueOf(loop.getStep());
    if (!low || !high || !stride || *stride <= 0) {
      return fail("the trips of a loop depend on data");
    }
    int64_t trips = *high > *low ? (*high - *low + *stride - 1) / *stride : 0;
    assign(loop.getRegionIterArgs(), loop.getInitArgs());
    Operation *yield = loop.getBody()->getTerminator();
    bool leaf = isLeaf(loop);
    // A loop around loops is walked trip by trip; of the others the second
    // trip stands for all that follow it.
    int64_t walked = leaf && !boxes ? std::min<int64_t>(trips, 2) : trips;
    for (int64_t trip = 0; trip < walked; ++trip) {
      if (++iterations > kMaxIterations) {
        return fail("there are too many tiles to walk");
      }
      Work before = work;
      double start = clock.now;
      values[loop.getInductionVar()] = *low + trip * *stride;
      if (!walk(*loop.getBody())) {
        return false;
      }
      assign(loop.getRegionIterArgs(), yield->getOperands());
      if (trip == 1 && trips > walked) {
        repeat(before, start, static_cast<double>(trips - walked));
      }
      // The footprint is that of the first tile of a block.
      if (boxes && !leaf) {
        break;
      }
    }
    if (trips > walked) {
      // Counters of rings go on; nothing that is walked depends on them.
      for (Value value : loop.getRegionIterArgs()) {
        values[value] = std::nullopt;
      }
    }
    assign(loop.getResults(), loop.getRegionIterArgs());
    return true;
  }

  void repeat(const Work &before, double start, double times) {
    Work delta = work;
    delta.add(before, -1);
    work.add(delta, times);
    double shift = (clock.now - start) * times;
    clock.now += shift;
    clock.tensorFree += shift;
    for (double &end : clock.groups) {
      end += shift;
    }
  }

  //===--------------------------------------------------------------------===//
  // Costs
  //===--------------------------------------------------------------------===//

  void product(int64_t n, int64_t k) {
    double flops = 2.0 * 64 * static_cast<double>(n * k);
    double cycles = flops / static_cast<double>(rates.tensorFlops);
    work.flops += flops;
    work.tensor += cycles;
    clock.tensorFree = std::max(clock.tensorFree, clock.now) + cycles;
  }

  /// \p special and \p ordinary instructions of every thread of the group.
  void arithmetic(double special, double ordinary) {
    double threads = oneThread ? 32 : kThreadsPerGroup;
    double sfu =
        special * threads / static_cast<double>(rates.specialFunctions);
    double issue =
        (special + ordinary) * threads / static_cast<double>(rates.issueLanes);
    work.sfu += sfu;
    work.issue += issue;
    clock.now += std::max(sfu, issue);
  }

  void mapped(cuda::MapOp map) {
    double special = 0, ordinary = 0;
    for (Operation &op : *map.getBlock()) {
      if (isa<math::Exp2Op, math::ExpOp, math::LogOp, math::Log2Op,
              math::SqrtOp, math::RsqrtOp, math::TanhOp, arith::DivFOp>(op)) {
        ++special;
      } else if (!isa<cuda::YieldOp, arith::ConstantOp>(op)) {
        ++ordinary;
      }
    }
    double registers =
        cast<cuda::FragType>(map.getResult().getType()).getCount();
    arithmetic(special * registers, ordinary * registers);
  }

  void copied(Value argument, OperandRange coordinates) {
    cuda::HostTensorMapOp map = maps.of(argument);
    if (!map) {
      return;
    }
    int64_t bytes = TensorMaps::elementBytes(map);
    for (int64_t extent : map.getBox()) {
      bytes *= extent;
    }
    work.bytes += static_cast<double>(bytes);
    if (boxes) {
      std::vector<int64_t> at;
      for (Value coordinate : coordinates) {
        at.push_back(valueOf(coordinate).value_or(-1));
      }
      boxes->insert({map.getOperation(), at});
    }
  }

  void moved(cuda::FragType type, Value pointer) {
    Type element = cast<cuda::GlobalType>(pointer.getType()).getElementType();
    double count =
        static_cast<double>(type.getCount()) * (type.isPacked() ? 2 : 1);
    work.bytes +=
        count * element.getIntOrFloatBitWidth() / 8 * kThreadsPerGroup;
    arithmetic(0, count);
  }

  void cost(Operation &op) {
    auto count = [](Value frag) {
      return static_cast<double>(
          cast<cuda::FragType>(frag.getType()).getCount());
    };
    llvm::TypeSwitch<Operation *>(&op)
        .Case<cuda::WgmmaSSOp, cuda::WgmmaRSOp>(
            [&](auto dot) { product(dot.getN(), dot.getK()); })
        .Case([&](cuda::WgmmaCommitOp) {
          clock.groups.push_back(clock.tensorFree);
        })
        .Case([&](cuda::WgmmaWaitOp wait) {
          while (clock.groups.size() > static_cast<size_t>(wait.getLeft())) {
            clock.now = std::max(clock.now, clock.groups.front());
            clock.groups.erase(clock.groups.begin());
          }
        })
        .Case([&](cuda::PartialLeaveOp leave) {
          for (Value frag : leave.getFrags()) {
            moved(cast<cuda::FragType>(frag.getType()), leave.getWorkspace());
          }
        })
        .Case<cuda::PartialTakeOp, cuda::PartialAddOp>([&](auto part) {
          moved(part.getResult().getType(), part.getWorkspace());
        })
        .Case([&](cuda::MapOp map) { mapped(map); })
        .Case([&](cuda::RowReduceOp reduce) {
          arithmetic(0, count(reduce.getFrag()));
        })
        .Case([&](cuda::LaneReduceOp reduce) {
          arithmetic(0,
                     count(reduce.getFrag()) * 2 * reduce.getXorMasks().size());
        })
        .Case(
            [&](cuda::PackOp pack) { arithmetic(0, count(pack.getResult())); })
        .Case([&](cuda::StMatrixOp store) {
          // 4 wavefronts an instruction of a warp, 32 lanes wide.
          arithmetic(0, static_cast<double>(store.getWidth()) / 32 * 4);
        })
        .Case([&](cuda::TmaLoadOp load) {
          copied(load.getMap(), load.getCoords());
        })
        .Case([&](cuda::TmaStoreOp store) {
          copied(store.getMap(), store.getCoords());
        })
        .Case([&](cuda::LoadFragOp load) {
          moved(load.getResult().getType(), load.getSrc());
        })
        .Case([&](cuda::StoreFragOp store) {
          moved(store.getFrag().getType(), store.getDst());
        });
  }
};

/// What a block does, all its groups together.
struct BlockWork {
  Work all;
  double chain = 0; ///< cycles of the slowest role, alone on its SM
};

class Model {
public:
  Model(ModuleOp module, cuda::KernelOp kernel, cuda::HostOp host,
        const device::Device &device, const device::Rates &rates,
        const LaunchShape &shape)
      : kernel(kernel), host(host), device(device), rates(rates), shape(shape),
        maps(module, kernel) {}

  LaunchModel run() {
    LaunchModel result;
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
  TensorMaps maps;
  llvm::DenseMap<Value, Integer> values;
  int64_t grid = 0;
  int64_t iterations = 0;
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

  Integer extent(Attribute attr) const {
    if (auto number = dyn_cast<IntegerAttr>(attr)) {
      return number.getInt();
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
    ThreadPlace place;
    place.sms = device.sms;
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
        values[argument] = valueOf(value);
      }
      launched = true;
    }
    return launched || fail("nothing is launched");
  }

  bool walkBlock(int64_t block, BlockWork &found, Boxes *boxes) {
    ThreadPlace place;
    place.block = block;
    place.blocks = grid;
    place.sms = device.sms;
    auto part = [&](Block &body, int64_t groups, bool oneThread) {
      RoleWalk walk(rates, maps, place, values, iterations, oneThread, boxes);
      if (!walk.walk(body)) {
        return fail(walk.problem);
      }
      found.all.add(walk.work, static_cast<double>(groups));
      found.chain = std::max(found.chain, walk.clock.now);
      return true;
    };
    int64_t allGroups =
        std::max<int64_t>(kernel.getThreads() / kThreadsPerGroup, 1);
    if (!part(kernel.getBody().front(), allGroups, false)) {
      return false;
    }
    bool good = true;
    kernel.walk([&](cuda::RoleOp role) {
      bool one = role.getOneThread();
      good =
          good &&
          part(role.getBody().front(),
               one ? 1 : std::max<int64_t>(role.getWarps() / kWarpsPerGroup, 1),
               one);
    });
    return good;
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
      if (!walkBlock(block, work, nullptr)) {
        return false;
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
    modelled.flops = total.flops;
    modelled.tensorSeconds = total.tensor / machine;
    modelled.sfuSeconds = total.sfu / machine;
    modelled.issueSeconds = total.issue / machine;
    modelled.chainSeconds = chains / (machine * residents);
    modelled.loadedBytes = total.bytes;
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
    Boxes boxes;
    for (int64_t block = 0; block < std::min(grid, slots()); ++block) {
      BlockWork ignored;
      if (!walkBlock(block, ignored, &boxes)) {
        return false;
      }
    }
    for (const auto &box : boxes) {
      auto map = cast<cuda::HostTensorMapOp>(box.first);
      int64_t bytes = TensorMaps::elementBytes(map);
      for (int64_t extent : map.getBox()) {
        bytes *= extent;
      }
      modelled.footprint += bytes;
    }
    return true;
  }

  void memory(space::Modelled &modelled) {
    for (unsigned i = 0; i < host.getBody().front().getNumArguments(); ++i) {
      auto extents = host.getArgAttrOfType<ArrayAttr>(i, "spak.extents");
      auto type = dyn_cast<cuda::GlobalType>(
          host.getBody().front().getArgument(i).getType());
      if (!extents || !type) {
        continue;
      }
      double bytes = type.getElementType().getIntOrFloatBitWidth() / 8.0;
      for (Attribute attr : extents) {
        bytes *= static_cast<double>(extent(attr).value_or(1));
      }
      modelled.tensorsBytes += bytes;
    }
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
