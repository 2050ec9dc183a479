// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what blocks that work on one tile hand to each other through the
// workspace. Every thread of a group leaves its registers where a thread of
// the same number takes them: no thread looks at another's.
#ifndef SPAK_CUDA_PARTIAL_OPS
#define SPAK_CUDA_PARTIAL_OPS

include "spak/Dialect/SpakCuda/IR/SpakCudaBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

def SpakCuda_OpaqueOp
    : SpakCuda_Op<"opaque", [SameOperandsAndResultType,
                             MemoryEffects<[MemWrite]>]> {
  let summary = "a number of which the CUDA compiler knows nothing";
  let description = [{
    What is computed from it is computed where it stands, and keeps no register
    busy on the way there.
  }];
  let arguments = (ins I32:$value);
  let results = (outs I32:$result);
  let assemblyFormat = "$value attr-dict";
}

def SpakCuda_PartialLeaveOp : SpakCuda_Op<"partial.leave"> {
  let summary = "leaves registers for the group that comes last";
  let description = [{
    Writes the fragments, one behind the other, from `workspace[word]` on, then
    counts the group at `workspace[counter]`. True in all threads of the group
    if it is the last of `pieces`: what the others left can be read then, and
    the counter is zero again. All threads of the group arrive at `barrier`.
  }];
  let arguments = (ins Arg<SpakCuda_GlobalType, "", [MemRead, MemWrite]>:$workspace,
                       I32:$word, I32:$counter, I32:$pieces, I32:$barrier,
                       Variadic<SpakCuda_FragType>:$frags);
  let results = (outs I1:$last);
  let assemblyFormat = [{
    $frags `at` $workspace `[` $word `]` `counter` $counter `of` $pieces
    `barrier` $barrier attr-dict `:` type($frags) `at` type($workspace)
  }];
  let hasVerifier = 1;
}

def SpakCuda_PartialTakeOp : SpakCuda_Op<"partial.take"> {
  let summary = "a fragment that a group left";
  let arguments = (ins Arg<SpakCuda_GlobalType, "", [MemRead]>:$workspace,
                       I32:$word);
  let results = (outs Res<SpakCuda_FragType, "", [MemAlloc]>:$result);
  let assemblyFormat = [{
    $workspace `[` $word `]` attr-dict `:` type($workspace) `->` type($result)
  }];
}

def SpakCuda_PartialAddOp
    : SpakCuda_Op<"partial.add", [AllTypesMatch<["acc", "result"]>]> {
  let summary = "adds a fragment that a group left";
  let description = [{
    The result is `acc`'s storage: what it was, zero if `fresh`, plus what was
    left, times register `pattern(i)` of `factor` where there is one.
  }];
  let arguments = (ins Arg<SpakCuda_GlobalType, "", [MemRead]>:$workspace,
                       I32:$word, SpakCuda_FragType:$acc, I1:$fresh,
                       Optional<SpakCuda_FragType>:$factor,
                       OptionalAttr<SpakCuda_PatternAttr>:$pattern);
  let results = (outs Res<SpakCuda_FragType, "", [MemAlloc]>:$result);
  let assemblyFormat = [{
    $workspace `[` $word `]` `to` $acc `fresh` $fresh (`times` $factor^ `by` $pattern)?
    attr-dict `:` type($workspace) `,` type($acc) (`,` type($factor)^)?
  }];
  let hasVerifier = 1;
}

#endif // SPAK_CUDA_PARTIAL_OPS
