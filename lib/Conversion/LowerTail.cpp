// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which steps of which tile a block has where tiles are cut, and how the
// parts of a tile come together: every visit leaves its registers in the
// workspace, and the group that comes last adds them up in the order of the
// steps, its own among them, so that the sum never depends on who that is.
#include "Lowering.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace spak::conversion {

namespace {

constexpr int64_t kThreadsPerGroup = 128;
constexpr int64_t kWordBytes = 4;
/// A block has at most two cut tiles, both perhaps left before any is joined.
constexpr int64_t kVisits = 2;

Value named(Value value, const Twine &name) {
  Operation *def = value.getDefiningOp();
  if (def && !isa<arith::ConstantOp>(def)) {
    def->setLoc(NameLoc::get(StringAttr::get(value.getContext(), name.str()),
                             value.getLoc()));
  }
  return value;
}

int64_t wordsOf(Value fragment) {
  return cast<cuda::FragType>(fragment.getType()).getCount() * kThreadsPerGroup;
}

} // namespace

ir::ShareOp KernelLowering::shareOf(Value variable) {
  for (Operation *user : variable.getUsers()) {
    if (auto share = dyn_cast<ir::ShareOp>(user)) {
      return share;
    }
  }
  return {};
}

const Tail &KernelLowering::tailOf(Operation *op, ir::OrderAttr order,
                                   ArrayRef<std::string> names,
                                   ValueRange sizes, ir::ShareOp share) {
  if (tail) {
    return *tail;
  }
  Location loc = op->getLoc();
  OpBuilder &b = builder;
  auto times = [&](Value x, Value y) -> Value {
    return arith::MulIOp::create(b, loc, x, y);
  };
  auto over = [&](Value x, Value y) -> Value {
    return arith::DivUIOp::create(b, loc, x, y);
  };
  auto least = [&](Value x, Value y) -> Value {
    return arith::MinSIOp::create(b, loc, x, y);
  };
  Tail cut;
  cut.share = share;
  cut.block = placeOfBlock();
  cut.blocks = placesOfGrid();
  cut.steps =
      named(sub(scalar(share.getUpper()), scalar(share.getLower())), "steps");
  Value tiles;
  for (auto [name, extent] : llvm::zip_equal(names, sizes)) {
    Value size = placesAlong(order, name, scalar(extent));
    tiles = tiles ? times(tiles, size) : size;
  }
  cut.rounds = named(over(tiles, cut.blocks), "rounds");
  cut.wholeTiles = named(times(cut.rounds, cut.blocks), "whole_tiles");
  Value work =
      named(times(sub(tiles, cut.wholeTiles), cut.steps), "tail_steps");
  Value up = add(work, sub(cut.blocks, constant(1)));
  cut.chunk = named(over(up, cut.blocks), "share");
  cut.begin = named(times(cut.block, cut.chunk), "share_begin");
  cut.end = named(least(add(cut.begin, cut.chunk), work), "share_end");
  cut.first = named(over(cut.begin, cut.steps), "first_cut");
  Value last = over(sub(cut.end, constant(1)), cut.steps);
  Value some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                     cut.begin, cut.end);
  Value more = arith::SelectOp::create(
      b, loc, some, add(sub(last, cut.first), constant(1)), constant(0));
  cut.visits = named(add(cut.rounds, more), "visits");
  tail = cut;
  return *tail;
}

Visit KernelLowering::visitOf(const Tail &cut, Value number) {
  Location loc = kernel.getLoc();
  OpBuilder &b = builder;
  auto times = [&](Value x, Value y) -> Value {
    return arith::MulIOp::create(b, loc, x, y);
  };
  auto choose = [&](Value when, Value x, Value y, StringRef name) {
    return named(arith::SelectOp::create(b, loc, when, x, y), name);
  };
  Value isCut = named(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                            number, cut.rounds),
                      "is_cut");
  Value part = named(add(cut.first, sub(number, cut.rounds)), "cut");
  Value before = named(times(part, cut.steps), "steps_before");
  Visit visit;
  visit.place = choose(isCut, add(cut.wholeTiles, part),
                       add(times(number, cut.blocks), cut.block), "tile");
  Value from =
      arith::MaxSIOp::create(b, loc, sub(cut.begin, before), constant(0));
  Value to = arith::MinSIOp::create(b, loc, sub(cut.end, before), cut.steps);
  visit.from = choose(isCut, from, constant(0), "from_step");
  visit.to = choose(isCut, to, cut.steps, "to_step");
  Value some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                     sub(visit.to, visit.from), cut.steps);
  visit.part = choose(some, part, constant(-1), "part");
  return visit;
}

LogicalResult KernelLowering::lowerShare(ir::ShareOp share) {
  auto found = visits.find(share.getOf());
  if (found == visits.end()) {
    return share.emitOpError("is of a tile whose order cuts none");
  }
  Visit visit = found->second;
  Value lower = scalar(share.getLower());
  values[share.getFrom()] = {add(lower, visit.from)};
  values[share.getTo()] = {add(lower, visit.to)};
  values[share.getPart()] = {visit.part};
  return success();
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

FailureOr<Parts> KernelLowering::partsOf(Operation *join, Value part,
                                         ValueRange fragments) {
  if (!tail) {
    return join->emitOpError("stands where no tile is cut");
  }
  const Tail &cut = *tail;
  Location loc = join->getLoc();
  OpBuilder &b = builder;
  int64_t groups = roleWarps / 4, words = 0;
  for (Value fragment : fragments) {
    words += wordsOf(fragment);
  }
  Parts parts;
  parts.wordsPerVisit = groups * words;
  FailureOr<WorkspaceRegion> region =
      workspaceOfBlocks("parts", kVisits * parts.wordsPerVisit * kWordBytes);
  FailureOr<WorkspaceRegion> counters =
      sharedWorkspace("counters", kMostBlocks * groups * kWordBytes);
  if (failed(region) || failed(counters)) {
    return failure();
  }
  parts.region = *region;
  auto over = [&](Value x, Value y) -> Value {
    return arith::DivUIOp::create(b, loc, x, y);
  };
  parts.groupWord = mul(groupInRole(), words);
  parts.firstStep =
      named(arith::MulIOp::create(b, loc, part, cut.steps), "first_step");
  parts.firstBlock = named(over(parts.firstStep, cut.chunk), "first_block");
  Value lastStep = add(parts.firstStep, sub(cut.steps, constant(1)));
  Value count =
      add(sub(over(lastStep, cut.chunk), parts.firstBlock), constant(1));
  Value some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, part,
                                     constant(0));
  // A branch that may part a warp would keep the state of all loops out of
  // uniform registers.
  Value pieces = arith::SelectOp::create(b, loc, some, count, constant(1));
  parts.count = named(cuda::UniformOp::create(b, loc, pieces), "pieces");
  parts.word = wordOfPiece(parts, sub(cut.block, parts.firstBlock));
  parts.counter = add(add(mul(part, groups), groupInRole()), counters->offset);
  return parts;
}

/// Where the piece-th part of the tile lies. A block that begins inside the
/// tile visits it first, one that begins before it second.
Value KernelLowering::wordOfPiece(const Parts &parts, Value piece) {
  Location loc = kernel.getLoc();
  Value block = add(parts.firstBlock, piece);
  Value begin = arith::MulIOp::create(builder, loc, block, tail->chunk);
  Value second = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       begin, parts.firstStep);
  Value visit = arith::SelectOp::create(
      builder, loc, second, constant(parts.wordsPerVisit), constant(0));
  Value base = add(mul(block, parts.region.wordsPerBlock), parts.region.offset);
  return named(add(add(base, visit), parts.groupWord), "piece_word");
}

Value KernelLowering::leave(Location loc, const Parts &parts,
                            ValueRange fragments) {
  return cuda::PartialLeaveOp::create(
      builder, loc, builder.getI1Type(), parts.region.pointer, parts.word,
      parts.counter, parts.count, barrierOfGroup("store", 0), fragments);
}

Values KernelLowering::joinPieces(Location loc, const Parts &parts, Value last,
                                  ValueRange fragments,
                                  llvm::function_ref<Values()> join) {
  Value several = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sgt,
                                        parts.count, constant(1));
  Value joins = arith::AndIOp::create(builder, loc, several, last);
  auto branch = scf::IfOp::create(builder, loc, fragments.getTypes(), joins,
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(branch.thenBlock());
  Values joined = join();
  scf::YieldOp::create(builder, loc, joined);
  builder.setInsertionPointToEnd(branch.elseBlock());
  scf::YieldOp::create(builder, loc, fragments);
  return Values(branch.getResults());
}

/// Runs \p body, which gets the piece's place, whether it is the first, and
/// what is carried.
Values KernelLowering::forPieces(
    Location loc, const Parts &parts, ValueRange carried,
    llvm::function_ref<Values(Value, Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(builder, loc, constant(0), parts.count,
                                 constant(1), carried);
  loop->setAttr("unroll", builder.getI64IntegerAttr(1));
  if (loop.getBody()->mightHaveTerminator()) {
    loop.getBody()->getTerminator()->erase();
  }
  named(loop.getInductionVar(), "piece");
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(loop.getBody());
  Value piece = loop.getInductionVar();
  piece.setLoc(NameLoc::get(builder.getStringAttr("piece"), loc));
  Value first = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                      piece, constant(0));
  Value word = wordOfPiece(parts, piece);
  Values next = body(word, first, loop.getRegionIterArgs());
  scf::YieldOp::create(builder, loc, next);
  return Values(loop.getResults());
}

LogicalResult KernelLowering::lowerJoin(ir::JoinOp join) {
  Location loc = join.getLoc();
  FailureOr<Value> sum = fragment(join.getTile());
  if (failed(sum)) {
    return failure();
  }
  FailureOr<Parts> parts = partsOf(join, scalar(join.getPart()), *sum);
  if (failed(parts)) {
    return failure();
  }
  Value last = leave(loc, *parts, *sum);
  Values joined = joinPieces(loc, *parts, last, *sum, [&]() {
    return forPieces(
        loc, *parts, *sum, [&](Value word, Value first, ValueRange carried) {
          return Values{cuda::PartialAddOp::create(
              builder, loc, carried[0].getType(), parts->region.pointer, word,
              carried[0], first, Value(), cuda::PatternAttr())};
        });
  });
  values[join.getResult()] = {joined[0]};
  values[join.getLast()] = {last};
  return success();
}

LogicalResult KernelLowering::lowerSoftmaxJoin(ir::SoftmaxJoinOp join) {
  Location loc = join.getLoc();
  FailureOr<Values> state = rows(join.getRows());
  FailureOr<Value> o = fragment(join.getO());
  if (failed(state) || failed(o)) {
    return failure();
  }
  auto rowTile = cast<ir::RowsType>(join.getRows().getType()).getTile();
  std::optional<DigitPattern> pattern =
      RegisterMap::of(cast<ir::TileType>(join.getO().getType()))
          ->patternInto(*RegisterMap::of(rowTile));
  if (!pattern) {
    return join.emitOpError("expected rows in the threads of ")
           << join.getO().getType();
  }
  Values all{(*state)[0], (*state)[1], *o};
  FailureOr<Parts> parts = partsOf(join, scalar(join.getPart()), all);
  if (failed(parts)) {
    return failure();
  }
  Value scale = scaleForExp2(join.getScale());
  Value last = leave(loc, *parts, all);
  Type rowType = all[0].getType();
  int64_t rowWords = wordsOf(all[0]);
  auto take = [&](Value word, int64_t offset) -> Value {
    return cuda::PartialTakeOp::create(builder, loc, rowType,
                                       parts->region.pointer,
                                       add(word, constant(offset)));
  };
  auto real = [&](OpBuilder &b, Location l, double value) -> Value {
    return arith::ConstantOp::create(b, l, b.getF32FloatAttr(value));
  };
  auto makeMap =
      [&](ValueRange inputs,
          llvm::function_ref<Value(OpBuilder &, Location, ValueRange)> body)
      -> Value {
    SmallVector<Attribute> patterns(inputs.size());
    return cuda::MapOp::create(builder, loc, rowType, inputs, patterns, {},
                               std::nullopt, body)
        .getResult();
  };
  double lowest = -std::numeric_limits<double>::infinity();
  Values joined = joinPieces(loc, *parts, last, all, [&]() {
    Value start = cuda::FragFillOp::create(builder, loc, rowType,
                                           real(builder, loc, lowest));
    Value highest = forPieces(
        loc, *parts, start, [&](Value word, Value, ValueRange carried) {
          return Values{
              makeMap({carried[0], take(word, 0)},
                      [](OpBuilder &b, Location l, ValueRange args) -> Value {
                        return arith::MaxNumFOp::create(b, l, args[0], args[1]);
                      })};
        })[0];
    Value zero = cuda::FragFillOp::create(builder, loc, rowType,
                                          real(builder, loc, 0.0));
    Values rest = forPieces(
        loc, *parts, ValueRange{zero, *o},
        [&](Value word, Value first, ValueRange carried) {
          // A row without elements weighs nothing, nor do the others then.
          Value weight = makeMap(
              {take(word, 0), highest},
              [&](OpBuilder &b, Location l, ValueRange args) -> Value {
                Value empty =
                    arith::CmpFOp::create(b, l, arith::CmpFPredicate::OEQ,
                                          args[1], real(b, l, lowest));
                Value top = arith::SelectOp::create(b, l, empty,
                                                    real(b, l, 0.0), args[1]);
                Value drop = arith::SubFOp::create(b, l, args[0], top);
                Value scaled = arith::MulFOp::create(b, l, drop, scale);
                return math::Exp2Op::create(b, l, scaled);
              });
          Value sum = makeMap(
              {carried[0], take(word, rowWords), weight},
              [](OpBuilder &b, Location l, ValueRange args) -> Value {
                return math::FmaOp::create(b, l, args[1], args[2], args[0]);
              });
          Value out = cuda::PartialAddOp::create(
              builder, loc, carried[1].getType(), parts->region.pointer,
              add(word, constant(2 * rowWords)), carried[1], first, weight,
              patternAttr(*pattern));
          return Values{sum, out};
        });
    return Values{highest, rest[0], rest[1]};
  });
  values[join.getAllRows()] = {joined[0], joined[1]};
  values[join.getResult()] = {joined[2]};
  values[join.getLast()] = {last};
  return success();
}

} // namespace spak::conversion
