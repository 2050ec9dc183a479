// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Every pass over the spak dialect. A decision pass writes attributes and a
// remark that names the fact, limit or request behind each; an acting pass
// obeys attributes and decides nothing. docs/Passes.md is made from this file.
#ifndef SPAK_DIALECT_SPAK_TRANSFORMS_PASSES
#define SPAK_DIALECT_SPAK_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

class SpakPass<string name> : Pass<name, "::mlir::ModuleOp"> {
  let dependentDialects = [
    "::spak::ir::SpakDialect", "::mlir::arith::ArithDialect",
    "::mlir::affine::AffineDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect"
  ];
}

//===----------------------------------------------------------------------===//
// From closed to opened
//===----------------------------------------------------------------------===//

def SplitMaskedLoops : SpakPass<"split-masked-loops"> {
  let summary = "bound loops by their masks, and say where masks keep all";
  let description = [{
    Derives from the affine masks in a loop's body which tiles are masked out
    as a whole (they leave the bounds) and which are kept as a whole (they
    become the loop's full range). Where a mask keeps two intervals with a gap
    between them, the loop counts the tiles that remain, and its body finds
    their numbers. Scalars that no iteration changes leave the loop. Clones
    nothing.

    Requires: loops and masks as IRGen writes them. Establishes: bounds without
    wholly masked tiles; a full range where one was found. Preserves: one loop
    per source loop; every mask. Running it twice changes nothing more.
  }];
}

def FormScores : SpakPass<"form-scores"> {
  let summary = "write scores as a positive number times what is computed";
  let description = [{
    Rewrites what an online softmax is updated with to

        c * (x * e + e1 * (affine in indices) + e2 * ...)

    where c gathers the uniform factors that are proved positive, e the others,
    and each affine term becomes a `spak.ramp` around masks. Factors are
    multiplied, and divided by c, once in front of the loop.

    Requires: closed softmax ops. Establishes: open-softmax folds c; a term that
    is affine in positions costs one multiply-add. Preserves: loops and masks.
    Leaves alone what has this form already, and factors that change within a
    loop.
  }];
}

def OpenSoftmax : SpakPass<"open-softmax"> {
  let summary = "cut online softmax into four schedulable pieces";
  let description = [{
    Rewrites the closed online-softmax state into advance, rescale, probs and a
    dot, and folds a multiplier of the scores that is proved positive.

    Requires: closed softmax ops. Establishes: no closed softmax op is left.
    Preserves: loops and masks. Does nothing without closed softmax ops.
  }];
}

//===----------------------------------------------------------------------===//
// Decisions
//===----------------------------------------------------------------------===//

def AssignLayouts : SpakPass<"assign-layouts"> {
  let summary = "decide which thread holds which element, and how tiles lie in "
                "shared memory";
  let description = [{
    On a target with wgmma: dot results get the accumulator layout, whose rows
    of 64 are spread over the consumer groups; the layout spreads forward and
    backward through element-wise ops and loop-carried values; a tile with
    fewer axes gets the slice of it. Loaded operands of dots get a slab layout
    with the widest swizzle; a computed operand becomes the A side, converted
    to the operand layout, or with the request `computed` = "shared" to slabs of
    shared memory. With the request `operand_<tensor>` = "registers" a loaded
    A side is converted to the operand layout where it is loaded, so that only
    that conversion reads its slot; refused for a tile that changes in a loop.
    Dots name their instruction.

    The number of consumer groups is the request `consumers`, else the rows of
    the dots divided by 64.

    Requires: opened softmax, no layouts. Establishes: every tile has a layout;
    `spak.convert_layout` where two differ; `instr` on every dot. Preserves:
    the values computed. Does nothing on a kernel whose tiles have layouts.
  }];
}

def PlanStaging : SpakPass<"plan-staging"> {
  let summary = "decide how each tile travels between global and shared memory";
  let description = [{
    A load into a shared layout is staged by TMA through a ring. Slots of a
    load in a loop: the request `slots_<tensor>`, else the fact of that name,
    else `default-slots`. A load outside every loop has one slot. A store of a
    16-bit accumulator tile goes out by TMA through `epilogue_slots` slabs,
    else through as many as still fit the target's shared memory; other
    stores and loads are direct.

    Requires: layouts. Establishes: `staging` on every load and store; the sum
    of shared bytes is within the target. Preserves: everything else.
    Does nothing on loads and stores that have a staging already.
  }];
  let options = [
    Option<"defaultSlots", "default-slots", "int64_t", "2",
           "slots of a ring in a loop that neither a request nor a fact sets">
  ];
}

def PlanRoles : SpakPass<"plan-roles"> {
  let summary = "decide how many warps do what, with how many registers";
  let description = [{
    One producer warpgroup where a load is staged by TMA, and one warpgroup
    per consumer group. Registers: the requests `registers_producer` and
    `registers_consumer`, else what the register file of the target gives when
    one block runs. Refuses a loop whose tiles need more registers than a
    consumer has, and warns if they leave too few for addresses.

    Requires: layouts, staging. Establishes: `roles` on the kernel. Preserves:
    everything else. Does nothing without staged loads or with roles given.
  }];
  let options = [
    Option<"spareRegisters", "spare-registers", "int64_t", "30",
           "registers a consumer thread needs besides its tiles">
  ];
}

def PlanOverlap : SpakPass<"plan-overlap"> {
  let summary = "decide the stage and order of every op of a loop with dots";
  let description = [{
    The level of a dot is the number of dots before it on the longest def-use
    chain inside one iteration. With overlap on, a dot of level one or more
    has stage 1, and so has all that needs it within the iteration; everything
    else has stage 0. The order is: dots of stage 0, dots of stage 1, then the
    rest as the program has it, as far as def-use allows. A loop whose dots
    are independent is not rotated; only the release of its operands is put
    off by one iteration, so that one group of products stays in flight.

    The request `overlap` is `none`, `intra`, `pingpong` or `both`; its default
    is `intra` where a dot needs another of the same iteration, or where dots
    only accumulate, as far as slots and registers allow; a request that they
    do not allow is refused. A loop runs in reverse if its masks cut at the
    high end and its iterations may run in any order.

    Requires: layouts. Establishes: `overlap` and `direction` on loops with
    dots; legal `spak.stage` on the ops of loops to be rotated. Preserves:
    everything else. Does nothing on loops without dots.
  }];
}

def PlanIssue : SpakPass<"plan-issue"> {
  let summary = "decide in which pieces late products are issued";
  let description = [{
    A product of stage 1 runs under what follows the first product of the next
    iteration. With the request `split_<tensor> = k` (or a fact of that name)
    only the first k steps of the product that reads the tensor are issued
    right behind that first product; the others follow right before the sum is
    read, so that they run under exponentials. Where groups take turns, the
    turn is handed on behind step `hand_off_<tensor>`, else behind the first
    piece. 0, or as many as there are, does not cut.

    The request `rescale` says where an accumulator is scaled: `first`, before
    the exponentials of its step (the default), `between_rows`, after those of
    a thread's first row, or `pinned`, there too, behind the wait for the next
    operands.

    With the request `pin_waits` the conversion that makes the operand of a
    product of stage 1 awaits the operands of the next iteration first, so that
    the wait for that product cannot move in front of the element-wise ops
    before it.

    Requires: stages. Establishes: `part` and `hand_off` on dots, their order;
    `between_rows` and `await_next` on rescales; `await_next` on conversions. Preserves: the values
    computed. Does nothing without a request or on products in pieces.
  }];
}

def PlanSoftmax : SpakPass<"plan-softmax"> {
  let summary = "decide how far maxima lag, and which exponentials are polynomials";
  let description = [{
    With the request `rescale_bound = t` above 0 a row keeps its maximum until a
    score is more than t powers of two above it, so that accumulators are rarely
    scaled by anything but 1. No exponential is then above 2^t, which must be a
    number of the type to which they are rounded. With the request
    `exp2_polynomial = n` n of every 8 exponentials are computed by
    multiplications and additions.

    Requires: opened softmax. Establishes: `lazy` on advances, `polynomial` on
    probs. Preserves: everything else. Does nothing without these requests.
  }];
}

def PlanFunctions : SpakPass<"plan-functions"> {
  let summary = "decide which functions need be no more exact than their reader";
  let description = [{
    With the request `functions` = "rounded" the ops of x/2 (1 + erf(x/sqrt 2)),
    1 / (1 + exp(-x)) and x / (1 + exp(-x)), in any order of their products, become
    one `spak.rounded` where every reader rounds the value to one 16-bit type, or
    multiplies it by something, negates or selects it before that does. The
    error of such an op is relative to its value, as that of the rounding is,
    so that nothing after it can magnify the one more than the other. The sums by
    which a softmax divides what is rounded next get an approximate reciprocal.
    "exact", the default, leaves them.

    Requires: no layouts. Establishes: `spak.rounded` ops. Preserves:
    everything else. Does nothing without the request.
  }];
}

def TrimProducts : SpakPass<"trim-products"> {
  let summary = "multiply only the blocks of masked tiles that a mask keeps";
  let description = [{
    With the request `trim = c` above 0, a product whose elements are all masked
    before they are read is done in blocks of 64 rows, those of one consumer
    group, and c columns, and only for blocks of which the masks keep something;
    so is a product that contracts the weights of those scores, whose other
    blocks are zero. Masks with divisions keep everything.

    Requires: layouts. Establishes: `needed` on dots. Preserves: the values
    computed. Does nothing without the request.
  }];
}

def PlanGrid : SpakPass<"plan-grid"> {
  let summary = "decide the order in which blocks take the tiles of the grid";
  let description = [{
    The schedule is the request `order` (`one_per_cta`, `persistent_static`,
    `persistent_snake`, `persistent_paired`, `persistent_dynamic`), default `one_per_cta`. The raster is the request `raster`, else (`by_work`) longest
    first along a range on which one of a loop's bounds depends, else grouped
    rows on a grid of two or more ranges with `group` (default
    `default-group`), else natural. Where both bounds move up, `longest_first`
    puts those tiles first at which the lower one has left the axis' begin. A longest-first raster is cut into sections
    by the request `group_x`: x values of that variable at a time, so that what
    they share stays in the L2 cache. With the request `tail = "split"` the tiles
    that fill no whole round are cut along their loop, which must be one and as
    long in every tile. With the request `overlap_tiles` the end
    of a tile is to run beside the beginning of the block's next one, which
    needs a persistent schedule and one loop whose products overlap.

    Requires: a grid. Establishes: `order`, perhaps `overlap`, on every grid. Preserves: everything
    else. Does nothing on a grid that has an order.
  }];
  let options = [
    Option<"defaultGroup", "default-group", "int64_t", "8",
           "rows of tiles that share columns when no request says otherwise">
  ];
}

def PlanCluster : SpakPass<"plan-cluster"> {
  let summary = "decide which blocks form clusters, and what they fetch together";
  let description = [{
    With the request `cluster_<variable>` above 1 that many blocks, neighbours
    along that variable of the grid, form a cluster. A load by TMA whose
    indices are the same in all of them is multicast: each block fetches its
    share, whole slabs or else whole groups of 8 rows. Loops around such loads
    must run in step; a bound that moves with the variable is joined by
    join-cluster-bounds, where masks cut what lies beyond a block's own bound.
    An index that is the variable divided by something known at launch is the
    same where the blocks divide that: the launch checks it. Refuses a cluster
    without such a load, and loops that cannot run in step.

    Requires: staging, an order. Establishes: `cluster_<variable>` in the
    order; `multicast` in the staging of loads. Preserves: everything else.
    Does nothing without a request, or on an order that has a cluster.
  }];
}

//===----------------------------------------------------------------------===//
// Actions
//===----------------------------------------------------------------------===//

def JoinClusterBounds : SpakPass<"join-cluster-bounds"> {
  let summary = "give the blocks of a cluster the same trip counts";
  let description = [{
    A loop around multicast loads whose bound grows or shrinks with the
    cluster's variable gets the widest bound of the cluster: the same
    expression at the cluster's first or last tile (`spak.cluster_start`).
    Its masks cut the tiles that only the other blocks need. A divided index is
    taken at the cluster's first block, and a `spak.require` says why it may be.

    Requires: plan-cluster's decision, full ranges and masks still there.
    Establishes: bounds of loops around multicast loads are the same in all
    blocks of a cluster. Preserves: the values computed. Does nothing without
    multicast loads.
  }];
}

def RunLoopsOnce : SpakPass<"run-loops-once"> {
  let summary = "let no loop of a tile that overlaps the next, or is cut, be empty";
  let description = [{
    A grid whose tiles overlap has no room for a tile without products, and
    one whose tail is cut has none for a visit without steps: an empty loop
    runs one step past the end of its axis instead, where loads give absent
    elements, which change no result.

    Requires: `overlap` or `tail` on grids. Establishes: their loops run at
    least once. Preserves: the values computed. Does nothing on other grids.
  }];
}

def SplitTails : SpakPass<"split-tails"> {
  let summary = "let a visit have a share of its tile's steps";
  let description = [{
    On a grid with `tail = "split"` the tile's loop gets its bounds from
    `spak.share`; what it carries is joined behind it, and all that follows is
    done by the visit that comes last. A loop is cut if it carries a softmax
    with its output, or one sum from zero; others are refused, and so are
    clusters.

    Requires: decisions; loops that run at least once. Establishes: shares.
    Preserves: the values computed, but for the order of sums. Does nothing on
    other grids.
  }];
}

def StageLoads : SpakPass<"stage-loads"> {
  let summary = "turn staged loads into rings";
  let description = [{
    Loads with TMA staging become acquire, fill, commit and wait; a release
    follows the last use of the tile, in that use's stage. Loads of one block
    with the same level, stage and slots share one ring.

    Requires: staging, stages. Establishes: no load with TMA staging is left.
    Preserves: stages; stores and direct loads. Does nothing without such
    loads.
  }];
}

def SpecializeRoles : SpakPass<"specialize-roles"> {
  let summary = "give each role its own copy of the grid";
  let description = [{
    The producer keeps acquire, fill and commit and the index arithmetic they
    need; the consumers keep the rest. Both have the same loops with the same
    bounds, so fills and waits pair up for every trip count.

    Requires: rings, roles. Establishes: `spak.roles` around the grids.
    Preserves: the order of each role's ops. Does nothing without roles.
  }];
}

def SoftwarePipeline : SpakPass<"software-pipeline"> {
  let summary = "rotate loops whose ops have stages";
  let description = [{
    Stage 1 of an iteration runs together with stage 0 of the next: a prologue,
    the rotated loop, an epilogue, all under one test that the loop is not
    empty. Values that cross stages become loop-carried. Refuses stages that
    break a def-use.

    Requires: stages. Establishes: no op has a stage. Preserves: the order of
    effects on each ring; the values computed. Does nothing on loops whose
    ops all have one stage.
  }];
}

def PipelineTiles : SpakPass<"pipeline-tiles"> {
  let summary = "rotate a grid whose tiles overlap";
  let description = [{
    The first step of the next tile is issued together with the last products
    of this one; its softmax, or whatever follows the first product, runs under
    them, and the stores of this tile under nothing that waits for them. A tile
    whose products only accumulate first rounds what it stores, which frees the
    accumulator for the next tile's first product; its stores run under that. The
    head of the first tile stands before the grid, the tail of the last behind
    it; what a tail needs of its head is carried.

    Requires: rotated loops, `overlap` on grids. Establishes: no grid has an
    `overlap`. Preserves: the order of effects on each ring; the values
    computed. Does nothing without overlap of tiles.
  }];
}

def UnswitchMaskedLoops : SpakPass<"unswitch-masked-loops"> {
  let summary = "cut a loop at its full range, and drop the masks inside it";
  let description = [{
    A loop with a full range and masks in its body becomes at most three loops
    in a row: masked, full, masked. In the full one masks and `may_be_empty`
    are gone. A piece that is proved to have no tile is left out. A loop
    without masks only loses its full range.

    Requires: full ranges. Establishes: no loop has a full range. Preserves:
    the values computed; the number and order of iterations.
    Does nothing without full ranges.
  }];
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

def CheckStaged : SpakPass<"check-staged"> {
  let summary = "prove that roles neither deadlock nor race";
  let description = [{
    Runs the roles as token machines for small trip counts, from zero, and
    checks that every slot is committed and released once on every path. Where
    blocks form clusters all their roles run together, on numbers that differ
    wherever the blocks' tiles do.

    Requires: rings. Establishes: nothing. Preserves: everything.
  }];
}

#endif // SPAK_DIALECT_SPAK_TRANSFORMS_PASSES
