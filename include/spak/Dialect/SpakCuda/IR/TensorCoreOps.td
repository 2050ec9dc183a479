// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: wgmma and its ordering. One op is one whole dot: the k-loop is the
// descriptor's. Fragments are tied: a result is its operand's storage.
#ifndef SPAK_CUDA_TENSOR_CORE_OPS
#define SPAK_CUDA_TENSOR_CORE_OPS

include "spak/Dialect/SpakCuda/IR/SyncOps.td"

def SpakCuda_WgmmaSSOp
    : SpakCuda_Op<"wgmma.ss", [ReadWrite, AttrSizedOperandSegments]> {
  let summary = "m64 nN kK product, both operands in shared memory";
  let description = [{
    Issues k/16 asynchronous wgmma. Without `acc` the result starts from zero;
    with it, the result is `acc`'s storage. Operands start at their slot plus
    the optional byte offsets. A piece of a product begins at k-step `first`.
    With `blocks %bits by c at s` columns jc to jc + c - 1, whose rows of B lie
    js bytes behind B's first, are added only where bit j is set.
  }];
  let arguments = (ins SpakCuda_SmemType:$a, I32:$a_slot,
                       Optional<I32>:$a_offset, SpakCuda_SmemType:$b,
                       I32:$b_slot, Optional<I32>:$b_offset,
                       Optional<SpakCuda_FragType>:$acc, Optional<I32>:$blocks,
                       SpakCuda_DescAttr:$a_desc, SpakCuda_DescAttr:$b_desc,
                       I64Attr:$n, I64Attr:$k,
                       OptionalAttr<I64Attr>:$first,
                       OptionalAttr<I64Attr>:$by,
                       OptionalAttr<I64Attr>:$block_bytes);
  let results = (outs SpakCuda_FragType:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $a `[` $a_slot `]` (`at` $a_offset^)? `desc` $a_desc `,`
    $b `[` $b_slot `]` (`at` $b_offset^)?
    `desc` $b_desc (`acc` $acc^)?
    `n` $n `k` $k (`first` $first^)? (`blocks` $blocks^ `by` $by `at` $block_bytes)?
    attr-dict `:` type($a) `,` type($b) `->` type($result)
    custom<AccType>(ref($acc), ref(type($result)), type($acc))
  }];
}

def SpakCuda_WgmmaRSOp
    : SpakCuda_Op<"wgmma.rs", [ReadWrite, AttrSizedOperandSegments]> {
  let summary = "m64 nN kK product, A in registers, B in shared memory";
  let description = [{
    A's packed registers 4j to 4j + 3 are k-step j. They must stay untouched
    until the group has completed. A piece of a product begins at k-step
    `first`. With `blocks %bits by c` elements jc to jc + c - 1 of what is
    contracted count only where bit j is set.
  }];
  let arguments = (ins SpakCuda_FragType:$a, SpakCuda_SmemType:$b,
                       I32:$b_slot, Optional<I32>:$b_offset,
                       Optional<SpakCuda_FragType>:$acc, Optional<I32>:$blocks,
                       SpakCuda_DescAttr:$b_desc, I64Attr:$n, I64Attr:$k,
                       OptionalAttr<I64Attr>:$first,
                       OptionalAttr<I64Attr>:$by);
  let results = (outs SpakCuda_FragType:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $a `,` $b `[` $b_slot `]` (`at` $b_offset^)?
    `desc` $b_desc (`acc` $acc^)?
    `n` $n `k` $k (`first` $first^)? (`blocks` $blocks^ `by` $by)? attr-dict `:` type($a) `,` type($b) `->` type($result)
    custom<AccType>(ref($acc), ref(type($result)), type($acc))
  }];
}

// Results are the operands, in order.
def SpakCuda_WgmmaFenceOp : SpakCuda_Op<"wgmma.fence", [ReadWrite]> {
  let summary = "orders register accesses before the wgmma that follow";
  let arguments = (ins Variadic<SpakCuda_FragType>:$frags);
  let results = (outs Variadic<SpakCuda_FragType>:$results);
  let builders = [
    OpBuilder<(ins CArg<"::mlir::ValueRange", "{}">:$frags), [{
      build($_builder, $_state, frags.getTypes(), frags);
    }]>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    (`of` $frags^ `:` type($frags))? attr-dict (`->` type($results)^)?
  }];
}

def SpakCuda_WgmmaCommitOp : SpakCuda_Op<"wgmma.commit", [ReadWrite]> {
  let summary = "closes a group of wgmma";
  let assemblyFormat = "attr-dict";
}

def SpakCuda_WgmmaWaitOp : SpakCuda_Op<"wgmma.wait", [ReadWrite]> {
  let summary = "until at most `left` groups are in flight";
  let description = [{
    Carries every fragment that is complete afterwards: accumulators and A
    registers.
  }];
  let arguments = (ins I64Attr:$left, Variadic<SpakCuda_FragType>:$frags);
  let results = (outs Variadic<SpakCuda_FragType>:$results);
  let builders = [
    OpBuilder<(ins "int64_t":$left, "::mlir::ValueRange":$frags), [{
      build($_builder, $_state, frags.getTypes(),
            $_builder.getI64IntegerAttr(left), frags);
    }]>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    $left (`of` $frags^ `:` type($frags))? attr-dict (`->` type($results)^)?
  }];
}

#endif // SPAK_CUDA_TENSOR_CORE_OPS
