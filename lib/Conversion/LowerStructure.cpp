// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: kernels, roles, the grid, loops, branches and turns, and what they
// carry: every ring used inside adds its running counter.
#include "Lowering.h"
#include "spak/Dialect/Spak/IR/SpakCluster.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::conversion {

namespace {

constexpr int64_t kWarpsPerGroup = 4;
constexpr int64_t kThreadsPerWarp = 32;

bool isSharedTile(Type type) {
  auto tile = dyn_cast<ir::TileType>(type);
  return tile && tile.getLayout() && !RegisterMap::of(tile);
}

bool isElementwise(Operation &op, const DenseMap<Operation *, Operation *> &g) {
  return g.count(&op);
}

} // namespace

LogicalResult KernelLowering::run() {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(kernel);
  Location loc = kernel.getLoc();
  std::string entry = (kernel.getSymName() + "_kernel").str();
  int64_t warps = 0;
  kernel.walk([&](ir::RoleOp role) { warps += role.getWarps(); });
  if (warps == 0) {
    warps = kWarpsPerGroup;
  }
  device = cuda::KernelOp::create(
      builder, loc, entry, builder.getFunctionType({}, {}),
      ArrayRef<DictionaryAttr>(), warps * kThreadsPerWarp);
  device.setPointAttr(kernel.getPointAttr());
  Block *body = device.getEntryBlock();
  if (body->mightHaveTerminator()) {
    body->getTerminator()->erase();
  }
  builder.setInsertionPointToEnd(body);
  roleBlock = body;
  roleWarps = warps;
  planGroups(kernel);
  if (std::optional<ir::Cluster> cluster = ir::clusterOf(kernel)) {
    clusterBlocks = cluster->blocks;
    device.setCluster(clusterBlocks);
  }
  if (failed(lowerBlock(kernel.getBody().front()))) {
    return failure();
  }
  if (storesThroughSharedMemory) {
    cuda::TmaWaitAllOp::create(builder, loc, threadIsZero());
  }
  if (clusterBlocks > 1) {
    // The others may still arrive on this block's barriers.
    cuda::ClusterSyncOp::create(builder, loc);
  }
  cuda::ReturnOp::create(builder, loc);
  markInPlace();

  SmallVector<Type> types;
  SmallVector<Attribute> attrs;
  for (auto [argument, value] : llvm::zip(arguments, body->getArguments())) {
    types.push_back(value.getType());
    bool isWorkspace = argument.kind == DeviceArgument::Workspace;
    std::string name =
        isWorkspace ? "workspace"
                    : nameOfArgument(kernel, argument.source.getArgNumber());
    if (argument.kind == DeviceArgument::TensorMap) {
      name += "_map";
      unsigned same = 0;
      for (const DeviceArgument &other : arguments) {
        same += other.kind == argument.kind &&
                other.source == argument.source && &other < &argument;
      }
      name += same ? std::to_string(same + 1) : "";
    } else if (argument.kind == DeviceArgument::Stride) {
      auto view = cast<ir::ViewType>(argument.source.getType());
      name += "_stride_" + view.getAxes()[argument.axis].str();
    }
    SmallVector<NamedAttribute> said{
        builder.getNamedAttr("spak.name", builder.getStringAttr(name))};
    if (isWorkspace) {
      said.push_back(
          builder.getNamedAttr("spak.kind", builder.getStringAttr(name)));
    }
    attrs.push_back(builder.getDictionaryAttr(said));
    value.setLoc(NameLoc::get(builder.getStringAttr(name), value.getLoc()));
  }
  device.setFunctionType(builder.getFunctionType(types, {}));
  device.setArgAttrsAttr(builder.getArrayAttr(attrs));
  builder.setInsertionPoint(kernel);
  return makeHost();
}

LogicalResult KernelLowering::lowerBlock(Block &block) {
  for (Operation &op : block) {
    if (failed(lowerOp(op))) {
      return failure();
    }
  }
  return success();
}

LogicalResult KernelLowering::lowerOp(Operation &op) {
  if (isElementwise(op, groupOf)) {
    return groupOf[&op] == &op ? lowerGroup(&op) : success();
  }
  bool top = op.getBlock() == &kernel.getBody().front();
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](ir::RingOp ring) { return lowerRing(ring); })
      .Case([&](ir::RolesOp roles) { return lowerRoles(roles); })
      .Case([&](ir::GridOp grid) { return lowerGrid(grid); })
      .Case([&](ir::FirstTileOp first) { return lowerFirstTile(first); })
      .Case([&](ir::ForOp loop) { return lowerFor(loop); })
      .Case([&](scf::IfOp branch) { return lowerIf(branch); })
      .Case([&](ir::TurnOp turn) { return lowerTurn(turn); })
      .Case([&](ir::RingAcquireOp acquire) { return lowerAcquire(acquire); })
      .Case([&](ir::RingFillOp fill) { return lowerFill(fill); })
      .Case([&](ir::RingWaitOp wait) { return lowerWait(wait); })
      .Case([&](ir::RingReleaseOp release) { return lowerRelease(release); })
      .Case([&](ir::DotOp dot) { return lowerDot(dot); })
      .Case([&](ir::NeededOp needed) { return lowerNeeded(needed); })
      .Case([&](ir::ReduceOp reduce) { return lowerReduce(reduce); })
      .Case([&](ir::ConvertOp convert) { return lowerPack(convert); })
      .Case([&](ir::RampOp ramp) { return lowerRamp(ramp); })
      .Case([&](ir::ConvertLayoutOp op) { return lowerConvertLayout(op); })
      .Case([&](ir::SoftmaxAdvanceOp op) { return lowerAdvance(op); })
      .Case([&](ir::SoftmaxProbsOp op) { return lowerProbs(op); })
      .Case([&](ir::SoftmaxRescaleOp op) { return lowerRescale(op); })
      .Case([&](ir::SoftmaxFinishOp op) { return lowerFinish(op); })
      .Case([&](ir::SoftmaxJoinOp op) { return lowerSoftmaxJoin(op); })
      .Case([&](ir::JoinOp op) { return lowerJoin(op); })
      .Case([&](ir::ShareOp op) { return lowerShare(op); })
      .Case([&](ir::StoreOp store) { return lowerStore(store); })
      .Case([&](ir::LoadOp load) { return lowerLoad(load); })
      .Case([&](ir::LoadScalarOp load) { return lowerLoadScalar(load); })
      // Made at each use, checked by the launch, or said by the loads' bytes.
      .Case<ir::SplatOp, ir::BroadcastOp, ir::IndexOp, ir::SoftmaxRowsOp,
            ir::RequireOp, ir::RingCommitOp, ir::ReturnOp, ir::YieldOp,
            scf::YieldOp>([](Operation *) { return success(); })
      .Default([&](Operation *other) -> LogicalResult {
        if (top) {
          return success();
        }
        // A tile constant is made at each use.
        if (isa<arith::ConstantOp>(other) &&
            isa<ir::TileType>(other->getResult(0).getType())) {
          return success();
        }
        return lowerScalarOp(*other);
      });
}

bool copiesOnly(ir::RoleOp role) {
  return !role.walk([](Operation *op) {
                bool tiles =
                    llvm::any_of(op->getResultTypes(),
                                 llvm::IsaPred<ir::TileType, ir::RowsType>);
                return tiles ? WalkResult::interrupt() : WalkResult::advance();
              })
              .wasInterrupted();
}

LogicalResult KernelLowering::lowerRoles(ir::RolesOp roles) {
  Location loc = roles.getLoc();
  if (failed(makePlaceQueue(roles))) {
    return failure();
  }
  if (clusterBlocks > 1) {
    cuda::ClusterSyncOp::create(builder, loc);
  } else {
    cuda::SyncThreadsOp::create(builder, loc);
  }
  auto deviceRoles = cuda::RolesOp::create(builder, loc);
  int64_t warps = 0, registers = 0;
  for (auto role : roles.getBody().front().getOps<ir::RoleOp>()) {
    warps += role.getWarps();
    registers += role.getWarps() * role.getRegisters();
  }
  setRegistersAtLaunch();
  int64_t firstWarp = 0;
  OpBuilder::InsertionGuard guard(builder);
  for (auto role : roles.getBody().front().getOps<ir::RoleOp>()) {
    builder.setInsertionPointToEnd(&deviceRoles.getBody().front());
    // The launch gives every thread the mean; who asks for more grows.
    bool grow = static_cast<int64_t>(role.getRegisters()) * warps > registers;
    if (failed(lowerRole(role, firstWarp, grow))) {
      return failure();
    }
    firstWarp += role.getWarps();
  }
  return success();
}

void KernelLowering::setRegistersAtLaunch() {
  auto module = kernel->getParentOfType<ModuleOp>();
  auto target = module->getAttrOfType<ir::TargetAttr>("spak.target");
  auto file = target ? target.getLimits().getAs<IntegerAttr>("registers_per_sm")
                     : IntegerAttr();
  if (file) {
    // Given out in eights (CUDA C++ Programming Guide 13.0, 20.2).
    constexpr int64_t step = 8;
    device.setRegisters(file.getInt() / device.getThreads() / step * step);
  }
}

LogicalResult KernelLowering::lowerRole(ir::RoleOp role, int64_t firstWarp,
                                        bool grow) {
  roleClaims = copiesOnly(role);
  std::optional<int64_t> registers;
  if (role.getRegisters() > 0) {
    registers = role.getRegisters();
  }
  auto made =
      cuda::RoleOp::create(builder, role.getLoc(), role.getName(), firstWarp,
                           role.getWarps(), registers, grow, roleClaims);
  roleBlock = &made.getBody().front();
  roleTop = nullptr;
  roleWarps = role.getWarps();
  roleValues.clear();
  storesThroughSharedMemory = false;
  tail.reset();
  if (roleBlock->empty() ||
      !roleBlock->back().hasTrait<OpTrait::IsTerminator>()) {
    builder.setInsertionPointToEnd(roleBlock);
    cuda::YieldOp::create(builder, role.getLoc());
  }
  builder.setInsertionPoint(roleBlock->getTerminator());
  // Every role counts the slots for itself, from 0.
  counters.clear();
  Value zero = constant(0);
  roleTop = zero.getDefiningOp();
  for (auto &[source, ring] : rings) {
    counters[source] = zero;
  }
  LogicalResult result = lowerBlock(role.getBody().front());
  if (storesThroughSharedMemory) {
    cuda::TmaWaitAllOp::create(builder, role.getLoc(), threadIsZero());
  }
  storesThroughSharedMemory = false;
  return result;
}

SmallVector<Value> KernelLowering::ringsCountedIn(Operation *op) {
  llvm::SetVector<Value> used;
  op->walk([&](Operation *inner) {
    if (auto acquire = dyn_cast<ir::RingAcquireOp>(inner)) {
      used.insert(acquire.getRing());
    } else if (auto wait = dyn_cast<ir::RingWaitOp>(inner)) {
      used.insert(wait.getRing());
    }
  });
  return used.takeVector();
}

LogicalResult KernelLowering::flatten(ValueRange list,
                                      SmallVectorImpl<Value> &flat) {
  for (Value value : list) {
    if (isa<ir::RowsType>(value.getType())) {
      FailureOr<Values> state = rows(value);
      if (failed(state)) {
        return failure();
      }
      llvm::append_range(flat, *state);
    } else if (isa<ir::TileType>(value.getType()) &&
               !isSharedTile(value.getType())) {
      FailureOr<Value> tile = fragment(value);
      if (failed(tile)) {
        return failure();
      }
      flat.push_back(*tile);
    } else {
      flat.push_back(scalar(value));
    }
  }
  return success();
}

LogicalResult KernelLowering::flatTypes(TypeRange types,
                                        SmallVectorImpl<Type> &flat) {
  for (Type type : types) {
    if (auto rowsType = dyn_cast<ir::RowsType>(type)) {
      auto tile = rowsType.getTile();
      flat.append(2, fragmentType(tile, false));
    } else if (isSharedTile(type) || isa<ir::SlotType, ir::RangeType>(type) ||
               type.isIndex()) {
      flat.push_back(builder.getI32Type());
    } else if (auto tile = dyn_cast<ir::TileType>(type)) {
      bool packed =
          tile.getElementType().isBF16() || tile.getElementType().isF16();
      flat.push_back(fragmentType(tile, packed));
    } else {
      flat.push_back(type);
    }
  }
  return success();
}

void KernelLowering::bind(ValueRange list, ValueRange flat) {
  for (Value value : list) {
    size_t count = isa<ir::RowsType>(value.getType()) ? 2 : 1;
    values[value] = Values(flat.take_front(count));
    flat = flat.drop_front(count);
  }
}

void KernelLowering::copyPlaces(ValueRange from, ValueRange to) {
  for (auto [source, target] : llvm::zip(from, to)) {
    auto found = places.find(source);
    if (found != places.end()) {
      SharedPlace place = found->second;
      places[target] = place;
    }
  }
}

LogicalResult KernelLowering::lowerFor(ir::ForOp loop) {
  Location loc = loop.getLoc();
  Value lower = scalar(loop.getLower()), upper = scalar(loop.getUpper());
  bool reverse = loop.isReverse();
  SmallVector<Value> counted = ringsCountedIn(loop);
  SmallVector<Value> inits;
  if (failed(flatten(loop.getInitArgs(), inits))) {
    return failure();
  }
  size_t carried = inits.size();
  for (Value ring : counted) {
    inits.push_back(counters[ring]);
  }
  SmallVector<ir::RingWaitOp> ahead = waitsAheadIn(loop);
  std::swap(waitsAhead, ahead);
  Value outerFollows = anotherFollows;
  if (!waitsAhead.empty()) {
    anotherFollows = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, lower, upper);
    awaitNext(loc);
  }
  auto made =
      scf::ForOp::create(builder, loc, lower, upper, constant(1), inits);
  // Unrolled by the CUDA compiler, a loop of products would have to move
  // accumulators that are in flight between its copies, and wait for them.
  auto unroll = loop.getUnrollAttr();
  made->setAttr("unroll", unroll ? unroll : builder.getI64IntegerAttr(1));
  OpBuilder::InsertionGuard guard(builder);
  Block *body = made.getBody();
  if (!body->empty()) {
    body->back().erase();
  }
  builder.setInsertionPointToEnd(body);
  // A reverse loop counts up as well; its tile is mirrored in the bounds.
  Value tile = made.getInductionVar();
  if (reverse) {
    OpBuilder::InsertionGuard outside(builder);
    builder.setInsertionPoint(made);
    Value ends = sub(add(lower, upper), constant(1));
    if (auto last = ends.getDefiningOp<arith::SubIOp>()) {
      auto range = cast<ir::RangeType>(loop.getRange().getType());
      last->setLoc(NameLoc::get(
          builder.getStringAttr(range.getAxis().getValue() + "_last"), loc));
    }
    builder.setInsertionPointToEnd(body);
    tile = sub(ends, tile);
  }
  Block *source = loop.getBody();
  values[source->getArgument(0)] = {tile};
  ValueRange sourceArgs = source->getArguments().drop_front();
  bind(sourceArgs, made.getRegionIterArgs().take_front(carried));
  copyPlaces(loop.getInitArgs(), sourceArgs);
  for (auto [i, ring] : llvm::enumerate(counted)) {
    counters[ring] = made.getRegionIterArgs()[carried + i];
  }
  if (!waitsAhead.empty()) {
    Value next = add(made.getInductionVar(), constant(1));
    anotherFollows = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, next, upper);
  }
  if (failed(lowerBlock(*source))) {
    return failure();
  }
  waitsAhead = ahead;
  anotherFollows = outerFollows;
  SmallVector<Value> yielded;
  if (failed(flatten(source->getTerminator()->getOperands(), yielded))) {
    return failure();
  }
  for (Value ring : counted) {
    yielded.push_back(counters[ring]);
  }
  scf::YieldOp::create(builder, loc, yielded);
  bind(loop.getResults(), made.getResults().take_front(carried));
  copyPlaces(loop.getInitArgs(), loop.getResults());
  for (auto [i, ring] : llvm::enumerate(counted)) {
    counters[ring] = made.getResult(carried + i);
  }
  return success();
}

LogicalResult KernelLowering::lowerIf(scf::IfOp branch) {
  Location loc = branch.getLoc();
  SmallVector<Value> counted = ringsCountedIn(branch);
  SmallVector<Type> types;
  if (failed(flatTypes(branch.getResultTypes(), types))) {
    return failure();
  }
  size_t carried = types.size();
  types.append(counted.size(), builder.getI32Type());
  auto made =
      scf::IfOp::create(builder, loc, types, scalar(branch.getCondition()),
                        /*withElseRegion=*/!types.empty());
  DenseMap<Value, Value> before = counters;
  OpBuilder::InsertionGuard guard(builder);
  for (auto [source, target] :
       llvm::zip(branch->getRegions(), made->getRegions())) {
    if (target.empty()) {
      continue;
    }
    counters = before;
    Block *block = &target.front();
    if (!block->empty()) {
      block->back().erase();
    }
    builder.setInsertionPointToEnd(block);
    SmallVector<Value> yielded;
    if (!source.empty()) {
      if (failed(lowerBlock(source.front())) ||
          failed(flatten(source.front().getTerminator()->getOperands(),
                         yielded))) {
        return failure();
      }
      copyPlaces(source.front().getTerminator()->getOperands(),
                 branch.getResults());
    }
    for (Value ring : counted) {
      yielded.push_back(counters[ring]);
    }
    scf::YieldOp::create(builder, loc, yielded);
  }
  bind(branch.getResults(), made.getResults().take_front(carried));
  counters = before;
  for (auto [i, ring] : llvm::enumerate(counted)) {
    counters[ring] = made.getResult(carried + i);
  }
  return success();
}

} // namespace spak::conversion
