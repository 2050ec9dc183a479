// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the attributes in which decisions, requests, facts and limits travel.
#ifndef SPAK_ATTRS
#define SPAK_ATTRS

include "spak/Dialect/Spak/IR/SpakBase.td"

def Spak_LayoutAttr : Spak_Attr<"Layout", "layout"> {
  let summary = "where each element of a tile lives";
  let description = [{
    A list of digits for each hardware dimension, fastest first: `extent`, or
    `extent:axis`, or `extent:axis*stride`. The dimensions are `reg`, `lane`,
    `warp` and `group` for a tile spread over threads, or `off` for a tile in
    shared memory, counted in elements; `swizzle = [B, M, S]` then xors bits of
    the byte offset. Two axes are reserved: along `rep` all hold the same
    value, along `partial` the values are still to be combined.
    `spak/Layout/Layout.h` has the law and the arithmetic.

    ```mlir
    #acc = #spak.layout<reg = [2:n, 2:m*8, 16:n*8], lane = [4:n*2, 8:m],
                        warp = [4:m*16], group = [2:m*64]>
    #shared = #spak.layout<off = [64:d, 128:n, 2:d*64], swizzle = [3, 4, 3]>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$dims,
                        ArrayRefParameter<"int64_t">:$extents,
                        ArrayRefParameter<"::mlir::StringAttr">:$axes,
                        ArrayRefParameter<"int64_t">:$strides,
                        ArrayRefParameter<"int64_t">:$swizzle);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// True if the tile lies in shared memory.
    bool isShared() const;
    /// True if some value along \p axis is the same or still to be combined.
    bool hasPartial() const;
    /// The layout as arithmetic, and back.
    ::spak::layout::Layout toLayout() const;
    static LayoutAttr fromLayout(::mlir::MLIRContext *context,
                                 const ::spak::layout::Layout &layout);
  }];
}

def Spak_StagingAttr : Spak_Attr<"Staging", "staging"> {
  let summary = "how a tile travels between global memory and the threads";
  let description = [{
    The mechanism (`tma`, `cp_async` or `direct`) and the number of slots that
    it goes through. The layout of a slot is the layout of the tile. With
    `multicast = n` the n blocks of a cluster need the same tile: each fetches
    one n-th of it for all of them.
  }];
  let parameters = (ins StringRefParameter<>:$via, "int64_t":$slots,
                        DefaultValuedParameter<"int64_t", "1">:$multicast);
  let assemblyFormat = [{
    `<` $via `,` `slots` `=` $slots (`,` `multicast` `=` $multicast^)? `>`
  }];
  let builders = [
    AttrBuilder<(ins "::llvm::StringRef":$via, "int64_t":$slots), [{
      return $_get($_ctxt, via, slots, /*multicast=*/1);
    }]>
  ];
  let genVerifyDecl = 1;
}

def Spak_RoleAttr : Spak_Attr<"Role", "role"> {
  let summary = "the warps of one role and the registers of each thread";
  let parameters = (ins StringRefParameter<>:$name, "int64_t":$warps,
                        "int64_t":$registers);
  let assemblyFormat = [{
    `<` $name `,` `warps` `=` $warps `,` `registers` `=` $registers `>`
  }];
}

def Spak_RolesAttr : Spak_Attr<"Roles", "roles"> {
  let summary = "the roles of a kernel, in the order of their warps";
  let parameters = (ins ArrayRefParameter<"::spak::ir::RoleAttr">:$list);
  let assemblyFormat = "`<` `[` $list `]` `>`";
}

def Spak_OverlapAttr : Spak_Attr<"Overlap", "overlap"> {
  let summary = "how far iterations reach into each other";
  let description = [{
    `distance` iterations run at once; with `pingpong` the groups of a role
    take turns at the tensor core; `rescale` says when accumulators are scaled
    (`always`, `if_any`).
  }];
  let parameters = (ins "int64_t":$distance, "bool":$pingpong,
                        "::mlir::StringAttr":$rescale);
  let assemblyFormat = [{
    `<` `distance` `=` $distance `,` `pingpong` `=` $pingpong `,`
    `rescale` `=` $rescale `>`
  }];
}

def Spak_OrderAttr : Spak_Attr<"Order", "order"> {
  let summary = "the order in which blocks take the tiles of a grid";
  let description = [{
    The schedule, the grid's variables from fastest to slowest, and parameters
    of the raster: `group_x = n` takes n values of x at a time, each with all
    of the next slower variable; `x = "longest_first"` counts x downwards.

    Schedules: with `one_per_cta` a block takes one place of the raster. With
    `persistent_static` block i of k takes the places i, i + k, i + 2k, ...;
    with `persistent_snake` every second round runs the other way, so that
    blocks which got the longer tile of one round get the shorter of the next.
    With `persistent_paired` places come in pairs: the fastest variable x, with
    `x = "paired"`, is run through from both ends, the longest tile and then the
    shortest, so that all pairs are the same work and blocks take the pairs in
    turn. Where x is odd, its shortest tile is run twice. With
    `persistent_dynamic` block i begins with place i, and then claims the next
    place that nobody has: long and short tiles even out as they come.

    With `tail = "split"` (persistent_static only) the tiles that fill no whole
    round are cut along their loop, so that every block has an equal number of
    their steps: T tiles of L steps on P blocks leave R = T mod P tiles, and
    block i takes the steps [i c, (i + 1) c) of their R L, c = ceil(R L / P),
    in at most two visits. A launch of fewer tiles than multiprocessors has
    more blocks than tiles.

    ```mlir
    #order = #spak.order<"persistent_static", ["h", "b", "m"],
                         {m = "longest_first"}>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$schedule,
                        "::mlir::ArrayAttr":$fastest,
                        "::mlir::DictionaryAttr":$params);
  let assemblyFormat = "`<` $schedule `,` $fastest `,` $params `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether \p schedule is one that this attribute knows.
    static bool isSchedule(::llvm::StringRef schedule) {
      return schedule == "one_per_cta" || schedule == "persistent_static" ||
             schedule == "persistent_snake" ||
             schedule == "persistent_paired" ||
             schedule == "persistent_dynamic";
    }
    /// Whether a block takes several tiles.
    bool isPersistent() const { return getSchedule() != "one_per_cta"; }
    /// Whether every second round of a persistent grid runs backwards.
    bool isSnake() const { return getSchedule() == "persistent_snake"; }
    /// Whether a block claims its places one by one.
    bool isDynamic() const { return getSchedule() == "persistent_dynamic"; }
    /// Whether a block takes two places at a time.
    bool isPaired() const { return getSchedule() == "persistent_paired"; }
    /// Whether the tiles that fill no whole round are cut.
    bool splitsTail() const {
      auto tail = getParams().getAs<::mlir::StringAttr>("tail");
      return tail && tail.getValue() == "split";
    }
    /// Whether \p variable is run through from both ends.
    bool isPaired(::llvm::StringRef variable) const {
      auto how = getParams().getAs<::mlir::StringAttr>(variable);
      return how && how.getValue() == "paired";
    }
  }];
}

def Spak_StageAttr : Spak_Attr<"Stage", "stage"> {
  let summary = "when an op of a loop's body runs";
  let description = [{
    Stage s of iteration j runs beside stage s - 1 of iteration j + 1; there,
    ops run in the order of `order`.
  }];
  let parameters = (ins "int64_t":$stage, "int64_t":$order);
  let assemblyFormat = "`<` $stage `,` $order `>`";
}

def Spak_TargetAttr : Spak_Attr<"Target", "target"> {
  let summary = "the limits and abilities of the target";
  let parameters = (ins "::mlir::DictionaryAttr":$limits);
  let assemblyFormat = "`<` $limits `>`";
}

def Spak_FactAttr : Spak_Attr<"Fact", "fact"> {
  let summary = "a measured opinion, with its source";
  let parameters = (ins StringRefParameter<>:$name, "::mlir::Attribute":$value,
                        "::mlir::StringAttr":$source);
  let assemblyFormat = "`<` $name `=` $value `from` $source `>`";
}

def Spak_RequestAttr : Spak_Attr<"Request", "request"> {
  let summary = "what the schedule of the source asks of the decisions";
  let parameters = (ins "::mlir::DictionaryAttr":$entries);
  let assemblyFormat = "`<` $entries `>`";
}

#endif // SPAK_ATTRS
