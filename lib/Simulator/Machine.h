// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A machine runs one program of a block op by op: the block itself, or one of
// its roles. It keeps its place explicitly, so it can stop where it has to
// wait for a ring and go on later.
#ifndef SPAK_LIB_SIMULATOR_MACHINE_H
#define SPAK_LIB_SIMULATOR_MACHINE_H

#include "Value.h"

#include "spak/Simulator/Simulator.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseMap.h"

namespace spak::sim {

/// What a visit has made of a tile that is cut: a sum, or a softmax with its
/// output.
struct TilePart {
  std::optional<RowsValue> rows;
  TileValue tile;
};

/// What all machines of a run share.
struct Simulation {
  const Options &options;
  Result result;
  BufferPool pool;
  std::vector<std::unique_ptr<RingState>> rings; ///< of the block that runs
  int64_t block = 0;                             ///< which block that is
  bool repeatsTiles = false; ///< a tile may be computed and stored twice
  /// Parts of cut tiles whose others are still to come, by the tile's number.
  std::map<int64_t, std::vector<TilePart>> parts;
  /// Scratch for operands that are not laid out as an op wants them.
  std::vector<float> floatScratch[2];
  std::vector<double> doubleScratch[2];

  explicit Simulation(const Options &options) : options(options) {}

  Buffer::Kind realKind() const {
    return options.exact ? Buffer::Kind::Double : Buffer::Kind::Float;
  }
};

class Machine {
public:
  enum class Status { Ready, Blocked, Done, Failed };

  /// A machine for \p region. \p outer holds the values from around it.
  Machine(Simulation &sim, mlir::Region &region, std::string name,
          Machine *outer = nullptr);

  /// Runs until the end, an error, or a ring that is not ready.
  Status run();
  /// Runs what stands before the first op with regions.
  Status runToRegions();

  /// What it waits for, or that it has ended.
  std::string describe() const;
  /// The op at which it stands; null after its end.
  mlir::Operation *place() const;

  void set(mlir::Value value, RuntimeValue to) {
    values[value] = std::move(to);
  }
  const RuntimeValue &get(mlir::Value value) const;

private:
  /// One region that is being run.
  struct Frame {
    mlir::Operation *owner = nullptr;
    mlir::Block *block = nullptr;
    mlir::Block::iterator next;
    // Of a loop: the tile, and the tiles [lower, upper).
    int64_t index = 0, lower = 0, upper = 0;
    // Of a loop with one: the full range.
    bool hasFull = false;
    int64_t fullLower = 0, fullUpper = 0;
    // Of a grid: all tiles, all blocks, how many tiles this block has begun,
    // and whether every second of them is counted from the other end, or
    // belongs to the one before.
    int64_t tiles = 0, blocks = 1, round = 0;
    bool snake = false, paired = false;
    // Whose share of its tile each visit has; null if tiles are not cut.
    ir::ShareOp share;
  };

  /// The steps that a visit has of its tile, and which of the cut tiles that
  /// is; -1 if it has all.
  struct Visit {
    int64_t place = 0, from = 0, to = 0, part = -1;
  };
  /// How the tail of a grid is cut.
  struct Tail {
    int64_t steps = 1, blocks = 1, rounds = 0, work = 0, chunk = 0;
  };

  /// What became of one op.
  enum class Step { Next, Entered, Wait, Error };

  // Control flow: Machine.cpp.
  Step step(mlir::Operation *op);
  Step enterFor(ir::ForOp loop);
  Step enterGrid(ir::GridOp grid);
  Step firstTile(ir::FirstTileOp first);
  Step share(ir::ShareOp op);
  Step join(ir::JoinOp op);
  Step softmaxJoin(ir::SoftmaxJoinOp op);
  /// How \p tiles tiles are cut of which \p share takes its part.
  Tail tailOf(ir::ShareOp share, int64_t tiles, int64_t blocks);
  /// The visit in \p round of the block; none if there are less.
  std::optional<Visit> visitOf(const Tail &tail, int64_t round) const;
  /// Keeps \p part of tile \p number. True if it is the last of the tile.
  bool keepPart(int64_t number, TilePart part);
  Step enterIf(mlir::scf::IfOp branch);
  Step runRoles(ir::RolesOp roles);
  Step leave(mlir::Operation *terminator);
  void enter(mlir::Operation *owner, mlir::Region &region);
  void startIteration(Frame &frame);
  void startGridTile(Frame &frame);
  /// The place in raster order that the block takes in the frame's round.
  int64_t placeOf(const Frame &frame) const;
  bool hasTile(const Frame &frame) const;
  /// The number of tiles, and of blocks that share them.
  std::pair<int64_t, int64_t> countTiles(ir::OrderAttr order,
                                         llvm::ArrayRef<std::string> names,
                                         mlir::OperandRange extents,
                                         ir::ShareOp share);
  /// The variables of the tile at \p place of the raster.
  llvm::SmallVector<RuntimeValue, 4>
  tileAt(ir::OrderAttr order, llvm::ArrayRef<std::string> names,
         mlir::OperandRange extents, mlir::TypeRange types, int64_t place);
  Step error(mlir::Operation *op, const llvm::Twine &message);

  // Uniform values and element-wise ops: Elementwise.cpp.
  Step elementwise(mlir::Operation *op);
  Step constant(mlir::arith::ConstantOp op);
  Step affine(mlir::Operation *op);

  // Tiles: TileOps.cpp, MemoryOps.cpp, SoftmaxOps.cpp, RingOps.cpp.
  Step tileOp(mlir::Operation *op);
  Step dot(ir::DotOp op);
  mlir::LogicalResult trim(ir::DotOp op, TileValue &c, const TileValue &a,
                           int64_t before);
  Step needed(ir::NeededOp op);
  Step reduce(ir::ReduceOp op);
  Step broadcast(ir::BroadcastOp op);
  Step splat(ir::SplatOp op);
  Step index(ir::IndexOp op);
  Step mask(ir::MaskOp op);
  Step ramp(ir::RampOp op);
  Step select(ir::SelectOp op);
  Step convert(ir::ConvertOp op);
  Step load(ir::LoadOp op);
  Step loadScalar(ir::LoadScalarOp op);
  Step store(ir::StoreOp op);
  Step softmaxOp(mlir::Operation *op);
  Step softmaxInit(ir::SoftmaxInitOp op);
  Step softmaxUpdate(ir::SoftmaxUpdateOp op);
  Step softmaxOutput(ir::SoftmaxOutputOp op);
  Step softmaxLse(ir::SoftmaxLseOp op);
  Step softmaxRows(ir::SoftmaxRowsOp op);
  Step softmaxAdvance(ir::SoftmaxAdvanceOp op);
  Step softmaxProbs(ir::SoftmaxProbsOp op);
  Step softmaxRescale(ir::SoftmaxRescaleOp op);
  Step softmaxFinish(ir::SoftmaxFinishOp op);
  Step ringOp(mlir::Operation *op);
  Step ringMake(ir::RingOp op);
  Step ringAcquire(ir::RingAcquireOp op);
  Step ringFill(ir::RingFillOp op);
  Step ringPut(ir::RingPutOp op);
  Step ringCommit(ir::RingCommitOp op);
  Step ringWait(ir::RingWaitOp op);
  Step ringRelease(ir::RingReleaseOp op);

  // Values.
  int64_t integer(mlir::Value value) const;
  double real(mlir::Value value) const;
  RangeValue range(mlir::Value value) const;
  /// The tile of \p value, which \p op reads. Fails if its slot was released.
  llvm::FailureOr<TileValue> tile(mlir::Operation *op, mlir::Value value);
  /// A tile of \p type with all elements present and none set.
  TileValue makeTile(ir::TileType type);
  /// Rounds a tile to its element type, unless nothing is rounded.
  void round(TileValue &tile) const;
  /// Reads the slice of \p view that \p at names.
  llvm::FailureOr<TileValue> read(mlir::Operation *op, mlir::Value view,
                                  mlir::ValueRange at, ir::TileType type);
  /// Adds the product of \p a and \p b over \p over to \p c: of the elements
  /// from \p part's first on, as many as its second.
  llvm::LogicalResult contract(mlir::Operation *op, TileValue &c,
                               const TileValue &a, const TileValue &b,
                               llvm::StringRef over,
                               std::pair<int64_t, int64_t> part);
  /// Which tile of the grid runs, from 1; negative, and one number per block,
  /// outside of grids.
  int32_t gridTile() const;

  Simulation &sim;
  Machine *outer;
  std::string name;
  llvm::DenseMap<mlir::Value, RuntimeValue> values;
  std::vector<Frame> frames;
  std::string waitsFor;
  /// Of the tile that was begun last.
  Visit visit;
  Tail tail;
  bool progressed = false; ///< since the scheduler last looked
  std::vector<std::unique_ptr<Machine>> roles; ///< while a roles op runs
};

/// The value of \p expr; \p operands are its dims, then its symbols.
int64_t evaluate(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> operands,
                 unsigned numDims);

/// Copies \p tile into \p scratch with its axes in the order of \p axes, if it
/// is not so already. Returns the dense elements.
template <typename T>
const T *inOrder(const TileValue &tile, llvm::ArrayRef<mlir::StringAttr> axes,
                 std::vector<T> &scratch);

} // namespace spak::sim

#endif // SPAK_LIB_SIMULATOR_MACHINE_H
