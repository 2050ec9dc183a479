// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: online softmax, closed as it is written and opened so that its pieces
// can be scheduled. The only ops that know an algorithm.
#ifndef SPAK_SOFTMAX_OPS
#define SPAK_SOFTMAX_OPS

include "spak/Dialect/Spak/IR/SpakTypes.td"

//===----------------------------------------------------------------------===//
// Closed
//===----------------------------------------------------------------------===//

def Spak_SoftmaxInitOp : Spak_NamedOp<"softmax.init", [Pure]> {
  let summary = "the state before any score";
  let results = (outs Spak_Softmax:$state);
  let assemblyFormat = "attr-dict `:` qualified(type($state))";
}

def Spak_SoftmaxUpdateOp : Spak_NamedOp<"softmax.update", [
    Pure, AllTypesMatch<["state", "result"]>]> {
  let summary = "take scores and values into the state";
  let description = [{
    A score of -inf takes nothing in.

    ```mlir
    !state = !spak.softmax<rows m=64, width d=64>
    spak.kernel @online(%s: !spak.tile<m=64, n=32 : f32>, %v: !spak.tile<n=32, d=64 : bf16>) {
      %init = spak.softmax.init : !state
      %state = spak.softmax.update %init, %s, %v over "n"
          : !state, !spak.tile<m=64, n=32 : f32>, !spak.tile<n=32, d=64 : bf16>
      %o = spak.softmax.output %state : !state -> !spak.tile<m=64, d=64 : f32>
      %lse = spak.softmax.lse %state : !state -> !spak.tile<m=64 : f32>
      spak.return
    }
    ```

    SOFTMAX-AXES: the scores have the state's rows and `over`; the values have
    `over` and the state's width.
  }];
  let arguments = (ins Spak_Softmax:$state, Spak_Tile:$s, Spak_Tile:$v,
                       StrAttr:$over);
  let results = (outs Spak_Softmax:$result);
  let assemblyFormat = [{
    $state `,` $s `,` $v `over` $over attr-dict `:` qualified(type($state)) `,` qualified(type($s))
    `,` qualified(type($v))
  }];
  let hasVerifier = 1;
}

def Spak_SoftmaxOutputOp : Spak_NamedOp<"softmax.output", [Pure]> {
  let summary = "the weighted mean of the values; 0 in a row without scores";
  let description = "SOFTMAX-AXES: the result has rows and width, in f32.";
  let arguments = (ins Spak_Softmax:$state);
  let results = (outs Spak_Tile:$o);
  let assemblyFormat = "$state attr-dict `:` qualified(type($state)) `->` qualified(type($o))";
  let hasVerifier = 1;
}

def Spak_SoftmaxLseOp : Spak_NamedOp<"softmax.lse", [Pure]> {
  let summary = "natural logarithm of the sum of exponentials of the scores";
  let description = [{
    -inf in a row without scores. SOFTMAX-AXES: the result has the rows, in
    f32.
  }];
  let arguments = (ins Spak_Softmax:$state);
  let results = (outs Spak_Tile:$o);
  let assemblyFormat = "$state attr-dict `:` qualified(type($state)) `->` qualified(type($o))";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Opened. With scale c, row state (max, sum) and scores s:
//   advance: next = (max', sum * corr), max' = max(max, row max of s),
//            corr = exp2((max - max') * c * log2(e))
//   probs:   p = exp2((s - max) * c * log2(e)), next = (max, sum + row sum of p)
//   rescale: o * corr
//   finish:  o / sum and max * c + ln(sum); 0 and -inf where sum is 0
// -inf - -inf counts as -inf in all of them.
//===----------------------------------------------------------------------===//

def Spak_SoftmaxRowsOp : Spak_NamedOp<"softmax.rows", [Pure]> {
  let summary = "the row state before any score: maximum -inf, sum 0";
  let description = [{
    With `at x` the maximum is x and stays so: nothing advances these rows,
    whose scores are known to lie so near that no exponential is too large or
    too small a number.
  }];
  let arguments = (ins OptionalAttr<F64Attr>:$at);
  let results = (outs Spak_Rows:$rows);
  let assemblyFormat = "(`at` $at^)? attr-dict `:` qualified(type($rows))";
}

def Spak_SoftmaxAdvanceOp : Spak_NamedOp<"softmax.advance", [
    Pure, AllTypesMatch<["rows", "next"]>]> {
  let summary = "raise the row maxima to those of the scores";
  let description = [{
    `correction` is what earlier sums and accumulators are to be scaled by.
    With `first` no score came before; without `may_be_empty` every row has
    kept a score by now. With `lazy t` a maximum may lag by t, so that no
    exponential is above 2^t.

    ```mlir
    spak.kernel @opened(%s: !spak.tile<m=64, n=32 : f32>, %o: !spak.tile<m=64, d=64 : f32>, %scale: f32) {
      %rows = spak.softmax.rows : !spak.rows<!spak.tile<m=64 : f32>>
      %adv, %corr = spak.softmax.advance %rows, %s scale %scale may_be_empty
          : !spak.rows<!spak.tile<m=64 : f32>>, !spak.tile<m=64, n=32 : f32> -> !spak.tile<m=64 : f32>
      %o1 = spak.softmax.rescale %o by %corr : !spak.tile<m=64, d=64 : f32>, !spak.tile<m=64 : f32>
      %next, %p = spak.softmax.probs %adv, %s scale %scale
          : !spak.rows<!spak.tile<m=64 : f32>>, !spak.tile<m=64, n=32 : f32> -> !spak.tile<m=64, n=32 : bf16>
      %out, %lse = spak.softmax.finish %next, %o1 scale %scale
          : !spak.rows<!spak.tile<m=64 : f32>>, !spak.tile<m=64, d=64 : f32>
          -> !spak.tile<m=64, d=64 : f32>, !spak.tile<m=64 : f32>
      spak.return
    }
    ```

    SOFTMAX-AXES: the scores have the rows' axis and one more.
    ROWS-LAYOUT: the rows lie where the scores do, the other axis replaced by
    `rep` or `partial`.
  }];
  let arguments = (ins Spak_Rows:$rows, Spak_Tile:$s, F32:$scale,
                       UnitAttr:$first, UnitAttr:$may_be_empty,
                       OptionalAttr<F64Attr>:$lazy);
  let results = (outs Spak_Rows:$next, Spak_Tile:$correction);
  let assemblyFormat = [{
    $rows `,` $s `scale` $scale (`first` $first^)?
    (`may_be_empty` $may_be_empty^)? (`lazy` $lazy^)? attr-dict `:`
    qualified(type($rows)) `,` qualified(type($s)) `->` qualified(type($correction))
  }];
  let hasVerifier = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Type":$correction, "::mlir::Value":$rows,
                   "::mlir::Value":$s, "::mlir::Value":$scale,
                   "bool":$mayBeEmpty), [{
      build($_builder, $_state, rows.getType(), correction, rows, s, scale,
            /*first=*/::mlir::UnitAttr(),
            mayBeEmpty ? $_builder.getUnitAttr() : ::mlir::UnitAttr(),
            /*lazy=*/::mlir::FloatAttr());
    }]>
  ];
}

def Spak_SoftmaxProbsOp : Spak_NamedOp<"softmax.probs", [
    Pure, AllTypesMatch<["rows", "next"]>]> {
  let summary = "exponentials of the scores, summed into the rows";
  let description = [{
    With `polynomial n` n of every 8 of a thread's exponentials are a polynomial
    (relative error below 4e-6) in place of the hardware's instruction. With
    `sums_rounded` the rows sum the exponentials as p has them: where no maximum
    is subtracted the largest weight of a row is not 1, and what it loses in
    rounding would be missing beside the sum.
    Example: see `softmax.advance`. SOFTMAX-AXES, ROWS-LAYOUT: as there; `p`
    has the axes and layout of the scores. SOFTMAX-HEADROOM: if the maxima may
    lag by t, 2^t is a number of p's type.
  }];
  let arguments = (ins Spak_Rows:$rows, Spak_Tile:$s, F32:$scale,
                       OptionalAttr<I64Attr>:$polynomial,
                       UnitAttr:$sums_rounded);
  let results = (outs Spak_Rows:$next, Spak_Tile:$p);
  let assemblyFormat = [{
    $rows `,` $s `scale` $scale (`sums_rounded` $sums_rounded^)? attr-dict `:` qualified(type($rows)) `,` qualified(type($s)) `->`
    qualified(type($p))
  }];
  let hasVerifier = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Type":$p, "::mlir::Value":$rows,
                   "::mlir::Value":$s, "::mlir::Value":$scale), [{
      build($_builder, $_state, rows.getType(), p, rows, s, scale,
            /*polynomial=*/::mlir::IntegerAttr(),
            /*sums_rounded=*/::mlir::UnitAttr());
    }]>
  ];
}

def Spak_SoftmaxRescaleOp : Spak_NamedOp<"softmax.rescale", [
    Pure, AllTypesMatch<["o", "result"]>]> {
  let summary = "scale an accumulator by the correction of its rows";
  let description = [{
    `if_any` allows to skip it where no correction of a warp differs from 1.
    With `between_rows` it is done among the exponentials that follow: after
    those of a thread's first row, before those of its others. With
    `await_next` the operands of the next iteration's first product are
    awaited there, which holds the wait for `o` in its place. With `after = n`
    it is done after the exponentials of each thread's first n scores: they run
    while the product that makes `o` still does.
    Example: see `softmax.advance`. SOFTMAX-AXES: o has the correction's axis.
  }];
  let arguments = (ins Spak_Tile:$o, Spak_Tile:$correction, UnitAttr:$if_any,
                       UnitAttr:$between_rows, UnitAttr:$await_next,
                       OptionalAttr<I64Attr>:$after);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = [{
    $o `by` $correction (`if_any` $if_any^)? attr-dict `:` qualified(type($o)) `,`
    qualified(type($correction))
  }];
  let hasVerifier = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Value":$o, "::mlir::Value":$correction), [{
      build($_builder, $_state, o.getType(), o, correction,
            /*if_any=*/::mlir::UnitAttr(), /*between_rows=*/::mlir::UnitAttr(),
            /*await_next=*/::mlir::UnitAttr(),
            /*after=*/::mlir::IntegerAttr());
    }]>
  ];
}

def Spak_SoftmaxFinishOp : Spak_NamedOp<"softmax.finish", [Pure]> {
  let summary = "divide by the row sums; logarithm of the sums";
  let description = [{
    Example: see `softmax.advance`. SOFTMAX-AXES: o has the rows' axis; out has
    o's axes, lse the rows'. With `rounded` all that reads out rounds it to that
    type, so that the quotient may be a product with an approximate reciprocal.
  }];
  let arguments = (ins Spak_Rows:$rows, Spak_Tile:$o, F32:$scale,
                       OptionalAttr<TypeAttr>:$rounded);
  let results = (outs Spak_Tile:$out, Spak_Tile:$lse);
  let assemblyFormat = [{
    $rows `,` $o `scale` $scale attr-dict `:` qualified(type($rows)) `,` qualified(type($o)) `->`
    qualified(type($out)) `,` qualified(type($lse))
  }];
  let hasVerifier = 1;
}

def Spak_SoftmaxJoinOp : Spak_NamedOp<"softmax.join", [
    AllTypesMatch<["rows", "all_rows"]>, AllTypesMatch<["o", "result"]>,
    MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "join the rows and outputs of several visits of a tile";
  let description = [{
    As `spak.join`, for a softmax under way: the maxima of the rows are joined,
    sums and outputs are scaled to them and summed.

    ```mlir
    spak.kernel @rest(%rows: !spak.rows<!spak.tile<m=64 : f32>>, %o: !spak.tile<m=64, d=64 : f32>,
                      %scale: f32, %part: index) {
      %all, %out, %last = spak.softmax.join %rows, %o scale %scale part %part
          : !spak.rows<!spak.tile<m=64 : f32>>, !spak.tile<m=64, d=64 : f32>
      spak.return
    }
    ```
  }];
  let arguments = (ins Spak_Rows:$rows, Spak_Tile:$o, F32:$scale, Index:$part);
  let results = (outs Spak_Rows:$all_rows, Spak_Tile:$result, I1:$last);
  let assemblyFormat = [{
    $rows `,` $o `scale` $scale `part` $part attr-dict `:`
    qualified(type($rows)) `,` qualified(type($o))
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$rows, "::mlir::Value":$o,
                   "::mlir::Value":$scale, "::mlir::Value":$part), [{
      build($_builder, $_state, rows.getType(), o.getType(),
            $_builder.getI1Type(), rows, o, scale, part);
    }]>
  ];
}

#endif // SPAK_SOFTMAX_OPS
