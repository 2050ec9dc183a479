// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: data movement between global memory, shared memory and registers.
#ifndef SPAK_CUDA_COPY_OPS
#define SPAK_CUDA_COPY_OPS

include "spak/Dialect/SpakCuda/IR/SyncOps.td"

def SpakCuda_TmaLoadOp
    : SpakCuda_Op<"tma.load", [ReadWrite, AttrSizedOperandSegments]> {
  let summary = "one TMA box, global to shared, signals the ring's full barrier";
  let description = [{
    `coords` are element coordinates, innermost dimension first. The box lands
    at the slot's start + `offset` + `at`, in bytes. Issued by one thread. With
    `multicast = n` it lands there, and signals that ring, in all n blocks of
    the cluster.
  }];
  let arguments = (ins SpakCuda_TensorMapType:$map, Variadic<I32>:$coords,
                       SpakCuda_SmemType:$dst, I32:$slot, Optional<I32>:$at,
                       SpakCuda_RingType:$ring, I32:$count,
                       DefaultValuedAttr<I64Attr, "0">:$offset,
                       OptionalAttr<StrAttr>:$cache,
                       DefaultValuedAttr<I64Attr, "1">:$multicast);
  let builders = [
    /// \p at, a byte offset known at run time only, may be null.
    OpBuilder<(ins "::mlir::Value":$map, "::mlir::ValueRange":$coords,
                   "::mlir::Value":$dst, "::mlir::Value":$slot,
                   "int64_t":$offset, "::mlir::Value":$ring,
                   "::mlir::Value":$count, CArg<"::mlir::Value", "{}">:$at,
                   CArg<"int64_t", "1">:$multicast), [{
      build($_builder, $_state, map, coords, dst, slot, at, ring, count,
            $_builder.getI64IntegerAttr(offset), /*cache=*/nullptr,
            $_builder.getI64IntegerAttr(multicast));
    }]>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    $map `[` $coords `]` `into` $dst `[` $slot `]` (`at` $at^)?
    `signals` $ring `,` $count attr-dict `:` type($dst) `,` type($ring)
  }];
}

def SpakCuda_TmaStoreOp
    : SpakCuda_Op<"tma.store", [ReadWrite, AttrSizedOperandSegments]> {
  let summary = "one TMA box, shared to global, and commits its group";
  let description = [{
    Done by the thread where `when` holds; elements outside the tensor are not
    written. `combine = "add"` reduces in memory.
  }];
  let arguments = (ins SpakCuda_TensorMapType:$map, Variadic<I32>:$coords,
                       SpakCuda_SmemType:$src, I32:$slot, Optional<I32>:$at,
                       I1:$when, DefaultValuedAttr<I64Attr, "0">:$offset,
                       OptionalAttr<StrAttr>:$combine);
  let builders = [
    OpBuilder<(ins "::mlir::Value":$map, "::mlir::ValueRange":$coords,
                   "::mlir::Value":$src, "::mlir::Value":$slot,
                   "int64_t":$offset, "::mlir::Value":$when), [{
      build($_builder, $_state, map, coords, src, slot, /*at=*/::mlir::Value(),
            when, $_builder.getI64IntegerAttr(offset), /*combine=*/nullptr);
    }]>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    $src `[` $slot `]` (`at` $at^)? `to` $map `[` $coords `]` `when` $when
    attr-dict `:` type($src)
  }];
}

def SpakCuda_TmaWaitReadOp : SpakCuda_Op<"tma.wait_read", [ReadWrite]> {
  let summary = "until at most `left` stores still read shared memory";
  let arguments = (ins I64Attr:$left, I1:$when);
  let assemblyFormat = "$left `when` $when attr-dict";
}

def SpakCuda_TmaWaitAllOp : SpakCuda_Op<"tma.wait_all", [ReadWrite]> {
  let summary = "until all stores of the thread have completed";
  let arguments = (ins I1:$when);
  let assemblyFormat = "`when` $when attr-dict";
}

def SpakCuda_StMatrixOp
    : SpakCuda_Op<"stmatrix", [ReadWrite]> {
  let summary = "a warpgroup writes one slab of an accumulator to shared memory";
  let description = [{
    Packed registers `first`, `first + 1`, … (`width / 8` of them, `width / 32`
    stmatrix.x4) of an m64 accumulator go to the slab's 64 rows of `width`
    bytes that begin at row `row` of slot `slot`, byte `offset`; the slab is
    swizzled by `width`. `width` is 32, 64 or 128 bytes.
  }];
  let arguments = (ins SpakCuda_FragType:$frag, I64Attr:$first,
                       SpakCuda_SmemType:$dst, I32:$slot, Optional<I32>:$row,
                       I64Attr:$width,
                       DefaultValuedAttr<I64Attr, "0">:$offset);
  let builders = [
    OpBuilder<(ins "::mlir::Value":$frag, "int64_t":$first,
                   "::mlir::Value":$dst, "::mlir::Value":$slot,
                   "::mlir::Value":$row, "int64_t":$width,
                   CArg<"int64_t", "0">:$offset), [{
      build($_builder, $_state, frag, $_builder.getI64IntegerAttr(first), dst,
            slot, row, $_builder.getI64IntegerAttr(width),
            $_builder.getI64IntegerAttr(offset));
    }]>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    $frag `from` $first `,` $dst `[` $slot `]` (`row` $row^)? `width` $width
    attr-dict `:` type($frag) `,` type($dst)
  }];
}

def SpakCuda_LdMatrixOp : SpakCuda_Op<"ldmatrix", [ReadWrite]> {
  let summary = "a warpgroup reads its rows of a tile into registers";
  let description = [{
    The mirror image of `stmatrix`: 64 rows of all slabs, which are `slab`
    bytes apart, from row `row` of slot `slot` on. Each slab has rows of
    `width` bytes and is swizzled by `width`. The registers lie as those of a
    product's result, packed, and as those of its A operand. When it is done,
    all lanes of the warp have read, so that one of them may give back the
    slot.
  }];
  let arguments = (ins SpakCuda_SmemType:$src, I32:$slot, Optional<I32>:$row,
                       I64Attr:$width, I64Attr:$slab);
  let results = (outs Res<SpakCuda_FragType, "", [MemAlloc]>:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $src `[` $slot `]` (`row` $row^)? `width` $width `slab` $slab
    attr-dict `:` type($src) `->` type($result)
  }];
}

def SpakCuda_LoadFragOp : SpakCuda_Op<"load_frag", [AttrSizedOperandSegments]> {
  let summary = "strided global memory to registers, zero where absent";
  let description = [{
    Register i reads `src[base + sum over axes a of x_a * stride_a]` with
    `x_a = coord_a + pattern_a(i)`, where `when` holds and every `x_a` is below
    `limit_a`; otherwise it is zero. Offsets and strides are in elements. `vec`
    registers in a row are contiguous and aligned and go in one access.
  }];
  let arguments = (ins Arg<SpakCuda_GlobalType, "", [MemRead]>:$src, I64:$base,
                       Variadic<I32>:$coords, Variadic<I64>:$strides,
                       Variadic<I32>:$limits, Optional<I1>:$when,
                       ArrayAttr:$patterns,
                       DefaultValuedAttr<I64Attr, "1">:$vec);
  let results = (outs Res<SpakCuda_FragType, "", [MemAlloc]>:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $src `[` $base `]` `coords` `(` $coords `)` `by` $patterns
    `strides` `(` $strides `)` `limits` `(` $limits `)` (`when` $when^)?
    attr-dict `:` type($src) `->` type($result)
  }];
}

def SpakCuda_StoreFragOp
    : SpakCuda_Op<"store_frag", [AttrSizedOperandSegments]> {
  let summary = "registers to strided global memory, where present";
  let description = [{
    The mirror image of `load_frag`: register i is written at the same address
    under the same condition. No branch: each access is predicated. Of packed
    pairs the patterns count elements; they are written one by one, or with
    `vec = 2` pair by pair. With `pinned` the address before the offsets of
    registers is held in a register, and the accesses are offsets from it.
  }];
  let arguments = (ins SpakCuda_FragType:$frag,
                       Arg<SpakCuda_GlobalType, "", [MemWrite]>:$dst, I64:$base,
                       Variadic<I32>:$coords, Variadic<I64>:$strides,
                       Variadic<I32>:$limits, Optional<I1>:$when,
                       ArrayAttr:$patterns,
                       DefaultValuedAttr<I64Attr, "1">:$vec,
                       UnitAttr:$pinned);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $frag `,` $dst `[` $base `]` `coords` `(` $coords `)` `by` $patterns
    `strides` `(` $strides `)` `limits` `(` $limits `)` (`when` $when^)?
    attr-dict `:` type($frag) `,` type($dst)
  }];
}

def SpakCuda_LoadOp : SpakCuda_Op<"load"> {
  let summary = "one element of global memory";
  let arguments = (ins Arg<SpakCuda_GlobalType, "", [MemRead]>:$src,
                       I64:$offset);
  let results = (outs AnyType:$result);
  let assemblyFormat = [{
    $src `[` $offset `]` attr-dict `:` type($src) `->` type($result)
  }];
}

def SpakCuda_StoreOp : SpakCuda_Op<"store"> {
  let summary = "one element to global memory where `when` holds";
  let arguments = (ins AnyType:$value,
                       Arg<SpakCuda_GlobalType, "", [MemWrite]>:$dst,
                       I64:$offset, I1:$when);
  let assemblyFormat = [{
    $value `,` $dst `[` $offset `]` `when` $when attr-dict
    `:` type($value) `,` type($dst)
  }];
}

#endif // SPAK_CUDA_COPY_OPS
