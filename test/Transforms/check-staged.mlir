// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Programs that come to an end for every trip count. The pass changes nothing.
// RUN: spak-opt %s > %t.before
// RUN: spak-opt %s --check-staged | diff - %t.before
!t = !spak.tile<n=64, d=64 : bf16>
!v = !spak.view<N, D=64 : bf16>
!ring = !spak.ring<(!t), slots = 2>
!slot = !spak.slot<(!t)>
!two = !spak.ring<(!t, !t), slots = 2>
!pair = !spak.slot<(!t, !t)>
!nr = !spak.range<n=64>
!dr = !spak.range<d=64>

// No rings: nothing to check.
spak.kernel @plain(%N: index) {
  spak.grid (%n : !nr in %N) {
  }
  spak.return
}

// A bundle of two tiles; a release one iteration late, with its prologue and
// epilogue under a guard; many tiles of a grid in one block.
spak.kernel @delayed(%X: !v, %nn: index) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = spak.ring "x" via "tma" : !two
  spak.roles {
    spak.role @producer warps 4 registers 24 {
      spak.grid (%b : index in %nn) attributes {order = #spak.order<"persistent_static", ["b"], {}>} {
        %d = spak.all : !dr
        spak.for %n : !nr = %zero to %nn {
          %s = spak.ring.acquire %r : !two -> !pair
          spak.ring.fill %s[0], %X[%n, %d] : !pair, !v[!nr, !dr]
          spak.ring.fill %s[1], %X[%n, %d] : !pair, !v[!nr, !dr]
          spak.ring.commit %r, %s : !two, !pair
        }
      }
    }
    spak.role @consumer warps 8 registers 240 {
      spak.grid (%b : index in %nn) attributes {order = #spak.order<"persistent_static", ["b"], {}>} {
        %some = arith.cmpi slt, %zero, %nn : index
        scf.if %some {
          %s0, %x0, %y0 = spak.ring.wait %r : !two -> !pair, !t, !t
          %rest = arith.subi %nn, %one : index
          %last = spak.for %n : !nr = %zero to %rest iter_args(%before = %s0) -> (!pair) {
            %s, %x, %y = spak.ring.wait %r : !two -> !pair, !t, !t
            spak.ring.release %r, %before : !two, !pair
            spak.yield %s : !pair
          }
          spak.ring.release %r, %last : !two, !pair
        }
      }
    }
  }
  spak.return
}

// Groups that pass a baton; the first has it at first.
spak.kernel @turns(%X: !v, %nn: index) {
  %zero = arith.constant 0 : index
  %r = spak.ring "x" via "tma" : !ring
  spak.roles {
    spak.role @producer warps 4 registers 24 {
      %d = spak.all : !dr
      spak.for %n : !nr = %zero to %nn {
        %s = spak.ring.acquire %r : !ring -> !slot
        spak.ring.fill %s[0], %X[%n, %d] : !slot, !v[!nr, !dr]
        spak.ring.commit %r, %s : !ring, !slot
      }
    }
    spak.role @consumer warps 8 registers 240 turn ["a"] {
      spak.for %n : !nr = %zero to %nn {
        %s, %x = spak.ring.wait %r : !ring -> !slot, !t
        spak.turn "take" "a"
        spak.turn "pass" "a"
        spak.ring.release %r, %s : !ring, !slot
      }
    }
  }
  spak.return
}
