// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the ops that hold others, and what a kernel demands of its caller.
#ifndef SPAK_STRUCTURE_OPS
#define SPAK_STRUCTURE_OPS

include "spak/Dialect/Spak/IR/SpakTypes.td"

def Spak_KernelOp : Spak_Op<"kernel", [
    IsolatedFromAbove, AffineScope, FunctionOpInterface,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
                              ["getAsmBlockArgumentNames"]>]> {
  let summary = "a kernel: views, scalars and dimensions in, views out";
  let description = [{
    Arguments are tensors and scalars in the order of the source, then the
    dimensions, then the extents that are computed from them: an axis of a view
    has the size of the dim or extent of its name. `point` is the point of the design space, `request` what the
    source asks of the decisions, `roles` the roles that were decided.

    KERNEL-SAME-TILES: an op of another dialect has tiles of one kind only:
    same axes in the same order, same sizes, same layout. KERNEL-EXTENT: an
    argument of kind "extent" has a map over the dims, in their order.

    ```mlir
    spak.kernel @copy(%X: !spak.view<M : f32> {spak.name = "X", spak.kind = "in"},
                      %Y: !spak.view<M : f32> {spak.name = "Y", spak.kind = "out"},
                      %M: index {spak.name = "M", spak.kind = "dim"})
        attributes {point = {tile = 64}} {
      %tiles = spak.tile_count %M by 64
      spak.grid (%m : !spak.range<m=64> in %tiles) {
        %x = spak.load %X[%m] : !spak.view<M : f32>[!spak.range<m=64>] -> !spak.tile<m=64 : f32>
        spak.store %x, %Y[%m] : !spak.tile<m=64 : f32>, !spak.view<M : f32>[!spak.range<m=64>]
      }
      spak.return
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs,
                       OptionalAttr<DictionaryAttr>:$point,
                       OptionalAttr<Spak_RequestAttr>:$request,
                       OptionalAttr<Spak_RolesAttr>:$roles);
  let regions = (region AnyRegion:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [
    /// Without a body: the caller makes its block.
    OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type,
                   CArg<"::mlir::ArrayAttr", "{}">:$argAttrs,
                   CArg<"::mlir::DictionaryAttr", "{}">:$point,
                   CArg<"RequestAttr", "{}">:$request)>
  ];
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() {
      return getFunctionType().getInputs();
    }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() {
      return getFunctionType().getResults();
    }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    /// The source name of argument \p index; empty if it has none.
    std::string getArgName(unsigned index);
    /// "in", "out", "scalar", "dim" or "extent"; empty if not said.
    ::llvm::StringRef getKind(unsigned index);
    /// Of an extent, what it is: a map over the dims in order. Null for others.
    ::mlir::AffineMap getExtent(unsigned index);
    /// The arguments of kind "dim", in order.
    ::llvm::SmallVector<::mlir::BlockArgument> dimArguments();
    /// Adds to \p sizes, the dims by name, the extents that follow from them.
    /// Leaves out what divides by zero.
    void addExtents(std::map<std::string, int64_t> &sizes);
    /// The argument called \p name in the source; null if there is none.
    ::mlir::BlockArgument findArgument(::llvm::StringRef name);
  }];
}

def Spak_ReturnOp : Spak_Op<"return", [
    Terminator, Pure, HasParent<"KernelOp">]> {
  let summary = "end of a kernel";
  let assemblyFormat = "attr-dict";
}

def Spak_YieldOp : Spak_Op<"yield", [
    Terminator, Pure, ReturnLike,
    ParentOneOf<["GridOp", "ForOp", "RoleOp"]>]> {
  let summary = "end of an iteration, with the values carried on";
  let arguments = (ins Variadic<AnyType>:$args);
  let assemblyFormat = "($args^ `:` type($args))? attr-dict";
  let builders = [OpBuilder<(ins), [{
    build($_builder, $_state, ::mlir::ValueRange{});
  }]>];
}

def Spak_GridOp : Spak_Op<"grid", [
    SingleBlockImplicitTerminator<"YieldOp">, RecursiveMemoryEffects,
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
                              ["getAsmBlockArgumentNames"]>]> {
  let summary = "run the body for each tile and index, in any order";
  let description = [{
    Each variable is a range, which counts tiles, or an index, which counts
    from 0; both run below the extent. `order` says which block takes which;
    in a persistent order a block runs the body for several.

    ```mlir
    spak.kernel @order(%tiles: index, %heads: index) {
      spak.grid (%m : !spak.range<m=64> in %tiles, %h : index in %heads)
          attributes {order = #spak.order<"one_per_cta", ["m", "h"], {}>} {
      }
      spak.return
    }
    ```

    With `overlap` the end of a tile is to run beside the beginning of the
    block's next one. What is rotated so is a grid over the tiles that `follow`
    the block's first (`spak.first_tile`); it carries values from tile to tile:

    ```mlir
    spak.kernel @rotated(%tiles: index, %zero: index) {
      %first = spak.first_tile ["m"] in %tiles order <"persistent_static", ["m"], {}> : !spak.range<m=64>
      %last = spak.grid (%m : !spak.range<m=64> in %tiles) follow
          iter_args(%before = %first) -> (!spak.range<m=64>)
          attributes {order = #spak.order<"persistent_static", ["m"], {}>} {
        spak.yield %m : !spak.range<m=64>
      }
      spak.return
    }
    ```

    GRID-ARGUMENTS: one range or index per extent, then one argument for each
    carried value; initial value, argument, yielded value and result have one
    type. GRID-CARRIED: only a grid of tiles that follow carries values, and
    its order is persistent.
  }];
  let arguments = (ins Variadic<Index>:$extents,
                       Variadic<AnyType>:$init_args,
                       OptionalAttr<Spak_OrderAttr>:$order,
                       OptionalAttr<Spak_OverlapAttr>:$overlap,
                       UnitAttr:$follow);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$region);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [
    /// With a body that has arguments of \p types and no terminator yet.
    OpBuilder<(ins "::mlir::ValueRange":$extents,
                   "::llvm::ArrayRef<::mlir::Type>":$types,
                   "::llvm::ArrayRef<::mlir::Location>":$locs)>,
    /// Without a body: the caller makes its block.
    OpBuilder<(ins "::mlir::ValueRange":$extents, "OrderAttr":$order)>,
    /// The tiles that follow the first, carrying \p inits; without a body.
    OpBuilder<(ins "::mlir::ValueRange":$extents,
                   "::mlir::ValueRange":$inits, "OrderAttr":$order)>
  ];
  let extraClassDeclaration = [{
    /// What an order calls variable \p index: a range's axis, else the name
    /// that it has in the text, else "v" and its number.
    std::string variableName(unsigned index);
    /// The ranges and indices of the body, without what is carried.
    ::llvm::ArrayRef<::mlir::BlockArgument> getVariables() {
      return getRegion().getArguments().take_front(getExtents().size());
    }
    /// What the body carries from the tile before.
    ::llvm::ArrayRef<::mlir::BlockArgument> getRegionIterArgs() {
      return getRegion().getArguments().drop_front(getExtents().size());
    }
    YieldOp getYield();
  }];
}

def Spak_FirstTileOp : Spak_Op<"first_tile", [Pure]> {
  let summary = "the variables of the block's first tile";
  let description = [{
    What a `spak.grid` with the same extents and order would give its body
    first; `names` is what the order calls the variables. Every block of a
    launch has a first tile.

    ```mlir
    spak.kernel @first(%tiles: index, %heads: index) {
      %m, %h = spak.first_tile ["m", "h"] in %tiles, %heads
          order <"persistent_static", ["h", "m"], {}> : !spak.range<m=64>, index
      spak.return
    }
    ```

    FIRST-TILE: one range or index, and one name, per extent.
  }];
  let arguments = (ins Variadic<Index>:$extents, Spak_OrderAttr:$order,
                       StrArrayAttr:$names);
  let results = (outs Variadic<AnyType>:$variables);
  let assemblyFormat = [{
    $names `in` $extents `order` $order attr-dict `:` type($variables)
  }];
  let hasVerifier = 1;
}

def Spak_ShareOp : Spak_Op<"share", [Pure]> {
  let summary = "the steps of a tile that the block's visit has";
  let description = [{
    Of the steps [lower, upper) of a tile, which are as many for every tile,
    those of the visit that `of` belongs to: the first variable of a grid, or
    of `spak.first_tile`, whose order has `tail = "split"`. A visit has at
    least one step. `part` is the number of the tile among those that are cut,
    -1 where the visit has all steps.

    ```mlir
    spak.kernel @part(%tiles: index, %zero: index, %steps: index) {
      spak.grid (%m : !spak.range<m=64> in %tiles)
          attributes {order = #spak.order<"persistent_static", ["m"], {tail = "split"}>} {
        %from, %to, %part = spak.share %zero to %steps of %m : !spak.range<m=64>
      }
      spak.return
    }
    ```

    SHARE-OF: a variable of a grid or of a first tile.
  }];
  let arguments = (ins Index:$lower, Index:$upper, AnyType:$of);
  let results = (outs Index:$from, Index:$to, Index:$part);
  let assemblyFormat = "$lower `to` $upper `of` $of attr-dict `:` type($of)";
  let hasVerifier = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Value":$lower, "::mlir::Value":$upper,
                   "::mlir::Value":$of), [{
      ::mlir::Type index = $_builder.getIndexType();
      build($_builder, $_state, index, index, index, lower, upper, of);
    }]>
  ];
}

def Spak_JoinOp : Spak_Op<"join", [
    AllTypesMatch<["tile", "result"]>,
    MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "the sum of a tile that several visits have made parts of";
  let description = [{
    What a visit has of tile `part` joins what the others have. In the visit
    that comes last `last` holds and the result is the sum, always in the order
    of the steps; in the others the result is of no use. With `part = -1` the
    result is the tile.

    ```mlir
    spak.kernel @sum(%x: !spak.tile<m=64 : f32>, %part: index) {
      %all, %last = spak.join %x part %part : !spak.tile<m=64 : f32>
      spak.return
    }
    ```
  }];
  let arguments = (ins Spak_Tile:$tile, Index:$part);
  let results = (outs Spak_Tile:$result, I1:$last);
  let assemblyFormat = "$tile `part` $part attr-dict `:` qualified(type($tile))";
  let builders = [
    OpBuilder<(ins "::mlir::Value":$tile, "::mlir::Value":$part), [{
      build($_builder, $_state, tile.getType(), $_builder.getI1Type(), tile,
            part);
    }]>
  ];
}

def Spak_ForOp : Spak_NamedOp<"for", [
    SingleBlock, RecursiveMemoryEffects, AutomaticAllocationScope,
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<LoopLikeOpInterface,
      ["getInitsMutable", "getRegionIterArgs", "getYieldedValuesMutable",
       "getLoopResults"]>,
    DeclareOpInterfaceMethods<RegionBranchOpInterface,
      ["getEntrySuccessorOperands"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
      ["getAsmBlockArgumentNames"]>]> {
  let summary = "run the body for each tile of an axis, carrying values";
  let description = [{
    Tiles [lower, upper), none if lower >= upper; in reverse, the last first.
    With a *full range* [full_lower, full_upper) every mask in the body keeps
    everything for those tiles; it may reach beyond the loop's own bounds or
    be empty. `overlap` is what was decided about iterations side by side.

    ```mlir
    #inside = affine_map<(j)[N] -> (N - 1 - j)>
    spak.kernel @sum(%X: !spak.view<N : f32>, %Y: !spak.view<N : f32>,
                     %N: index, %tiles: index, %whole: index) {
      %zero = arith.constant 0 : index
      %init = arith.constant dense<0.0> : !spak.tile<n=64 : f32>
      %sum = spak.for %n : !spak.range<n=64> = %zero to %tiles full %zero to %whole
          iter_args(%acc = %init) -> (!spak.tile<n=64 : f32>) attributes {direction = "reverse"} {
        %x = spak.load %X[%n] : !spak.view<N : f32>[!spak.range<n=64>] -> !spak.tile<n=64 : f32>
        %next = arith.addf %acc, %x : !spak.tile<n=64 : f32>
        spak.yield %next : !spak.tile<n=64 : f32>
      }
      spak.return
    }
    ```

    FOR-CARRIED: argument 0 is a range; initial value, argument, yielded value
    and result have one type. FOR-FULL: both ends of the full range or none.
  }];
  let arguments = (ins
    Index:$lower, Index:$upper,
    Optional<Index>:$full_lower, Optional<Index>:$full_upper,
    Variadic<AnyType>:$init_args,
    DefaultValuedStrAttr<Spak_Word<"direction", ["forward", "reverse"]>,
                         "forward">:$direction,
    OptionalAttr<Spak_OverlapAttr>:$overlap,
    OptionalAttr<I64Attr>:$unroll);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$region);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let skipDefaultBuilders = 1;
  let builders = [
    /// With a body: the range and one argument per init, no terminator yet.
    /// The full range may be null.
    OpBuilder<(ins "::mlir::Value":$lower, "::mlir::Value":$upper,
                   "::mlir::Value":$fullLower, "::mlir::Value":$fullUpper,
                   "::mlir::ValueRange":$inits, "::mlir::Type":$range)>,
    OpBuilder<(ins "::mlir::Value":$lower, "::mlir::Value":$upper,
                   "::mlir::ValueRange":$inits, "::mlir::Type":$range)>,
    /// Without a body: the caller makes its block.
    OpBuilder<(ins "::mlir::Value":$lower, "::mlir::Value":$upper,
                   "::mlir::ValueRange":$inits)>
  ];
  let extraClassDeclaration = [{
    /// The tile that the iteration works on.
    ::mlir::BlockArgument getRange() { return getBody()->getArgument(0); }
    RangeType getRangeType() {
      return ::llvm::cast<RangeType>(getRange().getType());
    }
    bool isReverse() { return getDirection() == "reverse"; }
    bool hasFullRange() { return static_cast<bool>(getFullLower()); }
    void setFullRange(::mlir::Value lower, ::mlir::Value upper);
    void removeFullRange();
    YieldOp getYield();
  }];
}

def Spak_RequireOp : Spak_Op<"require"> {
  let summary = "a condition that the launch checks, and a fact after that";
  let description = [{
    The launch is refused with the text if the condition, computed from
    dimensions and scalars, is false.

    ```mlir
    spak.kernel @scaled(%scale: f32) {
      %zero = arith.constant 0.0 : f32
      %positive = arith.cmpf ogt, %scale, %zero : f32
      spak.require %positive, "scale > 0"
      spak.return
    }
    ```
  }];
  let arguments = (ins I1:$cond, StrAttr:$why);
  let assemblyFormat = "$cond `,` $why attr-dict";
  let hasCanonicalizeMethod = 1;
}

#endif // SPAK_STRUCTURE_OPS
