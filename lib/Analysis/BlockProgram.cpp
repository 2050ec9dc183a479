// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: reading a kernel into a program of only what counts.
#include "BlockProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::analysis {

namespace {

constexpr int64_t kThreadsPerGroup = 128;
constexpr int64_t kWarpsPerGroup = 4;

/// The values that trips and branches follow from, with or without the
/// coordinates of copies.
class Needs {
public:
  explicit Needs(bool coordinates) : coordinates(coordinates) {}

  void addFrom(Operation *root) {
    root->walk([&](Operation *op) {
      if (auto loop = dyn_cast<scf::ForOp>(op)) {
        add(loop.getLowerBound());
        add(loop.getUpperBound());
        add(loop.getStep());
      } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
        add(branch.getCondition());
      } else if (auto stop = dyn_cast<cuda::StopUnlessOp>(op)) {
        add(stop.getCondition());
      } else if (auto leave = dyn_cast<cuda::PartialLeaveOp>(op)) {
        add(leave.getCounter());
        add(leave.getPieces());
      } else if (auto load = dyn_cast<cuda::TmaLoadOp>(op)) {
        addCoordinates(load.getCoords());
      } else if (auto store = dyn_cast<cuda::TmaStoreOp>(op)) {
        addCoordinates(store.getCoords());
      }
    });
    while (!open.empty()) {
      addSources(open.pop_back_val());
    }
  }
  bool contains(Value value) const { return needed.contains(value); }

private:
  bool coordinates;
  llvm::DenseSet<Value> needed;
  SmallVector<Value> open;

  void add(Value value) {
    if (needed.insert(value).second) {
      open.push_back(value);
    }
  }
  void addCoordinates(ValueRange values) {
    if (coordinates) {
      llvm::for_each(values, [&](Value value) { add(value); });
    }
  }
  void addSources(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
      if (loop && argument.getArgNumber() > 0) {
        unsigned i = argument.getArgNumber() - 1;
        add(loop.getInitArgs()[i]);
        add(loop.getYieldedValues()[i]);
      }
      return;
    }
    Operation *op = value.getDefiningOp();
    unsigned i = cast<OpResult>(value).getResultNumber();
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      add(loop.getRegionIterArgs()[i]);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (Region *side : {&branch.getThenRegion(), &branch.getElseRegion()}) {
        if (!side->empty()) {
          add(side->front().getTerminator()->getOperand(i));
        }
      }
    } else {
      ScalarOp scalar(op);
      for (unsigned operand = 0; operand < scalar.operands(); ++operand) {
        add(op->getOperand(scalar.first() + operand));
      }
    }
  }
};

/// Reads the blocks of one part.
class Reader {
public:
  Reader(const device::Rates &rates, const TensorMaps &maps,
         llvm::DenseMap<Value, Slot> &slots,
         llvm::DenseMap<Operation *, int64_t> &boxes, const Needs &needs,
         bool oneThread, bool boxed)
      : rates(rates), maps(maps), slots(slots), boxes(boxes), needs(needs),
        oneThread(oneThread), boxed(boxed) {}

  std::vector<std::pair<Slot, int64_t>> constants;

  void read(Block &block, Body &body) {
    for (Operation &op : block) {
      if (auto loop = dyn_cast<scf::ForOp>(op)) {
        readLoop(loop, body);
      } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
        readBranch(branch, body);
      } else if (auto stop = dyn_cast<cuda::StopUnlessOp>(op)) {
        body.steps.push_back({Step::IsStop, slot(stop.getCondition())});
      } else if (!isa<cuda::RolesOp>(op)) {
        readOp(op, body);
      }
    }
  }

private:
  const device::Rates &rates;
  const TensorMaps &maps;
  llvm::DenseMap<Value, Slot> &slots;
  llvm::DenseMap<Operation *, int64_t> &boxes;
  const Needs &needs;
  bool oneThread, boxed;

  Slot slot(Value value) {
    return slots.try_emplace(value, slots.size()).first->second;
  }

  template <typename List, typename Entry>
  static void push(Body &body, Step::Kind kind, List &list, Entry entry) {
    body.steps.push_back({kind, static_cast<unsigned>(list.size())});
    list.push_back(std::move(entry));
  }

  void move(ValueRange to, ValueRange from, SmallVectorImpl<Move> &moves) {
    for (auto [target, source] : llvm::zip_equal(to, from)) {
      if (needs.contains(target)) {
        moves.push_back({slot(target), slot(source)});
      }
    }
  }

  static bool isLeaf(scf::ForOp loop) {
    return !loop.getBody()
                ->walk([](Operation *op) {
                  return isa<scf::ForOp, scf::IfOp, cuda::StopUnlessOp>(op)
                             ? WalkResult::interrupt()
                             : WalkResult::advance();
                })
                .wasInterrupted();
  }

  void readLoop(scf::ForOp loop, Body &body) {
    Loop made;
    made.low = slot(loop.getLowerBound());
    made.high = slot(loop.getUpperBound());
    made.stride = slot(loop.getStep());
    made.counter = slot(loop.getInductionVar());
    move(loop.getRegionIterArgs(), loop.getInitArgs(), made.enter);
    move(loop.getRegionIterArgs(), loop.getYieldedValues(), made.next);
    move(loop.getResults(), loop.getRegionIterArgs(), made.leave);
    made.leaf = isLeaf(loop);
    made.body = std::make_unique<Body>();
    read(*loop.getBody(), *made.body);
    if (!boxed || made.body->copiesBoxes() || !made.leave.empty()) {
      push(body, Step::IsLoop, body.loops, std::move(made));
    }
  }

  void readBranch(scf::IfOp branch, Body &body) {
    Branch made;
    made.condition = slot(branch.getCondition());
    bool counts = !boxed;
    Region *sides[] = {&branch.getThenRegion(), &branch.getElseRegion()};
    for (auto [i, side] : llvm::enumerate(sides)) {
      if (side->empty()) {
        continue;
      }
      made.sides[i] = std::make_unique<Body>();
      read(side->front(), *made.sides[i]);
      move(branch.getResults(), side->front().getTerminator()->getOperands(),
           made.leave[i]);
      counts |= made.sides[i]->copiesBoxes() || !made.leave[i].empty();
    }
    if (counts) {
      push(body, Step::IsBranch, body.branches, std::move(made));
    }
  }

  void readOp(Operation &op, Body &body) {
    if (!boxed) {
      cost(op, body);
    } else if (auto load = dyn_cast<cuda::TmaLoadOp>(op)) {
      copy(load.getMap(), load.getCoords(), body);
    } else if (auto store = dyn_cast<cuda::TmaStoreOp>(op)) {
      copy(store.getMap(), store.getCoords(), body);
    }
    if (op.getNumResults() != 1 || !needs.contains(op.getResult(0))) {
      return;
    }
    if (auto leave = dyn_cast<cuda::PartialLeaveOp>(op)) {
      push(body, Step::IsLeave, body.leaves,
           Leave{slot(leave.getLast()), slot(leave.getCounter()),
                 slot(leave.getPieces())});
      return;
    }
    Scalar made{ScalarOp(&op), slot(op.getResult(0)), {}};
    if (made.op.isConstant()) {
      constants.push_back({made.result, *made.op(ThreadPlace(), nullptr)});
      return;
    }
    for (unsigned i = 0; i < made.op.operands(); ++i) {
      made.operands[i] = slot(op.getOperand(made.op.first() + i));
    }
    push(body, Step::IsScalar, body.scalars, made);
  }

  void copy(Value argument, OperandRange coordinates, Body &body) {
    cuda::HostTensorMapOp map = maps.of(argument);
    if (!map) {
      return;
    }
    Copy made{boxes.try_emplace(map, boxes.size()).first->second, {}};
    for (Value coordinate : coordinates) {
      made.coordinates.push_back(slot(coordinate));
    }
    push(body, Step::IsCopy, body.copies, std::move(made));
  }

  //===--------------------------------------------------------------------===//
  // Costs
  //===--------------------------------------------------------------------===//

  void add(Body &body, const Cost &cost) {
    push(body, Step::IsCost, body.costs, cost);
  }

  void product(int64_t n, int64_t k, int64_t reads, Body &body) {
    Cost cost{Cost::Product};
    cost.flops = 2.0 * 64 * static_cast<double>(n * k);
    cost.cycles = cost.flops / static_cast<double>(rates.tensorFlops);
    cost.reads = static_cast<double>(reads);
    add(body, cost);
  }

  /// \p special and \p ordinary instructions of every thread of the group.
  void arithmetic(double special, double ordinary, Body &body) {
    double threads = oneThread ? 32 : kThreadsPerGroup;
    Cost cost{Cost::Arithmetic};
    cost.sfu = special * threads / static_cast<double>(rates.specialFunctions);
    cost.issue =
        (special + ordinary) * threads / static_cast<double>(rates.issueLanes);
    if (cost.issue > 0) {
      add(body, cost);
    }
  }

  /// Instructions of \p op on the special-function unit, and others, as the
  /// device headers have them.
  static std::pair<double, double> costOf(cuda::RoundedOp op) {
    if (op.getFunction() == "gelu") {
      return {1, 9};
    }
    return {2, op.getFunction() == "silu" ? 3 : 2};
  }

  void mapped(cuda::MapOp map, Body &body) {
    double special = 0, ordinary = 0;
    for (Operation &op : *map.getBlock()) {
      if (isa<math::Exp2Op, math::ExpOp, math::LogOp, math::Log2Op,
              math::SqrtOp, math::RsqrtOp, math::TanhOp, arith::DivFOp>(op)) {
        ++special;
      } else if (auto rounded = dyn_cast<cuda::RoundedOp>(op)) {
        auto [specials, ordinaries] = costOf(rounded);
        special += specials;
        ordinary += ordinaries;
      } else if (!isa<cuda::YieldOp, arith::ConstantOp>(op)) {
        ++ordinary;
      }
    }
    double registers =
        cast<cuda::FragType>(map.getResult().getType()).getCount();
    arithmetic(special * registers, ordinary * registers, body);
  }

  void copied(Value argument, Body &body) {
    cuda::HostTensorMapOp map = maps.of(argument);
    if (!map) {
      return;
    }
    Cost cost{Cost::Bytes};
    cost.bytes = static_cast<double>(TensorMaps::boxBytes(map));
    add(body, cost);
  }

  void moved(cuda::FragType type, Value pointer, Body &body) {
    Type element = cast<cuda::GlobalType>(pointer.getType()).getElementType();
    double count =
        static_cast<double>(type.getCount()) * (type.isPacked() ? 2 : 1);
    Cost cost{Cost::Bytes};
    cost.bytes = count * element.getIntOrFloatBitWidth() / 8 * kThreadsPerGroup;
    add(body, cost);
    arithmetic(0, count, body);
  }

  void cost(Operation &op, Body &body) {
    auto count = [](Value frag) {
      return static_cast<double>(
          cast<cuda::FragType>(frag.getType()).getCount());
    };
    llvm::TypeSwitch<Operation *>(&op)
        .Case<cuda::WgmmaSSOp, cuda::WgmmaRSOp>([&](auto dot) {
          product(dot.getN(), dot.getK(), wavefrontsOf(dot), body);
        })
        .Case([&](cuda::WgmmaCommitOp) { add(body, {Cost::Commit}); })
        .Case([&](cuda::WgmmaWaitOp wait) {
          Cost cost{Cost::Wait};
          cost.left = static_cast<size_t>(wait.getLeft());
          add(body, cost);
        })
        .Case([&](cuda::MapOp map) { mapped(map, body); })
        .Case([&](cuda::RowReduceOp reduce) {
          arithmetic(0, count(reduce.getFrag()), body);
        })
        .Case([&](cuda::LaneReduceOp reduce) {
          arithmetic(0,
                     count(reduce.getFrag()) * 2 * reduce.getXorMasks().size(),
                     body);
        })
        .Case([&](cuda::PackOp pack) {
          arithmetic(0, count(pack.getResult()), body);
        })
        .Case([&](cuda::UnpackOp unpack) {
          arithmetic(0, count(unpack.getResult()), body);
        })
        .Case([&](cuda::StMatrixOp store) {
          // 4 wavefronts an instruction of a warp, 32 lanes wide.
          arithmetic(0, static_cast<double>(store.getWidth()) / 32 * 4, body);
          Cost cost{Cost::Stores};
          cost.stores = static_cast<double>(wavefrontsOf(store));
          add(body, cost);
        })
        .Case([&](cuda::LdMatrixOp load) {
          arithmetic(0, count(load.getResult()), body);
          Cost cost{Cost::Stores};
          cost.stores = static_cast<double>(wavefrontsOf(load));
          add(body, cost);
        })
        .Case([&](cuda::PartialLeaveOp leave) {
          for (Value frag : leave.getFrags()) {
            moved(cast<cuda::FragType>(frag.getType()), leave.getWorkspace(),
                  body);
          }
        })
        .Case<cuda::PartialTakeOp, cuda::PartialAddOp>([&](auto part) {
          moved(part.getResult().getType(), part.getWorkspace(), body);
        })
        .Case([&](cuda::TmaLoadOp load) { copied(load.getMap(), body); })
        .Case([&](cuda::TmaStoreOp store) { copied(store.getMap(), body); })
        .Case([&](cuda::LoadFragOp load) {
          moved(load.getResult().getType(), load.getSrc(), body);
        })
        .Case([&](cuda::StoreFragOp store) {
          moved(store.getFrag().getType(), store.getDst(), body);
        });
  }
};

} // namespace

BlockProgram readProgram(cuda::KernelOp kernel, const TensorMaps &maps,
                         const device::Rates &rates) {
  struct Place {
    Block *block;
    bool oneThread;
  };
  BlockProgram program;
  SmallVector<Place> places;
  auto add = [&](Block &block, int64_t groups, bool oneThread) {
    places.push_back({&block, oneThread});
    program.parts.emplace_back().groups = std::max<int64_t>(groups, 1);
  };
  add(kernel.getBody().front(), kernel.getThreads() / kThreadsPerGroup, false);
  kernel.walk([&](cuda::RoleOp role) {
    bool one = role.getOneThread();
    add(role.getBody().front(), one ? 1 : role.getWarps() / kWarpsPerGroup,
        one);
  });
  llvm::DenseMap<Operation *, int64_t> boxes;
  for (bool boxed : {false, true}) {
    Needs needs(boxed);
    needs.addFrom(kernel);
    for (auto [place, part] : llvm::zip_equal(places, program.parts)) {
      Reader reader(rates, maps, program.slots, boxes, needs, place.oneThread,
                    boxed);
      reader.read(*place.block, boxed ? part.boxed : part.walked);
      llvm::append_range(program.constants, reader.constants);
    }
  }
  program.boxBytes.resize(boxes.size());
  for (auto [map, number] : boxes) {
    program.boxBytes[number] =
        TensorMaps::boxBytes(cast<cuda::HostTensorMapOp>(map));
  }
  return program;
}

} // namespace spak::analysis
