// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what happens in registers outside the tensor core. Every op that
// begins a register chain has an allocation effect, so that neither CSE nor
// LICM merges two chains.
#ifndef SPAK_CUDA_FRAGMENT_OPS
#define SPAK_CUDA_FRAGMENT_OPS

include "spak/Dialect/SpakCuda/IR/SpakCudaBase.td"

defvar FreshFrag = Res<SpakCuda_FragType, "", [MemAlloc]>;

def SpakCuda_FragFillOp : SpakCuda_Op<"frag.fill"> {
  let summary = "every register gets the same value";
  let arguments = (ins AnyType:$value);
  let results = (outs FreshFrag:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
}

def SpakCuda_FragCopyOp
    : SpakCuda_Op<"frag.copy", [AllTypesMatch<["frag", "result"]>]> {
  let summary = "a second storage for a few registers";
  let description = [{
    Written by prepare-emission only, where the old and the new row statistics
    are needed at the same time.
  }];
  let arguments = (ins SpakCuda_FragType:$frag);
  let results = (outs FreshFrag:$result);
  let builders = [OpBuilder<(ins "::mlir::Value":$frag), [{
    build($_builder, $_state, frag.getType(), frag);
  }]>];
  let assemblyFormat = "$frag attr-dict `:` type($frag)";
}

def SpakCuda_FragGetOp : SpakCuda_Op<"frag.get", [Pure]> {
  let summary = "one register as a scalar";
  let arguments = (ins SpakCuda_FragType:$frag, I64Attr:$index);
  let results = (outs AnyType:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $frag `[` $index `]` attr-dict `:` type($frag) `->` type($result)
  }];
}

def SpakCuda_MapOp
    : SpakCuda_Op<"map", [SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "element-wise arithmetic over registers";
  let description = [{
    For each register i of the result the region runs once. Its arguments are
    one element of every input (register `pattern(i)`; `unit` means i itself),
    then one i32 for every coordinate pattern: the compile-time value
    `pattern(i)`. Scalars of the surrounding code may be used inside. With
    `in_place k` the result is input k's storage. With `only = [p, e, v]`, which
    needs it, the registers i with i / p % e == v are written and the others
    stay; with `[p, e, v, n]` those with v <= i / p < v + n, where p e is the
    number of registers. With `fours = [first, member]` the one `math.tanh` of
    the region is computed for four registers at a time: member(0) to member(3)
    behind first(q), for each q. Its operand then is 2 / ln 2 times what the
    tanh is of.
  }];
  let arguments = (ins Variadic<SpakCuda_FragType>:$inputs,
                       ArrayAttr:$patterns, ArrayAttr:$coords,
                       OptionalAttr<I64Attr>:$in_place,
                       OptionalAttr<DenseI64ArrayAttr>:$only,
                       OptionalAttr<ArrayAttr>:$fours);
  let results = (outs FreshFrag:$result);
  let regions = (region SizedRegion<1>:$body);
  let skipDefaultBuilders = 1;
  let builders = [
    // `body` gets one scalar per input, then one i32 per coordinate, and
    // returns the value to yield. A null pattern means `unit`.
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::ValueRange":$inputs,
                   "::llvm::ArrayRef<::mlir::Attribute>":$patterns,
                   "::llvm::ArrayRef<::mlir::Attribute>":$coords,
                   "std::optional<int64_t>":$inPlace,
                   "::llvm::function_ref<::mlir::Value(::mlir::OpBuilder &, ::mlir::Location, ::mlir::ValueRange)>":$body)>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    (`of` $inputs^)? `by` $patterns `coords` $coords (`in_place` $in_place^)?
    attr-dict-with-keyword $body `:` functional-type($inputs, $result)
  }];
  let extraClassDeclaration = [{
    ::mlir::Block *getBlock() { return &getBody().front(); }
  }];
}

def SpakCuda_RowReduceOp : SpakCuda_Op<"row_reduce"> {
  let summary = "reduces a thread's registers to its rows";
  let description = [{
    Row `rows(i)` of the result combines all registers i of `frag`, and `start`
    where given. `kind` is "max", "min" or "add". `chains` independent partial
    results per row shorten the dependence chain (they are combined at the
    end). With `only = [p, e, v]` the registers i with i / p % e == v, all of
    one row, are combined; the result is the storage of `start`, whose other
    rows stay.
  }];
  let arguments = (ins StrAttr:$kind, SpakCuda_FragType:$frag,
                       SpakCuda_PatternAttr:$rows,
                       Optional<SpakCuda_FragType>:$start,
                       DefaultValuedAttr<I64Attr, "2">:$chains,
                       OptionalAttr<DenseI64ArrayAttr>:$only);
  let results = (outs FreshFrag:$result);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::llvm::StringRef":$kind,
                   "::mlir::Value":$frag, "PatternAttr":$rows,
                   CArg<"::mlir::Value", "{}">:$start,
                   CArg<"int64_t", "2">:$chains,
                   CArg<"::mlir::DenseI64ArrayAttr", "{}">:$only), [{
      build($_builder, $_state, result, $_builder.getStringAttr(kind), frag,
            rows, start, $_builder.getI64IntegerAttr(chains), only);
    }]>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    $kind $frag `rows` $rows (`from` $start^ `:` type($start))? attr-dict
    `:` type($frag) `->` type($result)
  }];
}

def SpakCuda_LaneReduceOp
    : SpakCuda_Op<"lane_reduce", [AllTypesMatch<["frag", "result"]>]> {
  let summary = "combines each register over lanes, by xor of the lane index";
  let arguments = (ins StrAttr:$kind, SpakCuda_FragType:$frag,
                       DenseI64ArrayAttr:$xor_masks);
  let results = (outs FreshFrag:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $kind $frag `xor` $xor_masks attr-dict `:` type($frag)
  }];
}

def SpakCuda_PackOp : SpakCuda_Op<"pack"> {
  let summary = "rounds pairs of f32 registers to packed 16-bit registers";
  let description = [{
    Result register i holds registers 2i (low half) and 2i + 1 (high half),
    rounded to nearest even. With `only = [p, e, v]` the registers i with
    i / p % e == v are written; the others are those of `into`, if given, whose
    storage the result then is.
  }];
  let arguments = (ins SpakCuda_FragType:$frag,
                       Optional<SpakCuda_FragType>:$into,
                       OptionalAttr<DenseI64ArrayAttr>:$only);
  let results = (outs FreshFrag:$result);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$frag), [{
      build($_builder, $_state, result, frag, /*into=*/::mlir::Value(),
            ::mlir::DenseI64ArrayAttr());
    }]>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    $frag (`into` $into^ `:` type($into))? attr-dict `:` type($frag) `->` type($result)
  }];
}

def SpakCuda_UnpackOp : SpakCuda_Op<"unpack"> {
  let summary = "packed 16-bit registers as pairs of f32 registers";
  let description = "The inverse of pack, apart from what pack rounded off.";
  let arguments = (ins SpakCuda_FragType:$frag);
  let results = (outs FreshFrag:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$frag attr-dict `:` type($frag) `->` type($result)";
}

def SpakCuda_RoundedOp
    : SpakCuda_Op<"rounded", [Pure]> {
  let summary = "a function of one number that is rounded to `type` next";
  let arguments = (ins F32:$x, StrAttr:$function, TypeAttr:$type);
  let results = (outs F32:$result);
  let assemblyFormat = "$function $x `for` $type attr-dict";
}

def SpakCuda_WarpAnyOp : SpakCuda_Op<"warp_any", [Pure]> {
  let summary = "true in the whole warp if true in any lane (uniform)";
  let arguments = (ins I1:$value);
  let results = (outs I1:$result);
  let assemblyFormat = "$value attr-dict";
}

#endif // SPAK_CUDA_FRAGMENT_OPS
