// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: rings and roles: the staged form, still on values. No op here has a
// counter or a barrier: the k-th acquire or wait of a ring is its k-th slot.
#ifndef SPAK_STAGED_OPS
#define SPAK_STAGED_OPS

include "spak/Dialect/Spak/IR/SpakTypes.td"

/// Ring ops keep their order: each reads and writes the ring's state.
class Spak_RingEffect<string mnemonic, list<Trait> traits = []>
    : Spak_NamedOp<mnemonic, traits # [MemoryEffects<[MemRead, MemWrite]>]>;

def Spak_RingOp : Spak_NamedOp<"ring", [MemoryEffects<[MemAlloc]>]> {
  let summary = "a queue of slots between roles";
  let description = [{
    With `cluster = n` the blocks of a cluster of n go round their rings
    together: a slot is free once its tiles are read no more in all of them,
    for each block's fills write to all.

    ```mlir
    !k = !spak.tile<n=64, d=64 : bf16>
    !kv = !spak.view<N, D=64 : bf16>
    spak.kernel @through(%K: !kv, %n: !spak.range<n=64>) {
      %d = spak.all : !spak.range<d=64>
      %ring = spak.ring "k" via "tma" : !spak.ring<(!k), slots = 2>
      %put = spak.ring.acquire %ring : !spak.ring<(!k), slots = 2> -> !spak.slot<(!k)>
      spak.ring.fill %put[0], %K[%n, %d] : !spak.slot<(!k)>, !kv[!spak.range<n=64>, !spak.range<d=64>]
      spak.ring.commit %ring, %put : !spak.ring<(!k), slots = 2>, !spak.slot<(!k)>
      %got, %k = spak.ring.wait %ring : !spak.ring<(!k), slots = 2> -> !spak.slot<(!k)>, !k
      spak.ring.release %ring, %got : !spak.ring<(!k), slots = 2>, !spak.slot<(!k)>
      spak.return
    }
    ```
  }];
  let arguments = (ins StrAttr:$name,
                       Spak_Word<"mechanism", ["tma", "cp_async", "direct"]>:$via,
                       DefaultValuedAttr<I64Attr, "1">:$cluster);
  let results = (outs Spak_Ring:$ring);
  let assemblyFormat = "$name `via` $via attr-dict `:` qualified(type($ring))";
}

def Spak_RingAcquireOp : Spak_RingEffect<"ring.acquire"> {
  let summary = "the next slot, once it is free";
  let description = [{
    Example: see `ring`. RING-SLOT-TYPE: the slot holds the ring's tiles.
  }];
  let arguments = (ins Spak_Ring:$ring);
  let results = (outs Spak_Slot:$slot);
  let assemblyFormat = "$ring attr-dict `:` qualified(type($ring)) `->` qualified(type($slot))";
  let hasVerifier = 1;
}

def Spak_RingFillOp : Spak_RingEffect<"ring.fill"> {
  let summary = "start to copy a tile of a view into a slot";
  let description = [{
    The number in brackets says which tile of the slot. Example: see `ring`.
    With `multicast = n` the block fetches its n-th of the tile, for all blocks
    of its cluster. RING-SLOT-TYPE: the slot has that tile, and it could be
    loaded from there (LOAD-RANK, LOAD-AXES). RING-CLUSTER: a fill with
    multicast is one of a ring of that cluster.
  }];
  let arguments = (ins Spak_Slot:$slot, I64Attr:$tile, Spak_View:$view,
                       Variadic<Spak_RangeOrIndex>:$at,
                       DefaultValuedAttr<I64Attr, "1">:$multicast);
  let assemblyFormat = [{
    $slot `[` $tile `]` `,` $view `[` $at `]` attr-dict `:` qualified(type($slot)) `,`
    qualified(type($view)) `[` qualified(type($at)) `]`
  }];
  let hasVerifier = 1;
}

def Spak_RingPutOp : Spak_RingEffect<"ring.put"> {
  let summary = "write a tile from registers into a slot";
  let description = [{
    ```mlir
    !p = !spak.tile<m=64, n=64 : bf16>
    spak.kernel @hand_on(%p: !p) {
      %ring = spak.ring "p" via "direct" : !spak.ring<(!p), slots = 1>
      %slot = spak.ring.acquire %ring : !spak.ring<(!p), slots = 1> -> !spak.slot<(!p)>
      spak.ring.put %slot[0], %p : !spak.slot<(!p)>, !p
      spak.ring.commit %ring, %slot : !spak.ring<(!p), slots = 1>, !spak.slot<(!p)>
      spak.return
    }
    ```

    RING-SLOT-TYPE: the slot has that tile, apart from the layout.
  }];
  let arguments = (ins Spak_Slot:$slot, I64Attr:$tile, Spak_Tile:$src);
  let assemblyFormat = [{
    $slot `[` $tile `]` `,` $src attr-dict `:` qualified(type($slot)) `,` qualified(type($src))
  }];
  let hasVerifier = 1;
}

def Spak_RingCommitOp : Spak_RingEffect<"ring.commit"> {
  let summary = "hand the slot on once what fills it has landed";
  let description = [{
    Example: see `ring`. RING-SLOT-TYPE: the slot holds the ring's tiles.
  }];
  let arguments = (ins Spak_Ring:$ring, Spak_Slot:$slot);
  let assemblyFormat = "$ring `,` $slot attr-dict `:` qualified(type($ring)) `,` qualified(type($slot))";
  let hasVerifier = 1;
}

def Spak_RingWaitOp : Spak_RingEffect<"ring.wait"> {
  let summary = "the next slot, once it is full, and its tiles";
  let description = [{
    Example: see `ring`. RING-SLOT-TYPE: slot and tiles are the ring's.
  }];
  let arguments = (ins Spak_Ring:$ring);
  let results = (outs Spak_Slot:$slot, Variadic<Spak_Tile>:$tiles);
  let assemblyFormat = [{
    $ring attr-dict `:` qualified(type($ring)) `->` qualified(type($slot)) `,` qualified(type($tiles))
  }];
  let hasVerifier = 1;
}

def Spak_RingReleaseOp : Spak_RingEffect<"ring.release"> {
  let summary = "give the slot back: its tiles are read no more";
  let description = [{
    Example: see `ring`. RING-SLOT-TYPE: the slot holds the ring's tiles.
  }];
  let arguments = (ins Spak_Ring:$ring, Spak_Slot:$slot);
  let assemblyFormat = "$ring `,` $slot attr-dict `:` qualified(type($ring)) `,` qualified(type($slot))";
  let hasVerifier = 1;
}

def Spak_RolesOp : Spak_Op<"roles", [
    SingleBlock, NoTerminator, NoRegionArguments, RecursiveMemoryEffects]> {
  let summary = "roles that run at once";
  let description = [{
    ```mlir
    spak.kernel @parts() {
      spak.roles {
        spak.role @producer warps 4 registers 24 {
        }
        spak.role @consumer warps 8 registers 240 turn ["qk"] {
          spak.turn "take" "qk"
          spak.turn "pass" "qk"
        }
      }
      spak.return
    }
    ```

    ROLES-ONLY-ROLES: nothing but roles inside, with different names; and with
    a target, their threads and registers are within its limits.
  }];
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Spak_RoleOp : Spak_Op<"role", [
    SingleBlockImplicitTerminator<"YieldOp">, NoRegionArguments,
    RecursiveMemoryEffects, HasParent<"RolesOp">]> {
  let summary = "what a set of warps runs";
  let description = [{
    `turn` names the batons that its groups pass to each other. Example: see
    `roles`.
  }];
  let arguments = (ins SymbolNameAttr:$name, I64Attr:$warps, I64Attr:$registers,
                       OptionalAttr<StrArrayAttr>:$turn);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $name `warps` $warps `registers` $registers (`turn` $turn^)?
    attr-dict-with-keyword $body
  }];
  let builders = [
    /// Without a body: the caller makes its block.
    OpBuilder<(ins "::llvm::StringRef":$name, "int64_t":$warps,
                   "int64_t":$registers)>
  ];
}

def Spak_TurnOp : Spak_Op<"turn", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "take or pass a baton among the groups of a role";
  let description = [{
    Example: see `roles`. TURN-DECLARED: the role around it names the baton.
  }];
  let arguments = (ins Spak_Word<"turn", ["take", "pass"]>:$what,
                       StrAttr:$baton);
  let assemblyFormat = "$what $baton attr-dict";
  let hasVerifier = 1;
}

#endif // SPAK_STAGED_OPS
