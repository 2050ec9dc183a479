// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: ranges, and the ops between views and tiles.
#ifndef SPAK_MEMORY_OPS
#define SPAK_MEMORY_OPS

include "spak/Dialect/Spak/IR/SpakTypes.td"

def Spak_AllOp : Spak_NamedOp<"all", [Pure]> {
  let summary = "the range that is a whole axis";
  let description = [{
    ```mlir
    spak.kernel @whole() {
      %d = spak.all : !spak.range<d=128>
      spak.return
    }
    ```
  }];
  let results = (outs Spak_Range:$range);
  let assemblyFormat = "attr-dict `:` qualified(type($range))";
}

def Spak_TileRangeOp : Spak_NamedOp<"tile_range", [Pure]> {
  let summary = "the range of the tile with a given number";
  let description = [{
    ```mlir
    spak.kernel @first() {
      %zero = arith.constant 0 : index
      %n = spak.tile_range %zero : !spak.range<n=64>
      spak.return
    }
    ```
  }];
  let arguments = (ins Index:$tile);
  let results = (outs Spak_Range:$range);
  let assemblyFormat = "$tile attr-dict `:` qualified(type($range))";
}

def Spak_SubrangeOp : Spak_NamedOp<"subrange", [
    Pure, AllTypesMatch<["range", "result"]>]> {
  let summary = "a range moved on, and cut at an end";
  let description = [{
    The range begins `from` elements later. A store skips what lies at `to` or
    behind; a load may read it, as far as the view reaches: a mask or select
    keeps it from counting.

    ```mlir
    spak.kernel @rows(%m: !spak.range<m=64>, %first: index, %end: index) {
      %rows = spak.subrange %m from %first to %end : !spak.range<m=64>
      spak.return
    }
    ```
  }];
  let arguments = (ins Spak_Range:$range, Index:$from, Index:$to);
  let results = (outs Spak_Range:$result);
  let assemblyFormat =
      "$range `from` $from `to` $to attr-dict `:` qualified(type($range))";
}

def Spak_StartOp : Spak_NamedOp<"start", [Pure]> {
  let summary = "the first element of a range";
  let description = [{
    Of tile i of an axis with tiles of size s it is i * s.

    ```mlir
    spak.kernel @from(%n: !spak.range<n=64>) {
      %first = spak.start %n : !spak.range<n=64>
      spak.return
    }
    ```
  }];
  let arguments = (ins Spak_Range:$range);
  let results = (outs Index:$result);
  let assemblyFormat = "$range attr-dict `:` qualified(type($range))";
  let hasFolder = 1;
}

def Spak_ClusterStartOp : Spak_NamedOp<"cluster_start", [Pure]> {
  let summary = "the first element of a range of the block's cluster";
  let description = [{
    `blocks` tiles in a row along an axis of the grid belong to the blocks of
    one cluster. This is where the first of them begins, or the `last`: the
    same number in each of these blocks. Of an index it is the index itself.

    ```mlir
    spak.kernel @ends(%m: !spak.range<m=64>) {
      %from = spak.cluster_start %m of 2 : !spak.range<m=64>
      %to = spak.cluster_start %m last of 2 : !spak.range<m=64>
      spak.return
    }
    ```

    CLUSTER-BLOCKS: 2 blocks or more.
  }];
  let arguments = (ins Spak_RangeOrIndex:$range, I64Attr:$blocks,
                       UnitAttr:$last);
  let results = (outs Index:$result);
  let assemblyFormat = [{
    $range (`last` $last^)? `of` $blocks attr-dict `:` qualified(type($range))
  }];
  let hasVerifier = 1;
}

def Spak_TileCountOp : Spak_NamedOp<"tile_count", [Pure]> {
  let summary = "how many tiles cover an extent";
  let description = [{
    The extent divided by the size, rounded up; 0 for an extent of 0 or less.

    ```mlir
    spak.kernel @tiles(%N: index) {
      %tiles = spak.tile_count %N by 64
      spak.return
    }
    ```

    TILE-COUNT-SIZE: the size is positive.
  }];
  let arguments = (ins Index:$extent, I64Attr:$size);
  let results = (outs Index:$result);
  let assemblyFormat = "$extent `by` $size attr-dict";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Spak_PackAxesOp : Spak_NamedOp<"pack_axes", [Pure]> {
  let summary = "a view of which two axes are read as one";
  let description = [{
    Axis `outer` of the result has `size` elements for each of the view's:
    element r is element r / size along `outer`, and r % size elements after
    the index along `inner`. Without `inner` each element stands `size` times.
    A tile of rows so holds `size` heads of fewer rows.

    ```mlir
    spak.kernel @heads(%Q: !spak.view<H, M, D=64 : bf16>, %h: index, %r: !spak.range<m_g=64>) {
      %d = spak.all : !spak.range<d=64>
      %rows = spak.pack_axes %Q 1 with 0 by 8 : !spak.view<H, M, D=64 : bf16>
          -> !spak.view<H, M_H, D=64 : bf16>
      %q = spak.load %rows[%h, %r, %d]
          : !spak.view<H, M_H, D=64 : bf16>[index, !spak.range<m_g=64>, !spak.range<d=64>]
          -> !spak.tile<m_g=64, d=64 : bf16>
      spak.return
    }
    ```

    PACK-AXES: `outer` and `inner` are two axes of the view, `size` is 2 or
    more. PACK-VIEW: the result is the view with another axis `outer`, of
    `size` times the elements; the view is an argument of the kernel.
  }];
  let arguments = (ins Spak_View:$view, I64Attr:$outer,
                       OptionalAttr<I64Attr>:$inner, I64Attr:$size);
  let results = (outs Spak_View:$result);
  let assemblyFormat = [{
    $view $outer (`with` $inner^)? `by` $size attr-dict `:`
    qualified(type($view)) `->` qualified(type($result))
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The op behind \p view if its axis \p axis is packed; else null.
    static PackAxesOp behind(::mlir::Value view, int64_t axis);
  }];
}

def Spak_LoadOp : Spak_NamedOp<"load", [MemoryEffects<[MemRead]>]> {
  let summary = "a tile of a view";
  let description = [{
    One range or index per axis of the view. Elements beyond the view's extent
    are 0. `staging` is how the tile travels, once decided.

    ```mlir
    spak.kernel @row(%Q: !spak.view<H, M, D=64 : bf16>, %h: index, %m: !spak.range<m=128>) {
      %d = spak.all : !spak.range<d=64>
      %q = spak.load %Q[%h, %m, %d] {staging = #spak.staging<"tma", slots = 1>}
          : !spak.view<H, M, D=64 : bf16>[index, !spak.range<m=128>, !spak.range<d=64>]
          -> !spak.tile<m=128, d=64 : bf16>
      spak.return
    }
    ```

    LOAD-RANK: one range or index per axis. LOAD-AXES: the tile's axes are the
    ranges, in order, with the view's element type.
  }];
  let arguments = (ins Spak_View:$view, Variadic<Spak_RangeOrIndex>:$at,
                       OptionalAttr<Spak_StagingAttr>:$staging);
  let results = (outs Spak_Tile:$tile);
  let assemblyFormat = [{
    $view `[` $at `]` attr-dict `:` qualified(type($view)) `[` qualified(type($at)) `]` `->`
    qualified(type($tile))
  }];
  let hasVerifier = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Type":$tile, "::mlir::Value":$view,
                   "::mlir::ValueRange":$at), [{
      build($_builder, $_state, tile, view, at, StagingAttr());
    }]>
  ];
}

def Spak_LoadScalarOp : Spak_NamedOp<"load_scalar", [
    MemoryEffects<[MemRead]>]> {
  let summary = "one element of a view";
  let description = [{
    0 beyond the view's extent.

    ```mlir
    spak.kernel @length(%L: !spak.view<B : i32>, %b: index) {
      %length = spak.load_scalar %L[%b] : !spak.view<B : i32> -> i32
      spak.return
    }
    ```

    LOAD-RANK: one index per axis. LOAD-ELEMENT: the view's element type.
  }];
  let arguments = (ins Spak_View:$view, Variadic<Index>:$at);
  let results = (outs Spak_Scalar:$value);
  let assemblyFormat =
      "$view `[` $at `]` attr-dict `:` qualified(type($view)) `->` qualified(type($value))";
  let hasVerifier = 1;
}

def Spak_StoreOp : Spak_Op<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "write a tile to a view";
  let description = [{
    Elements beyond the view's extent are not written. With `combine` each
    element is combined with what the view holds.

    ```mlir
    spak.kernel @write(%C: !spak.view<M, N : f32>, %m: !spak.range<m=64>,
                       %n: !spak.range<n=64>, %c: !spak.tile<m=64, n=64 : f32>) {
      spak.store %c, %C[%m, %n] combine "add"
          : !spak.tile<m=64, n=64 : f32>, !spak.view<M, N : f32>[!spak.range<m=64>, !spak.range<n=64>]
      spak.return
    }
    ```

    STORE-RANK and STORE-AXES: as for loads. STORE-DISJOINT: each variable of
    the grid selects what is written, unless combined.
  }];
  let arguments = (ins Spak_Tile:$tile, Spak_View:$view,
                       Variadic<Spak_RangeOrIndex>:$at,
                       OptionalAttr<Spak_Word<"combine", ["add", "max"]>>:$combine,
                       OptionalAttr<Spak_StagingAttr>:$staging);
  let assemblyFormat = [{
    $tile `,` $view `[` $at `]` (`combine` $combine^)? attr-dict `:`
    qualified(type($tile)) `,` qualified(type($view)) `[` qualified(type($at)) `]`
  }];
  let hasVerifier = 1;
  let builders = [
    /// \p combine is empty, "add" or "max".
    OpBuilder<(ins "::mlir::Value":$tile, "::mlir::Value":$view,
                   "::mlir::ValueRange":$at,
                   CArg<"::llvm::StringRef", "{}">:$combine), [{
      build($_builder, $_state, tile, view, at,
            combine.empty() ? ::mlir::StringAttr()
                            : $_builder.getStringAttr(combine),
            StagingAttr());
    }]>
  ];
}

#endif // SPAK_MEMORY_OPS
