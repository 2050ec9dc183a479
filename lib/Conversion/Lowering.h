// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The state of one kernel's conversion. A spak value becomes:
//   index -> i32             other scalar -> itself
//   range -> i32, its number among the tiles of its axis
//   register tile -> one fragment        rows -> two fragments: max, sum
//   slot, tile in a ring -> i32, the ring's counter (the buffer is static)
//   view, ring -> nothing, they are looked up
// Values that begin a chain of registers (splats, fresh rows) are made at
// each use, so that no two chains share one beginning.
#ifndef SPAK_LIB_CONVERSION_LOWERING_H
#define SPAK_LIB_CONVERSION_LOWERING_H

#include "RegisterMap.h"
#include "SharedMap.h"
#include "spak/Dialect/Spak/IR/Spak.h"
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include <map>
#include <optional>

namespace spak::conversion {

using mlir::Location;
using mlir::LogicalResult;
using mlir::Operation;
using mlir::Value;
using mlir::ValueRange;
using Values = llvm::SmallVector<Value, 2>;

/// One argument of the device kernel, made at its first use.
struct DeviceArgument {
  /// The order of the kinds is the order of the arguments.
  enum Kind { TensorMap, Pointer, Stride, Scalar, Dim, Workspace };
  Kind kind;
  /// The spak kernel's argument behind it; none behind a workspace.
  mlir::BlockArgument source;
  /// Stride: which axis of the view.
  int64_t axis = 0;
  /// Tensor map: the box in elements, innermost first, and the swizzle width
  /// in bytes.
  llvm::SmallVector<int64_t> box = {};
  int64_t swizzle = 0;
  /// Tensor map: the axes of the view, innermost first.
  llvm::SmallVector<int64_t> order = {};
};

/// How a ring of the program looks on the device.
struct RingOnDevice {
  Value ring;
  /// One buffer per tile of the bundle.
  llvm::SmallVector<Value> buffers;
  int64_t slots = 1;
  /// Blocks whose readers free a slot together.
  int64_t cluster = 1;
};

/// Where a tile in shared memory is, apart from its counter.
struct SharedPlace {
  /// The ring in the program.
  Value ring;
  unsigned tile = 0;
};

/// Independent partial results per row: a chain of dependent operations is
/// halved at the price of one more register a row.
constexpr int64_t kReduceChains = 2;

/// A part of the kernel's workspace: 4-byte words of global memory.
struct WorkspaceRegion {
  /// `!spak_cuda.global<i32>`, the kernel's argument.
  Value pointer;
  /// i32: the region's first word; of block b, add b * `wordsPerBlock`.
  Value offset;
  int64_t wordsPerBlock = 0;
};

/// What a launch needs of device memory, in bytes: a head that all blocks
/// share, and so much for every multiprocessor.
struct WorkspaceSize {
  int64_t headBytes = 0, bytesPerBlock = 0;
};

/// Elements a thread holds of a tile whose pairs and halves do not fit its
/// registers together, nor their addresses (ptxas 13.0: 30 to 40 bytes spilled
/// at 128).
constexpr int64_t kManyRegisters = 128;

/// Blocks that may share cut tiles: more than any device has multiprocessors.
constexpr int64_t kMostBlocks = 1024;

/// The grid whose tail is cut (`tail = "split"`), the same for all visits of a
/// block; all i32.
struct Tail {
  Value block, blocks, tiles;
  /// Steps of a tile.
  Value steps;
  /// Rounds without cut tiles.
  Value rounds;
  Value visits;
};

/// What a block has of the cut tiles.
struct Cut {
  /// How many tiles come before them.
  Value wholeTiles;
  /// Steps of a block, and this block's among all: [begin, end).
  Value chunk, begin, end;
  /// The first cut tile that it visits.
  Value first;
};

/// One visit of a block: a place of the raster, some of its steps, and which
/// of the cut tiles it is (-1: it has all steps).
struct Visit {
  Value place, from, to, part;
};

/// The parts of one cut tile, for one group of the block.
struct Parts {
  Value count;
  /// The block that has the tile's first steps, its share, and how many steps
  /// of cut tiles come before the tile's.
  Value firstBlock, chunk, firstStep;
  /// Where this visit leaves its part, and where the groups are counted.
  Value word, counter;
  /// Words between the two visits of a block, and before the group's.
  int64_t wordsPerVisit = 0;
  Value groupWord;
  WorkspaceRegion region;
};

/// What a direct access needs besides its tile; one entry per range.
struct DirectAccess {
  Value base;
  llvm::SmallVector<Value> coordinates, strides, limits;
  llvm::SmallVector<mlir::Attribute> patterns;
};

/// The source name of a kernel's argument, or "arg<i>".
std::string nameOfArgument(ir::KernelOp kernel, unsigned index);

/// Whether \p role only moves tiles: it computes with none.
bool copiesOnly(ir::RoleOp role);

class KernelLowering {
public:
  KernelLowering(ir::KernelOp kernel, mlir::OpBuilder &builder)
      : kernel(kernel), builder(builder) {}

  /// Makes the device kernel and its launch function in front of the program.
  LogicalResult run();

private:
  // LowerStructure.cpp
  LogicalResult lowerBlock(mlir::Block &block);
  LogicalResult lowerOp(Operation &op);
  LogicalResult lowerRoles(ir::RolesOp roles);
  /// Says on the kernel what a thread has before roles hand registers over.
  void setRegistersAtLaunch();
  LogicalResult lowerRole(ir::RoleOp role, int64_t firstWarp, bool grow);
  LogicalResult lowerFor(ir::ForOp loop);
  LogicalResult lowerIf(mlir::scf::IfOp branch);
  /// The values that a region of \p op must carry for its rings.
  llvm::SmallVector<Value> ringsCountedIn(Operation *op);
  LogicalResult flatten(ValueRange values, llvm::SmallVectorImpl<Value> &flat);
  LogicalResult flatTypes(mlir::TypeRange types,
                          llvm::SmallVectorImpl<mlir::Type> &flat);
  void bind(ValueRange values, ValueRange flat);
  /// A tile or slot that crosses a region keeps its place.
  void copyPlaces(ValueRange from, ValueRange to);

  // LowerGrid.cpp
  LogicalResult lowerGrid(ir::GridOp grid);
  LogicalResult lowerGridBody(ir::GridOp grid, Value tile);
  LogicalResult lowerFirstTile(ir::FirstTileOp first);
  LogicalResult decodeTile(Operation *op, ir::OrderAttr order,
                           llvm::ArrayRef<std::string> names, ValueRange sizes,
                           Value tile, llvm::SmallVectorImpl<Value> &at);
  Value pairedTile(Location loc, Value place, Value extent);
  mlir::scf::ForOp placesOfBlock(ir::GridOp grid, ValueRange inits,
                                 Value &place, Value &tiles);
  /// Where the roles of a block hand claimed places on, if any grid claims.
  LogicalResult makePlaceQueue(ir::RolesOp roles);
  /// Claims place \p count of those after the first, or takes it from the role
  /// that has; \p tiles and more say that there is none.
  Value nextPlace(Value count, Value tiles);
  LogicalResult lowerTurn(ir::TurnOp turn);

  // LowerTail.cpp
  /// The share that is taken of the tile of \p variable; null if none is.
  static ir::ShareOp shareOf(Value variable);
  const Tail &tailOf(Operation *op, ir::OrderAttr order,
                     llvm::ArrayRef<std::string> names, ValueRange sizes,
                     ir::ShareOp share);
  Cut cutOf(const Tail &whole, Value blocks);
  Visit visitOf(const Tail &whole, Value number);
  LogicalResult lowerShare(ir::ShareOp share);
  LogicalResult lowerJoin(ir::JoinOp join);
  LogicalResult lowerSoftmaxJoin(ir::SoftmaxJoinOp join);
  mlir::FailureOr<Parts> partsOf(Operation *join, Value part,
                                 ValueRange fragments);
  Value wordOfPiece(const Parts &parts, Value piece);
  /// Whether the visit is the tile's last, and \p fragments: where they are but
  /// a part, what \p add makes of all parts in the last visit.
  mlir::FailureOr<Values>
  joinParts(Operation *join, Value part, ValueRange fragments,
            llvm::function_ref<Values(const Parts &)> add);
  Values forPieces(Location loc, const Parts &parts, ValueRange carried,
                   llvm::function_ref<Values(Value, Value, ValueRange)> body);

  // LowerIndex.cpp
  Value scalar(Value value);
  LogicalResult lowerScalarOp(Operation &op);
  Value expandAffine(mlir::AffineExpr expr, ValueRange dims,
                     ValueRange symbols);
  Value constant(int64_t value);
  Value constant64(int64_t value);
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, int64_t b);
  Value floorDiv(Value a, int64_t b);
  /// First element of a range.
  Value startOf(Value range);
  Value extentOf(Value view, int64_t axis);
  Value argument(DeviceArgument wanted);
  /// The thread's coordinate along \p axis, less its register part; made once
  /// at the top of the role.
  Value threadCoordinate(const RegisterMap &map, llvm::StringRef axis);
  /// The part of it that the thread's group gives; null if groups give none.
  Value groupCoordinate(const RegisterMap &map, llvm::StringRef axis);
  /// Runs \p make at the top of the role, once per \p key.
  Value atRoleTop(llvm::StringRef key, llvm::function_ref<Value()> make);
  Value laneIsZero();
  Value laneIsBelow(int64_t lanes);
  /// The block of the cluster that a lane speaks to; every lane has one, for
  /// the address of none may not even be computed.
  Value blockOfLane(int64_t blocks);
  Value threadIsZero();
  Value groupInRole();
  Value laneId();
  Value warpId();
  /// The block's place among those of its cluster, times \p step.
  Value shareOfBlock(int64_t step);
  /// The number of the block's cluster, and how many there are; the block
  /// itself where there are no clusters.
  Value placeOfBlock();
  Value placesOfGrid();
  /// How many clusters, or tiles without them, lie along a variable.
  Value clustersAlong(ir::OrderAttr order, llvm::StringRef name, Value extent);
  /// How many places a grid has along variable \p name of \p extent values.
  Value placesAlong(ir::OrderAttr order, llvm::StringRef name, Value extent);

  // LowerRings.cpp
  LogicalResult lowerRing(ir::RingOp ring);
  LogicalResult lowerAcquire(ir::RingAcquireOp op);
  LogicalResult lowerFill(ir::RingFillOp op);
  LogicalResult lowerWait(ir::RingWaitOp op);
  /// The waits of \p loop that an op in its middle does for the iteration
  /// after.
  llvm::SmallVector<ir::RingWaitOp> waitsAheadIn(ir::ForOp loop);
  void awaitNext(Location loc);
  LogicalResult lowerRelease(ir::RingReleaseOp op);
  Value slotIndex(const RingOnDevice &ring, Value count);
  LogicalResult boxOf(Operation *op, Value view, ValueRange at,
                      const SharedMap &map, llvm::SmallVectorImpl<int64_t> &box,
                      llvm::SmallVectorImpl<Value> &coordinates);
  Value tensorMap(Value view, llvm::ArrayRef<int64_t> box, int64_t swizzle);
  /// The axes of a tensor map, innermost first: of a packed view the axis of
  /// the group stands before that of the groups.
  llvm::SmallVector<int64_t> boxOrder(Value view);

  // LowerElementwise.cpp
  void planGroups(Operation *root);
  LogicalResult lowerGroup(Operation *op);
  LogicalResult lowerPack(ir::ConvertOp op);
  LogicalResult lowerConvertLayout(ir::ConvertLayoutOp op);
  LogicalResult lowerToShared(ir::ConvertLayoutOp op);
  LogicalResult lowerFromShared(ir::ConvertLayoutOp op);
  LogicalResult lowerReduce(ir::ReduceOp op);

  // LowerRamp.cpp
  LogicalResult lowerRamp(ir::RampOp op);
  /// What is still to be added to the scores \p s of each of a thread's rows;
  /// null if they are whole.
  Value shiftOfRows(Value s);
  mlir::FailureOr<Value> fragment(Value tile);
  cuda::PatternAttr patternAttr(const DigitPattern &pattern);
  /// A map whose input dies with it takes the input's registers.
  void markInPlace();
  cuda::FragType fragmentType(ir::TileType tile, bool packed);

  friend class GroupBuilder;

  // LowerSoftmax.cpp
  LogicalResult lowerAdvance(ir::SoftmaxAdvanceOp op);
  LogicalResult lowerProbs(ir::SoftmaxProbsOp op);
  LogicalResult lowerRescale(ir::SoftmaxRescaleOp op);
  LogicalResult lowerFinish(ir::SoftmaxFinishOp op);
  LogicalResult lowerProbsAround(ir::SoftmaxProbsOp op,
                                 ir::SoftmaxRescaleOp rescale, Value s,
                                 const Values &state, Value offset,
                                 cuda::PatternAttr pattern, Value scale);
  LogicalResult finishProbs(ir::SoftmaxProbsOp op, Value power,
                            const Values &state, cuda::PatternAttr pattern);
  LogicalResult scaleAccumulator(ir::SoftmaxRescaleOp op);
  mlir::FailureOr<Values> rows(Value state);
  Value scaleForExp2(Value scale);
  bool isZeroTile(Value tile);

  // LowerExponentials.cpp
  LogicalResult lowerProbsByRow(ir::SoftmaxProbsOp op,
                                ir::SoftmaxRescaleOp rescale, Value s,
                                const Values &state, Value offset,
                                cuda::PatternAttr pattern, Value scale);
  /// 2^(s * scale + offset) of all registers, or of those that \p only names.
  Value exponentials(ir::SoftmaxProbsOp op, Value s, Value offset,
                     cuda::PatternAttr pattern, Value scale,
                     mlir::DenseI64ArrayAttr only);
  /// The exponentials among which \p op is to be done; null if there are none.
  ir::SoftmaxProbsOp exponentialsAround(ir::SoftmaxRescaleOp op);

  // LowerDot.cpp
  LogicalResult lowerDot(ir::DotOp op);
  LogicalResult lowerNeeded(ir::NeededOp op);
  Value groupOffset(const RegisterMap &result, const SharedMap &map);

  // LowerStagedStore.cpp, LowerDirectMemory.cpp
  LogicalResult lowerStore(ir::StoreOp op);
  LogicalResult lowerStagedStore(ir::StoreOp op);
  Value roundOneByOne(ir::StoreOp op, Value packed);
  llvm::FailureOr<Value> storesWholeChunks(ir::StoreOp op, int64_t columns,
                                           int64_t elementBytes);
  /// \p registers stand for the tile that is stored, if given.
  LogicalResult lowerDirectStore(ir::StoreOp op, Value registers = {});
  LogicalResult lowerLoad(ir::LoadOp op);
  LogicalResult lowerLoadScalar(ir::LoadScalarOp op);
  /// The named barrier of the group \p step places on; made at first use.
  Value barrierOfGroup(llvm::StringRef name, int64_t step);
  LogicalResult describePacked(Operation *op, ir::PackAxesOp pack,
                               const RegisterMap &map, ir::RangeType range,
                               Value first, Value limit, DirectAccess &access);
  mlir::FailureOr<DirectAccess> describe(Operation *op, Value view,
                                         ValueRange at, const RegisterMap &map);
  Value strideOf(Value view, int64_t axis);
  Value writesCopies(const RegisterMap &map);

  // LowerWorkspace.cpp
  /// A region of \p bytes that all blocks share. Asking twice for a name gives
  /// the same region. The caller of a launch hands in memory that is zero
  /// before the first launch and never cleared again, so that a kernel leaves
  /// every word zero that it counts with (an atomic that wraps does) and reads
  /// no other word that it did not write itself. Launches that use one
  /// workspace run one after the other. Words are found at
  /// `pointer[offset + i]`; a region begins on a multiple of 128 bytes. The
  /// argument, its checks, `k_workspace` and the manifest follow by themselves.
  mlir::FailureOr<WorkspaceRegion> sharedWorkspace(llvm::StringRef name,
                                                   int64_t bytes);
  /// The same with \p bytes for every block: only for a grid with no more
  /// blocks than the device has multiprocessors, that is a persistent one. Here
  /// nothing is zero: other launches have other blocks' parts in its place.
  mlir::FailureOr<WorkspaceRegion> workspaceOfBlocks(llvm::StringRef name,
                                                     int64_t bytes);
  WorkspaceSize workspaceSize() const;

  // LowerHost.cpp
  LogicalResult makeHost();

  ir::KernelOp kernel;
  mlir::OpBuilder &builder;
  cuda::KernelOp device;
  llvm::SmallVector<DeviceArgument> arguments;

  llvm::DenseMap<Value, Values> values;
  llvm::MapVector<Value, RingOnDevice> rings;
  llvm::DenseMap<Value, SharedPlace> places;
  /// The running counter of each ring at this point.
  llvm::DenseMap<Value, Value> counters;

  /// Claimed places on their way from one role to the others.
  Value placeSlots, placeRing;
  WorkspaceRegion placeCounter;

  /// The last op of those made on demand at the top of the kernel.
  Operation *kernelTop = nullptr;

  // The role being converted.
  mlir::Block *roleBlock = nullptr;
  Operation *roleTop = nullptr;
  int64_t roleWarps = 4;
  std::map<std::string, Value> roleValues;
  /// Whether this role claims places for all.
  bool roleClaims = false;
  bool storesThroughSharedMemory = false;

  /// Element-wise ops: the op whose map they are part of.
  llvm::DenseMap<Operation *, Operation *> groupOf;
  /// Named barriers of a baton or of the groups' stores.
  std::map<std::string, Value> barriers;
  /// Buffers of stores, by the store's view and layout.
  llvm::DenseMap<std::pair<Value, mlir::Type>, Value> storeBuffers;
  /// Buffers of computed operands, by their number.
  llvm::DenseMap<int64_t, Value> copyBuffers;
  /// Ramps of which only what differs within a row was added; by their
  /// results, what is still to be added to each row of the thread.
  llvm::DenseMap<Value, Value> rowShifts;
  /// Rescales that are done among exponentials.
  llvm::DenseMap<Operation *, ir::SoftmaxRescaleOp> rescaleAmong;
  /// Of the loop being converted: its waits that the iteration before did, and
  /// whether another iteration follows.
  llvm::SmallVector<ir::RingWaitOp> waitsAhead;
  Value anotherFollows;
  /// Blocks of a cluster.
  int64_t clusterBlocks = 1;
  /// Of the role being converted.
  std::optional<Tail> tail;
  /// By the first variable of the tile.
  llvm::DenseMap<Value, Visit> visits;
  /// Regions of the workspace: where each begins, in bytes.
  WorkspaceSize workspace;
  std::map<std::string, int64_t> sharedRegions, blockRegions;
  /// The schedule of the grid, which the launch needs too.
  std::optional<bool> persistent;
};

} // namespace spak::conversion

#endif // SPAK_LIB_CONVERSION_LOWERING_H
