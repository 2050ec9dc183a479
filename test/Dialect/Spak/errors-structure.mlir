// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Rules of structure, rings and roles, each under its label.
// RUN: spak-opt %s -split-input-file -verify-diagnostics
// KERNEL-SAME-TILES: upstream compares shapes and element types only.
spak.kernel @axes(%x: !spak.tile<m=64, n=64 : f32>, %y: !spak.tile<n=64, m=64 : f32>) {
  // expected-error @+1 {{mixes tiles of different axes or layout}}
  %0 = "arith.mulf"(%x, %y) : (!spak.tile<m=64, n=64 : f32>, !spak.tile<n=64, m=64 : f32>) -> !spak.tile<m=64, n=64 : f32>
  spak.return
}
// -----
// KERNEL-SAME-TILES
#l1 = #spak.layout<reg = [2:n, 2:m*8, 16:n*8], lane = [4:n*2, 8:m], warp = [4:m*16]>
#l2 = #spak.layout<reg = [8:n, 8:m], lane = [16:n*8, 2:m*8], warp = [4:m*16]>
spak.kernel @layouts(%x: !spak.tile<m=64, n=128 : f32, #l1>, %y: !spak.tile<m=64, n=128 : f32, #l2>) {
  // expected-error @+1 {{mixes tiles of different axes or layout}}
  %0 = "arith.mulf"(%x, %y) : (!spak.tile<m=64, n=128 : f32, #l1>, !spak.tile<m=64, n=128 : f32, #l2>) -> !spak.tile<m=64, n=128 : f32, #l1>
  spak.return
}
// -----
// expected-error @+1 {{has no results: it stores to views}}
spak.kernel @results() -> f32 { spak.return }
// -----
// expected-error @+1 {{expected `spak.kind` of argument 0 to be "in", "out", "scalar", "dim" or "extent", got "input"}}
spak.kernel @kind(%x: f32 {spak.kind = "input"}) { spak.return }
// -----
// expected-error @+1 {{argument 0 of kind "in" has type 'f32'}}
spak.kernel @kind(%x: f32 {spak.kind = "in"}) { spak.return }
// -----
// KERNEL-EXTENT
// expected-error @+1 {{expected argument 1 of kind "extent" to have `spak.extent`, a map over the 1 dims}}
spak.kernel @extent(%M: index {spak.kind = "dim"}, %m1: index {spak.kind = "extent", spak.extent = affine_map<()[s0, s1] -> (s0 + s1)>}) { spak.return }
// -----
// GRID-ARGUMENTS
spak.kernel @grid(%n: index) {
  // expected-error @+1 {{expected one variable per extent, got 0 variables and 1 extents}}
  "spak.grid"(%n) <{operandSegmentSizes = array<i32: 1, 0>}> ({
    spak.yield
  }) : (index) -> ()
  spak.return
}
// -----
// GRID-ARGUMENTS
spak.kernel @grid(%n: index) {
  // expected-error @+1 {{expected variable 0 to be a range or an index, got 'i32'}}
  spak.grid (%i : i32 in %n) {
  }
  spak.return
}
// -----
// FOR-CARRIED
spak.kernel @range(%n: index) {
  // expected-error @+1 {{expected argument 0 to be a range, got 'index'}}
  spak.for %i : index = %n to %n {
  }
  spak.return
}
// -----
// FOR-CARRIED
spak.kernel @count(%n: index) {
  %r = spak.for %i : !spak.range<n=64> = %n to %n iter_args(%x = %n) -> (index) {
    // expected-error @+1 {{yields 0 values, the loop carries 1}}
    spak.yield
  }
  spak.return
}
// -----
// FOR-CARRIED
spak.kernel @types(%n: index, %f: f32) {
  // expected-error @+1 {{carries value 0 of type 'index' and of type 'f32'}}
  %r = spak.for %i : !spak.range<n=64> = %n to %n iter_args(%x = %n) -> (index) {
    spak.yield %f : f32
  }
  spak.return
}
// -----
// FOR-FULL
spak.kernel @full(%n: index) {
  // expected-error @+1 {{has one end of a full range without the other}}
  "spak.for"(%n, %n, %n) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>}> ({
  ^bb0(%i: !spak.range<n=64>):
    spak.yield
  }) : (index, index, index) -> ()
  spak.return
}
// -----
spak.kernel @direction(%n: index) {
  // expected-error @+1 {{failed to satisfy constraint: direction (forward, reverse)}}
  spak.for %i : !spak.range<n=64> = %n to %n attributes {direction = "down"} {
  }
  spak.return
}
// -----
spak.kernel @stage(%n: index) {
  // expected-error @+1 {{expected `spak.stage` to be a stage, got 1}}
  %x = arith.addi %n, %n {spak.stage = 1 : i64} : index
  spak.return
}
// -----
// RING-SLOT-TYPE
!a = !spak.tile<m=64 : f32>
!b = !spak.tile<n=64 : f32>
spak.kernel @slot(%r: !spak.ring<(!a), slots = 2>) {
  // expected-error @+1 {{expected a slot of '!spak.ring<(!spak.tile<m=64 : f32>), slots = 2>', got '!spak.slot<(!spak.tile<n=64 : f32>)>'}}
  %s = spak.ring.acquire %r : !spak.ring<(!a), slots = 2> -> !spak.slot<(!b)>
  spak.return
}
// -----
// RING-SLOT-TYPE
!a = !spak.tile<m=64 : f32>
!b = !spak.tile<n=64 : f32>
spak.kernel @tiles(%r: !spak.ring<(!a), slots = 2>) {
  // expected-error @+1 {{expected the tiles of}}
  %s, %t = spak.ring.wait %r : !spak.ring<(!a), slots = 2> -> !spak.slot<(!a)>, !b
  spak.return
}
// -----
// RING-SLOT-TYPE
!a = !spak.tile<m=64 : f32>
spak.kernel @fill(%s: !spak.slot<(!a)>, %v: !spak.view<M : f32>, %m: !spak.range<m=64>) {
  // expected-error @+1 {{expected a tile below 1 of '!spak.slot<(!spak.tile<m=64 : f32>)>', got 1}}
  spak.ring.fill %s[1], %v[%m] : !spak.slot<(!a)>, !spak.view<M : f32>[!spak.range<m=64>]
  spak.return
}
// -----
// RING-SLOT-TYPE
!a = !spak.tile<m=64 : f32>
spak.kernel @put(%s: !spak.slot<(!a)>, %t: !spak.tile<n=64 : f32>) {
  // expected-error @+1 {{expected a tile like '!spak.tile<m=64 : f32>', got '!spak.tile<n=64 : f32>'}}
  spak.ring.put %s[0], %t : !spak.slot<(!a)>, !spak.tile<n=64 : f32>
  spak.return
}
// -----
// RING-SLOT-TYPE
!a = !spak.tile<m=64 : f32>
!b = !spak.tile<n=64 : f32>
spak.kernel @commit(%r: !spak.ring<(!a), slots = 2>, %s: !spak.slot<(!b)>) {
  // expected-error @+1 {{expected a slot of}}
  spak.ring.commit %r, %s : !spak.ring<(!a), slots = 2>, !spak.slot<(!b)>
  spak.return
}
// -----
// RING-SLOT-TYPE
!a = !spak.tile<m=64 : f32>
!b = !spak.tile<n=64 : f32>
spak.kernel @release(%r: !spak.ring<(!a), slots = 2>, %s: !spak.slot<(!b)>) {
  // expected-error @+1 {{expected a slot of}}
  spak.ring.release %r, %s : !spak.ring<(!a), slots = 2>, !spak.slot<(!b)>
  spak.return
}
// -----
// ROLES-ONLY-ROLES
spak.kernel @other() {
  spak.roles {
    // expected-error @+1 {{stands among roles}}
    %x = arith.constant 0 : index
  }
  spak.return
}
// -----
// ROLES-ONLY-ROLES
spak.kernel @twice() {
  spak.roles {
    spak.role @a warps 4 registers 24 {
    }
    // expected-error @+1 {{expected different roles, got `a` twice}}
    spak.role @a warps 4 registers 24 {
    }
  }
  spak.return
}
// -----
// ROLES-ONLY-ROLES
module attributes {spak.target = #spak.target<{max_threads_per_block = 1024, registers_per_sm = 65536}>} {
  spak.kernel @threads() {
    // expected-error @+1 {{has 1056 threads, the target allows 1024}}
    spak.roles {
      spak.role @a warps 33 registers 24 {
      }
    }
    spak.return
  }
}
// -----
// ROLES-ONLY-ROLES
module attributes {spak.target = #spak.target<{max_threads_per_block = 1024, registers_per_sm = 65536}>} {
  spak.kernel @registers() {
    // expected-error @+1 {{has 66560 registers, a launch of 384 threads has 64512}}
    spak.roles {
      spak.role @a warps 4 registers 40 {
      }
      spak.role @b warps 8 registers 240 {
      }
    }
    spak.return
  }
}
// -----
// TURN-DECLARED
spak.kernel @turn() {
  spak.roles {
    spak.role @a warps 8 registers 24 turn ["qk"] {
      // expected-error @+1 {{expected the role around it to name baton `pv`}}
      spak.turn "take" "pv"
    }
  }
  spak.return
}
// -----
// GRID-CARRIED
spak.kernel @carries(%n: index) {
  %zero = arith.constant 0 : index
  // expected-error @+1 {{carries values, so it needs `follow`}}
  %last = spak.grid (%m : !spak.range<m=64> in %n) iter_args(%c = %zero) -> (index) attributes {order = #spak.order<"persistent_static", ["m"], {}>} {
    spak.yield %c : index
  }
  spak.return
}
// -----
// GRID-CARRIED
spak.kernel @follows(%n: index) {
  // expected-error @+1 {{runs over tiles that follow the first, so it needs a persistent order}}
  spak.grid (%m : !spak.range<m=64> in %n) follow attributes {order = #spak.order<"one_per_cta", ["m"], {}>} {
  }
  spak.return
}
// -----
// GRID-CARRIED
spak.kernel @one_type(%n: index) {
  %zero = arith.constant 0 : index
  // expected-error @+1 {{expected one type for a carried value, got}}
  %last = spak.grid (%m : !spak.range<m=64> in %n) follow iter_args(%c = %zero) -> (index) attributes {order = #spak.order<"persistent_static", ["m"], {}>} {
    spak.yield %m : !spak.range<m=64>
  }
  spak.return
}
// -----
// FIRST-TILE
spak.kernel @first(%n: index) {
  // expected-error @+1 {{expected one name per extent, got []}}
  %m = spak.first_tile [] in %n order <"persistent_static", ["m"], {}> : !spak.range<m=64>
  spak.return
}
// -----
// FIRST-TILE
spak.kernel @first_types(%n: index) {
  // expected-error @+1 {{expected variable 0 to be a range or an index, got 'f32'}}
  %m = spak.first_tile ["m"] in %n order <"persistent_static", ["m"], {}> : f32
  spak.return
}
