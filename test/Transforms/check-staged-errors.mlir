// Part of spakc. SPDX-License-Identifier: Apache-2.0
// RUN: spak-opt %s --check-staged -split-input-file -verify-diagnostics
!t = !spak.tile<n=64, d=64 : bf16>
!v = !spak.view<N, D=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
!nr = !spak.range<n=64>
!dr = !spak.range<d=64>
// The producer fills one tile more than is read.
// expected-note @+1 {{where this is 0}}
spak.kernel @one_more(%X: !v, %nn: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  // expected-error @+1 {{ring `x` is filled 1 times, and role `consumer` waits for it 0 times}}
  %r = spak.ring "x" via "tma" : !ring
  spak.roles {
    spak.role @producer warps 4 registers 24 {
      %d = spak.all : !dr
      %more = arith.addi %nn, %one : index
      spak.for %n : !nr = %zero to %more {
        %s = spak.ring.acquire %r : !ring -> !slot
        spak.ring.fill %s[0], %X[%n, %d] : !slot, !v[!nr, !dr]
        spak.ring.commit %r, %s : !ring, !slot
      }
    }
    spak.role @consumer warps 8 registers 240 {
      spak.for %n : !nr = %zero to %nn {
        %s, %x = spak.ring.wait %r : !ring -> !slot, !t
        spak.ring.release %r, %s : !ring, !slot
      }
    }
  }
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!v = !spak.view<N, D=64 : bf16>
!ring = !spak.ring<(!t), slots = 1>
!slot = !spak.slot<(!t)>
!nr = !spak.range<n=64>
!dr = !spak.range<d=64>
// One slot, but released one iteration late.
// expected-note @+1 {{where this is 2}}
spak.kernel @too_few_slots(%X: !v, %nn: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = spak.ring "x" via "tma" : !ring
  spak.roles {
    spak.role @producer warps 4 registers 24 {
      %d = spak.all : !dr
      spak.for %n : !nr = %zero to %nn {
        // expected-error @+1 {{deadlock: role `producer` waits for ever for a free slot of ring `x`}}
        %s = spak.ring.acquire %r : !ring -> !slot
        spak.ring.fill %s[0], %X[%n, %d] : !slot, !v[!nr, !dr]
        spak.ring.commit %r, %s : !ring, !slot
      }
    }
    spak.role @consumer warps 8 registers 240 {
      %some = arith.cmpi slt, %zero, %nn : index
      scf.if %some {
        %s0, %x0 = spak.ring.wait %r : !ring -> !slot, !t
        %rest = arith.subi %nn, %one : index
        %last = spak.for %n : !nr = %zero to %rest iter_args(%before = %s0) -> (!slot) {
          // expected-note @+1 {{role `consumer` waits for ever for fill 1 of ring `x`}}
          %s, %x = spak.ring.wait %r : !ring -> !slot, !t
          spak.ring.release %r, %before : !ring, !slot
          spak.yield %s : !slot
        }
        spak.ring.release %r, %last : !ring, !slot
      }
    }
  }
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!v = !spak.view<N, D=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
!nr = !spak.range<n=64>
!dr = !spak.range<d=64>
// A prologue that takes for granted that there is a tile.
// expected-note @+1 {{where this is -1}}
spak.kernel @no_tiles(%X: !v, %nn: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = spak.ring "x" via "tma" : !ring
  spak.roles {
    // expected-note @+1 {{role `producer` has come to its end}}
    spak.role @producer warps 4 registers 24 {
      %d = spak.all : !dr
      spak.for %n : !nr = %zero to %nn {
        %s = spak.ring.acquire %r : !ring -> !slot
        spak.ring.fill %s[0], %X[%n, %d] : !slot, !v[!nr, !dr]
        spak.ring.commit %r, %s : !ring, !slot
      }
    }
    spak.role @consumer warps 8 registers 240 {
      // expected-error @+1 {{deadlock: role `consumer` waits for ever for fill 0 of ring `x`}}
      %s0, %x0 = spak.ring.wait %r : !ring -> !slot, !t
      spak.ring.release %r, %s0 : !ring, !slot
      %rest = arith.subi %nn, %one : index
      spak.for %n : !nr = %zero to %rest {
        %s, %x = spak.ring.wait %r : !ring -> !slot, !t
        spak.ring.release %r, %s : !ring, !slot
      }
    }
  }
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
// The tile is read after its slot went back.
spak.kernel @race(%q: !spak.tile<m=64, d=64 : bf16>) {
  %r = spak.ring "x" via "tma" : !ring
  %s, %x = spak.ring.wait %r : !ring -> !slot, !t
  // expected-note @+1 {{released here}}
  spak.ring.release %r, %s : !ring, !slot
  // expected-error @+1 {{reads a tile of ring `x` after its slot's release}}
  %y = spak.dot %q, %x over "d" : !spak.tile<m=64, d=64 : bf16>, !t -> !spak.tile<m=64, n=64 : f32>
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
spak.kernel @twice() {
  %r = spak.ring "x" via "tma" : !ring
  %s, %x = spak.ring.wait %r : !ring -> !slot, !t
  // expected-note @+1 {{the first time here}}
  spak.ring.release %r, %s : !ring, !slot
  // expected-error @+1 {{releases a slot of ring `x` a second time}}
  spak.ring.release %r, %s : !ring, !slot
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
spak.kernel @order() {
  %r = spak.ring "x" via "tma" : !ring
  // expected-note @+1 {{the one before came from here}}
  %s, %x = spak.ring.wait %r : !ring -> !slot, !t
  %s1, %x1 = spak.ring.wait %r : !ring -> !slot, !t
  // expected-error @+1 {{releases a slot of ring `x` before the one that came first}}
  spak.ring.release %r, %s1 : !ring, !slot
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
// Released on one path only.
spak.kernel @one_path(%x: index) {
  %zero = arith.constant 0 : index
  %r = spak.ring "x" via "tma" : !ring
  // expected-error @+1 {{waits for a slot of ring `x` that is never released}}
  %s, %t = spak.ring.wait %r : !ring -> !slot, !t
  %c = arith.cmpi sgt, %x, %zero : index
  scf.if %c {
    spak.ring.release %r, %s : !ring, !slot
  }
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!two = !spak.ring<(!t, !t), slots = 2>
!pair = !spak.slot<(!t, !t)>
!v = !spak.view<N, D=64 : bf16>
spak.kernel @half_filled(%X: !v, %n: !spak.range<n=64>) {
  %d = spak.all : !spak.range<d=64>
  %r = spak.ring "x" via "tma" : !two
  // expected-note @+1 {{acquired here}}
  %s = spak.ring.acquire %r : !two -> !pair
  spak.ring.fill %s[0], %X[%n, %d] : !pair, !v[!spak.range<n=64>, !spak.range<d=64>]
  // expected-error @+1 {{commits a slot with 1 of 2 tiles filled}}
  spak.ring.commit %r, %s : !two, !pair
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
spak.kernel @not_committed() {
  %r = spak.ring "x" via "tma" : !ring
  // expected-error @+1 {{acquires a slot of ring `x` that is never committed}}
  %s = spak.ring.acquire %r : !ring -> !slot
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
!v = !spak.view<N, D=64 : bf16>
spak.kernel @late_fill(%X: !v, %n: !spak.range<n=64>) {
  %d = spak.all : !spak.range<d=64>
  %r = spak.ring "x" via "tma" : !ring
  %s = spak.ring.acquire %r : !ring -> !slot
  spak.ring.fill %s[0], %X[%n, %d] : !slot, !v[!spak.range<n=64>, !spak.range<d=64>]
  // expected-note @+1 {{committed here}}
  spak.ring.commit %r, %s : !ring, !slot
  // expected-error @+1 {{fills a slot that is committed already}}
  spak.ring.fill %s[0], %X[%n, %d] : !slot, !v[!spak.range<n=64>, !spak.range<d=64>]
  spak.return
}
// -----
!t = !spak.tile<n=64, d=64 : bf16>
// Nobody passes the baton on.
spak.kernel @baton() {
  spak.roles {
    // expected-note @+1 {{role `consumer` group 0 has come to its end}}
    spak.role @consumer warps 8 registers 240 turn ["a"] {
      // expected-error @+1 {{deadlock: role `consumer` group 1 waits for ever for baton `a`}}
      spak.turn "take" "a"
      spak.yield
    }
  }
  spak.return
}
// -----
!t = !spak.tile<n=128, d=128 : bf16>
!v = !spak.view<N, D=128 : bf16>
!ring = !spak.ring<(!t), slots = 8>
!slot = !spak.slot<(!t)>
module attributes {spak.target = #spak.target<{smem_per_block = 232448}>} {
  // expected-error @+1 {{rings and stores need 262272 bytes of shared memory, the target has 232448}}
  spak.kernel @too_much(%X: !v, %n: !spak.range<n=128>) {
    %d = spak.all : !spak.range<d=128>
    // expected-note @+1 {{262272 bytes here}}
    %r = spak.ring "x" via "tma" : !ring
    %s = spak.ring.acquire %r : !ring -> !slot
    spak.ring.fill %s[0], %X[%n, %d] : !slot, !v[!spak.range<n=128>, !spak.range<d=128>]
    spak.ring.commit %r, %s : !ring, !slot
    %g, %t = spak.ring.wait %r : !ring -> !slot, !t
    spak.ring.release %r, %g : !ring, !slot
    spak.return
  }
}
