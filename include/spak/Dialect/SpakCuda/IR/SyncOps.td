// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: shared buffers, rings of barriers, named barriers and fences.
#ifndef SPAK_CUDA_SYNC_OPS
#define SPAK_CUDA_SYNC_OPS

include "spak/Dialect/SpakCuda/IR/SpakCudaBase.td"

defvar ReadWrite = MemoryEffects<[MemRead, MemWrite]>;

def SpakCuda_SharedOp : SpakCuda_Op<"shared"> {
  let summary = "a named buffer in dynamic shared memory";
  let description = [{
    `offset` (bytes from the block's base) is given by allocate-shared;
    `align` is in bytes, 1024 for anything swizzled or read by wgmma.
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<I64Attr>:$offset,
                       DefaultValuedAttr<I64Attr, "1024">:$align);
  let results = (outs Res<SpakCuda_SmemType, "", [MemAlloc]>:$result);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$type, "::llvm::StringRef":$name), [{
      build($_builder, $_state, type, $_builder.getStringAttr(name),
            /*offset=*/nullptr, $_builder.getI64IntegerAttr(1024));
    }]>
  ];
  let hasVerifier = 1;
  let assemblyFormat = "$name (`at` $offset^)? attr-dict `:` type($result)";
}

def SpakCuda_RingOp : SpakCuda_Op<"ring"> {
  let summary = "full and empty mbarriers, one pair a slot";
  let description = [{
    16 bytes a slot: the full barriers, then the empty ones. The arrival
    counts are per phase. Initialised by the kernel's first lines. With
    `cluster = n` the readers of all n blocks of the cluster arrive on each
    block's empty barriers.
  }];
  let arguments = (ins StrAttr:$name, I64Attr:$full_arrivals,
                       I64Attr:$empty_arrivals, OptionalAttr<I64Attr>:$offset,
                       DefaultValuedAttr<I64Attr, "1">:$cluster);
  let results = (outs Res<SpakCuda_RingType, "", [MemAlloc]>:$result);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$type, "::llvm::StringRef":$name,
                   "int64_t":$full, "int64_t":$empty,
                   CArg<"int64_t", "1">:$cluster), [{
      build($_builder, $_state, type, $_builder.getStringAttr(name),
            $_builder.getI64IntegerAttr(full),
            $_builder.getI64IntegerAttr(empty), /*offset=*/nullptr,
            $_builder.getI64IntegerAttr(cluster));
    }]>
  ];
  let assemblyFormat = [{
    $name `full` $full_arrivals `empty` $empty_arrivals (`at` $offset^)?
    attr-dict `:` type($result)
  }];
}

// The counter runs up from 0 and is never reset: slot = count % slots, parity
// = count / slots % 2.
class SpakCuda_RingCountOp<string mnemonic, string text>
    : SpakCuda_Op<mnemonic, [ReadWrite]> {
  let summary = text;
  let arguments = (ins SpakCuda_RingType:$ring, I32:$count);
  let assemblyFormat = "$ring `,` $count attr-dict `:` type($ring)";
}

def SpakCuda_RingAcquireOp
    : SpakCuda_RingCountOp<"ring.acquire", "waits until the slot is empty">;
def SpakCuda_RingWaitOp : SpakCuda_Op<"ring.wait", [ReadWrite]> {
  let summary = "waits until the slot is full";
  let description = [{
    With `when`, which is uniform, only where that holds. Such a wait ends a
    basic block, so that what stands behind it stays there.
  }];
  let arguments = (ins SpakCuda_RingType:$ring, I32:$count, Optional<I1>:$when);
  let builders = [
    OpBuilder<(ins "::mlir::Value":$ring, "::mlir::Value":$count), [{
      build($_builder, $_state, ring, count, /*when=*/::mlir::Value());
    }]>
  ];
  let assemblyFormat = "$ring `,` $count (`when` $when^)? attr-dict `:` type($ring)";
}
def SpakCuda_RingCommitOp
    : SpakCuda_RingCountOp<"ring.commit", "arrives on the slot's full barrier">;

def SpakCuda_RingExpectOp : SpakCuda_Op<"ring.expect", [ReadWrite]> {
  let summary = "arrives on the full barrier and announces TMA bytes";
  let arguments = (ins SpakCuda_RingType:$ring, I32:$count, I64Attr:$bytes);
  let assemblyFormat = [{
    $ring `,` $count `bytes` $bytes attr-dict `:` type($ring)
  }];
}

def SpakCuda_RingReleaseOp : SpakCuda_Op<"ring.release", [ReadWrite]> {
  let summary = "arrives on the slot's empty barrier where `when` holds";
  let description = [{
    With `to`, on the barrier of that block of the cluster.
  }];
  let arguments = (ins SpakCuda_RingType:$ring, I32:$count, I1:$when,
                       Optional<I32>:$to);
  let assemblyFormat = [{
    $ring `,` $count `when` $when (`to` $to^)? attr-dict `:` type($ring)
  }];
}

def SpakCuda_ClaimOp : SpakCuda_Op<"claim", [ReadWrite]> {
  let summary = "claims the next place of the grid that no block has";
  let description = [{
    One thread of the block adds 1 to word `at` of `counter`, and hands the
    number, after those that blocks begin with, to whoever takes it from slot
    `count` of `ring` and `to`. Numbers from `places` on say that
    there are no more. The counter begins at 0 and runs up to `places` - 1:
    every block claims until it gets none, so it is 0 again at the end.
  }];
  let arguments = (ins Arg<SpakCuda_GlobalType, "", [MemRead, MemWrite]>:$counter,
                       I32:$at, I32:$places, SpakCuda_SmemType:$to, SpakCuda_RingType:$ring,
                       I32:$count);
  let results = (outs I32:$result);
  let assemblyFormat = [{
    $counter `[` $at `]` `of` $places `to` $to `by` $ring `,` $count attr-dict
    `:` type($counter) `,` type($to) `,` type($ring)
  }];
}

def SpakCuda_TakeOp : SpakCuda_Op<"take", [ReadWrite]> {
  let summary = "takes a place that was claimed, and gives its slot back";
  let description = [{
    All lanes wait and read; those arrive where `when` holds. The result is
    the same in all of them.
  }];
  let arguments = (ins SpakCuda_SmemType:$from, SpakCuda_RingType:$ring,
                       I32:$count, I1:$when);
  let results = (outs I32:$result);
  let assemblyFormat = [{
    $from `by` $ring `,` $count `when` $when attr-dict
    `:` type($from) `,` type($ring)
  }];
}

def SpakCuda_StopUnlessOp : SpakCuda_Op<"stop_unless", [ReadWrite]> {
  let summary = "ends the loop around it where `condition` does not hold";
  let description = [{
    Stands in front of everything in the loop's body that has an effect, so the
    loop ends as if it had no more iterations: its results are the values that
    this one was entered with.
  }];
  let arguments = (ins I1:$condition);
  let hasVerifier = 1;
  let assemblyFormat = "$condition attr-dict";
}

def SpakCuda_BarrierIdsOp : SpakCuda_Op<"barrier_ids"> {
  let summary = "the first of `ids` named barriers in a row";
  let description = [{
    A name for ids that are not given yet: allocate-shared replaces the op by a
    constant. All uses of these barriers have the same thread count.
  }];
  let arguments = (ins StrAttr:$name, I64Attr:$ids);
  let results = (outs Res<I32, "", [MemAlloc]>:$first);
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$name, "int64_t":$ids), [{
      build($_builder, $_state, $_builder.getI32Type(),
            $_builder.getStringAttr(name), $_builder.getI64IntegerAttr(ids));
    }]>
  ];
  let assemblyFormat = "$name `ids` $ids attr-dict";
}

class SpakCuda_NamedBarrierOp<string mnemonic, string text>
    : SpakCuda_Op<mnemonic, [ReadWrite]> {
  let summary = text;
  let description = [{
    Ids 1 to 15; one id always goes with one thread count. `name` is what
    allocate-shared numbers: barriers of one name get one id range.
  }];
  let arguments = (ins I32:$id, I64Attr:$threads);
  let assemblyFormat = "$id `threads` $threads attr-dict";
}

def SpakCuda_BarSyncOp
    : SpakCuda_NamedBarrierOp<"bar.sync", "arrives and waits">;
def SpakCuda_BarArriveOp
    : SpakCuda_NamedBarrierOp<"bar.arrive", "arrives without waiting">;

def SpakCuda_SyncThreadsOp : SpakCuda_Op<"syncthreads", [ReadWrite]> {
  let summary = "__syncthreads()";
  let assemblyFormat = "attr-dict";
}

def SpakCuda_ClusterSyncOp : SpakCuda_Op<"cluster_sync", [ReadWrite]> {
  let summary = "until all threads of all blocks of the cluster are here";
  let assemblyFormat = "attr-dict";
}

def SpakCuda_FenceAsyncOp : SpakCuda_Op<"fence_async", [ReadWrite]> {
  let summary = "orders generic writes to shared memory before TMA and wgmma";
  let assemblyFormat = "attr-dict";
}

#endif // SPAK_CUDA_SYNC_OPS
