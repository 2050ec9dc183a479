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

/// Names for the results of one op.
Location nameLocs(Location loc, ArrayRef<StringRef> names) {
  SmallVector<Location> each;
  for (StringRef name : names) {
    each.push_back(NameLoc::get(StringAttr::get(loc.getContext(), name), loc));
  }
  return FusedLoc::get(loc.getContext(), each);
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
  Tail whole;
  whole.block = placeOfBlock();
  whole.blocks = placesOfGrid();
  whole.steps =
      named(sub(scalar(share.getUpper()), scalar(share.getLower())), "steps");
  for (auto [name, extent] : llvm::zip_equal(names, sizes)) {
    Value size = placesAlong(order, name, scalar(extent));
    whole.tiles =
        whole.tiles
            ? arith::MulIOp::create(builder, loc, whole.tiles, size).getResult()
            : size;
  }
  named(whole.tiles, "tiles");
  whole.rounds =
      named(arith::DivUIOp::create(builder, loc, whole.tiles, whole.blocks),
            "rounds");
  Cut cut = cutOf(whole, whole.blocks);
  Value last = arith::DivUIOp::create(builder, loc, sub(cut.end, constant(1)),
                                      whole.steps);
  Value some = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                     cut.begin, cut.end);
  Value more = arith::SelectOp::create(
      builder, loc, some, add(sub(last, cut.first), constant(1)), constant(0));
  whole.visits = named(add(whole.rounds, more), "visits");
  tail = whole;
  return *tail;
}

Cut KernelLowering::cutOf(const Tail &whole, Value blocks) {
  Location loc = kernel.getLoc();
  auto times = [&](Value x, Value y) -> Value {
    return arith::MulIOp::create(builder, loc, x, y);
  };
  auto over = [&](Value x, Value y) -> Value {
    return arith::DivUIOp::create(builder, loc, x, y);
  };
  Cut cut;
  cut.wholeTiles = named(times(whole.rounds, blocks), "whole_tiles");
  Value work =
      named(times(sub(whole.tiles, cut.wholeTiles), whole.steps), "cut_steps");
  Value up = add(work, sub(blocks, constant(1)));
  cut.chunk = named(over(up, blocks), "share");
  cut.begin = named(times(whole.block, cut.chunk), "share_begin");
  cut.end = named(
      arith::MinSIOp::create(builder, loc, add(cut.begin, cut.chunk), work),
      "share_end");
  cut.first = named(over(cut.begin, whole.steps), "first_cut");
  return cut;
}

/// Whole rounds cost nothing: what only cut tiles need is computed for them,
/// and kept for no others.
Visit KernelLowering::visitOf(const Tail &whole, Value number) {
  Location loc = kernel.getLoc();
  OpBuilder &b = builder;
  Value isCut = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, number,
                                      whole.rounds);
  SmallVector<Type> types(4, b.getI32Type());
  auto branch =
      scf::IfOp::create(b, loc, types, isCut, /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(branch.thenBlock());
    Cut cut = cutOf(whole, cuda::OpaqueOp::create(b, loc, whole.blocks));
    Value part = named(add(cut.first, sub(number, whole.rounds)), "cut");
    Value before =
        named(arith::MulIOp::create(b, loc, part, whole.steps), "steps_before");
    Value from =
        arith::MaxSIOp::create(b, loc, sub(cut.begin, before), constant(0));
    Value to =
        arith::MinSIOp::create(b, loc, sub(cut.end, before), whole.steps);
    Value some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                       sub(to, from), whole.steps);
    Value partOrNone =
        arith::SelectOp::create(b, loc, some, part, constant(-1));
    scf::YieldOp::create(
        b, loc, ValueRange{add(cut.wholeTiles, part), from, to, partOrNone});
    b.setInsertionPointToEnd(branch.elseBlock());
    Value before2 = arith::MulIOp::create(b, loc, number, whole.blocks);
    scf::YieldOp::create(b, loc,
                         ValueRange{add(before2, whole.block), constant(0),
                                    whole.steps, constant(-1)});
  }
  branch->setLoc(nameLocs(loc, {"tile", "from_step", "to_step", "part"}));
  return {branch.getResult(0), branch.getResult(1), branch.getResult(2),
          branch.getResult(3)};
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
  const Tail &whole = *tail;
  Location loc = join->getLoc();
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
  Cut cut = cutOf(whole, cuda::OpaqueOp::create(builder, loc, whole.blocks));
  parts.chunk = cut.chunk;
  auto over = [&](Value x) -> Value {
    return arith::DivUIOp::create(builder, loc, x, parts.chunk);
  };
  parts.groupWord = mul(groupInRole(), words);
  parts.firstStep = named(
      arith::MulIOp::create(builder, loc, part, whole.steps), "first_step");
  parts.firstBlock = named(over(parts.firstStep), "first_block");
  Value lastStep = add(parts.firstStep, sub(whole.steps, constant(1)));
  // A branch that may part a warp would keep the state of all loops out of
  // uniform registers.
  Value count = add(sub(over(lastStep), parts.firstBlock), constant(1));
  parts.count = named(cuda::UniformOp::create(builder, loc, count), "pieces");
  parts.word = wordOfPiece(parts, sub(whole.block, parts.firstBlock));
  parts.counter = add(add(mul(part, groups), groupInRole()), counters->offset);
  return parts;
}

/// Where the piece-th part of the tile lies. A block that begins inside the
/// tile visits it first, one that begins before it second.
Value KernelLowering::wordOfPiece(const Parts &parts, Value piece) {
  Location loc = kernel.getLoc();
  Value block = add(parts.firstBlock, piece);
  Value begin = arith::MulIOp::create(builder, loc, block, parts.chunk);
  Value second = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       begin, parts.firstStep);
  Value visit = arith::SelectOp::create(
      builder, loc, second, constant(parts.wordsPerVisit), constant(0));
  Value base = add(mul(block, parts.region.wordsPerBlock), parts.region.offset);
  return named(add(add(base, visit), parts.groupWord), "piece_word");
}

FailureOr<Values>
KernelLowering::joinParts(Operation *join, Value part, ValueRange fragments,
                          llvm::function_ref<Values(const Parts &)> add) {
  if (!tail) {
    return join->emitOpError("stands where no tile is cut");
  }
  Location loc = join->getLoc();
  // Made here, in front of the branch that uses them.
  Value barrier = barrierOfGroup("store", 0);
  groupInRole();
  SmallVector<Type> types{builder.getI1Type()};
  llvm::append_range(types, fragments.getTypes());
  Value isPart = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge,
                                       part, constant(0));
  auto branch =
      scf::IfOp::create(builder, loc, types, isPart, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(branch.thenBlock());
  FailureOr<Parts> parts = partsOf(join, part, fragments);
  if (failed(parts)) {
    return failure();
  }
  Value last = cuda::PartialLeaveOp::create(
      builder, loc, builder.getI1Type(), parts->region.pointer, parts->word,
      parts->counter, parts->count, barrier, fragments);
  auto joins = scf::IfOp::create(builder, loc, fragments.getTypes(), last,
                                 /*withElseRegion=*/true);
  builder.setInsertionPointToEnd(joins.thenBlock());
  Values all = add(*parts);
  scf::YieldOp::create(builder, loc, all);
  builder.setInsertionPointToEnd(joins.elseBlock());
  scf::YieldOp::create(builder, loc, fragments);
  builder.setInsertionPointAfter(joins);
  Values yielded{last};
  llvm::append_range(yielded, joins.getResults());
  scf::YieldOp::create(builder, loc, yielded);
  builder.setInsertionPointToEnd(branch.elseBlock());
  yielded = {arith::ConstantIntOp::create(builder, loc, 1, 1)};
  llvm::append_range(yielded, fragments);
  scf::YieldOp::create(builder, loc, yielded);
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
  FailureOr<Values> joined =
      joinParts(join, scalar(join.getPart()), *sum, [&](const Parts &parts) {
        return forPieces(
            loc, parts, *sum, [&](Value word, Value first, ValueRange carried) {
              return Values{cuda::PartialAddOp::create(
                  builder, loc, carried[0].getType(), parts.region.pointer,
                  word, carried[0], first, Value(), cuda::PatternAttr())};
            });
      });
  if (failed(joined)) {
    return failure();
  }
  values[join.getLast()] = {(*joined)[0]};
  values[join.getResult()] = {(*joined)[1]};
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
  Value scale = scaleForExp2(join.getScale());
  Type rowType = all[0].getType();
  int64_t rowWords = wordsOf(all[0]);
  auto take = [&](const Parts &parts, Value word, int64_t offset) -> Value {
    return cuda::PartialTakeOp::create(builder, loc, rowType,
                                       parts.region.pointer,
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
  auto addUp = [&](const Parts &parts) {
    Value start = cuda::FragFillOp::create(builder, loc, rowType,
                                           real(builder, loc, lowest));
    Value highest = forPieces(
        loc, parts, start, [&](Value word, Value, ValueRange carried) {
          return Values{
              makeMap({carried[0], take(parts, word, 0)},
                      [](OpBuilder &b, Location l, ValueRange args) -> Value {
                        return arith::MaxNumFOp::create(b, l, args[0], args[1]);
                      })};
        })[0];
    Value zero = cuda::FragFillOp::create(builder, loc, rowType,
                                          real(builder, loc, 0.0));
    Values rest = forPieces(
        loc, parts, ValueRange{zero, *o},
        [&](Value word, Value first, ValueRange carried) {
          // A row without elements weighs nothing, nor do the others then.
          Value weight = makeMap(
              {take(parts, word, 0), highest},
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
              {carried[0], take(parts, word, rowWords), weight},
              [](OpBuilder &b, Location l, ValueRange args) -> Value {
                return math::FmaOp::create(b, l, args[1], args[2], args[0]);
              });
          Value out = cuda::PartialAddOp::create(
              builder, loc, carried[1].getType(), parts.region.pointer,
              add(word, constant(2 * rowWords)), carried[1], first, weight,
              patternAttr(*pattern));
          return Values{sum, out};
        });
    return Values{highest, rest[0], rest[1]};
  };
  FailureOr<Values> joined =
      joinParts(join, scalar(join.getPart()), all, addUp);
  if (failed(joined)) {
    return failure();
  }
  values[join.getLast()] = {(*joined)[0]};
  values[join.getAllRows()] = {(*joined)[1], (*joined)[2]};
  values[join.getResult()] = {(*joined)[3]};
  return success();
}

} // namespace spak::conversion
