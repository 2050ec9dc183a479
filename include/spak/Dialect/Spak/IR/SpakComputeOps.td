// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the ops on tiles that upstream dialects do not have. Element-wise
// arithmetic is arith and math.
#ifndef SPAK_COMPUTE_OPS
#define SPAK_COMPUTE_OPS

include "spak/Dialect/Spak/IR/SpakTypes.td"

def Spak_DotOp : Spak_NamedOp<"dot", [Pure, AttrSizedOperandSegments]> {
  let summary = "sum of products over one axis";
  let description = [{
    The result has the other axes of both operands. With `acc` the sum is added
    to it. `instr` is the instruction, once decided. With `part = [from, n]`
    only elements from, ..., from + n - 1 of the axis are contracted: a product
    that is issued in several pieces is a chain of such dots through `acc`.
    With `hand_off` the group's turn at the tensor core ends behind this dot.
    With `needed %bits along "n" by c` only blocks of 64 rows and c elements of
    axis n whose bit is set (see spak.needed) are multiplied. Where n is an axis
    of the result, the others are unspecified; where n is contracted, the others
    are zero in the operand that has the rows.

    ```mlir
    spak.kernel @scores(%q: !spak.tile<m=64, d=64 : bf16>, %k: !spak.tile<n=64, d=64 : bf16>) {
      %s = spak.dot %q, %k over "d" : !spak.tile<m=64, d=64 : bf16>, !spak.tile<n=64, d=64 : bf16>
          -> !spak.tile<m=64, n=64 : f32>
      spak.return
    }
    ```

    DOT-OVER: both operands have the axis, with equal sizes.
    DOT-FREE-AXES: the result's axes are the operands' others, and no two of
    them are one. DOT-ACC-TYPE: acc has the result's type.
    DOT-INSTR-LAYOUT: the layouts fit the instruction. DOT-PART: the part lies
    inside the axis; one that does not begin it has an acc. DOT-NEEDED: a tile
    has the axis, in blocks of a multiple of 16; the dot is in one part.
  }];
  let arguments = (ins Spak_Tile:$a, Spak_Tile:$b, Optional<Spak_Tile>:$acc,
                       Optional<Index>:$needed, OptionalAttr<StrAttr>:$along,
                       OptionalAttr<I64Attr>:$by, StrAttr:$over, OptionalAttr<StrAttr>:$instr,
                       OptionalAttr<DenseI64ArrayAttr>:$part,
                       UnitAttr:$hand_off);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = [{
    $a `,` $b (`acc` $acc^)? (`needed` $needed^ `along` $along `by` $by)?
    `over` $over attr-dict `:` qualified(type($a)) `,` qualified(type($b))
    (`,` qualified(type($acc))^)? `->` qualified(type($result))
  }];
  let hasVerifier = 1;
  let builders = [
    /// \p acc may be null.
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$a,
                   "::mlir::Value":$b, "::mlir::Value":$acc,
                   "::llvm::StringRef":$over), [{
      build($_builder, $_state, result, a, b, acc, ::mlir::Value(),
            ::mlir::StringAttr(), ::mlir::IntegerAttr(),
            $_builder.getStringAttr(over), ::mlir::StringAttr(),
            ::mlir::DenseI64ArrayAttr(), ::mlir::UnitAttr());
    }]>
  ];
  let extraClassDeclaration = [{
    /// The first element of the axis that is contracted, and how many are.
    std::pair<int64_t, int64_t> contracted();
  }];
}

def Spak_ReduceOp : Spak_NamedOp<"reduce", [Pure]> {
  let summary = "combine the elements along one axis";
  let description = [{
    ```mlir
    spak.kernel @sums(%x: !spak.tile<m=64, d=64 : f32>) {
      %sum = spak.reduce "add" %x over "d" : !spak.tile<m=64, d=64 : f32> -> !spak.tile<m=64 : f32>
      spak.return
    }
    ```

    REDUCE-DROPS-ONE: the result has the source's axes but `over`, in order,
    and its element type.
  }];
  let arguments = (ins Spak_Tile:$src,
                       Spak_Word<"kind", ["add", "max", "min"]>:$kind,
                       StrAttr:$over);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat =
      "$kind $src `over` $over attr-dict `:` qualified(type($src)) `->` qualified(type($result))";
  let hasVerifier = 1;
}

def Spak_BroadcastOp : Spak_NamedOp<"broadcast", [Pure]> {
  let summary = "repeat a tile along axes that it does not have";
  let description = [{
    ```mlir
    spak.kernel @spread(%x: !spak.tile<m=64 : f32>) {
      %y = spak.broadcast %x : !spak.tile<m=64 : f32> -> !spak.tile<m=64, n=8 : f32>
      spak.return
    }
    ```

    BROADCAST-KEEPS: the source's axes are in the result, in order and with
    their sizes; so is its element type.
  }];
  let arguments = (ins Spak_Tile:$src);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = "$src attr-dict `:` qualified(type($src)) `->` qualified(type($result))";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Spak_SplatOp : Spak_NamedOp<"splat", [Pure]> {
  let summary = "a scalar at every element";
  let description = [{
    ```mlir
    spak.kernel @scale(%scale: f32) {
      %x = spak.splat %scale : f32 -> !spak.tile<m=64 : f32>
      spak.return
    }
    ```

    SPLAT-ELEMENT: the tile's element type.
  }];
  let arguments = (ins Spak_Scalar:$src);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = "$src attr-dict `:` qualified(type($src)) `->` qualified(type($result))";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Spak_IndexOp : Spak_NamedOp<"index", [Pure]> {
  let summary = "the coordinates of a range, as a tile";
  let description = [{
    ```mlir
    spak.kernel @coordinates(%n: !spak.range<n=64>) {
      %j = spak.index %n : !spak.range<n=64> -> !spak.tile<n=64 : i32>
      spak.return
    }
    ```

    INDEX-AXIS: the tile has the range's axis only, of integers.
  }];
  let arguments = (ins Spak_Range:$range);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = "$range attr-dict `:` qualified(type($range)) `->` qualified(type($result))";
  let hasVerifier = 1;
}

def Spak_MaskOp : Spak_NamedOp<"mask", [
    Pure, AttrSizedOperandSegments, AllTypesMatch<["src", "result"]>]> {
  let summary = "-inf where no map keeps the element";
  let description = [{
    The predicate is data. `keep` is a union of affine maps over coordinates
    (one dimension per range) and uniform integers (symbols): an element is
    kept if in some map every result is >= 0.

    ```mlir
    #causal = affine_map<(i, j)[M, N] -> (i - j + N - M)>
    #prefix = affine_map<(i, j)[M, N] -> (15 - j)>
    spak.kernel @masked(%s: !spak.tile<m=64, n=64 : f32>, %m: !spak.range<m=64>,
                        %n: !spak.range<n=64>, %M: index, %N: index) {
      %t = spak.mask %s where [#causal, #prefix] (%m, %n)[%M, %N]
          : (!spak.range<m=64>, !spak.range<n=64>) !spak.tile<m=64, n=64 : f32>
      spak.return
    }
    ```

    MASK-DIMS: each map has one dimension per range and one symbol per integer;
    each range is an axis of the tile. MASK-FLOAT: the tile can hold -inf.
  }];
  let arguments = (ins Spak_Tile:$src, AffineMapArrayAttr:$keep,
                       Variadic<Spak_Range>:$ranges, Variadic<Index>:$syms);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = [{
    $src `where` $keep `(` $ranges `)` `[` $syms `]` attr-dict `:`
    `(` qualified(type($ranges)) `)` qualified(type($src))
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Value":$src,
                   "::llvm::ArrayRef<::mlir::AffineMap>":$keep,
                   "::mlir::ValueRange":$ranges, "::mlir::ValueRange":$syms), [{
      build($_builder, $_state, src.getType(), src,
            $_builder.getAffineMapArrayAttr(keep), ranges, syms);
    }]>
  ];
  let extraClassDeclaration = [{
    /// The maps of the union.
    ::llvm::SmallVector<::mlir::AffineMap> getMaps() {
      return ::llvm::to_vector(
          getKeep().getAsValueRange<::mlir::AffineMapAttr>());
    }
  }];
}

def Spak_NeededOp : Spak_NamedOp<"needed", [Pure, AttrSizedOperandSegments]> {
  let summary = "the blocks of a tile of which a mask may keep something";
  let description = [{
    The tile has `blocks = [r, c]` blocks of 64 elements of axis `rows` and `by`
    elements of axis `columns`. Bit i * c + j of the result is set if `keep`,
    read as in spak.mask, keeps an element of block (i, j); it may be set where
    it keeps none. Of several masks of one tile the bits are joined by `and`.

    ```mlir
    #causal = affine_map<(i, j)[M, N] -> (i - j + N - M)>
    spak.kernel @halves(%m: !spak.range<m=128>, %n: !spak.range<n=128>, %M: index, %N: index) {
      %bits = spak.needed where [#causal] (%m, %n)[%M, %N] rows "m" columns "n" by 64 blocks [2, 2]
          : (!spak.range<m=128>, !spak.range<n=128>)
      spak.return
    }
    ```

    NEEDED-DIMS: each map has one dimension per range and one symbol per integer.
    NEEDED-BLOCKS: there are at most 32, none of them empty.
  }];
  let arguments = (ins AffineMapArrayAttr:$keep, Variadic<Spak_Range>:$ranges,
                       Variadic<Index>:$syms, StrAttr:$rows, StrAttr:$columns,
                       I64Attr:$by, DenseI64ArrayAttr:$blocks);
  let results = (outs Index:$result);
  let assemblyFormat = [{
    `where` $keep `(` $ranges `)` `[` $syms `]` `rows` $rows `columns` $columns
    `by` $by `blocks` $blocks attr-dict `:` `(` qualified(type($ranges)) `)`
  }];
  let hasVerifier = 1;
}

def Spak_SelectOp : Spak_NamedOp<"select", [
    Pure, AllTypesMatch<["a", "b", "result"]>]> {
  let summary = "one of two tiles, element by element";
  let description = [{
    ```mlir
    spak.kernel @choose(%a: !spak.tile<m=64 : f32>, %b: !spak.tile<m=64 : f32>) {
      %c = arith.cmpf olt, %a, %b : !spak.tile<m=64 : f32>
      %least = spak.select %c, %a, %b : !spak.tile<m=64 : i1>, !spak.tile<m=64 : f32>
      spak.return
    }
    ```

    SELECT-CONDITION: the condition is the operands' tile with elements i1.
  }];
  let arguments = (ins Spak_Tile:$cond, Spak_Tile:$a, Spak_Tile:$b);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat =
      "$cond `,` $a `,` $b attr-dict `:` qualified(type($cond)) `,` qualified(type($result))";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Spak_ConvertOp : Spak_NamedOp<"convert", [Pure]> {
  let summary = "change the element type";
  let description = [{
    To nearest even where the new type is narrower. With `await_next` the
    operands of the next iteration's first product are awaited right before:
    a wait for the product that still reads the registers cannot move in front
    of what made the source.

    ```mlir
    spak.kernel @narrow(%x: !spak.tile<m=64 : f32>) {
      %y = spak.convert %x : !spak.tile<m=64 : f32> -> !spak.tile<m=64 : bf16>
      spak.return
    }
    ```

    CONVERT-ELEMENT-ONLY: axes, sizes and layout stay.
  }];
  let arguments = (ins Spak_Tile:$src, UnitAttr:$await_next);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = "$src attr-dict `:` qualified(type($src)) `->` qualified(type($result))";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Spak_RampOp : Spak_NamedOp<"ramp", [
    Pure, AttrSizedOperandSegments, AllTypesMatch<["src", "result"]>]> {
  let summary = "add a multiple of an affine function of the indices";
  let description = [{
    `src + by * along(ranges)[syms]`, the function in integers. Written by
    form-scores. Where only the pieces of an online softmax read it, an element
    costs one multiply-add by a constant: what the elements of a thread's row
    have in common is added to the row's maximum and to the offset of its
    exponentials.

    ```mlir
    #distance = affine_map<(i, j)[M, N] -> (j - i + M - N)>
    spak.kernel @ramp(%s: !spak.tile<m=64, n=64 : f32>, %m: !spak.range<m=64>,
                      %n: !spak.range<n=64>, %M: index, %N: index, %by: f32) {
      %t = spak.ramp %s by %by along #distance (%m, %n)[%M, %N]
          : (!spak.range<m=64>, !spak.range<n=64>) !spak.tile<m=64, n=64 : f32>
      spak.return
    }
    ```

    RAMP-DIMS: the map has one dimension per range, one symbol per integer and
    one result; each range is an axis of the tile, in f32. RAMP-LINEAR: no
    dimension is divided.
  }];
  let arguments = (ins Spak_Tile:$src, F32:$by, AffineMapAttr:$along,
                       Variadic<Spak_Range>:$ranges, Variadic<Index>:$syms);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = [{
    $src `by` $by `along` $along `(` $ranges `)` `[` $syms `]` attr-dict `:`
    `(` qualified(type($ranges)) `)` qualified(type($src))
  }];
  let hasVerifier = 1;
}

def Spak_RoundedOp
    : Spak_NamedOp<"rounded", [Pure, AllTypesMatch<["src", "result"]>]> {
  let summary = "a function, as exact as the type that it is rounded to needs";
  let description = [{
    The value has type f32, but an error that is a small part of the rounding
    to `type`; include/spak/Support/RoundedFunctions.h has the bounds. Written
    by plan-functions, in place of the ops that it found.

    ```mlir
    spak.kernel @activation(%x: !spak.tile<m=64 : f32>) {
      %h = spak.rounded "gelu" %x for bf16 : !spak.tile<m=64 : f32>
      %y = spak.convert %h : !spak.tile<m=64 : f32> -> !spak.tile<m=64 : bf16>
      spak.return
    }
    ```

    ROUNDED-TYPES: f32 inside, bf16 or f16 next.
  }];
  let arguments = (ins Spak_Tile:$src,
                       Spak_Word<"function", ["gelu", "sigmoid", "silu"]>:$function,
                       TypeAttr:$type);
  let results = (outs Spak_Tile:$result);
  let assemblyFormat =
      "$function $src `for` $type attr-dict `:` qualified(type($src))";
  let hasVerifier = 1;
}

def Spak_ConvertLayoutOp : Spak_NamedOp<"convert_layout", [Pure]> {
  let summary = "move elements to where another layout has them";
  let description = [{
    From `partial` to `rep` the values along that axis are combined. What goes
    to shared memory lies in the buffer of number `buffer`, which holds one
    tile at a time.

    ```mlir
    #rows = #spak.layout<reg = [2:m*32], lane = [32:m]>
    #cols = #spak.layout<reg = [2:m], lane = [32:m*2]>
    spak.kernel @move(%x: !spak.tile<m=64 : f32, #rows>) {
      %y = spak.convert_layout %x : !spak.tile<m=64 : f32, #rows> -> !spak.tile<m=64 : f32, #cols>
      spak.return
    }
    ```

    CONVERT-LAYOUT-ONLY: axes, sizes and element type stay; both have a layout.
    CONVERT-BUFFER: a result in shared memory has a buffer, no other has.
  }];
  let arguments = (ins Spak_Tile:$src, OptionalAttr<I64Attr>:$buffer);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$src), [{
      build($_builder, $_state, result, src, ::mlir::IntegerAttr());
    }]>
  ];
  let results = (outs Spak_Tile:$result);
  let assemblyFormat = "$src attr-dict `:` qualified(type($src)) `->` qualified(type($result))";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // SPAK_COMPUTE_OPS
